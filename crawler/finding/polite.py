"""A polite guest: one request at a time per host, across sources and processes, and never into private networks.

A process takes a host by writing itself into the store's `host` row, a slice of time at a time, and gives way to
a process that waits; inside the process one lock per host orders the requests of all spiders. The delay is the
larger of the row's and that of robots.txt; 429, 503 and time-outs widen it, and after a run of failures the host is
left alone for a while. Politeness is about the outlet's own time: the clocks are real ones unless a test gives its own.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware, RedirectMiddleware
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest

from crawler.finding.address import is_private
from crawler.store import hosts

if TYPE_CHECKING:
    import sqlalchemy as sa
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from crawler.work import Work

LEASE_SECONDS = 120
"""A holder that is silent this long has died on another machine; a dead one on this machine is seen at once."""
SLICE_SECONDS = 10
"""How long a process keeps a host before it looks whether another one waits."""
PATIENCE_SECONDS = 60
"""How long a request waits for a host that another process holds, or that asked for a pause, before it gives up."""
LONGEST_DELAY = LEASE_SECONDS - SLICE_SECONDS
"""Seconds of a Crawl-delay that are waited for, longer than anybody's patience: it is the host's ordinary pace. A
longer one would outlast the lease."""
BREAK_AFTER = 5
"""Failures in a row after which the host is left alone, as Media Cloud's graded back-off does."""
FIRST_BREAK = timedelta(minutes=15)
LONGEST_BREAK = timedelta(hours=6)
LEAST_BACKOFF = 1.0
"""Seconds: what the first failure of a host costs where its row asks for less (loopback)."""
REFUSALS = frozenset({429, 502, 503, 504})
"""Statuses of a host that is busy or away; other errors are about one page."""


class PrivateAddress(IgnoreRequest):
    """Raised by the download handler: the address leads into a private network and that is not allowed."""


class HostClosed(IgnoreRequest):
    """Raised by the download handler: the host asked for a pause, or another process holds it."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The clocks of the gate; tests and benches give their own."""

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclass(slots=True)
class _Host:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    robots_delay: float = 0.0
    next_request: float = 0.0
    failures: int = 0
    closed_until: float = 0.0
    reason: str | None = None
    held_until: float = 0.0
    """The end of this process's slice; 0 where it does not hold the host."""


class Gate:
    """Who may ask a host, and when. One per process."""

    def __init__(
        self,
        engine: sa.Engine,
        *,
        patience: float = PATIENCE_SECONDS,
        timing: Timing | None = None,
        name: str | None = None,
    ) -> None:
        self._engine = engine
        self._patience = patience
        self._time = timing or Timing()
        self._hosts: dict[str, _Host] = {}
        self._me = name or f"{socket.gethostname()}:{os.getpid()}"

    def note_robots_delay(self, host: str, delay: float) -> None:
        """Remember the Crawl-delay of a host; robots.txt wins over the row when it asks for more.

        It counts from the request for robots.txt itself.
        """
        state = self._host(host)
        if delay > state.robots_delay:
            state.robots_delay = delay
            state.next_request = max(state.next_request, self._time.monotonic() + delay)

    @asynccontextmanager
    async def turn(self, host: str, delay: float) -> AsyncIterator[None]:
        """This process's turn at `host`; raises HostClosed when waiting for it would take too long."""
        state = self._host(host)
        async with state.lock:
            await self._lease(host, state)
            now = self._time.monotonic()
            wait = max(state.closed_until, state.next_request) - now
            if wait > max(self._patience, min(state.robots_delay, LONGEST_DELAY)):
                asked = f"robots.txt asks for {state.robots_delay:.0f} s between requests"
                why = state.reason or (asked if state.robots_delay > LONGEST_DELAY else "asked for")
                raise HostClosed(f"{host} is left alone for another {wait:.0f} s ({why})")
            # A pause may grow while it is waited for: another request's failure, a robots.txt just read.
            while (wait := max(state.closed_until, state.next_request) - self._time.monotonic()) > 0:
                await self._time.sleep(wait)
            try:
                yield
            finally:
                pause = max(delay, state.robots_delay)
                if state.failures:
                    pause = max(pause, LEAST_BACKOFF) * 2 ** min(state.failures, 5)
                state.next_request = max(state.next_request, self._time.monotonic() + pause)

    def succeeded(self, host: str) -> None:
        """The host answered: the back-off ends."""
        state = self._host(host)
        if state.failures:
            state.failures, state.closed_until, state.reason = 0, 0.0, None
            hosts.note(self._engine, host, failures=0, closed_until=None, reason=None)

    def failed(self, host: str, reason: str, retry_after: float | None = None) -> None:
        """The host refused or did not answer: wait longer, and after a run of failures leave it alone.

        The run of failures is kept in the store, so that it goes on in the next process.
        """
        state = self._host(host)
        state.failures += 1
        state.reason = reason
        now = self._time.monotonic()
        if retry_after is not None:
            state.next_request = max(state.next_request, now + retry_after)
            if retry_after > self._patience:
                state.closed_until = max(state.closed_until, now + retry_after)
        if state.failures >= BREAK_AFTER:
            longer = min(state.failures - BREAK_AFTER, 8)
            pause = min(FIRST_BREAK * 2**longer, LONGEST_BREAK)
            state.closed_until = max(state.closed_until, now + pause.total_seconds())
        closed = self._wall(state.closed_until) if state.closed_until > now else None
        hosts.note(self._engine, host, failures=state.failures, closed_until=closed, reason=reason)

    def leave(self) -> None:
        """Give every host back, with the earliest time of its next request."""
        for name, state in self._hosts.items():
            if state.held_until:
                hosts.release(
                    self._engine, name, holder=self._me, next_request=self._wall(state.next_request)
                )
        self._hosts.clear()

    def _host(self, name: str) -> _Host:
        return self._hosts.setdefault(name, _Host())

    def _wall(self, moment: float) -> datetime:
        return self._time.wall() + timedelta(seconds=max(0.0, moment - self._time.monotonic()))

    async def _lease(self, host: str, state: _Host) -> None:
        """Hold the host: a slice at a time, so that two processes take turns."""
        began = self._time.monotonic()
        if began < state.held_until:
            return
        while True:
            wall = self._time.wall()
            taken = hosts.take(
                self._engine,
                host,
                holder=self._me,
                until=wall + timedelta(seconds=LEASE_SECONDS),
                now=wall,
                next_request=self._wall(state.next_request),
            )
            if taken.holder == self._me:
                break
            state.held_until = 0.0
            if self._time.monotonic() - began > self._patience:
                raise HostClosed(f"{host} is held by {taken.holder}")
            await self._time.sleep(0.25)
        now = self._time.monotonic()
        if taken.next_request is not None:  # another process may have asked in between
            state.next_request = max(state.next_request, now + (taken.next_request - wall).total_seconds())
        state.failures, state.reason = taken.failures, taken.reason
        rest = (taken.closed_until - wall).total_seconds() if taken.closed_until else 0.0
        state.closed_until = now + rest if rest > 0 else 0.0
        state.held_until = now + SLICE_SECONDS


