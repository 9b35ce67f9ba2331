"""A press as large as one likes, served on loopback: every page made from its number, nothing kept.

    python bench/press_of_scale.py --hosts 60 --articles 500 [--frames ../shared/pages]

Each outlet has an address of its own (127.0.1.1 and up), because politeness is per host. Prints one JSON line with
its port, then one with the counts of what was asked for every line read from standard input, until that ends.

The pages are invented and have the makings of real ones (60 to 90 KB, some 800 elements, 200 links, a third of it
scripts, a body of some 900 syllables, three layouts of the common content systems). One article in ten is another
outlet's under a new title, as wire stories are. The same numbers give the same bytes. With `--frames`, the pages
around the same articles are those of real outlets (`real_frames`).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from html import escape
from pathlib import Path

from press_words import DOCUMENTS, ENDS, FAMILY, GIVEN, LEVELS, MENU, MIDDLE, NEWS, ONSETS, SENTENCES
from real_frames import Frame, frames_of

from crawler.dates.zones import VIETNAM
from crawler.demo.prose import slug

TODAY = datetime(2026, 11, 21, 8, 0, tzinfo=VIETNAM)
"""The press's own time: its newest articles are an hour old."""
PER_PAGE = 25
"""Links of a listing page."""
IN_FEED = 25
SECTION = "/xay-dung-dang"
WIRE_EVERY = 10
"""Every tenth article of the later outlets is one of the outlet before, under another title."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One article."""

    host: int
    number: int
    """0 is the newest."""
    title: str
    lead: str
    paragraphs: tuple[str, ...]
    caption: str
    author: str
    published: datetime

    @property
    def path(self) -> str:
        """Its address on its host."""
        return f"/{slug(self.title)}-post{self.host * 100_000 + self.number}.html"


def address(host: int) -> str:
    """The loopback address of an outlet."""
    return f"127.0.{1 + host // 250}.{1 + host % 250}"


def row(host: int, port: int, frames: Sequence[Frame] = ()) -> str:
    """The registry row of an outlet."""
    base, layout = f"http://{address(host)}:{port}", _LAYOUTS[host % len(_LAYOUTS)]
    places = frames[host % len(frames)].selectors if frames else layout.selectors
    selectors = "\n".join(f"{key} = {json.dumps(value)}" for key, value in places.items())
    return f"""id = "bao-{host:03d}"
name = "Báo {_place(random.Random(host))}"
province = "Tỉnh {host}"
homepage = "{base}/"
evidence = "seen"
fictitious = true
[[sections]]
name = "Xây dựng Đảng"
url = "{base}{SECTION}/"
feed = "{base}{SECTION}.rss"
links = "ul.list-main a"
next_page = "{base}{SECTION}/?page={{page}}"
[articles]
url = '^http://{address(host).replace(".", chr(92) + ".")}:{port}/[^/]+-post\\d+\\.html$'
[extract]
{selectors}
[crawl]
delay = 0
"""


@lru_cache(maxsize=4_096)
def piece(host: int, number: int) -> Piece:
    """One article by its numbers."""
    wire = host > 0 and number % WIRE_EVERY == WIRE_EVERY - 1
    own = random.Random(f"{host}/{number}")
    if wire:
        source = piece(host - 1, number - 1)
        return Piece(
            host, number, f"{_line(own, NEWS)}: ghi nhận từ {_place(own)}", source.lead, source.paragraphs,
            source.caption, source.author, source.published + timedelta(minutes=own.randint(20, 300)),
        )  # fmt: skip
    return Piece(
        host=host,
        number=number,
        title=_line(own, NEWS),
        lead=_line(own, SENTENCES[:1]) + " " + _line(own, SENTENCES[2:4]),
        paragraphs=tuple(
            " ".join(_line(own, SENTENCES) for _ in range(own.randint(2, 4)))
            for _ in range(own.randint(9, 14))
        ),
        caption=f"Đảng viên {_place(own)} trong buổi sinh hoạt, ngày {_day(own)}.",
        author=_name(own),
        published=TODAY - timedelta(hours=1 + 6 * number, minutes=own.randint(0, 59)),
    )


def _line(own: random.Random, patterns: tuple[str, ...]) -> str:
    return own.choice(patterns).format(
        d=_day(own), k=own.randint(2, 9), m=own.randint(10, 60), n=own.randint(61, 2_000), p=own.randint(71, 99),
        who=own.choice(LEVELS), place=_place(own), place2=_place(own), name=_name(own), name2=_name(own),
        doc=own.choice(DOCUMENTS).format(n=f"{own.randint(1, 99):02d}", d=_day(own) + f"/{own.randint(2019, 2025)}"),
    )  # fmt: skip


