"""Asking a few pages politely, for `sources check` and `sources add`: the crawl's own gate, robots.txt and limits.

A job is a plain function that asks and waits for its answers; each runs in a thread of its own beside one reactor,
so that twenty outlets can be looked at at once and each still sees one request at a time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.project import get_project_settings

from crawler.article import Page
from crawler.crawl import context as contexts
from crawler.crawl.download import PrivateAddress, is_too_large
from crawler.crawl.gate import HostClosed
from crawler.crawl.robots import RobotsForbid, RobotsUnreachable
from crawler.urls import is_private

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.crawl.context import CrawlContext

MOST_AT_ONCE = 20
"""Jobs that run side by side; each asks hosts of its own, so this bounds threads and not manners."""
Refusal = Literal["robots", "robots_unreachable", "closed", "private", "too_large", "failed"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    """What became of one request: a page, or why there is none."""

    url: str
    page: Page | None = None
    refusal: Refusal | None = None
    detail: str | None = None

    @property
    def good(self) -> bool:
        """Whether a page came with status 200."""
        return self.page is not None and self.page.status == 200

    @property
    def problem(self) -> str | None:
        """What is wrong, in a few words; None for a good answer."""
        if self.page is None:
            return self.detail
        return None if self.page.status == 200 else f"HTTP {self.page.status}"


Ask = Callable[..., ProbeAnswer]
"""`ask(url, delay=None)`: one polite request, waited for. Without `delay`: 1 s, on loopback none."""
Job = Callable[[Ask], T]


def ask_politely(context: CrawlContext, jobs: Sequence[Job[T]]) -> list[T]:
    """Run the jobs, each with a way to ask, and give their results in order; may be called once per process.

    Raises what the first failing job raised, after the others have ended.
    """
    contexts.use(context)
    settings = get_project_settings()
    settings.setmodule("crawler.settings", priority="project")
    settings.set("LOG_INSTALL_ROOT_HANDLER", False)  # the command line has set up logging
    settings.set("ITEM_PIPELINES", {})
    settings.set(
        "EXTENSIONS", {**settings.getdict("EXTENSIONS"), "crawler.crawl.run_recorder.RunRecorder": None}
    )  # no run of a source
    settings.set("CONCURRENT_REQUESTS", 2 * MOST_AT_ONCE)
    process = AsyncCrawlerProcess(settings)
    # What a host answered is this function's result; a traceback of the engine's says it worse.
    for name in ("scrapy", "crawler.crawl.robots", "crawler.crawl.gate"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    results: list[T | BaseException] = []
    task = process.crawl(_Asking, jobs=jobs, results=results)
    process.start()
    if (error := task.exception()) is not None:
        raise error
    done: list[T] = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        done.append(result)
    return done


class _Asking(Spider, Generic[T]):
    """Runs the jobs while its engine serves their requests; it makes no requests of its own."""

    name = "hoi-tham"
    delay = 1.0

    def __init__(self, *, jobs: Sequence[Job[T]], results: list[T | BaseException], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._jobs = jobs
        self._results = results

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> _Asking[T]:
        """Scrapy's entry."""
        spider: _Asking[T] = super().from_crawler(crawler, *args, **kwargs)
        spider.clock = contexts.current_context().clock  # a spider is made before the settings have it
        return spider

    clock: Callable[[], Any]

    async def start(self) -> AsyncIterator[Request]:
        """Run every job to its end; requests are made by `_ask`."""
        loop = asyncio.get_running_loop()

        def ask(url: str, delay: float | None = None) -> ProbeAnswer:
            return asyncio.run_coroutine_threadsafe(self._ask(url, delay), loop).result()

        with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
            running = [loop.run_in_executor(pool, job, ask) for job in self._jobs]
            self._results.extend(await asyncio.gather(*running, return_exceptions=True))
        nothing: tuple[Request, ...] = ()
        for request in nothing:  # Scrapy wants an async generator
            yield request

    async def _ask(self, url: str, delay: float | None) -> ProbeAnswer:
        if delay is None:
            delay = 0.0 if is_private(urlsplit(url).hostname or "") else self.delay
        request = Request(url, callback=NO_CALLBACK, meta={"delay": delay}, dont_filter=True)
        if self.crawler.engine is None:
            raise RuntimeError("asked before the engine was there")
        try:
            response = await self.crawler.engine.download_async(request)
        except Exception as error:  # noqa: BLE001  whatever kept a page from coming is its answer
            return _refused(url, error)
        content_type = response.headers.get("Content-Type")
        page = Page(
            url=response.url,
            body=response.body,
            fetched=self.clock(),
            status=response.status,
            content_type=content_type.decode("latin-1") if content_type else None,
            requested_url=url,
        )
        return ProbeAnswer(url, page)


def _refused(url: str, error: Exception) -> ProbeAnswer:
    lines = str(error).strip().splitlines()
    detail = lines[0] if lines else type(error).__name__
    kinds: tuple[tuple[type[Exception], Refusal], ...] = (
        (RobotsUnreachable, "robots_unreachable"),
        (RobotsForbid, "robots"),
        (HostClosed, "closed"),
        (PrivateAddress, "private"),
    )
    for kind, name in kinds:
        if isinstance(error, kind):
            return ProbeAnswer(url, refusal=name, detail=detail)
    if is_too_large(error):
        return ProbeAnswer(url, refusal="too_large", detail=detail)
    return ProbeAnswer(url, refusal="failed", detail=f"{type(error).__name__}: {detail}")
