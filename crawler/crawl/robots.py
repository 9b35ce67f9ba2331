"""robots.txt as RFC 9309 has it, where Scrapy's own reading falls short.

Scrapy takes the body of any answer for rules, so a server that answers 500 allows everything. The standard says
(2.3.1): not there (4xx) allows all; an answer of 500 and above, or none, forbids all until it can be asked again.
"""

from __future__ import annotations

import asyncio
import logging
import math
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest

from crawler.crawl.download import PrivateAddress, note_odd
from crawler.crawl.gate import HostClosed

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.robotstxt import RobotParser

    from crawler.crawl.context import CrawlContext

logger = logging.getLogger(__name__)

PRODUCT = "diemtin"
"""The token that a robots.txt addresses us by."""
_MOST_BYTES = 512_000
"""What is read of a robots.txt: RFC 9309 asks for 500 KiB at least."""
_DELAY = re.compile(rb"^[ \t]*crawl[- ]delay[ \t]*:[ \t]*([^\s#]{0,400})", re.IGNORECASE | re.MULTILINE)


class RobotsForbid(IgnoreRequest):
    """Raised by the middleware: robots.txt forbids the address."""


class RobotsUnreachable(RobotsForbid):
    """Raised by the middleware: robots.txt could not be read, so nothing may be asked for now."""


class RobotsMiddleware(RobotsTxtMiddleware):
    """Scrapy's middleware with the standard's word on errors, named refusals and Crawl-delay."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        context: CrawlContext = crawler.settings["DIEMTIN_CONTEXT"]
        self._gate = context.gate
        self._closed: dict[str, IgnoreRequest] = {}
        self._turn: dict[str, asyncio.Lock] = {}

    async def process_request(self, request: Request) -> None:  # type: ignore[override]  # no spider argument
        """Let through what robots.txt allows; raises RobotsForbid, or what kept us from reading it."""
        await super().process_request(request)
        closed = self._closed.get(urlsplit(request.url).netloc)
        if closed is not None and not request.meta.get("dont_obey_robotstxt"):
            raise type(closed)(*closed.args)

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """The rules of the request's host, read once.

        Scrapy lets all that come meanwhile wait on one Deferred, whose result the first of them takes away: the
        others would get no rules, and pass. Here they wait for their turn.
        """
        async with self._turn.setdefault(urlsplit(request.url).netloc, asyncio.Lock()):
            return await super().robot_parser(request)

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        """Refuse under a name of its own."""
        if rp is not None and not rp.allowed(request.url, PRODUCT):
            self._stats.inc_value("robotstxt/forbidden")
            raise RobotsForbid(f"robots.txt forbids {request.url}")

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500 or response.status == 429:
            self._robots_error(RobotsUnreachable(f"robots.txt answers HTTP {response.status}"), netloc)
            return
        if response.status >= 400:
            response = response.replace(body=b"")
        response = response.replace(body=response.body[:_MOST_BYTES])
        await super()._parse_robots(response, netloc, request)
        parser = self._parsers.get(netloc)
        delay = parser.crawl_delay(PRODUCT) if parser is not None and hasattr(parser, "crawl_delay") else None
        if delay is not None:
            self._gate.note_robots_delay(urlsplit(request.url).hostname or "", float(delay))
        for value in _DELAY.findall(response.body):
            if not _is_delay(value):
                note_odd(self.crawler, "Crawl-delay")

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        if isinstance(exc, (HostClosed, PrivateAddress, RobotsUnreachable)):
            self._closed[netloc] = exc
        else:
            self._closed[netloc] = RobotsUnreachable(f"robots.txt: {type(exc).__name__}: {exc}")
        logger.info("%s: %s", netloc, self._closed[netloc])
        super()._robots_error(exc, netloc)


def _is_delay(value: bytes) -> bool:
    """Whether the value of a Crawl-delay is a number of seconds; what is none is left out by the parser."""
    try:
        seconds = float(value)
    except ValueError:
        return False
    return math.isfinite(seconds) and seconds >= 0
