"""400: which watches match this article; in memory, nothing is written."""

from __future__ import annotations

from dataclasses import replace

from crawler.article import Reading
from crawler.store.search import doc_of
from crawler.watch.fts import index_text
from pipelines import Stage


class Alert(Stage):
    """Finds the watches that match."""

    def process_item(self, item: Reading) -> Reading:
        """Add the hits; what is new about them the store decides."""
        if item.article is None:
            raise TypeError("the clean stage did not run")
        doc = doc_of(item.article, self.spider.source)
        words = index_text(doc)
        return replace(item, words=words, hits=tuple(self.work.watches.match(doc, words)))
