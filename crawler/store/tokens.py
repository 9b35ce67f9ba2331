"""What strangers cannot guess: tokens to confirm or leave without a log-in, and the store's own secret: every query.

A token is random and stored only as a hash. The secret names messages, so that nobody outside can compute the
Message-ID of one.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from crawler.store.insert import insert_missing
from crawler.store.schema_delivery import secret, token, watch_recipient

Purpose = Literal["confirm", "leave"]
TOKEN_BYTES = 16
"""128 random bits in hexadecimal: not to be guessed, and no character that a header's encoding changes."""


def issue(
    conn: Connection, address: str, purpose: Purpose, *, now: datetime, lifetime: timedelta | None = None
) -> str:
    """A new token for an address; only its hash is kept, so this is the one time it can be read."""
    made = secrets.token_hex(TOKEN_BYTES)
    expires = None if lifetime is None else now + lifetime
    row = {"hash": hash_of(made), "address": address, "purpose": purpose, "created": now, "expires": expires}
    conn.execute(sa.insert(token).values(row))
    return made


def holder(conn: Connection, given: str, purpose: Purpose, *, now: datetime) -> str | None:
    """The address a token stands for, or None for an unknown or expired one. Nothing is written."""
    row = conn.execute(
        sa.select(token.c.address, token.c.expires).where(
            token.c.hash == hash_of(given), token.c.purpose == purpose
        )
    ).one_or_none()
    return None if row is None or (row.expires is not None and row.expires <= now) else str(row.address)


def any_holder(
    conn: Connection, given: Sequence[str], purpose: Purpose, address: str, *, now: datetime
) -> str | None:
    """The address that one of these tokens stands for where it is this one, in whatever case; else None."""
    rows = conn.execute(
        sa.select(token.c.address).where(
            token.c.hash.in_([hash_of(one) for one in given]),
            token.c.purpose == purpose,
            sa.or_(token.c.expires.is_(None), token.c.expires > now),
        )
    ).scalars()
    return next((str(found) for found in rows if str(found).casefold() == address.casefold()), None)


def redeem(conn: Connection, given: str, purpose: Purpose, *, now: datetime) -> str | None:
    """The address a token was issued for, or None; a token may be used again, with the same effect."""
    address = holder(conn, given, purpose, now=now)
    if address is not None:
        unused = sa.and_(token.c.hash == hash_of(given), token.c.used.is_(None))
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


def named(conn: Connection, identity: str) -> str:
    """32 hexadecimal digits for an identity: the same ones in this store for ever, known to nobody without it."""
    return hmac.new(_store_secret(conn), identity.encode(), hashlib.sha256).hexdigest()[:32]


def _store_secret(conn: Connection) -> bytes:
    asked = sa.select(secret.c.value).where(secret.c.name == "message_id")
    if conn.execute(asked).scalar() is None:  # two processes may make one at once: the first stays
        insert_missing(conn, secret, {"name": "message_id", "value": secrets.token_hex(32)})
    return bytes.fromhex(conn.execute(asked).scalar_one())


def hash_of(given: str) -> str:
    """What is kept of a secret: nobody who reads the store can use it."""
    return hashlib.sha256(given.encode()).hexdigest()
