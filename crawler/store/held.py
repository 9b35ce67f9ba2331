"""What has been found and waits for its hour: for a digest, the end of quiet hours, a paused watch: the query."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from crawler.errors import InvalidInput
from crawler.query.addresses import shown
from crawler.query.cadence import parse_cadence
from crawler.store.deliveries import Delivery, page_of_deliveries
from crawler.store.listing import ListPage, list_page, number_after
from crawler.store.schema_delivery import alert, owed, recipient, watch

_HELD = "h"
"""Before the cursor of what is held; a delivery's is its number."""
Why = Literal["digest", "quiet", "paused", "suspended", "asked", "next_delivery"]


@dataclass(frozen=True, slots=True)
class Held:
    """What one address is to get at one time."""

    address: str
    channel: str
    due: datetime | None
    """None where it waits for a person: a paused watch, a suspended address."""
    why: Why
    watches: tuple[str, ...]
    alerts: int
    """How many have been found; a story that several watches found counts for each."""
    reason: str | None
    """Why the address is suspended."""
    created: datetime
    """When the first of them was found."""

    @property
    def cursor(self) -> str:
        """What tells it from the others, without the secrets of its address."""
        key = f"{self.address} {self.why} {self.due}"
        return _HELD + hashlib.sha256(key.encode()).hexdigest()[:12]

    def to_json(self, *, secrets: bool = False) -> dict[str, Any]:
        """In the form of a delivery, for it becomes one."""
        state = "suspended" if self.why == "suspended" else "waiting"
        return {
            "number": None,
            "message_id": None,
            "address": self.address if secrets else shown(self.address),
            "channel": self.channel,
            "kind": None,
            "subject": None,
            "state": state,
            "why": self.why,
            "watches": list(self.watches),
            "alerts": self.alerts,
            "attempts": 0,
            "created": self.created.isoformat(),
            "next_attempt": self.due.isoformat() if self.due else None,
            "error": self.reason,
            "cursor": self.cursor,
        }


def held(conn: Connection, *, now: datetime) -> list[Held]:
    """What waits, by the time it is due and the address; people who have left are owed nothing."""
    of = (
        owed.c.address, owed.c.due, watch.c.name, watch.c.cadence, watch.c.paused, watch.c.paused_until,
        recipient.c.channel, recipient.c.suspended, recipient.c.confirmed, recipient.c.reason,
    )  # fmt: skip
    first = sa.type_coerce(sa.func.min(alert.c.created), alert.c.created.type)
    rows = conn.execute(
        sa.select(*of, sa.func.count().label("alerts"), first.label("created"))
        .join(alert, alert.c.id == owed.c.alert)
        .join(watch, watch.c.id == alert.c.watch)
        .join(recipient, recipient.c.address == owed.c.address)
        .where(owed.c.delivery.is_(None), recipient.c.left.is_(None))
        .group_by(*of)
        .order_by(owed.c.due, owed.c.address, watch.c.name)
    )
    groups: dict[tuple[str, str, datetime | None], list[Any]] = {}
    for row in rows:
        why, due = _waits(row, now)
        groups.setdefault((row.address, why, due), []).append(row)
    return [_held(key, found) for key, found in groups.items()]


def page_of_waiting(
    conn: Connection, *, now: datetime, limit: int | None = None, after: str | None = None
) -> ListPage[Delivery | Held]:
    """At most `limit` of what is on its way: deliveries that wait or are dead, the newest first, then what is held.

    Raises InvalidInput where nothing has the cursor `after`.
    """
    number = None if after is None or after.startswith(_HELD) else number_after(after)
    mails = page_of_deliveries(conn, states=("queued", "retry", "dead"), limit=limit, after=number)
    waits = held(conn, now=now)
    total, rest = mails.total + len(waits), waits
    if after is not None and number is None:
        places = [place for place, one in enumerate(waits, 1) if one.cursor == after]
        if not places:
            raise InvalidInput(
                f"--after {after}: không có tin chờ nào mang mã này / nothing that waits has it"
            )
        mails, rest = ListPage((), mails.total, 0, None), waits[places[0] :]
    behind = len(mails.items) + mails.left + len(rest)
    room = None if limit is None else limit - len(mails.items)
    found: list[Delivery | Held] = [*mails.items, *(rest[:room] if not mails.left else ())]
    return list_page(
        found,
        total=total,
        behind=behind,
        name=lambda one: one.cursor if isinstance(one, Held) else str(one.id),
    )


def _waits(row: Any, now: datetime) -> tuple[Why, datetime | None]:
    if row.suspended is not None:
        return "suspended", None
    if row.confirmed is None:
        return "asked", None
    if row.paused is not None and (row.paused_until is None or row.paused_until > now):
        return "paused", row.paused_until
    if row.due <= now:
        return "next_delivery", row.due
    return ("digest" if parse_cadence(row.cadence).is_digest else "quiet"), row.due


def _held(key: tuple[str, str, datetime | None], found: list[Any]) -> Held:
    address, why, due = key
    return Held(
        address=address,
        channel=found[0].channel,
        due=due,
        why=why,  # type: ignore[arg-type]  # one of the closed list of `_waits`
        watches=tuple(dict.fromkeys(row.name for row in found)),
        alerts=sum(row.alerts for row in found),
        reason=found[0].reason if why == "suspended" else None,
        created=min(row.created for row in found),
    )
