"""One page → one article: every layout reads the same story; furniture stays out; hostile bytes end under a name."""

from __future__ import annotations

import gzip
import json
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.article import Article, Disposition, NoArticle, Page
from crawler.reading.extract import canonical_url, read
from crawler.reading.markup import MAX_BYTES, Markup, parse
from crawler.source import Source
from tests import press_pages as press

FETCHED = datetime(2026, 11, 21, 7, 5, tzinfo=UTC)


def look(markup: str | bytes, url: str = press.URL, **page: object) -> Article | NoArticle:
    body = markup if isinstance(markup, bytes) else markup.encode()
    return read(Page(url, body, FETCHED, **page))  # type: ignore[arg-type]


def article(markup: str | bytes, url: str = press.URL, **page: object) -> Article:
    found = look(markup, url, **page)
    assert isinstance(found, Article), found
    return found


def row(**extract: object) -> Source:
    return Source.model_validate(
        {
            "id": "bao-kim-hai",
            "name": "Báo Kim Hải",
            "province": "Kim Hải",
            "fictitious": True,
            "homepage": "https://kimhai.example/",
            "evidence": "seen",
            "sections": [{"name": "Xây dựng Đảng", "url": "https://kimhai.example/xay-dung-dang/"}],
            "articles": {"url": r"-\d+\.html$"},
            "extract": extract.get("variants", extract),
        }
    )


@pytest.mark.parametrize("layout", press.layouts())
def test_every_layout_reads_the_same_story(layout: str) -> None:
    found = article(press.layouts()[layout])
    assert found.title == press.TITLE
    assert found.paragraphs == press.PARAGRAPHS
    assert found.published == "2024-09-12T15:20:00+07:00"
    assert found.authors == ("Hồ Lan",)
    assert not any(h in found.text for h in press.HEADLINES)
    assert "Giấy phép" not in found.text


def test_a_page_without_a_date_has_none() -> None:
    clock = '<div class="top"><span id="clock">Thứ Bảy, 21/11/2026 14:05</span></div>'
    found = article(
        press.page(
            f"{clock}<div><h1>{press.TITLE}</h1><div class=b>{press.paragraphs(1)}</div></div>{press.COMMENTS}"
        )
    )
    assert (found.published, found.published_precision, found.published_from) == (None, None, None)


@pytest.mark.parametrize(
    "markup",
    [
        '<figure><img src="1.jpg"><figcaption>Quang cảnh hội nghị. <i>Ảnh: Văn Tám</i></figcaption></figure>',
        '<table align=center><tr><td><img src="1.jpg"></td></tr><tr><td>Quang cảnh hội nghị.<br>Ảnh: Văn Tám</td></tr></table>',
        '<p align=center><img src="1.jpg"><br>Quang cảnh hội nghị.</p><p align=center><em>Ảnh: Văn Tám</em></p>',
        '<div><img src="1.jpg"><p class="img-note">Quang cảnh hội nghị. <span class=credit>Văn Tám</span></p></div>',
        '<p style="text-align:center"><img src="1.jpg"></p><p style="text-align:center"><em>Quang cảnh hội nghị.</em></p>'
        '<p class=caption style="text-align:right"><em>Ảnh: Văn Tám</em></p>',
        '<amp-img src="1.jpg"></amp-img><p class="caption">Quang cảnh hội nghị. <small>Ảnh: Văn Tám</small></p>',
        '<figure><img src="1.jpg"><figcaption>Quang cảnh hội nghị. Ảnh: Văn Tám.</figcaption></figure>',
        '<figure><img src="1.jpg"><figcaption>Quang cảnh hội nghị. Ảnh Văn Tám</figcaption></figure>',
        '<figure><img src="1.jpg"><figcaption>Quang cảnh hội nghị. (Ảnh Văn Tám)</figcaption></figure>',
    ],
)  # fmt: skip
def test_a_caption_is_read_once_with_its_credit_apart(markup: str) -> None:
    body = f"<div class=b>{press.paragraphs()}</div>".replace("</p>", f"</p>{markup}", 1)
    found = article(press.page(f"<div><h1>{press.TITLE}</h1>{body}</div>"))
    assert [(c.text, c.credit) for c in found.captions] == [("Quang cảnh hội nghị.", "Văn Tám")]
    assert found.paragraphs == press.PARAGRAPHS
    assert found.text.count("Quang cảnh hội nghị") == 1
    assert found.images == ("https://kimhai.example/chinh-tri/1.jpg",)


