"""One document: what it is, its way through the provinces, the articles on it, what it is related to."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from crawler.delivery.document_press import DocumentInPress, document_in_press
from crawler.errors import InvalidInput
from crawler.meeting.agenda import status_at
from crawler.store.document_file import DocumentArticle, DocumentFile, ids_of_key
from crawler.store.register import key_of
from crawler.text.normal import fold
from crawler.web.context import context_of
from crawler.web.errors import NotThere
from crawler.web.html import address, html, translate
from crawler.web.lines import article_row, document_page, document_row, meeting_row
from crawler.web.routes.register import SYSTEMS
from crawler.web.table import FORMS, MOST_ROWS, Column, Table, answer_as
from crawler.web.visitor import Role, needs
from crawler.web.way_table import way_columns, way_json, way_rows, way_shown

router = APIRouter(dependencies=[needs(Role.READER)])

PAGE = 50
"""Articles on a page."""
_COLUMNS = (
    Column("title", "Tiêu đề", "Title"),
    Column("at", "Ngày đăng", "Published"),
    Column("source_name", "Báo", "Newspaper"),
    Column("province", "Tỉnh", "Province"),
    Column("url", "Địa chỉ", "Address"),
)


@router.get("/van-kien/{id_:path}", include_in_schema=False)
def document(
    request: Request,
    id_: str,
    tinh: str | None = None,
    tuan: int | None = None,
    sau: int | None = None,
    bang: str | None = None,
) -> Response:
    """The page of a document, or with `.json`, `.csv`, `.xlsx` behind its id a file; a number leads to its page."""
    name, dot, form = id_.rpartition(".")
    is_file = bool(dot) and form in FORMS
    wanted = name if is_file else id_
    told = document_in_press(
        context_of(request).engine, context_of(request).registry, wanted, now=context_of(request).clock()
    )
    if told is None or told.file.facts.id != wanted:
        return _elsewhere(request, wanted, told, f".{form}" if is_file else "")
    some = _of_cell(told, tinh, tuan)
    if is_file:
        return _as_file(request, form, told, some, bang)
    return _page(request, told, some, {"tinh": tinh, "tuan": tuan}, sau)


def _elsewhere(request: Request, wanted: str, told: DocumentInPress | None, ending: str) -> Response:
    """What an id leads to that is none of a leading document: the one it was joined to, or those of a number."""
    ids = [told.file.facts.id] if told else ids_of_key(context_of(request).engine, key_of(wanted))
    if not ids:
        raise NotThere(
            f"sổ văn kiện không có {wanted}; tìm theo số ở trang Văn kiện / "
            f"the register has no {wanted}; look for its number on the page of documents"
        )
    page = document_page(ids[0]) + ending if len(ids) == 1 else address("/van-kien", so=wanted)
    return RedirectResponse(page, status_code=307)


def _of_cell(told: DocumentInPress, province: str | None, column: int | None) -> list[DocumentArticle]:
    """The articles, of one province or of one column of the matrix alone, the newest first."""
    if column is not None and not any(one.number == column for one in told.way.columns):
        raise InvalidInput(
            f"tuan={column}: bảng không có cột này; bấm vào một ô của bảng / "
            "the matrix has no such column; press one of its cells"
        )
    kept = reversed(told.file.articles)
    if not province and column is None:
        return list(kept)
    numbers = {
        number
        for row in told.way.rows
        if not province or row.province == province
        for cell in row.cells
        if cell and column in (None, cell.column.number)
        for number in cell.articles
    }
    return [one for one in kept if one.line.id in numbers]


def _page(
    request: Request,
    told: DocumentInPress,
    some: list[DocumentArticle],
    cell: dict[str, Any],
    after: int | None,
) -> Response:
    context, facts = context_of(request), told.file.facts
    begin = _behind(some, after)
    shown = some[begin : begin + PAGE]
    left = len(some) - begin - len(shown)
    row = document_row(facts)
    return html(
        request,
        "document.html.j2",
        document=row,
        resolved=facts.resolved,
        system=SYSTEMS.get(facts.system, (facts.system, facts.system)),
        first=_article(told.file.articles[0], request) if told.file.articles else None,
        told=told,
        way=way_shown(told, translate(request)),
        cell=cell,
        total=len(some),
        articles=[_article(one, request) for one in shown],
        more=address(row["page"], **cell, sau=shown[-1].line.id) + "#bai" if left else None,
        left=left,
        meetings=meetings_of(told.file, request),
        related=related_rows(told.file),
        together=[document_row(other) | {"articles": count} for other, count in told.file.together],
        now=context.clock(),
    )


def _as_file(
    request: Request, form: str, told: DocumentInPress, some: list[DocumentArticle], table: str | None
) -> Response:
    """The matrix, or with `bang=bai` its articles; JSON has all."""
    rows = [_article(one, request) for one in some[:MOST_ROWS]]
    name = "van-kien-" + re.sub(r"[^a-z0-9]+", "-", fold(told.file.facts.id)).strip("-")
    json = {
        "document": document_row(told.file.facts) | {"resolved": told.file.facts.resolved},
        "way": way_json(told),
        "articles": rows,
        "meetings": meetings_of(told.file, request),
        "related": related_rows(told.file),
        "together": [document_row(other) | {"articles": count} for other, count in told.file.together],
    }
    if table == "bai":
        return answer_as(request, form, Table(name, _COLUMNS, rows, json))
    return answer_as(
        request, form, Table(name, way_columns(told.way), way_rows(told, translate(request)), json)
    )


def _behind(some: list[DocumentArticle], after: int | None) -> int:
    if after is None:
        return 0
    for place, one in enumerate(some):
        if one.line.id == after:
            return place + 1
    raise InvalidInput(
        f"sau={after}: không phải dấu trang mà trang trước đưa ra / not what the page before gave"
    )


def _article(one: DocumentArticle, request: Request) -> dict[str, Any]:
    return article_row(one.line, context_of(request).registry) | {
        "at": one.line.published or one.at.isoformat()
    }


def meetings_of(file: DocumentFile, request: Request) -> list[dict[str, Any]]:
    """The meetings that are about it, each once, the latest first."""
    now = context_of(request).clock()
    found = {one.facts.id: one.facts for one in file.meetings}
    rows = [meeting_row(facts) | {"status": status_at(asdict(facts), now)} for facts in found.values()]
    return sorted(rows, key=lambda row: (row["date"] or "", row["id"]), reverse=True)


def related_rows(file: DocumentFile) -> list[dict[str, Any]]:
    """What its title and the titles of others say of one another; a number of several documents leads to a list."""
    rows = []
    for one in file.related:
        only = document_row(one.facts[0]) if len(one.facts) == 1 else None
        rows.append(
            {
                "relation": one.relation, "names_us": one.names_us, "name": only["name"] if only else one.key,
                "title": only["title"] if only else None,
                "page": only["page"] if only else address("/van-kien", so=one.key, **{"tat-ca": "1"}),
            }
        )  # fmt: skip
    return rows
