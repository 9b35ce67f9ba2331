"""What the press wrote about in a stretch of days: topics over time, provinces, documents, and who prints whom.

Counted in the index, in whole columns, without reading an article. A number is that of the stories with an article that
answers, so a search for it finds as many. Articles without a known day count nowhere.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from crawler.dates.zones import VIETNAM
from crawler.query.parser import parse
from crawler.query.search_document import topic_names
from crawler.source import Source
from crawler.store.schema import article, version
from crawler.store.search_columns import columns_of
from crawler.store.search_facets import StoryTally
from crawler.store.search_index import Deadline, StoppedSearch, first_rank, lookup

Step = Literal["month", "week"]
MOST_PERIODS = 120
"""Ten years of months."""
SECONDS = 2.0
"""How long the counting may read; then it is of the newest articles that answer, and says so."""
_KEPT = 32
_COLUMNS = ("story", "source", "moment", "month", "topics", "documents")
_DAY, _ZONE = 86_400, 7 * 3_600
"""Seconds: Vietnam keeps +07:00 the whole year."""


@dataclass(frozen=True, slots=True)
class Period:
    """A month or a week, cut to the days that were asked for."""

    first: date
    last: date
    """Included."""


@dataclass(frozen=True, slots=True)
class TopicOverTime:
    """One topic."""

    id: str
    name: str
    stories: int
    per_period: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Statistics:
    """The numbers of a query in a stretch of days, each the number of its stories."""

    query: str
    periods: tuple[Period, ...]
    stories: int
    articles: int
    per_period: tuple[int, ...]
    topics: tuple[TopicOverTime, ...]
    """The most frequent first, as all lists here."""
    provinces: tuple[tuple[str, int], ...]
    documents: tuple[tuple[str, int], ...]
    """By key."""
    reprints: Mapping[tuple[str, str], tuple[int, ...]]
    """(source that had a story first, source that printed it later) → these stories, the newest first."""
    exact: bool
    """False: the time was over, or the index alone cannot decide the query."""

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "query": self.query,
            "periods": [{"first": one.first.isoformat(), "last": one.last.isoformat()} for one in self.periods],
            "stories": self.stories,
            "articles": self.articles,
            "per_period": list(self.per_period),
            "topics": [
                {"id": one.id, "name": one.name, "stories": one.stories, "per_period": list(one.per_period)}
                for one in self.topics
            ],
            "provinces": [{"province": name, "stories": n} for name, n in self.provinces],
            "documents": [{"key": key, "stories": n} for key, n in self.documents],
            "reprints": [
                {"first": first, "later": later, "stories": len(stories)}
                for (first, later), stories in self.reprints.items()
            ],
            "exact": self.exact,
        }  # fmt: skip


def periods_between(first: date, last: date, step: Step) -> tuple[Period, ...]:
    """The months, or the weeks from Monday on, of a stretch of days; both ends included.

    >>> [str(one.first) for one in periods_between(date(2026, 10, 20), date(2026, 12, 1), "month")]
    ['2026-10-20', '2026-11-01', '2026-12-01']
    >>> [str(one.last) for one in periods_between(date(2026, 11, 18), date(2026, 11, 25), "week")]
    ['2026-11-22', '2026-11-25']
    """
    found = []
    begins = first
    while begins <= last:
        if step == "month":
            following = (begins.replace(day=1) + timedelta(days=32)).replace(day=1)
        else:
            following = begins + timedelta(days=7 - begins.weekday())
        found.append(Period(begins, min(last, following - timedelta(days=1))))
        begins = following
    return tuple(found)


def statistics(
    engine: sa.Engine,
    query: str,
    registry: Mapping[str, Source],
    *,
    first: date,
    last: date,
    step: Step,
    seconds: float | None = SECONDS,
) -> Statistics:
    """Count what answers a query (an empty one: everything) and was published from one day to another.

    Raises InvalidQuery for a wrong query.
    """
    periods = periods_between(first, last, step)
    rows, exact = _rows(engine, query, registry, first, last, Deadline(seconds))
    stories, sources, moments, _, topics, documents = rows
    place = {day: (n,) for n, one in enumerate(periods) for day in _days(one)}
    of = [place[(moment + _ZONE) // _DAY] for moment in moments]
    tally = StoryTally(stories)
    provinces = {source: row.province for source, row in registry.items()}
    return Statistics(
        query=query,
        periods=periods,
        stories=tally.stories,
        articles=len(stories),
        per_period=_series(tally.of(of, tuple), len(periods)),
        topics=_topics(tally, of, topics, len(periods)),
        provinces=_ranked(tally.of(sources, lambda s: (provinces[s],) if s in provinces else ())),
        documents=_ranked(tally.of(documents, str.splitlines)),
        reprints=_reprints([(stories[n], sources[n], moments[n]) for n in tally.several]),
        exact=exact,
    )


class KeptStatistics:
    """Statistics that were counted already, as long as the store has no other articles than then."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Any, ...], Statistics] = OrderedDict()
        self._state: tuple[int, int] | None = None
        self._lock = threading.Lock()

    def get(
        self,
        engine: sa.Engine,
        query: str,
        registry: Mapping[str, Source],
        *,
        first: date,
        last: date,
        step: Step,
    ) -> Statistics:
        """`statistics` of the store as it is."""
        key, state = (query, first, last, step), _state(engine)
        with self._lock:
            if state != self._state:
                self._kept.clear()
                self._state = state
            elif key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = statistics(engine, query, registry, first=first, last=last, step=step)
        with self._lock:
            if state == self._state and made.exact:
                self._kept[key] = made
                if len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return made


