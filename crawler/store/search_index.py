"""The full-text index asked: which articles answer a query, in the order of their days, as far as one reads on.

SQLite reads along the index in that order. PostgreSQL's GIN knows no order: the newest articles are looked at one by
one, which fills a page of whatever is common, and only then is the whole index asked for what is rare.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from crawler.dates.zones import VIETNAM
from crawler.query.asked import EVERYTHING, NOTHING, to_fts5, to_tsquery
from crawler.query.index_query import Dialect, Known, Plan, index_query
from crawler.query.needed import day_bounds
from crawler.query.parser import Query
from crawler.query.search_document import changes_of, topic_names
from crawler.source import Source
from crawler.store.schema import search_row, search_value, search_word
from crawler.store.search_rows import SPILL, rank_at
from crawler.story.change_kinds import GONE, ChangeKind

DAY = 86_400
"""Ranks of a day."""
_FIRST_STRETCH, _LONGEST_STRETCH = 30 * DAY, 360 * DAY
"""SQLite reads the index in stretches of days, so that a search can be stopped between two of them."""
WALKED, _LONGEST_WALK = 300, 2_400
"""Articles that PostgreSQL looks at one by one, first and at most at once: eight microseconds each."""
_WORTH_WALKING = 100
"""It walks on as long as one in so many answers: of a phrase or a zone the whole index must look at each article that
has the words anywhere, a second for 100,000."""
_FIRST_LIMIT, _MORE = 200, 8
_BUFFER = 100
"""Rows fetched at once."""
_HIGHEST = 2**62


class Row(NamedTuple):
    """An article the index finds."""

    rank: int
    article: int
    version: int
    story: int
    moment: int
    """Of publication, or of first sight: seconds since 1970."""
    long: bool
    """The index does not hold all of it: whatever the plan says, the matcher decides."""


class StoppedSearch(Exception):
    """A search that ran out of its time."""


class Deadline:
    """When a search has to stop; checked between its steps."""

    def __init__(self, seconds: float | None) -> None:
        self._ends = None if seconds is None else time.monotonic() + seconds

    @property
    def left(self) -> float | None:
        """Seconds; None for no end."""
        return None if self._ends is None else max(0.0, self._ends - time.monotonic())

    def check(self) -> None:
        """Raises StoppedSearch where it is over."""
        if self.left == 0.0:
            raise StoppedSearch


@contextmanager
def stopping(connection: sa.Connection, deadline: Deadline) -> Iterator[None]:
    """Let PostgreSQL itself stop at the deadline; raises StoppedSearch.

    It is also told to keep to the index: its planner does not know that the words of an article lie in several pages of
    their own, looks at every article where a word is common, and needs a second where the index needs 14 ms.
    """
    left = deadline.left
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    if left is not None and connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {max(1, int(left * 1000))}")
    try:
        yield
    except OperationalError as error:
        if type(error.orig).__name__ != "QueryCanceled":
            raise
        raise StoppedSearch from error


@dataclass(frozen=True, slots=True)
class Lookup:
    """A query as it is asked of one store."""

    query: Query
    plan: Plan
    match: str | None
    """What the full-text table is asked; None where every article is a candidate."""
    first: int
    """The lowest and (below) the highest rank that can answer."""
    last: int

    @property
    def exact(self) -> bool:
        """Whether the index decides, but for rows that are `long`."""
        return self.plan.exact

    @property
    def has_beginning(self) -> bool:
        """Whether it asks for the beginning of a word, which FTS5 gathers whole each time that it is asked."""
        return self.match is not None and '" *' in self.match


class _StoreVocabulary:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._values: dict[str, list[str]] = {}

    def words(self, key: str, *, beginning: bool) -> Sequence[str]:
        held = _begins_with(key) if beginning else search_word.c.key == key
        asked = sa.select(search_word.c.word).where(held).order_by(search_word.c.word)
        return self._connection.execute(asked).scalars().all()

    def keys(self, beginning: str) -> Sequence[str]:
        asked = sa.select(search_word.c.key).distinct().where(_begins_with(beginning))
        return self._connection.execute(asked.order_by(search_word.c.key)).scalars().all()

    def values(self, kind: str) -> Sequence[str]:
        if kind not in self._values:
            asked = sa.select(search_value.c.value).where(search_value.c.kind == kind)
            self._values[kind] = sorted(self._connection.execute(asked).scalars())
        return self._values[kind]


def _begins_with(key: str) -> sa.ColumnElement[bool]:
    return sa.and_(search_word.c.key >= key, search_word.c.key < key + "\U0010ffff")


def lookup(connection: sa.Connection, query: Query, registry: Mapping[str, Source]) -> Lookup:
    """What the store's index is asked for a query."""
    dialect: Dialect = "postgresql" if connection.dialect.name == "postgresql" else "sqlite"
    kinds = (*(kind.value for kind in ChangeKind), GONE)
    known = Known(registry, topic_names(), dict(changes_of(kinds)))
    plan = index_query(query.root, _StoreVocabulary(connection), known, dialect)
    match = None
    if plan.asked not in (EVERYTHING, NOTHING):
        match = to_fts5(plan.asked) if dialect == "sqlite" else to_tsquery(plan.asked)
    first, last = day_bounds(query)
    return Lookup(
        query,
        plan,
        match,
        -_HIGHEST if first is None else first_rank(_midnight(first)),
        _HIGHEST if last is None else rank_at(_midnight(last) + timedelta(days=1)),
    )


