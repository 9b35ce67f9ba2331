"""Deliveries on their way: claimed by one process at a time, tried, and settled: every query.

A claim is a lease with its holder's name: what a killed process had in hand is free at once, what a lost
machine had in hand is free when the lease runs out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from crawler.query.addresses import shown
from crawler.store.listing import ListPage, count_of, list_page
from crawler.store.schema_delivery import delivery, recipient
from crawler.store.watches import ACTIVE

State = Literal["queued", "sent", "retry", "dead"]
WAITING: tuple[State, ...] = ("queued", "retry")
_OF_RECIPIENT = (recipient.c.channel, recipient.c.secret, recipient.c.suspended, recipient.c.left)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way, or arrived."""

    id: int
    message_id: str
    address: str
    channel: str
    kind: str
    """now | digest | nothing | confirm | operator"""
    subject: str
    content: bytes
    state: State
    attempts: int
    next_attempt: datetime
    error: str | None
    created: datetime
    sent: datetime | None
    secret: str | None
    """Of a webhook's recipient."""
    recipient_state: Literal["suspended", "left"] | None = None
    """Set where its address gets nothing now."""

    @property
    def shown_state(self) -> str:
        """One word for lists: what waits for an address that is suspended is not about to be tried."""
        return self.recipient_state if self.state in WAITING and self.recipient_state else self.state

    def to_json(self, *, secrets: bool = False) -> dict[str, Any]:
        """For `deliver --list --json`: what is known about it, without what it says."""
        return {
            "number": self.id,
            "message_id": self.message_id,
            "address": self.address if secrets else shown(self.address),
            "channel": self.channel,
            "kind": self.kind,
            "subject": self.subject,
            "state": self.shown_state,
            "attempts": self.attempts,
            "created": self.created.isoformat(),
            "next_attempt": self.next_attempt.isoformat() if self.shown_state in WAITING else None,
            "error": self.error,
            "cursor": str(self.id),
        }


def due_deliveries(conn: Connection, *, now: datetime) -> list[int]:
    """Deliveries to be tried by now, oldest first; those to suspended or departed addresses wait."""
    return list(
        conn.execute(
            sa.select(delivery.c.id)
            .join(recipient, recipient.c.address == delivery.c.address)
            .where(
                delivery.c.state.in_(WAITING),
                delivery.c.next_attempt <= now,
                sa.or_(
                    ACTIVE,
                    sa.and_(delivery.c.kind == "confirm", recipient.c.suspended.is_(None)),
                ),
            )
            .order_by(delivery.c.created, delivery.c.id)
        ).scalars()
    )


def claim(
    conn: Connection,
    number: int,
    *,
    holder: str,
    is_alive: Callable[[str], bool],
    lease: timedelta,
    now: datetime,
) -> Delivery | None:
    """Take one delivery for this process, or None where another one has it.

    The attempt is counted here, so that a message on which a process dies is not tried for ever.
    """
    row = conn.execute(
        sa.select(delivery, *_OF_RECIPIENT)
        .join(recipient, recipient.c.address == delivery.c.address)
        .where(delivery.c.id == number, delivery.c.state.in_(WAITING), delivery.c.next_attempt <= now)
    ).one_or_none()
    if row is None:
        return None
    held = row.claimed_until is not None and row.claimed_until > now
    if held and row.claimed_by is not None and is_alive(row.claimed_by):
        return None
    taken = conn.execute(
        sa.update(delivery)
        .where(delivery.c.id == number, delivery.c.state.in_(WAITING), delivery.c.attempts == row.attempts)
        .values(attempts=row.attempts + 1, claimed_until=now + lease, claimed_by=holder)
    )
    return _delivery(row, attempts=row.attempts + 1) if taken.rowcount else None


def record(
    conn: Connection,
    claimed: Delivery,
    *,
    state: State,
    error: str | None = None,
    next_attempt: datetime | None = None,
    now: datetime,
) -> bool:
    """Write how an attempt ended; False where the claim was lost to another process meanwhile."""
    values: dict[str, Any] = {"state": state, "error": error, "claimed_until": None, "claimed_by": None}
    if state == "sent":
        values["sent"] = now
    if next_attempt is not None:
        values["next_attempt"] = next_attempt
    done = conn.execute(
        sa.update(delivery)
        .where(
            delivery.c.id == claimed.id,
            delivery.c.attempts == claimed.attempts,
            delivery.c.state.in_(WAITING),
        )
        .values(values)
    )
    return bool(done.rowcount)


