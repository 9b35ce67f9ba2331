"""Search: pages of answers, one hit a story, with counts and facets. A command and a page ask the same functions.

The full-text index decides; the matcher is asked about what the index cannot decide, in the order of the answer until
the page is full, and about what is shown, for the marks.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Literal

import sqlalchemy as sa

from crawler.errors import InvalidInput
from crawler.query.parser import Query, parse
from crawler.query.search_document import changes_of, doc_of
from crawler.query.tree import FieldName, Zone, names_field
from crawler.source import Source
from crawler.store.article_record import article_from
from crawler.store.edited import kinds_of_changes
from crawler.store.news import lines_of_stories
from crawler.store.reindex import missing
from crawler.store.schema import article, search_row, version
from crawler.store.search_answer import Answer, Found, StoryHit
from crawler.store.search_facets import Count, Facets, counted, facets_of
from crawler.store.search_index import (
    Deadline,
    Lookup,
    Row,
    StoppedSearch,
    best_rows,
    first_rank,
    lookup,
    rows_among,
    rows_of,
    stopping,
)
from crawler.store.snippet import snippet_of

logger = logging.getLogger(__name__)

Sort = Literal["newest", "oldest", "liên-quan"]
SORTS: tuple[Sort, ...] = ("newest", "oldest", "liên-quan")
_BATCH = 40
"""Articles read at once where the matcher is asked."""
RELEVANT_AMONG = 1_000
"""The most relevant are sought among so many of the newest articles that answer: a score costs more than an answer."""
COUNT_SECONDS = 0.1
"""How long a count may take; one that takes longer is “more than”."""
FACET_SECONDS = 0.12
"""How long facets may read; then they are those of the newest articles that answer, and say so."""
_HIGHEST = 2**62


def search(
    engine: sa.Engine,
    query: str,
    registry: Mapping[str, Source],
    *,
    limit: int = 20,
    sort: Sort = "newest",
    after: str | None = None,
    facets: bool = False,
    count: bool = True,
    seconds: float | None = None,
) -> Answer:
    """A page of at most `limit` stories behind `after`, which is the `after` of the page before.

    `newest` and `oldest` go by the moment of publication, of first sight where that is unknown. What enters the store
    between two pages moves nothing on the second. A search that takes more than `seconds` says what it has found by
    then, and so does one that KeyboardInterrupt ends. Without `count` the total is that of the page, for whom the
    answers alone matter. Raises InvalidQuery for a wrong query, InvalidInput for an `after` that is none.
    """
    parsed = parse(query, allow_empty=True)
    deadline = Deadline(seconds)
    with engine.connect().execution_options(diemtin_read=True) as connection:
        page = _Page(connection, lookup(connection, parsed, registry), registry, limit, deadline)
        page.fill(sort, after)
    with engine.connect().execution_options(diemtin_read=True) as connection:
        found = _hits(connection, page, parsed, registry)
        cut = not page.whole or after is not None
        total, articles, exact = len(page.stories), page.answered, not cut and not page.stopped
        shown, known = _counts(connection, page, registry, facets=facets, count=count and not exact)
        if not exact and known is not None:
            total, articles, exact = max(total, known.stories), max(articles, known.articles), known.exact
    return Answer(
        query=query,
        hits=tuple(found),
        total=total,
        articles=articles,
        total_exact=exact,
        after=page.after,
        stopped=page.stopped,
        interrupted=page.interrupted,
        facets=shown,
        missing=missing(engine),
    )


def _counts(
    connection: sa.Connection, page: _Page, registry: Mapping[str, Source], *, facets: bool, count: bool
) -> tuple[Facets | None, Count | None]:
    """The facets and the number of all that answer, as far as they are wanted and nobody interrupts."""
    left = page.deadline.left
    try:
        if facets:
            return facets_of(
                connection, page.asked, registry, deadline=Deadline(_shorter(FACET_SECONDS, left))
            )
        if count and not page.interrupted:
            return None, counted(connection, page.asked, Deadline(_shorter(COUNT_SECONDS, left)))
    except KeyboardInterrupt:
        page.interrupted = True
    return None, None


def _shorter(one: float, other: float | None) -> float:
    return one if other is None else min(one, other)


class _Page:
    """The stories of one page, filled in the order of the answer."""

    def __init__(
        self,
        connection: sa.Connection,
        asked: Lookup,
        registry: Mapping[str, Source],
        limit: int,
        deadline: Deadline,
    ) -> None:
        self._connection = connection
        self._registry = registry
        self._limit = limit
        self.deadline = deadline
        self.asked = asked
        self.rows: list[Row] = []
        """The row by which each story is shown."""
        self.stories: set[int] = set()
        """Stories that answer, of this page and of those before it as far as they were met."""
        self.answered = 0
        self.whole = False
        """Whether nothing follows this page."""
        self.stopped = False
        self.interrupted = False
        self.after: str | None = None

    def fill(self, sort: Sort, after: str | None) -> None:
        """Read until one story more than the page has is met."""
        try:
            with stopping(self._connection, self.deadline):
                if sort == "liên-quan":
                    self._fill_by_relevance(after)
                else:
                    self._fill_by_day(after, ascending=sort == "oldest")
        except (StoppedSearch, KeyboardInterrupt) as ended:
            self._end(ended)

    def _end(self, ended: BaseException) -> None:
        self.stopped = True
        self.interrupted = isinstance(ended, KeyboardInterrupt)

    def _take(self, rows: Iterator[Row], most: int) -> list[Row]:
        """At most so many; where the search is ended meanwhile, those there were."""
        taken: list[Row] = []
        try:
            for row in islice(rows, most):  # not `list`: what was taken stays when the next one raises
                taken.append(row)
        except (StoppedSearch, KeyboardInterrupt) as ended:
            self._end(ended)
        return taken

    def _fill_by_day(self, after: str | None, *, ascending: bool) -> None:
        edge = None if after is None else _number(after)
        bounds = {} if edge is None else {"first": edge + 1} if ascending else {"last": edge - 1}
        rows = rows_of(self._connection, self.asked, ascending=ascending, deadline=self.deadline, **bounds)
        answering = self._answering(rows)
        earlier: dict[int, bool] = {}
        while not self.stopped and (batch := self._take(answering, self._limit + 1)):
            self.answered += len(batch)
            if edge is not None:
                new = {row.story for row in batch} - self.stories - earlier.keys()
                before = self._shown_before(new, edge, ascending=ascending)
                earlier |= {story: story in before for story in new}
            for row in batch:
                if row.story in self.stories or earlier.get(row.story, False):
                    continue
                if len(self.rows) == self._limit:
                    self.after = str(self.rows[-1].rank)
                    return
                self.stories.add(row.story)
                self.rows.append(row)
        self.whole = not self.stopped

    def _shown_before(self, stories: set[int], edge: int, *, ascending: bool) -> set[int]:
        """Which of these stories an earlier page showed: by an article that answers and stands before this page."""
        side = search_row.c.rank <= edge if ascending else search_row.c.rank >= edge
        ranks = self._connection.execute(
            sa.select(search_row.c.rank).where(search_row.c.story.in_(sorted(stories)), side)
        ).scalars()
        return {
            row.story for row in self._answering(iter(rows_among(self._connection, self.asked, ranks.all())))
        }

    def _fill_by_relevance(self, after: str | None) -> None:
        """Each story by its best article; the cursor: the last article that was there, and how many were shown."""
        if after is None:
            newest = self._connection.execute(sa.select(sa.func.max(search_row.c.article))).scalar()
            entered, skipped = newest or 0, 0
        else:
            first, _, second = after.partition("-")
            entered, skipped = _number(first), _number(second)
        scored = best_rows(self._connection, self.asked, entered=entered, among=RELEVANT_AMONG)
        met: set[int] = set()
        for row in self._answering(row for _, row in scored):
            self.answered += 1
            if row.story in met:
                continue
            met.add(row.story)
            if len(met) <= skipped:
                continue
            if len(self.rows) == self._limit:
                self.after = f"{entered}-{skipped + self._limit}"
                return
            self.rows.append(row)
            self.stories.add(row.story)
        self.whole = len(scored) < RELEVANT_AMONG

    def _answering(self, rows: Iterator[Row]) -> Iterator[Row]:
        return answering(self._connection, self.asked, rows, self._registry, self.deadline)


def answering(
    connection: sa.Connection,
    asked: Lookup,
    rows: Iterator[Row],
    registry: Mapping[str, Source],
    deadline: Deadline | None = None,
) -> Iterator[Row]:
    """Of what the index finds, what answers: the matcher decides where the index does not, a few at a time."""
    while batch := list(islice(rows, 1 if asked.exact else _BATCH)):
        unsure = [row for row in batch if not asked.exact or row.long]
        if not unsure:
            yield from batch
            continue
        if deadline is not None:
            deadline.check()
        held = {one.id for one in read(connection, asked.query, unsure, registry)}
        yield from (row for row in batch if (asked.exact and not row.long) or row.article in held)


_READ = (
    sa.select(
        article.c.id,
        article.c.source,
        article.c.story,
        article.c.published,
        article.c.first_seen,
        version.c.id.label("version"),
        version.c.record,
        version.c.notes,
    )
    .join(version, sa.and_(version.c.article == article.c.id, version.c.n == article.c.version))
    .where(article.c.id.in_(sa.bindparam("ids", expanding=True)))
)


def read(
    connection: sa.Connection, query: Query, rows: Iterable[Row], registry: Mapping[str, Source]
) -> list[Found]:
    """The articles of rows that the matcher finds, in the order of the rows."""
    order = [row.article for row in rows]
    edits = {}
    if names_field(query.root, FieldName.CHANGE):
        edits = {n: changes_of(kinds) for n, kinds in kinds_of_changes(connection, order).items()}
    found: dict[int, Found] = {}
    for row in connection.execute(_READ, {"ids": order}):
        stored = article_from(row.record, row.notes)
        doc = doc_of(stored, registry.get(row.source))
        if row.id in edits:
            doc = replace(doc, changes=edits[row.id])
        if (hit := query.matches(doc)) is not None:
            found[row.id] = Found(
                row.id, row.version, stored, row.story, row.source, row.published, row.first_seen, hit, doc
            )
    return [found[number] for number in order if number in found]


def matching(
    engine: sa.Engine,
    query: str | Query,
    registry: Mapping[str, Source],
    *,
    since: datetime | None = None,
) -> Generator[Found, None, None]:
    """Every stored article that answers, newest first, each read whole: where numbers will do ask `matching_rows`.

    `since` leaves out what was published (or, undated, first seen) before. Close the iterator
    (`contextlib.closing`) where it is not read to its end. Raises InvalidQuery for a wrong query.
    """
    parsed = parse(query, allow_empty=True) if isinstance(query, str) else query
    with engine.connect().execution_options(diemtin_read=True) as connection:
        rows = _rows_since(connection, lookup(connection, parsed, registry), since)
        while batch := list(islice(rows, _BATCH)):
            yield from read(connection, parsed, batch, registry)


def matching_rows(
    engine: sa.Engine, query: Query, registry: Mapping[str, Source], *, since: datetime | None = None
) -> Generator[Row, None, None]:
    """What `matching` finds, by its rows in the index alone; close it where it is not read to its end."""
    with engine.connect().execution_options(diemtin_read=True) as connection:
        asked = lookup(connection, query, registry)
        yield from answering(connection, asked, _rows_since(connection, asked, since), registry)


def articles_answering(engine: sa.Engine, query: str, registry: Mapping[str, Source]) -> set[int]:
    """The numbers of all articles that answer. Raises InvalidQuery for a wrong query."""
    return {row.article for row in matching_rows(engine, parse(query), registry)}


def _rows_since(connection: sa.Connection, asked: Lookup, since: datetime | None) -> Iterator[Row]:
    if since is None:
        return rows_of(connection, asked)
    first = since.timestamp()
    return (row for row in rows_of(connection, asked, first=first_rank(since)) if row.moment >= first)


def _hits(
    connection: sa.Connection, page: _Page, query: Query, registry: Mapping[str, Source]
) -> list[StoryHit]:
    """What a page shows, with all other articles of each story."""
    shown = read(connection, query, page.rows, registry)
    if len(shown) < len(page.rows):
        logger.warning("the index and the matcher disagree about %r: run `diemtin reindex`", query.typed)
    copies = lines_of_stories(connection, [str(row.story) for row in page.rows])
    hits = []
    for found in shown:
        source = registry.get(found.source)
        snippet, marks = snippet_of(found.doc, found.hit)
        url = found.article.canonical_url
        hits.append(
            StoryHit(
                url=url,
                title=found.article.title,
                published=found.published,
                source=found.source,
                source_name=source.name if source else found.source,
                province=source.province if source else None,
                story=found.story,
                article=found.id,
                snippet=snippet,
                marks=marks,
                title_marks=[list(place) for place in found.hit.in_zone(Zone.TITLE)],
                also=[
                    {"source": copy.source, "url": copy.url}
                    for copy in copies.get(str(found.story), ())
                    if copy.url != url
                ],
            )
        )
    return hits


def _number(typed: str) -> int:
    if not typed.removeprefix("-").isdecimal() or len(typed) > 20:
        raise InvalidInput(
            f"--after {typed!r}: không phải dấu trang mà lần tìm trước đưa ra / not what the page before gave"
        )
    return int(typed)
