"""Articles as a corpus: in the order of publication, each with its annotations and its story's lead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crawler.query.parser import parse
from crawler.source import Source
from crawler.store import search
from crawler.store.article_record import contract_of
from crawler.store.schema import article, run, story, story_link, version
from crawler.story.stories import is_agency

_BATCH = 500
"""Articles held in memory at a time."""


@dataclass(frozen=True, slots=True)
class CorpusRow:
    """One article of the corpus."""

    url: str
    source: str
    story: int
    text: str
    record: dict[str, Any]
    notes: dict[str, Any]
    lead_url: str
    """The canonical address of the lead article of its story."""


@dataclass(frozen=True, slots=True)
class Selected:
    """One article of the selection, without its text."""

    id: int
    url: str
    source: str
    story: int
    published: datetime | None
    set_aside: bool
    """An editor found it to be none of ours."""
    taken_down: bool
    """The newspaper has withdrawn it."""


class Corpus:
    """A selection of the store as it stood at one moment: a crawl that goes on beside it is not seen."""

    def __init__(
        self,
        connection: sa.Connection,
        conditions: Collection[sa.ColumnElement[bool]],
        wanted: set[int] | None,
    ) -> None:
        self._connection = connection
        self._conditions = (*conditions, article.c.set_aside.is_(None))
        self._wanted = wanted

    def leads(self) -> dict[int, str]:
        """Story → address of its lead article, whether that one is selected or not."""
        return {story: lead.url for story, lead in leads_of(self.everything()).items()}

    def everything(self) -> Iterator[Selected]:
        """All articles of the store, in no promised order."""
        return self._select(())

    def selected(self) -> Iterator[Selected]:
        """The selected articles, in no promised order."""
        return (
            row for row in self._select(self._conditions) if self._wanted is None or row.id in self._wanted
        )

    def quotes(self) -> list[tuple[int, int]]:
        """(story of a round-up, story it quotes), merges followed."""
        found = self._connection.execute(
            sa.select(story.c.id, story.c.merged_into).where(story.c.merged_into.is_not(None))
        )
        merged = {row.id: row.merged_into for row in found}
        links = self._connection.execute(
            sa.select(article.c.story, story_link.c.story.label("quoted")).join(
                article, article.c.id == story_link.c.article
            )
        )
        pairs = {(_last(merged, row.story), _last(merged, row.quoted)) for row in links}
        return sorted((a, b) for a, b in pairs if a != b)

    def dispositions(self) -> dict[str, int]:
        """Pages of all runs by what became of them, by name: what never came to be an article, too."""
        found: Counter[str] = Counter()
        for (counts,) in self._connection.execute(sa.select(run.c.counts)):
            found.update(counts)
        return dict(sorted(found.items()))

    def articles(
        self, *, one_per_story: bool = False, only: Collection[int] | None = None
    ) -> Iterator[CorpusRow]:
        """The current versions, ordered by publication (unknown first), then by address.

        With `one_per_story` a story gives one article: its lead, or what would be the lead among the selected. `only`
        names those of the selection that are wanted.
        """
        leads = self.leads()
        kept: Collection[int] | None = self._wanted if only is None else only
        if one_per_story:
            kept = {lead.id for lead in leads_of(self.selected()).values()}
        rows = (
            sa.select(article, version.c.text, version.c.record, version.c.notes)
            .join(version, sa.and_(version.c.article == article.c.id, version.c.n == article.c.version))
            .where(*self._conditions)
            .order_by(article.c.published_at.is_not(None), article.c.published_at, self._by_address())
            .execution_options(yield_per=_BATCH)
        )
        for row in self._connection.execute(rows):
            if kept is None or row.id in kept:
                record = contract_of(row.record, row.text)
                yield CorpusRow(row.url, row.source, row.story, row.text, record, row.notes, leads[row.story])

    def _select(self, conditions: Collection[sa.ColumnElement[bool]]) -> Iterator[Selected]:
        rows = sa.select(
            article.c.id,
            article.c.url,
            article.c.source,
            article.c.story,
            article.c.published_at,
            article.c.set_aside.is_not(None),
            article.c.taken_down.is_not(None),
        ).where(*conditions)
        for row in self._connection.execute(rows.execution_options(yield_per=10_000)):
            id_, url, source, of_story, published, set_aside, taken_down = row
            yield Selected(id_, url, source, of_story, published, bool(set_aside), bool(taken_down))

    def _by_address(self) -> sa.ColumnElement[str]:
        # PostgreSQL sorts by the rules of some language; the order of a corpus must not depend on the server.
        if self._connection.dialect.name == "postgresql":
            return sa.collate(article.c.url, "C")
        return article.c.url.expression


@contextmanager
def open_corpus(
    engine: sa.Engine,
    registry: Mapping[str, Source],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    query: str = "",
) -> Iterator[Corpus]:
    """The articles published in [since, until) that answer the query; raises InvalidQuery for a wrong one."""
    wanted = None
    if query.strip():
        wanted = {row.article for row in search.matching_rows(engine, parse(query), registry)}
    conditions = []
    if since is not None:
        conditions.append(article.c.published_at >= since)
    if until is not None:
        conditions.append(article.c.published_at < until)
    options: dict[str, Any] = {"diemtin_read": True}
    if engine.dialect.name == "postgresql":
        options["isolation_level"] = "REPEATABLE READ"
    with engine.connect().execution_options(**options) as connection:
        yield Corpus(connection, conditions, wanted)


def leads_of(rows: Iterable[Selected]) -> dict[int, Selected]:
    """The lead of each story: the earliest, an agency's where dates tie, then by address; undated ones last."""
    leads: dict[int, Selected] = {}
    for row in rows:
        known = leads.get(row.story)
        if known is None or _rank(row) < _rank(known):
            leads[row.story] = row
    return leads


def _rank(row: Selected) -> tuple[bool, float, bool, str]:
    moment = row.published.timestamp() if row.published else 0.0
    return row.published is None, moment, not is_agency(row.source), row.url


def _last(merged: Mapping[int, int], id_: int) -> int:
    while id_ in merged:
        id_ = merged[id_]
    return id_
