"""A small press on loopback for crawls: outlets of invented articles, each with the fault a test is about."""

from __future__ import annotations

import json
import os
import re
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, urlsplit

from crawler.text.normal import fold

NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
_PLACES = (
    "xã Mây Trắng",
    "huyện Lòng Chảo",
    "phường Bến Đá",
    "xã Cát Vàng",
    "huyện Sông Con",
    "xã Nậm Hương",
    "phường Cửa Tây",
)
_DEEDS = ("tổng kết công tác xây dựng Đảng", "kết nạp đảng viên trẻ", "bàn cách nâng chất lượng sinh hoạt chi bộ", "kiểm tra việc thực hiện nghị quyết",
          "giao việc cho từng đảng viên", "gặp mặt các bí thư chi bộ")  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What the server sends."""

    body: str | bytes = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    type: str = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Hit:
    """One request."""

    began: float
    ended: float
    path: str
    status: int
    agent: str | None
    conditional: bool
    referer: str | None = None


def title(n: int) -> str:
    place = _PLACES[n % len(_PLACES)]
    return f"{place[0].upper()}{place[1:]} {_DEEDS[n % len(_DEEDS)]} đợt {n + 1}"


def article_html(n: int, published: datetime) -> str:
    """An invented article: every number of it follows from `n`, so that no two are copies."""
    place, deed = _PLACES[n % len(_PLACES)], _DEEDS[n % len(_DEEDS)]
    stamp = (published + timedelta(hours=7)).strftime("%d/%m/%Y %H:%M")
    paragraphs = (
        f"Theo báo cáo số {n + 1}, {place} có {n * 3 % 41 + 10} chi bộ trực thuộc và {n * 17 % 307 + 300} đảng viên đang sinh hoạt tại {n % 9 + 2} thôn.",
        f"Bí thư Đảng ủy {place} đề nghị mỗi chi bộ chọn {n % 5 + 1} việc khó để làm ngay trong quý {n % 4 + 1}, rồi báo cáo lại trước ngày {n % 27 + 1}.",
        f"Trong năm, {place} đã {deed} {n * 7 % 23 + 2} lần, nhiều hơn năm trước {n * 5 % 11 + 1} lần; {n * 13 % 59 + 20} đảng viên được khen.",
        f"Đợt {n + 1} kết thúc với kế hoạch gồm {n % 6 + 3} nhóm việc, giao cho {n * 11 % 19 + 3} tổ đảng của {place} cùng làm.",
    )
    body = "".join(f"<p>{p}</p>" for p in paragraphs)
    return (
        f"<html><head><title>{title(n)}</title></head><body><div class='detail'><h1>{title(n)}</h1>"
        f"<div class='time'>{stamp}</div><p class='sapo'>Đảng ủy {place} họp để {deed} đợt {n + 1}, có {n % 60 + 40} đảng viên dự.</p>"
        f"<div class='body'>{body}</div></div></body></html>"
    )


Rule = Callable[["Outlet", "Ask"], Answer | None]


@dataclass(frozen=True)
class Ask:
    """A request as rules see it."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]

    @property
    def page(self) -> int:
        return int(self.query.get("page", "1"))


