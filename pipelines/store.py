"""500: one transaction for everything an article brings."""

from __future__ import annotations

from crawler.article import Reading
from crawler.finding.address import canonical_url
from crawler.store.batch import NewArticle
from pipelines import Stage


class Store(Stage):
    """Commits the article; a failed write raises and leaves the link owed."""

    async def process_item(self, item: Reading) -> Reading:
        """Hand it in, wait for the commit, count, done."""
        if item.article is None or item.fingerprint is None:
            raise TypeError("the clean stage did not run")
        source = self.spider.source
        asked = item.page.requested_url or item.page.url
        addresses = dict.fromkeys(
            canonical_url(u, source) for u in dict.fromkeys((item.link, asked, item.page.url))
        )
        stored = await self.work.intake.put(
            NewArticle(
                article=item.article,
                link=item.link,
                addresses=tuple(addresses),
                province=source.province,
                fingerprint=item.fingerprint,
                key=item.key,
                words=item.words,
                hits=item.hits,
            )
        )
        self.ledger.count(stored.disposition)
        return item
