"""300: documents, meetings, topics; what is not about Party-building work ends here."""

from __future__ import annotations

from dataclasses import replace

from crawler.article import Disposition
from crawler.crawl import tasks
from crawler.store import frontier
from crawler.store.crawl_item import CrawlItem
from pipelines import Stage


class Classify(Stage):
    """Sets the article's annotations."""

    async def process_item(self, item: CrawlItem) -> CrawlItem:
        """Annotate; pass on what is relevant, or was taken back by a person."""
        notes = await self.ask(item, tasks.classify, item.read)
        if not notes.relevant and frontier.is_kept(self.context.engine, item.link):
            notes = await self.ask(item, tasks.classify, item.read, kept=True)
        item = replace(item, article=item.read.noted(annotations=notes))
        if not notes.relevant:
            why = await self.ask(item, tasks.why_off_topic, item.read)
            frontier.note_title(self.context.engine, item.link, item.read.title)
            self.drop(item, Disposition.OFF_TOPIC, why)
        return item
