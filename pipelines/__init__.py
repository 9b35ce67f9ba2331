"""The stages in the order of the data flow; each is thin, its logic lives in `crawler`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, ParamSpec, Self, TypeVar

from scrapy.exceptions import DropItem

from crawler.article import Disposition, published_at
from crawler.crawl.worker_pool import given_up
from crawler.crawl.workers import TaskFailed, WorkerLost
from crawler.store import frontier

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.crawl.context import CrawlContext, CrawlVisit
    from crawler.crawl.ledger import Ledger
    from crawler.store.crawl_item import CrawlItem

P = ParamSpec("P")
T = TypeVar("T")


class Stage:
    """What every stage has: the context, and one way to end a page early."""

    def __init__(self, context: CrawlContext, crawler: Crawler) -> None:
        self.context = context
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's entry."""
        return cls(crawler.settings["DIEMTIN_CONTEXT"], crawler)

    @property
    def visit(self) -> CrawlVisit:
        """The visit that the page comes from."""
        visit: CrawlVisit = self.crawler.spider.visit  # type: ignore[union-attr]  # diemtin runs no other kind of spider
        return visit

    @property
    def ledger(self) -> Ledger:
        """The counts of this run."""
        return self.visit.ledger

    async def ask(self, item: CrawlItem, task: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """`task(*arguments)` in a worker; a page that breaks it, or loses it, ends under that name."""
        try:
            return await self.context.pool.call(task, *arguments, **named)
        except (TaskFailed, WorkerLost) as error:
            self.drop(item, *given_up(error))

    def drop(self, item: CrawlItem, disposition: Disposition, why: str) -> NoReturn:
        """End a page under its one disposition: counted, its link settled, its day remembered."""
        self.context.archive.ended(item.captured, disposition.value, item.link)
        moment = published_at(item.article.published) if item.article is not None else None
        if moment is not None:
            frontier.note_published(self.context.engine, item.link, moment)
        if disposition in (Disposition.UNREAD, Disposition.BOT_WALL):
            self.visit.not_had(item.link, disposition, why, revisit=item.revisit)
        else:
            self.visit.settle(item.link, disposition, why)
        raise DropItem(f"{disposition.value}: {why}: {item.link}", log_level="DEBUG")
