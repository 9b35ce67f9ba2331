"""Tìm: the query language with its errors at their place, facets, months, marked words, and the answer as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from fastapi import APIRouter, Request, Response

from crawler.delivery.atom import MOST_ENTRIES, urn
from crawler.errors import InvalidInput, InvalidQuery
from crawler.query.narrowing import narrowed
from crawler.store.search import Sort, search
from crawler.store.search_answer import Answer, StoryHit
from crawler.store.search_facets import Facet, Facets
from crawler.web.answer_files import MOST_IN_WORD, answer_feed, answer_lines, answer_list
from crawler.web.charts import Bar, bars
from crawler.web.context import context_of
from crawler.web.html import address, html
from crawler.web.table import FORMS, MOST_ROWS, Column, Table, answer_as, file_answer, unknown_form
from crawler.web.visitor import Role, needs

router = APIRouter(dependencies=[needs(Role.READER)])

PAGE = 20
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_MONTHS = 36
"""Months of the histogram: three years."""
_SHOWN = 8
"""Values of one facet before "more"."""
_COLUMNS = (
    Column("title", "Tiêu đề", "Title"),
    Column("published", "Ngày đăng", "Published"),
    Column("source_name", "Báo", "Newspaper"),
    Column("province", "Tỉnh", "Province"),
    Column("snippet", "Trích", "Passage"),
    Column("url", "Địa chỉ", "Address"),
    Column("also", "Cũng đăng tại", "Also in"),
)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A value by which an answer can be narrowed."""

    name: str
    stories: int
    link: str


@router.get("/tim", include_in_schema=False)
def found(request: Request, q: str = "", sort: str = "newest", after: str | None = None) -> Response:
    """A page of answers; a wrong query is shown with its error at its place."""
    if not q.strip():
        return html(request, "search.html.j2", q=q, sort=sort, answer=None, error=None, **_nothing())
    try:
        answer = _search(request, q, sort, after, facets=True)
    except InvalidQuery as error:
        return html(
            request, "search.html.j2", status=400, q=q, sort=sort, answer=None, error=error, **_nothing()
        )
    values = _narrowings(q, sort, answer.facets)
    return html(
        request,
        "search.html.j2",
        q=q,
        sort=sort,
        answer=answer,
        error=None,
        facets=values,
        months=_months(q, sort, answer.facets),
        more=address("/tim", q=q, sort=_unless(sort, "newest"), after=answer.after) if answer.after else None,
    )


@router.get("/tim.{form}", include_in_schema=False)
def found_as(
    request: Request, form: str, q: str = "", sort: str = "newest", after: str | None = None
) -> Response:
    """The answer as a file: all of it, up to ten thousand stories; in Word a thousand, a feed fifty, as JSON a page."""
    if form == "json":
        return answer_as(
            request, form, Table("tim", _COLUMNS, (), _search(request, q, sort, after).to_json())
        )
    context = context_of(request)
    if form == "atom":
        domain = context.config.mail.domain
        answer = _search(request, q, sort, after, limit=MOST_ENTRIES)
        document = answer_feed(
            answer.hits, title=q or "mọi bài", identity=urn(f"{domain}/search/{sort}/{q}"), domain=domain,
            now=context.clock(),
        )  # fmt: skip
        return Response(document, media_type="application/atom+xml")
    if form == "docx":
        answer = _search(request, q, sort, after, limit=MOST_IN_WORD)
        document = answer_list(answer, context.registry, now=context.clock())
        return file_answer(document, _WORD, "tim", form)
    if form not in (*FORMS, "jsonl"):
        raise unknown_form(form, (*FORMS, "jsonl", "docx", "atom"))
    answer = _search(request, q, sort, after, limit=MOST_ROWS)
    if form == "jsonl":
        return file_answer(answer_lines(answer.hits), "application/x-ndjson", "tim", form)
    return answer_as(request, form, Table("tim", _COLUMNS, [_row(request, hit) for hit in answer.hits]))


def _search(
    request: Request, q: str, sort: str, after: str | None, *, facets: bool = False, limit: int = PAGE
) -> Answer:
    context = context_of(request)
    if sort not in get_args(Sort):
        raise InvalidInput(
            f"sort={sort}: hãy dùng {', '.join(get_args(Sort))} / use one of {', '.join(get_args(Sort))}"
        )
    return search(
        context.engine,
        q,
        context.registry,
        limit=limit,
        sort=sort,  # type: ignore[arg-type]  # checked above
        after=after,
        facets=facets and after is None,
        seconds=context.config.search.seconds,
    )


def _row(request: Request, hit: StoryHit) -> dict[str, Any]:
    names = context_of(request).registry
    also = [names[one["source"]].name if one["source"] in names else one["source"] for one in hit.also]
    return {
        "title": hit.title, "published": hit.published, "source_name": hit.source_name, "province": hit.province,
        "snippet": hit.snippet, "url": hit.url, "also": also,
    }  # fmt: skip


def _nothing() -> dict[str, Any]:
    return {"facets": {}, "months": None, "more": None}


def _narrowings(q: str, sort: str, facets: Facets | None) -> Mapping[str, Sequence[Narrowing]]:
    """Each facet with links that narrow the query to one value."""
    if facets is None:
        return {}

    def links(field: str, values: Sequence[Facet]) -> list[Narrowing]:
        return [
            Narrowing(
                one.name,
                one.stories,
                address("/tim", q=narrowed(q, field, one.value), sort=_unless(sort, "newest")),
            )
            for one in values
        ]

    return {
        "tỉnh": links("tỉnh", facets.provinces),
        "nguồn": links("nguồn", facets.sources),
        "chủ đề": links("chủ-đề", facets.topics),
        "văn kiện": links("văn-bản", facets.documents),
        "cuộc họp": links("họp", facets.meetings),
    }


def _months(q: str, sort: str, facets: Facets | None) -> dict[str, Any] | None:
    """The months of an answer as a chart and as its table; None where there are fewer than two."""
    if facets is None or len(facets.months) < 2:
        return None
    known = {one.value: one.stories for one in facets.months}
    rows = [
        Bar(
            f"{month[5:]}/{month[:4]}",
            known.get(month, 0),
            address("/tim", q=narrowed(q, "ngày", month), sort=_unless(sort, "newest")),
        )
        for month in months_between(min(known), max(known))[-_MONTHS:]
    ]
    return {"chart": bars("Số tin theo tháng", rows), "rows": rows}


def months_between(first: str, last: str) -> list[str]:
    """All months from one to another, both as 2026-11.

    >>> months_between("2025-11", "2026-02")
    ['2025-11', '2025-12', '2026-01', '2026-02']
    """
    year, month = map(int, first.split("-"))
    found = []
    while (made := f"{year}-{month:02d}") <= last:
        found.append(made)
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return found


def _unless(value: str, standard: str) -> str | None:
    return None if value == standard else value
