"""Cuộc họp: the month and the agenda, held and ahead; the same as a file, and as a calendar to subscribe to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from crawler.delivery.display_names import numbered_meeting
from crawler.errors import InvalidQuery
from crawler.meeting.ics import NAME, to_ics
from crawler.store import agenda
from crawler.store.agenda import ListedMeeting, MeetingFilter
from crawler.store.search import articles_answering
from crawler.web.asked import days_asked
from crawler.web.context import context_of
from crawler.web.html import address, html
from crawler.web.lines import meeting_row
from crawler.web.month import last_of, month_asked, month_sheet, next_month
from crawler.web.table import MOST_ROWS, Column, Table, answer_as
from crawler.web.visitor import Role, needs

router = APIRouter(dependencies=[needs(Role.READER)])

PAGE = 50
_KEPT = timedelta(days=366)
"""How far back a calendar reaches that asks for no first day: a year, and all that is ahead."""
_REFRESH = timedelta(hours=1)
_COLUMNS = (
    Column("date", "Ngày", "Day"),
    Column("date_to", "Đến ngày", "Until"),
    Column("hour", "Giờ, buổi", "Hour"),
    Column("name", "Cuộc họp", "Meeting"),
    Column("organiser", "Cơ quan", "Organiser"),
    Column("province", "Tỉnh", "Province"),
    Column("status", "Tình trạng", "Status"),
    Column("subject", "Nội dung", "Subject"),
    Column("place", "Địa điểm", "Place"),
    Column("chair", "Chủ trì", "Chair"),
    Column("documents", "Văn bản", "Documents"),
    Column("articles", "Bài", "Articles"),
)
View = Literal["", "sap-hop", "da-hop"]


@dataclass(frozen=True, slots=True)
class AgendaAsked:
    """The filters as the address has them."""

    tinh: str = ""
    loai: str = ""
    co_quan: Annotated[str, Query(alias="co-quan")] = ""
    q: str = ""
    """Only meetings that an article answering this query tells of."""
    tu: str = ""
    den: str = ""

    def words(self, *, days: bool = True) -> dict[str, str]:
        """As an address has them."""
        named = {"tinh": self.tinh, "loai": self.loai, "co-quan": self.co_quan, "q": self.q}
        return named | ({"tu": self.tu, "den": self.den} if days else {})

    def filter(self, request: Request) -> MeetingFilter:
        """For the store. Raises InvalidInput, and InvalidQuery where the query is wrong."""
        first, last = days_asked(self.tu, self.den)
        context, query = context_of(request), self.q.strip()
        return MeetingFilter(
            first=first,
            last=last,
            province=self.tinh.strip() or None,
            kind=self.loai.strip() or None,
            organiser=self.co_quan.strip() or None,
            articles=articles_answering(context.engine, query, context.registry) if query else None,
        )


_Asked = Annotated[AgendaAsked, Depends()]


@router.get("/cuoc-hop", include_in_schema=False)
def meetings(
    request: Request, asked: _Asked, thang: str = "", xem: View = "", sau: str | None = None
) -> Response:
    """A month with what is ahead and what was held; days that are asked for, or one of the two lists, as a list."""
    try:
        wanted = asked.filter(request)
    except InvalidQuery as error:
        return _shown(request, asked, {}, status=400, error=error)
    if wanted.first or wanted.last or xem:
        return _shown(request, asked, _list(request, wanted, asked, xem, sau), xem=xem)
    return _shown(request, asked, _month(request, wanted, asked, thang))


@router.get("/cuoc-hop.ics", include_in_schema=False)
def calendar(request: Request, asked: _Asked) -> Response:
    """The meetings a filter asks for as a calendar: those moved or called off keep their entry, by a later SEQUENCE."""
    context = context_of(request)
    wanted = asked.filter(request)
    if wanted.first is None:
        wanted = replace(wanted, first=(context.today() - _KEPT).isoformat())
    found = agenda.page(context.engine, wanted, now=context.clock(), limit=MOST_ROWS)
    told = ", ".join(filter(None, (asked.tinh, asked.loai, asked.co_quan, asked.q)))
    return calendar_of(request, found.items, name=f"{NAME}: {told}" if told else NAME)


@router.get("/cuoc-hop.{form}", include_in_schema=False)
def meetings_as(
    request: Request, form: str, asked: _Asked, thang: str = "", xem: View = "", sau: str | None = None
) -> Response:
    """The meetings as a file, by day."""
    context, wanted = context_of(request), asked.filter(request)
    if thang:
        first = month_asked(thang, context.today())
        wanted = replace(wanted, first=first.isoformat(), last=last_of(first).isoformat())
    wanted = replace(wanted, ahead=xem == "sap-hop", past=xem == "da-hop")
    found = agenda.page(context.engine, wanted, now=context.clock(), limit=MOST_ROWS, after=sau)
    rows = [file_row(one) for one in found.items]
    json = {
        "total": found.total,
        "after": found.after,
        "meetings": [one.to_json() for one in found.items],
    }
    return answer_as(request, form, Table("cuoc-hop", _COLUMNS, rows, json))


def calendar_of(request: Request, found: Iterable[ListedMeeting], *, name: str = NAME) -> Response:
    """Meetings as an answer that a calendar takes."""
    body = to_ics(
        [one.to_json() for one in found], stamp=context_of(request).clock(), name=name, refresh=_REFRESH
    )
    return Response(body, media_type="text/calendar; charset=utf-8")


def file_row(one: ListedMeeting) -> dict[str, Any]:
    """A meeting as a row of a file."""
    return one.to_json() | {"name": numbered_meeting(one.kind, one.ordinal), "hour": one.time or one.session}


def _shown(
    request: Request,
    asked: AgendaAsked,
    told: Mapping[str, Any],
    *,
    xem: View = "",
    status: int = 200,
    error: InvalidQuery | None = None,
) -> Response:
    context = context_of(request)
    calendar_path = address("/cuoc-hop.ics", **asked.words(days=False))
    base = (context.config.mail.web or str(request.base_url)).rstrip("/")
    nothing: dict[str, Any] = {
        "sheet": None,
        "month": None,
        "ahead": None,
        "undated": [],
        "held": None,
        "listed": None,
    }
    return html(
        request,
        "meetings.html.j2",
        status=status,
        asked=asked.words(),
        is_asked=any(asked.words().values()),
        values=agenda.values(context.engine),
        xem=xem,
        error=error,
        calendar=base + calendar_path,
        subscribe="webcal:" + base.partition(":")[2] + calendar_path,
        **(nothing | dict(told)),
    )


def _month(request: Request, wanted: MeetingFilter, asked: AgendaAsked, thang: str) -> dict[str, Any]:
    """A month's sheet; for this month what is ahead and what was held last, for another one its days."""
    context = context_of(request)
    first = month_asked(thang, context.today())
    of_month = replace(wanted, first=first.isoformat(), last=last_of(first).isoformat())
    sheet = month_sheet(first, agenda.without_articles(context.engine, of_month, now=context.clock()))
    words = asked.words(days=False)
    before = (first - timedelta(days=1)).replace(day=1)
    told: dict[str, Any] = {
        "sheet": sheet,
        "month": first,
        "before": (before, address("/cuoc-hop", **words, thang=f"{before:%Y-%m}")),
        "next": (next_month(first), address("/cuoc-hop", **words, thang=f"{next_month(first):%Y-%m}")),
        "words": words,
    }
    if thang:
        days = replace(asked, tu=of_month.first or "", den=of_month.last or "")
        return told | _list(request, of_month, days, "", None)
    ahead = agenda.page(context.engine, replace(wanted, ahead=True), now=context.clock(), limit=PAGE)
    held = agenda.page(
        context.engine, replace(wanted, past=True), now=context.clock(), newest_first=True, limit=PAGE
    )
    return told | {
        "ahead": _section(ahead, address("/cuoc-hop", **words, xem="sap-hop", sau=ahead.after)),
        "held": _section(held, address("/cuoc-hop", **words, xem="da-hop", sau=held.after)),
    }


def _list(
    request: Request, wanted: MeetingFilter, asked: AgendaAsked, xem: View, after: str | None
) -> dict[str, Any]:
    context = context_of(request)
    found = agenda.page(
        context.engine,
        replace(wanted, ahead=xem == "sap-hop", past=xem == "da-hop"),
        now=context.clock(),
        newest_first=xem == "da-hop",
        limit=PAGE,
        after=after,
    )
    return {"listed": _section(found, address("/cuoc-hop", **asked.words(), xem=xem, sau=found.after))}


def _section(found: Any, more: str) -> dict[str, Any]:
    """A list under headings of its days."""
    days: dict[str | None, list[dict[str, Any]]] = {}
    for one in found.items:
        days.setdefault(one.date, []).append(meeting_row(one))
    return {"days": days, "total": found.total, "left": found.left, "more": more if found.after else None}
