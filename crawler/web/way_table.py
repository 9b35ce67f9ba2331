"""A document's way through the provinces as a page and a workbook print it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from crawler.citing.document_way import DocumentWay, WayCell, WayColumn, WayRow
from crawler.delivery.document_press import DocumentInPress
from crawler.web.html import a_day, address
from crawler.web.lines import document_page, province_page
from crawler.web.table import Column

Translate = Callable[[str, str], str]
"""One of two texts, by the language of the page: Vietnamese, English."""
FIRST, STUDY, REVIEW = "●", "Q", "S"
"""What stands in a cell beside the number of its articles: never a colour alone."""


def column_head(column: WayColumn, weeks: int, t: Translate) -> dict[str, str]:
    """A column's number, its first day and the whole of it in words."""
    if column.number == 0:
        return {"number": "–", "day": "", "words": t("trước ngày văn kiện", "before its date")}
    number = str(column.number) if weeks == 1 else f"{column.number}–{column.number + weeks - 1}"
    days = f"{a_day(column.first)} – {a_day(column.last)}"
    return {
        "number": number,
        "day": f"{column.first:%d/%m}",
        "words": f"{t('tuần', 'week')} {number}, {days}",
    }


def way_shown(told: DocumentInPress, t: Translate) -> dict[str, Any]:
    """Heads and rows of the matrix, at its end the watched provinces where nothing was seen."""
    way = told.way
    heads = [column_head(column, way.weeks, t) for column in way.columns]
    page = document_page(told.file.facts.id)
    return {
        "heads": heads,
        "weeks": way.weeks,
        "rows": [_row(row, heads, page, t) for row in way.rows],
        "quiet": [
            {"province": name, "page": province_page(name), "state": state}
            for name, state in quiet_states(told, t).items()
            if name not in told.unwatched
        ],
        "studied": sum(1 for row in way.rows if row.study),
        "reviewed": sum(1 for row in way.rows if row.review),
    }


def quiet_states(told: DocumentInPress, t: Translate) -> dict[str, str]:
    """Each province where nothing was seen → why."""
    why = (
        (told.silent, t("chưa thấy đưa tin", "nothing seen yet")),
        (told.not_looked, t("chưa xem báo từ ngày văn kiện", "not looked at since its date")),
        (told.unwatched, t("không có báo trong danh bạ", "no newspaper in the registry")),
    )
    return {name: words for names, words in why for name in names}


def _row(row: WayRow, heads: list[dict[str, str]], page: str, t: Translate) -> dict[str, Any]:
    return {
        "province": row.province,
        "page": province_page(row.province),
        "first": row.first,
        "study": row.study,
        "review": row.review,
        "cells": [
            _cell(cell, row, head, page, t) if cell else None
            for cell, head in zip(row.cells, heads, strict=True)
        ],
    }


def _cell(cell: WayCell, row: WayRow, head: Mapping[str, str], page: str, t: Translate) -> dict[str, Any]:
    said = [f"{len(cell.articles)} {t('bài', 'articles')}", *_stages(cell, t)]
    marks = [FIRST if cell.is_first else "", STUDY if cell.studies else "", REVIEW if cell.reviews else ""]
    return {
        "articles": len(cell.articles),
        "marks": "".join(marks),
        "kind": "review" if cell.reviews else "study" if cell.studies else "mention",
        "words": f"{row.province}, {head['words']}: {', '.join(said)}",
        "link": address(page, tinh=row.province, tuan=cell.column.number) + "#bai",
    }


def _stages(cell: WayCell, t: Translate) -> list[str]:
    stages = (
        (cell.is_first, t("thấy lần đầu", "first report")),
        (bool(cell.studies), t("hội nghị quán triệt", "study conference")),
        (bool(cell.reviews), t("sơ kết, tổng kết", "review")),
    )
    return [words for there, words in stages if there]


def way_columns(way: DocumentWay) -> tuple[Column, ...]:
    """The columns of the matrix as a file."""
    weeks = []
    for n, column in enumerate(way.columns):
        vi, en = (column_head(column, way.weeks, pick) for pick in (_vietnamese, _english))
        weeks.append(Column(f"column{n}", vi["words"], en["words"]))
    return (
        Column("province", "Tỉnh", "Province"),
        Column("state", "Tình trạng", "State"),
        Column("first", "Thấy lần đầu", "First report"),
        Column("study", "Quán triệt", "Study conference"),
        Column("review", "Sơ kết, tổng kết", "Review"),
        Column("articles", "Số bài", "Articles"),
        *weeks,
    )


def way_rows(told: DocumentInPress, t: Translate) -> list[dict[str, Any]]:
    """The rows of the matrix as a file; a cell says how many articles, and what besides."""
    rows = []
    for row in told.way.rows:
        cells = {
            f"column{n}": "; ".join([str(len(cell.articles)), *_stages(cell, t)]) if cell else None
            for n, cell in enumerate(row.cells)
        }
        articles = {number for cell in row.cells if cell for number in cell.articles}
        known = {"province": row.province, "state": t("đã đưa tin", "reported"), "articles": len(articles)}
        rows.append(known | {"first": row.first, "study": row.study, "review": row.review} | cells)
    return rows + [
        {"province": name, "state": state, "articles": 0} for name, state in quiet_states(told, t).items()
    ]


def way_json(told: DocumentInPress) -> dict[str, Any]:
    """The matrix for a program; `articles` of a cell are numbers of articles (`/bai/…`)."""
    way = told.way
    return {
        "start": way.start.isoformat(),
        "weeks_in_column": way.weeks,
        "columns": [
            {"number": c.number, "first": c.first.isoformat() if c.number else None, "last": c.last.isoformat()}
            for c in way.columns
        ],
        "rows": [
            {
                "province": row.province,
                "first": row.first.isoformat(),
                "study": row.study.isoformat() if row.study else None,
                "review": row.review.isoformat() if row.review else None,
                "cells": [
                    {
                        "column": cell.column.number, "articles": list(cell.articles), "is_first": cell.is_first,
                        "studies": list(cell.studies), "reviews": list(cell.reviews),
                    }
                    for cell in row.cells if cell
                ],
            }
            for row in way.rows
        ],
        "silent": list(told.silent),
        "not_looked": list(told.not_looked),
        "unwatched": list(told.unwatched),
    }  # fmt: skip


def _vietnamese(vi: str, en: str) -> str:
    return vi


def _english(vi: str, en: str) -> str:
    return en
