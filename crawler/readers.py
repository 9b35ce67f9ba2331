"""Reading in worker processes: one trip makes article, annotations and fingerprint of a page.

A worker that takes too long or too much memory is replaced and its page given up under a name; the others go on.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import resource
from collections.abc import Callable, Mapping
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path

from pebble import ProcessExpired, ProcessPool

from crawler.annotate import annotate
from crawler.article import Article, Disposition, NoArticle, Page, published_day
from crawler.reading.extract import read
from crawler.source import Source
from crawler.story.fingerprint import Fingerprint, fingerprint_of
from crawler.topic.topics_train import LearnedTopics

logger = logging.getLogger(__name__)

WORKER_MEMORY = 2 * 1024**3
"""Bytes of address space of a worker: above the 150 MB a worker needs, below what hurts a small box."""
TASKS_PER_WORKER = 20_000
"""A worker is replaced after this many pages, whatever its libraries have hoarded."""


@dataclass(frozen=True, slots=True)
class ReadPage:
    """What a worker makes of a page."""

    outcome: Article | NoArticle
    fingerprint: Fingerprint | None = None


def read_page(
    page: Page, section: str | None, source: Source | None, learned: LearnedTopics | None = None
) -> ReadPage:
    """Page → article with annotations and fingerprint, or why it is none."""
    outcome = read(page, source)
    if isinstance(outcome, NoArticle):
        return ReadPage(outcome)
    if section is not None and outcome.section is None:
        outcome = replace(outcome, section=section)
    return ReadPage(annotated(outcome, source, learned), fingerprint_of(outcome))


def annotated(article: Article, source: Source | None, learned: LearnedTopics | None = None) -> Article:
    """The article with its annotations; offsets of the field `text` point into its corpus text."""
    province = source.province if source is not None else None
    found = annotate(
        title=article.title,
        lead=article.lead,
        text=article.text,
        published=published_day(article.published),
        section=article.section,
        province=province,
        learned=learned,
    )
    return replace(article, annotations=found)


_rows: dict[str, Source] = {}
_learned: list[LearnedTopics] = []


def _start(rows: dict[str, Source], learned: Path | None, memory: int) -> None:
    _rows.update(rows)
    _learned.extend(_load(learned))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


Reader = Callable[[Page, str | None, Source | None, LearnedTopics | None], ReadPage]


def _work(reader: Reader, page: Page, section: str | None) -> ReadPage:
    return reader(page, section, _rows.get(page.source or ""), next(iter(_learned), None))


def _load(learned: Path | None) -> tuple[LearnedTopics, ...]:
    return () if learned is None else (LearnedTopics.load(learned),)


class Readers:
    """The workers of one crawl; `size` 0 reads in this process, without a limit of time or memory."""

    def __init__(
        self,
        registry: Mapping[str, Source],
        *,
        size: int,
        seconds: float,
        learned: Path | None = None,
        memory: int = WORKER_MEMORY,
        reader: Reader = read_page,
    ) -> None:
        """`reader` must be importable by name: a worker is a process of its own."""
        self._registry = dict(registry)
        self._learned = learned
        self._here = () if size else _load(learned)
        self._size = size
        self._seconds = seconds
        self._memory = memory
        self._reader = reader
        self._pool: ProcessPool | None = None

    async def read(self, page: Page, section: str | None) -> ReadPage:
        """One page; never raises for what stands on it."""
        for last in (False, True):
            pool = self._workers()
            try:
                if pool is None:
                    source = self._registry.get(page.source or "")
                    return self._reader(page, section, source, next(iter(self._here), None))
                future = pool.schedule(_work, args=(self._reader, page, section), timeout=self._seconds)
                done: ReadPage = await asyncio.wrap_future(future)
                return done
            except (TimeoutError, FutureTimeout):
                return _given_up(page, f"reading took longer than {self._seconds:g} s")
            except MemoryError:
                return _given_up(page, "reading took more memory than a worker may have")
            except ProcessExpired as error:
                return _given_up(page, f"the worker died: {error}")
            except Exception as error:
                if last or pool is None or not _is_broken(pool, error):
                    logger.exception("unreadable: %s", page.url)
                    return _given_up(page, f"{type(error).__name__}: {error}")
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Stop the workers."""
        if self._pool is not None:
            self._pool.stop()  # type: ignore[no-untyped-call]  # pebble annotates its results only
            self._pool.join()
            self._pool = None

    def _workers(self) -> ProcessPool | None:
        """The pool, made when it is first needed and made again when it broke; None where there is to be none."""
        if self._pool is not None and not self._pool.active:
            logger.warning("the reading workers are gone and are started again")
            self.close()
        if self._size and self._pool is None:
            self._pool = ProcessPool(
                max_workers=self._size,
                max_tasks=TASKS_PER_WORKER,
                initializer=_start,
                initargs=(self._registry, self._learned, self._memory),
                context=multiprocessing.get_context("spawn"),  # a forked reactor would share its sockets
            )
        return self._pool


def _is_broken(pool: ProcessPool, error: Exception) -> bool:
    """Whether the pool failed rather than the page: a worker that dies between two pages takes the pool with it."""
    return isinstance(error, BrokenProcessPool) or not pool.active


def _given_up(page: Page, why: str) -> ReadPage:
    logger.warning("given up: %s: %s", page.url, why)
    return ReadPage(NoArticle(Disposition.UNREADABLE, why))