def _place(own: random.Random) -> str:
    return f"{own.choice(ONSETS)} {own.choice(ENDS)}"


def _name(own: random.Random) -> str:
    return f"{own.choice(FAMILY)} {own.choice(MIDDLE)} {own.choice(GIVEN)}"


def _day(own: random.Random) -> str:
    return f"{own.randint(1, 28)}/{own.randint(1, 12)}"


# ---- pages ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the pages of a content system are made, and where its row finds things."""

    selectors: dict[str, str]
    article: str


_LAYOUTS = (
    _Layout(
        {"container": ".article__body", "title": "h1.article__title", "lead": ".article__sapo",
         "published": "time.time", "authors": ".article__author .name"},
        """<div class="breadcrumb"><a href="{section}/">Xây dựng Đảng</a></div><article class="article">
<h1 class="article__title cms-title">{title}</h1><div class="article__meta">
<time class="time" datetime="{iso}">{seen}</time>
<span class="social"><a href="#">Chia sẻ</a><a href="#">Zalo</a></span></div>
<div class="article__sapo cms-desc">{lead}</div>
<div class="article__body cms-body" itemprop="articleBody"><table class="picture"><tbody><tr><td class="pic">
<img src="/images/{id}.jpg" alt=""></td></tr><tr><td class="caption"><p>{caption}</p></td></tr></tbody></table>
{body}</div><div class="article__author"><span class="name">{author}</span></div></article>""",
    ),
    _Layout(
        {"container": ".content-fck", "title": "h1.title-detail", "lead": ".detail-desc", "published": ".pubdate",
         "authors": "p.author", "captions": "p.caption"},
        """<div id="newscontents"><h1 class="title-detail">{title}&nbsp;</h1><div class="pubdate">{seen}</div>
<div class="detail-desc">{lead}</div><div class="content-fck"><div style="text-align:center">
<img src="/u/{id}.jpg" alt=""></div><p class="caption" style="text-align:center">{caption}</p>{body}
<p class="author"><strong>{author}</strong></p></div>
<div class="share"><a href="#">Chia sẻ</a> <a href="/print/{id}">In bài</a></div></div>""",
    ),
    _Layout(
        {"container": ".b-maincontent .entry", "title": "h1.block-sc-title", "lead": ".block-sc-sapo",
         "published": ".block-sc-publish-time", "authors": ".block-sc-author"},
        """<div class="b-maincontent"><h1 class="block-sc-title">{title}</h1><p class="block-sc-publish-time">{seen}</p>
<p class="block-sc-sapo">{lead}</p><article class="entry"><figure><img src="/i/{id}.webp" alt=""><figcaption>{caption}
</figcaption></figure>{body}</article><p class="block-sc-author">{author}</p></div>""",
    ),
)  # fmt: skip


def article_page(host: int, number: int, hosts_articles: int) -> str:
    """The page of an article."""
    own, item = random.Random(f"page/{host}/{number}"), piece(host, number)
    related = [piece(host, (number + step) % hosts_articles) for step in range(1, 9)]
    body = "\n".join(f"<p>{escape(text)}</p>" for text in item.paragraphs)
    middle = _LAYOUTS[host % len(_LAYOUTS)].article.format(
        section=SECTION, id=item.number, title=escape(item.title), lead=escape(item.lead), body=body,
        caption=escape(item.caption), author=item.author, iso=item.published.isoformat(),
        seen=f"{item.published:%d/%m/%Y - %H:%M}",
    )  # fmt: skip
    data = {
        "@context": "https://schema.org", "@type": "NewsArticle", "headline": item.title,
        "datePublished": item.published.isoformat(), "author": {"@type": "Person", "name": item.author},
    }  # fmt: skip
    head = (
        f"<title>{escape(item.title)} - Báo {host:03d}</title>"
        f'<meta property="og:title" content="{escape(item.title)}">'
        f'<meta name="description" content="{escape(item.lead)}">'
        f'<meta property="article:published_time" content="{item.published.isoformat()}">'
        f'<script type="application/ld+json">{json.dumps(data, ensure_ascii=False)}</script>'
    )
    aside = "".join(
        f'<li class="story"><a class="cms-link" href="{r.path}"><img src="/t/{r.number}.jpg" alt=""></a><h3><a '
        f'class="cms-link" href="{r.path}">{escape(r.title)}</a></h3><time>{r.published:%d/%m/%Y %H:%M}</time></li>'
        for r in related
    )
    comments = "".join(
        f'<div class="cmt"><div class="cmt-in"><b class="who">{_name(own)}</b><p>{_line(own, SENTENCES)}</p>'
        f'<a href="#">Trả lời</a><span>{_day(own)}</span></div></div>'
        for _ in range(own.randint(0, 8))
    )
    comments = f'<div class="comments"><h4>Ý kiến bạn đọc</h4>{comments}</div>'
    return _frame(host).format(
        head=head,
        middle=middle,
        aside=aside,
        comments=comments,
        script=_script(own.randint(0, 3), own.randint(8_000, 22_000)),
    )


