"""One meeting: what is known of it, what each newspaper told of it and what that changed, as a calendar entry."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from crawler.meeting.meeting_changes import ReportedChange, reported_changes
from crawler.store.meeting_file import MeetingFile, meeting_file
from crawler.web.context import context_of
from crawler.web.errors import NotThere
from crawler.web.html import html
from crawler.web.lines import article_row, document_page, meeting_row
from crawler.web.routes.meetings import calendar_of
from crawler.web.visitor import Role, needs

router = APIRouter(dependencies=[needs(Role.READER)])


@router.get("/cuoc-hop/{id_}.ics", include_in_schema=False)
def entry(request: Request, id_: str) -> Response:
    """The meeting as an entry of a calendar, under the UID that mails and lists give it."""
    return calendar_of(request, [_found(request, id_).meeting])


@router.get("/cuoc-hop/{id_}.json", include_in_schema=False)
def meeting_json(request: Request, id_: str) -> Response:
    """The meeting as the agenda has it, with what each article told."""
    found = _found(request, id_)
    return JSONResponse(found.meeting.to_json() | {"reports": _reports(found, request)})


@router.get("/cuoc-hop/{id_}", include_in_schema=False)
def meeting(request: Request, id_: str) -> Response:
    """The page of a meeting."""
    found = _found(request, id_)
    reports = _reports(found, request)
    return html(
        request,
        "meeting.html.j2",
        meeting=meeting_row(found.meeting)
        | {"chair": found.meeting.chair, "sequence": found.meeting.sequence},
        documents=[(key, document_page(key)) for key in found.meeting.documents],
        reports=reports,
        is_changed=any(one["changes"] for one in reports),
    )


def _found(request: Request, id_: str) -> MeetingFile:
    context = context_of(request)
    found = meeting_file(context.engine, id_, now=context.clock())
    if found is None:
        raise NotThere(
            f"lịch không có cuộc họp {id_}; có thể bài nhắc tới đã được đọc lại, hãy tìm ở trang Cuộc họp / "
            f"the agenda has no meeting {id_}; its article may have been read anew, look on the page of meetings"
        )
    return found


def _reports(found: MeetingFile, request: Request) -> list[dict[str, Any]]:
    """Every article with what it told and what that changed, the earliest first."""
    told = {one.report.url: one for one in reported_changes(found.reports)}
    registry = context_of(request).registry
    return [article_row(line, registry) | _told(told.get(line.url)) for line in found.articles]


def _told(one: ReportedChange | None) -> dict[str, Any]:
    if one is None:
        return {"told": None, "changes": {}}
    said = one.report.told
    return {
        "told": {
            name: getattr(said, name)
            for name in ("status", "date", "date_to", "session", "time", "place", "chair", "subject")
        },
        "changes": {name: list(pair) for name, pair in one.changes.items()},
    }
