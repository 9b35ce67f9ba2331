"""Tokens that let a person confirm or leave without a log-in: random, stored only as a hash: every query."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from crawler.store.schema import token, watch_recipient

Purpose = Literal["confirm", "leave"]
TOKEN_BYTES = 16
"""128 random bits in hexadecimal: not to be guessed, and no character that a header's encoding changes."""


def issue(
    conn: Connection, address: str, purpose: Purpose, *, now: datetime, lifetime: timedelta | None = None
) -> str:
    """A new token for an address; only its hash is kept, so this is the one time it can be read."""
    made = secrets.token_hex(TOKEN_BYTES)
    expires = None if lifetime is None else now + lifetime
    row = {"hash": _hash(made), "address": address, "purpose": purpose, "created": now, "expires": expires}
    conn.execute(sa.insert(token).values(row))
    return made


def holder(conn: Connection, given: str, purpose: Purpose, *, now: datetime) -> str | None:
    """The address a token stands for, or None for an unknown or expired one. Nothing is written."""
    row = conn.execute(
        sa.select(token.c.address, token.c.expires).where(
            token.c.hash == _hash(given), token.c.purpose == purpose
        )
    ).one_or_none()
    return None if row is None or (row.expires is not None and row.expires <= now) else str(row.address)


def redeem(conn: Connection, given: str, purpose: Purpose, *, now: datetime) -> str | None:
    """The address a token was issued for, or None; a token may be used again, with the same effect."""
    address = holder(conn, given, purpose, now=now)
    if address is not None:
        unused = sa.and_(token.c.hash == _hash(given), token.c.used.is_(None))
        conn.execute(sa.update(token).where(unused).values(used=now))
    return address


def close_questions(conn: Connection, address: str, *, now: datetime) -> None:
    """Let every question put to an address so far expire: an old yes must not undo a later no."""
    asked = sa.and_(token.c.address == address, token.c.purpose == "confirm")
    still_open = sa.or_(token.c.expires.is_(None), token.c.expires > now)
    conn.execute(sa.update(token).where(asked, still_open).values(expires=now))


def drop_subscriptions(conn: Connection, address: str) -> None:
    """Take an address off every watch."""
    conn.execute(sa.delete(watch_recipient).where(watch_recipient.c.address == address))


def _hash(given: str) -> str:
    return hashlib.sha256(given.encode()).hexdigest()