def framed_page(host: int, number: int, frame: Frame) -> Callable[[int], bytes]:
    """The page of an article in a real outlet's frame, from the port it is served at."""
    item = piece(host, number)
    fields = {
        "title": escape(item.title), "lead": escape(item.lead), "caption": escape(item.caption),
        "body": "\n".join(f"<p>{escape(text)}</p>" for text in item.paragraphs), "author": item.author,
        "iso": item.published.isoformat(), "seen": f"{item.published:%d/%m/%Y %H:%M}",
    }  # fmt: skip
    return lambda port: frame.page(fields | {"address": f"http://{address(host)}:{port}{item.path}"})


def listing_page(host: int, page: int, articles: int) -> str:
    """A page of the section; empty behind the last."""
    numbers = range((page - 1) * PER_PAGE, min(page * PER_PAGE, articles))
    items = "".join(
        f'<li><h3><a href="{p.path}">{escape(p.title)}</a></h3><p>{escape(p.lead)}</p></li>'
        for p in (piece(host, n) for n in numbers)
    )
    head = f"<title>Xây dựng Đảng - Báo {host:03d}</title>"
    return _frame(host).format(
        head=head,
        middle=f'<ul class="list-main">{items}</ul>',
        aside="",
        comments="",
        script=_script(0, 8_000),
    )


