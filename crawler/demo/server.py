"""The fictitious press on loopback: one address per outlet, every request noted.

Each outlet has a loopback address of its own (127.0.0.2 …), because politeness is per host. Where the
system has only 127.0.0.1, the outlets take ports of their own instead. With the default port the addresses
are the same in every run, so a second crawl finds the articles it knows.
"""

from __future__ import annotations

import errno
import re
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any, ClassVar
from urllib.parse import urlsplit

from crawler.article import Disposition
from crawler.dates.zones import VIETNAM
from crawler.demo.pages import PIXEL, DemoAnswer, answers, bot_wall, http_date, recycled_path
from crawler.demo.press import EDITIONS, HERE, Expected, Press, PressOutlet
from crawler.errors import DiemtinError
from crawler.source import Source

SOURCES = HERE / "sources"
"""Registry rows of the outlets; their addresses name `<id>.localhost` until the press is served."""
DEMO_PORT = 8471
"""The port of `diemtin demo`: unassigned by IANA, and fixed so that addresses outlive a run."""
LOOPBACK = "127.0.0.{}"
FIRST_HOST = 2
"""Outlets stand on 127.0.0.2 and up."""

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Served:
    """One request as it came."""

    at: float
    """Monotonic seconds when the request had been read."""
    done: float
    """Monotonic seconds when the answer was ready to be sent."""
    outlet: str
    host: str
    """The Host header."""
    path: str
    """Path and query."""
    status: int
    user_agent: str | None
    if_none_match: str | None
    if_modified_since: str | None