@pytest.mark.parametrize(
    ("printed", "text", "credit"),
    [
        ("Chi bộ họp. (Ảnh: Văn Tám (CTV))", "Chi bộ họp.", "Văn Tám (CTV)"),
        ("Chi bộ họp - Ảnh Đức Anh/Báo Kim Hải", "Chi bộ họp", "Đức Anh/Báo Kim Hải"),
        ("Chi bộ họp. Ảnh minh họa", "Chi bộ họp. Ảnh minh họa", None),
        ("Chi bộ họp. Ảnh do xã cung cấp", "Chi bộ họp. Ảnh do xã cung cấp", None),
        ("Triển lãm tranh Đông Hồ", "Triển lãm tranh Đông Hồ", None),
        ("Dân xem triển lãm (ảnh Bác Hồ)", "Dân xem triển lãm (ảnh Bác Hồ)", None),
        ("Sạt lở. Ảnh hưởng của bão Số 3", "Sạt lở. Ảnh hưởng của bão Số 3", None),
    ],
)
def test_the_text_of_a_caption_is_without_its_credit_and_its_block_is_as_printed(
    printed: str, text: str, credit: str | None
) -> None:
    figure = f'<figure><img src="1.jpg"><figcaption>{printed}</figcaption></figure>'
    body = f"<div class=b>{press.paragraphs()}</div>".replace("</p>", f"</p>{figure}", 1)
    found = article(press.page(f"<div><h1>{press.TITLE}</h1>{body}</div>"))
    assert [(c.text, c.credit) for c in found.captions] == [(text, credit)]
    assert [b.text for b in found.blocks if b.kind == "caption"] == [printed]


@pytest.mark.parametrize(
    "markup",
    [
        f'<div class="q-1a"><a href="/x.html">{press.HEADLINES[0]}</a><p>Sáng 22/4, đội thanh niên xung kích ra quân.</p></div>',
        f'<div class=c><div>Có thể bạn quan tâm</div><ul>{press.RELATED}</ul></div>',
        f'<p><em>&gt;&gt; Xem thêm: <a href="/x.html">{press.HEADLINES[0]}</a></em></p>',
        f'<p><a href="/x.html">{press.HEADLINES[0]}</a></p>',
        f'<aside><h5><a href="/x.html">{press.HEADLINES[0]}</a></h5></aside>',
        f'<table align=right><tr><td><b>Tin liên quan:</b></td></tr><tr><td>» <a href="/x.html">{press.HEADLINES[0]}</a></td></tr></table>',
        '<form class=nl><p>Kim Hải ra quân làm đường giao thông nông thôn</p><input type=email></form>',
        '<table><tr><td><a href="/click?b=8"><img src="/b.gif"></a><br>Kim Hải ra quân làm đường giao thông nông thôn</td></tr></table>',
        f'<div style="display:none"><p>{press.HEADLINES[0]}</p></div>',
        f'<div class="ads-inpage"><span>Quảng cáo</span><a href="/go">{press.HEADLINES[0]}</a></div>',
    ],
)  # fmt: skip
def test_what_leads_away_in_the_middle_of_the_story_stays_out(markup: str) -> None:
    body = press.paragraphs().replace("</p>", f"</p>{markup}", 2)
    found = article(press.page(f"<div><h1>{press.TITLE}</h1><div class=b>{body}</div></div>"))
    assert found.paragraphs == press.PARAGRAPHS
    assert press.HEADLINES[0] not in found.text


