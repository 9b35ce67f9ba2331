"""Finding what is new in a section: its channels in the order of their cost, and the way back through the pages.

The rules that leave nothing out (docs/finding.md tells them with their reasons):

- links become owed, and the channel's ETag is remembered, in one transaction;
- a look that does not meet what the section has shown before leaves a way back owed, in the same transaction;
- that way back keeps its beginning in the store until it has met what was known then, so neither a kill nor a
  failed page makes the next crawl take its own half-walked way for what was known.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.crawl.gate import HostClosed
from crawler.crawl.robots import RobotsForbid
from crawler.discovery.channel_answer import Seen
from crawler.discovery.walk import End, Walk
from crawler.source import ChannelKind, Section
from crawler.store import frontier, looks, timetable
from crawler.store.database import why_unusable
from crawler.store.frontier import Channel, OwedLink
from spiders.articles import ArticleFetcher
from spiders.pace import SectionPace
from spiders.requests import first_asked, owed_links, say
from spiders.visit import Visit

FULL_LOOK = timedelta(hours=4)
"""A 304 is a hint: after this long the channel is asked without conditions, and within an hour the listing is
(`crawler.rhythm.BELIEVED`; FIELD §2.3, thread 24)."""
DEEPEST = 3
"""Sitemaps below a channel's own: an index, its years, their months. Deeper ones lead nowhere."""
MOST_SITEMAPS = 50
"""Child sitemaps that one crawl asks for a section."""
_SHORT = {End.LAST: "ended before it met what was known", End.BOUND: "stopped after {} pages"}
"""Ends of a way back behind which something may be missing; the number is that of the last page."""


@dataclass(frozen=True, slots=True)
class ChannelLook:
    """One request to a channel, and the walk it belongs to."""

    section: Section
    kind: ChannelKind
    state: Channel
    walk: Walk = field(default_factory=Walk)
    depth: int = 0
    """Sitemaps above this one."""

    @property
    def page(self) -> int:
        """Its page of the listing; 1 of every other channel."""
        return self.walk.page


