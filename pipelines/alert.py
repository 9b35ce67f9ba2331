"""400: which watches match this article; in memory, nothing is written. The worker that read it has asked them."""

from __future__ import annotations

from dataclasses import replace

from crawler.article import Reading
from crawler.store.batch import WatchHit
from crawler.watch.article_doc import spans_by_zone
from pipelines import Stage


class Alert(Stage):
    """Names the watches that match."""

    def process_item(self, item: Reading) -> Reading:
        """Add the hits; what is new about them the store decides."""
        watches = self.work.watches
        hits = tuple(WatchHit(watches[number], hit.words, spans_by_zone(hit)) for number, hit in item.answers)
        return replace(item, hits=hits)
