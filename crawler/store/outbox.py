"""The outbox: alerts, who is owed them, and the deliveries that carry them: every query.

An alert and what is owed for it are rows of the article's transaction. A delivery is a row with the rendered
bytes before anything is sent. So a process killed anywhere leaves either nothing or everything that the next
one needs, and no alert travels twice: `owed` names the one delivery that carries it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection as Connection  # for modules that may not import sqlalchemy
from sqlalchemy.engine import Engine as Engine
from sqlalchemy.exc import OperationalError

from crawler.query.cadence import due, parse_cadence
from crawler.query.wish import Group
from crawler.store import recipients, tokens
from crawler.store.deliveries import WAITING
from crawler.store.insert import insert_all, insert_on
from crawler.store.news import story_roots
from crawler.store.schema_delivery import alert, delivery, owed, recipient, watch, watch_recipient
from crawler.store.watches import ACTIVE, Watch

Unreachable = OperationalError
"""What a query raises where the database is locked or gone, for modules that may not import sqlalchemy."""
Spans = Mapping[str, Sequence[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class OwedAlert:
    """One alert owed to one address, with the watch that asked for it."""

    alert: int
    watch: int
    watch_name: str
    query: str
    language: str
    cadence: str
    kind: str
    subject: str
    article: int | None
    words: tuple[str, ...]
    spans: dict[str, list[tuple[int, int]]]
    body: dict[str, Any] | None
    created: datetime
    due: datetime
    province: str | None = None
    """The reader's own, as the watch has it."""
    group: Group | None = None
    """The headings the watch wants among its stories."""
    held: bool = True
    """Whether the watch asks for meetings that are over."""


_MORNING = parse_cadence("daily@06:00")

# ---- alerts ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewAlert:
    """What may become an alert: a watch and what is new about its subject."""

    watch: Watch
    kind: str
    subject: str
    article: int | None
    words: Sequence[str]
    spans: Spans
    body: Mapping[str, Any] | None = None


def raise_alert(conn: Connection, *, now: datetime, **what: Any) -> bool:
    """`raise_alerts` of one (the fields of `NewAlert`); True when it is new."""
    return raise_alerts(conn, [NewAlert(**what)], now=now) == 1


def raise_alerts(conn: Connection, alerts: Sequence[NewAlert], *, now: datetime, late: bool = False) -> int:
    """Write alerts and what is owed for them, once for each (watch, kind, subject); the number of new ones.

    Called inside the transaction that stores what caused them. Recipients that have not confirmed, have left or
    are suspended are owed nothing; `lift` makes up for a suspension. `late`: what is worth a line of a digest and no
    mail of its own waits for the morning.
    """
    new = _insert_alerts(conn, [_alert_row(one, now) for one in alerts])
    watch_of = {one.watch.id: one.watch for one in alerts}
    moment = _MORNING.next_after(now) if late else now
    when = {id_: _when(watch_of[id_], now if watch_of[id_].cadence.is_digest else moment) for _, id_ in new}
    _owe(conn, [(alert_id, watch_id, when[watch_id]) for alert_id, watch_id in new])
    return len(new)


def _when(one: Watch, now: datetime) -> datetime:
    """When something found now is to be mailed: of a paused watch not before its pause is over."""
    start = one.paused_until if one.is_paused(now) and one.paused_until else now
    return due(one.cadence, one.quiet, start)


def _alert_row(one: NewAlert, now: datetime) -> dict[str, Any]:
    return {
        "watch": one.watch.id,
        "kind": one.kind,
        "subject": one.subject,
        "article": one.article,
        "words": list(one.words),
        "spans": {zone: [list(span) for span in found] for zone, found in one.spans.items()},
        "body": dict(one.body) if one.body is not None else None,
        "created": now,
    }


