"""No opener makes the time grow faster than the text: see `tests.growth` for how that is measured."""

from __future__ import annotations

import html
import importlib
import json
import pkgutil
from collections.abc import Callable
from datetime import UTC, datetime
from types import ModuleType

import pytest

import crawler.discovery
import crawler.reading
import crawler.text.normal as texts
from crawler.article import Page
from crawler.dates.machine import parse_feed_date, printed_day
from crawler.dates.printed import parse_machine
from crawler.discovery.listing import (
    links_from_feed,
    links_from_json,
    links_from_listing,
    links_from_sitemap,
    next_page,
    why_no_feed,
)
from crawler.reading.extract import read
from crawler.source import Source
from crawler.urls import canonical_url, is_article, request_url
from tests import press_pages as press
from tests.growth import grow, openers_of, too_steep

FETCHED = datetime(2026, 11, 21, 7, 5, tzinfo=UTC)
HEAD = f"<h1>{press.TITLE}</h1><p>12/09/2024 15:20</p>"
ROW = Source.model_validate(
    {
        "id": "growth", "name": "Báo Kim Hải", "province": "Kim Hải", "fictitious": True,
        "homepage": "https://kimhai.example/", "evidence": "seen",
        "sections": [{"name": "Xây dựng Đảng", "url": "https://kimhai.example/xay-dung-dang"}],
        "articles": {"url": r"^https://kimhai\.example/.+\.html$"},
    }
)  # fmt: skip


def _modules(package: ModuleType) -> list[ModuleType]:
    return [
        importlib.import_module(f"{package.__name__}.{m.name}")
        for m in pkgutil.iter_modules(package.__path__)
    ]


MARKS = ("\u0301", "\u0323\u0301", "a\u0301\u0323", "\u0345\u0301\u0323\u0300", "\u3099\u0301", " \u0301", "e\u0323\u0302",
         "\u0323\u200b", "\U0001e8d0\u0301", "\u1100\u1161\u11a8", "가\u11a8", "\u0dd9\u0dcf")  # fmt: skip
LETTERS = (
    "a",
    "ạ",
    " ",
    "\n",
    "\r\n",
    "\u2028",
    "\0",
    "\u00ad",
    "Ð",
    "“",
    "ﬁ",
    "0",
    "-",
    ".",
    "TTXVN - ",
    "(HGO) - ",
    "uỷ",
    "qoà ",
)
TEXT = {
    "nfc": texts.nfc, "stream_safe": texts.stream_safe, "clean_line": texts.clean_line, "clean_block": texts.clean_block,
    "compose_text": lambda text: texts.compose_text((text, text)),
    "modern_tone": texts.modern_tone, "strip_tones": texts.strip_tones, "fold": texts.fold,
    "exact_key": texts.exact_key, "compose_with_offsets": texts.compose_with_offsets, "syllables": texts.syllables,
    "text_key": texts.text_key, "text_hash": texts.text_hash, "key_hash": texts.key_hash,
    "looks_vietnamese": texts.looks_vietnamese,
}  # fmt: skip


@pytest.mark.parametrize("name", TEXT)
def test_the_time_of_a_text_function_grows_with_the_text(name: str) -> None:
    assert not too_steep(TEXT[name], (*openers_of(texts), *MARKS, *LETTERS))


PAGE = 25_000
"""Characters of the largest page or channel: a search that starts anew at every place takes seconds for them already."""
MARKUP = (
    "<div>", "</div>", "<div><p>", "<p>a</p>", "<p>", "<br>", "<b>", "<span>a", "<b>a</b> ", "<table><tr><td>", "<tr><td>a",
    "<ul><li>", "<li>a</li>", "<h1>a</h1>", "<h2>Tin khác</h2>", "<div>Tin liên quan</div>", "<a>", "<a href=/a.html>",
    "<a href=/a.html>Trao Huy hiệu Đảng cho 42 đảng viên</a>", "<div><a href=/a.html>Trao Huy hiệu Đảng cho 42 đảng viên</a></div>",
    "<img src=/a.jpg>", "<figure><img src=/a.jpg><figcaption>Ảnh: A</figcaption></figure>", "<script>", "<script", "<script>a</script>",
    "<style>", "<svg>", "<!--", "<!-- -->", "<![CDATA[", "<script type=application/ld+json>{", "<script type=application/ld+json>{}</script>",
    "<meta name=a content=b>", "<link rel=canonical href=/a>", "<time datetime=2024-09-12>", "<div class=author>Hồ Lan</div>",
    "<form>", "<textarea>", "<noscript>", "<html>", "</html>", "<body>", "<head>", "<base href=/>", "<title>", "<iframe>", "<o:p>",
    "<div class=comment>Hay quá</div>", "<article><h1>Tin mới</h1>", "<section>a</section>", "&amp;", "&", "&lt;p&gt;", "\\u0041", "%u1ea1",
    "{{", "[[", "<%", "{", "[", "\"", "'", "Gi\u1ea5y ph\u00e9p s\u1ed1 12/GP-BTTTT ", "<p>Ảnh: A</p>", "<p>12/09/2024 15:20</p>", "<p>Hồ Lan</p>",
)  # fmt: skip
"""What loops over the tree look for."""


