"""Going back into an archive: sitemaps, listing pages, ids; one step at a time, each committed with what it found.

A step is one request. Its position and the links it found are written in one transaction before any of them is
asked for, so that a kill costs at most the step in flight.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.article import VIETNAM, NoArticle, Page, Reading, published_at
from crawler.finding import discover, feed
from crawler.finding.address import canonical_url
from crawler.finding.backfill import Search, Way, beside, id_pattern, sitemaps_for, ways_of
from crawler.source import Section
from crawler.store import backfill as store
from crawler.store import frontier
from crawler.store.frontier import OwedLink
from spiders.discovery import Discovery, owed_links, say, wall

SAMPLES = 3
"""Articles of a listing page that are tried for its date before it counts as undated."""
NEIGHBOURS = 5
"""Ids below a missing one that are tried for its date."""
NARROW = 20
"""A search for the first id stops here: asking for a few more costs less than telling them apart."""
ENOUGH_OLDER = 5
"""Dated ids in a row before the window that end the way: numbers follow the days only roughly."""
RECENT = 10


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One page of a listing, as long as its date is looked for."""

    links: tuple[OwedLink, ...]
    counted: tuple[str, ...]
    """Addresses of the list itself, in its order."""
    following: str | None


class Backfill(Discovery):
    """The part of the spider that goes into the archive, for the window of `work.window`."""

    _ways: list[Way]
    _known_ids: set[int]

    def archive(self) -> Iterator[Request]:
        """What an earlier backfill left owed, then the first way that has not ended."""
        window = self.work.window
        if window is None:
            raise ValueError("a backfill needs a window")
        yield from self.ask_for_articles(tuple(frontier.owed(self.work.engine, self.source.id)))
        self._ways = store.resumed(self.work.engine, ways_of(self.source, window))
        for way in self._ways:
            self.work.report(way)
        yield from self._go_on_with(None)

    def _go_on_with(self, way: Way | None) -> Iterator[Request]:
        """The next request of a way, or of the next way when this one has ended."""
        if self.blocked is not None:
            return
        if way is None or way.ended is not None:
            way = next((w for w in self._ways if w.ended is None), None)
            if way is None:
                return
        if way.kind == "sitemap":
            yield from self._ask_sitemap(way)
        elif way.kind == "listing":
            url = way.position.get("url") or self._page_url(self._section(way), 1)
            yield self._ask_way(url, way, self.parse_page)
        else:
            yield from self._ask_id(way)

    def _commit(self, way: Way, links: Sequence[OwedLink] = ()) -> Iterator[Request]:
        """Write a step, ask for its articles, take the next."""
        asked = store.step(self.work.engine, way, links, now=self.work.clock())
        self._ways = [way if w.url == way.url else w for w in self._ways]
        self.ledger.links.update(item.url for item in links)
        self.work.report(way)
        yield from self.ask_for_articles(asked)
        yield from self._go_on_with(way)

    def _ask_way(self, url: str, way: Way, callback: Any, **arguments: Any) -> Request:
        return Request(
            url,
            callback=callback,
            errback=self.way_failed,
            dont_filter=True,
            priority=0,  # articles first: their dates say when the way has left the window
            cb_kwargs={"way": way, **arguments},
        )

    def _refuses(self, response: Response) -> str | None:
        """Why an answer is no page of the archive; a wall ends the run."""
        why = wall(response)
        if why or response.status in (401, 403, 429):
            self.refused(f"bot wall: {why}" if why else f"HTTP {response.status}", wall=why is not None)
        return why or (f"HTTP {response.status}" if response.status != 200 else None)

    def way_failed(self, failure: Failure) -> Iterator[Request]:
        """A step that could not be asked."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy adds the request
        yield from self._step_failed(request.cb_kwargs["way"], request.url, say(failure.value))

    def _step_failed(self, way: Way, url: str, problem: str) -> Iterator[Request]:
        """Around a page that does not come where its follower's address is known; else the way waits for
        the next backfill, and the others go on."""
        self.ledger.errors += 1
        self.ledger.problem = f"{url}: {problem}"
        self.logger.warning("%s: %s", url, problem)
        way = replace(way, pages=way.pages + 1, missing=way.missing + 1)
        position = dict(way.position)
        if way.kind == "sitemap" and position.get("left"):
            yield from self._commit(replace(way, position={**position, "left": position["left"][1:]}))
        elif way.kind == "listing" and position.get("phase") == "go" and self._template(way):
            page = position["page"] + 1
            failed = position.get("failed", 0) + 1
            if failed < 3:
                url = self._page_url(self._section(way), page)
                position |= {"page": page, "url": url, "failed": failed}
                yield from self._commit(replace(way, position=position))
                return
            yield from self._set_aside(way)
        else:
            yield from self._set_aside(way)

    def _set_aside(self, way: Way) -> Iterator[Request]:
        """Leave a way for the next backfill."""
        self._ways = [w for w in self._ways if w.url != way.url]
        yield from self._go_on_with(None)

    # ---- sitemaps ------------------------------------------------------------------------------------------

    def _ask_sitemap(self, way: Way) -> Iterator[Request]:
        left = way.position.get("left")
        if left is None:
            yield self._ask_way(way.url, way, self.parse_sitemap)
        elif left:
            yield self._ask_way(left[0], way, self.parse_sitemap)
        else:
            done = replace(way, ended="done" if not way.missing else "có sơ đồ trang không lấy được")
            yield from self._commit(done)

    def parse_sitemap(self, response: Response, *, way: Way) -> Iterator[Request]:
        """Links of the window become owed; child sitemaps of the window are still to be asked."""
        if problem := self._refuses(response):
            yield from self._step_failed(way, response.url, problem)
            return
        links, listed = feed.links_from_sitemap(response.body, response.url)
        window = way.window
        wanted = [
            link
            for link in links
            if not ((when := link.published or link.modified) and when < window.begins)
            and not (link.published and link.published >= window.ends)
        ]
        left = list(way.position.get("left") or [])[1:]
        left = [*left, *sitemaps_for(listed, window, self.began)]
        owed, _ = owed_links(wanted, response.url, self.source, self._section(way))
        dated = [link.published for link in wanted if link.published]
        reached = min((d.astimezone(VIETNAM).date() for d in dated), default=way.reached)
        if way.reached is not None and reached is not None:
            reached = min(reached, way.reached)
        step = replace(way, position={"left": left}, pages=way.pages + 1, reached=reached)
        # A sitemap of a whole site vouches for nothing: its links carry no section.
        yield from self._commit(step, [replace(item, section=None) for item in owed])

    # ---- listings ------------------------------------------------------------------------------------------

    def _section(self, way: Way) -> Section:
        own = [s for s in self.source.sections if way.url in (s.url, s.json_listing, s.sitemap)]
        return own[0] if own else self.source.sections[0]

    def _template(self, way: Way) -> str | None:
        section = self._section(way)
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
        await self.settled()
        for request in self._turned(response, way):
            yield request

    def _turned(self, response: Response, way: Way) -> Iterator[Request]:
        page = way.position.get("page", 1)
        links: list[OwedLink] = []
        aside: set[str] = set()
        if response.status not in (404, 410):  # which say: behind the last page
            if problem := self._refuses(response):
                yield from self._step_failed(way, response.url, problem)
                return
            section = self._section(way)
            if section.json_listing:
                found = discover.links_from_json(response.body, response.url, section)
            else:
                found = discover.links_from_listing(response.body, response.url, self.source, section)
            links, aside = owed_links(found, response.url, self.source, section)
        counted = tuple(item.url for item in links if item.url not in aside)
        way = replace(way, pages=way.pages + 1)
        following = None
        if counted:
            section = self._section(way)
            following = discover.next_page(response.body, response.url, section, page)
        leaf = _Leaf(tuple(links), counted, following)
        if not counted or way.position.get("phase") == "go":
            yield from self._place(way, leaf, self._days(leaf.links, leaf.counted))
        else:
            yield from self._date(way, leaf, list(counted))

    def _days(self, links: Sequence[OwedLink], urls: Sequence[str]) -> list[datetime]:
        printed = {item.url: item.published for item in links if item.published and item.url in urls}
        return list((printed | frontier.published_days(self.work.engine, urls)).values())

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
            self.logger.info("%s: %s", ask, say(failure.value))
            yield from self._date(way, leaf, untried)

        request = self._ask_way(ask, way, self.parse_sample, leaf=leaf, untried=untried)
        return request.replace(errback=not_read)

    async def parse_sample(
        self, response: Response, *, way: Way, leaf: _Leaf, untried: list[str]
    ) -> AsyncIterator[Request]:
        """The day of one article of a page stands for the page."""
        day = await self._day_of(response)
        steps = self._place(way, leaf, [day]) if day else self._date(way, leaf, untried)
        for request in steps:
            yield request

    async def _day_of(self, response: Response) -> datetime | None:
        if response.status != 200:
            return None
        page = Page(response.url, response.body, self.work.clock(), source=self.source.id)
        outcome = (await self.work.readers.read(page, None)).outcome
        return None if isinstance(outcome, NoArticle) else published_at(outcome.published)

    def _place(self, way: Way, leaf: _Leaf, days: list[datetime]) -> Iterator[Request]:
        """Where a page lies: before the window's end (on), inside (its links are owed), behind (done)."""
        page = way.position.get("page", 1)
        if way.position.get("phase") != "go":
            newer = beside(days, way.window) == "newer"
            if self._template(way):
                yield from self._search(way, page, newer=newer)
                return
            if newer and leaf.following:
                position = {"phase": "seek", "page": page + 1, "url": leaf.following}
                yield from self._commit(replace(way, position=position))
                return
        yield from self._take(way, leaf, days, page)

    def _search(self, way: Way, page: int, *, newer: bool) -> Iterator[Request]:
        before = Search(way.position.get("low", 0), way.position.get("high"))
        search = before.told(page, newer=newer)
        place = search.found or search.probe
        position: dict[str, Any] = {"page": place, "url": self._page_url(self._section(way), place)}
        if search.found is None:
            position |= {"phase": "seek", "low": search.low, "high": search.high}
        else:
            position["phase"] = "go"
        yield from self._commit(replace(way, position=position))

    def _take(self, way: Way, leaf: _Leaf, days: list[datetime], page: int) -> Iterator[Request]:
        before = way.position.get("before", [])
        known = [*days, *self._days((), before)]
        reached = min((d.astimezone(VIETNAM).date() for d in known), default=way.reached)
        if way.reached is not None and reached is not None:
            reached = min(reached, way.reached)
        way = replace(way, reached=reached)
        ended = None
        if beside(known, way.window) == "older":
            ended = "done"
        elif not leaf.counted or set(leaf.counted) <= set(before):
            ended = f"hết danh mục ở trang {page - 1}"
        elif leaf.following is None:
            ended = f"hết danh mục ở trang {page}"
        position = {"phase": "go", "page": page + 1, "url": leaf.following, "before": list(leaf.counted)}
        yield from self._commit(replace(way, position=position, ended=ended), leaf.links)

    # ---- ids -----------------------------------------------------------------------------------------------

    def _ask_id(self, way: Way) -> Iterator[Request]:
        position = way.position or self._first_id_position(way)
        if position is None:
            self.ledger.problem = f"{way.url}: no known article tells where the numbers stand; crawl first"
            yield from self._set_aside(way)
            return
        way = replace(way, position=position)
        if position["phase"] == "seek":
            if position["high"] - position["low"] <= NARROW:
                way = replace(way, position={"phase": "go", "id": position["high"], "recent": []})
                yield from self._commit(way)
                return
            number = (position["low"] + position["high"]) // 2 - position.get("tries", 0)
            yield self._ask_way(way.url.replace("{id}", str(number)), way, self.parse_probe)
            return
        yield from self._walk_ids(way)

    def _numbers(self, way: Way) -> dict[int, datetime | None]:
        """The numbers of the articles that are known, with their days."""
        pattern = id_pattern(way.url)
        known = store.days_by_address(self.work.engine, self.source.id)
        return {int(m[1]): day for url, day in known.items() if (m := pattern.search(url))}

    def _first_id_position(self, way: Way) -> dict[str, Any] | None:
        numbers = self._numbers(way)
        if not numbers:
            return None
        newer = [n for n, day in numbers.items() if day and day >= way.window.ends]
        older = [n for n, day in numbers.items() if day and day < way.window.begins]
        high = min(newer, default=max(numbers))
        low = max((n for n in older if n < high), default=self.source.archive.first)
        if not newer:
            return {"phase": "go", "id": high, "recent": []}
        return {"phase": "seek", "low": low, "high": high}

    async def parse_probe(self, response: Response, *, way: Way) -> AsyncIterator[Request]:
        """Narrow the search for the number at which the window ends."""
        if response.status not in (404, 410) and (problem := self._refuses(response)):
            for request in self._step_failed(way, response.url, problem):
                yield request
            return
        day = await self._day_of(response)
        position = dict(way.position)
        middle = (position["low"] + position["high"]) // 2
        tries = position.pop("tries", 0)
        if day is None and tries < NEIGHBOURS and middle - tries - 1 > position["low"]:
            position["tries"] = tries + 1
        elif day is not None and day >= way.window.ends:
            position["high"] = middle - tries
        else:  # not newer, or a stretch without articles: beginning too high only costs requests
            position["low"] = middle
        for request in self._commit(replace(way, position=position, pages=way.pages + 1)):
            yield request

    def _walk_ids(self, way: Way) -> Iterator[Request]:
        """The next number down that is not known, until the numbers lie before the window."""
        position = dict(way.position)
        recent = position["recent"]
        days = frontier.published_days(self.work.engine, recent)
        reached = min((d.astimezone(VIETNAM).date() for d in days.values()), default=None)
        if reached is not None:
            way = replace(way, reached=min(reached, way.reached) if way.reached else reached)
        if len(days) >= ENOUGH_OLDER and beside(days.values(), way.window) == "older":
            yield from self._commit(replace(way, ended="done"))
            return
        if not hasattr(self, "_known_ids"):
            self._known_ids = set(self._numbers(way))
        number = position["id"]
        while number in self._known_ids and number >= self.source.archive.first:
            number -= 1
        if number < self.source.archive.first:
            yield from self._commit(replace(way, ended="done"))
            return
        ask = way.url.replace("{id}", str(number))
        item = OwedLink(canonical_url(ask, self.source), ask, None, None, None)
        position |= {"id": number - 1, "recent": [*recent, item.url][-RECENT:]}
        way = replace(way, position=position, pages=way.pages + 1)
        store.step(self.work.engine, way, [item], now=self.work.clock())
        self._ways = [way if w.url == way.url else w for w in self._ways]
        self.work.report(way)
        yield self._ask_way(ask, way, self.parse_id, item=item).replace(errback=self.id_failed)

    async def parse_id(
        self, response: Response, *, way: Way, item: OwedLink
    ) -> AsyncIterator[Reading | Request]:
        """The article of a number, then the next number."""
        async for reading in self.parse_article(response, item=item, revisit=False):
            yield reading
        if response.status != 200:
            way = replace(way, missing=way.missing + 1)
        for request in self._go_on_with(way):
            yield request

    def id_failed(self, failure: Failure) -> Iterator[Request]:
        """A number that could not be asked; its link stays owed."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy adds the request
        way: Way = request.cb_kwargs["way"]
        self.article_failed(failure)
        yield from self._go_on_with(replace(way, missing=way.missing + 1))

    def parse_article(self, response: Response, *, item: OwedLink, revisit: bool) -> AsyncIterator[Reading]:
        """A page for the pipelines."""
        raise NotImplementedError

    def article_failed(self, failure: Failure) -> None:
        """No answer to an article's request."""
        raise NotImplementedError