def lift(conn: Connection, address: str, *, now: datetime, back: timedelta = timedelta(days=14)) -> int:
    """Write to a suspended address again: what waited goes out, what was found meanwhile is owed.

    `back` bounds how far: a box of old news helps nobody. Returns the number of alerts newly owed.
    """
    found = recipients.find_recipient(conn, address)
    if found is None or found.suspended is None:
        return 0
    recipients.set_recipient(conn, address, suspended=None, reason=None)
    conn.execute(
        sa.update(delivery)
        .where(delivery.c.address == address, delivery.c.state.in_(WAITING))
        .values(next_attempt=now, attempts=0)
    )
    missed = (
        sa.select(alert.c.id, sa.literal(address), sa.literal(now, type_=owed.c.due.type))
        .join(watch_recipient, watch_recipient.c.watch == alert.c.watch)
        .join(watch, watch.c.id == alert.c.watch)
        .where(
            watch_recipient.c.address == address,
            watch.c.removed.is_(None),
            alert.c.kind != "nothing",
            alert.c.created >= max(found.suspended, now - back),
            ~sa.exists().where(owed.c.alert == alert.c.id, owed.c.address == address),
        )
    )
    newly = sa.insert(owed).from_select(["alert", "address", "due"], missed).returning(owed.c.alert)
    return len(conn.execute(newly).all())


# ---- from what is owed to deliveries -----------------------------------------------------------------------


def addresses_due(conn: Connection, *, now: datetime) -> list[str]:
    """Addresses that are owed something by now, sorted."""
    return list(
        conn.execute(
            sa.select(owed.c.address)
            .join(recipient, recipient.c.address == owed.c.address)
            .join(alert, alert.c.id == owed.c.alert)
            .join(watch, watch.c.id == alert.c.watch)
            .where(owed.c.delivery.is_(None), owed.c.due <= now, ACTIVE, _speaks(now))
            .distinct()
            .order_by(owed.c.address)
        ).scalars()
    )


def owed_now(conn: Connection, address: str, *, now: datetime) -> list[OwedAlert]:
    """What one address is owed by now, by alert; on PostgreSQL no second process sees it until the commit."""
    lock = sa.select(recipient.c.address).where(recipient.c.address == address, ACTIVE)
    if conn.execute(lock.with_for_update()).one_or_none() is None:
        return []
    rows = conn.execute(
        _OWED.where(owed.c.address == address, owed.c.delivery.is_(None), owed.c.due <= now, _speaks(now))
    )
    return [_owed(row) for row in rows]


def waiting(conn: Connection, watch_id: int) -> dict[str, list[OwedAlert]]:
    """What a watch has found for each of its people and not sent, whenever it is due, by alert."""
    found: dict[str, list[OwedAlert]] = {}
    for row in conn.execute(_OWED.where(alert.c.watch == watch_id, owed.c.delivery.is_(None))):
        found.setdefault(row.address, []).append(_owed(row))
    return found


def latest_alerts(conn: Connection, watch_id: int, *, limit: int) -> list[OwedAlert]:
    """The newest alerts of a watch, newest first, whoever is owed them."""
    rows = conn.execute(
        sa.select(*_OF_ALERT, alert.c.created.label("due"))
        .join(watch, watch.c.id == alert.c.watch)
        .where(alert.c.watch == watch_id, alert.c.kind != "nothing")
        .order_by(alert.c.id.desc())
        .limit(limit)
    )
    return [_owed(row) for row in rows]


def told_stories(conn: Connection, address: str, watch_ids: Sequence[int]) -> dict[tuple[int, str], int]:
    """(watch, story) already carried to an address → that delivery.

    Stories that grew together count as one: the key is what is left of them today.
    """
    rows = conn.execute(
        sa.select(alert.c.watch, alert.c.subject, owed.c.delivery)
        .join(owed, owed.c.alert == alert.c.id)
        .where(
            owed.c.address == address,
            owed.c.delivery.is_not(None),
            alert.c.kind == "story",
            alert.c.watch.in_(watch_ids),
        )
        .order_by(owed.c.delivery)
    ).all()
    roots = story_roots(conn, [row.subject for row in rows])
    told: dict[tuple[int, str], int] = {}
    for row in rows:
        told.setdefault((row.watch, roots[row.subject]), row.delivery)
    return told


def queue(
    conn: Connection,
    *,
    message_id: str,
    address: str,
    kind: str,
    subject: str,
    content: bytes,
    alerts: Sequence[int],
    now: datetime,
) -> int:
    """Write a delivery and name it in everything it carries; its number."""
    row = sa.insert(delivery).values(
        message_id=message_id,
        address=address,
        kind=kind,
        subject=subject,
        content=content,
        state="queued",
        attempts=0,
        next_attempt=now,
        created=now,
    )
    number = int(conn.execute(row.returning(delivery.c.id)).scalar_one())
    settle(conn, address, alerts, number)
    return number


