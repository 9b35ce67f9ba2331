"""500: one transaction for everything an article brings."""

from __future__ import annotations

from crawler.article import Reading
from crawler.finding.address import canonical_url
from crawler.store import articles
from crawler.store.batch import NewArticle, WatchHit
from crawler.store.search import spans_by_zone
from pipelines import Stage


class Store(Stage):
    """Commits the article; a failed write raises and leaves the link owed."""

    def process_item(self, item: Reading) -> Reading:
        """Commit, count, done."""
        if item.article is None or item.fingerprint is None:
            raise TypeError("the clean stage did not run")
        source = self.spider.source
        asked = item.page.requested_url or item.page.url
        stored = articles.put(
            self.work.engine,
            NewArticle(
                article=item.article,
                link=item.link,
                addresses=tuple(
                    dict.fromkeys(canonical_url(u, source) for u in (item.link, asked, item.page.url))
                ),
                province=source.province,
                fingerprint=item.fingerprint,
                words=item.words,
                hits=tuple(WatchHit(watch, hit.words, spans_by_zone(hit)) for watch, hit in item.hits),
            ),
            now=self.work.clock(),
        )
        self.ledger.count(stored.disposition)
        return item