class SectionWatcher:
    """Asks the sections of a source for links, for one visit."""

    def __init__(self, visit: Visit, articles: ArticleFetcher) -> None:
        self.visit = visit
        self.articles = articles
        self.context, self.source, self.ledger = visit.context, visit.source, visit.ledger
        self.pace = SectionPace(visit.context, visit.source, visit.began)
        self._asked: set[tuple[str, str, str]] = set()
        """Section, kind and address of what was asked in this crawl, and of what answered: two child sitemaps with a
        gap lead to one listing, and an index that lists itself, or leads back to itself, is asked once."""
        self._taken: dict[str, set[str]] = {}
        """Section → the child sitemaps that this look asks for."""
        self._stood_there: dict[str, datetime | None] = {}
        """Section → the time of its first look, while that goes on; asked of the store once a crawl."""

    def start(self) -> Iterator[Request]:
        """The first channel of every section that is to be looked at."""
        sections = self.source.sections
        if self.context.due_only:
            appointed = self.context.appointments.since(self.source, self.visit.began)
            due = timetable.due_sections(
                self.context.engine, self.source, now=self.visit.began, appointed=appointed
            )
            sections = tuple(due)
        for section in sections:
            kind, url, whole = self.pace.first_channel(section)
            yield from self._ask(section, kind, url, whole=whole)

    def _ask(
        self, section: Section, kind: ChannelKind, url: str, depth: int = 0, *, whole: bool = False
    ) -> Iterator[Request]:
        if (section.url, kind, url) in self._asked:
            return
        self._asked.add((section.url, kind, url))
        state = frontier.channel_state(self.context.engine, self.source.id, url, kind)
        headers = {}
        fresh = state.full_look is not None and self.visit.began - state.full_look < FULL_LOOK
        if fresh and not whole and state.walk_started is None and self.context.cutoff is None:
            if state.etag:
                headers["If-None-Match"] = state.etag
            if state.last_modified:
                headers["If-Modified-Since"] = state.last_modified
        yield self._request(url, ChannelLook(section, kind, state, depth=depth), headers)

    def _request(self, url: str, look: ChannelLook, headers: dict[str, str] | None = None) -> Request:
        return Request(
            url,
            headers=headers,
            callback=self.parse_channel,
            errback=self.channel_failed,
            dont_filter=True,
            priority=1 - look.page,  # articles first: their dates say when a way back may end
            cb_kwargs={"look": replace(look, walk=look.walk.at(url))},
            meta={"read_as": look.kind},
        )

    def _backlog(self, section: Section, state: Channel) -> datetime | None:
        """The time of the first look at a section, where this is it or a walk that it left unfinished."""
        if section.url not in self._stood_there:
            began = state.walk_started or self.visit.began
            engine, source = self.context.engine, self.source.id
            first = looks.first_visit(engine, source, section.url, began) and looks.is_new_section(
                engine, source, section.name, began
            )
            self._stood_there[section.url] = began if first else None
        return self._stood_there[section.url]

    # ---- one answer ----------------------------------------------------------------------------------------

    async def parse_channel(self, response: Response, *, look: ChannelLook) -> AsyncIterator[Request]:
        """Links of one channel become owed; then the next channel, or the way back through the pages."""
        if look.page > 1:
            await self.articles.settled()
        gone = response.status == 304 or (look.page > 1 and response.status in (404, 410))
        seen = Seen() if gone else await self.visit.see(response, look.kind, look.section, look.page)
        for request in self._answered(response, look, seen):
            yield request

    def _answered(self, response: Response, look: ChannelLook, seen: Seen) -> Iterator[Request]:
        now = self.context.clock()
        if response.status == 304:
            self.ledger.not_modified += 1
            state = replace(look.state, looked=now, problem=None, failures=0.0)
            frontier.save_channel(
                self.context.engine, self.pace.looked(look.section, state, fresh=0, now=now)
            )
            if self._gap_is_open(look.section, look.kind):
                yield from self._next_channel(look)
            yield from self._second_opinion(look)
            return
        if look.page > 1 and response.status in (404, 410):  # one page behind the last
            self._walk_ended(look, _SHORT[End.LAST])
            return
        if (problem := self.visit.refusal(response, seen, look.kind, look.page)) is not None:
            yield from self._problem(response.url, look, problem)
            return
        if self._was_here(response, look):
            yield from self._led_back(look)
            return
        look = replace(look, walk=look.walk.at(response.url))
        self.ledger.links.update(item.url for item in seen.found)
        if not seen.found and not seen.children and look.page == 1 and look.kind != "json":
            problem = f"no article links ({seen.nothing or 'the form of links?'})"
            yield from self._problem(response.url, look, problem)
            return
        yield from self._record(response, look, seen, now)

    def _was_here(self, response: Response, look: ChannelLook) -> bool:
        """Whether a redirect has led to where this walk, or another look at the section, was before."""
        if look.walk.was_at(response.url):
            return response.url != first_asked(response)
        if look.page > 1:
            return False
        place = (look.section.url, look.kind, response.url)
        known = place in self._asked
        self._asked.add(place)
        return known

    def _led_back(self, look: ChannelLook) -> Iterator[Request]:
        """What leads back shows nothing: it is the end of a way back, and no reason not to ask the next channel."""
        if look.page > 1:
            self._walk_ended(look, _SHORT[End.LAST])
        else:
            yield from self._next_channel(look)

    def _to_ask(self, look: ChannelLook, children: Sequence[str]) -> tuple[list[str], bool]:
        """The child sitemaps that may still be asked, and whether a bound left some out."""
        # Counted when they are taken: the requests are made one by one, with other answers read in between.
        taken = self._taken.setdefault(look.section.url, set())
        new = [c for c in children if c not in taken and (look.section.url, "sitemap", c) not in self._asked]
        room = max(0, MOST_SITEMAPS - len(taken)) if look.depth < DEEPEST else 0
        if len(new) > room:
            self.visit.logger.warning("%s: %d sitemaps are left out", look.section.url, len(new) - room)
        taken.update(new[:room])
        return new[:room], len(new) > room

    def _record(self, response: Response, look: ChannelLook, seen: Seen, now: datetime) -> Iterator[Request]:
        links = owed_links(seen.found, look.section)
        aside = {item.url for item in seen.found if item.aside}
        walking = look.kind in ("listing", "json")
        if walking:
            self.visit.walls.listed()
        children, cut = self._to_ask(look, seen.children)
        state = self._looked(look.state, response, look.page, now)
        if walking and look.page == 1:
            state = self._walk(state, look.section)
        if (stood := self._backlog(look.section, state)) is not None:
            links = [replace(item, backlog=stood) for item in links]
        listed = [item.url for item in links if item.url not in aside]
        counted = set(look.walk.fresh(listed))
        found = frontier.record_look(
            self.context.engine,
            state,
            links,
            since=state.walk_started or self.visit.began,
            now=now,
            section=look.section.url,
            count=counted,
            cutoff=self.context.cutoff,
            if_gap=None if walking or children else self._owed_walk(look.section),
        )
        if look.page == 1:
            fresh = sum(item.url in counted for item in found.new)
            state = self.pace.looked(look.section, state, fresh=fresh, now=now)
            frontier.save_channel(self.context.engine, state)
        yield from self.articles.ask_for(found.new)
        look = replace(look, state=state)
        if not walking:
            for child in children:
                yield from self._ask(look.section, "sitemap", child, look.depth + 1)
            gap = not found.met_known or self.context.cutoff or self._gap_is_open(look.section, look.kind)
            if cut or (not children and gap):
                yield from self._next_channel(look)
            if not found.new:
                yield from self._second_opinion(look)
        elif look.kind == "json" and not links and look.page == 1:
            yield from self._next_channel(look)
        else:
            yield from self._go_back(seen, look, links, listed, met=found.met_known)

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
        limits = self.context.config.crawl
        first = self.context.cutoff is None and looks.first_visit(
            self.context.engine, self.source.id, section.url, self.visit.began
        )
        return replace(
            state, walk_started=self.visit.began, walk_pages=limits.first_pages if first else limits.max_pages
        )

    def _owed_walk(self, section: Section) -> Channel | None:
        """The listing with a way back owed; None where one is owed already."""
        kind, url = section.channels[-1]
        state = frontier.channel_state(self.context.engine, self.source.id, url, kind)
        return None if state.walk_started else self._walk(state, section)

    def _gap_is_open(self, section: Section, kind: ChannelKind) -> bool:
        """Whether a dearer channel of the section still has a way to go back."""
        kinds = [k for k, _ in section.channels]
        return any(
            frontier.channel_state(self.context.engine, self.source.id, url, k).walk_started
            for k, url in section.channels[kinds.index(kind) + 1 :]
        )

    def _go_back(
        self, seen: Seen, look: ChannelLook, links: list[OwedLink], listed: list[str], *, met: bool
    ) -> Iterator[Request]:
        """One page further back, until the walk has met what was known before it began, or the days before a window."""
        if self.context.cutoff is not None:
            met = self._is_before_window(links, (*look.walk.before, *look.walk.fresh(listed)))
        following = self._following(seen, look) if links else None
        turned = look.walk.turned(listed, met=met, following=following, most=look.state.walk_pages or 1)
        if isinstance(turned, End):
            self._walk_ended(look, _SHORT[turned].format(look.page) if turned in _SHORT else None)
        else:
            yield self._request(following or "", replace(look, walk=turned))

    def _is_before_window(self, links: list[OwedLink], urls: tuple[str, ...]) -> bool:
        """Whether all of these addresses whose date is known lie before the window that was asked for."""
        cutoff = self.context.cutoff
        days = {item.url: item.published for item in links if item.published and item.url in urls}
        days |= frontier.published_days(self.context.engine, urls)
        return cutoff is not None and bool(days) and all(day < cutoff for day in days.values())

    def _following(self, seen: Seen, look: ChannelLook) -> str | None:
        template = look.section.json_listing if look.kind == "json" else None
        return template.replace("{page}", str(look.page + 1)) if template else seen.following

    def _walk_ended(self, look: ChannelLook, short: str | None = None) -> None:
        """The way back is over: closed, or kept for the next crawl where a page of it failed.

        `short` says why it ended before it met what was known; a first visit knows nothing to meet.
        """
        state = look.state
        if look.walk.holes and state.failures + 1 < frontier.MOST_ATTEMPTS:
            state = replace(state, failures=state.failures + 1)
        else:
            if look.walk.holes or (short and state.walk_pages == self.context.config.crawl.max_pages):
                self.ledger.gaps += 1
                self.visit.logger.warning(
                    "%s: the way back %s", state.url, short or "has pages that never came"
                )
            state = replace(state, walk_started=None, walk_pages=None, failures=0.0)
        frontier.save_channel(self.context.engine, state)

    def _next_channel(self, look: ChannelLook) -> Iterator[Request]:
        kinds = [k for k, _ in look.section.channels]
        for kind, url in look.section.channels[kinds.index(look.kind) + 1 :][:1]:
            yield from self._ask(look.section, kind, url)

    def _second_opinion(self, look: ChannelLook) -> Iterator[Request]:
        """The listing itself, where a feed that tells of nothing new has been believed for long enough."""
        if self.pace.doubts(look.section, look.kind):
            kind, url = look.section.channels[-1]
            yield from self._ask(look.section, kind, url, whole=True)

    # ---- what fails ----------------------------------------------------------------------------------------

    def _problem(self, url: str, look: ChannelLook, problem: str) -> Iterator[Request]:
        """A channel or a page of it that did not come: said; then the next channel, or the page behind it."""
        self.ledger.errors += 1
        self.ledger.problem = f"{url}: {problem}"
        self.visit.logger.info("%s: %s", url, problem)
        if look.page > 1:
            yield from self._around(look)
            return
        state = frontier.failed(look.state, problem, base=self.source.crawl.every, now=self.context.clock())
        frontier.save_channel(self.context.engine, state)
        if self.visit.stopped is None:
            yield from self._next_channel(look)

    def _around(self, look: ChannelLook) -> Iterator[Request]:
        """The page behind one that failed, where its address can be told; the walk stays owed either way."""
        look = replace(look, walk=look.walk.fallen())
        template = look.section.json_listing if look.kind == "json" else look.section.next_page
        walk = look.walk.around(most=look.state.walk_pages or 1)
        if self.visit.stopped is None and walk and template and "{page}" in template:
            yield self._request(template.replace("{page}", str(walk.page)), replace(look, walk=walk))
        else:
            self._walk_ended(look)

    def channel_failed(self, failure: Failure) -> Iterator[Request]:
        """A channel that could not be asked: said, and the next one tried."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy adds the request
        if isinstance(failure.value, HostClosed):
            if self.visit.stopped is None:
                self.visit.host_closed(str(failure.value))
                yield from self._problem(request.url, request.cb_kwargs["look"], say(failure.value))
            return
        if why_unusable(failure.value) is not None:
            self.visit.fault(failure.value)
            return
        if isinstance(failure.value, RobotsForbid):
            self.visit.forbidden = str(failure.value)
        yield from self._problem(request.url, request.cb_kwargs["look"], say(failure.value))