def _read(markup: str) -> object:
    return read(Page(press.URL, markup.encode(), FETCHED))


WHERE: dict[str, Callable[[str], object]] = {
    "in the head": lambda t: _read(press.page(f"<div>{HEAD}{press.paragraphs()}</div>", head=t)),
    "above the title": lambda t: _read(press.page(f"{t}<div>{HEAD}</div><div>{press.paragraphs()}</div>")),
    "between title and story": lambda t: _read(press.page(f"<div>{HEAD}</div>{t}<div>{press.paragraphs()}</div>")),
    "in the story": lambda t: _read(press.page(f"<div>{HEAD}{press.paragraphs()}{t}</div>")),
    "below the story": lambda t: _read(press.page(f"<div><div>{HEAD}<div>{press.paragraphs()}</div></div>{t}</div>")),
    "instead of a story": _read,
}  # fmt: skip


@pytest.mark.parametrize("where", WHERE)
def test_the_time_of_reading_grows_with_what_the_page_is_made_of(where: str) -> None:
    assert not too_steep(WHERE[where], (*MARKUP, *MARKS[:4]), largest=PAGE, quick=True)


WORDS: dict[str, Callable[[str], object]] = {
    "a paragraph": lambda t: _read(press.page(f"<div>{HEAD}{press.paragraphs()}<p>{html.escape(t)}</p></div>")),
    "a lead and a title": lambda t: _read(
        press.page(f"<div><h1>{html.escape(t)}</h1><p>{html.escape(t)}</p>{press.paragraphs()}</div>", title=html.escape(t))
    ),
    "an attribute": lambda t: _read(
        press.page(
            f'<div>{HEAD}<img src="/a.jpg" alt="{html.escape(t)}"><div class="{html.escape(t)}" style="{html.escape(t)}">'
            f'<a href="{html.escape(t)}">a</a>{press.paragraphs()}</div></div>',
            head=f'<meta property="article:published_time" content="{html.escape(t)}"><meta name=author content="{html.escape(t)}">',
        )
    ),
    "JSON-LD": lambda t: _read(
        press.page(
            f"<div>{HEAD}{press.paragraphs()}</div>",
            head=f"<script type=application/ld+json>{json.dumps({'@type': 'NewsArticle', 'headline': t, 'author': t, 'articleBody': t, 'datePublished': t})}</script>",
        )
    ),
    "a script": lambda t: _read(f"<html><body><div id=app></div><script>{t}</script></body></html>"),
}  # fmt: skip


@pytest.mark.parametrize("where", WORDS)
def test_the_time_of_reading_grows_with_the_words(where: str) -> None:
    openers = openers_of(*_modules(crawler.reading))
    assert not too_steep(WORDS[where], (*openers, *LETTERS), largest=PAGE, quick=True)


def test_many_short_lines_cost_what_one_does() -> None:
    openers = openers_of(*_modules(crawler.reading))
    assert not too_steep(lambda lines: _read(press.page(f"<div>{HEAD}{press.paragraphs()}{lines}</div>")),
                         (f"<p>{html.escape(opener)}</p>" for opener in openers), largest=PAGE, quick=True)  # fmt: skip


def _feed(items: str) -> bytes:
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{items}</channel></rss>'.encode()


