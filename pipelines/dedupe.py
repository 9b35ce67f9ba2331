"""200: a known article with the same text ends here: one small query, no write but the time last seen.

A link is owed as a new one only while no stored article has its address. Should one have it meanwhile, or should
the link be owed anew, the article's transaction finds out the same.
"""

from __future__ import annotations

from scrapy.exceptions import DropItem

from crawler.article import Disposition, Reading
from crawler.store import articles
from pipelines import Stage


class Dedupe(Stage):
    """Stops what the store already holds word for word."""

    def process_item(self, item: Reading) -> Reading:
        """Pass on what is new or changed."""
        if item.article is None:
            raise TypeError("the clean stage did not run")
        new = item.article.canonical_url == item.link and not item.revisit
        if not new and articles.touch(self.work.engine, item.article, item.link, now=self.work.clock()):
            self.ledger.count(Disposition.UNCHANGED)
            raise DropItem(f"unchanged: {item.page.url}", log_level="DEBUG")
        return item
