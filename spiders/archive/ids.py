"""The way through ids: where articles are numbered and nothing lists the old ones.

1. The number at which the window ends is searched by halving between numbers whose days are known.
2. From there each number down is asked once, until several in a row lie before the window.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.dates.zones import VIETNAM
from crawler.discovery.archive import Way, beside, id_pattern
from crawler.discovery.channel_answer import Seen
from crawler.store import backfill as store
from crawler.store import frontier
from crawler.store.crawl_item import CrawlItem
from crawler.store.frontier import OwedLink
from crawler.urls import canonical_url
from spiders.archive.steps import Steps

NEIGHBOURS = 5
"""Ids below a missing one that are tried for its date."""
NARROW = 20
"""A search for the first id stops here: asking for a few more costs less than telling them apart."""
ENOUGH_OLDER = 5
"""Dated ids in a row before the window that end the way: numbers follow the days only roughly."""
RECENT = 10
"""Ids asked last, whose days tell where the way has come."""


class IdWalker:
    """Goes down the numbers of a source's articles."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.visit = steps.visit
        self._known_ids: set[int] | None = None

    def around(self, way: Way) -> Way | None:
        """A number that cannot be asked for says nothing of where the others stand."""
        return None

    def ask(self, way: Way) -> Iterator[Request]:
        """The next number of the search, or of the way down."""
        position = way.position or self._first_id_position(way)
        if position is None:
            self.visit.ledger.problem = (
                f"{way.url}: no known article tells where the numbers stand; crawl first"
            )
            yield from self.steps.set_aside(way)
            return
        way = replace(way, position=position)
        if position["phase"] == "seek":
            if position["high"] - position["low"] <= NARROW:
                way = replace(way, position={"phase": "go", "id": position["high"], "recent": []})
                yield from self.steps.commit(way)
                return
            number = (position["low"] + position["high"]) // 2 - position.get("tries", 0)
            yield self.steps.request(way.url.replace("{id}", str(number)), way, self.parse_probe)
            return
        yield from self._walk_ids(way)

    def _numbers(self, way: Way) -> dict[int, datetime | None]:
        """The numbers of the articles that are known, with their days."""
        pattern = id_pattern(way.url)
        known = store.days_by_address(self.visit.context.engine, self.visit.source.id)
        return {int(m[1]): day for url, day in known.items() if (m := pattern.search(url))}

    def _first_id_position(self, way: Way) -> dict[str, Any] | None:
        numbers = self._numbers(way)
        if not numbers:
            return None
        newer = [n for n, day in numbers.items() if day and day >= way.window.ends]
        older = [n for n, day in numbers.items() if day and day < way.window.begins]
        high = min(newer, default=max(numbers))
        low = max((n for n in older if n < high), default=self.visit.source.archive.first)
        if not newer:
            return {"phase": "go", "id": high, "recent": []}
        return {"phase": "seek", "low": low, "high": high}

    async def parse_probe(self, response: Response, *, way: Way) -> AsyncIterator[Request]:
        """Narrow the search for the number at which the window ends."""
        seen = (
            await self.visit.see(response, "listing", self.visit.source.sections[0], 1)
            if _refuses(response)
            else Seen()
        )
        if problem := self.visit.refusal(response, seen, "listing", 2) if _refuses(response) else None:
            for request in self.steps.failed(way, response.url, problem):
                yield request
            return
        day = await self.steps.day_of(response)
        position = dict(way.position)
        middle = (position["low"] + position["high"]) // 2
        tries = position.pop("tries", 0)
        if day is None and tries < NEIGHBOURS and middle - tries - 1 > position["low"]:
            position["tries"] = tries + 1
        elif day is not None and day >= way.window.ends:
            position["high"] = middle - tries
        else:  # not newer, or a stretch without articles: beginning too high only costs requests
            position["low"] = middle
        for request in self.steps.commit(replace(way, position=position, pages=way.pages + 1)):
            yield request

    def _walk_ids(self, way: Way) -> Iterator[Request]:
        """The next number down that is not known, until the numbers lie before the window."""
        position = dict(way.position)
        recent = position["recent"]
        days = frontier.published_days(self.visit.context.engine, recent)
        reached = min((d.astimezone(VIETNAM).date() for d in days.values()), default=None)
        if reached is not None:
            way = replace(way, reached=min(reached, way.reached) if way.reached else reached)
        if len(days) >= ENOUGH_OLDER and beside(days.values(), way.window) == "older":
            yield from self.steps.commit(replace(way, ended="done"))
            return
        if self._known_ids is None:
            self._known_ids = set(self._numbers(way))
        number = position["id"]
        while number in self._known_ids and number >= self.visit.source.archive.first:
            number -= 1
        if number < self.visit.source.archive.first:
            yield from self.steps.commit(replace(way, ended="done"))
            return
        ask = way.url.replace("{id}", str(number))
        item = OwedLink(canonical_url(ask, self.visit.source), ask, None, None, None)
        position |= {"id": number - 1, "recent": [*recent, item.url][-RECENT:]}
        way = replace(way, position=position, pages=way.pages + 1)
        self.steps.write(way, [item])
        yield self.steps.request(ask, way, self.parse_id, item=item).replace(errback=self.id_failed)

    async def parse_id(
        self, response: Response, *, way: Way, item: OwedLink
    ) -> AsyncIterator[CrawlItem | Request]:
        """The article of a number, then the next number."""
        async for reading in self.steps.articles.parse(response, item=item, revisit=False):
            yield reading
        if response.status != 200:
            way = replace(way, missing=way.missing + 1)
        for request in self.steps.go_on_with(way):
            yield request

    def id_failed(self, failure: Failure) -> Iterator[Request]:
        """A number that could not be asked; its link stays owed."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy adds the request
        way: Way = request.cb_kwargs["way"]
        self.steps.articles.failed(failure)
        yield from self.steps.go_on_with(replace(way, missing=way.missing + 1))


def _refuses(response: Response) -> bool:
    """Whether an answer to a number is neither a page nor the word that there is none."""
    return response.status not in (200, 404, 410)
