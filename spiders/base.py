"""The one spider: first what is owed, then the sections or, with a window, the archive.

It only asks and hands over; what a page is, and what becomes of it, is decided in the pipelines. `articles.py` fetches
articles, `section_watcher.py` finds what is new, `archive/` goes back; they share one `visit.py`.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from scrapy import Request, Spider, signals
from scrapy.exceptions import DontCloseSpider
from twisted.python.failure import Failure

from crawler.crawl.context import current_context
from crawler.source import Source
from crawler.store.crawl_item import CrawlItem
from spiders.archive.walker import ArchiveWalker
from spiders.articles import ArticleFetcher
from spiders.section_watcher import SectionWatcher
from spiders.visit import Visit

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class SourceSpider(Spider):
    """A registry row that crawls itself; `spiders/__init__.py` makes one class of it per row."""

    source: Source
    custom_settings: dict[str, Any] | None = None
    visit: Visit
    articles: ArticleFetcher

    @property
    def logger(self) -> logging.LoggerAdapter[logging.Logger]:  # type: ignore[override]  # named as ours
        """The log of this source, under a name that tells it from a library's."""
        return logging.LoggerAdapter(logging.getLogger(f"spiders.{self.name}"), {"spider": self})

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> SourceSpider:
        """Scrapy's entry: takes the context from the settings."""
        spider: SourceSpider = super().from_crawler(crawler, *args, **kwargs)
        context = current_context()
        spider.source = context.registry.get(cls.name, cls.source)
        spider.visit = Visit(context, spider.source, crawler)
        spider.articles = ArticleFetcher(spider.visit)
        for ended in (signals.item_scraped, signals.item_dropped, signals.item_error):
            crawler.signals.connect(spider._page_ended, ended)
        crawler.signals.connect(spider._idle, signals.spider_idle)
        crawler.signals.connect(spider._item_failed, signals.item_error)
        crawler.signals.connect(spider._callback_failed, signals.spider_error)
        context.visits.append(spider.visit)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """What an earlier crawl left owed, then the sections; with a window the archive instead."""
        if (window := self.visit.context.window) is not None:
            for request in ArchiveWalker(self.visit, self.articles, window).start():
                yield request
            return
        for request in self.articles.owed():
            yield request
        for request in SectionWatcher(self.visit, self.articles).start():
            yield request

    def _idle(self) -> None:
        request, engine = self.articles.next_held(), self.crawler.engine
        if request is not None and engine is not None:
            engine.crawl(request)
            raise DontCloseSpider

    def _page_ended(self, item: CrawlItem) -> None:
        self.articles.ended(item)

    def _item_failed(self, failure: Failure) -> None:
        self.visit.fault(failure.value, page=True)

    def _callback_failed(self, failure: Failure) -> None:
        self.visit.fault(failure.value)
