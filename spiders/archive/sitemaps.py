"""The way through sitemaps: an index, its years, their months; each asked once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

from scrapy import Request
from scrapy.http import Response

from crawler.dates.zones import VIETNAM
from crawler.discovery.archive import Way, mark, sitemaps_for
from crawler.discovery.channel_answer import Seen
from spiders.archive.steps import Steps, been_at, leads_back
from spiders.requests import owed_links
from spiders.section_watcher import DEEPEST

MOST_SITEMAPS = 1000
"""Sitemaps of one way: months of eighty years. What has more leads from one to the next without end."""


class SitemapWalker:
    """Goes through the sitemaps that may list days of the window."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.visit = steps.visit

    def ask(self, way: Way) -> Iterator[Request]:
        """The next sitemap that is left."""
        left = way.position.get("left")
        if left is None:
            yield self.steps.request(way.url, way, self.parse)
        elif left:
            yield self.steps.request(_sitemap(left[0])[0], way, self.parse)
        elif way.position.get("cut"):
            yield from self.steps.commit(
                replace(way, ended="sơ đồ trang dẫn mãi từ trang này sang trang khác")
            )
        else:
            done = replace(way, ended="done" if not way.missing else "có sơ đồ trang không lấy được")
            yield from self.steps.commit(done)

    async def parse(self, response: Response, *, way: Way) -> AsyncIterator[Request]:
        """Links of the window become owed; child sitemaps of the window are still to be asked."""
        seen = await self.visit.see(response, "sitemap", self.steps.section_of(way), 1)
        if problem := self.visit.refusal(response, seen, "sitemap", 1):
            steps = self.steps.failed(way, response.url, problem)
        else:
            steps = self._listed(response, way, Seen() if leads_back(way, response) else seen)
        for request in steps:
            yield request

    def _listed(self, response: Response, way: Way, seen: Seen) -> Iterator[Request]:
        window = way.window
        wanted = [
            item
            for item in seen.found
            if not ((when := item.published or item.modified) and when < window.begins)
            and not (item.published and item.published >= window.ends)
        ]
        listed = list(seen.children)
        position = self._sitemaps_left(way, response, sitemaps_for(listed, window, self.visit.began))
        owed = owed_links(wanted, self.steps.section_of(way))
        dated = [link.published for link in wanted if link.published]
        reached = min((d.astimezone(VIETNAM).date() for d in dated), default=way.reached)
        if way.reached is not None and reached is not None:
            reached = min(reached, way.reached)
        step = replace(way, position=position, pages=way.pages + 1, reached=reached)
        # A sitemap of a whole site vouches for nothing: its links carry no section.
        yield from self.steps.commit(step, [replace(item, section=None) for item in owed])

    def _sitemaps_left(self, way: Way, response: Response, listed: list[str]) -> dict[str, Any]:
        """What is still to be asked: each sitemap once, no deeper than `DEEPEST` and not without end."""
        left = [_sitemap(item) for item in way.position.get("left") or [(way.url, 0)]]
        depth = left[0][1]
        been = been_at(way, response)
        waiting = {url for url, _ in left}
        new = [url for url in listed if mark(url) not in been and url not in waiting]
        room = max(0, MOST_SITEMAPS - len(been) - len(left)) if depth < DEEPEST else 0
        return {
            "left": [*left[1:], *((url, depth + 1) for url in new[:room])],
            "been": sorted(been),
            "cut": way.position.get("cut", False) or len(new) > room,
        }

    def around(self, way: Way) -> Way | None:
        """Without the sitemap that did not come."""
        left = way.position.get("left")
        return replace(way, position={**way.position, "left": left[1:]}) if left else None


def _sitemap(item: Any) -> tuple[str, int]:
    """A sitemap that is still to be asked, with its depth; earlier versions kept the address alone."""
    return (item, 1) if isinstance(item, str) else (item[0], item[1])
