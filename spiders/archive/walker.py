"""A backfill: the ways into an archive, the cheapest first, each gone until it has ended."""

from __future__ import annotations

from collections.abc import Iterator

from scrapy import Request

from crawler.discovery.archive import Window, ways_of
from crawler.store import backfill, frontier
from spiders.archive.ids import IdWalker
from spiders.archive.listing import ListingWalker
from spiders.archive.sitemaps import SitemapWalker
from spiders.archive.steps import Steps
from spiders.articles import ArticleFetcher
from spiders.visit import Visit


class ArchiveWalker:
    """Goes into the archive of a source, for the days of a window."""

    def __init__(self, visit: Visit, articles: ArticleFetcher, window: Window) -> None:
        self.visit = visit
        self.articles = articles
        ways = backfill.resumed(visit.context.engine, ways_of(visit.source, window))
        self.steps = Steps(visit, articles, ways)
        self.steps.walkers = {
            "sitemap": SitemapWalker(self.steps),
            "listing": ListingWalker(self.steps),
            "ids": IdWalker(self.steps),
        }

    def start(self) -> Iterator[Request]:
        """What an earlier backfill left owed, then the first way that has not ended."""
        yield from self.articles.ask_for(
            tuple(frontier.owed(self.visit.context.engine, self.visit.source.id))
        )
        for way in self.steps.ways:
            self.visit.context.report(way)
        yield from self.steps.go_on_with(None)
