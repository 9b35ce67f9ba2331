"""500: one transaction for everything an article brings."""

from __future__ import annotations

from dataclasses import replace

from crawler.store.crawl_item import CrawlItem
from pipelines import Stage


class Store(Stage):
    """Sets `stored`: how the article ended."""

    async def process_item(self, item: CrawlItem) -> CrawlItem:
        """Hand it in, wait for the commit, count. A failed write raises, and leaves the link owed."""
        stored = await self.context.commits.put(item)
        self.context.archive.committed(item.captured)
        self.ledger.count(stored.disposition)
        return replace(item, stored=stored)