def settle(conn: Connection, address: str, alerts: Sequence[int], number: int) -> None:
    """These alerts are carried by that delivery."""
    conn.execute(
        sa.update(owed)
        .where(owed.c.address == address, owed.c.alert.in_(list(alerts)), owed.c.delivery.is_(None))
        .values(delivery=number)
    )


def forget(conn: Connection, address: str, alerts: Sequence[int]) -> None:
    """These alerts are no longer owed: there is nothing left to say."""
    conn.execute(
        sa.delete(owed).where(
            owed.c.address == address, owed.c.alert.in_(list(alerts)), owed.c.delivery.is_(None)
        )
    )


def free_message_id(conn: Connection, identity: str, domain: str) -> str:
    """The Message-ID of what has this identity: the same whoever renders it when, and not to be computed by others.

    Numbered where a delivery has it already.
    """
    local = f"diemtin.{tokens.named(conn, identity)}"
    taken = set(
        conn.execute(
            sa.select(delivery.c.message_id).where(delivery.c.message_id.startswith(f"<{local}"))
        ).scalars()
    )
    made, n = f"<{local}@{domain}>", 1
    while made in taken:
        n += 1
        made = f"<{local}.{n}@{domain}>"
    return made


# ---- inside ------------------------------------------------------------------------------------------------


def _speaks(now: datetime) -> sa.ColumnElement[bool]:
    """A watch that is not paused."""
    return sa.or_(watch.c.paused.is_(None), watch.c.paused_until <= now)


_OF_ALERT: tuple[Any, ...] = (
    alert,
    watch.c.name.label("watch_name"),
    *(watch.c[name] for name in ("query", "language", "cadence", "province", "grouped", "held")),
)
_OWED = (
    sa.select(*_OF_ALERT, owed.c.due.label("due"), owed.c.address)
    .select_from(owed)
    .join(alert, alert.c.id == owed.c.alert)
    .join(watch, watch.c.id == alert.c.watch)
    .order_by(alert.c.id, owed.c.address)
)


def _owed(row: Any) -> OwedAlert:
    return OwedAlert(
        alert=row.id,
        watch=row.watch,
        watch_name=row.watch_name,
        query=row.query,
        language=row.language,
        cadence=row.cadence,
        kind=row.kind,
        subject=row.subject,
        article=row.article,
        words=tuple(row.words),
        spans={zone: [(a, b) for a, b in found] for zone, found in row.spans.items()},
        body=row.body,
        created=row.created,
        due=row.due,
        province=row.province,
        group=row.grouped,
        held=row.held,
    )


_PEOPLE = (
    sa.select(watch_recipient.c.watch, recipient.c.address)
    .join(recipient, recipient.c.address == watch_recipient.c.address)
    .where(watch_recipient.c.watch.in_(sa.bindparam("watches", expanding=True)), ACTIVE)
    .order_by(watch_recipient.c.watch, recipient.c.address)
)


@cache
def _new_alert(dialect: str) -> sa.Insert:
    return insert_on(dialect, alert).on_conflict_do_nothing().returning(alert.c.id, alert.c.watch)  # type: ignore[no-any-return]


def _insert_alerts(conn: Connection, rows: list[dict[str, Any]]) -> list[tuple[int, int]]:
    """(alert, watch) of those that were not there already."""
    if not rows:
        return []
    return [(row.id, row.watch) for row in conn.execute(_new_alert(conn.dialect.name), rows)]


def _owe(conn: Connection, new: Sequence[tuple[int, int, datetime]]) -> None:
    """Each alert of a watch to all its active recipients, from then on: (alert, watch, due)."""
    if not new:
        return
    people: dict[int, list[str]] = {}
    for row in conn.execute(_PEOPLE, {"watches": sorted({watch_id for _, watch_id, _ in new})}):
        people.setdefault(row.watch, []).append(row.address)
    rows = [
        {"alert": alert_id, "address": address, "due": when}
        for alert_id, watch_id, when in new
        for address in people.get(watch_id, ())
    ]
    insert_all(conn, owed, rows)
