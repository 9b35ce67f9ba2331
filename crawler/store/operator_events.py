"""What the operator is told: an event raises alerts for the watch of the operator, once."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection as Connection  # for modules that may not import sqlalchemy
from sqlalchemy.engine import Engine as Engine

from crawler.query.cadence import parse_cadence
from crawler.store import watches
from crawler.store.outbox import _insert_alerts, _owe, _speaks, raise_alert
from crawler.store.schema_delivery import watch


def raise_event(
    conn: Connection, *, event: str, about: str, when: str, detail: str | None = None, now: datetime
) -> int:
    """Tell the operator, once for each (event, about, when); the number of alerts written.

    `event` is a name of `crawler.delivery.events.EVENTS`, `about` the source, address or delivery it happened
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
        sa.select(
            watch.c.id,
            watch.c.cadence,
            watch.c.next_digest,
            watch.c.proof_of_life,
            _speaks(now).label("speaks"),
        )
        .where(watch.c.removed.is_(None), watch.c.next_digest <= now)
        .order_by(watch.c.id)
    ).all()
    for row in rows:
        rhythm = parse_cadence(row.cadence)
        # The hour that has just passed, also when the box slept through several: one note, not one for each.
        upcoming = rhythm.next_after(now)
        if row.proof_of_life and row.speaks:
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