def requeue(conn: Connection, number: int, *, now: datetime) -> bool:
    """Try a dead delivery again, by a person's word."""
    done = conn.execute(
        sa.update(delivery)
        .where(delivery.c.id == number, delivery.c.state == "dead")
        .values(state="queued", attempts=0, next_attempt=now, error=None)
    )
    return bool(done.rowcount)


def list_deliveries(conn: Connection, *, states: Sequence[State] | None = None) -> list[Delivery]:
    """Deliveries oldest first."""
    rows = conn.execute(
        sa.select(delivery, *_OF_RECIPIENT)
        .join(recipient, recipient.c.address == delivery.c.address)
        .where(delivery.c.state.in_(states) if states is not None else sa.true())
        .order_by(delivery.c.created, delivery.c.id)
    )
    return [_delivery(row) for row in rows]


def page_of_deliveries(
    conn: Connection, *, states: Sequence[State], limit: int | None = None, after: int | None = None
) -> ListPage[Delivery]:
    """At most `limit` deliveries in these states behind the one with this number, the newest first, without their
    contents.
    """
    there = sa.select(delivery.c.id).where(delivery.c.state.in_(states))
    behind = total = count_of(conn, there)
    if after is not None:
        there = there.where(delivery.c.id < after)
        behind = count_of(conn, there)
    found = delivery_rows(conn, there.order_by(delivery.c.id.desc()).limit(limit))
    return list_page(found, total=total, behind=behind, name=lambda one: str(one.id))


def delivery_rows(conn: Connection, numbers: sa.Select[Any]) -> list[Delivery]:
    """The deliveries of these numbers without their contents, the newest first."""
    own = [c for c in delivery.c if c is not delivery.c.content]
    rows = conn.execute(
        sa.select(*own, sa.literal(b"", sa.LargeBinary).label("content"), *_OF_RECIPIENT)
        .join(recipient, recipient.c.address == delivery.c.address)
        .where(delivery.c.id.in_(numbers))
        .order_by(delivery.c.id.desc())
    )
    return [_delivery(row) for row in rows]


def by_number(conn: Connection, number: int) -> Delivery | None:
    """The delivery with this number."""
    row = conn.execute(
        sa.select(delivery, *_OF_RECIPIENT)
        .join(recipient, recipient.c.address == delivery.c.address)
        .where(delivery.c.id == number)
    ).one_or_none()
    return None if row is None else _delivery(row)


def by_message_id(conn: Connection, message_id: str) -> Delivery | None:
    """The delivery that has this Message-ID."""
    row = conn.execute(
        sa.select(delivery, *_OF_RECIPIENT)
        .join(recipient, recipient.c.address == delivery.c.address)
        .where(delivery.c.message_id == message_id)
    ).one_or_none()
    return None if row is None else _delivery(row)


def came_back(conn: Connection, number: int, *, state: State, error: str, now: datetime) -> bool:
    """A delivery that had arrived, as we thought, did not; False where it is no longer said to have been sent."""
    done = conn.execute(
        sa.update(delivery)
        .where(delivery.c.id == number, delivery.c.state == "sent")
        .values(state=state, error=error, sent=None, attempts=0, next_attempt=now)
    )
    return bool(done.rowcount)


def count_waiting(conn: Connection) -> int:
    """Deliveries still to be sent, suspended addresses' included."""
    return int(
        conn.execute(
            sa.select(sa.func.count()).select_from(delivery).where(delivery.c.state.in_(WAITING))
        ).scalar_one()
    )


def _delivery(row: Any, *, attempts: int | None = None) -> Delivery:
    return Delivery(
        id=row.id,
        message_id=row.message_id,
        address=row.address,
        channel=row.channel,
        kind=row.kind,
        subject=row.subject,
        content=row.content,
        state=row.state,
        attempts=row.attempts if attempts is None else attempts,
        next_attempt=row.next_attempt,
        error=row.error,
        created=row.created,
        sent=row.sent,
        secret=row.secret,
        recipient_state="left"
        if row.left is not None
        else "suspended"
        if row.suspended is not None
        else None,
    )
