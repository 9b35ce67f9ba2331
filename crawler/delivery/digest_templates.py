"""Makes the two .docx templates that are shipped: `python -m crawler.delivery.digest_templates [FOLDER]`.

`party` is laid out after Hướng dẫn 36-HD/VPTW of 3 April 2018 (A4, margins 20, 20, 30 and 20 mm, Times New Roman 14,
page numbers from page 2, agency left, the Party's name with a rule right); `press` is plain.
An office edits a copy in Word.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

FOLDER = Path(__file__).with_name("templates")
FONT = "Times New Roman"
_CENTRE, _RIGHT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT
_JUSTIFIED = WD_ALIGN_PARAGRAPH.JUSTIFY


def party() -> Any:
    """The form of Party documents, as a python-docx document."""
    document = _empty()
    head = document.add_table(rows=1, cols=2)
    left, right = head.rows[0].cells
    left.width, right.width = Mm(65), Mm(95)
    _fill(left, [("{{ parent }}", {}), ("{{ office }}", {"bold": True}), ("*", {}), ("Số {{ number }}", {})])
    _fill(right, [("ĐẢNG CỘNG SẢN VIỆT NAM", {"bold": True, "size": 15, "rule": True})])
    _line(right, "{{ date_line }}", italic=True, align=_CENTRE)
    _line(document, "", size=6)
    _line(document, "{{ title }}", bold=True, size=16, align=_CENTRE)
    _line(document, "{{ days }}", bold=True, align=_CENTRE)
    _line(document, "-----", align=_CENTRE)
    _body(document)
    foot = document.add_table(rows=1, cols=2)
    left, right = foot.rows[0].cells
    _underlined = left.paragraphs[0].add_run("Nơi nhận:")
    _underlined.underline = True
    for text in ("{%p for one in recipients %}", "- {{ one }}", "{%p endfor %}"):
        _line(left, text, size=12)
    _fill(right, [("NGƯỜI KÝ", {"bold": True}), ("", {}), ("", {}), ("{{ signer }}", {"bold": True})])
    return document


def press() -> Any:
    """A plain one for a press desk."""
    document = _empty()
    _line(document, "{{ title }}", bold=True, size=18)
    _line(document, "{{ days }}{% if office %} · {{ office }}{% endif %}", italic=True)
    _body(document)
    return document


BUILDERS = {"party": party, "press": press}


def write(folder: Path = FOLDER) -> list[Path]:
    """Both templates into a folder; their paths."""
    paths = []
    for name, build in BUILDERS.items():
        path = folder / f"digest_{name}.docx"
        build().save(str(path))
        paths.append(path)
    return paths


def _empty() -> Any:
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin = section.bottom_margin = section.right_margin = Mm(20)
    section.left_margin = Mm(30)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(14)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    normal.element.rPr.rFonts.set(qn("w:cs"), FONT)
    section.different_first_page_header_footer = True
    number = section.header.paragraphs[0]
    number.alignment = _CENTRE
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    number._p.append(field)
    return document


def _body(document: Any) -> None:
    _line(document, "{%p if asked %}")
    _line(document, "Theo câu tìm: {{ asked }}", italic=True)
    _line(document, "{%p endif %}")
    _line(document, "{%p if documents or meetings %}")
    _line(document, "NỔI BẬT", bold=True)
    for text in (
        "{%p for one in documents %}",
        "- Văn kiện mới: {{ one.name }}{% if one.date %}, ngày {{ one.date }}{% endif %}"
        "{% if one.issuer %}, {{ one.issuer }}{% endif %}{% if one.about %}, {{ one.about }}{% endif %}"
        " ({{ one.outlet }})",
        "{%p endfor %}",
        "{%p for one in meetings %}",
        "- {{ one.name }}: {{ one.when }}{% if one.place %}, {{ one.place }}{% endif %} ({{ one.status }})",
        "{%p endfor %}",
    ):
        _line(document, text, align=_JUSTIFIED)
    _line(document, "{%p endif %}")
    _line(document, "{%p if not count %}")
    _line(document, "Không có tin nào.", italic=True)
    _line(document, "{%p endif %}")
    _line(document, "{%p for group in groups %}")
    _line(document, "{{ group.name }}", bold=True)
    _line(document, "{%p for item in group['items'] %}")
    _line(document, "{{ item.number }}. {{ item.heading }}", bold=True, align=_JUSTIFIED)
    _line(document, "{{ item.outlets }}, {{ item.time }}. {{r item.link }}", italic=True, size=12)
    for text in (
        "{%p if item.lead %}", "{{ item.lead }}", "{%p endif %}",
        "{%p if item.documents %}", "Văn kiện: {{ item.documents|join('; ') }}", "{%p endif %}",
        "{%p if item.meetings %}", "Cuộc họp: {{ item.meetings|join('; ') }}", "{%p endif %}",
        "{%p if item.note %}", "Ghi chú: {{ item.note }}", "{%p endif %}",
        "{%p if item.why %}", "Trọng số: {{ item.why }}", "{%p endif %}",
    ):  # fmt: skip
        _line(document, text, align=_JUSTIFIED)
    _line(document, "{%p endfor %}")
    _line(document, "{%p endfor %}")
    _appendices(document)


def _appendices(document: Any) -> None:
    _line(document, "{%p if full %}")
    _line(document, "PHỤ LỤC: TOÀN VĂN", bold=True)
    _line(document, "{%p for one in full %}")
    _line(document, "{{ one.heading }}", bold=True)
    for text in ("{%p for text in one.paragraphs %}", "{{ text }}", "{%p endfor %}"):
        _line(document, text, align=_JUSTIFIED)
    _line(document, "{%p endfor %}")
    _line(document, "{%p endif %}")
    _line(document, "NGUỒN ĐÃ XEM", bold=True)
    table = document.add_table(rows=4, cols=3)
    table.style = "Table Grid"
    rows = (
        ("Nguồn", "Tình trạng", "Xem lần cuối"),
        ("{%tr for one in coverage %}", "", ""),
        (
            "{{ one.name }}",
            "{{ one.state }}{% if one.problem %}: {{ one.problem }}{% endif %}",
            "{{ one.until }}",
        ),
        ("{%tr endfor %}", "", ""),
    )
    for row, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.paragraphs[0].add_run(text).font.size = Pt(12)
    _line(document, "Lập lúc {{ made }}.", italic=True, size=12)


def _fill(cell: Any, lines: list[tuple[str, dict[str, Any]]]) -> None:
    """Centred lines of a cell, the first in the paragraph that it has."""
    for at, (text, look) in enumerate(lines):
        _line(cell, text, align=_CENTRE, at=cell.paragraphs[0] if at == 0 else None, **look)


def _line(
    where: Any, text: str, *, bold: bool = False, italic: bool = False, size: float | None = None,
    align: Any = None, rule: bool = False, at: Any = None,
) -> None:  # fmt: skip
    paragraph = where.add_paragraph() if at is None else at
    paragraph.paragraph_format.space_after = Pt(4)
    paragraph.alignment = align
    run = paragraph.add_run(text)
    run.bold, run.italic = bold or None, italic or None
    run.font.size = Pt(size) if size else None
    if rule:
        border = OxmlElement("w:pBdr")
        under = OxmlElement("w:bottom")
        for key, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
            under.set(qn(f"w:{key}"), value)
        border.append(under)
        paragraph._p.get_or_add_pPr().insert_element_before(
            border, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr"
        )


if __name__ == "__main__":
    for written in write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER):
        print(written)
