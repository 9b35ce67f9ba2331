"""The books of a run in the store: a row opened before the first request and closed with its counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from scrapy import signals

from crawler.crawl.context import CrawlContext, CrawlVisit
from crawler.crawl.ledger import Ledger
from crawler.errors import StoreError
from crawler.store import runs
from crawler.store.database import why_unusable

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler


class RunRecorder:
    """A Scrapy extension: one run row per source, opened before the first request and closed with its counts."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.context: CrawlContext = crawler.settings["DIEMTIN_CONTEXT"]
        self.run = 0
        crawler.signals.connect(self.opened, signals.spider_opened)
        crawler.signals.connect(self.closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RunRecorder:
        """Scrapy's entry."""
        return cls(crawler)

    def opened(self, spider: Spider) -> None:
        """Open the row; a backfill has none, for the health of a source is told by what is new."""
        if self.context.window is None:
            self._write(spider, lambda: self._open_row(spider.name))
        self.context.told(spider.name, None)

    def _open_row(self, name: str) -> None:
        self.run = runs.open_run(self.context.engine, name, now=self.context.clock())

    def closed(self, spider: Spider, reason: str) -> None:
        """Close it, with what happened."""
        ledger = self.context.ledger(spider.name)
        stats = self.crawler.stats
        if stats is not None:
            ledger.requests = stats.get_value("downloader/request_count", 0)
            ledger.odd = _odd_values(stats.get_stats())
        visit: CrawlVisit = spider.visit  # type: ignore[attr-defined]  # diemtin runs no other kind of spider
        self._write(spider, visit.ended)
        ledger.close(
            interrupted=self.context.interrupted,
            broken=self.context.broken,
            blocked=visit.blocked,
            left_alone=visit.left_alone,
            forbidden=visit.forbidden,
        )
        if (
            reason not in ("finished", "blocked", "closed", "fault", "shutdown")
            and ledger.outcome == "finished"
        ):
            ledger.outcome, ledger.problem = "failed", ledger.problem or reason
        ended = self.context.clock()
        self._write(spider, lambda: self._close_row(ledger, ended))
        self.context.told(spider.name, ledger)

    def _close_row(self, ledger: Ledger, ended: datetime) -> None:
        runs.close_run(
            self.context.engine,
            self.run,
            ended=ended,
            outcome=ledger.outcome,
            requests=ledger.requests,
            found=ledger.found,
            errors=ledger.errors,
            counts=dict(sorted(ledger.counts.items())),
            fields=dict(sorted(ledger.fields.items())),
            problem=ledger.problem,
        )

    def _write(self, spider: Spider, write: Callable[[], None]) -> None:
        """Write now, or once more when the crawl has ended: a lock may be gone by then."""
        try:
            if self.context.broken is not None:
                raise StoreError(self.context.broken)
            write()
        except Exception as error:
            if (why := why_unusable(error)) is None:
                raise
            self.context.ledger(spider.name).fault = self.context.ledger(spider.name).fault or why
            self.context.breaks(why)
            self.context.unwritten.append(write)


def _odd_values(stats: Mapping[str, Any]) -> dict[str, int]:
    """What `crawler.crawl.download.note_odd` has counted."""
    prefix = "odd/"
    return {key.removeprefix(prefix): n for key, n in sorted(stats.items()) if key.startswith(prefix)}
