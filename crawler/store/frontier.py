"""What a crawl still owes: links found and not settled, channels and their state, articles to look at again.

Links are written before they are fetched, in the transaction that remembers the channel's ETag. So a listing
that answers "not modified" never hides a link: whatever was found through it is already owed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crawler.article import Disposition
from crawler.source import Source
from crawler.store.insert import insert_missing, upsert
from crawler.store.schema import address, article, channel, link

MOST_ATTEMPTS = 5
"""Looks at one link, over as many crawls, before a failing one is given up."""
REVISITS = tuple(timedelta(hours=h) for h in (1, 6, 24, 72, 168, 720))
"""Ages at which an article is looked at again for edits and removal: edits come in the first hours."""

_RETRY = frozenset({Disposition.HTTP_ERROR})
"""Dispositions that leave the link owed until `MOST_ATTEMPTS`."""


@dataclass(frozen=True, slots=True)
class OwedLink:
    """One link to fetch."""

    url: str
    """The canonical address: one article, one link."""
    ask: str
    """The address to fetch."""
    section: str | None
    title: str | None
    published: datetime | None


@dataclass(frozen=True, slots=True)
class Channel:
    """The state of one feed, sitemap or listing."""

    source: str
    url: str
    kind: str
    etag: str | None = None
    last_modified: str | None = None
    looked: datetime | None = None
    full_look: datetime | None = None
    interval: int | None = None
    due: datetime | None = None
    walk_started: datetime | None = None
    walk_pages: int | None = None
    failures: float = 0.0
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Discovery:
    """What one look at a channel brought."""

    new: tuple[OwedLink, ...]
    """Links never seen before, or changed since they were settled."""
    known_before: int
    """How many of its links were known before the look (or before the walk it belongs to) began."""
    total: int


def channel_state(engine: sa.Engine, source: str, url: str, kind: str) -> Channel:
    """The remembered state of a channel, or a fresh one."""
    with engine.connect() as connection:
        row = connection.execute(
            sa.select(channel).where(channel.c.source == source, channel.c.url == url)
        ).one_or_none()
    return Channel(**row._mapping) if row else Channel(source, url, kind)


def record_look(
    engine: sa.Engine, state: Channel, links: Iterable[OwedLink], *, since: datetime, now: datetime
) -> Discovery:
    """Commit a look: its links as owed and the channel's new state, together.

    `since` is when the look, or the walk it is part of, began: a link found later than that does not show that
    the walk has met what was known.
    """
    found = list({item.url: item for item in links}.values())
    with engine.begin() as connection:
        known = {
            row.url: row
            for chunk in _chunks([item.url for item in found])
            for row in connection.execute(
                sa.select(link.c.url, link.c.found, link.c.settled, link.c.disposition).where(
                    link.c.url.in_(chunk)
                )
            )
        }
        new = [item for item in found if item.url not in known]
        insert_missing(
            connection,
            link,
            [
                {
                    "url": item.url,
                    "ask": item.ask,
                    "source": state.source,
                    "section": item.section,
                    "title": item.title,
                    "published": item.published,
                    "found": now,
                    "attempts": 0,
                }
                for item in new
            ],
        )
        changed = [
            item
            for item in found
            if (row := known.get(item.url))
            and item.published
            and row.settled
            and item.published > row.settled
            and row.disposition != Disposition.ROBOTS.value
        ]
        for item in changed:
            connection.execute(
                sa.update(link)
                .where(link.c.url == item.url)
                .values(disposition=None, settled=None, attempts=0)
            )
        upsert(connection, channel, _channel_row(state))
    before = sum(1 for row in known.values() if row.found < since)
    return Discovery(tuple(new + changed), before, len(found))


def save_channel(engine: sa.Engine, state: Channel) -> None:
    """Commit a channel's state without links (a 304, a failure)."""
    with engine.begin() as connection:
        upsert(connection, channel, _channel_row(state))


def owed(engine: sa.Engine, source: str, *, limit: int | None = None) -> list[OwedLink]:
    """Links of a source that are still owed a look, in the order they were found."""
    query = (
        sa.select(link.c.url, link.c.ask, link.c.section, link.c.title, link.c.published)
        .where(link.c.source == source, link.c.disposition.is_(None))
        .order_by(link.c.found, link.c.url)
    )
    if limit is not None:
        query = query.limit(limit)
    with engine.connect() as connection:
        return [OwedLink(*row) for row in connection.execute(query)]


