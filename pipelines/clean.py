"""100: page → article, in a worker process; what is no article ends here under its name."""

from __future__ import annotations

from dataclasses import replace

from crawler.article import Disposition, NoArticle, Reading, published_at
from pipelines import Stage


class Clean(Stage):
    """Reads the page and refuses what cannot be used."""

    async def process_item(self, item: Reading) -> Reading:
        """Page → article with all that the worker makes of it."""
        done = await self.work.readers.read(item.page, item.section)
        if isinstance(done.outcome, NoArticle):
            if done.outcome.disposition is Disposition.BOT_WALL:
                self.spider.refused(f"bot wall: {done.outcome.why}", wall=True)
            self.drop(item, done.outcome.disposition, done.outcome.why)
        article = done.outcome
        self.ledger.count_fields(article)
        moment = published_at(article.published)
        if self.work.cutoff is not None and moment and moment < self.work.cutoff:
            item = replace(item, article=article)
            self.drop(item, Disposition.TOO_OLD, f"published {article.published}")
        return replace(
            item,
            article=article,
            fingerprint=done.fingerprint,
            key=done.key,
            words=done.words,
            answers=done.hits,
        )
