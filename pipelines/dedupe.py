"""200: a known article with the same text ends here: one small query, no write but the time last seen.

A link is owed as a new one only while no stored article has its address. Should one have it meanwhile, or should
the link be owed anew, the article's transaction finds out the same.
"""

from __future__ import annotations

from dataclasses import replace

from scrapy.exceptions import DropItem

from crawler.article import Disposition
from crawler.crawl import tasks
from crawler.store import articles
from crawler.store.crawl_item import CrawlItem
from pipelines import Stage


class Dedupe(Stage):
    """Sets `key` and `fingerprint`, by which the same and nearly the same texts are found."""

    async def process_item(self, item: CrawlItem) -> CrawlItem:
        """Pass on what is new or changed."""
        read = item.read
        new = read.canonical_url == item.link and not item.revisit
        if not new and articles.touch(self.context.engine, read, item.link, now=self.context.clock()):
            self.context.archive.ended(item.captured, Disposition.UNCHANGED.value, item.link)
            self.ledger.count(Disposition.UNCHANGED)
            raise DropItem(f"unchanged: {read.url}", log_level="DEBUG")
        key, fingerprint = await self.ask(item, tasks.likeness, read)
        return replace(item, key=key, fingerprint=fingerprint)
