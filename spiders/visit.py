"""One visit to an outlet: what is known of its walls and refusals, how pages end, and when nothing more is asked.

Everything that asks something of an outlet in this run shares one: `articles.py`, `section_watcher.py`,
`archive/`.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy.http import Response

from crawler.article import Disposition
from crawler.crawl.gate import LEAST_BACKOFF
from crawler.crawl.walls import REST_DELAYS, Verdict, Walls
from crawler.crawl.workers import NoWorkers, TaskFailed, WorkerLost, WorkersStopped
from crawler.discovery.channel_answer import Seen, see
from crawler.source import ChannelKind, Section, Source
from crawler.store import frontier, looks
from crawler.store.database import why_unusable
from spiders.requests import say

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.crawl.context import CrawlContext
    from crawler.crawl.ledger import Ledger


class Visit:
    """The state of one run of one source, and the words in which its parts tell each other what happened."""

    def __init__(self, context: CrawlContext, source: Source, crawler: Crawler) -> None:
        self.context = context
        self.source = source
        self.crawler = crawler
        self.ledger: Ledger = context.ledger(source.id)
        self.began = context.clock()
        self.logger = logging.getLogger(f"spiders.{source.id}")
        self.walls = Walls()
        self.blocked: str | None = None
        """Why the outlet will not be asked again in this run: it does not want us."""
        self.left_alone: str | None = None
        """Why the host is left alone for now."""
        self.forbidden: str | None = None
        """What robots.txt does not let us see, or why it could not be asked."""
        self.stopped: str | None = None
        """Why nothing is asked any more in this run, whosever fault it is."""
        self.refusals = 0
        """Plain ones in a row."""
        self._page_numbers: dict[str, int] = {}
        """Links whose page has come → the number of that page (`Walls.came`)."""
        self._closing: asyncio.Future[None] | None = None

    @property
    def delay(self) -> float:
        """Seconds between requests, before robots.txt has its say."""
        return self.source.crawl.delay

    @cached_property
    def first_look(self) -> datetime:
        """When the source was looked at first: in this crawl, where no earlier one was answered."""
        return looks.first_look(self.context.engine, self.source.id) or self.began

    async def see(self, response: Response, kind: ChannelKind, section: Section, page: int) -> Seen:
        """What an answer shows, read by a worker."""
        asked = (response.body, response.url, response.status, kind, self.source, section, page)
        try:
            return await self.context.pool.call(see, *asked)
        except (WorkerLost, TaskFailed) as error:
            return Seen(unread=f"not read: {error}")

    def refusal(self, response: Response, seen: Seen, kind: ChannelKind, page: int) -> str | None:
        """Why an answer shows nothing; None where it does. A wall before a listing is one before the outlet."""
        if seen.wall:
            listing = kind in ("listing", "json") and page == 1
            self.walled(response.url, seen.wall, channel=True, outlet=listing)
            return f"bot wall: {seen.wall}"
        if response.status in (401, 403, 429):
            self.refused(f"HTTP {response.status}")
        return seen.unread or (f"HTTP {response.status}" if response.status != 200 else None)

    # ---- how a page ends -------------------------------------------------------------------------------------

    def page_came(self, url: str) -> None:
        """A page of an article has come: walls are judged in this order."""
        self.ledger.pages += 1
        self._page_numbers[url] = self.walls.came()

    def not_had(self, link: str, disposition: Disposition, why: str, *, revisit: bool) -> None:
        """Nothing usable came: a stored article is looked at later, a new one stays owed."""
        if revisit:
            frontier.postpone_revisit(self.context.engine, link, now=self.context.clock())
        else:
            frontier.settle(self.context.engine, link, disposition, now=self.context.clock(), why=why)
        self.ledger.count(disposition)

    def settle(self, url: str, disposition: Disposition, why: str | None = None) -> None:
        """Settle a link, and count its page under its one disposition."""
        frontier.settle(self.context.engine, url, disposition, now=self.context.clock(), why=why)
        self.ledger.count(disposition)

    # ---- walls and refusals --------------------------------------------------------------------------------

    def walled(self, url: str, why: str, *, channel: bool = False, outlet: bool = False) -> None:
        """A wall: before the whole outlet it ends the run; before one page, the host rests and one more is tried."""
        told = f"bot wall: {why}"
        self.ledger.problem = self.ledger.problem or f"{url}: {told}"
        self.logger.warning("%s: %s", url, told)
        rest = max(LEAST_BACKOFF, REST_DELAYS * self.delay)
        self.context.gate.rest(urlsplit(url).hostname or "", rest)
        if channel:
            self.walls.channel_walled(url)
        else:
            self.judge(url, "walled")
        if outlet or self.walls.outlet:
            self.refused(told, wall=True)

    def came_through(self, url: str) -> None:
        """A page was read: no wall stands before the outlet, and what was walled before it was alone."""
        self.refusals = 0
        self.judge(url, "read")
        if self.walls.outlet:
            self.refused(self.ledger.problem or "bot wall", wall=True)

    def judge(self, url: str, verdict: Verdict) -> None:
        """What a page was, to the walls; the ones that turn out to have stood alone are counted at their links."""
        for alone in self.walls.judge(self._page_numbers.get(url, 0), url, verdict):
            frontier.count_wall(self.context.engine, alone, now=self.context.clock())

    def refused(self, why: str, *, wall: bool = False) -> None:
        """The outlet does not want us: a wall before it at once, plain refusals after three in a row end the run."""
        self.refusals += 1
        if wall or self.refusals >= 3:
            self.blocked = self.blocked or why
            self.stop(why, reason="blocked")

    def host_closed(self, why: str) -> None:
        """The host is left alone for now, as it asked for or after failures: the run ends, and nobody is to blame."""
        self.ledger.problem = self.ledger.problem or why
        self.left_alone = why
        self.stop(why, reason="closed")

    # ---- what fails on our side ----------------------------------------------------------------------------

    def fault(self, error: BaseException | None, *, page: bool = False) -> None:
        """An error of the run and of no page; `page`: one that was fetched has no disposition for it."""
        self.ledger.lost += page
        if isinstance(error, WorkersStopped):  # the crawl ends: what was in their hands is owed
            return
        self.ledger.errors += 1
        why = why_unusable(error) or say(error)
        if self.ledger.fault != why:
            self.logger.error("%s: %s", self.source.id, why)
        self.ledger.fault = self.ledger.fault or why
        self.logger.debug("the error in full", exc_info=error)
        if why_unusable(error) is not None or isinstance(error, NoWorkers):
            self.context.breaks(why)

    def stop(self, why: str, *, reason: str) -> None:
        """Ask for nothing more, and let what has come end."""
        if self.stopped is not None:
            return
        self.stopped = why
        self.logger.info("%s: stopping: %s", self.source.id, why)
        engine = self.crawler.engine
        if engine is not None:
            self._closing = asyncio.ensure_future(engine.close_spider_async(reason=reason))

    def ended(self) -> None:
        """The run is over: a page that was walled, and no other after it, was walled alone."""
        if self.blocked is None and self.context.broken is None and (alone := self.walls.over()) is not None:
            frontier.count_wall(self.context.engine, alone, now=self.context.clock())
