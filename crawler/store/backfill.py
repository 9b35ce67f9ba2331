"""How far each way into an archive has been gone: committed with the links it found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from crawler.article import Disposition
from crawler.dates.zones import VIETNAM
from crawler.discovery.archive import Way, Window
from crawler.store import frontier
from crawler.store.frontier import OwedLink
from crawler.store.insert import upsert
from crawler.store.schema import article, backfill, link


def resumed(engine: sa.Engine, ways: Sequence[Way]) -> list[Way]:
    """The ways as far as they were gone by an earlier process for the same window."""
    with engine.connect() as connection:
        return [_resumed(connection, way) for way in ways]


def _resumed(connection: sa.Connection, way: Way) -> Way:
    row = connection.execute(
        sa.select(backfill).where(
            backfill.c.source == way.source,
            backfill.c.first == way.window.first.isoformat(),
            backfill.c.last == way.window.last.isoformat(),
            backfill.c.way == way.url,
        )
    ).one_or_none()
    if row is None:
        return way
    return Way(
        source=way.source,
        window=way.window,
        url=way.url,
        kind=way.kind,
        position=row.position,
        reached=date.fromisoformat(row.reached) if row.reached else None,
        pages=row.pages,
        missing=row.missing,
        ended=row.ended,
    )


def step(engine: sa.Engine, way: Way, links: Sequence[OwedLink], *, now: datetime) -> tuple[OwedLink, ...]:
    """Commit one step: the links it found as owed and the way's new position, together; what is to be asked."""
    with engine.begin() as connection:
        asked = frontier.owe(connection, way.source, links, now=now, cutoff=way.window.begins)
        row: dict[str, Any] = {
            "source": way.source,
            "first": way.window.first.isoformat(),
            "last": way.window.last.isoformat(),
            "way": way.url,
            "kind": way.kind,
            "position": dict(way.position),
            "reached": way.reached.isoformat() if way.reached else None,
            "pages": way.pages,
            "missing": way.missing,
            "ended": way.ended,
            "updated": now,
        }
        same = [backfill.c[key.name] == row[key.name] for key in backfill.primary_key]
        known = connection.execute(sa.select(backfill.c.started).where(*same)).scalar_one_or_none()
        upsert(connection, backfill, {**row, "started": known or now})
    return asked


def months(engine: sa.Engine, source: str, window: Window) -> dict[str, int]:
    """Stored articles of the source by month of publication, inside the window."""
    query = sa.select(article.c.published_at).where(
        article.c.source == source,
        article.c.published_at >= window.begins,
        article.c.published_at < window.ends,
    )
    counts: dict[str, int] = {}
    with engine.connect() as connection:
        for moment in connection.scalars(query):
            month = moment.astimezone(VIETNAM).strftime("%Y-%m")
            counts[month] = counts.get(month, 0) + 1
    return counts


def left(engine: sa.Engine, source: str) -> tuple[int, int]:
    """Links of the source that are still owed, and those that were given up after failing."""
    given_up = link.c.disposition == Disposition.HTTP_ERROR.value
    query = sa.select(
        sa.func.count().filter(link.c.disposition.is_(None)), sa.func.count().filter(given_up)
    ).where(link.c.source == source)
    with engine.connect() as connection:
        owed, lost = connection.execute(query).one()
    return int(owed), int(lost)


def days_by_address(engine: sa.Engine, source: str) -> dict[str, datetime | None]:
    """Every known address of the source's links, with the day of publication where one is known."""
    query = sa.select(link.c.url, link.c.published).where(link.c.source == source)
    with engine.connect() as connection:
        found: dict[str, datetime | None] = {row.url: row.published for row in connection.execute(query)}
    known: dict[str, datetime | None] = dict(frontier.published_days(engine, list(found)))
    return found | known
