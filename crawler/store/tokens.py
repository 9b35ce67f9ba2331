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


def redeem(conn: Connection, given: str, purpose: Purpose, *, now: datetime) -> str | None:
    """The address a token was issued for, or None; a token may be used again, with the same effect."""
    row = conn.execute(
        sa.select(token.c.address, token.c.expires, token.c.used).where(
            token.c.hash == _hash(given), token.c.purpose == purpose
        )
    ).one_or_none()
    if row is None or (row.expires is not None and row.expires < now):
        return None
    if row.used is None:
        conn.execute(sa.update(token).where(token.c.hash == _hash(given)).values(used=now))
    return str(row.address)


def drop_subscriptions(conn: Connection, address: str) -> None:
    """Take an address off every watch."""
    conn.execute(sa.delete(watch_recipient).where(watch_recipient.c.address == address))


def _hash(given: str) -> str:
    return hashlib.sha256(given.encode()).hexdigest()
