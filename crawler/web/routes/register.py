"""Văn kiện: the register of documents with its filters, newest sighting first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from crawler.article import published_at
from crawler.delivery.display_names import named_document
from crawler.registry import outlet_name
from crawler.store.document_file import register_values
from crawler.store.register import DocumentFilter, key_of, page
from crawler.web.asked import day_asked, days_asked
from crawler.web.context import context_of
from crawler.web.html import address, html
from crawler.web.lines import document_page
from crawler.web.table import MOST_ROWS, Column, Table, answer_as
from crawler.web.visitor import Role, needs

router = APIRouter(dependencies=[needs(Role.READER)])

PAGE = 50
SYSTEMS = {"party": ("Đảng", "Party"), "state": ("Nhà nước", "State"), "mass": ("Đoàn thể", "Organisations")}
_COLUMNS = (
    Column("name", "Văn kiện", "Document"),
    Column("title", "Trích yếu", "Subject"),
    Column("issuer", "Cơ quan ban hành", "Issuer"),
    Column("date", "Ngày ban hành", "Issued"),
    Column("province", "Tỉnh", "Province"),
    Column("system", "Hệ thống", "System"),
    Column("articles", "Số bài", "Articles"),
    Column("first_at", "Thấy lần đầu", "First seen"),
    Column("first_name", "Báo đầu tiên", "First newspaper"),
    Column("first_url", "Bài đầu tiên", "First article"),
    Column("id", "Mã", "Id"),
)


@dataclass(frozen=True, slots=True)
class RegisterAsked:
    """The filters as the address has them."""

    so: str = ""
    """A number, or an id."""
    loai: str = ""
    co_quan: Annotated[str, Query(alias="co-quan")] = ""
    tinh: str = ""
    he: str = ""
    tu: str = ""
    den: str = ""
    nhac_tu: Annotated[str, Query(alias="nhac-tu")] = ""
    """Cited on that day or later."""
    tat_ca: Annotated[str, Query(alias="tat-ca")] = ""
    """`1`: those that no article cites too."""

    def words(self) -> dict[str, str]:
        """As an address has them."""
        return {
            "so": self.so, "loai": self.loai, "co-quan": self.co_quan, "tinh": self.tinh, "he": self.he, "tu": self.tu,
            "den": self.den, "nhac-tu": self.nhac_tu, "tat-ca": self.tat_ca,
        }  # fmt: skip

    def filter(self) -> DocumentFilter:
        """For the store. Raises InvalidInput."""
        first, last = days_asked(self.tu, self.den)
        return DocumentFilter(
            key=key_of(self.so.strip()) if self.so.strip() else None,
            system=self.he or None,
            province=self.tinh or None,
            type=self.loai or None,
            issuer=self.co_quan.strip() or None,
            first=first,
            last=last,
            cited_since=_midnight(day_asked("nhac-tu", self.nhac_tu)),
            with_uncited=self.tat_ca == "1",
        )


_Asked = Annotated[RegisterAsked, Depends()]


@router.get("/van-kien", include_in_schema=False)
def register(request: Request, asked: _Asked, sau: str | None = None) -> Response:
    """A page of the register."""
    context = context_of(request)
    found = page(context.engine, asked.filter(), limit=PAGE, after=sau)
    return html(
        request,
        "register.html.j2",
        asked=asked.words(),
        is_asked=any(asked.words().values()),
        values=register_values(context.engine),
        systems=SYSTEMS,
        found=found,
        rows=[register_row(one, request) for one in found.items],
        more=address("/van-kien", **asked.words(), sau=found.after) if found.after else None,
    )


@router.get("/van-kien.{form}", include_in_schema=False)
def register_as(request: Request, form: str, asked: _Asked, sau: str | None = None) -> Response:
    """The register as a file, as JSON with its cursor."""
    found = page(context_of(request).engine, asked.filter(), limit=MOST_ROWS, after=sau)
    rows = [register_row(one, request) for one in found.items]
    json = {"total": found.total, "after": found.after, "documents": list(found.items)}
    return answer_as(request, form, Table("van-kien", _COLUMNS, rows, json))


def register_row(one: Mapping[str, Any], request: Request) -> dict[str, Any]:
    """A document of the register in one line, for a page and for a file."""
    seen = one["first_seen"]
    first: dict[str, Any] = {"first_at": None, "first_name": None, "first_url": None}
    if seen:
        name = outlet_name(context_of(request).registry, seen["source"])
        first = {"first_at": seen["at"], "first_name": name, "first_url": seen["url"]}
    return (
        dict(one)
        | first
        | {"name": named_document(one["type"], one["key"]), "page": document_page(one["id"])}
    )


def _midnight(day: str | None) -> datetime | None:
    noon = published_at(day)
    return noon.replace(hour=0) if noon else None
