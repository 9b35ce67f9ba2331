"""What is asked again within a crawl: a server that is busy or away, never a wall."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.retry import RetryMiddleware

from crawler.crawl.workers import TaskFailed, WorkerLost, WorkersStopped
from crawler.discovery.channel_answer import wall

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from crawler.crawl.context import CrawlContext


class Retry(RetryMiddleware):
    """Scrapy's middleware, but for walls: many a challenge is a 503, and is to be asked once."""

    context: CrawlContext

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's entry."""
        made = super().from_crawler(crawler)
        made.context = crawler.settings["DIEMTIN_CONTEXT"]
        return made

    async def process_response(  # type: ignore[override]  # Scrapy awaits it
        self, request: Request, response: Response
    ) -> Request | Response:
        """The request once more where the server was busy; the answer where it is a wall, or good."""
        if response.status in self.retry_http_codes and await self._is_wall(response):
            return response
        return super().process_response(request, response)

    async def _is_wall(self, response: Response) -> bool:
        try:
            why = await self.context.pool.call(wall, response.body, response.url, response.status)
        except (WorkerLost, TaskFailed):
            return False
        except WorkersStopped:  # nothing is asked again
            return True
        return why is not None
