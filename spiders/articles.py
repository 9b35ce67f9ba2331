"""The articles of a visit: what is owed is asked for, and each answer is handed to the pipelines or has its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.article import Disposition, Page
from crawler.crawl.download import PrivateAddress, is_too_large
from crawler.crawl.gate import HostClosed
from crawler.crawl.robots import RobotsForbid, RobotsUnreachable
from crawler.store import articles, frontier
from crawler.store.crawl_item import CrawlItem
from crawler.store.database import why_unusable
from crawler.store.frontier import OwedLink
from crawler.urls import canonical_url
from spiders.requests import say
from spiders.visit import Visit


class ArticleFetcher:
    """Asks for articles, and knows which of them the stages still have in hand."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._asked = 0
        """Article requests made, for `--limit`."""
        self._held: list[OwedLink] = []
        """Links that met a wall in an earlier run: asked when all else has ended, each after the one before it came."""
        self._under_way = 0
        """Pages in the hands of the stages."""
        self._settled = asyncio.Event()
        self._settled.set()

    def owed(self) -> Iterator[Request]:
        """What an earlier crawl left owed, and what is due for another look."""
        context, source, now = self.visit.context, self.visit.source, self.visit.context.clock()
        owed = frontier.owed(context.engine, source.id, due=now if context.due_only else None, now=now)
        self._held = [item for item in owed if item.walled]
        yield from self.ask_for(tuple(item for item in owed if not item.walled))
        for item in frontier.due_revisits(context.engine, source.id, now):
            if self._may_ask():
                yield self._request(item, revisit=True)

    def next_held(self) -> Request | None:
        """All else has ended: the next link that met a wall in an earlier run, while none of them meets it again."""
        wanted = self._held and self.visit.walls.suspect is None and self.visit.stopped is None
        return self._request(self._held.pop(0)) if wanted and self._may_ask() else None

    def ask_for(self, items: tuple[OwedLink, ...]) -> Iterator[Request]:
        """Requests for links that are owed now."""
        for item in items:
            if self._may_ask():
                yield self._request(item)

    def _may_ask(self) -> bool:
        """Whether `--limit` leaves room; what it leaves out stays owed."""
        limit = self.visit.context.limit
        self._asked += 1
        return limit is None or self._asked <= limit

    def _request(self, item: OwedLink, *, revisit: bool = False) -> Request:
        return Request(
            item.ask,
            callback=self.parse,
            errback=self.failed,
            dont_filter=True,  # the frontier knows what is owed; an address owed twice is one row
            priority=10,
            cb_kwargs={"item": item, "revisit": revisit},
            meta={"read_as": "article", "fresh": self._is_fresh(revisit)},
        )

    def _is_fresh(self, revisit: bool) -> bool:
        """Whether a page was found where what is new is listed."""
        return self.visit.context.window is None and not revisit

    async def parse(self, response: Response, *, item: OwedLink, revisit: bool) -> AsyncIterator[CrawlItem]:
        """A page for the pipelines, or the disposition of one that did not come."""
        visit = self.visit
        visit.page_came(item.url)
        if response.status in (404, 410):
            if articles.mark_gone(
                visit.context.engine, item.url, source=visit.source, now=visit.context.clock()
            ):
                visit.logger.info("%s was taken down", item.url)
            visit.settle(item.url, Disposition.GONE)
            visit.came_through(item.url)
        elif response.status != 200:
            seen = await visit.see(response, "listing", visit.source.sections[0], 1)
            if seen.wall is not None:
                visit.not_had(item.url, Disposition.BOT_WALL, seen.wall, revisit=revisit)
                visit.walled(item.url, seen.wall)
                return
            visit.judge(item.url, "neither")
            if response.status in (401, 403, 429):
                visit.refused(f"HTTP {response.status}")
            visit.not_had(item.url, Disposition.HTTP_ERROR, f"HTTP {response.status}", revisit=revisit)
        else:
            self._under_way += 1
            self._settled.clear()
            yield self._item(response, item, revisit=revisit)

    def _item(self, response: Response, item: OwedLink, *, revisit: bool) -> CrawlItem:
        content_type = response.headers.get("Content-Type")
        asked = (item.url, item.ask, response.url)
        return CrawlItem(
            link=item.url,
            addresses=tuple(
                dict.fromkeys(canonical_url(url, self.visit.source) for url in dict.fromkeys(asked))
            ),
            page=Page(
                url=response.url,
                body=response.body,
                fetched=self.visit.context.clock(),
                status=response.status,
                content_type=content_type.decode("latin-1") if content_type else None,
                source=self.visit.source.id,
                requested_url=item.ask,
                link_title=None if revisit else item.title,
                feed_published=item.published,
                fresh=self._is_fresh(revisit),
            ),
            captured=response.meta.get("captured"),
            section=item.section,
            outlet=self.visit.source,
            province=self.visit.source.province,
            revisit=revisit,
            backlog=item.backlog,
            first_look=self.visit.first_look,
        )

    def ended(self, item: CrawlItem) -> None:
        """The stages are done with a page."""
        self.visit.judge(item.link, "neither")
        self._under_way -= 1
        if not self._under_way:
            self._settled.set()

    async def settled(self) -> None:
        """Wait until the pages that were handed to the stages have ended: their dates say when a way back may end."""
        await self._settled.wait()

    def failed(self, failure: Failure) -> None:
        """No answer: the link stays owed, except where it may never be asked."""
        visit = self.visit
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy adds the request
        item: OwedLink = request.cb_kwargs["item"]
        error = failure.value
        if isinstance(error, HostClosed):
            if visit.stopped is None:  # nothing was fetched: the link is owed as before
                visit.host_closed(str(error))
            return
        if isinstance(error, RobotsUnreachable):
            visit.forbidden = str(error)  # nothing was fetched either
            return
        if why_unusable(error) is not None:
            visit.fault(error)
            return
        visit.ledger.pages += 1
        if isinstance(error, PrivateAddress):
            visit.settle(item.url, Disposition.PRIVATE_ADDRESS)
        elif isinstance(error, RobotsForbid):
            visit.settle(item.url, Disposition.ROBOTS)
        elif is_too_large(error):
            visit.settle(item.url, Disposition.TOO_LARGE)
        else:
            visit.ledger.errors += 1
            visit.ledger.problem = visit.ledger.problem or f"{request.url}: {say(error)}"
            visit.logger.info("%s: %s", request.url, say(error))
            revisit = request.cb_kwargs.get("revisit", False)
            visit.not_had(item.url, Disposition.HTTP_ERROR, say(error), revisit=revisit)
