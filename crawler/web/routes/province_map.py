"""Bản đồ: the provinces as a tile map and a table, by articles, by study conferences of a document, or by silence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from crawler.delivery.document_press import document_in_press
from crawler.delivery.provinces import ProvinceValue, steps_of, with_articles, with_silence, with_studies
from crawler.errors import InvalidInput
from crawler.registry import outlet_name
from crawler.source import PROVINCES
from crawler.store.by_source import most_cited
from crawler.store.document_file import ids_of_key
from crawler.store.news import DocumentFacts
from crawler.store.register import key_of
from crawler.text.normal import fold
from crawler.web.asked import days_asked
from crawler.web.context import context_of
from crawler.web.html import address, html, translate
from crawler.web.lines import document_row, province_page
from crawler.web.table import Column, Table, answer_as
from crawler.web.tile_map import SIDE, size, tiles
from crawler.web.visitor import Role, needs

router = APIRouter(dependencies=[needs(Role.READER)])

Measure = Literal["bai", "quan-triet", "im-lang"]
MEASURES: Mapping[Measure, tuple[str, str]] = {
    "bai": ("Số bài", "Articles"),
    "quan-triet": ("Hội nghị quán triệt một văn kiện", "Study conferences on a document"),
    "im-lang": ("Số ngày im lặng", "Days of silence"),
}
DAYS = 30
"""Of which articles are counted where no days are asked for."""
_SILENT = (1, 3, 7)
"""Days of silence up to which a province is of a step; a newspaper that rests for a week is worth a look."""
_COLUMNS = (
    Column("province", "Tỉnh", "Province"),
    Column("value", "Giá trị", "Value"),
    Column("words", "Nghĩa là", "Meaning"),
    Column("latest", "Bài mới nhất", "Latest article"),
    Column("outlets", "Báo", "Newspapers"),
    Column("on_map", "Trên bản đồ", "On the map"),
)


@dataclass(frozen=True, slots=True)
class MapAsked:
    """What the map is to show."""

    measure: Measure
    first: date
    last: date
    document: DocumentFacts | None
    values: Sequence[ProvinceValue] | None
    """None where no document was chosen yet."""
    several: Sequence[str] = ()
    """The ids of the documents that a number may mean."""


@router.get("/ban-do", include_in_schema=False)
def province_map(
    request: Request,
    mau: Measure | None = None,
    van_kien: Annotated[str, Query(alias="van-kien")] = "",
    tu: str = "",
    den: str = "",
) -> Response:
    """The map, and its table."""
    asked = _asked(request, mau, van_kien, tu, den)
    words = {"mau": asked.measure, "van-kien": van_kien, "tu": tu, "den": den}
    rows = _rows(request, asked)
    shown = {row["province"]: row for row in rows}
    return html(
        request,
        "province_map.html.j2",
        asked=words,
        measure=asked.measure,
        measures=MEASURES,
        days=(asked.first, asked.last),
        document=document_row(asked.document) if asked.document else None,
        several=[(one, address("/ban-do", **{"van-kien": one})) for one in asked.several],
        choices=_choices(request, asked.measure),
        rows=sorted(
            rows, key=lambda row: (row["value"] is None, -(row["value"] or 0), fold(row["province"]))
        ),
        tiles=[(tile, shown[tile.province]) for tile in tiles()] if rows else [],
        legend=_legend(asked, translate(request)),
        elsewhere=[row for row in rows if not row["on_map"]],
        is_covered=any(row["outlets"] for row in rows if row["on_map"]),
        size=size(),
        side=SIDE,
    )


@router.get("/ban-do.{form}", include_in_schema=False)
def province_map_as(
    request: Request,
    form: str,
    mau: Measure | None = None,
    van_kien: Annotated[str, Query(alias="van-kien")] = "",
    tu: str = "",
    den: str = "",
) -> Response:
    """The table of the map as a file."""
    asked = _asked(request, mau, van_kien, tu, den)
    if asked.values is None:
        raise InvalidInput(
            "van-kien: cần một văn kiện, ghi mã như 61-CT/TW@XIV / name one document by its id, such as 61-CT/TW@XIV"
        )
    rows = _rows(request, asked)
    json = {
        "measure": asked.measure,
        "document": document_row(asked.document) if asked.document else None,
        "first": asked.first.isoformat() if asked.measure == "bai" else None,
        "last": asked.last.isoformat() if asked.measure == "bai" else None,
        "provinces": [{name: row[name] for name in _KEPT} for row in rows],
    }
    yes = translate(request)("có", "yes")
    told = [row | {"on_map": yes if row["on_map"] else ""} for row in rows]
    return answer_as(request, form, Table(f"ban-do-{asked.measure}", _COLUMNS, told, json))


_KEPT = ("province", "value", "unknown", "latest", "outlets", "on_map")


def _asked(request: Request, measure: Measure | None, wanted: str, tu: str, den: str) -> MapAsked:
    """Raises InvalidInput."""
    context = context_of(request)
    days = days_asked(tu, den)
    last = date.fromisoformat(days[1]) if days[1] else context.today()
    first = date.fromisoformat(days[0]) if days[0] else last - timedelta(days=DAYS - 1)
    if first > last:
        raise InvalidInput(f"tu={tu}: sau ngày cuối / behind the last day, {last.isoformat()}")
    chosen = measure or ("quan-triet" if wanted.strip() else "bai")
    if chosen == "bai":
        return MapAsked(
            chosen, first, last, None, with_articles(context.engine, context.registry, first, last)
        )
    if chosen == "im-lang":
        values = with_silence(context.engine, context.registry, now=context.clock())
        return MapAsked(chosen, first, last, None, values)
    return _of_document(request, wanted.strip(), first, last)


def _of_document(request: Request, wanted: str, first: date, last: date) -> MapAsked:
    """The study conferences of the document that an id or a number in any spelling means."""
    context = context_of(request)
    if not wanted:
        return MapAsked("quan-triet", first, last, None, None)
    told = document_in_press(context.engine, context.registry, wanted, now=context.clock())
    if told is None:
        ids = ids_of_key(context.engine, key_of(wanted))
        if len(ids) > 1:
            return MapAsked("quan-triet", first, last, None, None, ids)
        told = (
            document_in_press(context.engine, context.registry, ids[0], now=context.clock()) if ids else None
        )
    if told is None:
        raise InvalidInput(
            f"van-kien={wanted}: sổ văn kiện không có; tìm ở trang Văn kiện / not in the register of documents"
        )
    return MapAsked("quan-triet", first, last, told.file.facts, with_studies(told, context.registry))


def _rows(request: Request, asked: MapAsked) -> list[dict[str, Any]]:
    """A row for each province, those that are on the map first."""
    t, registry = translate(request), context_of(request).registry
    bounds = _bounds(asked)
    return [
        {
            "province": one.province,
            "page": province_page(one.province),
            "value": one.value,
            "unknown": one.unknown,
            "step": _step(one.value, bounds, asked.measure),
            "words": _words(one, asked.measure, t),
            "short": "–" if one.value is None else str(one.value),
            "latest": one.latest.isoformat() if one.latest else None,
            "outlets": [outlet_name(registry, id_) for id_ in one.outlets],
            "on_map": one.province in PROVINCES,
        }
        for one in asked.values or ()
    ]


def _bounds(asked: MapAsked) -> tuple[int, ...]:
    if asked.measure == "im-lang":
        return _SILENT
    return steps_of(one.value for one in asked.values or () if one.value is not None)


def _step(value: int | None, bounds: Sequence[int], measure: Measure) -> str:
    """The class of a square: `none` where nothing is known, else 0 (nothing) to 4 (most)."""
    if value is None:
        return "none"
    if value == 0 and measure != "im-lang":
        return "s0"
    return f"s{1 + sum(value > bound for bound in bounds)}"


def _words(one: ProvinceValue, measure: Measure, t: Any) -> str:
    if one.unknown == "unwatched":
        return str(t("không có báo nào được xem", "no newspaper is looked at"))
    if one.unknown == "not_looked":
        return str(t("chưa xem", "not looked at"))
    said = {
        "bai": t(f"{one.value} bài", f"{one.value} articles"),
        "quan-triet": t(f"{one.value} hội nghị", f"{one.value} conferences"),
        "im-lang": t(f"{one.value} ngày không có bài", f"{one.value} days without an article"),
    }
    return str(said[measure])


def _legend(asked: MapAsked, t: Any) -> list[tuple[str, str]]:
    """Each step's class and what it means."""
    if asked.values is None:
        return []
    bounds = _bounds(asked)
    silent = asked.measure == "im-lang"
    begins = [0 if silent else 1, *(bound + 1 for bound in bounds)]
    steps = [
        (f"s{n}", f"{low}–{high}" if low < high else str(high))
        for n, (low, high) in enumerate(zip(begins, bounds, strict=False), 1)
    ]
    if silent:
        steps = [(name, f"{said} {t('ngày', 'days')}") for name, said in steps]
        steps.append(("s4", t(f"hơn {bounds[-1]} ngày", f"more than {bounds[-1]} days")))
    else:
        steps = [("s0", "0"), *steps]
    return [
        *steps,
        (
            "none",
            t("– chưa biết: chưa xem, hoặc không có báo", "– not known: not looked at, or no newspaper"),
        ),
    ]


def _choices(request: Request, measure: Measure) -> list[dict[str, Any]]:
    """The documents that most articles of the last quarter name: what one would choose."""
    if measure != "quan-triet":
        return []
    context = context_of(request)
    found = most_cited(context.engine, context.today() - timedelta(days=90), context.today())
    return [document_row(facts) | {"articles": count} for facts, count in found]
