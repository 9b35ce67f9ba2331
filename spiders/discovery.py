"""Finding what is new in a section: its channels in the order of their cost, and the way back through the pages.

The rules that leave nothing out (docs/finding.md tells them with their reasons):

- links become owed, and the channel's ETag is remembered, in one transaction;
- a look that does not meet what the section has shown before leaves a way back owed, in the same transaction;
- that way back keeps its beginning in the store until it has met what was known then, so neither a kill nor a
  failed page makes the next crawl take its own half-walked way for what was known.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from scrapy import Request, Spider
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.article import Disposition, NoArticle, Page
from crawler.finding import discover, feed
from crawler.finding.address import canonical_url, request_url
from crawler.finding.polite import HostClosed
from crawler.finding.robots import RobotsForbid
from crawler.reading.extract import read
from crawler.source import ChannelKind, Section, Source
from crawler.store import frontier
from crawler.store.frontier import Channel, OwedLink

if TYPE_CHECKING:
    from crawler.work import Ledger, Work

FULL_LOOK = timedelta(hours=4)
"""A 304 is a hint: after this long the channel is asked without conditions (FIELD §2.3, thread 24)."""
MOST_HOLES = 2
"""Pages in a row that may fail before a way back stops for this crawl."""
_WALL_BYTES = 30_000
"""Challenges are small: the stored ones have under 1 KB; a larger answer is not parsed for one."""


@dataclass(frozen=True, slots=True)
class Look:
    """One request to a channel, and the walk it belongs to."""

    section: Section
    kind: ChannelKind
    state: Channel
    page: int = 1
    seen: frozenset[str] = frozenset()
    """Addresses shown by earlier pages of this walk."""
    before: tuple[str, ...] = ()
    """Addresses that the page before added: by now their dates are known."""
    holes: int = 0
    """Pages of this walk that failed."""
    holes_in_a_row: int = 0
    repeated: bool = False
    """The page before showed nothing that earlier ones had not."""


class Discovery(Spider):
    """The part of the spider that asks sections for links."""

    work: Work
    source: Source
    ledger: Ledger
    blocked: str | None
    began: datetime
    _asked: set[tuple[str, str]]
    """Channels asked in this crawl: two child sitemaps with a gap lead to one listing."""

    def refused(self, why: str, *, wall: bool = False) -> None:
        """Note that the outlet does not want us."""
        raise NotImplementedError

    async def settled(self) -> None:
        """Wait until the articles that have come are stored or dropped: their dates say when a way back may end."""
        raise NotImplementedError

    def ask_for_articles(self, items: tuple[OwedLink, ...]) -> Iterator[Request]:
        """Requests for links that are owed now."""
        raise NotImplementedError

    def sections_due(self) -> Iterator[Request]:
        """The first channel of every section that is to be looked at."""
        sections = self.source.sections
        if self.work.due_only:
            sections = tuple(frontier.due_sections(self.work.engine, self.source, now=self.began))
        for section in sections:
            yield from self._ask(section, *section.channels[0])

    def _ask(self, section: Section, kind: ChannelKind, url: str) -> Iterator[Request]:
        if (section.url, url) in self._asked:
            return
        self._asked.add((section.url, url))
        state = frontier.channel_state(self.work.engine, self.source.id, url, kind)
        headers = {}
        fresh = state.full_look is not None and self.began - state.full_look < FULL_LOOK
        if fresh and state.walk_started is None and self.work.cutoff is None:
            if state.etag:
                headers["If-None-Match"] = state.etag
            if state.last_modified:
                headers["If-Modified-Since"] = state.last_modified
        yield self._request(url, Look(section, kind, state), headers)

    def _request(self, url: str, look: Look, headers: dict[str, str] | None = None) -> Request:
        return Request(
            url,
            headers=headers,
            callback=self.parse_channel,
            errback=self.channel_failed,
            dont_filter=True,
            priority=1 - look.page,  # articles first: their dates say when a way back may end
            cb_kwargs={"look": look},
        )

    # ---- one answer ----------------------------------------------------------------------------------------

    async def parse_channel(self, response: Response, *, look: Look) -> AsyncIterator[Request]:
        """Links of one channel become owed; then the next channel, or the way back through the pages."""
        if look.page > 1:
            await self.settled()
        for request in self._answered(response, look):
            yield request

    def _answered(self, response: Response, look: Look) -> Iterator[Request]:
        now = self.work.clock()
        if response.status == 304:
            self.ledger.not_modified += 1
            state = replace(look.state, looked=now, problem=None, failures=0.0)
            every = self.source.crawl.every
            frontier.save_channel(
                self.work.engine, frontier.paced(state, new=0, total=1, base=every, now=now)
            )
            if self._gap_is_open(look.section, look.kind):
                yield from self._next_channel(look)
            return
        if look.page > 1 and response.status in (404, 410):  # one page behind the last
            self._walk_ended(look, "ended before it met what was known")
            return
        why = wall(response)
        if response.status != 200 or why:
            problem = f"bot wall: {why}" if why else f"HTTP {response.status}"
            if why or response.status in (401, 403, 429):
                self.refused(problem, wall=why is not None)
            yield from self._problem(response.url, look, problem)
            return
        links, aside, children = self._links(response, look)
        self.ledger.links.update(item.url for item in links)
        if not links and not children and look.page == 1 and look.kind != "json":
            nothing = feed.why_no_feed(response.body) if look.kind in ("feed", "sitemap") else None
            yield from self._problem(
                response.url, look, f"no article links ({nothing or 'the form of links?'})"
            )
            return
        yield from self._record(response, look, links, aside, children, now)

    def _record(
        self,
        response: Response,
        look: Look,
        links: list[OwedLink],
        aside: set[str],
        children: list[str],
        now: datetime,
    ) -> Iterator[Request]:
        walking = look.kind in ("listing", "json")
        state = self._looked(look.state, response, look.page, now)
        if walking and look.page == 1:
            state = self._walk(state, look.section)
        counted = {item.url for item in links} - aside - look.seen
        found = frontier.record_look(
            self.work.engine,
            state,
            links,
            since=state.walk_started or self.began,
            now=now,
            section=look.section.url,
            count=counted,
            cutoff=self.work.cutoff,
            if_gap=None if walking or children else self._owed_walk(look.section),
        )
        if look.page == 1:
            share = sum(item.url in counted for item in found.new)
            state = frontier.paced(state, new=share, total=found.total, base=self.source.crawl.every, now=now)
            frontier.save_channel(self.work.engine, state)
        yield from self.ask_for_articles(found.new)
        look = replace(look, state=state)
        if not walking:
            for child in children:
                yield from self._ask(look.section, "sitemap", child)
            if not children and (
                not found.met_known or self.work.cutoff or self._gap_is_open(look.section, look.kind)
            ):
                yield from self._next_channel(look)
        elif look.kind == "json" and not links and look.page == 1:
            yield from self._next_channel(look)
        else:
            yield from self._go_back(response, look, links, counted, found)

    def _links(self, response: Response, look: Look) -> tuple[list[OwedLink], set[str], list[str]]:
        """The article links of a channel, which of them stand beside the list, and the child sitemaps to ask."""
        children: list[str] = []
        if look.kind == "feed":
            links = feed.links_from_feed(response.body, response.url)
        elif look.kind == "sitemap":
            links, listed = feed.links_from_sitemap(response.body, response.url)
            children = feed.newest_sitemaps(listed, self.began)
        elif look.kind == "json":
            links = discover.links_from_json(response.body, response.url, look.section)
        else:
            links = discover.links_from_listing(response.body, response.url, self.source, look.section)
        return *owed_links(links, response.url, self.source, look.section), children

    def _looked(self, state: Channel, response: Response, page: int, now: datetime) -> Channel:
        if page > 1:
            return replace(state, looked=now, problem=None)
        header = response.headers.get
        etag, modified = header("ETag"), header("Last-Modified")
        return replace(
            state,
            looked=now,
            problem=None,
            # the failures of an unfinished way back are counted until it ends
            failures=state.failures if state.walk_started else 0.0,
            full_look=now,
            etag=etag.decode("latin-1") if etag else None,
            last_modified=modified.decode("latin-1") if modified else None,
        )

    # ---- the way back --------------------------------------------------------------------------------------

    def _walk(self, state: Channel, section: Section) -> Channel:
        """The state of a listing from which a way back begins, or an older one goes on."""
        if state.walk_started is not None:
            return state
        limits = self.work.config.crawl
        first = self.work.cutoff is None and frontier.first_visit(
            self.work.engine, self.source.id, section.url, self.began
        )
        return replace(
            state, walk_started=self.began, walk_pages=limits.first_pages if first else limits.max_pages
        )

    def _owed_walk(self, section: Section) -> Channel | None:
        """The listing with a way back owed; None where one is owed already."""
        kind, url = section.channels[-1]
        state = frontier.channel_state(self.work.engine, self.source.id, url, kind)
        return None if state.walk_started else self._walk(state, section)

    def _gap_is_open(self, section: Section, kind: ChannelKind) -> bool:
        """Whether a dearer channel of the section still has a way to go back."""
        kinds = [k for k, _ in section.channels]
        return any(
            frontier.channel_state(self.work.engine, self.source.id, url, k).walk_started
            for k, url in section.channels[kinds.index(kind) + 1 :]
        )

    def _go_back(
        self,
        response: Response,
        look: Look,
        links: list[OwedLink],
        counted: set[str],
        found: frontier.Discovery,
    ) -> Iterator[Request]:
        """One page further back, until the walk has met what was known before it began."""
        asked_for = self.work.cutoff is not None
        done = self._is_before_window(links, (*look.before, *counted)) if asked_for else found.met_known
        repeated = not counted  # past the end some sites show their last page again
        if done or (repeated and look.repeated):
            self._walk_ended(look)
            return
        following = self._following(response, look)
        if not links or following is None:
            self._walk_ended(look, "ended before it met what was known")
            return
        if look.page >= (look.state.walk_pages or 1):
            self._walk_ended(look, f"stopped after {look.page} pages")
            return
        seen = look.seen | {item.url for item in links}
        yield self._request(
            following,
            replace(
                look,
                page=look.page + 1,
                seen=seen,
                before=tuple(sorted(counted)),
                repeated=repeated,
                holes_in_a_row=0,
            ),
        )

    def _is_before_window(self, links: list[OwedLink], urls: tuple[str, ...]) -> bool:
        """Whether all of these addresses whose date is known lie before the window that was asked for."""
        cutoff = self.work.cutoff
        days = {item.url: item.published for item in links if item.published and item.url in urls}
        days |= frontier.published_days(self.work.engine, urls)
        return cutoff is not None and bool(days) and all(day < cutoff for day in days.values())

    def _following(self, response: Response, look: Look) -> str | None:
        template = look.section.json_listing if look.kind == "json" else None
        if template:
            return template.replace("{page}", str(look.page + 1))
        return discover.next_page(response.body, response.url, look.section, look.page)

    def _walk_ended(self, look: Look, short: str | None = None) -> None:
        """The way back is over: closed, or kept for the next crawl where a page of it failed.

        `short` says why it ended before it met what was known; a first visit knows nothing to meet.
        """
        state = look.state
        if look.holes and state.failures + 1 < frontier.MOST_ATTEMPTS:
            state = replace(state, failures=state.failures + 1)
        else:
            if look.holes or (short and state.walk_pages == self.work.config.crawl.max_pages):
                self.ledger.gaps += 1
                self.logger.warning("%s: the way back %s", state.url, short or "has pages that never came")
            state = replace(state, walk_started=None, walk_pages=None, failures=0.0)
        frontier.save_channel(self.work.engine, state)

    def _next_channel(self, look: Look) -> Iterator[Request]:
        kinds = [k for k, _ in look.section.channels]
        for kind, url in look.section.channels[kinds.index(look.kind) + 1 :][:1]:
            yield from self._ask(look.section, kind, url)

    # ---- what fails ----------------------------------------------------------------------------------------

    def _problem(self, url: str, look: Look, problem: str) -> Iterator[Request]:
        """A channel or a page of it that did not come: said; then the next channel, or the page behind it."""
        self.ledger.errors += 1
        self.ledger.problem = f"{url}: {problem}"
        self.logger.warning("%s: %s", url, problem)
        if look.page > 1:
            yield from self._around(look)
            return
        state = frontier.failed(look.state, problem, base=self.source.crawl.every, now=self.work.clock())
        frontier.save_channel(self.work.engine, state)
        if self.blocked is None:
            yield from self._next_channel(look)

    def _around(self, look: Look) -> Iterator[Request]:
        """The page behind one that failed, where its address can be told; the walk stays owed either way."""
        look = replace(look, holes=look.holes + 1, holes_in_a_row=look.holes_in_a_row + 1)
        template = look.section.json_listing if look.kind == "json" else look.section.next_page
        more = look.page < (look.state.walk_pages or 1) and look.holes_in_a_row < MOST_HOLES
        if self.blocked is None and more and template and "{page}" in template:
            following = template.replace("{page}", str(look.page + 1))
            yield self._request(following, replace(look, page=look.page + 1))
        else:
            self._walk_ended(look)

    def channel_failed(self, failure: Failure) -> Iterator[Request]:
        """A channel that could not be asked: said, and the next one tried."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy adds the request
        if isinstance(failure.value, HostClosed):
            self.refused(str(failure.value), wall=True)
        elif isinstance(failure.value, RobotsForbid):
            self.forbidden = str(failure.value)
        yield from self._problem(request.url, request.cb_kwargs["look"], say(failure.value))

    forbidden: str | None = None
    """What robots.txt does not let us see, or why it could not be asked."""


def owed_links(
    links: list[discover.Link], base: str, source: Source, section: Section
) -> tuple[list[OwedLink], set[str]]:
    """Links that are articles of the source as owed ones, and the addresses of those beside the list.

    A section does not vouch for what stands beside its list, so those carry no section.
    """
    owed: dict[str, OwedLink] = {}
    aside = set()
    for item in links:
        ask = request_url(item.url, base)
        if ask is None or not discover.is_article(ask, source):
            continue
        url = canonical_url(ask, source)
        if item.aside:
            aside.add(url)
        owed.setdefault(
            url, OwedLink(url, ask, None if item.aside else section.name, item.title, item.published)
        )
    return list(owed.values()), aside


def wall(response: Response) -> str | None:
    """Why an answer is a bot wall, whatever its status; None where it is none."""
    if len(response.body) >= _WALL_BYTES:
        return None
    page = Page(url=response.url, body=response.body, fetched=datetime.now(UTC), status=response.status)
    found = read(page)
    return found.why if isinstance(found, NoArticle) and found.disposition is Disposition.BOT_WALL else None


def say(error: BaseException | None) -> str:
    """An exception as one line."""
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__
