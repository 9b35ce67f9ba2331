"""The way of a crawl's articles into the store: gathered for a moment and committed together.

A commit of its own for each article costs more than all that is written for it. Whoever hands one in waits until it
is in the store, so what is gathered and not committed is still owed, and a `kill -9` loses nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from crawler.store import articles
from crawler.store.batch import NewArticle, Stored

if TYPE_CHECKING:
    import sqlalchemy as sa

TOGETHER = 32
"""Articles of one transaction at most: it holds the reactor for some 50 ms, and twice as many are hardly cheaper."""
SECONDS = 0.3
"""The longest an article waits for others to come."""


class Intake:
    """One for each process: the articles of all its spiders come together here."""

    def __init__(self, engine: sa.Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock
        self._waiting: list[tuple[NewArticle, asyncio.Future[Stored]]] = []
        self._timer: asyncio.TimerHandle | None = None

    async def put(self, new: NewArticle) -> Stored:
        """Hand in an article and wait for its commit; raises what kept it out of the store."""
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
        answers = articles.put_all(self._engine, [new for new, _ in gathered], now=self._clock())
        for (_, done), answer in zip(gathered, answers, strict=True):
            if done.cancelled():
                continue
            if isinstance(answer, Exception):
                done.set_exception(answer)
            else:
                done.set_result(answer)
