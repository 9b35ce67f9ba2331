"""The one spider: discover (feed, sitemap, listing), skip what is known, fetch what is owed.

It only asks and hands over; what a page is, and what becomes of it, is decided in the pipelines.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

from scrapy import Request, signals
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.article import Disposition, Page, Reading
from crawler.finding.polite import HostClosed, PrivateAddress, is_too_large
from crawler.finding.robots import RobotsForbid, RobotsUnreachable
from crawler.source import Source
from crawler.store import articles, frontier
from crawler.store.frontier import OwedLink
from crawler.work import current_work
from spiders.backfill import Backfill
from spiders.discovery import say, wall

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.work import Ledger, Work


class SourceSpider(Backfill):
    """A registry row that crawls itself; `spiders/__init__.py` makes one class of it per row."""

    source: Source
    custom_settings: dict[str, Any] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> SourceSpider:
        """Scrapy's entry: takes the work place from the settings."""
        spider: SourceSpider = super().from_crawler(crawler, *args, **kwargs)
        spider.work = current_work()
        spider.source = spider.work.registry.get(cls.name, cls.source)
        spider.ledger = spider.work.ledger(spider.source.id)
        spider.began = spider.work.clock()
        spider._asked = set()
        spider._under_way = 0
        spider._settled = asyncio.Event()
        spider._settled.set()
        for ended in (signals.item_scraped, signals.item_dropped, signals.item_error):
            crawler.signals.connect(spider._page_ended, ended)
        return spider

    work: Work
    ledger: Ledger
    blocked: str | None = None
    """Why the host will not be asked again in this run."""
    refusals = 0
    _under_way: int
    """Pages in the hands of the stages."""
    _settled: asyncio.Event
    asked = 0
    """Article requests made, for `--limit`."""

    @property
    def delay(self) -> float:
        """Seconds between requests, before robots.txt has its say."""
        return self.source.crawl.delay

    async def start(self) -> AsyncIterator[Request]:
        """First what an earlier crawl left owed and what is due for another look, then the sections.

        With a window: the archive instead.
        """
        if self.work.window is not None:
            for request in self.archive():
                yield request
            return
        now = self.work.clock()
        engine = self.work.engine
        for item in frontier.owed(engine, self.source.id, due=now if self.work.due_only else None):
            if self._may_ask():
                yield self._article_request(item)
        for item in frontier.due_revisits(engine, self.source.id, now):
            if self._may_ask():
                yield self._article_request(item, revisit=True)
        for request in self.sections_due():
            yield request

    # ---- articles ------------------------------------------------------------------------------------------

    def ask_for_articles(self, items: tuple[OwedLink, ...]) -> Iterator[Request]:
        """Requests for links that are owed now."""
        for item in items:
            if self._may_ask():
                yield self._article_request(item)

    def _may_ask(self) -> bool:
        """Whether `--limit` leaves room; what it leaves out stays owed."""
        self.asked += 1
        return self.work.limit is None or self.asked <= self.work.limit

    def _article_request(self, item: OwedLink, *, revisit: bool = False) -> Request:
        return Request(
            item.ask,
            callback=self.parse_article,
            errback=self.article_failed,
            dont_filter=True,  # the frontier knows what is owed; an address owed twice is one row
            priority=10,
            cb_kwargs={"item": item, "revisit": revisit},
        )

    async def parse_article(
        self, response: Response, *, item: OwedLink, revisit: bool
    ) -> AsyncIterator[Reading]:
        """A page for the pipelines, or the disposition of one that did not come."""
        if response.status in (404, 410):
            if articles.mark_gone(self.work.engine, item.url, now=self.work.clock()):
                self.logger.info("%s was taken down", item.url)
            self.settle(item.url, Disposition.GONE)
        elif response.status != 200:
            if (why := wall(response)) is not None:
                self.refused(f"bot wall: {why}", wall=True)
                self.settle(item.url, Disposition.BOT_WALL)
                return
            if response.status in (401, 403, 429):
                self.refused(f"HTTP {response.status}")
            self.failed(item, revisit=revisit)
        else:
            content_type = response.headers.get("Content-Type")
            self._under_way += 1
            self._settled.clear()
            yield Reading(
                page=Page(
                    url=response.url,
                    body=response.body,
                    fetched=self.work.clock(),
                    status=response.status,
                    content_type=content_type.decode("latin-1") if content_type else None,
                    source=self.source.id,
                    requested_url=item.ask,
                    link_title=None if revisit else item.title,
                    feed_published=item.published,
                ),
                link=item.url,
                section=item.section,
                revisit=revisit,
            )

    def _page_ended(self) -> None:
        self._under_way -= 1
        if not self._under_way:
            self._settled.set()

    async def settled(self) -> None:
        """Wait until the pages that were handed to the stages have ended."""
        await self._settled.wait()

    def article_failed(self, failure: Failure) -> None:
        """No answer: the link stays owed, except where it may never be asked."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy adds the request
        item: OwedLink = request.cb_kwargs["item"]
        error = failure.value
        if isinstance(error, PrivateAddress):
            self.settle(item.url, Disposition.PRIVATE_ADDRESS)
        elif isinstance(error, HostClosed):
            self.refused(str(error), wall=True)  # nothing was fetched: the link is owed as before
        elif isinstance(error, RobotsUnreachable):
            self.forbidden = str(error)  # nothing was fetched: the link is owed as before
        elif isinstance(error, RobotsForbid):
            self.settle(item.url, Disposition.ROBOTS)
        elif is_too_large(error):
            self.settle(item.url, Disposition.TOO_LARGE)
        else:
            self.ledger.errors += 1
            self.logger.warning("%s: %s", request.url, say(error))
            self.failed(item, revisit=request.cb_kwargs.get("revisit", False))

    def failed(self, item: OwedLink, *, revisit: bool) -> None:
        """Nothing usable came: a stored article is looked at later, a new one stays owed."""
        if revisit:
            frontier.postpone_revisit(self.work.engine, item.url, now=self.work.clock())
            self.ledger.count(Disposition.HTTP_ERROR)
        else:
            self.settle(item.url, Disposition.HTTP_ERROR)

    def refused(self, why: str, *, wall: bool = False) -> None:
        """The outlet does not want us: a wall at once, plain refusals after three end the run."""
        self.refusals += 1
        if self.blocked is None and (wall or self.refusals >= 3):
            self.blocked = why
            self.logger.warning("%s: stopping: %s", self.name, why)
            engine = self.crawler.engine
            if engine is not None:
                self._closing = asyncio.ensure_future(engine.close_spider_async(reason="blocked"))

    def settle(self, url: str, disposition: Disposition) -> None:
        """Count a page under its one disposition and settle its link."""
        self.ledger.count(disposition)
        frontier.settle(self.work.engine, url, disposition, now=self.work.clock())
