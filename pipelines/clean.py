"""100: page → article, in a worker process; what is no article ends here under its name."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property, partial

from crawler.article import Disposition, NoArticle, published_at
from crawler.crawl.second_look import SecondLook
from crawler.crawl.tasks import clean
from crawler.crawl.worker_pool import cleaned
from crawler.store import frontier, runs
from crawler.store.crawl_item import CrawlItem
from pipelines import Stage


class Clean(Stage):
    """Sets `article`, and lets the page go."""

    @cached_property
    def second_look(self) -> SecondLook:
        """When the second reader is asked."""
        past = runs.fields_of(self.context.engine, self.visit.source.id)
        return SecondLook(self.context.config.crawl.second_reader_every, past)

    async def process_item(self, item: CrawlItem) -> CrawlItem:
        """Read the page; refuse what cannot be used, and what lies before the window that was asked for."""
        task = partial(clean, sampling=self.second_look.sampling(self.ledger))
        read = await cleaned(self.context.pool, item.fetched, item.section, task)
        if isinstance(read, NoArticle):
            if read.disposition is Disposition.BOT_WALL:
                self.visit.walled(item.link, read.why)
            self.drop(item, read.disposition, read.why)
        self.visit.came_through(item.link)
        self.ledger.count_fields(read)
        self.second_look.note(read)
        item = replace(item, article=read, page=None)
        moment = published_at(read.published)
        early = self.context.cutoff is not None and moment is not None and moment < self.context.cutoff
        if early and not frontier.is_kept(self.context.engine, item.link):
            self.drop(item, Disposition.TOO_OLD, f"published {read.published}")
        return item
