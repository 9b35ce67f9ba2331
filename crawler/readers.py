"""Reading in worker processes: one trip makes article, annotations and fingerprint of a page.

A worker that takes too long or too much memory is replaced and its page given up under a name; the others go on.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
from collections.abc import Mapping
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, replace
from pathlib import Path

from pebble import ProcessExpired, ProcessPool

from crawler.annotate import annotate
from crawler.article import Article, Disposition, NoArticle, Page, published_day
from crawler.extract import read
from crawler.fingerprint import Fingerprint, fingerprint_of
from crawler.source import Source
from crawler.topics_train import LearnedTopics

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


def _start(rows: dict[str, Source], learned: Path | None) -> None:
    _rows.update(rows)
    _learned.extend(_load(learned))
    resource.setrlimit(resource.RLIMIT_AS, (WORKER_MEMORY, WORKER_MEMORY))


def _work(page: Page, section: str | None) -> ReadPage:
    return read_page(page, section, _rows.get(page.source or ""), next(iter(_learned), None))


def _load(learned: Path | None) -> tuple[LearnedTopics, ...]:
    return () if learned is None else (LearnedTopics.load(learned),)


class Readers:
    """The workers of one crawl; `size` 0 reads in this process."""

    def __init__(
        self, registry: Mapping[str, Source], *, size: int, seconds: float, learned: Path | None = None
    ) -> None:
        self._registry = dict(registry)
        self._learned = _load(learned)
        self._seconds = seconds
        self._pool: ProcessPool | None = None
        if size:
            self._pool = ProcessPool(
                max_workers=size,
                max_tasks=TASKS_PER_WORKER,
                initializer=_start,
                initargs=(self._registry, learned),
                context=multiprocessing.get_context("spawn"),  # a forked reactor would share its sockets
            )

    async def read(self, page: Page, section: str | None) -> ReadPage:
        """One page; never raises for what stands on it."""
        if self._pool is None:
            source = self._registry.get(page.source or "")
            return read_page(page, section, source, next(iter(self._learned), None))
        future = self._pool.schedule(_work, args=(page, section), timeout=self._seconds)
        try:
            done: ReadPage = await asyncio.wrap_future(future)
        except (TimeoutError, FutureTimeout):
            return _given_up(f"reading took longer than {self._seconds:.0f} s")
        except MemoryError:
            return _given_up("reading took more memory than a worker may have")
        except ProcessExpired as error:
            return _given_up(f"the worker died: {error}")
        return done

    def close(self) -> None:
        """Stop the workers."""
        if self._pool is not None:
            self._pool.stop()  # type: ignore[no-untyped-call]  # pebble annotates its results only
            self._pool.join()
            self._pool = None


def _given_up(why: str) -> ReadPage:
    return ReadPage(NoArticle(Disposition.UNREADABLE, why))
