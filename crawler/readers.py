"""Reading in worker processes: one trip makes article, annotations and fingerprint of a page.

A worker that takes too long or too much memory is replaced and its page given up under a name; the others go on.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import multiprocessing
import resource
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.context import BaseContext
from pathlib import Path

from pebble import ProcessExpired, ProcessPool

from crawler.annotate import annotate
from crawler.article import Article, Disposition, NoArticle, Page, published_day
from crawler.reading.extract import read
from crawler.source import Source
from crawler.story.fingerprint import Fingerprint, fingerprint_of
from crawler.text import key_hash, looks_vietnamese
from crawler.topic.topics_train import LearnedTopics
from crawler.watch.article_doc import doc_of
from crawler.watch.fts import index_text
from crawler.watch.many import WatchIndex
from crawler.watch.match import Hit
from crawler.watch.query import Query

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
    key: str | None = None
    """The hash of its text without typography (`crawler.text.key_hash`)."""
    words: str | None = None
    """Its text for the full-text index."""
    hits: tuple[tuple[int, Hit], ...] = ()
    """The numbers of the watches it answers, and where."""


@dataclass(frozen=True, slots=True)
class Knowing:
    """What a reader knows besides the page; made once for each process."""

    rows: Mapping[str, Source] = field(default_factory=dict)
    learned: LearnedTopics | None = None
    watches: WatchIndex[int] = field(default_factory=lambda: WatchIndex(()))


def read_page(page: Page, section: str | None, knowing: Knowing) -> ReadPage:
    """Page → article with annotations, fingerprint and the watches it answers, or why it is none."""
    source = knowing.rows.get(page.source or "")
    outcome = read(page, source)
    if isinstance(outcome, NoArticle):
        return ReadPage(outcome)
    if not looks_vietnamese(outcome.text):
        return ReadPage(NoArticle(Disposition.NOT_VIETNAMESE, "few Vietnamese letters"))
    if section is not None and outcome.section is None:
        outcome = outcome.noted(section=section)
    article = annotated(outcome, source, knowing.learned)
    if not article.annotations.relevant:
        return ReadPage(article)  # it will not be kept
    doc = doc_of(article, source)
    words = index_text(doc)
    hits = tuple(knowing.watches.match(doc, words))
    return ReadPage(article, fingerprint_of(outcome), key_hash(outcome.text), words, hits)


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
    return article.noted(annotations=found)


Reader = Callable[[Page, str | None, Knowing], ReadPage]
_here: list[Knowing] = []
"""What this process knows, where it is a worker."""


def _start(make: Callable[[], Knowing], memory: int) -> None:
    _here.append(make())
    # What a worker knows stays, and what a page leaves is freed without the collector, but for a few cycles: it took
    # an eighth of the reading.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _work(reader: Reader, page: Page, section: str | None) -> ReadPage:
    return reader(page, section, _here[-1])


def _knowing(
    rows: Mapping[str, Source], learned: Path | None, watches: Sequence[tuple[int, Query]]
) -> Knowing:
    return Knowing(rows, LearnedTopics.load(learned) if learned is not None else None, WatchIndex(watches))


class Readers:
    """The workers of one crawl; `size` 0 reads in this process, without a limit of time or memory."""

    def __init__(
        self,
        registry: Mapping[str, Source],
        *,
        size: int,
        seconds: float,
        learned: Path | None = None,
        watches: Sequence[tuple[int, Query]] = (),
        memory: int = WORKER_MEMORY,
        reader: Reader = read_page,
    ) -> None:
        """`watches` by their numbers. `reader` must be importable by name: a worker is a process of its own."""
        self._make = partial(_knowing, dict(registry), learned, tuple(watches))
        self._here = Knowing() if size else self._make()
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
                    return self._reader(page, section, self._here)
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
                initargs=(self._make, self._memory),
                context=_context(),
            )
        return self._pool


def _context() -> BaseContext:
    """Workers are forked from a server that has only loaded what they share: once for all, and no reactor in it."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def _is_broken(pool: ProcessPool, error: Exception) -> bool:
    """Whether the pool failed rather than the page: a worker that dies between two pages takes the pool with it."""
    return isinstance(error, BrokenProcessPool) or not pool.active


def _given_up(page: Page, why: str) -> ReadPage:
    logger.warning("given up: %s: %s", page.url, why)
    return ReadPage(NoArticle(Disposition.UNREADABLE, why))
