"""The one spider: discover (feed, sitemap, listing), skip what is known, fetch what is owed.

It only asks and hands over; what a page is, and what becomes of it, is decided in the pipelines.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from scrapy import Request, Spider
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler import discover, feed
from crawler.address import canonical_url, request_url
from crawler.article import Disposition, NoArticle, Page, Reading
from crawler.extract import read
from crawler.polite import HostClosed, PrivateAddress
from crawler.source import Section, Source
from crawler.store import articles, frontier
from crawler.store.frontier import Channel, OwedLink
from crawler.work import current_work

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.work import Ledger, Work

Kind = Literal["feed", "sitemap", "json", "listing"]
_WALL_BYTES = 30_000
"""Challenges are small: the stored ones have under 1 KB; a larger answer is not parsed for one."""
FULL_LOOK = timedelta(hours=4)
"""A 304 is a hint: after this long the channel is asked without conditions (FIELD §2.3, thread 24)."""


class SourceSpider(Spider):
    """A registry row that crawls itself; `spiders/__init__.py` makes one class of it per row."""

    source: Source
    custom_settings: dict[str, Any] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> SourceSpider:
        """Scrapy's entry: takes the work place from the settings."""
        spider: SourceSpider = super().from_crawler(crawler, *args, **kwargs)
        spider.work = current_work()
        spider.source = spider.work.registry.get(cls.name, cls.source)
        spider.ledger = spider.work.ledger(spider.source.id)
        return spider

    work: Work
    ledger: Ledger
    blocked: str | None = None
    """Why the host will not be asked again in this run."""
    refusals = 0
    asked = 0
    """Article requests made, for `--limit`."""

    @property
    def delay(self) -> float:
        """Seconds between requests, before robots.txt has its say."""
        return self.source.crawl.delay

    async def start(self) -> AsyncIterator[Request]:
        """First what an earlier crawl left owed and what is due for another look, then the sections."""
        now = self.work.clock()
        self.began = now
        engine = self.work.engine
        for item in frontier.owed(engine, self.source.id):
            if self._may_ask():
                yield self._article_request(item)
        for item in frontier.due_revisits(engine, self.source.id, now):
            if self._may_ask():
                yield self._article_request(item, revisit=True)
        for section in self.source.sections:
            yield self._channel_request(section, *self._channels(section)[0])

    # ---- discovery -----------------------------------------------------------------------------------------

    def _channels(self, section: Section) -> list[tuple[Kind, str]]:
        """The ways into a section, cheapest first."""
        ways: list[tuple[Kind, str | None]] = [
            ("feed", section.feed),
            ("sitemap", section.sitemap),
            ("json", section.json_listing and section.json_listing.replace("{page}", "1")),
            ("listing", section.url),
        ]
        return [(kind, url) for kind, url in ways if url]

    def _channel_request(
        self, section: Section, kind: Kind, url: str, *, page: int = 1, state: Channel | None = None
    ) -> Request:
        if state is None:
            state = frontier.channel_state(self.work.engine, self.source.id, url, kind)
        headers = {}
        conditional = state.full_look and self.began - state.full_look < FULL_LOOK and not state.walk_started
        if conditional and page == 1:
            if state.etag:
                headers["If-None-Match"] = state.etag
            if state.last_modified:
                headers["If-Modified-Since"] = state.last_modified
        return Request(
            url,
            headers=headers,
            callback=self.parse_channel,
            errback=self.channel_failed,
            dont_filter=True,
            priority=0 if page == 1 else -page,  # articles first: their dates say when a way back may end
            cb_kwargs={"section": section, "kind": kind, "page": page, "state": state},
        )

    def parse_channel(
        self,
        response: Response,
        *,
        section: Section,
        kind: Kind,
        page: int,
        state: Channel,
        before: tuple[str, ...] = (),
    ) -> Iterator[Request]:
        """Links of one channel become owed; then the next channel, or the way back through the pages."""
        now = self.work.clock()
        if response.status == 304:
            state = frontier.paced(
                replace(state, looked=now, problem=None),
                new=0,
                total=1,
                base=self.source.crawl.every,
                now=now,
            )
            frontier.save_channel(self.work.engine, state)
            return
        if page > 1 and response.status in (404, 410):  # one page behind the last: the way back has ended
            frontier.save_channel(self.work.engine, replace(state, walk_started=None, walk_pages=None))
            return
        why = _wall(response)
        if response.status != 200 or why:
            problem = f"bot wall: {why}" if why else f"HTTP {response.status}"
            if why or response.status in (401, 403, 429):
                self.refused(problem, wall=why is not None)
            yield from self._channel_problem(section, kind, state, problem)
            return
        links, more = self._links(response, section, kind, page)
        self.ledger.found += len(links)
        if kind in ("listing", "json") and page == 1:
            state = self._walking(state)
        state = self._looked(state, response, page, now)
        found = frontier.record_look(
            self.work.engine, state, links, since=state.walk_started or self.began, now=now
        )
        if page == 1:
            state = self._pace(state, found, now)
        for item in found.new:
            if self._may_ask():
                yield self._article_request(item)
        for child in more:
            yield self._channel_request(section, "sitemap", child)
        too_old = frontier.all_too_old(self.work.engine, before)
        yield from self._go_on(response, section, kind, page, state, found, too_old)

    def _links(
        self, response: Response, section: Section, kind: Kind, page: int
    ) -> tuple[list[OwedLink], list[str]]:
        """The article links of a channel, and the child sitemaps worth a look."""
        more: list[str] = []
        if kind == "feed":
            links = feed.links_from_feed(response.body, response.url)
        elif kind == "sitemap":
            links, children = feed.links_from_sitemap(response.body, response.url)
            more = feed.newest_sitemaps(children, self.began)
        elif kind == "json":
            links = discover.links_from_json(response.body, response.url, section)
        else:
            links = discover.links_from_listing(response.body, response.url, self.source, section)
        owed = []
        for item in links:
            ask = request_url(item.url, response.url)
            if ask and self.source.articles.matches(ask):
                owed.append(
                    OwedLink(canonical_url(ask, self.source), ask, section.name, item.title, item.published)
                )
        return owed, more

    def _looked(self, state: Channel, response: Response, page: int, now: datetime) -> Channel:
        state = replace(state, looked=now, problem=None, failures=0.0)
        if page > 1:
            return state
        header = response.headers.get
        etag, modified = header("ETag"), header("Last-Modified")
        return replace(
            state,
            full_look=now,
            etag=etag.decode("latin-1") if etag else None,
            last_modified=modified.decode("latin-1") if modified else None,
        )

    def _pace(self, state: Channel, found: frontier.Discovery, now: datetime) -> Channel:
        every = self.source.crawl.every
        state = frontier.paced(state, new=len(found.new), total=found.total, base=every, now=now)
        frontier.save_channel(self.work.engine, state)
        return state

    def _go_on(
        self,
        response: Response,
        section: Section,
        kind: Kind,
        page: int,
        state: Channel,
        found: frontier.Discovery,
        too_old: bool,
    ) -> Iterator[Request]:
        """Where a look leaves a gap: the next channel, or one page further back.

        A look has closed the gap when at least half of its links were known before it began: a pinned item alone
        does not show that. A way back that a kill cut short keeps its beginning in the store, so the next crawl
        does not take the links of that half-walked way for what was known.
        """
        met_known = found.total > 0 and found.known_before * 2 >= found.total
        if kind in ("feed", "sitemap"):
            if not met_known:
                yield from self._next_channel(section, kind)
            return
        if kind == "json" and found.total == 0 and page == 1:
            yield from self._next_channel(section, kind)
            return
        following = self._following(response, section, kind, page)
        limit = state.walk_pages or 1
        if met_known or too_old or found.total == 0 or following is None or page >= limit:
            frontier.save_channel(self.work.engine, replace(state, walk_started=None, walk_pages=None))
            return
        request = self._channel_request(section, kind, following, page=page + 1, state=state)
        request.cb_kwargs["before"] = tuple(item.url for item in found.new)
        yield request

    def _following(self, response: Response, section: Section, kind: Kind, page: int) -> str | None:
        if kind == "json" and section.json_listing:
            return section.json_listing.replace("{page}", str(page + 1))
        return discover.next_page(response.body, response.url, section, page)

    def _walking(self, state: Channel) -> Channel:
        """The state of a listing whose first page was just read: a way back begins, or an older one goes on."""
        if state.walk_started is not None:
            return state
        limits = self.work.config.crawl
        first_visit = state.looked is None and self.work.since is None
        return replace(
            state,
            walk_started=self.began,
            walk_pages=limits.first_pages if first_visit else limits.max_pages,
        )

    def _next_channel(self, section: Section, kind: Kind) -> Iterator[Request]:
        kinds = [k for k, _ in self._channels(section)]
        for following, url in self._channels(section)[kinds.index(kind) + 1 :]:
            yield self._channel_request(section, following, url)
            return

    def _channel_problem(
        self, section: Section, kind: Kind, state: Channel, problem: str
    ) -> Iterator[Request]:
        self.ledger.errors += 1
        self.ledger.problem = f"{state.url}: {problem}"
        self.logger.warning("%s: %s", state.url, problem)
        frontier.save_channel(
            self.work.engine,
            replace(state, looked=self.work.clock(), failures=state.failures + 1, problem=problem),
        )
        if self.blocked is None:
            yield from self._next_channel(section, kind)

    def channel_failed(self, failure: Failure) -> Iterator[Request]:
        """A channel that could not be asked: said, and the next one tried."""
        arguments = failure.request.cb_kwargs  # type: ignore[attr-defined]  # Scrapy adds the request
        yield from self._channel_problem(
            arguments["section"], arguments["kind"], arguments["state"], _say(failure.value)
        )

    # ---- articles ------------------------------------------------------------------------------------------

    def _may_ask(self) -> bool:
        """Whether `--limit` leaves room; what it leaves out stays owed."""
        self.asked += 1
        return self.work.limit is None or self.asked <= self.work.limit

    def _article_request(self, item: OwedLink, *, revisit: bool = False) -> Request:
        return Request(
            item.ask,
            callback=self.parse_article,
            errback=self.article_failed,
            dont_filter=True,  # the frontier knows what is owed; an address owed twice is one row
            priority=10,
            cb_kwargs={"item": item, "revisit": revisit},
        )

    async def parse_article(
        self, response: Response, *, item: OwedLink, revisit: bool
    ) -> AsyncIterator[Reading]:
        """A page for the pipelines, or the disposition of one that did not come."""
        if response.status in (404, 410):
            if articles.mark_gone(self.work.engine, item.url, now=self.work.clock()):
                self.logger.info("%s was taken down", item.url)
            self.settle(item.url, Disposition.GONE)
        elif response.status != 200:
            if response.status in (401, 403, 429):
                self.refused(f"HTTP {response.status}")
            self.settle(item.url, Disposition.HTTP_ERROR)
        else:
            content_type = response.headers.get("Content-Type")
            yield Reading(
                page=Page(
                    url=response.url,
                    body=response.body,
                    fetched=self.work.clock(),
                    status=response.status,
                    content_type=content_type.decode("latin-1") if content_type else None,
                    source=self.source.id,
                    requested_url=item.ask,
                    link_title=None if revisit else item.title,
                    feed_published=item.published,
                ),
                link=item.url,
                section=item.section,
            )

    def article_failed(self, failure: Failure) -> None:
        """No answer: the link stays owed, except where it may never be asked."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy adds the request
        item: OwedLink = request.cb_kwargs["item"]
        error = failure.value
        if isinstance(error, PrivateAddress):
            self.settle(item.url, Disposition.PRIVATE_ADDRESS)
        elif isinstance(error, HostClosed):
            self.refused(str(error), wall=True)  # nothing was fetched: the link is owed as before
        elif isinstance(error, IgnoreRequest):
            self.settle(item.url, Disposition.ROBOTS)
        else:
            self.ledger.errors += 1
            self.logger.warning("%s: %s", request.url, _say(error))
            too_large = "maxsize" in str(error).lower() or "larger than" in str(error).lower()
            self.settle(item.url, Disposition.TOO_LARGE if too_large else Disposition.HTTP_ERROR)

    def refused(self, why: str, *, wall: bool = False) -> None:
        """The outlet does not want us: a wall at once, plain refusals after three end the run."""
        self.refusals += 1
        if self.blocked is None and (wall or self.refusals >= 3):
            self.blocked = why
            self.logger.warning("%s: stopping: %s", self.name, why)
            engine = self.crawler.engine
            if engine is not None:
                self._closing = asyncio.ensure_future(engine.close_spider_async(reason="blocked"))

    def settle(self, url: str, disposition: Disposition) -> None:
        """Count a page under its one disposition and settle its link."""
        self.ledger.count(disposition)
        frontier.settle(self.work.engine, url, disposition, now=self.work.clock())


def _wall(response: Response) -> str | None:
    """Why an answer is a bot wall, whatever its status; None where it is none."""
    if len(response.body) >= _WALL_BYTES:
        return None
    page = Page(url=response.url, body=response.body, fetched=datetime.now(UTC), status=response.status)
    found = read(page)
    return found.why if isinstance(found, NoArticle) and found.disposition is Disposition.BOT_WALL else None


def _say(error: BaseException | None) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__
