"""What a query would have found in a stretch of time, by the index alone: numbers, days and the terms that fired."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

import sqlalchemy as sa

from crawler.query.matcher import reasons
from crawler.query.parser import Query
from crawler.query.tree import Leaf, leaves
from crawler.source import Source
from crawler.store.schema import search_row
from crawler.store.search import answering, read
from crawler.store.search_answer import Found
from crawler.store.search_index import Lookup, Row, first_rank, lookup, rows_of
from crawler.store.search_rows import rank_at


@dataclass(frozen=True, slots=True)
class Past:
    """An article that answers."""

    id: int
    story: int
    moment: datetime
    """Of publication, or of first sight where that is unknown; UTC, to the second."""
    words: tuple[str, ...]
    """What of the query fired, as typed: its terms, then its fields."""


def past(
    engine: sa.Engine, query: Query, registry: Mapping[str, Source], since: datetime, until: datetime
) -> list[Past]:
    """The articles of [since, until] that answer, newest first; none of them is read where the index decides."""
    with engine.connect().execution_options(diemtin_read=True) as connection:
        asked = lookup(connection, query, registry)
        found = list(answering(connection, asked, _between(connection, asked, since, until), registry))
        told = _by_leaves(connection, query, registry, found, since, until)
        if told is None:
            hits = {one.id: one.hit for one in read(connection, query, found, registry)}
            told = {number: (*hit.words, *hit.fields) for number, hit in hits.items()}
    return [
        Past(row.article, row.story, datetime.fromtimestamp(row.moment, UTC), told.get(row.article, ()))
        for row in found
    ]


def stories_since(
    engine: sa.Engine, query: Query, registry: Mapping[str, Source], since: datetime, until: datetime
) -> int:
    """How many stories have an article of [since, until] that answers."""
    with engine.connect().execution_options(diemtin_read=True) as connection:
        asked = lookup(connection, query, registry)
        rows = _between(connection, asked, since, until)
        return len({row.story for row in answering(connection, asked, rows, registry)})


def missed(
    engine: sa.Engine,
    query: Query,
    registry: Mapping[str, Source],
    since: datetime,
    until: datetime,
    *,
    most: int,
) -> list[Found]:
    """The newest `most` articles of [since, until] that only the loosened query answers, each read."""
    loose = query.loosened()
    with engine.connect().execution_options(diemtin_read=True) as connection:
        exactly = lookup(connection, query, registry)
        rows = _between(connection, exactly, since, until)
        known = {row.article for row in answering(connection, exactly, rows, registry)}
        wider = lookup(connection, loose, registry)
        if wider.plan == exactly.plan and exactly.exact:
            return []
        more = (row for row in _between(connection, wider, since, until) if row.article not in known)
        misses: list[Found] = []
        while len(misses) < most and (batch := list(islice(more, _TOGETHER))):
            misses += read(connection, loose, batch, registry)
    return misses[:most]


_TOGETHER = 50
"""Articles read at once."""


def oldest_since(connection: sa.Connection, since: datetime) -> datetime | None:
    """When the oldest article of the index published (or first seen) since then is from."""
    first = sa.select(search_row.c.moment).where(
        search_row.c.rank >= first_rank(since), search_row.c.moment >= int(since.timestamp()),
        search_row.c.article.is_not(None),
    )  # fmt: skip
    moment = connection.execute(first.order_by(search_row.c.rank).limit(1)).scalar()
    return None if moment is None else datetime.fromtimestamp(moment, UTC)


def _between(connection: sa.Connection, asked: Lookup, since: datetime, until: datetime) -> Iterator[Row]:
    low, high = since.timestamp(), until.timestamp()
    rows = rows_of(connection, asked, first=first_rank(since), last=rank_at(until))
    return (row for row in rows if low <= row.moment <= high)


def _by_leaves(
    connection: sa.Connection,
    query: Query,
    registry: Mapping[str, Source],
    found: list[Row],
    since: datetime,
    until: datetime,
) -> dict[int, tuple[str, ...]] | None:
    """What fired in each article, from where each leaf of the query holds; None where the index cannot tell."""
    if any(row.long for row in found):
        return None
    holding: dict[Leaf, set[int]] = {}
    every = list(dict.fromkeys(leaves(query.root)))
    if len(every) == 1 and query.root == every[0]:
        holding[every[0]] = {row.article for row in found}
        every = []
    for leaf in every:
        asked = lookup(connection, Query(leaf.typed, leaf), registry)
        if not asked.exact:
            return None
        rows = list(_between(connection, asked, since, until))
        if any(row.long for row in rows):
            return None
        holding[leaf] = {row.article for row in rows}
    return {row.article: reasons(query.root, _holds_in(row.article, holding)) for row in found}


def _holds_in(article: int, holding: Mapping[Leaf, set[int]]) -> Callable[[Leaf], bool]:
    return lambda leaf: article in holding[leaf]
