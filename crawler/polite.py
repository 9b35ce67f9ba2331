"""A polite guest: one request at a time per host, across sources and processes, and never into private networks.

A process takes a host by writing itself into the store's `host` row and keeps it while it crawls; inside the
process one lock per host orders the requests of all spiders. The delay is the larger of the row's and that of
robots.txt; 429, 503 and time-outs widen it, and after a run of failures the host is left alone for a while.
Politeness is about the outlet's own time, so this module always uses the real clock.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy import signals
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.exceptions import IgnoreRequest

from crawler.address import is_private
from crawler.store import hosts

if TYPE_CHECKING:
    import sqlalchemy as sa
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

LEASE_SECONDS = 120
"""A holder that is silent this long has died on another machine; a dead one on this machine is seen at once."""
PATIENCE_SECONDS = 60
"""How long a request waits for a host that another process holds, or that asked for a pause, before it gives up."""
BREAK_AFTER = 5
"""Failures in a row after which the host is left alone, as Media Cloud's graded back-off does."""
FIRST_BREAK = timedelta(minutes=15)
LONGEST_BREAK = timedelta(hours=6)


class PrivateAddress(IgnoreRequest):
    """Raised by the download handler: the address leads into a private network and that is not allowed."""


class HostClosed(IgnoreRequest):
    """Raised by the download handler: the host asked for a pause, or another process holds it."""


@dataclass(slots=True)
class _Host:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    robots_delay: float = 0.0
    next_request: float = 0.0
    failures: int = 0
    closed_until: float = 0.0
    leased_until: float = 0.0


class Gate:
    """Who may ask a host, and when. One per process."""

    def __init__(self, engine: sa.Engine, *, patience: float = PATIENCE_SECONDS) -> None:
        self._engine = engine
        self._patience = patience
        self._hosts: dict[str, _Host] = {}
        self._me = f"{socket.gethostname()}:{os.getpid()}"

    def note_robots_delay(self, host: str, delay: float) -> None:
        """Remember the Crawl-delay of a host; robots.txt wins over the row when it asks for more."""
        self._host(host).robots_delay = delay

    @asynccontextmanager
    async def turn(self, host: str, delay: float) -> AsyncIterator[None]:
        """This process's turn at `host`; raises HostClosed when waiting for it would take too long."""
        state = self._host(host)
        async with state.lock:
            await self._lease(host, state)
            wait = max(state.next_request, state.closed_until) - time.monotonic()
            if wait > self._patience:
                raise HostClosed(f"{host} is left alone for another {wait:.0f} s")
            if wait > 0:
                await asyncio.sleep(wait)
            try:
                yield
            finally:
                pause = max(delay, state.robots_delay) * 2 ** min(state.failures, 5)
                state.next_request = max(state.next_request, time.monotonic() + pause)

    def succeeded(self, host: str) -> None:
        """The host answered: the back-off ends."""
        self._host(host).failures = 0

    def failed(self, host: str, reason: str, retry_after: float | None = None) -> None:
        """The host refused or did not answer: wait longer, and after a run of failures leave it alone."""
        state = self._host(host)
        state.failures += 1
        now = time.monotonic()
        if retry_after is not None:
            state.next_request = max(state.next_request, now + retry_after)
        if state.failures >= BREAK_AFTER:
            pause = min(FIRST_BREAK * 2 ** (state.failures - BREAK_AFTER), LONGEST_BREAK)
            state.closed_until = now + pause.total_seconds()
        resting = max(state.closed_until, state.next_request) - now
        if resting > self._patience:
            hosts.close(self._engine, host, until=_from_now(resting), reason=reason)

    def leave(self) -> None:
        """Give every host back, with the earliest time of its next request."""
        now = time.monotonic()
        for name, state in self._hosts.items():
            if state.leased_until:
                hosts.release(
                    self._engine,
                    name,
                    holder=self._me,
                    next_request=_from_now(max(0.0, state.next_request - now)),
                )
        self._hosts.clear()

    def _host(self, name: str) -> _Host:
        return self._hosts.setdefault(name, _Host())

    async def _lease(self, host: str, state: _Host) -> None:
        now = time.monotonic()
        if state.leased_until - now > LEASE_SECONDS / 2:
            return
        deadline = now + self._patience
        while True:
            taken = hosts.take(
                self._engine, host, holder=self._me, until=_from_now(LEASE_SECONDS), now=_from_now(0)
            )
            if taken.holder == self._me:
                break
            if time.monotonic() > deadline:
                raise HostClosed(f"{host} is held by {taken.holder}")
            await asyncio.sleep(0.25)
        if not state.leased_until:
            wall = _from_now(0)
            for moment in (taken.next_request, taken.closed_until):
                if moment is not None:
                    state.next_request = max(state.next_request, now + (moment - wall).total_seconds())
        state.leased_until = time.monotonic() + LEASE_SECONDS


def _from_now(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


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
        work = crawler.settings["DIEMTIN_WORK"]
        self._gate: Gate = work.gate
        self._allow_private: bool = work.config.allow_private
        self._delay: float = crawler.settings.getfloat("DIEMTIN_DELAY")
        crawler.signals.connect(self._robots_parsed, signals.robots_parsed)
        self._agent: str = crawler.settings["USER_AGENT"]

    async def download_request(self, request: Request) -> Response:
        """One request in its turn; 429, 503 and failures widen the host's delay."""
        host = urlsplit(request.url).hostname or ""
        if not self._allow_private and await _leads_into_private(host):
            raise PrivateAddress(f"{host} is a private address; --allow-private lets a crawl reach it")
        delay = float(getattr(self.crawler.spider, "delay", 1.0))
        async with self._gate.turn(host, delay):
            try:
                response = await super().download_request(request)
            except Exception as error:
                self._gate.failed(host, f"{type(error).__name__}: {error}")
                raise
            if response.status in (429, 503):
                pause = retry_after_seconds(response.headers.get("Retry-After"), datetime.now(UTC))
                self._gate.failed(host, f"HTTP {response.status}", pause)
            elif response.status < 500:
                self._gate.succeeded(host)
            return response

    def _robots_parsed(self, robotparser: Any, request: Request) -> None:
        delay = robotparser.rp.crawl_delay(
            self._agent
        )  # Protego's own: Scrapy's interface has no Crawl-delay
        if delay:
            self._gate.note_robots_delay(urlsplit(request.url).hostname or "", float(delay))


async def _leads_into_private(host: str) -> bool:
    """Whether a host name or address leads into a private network; an unresolvable one does not."""
    if is_private(host):
        return True
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return any(is_private(str(address[0])) for *_, address in found)
