"""Every request passes here: behind the gate, never into a private network, told to nobody by a redirect."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING, Self
from urllib.parse import urldefrag, urlsplit

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware, RedirectMiddleware
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest
from scrapy.http import Request
from scrapy.http.cookies import CookieJar

from crawler.archive.record import Exchange
from crawler.crawl.received import HeadKeepingFactory, Heads, request_head, response_head
from crawler.urls import is_private

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from crawler.crawl.context import CrawlContext, CrawlVisit
from crawler.crawl.gate import LONGEST_ASKED, HostClosed

PROBE_DELAY = 1.0
"""Seconds between requests of a probe that names none, as its question for robots.txt."""
REFUSALS = frozenset({429, 502, 503, 504})
"""Statuses of a host that is busy or away; other errors are about one page."""


class PrivateAddress(IgnoreRequest):
    """Raised by the download handler: the address leads into a private network and that is not allowed."""


def retry_after_seconds(header: bytes | None, now: datetime) -> float | None:
    """`Retry-After` in seconds, `LONGEST_ASKED` at most: a number or an HTTP date; None where it is absent or odd.

    >>> retry_after_seconds(b"120", datetime.now(UTC))
    120.0
    >>> retry_after_seconds(b"Fri, 31 Dec 9999 23:59:59 GMT", datetime.now(UTC))
    86400.0
    """
    text = (header or b"").decode("latin-1").strip()
    if _DIGITS.fullmatch(text):
        return min(float(text), LONGEST_ASKED) if len(text) < 12 else LONGEST_ASKED
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - now).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):  # whatever a parser of mail dates makes of it
        return None
    return min(max(0.0, seconds), LONGEST_ASKED)


_DIGITS = re.compile(r"[0-9]+")
"""Without the superscripts and fractions that `str.isdigit` counts among them."""


class PoliteHandler(HTTP11DownloadHandler):
    """Scrapy's HTTP handler behind the gate.

    The gate stands here rather than in a middleware because every request passes here, those for robots.txt
    and those after a redirect too, and because `async with` cannot leak a turn.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        context: CrawlContext = crawler.settings["DIEMTIN_CONTEXT"]
        self._gate = context.gate
        self._allow_private = context.config.allow_private
        self._private_names = context.private_names
        self._archive = context.archive
        self._clock = context.clock
        self._heads: Heads = {}
        self._pool._factory = partial(HeadKeepingFactory, self._heads)  # type: ignore[assignment]  # it is only called

    async def download_request(self, request: Request) -> Response:
        """One request in its turn; refusals and failures widen the host's delay.

        Raises PrivateAddress and HostClosed, besides what Scrapy's handler raises.
        """
        if self.crawler.stats is not None:
            self.crawler.stats.inc_value("downloader/request_count")
        host = urlsplit(request.url).hostname or ""
        # Here by its spelling; what a name resolves to is judged where the connection is made (`crawl.resolver`).
        if not self._allow_private and is_private(host):
            raise PrivateAddress(_REFUSED.format(host))
        visit: CrawlVisit | None = getattr(self.crawler.spider, "visit", None)  # a probe has none
        delay = visit.delay if visit is not None else float(request.meta.get("delay", PROBE_DELAY))
        async with self._gate.turn(host, delay):
            # A closing engine still sends what its downloader holds: the outlet that said no gets none of it.
            if visit is not None and (stopped := visit.stopped) is not None:
                raise HostClosed(f"the run has ended: {stopped}")
            try:
                response, head = await self._gate.within(self._download(request))
            except HostClosed:
                raise
            except Exception as error:
                if host in self._private_names:
                    raise PrivateAddress(_REFUSED.format(host)) from error
                if not is_too_large(error):
                    self._gate.failed(host, f"{type(error).__name__}: {error}")
                raise
            if response.status in REFUSALS:
                asked = response.headers.get("Retry-After")
                pause = retry_after_seconds(asked, datetime.now(UTC))
                if asked and pause is None:
                    note_odd(self.crawler, "Retry-After")
                self._gate.failed(host, f"HTTP {response.status}", pause)
            elif response.status < 500:
                self._gate.succeeded(host)
        if self._archive.wants(read_as(request)):
            await self._keep(request, response, head)
        return response

    async def _download(self, request: Request) -> tuple[Response, bytes]:
        """The answer, and its head as it came."""
        address = urldefrag(request.url)[0].encode("ascii")
        head = self._heads[address] = bytearray()
        try:
            response = await super().download_request(request)
            return response, bytes(head)
        finally:
            self._heads.pop(address, None)

    async def _keep(self, request: Request, response: Response, head: bytes) -> None:
        """Into the archive, before anybody reads it; `captured` of the request's meta then says where it stands."""
        truncated = "disconnect" if {"dataloss", "partial"} & set(response.flags) else None
        exchange = Exchange(
            url=request.url,
            at=self._clock(),
            request=request_head(request),
            head=response_head(response, head),
            body=response.body,
            status=response.status,
            ip=str(response.ip_address) if response.ip_address is not None else None,
            truncated=truncated,
        )
        fresh = request.meta.get("fresh")
        request.meta["captured"] = await self._archive.keep(exchange, read_as(request), fresh=fresh)


