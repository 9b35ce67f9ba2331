"""Sửa: what an editor corrects of an article, listed with who and when, and taken back."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from crawler.errors import InvalidInput
from crawler.query.search_document import topic_names
from crawler.store import article_editing, document_editing, story_editing
from crawler.store.article_editing import Correction
from crawler.store.article_file import article_file
from crawler.store.audit import LOCAL
from crawler.web.context import context_of
from crawler.web.errors import NotThere
from crawler.web.form import checked_form, field
from crawler.web.html import a_time, html
from crawler.web.table import MOST_ROWS, Column, Table, answer_as
from crawler.web.visitor import Role, Visitor, needs

router = APIRouter(dependencies=[needs(Role.EDITOR)])

_COLUMNS = (
    Column("at", "Lúc", "At"),
    Column("who", "Ai", "Who"),
    Column("title", "Bài", "Article"),
    Column("what", "Sửa", "Correction"),
    Column("undone", "Lấy lại lúc", "Taken back"),
    Column("page", "Trang", "Page"),
)


@router.get("/sua", include_in_schema=False)
def listed(request: Request, after: str | None = None) -> Response:
    """All corrections, the latest first."""
    page = article_editing.corrections_page(context_of(request).engine, after=after)
    return html(request, "corrections.html.j2", rows=[correction_row(one) for one in page.items], page=page)


@router.get("/sua.{form}", include_in_schema=False)
def listed_as(request: Request, form: str) -> Response:
    """All corrections as a file."""
    page = article_editing.corrections_page(context_of(request).engine, limit=MOST_ROWS)
    return answer_as(request, form, Table("sua", _COLUMNS, [correction_row(one) for one in page.items]))


@router.post("/sua/{number}/lay-lai", include_in_schema=False)
def taken_back(
    request: Request, number: int, form: FormData = checked_form(), visitor: Visitor = needs(Role.EDITOR)
) -> Response:
    """Take a correction back."""
    context = context_of(request)
    id_ = article_editing.undo(
        context.engine, number, who=who(visitor), registry=context.registry, now=context.clock()
    )
    return _back(id_)


@router.post("/bai/{id_}/sua/{what}", include_in_schema=False)
def corrected(
    request: Request,
    id_: int,
    what: str,
    form: FormData = checked_form(),
    visitor: Visitor = needs(Role.EDITOR),
) -> Response:
    """Correct an article, then show it."""
    if what not in _DONE:
        raise NotThere(f"/bai/{id_}/sua/{what}: không có cách sửa này / no such correction")
    if article_file(context_of(request).engine, id_) is None:
        raise NotThere(f"kho không có bài số {id_} / the store has no article {id_}")
    _DONE[what](request, id_, form, who(visitor))
    return _back(id_)


def correction_row(one: Correction) -> dict[str, Any]:
    """A correction in words."""
    return {
        "id": one.id, "at": one.at.isoformat(), "who": one.who, "title": one.title, "what": _said(one),
        "undone": one.undone.isoformat() if one.undone else None, "undone_by": one.undone_by,
        "page": f"/bai/{one.article}",
    }  # fmt: skip


def _said(one: Correction) -> str:
    if one.kind == "topics":
        names = topic_names()
        return "chủ đề: " + (", ".join(names.get(topic, topic) for topic in one.value) or "không có")
    if one.kind == "published":
        return f"ngày đăng: {a_time(one.value) or 'không rõ'}"
    if one.kind == "meeting":
        return f"không nói về: {one.value['kind']}, {one.value['organiser'] or ''}"
    return "không phải bài xây dựng Đảng"


def who(visitor: Visitor) -> str:
    """How a visitor stands in a row that says who wrote it."""
    return visitor.address or LOCAL


def _topics(request: Request, id_: int, form: FormData, by: str) -> None:
    topics = [one for one in form.getlist("topic") if isinstance(one, str)]
    article_editing.correct_topics(context_of(request).engine, id_, topics, **_by(request, by))


def _published(request: Request, id_: int, form: FormData, by: str) -> None:
    article_editing.correct_published(
        context_of(request).engine, id_, field(form, "published") or None, **_by(request, by)
    )


def _meeting(request: Request, id_: int, form: FormData, by: str) -> None:
    place = field(form, "place")
    if not place.isdecimal() or len(place) > 6:
        raise InvalidInput(f"place={place}: cần số thứ tự / a number is expected")
    article_editing.drop_meeting(context_of(request).engine, id_, int(place), **_by(request, by))


def _aside(request: Request, id_: int, form: FormData, by: str) -> None:
    article_editing.set_aside(context_of(request).engine, id_, **_by(request, by))


def _document(request: Request, id_: int, form: FormData, by: str) -> None:
    """The citations of a key mean this document; without one, what reading makes of them."""
    context, key, wanted = context_of(request), field(form, "key"), field(form, "document")
    url = _url(request, id_)
    if wanted:
        document_editing.assign(context.engine, url, key, wanted, who=by, now=context.clock())
    else:
        document_editing.unassign(context.engine, url, key, context.registry, who=by, now=context.clock())


def _apart(request: Request, id_: int, form: FormData, by: str) -> None:
    context, url = context_of(request), _url(request, id_)
    story_editing.split(context.engine, url, [url], who=by, now=context.clock())


def _joined(request: Request, id_: int, form: FormData, by: str) -> None:
    context, other = context_of(request), field(form, "other")
    number = other.rsplit("/bai/", 1)[-1]
    if number.isdecimal():  # the number, or the page, of another article
        other = _url(request, int(number))
    story_editing.join(context.engine, _url(request, id_), other, who=by, now=context.clock())


_DONE = {
    "chu-de": _topics,
    "ngay": _published,
    "cuoc-hop": _meeting,
    "bo-ra": _aside,
    "van-kien": _document,
    "tach": _apart,
    "gop": _joined,
}


def _by(request: Request, by: str) -> dict[str, Any]:
    context = context_of(request)
    return {"who": by, "registry": context.registry, "now": context.clock()}


def _url(request: Request, id_: int) -> str:
    found = article_file(context_of(request).engine, id_) if id_ < 2**62 else None
    if found is None:
        raise NotThere(f"kho không có bài số {id_} / the store has no article {id_}")
    return found.stored.line.url


def _back(id_: int) -> Response:
    return RedirectResponse(f"/bai/{id_}#sua", status_code=303)
