"""Furniture of a page is decided once: its words, and the one label of every block."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import etree, html
from lxml.etree import _Element as Element

from crawler.article import Article, Page
from crawler.reading import furniture, piece
from crawler.reading.container import locate
from crawler.reading.extract import read
from crawler.reading.labels import Label, Labels, Sure
from crawler.reading.piece import Piece
from tests import press_pages as press

FETCHED = datetime(2026, 11, 21, 7, 5, tzinfo=UTC)
LISTS = Path(furniture.__file__).with_suffix(".toml")


def test_the_words_of_furniture_are_sorted_and_each_stands_once_in_its_list() -> None:
    def lists(table: dict[str, object]) -> list[list[str]]:
        found = []
        for value in table.values():
            if isinstance(value, dict):
                found += lists(value)
            else:
                found.append(value.split() if isinstance(value, str) else value)
        return found

    for words in lists(tomllib.loads(LISTS.read_text(encoding="utf-8"))):
        assert words == sorted(set(words))


def test_every_list_of_furniture_says_what_it_is_for() -> None:
    lines = LISTS.read_text(encoding="utf-8").splitlines()
    for before, line in pairwise(lines):
        if re.match(r"\[|[a-z_]+ = ", line) and not line.startswith(("words", "pieces", "keywords_alone")):
            assert before.startswith("# ") and before.endswith("."), line


PROSE = "Hội nghị thống nhất giao các chi bộ rà soát từng hộ, báo cáo kết quả trước ngày 25 hằng tháng."
CARD = f'<a href="/tin-7.html">Xã Đá Bạc khánh thành nhà văn hóa thôn</a><p>{PROSE}</p>'
LINKS = (
    '<a href="/tin-1.html">Khánh thành cầu Vĩnh An</a> <a href="/tin-2.html">Huyện Kim Hải tổng kết năm</a>'
)
BLOCKS = {
    "a paragraph": (f"<p>{PROSE}</p>", "story", Sure.HINT, "nothing"),
    "a block of prose": (f"<div><p>{PROSE}</p><p>{PROSE}</p></div>", "story", Sure.HINT, "nothing"),
    "hidden by style": (f'<div style="display: none">{PROSE}</div>', "hidden", Sure.CERTAIN, "display: none"),
    "a copy to print": (f'<div class="print-only">{PROSE}</div>', "hidden", Sure.CERTAIN, "print-only"),
    "named related": (f'<div class="box-tinlienquan">{PROSE}</div>', "furniture", Sure.LIKELY, "box-tinlienquan"),
    "named comments": (f'<div id="comment-list">{PROSE}</div>', "comments", Sure.LIKELY, "comment-list"),
    "named for its author": (f'<div class="author-box">{PROSE}</div>', "author", Sure.LIKELY, "author-box"),
    "named both ways": (f'<div class="related-post-content">{PROSE}</div>', "mixed", Sure.LIKELY, "related"),
    "named lead too": (f'<div class="related sapo">{PROSE}</div>', "story", Sure.HINT, "nothing"),
    "a link": ('<a href="/tin-1.html">Khánh thành cầu</a>', "link", Sure.CERTAIN, "<a>"),
    "a caption": ("<figcaption>Quang cảnh hội nghị.</figcaption>", "caption", Sure.CERTAIN, "figcaption"),
    "a field": ("<select><option>Chọn ngày</option></select>", "code", Sure.CERTAIN, "<select>"),
    "an advert's slot": ('<div data-ad-slot="17">Giảm giá</div>', "advert", Sure.CERTAIN, "slot"),
    "a form": (f"<form>{PROSE}<input></form>", "form", Sure.LIKELY, "<form>"),
    "a page in a form": (f"<form>{PROSE * 15}</form>", "form", Sure.HINT, "<form>"),
    "a caption by name": ('<div class="image-desc">Quang cảnh.</div>', "caption", Sure.LIKELY, "image-desc"),
    "a linked picture": ('<div><a href="//qc.example/"><img src="a.jpg"></a></div>', "advert", Sure.LIKELY, "words"),
    "headed related": (f"<div><h3>Tin liên quan</h3><p>{PROSE}</p></div>", "related", Sure.LIKELY, "Tin liên quan"),
    "headed comments": (f"<div><b>4 bình luận</b><p>{PROSE}</p></div>", "comments", Sure.LIKELY, "4 bình luận"),
    "a column so headed": (f"<td><b>Chuyên mục</b><p>{PROSE}</p></td>", "related", Sure.HINT, "Chuyên mục"),
    "links that lead nowhere": ('<div><a href="#">Zalo</a> <a href="#">Gửi mail</a></div>', "tools", Sure.LIKELY, "nowhere"),
    "a share bar": ('<div class="share">Zalo, Facebook</div>', "tools", Sure.LIKELY, "share"),
    "next to only links": (f"<div>{LINKS}</div>", "related", Sure.LIKELY, "inside links"),
    "a long list of links": (f"<div>{LINKS * 25}</div>", "links", Sure.LIKELY, "inside links"),
    "a teaser": (f"<div>{CARD}</div>", "related", Sure.LIKELY, "teaser: Xã Đá Bạc"),
    "a teaser in a cell": (f"<td>{CARD}</td>", "related", Sure.HINT, "teaser: Xã Đá Bạc"),
    "a slogan": (f'<div>{PROSE}<a href="//qc.example/"><img src="a.jpg"></a></div>', "advert", Sure.LIKELY, "slogan"),
    "a question": ("<div>Bạn thấy sao?<form><input></form></div>", "tools", Sure.LIKELY, "a form"),
    "a box by name": (f'<div class="infobox">{PROSE}</div>', "inset", Sure.LIKELY, "infobox"),
    "a box by its border": (f'<div style="border: 1px solid"><p>{PROSE}</p></div>', "inset", Sure.LIKELY, "frame"),
    "an aside": (f"<aside><p>{PROSE}</p></aside>", "inset", Sure.CERTAIN, "<aside>"),
    "an aside of links": (f"<aside>{LINKS}</aside>", "related", Sure.CERTAIN, "<aside>"),
    "a foot": (f"<footer><p>{PROSE}</p></footer>", "foot", Sure.HINT, "<footer>"),
    "under a heading": (f"<h3>Tin khác</h3><div><p>{PROSE}</p></div>", "related", Sure.HINT, "under: Tin khác"),
    "the header's clock": ('<div class="datenow">Thứ bảy, 21/11/2026</div>', "clock", Sure.HINT, "nothing"),
}  # fmt: skip


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_is_labelled_with_what_it_is_how_sure_that_is_and_why(block: str) -> None:
    markup, kind, sure, evidence = BLOCKS[block]
    is_cell = markup.startswith("<td")
    tree = html.document_fromstring(
        f"<main>{f'<table><tr>{markup}</tr></table>' if is_cell else markup}</main>"
    )
    element = next(tree.iter("td" if is_cell else "main"))
    element = element if is_cell else element[-1]
    label = Labels().of(element)
    assert (label.kind, label.sure) == (kind, sure), label
    assert evidence in label.evidence


def _page(body: str) -> Page:
    return Page(press.URL, press.page(body).encode(), FETCHED)


def _story_with(furniture_of_it: str) -> str:
    first, *rest = (f"<p>{p}</p>" for p in press.PARAGRAPHS)
    return f"<h1>{press.TITLE}</h1><p>12/09/2024 15:20</p><div>{first}{furniture_of_it}{''.join(rest)}</div>"


MOST = "a long list of links"  # it is longer than half of what is told
CUT = [name for name, (markup, kind, sure, _) in BLOCKS.items()
       if sure >= Sure.LIKELY and kind not in ("story", "caption", "inset", "link") and name != MOST]  # fmt: skip


@pytest.mark.parametrize("block", CUT)
def test_what_is_surely_furniture_is_cut_from_the_story(block: str) -> None:
    found = read(_page(_story_with(BLOCKS[block][0])))
    assert isinstance(found, Article)
    assert list(found.paragraphs) == list(press.PARAGRAPHS)


@pytest.mark.parametrize("block", ["under a heading", "a paragraph", "named lead too"])
def test_a_hint_alone_cuts_nothing(block: str) -> None:
    found = read(_page(_story_with(BLOCKS[block][0])))
    assert isinstance(found, Article)
    assert PROSE in found.text


LINES = {
    "marks": (Piece("text", "* * *"), "mark", "no letter"),
    "a furniture heading": (Piece("text", "TIN LIÊN QUAN"), "heading", "TIN LIÊN QUAN"),
    "a heading of comments": (Piece("text", "Ý kiến bạn đọc (4)"), "comments", "Ý kiến bạn đọc"),
    "a link": (Piece("text", "Khánh thành cầu Vĩnh An", linked=23), "link", "23 of 23"),
    "a headline and its day": (Piece("text", "Khánh thành cầu Vĩnh An nối hai xã (16/11/2026 12:34)", linked=34), "link", "34"),
    "read more": (Piece("text", "Xem thêm: Khánh thành cầu Vĩnh An", linked=23), "link", "23 of 33"),
    "a linked name": (Piece("text", "Lò Văn Tám", sign=furniture.Sign.BYLINE, linked=10), "story", "nothing"),
    "keywords": (Piece("text", "Từ khóa: hội nghị, đảng bộ"), "keywords", "Từ khóa"),
    "a day": (Piece("text", "Thứ bảy, 21/11/2026 | 14:30"), "date", "a day"),
    "a time": (Piece("text", "14:30"), "date", "a time"),
    "a notice": (Piece("text", "© Báo Kim Hải"), "notice", "Báo Kim Hải"),
    "a counter": (Piece("text", "Đã thích: 1.501"), "visit", "1.501"),
    "a sentence": (Piece("text", PROSE), "story", "nothing"),
    "a long text full of links": (Piece("text", PROSE * 9, linked=300), "story", "nothing"),
    "a sentence about a day": (Piece("text", "Ngày 21/11/2026, xã Đá Bạc khánh thành nhà văn hóa."), "story", "nothing"),
}  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_a_line_is_labelled_with_what_it_is_and_why(line: str) -> None:
    printed, kind, evidence = LINES[line]
    assert printed.label.kind == kind, printed.label
    assert evidence in printed.label.evidence


def test_a_line_that_is_changed_is_a_new_line_with_a_label_of_its_own() -> None:
    heading = Piece("text", "Tin liên quan")
    assert heading.label.kind == "heading"
    assert replace(heading, text=PROSE).label.kind == "story"


def test_every_block_and_every_line_of_a_page_is_labelled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: Counter[Element] = Counter()
    lines: list[Piece] = []
    judge, judge_line = Labels._judge, piece._judge

    def counting(labels: Labels, element: Element) -> Label:
        judged[element] += 1
        return judge(labels, element)

    def counting_lines(line: Piece) -> Label:
        lines.append(line)
        return judge_line(line)

    monkeypatch.setattr(Labels, "_judge", counting)
    monkeypatch.setattr(piece, "_judge", counting_lines)
    body = _story_with("".join(markup for markup, *_ in BLOCKS.values() if not markup.startswith("<td")))
    assert isinstance(read(_page(body)), Article)
    assert len(judged) > len(BLOCKS)
    assert set(judged.values()) == {1}
    assert len(lines) > len(press.PARAGRAPHS)
    assert len({id(line) for line in lines}) == len(lines)


def test_a_name_that_lies_is_told_in_the_label() -> None:
    body = "".join(f"<p>{p}</p>" for p in press.PARAGRAPHS)
    tree = html.document_fromstring(f'<html><body><div class="box-tinmoi">{body}</div></body></html>')
    (container,), labels = locate(tree)
    assert container.get("class") == "box-tinmoi"
    assert labels.of(container) == Label("story", Sure.LIKELY, "named 'box-tinmoi', and tells a story")


def test_looking_for_the_body_changes_nothing_on_the_page() -> None:
    tree = html.document_fromstring(_page(_story_with(f'<div class="related">{LINKS}</div>')).body)
    before = etree.tostring(tree)
    locate(tree)
    assert etree.tostring(tree) == before
