"""Nhật ký: what was changed by whom, for operators."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from crawler.store.audit import COMMAND, LOCAL, AuditRow, audit_page
from crawler.store.listing import ListPage
from crawler.web.context import context_of
from crawler.web.html import address, html
from crawler.web.table import MOST_ROWS, Column, Table, answer_as
from crawler.web.visitor import Role, needs

router = APIRouter(dependencies=[needs(Role.OPERATOR)])
PAGE = 50
_COLUMNS = (
    Column("at", "Lúc", "When"),
    Column("who", "Ai", "Who"),
    Column("what", "Việc", "What"),
    Column("subject", "Với", "To what"),
    Column("changed", "Từ → thành", "From → to"),
)
NAMES: dict[str, tuple[str, str]] = {
    "article.document": ("sửa văn kiện của bài", "corrected the documents of an article"),
    "article.join": ("nhập bài vào một tin", "joined an article to a story"),
    "article.meeting": ("sửa cuộc họp của bài", "corrected a meeting of an article"),
    "article.published": ("sửa ngày đăng", "corrected the day of an article"),
    "article.set_aside": ("bỏ bài ra, lấy bài lại", "set an article aside or took it back"),
    "article.split": ("tách bài khỏi tin", "split an article from its story"),
    "article.topics": ("sửa chủ đề", "corrected the topics of an article"),
    "article.undo": ("bỏ một lần sửa", "took a correction back"),
    "session.end": ("ra khỏi trang", "signed out"),
    "session.end_all": ("ra khỏi mọi máy", "signed out everywhere"),
    "session.start": ("vào trang", "entered"),
    "source.crawl": ("xem ngay một nguồn", "crawled a source at once"),
    "token.add": ("lập mã", "made a token"),
    "token.revoke": ("thu hồi mã", "revoked a token"),
    "user.add": ("thêm người", "entered a person"),
    "user.remove": ("bỏ người", "took a person off"),
    "user.role": ("đổi quyền", "changed a role"),
    "watch.add": ("thêm mục theo dõi", "made a watch"),
    "watch.edit": ("sửa mục theo dõi", "edited a watch"),
    "watch.mark": ("đánh dấu bài đúng, sai", "marked a hit right or wrong"),
    "watch.pause": ("tạm dừng mục theo dõi", "paused a watch"),
    "watch.remove": ("bỏ mục theo dõi", "removed a watch"),
    "watch.resume": ("mở lại mục theo dõi", "resumed a watch"),
}
"""What was done, in both languages; a room that writes adds its own."""
_WHERE = {"article": "/bai/{}", "source": "/nguon/{}", "watch": "/theo-doi/{}"}
"""By the noun of what was done, the page of its subject."""
WHO: dict[str, tuple[str, str]] = {
    COMMAND: ("lệnh trên máy", "a command"),
    LOCAL: ("trang trên máy này", "a page on this machine"),
}
"""Who has no address."""


@router.get("/nhat-ky", include_in_schema=False)
def log(request: Request, ai: str = "", viec: str = "", after: str | None = None) -> Response:
    """The newest rows, or those behind a cursor."""
    found = _rows(request, ai, viec, PAGE, after)
    more = address("/nhat-ky", ai=ai, viec=viec, after=found.after) if found.after else None
    rows = [(one, page_of(one), changed(one.before, one.after)) for one in found.items]
    return html(
        request, "audit_log.html.j2", rows=rows, total=found.total, more=more, ai=ai, viec=viec, names=NAMES, who=WHO
    )  # fmt: skip


@router.get("/nhat-ky.{form}", include_in_schema=False)
def log_as(request: Request, form: str, ai: str = "", viec: str = "", after: str | None = None) -> Response:
    """The rows as a file, up to ten thousand; as JSON a page."""
    found = _rows(request, ai, viec, PAGE if form == "json" else MOST_ROWS, after)
    rows = [one.to_json() | {"changed": changed(one.before, one.after)} for one in found.items]
    document = {"total": found.total, "after": found.after, "rows": [one.to_json() for one in found.items]}
    return answer_as(request, form, Table("nhat-ky", _COLUMNS, rows, document))


def page_of(row: AuditRow) -> str | None:
    """Where what was written to is shown; None where it has no page."""
    where = _WHERE.get(row.what.partition(".")[0])
    return where.format(quote(row.subject, safe="")) if where else None


def changed(before: Any, after: Any) -> list[str]:
    """What a write changed, a line for each key.

    >>> changed({"role": "reader", "x": 1}, {"role": "editor", "x": 1}), changed(None, {"role": "editor"})
    (['role: reader → editor'], ['role: → editor'])
    """
    old, new = (one if isinstance(one, dict) else {} for one in (before, after))
    return [
        f"{key}: {_written(old, key)} → {_written(new, key)}".replace(":  ", ": ").rstrip()
        for key in dict.fromkeys((*old, *new))
        if old.get(key) != new.get(key)
    ]


def _written(values: dict[str, Any], key: str) -> str:
    value = values.get(key, "")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _rows(request: Request, who: str, what: str, limit: int, after: str | None) -> ListPage[AuditRow]:
    with context_of(request).engine.connect().execution_options(diemtin_read=True) as conn:
        return audit_page(conn, who=who or None, what=what or None, limit=limit, after=after)