def read_as(request: Request) -> str | None:
    """What is asked for: an `article`, the kind of a channel, `robots`; None: something else."""
    asked: str | None = request.meta.get("read_as")
    return "robots" if asked is None and urlsplit(request.url).path == "/robots.txt" else asked


class _Unreferred:
    """A redirect that tells no outlet where we come from, without Scrapy's middleware for that header.

    What a host sets within a chain of redirects is sent back to that host within the chain, as a door asks for that
    hands out a ticket and sends you in again; the next request knows nothing of it.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's entry; does not look for that middleware."""
        made = cls(crawler.settings)  # type: ignore[call-arg]  # of the middleware it is mixed into
        made.crawler = crawler  # type: ignore[attr-defined]
        return made

    def handle_referer(self, request: Request, response: Response) -> None:
        """There is no such header; `request` is the next of the chain, and gets the cookies of its host."""
        jars: dict[str, CookieJar] = dict(request.meta.get(_COOKIES, {}))
        asked = urlsplit(response.url).hostname or ""
        if "Set-Cookie" in response.headers:
            jars.setdefault(asked, CookieJar()).extract_cookies(response, Request(response.url))
        request.meta[_COOKIES] = jars
        request.headers.pop("Cookie", None)
        if (jar := jars.get(urlsplit(request.url).hostname or "")) is not None:
            jar.add_cookie_header(request)


class Redirect(_Unreferred, RedirectMiddleware):
    """Scrapy's middleware for redirects by status."""


class MetaRefresh(_Unreferred, MetaRefreshMiddleware):
    """Scrapy's middleware, for pages that can have such a tag: it decodes every page to look for one."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """Follow a `<meta http-equiv="refresh">` in the head."""
        if b"refresh" not in response.body[:_HEAD_BYTES].lower():
            return response
        return super().process_response(request, response)


_REFUSED = "{} is a private address; --allow-private lets a crawl reach it"
_COOKIES = "cookies_of_the_chain"
_HEAD_BYTES = 4096
"""As far as Scrapy looks for the tag."""


def note_odd(crawler: Crawler, what: str) -> None:
    """Count a value that a server sent and nobody can use."""
    if crawler.stats is not None:
        crawler.stats.inc_value(f"odd/{what}")


def is_too_large(error: BaseException | None) -> bool:
    """Whether an exception of Scrapy says that an answer was over DOWNLOAD_MAXSIZE, packed or unpacked.

    Scrapy has no class of its own for it: the handler cancels the download, the decompression ignores the request.
    """
    if isinstance(error, DownloadCancelledError):
        return "size" in str(error)
    return isinstance(error, IgnoreRequest) and "DOWNLOAD_MAXSIZE" in str(error)