def test_a_table_of_data_and_a_box_stand_in_the_text_but_are_no_paragraphs() -> None:
    table = "<table border=1><tr><th>Xã</th><th>Hợp tác xã</th></tr><tr><td>Nậm Cừ</td><td>14</td></tr><tr><td>Bản Sậy</td><td>9</td></tr></table>"
    box = '<div class="box-info"><p>Đồng chí Lò Văn Tám, sinh năm 1971, quê xã Nậm Cừ.</p></div>'
    body = press.paragraphs().replace("</p>", f"</p>{table}{box}", 1)
    found = article(press.page(f"<div><h1>{press.TITLE}</h1><div class=b>{body}</div></div>"))
    assert found.paragraphs == press.PARAGRAPHS
    assert "Nậm Cừ | 14" in found.text
    assert "sinh năm 1971" in found.text


def test_a_poem_keeps_its_lines() -> None:
    poem = "<p>Sáng nay nắng ấm qua đồi<br>Bản ta rộn rã tiếng cười trẻ thơ<br>Đường bê tông trắng như mơ<br>Dẫn em đến lớp, đón chờ ngày mai</p>"
    body = (
        poem
        + "<p>Đảng về như ánh ban mai<br>Soi từng nếp ruộng, sáng hoài lòng dân<br>Đảng viên đi trước ân cần</p>"
    )
    found = article(
        press.page(f"<div><h1>Mùa xuân bản mới về trên núi</h1><div class=b>{body}</div></div>", title="Thơ"),
        url="https://kimhai.example/tho/1.html",
    )
    assert found.paragraphs[0].splitlines()[1] == "Bản ta rộn rã tiếng cười trẻ thơ"


@pytest.mark.parametrize(
    ("encode", "note"),
    [
        (lambda t: t.replace("<meta charset=utf-8>", "").encode(), None),
        (lambda t: t.encode("utf-8-sig"), None),
        (lambda t: t.encode("utf-16"), "utf-16"),
        (lambda t: unicodedata.normalize("NFD", t).encode(), None),
        (lambda t: t.replace("utf-8", "windows-1252").encode(), None),
        (lambda t: cp1258(t.replace("utf-8", "windows-1258")), "cp1258"),
        (lambda t: gzip.compress(t.encode()), "gzip"),
        (
            lambda t: "".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in t.encode()).encode(),
            "twice",
        ),
        (lambda t: "".join(f"&#{ord(c)};" if ord(c) > 127 else c for c in t).encode(), None),
        (lambda t: t.encode().replace("Kết".encode(), b"\xff\x00" + "Kết".encode()), None),
    ],
)
def test_the_text_is_the_newspapers_whatever_the_bytes(encode, note) -> None:  # type: ignore[no-untyped-def]
    markup = press.page(
        f"<div><h1>{press.TITLE}</h1><time>12/09/2024 15:20</time><div class=b>{press.paragraphs()}</div></div>"
    )
    found = article(encode(markup))
    assert found.title == press.TITLE
    assert found.paragraphs[:4] == press.PARAGRAPHS[:4]
    assert unicodedata.is_normalized("NFC", found.text)
    assert note is None or any(note in w for w in found.warnings)


def cp1258(text: str) -> bytes:
    """Windows-1258 as editors write it: base letter with its vowel mark, then the tone as a combining byte."""
    tones = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
    out = []
    for char in text:
        parts = unicodedata.normalize("NFD", char)
        tone = "".join(c for c in parts if c in tones)
        out.append(unicodedata.normalize("NFC", "".join(c for c in parts if c not in tones)) + tone)
    return "".join(out).encode("cp1258")


