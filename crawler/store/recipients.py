"""Who receives: addresses with their confirmations, pauses and bounces."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from crawler.errors import InvalidInput
from crawler.query.addresses import Destination, destination, shown
from crawler.store.insert import insert_missing
from crawler.store.schema_delivery import delivery, owed, recipient


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address with what is known about its owner's wish."""

    address: str
    channel: str
    added: datetime
    confirmed: datetime | None
    """None: asked, not yet answered."""
    suspended: datetime | None
    """Set when the address refused a mail for good; a person must lift it."""
    reason: str | None
    left: datetime | None
    secret: str | None
    """Signs what a webhook gets."""

    @property
    def active(self) -> bool:
        """Whether anything is sent to it."""
        return self.confirmed is not None and self.suspended is None and self.left is None

    @property
    def state(self) -> Literal["active", "asked", "suspended", "left"]:
        """One word for lists."""
        if self.left is not None:
            return "left"
        if self.suspended is not None:
            return "suspended"
        return "active" if self.confirmed is not None else "asked"


def find_recipient(conn: sa.Connection, address: str) -> Recipient | None:
    """What is known of an address."""
    row = conn.execute(sa.select(recipient).where(recipient.c.address == address)).one_or_none()
    return None if row is None else _recipient(row)


def recipient_named(conn: sa.Connection, typed: str) -> Recipient | None:
    """The recipient a person means: by the address, or as a list shows one that holds a secret, or by its mark."""
    wanted = typed.strip()
    if (found := find_recipient(conn, wanted)) is not None:
        return found
    for one in list_recipients(conn):
        name = shown(one.address)
        if name != one.address and wanted in (name, name.rpartition("…")[2]):
            return one
    try:
        return find_recipient(conn, destination(wanted).address)
    except InvalidInput:
        return None


def list_recipients(conn: sa.Connection) -> tuple[Recipient, ...]:
    """Every address ever given, sorted."""
    rows = conn.execute(sa.select(recipient).order_by(recipient.c.address))
    return tuple(_recipient(row) for row in rows)


def add_recipient(conn: sa.Connection, goes_to: Destination, *, confirmed: bool, now: datetime) -> Recipient:
    """The recipient of an address, new or known.

    The operator's word (`confirmed`) answers an open question. It does not bring back an address whose owner
    has left: that takes a confirmation by the owner.
    """
    _remember(conn, goes_to, confirmed=confirmed, now=now)
    found = find_recipient(conn, goes_to.address)
    assert found is not None
    if found.left is not None and confirmed:
        raise InvalidInput(
            f"{found.address} đã rời danh sách ngày {found.left:%d/%m/%Y}: dùng --ask để hỏi lại / "
            f"{found.address} has left: only its owner can bring it back, use --ask"
        )
    if confirmed and found.confirmed is None:
        set_recipient(conn, found.address, confirmed=now)
    return found


def set_recipient(conn: sa.Connection, address: str, **values: Any) -> None:
    """Write columns of one recipient."""
    conn.execute(sa.update(recipient).where(recipient.c.address == address).values(**values))


def suspend(conn: sa.Connection, address: str, *, reason: str, now: datetime) -> bool:
    """Stop writing to an address that refused for good; True the first time."""
    done = conn.execute(
        sa.update(recipient)
        .where(recipient.c.address == address, recipient.c.suspended.is_(None))
        .values(suspended=now, reason=reason)
    )
    return bool(done.rowcount)


def drop_owed(conn: sa.Connection, address: str) -> None:
    """Forget what an address that left was still to get."""
    conn.execute(sa.delete(owed).where(owed.c.address == address, owed.c.delivery.is_(None)))
    conn.execute(
        sa.update(delivery)
        .where(delivery.c.address == address, delivery.c.state.in_(("queued", "retry")))
        .values(state="dead", error="the reader left", claimed_until=None, claimed_by=None)
    )


def _remember(conn: sa.Connection, goes_to: Destination, *, confirmed: bool, now: datetime) -> None:
    secret = base64.b64encode(secrets.token_bytes(32)).decode()
    insert_missing(
        conn,
        recipient,
        {
            "address": goes_to.address,
            "channel": goes_to.channel,
            "added": now,
            "confirmed": now if confirmed else None,
            "secret": f"whsec_{secret}" if goes_to.channel == "webhook" else None,
        },
    )


def _recipient(row: Any) -> Recipient:
    return Recipient(
        address=row.address,
        channel=row.channel,
        added=row.added,
        confirmed=row.confirmed,
        suspended=row.suspended,
        reason=row.reason,
        left=row.left,
        secret=row.secret,
    )
