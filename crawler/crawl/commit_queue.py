"""The way of a crawl's articles into the store: gathered for a moment and committed together.

A commit of its own for each article costs more than all that is written for it. Whoever hands one in waits until it
is in the store, so what is gathered and not committed is still owed, and a `kill -9` loses nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from crawler.errors import StoreError
from crawler.store import articles
from crawler.store.crawl_item import CrawlItem, Stored
from crawler.store.database import why_unusable

if TYPE_CHECKING:
    from crawler.store.database import Engine

TOGETHER = 32
"""Articles of one transaction at most: it holds the reactor for some 50 ms, and twice as many are hardly cheaper."""
SECONDS = 0.3
"""The longest an article waits for others to come."""


class CommitQueue:
    """One for each process: the articles of all its spiders come together here."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock
        self._waiting: list[tuple[CrawlItem, asyncio.Future[Stored]]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._closed: str | None = None

    def close(self, why: str) -> None:
        """Take nothing any more: the store cannot be written, and each attempt holds everybody up."""
        self._closed = why

    async def put(self, new: CrawlItem) -> Stored:
        """Hand in an article and wait for its commit; raises what kept it out of the store, StoreError once closed."""
        if self._closed is not None:
            raise StoreError(self._closed)
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Stored] = loop.create_future()
        self._waiting.append((new, done))
        if len(self._waiting) >= TOGETHER:
            self._commit()
        elif self._timer is None:
            self._timer = loop.call_later(SECONDS, self._commit)
        return await done

    def _commit(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        gathered, self._waiting = self._waiting, []
        answers: Sequence[Stored | Exception]
        if self._closed is not None:
            answers = [StoreError(self._closed)] * len(gathered)
        else:
            answers = articles.put_all(self._engine, [new for new, _ in gathered], now=self._clock())
            broken = (why_unusable(a) for a in answers if isinstance(a, Exception))
            self._closed = next((why for why in broken if why is not None), None)
        for (_, done), answer in zip(gathered, answers, strict=True):
            if done.cancelled():
                continue
            if isinstance(answer, Exception):
                done.set_exception(answer)
            else:
                done.set_result(answer)
