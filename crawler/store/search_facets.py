"""How many stories answer a query, and of what kinds they are: counted in the index, without reading an article."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

import sqlalchemy as sa

from crawler.query.search_document import topic_names
from crawler.source import Source
from crawler.store.search_columns import columns_of
from crawler.store.search_index import Deadline, Lookup, StoppedSearch

MOST_VALUES = 100
"""Values of one facet that are told, those of the most stories."""


@dataclass(frozen=True, slots=True)
class Count:
    """How much answers; where it is not exact there is more."""

    stories: int
    articles: int
    exact: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """One value, and the stories that have it."""

    value: str
    """As a query has it: an id, a name, a month as 2026-11, the key of a document."""
    name: str
    stories: int


@dataclass(frozen=True, slots=True)
class Facets:
    """What the stories that answer are, each value with its stories, the most frequent first (months: the newest)."""

    provinces: tuple[Facet, ...]
    sources: tuple[Facet, ...]
    topics: tuple[Facet, ...]
    months: tuple[Facet, ...]
    documents: tuple[Facet, ...]
    meetings: tuple[Facet, ...]
    exact: bool
    """False: the time was over, or the query is one the index cannot decide by itself; then these are of what it
    finds among the newest articles."""

    def to_json(self) -> dict[str, Any]:
        """For `search --facets --json`."""
        found: dict[str, Any] = {"exact": self.exact}
        for name in ("provinces", "sources", "topics", "months", "documents", "meetings"):
            facets: tuple[Facet, ...] = getattr(self, name)
            found[name] = [{"value": f.value, "name": f.name, "stories": f.stories} for f in facets]
        return found


def counted(connection: sa.Connection, asked: Lookup, deadline: Deadline) -> Count:
    """The stories and articles the index finds, as far as the time goes; of a query it cannot decide, none."""
    if not asked.exact:
        return Count(0, 0, exact=False)
    stories: set[int] = set()
    articles = 0
    unsure = False
    try:
        for found in columns_of(connection, asked, ("story",), deadline=deadline):
            stories.update(found.values[0])
            articles += len(found.values[0])
            unsure = unsure or found.long
    except StoppedSearch:
        return Count(len(stories), articles, exact=False)
    return Count(len(stories), articles, exact=not unsure)


_FACETS = ("story", "source", "month", "topics", "documents", "meetings")


def facets_of(
    connection: sa.Connection, asked: Lookup, registry: Mapping[str, Source], *, deadline: Deadline
) -> tuple[Facets, Count]:
    """Province, source, topic, month, document and kind of meeting of all stories that answer; and their count."""
    columns: list[list[Any]] = [[] for _ in _FACETS]
    exact = asked.exact
    try:
        for found in columns_of(connection, asked, _FACETS, deadline=deadline):
            exact = exact and not found.long
            for column, more in zip(columns, found.values, strict=True):
                column += more
    except StoppedSearch:
        exact = False
    tally = StoryTally(columns[0])
    sources = tally.of(columns[1], lambda source: (source,))
    provinces = {source: row.province for source, row in registry.items()}
    months = _ranked(tally.of(columns[2], lambda m: (f"{m // 100}-{m % 100:02d}",)), {})
    facets = Facets(
        provinces=_ranked(tally.of(columns[1], lambda s: (provinces[s],) if s in provinces else ()), {}),
        sources=_ranked(sources, {s: registry[s].name for s in sources if s in registry}),
        topics=_ranked(tally.of(columns[3], _lines), topic_names()),
        months=tuple(sorted(months, key=lambda facet: facet.value, reverse=True)),
        documents=_ranked(tally.of(columns[4], _lines), {}),
        meetings=_ranked(tally.of(columns[5], _lines), {}),
        exact=exact,
    )
    if not asked.exact:
        return facets, Count(0, 0, exact=False)
    return facets, Count(tally.stories, len(columns[0]), exact)


def _lines(held: str) -> Sequence[str]:
    return held.split("\n")


class StoryTally:
    """Stories counted by the values of their articles, each value once a story.

    Nearly all stories have one article that answers: those are counted by what stands in the column, without a look
    at each.
    """

    def __init__(self, stories: list[int]) -> None:
        of_story = Counter(stories)
        self.stories = len(of_story)
        """How many there are."""
        self._stories = stories
        self._alone = [of_story[story] == 1 for story in stories] if len(of_story) < len(stories) else None
        self.several = [n for n, alone in enumerate(self._alone or ()) if not alone]
        """The places of the articles whose story has another one."""

    def of(self, column: Sequence[Any], values: Callable[[Any], Sequence[Any]]) -> Counter[Any]:
        """How many stories have each value; `values` gives those of one entry of the column."""
        counts: Counter[Any] = Counter()
        alone = column if self._alone is None else compress(column, self._alone)
        for held, stories in Counter(alone).items():
            for value in values(held) if held else ():
                counts[value] += stories
        stories_of = self._stories
        pairs = {(stories_of[n], column[n]) for n in self.several}
        told = {held: values(held) if held else () for held in {held for _, held in pairs}}
        counts.update(value for _, value in {(s, value) for s, held in pairs for value in told[held]})
        return counts


def _ranked(counts: Counter[str], names: Mapping[str, str]) -> tuple[Facet, ...]:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_VALUES]
    return tuple(Facet(value, names.get(value, value), stories) for value, stories in ranked)
