"""400: which watches match this article; in memory, nothing is written."""

from __future__ import annotations

from dataclasses import replace

from crawler.article import Reading
from crawler.store.search import doc_of
from pipelines import Stage


class Alert(Stage):
    """Finds the watches that match."""

    def process_item(self, item: Reading) -> Reading:
        """Add the hits; what is new about them the store decides."""
        if item.article is None:
            raise TypeError("the clean stage did not run")
        doc = doc_of(item.article, self.spider.source)
        return replace(item, hits=tuple(self.work.watches.match(doc)))
