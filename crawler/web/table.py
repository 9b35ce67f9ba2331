"""A list that a page shows, in the forms in which it can be taken away: JSON, CSV, a workbook."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import xlsxwriter
from fastapi import Request, Response
from fastapi.responses import JSONResponse

from crawler.dates.zones import VIETNAM
from crawler.errors import InvalidInput
from crawler.web.html import Language, language_of

Form = Literal["json", "csv", "xlsx"]
FORMS: tuple[Form, ...] = ("json", "csv", "xlsx")
MOST_ROWS = 10_000
"""Rows of one file: what a person opens, not the corpus, which `diemtin export` writes."""
_RISKY = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula at the start of a cell (OWASP, CSV injection)."""
_LONGEST_CELL = 32_000
"""Excel holds 32,767 characters in a cell."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its key in a row, and its heading in both languages."""

    key: str
    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows for a file."""

    name: str
    """Of the file, without its ending."""
    columns: tuple[Column, ...]
    rows: Sequence[Mapping[str, Any]]
    json: Any = None
    """The document of the JSON form, where it says more than the rows."""


def answer_as(request: Request, form: str, table: Table) -> Response:
    """The table as a file. Raises InvalidInput for a form that is none."""
    if form == "json":
        return JSONResponse(
            table.json if table.json is not None else {"rows": [dict(row) for row in table.rows]}
        )
    if form == "csv":
        return file_answer(_csv(table, language_of(request)), "text/csv; charset=utf-8", table.name, form)
    if form == "xlsx":
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        return file_answer(_workbook(table, language_of(request)), kind, table.name, form)
    raise unknown_form(form, FORMS)


def unknown_form(form: str, forms: Sequence[str]) -> InvalidInput:
    """What is said of a form that a list does not have."""
    return InvalidInput(
        f"không có dạng .{form}: hãy dùng {', '.join('.' + one for one in forms)} / there is no form .{form}"
    )


def file_answer(body: bytes, kind: str, name: str, form: str) -> Response:
    """A file to be saved as `name.form`."""
    return Response(
        body, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    )


def _csv(table: Table, language: Language) -> bytes:
    """UTF-8 with its mark, without which Excel takes it for a code page."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_headings(table, language))
    for row in table.rows:
        writer.writerow([_harmless(_cell(row.get(column.key))) for column in table.columns])
    return out.getvalue().encode("utf-8-sig")


def _workbook(table: Table, language: Language) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet(table.name[:31])
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    sheet.write_row(0, 0, _headings(table, language), bold)
    sheet.freeze_panes(1, 0)
    for number, row in enumerate(table.rows, 1):
        for place, column in enumerate(table.columns):
            value = row.get(column.key)
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                sheet.write_number(number, place, value)
            else:
                sheet.write_string(number, place, _cell(value)[:_LONGEST_CELL], wrapped)
    sheet.autofit(max_width=400)
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
    book.close()
    return out.getvalue()


def _headings(table: Table, language: Language) -> list[str]:
    return [column.vi if language == "vi" else column.en for column in table.columns]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(VIETNAM).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, (list, tuple)):
        return "; ".join(_cell(one) for one in value)
    return str(value)


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_RISKY) else cell
