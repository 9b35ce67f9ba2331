"""The mails that a watch has sent, and what each carries: why it was written. Reading only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from crawler.store.deliveries import Delivery, delivery_rows
from crawler.store.listing import ListPage, count_of, list_page, number_after
from crawler.store.schema import article
from crawler.store.schema_delivery import alert, delivery, owed, watch


@dataclass(frozen=True, slots=True)
class CarriedAlert:
    """One thing that a mail tells: which watch it answers, what it is about, and by which words it was found."""

    watch: int
    watch_name: str
    kind: str
    subject: str
    article: int | None
    title: str | None
    """Of the article that caused it."""
    words: tuple[str, ...]
    created: datetime

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "watch": self.watch, "kind": self.kind, "subject": self.subject, "article": self.article,
            "title": self.title, "words": list(self.words), "created": self.created.isoformat(),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class WatchMail:
    """A mail without its contents, and what it carries for one watch."""

    delivery: Delivery
    carried: tuple[CarriedAlert, ...]


def mails_of_watch(
    conn: Connection, watch_id: int, *, limit: int | None = None, after: str | None = None
) -> ListPage[WatchMail]:
    """At most `limit` mails that carry alerts of a watch behind the one with the number `after`, the newest first.

    Raises InvalidInput where `after` is no number.
    """
    mine = sa.select(owed.c.delivery).join(alert, alert.c.id == owed.c.alert).where(alert.c.watch == watch_id)
    there = sa.select(delivery.c.id).where(delivery.c.id.in_(mine))
    behind = total = count_of(conn, there)
    if after is not None:
        there = there.where(delivery.c.id < number_after(after))
        behind = count_of(conn, there)
    found = delivery_rows(conn, there.order_by(delivery.c.id.desc()).limit(limit))
    carried = carried_by(conn, [one.id for one in found], watch_id=watch_id)
    mails = [WatchMail(one, carried.get(one.id, ())) for one in found]
    return list_page(mails, total=total, behind=behind, name=lambda one: str(one.delivery.id))


def carried_by(
    conn: Connection, numbers: Collection[int], *, watch_id: int | None = None
) -> dict[int, tuple[CarriedAlert, ...]]:
    """What each of these mails tells, in the order in which it was found; of one watch or of all."""
    query = (
        sa.select(owed.c.delivery, alert, watch.c.name, article.c.title)
        .join(alert, alert.c.id == owed.c.alert)
        .join(watch, watch.c.id == alert.c.watch)
        .outerjoin(article, article.c.id == alert.c.article)
        .where(owed.c.delivery.in_(sorted(numbers)))
        .order_by(owed.c.delivery, alert.c.id)
    )
    if watch_id is not None:
        query = query.where(alert.c.watch == watch_id)
    found: dict[int, list[CarriedAlert]] = {}
    for row in conn.execute(query):
        told = CarriedAlert(
            row.watch, row.name, row.kind, row.subject, row.article, row.title, tuple(row.words), row.created
        )
        found.setdefault(row.delivery, []).append(told)
    return {number: tuple(alerts) for number, alerts in found.items()}
