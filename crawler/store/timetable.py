"""Which sections and sources are to be looked at now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crawler.source import Section, Source
from crawler.store.schema import channel, link


@dataclass(frozen=True, slots=True)
class SectionLook:
    """When a section was looked at and is looked at next, by its own rhythm; appointed times may come before."""

    section: Section
    looked: datetime | None
    """None: never."""
    due: datetime | None
    """None: at once."""
    problem: str | None
    """Why the last look failed."""


def hurry(engine: sa.Engine, source: str) -> None:
    """Let all that waits after a failure be due at once: the channels of a source, and its failed links."""
    with engine.begin() as connection:
        waiting = (channel.c.source == source) & (channel.c.failures > 0)
        connection.execute(sa.update(channel).where(waiting).values(due=channel.c.looked, failures=0.0))
        owing = (link.c.source == source) & link.c.disposition.is_(None)
        connection.execute(sa.update(link).where(owing).values(retry_at=None))


def due_sources(
    engine: sa.Engine,
    sources: Iterable[Source],
    *,
    now: datetime,
    appointed: Callable[[Source], datetime | None] = lambda source: None,
) -> list[str]:
    """The ids of enabled sources with a section that is due; `appointed`: since when one must have been looked at."""
    with engine.connect() as connection:
        states = _dues(connection)
    return [
        source.id
        for source in sources
        if source.disabled is None
        and any(_is_due(states, source, section, now, appointed(source)) for section in source.sections)
    ]


def due_sections(
    engine: sa.Engine, source: Source, *, now: datetime, appointed: datetime | None = None
) -> list[Section]:
    """The sections of a source that are due, in the row's order."""
    with engine.connect() as connection:
        states = _dues(connection, source.id)
    return [section for section in source.sections if _is_due(states, source, section, now, appointed)]


def section_looks(engine: sa.Engine, source: Source) -> list[SectionLook]:
    """The sections of a source with their looks, in the row's order."""
    with engine.connect() as connection:
        states = _dues(connection, source.id)
    looks = []
    for section in source.sections:
        row = _telling(states, source, section)
        if row is None:
            looks.append(SectionLook(section, None, None, None))
        else:
            looks.append(SectionLook(section, row.looked, _next(row, source), row.problem))
    return looks


def _dues(
    connection: sa.Connection, source: str | None = None
) -> dict[tuple[str, str], sa.Row[*tuple[Any, ...]]]:
    names = ("source", "url", "due", "looked", "failures", "problem")
    query = sa.select(*(channel.c[name] for name in names))
    if source is not None:
        query = query.where(channel.c.source == source)
    return {(row.source, row.url): row for row in connection.execute(query)}


def _is_due(
    states: Mapping[tuple[str, str], sa.Row[*tuple[Any, ...]]],
    source: Source,
    section: Section,
    now: datetime,
    appointed: datetime | None,
) -> bool:
    """The one place where "due" is written: never looked at, or not since an appointed time, or the time of its
    cheapest channel has come."""
    row = _telling(states, source, section)
    if row is None or (appointed is not None and row.looked < appointed <= now):
        return True
    return _next(row, source) <= now


def _telling(
    states: Mapping[tuple[str, str], sa.Row[*tuple[Any, ...]]], source: Source, section: Section
) -> sa.Row[*tuple[Any, ...]] | None:
    """The channel that says when a section is due: the cheapest that was looked at.

    A dearer one is only asked when a cheaper one fails or leaves a gap, so its time says nothing; a failing one has a
    say only where all fail.
    """
    rows = [row for _, url in section.channels if (row := states.get((source.id, url))) and row.looked]
    return next((row for row in rows if not row.failures), rows[0] if rows else None)


def _next(row: sa.Row[*tuple[Any, ...]], source: Source) -> datetime:
    due: datetime = row.due or row.looked + source.crawl.every
    return due
