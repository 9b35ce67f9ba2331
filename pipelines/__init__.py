"""The stages in the order of the data flow; each is thin, its logic lives in `crawler`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, Self

from scrapy.exceptions import DropItem

from crawler.article import Disposition, Reading, published_at
from crawler.store import frontier

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.work import CrawlSpider, Ledger, Work


class Stage:
    """What every stage has: the work place, and one way to end a page early."""

    def __init__(self, work: Work, crawler: Crawler) -> None:
        self.work = work
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's entry."""
        return cls(crawler.settings["DIEMTIN_WORK"], crawler)

    @property
    def spider(self) -> CrawlSpider:
        """The spider of this crawl."""
        return self.crawler.spider  # type: ignore[return-value]  # diemtin runs no other kind

    @property
    def ledger(self) -> Ledger:
        """The counts of this run."""
        return self.spider.ledger

    def drop(self, item: Reading, disposition: Disposition, why: str) -> NoReturn:
        """End a page under its one disposition: counted, its link settled, its day remembered."""
        moment = published_at(item.article.published) if item.article is not None else None
        if moment is not None:
            frontier.note_published(self.work.engine, item.link, moment)
        self.spider.settle(item.link, disposition)
        raise DropItem(f"{disposition.value}: {why}: {item.page.url}", log_level="DEBUG")
