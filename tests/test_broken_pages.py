"""Skeletons, structured data and times as hands and programs really write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler.article import Article, Page
from crawler.dates.printed import parse_machine
from crawler.reading.extract import read
from crawler.reading.loose_json import read_json
from tests import press_pages as press

FETCHED = datetime(2026, 11, 21, 7, 5, tzinfo=UTC)
HEAD = f"<h1>{press.TITLE}</h1><p>12/09/2024 15:20</p>"
STORY = f"<div>{HEAD}<div class=g1>{press.paragraphs()}<img src=anh/p.jpg></div></div>"


def _read(markup: str) -> Article:
    found = read(Page(press.URL, markup.encode(), FETCHED))
    assert isinstance(found, Article), found
    return found


SKELETONS = {
    "html ends before the head": f"<!DOCTYPE html><html lang=vi></html><head><title>{press.TITLE}</title></head><body>{STORY}</body></html>",
    "body ends at once": f"<html><head></head><body></body>{STORY}</html>",
    "html ends in the middle": f"<html><body>{STORY.replace('</p><p>Theo', '</p></body></html><p>Theo')}",
    "a second body": f"<html><body class=a><div>Trang chủ</div><body class=b>{STORY}</body></body></html>",
    "html within": f"<html><body><div><html><head><title>{press.TITLE}</title></head><body>{STORY}</body></html></div></body></html>",
    "no skeleton": STORY,
    "a comment that is not closed": f"<html><body><!-- đầu trang ><div></div>{STORY}</body></html>",
    "a comment closed with a bang": f"<html><body><!-- đầu trang --!><div></div>{STORY}<!-- cuối --></body></html>",
    "an empty comment": f"<html><body><!-->{STORY}<!--->{press.FOOT}</body></html>",
    "capitals": f"<HTML></HTML><HEAD></HEAD><BODY>{STORY}</BODY></HTML>",
}


@pytest.mark.parametrize("name", SKELETONS)
def test_a_broken_skeleton_loses_nothing(name: str) -> None:
    found = _read(SKELETONS[name])
    assert (found.title, found.paragraphs) == (press.TITLE, press.PARAGRAPHS)
    assert found.published == "2024-09-12T15:20:00+07:00"


def test_pictures_stand_against_the_base_of_the_page() -> None:
    assert _read(
        f"<html><head><base href='https://cdn.kimhai.example/kho/'></head><body>{STORY}</body></html>"
    ).images == ("https://cdn.kimhai.example/kho/anh/p.jpg",)


NO_ADDRESSES = (
    "//]",
    "http://[",
    "http://[::1",
    "//ba\u2100o/",
    "http://\uff0f:x/",
    "http://a:99999999/",
    "\x00",
    "http://a b/%%%",
)
ADDRESSED = (
    "<a href='{}'>Tin khác</a>", "<a href='{}'><img src='{}' alt='x'></a>", "<img src='{}' data-src='{}'>", "<link rel=canonical href='{}'>",
    "<base href='{}'>", "<meta property='og:url' content='{}'>", "<meta property='og:image' content='{}'>", "<iframe src='{}'></iframe>",
    "<script type='application/ld+json'>{{\"@type\": \"NewsArticle\", \"url\": \"{}\", \"image\": \"{}\"}}</script>",
    "<figure><a href='{}'><img src='{}'></a><figcaption>Ảnh</figcaption></figure>", "<form action='{}'></form>",
)  # fmt: skip


@pytest.mark.parametrize("markup", ADDRESSED)
def test_what_is_no_address_costs_no_article(markup: str) -> None:
    for address in NO_ADDRESSES:
        printed = markup.replace("{}", address).replace("{{", "{").replace("}}", "}")
        linked = f"<p>{press.PARAGRAPHS[0]} <a href='{address}'>Xem</a></p><div class=related>{press.paragraphs()}{printed}</div>"
        for page in (
            f"<html><head>{printed}</head><body><div>{STORY}</div></body></html>",
            f"<html><body><div>{STORY}<p>{printed}</p></div></body></html>",
            f"<html><body><div>{STORY}</div><ul><li>{printed}</li></ul></body></html>",
            f"<html><body><div>{STORY.replace('<img', f'{linked}<img')}</div></body></html>",
        ):
            assert _read(page).paragraphs[: len(press.PARAGRAPHS)] == press.PARAGRAPHS, (markup, address)


NODE = '"@type": "NewsArticle", "headline": "x", "datePublished": "2024-09-12T15:20:00+07:00", "author": {"@type": "Person", "name": "Hồ Lan"}'
BLOCKS = {
    "wrapped in a comment": f"<!-- {{{NODE}}} -->",
    "wrapped in CDATA": f"//<![CDATA[\n{{{NODE}}}\n//]]>",
    "wrapped twice": f"/* <![CDATA[ */ {{{NODE}}}; /* ]]> */",
    "with remarks": f"// bài viết\n{{ /* kiểu */ {NODE.replace(', ', ', // chú thích' + chr(10), 1)} }}",
    "a comma too many": f"{{{NODE},}}",
    "a comma too few": "{" + NODE.replace('"NewsArticle", ', '"NewsArticle" ') + "}",
    "never closed": "{" + NODE,
    "closed twice": "{" + NODE + "}}",
    "two objects": '{"@type": "WebSite", "name": "Báo Kim Hải"}{' + NODE + "}",
    "two objects with a comma": '{"@type": "WebSite"},\n{' + NODE + "}",
    "quotes in the text": "{" + NODE.replace('"x"', '"Lễ phát động "Ngày vì người nghèo" ở Hạ Lương"') + "}",
    "single quotes": "{" + NODE.replace('"', "'") + "}",
    "lines in the text": "{" + NODE.replace('"x"', '"Một\nhai\tba"') + "}",
    "entities": "{" + NODE.replace('"', "&quot;") + "}",
    "bare keys": "{" + NODE.replace('"author"', "author").replace('"headline"', "headline") + "}",
}


@pytest.mark.parametrize("name", BLOCKS)
def test_one_fault_does_not_lose_a_block_of_structured_data(name: str) -> None:
    page = f"<div><h1>{press.TITLE}</h1>{press.paragraphs()}</div>"
    found = _read(press.page(page, head=f"<script type=application/ld+json>{BLOCKS[name]}</script>"))
    assert (found.published, found.authors) == ("2024-09-12T15:20:00+07:00", ("Hồ Lan",))
    # A raw line break is forgiven without a word, as before.
    assert any("JSON-LD" in w for w in found.warnings) == (name != "lines in the text")


def test_what_is_no_json_gives_nothing_and_what_is_json_is_untouched() -> None:
    assert read_json("function a() { return 1 }")[0] in ([], [{}])
    assert read_json('[{"a": 1}, {"b": [true, null, "\\u0110"]}]') == (
        [[{"a": 1}, {"b": [True, None, "Đ"]}]],
        None,
    )
    assert read_json("")[0] == []


@pytest.mark.parametrize(
    "text",
    [
        "2026-09-14T15:20:00+07:00", "2026-09-14T08:20:00Z", "2026-09-14 15:20:00 +0700 +07", "2026-09-14T15:20:00 GMT+07:00",
        "2026-09-14 15:20:00 ICT", "Mon Sep 14 15:20:00 ICT 2026", "Mon Sep 14 2026 15:20:00 GMT+0700 (Indochina Time)",
        "9/14/2026 3:20:00 PM +07:00", "Mon, 14 Sep 2026 08:20:00 GMT", "2026-09-14T15:20:00[Asia/Ho_Chi_Minh]", "2026-09-14T15:20:00+07",
        "14/09/2026 15:20 GMT +7", "15:20 (GMT+7) 14/09/2026", "Thứ Hai, 14/09/2026 "
        "| 15:20 (UTC+07:00)", "14/09/2026 - 15:20",
        "15:20 - 14 tháng 9, 2026", "2026-09-14T08:20:00.000+00:00", "1789374000",
    ],
)  # fmt: skip
def test_a_zone_is_read_in_every_spelling(text: str) -> None:
    found = parse_machine(text)
    assert found is not None
    assert found.iso == "2026-09-14T15:20:00+07:00"


@pytest.mark.parametrize(
    "text",
    ["2026-09-14T00:00:00Z", "2026-09-14T00:00:00+08:00", "2026-09-13T17:00:00Z", "2026-09-14T00:00:00", "14/09/2026 00:00:00",
     "Mon, 14 Sep 2026 00:00:00 +0000", "2026-09-14 00:00:00 ICT"],
)  # fmt: skip
def test_a_machines_midnight_is_a_day(text: str) -> None:
    found = parse_machine(text)
    assert found is not None
    assert found.iso == "2026-09-14"