def feed(host: int, articles: int) -> str:
    """The newest articles as RSS."""
    base = f"http://{address(host)}"
    items = "".join(
        f"<item><title>{escape(p.title)}</title><link>{{base}}{p.path}</link>"
        f"<pubDate>{p.published:%a, %d %b %Y %H:%M:%S +0700}</pubDate></item>"
        for p in (piece(host, n) for n in range(min(IN_FEED, articles)))
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{base}</title>{items}</channel></rss>'


@cache
def _frame(host: int) -> str:
    """What stands around every page of an outlet: menus, columns, footer; some 700 elements."""
    own = random.Random(f"frame/{host}")
    menu = "".join(
        f'<li class="menu-item"><a href="/m{i}/">{name}</a><ul class="sub">'
        + "".join(f'<li><a href="/m{i}/{j}/">{own.choice(MENU)} {_place(own)}</a></li>' for j in range(3))
        + "</ul></li>"
        for i, name in enumerate(MENU)
    )
    column = "".join(
        f'<div class="box box-{i}" data-zone="{i}"><div class="box-head"><h4 class="box-title"><a href="/c{i}/">'
        f'{own.choice(MENU)}</a></h4></div><div class="box-body">{_items(own, i)}</div></div>'
        for i in range(12)
    )
    text = (
        '<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8">@head@<style>'
        + ".a{b:c}" * 400
        + "</style>"
        f'</head><body><header><span class="clock">Thứ bảy, 21/11/2026</span><nav><ul>{menu}</ul></nav></header>'
        '<div class="layout"><main>@middle@<ul class="related"><li>Tin liên quan</li>@aside@</ul>@comments@</main>'
        f"<aside>{column}</aside></div><script>@script@</script><footer><ul>{menu}</ul>"
        "<p>Cơ quan chủ quản: Tỉnh ủy (hư cấu). Ghi rõ nguồn khi dùng lại.</p></footer></body></html>"
    )
    text = text.replace("{", "{{").replace("}", "}}")
    for name in ("head", "middle", "aside", "comments", "script"):
        text = text.replace(f"@{name}@", f"{{{name}}}")
    return text


def _items(own: random.Random, box: int) -> str:
    """The articles of one box beside the story: a picture and a title, the first with its lead."""
    return "".join(
        f'<div class="item"><div class="item-in"><a class="thumb" href="/v{box}{n}/" title="">'
        f'<img src="/t/{box}{n}.jpg" alt="" loading="lazy" width="120"></a>'
        f'<div class="info"><h5 class="ttl"><a href="/v{box}{n}/">'
        f"{_line(own, NEWS)}</a></h5>"
        + (f'<p class="sapo">{_line(own, SENTENCES)}</p>' if n == 0 else "")
        + f'<span class="meta"><span class="d">{_day(own)}</span> <span class="v">{own.randint(9, 999)} lượt xem</span>'
        "</span></div></div></div>"
        for n in range(5)
    )


@cache
def _noise(kind: int) -> str:
    own = random.Random(f"noise/{kind}")
    lines = (
        "window.q{}=function(q{}){{return q{}.q{}||'q{}'}};".format(
            *(own.randint(0, 9_999) for _ in range(5))
        )
        for _ in range(900)
    )
    return "".join(lines)


def _script(kind: int, length: int) -> str:
    return _noise(kind)[:length]


# ---- the server -----------------------------------------------------------------------------------------------


class Press:
    """What is answered to each address, and how often it was asked.

    The pages of the articles are made before the first request: the server shares the machine with those it measures.
    """

    def __init__(self, hosts: int, articles: int, frames: Sequence[Frame] = ()) -> None:
        self.articles = articles
        self.counts: Counter[str] = Counter()
        self.port = 0
        numbers = [(host, number) for host in range(hosts) for number in range(articles)]
        self._framed = {(h, n): framed_page(h, n, frames[h % len(frames)]) for h, n in numbers if frames}
        """A quarter of a megabyte each, so put together only when asked for: that is copying."""
        self._pages = {(h, n): article_page(h, n, articles).encode() for h, n in numbers if not frames}

    def answer(self, path: str, host: str, etag: str) -> bytes:
        """One response with its head."""
        c, d = host.partition(":")[0].split(".")[2:]
        number = (int(c) - 1) * 250 + int(d) - 1
        kind, raw, conditional = "article", b"", False
        path, _, query = path.partition("?")
        if path == "/robots.txt":
            kind, raw = "robots", b"User-agent: *\nAllow: /\n"
        elif path == f"{SECTION}.rss":
            kind, conditional = "feed", True
            raw = feed(number, self.articles).replace("{base}", f"http://{host}").encode()
        elif path == f"{SECTION}/":
            page = int(query.removeprefix("page=") or 1)
            kind, conditional = "listing", True
            raw = listing_page(number, page, self.articles).encode()
        else:
            which = number, int(path[:-5].rpartition("-post")[2]) % 100_000
            raw = self._framed[which](self.port) if self._framed else self._pages[which]
        tag = f'"{hashlib.sha256(raw).hexdigest()[:16]}"' if conditional else ""
        if tag and tag == etag:
            self.counts[f"{kind}_304"] += 1
            return b"HTTP/1.1 304 Not Modified\r\nETag: %b\r\nContent-Length: 0\r\n\r\n" % tag.encode()
        self.counts[kind] += 1
        extra = f"ETag: {tag}\r\n" if tag else ""
        form = "text/plain" if kind == "robots" else "application/rss+xml" if kind == "feed" else "text/html"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {form}; charset=utf-8\r\n{extra}Content-Length: {len(raw)}\r\n\r\n"
        return head.encode() + raw


class _Connection(asyncio.Protocol):
    """HTTP/1.1 without bodies of requests, kept alive: all that a crawler needs."""

    def __init__(self, press: Press) -> None:
        self._press = press
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the wire."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every whole request."""
        self._buffer += data
        while b"\r\n\r\n" in self._buffer and self._transport is not None:
            raw, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
            first, *lines = raw.decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
            }
            path = first.split(" ")[1]
            self._transport.write(self._press.answer(path, headers["host"], headers.get("if-none-match", "")))


async def serve(hosts: int, articles: int, frames: Sequence[Frame] = ()) -> None:
    """Serve until standard input ends."""
    press = Press(hosts, articles, frames)
    loop = asyncio.get_running_loop()
    first = await loop.create_server(lambda: _Connection(press), address(0), 0)
    press.port = first.sockets[0].getsockname()[1]
    rest = [address(n) for n in range(1, hosts)]
    if rest:
        await loop.create_server(lambda: _Connection(press), rest, press.port)
    print(json.dumps({"port": press.port}), flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(press.counts), flush=True)


def main() -> None:
    """The press as a process of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hosts", type=int, default=60)
    parser.add_argument("--articles", type=int, default=500)
    parser.add_argument("--frames", type=Path, help="a folder of stored pages, e.g. ../shared/pages")
    options = parser.parse_args()
    frames = frames_of(options.frames) if options.frames else ()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(options.hosts, options.articles, frames))


if __name__ == "__main__":
    main()
