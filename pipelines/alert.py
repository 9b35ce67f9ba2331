"""400: which watches match this article; nothing is written."""

from __future__ import annotations

from dataclasses import replace

from crawler.crawl import tasks
from crawler.query.salience import is_wanted
from crawler.query.search_document import spans_by_zone
from crawler.store.crawl_item import CrawlItem, WatchHit
from pipelines import Stage


class Alert(Stage):
    """Sets `words`, which the full-text index will hold, and `hits`, the watches that match them."""

    async def process_item(self, item: CrawlItem) -> CrawlItem:
        """Add the hits that are salient enough for their watch; what is new about them the store decides."""
        words, answers = await self.ask(item, tasks.answers, item.read)
        asked = ((self.context.watches[number], hit) for number, hit in answers)
        hits = tuple(
            WatchHit(watch, hit.words, spans_by_zone(hit))
            for watch, hit in asked
            if is_wanted(item.read, hit, scope=watch.scope, wanted=watch.salience)
        )
        return replace(item, words=words, hits=hits)