ITEM = "<item><title>{0}</title><link>https://kimhai.example/{1}.html</link><pubDate>{0}</pubDate></item>"
CHANNELS: dict[str, Callable[[str], object]] = {
    "a feed": lambda t: links_from_feed(t.encode(), ROW.homepage),
    "a feed's items": lambda t: links_from_feed(_feed(t), ROW.homepage),
    "a feed's item": lambda t: links_from_feed(_feed(ITEM.format(t, "a")), ROW.homepage),
    "a sitemap": lambda t: links_from_sitemap(f"<urlset>{t}</urlset>".encode(), ROW.homepage),
    "a sitemap's words": lambda t: links_from_sitemap(t.encode(), ROW.homepage),
    "a listing": lambda t: links_from_listing(f"<body>{t}</body>".encode(), ROW.homepage, ROW, ROW.sections[0]),
    "a listing's words": lambda t: links_from_listing(
        f"<body><div><a href=/a.html>{html.escape(t)}</a>{html.escape(t)}</div></body>".encode(), ROW.homepage, ROW, ROW.sections[0]
    ),
    "JSON": lambda t: links_from_json(t.encode(), ROW.homepage),
    "JSON's words": lambda t: links_from_json(json.dumps([{"url": "/a.html", "title": t, "html": f"<a {t}"}]).encode(), ROW.homepage),
    "the next page": lambda t: next_page(f"<body>{t}</body>".encode(), ROW.homepage, ROW.sections[0], 1),
    "why it is no feed": lambda t: why_no_feed(t.encode()),
    "an address": lambda t: request_url(f"https://kimhai.example/{t}"),
    "an address's parameters": lambda t: canonical_url(f"https://kimhai.example/a.html?{t}", ROW),
    "an article's address": lambda t: is_article(f"https://kimhai.example/{t}.html", ROW),
    "a feed's date": lambda t: parse_feed_date(t[:100]) and parse_feed_date(t),
    "a printed day": printed_day,
    "a machine's date": parse_machine,
}  # fmt: skip
CHANNEL_MARKUP = (
    "<![CDATA[", "<![CDATA[a]]>", "<item>", "<item/>", ITEM.format("Trao Huy hiệu Đảng", "a"), "<entry><link href='/a.html'/>", "<url>",
    "<url><loc>https://kimhai.example/a.html</loc></url>", "<sitemap><loc>https://kimhai.example/a.xml</loc></sitemap>", "<a:b>", "<link>",
    "<title>", "&nbsp;", "&amp;", "&", "&#1;", "<!--", "<?", "<", "https://kimhai.example/a.html\n", "<urlset>", "<rss>", "<channel>",
    "<a href=/a.html>Trao Huy hiệu Đảng cho 42 đảng viên</a>", "<div><a href=/a.html>", "<div><a href=/a.html>a</a><time>08:00 12/9/2026</time>",
    "<h3><a href=/a.html>Trao Huy hiệu Đảng cho 42</a></h3>", "<aside><a href=/a.html>a</a>", "<a rel=next href=/b>", "[", "{", "{\"a\":", "[1,", "\"a\",",
    "%20", "%", "/", "/../", "?", "a=b&", "utm_a=b&", ";jsessionid=", "#", "@", ":", "[::1]", "xn--", ".", "..", "1/2/2026 ", "11-",
)  # fmt: skip


@pytest.mark.parametrize("where", CHANNELS)
def test_the_time_of_finding_grows_with_what_the_channel_is_made_of(where: str) -> None:
    openers = (*openers_of(*_modules(crawler.discovery)), *CHANNEL_MARKUP, *MARKS[:4])
    assert not too_steep(CHANNELS[where], openers, largest=PAGE, quick=True)


def test_numbered_items_cost_no_more_each_the_more_there_are() -> None:
    def items(text: str) -> bytes:
        return _feed("".join(ITEM.format("Trao Huy hiệu Đảng", number) for number in range(len(text) // 100)))

    def cards(text: str) -> bytes:
        many = range(len(text) // 60)
        return "".join(f"<div><a href=/{n}.html>Trao Huy hiệu Đảng {n}</a></div>" for n in many).encode()

    assert grow(lambda t: links_from_feed(items(t), ROW.homepage), "a", largest=2_500_000).linear
    assert grow(lambda t: links_from_listing(cards(t), ROW.homepage, ROW, ROW.sections[0]), "a").linear


def test_the_harness_tells_a_search_that_starts_anew_from_one_that_does_not() -> None:
    import re

    lazy, bounded = re.compile(r"<!--.*?-->", re.DOTALL), re.compile(r"<!--[^<]*-->")
    assert grow(lazy.findall, "<!--").worst > 30
    assert grow(bounded.findall, "<!--").linear
