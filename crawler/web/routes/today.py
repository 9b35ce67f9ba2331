"""Hôm nay: one day at a glance, any day by its date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response

from crawler.dates.zones import VIETNAM
from crawler.delivery.atom import FeedEntry, feed_document, urn
from crawler.delivery.day import PressDay, evening_before, press_day
from crawler.errors import InvalidInput
from crawler.query.search_document import changes_of, topic_names
from crawler.store.day import DayDocument, DayStory
from crawler.story.change_kinds import GONE
from crawler.web.answer_files import moment_of, newest
from crawler.web.context import context_of
from crawler.web.html import html
from crawler.web.lines import article_row, document_row, meeting_row, story_row
from crawler.web.table import FORMS, Column, Table, answer_as, unknown_form
from crawler.web.visitor import Role, needs

router = APIRouter(dependencies=[needs(Role.READER)])

MORNING_ENDS = 12
"""The hour from which today says enough by itself."""
_COLUMNS = (
    Column("kind", "Loại", "Kind"),
    Column("title", "Tiêu đề", "Title"),
    Column("when", "Ngày", "Date"),
    Column("source_name", "Báo", "Newspaper"),
    Column("province", "Tỉnh", "Province"),
    Column("url", "Địa chỉ", "Address"),
    Column("also", "Cũng đăng tại", "Also in"),
)


@router.get("/", include_in_schema=False)
def today(request: Request, ngay: str | None = None) -> Response:
    """The day asked for, or today."""
    told = _told(request, ngay)
    return html(
        request, "today.html.j2", told=told, evening=_evening(request, told.day), **_shown(request, told)
    )


@router.get("/hom-nay.{form}", include_in_schema=False)
def today_as(request: Request, form: str, ngay: str | None = None) -> Response:
    """The day as a file."""
    told = _told(request, ngay)
    shown = _shown(request, told)
    if form == "atom":
        return _feed(request, told, shown, ngay)
    if form not in FORMS:
        raise unknown_form(form, (*FORMS, "atom"))
    return answer_as(
        request, form, Table(f"hom-nay-{told.day}", _COLUMNS, _rows(shown), _document(told, shown))
    )


def parsed_day(written: str | None, standard: date) -> date:
    """A day as an address has it. Raises InvalidInput."""
    if not written:
        return standard
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise InvalidInput(
            f"ngay={written}: không phải ngày, viết như 2026-11-30 / no date, such as 2026-11-30"
        ) from error


def day_document(request: Request, told: PressDay) -> dict[str, Any]:
    """A day for a program."""
    return _document(told, _shown(request, told))


def _document(told: PressDay, shown: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "day": told.day.isoformat(),
        "documents": shown["documents"],
        "meetings": [one.to_json() for one in told.meetings],
        "ahead": [one.to_json() for one in told.ahead],
        "stories": shown["stories"],
        "changes": shown["changes"],
        "coverage": told.coverage.to_json(),
    }


def _told(request: Request, ngay: str | None) -> PressDay:
    context = context_of(request)
    day = parsed_day(ngay, context.today())
    return press_day(context.engine, context.registry, day, now=context.clock())


def _evening(request: Request, day: date) -> dict[str, Any] | None:
    """What the evening before brought, on the morning of today; None at any other time."""
    context = context_of(request)
    if day != context.today() or context.clock().astimezone(VIETNAM).hour >= MORNING_ENDS:
        return None
    evening = evening_before(context.engine, day)
    return {
        "documents": _documents(request, evening.documents),
        "stories": _stories(request, evening.stories),
    }


def _documents(request: Request, documents: Sequence[DayDocument]) -> list[dict[str, Any]]:
    registry = context_of(request).registry
    return [document_row(one.facts) | {"first": article_row(one.line, registry)} for one in documents]


def _stories(request: Request, stories: Sequence[DayStory]) -> list[dict[str, Any]]:
    registry, names = context_of(request).registry, topic_names()
    return [
        story_row(one.lines, registry)
        | {"story": one.story, "topics": [names.get(topic, topic) for topic in one.topics]}
        for one in stories
    ]


def _shown(request: Request, told: PressDay) -> dict[str, Any]:
    registry = context_of(request).registry
    return {
        "documents": _documents(request, told.documents),
        "stories": _stories(request, told.stories),
        "changes": [
            {
                "at": one.at.isoformat(), "article": one.article, "page": f"/bai/{one.article}", "title": one.title,
                "url": one.url, "source": one.source,
                "source_name": registry[one.source].name if one.source in registry else one.source,
                "kind": ", ".join(label for _, label in changes_of([GONE] if one.is_gone else one.change.kinds)),
            }
            for one in told.changes
        ],
        "before": told.day - timedelta(days=1),
        "next": told.day + timedelta(days=1),
        "meetings": [meeting_row(one) for one in told.meetings],
        "ahead": [meeting_row(one) for one in told.ahead],
    }  # fmt: skip


def _feed(request: Request, told: PressDay, shown: Mapping[str, Any], ngay: str | None) -> Response:
    """New documents and stories of the day; without a day in the address the feed goes on with each new one."""
    context = context_of(request)
    domain, now = context.config.mail.domain, context.clock()
    named = [("document", one["id"], one["name"], one["first"]) for one in shown["documents"]]
    named += [("story", one["story"], one["title"], one) for one in shown["stories"]]
    entries = [
        FeedEntry(
            identity=urn(f"{domain}/{kind}/{id_}"),
            updated=moment_of(line["published"], now),
            title=title,
            url=line["url"],
            author=line["source_name"],
            summary=line["title"] if kind == "document" else "",
        )
        for kind, id_, title, line in named
    ]
    identity = urn(f"{domain}/day/{told.day}" if ngay else f"{domain}/day")
    title = f"ngày {told.day:%d/%m/%Y}" if ngay else "hôm nay"
    document = feed_document(identity, title, entries, updated=newest(entries, now))
    return Response(document, media_type="application/atom+xml")


def _rows(shown: dict[str, Any]) -> list[dict[str, Any]]:
    documents = [
        one["first"] | {"kind": "văn kiện mới", "title": one["name"], "when": one["date"]}
        for one in shown["documents"]
    ]
    stories = [
        one | {"kind": "tin", "when": one["published"], "also": [copy["source_name"] for copy in one["also"]]}
        for one in shown["stories"]
    ]
    meetings = [
        one
        | {
            "kind": "cuộc họp",
            "title": ", ".join(filter(None, (one["name"], one["organiser"]))),
            "when": one["date"],
        }
        for one in (*shown["meetings"], *shown["ahead"])
    ]
    changes = [one | {"when": one["at"]} for one in shown["changes"]]
    return [*documents, *meetings, *stories, *changes]
