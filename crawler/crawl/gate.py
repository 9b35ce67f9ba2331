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
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from scrapy.exceptions import IgnoreRequest

from crawler.store import hosts

if TYPE_CHECKING:
    from crawler.store.database import Engine


T = TypeVar("T")
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
LONGEST_ASKED = timedelta(hours=24).total_seconds()
"""Seconds: the longest pause that a server's number closes its host for, whatever it says."""
LEAST_BACKOFF = 1.0
"""Seconds: what the first failure of a host costs where its row asks for less (loopback)."""


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
        engine: Engine,
        *,
        patience: float = PATIENCE_SECONDS,
        timing: Timing | None = None,
        name: str | None = None,
    ) -> None:
        self._engine = engine
        self._patience = patience
        self._time = timing or Timing()
        self._hosts: dict[str, _Host] = {}
        self._naps: set[asyncio.Future[None]] = set()
        self._downloads: set[asyncio.Future[Any]] = set()
        self._stopped = False
        self._me = name or f"{socket.gethostname()}:{os.getpid()}"

    @property
    def asked(self) -> list[str]:
        """The hosts this process has asked, or tried to."""
        return sorted(self._hosts)

    def note_robots_delay(self, host: str, delay: float) -> None:
        """Remember the Crawl-delay of a host; robots.txt wins over the row when it asks for more.

        It counts from the request for robots.txt itself.
        """
        state = self._host(host)
        delay = min(delay, LONGEST_ASKED)
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
                await self._sleep(wait)
            try:
                yield
            finally:
                pause = max(delay, state.robots_delay)
                if state.failures:
                    pause = max(pause, LEAST_BACKOFF) * 2 ** min(state.failures, 5)
                state.next_request = max(state.next_request, self._time.monotonic() + pause)

    def rest(self, host: str, seconds: float) -> None:
        """Let the host be for a while, without holding anything against it."""
        state = self._host(host)
        state.next_request = max(state.next_request, self._time.monotonic() + seconds)

    def stop(self) -> None:
        """Let nobody wait any longer: the crawl is to end."""
        self._stopped = True
        for nap in self._naps:
            nap.cancel()

    async def within(self, download: Coroutine[Any, Any, T]) -> T:
        """What a request brings; raises HostClosed where `cut` ends it before."""
        task = asyncio.ensure_future(download)
        self._downloads.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            raise HostClosed("the crawl is being stopped") from None
        finally:
            self._downloads.discard(task)

    def cut(self) -> None:
        """End the requests that are under way: the crawl has waited for them as long as it may."""
        for task in self._downloads:
            task.cancel()

    async def _sleep(self, seconds: float) -> None:
        """Raises HostClosed when the crawl is to end meanwhile."""
        if self._stopped:
            raise HostClosed("the crawl is being stopped")
        nap = asyncio.ensure_future(self._time.sleep(seconds))
        self._naps.add(nap)
        try:
            await nap
        except asyncio.CancelledError:
            if self._stopped:
                raise HostClosed("the crawl is being stopped") from None
            raise
        finally:
            self._naps.discard(nap)

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
            retry_after = min(retry_after, LONGEST_ASKED)
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
            await self._sleep(0.25)
        now = self._time.monotonic()
        # Another process may have asked in between.
        state.next_request = max(state.next_request, now + _seconds_until(taken.next_request, wall))
        state.failures, state.reason = taken.failures, taken.reason
        rest = _seconds_until(taken.closed_until, wall)
        state.closed_until = now + rest if rest > 0 else 0.0
        state.held_until = now + SLICE_SECONDS


def _seconds_until(moment: datetime | None, wall: datetime) -> float:
    """How long until then; 0 where it is past, or so far away that it was never ours to wait for."""
    seconds = (moment - wall).total_seconds() if moment is not None else 0.0
    return seconds if 0 < seconds <= LONGEST_ASKED else 0.0
