"""A digest as a file: Word, PDF, a web page, Markdown, a workbook, or JSON to go on with."""

from __future__ import annotations

import io
import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from crawler.delivery.digest import Digest, NewsItem, why
from crawler.delivery.digest_docx import TEMPLATES, docx, pdf
from crawler.delivery.digest_view import line, outlets_of, view
from crawler.delivery.display_names import moment
from crawler.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

FORMS = ("docx", "pdf", "html", "md", "xlsx", "json")
_LONGEST_CELL = 32_000
"""Excel holds 32,767 characters in a cell."""
_LONGEST_LINK = 2_000
"""Excel holds 2,079 characters in a link."""


def form_of(path: Path) -> str:
    """The form of a file by its ending. Raises InvalidInput where there is none such."""
    form = path.suffix.lower().removeprefix(".")
    if form not in FORMS:
        raise InvalidInput(
            f"--out {path}: không có dạng này; hãy dùng {', '.join('.' + one for one in FORMS)} / "
            "there is no such form"
        )
    return form


def as_file(digest: Digest, form: str, *, template: Path | None = None, with_why: bool = False) -> bytes:
    """The digest in one of FORMS; `template` is a .docx of one's own for Word and PDF."""
    word = template or TEMPLATES["party"]
    made: dict[str, Callable[[], bytes]] = {
        "docx": lambda: docx(digest, word, with_why=with_why),
        "pdf": lambda: pdf(docx(digest, word, with_why=with_why)),
        "html": lambda: html(digest, with_why=with_why).encode(),
        "md": lambda: markdown(digest, with_why=with_why).encode(),
        "xlsx": lambda: workbook(digest),
        "json": lambda: json.dumps(digest.to_json(), ensure_ascii=False, indent=1).encode(),
    }
    return made[form]()


def html(digest: Digest, *, with_why: bool = False) -> str:
    """A web page in one file, which loads nothing."""
    return _environment().get_template("digest.html.j2").render(view(digest, with_why=with_why))


def markdown(digest: Digest, *, with_why: bool = False) -> str:
    """CommonMark; what a title has of its signs is escaped."""
    told = view(digest, with_why=with_why)
    lines = [f"# {_md(told['title'])}", "", _md(told["days"]), ""]
    lines += [f"Theo câu tìm: {_md(told['asked'])}", ""] if told["asked"] else []
    if told["documents"] or told["meetings"]:
        lines += ["## Nổi bật", ""]
        for one in told["documents"]:
            known = ", ".join(filter(None, (one["name"], one["date"], one["issuer"], one["about"])))
            lines.append(f"- Văn kiện mới: {_md(known)} ({_md_link(one['outlet'], one['url'])})")
        for one in told["meetings"]:
            lines.append(f"- {_md(', '.join(filter(None, (one['name'], one['when'], one['place']))))}")
        lines.append("")
    for group in told["groups"]:
        lines += [f"## {_md(group['name'])}", ""]
        for item in group["items"]:
            lines += _md_item(item)
    lines += [] if told["count"] else ["Không có tin nào.", ""]
    for one in told["full"]:
        lines += [f"## Toàn văn: {_md(one['heading'])}", ""]
        for text in one["paragraphs"]:
            lines += [_md(text), ""]
    lines += ["## Nguồn đã xem", "", "| Nguồn | Tình trạng | Xem lần cuối |", "|---|---|---|"]
    lines += [f"| {_md(one['name'])} | {one['state']} | {one['until']} |" for one in told["coverage"]]
    return "\n".join((*lines, ""))


def workbook(digest: Digest) -> bytes:
    """One row a story, filters on, links live."""
    import xlsxwriter  # a tenth of a second to import

    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet("Điểm báo")
    bold = book.add_format({"bold": True})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.write_row(0, 0, [name for name, _ in _COLUMNS], bold)
    for place, (_, width) in enumerate(_COLUMNS):
        sheet.set_column(place, place, width)
    sheet.freeze_panes(1, 0)
    rows = [(group.name, item) for group in digest.groups for item in group.items]
    for number, (group, item) in enumerate(rows, 1):
        for place, value in enumerate(_row(number, group, item)):
            if isinstance(value, int):
                sheet.write_number(number, place, value, wrapped)
            elif re.match(r"https?://", value) and len(value) <= _LONGEST_LINK:
                sheet.write_url(number, place, value)
            else:
                sheet.write_string(number, place, value[:_LONGEST_CELL], wrapped)
    sheet.autofilter(0, 0, max(len(rows), 1), len(_COLUMNS) - 1)
    book.close()
    return out.getvalue()


_COLUMNS = (
    ("STT", 5), ("Nhóm", 22), ("Tiêu đề", 50), ("Báo", 24), ("Tỉnh", 14), ("Số báo", 8), ("Ngày giờ", 18),
    ("Mở đầu", 60), ("Văn kiện", 28), ("Văn kiện mới", 20), ("Cuộc họp", 28), ("Trọng số", 9), ("Vì sao", 36),
    ("Địa chỉ", 40),
)  # fmt: skip


def _row(number: int, group: str, item: NewsItem) -> tuple[int | str, ...]:
    province = item.carried[0].province if item.carried else None
    texts = (item.documents, item.new_documents, item.meetings)
    documents, new, meetings = (line("; ".join(names)) for names in texts)
    when = moment(item.published) if item.published else ""
    head = (
        number,
        line(group),
        line(item.heading),
        outlets_of(item),
        line(province or ""),
        len(item.carried),
    )
    return (*head, when, line(item.lead), documents, new, meetings, item.points, why(item), item.url)


def _md_item(item: dict[str, Any]) -> list[str]:
    lines = [f"### {item['number']}. {_md(item['heading'])}", ""]
    lines += [f"{_md(item['outlets'])}, {item['time']}. {_md_link('Đọc bài', item['url'])}", ""]
    lines += [_md(item["lead"]), ""] if item["lead"] else []
    for name, values in (("Văn kiện", item["documents"]), ("Cuộc họp", item["meetings"])):
        lines += [f"{name}: {_md('; '.join(values))}", ""] if values else []
    for name, value in (("Ghi chú", item["note"]), ("Trọng số", item["why"])):
        lines += [f"{name}: {_md(value)}", ""] if value else []
    return lines


def _md(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|&~])", r"\\\1", text)


def _md_link(text: str, url: str) -> str:
    if not re.match(r"https?://", url):
        return _md(text)
    safe = re.sub(r"[<>\s]", lambda found: f"%{ord(found[0]):02X}", url)
    return f"[{_md(text)}](<{safe}>)"


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("crawler.delivery", "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