@dataclass(slots=True)
class Site:
    """The press while it is being served."""

    press: Press
    clock: Clock
    _edition: int
    bases: dict[str, str] = field(default_factory=dict)
    """`http://host:port` by outlet id."""
    log: list[Served] = field(default_factory=list)
    """Every request since the start, in the order of their answers; noted before the answer is complete."""
    _failed: set[tuple[str, str]] = field(default_factory=set)
    _pages: dict[tuple[str, int, date], dict[str, DemoAnswer]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def edition(self) -> int:
        """1 or 2: assign 2 between two crawls."""
        return self._edition

    @edition.setter
    def edition(self, edition: int) -> None:
        if edition not in EDITIONS:
            raise ValueError(f"edition {edition}: the demo press has the editions 1 and 2")
        self._edition = edition

    @property
    def sources(self) -> dict[str, Source]:
        """The outlets' registry rows with the addresses that answer, by id."""
        return {
            outlet.id: Source.model_validate(tomllib.loads(self._row(outlet.id)))
            for outlet in self.press.outlets
        }

    @property
    def expected(self) -> dict[str, Expected]:
        """The truth of the current edition by canonical address."""
        truth = self.press.expected_in(self.edition).values()
        return {self.url(e.outlet, e.path): e for e in truth}

    @property
    def dropped(self) -> dict[str, Disposition]:
        """How each linked page ends of which nothing may be kept, by the address that is linked."""
        found: dict[str, Disposition] = {}
        for e in self.press.expected_in(self.edition).values():
            if e.forbidden:
                found[self.url(e.outlet, e.path)] = Disposition.ROBOTS
            elif not e.relevant and e.sections:
                found[self.url(e.outlet, e.path)] = Disposition.OFF_TOPIC
        for outlet in self.press.outlets:
            for gone in outlet.gone:
                found[self.url(outlet.id, gone.path)] = Disposition.GONE
            for link in outlet.recycled:
                found[self.url(outlet.id, recycled_path(outlet, link))] = Disposition.WRONG_ARTICLE
            if outlet.markup == "bot_wall":
                found |= {self.url(outlet.id, s.path): Disposition.BOT_WALL for s in outlet.sections}
        return found

    def url(self, outlet: str, path: str) -> str:
        """The address of a path of an outlet."""
        return self.bases[outlet] + path

    def write_sources(self, folder: Path) -> None:
        """The rows as TOML files, for a process that is given a folder of rows (`--sources DIR`)."""
        folder.mkdir(parents=True, exist_ok=True)
        for outlet in self.press.outlets:
            (folder / f"{outlet.id}.toml").write_text(self._row(outlet.id), encoding="utf-8")

    def answer(self, outlet: PressOutlet, target: str) -> DemoAnswer:
        """What the outlet answers to path and query now."""
        now = self.clock()
        day = now.astimezone(VIETNAM).date()
        with self._lock:
            key = (outlet.id, self.edition, day)
            if key not in self._pages:
                press = self.press.until(now) if now < self.press.now else self.press
                self._pages[key] = answers(press, outlet, self.edition, self.bases[outlet.id], day)
            known = self._pages[key]
            path = urlsplit(target).path
            found = known.get(target) or ((a := known.get(path)) and a.any_query and a) or None
            if found is None:
                return self._unknown(outlet, path, day)
            if found.fails_once and (outlet.id, path) not in self._failed:
                self._failed.add((outlet.id, path))
                return DemoAnswer(b"<h1>500 Internal Server Error</h1>", status=500)
            return found

    def _unknown(self, outlet: PressOutlet, path: str, day: date) -> DemoAnswer:
        if path.endswith(".png"):
            return DemoAnswer(PIXEL, "image/png")
        if outlet.markup == "bot_wall":
            return bot_wall(outlet, day)
        return DemoAnswer("<h1>404</h1><p>Không tìm thấy trang.</p>".encode(), status=404)

    def _row(self, outlet: str) -> str:
        host = urlsplit(self.bases[outlet]).netloc
        text = (SOURCES / f"{outlet}.toml").read_text(encoding="utf-8")
        return text.replace(rf"{outlet}\.localhost", re.escape(host)).replace(f"{outlet}.localhost", host)


@contextmanager
def serve(press: Press, *, clock: Clock | None = None, edition: int = 1, port: int = 0) -> Iterator[Site]:
    """Serve the press until the block ends.

    `clock` sets the date in page headers and the Date header (default: the press's own now); before that moment
    only what had been published by then, on the first answer of a day, is there. With `port=0`
    the system chooses the ports; `DEMO_PORT` keeps the addresses the same in every run. Raises
    DiemtinError when the port is taken.
    """
    site = Site(press, clock or (lambda: press.now), 1)
    site.edition = edition
    with ExitStack() as stack:
        for position, outlet in enumerate(press.outlets):
            server = _bind(site, outlet, position, port)
            stack.callback(server.server_close)
            host, bound = server.server_address[:2]
            site.bases[outlet.id] = f"http://{host!s}:{bound}"
            thread = threading.Thread(
                target=server.serve_forever, args=(0.02,), name=f"demo-{outlet.id}", daemon=True
            )
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
        yield site


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 32  # default 5

    def server_bind(self) -> None:
        """Bind without HTTPServer's look-up of the host's name, which may leave the machine."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report a fault of ours; a client that went away, such as a killed crawl, is none."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _bind(site: Site, outlet: PressOutlet, position: int, port: int) -> _Server:
    handler = type("Handler", (_Handler,), {"site": site, "outlet": outlet})
    try:
        try:
            return _Server((LOOPBACK.format(FIRST_HOST + position), port), handler)
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:
                raise
        return _Server(("127.0.0.1", port + position if port else 0), handler)
    except OSError as error:
        raise DiemtinError(
            f"không mở được báo hư cấu {outlet.id} ở cổng {port}; có lẽ một lần chạy thử khác chưa dừng / "
            f"the demo press cannot be served for {outlet.id} on port {port}: {error.strerror}; "
            "is another demo running?"
        ) from error


class _Handler(BaseHTTPRequestHandler):
    site: ClassVar[Site]
    outlet: ClassVar[PressOutlet]
    timeout = 10

    def do_GET(self) -> None:
        """Answer, honouring If-None-Match and If-Modified-Since where the page has a validator."""
        began = time.monotonic()
        answer = self.site.answer(self.outlet, self.path)
        status = 304 if self._still_fresh(answer) else answer.status
        body = b"" if status == 304 else answer.body
        self.send_response(status)
        if status != 304:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(body)))
        if answer.etag:
            self.send_header("ETag", answer.etag)
        if answer.last_modified:
            self.send_header("Last-Modified", http_date(answer.last_modified))
        if answer.location:
            self.send_header("Location", answer.location)
        # Noted before the last byte leaves, so that whoever has the answer finds it in the log.
        self.site.log.append(
            Served(
                at=began,
                done=time.monotonic(),
                outlet=self.outlet.id,
                host=self.headers.get("Host", ""),
                path=self.path,
                status=status,
                user_agent=self.headers.get("User-Agent"),
                if_none_match=self.headers.get("If-None-Match"),
                if_modified_since=self.headers.get("If-Modified-Since"),
            )
        )
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def _still_fresh(self, answer: DemoAnswer) -> bool:
        """RFC 9110, 13.2.2: If-None-Match decides where it is sent, If-Modified-Since only without it."""
        if tag := self.headers.get("If-None-Match"):
            return answer.etag is not None and answer.etag in {t.strip() for t in tag.split(",")}
        since = self.headers.get("If-Modified-Since")
        if not since or answer.last_modified is None:
            return False
        try:
            return answer.last_modified <= parsedate_to_datetime(since)
        except ValueError:
            return False  # a date that cannot be read is ignored, as the RFC asks

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date header by the site's clock."""
        return http_date(self.site.clock() if timestamp is None else datetime.fromtimestamp(timestamp, UTC))

    def version_string(self) -> str:
        """The Server header."""
        return "demo-press"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on stderr: `Site.log` holds every request."""
