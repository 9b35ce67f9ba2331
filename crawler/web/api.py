"""`/api/v1`: what the pages show, for programs. Errors are problems (RFC 9457), lists page with a cursor."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from crawler.delivery.day import press_day
from crawler.store import agenda, register, runs
from crawler.store.agenda import MeetingFilter
from crawler.store.register import DocumentFilter
from crawler.store.search import Sort, search
from crawler.web import api_models as models
from crawler.web.context import context_of
from crawler.web.errors import NotThere
from crawler.web.routes.article import article_document
from crawler.web.routes.today import day_document
from crawler.web.visitor import Role, needs

PREFIX = "/api/v1"
MOST = 100
"""Entries of a page."""

_PROBLEM: dict[str, Any] = {"model": models.Problem, "content": {"application/problem+json": {}}}
_WRONG: dict[int | str, dict[str, Any]] = {
    400: _PROBLEM | {"description": "The request is wrong; says where and how to mend it."},
    401: _PROBLEM | {"description": "Nobody knows who asks."},
    403: _PROBLEM | {"description": "The role or the token does not allow it."},
    429: _PROBLEM | {"description": "Too many requests."},
    503: _PROBLEM | {"description": "The store is busy."},
}
_NOT_THERE: dict[int | str, dict[str, Any]] = {404: _PROBLEM | {"description": "The store does not have it."}}

_TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "description": "A token of a person: made at /toi or by `diemtin user token add`. On the machine that serves "
    "the pages to itself alone none is needed.",
}

router = APIRouter(prefix=PREFIX, dependencies=[needs(Role.READER)], responses=_WRONG)

Limit = Annotated[int, Query(ge=1, le=MOST, description="Entries of the page.")]
After = Annotated[str | None, Query(max_length=400, description="`after` of the page before.")]
Day = Annotated[date | None, Query(examples=["2026-11-21"])]


@router.get("/articles", response_model=models.AnswerPage, summary="Search the store")
def articles(
    request: Request,
    q: Annotated[
        str,
        Query(
            max_length=4_000, description="See docs/queries.md; empty: all.", examples=["đại hội VÀ chi bộ"]
        ),
    ] = "",
    sort: Annotated[Sort, Query()] = "newest",
    limit: Limit = 20,
    after: After = None,
    facets: bool = False,
) -> Any:
    """A page of stories that answer a query, each by one article."""
    context = context_of(request)
    seconds = context.config.search.seconds
    return search(
        context.engine,
        q,
        context.registry,
        limit=limit,
        sort=sort,
        after=after,
        facets=facets,
        seconds=seconds,
    ).to_json()


@router.get("/articles/{id}", response_model=models.ArticlePage, responses=_NOT_THERE, summary="One article")
def one_article(request: Request, id: Annotated[int, Path(ge=1, le=2**62)]) -> Any:
    """The article as the corpus has it, with its documents, meetings and topics."""
    return article_document(request, id)


@router.get("/days/{day}", response_model=models.DayPage, summary="One day at a glance")
def one_day(request: Request, day: Annotated[date, Path(examples=["2026-11-21"])]) -> Any:
    """What a day brought: documents, meetings, stories, changes, and which sources were looked at."""
    context = context_of(request)
    return day_document(request, press_day(context.engine, context.registry, day, now=context.clock()))


@router.get("/documents", response_model=models.DocumentPage, summary="The document register")
def documents(
    request: Request,
    type: Annotated[str | None, Query(max_length=100, examples=["Chỉ thị"])] = None,
    issuer: Annotated[str | None, Query(max_length=200)] = None,
    system: Annotated[str | None, Query(max_length=20, examples=["party"])] = None,
    first: Day = None,
    last: Day = None,
    limit: Limit = 20,
    after: After = None,
) -> Any:
    """Documents, the newest sighting first."""
    asked = DocumentFilter(type=type, issuer=issuer, system=system, first=_iso(first), last=_iso(last))
    page = register.page(context_of(request).engine, asked, limit=limit, after=after)
    return {"total": page.total, "after": page.after, "documents": page.items}


@router.get("/meetings", response_model=models.MeetingPage, summary="Meetings held and ahead")
def meetings(
    request: Request,
    province: Annotated[str | None, Query(max_length=100)] = None,
    kind: Annotated[str | None, Query(max_length=100)] = None,
    organiser: Annotated[str | None, Query(max_length=200)] = None,
    first: Day = None,
    last: Day = None,
    ahead: bool = False,
    limit: Limit = 20,
    after: After = None,
) -> Any:
    """Meetings, the newest first."""
    asked = MeetingFilter(
        first=_iso(first), last=_iso(last), province=province, kind=kind, organiser=organiser, ahead=ahead
    )
    context = context_of(request)
    page = agenda.page(
        context.engine, asked, now=context.clock(), newest_first=not ahead, limit=limit, after=after
    )
    return {"total": page.total, "after": page.after, "meetings": [one.to_json() for one in page.items]}


@router.get("/sources", response_model=models.SourceList, summary="The outlets that are watched")
def sources(request: Request) -> Any:
    """All outlets of the registry with their last run."""
    context = context_of(request)
    last = runs.last_runs(context.engine)
    return {
        "sources": [
            {
                "id": id_, "name": row.name, "province": row.province, "homepage": str(row.homepage),
                "disabled": row.disabled or None,
                "last_run": last[id_].started.isoformat() if id_ in last else None,
                "outcome": last[id_].outcome if id_ in last else None,
            }
            for id_, row in sorted(context.registry.items())
        ]
    }  # fmt: skip


@router.get("/openapi.json", include_in_schema=False)
def description() -> Response:
    """This API, described by OpenAPI."""
    return JSONResponse(openapi())


@router.api_route("/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
def nothing(rest: str) -> Response:
    """What is not there is said as a problem, too."""
    raise NotThere(f"{PREFIX}/{rest}: không có; xem {PREFIX}/openapi.json / no such resource")


def openapi() -> dict[str, Any]:
    """The OpenAPI document of the API."""
    told = get_openapi(
        title="diemtin",
        version="1",
        summary="What Vietnam's provincial Party press reports.",
        routes=router.routes,
    )
    for methods in told["paths"].values():
        for one in methods.values():
            one["responses"].pop("422", None)  # FastAPI's own, for what we answer with 400
    told.setdefault("components", {})["securitySchemes"] = {"token": _TOKEN}
    told["security"] = [{"token": []}, {}]
    return told


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
