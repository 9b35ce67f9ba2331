"""The way through the pages of a listing: first the page where the window ends, then page by page to its beginning.

1. The first page is dated: by the days it prints, or by reading one of its articles.
2. While a page is newer than the window the search goes on: by number where pages have one (doubling, then halving:
   page 1, 2, 4, 8 newer, 16 not, then 12 …), else one page after the other.
3. From there each page's links are owed, until a page lies before the window or the listing ends (`discovery.walk`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.dates.zones import VIETNAM
from crawler.discovery.archive import Search, Way, beside, mark
from crawler.discovery.channel_answer import Seen
from crawler.discovery.walk import End, Walk
from crawler.source import ChannelKind, Section
from crawler.store import frontier
from crawler.store.frontier import OwedLink
from spiders.archive.steps import Steps, been_at, been_of, leads_back
from spiders.requests import owed_links, say

SAMPLES = 3
"""Articles of a listing page that are tried for its date before it counts as undated."""
LAST_PAGE = 2**16
"""A search for a page stops here: a server that answers every number shows the same page under all of them."""


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One page of a listing, as long as its date is looked for."""

    links: tuple[OwedLink, ...]
    counted: tuple[str, ...]
    """Addresses of the list itself, in its order."""
    following: str | None


class ListingWalker:
    """Goes back through the pages of a section."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.visit = steps.visit

    def ask(self, way: Way) -> Iterator[Request]:
        """The page the way has come to."""
        url = way.position.get("url") or self._page_url(self.steps.section_of(way), 1)
        yield self.steps.request(url, way, self.parse_page)

    def around(self, way: Way) -> Way | None:
        """The page behind, where pages have numbers."""
        walk = _walk_of(way).fallen().around()
        if way.position.get("phase") != "go" or walk is None or not self._template(way):
            return None
        url = self._page_url(self.steps.section_of(way), walk.page)
        return replace(
            way, position={**way.position, "page": walk.page, "url": url, "failed": walk.holes_in_a_row}
        )

    def _template(self, way: Way) -> str | None:
        section = self.steps.section_of(way)
        template = section.json_listing or section.next_page
        return template if template and "{page}" in template else None

    def _page_url(self, section: Section, page: int) -> str:
        if section.json_listing:
            return section.json_listing.replace("{page}", str(page))
        if page > 1 and section.next_page and "{page}" in section.next_page:
            return section.next_page.replace("{page}", str(page))
        return section.url

    async def parse_page(self, response: Response, *, way: Way) -> AsyncIterator[Request]:
        """One page of a listing: dated, and then skipped, taken or the last."""
        await self.steps.articles.settled()
        section, page = self.steps.section_of(way), way.position.get("page", 1)
        kind: ChannelKind = "json" if section.json_listing else "listing"
        behind = response.status in (404, 410)  # which say: behind the last page
        seen = Seen() if behind else await self.visit.see(response, kind, section, page)
        if not behind and (problem := self.visit.refusal(response, seen, kind, page)):
            steps = self.steps.failed(way, response.url, problem)
        else:
            steps = self._turned(response, way, seen)
        for request in steps:
            yield request

    def _turned(self, response: Response, way: Way, seen: Seen) -> Iterator[Request]:
        links = owed_links(seen.found, self.steps.section_of(way))
        counted = tuple(item.url for item in seen.found if not item.aside)
        if self._shown_before(way, response, counted):
            links, counted = [], ()  # behind the end some servers show their first page again
        position = {"first": list(counted), **way.position, "been": sorted(been_at(way, response))}
        way = replace(way, pages=way.pages + 1, position=position)
        leaf = _Leaf(tuple(links), counted, seen.following if counted else None)
        if not counted or way.position.get("phase") == "go":
            yield from self._place(way, leaf, self._days(leaf.links, leaf.counted))
        else:
            yield from self._date(way, leaf, list(counted))

    def _shown_before(self, way: Way, response: Response, counted: Sequence[str]) -> bool:
        """Whether a page of a listing is an earlier one again: by its address after a redirect, or, while a page is
        looked for by its number, by what it lists."""
        first = set(way.position.get("first", ()))
        seeking = way.position.get("phase") == "seek" and way.position.get("page", 1) > 1
        return leads_back(way, response) or (seeking and bool(counted) and set(counted) <= first)

    def _days(self, links: Sequence[OwedLink], urls: Sequence[str]) -> list[datetime]:
        printed = {item.url: item.published for item in links if item.published and item.url in urls}
        return list((printed | frontier.published_days(self.visit.context.engine, urls)).values())

    def _date(self, way: Way, leaf: _Leaf, untried: list[str]) -> Iterator[Request]:
        """Go on when the page's days are known; else read one of its articles, the oldest first."""
        days = self._days(leaf.links, leaf.counted)
        if days or len(leaf.counted) - len(untried) >= SAMPLES or not untried:
            yield from self._place(way, leaf, days)
            return
        ask = next(item.ask for item in leaf.links if item.url == untried[-1])
        yield self._ask_sample(ask, way, leaf, untried[:-1])

    def _ask_sample(self, ask: str, way: Way, leaf: _Leaf, untried: list[str]) -> Request:
        def not_read(failure: Failure) -> Iterator[Request]:
            self.visit.logger.info("%s: %s", ask, say(failure.value))
            yield from self._date(way, leaf, untried)

        request = self.steps.request(ask, way, self.parse_sample, leaf=leaf, untried=untried)
        return request.replace(errback=not_read)

    async def parse_sample(
        self, response: Response, *, way: Way, leaf: _Leaf, untried: list[str]
    ) -> AsyncIterator[Request]:
        """The day of one article of a page stands for the page."""
        day = await self.steps.day_of(response)
        steps = self._place(way, leaf, [day]) if day else self._date(way, leaf, untried)
        for request in steps:
            yield request

    def _place(self, way: Way, leaf: _Leaf, days: list[datetime]) -> Iterator[Request]:
        """Where a page lies: before the window's end (on), inside (its links are owed), behind (done)."""
        page = way.position.get("page", 1)
        if way.position.get("phase") != "go":
            newer = beside(days, way.window) == "newer"
            if self._template(way):
                yield from self._search(way, page, newer=newer)
                return
            if newer and leaf.following:
                if mark(leaf.following) in been_of(way):
                    yield from self.steps.commit(replace(way, ended=f"hết danh mục ở trang {page}"))
                    return
                position = {**way.position, "phase": "seek", "page": page + 1, "url": leaf.following}
                yield from self.steps.commit(replace(way, position=position))
                return
        yield from self._take(way, leaf, days, page)

    def _search(self, way: Way, page: int, *, newer: bool) -> Iterator[Request]:
        before = Search(way.position.get("low", 0), way.position.get("high"))
        search = before.told(page, newer=newer)
        place = search.found or search.probe
        if place > LAST_PAGE:
            yield from self.steps.commit(
                replace(way, ended=f"hơn {LAST_PAGE} trang mà chưa tới ngày cần tìm")
            )
            return
        kept = {key: way.position[key] for key in ("first", "been") if key in way.position}
        position: dict[str, Any] = {
            **kept,
            "page": place,
            "url": self._page_url(self.steps.section_of(way), place),
        }
        if search.found is None:
            position |= {"phase": "seek", "low": search.low, "high": search.high}
        else:
            position["phase"] = "go"
        yield from self.steps.commit(replace(way, position=position))

    def _take(self, way: Way, leaf: _Leaf, days: list[datetime], page: int) -> Iterator[Request]:
        before = way.position.get("before", [])
        known = [*days, *self._days((), before)]
        reached = min((d.astimezone(VIETNAM).date() for d in known), default=way.reached)
        if way.reached is not None and reached is not None:
            reached = min(reached, way.reached)
        way = replace(way, reached=reached)
        walk = _walk_of(way)
        if self._template(way):  # the search was at pages that the walk comes to
            walk = replace(walk, been=frozenset())
        met = beside(known, way.window) == "older"
        turned = walk.turned(leaf.counted, met=met, following=leaf.following)
        ended = None
        if isinstance(turned, End):
            last = page if turned is End.LAST and leaf.counted else page - 1
            ended = "done" if met else f"hết danh mục ở trang {last}"
        position = {
            "been": way.position.get("been", []),
            "phase": "go",
            "page": page + 1,
            "url": leaf.following,
            "before": list(leaf.counted),
            "repeated": isinstance(turned, Walk) and turned.repeated,
        }
        yield from self.steps.commit(replace(way, position=position, ended=ended), leaf.links)


def _walk_of(way: Way) -> Walk:
    """The walk that a stored position tells; earlier versions kept nothing of a page that repeats."""
    kept = way.position
    before = tuple(kept.get("before", ()))
    return Walk(
        page=kept.get("page", 1),
        shown=frozenset(before),
        before=before,
        repeated=kept.get("repeated", False),
        been=frozenset(kept.get("been", ())),
        holes_in_a_row=kept.get("failed", 0),
    )
