"""A person's word on an article: this watch should, or should not, have hit it: every query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crawler.store.schema_delivery import mark


@dataclass(frozen=True, slots=True)
class Mark:
    """One word on one article."""

    watch: int
    url: str
    right: bool
    marked: datetime


def set_mark(conn: sa.Connection, watch_id: int, url: str, *, right: bool, now: datetime) -> None:
    """Save or change a person's word on one article."""
    conn.execute(sa.delete(mark).where(mark.c.watch == watch_id, mark.c.url == url))
    conn.execute(sa.insert(mark).values(watch=watch_id, url=url, right=right, marked=now))


def list_marks(conn: sa.Connection, watch_id: int) -> tuple[Mark, ...]:
    """The marks of a watch by address."""
    rows = conn.execute(sa.select(mark).where(mark.c.watch == watch_id).order_by(mark.c.url))
    return tuple(Mark(row.watch, row.url, row.right, row.marked) for row in rows)
