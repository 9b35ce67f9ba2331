"""The steps of a backfill: one request each, written with what it found before any of that is asked for.

A kill costs at most the step in flight: its way goes on from the last one that was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.article import Disposition, NoArticle, Page, published_at
from crawler.crawl.worker_pool import cleaned
from crawler.discovery.archive import Way, WayKind, mark
from crawler.source import Section
from crawler.store import backfill as store
from crawler.store.frontier import OwedLink
from spiders.articles import ArticleFetcher
from spiders.requests import first_asked, say
from spiders.visit import Visit


class WayWalker(Protocol):
    """Goes one kind of way."""

    def ask(self, way: Way) -> Iterator[Request]:
        """The request of the next step; none where the way has ended."""

    def around(self, way: Way) -> Way | None:
        """The way behind a step that did not come; None where it waits for the next backfill."""


class Steps:
    """The ways of one backfill, and how a step of any kind is asked, written and left."""

    def __init__(self, visit: Visit, articles: ArticleFetcher, ways: Sequence[Way]) -> None:
        self.visit = visit
        self.articles = articles
        self.ways = list(ways)
        self.walkers: Mapping[WayKind, WayWalker] = {}

    def go_on_with(self, way: Way | None) -> Iterator[Request]:
        """The next request of a way, or of the next way when this one has ended."""
        if self.visit.stopped is not None:
            return
        if way is None or way.ended is not None:
            way = next((w for w in self.ways if w.ended is None), None)
        if way is not None:
            yield from self.walkers[way.kind].ask(way)

    def write(self, way: Way, links: Sequence[OwedLink] = ()) -> tuple[OwedLink, ...]:
        """Write a step; the links of it that are to be asked for."""
        asked = store.step(self.visit.context.engine, way, links, now=self.visit.context.clock())
        self.ways = [way if w.url == way.url else w for w in self.ways]
        self.visit.context.report(way)
        return asked

    def commit(self, way: Way, links: Sequence[OwedLink] = ()) -> Iterator[Request]:
        """Write a step, ask for its articles, take the next."""
        asked = self.write(way, links)
        self.visit.ledger.links.update(item.url for item in links)
        yield from self.articles.ask_for(asked)
        yield from self.go_on_with(way)

    def request(self, url: str, way: Way, callback: Any, **arguments: Any) -> Request:
        """One step's request."""
        return Request(
            url,
            callback=callback,
            errback=self.not_asked,
            dont_filter=True,
            priority=0,  # articles first: their dates say when the way has left the window
            cb_kwargs={"way": way, **arguments},
            meta={"read_as": way.kind},
        )

    def not_asked(self, failure: Failure) -> Iterator[Request]:
        """A step that could not be asked."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy adds the request
        yield from self.failed(request.cb_kwargs["way"], request.url, say(failure.value))

    def failed(self, way: Way, url: str, problem: str) -> Iterator[Request]:
        """Around a page that does not come where its follower's address is known; else the way waits for
        the next backfill, and the others go on."""
        self.visit.ledger.errors += 1
        self.visit.ledger.problem = f"{url}: {problem}"
        self.visit.logger.warning("%s: %s", url, problem)
        way = replace(way, pages=way.pages + 1, missing=way.missing + 1)
        behind = self.walkers[way.kind].around(way)
        yield from self.set_aside(way) if behind is None else self.commit(behind)

    def set_aside(self, way: Way) -> Iterator[Request]:
        """Leave a way for the next backfill."""
        self.ways = [w for w in self.ways if w.url != way.url]
        yield from self.go_on_with(None)

    def section_of(self, way: Way) -> Section:
        """The section that a way lists; the first where it lists the whole site."""
        source = self.visit.source
        own = [s for s in source.sections if way.url in (s.url, s.json_listing, s.sitemap)]
        return own[0] if own else source.sections[0]

    async def day_of(self, response: Response) -> datetime | None:
        """When the article on a page was published; it is read for that and not kept."""
        if response.status != 200:
            return None
        page = Page(response.url, response.body, self.visit.context.clock(), source=self.visit.source.id)
        outcome = await cleaned(self.visit.context.pool, page, None)
        if not isinstance(outcome, NoArticle):
            return published_at(outcome.published)
        if outcome.disposition is Disposition.BOT_WALL:
            self.visit.walled(response.url, outcome.why)
        return None


def been_of(way: Way) -> set[str]:
    """The marks of the addresses at which a way was: those asked for and those that answered."""
    return set(way.position.get("been", ()))


def been_at(way: Way, response: Response) -> set[str]:
    """The same with this answer: the address that was asked, and the one that answered."""
    return been_of(way) | {mark(first_asked(response)), mark(response.url)}


def leads_back(way: Way, response: Response) -> bool:
    """Whether an address that was not asked before has led to a place where the way was."""
    been = been_of(way)
    return mark(response.url) in been and mark(first_asked(response)) not in been
