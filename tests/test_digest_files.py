"""The digest as a file: Word, PDF, web page, Markdown, workbook, and by a template of one's own."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from docx import Document
from openpyxl import load_workbook
from typer.testing import CliRunner

from crawler.cli.shell import app
from crawler.delivery.digest import (
    Carried,
    Digest,
    DigestHead,
    MeetingAhead,
    NewDocument,
    NewsItem,
    Reason,
    SourceLooked,
    from_json,
    grouped,
)
from crawler.delivery.digest_docx import TEMPLATES, docx, pdf
from crawler.delivery.digest_files import as_file, form_of, html, markdown, workbook
from crawler.delivery.digest_templates import BUILDERS
from crawler.errors import InvalidInput
from crawler.store.database import open_database
from tests.press_room import MORNING
from tests.web_room import fill

HOSTILE = "{{ 7*7 }} {% raw %} <script>alert(1)</script> & \u202eđảo \x0b😀 =1+1 | [x](y)"


def an_item(number: int, heading: str, words: int = 30) -> NewsItem:
    url = f"https://bao-lam-ha.example/bai-{number}?a=1&b=2"
    return NewsItem(
        url, heading, (Carried("Báo Lam Hà", "Lam Hà", url, "2026-11-21T06:00:00+07:00"),),
        lead="chi bộ " * (words // 2), documents=("Chỉ thị 19-CT/TU",), topics=("Tổ chức",),
        weight=(Reason(6, "có văn kiện mới"),),
    )  # fmt: skip


def a_digest(*items: NewsItem) -> Digest:
    return Digest(
        head=DigestHead(
            parent="TỈNH ỦY LAM HÀ", office="BAN TUYÊN GIÁO", number="12-BC/BTG", place="Lam Hà",
            signer="Nguyễn Văn An", recipients=("Thường trực Tỉnh ủy", "Lưu & gửi"),
        ),
        first="2026-11-21", last="2026-11-21", made="2026-11-22T06:30:00+07:00", asked=None,
        grouping="topic", length="leads",
        documents=(
            NewDocument("Chỉ thị 19-CT/TU", None, "2026-11-20", "về <chi bộ>", "Báo Lam Hà", "https://x.example/"),
        ),
        meetings=(MeetingAhead("Đại hội", "Đảng ủy", "2026-11-25", None, None, "upcoming", None),),
        groups=grouped(items, "topic"),
        coverage=(SourceLooked("Báo Lam Hà", "blocked", None, "403"),),
    )  # fmt: skip


def words_of(file: bytes) -> str:
    body = Document(io.BytesIO(file)).element.body
    return "\n".join("".join(t.text or "" for t in p.iter("{*}t")) for p in body.iter("{*}p"))


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_the_shipped_template_is_what_its_builder_makes(name: str) -> None:
    made = io.BytesIO()
    BUILDERS[name]().save(made)
    for part in ("word/document.xml", "word/header1.xml", "word/styles.xml"):
        with zipfile.ZipFile(made) as one, zipfile.ZipFile(TEMPLATES[name]) as other:
            assert one.read(part) == other.read(part), part


def test_the_party_form_has_the_head_the_foot_and_the_numbers_of_its_pages() -> None:
    file = docx(a_digest(an_item(1, "Một tin")), TEMPLATES["party"])
    text = words_of(file)
    for said in (
        "TỈNH ỦY LAM HÀ", "BAN TUYÊN GIÁO", "Số 12-BC/BTG", "ĐẢNG CỘNG SẢN VIỆT NAM", "ĐIỂM BÁO",
        "Lam Hà, ngày 22 tháng 11 năm 2026", "- Lưu & gửi", "Nguyễn Văn An", "1. Một tin", "không xem được: 403",
    ):  # fmt: skip
        assert said in text, said
    assert "{" not in text
    opened = Document(io.BytesIO(file))
    section = opened.sections[0]
    assert section.different_first_page_header_footer
    assert "PAGE" in section.header._element.xml
    assert section.left_margin is not None
    assert round(section.left_margin.mm) == 30
    assert opened.styles["Normal"].font.name == "Times New Roman"
    links = {one.target_ref for one in opened.part.rels.values() if one.is_external}
    assert links == {"https://bao-lam-ha.example/bai-1?a=1&b=2"}


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_a_hostile_title_is_text_in_a_word_file(name: str) -> None:
    text = words_of(docx(a_digest(an_item(1, HOSTILE)), TEMPLATES[name]))
    assert "{{ 7*7 }} {% raw %} <script>alert(1)</script> & đảo 😀 =1+1" in text


def test_a_hostile_title_is_text_in_every_other_form() -> None:
    told = a_digest(an_item(1, HOSTILE))
    assert "&lt;script&gt;" in html(told)
    assert "<script" not in html(told)
    assert "<script" not in markdown(told).replace("\\<", "")
    sheet = load_workbook(io.BytesIO(workbook(told))).active
    assert sheet is not None
    assert sheet["C2"].data_type == "s"
    assert "<script>" in str(sheet["C2"].value)
    assert from_json(json.loads(as_file(told, "json"))) == told


def test_a_workbook_has_one_row_a_story_filters_and_live_links() -> None:
    sheet = load_workbook(io.BytesIO(workbook(a_digest(an_item(1, "a"), an_item(2, "b"))))).active
    assert sheet is not None
    assert (sheet.max_row, sheet.auto_filter.ref) == (3, "A1:N3")
    assert sheet["N2"].hyperlink is not None


def test_an_empty_day_is_a_file_that_says_so() -> None:
    told = replace(a_digest(), documents=(), meetings=())
    assert "Không có tin nào." in words_of(docx(told, TEMPLATES["party"]))
    assert "Không có tin nào." in markdown(told)
    assert "Không có tin nào." in html(told)


def test_an_item_of_twenty_thousand_words_is_in_the_file_whole() -> None:
    long = replace(an_item(1, "dài"), text=("đảng " * 10_000, "viên " * 9_999 + "hết"))
    text = words_of(docx(replace(a_digest(long), length="full"), TEMPLATES["press"]))
    assert (text.count("đảng"), text.count("viên"), text.count("hết")) == (10_000, 9_999, 1)


@pytest.mark.parametrize(
    ("written", "said"),
    [("Tin {{ tieu_de }} đây", "tieu_de"), ("Lỗi {% if count %} hở", "Lỗi"), ("{{ title | lạ }} kia", "kia")],
)
def test_a_broken_template_is_refused_with_its_place(tmp_path: Path, written: str, said: str) -> None:
    document = Document()
    document.add_paragraph("Đoạn đầu")
    document.add_paragraph(written)
    path = tmp_path / "mau.docx"
    document.save(str(path))
    with pytest.raises(InvalidInput) as refused:
        docx(a_digest(), path)
    assert str(path) in str(refused.value)
    assert said in str(refused.value)


def test_what_is_no_word_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mau.docx"
    with pytest.raises(InvalidInput, match=r"mau\.docx"):
        docx(a_digest(), path)
    path.write_text("xin chào")
    with pytest.raises(InvalidInput, match="Word"):
        docx(a_digest(), path)


def test_an_unknown_form_is_told_with_those_there_are() -> None:
    with pytest.raises(InvalidInput, match=r"\.docx"):
        form_of(Path("diem-bao.odt"))


def test_where_libreoffice_is_missing_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InvalidInput, match="LibreOffice"):
        pdf(b"")


@pytest.mark.skipif(
    not (shutil.which("soffice") and shutil.which("pdftotext")),
    reason="LibreOffice or poppler is not installed",
)
def test_the_word_file_is_printed_by_libreoffice(tmp_path: Path) -> None:
    path = tmp_path / "diem-bao.pdf"
    path.write_bytes(as_file(a_digest(*(an_item(n, f"Tin số {n}") for n in range(40))), "pdf"))
    pages = subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True
    ).stdout.split("\f")
    assert "ĐẢNG CỘNG SẢN" in pages[0]
    assert [page.split()[0] for page in pages[:2]] != ["1", "2"]
    assert pages[1].split()[0] == "2"


def test_the_command_writes_a_file_copies_templates_and_says_what_is_wrong(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'diemtin.db'}")
    fill(engine)
    engine.dispose()
    run = CliRunner()
    out = tmp_path / "diem-bao.md"
    asked = ["--data", str(tmp_path), "digest", "--day", "2026-11-21", "--out", str(out)]
    environment = {"DIEMTIN_NOW": MORNING.isoformat()}
    done = run.invoke(app, [*asked, "--why", "--group", "nguồn"], env=environment)
    assert done.exit_code == 0, done.output
    assert "Tỉnh ủy Lam Hà ban hành chỉ thị về chi bộ" in out.read_text(encoding="utf-8")
    assert "2 báo cùng đăng" in out.read_text(encoding="utf-8")
    copied = run.invoke(app, ["--data", str(tmp_path), "digest", "--template-out", str(tmp_path / "mau")])
    assert copied.exit_code == 0
    assert len(list((tmp_path / "mau").glob("*.docx"))) == 2
    for wrong in (
        ["--watch", "không có"],
        ["--since", "2026-11-01"],
        ["--length", "dài"],
        ["--group", "màu"],
    ):
        assert isinstance(run.invoke(app, [*asked, *wrong], env=environment).exception, InvalidInput), wrong