def due_revisits(engine: sa.Engine, source: str, now: datetime) -> list[OwedLink]:
    """Articles whose next look is due."""
    query = (
        sa.select(article.c.url, article.c.section, article.c.title)
        .where(article.c.source == source, article.c.revisit_at <= now)
        .order_by(article.c.revisit_at, article.c.url)
    )
    with engine.connect() as connection:
        return [OwedLink(row.url, row.url, row.section, None, None) for row in connection.execute(query)]


def settle(engine: sa.Engine, url: str, disposition: Disposition, *, now: datetime) -> None:
    """Commit how a link ended; a failed fetch stays owed until `MOST_ATTEMPTS`."""
    with engine.begin() as connection:
        settle_in(connection, url, disposition, now=now)


def settle_in(connection: sa.Connection, url: str, disposition: Disposition, *, now: datetime) -> None:
    """`settle` inside the caller's transaction."""
    values: dict[str, Any] = {"attempts": link.c.attempts + 1}
    if disposition in _RETRY:
        given_up = link.c.attempts + 1 >= MOST_ATTEMPTS
        values["disposition"] = sa.case((given_up, disposition.value), else_=sa.null())
        values["settled"] = sa.case((given_up, sa.literal(now, link.c.settled.type)), else_=sa.null())
    else:
        values |= {"disposition": disposition.value, "settled": now}
    connection.execute(sa.update(link).where(link.c.url == url).values(values))


def all_too_old(engine: sa.Engine, urls: Sequence[str]) -> bool:
    """Whether every settled one of these links led to an article before the window that was asked for."""
    with engine.connect() as connection:
        ends = [
            row
            for chunk in _chunks(list(urls))
            for row in connection.scalars(
                sa.select(link.c.disposition).where(link.c.url.in_(chunk), link.c.disposition.is_not(None))
            )
        ]
    return bool(ends) and all(end == Disposition.TOO_OLD.value for end in ends)


def known_addresses(connection: sa.Connection, urls: Sequence[str]) -> dict[str, int]:
    """Which of these addresses belong to a stored article: address → article id."""
    return {
        row.url: row.article
        for chunk in _chunks(list(urls))
        for row in connection.execute(sa.select(address).where(address.c.url.in_(chunk)))
    }


def next_revisit(first_seen: datetime, now: datetime) -> datetime | None:
    """When an article first seen then is looked at again; None once it is old."""
    return next((first_seen + age for age in REVISITS if first_seen + age > now), None)


def paced(state: Channel, *, new: int, total: int, base: timedelta, now: datetime) -> Channel:
    """The channel with its next look set by its rhythm.

    More than two thirds new: half the interval; less than a third: half as long again; kept in 10 min … 24 h
    (the bounds and the share are Media Cloud's, FIELD §1.8).
    """
    interval = state.interval or int(base.total_seconds())
    share = new / total if total else 0.0
    if share > 0.67:
        interval //= 2
    elif share < 0.33:
        interval = interval * 3 // 2
    interval = max(600, min(interval, 86_400))
    return replace(state, interval=interval, due=now + timedelta(seconds=interval))


def _channel_row(state: Channel) -> dict[str, Any]:
    return {name: getattr(state, name) for name in Channel.__dataclass_fields__}


def _chunks(items: list[str], size: int = 500) -> Iterable[list[str]]:
    return (items[i : i + size] for i in range(0, len(items), size))


def due_sources(engine: sa.Engine, sources: Iterable[Source], *, now: datetime) -> list[str]:
    """The ids of enabled sources with a section that is due: the one place where "due" is written.

    A section that was never looked at is due; else the cheapest of its channels says when.
    """
    with engine.connect() as connection:
        rows = connection.execute(
            sa.select(channel.c.source, channel.c.url, channel.c.due, channel.c.looked)
        ).all()
    state = {(row.source, row.url): row for row in rows}
    due = []
    for source in sources:
        if source.disabled is not None:
            continue
        for section in source.sections:
            ways = [url for url in (section.feed, section.sitemap, section.url) if url]
            looked = [row for url in ways if (row := state.get((source.id, url)))]
            times = [row.due or row.looked + source.crawl.every for row in looked]
            if not times or min(times) <= now:
                due.append(source.id)
                break
    return due
