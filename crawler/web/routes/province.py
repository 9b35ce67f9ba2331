"""One province: its outlets, what they write of, its meetings, its stories, its names of before the merger."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from crawler.crawl.health import HISTORY_WEEKS, LABELS, health_of
from crawler.query.search_document import topic_names
from crawler.registry import province_named
from crawler.source import CENTRAL, MERGED, PROVINCES, Source
from crawler.store import agenda, runs
from crawler.store.agenda import ListedMeeting, MeetingFilter
from crawler.store.by_source import BroughtByOutlets, brought_by, latest_stories
from crawler.store.listing import ListPage
from crawler.store.news import ArticleLine
from crawler.text.normal import fold
from crawler.web.context import context_of
from crawler.web.errors import NotThere
from crawler.web.html import address, html, language_of
from crawler.web.lines import article_row, document_row, meeting_row, province_page
from crawler.web.table import FORMS, Column, Table, answer_as
from crawler.web.visitor import Role, needs

router = APIRouter(dependencies=[needs(Role.READER)])

DAYS = 90
"""Of which topics and documents are counted."""
_STORIES, _MEETINGS = 20, 10
_STORIES_IN_FILE = 500
_COLUMNS = (
    Column("title", "Tiêu đề", "Title"),
    Column("published", "Ngày đăng", "Published"),
    Column("source_name", "Báo", "Newspaper"),
    Column("url", "Địa chỉ", "Address"),
)


@dataclass(frozen=True, slots=True)
class ProvinceFile:
    """What is known of a province."""

    name: str
    outlets: tuple[Source, ...]
    brought: BroughtByOutlets
    ahead: ListPage[ListedMeeting]
    held: ListPage[ListedMeeting]
    stories: list[ArticleLine]


@router.get("/tinh/{name:path}", include_in_schema=False)
def province(request: Request, name: str) -> Response:
    """The page of a province, or with `.json`, `.csv`, `.xlsx` a file; a former or unmarked name leads to it."""
    wanted, dot, form = name.rpartition(".")
    is_file = bool(dot) and form in FORMS
    typed = wanted if is_file else name
    registry = context_of(request).registry
    found = province_named(typed, registry.values())
    if found is None:
        raise _nowhere(typed, [*PROVINCES, *(source.province for source in registry.values())])
    if found != typed:
        return RedirectResponse(province_page(found) + (f".{form}" if is_file else ""), status_code=307)
    told = _told(request, found, _STORIES_IN_FILE if is_file else _STORIES)
    return _as_file(request, form, told) if is_file else _page(request, told)


def _nowhere(typed: str, known: list[str]) -> NotThere:
    folded = {fold(one): one for one in known}
    near = get_close_matches(fold(typed), folded, n=3)
    advice = f"; có phải {', '.join(folded[one] for one in near)}?" if near else ""
    return NotThere(
        f"không tỉnh, thành nào tên là {typed[:80]}{advice} Xem danh sách ở trang Bản đồ / "
        "no province has this name; the page of the map lists all"
    )


def _told(request: Request, name: str, stories: int) -> ProvinceFile:
    context = context_of(request)
    engine, now = context.engine, context.clock()
    outlets = tuple(source for _, source in sorted(context.registry.items()) if source.province == name)
    ids = [source.id for source in outlets]
    return ProvinceFile(
        name,
        outlets,
        brought_by(engine, ids, context.today() - timedelta(days=DAYS - 1), context.today()),
        agenda.page(engine, MeetingFilter(province=name, ahead=True), now=now, limit=_MEETINGS),
        agenda.page(
            engine, MeetingFilter(province=name, past=True), now=now, newest_first=True, limit=_MEETINGS
        ),
        latest_stories(engine, ids, limit=stories),
    )


def _page(request: Request, told: ProvinceFile) -> Response:
    query = f'tỉnh:"{told.name}"'
    return html(
        request,
        "province.html.j2",
        name=told.name,
        search=address("/tim", q=query),
        is_central=told.name == CENTRAL,
        on_map=told.name in PROVINCES,
        former=[one for one in MERGED.get(told.name, ()) if one != told.name],
        outlets=outlet_rows(request, told.outlets),
        days=DAYS,
        articles=told.brought.articles,
        topics=[
            (topic_names().get(id_, id_), count, address("/tim", q=f"{query} chủ-đề:{id_}"))
            for id_, count in told.brought.topics
        ],
        documents=_documents(told),
        ahead=told.ahead,
        ahead_rows=[meeting_row(one) for one in told.ahead.items],
        held=told.held,
        held_rows=[meeting_row(one) for one in told.held.items],
        stories=[article_row(line, context_of(request).registry) for line in told.stories],
    )


def _as_file(request: Request, form: str, told: ProvinceFile) -> Response:
    """Its newest stories; JSON has all."""
    rows = [article_row(line, context_of(request).registry) for line in told.stories]
    json = {
        "province": told.name,
        "former": list(MERGED.get(told.name, ())),
        "outlets": outlet_rows(request, told.outlets),
        "days": DAYS,
        "articles": told.brought.articles,
        "topics": [{"topic": id_, "articles": count} for id_, count in told.brought.topics],
        "documents": _documents(told),
        "ahead": [one.to_json() for one in told.ahead.items],
        "held": [one.to_json() for one in told.held.items],
        "stories": rows,
    }
    name = "tinh-" + re.sub(r"[^a-z0-9]+", "-", fold(told.name)).strip("-")
    return answer_as(request, form, Table(name, _COLUMNS, rows, json))


def _documents(told: ProvinceFile) -> list[dict[str, Any]]:
    return [document_row(facts) | {"articles": count} for facts, count in told.brought.documents]


def outlet_rows(request: Request, outlets: tuple[Source, ...]) -> list[dict[str, Any]]:
    """The outlets with how they stand, as `diemtin health` tells it."""
    context = context_of(request)
    now, vietnamese = context.clock(), language_of(request) == "vi"
    since = runs.first_run(context.engine)
    rows = []
    for source in outlets:
        ledger = runs.runs_since(context.engine, now - timedelta(weeks=HISTORY_WEEKS + 1), source.id)
        health = health_of(source, ledger, now=now, since=since)
        label = LABELS[health.state] if vietnamese else health.state.replace("_", " ")
        rows.append(
            {
                "id": source.id, "name": source.name, "page": f"/nguon/{source.id}", "homepage": str(source.homepage),
                "covers": list(source.covers), "fictitious": source.fictitious, "state": label,
                "urgent": health.needs_a_person, "per_week": round(health.per_week),
                "last_look": health.last_look.isoformat() if health.last_look else None,
                "last_new": health.last_new.isoformat() if health.last_new else None,
            }
        )  # fmt: skip
    return rows
