"""A document's way through the provinces: who told of it in which week, where it was studied, where reviewed.

1. An article stands in the row of its outlet's province and in the week of its day, counted from the document's own.
2. A conference on the document stands in the row of the province whose meeting it is (of the outlet's, where nobody
   says) and in the week in which it was held: a study conference ("quán triệt", "triển khai", key officials told of it)
   or a review ("sơ kết", "tổng kết").
3. More than four columns before the first report are left out; weeks that do not fit on a page even so are joined to
   columns of 4, 13 or 52. What is dated before the document stands in one column before the first.

>>> told = [Sighting(1, "Kim Lộ", date(2026, 11, 3)), Sighting(2, "Lam Hà", date(2026, 11, 12))]
>>> found = way(told, [Conference(2, "Lam Hà", date(2026, 11, 11), "study")], start=date(2026, 11, 2),
...             until=date(2026, 11, 20))
>>> [(row.province, [(c.column.number, c.articles, c.studies) for c in row.cells if c]) for row in found.rows]
[('Kim Lộ', [(1, (1,), ())]), ('Lam Hà', [(2, (2,), (2,))])]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeVar

from crawler.text.normal import fold

Stage = Literal["study", "review"]
MOST_COLUMNS = 26
"""Half a year of weeks: what is still read on a desk's screen and on a sheet of paper laid across."""
_EMPTY = 4
"""Columns before the first report that are shown: how long it took is worth seeing, a year of nothing is not."""
_JOINED = (1, 4, 13, 52)
"""How many weeks a column may hold."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """An article that names the document."""

    article: int
    province: str
    """Of its outlet."""
    day: date


@dataclass(frozen=True, slots=True)
class Conference(Sighting):
    """A meeting on the document that was held, as one article tells it: its own province and day."""

    stage: Stage
    meeting: str = ""
    """Its id in the agenda; several articles may tell of one."""


_Dated = TypeVar("_Dated", bound=Sighting)


@dataclass(frozen=True, slots=True)
class WayColumn:
    """One week, or several together."""

    number: int
    """Of its first week, from 1; 0 for all that was before the document."""
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class WayCell:
    """What one province told in one column."""

    column: WayColumn
    is_first: bool
    """Whether the province's first report stands in it."""
    articles: tuple[int, ...]
    """All of them, the earliest first, those of conferences included."""
    studies: tuple[int, ...]
    reviews: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WayRow:
    """One province."""

    province: str
    first: date
    """Of its first report or conference."""
    study: date | None
    """Of its first study conference."""
    review: date | None
    cells: tuple[WayCell | None, ...]
    """One for each column."""


@dataclass(frozen=True, slots=True)
class DocumentWay:
    """The matrix: provinces in the order of their first report, columns from the earliest."""

    start: date
    weeks: int
    """In one column."""
    columns: tuple[WayColumn, ...]
    rows: tuple[WayRow, ...]


def way(
    sightings: Iterable[Sighting], conferences: Iterable[Conference], *, start: date, until: date
) -> DocumentWay:
    """The way of a document from its day to another; `start` is its first report's day where its own is not known."""
    told = sorted(sightings, key=lambda one: (one.day, one.article))
    held = sorted(conferences, key=lambda one: (one.day, one.article))
    days = [one.day for one in (*told, *held)]
    weeks, numbers = _numbers(start, min(days, default=start), max([until, *days]))
    columns = tuple(_column(start, weeks, number) for number in numbers)
    provinces = {one.province for one in (*told, *held)}
    rows = sorted(
        (_row(province, told, held, columns) for province in provinces),
        key=lambda row: (row.first, fold(row.province)),
    )
    return DocumentWay(start, weeks, columns, tuple(rows))


def _numbers(start: date, earliest: date, latest: date) -> tuple[int, range]:
    """How many weeks a column holds, and the numbers of the columns: the first choice that fits."""
    for weeks in _JOINED:
        first, last = _number(start, earliest, weeks), _number(start, latest, weeks)
        begin = min(first, 0) if first <= _EMPTY else first
        if last - begin < MOST_COLUMNS:
            break
    return weeks, range(begin, last + 1)


def _number(start: date, day: date, weeks: int) -> int:
    return max((day - start).days // (7 * weeks), -1)


def _column(start: date, weeks: int, number: int) -> WayColumn:
    if number < 0:
        return WayColumn(0, date.min, start - timedelta(days=1))
    first = start + timedelta(weeks=weeks * number)
    return WayColumn(number * weeks + 1, first, first + timedelta(days=7 * weeks - 1))


def _row(
    province: str, told: Sequence[Sighting], held: Sequence[Conference], columns: Sequence[WayColumn]
) -> WayRow:
    own = [one for one in told if one.province == province]
    met = [one for one in held if one.province == province]
    first = min(one.day for one in (*own, *met))
    cells = tuple(_cell(column, first, _within(own, column), _within(met, column)) for column in columns)
    return WayRow(province, first, _first_of("study", met), _first_of("review", met), cells)


def _cell(
    column: WayColumn, first: date, own: Sequence[Sighting], met: Sequence[Conference]
) -> WayCell | None:
    there = sorted((*own, *met), key=lambda one: (one.day, one.article))
    if not there:
        return None
    return WayCell(
        column,
        column.first <= first <= column.last,
        tuple(dict.fromkeys(one.article for one in there)),
        tuple(dict.fromkeys(one.article for one in met if one.stage == "study")),
        tuple(dict.fromkeys(one.article for one in met if one.stage == "review")),
    )


def _within(some: Sequence[_Dated], column: WayColumn) -> list[_Dated]:
    return [one for one in some if column.first <= one.day <= column.last]


def _first_of(stage: Stage, met: Iterable[Conference]) -> date | None:
    return min((one.day for one in met if one.stage == stage), default=None)