@dataclass
class Outlet:
    """One outlet: numbered articles, newest first in its listings, and rules that answer before the press does."""

    id: str
    articles: list[int] = field(default_factory=list)
    size: int = 5
    feed: int = 0
    """Items of the feed; 0: no feed."""
    sections: tuple[str, ...] = ("xay-dung-dang",)
    rules: list[Rule] = field(default_factory=list)
    robots: Answer = field(default_factory=lambda: Answer(status=404))
    row: str = ""
    """More of the registry row: tables behind the others."""
    delay: float = 0
    age: timedelta = timedelta(hours=1)
    """Between two articles."""
    tls: Callable[[str], ssl.SSLContext] | None = None
    """What it shows at a host to who asks by https; None: it speaks http."""
    base: str = ""
    hits: list[Hit] = field(default_factory=list)

    def add(self, first: int, last: int) -> None:
        """Publish the articles `first` … `last`."""
        self.articles += range(first, last + 1)

    def published(self, n: int) -> datetime:
        """The day of article n: the later its number the later, none after NOW."""
        return NOW - (200 - n) * self.age

    def url(self, n: int) -> str:
        slug = re.sub(r"[^a-z0-9]+", "-", fold(title(n))).strip("-")
        return f"{self.base}/{slug}-post{n}.html"

    def listing(self, numbers: list[int], extra: str = "") -> str:
        items = "".join(
            f"<article><h3><a href='{self.url(n)}'>{title(n)}</a></h3></article>" for n in numbers
        )
        return (
            f"<html><head><title>Xây dựng Đảng</title></head><body><main>{items}</main>{extra}</body></html>"
        )

    def asked(self, pattern: str) -> list[Hit]:
        """The requests whose path matches."""
        return [hit for hit in self.hits if re.search(pattern, hit.path)]

    def answer(self, ask: Ask) -> Answer:
        for rule in self.rules:
            if (found := rule(self, ask)) is not None:
                return found
        newest = sorted(self.articles, reverse=True)
        if ask.path == "/robots.txt":
            return self.robots
        if ask.path == "/rss":
            items = "".join(
                f"<item><title>{title(n)}</title><link>{self.url(n)}</link></item>"
                for n in newest[: self.feed]
            )
            return Answer(
                f"<rss version='2.0'><channel><title>x</title>{items}</channel></rss>",
                type="application/rss+xml",
            )
        if ask.path.strip("/") in self.sections:
            start = (ask.page - 1) * self.size
            return Answer(self.listing(newest[start : start + self.size]))
        if found := re.search(r"-post(\d+)\.html$", ask.path):
            n = int(found[1])
            if n in self.articles:
                return Answer(article_html(n, self.published(n)))
        return Answer("<h1>404</h1>", 404)

    def toml(self) -> str:
        feed = f'feed = "{self.base}/rss"\n' if self.feed else ""
        sections = "".join(
            f'[[sections]]\nname = "Xây dựng Đảng"\nurl = "{self.base}/{s}/"\n{feed}next_page = "{self.base}/{s}/?page={{page}}"\n'
            for s in self.sections
        )
        return (
            f'id = "{self.id}"\nname = "Báo {self.id}"\nprovince = "Mây Trắng"\nhomepage = "{self.base}/"\n'
            f"evidence = \"seen\"\nfictitious = true\n{sections}[articles]\nurl = '^{re.escape(self.base)}/.*-post\\d+\\.html$'\n"
            f'[extract]\ncontainer = "div.body"\ntitle = "h1"\nlead = "p.sapo"\npublished = "div.time"\n'
            f"[crawl]\ndelay = {self.delay}\n{self.row}"
        )  # fmt: skip


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 32

    def server_bind(self) -> None:
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "press", int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is what some tests are about."""


@contextmanager
def serving(*outlets: Outlet, folder: Path) -> Iterator[Path]:
    """Serve the outlets, each on a loopback address of its own; yields the folder with their rows."""
    rows = folder / "rows"
    rows.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        for position, outlet in enumerate(outlets):
            server = _Server((f"127.0.1.{position + 1}", 0), _handler(outlet))
            stack.callback(server.server_close)
            scheme = "http"
            if outlet.tls is not None:
                context = outlet.tls(str(server.server_address[0]))
                # Each connection shakes hands in its own thread, when it is first read from.
                server.socket = context.wrap_socket(
                    server.socket, server_side=True, do_handshake_on_connect=False
                )
                scheme = "https"
            outlet.base = "{}://{}:{}".format(scheme, *server.server_address[:2])
            (rows / f"{outlet.id}.toml").write_text(outlet.toml(), encoding="utf-8")
            thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
        yield rows


def _handler(outlet: Outlet) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            began = monotonic()
            parts = urlsplit(self.path)
            query = {k: v[0] for k, v in parse_qs(parts.query).items()}
            answer = outlet.answer(Ask(parts.path, query, {k.lower(): v for k, v in self.headers.items()}))
            body = answer.body.encode() if isinstance(answer.body, str) else answer.body
            conditional = "If-None-Match" in self.headers or "If-Modified-Since" in self.headers
            outlet.hits.append(
                Hit(
                    began,
                    monotonic(),
                    self.path,
                    answer.status,
                    self.headers.get("User-Agent"),
                    conditional,
                    self.headers.get("Referer"),
                )
            )
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.type)
            if answer.status != 304 and "Content-Length" not in answer.headers:
                self.send_header("Content-Length", str(len(body)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if answer.status != 304:
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing on stderr."""

    return Handler


def environment(rows: Path, data: Path, **more: str) -> dict[str, str]:
    """The settings of a crawl of these rows only."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("DIEMTIN_")}
    return clean | {
        "DIEMTIN_DATA": str(data), "DIEMTIN_SOURCES": str(rows), "DIEMTIN_SHIPPED_SOURCES": "0",
        "DIEMTIN_ALLOW_PRIVATE": "1", "DIEMTIN_WORKERS": "0", "DIEMTIN_CONTACT": "toa-soan@example.org", **more,
    }  # fmt: skip


def start(rows: Path, data: Path, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
    """A command of diemtin in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "crawler", *arguments],
        env=environment(rows, data, **more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def run(rows: Path, data: Path, *arguments: str, **more: str) -> Any:
    """The JSON a command prints; fails on wrong use and on a traceback."""
    process = start(rows, data, *arguments, **more)
    out, err = process.communicate(timeout=120)
    assert process.returncode in (0, 1) and b"Traceback" not in err, err.decode()[-3000:]
    return json.loads(out)


def crawl(rows: Path, data: Path, *arguments: str, now: datetime = NOW, **more: str) -> Any:
    """One crawl of all outlets, or of those named; its JSON."""
    return run(rows, data, "crawl", "--json", *arguments, DIEMTIN_NOW=now.isoformat(), **more)
