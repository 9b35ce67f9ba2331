"""Thống kê: topics over time, provinces, documents, reprints in a stretch of days; each number leads to its stories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response

from crawler.dates.zones import VIETNAM
from crawler.errors import InvalidInput, InvalidQuery
from crawler.query.narrowing import narrowed
from crawler.registry import outlet_name
from crawler.store.news import lines_of_stories
from crawler.store.search_past import oldest_since
from crawler.store.statistics import MOST_PERIODS, Period, Statistics, Step, TopicOverTime, periods_between
from crawler.web.asked import days_asked
from crawler.web.charts import Bar, bars, lines
from crawler.web.context import context_of
from crawler.web.errors import NotThere
from crawler.web.html import address, html, language_of
from crawler.web.lines import article_row
from crawler.web.table import Column, Table, answer_as
from crawler.web.visitor import Role, needs

router = APIRouter(dependencies=[needs(Role.READER)])

_MONTHS, _WEEKS = 12, 26
"""What is shown where nobody asked for days."""
_LINES = 5
"""Topics drawn as lines: more are a tangle."""
_DOCUMENTS, _PAIRS = 30, 12
_PAGE = 50
_YEARS = ("1945", "2199")
_STEPS = {"thang": "month", "tuan": "week"}


@dataclass(frozen=True, slots=True)
class StatisticsAsked:
    """What the address asks for."""

    q: str
    first: date
    last: date
    step: Step

    @property
    def days(self) -> str:
        """As a query has them."""
        return f"{self.first}..{self.last}"

    def link(self, field: str | None = None, value: str = "", period: Period | None = None) -> str:
        """Where the stories behind a number are."""
        query = narrowed(self.q, field, value) if field else self.q
        days = f"{period.first}..{period.last}" if period else self.days
        return address("/tim", q=narrowed(query, "ngày", days).strip())

    def address(self, path: str, **more: Any) -> str:
        """A page or a file of the same numbers."""
        step = next(name for name, step in _STEPS.items() if step == self.step)
        return address(path, q=self.q, tu=self.first, den=self.last, buoc=step, **more)


@router.get("/thong-ke", include_in_schema=False)
def statistics_page(
    request: Request, q: str = "", tu: str | None = None, den: str | None = None, buoc: str = "thang"
) -> Response:
    """All of it on one page; a wrong query is shown with its error at its place."""
    asked = _asked(request, q, tu, den, buoc)
    try:
        found = _counted(request, asked)
    except InvalidQuery as error:
        return html(request, "statistics.html.j2", status=400, asked=asked, found=None, error=error)
    return html(
        request,
        "statistics.html.j2",
        asked=asked,
        found=found,
        error=None,
        periods=[_label(one, asked.step) for one in found.periods],
        charts=_charts(request, asked, found),
        topics=_topic_rows(asked, found),
        newest_first=range(len(found.periods) - 1, -1, -1),
        provinces=_province_rows(asked, found),
        documents=_document_rows(asked, found)[:_DOCUMENTS],
        reprints=_matrix(request, asked, found),
    )


@router.get("/thong-ke.json", include_in_schema=False)
def statistics_json(
    request: Request, q: str = "", tu: str | None = None, den: str | None = None, buoc: str = "thang"
) -> Response:
    """All of it for a program."""
    found = _counted(request, _asked(request, q, tu, den, buoc))
    return answer_as(request, "json", Table("thong-ke", (), (), found.to_json()))


@router.get("/thong-ke/{what}.{form}", include_in_schema=False)
def part_as(
    request: Request,
    what: str,
    form: str,
    q: str = "",
    tu: str | None = None,
    den: str | None = None,
    buoc: str = "thang",
) -> Response:
    """One of its tables as a file."""
    asked = _asked(request, q, tu, den, buoc)
    parts = {
        "chu-de": _topic_table,
        "tinh": _province_table,
        "van-kien": _document_table,
        "dang-lai": _reprint_table,
    }
    if what not in parts:
        raise NotThere(f"thống kê không có bảng {what!r} / there is no table {what!r}")
    return answer_as(request, form, parts[what](request, asked, _counted(request, asked)))


@router.get("/thong-ke/dang-lai", include_in_schema=False)
def reprinted(
    request: Request,
    truoc: str,
    sau: str,
    q: str = "",
    tu: str | None = None,
    den: str | None = None,
    buoc: str = "thang",
    after: int | None = None,
) -> Response:
    """The stories that one outlet had first and another printed later, the newest first."""
    context, asked = context_of(request), _asked(request, q, tu, den, buoc)
    stories = _counted(request, asked).reprints.get((truoc, sau), ())
    behind = [story for story in stories if after is None or story < after]
    shown = behind[:_PAGE]
    with context.engine.connect().execution_options(diemtin_read=True) as connection:
        found = lines_of_stories(connection, [str(story) for story in shown])
    rows = [[article_row(line, context.registry) for line in found[str(story)]] for story in shown]
    more = (
        asked.address("/thong-ke/dang-lai", truoc=truoc, sau=sau, after=shown[-1])
        if len(behind) > _PAGE
        else None
    )
    return html(
        request,
        "reprints.html.j2",
        asked=asked,
        total=len(stories),
        stories=[
            {"lines": [row for row in lines if row["source"] in (truoc, sau)], "title": lines[0]["title"]}
            for lines in rows
            if lines
        ],
        first=outlet_name(context.registry, truoc),
        later=outlet_name(context.registry, sau),
        more=more,
    )


# ---- what is asked ---------------------------------------------------------------------------------------------


def _asked(request: Request, q: str, tu: str | None, den: str | None, buoc: str) -> StatisticsAsked:
    """Raises InvalidInput for a wrong day or step, and for more periods than a table holds."""
    if buoc not in _STEPS:
        raise InvalidInput(f"buoc={buoc}: hãy dùng thang hoặc tuan / use thang (months) or tuan (weeks)")
    step: Step = "month" if _STEPS[buoc] == "month" else "week"
    first_day, last_day = days_asked(tu, den)
    for day in filter(None, (first_day, last_day)):
        if not _YEARS[0] <= day[:4] <= _YEARS[1]:
            raise InvalidInput(
                f"{day}: hãy dùng năm {_YEARS[0]} tới {_YEARS[1]} / use the years between these"
            )
    last = date.fromisoformat(last_day) if last_day else context_of(request).today()
    first = date.fromisoformat(first_day) if first_day else _begin(request, last, step)
    if first > last:
        raise InvalidInput(f"tu={first}: sau ngày cuối {last} / is behind the last day")
    if (last - first).days > 31 * MOST_PERIODS or len(periods_between(first, last, step)) > MOST_PERIODS:
        raise InvalidInput(
            f"tu={first}, den={last}: quá {MOST_PERIODS} cột; hãy lấy ít ngày hơn, hoặc buoc=thang / "
            f"more than {MOST_PERIODS} columns: ask for fewer days, or for months"
        )
    return StatisticsAsked(q.strip(), first, last, step)


def _begin(request: Request, last: date, step: Step) -> date:
    """Where the numbers begin if nobody says: a year, or half a year of weeks; not before the store does."""
    months = last.year * 12 + last.month - _MONTHS
    first = date(months // 12, months % 12 + 1, 1)
    if step == "week":
        first = last - timedelta(days=last.weekday() + 7 * (_WEEKS - 1))
    with context_of(request).engine.connect().execution_options(diemtin_read=True) as connection:
        oldest = oldest_since(connection, datetime.combine(first, time(), VIETNAM))
    begun = min(oldest.astimezone(VIETNAM).date(), last) if oldest else first
    return begun.replace(day=1) if step == "month" else begun - timedelta(days=begun.weekday())


def _counted(request: Request, asked: StatisticsAsked) -> Statistics:
    context = context_of(request)
    return context.statistics.get(
        context.engine, asked.q, context.registry, first=asked.first, last=asked.last, step=asked.step
    )


# ---- what is shown ---------------------------------------------------------------------------------------------


def _label(period: Period, step: Step) -> str:
    """`11/2026`, or the first day of a week."""
    return f"{period.first:%m/%Y}" if step == "month" else f"{period.first:%d/%m}"


def _charts(request: Request, asked: StatisticsAsked, found: Statistics) -> Mapping[str, Any]:
    vietnamese = language_of(request) == "vi"
    labels = [_label(one, asked.step) for one in found.periods]
    values = [
        Bar(label, n, asked.link(period=period) if n else None)
        for label, n, period in zip(labels, found.per_period, found.periods, strict=True)
    ]
    series = [(one.name, one.per_period) for one in found.topics[:_LINES]]
    return {
        "all": bars("Số tin" if vietnamese else "Stories", values) if found.stories else None,
        "topics": lines("Chủ đề theo thời gian" if vietnamese else "Topics over time", labels, series)
        if series and len(labels) > 1
        else None,
    }


def _topic_rows(asked: StatisticsAsked, found: Statistics) -> list[dict[str, Any]]:
    def cells(one: TopicOverTime) -> list[tuple[int, str | None]]:
        return [
            (n, asked.link("chủ-đề", one.id, period) if n else None)
            for n, period in zip(one.per_period, found.periods, strict=True)
        ]

    return [
        {
            "name": one.name, "stories": one.stories, "link": asked.link("chủ-đề", one.id), "cells": cells(one),
            "only": asked_about(asked, "chủ-đề", one.id),
        }
        for one in found.topics
    ]  # fmt: skip


def asked_about(asked: StatisticsAsked, field: str, value: str) -> str:
    """The same statistics of what has this value alone."""
    return StatisticsAsked(
        narrowed(asked.q, field, value).strip(), asked.first, asked.last, asked.step
    ).address("/thong-ke")


def _province_rows(asked: StatisticsAsked, found: Statistics) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "stories": n,
            "link": asked.link("tỉnh", name),
            "only": asked_about(asked, "tỉnh", name),
        }
        for name, n in found.provinces
    ]


def _document_rows(asked: StatisticsAsked, found: Statistics) -> list[dict[str, Any]]:
    return [{"key": key, "stories": n, "link": asked.link("văn-bản", key)} for key, n in found.documents]


def _matrix(request: Request, asked: StatisticsAsked, found: Statistics) -> dict[str, Any]:
    """Who had stories first (rows) and who printed them later (columns): the outlets with the most of them."""
    registry = context_of(request).registry
    totals: dict[str, int] = {}
    for pair, stories in found.reprints.items():
        for source in pair:
            totals[source] = totals.get(source, 0) + len(stories)
    shown = sorted(sorted(totals, key=lambda one: (-totals[one], one))[:_PAIRS])
    rows = [
        {
            "name": outlet_name(registry, first),
            "cells": [
                (n, asked.address("/thong-ke/dang-lai", truoc=first, sau=later) if n else None)
                for later in shown
                for n in [len(found.reprints.get((first, later), ()))]
            ],
        }
        for first in shown
    ]
    return {
        "names": [outlet_name(registry, one) for one in shown],
        "rows": rows,
        "left": len(totals) - len(shown),
    }


# ---- files -----------------------------------------------------------------------------------------------------


def _topic_table(request: Request, asked: StatisticsAsked, found: Statistics) -> Table:
    keys = [f"p{n}" for n in range(len(found.periods))]
    periods = tuple(
        Column(key, _label(one, asked.step), _label(one, asked.step))
        for key, one in zip(keys, found.periods, strict=True)
    )
    rows = [
        {
            "name": one.name,
            "id": one.id,
            "stories": one.stories,
            **dict(zip(keys, one.per_period, strict=True)),
        }
        for one in found.topics
    ]
    columns = (Column("name", "Chủ đề", "Topic"), Column("id", "Mã", "Id"), _STORIES, *periods)
    return _table("chu-de", columns, rows, found, "topics")


def _province_table(request: Request, asked: StatisticsAsked, found: Statistics) -> Table:
    rows = [{"province": name, "stories": n} for name, n in found.provinces]
    return _table("tinh", (Column("province", "Tỉnh", "Province"), _STORIES), rows, found, "provinces")


def _document_table(request: Request, asked: StatisticsAsked, found: Statistics) -> Table:
    rows = [{"key": key, "stories": n} for key, n in found.documents]
    return _table("van-kien", (Column("key", "Văn kiện", "Document"), _STORIES), rows, found, "documents")


def _reprint_table(request: Request, asked: StatisticsAsked, found: Statistics) -> Table:
    registry = context_of(request).registry
    rows = [
        {
            "first": outlet_name(registry, first),
            "later": outlet_name(registry, later),
            "stories": len(stories),
        }
        for (first, later), stories in found.reprints.items()
    ]
    columns = (Column("first", "Đăng trước", "First"), Column("later", "Đăng sau", "Later"), _STORIES)
    return _table("dang-lai", columns, rows, found, "reprints")


def _table(
    name: str, columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], found: Statistics, key: str
) -> Table:
    whole = found.to_json()
    return Table(f"thong-ke-{name}", tuple(columns), rows, {key: whole[key], "periods": whole["periods"]})


_STORIES = Column("stories", "Số tin", "Stories")