def test_a_row_reads_its_container_and_prints_section_and_place() -> None:
    source = row(
        container="div.b", title="h1", section=".cate", place=".prov", authors=[".by"], published=".d"
    )
    markup = press.page(
        f"<a class=cate>Xây dựng Đảng</a><h1>{press.TITLE}</h1><b class=prov>Kim Hải</b><i class=d>12/09/2024 15:20</i>"
        f"<div class=b>{press.paragraphs()}</div><div class=by>Hồ Lan - Lò Tám</div>"
    )
    found = read(Page(press.URL, markup.encode(), FETCHED), source)
    assert isinstance(found, Article)
    assert found.reader == "site"
    assert found.text.split("\n\n") == [
        "Xây dựng Đảng",
        press.TITLE,
        "Kim Hải",
        *press.PARAGRAPHS,
        "Hồ Lan - Lò Tám",
    ]
    assert found.authors == ("Hồ Lan", "Lò Tám")


@pytest.mark.parametrize(
    "box",
    [
        "<div class=box><a class=by>Hồ Lan</a><a class=by>Lò Tám</a></div>",
        "<div class=box><a class=by>Hồ Lan</a>, <a class=by>Lò Tám</a></div>",
        "<ul><li><b class=by>Hồ Lan</b></li><li><b class=by>Lò Tám</b></li></ul>",
        "<div class=by><a>Hồ Lan</a> <a>Lò Tám</a></div>",
        "<div class=by><p>Hồ Lan</p><p>Lò Tám</p></div>",
    ],
)
def test_authors_in_elements_of_their_own_are_as_many_names(box: str) -> None:
    source = row(container="div.b", title="h1", authors=[".by"])
    others = "<div class=card><h3>Tin khác</h3><a class=by>Vàng Sơn</a></div>"
    markup = press.page(f"<h1>{press.TITLE}</h1><div class=b>{press.paragraphs()}</div>{box}{others}")
    found = read(Page(press.URL, markup.encode(), FETCHED), source)
    assert isinstance(found, Article)
    assert found.authors == ("Hồ Lan", "Lò Tám")
    assert found.text.endswith("\n\nHồ Lan - Lò Tám")


@pytest.mark.parametrize(
    "box",
    [
        "<div class=by><span>Bài, ảnh:</span> <span>Hồ Lan</span></div>",
        "<div class=by><b>Hồ</b> <b>Lan</b></div>",
        "<div class=by>Hồ Lan</div><div class=by>Hồ Lan</div>",
    ],
)
def test_a_name_in_two_elements_or_printed_twice_is_one_author(box: str) -> None:
    source = row(container="div.b", title="h1", authors=[".by"])
    markup = press.page(f"<h1>{press.TITLE}</h1><div class=b>{press.paragraphs()}</div>{box}")
    found = read(Page(press.URL, markup.encode(), FETCHED), source)
    assert isinstance(found, Article)
    assert found.authors == ("Hồ Lan",)


def test_an_old_page_is_read_with_the_layout_of_its_time() -> None:
    source = row(variants=[{"container": "div.new"}, {"container": "div.old", "until": "2021-03-01"}])
    markup = press.page(f"<h1>{press.TITLE}</h1><div class=old>{press.paragraphs()}</div>")
    found = read(Page(press.URL, markup.encode(), FETCHED), source)
    assert isinstance(found, Article)
    assert found.reader == "site:2021-03-01"


def test_a_row_whose_container_is_gone_falls_back_and_says_so() -> None:
    markup = press.page(f"<div><h1>{press.TITLE}</h1><div class=b>{press.paragraphs()}</div></div>")
    found = read(Page(press.URL, markup.encode(), FETCHED), row(container="div.gone"))
    assert isinstance(found, Article)
    assert found.reader == "generic:fallback-no-container"
    assert found.paragraphs == press.PARAGRAPHS


@pytest.mark.parametrize(
    ("canonical", "expected"),
    [
        (
            "https://kimhai.example/moi-412345.html?utm_source=zalo#top",
            "https://kimhai.example/moi-412345.html",
        ),
        ("https://other.example/moi-412345.html", press.URL),
        ("https://kimhai.example/", press.URL),
        ("//[bad", press.URL),
    ],
)
def test_the_canonical_address_is_believed_within_the_site(canonical: str, expected: str) -> None:
    markup = press.page(
        f"<h1>{press.TITLE}</h1><div>{press.paragraphs()}</div>",
        head=f'<link rel="canonical" href="{canonical}">',
    )
    assert article(markup).canonical_url == canonical_url(expected, None)