def _state(engine: sa.Engine) -> tuple[int, int]:
    """What changes with every article that enters and every edit of one."""
    newest = sa.select(sa.select(sa.func.max(article.c.id)).scalar_subquery(), sa.func.max(version.c.id))
    with engine.connect().execution_options(diemtin_read=True) as connection:
        row = connection.execute(newest).one()
    return row[0] or 0, row[1] or 0


# ---- counting --------------------------------------------------------------------------------------------------


def _rows(
    engine: sa.Engine,
    query: str,
    registry: Mapping[str, Source],
    first: date,
    last: date,
    deadline: Deadline,
) -> tuple[list[list[Any]], bool]:
    """The columns of the articles that answer and have a day in the stretch; whether that is exact."""
    since, end = (datetime.combine(day, time(), VIETNAM) for day in (first, last + timedelta(days=1)))
    low, high = int(since.timestamp()), int(end.timestamp())
    columns: list[list[Any]] = [[] for _ in _COLUMNS]
    with engine.connect().execution_options(diemtin_read=True) as connection:
        asked = lookup(connection, parse(query, allow_empty=True), registry)
        exact = asked.exact
        asked = replace(asked, first=max(asked.first, first_rank(since)), last=min(asked.last, high))
        try:
            for found in columns_of(connection, asked, _COLUMNS, deadline=deadline):
                exact = exact and not found.long
                for column, more in zip(columns, found.values, strict=True):
                    column += more
        except StoppedSearch:
            exact = False
    dated = [
        month is not None and low <= moment < high
        for moment, month in zip(columns[2], columns[3], strict=True)
    ]
    if not all(dated):
        columns = [[one for one, keep in zip(column, dated, strict=True) if keep] for column in columns]
    return columns, exact


def _days(period: Period) -> range:
    """The numbers of its days in Vietnam."""
    begins = (int(datetime.combine(period.first, time(), VIETNAM).timestamp()) + _ZONE) // _DAY
    return range(begins, begins + (period.last - period.first).days + 1)


def _topics(
    tally: StoryTally, periods: Sequence[tuple[int]], topics: Sequence[str | None], count: int
) -> tuple[TopicOverTime, ...]:
    names = topic_names()
    cells = tally.of(
        list(zip(periods, topics, strict=True)),
        lambda held: [(held[0][0], topic) for topic in held[1].splitlines()] if held[1] else (),
    )
    series: dict[str, Counter[int]] = {}
    for (period, topic), stories in cells.items():
        series.setdefault(topic, Counter())[period] = stories
    totals = _ranked(tally.of(topics, str.splitlines))
    return tuple(
        TopicOverTime(topic, names.get(topic, topic), total, _series(series[topic], count))
        for topic, total in totals
    )


def _series(counts: Mapping[int, int], count: int) -> tuple[int, ...]:
    return tuple(counts.get(n, 0) for n in range(count))


def _ranked(counts: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _reprints(rows: Sequence[tuple[int, str, int]]) -> dict[tuple[str, str], tuple[int, ...]]:
    """Who had a story first, and who printed it later. Where two had it at the same moment nobody was the first."""
    told: dict[int, dict[str, int]] = {}
    for story, source, moment in rows:
        seen = told.setdefault(story, {})
        seen[source] = min(moment, seen.get(source, moment))
    pairs: dict[tuple[str, str], list[int]] = {}
    for story, seen in told.items():
        (begun, first), *later = sorted((moment, source) for source, moment in seen.items())
        if later and later[0][0] > begun:
            for _, other in later:
                pairs.setdefault((first, other), []).append(story)
    ranked = sorted(pairs.items(), key=lambda item: (-len(item[1]), item[0]))
    return {pair: tuple(sorted(found, reverse=True)) for pair, found in ranked}