def retry_after_seconds(header: bytes | None, now: datetime) -> float | None:
    """`Retry-After` in seconds: a number or an HTTP date; None where it is absent or unreadable.

    >>> retry_after_seconds(b"120", datetime.now(UTC))
    120.0
    """
    if not header:
        return None
    text = header.decode("latin-1").strip()
    if text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


class PoliteHandler(HTTP11DownloadHandler):
    """Scrapy's HTTP handler behind the gate.

    The gate stands here rather than in a middleware because every request passes here, those for robots.txt
    and those after a redirect too, and because `async with` cannot leak a turn.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        work: Work = crawler.settings["DIEMTIN_WORK"]
        self._gate = work.gate
        self._allow_private = work.config.allow_private

    async def download_request(self, request: Request) -> Response:
        """One request in its turn; refusals and failures widen the host's delay.

        Raises PrivateAddress and HostClosed, besides what Scrapy's handler raises.
        """
        if self.crawler.stats is not None:
            self.crawler.stats.inc_value("downloader/request_count")
        host = urlsplit(request.url).hostname or ""
        if not self._allow_private and await _leads_into_private(host):
            raise PrivateAddress(f"{host} is a private address; --allow-private lets a crawl reach it")
        delay = float(request.meta.get("delay", getattr(self.crawler.spider, "delay", 1.0)))
        async with self._gate.turn(host, delay):
            # A closing engine still sends what its downloader holds: the outlet that said no gets none of it.
            if (blocked := getattr(self.crawler.spider, "blocked", None)) is not None:
                raise HostClosed(f"the run has ended: {blocked}")
            try:
                response = await super().download_request(request)
            except Exception as error:
                if not is_too_large(error):
                    self._gate.failed(host, f"{type(error).__name__}: {error}")
                raise
            if response.status in REFUSALS:
                pause = retry_after_seconds(response.headers.get("Retry-After"), datetime.now(UTC))
                self._gate.failed(host, f"HTTP {response.status}", pause)
            elif response.status < 500:
                self._gate.succeeded(host)
        if not self._allow_private and response.ip_address and is_private(str(response.ip_address)):
            # The name was asked for twice and the answers may differ: what was read is not handed on.
            raise PrivateAddress(f"{host} answered from a private address")
        return response


class _Unreferred:
    """A redirect that tells no outlet where we come from, without Scrapy's middleware for that header."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's entry; does not look for that middleware."""
        made = cls(crawler.settings)  # type: ignore[call-arg]  # of the middleware it is mixed into
        made.crawler = crawler  # type: ignore[attr-defined]
        return made

    def handle_referer(self, request: Request, response: Response) -> None:
        """There is no such header."""


class Redirect(_Unreferred, RedirectMiddleware):
    """Scrapy's middleware for redirects by status."""


class MetaRefresh(_Unreferred, MetaRefreshMiddleware):
    """Scrapy's middleware, for pages that can have such a tag: it decodes every page to look for one."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """Follow a `<meta http-equiv="refresh">` in the head."""
        if b"refresh" not in response.body[:_HEAD_BYTES].lower():
            return response
        return super().process_response(request, response)


_HEAD_BYTES = 4096
"""As far as Scrapy looks for the tag."""


def is_too_large(error: BaseException | None) -> bool:
    """Whether an exception of Scrapy says that an answer was over DOWNLOAD_MAXSIZE, packed or unpacked.

    Scrapy has no class of its own for it: the handler cancels the download, the decompression ignores the request.
    """
    if isinstance(error, DownloadCancelledError):
        return "size" in str(error)
    return isinstance(error, IgnoreRequest) and "DOWNLOAD_MAXSIZE" in str(error)


async def _leads_into_private(host: str) -> bool:
    """Whether a host name or address leads into a private network; an unresolvable one does not."""
    if is_private(host):
        return True
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return any(is_private(str(address[0])) for *_, address in found)
