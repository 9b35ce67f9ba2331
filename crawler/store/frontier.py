"""What a crawl still owes: links found and not settled, channels and their state, articles to look at again.

Links are written before they are fetched, in the transaction that remembers the channel's ETag. So a listing
that answers "not modified" never hides a link: whatever was found through it is already owed.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crawler.article import Disposition
from crawler.store.insert import insert_missing, upsert
from crawler.store.schema import address, article, channel, link, sighting

MOST_ATTEMPTS = 5
"""Looks at one link, over as many crawls, before a failing one is given up."""
MOST_UNREAD = 3
"""Crawls whose readers may be lost under a page (killed, out of time or memory) before it is given up."""
REVISITS = tuple(timedelta(hours=h) for h in (1, 6, 24, 72, 168, 720))
"""Ages at which an article is looked at again for edits and removal: edits come in the first hours."""

RETRIES = tuple(timedelta(minutes=m) for m in (10, 60, 360, 1440))
"""Pauses before a scheduled crawl looks at a failed link again; after them it has had a day and a half."""
LONGEST_PAUSE = 86_400
"""Seconds until a failing channel is asked again, at the most."""
_RETRY = frozenset({Disposition.HTTP_ERROR, Disposition.BOT_WALL, Disposition.UNREAD})
"""Dispositions that leave the link owed: a failure until `MOST_ATTEMPTS`, a wall until it has gone, or was met
`MOST_ATTEMPTS` times by this page alone, a lost reader until `MOST_UNREAD`."""


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
    walled: bool = False
    """An earlier look met a wall: it is asked last."""
    backlog: datetime | None = None
    """When the first look at its section found it: it stood there before we came. None: found later."""


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
    """How many of the counted links this section had shown before the look (or the walk it belongs to) began."""
    total: int
    """Links that count: not those beside the list, nor those seen on an earlier page of the walk."""

    @property
    def met_known(self) -> bool:
        """Whether the look has closed the gap: half of what counts was known; a pinned item alone is not."""
        return self.total > 0 and self.known_before * 2 >= self.total


def channel_state(engine: sa.Engine, source: str, url: str, kind: str) -> Channel:
    """The remembered state of a channel, or a fresh one."""
    with engine.connect() as connection:
        row = connection.execute(
            sa.select(channel).where(channel.c.source == source, channel.c.url == url)
        ).one_or_none()
    return Channel(**row._mapping) if row else Channel(source, url, kind)


def record_look(
    engine: sa.Engine,
    state: Channel,
    links: Iterable[OwedLink],
    *,
    since: datetime,
    now: datetime,
    section: str | None = None,
    count: Container[str] | None = None,
    cutoff: datetime | None = None,
    if_gap: Channel | None = None,
) -> Discovery:
    """Commit a look: its links as owed, the section's sightings and the channel's new state, together.

    `since` is when the look, or the walk it is part of, began: a link found later than that does not show that
    the walk has met what was known. `section` is the address the sightings are kept under (default: the
    channel's own), `count` the addresses that may show it (default: all). A link settled as too old is owed
    again when `cutoff` lets it in. `if_gap` is a channel whose way back must follow: it is saved in the same
    transaction when the look does not meet what was known, so that a kill in between leaves no hole.
    """
    found = list({item.url: item for item in links}.values())
    addresses = [item.url for item in found]
    counted = [url for url in addresses if count is None or url in count]
    with engine.begin() as connection:
        seen = _sightings(connection, state.source, section or state.url, addresses)
        new = owe(connection, state.source, found, now=now, cutoff=cutoff)
        insert_missing(
            connection,
            sighting,
            [
                {"source": state.source, "section": section or state.url, "url": url, "found": now}
                for url in addresses
                if url not in seen
            ],
        )
        before = sum(1 for url in counted if url in seen and seen[url] < since)
        discovery = Discovery(new, before, len(counted))
        upsert(connection, channel, _channel_row(state))
        if if_gap is not None and not discovery.met_known:
            upsert(connection, channel, _channel_row(if_gap))
    return discovery


def owe(
    connection: sa.Connection,
    source: str,
    found: Sequence[OwedLink],
    *,
    now: datetime,
    cutoff: datetime | None = None,
) -> tuple[OwedLink, ...]:
    """Write links as owed inside the caller's transaction; those that are to be asked for.

    A settled link is owed again when it was published anew, or was too old for a window that `cutoff` widens.
    """
    known = _known_links(connection, [item.url for item in found])
    fresh = [item for item in found if item.url not in known]
    elsewhere = known_addresses(connection, [item.url for item in fresh])
    insert_missing(connection, link, [_link_row(item, source, now, elsewhere) for item in fresh])
    changed = [item for item in found if _reopens(item, known.get(item.url), cutoff)]
    for item in changed:
        connection.execute(
            sa.update(link)
            .where(link.c.url == item.url)
            .values(disposition=None, settled=None, attempts=0, retry_at=None)
        )
    return tuple([item for item in fresh if item.url not in elsewhere] + changed)


def _known_links(connection: sa.Connection, urls: list[str]) -> dict[str, sa.Row[*tuple[Any, ...]]]:
    columns = (link.c.url, link.c.settled, link.c.disposition, link.c.published)
    return {
        row.url: row
        for chunk in _chunks(urls)
        for row in connection.execute(sa.select(*columns).where(link.c.url.in_(chunk)))
    }


def _sightings(connection: sa.Connection, source: str, section: str, urls: list[str]) -> dict[str, datetime]:
    here = (sighting.c.source == source) & (sighting.c.section == section)
    return {
        row.url: row.found
        for chunk in _chunks(urls)
        for row in connection.execute(
            sa.select(sighting.c.url, sighting.c.found).where(here, sighting.c.url.in_(chunk))
        )
    }


def _link_row(item: OwedLink, source: str, now: datetime, elsewhere: Container[str]) -> dict[str, Any]:
    """A new link as owed; one that leads to a stored article under another of its addresses is settled."""
    known = item.url in elsewhere
    return {
        "url": item.url,
        "ask": item.ask,
        "source": source,
        "section": item.section,
        "title": item.title,
        "published": item.published,
        "found": now,
        "backlog": True if item.backlog else None,
        "attempts": 0,
        "disposition": Disposition.UNCHANGED.value if known else None,
        "settled": now if known else None,
    }


def _reopens(item: OwedLink, row: sa.Row[*tuple[Any, ...]] | None, cutoff: datetime | None) -> bool:
    """Whether a settled link is owed again: published anew, or inside a window that reaches further back."""
    if row is None or row.settled is None or row.disposition == Disposition.ROBOTS.value:
        return False
    if cutoff is not None and row.disposition == Disposition.TOO_OLD.value:
        return row.published is None or row.published >= cutoff
    return item.published is not None and item.published > row.settled


def save_channel(engine: sa.Engine, state: Channel) -> None:
    """Commit a channel's state without links (a 304, a failure)."""
    with engine.begin() as connection:
        upsert(connection, channel, _channel_row(state))


def owed(
    engine: sa.Engine, source: str, *, due: datetime | None = None, now: datetime | None = None
) -> list[OwedLink]:
    """Links of a source that are still owed a look: in the order they were found, those that failed behind the
    others, those that met a wall last.

    With `due` only those whose next look is due then: a scheduled crawl leaves a failed link alone for a while, one
    by hand does not. What met a wall is left alone until its time by both, where `now` tells it.
    """
    columns = (link.c.url, link.c.ask, link.c.section, link.c.title, link.c.published, link.c.walls > 0,
               sa.case((link.c.backlog, link.c.found)))  # fmt: skip
    failed = sa.case((link.c.walls > 0, 2), (link.c.attempts + link.c.unread > 0, 1), else_=0)
    query = (
        sa.select(*columns)
        .where(link.c.source == source, link.c.disposition.is_(None))
        .order_by(failed, link.c.found, link.c.url)
    )
    if due is not None:
        query = query.where(sa.or_(link.c.retry_at.is_(None), link.c.retry_at <= due))
    if now is not None:
        query = query.where(sa.or_(link.c.walls == 0, link.c.retry_at.is_(None), link.c.retry_at <= now))
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


def settle(
    engine: sa.Engine, url: str, disposition: Disposition, *, now: datetime, why: str | None = None
) -> None:
    """Commit how a link ended; a failed fetch stays owed until `MOST_ATTEMPTS`."""
    with engine.begin() as connection:
        settle_in(connection, url, disposition, now=now, why=why)


def count_wall(engine: sa.Engine, url: str, *, now: datetime) -> None:
    """The wall that a page met was before this page alone: an attempt at it, of which there are `MOST_ATTEMPTS`."""
    with engine.begin() as connection:
        connection.execute(sa.update(link).where(link.c.url == url).values(attempts=link.c.attempts + 1))
        given_up = link.c.disposition.is_(None) & (link.c.attempts >= MOST_ATTEMPTS)
        connection.execute(
            sa.update(link)
            .where(link.c.url == url, given_up)
            .values(disposition=Disposition.BOT_WALL.value, settled=now, retry_at=None)
        )


_SETTLED = (
    sa.update(link).where(link.c.url == sa.bindparam("link")).values(attempts=link.c.attempts + 1)
)  # made once: it ends every page


def settle_all(connection: sa.Connection, ended: Iterable[tuple[str, Disposition]], *, now: datetime) -> None:
    """`settle_in` of many pages that came, none of them under a disposition that leaves its link owed."""
    values = [{"link": url, "disposition": d.value, "settled": now, "retry_at": None} for url, d in ended]
    if values:
        connection.execute(_SETTLED, values)


def settle_in(
    connection: sa.Connection, url: str, disposition: Disposition, *, now: datetime, why: str | None = None
) -> None:
    """`settle` inside the caller's transaction.

    A wall is no attempt at this article until it is known that it stands before this one alone (`count_wall`). A
    failure counts as an attempt only when the next look was due: five crawls in an hour of outage do not give a
    link up. A reader that was lost is the box's own fault and counts each time.
    """
    if disposition not in _RETRY:
        values: dict[str, Any] = {"disposition": disposition.value, "settled": now, "retry_at": None}
        connection.execute(_SETTLED, {"link": url, **values})
        if why is not None:
            connection.execute(sa.update(link).where(link.c.url == url).values(why=why))
        return
    columns = (link.c.attempts, link.c.retry_at, link.c.walls, link.c.unread)
    row = connection.execute(sa.select(*columns).where(link.c.url == url).with_for_update()).one_or_none()
    early = row is not None and row.retry_at is not None and now < row.retry_at
    if row is None or (early and disposition is Disposition.HTTP_ERROR):
        return
    attempts = row.attempts + (disposition is Disposition.HTTP_ERROR)
    walls = row.walls + (disposition is Disposition.BOT_WALL)
    unread = row.unread + (disposition is Disposition.UNREAD)
    given_up = attempts >= MOST_ATTEMPTS or unread >= MOST_UNREAD
    tries = {Disposition.BOT_WALL: walls, Disposition.UNREAD: unread}.get(disposition, attempts)
    connection.execute(
        sa.update(link)
        .where(link.c.url == url)
        .values(
            attempts=attempts,
            walls=walls,
            unread=unread,
            retry_at=None if given_up else now + RETRIES[min(tries, len(RETRIES)) - 1],
            disposition=disposition.value if given_up else None,
            settled=now if given_up else None,
            why=why,
        )
    )


def postpone_revisit(engine: sa.Engine, url: str, *, now: datetime) -> None:
    """A look at a stored article failed: the next one is an hour away, not the next crawl."""
    with engine.begin() as connection:
        connection.execute(
            sa.update(article).where(article.c.url == url).values(revisit_at=now + timedelta(hours=1))
        )


def note_published(engine: sa.Engine, url: str, published: datetime) -> None:
    """Remember the day of an article that is not kept: a later window that reaches it asks again."""
    with engine.begin() as connection:
        connection.execute(sa.update(link).where(link.c.url == url).values(published=published))


def note_title(engine: sa.Engine, url: str, title: str) -> None:
    """Remember the title of an article that is not kept, by which a person knows it again."""
    with engine.begin() as connection:
        connection.execute(sa.update(link).where(link.c.url == url).values(title=title))


def is_kept(engine: sa.Engine, url: str) -> bool:
    """Whether a person took this link back (`given_up.take_back`): its article is kept, old or off topic."""
    with engine.connect() as connection:
        return bool(connection.execute(sa.select(link.c.kept).where(link.c.url == url)).scalar())


def published_days(engine: sa.Engine, urls: Sequence[str]) -> dict[str, datetime]:
    """When the articles behind these links were published, as far as the store knows."""
    found: dict[str, datetime] = {}
    with engine.connect() as connection:
        for chunk in _chunks(list(urls)):
            stored = (
                sa.select(address.c.url, article.c.published_at)
                .join(article, article.c.id == address.c.article)
                .where(address.c.url.in_(chunk), article.c.published_at.is_not(None))
            )
            listed = sa.select(link.c.url, link.c.published).where(
                link.c.url.in_(chunk), link.c.published.is_not(None)
            )
            found |= {row[0]: row[1] for query in (listed, stored) for row in connection.execute(query)}
    return found


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


def _channel_row(state: Channel) -> dict[str, Any]:
    return {name: getattr(state, name) for name in Channel.__dataclass_fields__}


def _chunks(items: list[str], size: int = 500) -> Iterable[list[str]]:
    return (items[i : i + size] for i in range(0, len(items), size))


def failed(state: Channel, problem: str, *, base: timedelta, now: datetime) -> Channel:
    """The channel after a look that failed: said, and the next one twice as far away each time, up to a day."""
    failures = state.failures + 1
    interval = state.interval or int(base.total_seconds())
    pause = min(interval * 2 ** min(failures, 8), LONGEST_PAUSE)
    return replace(state, looked=now, failures=failures, problem=problem, due=now + timedelta(seconds=pause))
