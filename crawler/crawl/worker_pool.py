"""The workers of one crawl, asked per stage: `call(function, …)` runs a task (`crawler.crawl.tasks`) in one of them.

What is wrong with a page ends under a name. What is wrong with its worker does not: the page is read again by
another, and where that does not help it is `unread`, which leaves its link owed.
"""

from __future__ import annotations

import gc
import logging
import resource
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from crawler.article import Article, Disposition, NoArticle, Page
from crawler.crawl.tasks import Knowing, clean, know, knowing
from crawler.crawl.workers import TaskFailed, WorkerLost, Workers, WorkersStopped
from crawler.query.parser import Query
from crawler.source import Source

P = ParamSpec("P")
T = TypeVar("T")
logger = logging.getLogger(__name__)

WORKER_MEMORY = 2 * 1024**3
"""Bytes of address space of a worker: above the 150 MB a worker needs, below what hurts a small box."""
READS = 3
"""Workers that may be lost under one page before it is left for another crawl."""


def _start(make: Callable[[], Knowing], memory: int, level: int) -> None:
    know(make())
    # Without a handler Python prints the warnings of libraries, and tracebacks, as they are: that is for `-v`.
    logging.basicConfig(level=level, handlers=None if level < logging.WARNING else [logging.NullHandler()])
    # What a worker knows stays, and what a page leaves is freed without the collector, but for a few cycles: it took
    # an eighth of the reading.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


class WorkerPool:
    """So many workers; `size` 0 works in this process, without a limit of time or memory."""

    def __init__(
        self,
        registry: Mapping[str, Source],
        *,
        size: int,
        seconds: float,
        learned: Path | None = None,
        watches: Sequence[tuple[int, Query]] = (),
        memory: int = WORKER_MEMORY,
    ) -> None:
        """`watches` by their numbers; `seconds` of processor time are what a task may cost."""
        self._make = partial(knowing, dict(registry), learned, tuple(watches))
        self._size = size
        self._seconds = seconds
        self._memory = memory
        self._pool: Workers | None = None
        self._stopped = False
        self._own: Knowing | None = None
        """What this process knows, where it works itself."""

    async def call(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """`function(*arguments)` in a worker, by up to `READS` of them; without workers, here.

        `function` must be importable by name. Raises TaskFailed for what it raises, WorkerLost, NoWorkers or
        WorkersStopped.
        """
        if self._stopped:
            raise WorkersStopped
        task = partial(function, *arguments, **named)
        pool = self._workers()
        if pool is None:
            return self._here_and_now(task)
        for left in reversed(range(READS)):
            try:
                return await pool.call(task)
            except WorkerLost as error:
                if not error.again or not left:
                    raise
                logger.info("read again: %s", error)
        raise AssertionError("unreachable")

    def stop(self) -> None:
        """End the workers whatever they do, and start none again: the crawl is to end."""
        self._stopped = True
        self.close()

    def close(self) -> None:
        """Stop the workers."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def pids(self) -> list[int]:
        """The worker processes there are now."""
        return self._pool.pids() if self._pool is not None else []

    def _here_and_now(self, task: Callable[[], T]) -> T:
        self._own = self._own or self._make()
        know(self._own)
        try:
            return task()
        except Exception as error:
            raise TaskFailed(f"{type(error).__name__}: {error}") from error

    def _workers(self) -> Workers | None:
        """The pool, made when it is first needed; None where there is to be none."""
        if self._size and self._pool is None:
            start = partial(_start, self._make, self._memory, logging.getLogger().level)
            self._pool = Workers(self._size, start=start, seconds=self._seconds, preload=[knowing.__module__])
        return self._pool


Clean = Callable[[Page, str | None], Article | NoArticle]


async def cleaned(
    pool: WorkerPool, page: Page, section: str | None, task: Clean = clean
) -> Article | NoArticle:
    """`clean` in a worker; a page that breaks its reader, or loses it, is no article under that name.

    Raises NoWorkers where no worker can be started.
    """
    try:
        return await pool.call(task, page, section)
    except (TaskFailed, WorkerLost) as error:
        disposition, why = given_up(error)
        logger.warning("given up: %s: %s", page.url, why)
        return NoArticle(disposition, why)


def given_up(error: TaskFailed | WorkerLost) -> tuple[Disposition, str]:
    """What a page is whose task raised, or whose worker was lost, and why.

    >>> given_up(TaskFailed("LookupError: x"))[0].value, given_up(WorkerLost("it died", again=True))
    ('dropped:unreadable', (<Disposition.UNREAD: 'dropped:unread'>, 'reading: it died'))
    """
    if isinstance(error, WorkerLost):
        return Disposition.UNREAD, f"reading: {error}"
    return Disposition.UNREADABLE, str(error)