def first_rank(moment: datetime) -> int:
    """No article of this moment or later has a lower rank; some that are earlier have a higher one."""
    return rank_at(moment) - SPILL


def rows_of(
    connection: sa.Connection,
    asked: Lookup,
    *,
    first: int = -_HIGHEST,
    last: int = _HIGHEST,
    ascending: bool = False,
    deadline: Deadline | None = None,
) -> Iterator[Row]:
    """What the index finds among these ranks, newest first. Raises StoppedSearch."""
    stretch = _Stretch(first, last, ascending, deadline or Deadline(None))
    for rows in _found(connection, asked, stretch):
        yield from (Row(*row) for row in rows)


def rows_among(connection: sa.Connection, asked: Lookup, ranks: Collection[int]) -> list[Row]:
    """Which of these ranks the index finds."""
    if not ranks or asked.plan.asked == NOTHING:
        return []
    column, found = "r.rank", ""
    if asked.match is not None and connection.dialect.name == "sqlite":
        column, found = "full_text.rowid", "full_text MATCH :match AND "
    elif asked.match is not None:
        found = "full_text.words @@ CAST(:match AS tsquery) AND "
    chosen = _chosen(connection, column, ranks)
    statement = f"SELECT {_COLUMNS} FROM {table_of(asked)} WHERE {found}{chosen[0]} AND r.article IS NOT NULL"
    values = {**chosen[1], **({"match": asked.match} if asked.match is not None else {})}
    rows = [Row(*row) for row in connection.execute(sa.text(statement), values)]
    return [row for row in rows if asked.first <= row.rank <= asked.last]


def best_rows(
    connection: sa.Connection, asked: Lookup, *, entered: int, among: int
) -> list[tuple[float, Row]]:
    """(relevance, row) of the newest `among` that the index finds, the most relevant first; higher is better.

    Articles with a number above `entered` do not count: they came when somebody was reading already.
    """
    if asked.plan.asked == NOTHING:
        return []
    if asked.match is None:
        rows = (row for row in rows_of(connection, asked) if row.article <= entered)
        return [(0.0, row) for row in islice(rows, among)]
    if connection.dialect.name == "postgresql":
        newest = (row for row in rows_of(connection, asked) if row.article <= entered)
        return _ranked(connection, asked, list(islice(newest, among)))
    statement = (
        f"SELECT -bm25(full_text, {_WEIGHTS}), {_COLUMNS} FROM {table_of(asked)} WHERE full_text MATCH :match"
        " AND full_text.rowid BETWEEN :first AND :last AND r.article <= :entered"
        " ORDER BY full_text.rowid DESC LIMIT :among"
    )
    values = {
        "match": asked.match,
        "first": asked.first,
        "last": asked.last,
        "entered": entered,
        "among": among,
    }
    scored = [(float(score), Row(*row)) for score, *row in connection.execute(sa.text(statement), values)]
    return sorted(scored, key=_most_relevant)


def _ranked(connection: sa.Connection, asked: Lookup, rows: list[Row]) -> list[tuple[float, Row]]:
    """PostgreSQL's scores of these rows, and no others: a score takes as long as thirty looks."""
    statement = sa.text(
        "SELECT rowid, ts_rank_cd('{0.1, 0.1, 0.4, 1}', words, CAST(:match AS tsquery), 2) FROM full_text"
        " WHERE rowid = ANY(CAST(:ranks AS bigint[]))"
    )
    found = connection.execute(statement, {"match": asked.match, "ranks": [row.rank for row in rows]})
    scores = {rank: float(score) for rank, score in found}
    return sorted(((scores[row.rank], row) for row in rows), key=_most_relevant)


def _most_relevant(scored: tuple[float, Row]) -> tuple[float, int]:
    return -scored[0], -scored[1].rank