def test_structured_data_of_another_story_is_not_this_ones() -> None:
    nodes = [
        {"@type": "NewsArticle", "headline": press.HEADLINES[0], "url": "https://kimhai.example/khac-1.html",
         "datePublished": "2026-11-20T08:00:00+07:00", "author": {"@type": "Person", "name": "Lò Văn Khác"}},
        {"@type": "NewsArticle", "headline": press.TITLE, "url": press.URL, "datePublished": "2024-09-12T15:20:00+07:00",
         "author": [{"@type": "Person", "name": "holan02"}, {"@type": "Organization", "name": "Báo Kim Hải"}]},
    ]  # fmt: skip
    head = f'<script type="application/ld+json">{json.dumps(nodes, ensure_ascii=False)}</script><script type="application/ld+json">{{broken</script>'
    found = article(press.page(f"<h1>{press.TITLE}</h1><div>{press.paragraphs()}</div>", head=head))
    assert found.published == "2024-09-12T15:20:00+07:00"
    assert found.authors == ()


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("fifty megabytes", b"a" * 50_000_000),
        ("nested tags", b"<html><body>" + b"<div>" * 10_000 + b"x"),
        ("a million attributes", b"<p " + b"a=1 " * 1_000_000 + b">x</p>"),
        ("many names", b"<p " + b" ".join(b"a%d=1" % i for i in range(150_000)) + b">x</p>"),
        ("a long line", b"<html><body><p>" + b"chu " * 50_000 + b"</p>"),
        ("a million tags", b"<b>" * 1_000_000),
        ("gzip bomb", gzip.compress(b"\0" * 60_000_000)),
        ("NUL bytes", b"\0" * 10_000),
        ("an XML bomb", b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><html>&b;</html>'),
        ("nothing", b""),
        ("broken gzip", b"\x1f\x8bnot gzip at all"),
    ],
)  # fmt: skip
def test_hostile_bytes_end_under_a_name(name: str, body: bytes) -> None:
    found = look(body)
    assert isinstance(found, NoArticle)
    assert found.disposition in Disposition
    assert found.why


def test_the_size_bound_is_a_disposition() -> None:
    found = look(b"<p>" + b"x" * MAX_BYTES)
    assert isinstance(found, NoArticle)
    assert found.disposition is Disposition.TOO_LARGE


SAMPLE = press.layouts()["drupal"].encode()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.binary(max_size=12)), max_size=20))
def test_a_mutated_page_never_raises(edits: list[tuple[int, bytes]]) -> None:
    body = bytearray(SAMPLE)
    for at, patch in edits:
        body[at : at + len(patch)] = patch
    assert isinstance(look(bytes(body)), Article | NoArticle)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert isinstance(look(text.encode("utf-8", "surrogatepass")), Article | NoArticle)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, len(SAMPLE)))
def test_a_page_cut_short_never_raises(cut: int) -> None:
    assert isinstance(look(SAMPLE[:cut]), Article | NoArticle)


def test_reading_twice_gives_the_same_article() -> None:
    assert article(SAMPLE) == article(SAMPLE)


def test_a_parsed_tree_holds_no_comments() -> None:
    markup = parse(b"<html><body><p>a<!-- b -->c</p></body></html>")
    assert isinstance(markup, Markup)
    assert "".join(markup.tree.itertext()) == "ac"


def test_no_rule_of_the_reader_names_a_site() -> None:
    code = Path(__file__).resolve().parents[1] / "crawler" / "reading"
    for module in sorted(code.glob("*.py")):
        source = module.read_text(encoding="utf-8")
        assert not any(
            f"{name}.vn" in source or f"{name}.com" in source
            for name in ("bao", "vnexpress", "dantri", "tuoitre")
        )
