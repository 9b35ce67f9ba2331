"""The outbox: alerts, who is owed them, and the deliveries that carry them: every query.

An alert and what is owed for it are rows of the article's transaction. A delivery is a row with the rendered
bytes before anything is sent. So a process killed anywhere leaves either nothing or everything that the next
one needs, and no alert travels twice: `owed` names the one delivery that carries it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection as Connection  # for modules that may not import sqlalchemy
from sqlalchemy.engine import Engine as Engine
from sqlalchemy.exc import OperationalError

from crawler.store import watches
from crawler.store.deliveries import WAITING
from crawler.store.insert import insert_all
from crawler.store.news import story_roots
from crawler.store.schema import alert, delivery, owed, recipient, watch, watch_recipient
from crawler.store.watches import ACTIVE, Watch
from crawler.watch.cadence import due, parse_cadence

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


def raise_alerts(conn: Connection, alerts: Sequence[NewAlert], *, now: datetime) -> int:
    """Write alerts and what is owed for them, once for each (watch, kind, subject); the number of new ones.

    Called inside the transaction that stores what caused them. Recipients that have not confirmed, have left or
    are suspended are owed nothing; `lift` makes up for a suspension.
    """
    new = _insert_alerts(conn, [_alert_row(one, now) for one in alerts])
    watch_of = {one.watch.id: one.watch for one in alerts}
    when = {id_: due(watch_of[id_].cadence, watch_of[id_].quiet, now) for id_ in {w for _, w in new}}
    _owe(conn, [(alert_id, watch_id, when[watch_id]) for alert_id, watch_id in new])
    return len(new)


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


def raise_event(
    conn: Connection, *, event: str, about: str, when: str, detail: str | None = None, now: datetime
) -> int:
    """Tell the operator, once for each (event, about, when); the number of alerts written.

    `event` is a name of `crawler.watch.events.EVENTS`, `about` the source, address or delivery it happened
    to, `when` what makes it a new event: the day, a run, a delivery.
    """
    body = {"event": event, "about": about, "detail": detail}
    subject = "|".join((event, about, when))
    raised = 0
    for one in watches.active(conn):
        if one.scope == "event":
            raised += raise_alert(
                conn,
                watch=one,
                kind="event",
                subject=subject,
                article=None,
                words=(),
                spans={},
                body=body,
                now=now,
            )
    return raised


def raise_nothing_found(conn: Connection, *, now: datetime) -> int:
    """Note for every digest whose hour has come that its reader wants to hear also when nothing was found.

    The note is an alert like any other, so it is written once for each hour; a mail that carries hits of the
    same watch swallows it. Returns the number of digests that came due.
    """
    rows = conn.execute(
        sa.select(watch.c.id, watch.c.cadence, watch.c.next_digest, watch.c.proof_of_life)
        .where(watch.c.removed.is_(None), watch.c.next_digest <= now)
        .order_by(watch.c.id)
    ).all()
    for row in rows:
        rhythm = parse_cadence(row.cadence)
        # The hour that has just passed, also when the box slept through several: one note, not one for each.
        upcoming = rhythm.next_after(now)
        if row.proof_of_life:
            slot = rhythm.previous(upcoming)
            values = {
                "watch": row.id,
                "kind": "nothing",
                "subject": slot.isoformat(),
                "words": [],
                "spans": {},
                "created": now,
            }
            _owe(conn, [(*new, slot) for new in _insert_alerts(conn, [values])])
        conn.execute(sa.update(watch).where(watch.c.id == row.id).values(next_digest=upcoming))
    return len(rows)


def lift(conn: Connection, address: str, *, now: datetime, back: timedelta = timedelta(days=14)) -> int:
    """Write to a suspended address again: what waited goes out, what was found meanwhile is owed.

    `back` bounds how far: a box of old news helps nobody. Returns the number of alerts newly owed.
    """
    found = watches.find_recipient(conn, address)
    if found is None or found.suspended is None:
        return 0
    watches.set_recipient(conn, address, suspended=None, reason=None)
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
            .where(owed.c.delivery.is_(None), owed.c.due <= now, ACTIVE)
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
        sa.select(
            alert,
            watch.c.name.label("watch_name"),
            watch.c.query,
            watch.c.language,
            watch.c.cadence,
            owed.c.due.label("due"),
        )
        .select_from(owed)
        .join(alert, alert.c.id == owed.c.alert)
        .join(watch, watch.c.id == alert.c.watch)
        .where(owed.c.address == address, owed.c.delivery.is_(None), owed.c.due <= now)
        .order_by(alert.c.id)
    )
    return [_owed(row) for row in rows]


def latest_alerts(conn: Connection, watch_id: int, *, limit: int) -> list[OwedAlert]:
    """The newest alerts of a watch, newest first, whoever is owed them."""
    rows = conn.execute(
        sa.select(
            alert,
            watch.c.name.label("watch_name"),
            watch.c.query,
            watch.c.language,
            watch.c.cadence,
            alert.c.created.label("due"),
        )
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


def free_message_id(conn: Connection, local: str, domain: str) -> str:
    """`<local@domain>`, numbered where a delivery has it already."""
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
    )


_PEOPLE = (
    sa.select(watch_recipient.c.watch, recipient.c.address)
    .join(recipient, recipient.c.address == watch_recipient.c.address)
    .where(watch_recipient.c.watch.in_(sa.bindparam("watches", expanding=True)), ACTIVE)
    .order_by(watch_recipient.c.watch, recipient.c.address)
)
_NEW_ALERT = {
    dialect: insert(alert).on_conflict_do_nothing().returning(alert.c.id, alert.c.watch)
    for dialect, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}


def _insert_alerts(conn: Connection, rows: list[dict[str, Any]]) -> list[tuple[int, int]]:
    """(alert, watch) of those that were not there already."""
    if not rows:
        return []
    return [(row.id, row.watch) for row in conn.execute(_NEW_ALERT[conn.dialect.name], rows)]


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