_WEIGHTS = "1, 10, 4, 1, 10, 4, 1, 1, 0"
"""Of the columns of FTS5: the title before the lead before the rest, as for the weights of PostgreSQL."""
_COLUMNS = "r.rank, r.article, r.version, r.story, r.moment, r.long"


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The ranks that are read, and how."""

    first: int = -_HIGHEST
    last: int = _HIGHEST
    ascending: bool = False
    deadline: Deadline = field(default_factory=lambda: Deadline(None))

    @property
    def order(self) -> str:
        return "ASC" if self.ascending else "DESC"


def _found(connection: sa.Connection, asked: Lookup, read: _Stretch) -> Iterator[Sequence[Sequence[Any]]]:
    if asked.plan.asked == NOTHING:
        return
    read.deadline.check()
    ends = ends_of(connection, asked)
    if ends is None:
        return
    read = replace(read, first=max(read.first, ends[0]), last=min(read.last, ends[1]))
    if read.first > read.last:
        return
    reading = _along if connection.dialect.name == "sqlite" or asked.match is None else _by_gin
    yield from reading(connection, asked, read)


def ends_of(connection: sa.Connection, asked: Lookup) -> tuple[int, int] | None:
    """The lowest and the highest rank that there is and that can answer; None where none can."""
    lowest, highest = connection.execute(_ENDS).one()
    if lowest is None:
        return None
    first, last = max(asked.first, lowest), min(asked.last, highest)
    return (first, last) if first <= last else None


_ENDS = sa.select(
    sa.select(sa.func.min(search_row.c.rank)).scalar_subquery(),
    sa.select(sa.func.max(search_row.c.rank)).scalar_subquery(),
)
"""Each end by itself: of both in one SELECT, SQLite reads the whole table."""


def _along(connection: sa.Connection, asked: Lookup, read: _Stretch) -> Iterator[Sequence[Sequence[Any]]]:
    """In the order of the index itself, stretch by stretch."""
    rank = "r.rank" if asked.match is None else "full_text.rowid"
    statement = sa.text(
        f"SELECT {_COLUMNS} FROM {table_of(asked)} WHERE {'' if asked.match is None else 'full_text MATCH :match AND '}"
        f"{rank} BETWEEN :first AND :last AND r.article IS NOT NULL ORDER BY {rank} {read.order}"
    )
    first, last = read.first, read.last
    values = {} if asked.match is None else {"match": asked.match}
    stretch = 2 * _HIGHEST if asked.has_beginning else _FIRST_STRETCH
    while first <= last:
        read.deadline.check()
        low, high = (
            (first, min(last, first + stretch)) if read.ascending else (max(first, last - stretch), last)
        )
        with stopping(connection, read.deadline):
            options = {"yield_per": _BUFFER}
            found = connection.execute(
                statement, {**values, "first": low, "last": high}, execution_options=options
            )
            with found:
                for rows in found.partitions(_BUFFER):
                    yield rows
                    read.deadline.check()
        first, last = (high + 1, last) if read.ascending else (first, low - 1)
        stretch = max(stretch, min(2 * stretch, _LONGEST_STRETCH))


def _by_gin(connection: sa.Connection, asked: Lookup, read: _Stretch) -> Iterator[Sequence[Sequence[Any]]]:
    """The nearest ones one by one as long as enough of them answer, then what the whole index finds, in ever larger
    helpings."""
    window = (
        "SELECT rowid, words FROM full_text WHERE rowid BETWEEN :first AND :last"
        f" ORDER BY rowid {read.order} LIMIT :limit"
    )
    joined = "AS found JOIN search_row AS r ON r.rank = found.rowid"
    walk = sa.text(
        f"SELECT {_COLUMNS} FROM ({window}) {joined} WHERE found.words @@ CAST(:match AS tsquery)"
        f" AND r.article IS NOT NULL ORDER BY r.rank {read.order}"
    )
    edge = sa.text(f"SELECT {'max' if read.ascending else 'min'}(rowid), count(*) FROM ({window}) AS found")
    whole = sa.text(
        f"SELECT r.article IS NOT NULL, {_COLUMNS} FROM (SELECT rowid FROM full_text"
        f" WHERE words @@ CAST(:match AS tsquery) AND rowid BETWEEN :first AND :last"
        f" ORDER BY rowid + 0 {read.order} LIMIT :limit) {joined} ORDER BY r.rank {read.order}"
    )
    values: dict[str, Any] = {"match": asked.match, "first": read.first, "last": read.last, "limit": WALKED}
    walked = answered = 0
    with stopping(connection, read.deadline):
        while True:
            read.deadline.check()
            found = connection.execute(walk, values).all()
            yield found
            reached, looked_at = connection.execute(edge, values).one()
            if looked_at < values["limit"]:
                return
            values |= {"first": reached + 1} if read.ascending else {"last": reached - 1}
            walked, answered = walked + looked_at, answered + len(found)
            if walked > 2 * WALKED and answered * _WORTH_WALKING < walked:
                break
            values["limit"] = min(values["limit"] * 2, _LONGEST_WALK)
        values["limit"] = _FIRST_LIMIT
        while True:
            read.deadline.check()
            rows = connection.execute(whole, values).all()
            yield [row[1:] for row in rows if row[0]]
            if len(rows) < values["limit"]:
                return
            values |= {"first": rows[-1][1] + 1} if read.ascending else {"last": rows[-1][1] - 1}
            values["limit"] *= _MORE


def table_of(asked: Lookup) -> str:
    """What a lookup is read from; `r` is `search_row`."""
    if asked.match is None:
        return "search_row AS r"
    return "full_text JOIN search_row AS r ON r.rank = full_text.rowid"


def _chosen(connection: sa.Connection, column: str, ranks: Collection[int]) -> tuple[str, dict[str, Any]]:
    if connection.dialect.name == "postgresql":
        return f"{column} = ANY(CAST(:ranks AS bigint[]))", {"ranks": sorted(ranks)}
    return f"{column} IN (SELECT value FROM json_each(:ranks))", {"ranks": json.dumps(sorted(ranks))}


def _midnight(day: Any) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=VIETNAM)
