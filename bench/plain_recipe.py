"""The peers of `bench_crawl.py`, each as its own users run it: `python bench/plain_recipe.py PEER URLS.json`.

`scrapy-trafilatura`: a Scrapy spider that calls `trafilatura.bare_extraction(with_metadata=True)` in its callback.
`news-please`: its `from_urls` on as many processes as it likes, without pictures.

They are given the addresses: neither discovery, robots.txt, store nor annotations are asked of them. Prints one JSON
document: pages that gave a text, and the seconds from the first request to the last text.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path


def scrapy_trafilatura(urls: Sequence[str]) -> int:
    """Pages with a text."""
    import trafilatura
    from scrapy import Request, Spider
    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.http import Response

    found = []

    class Plain(Spider):
        name = "plain"

        async def start(self) -> AsyncIterator[Request]:
            for url in urls:
                yield Request(url)

        def parse(self, response: Response) -> None:
            document = trafilatura.bare_extraction(response.body, url=response.url, with_metadata=True)
            found.append(bool(document and document.text))

    settings = {
        "LOG_ENABLED": False,
        "DOWNLOAD_DELAY": 0,
        "CONCURRENT_REQUESTS": 16,
        "TELNETCONSOLE_ENABLED": False,
    }
    process = AsyncCrawlerProcess(settings)
    process.crawl(Plain)
    process.start()
    return sum(found)


def news_please(urls: Sequence[str]) -> int:
    """Pages with a text."""
    from newsplease import NewsPlease

    found = NewsPlease.from_urls(list(urls), request_args={"timeout": 20}, fetch_images=False)
    return sum(bool(getattr(article, "maintext", None)) for article in found.values())


PEERS: dict[str, Callable[[Sequence[str]], int]] = {
    "scrapy-trafilatura": scrapy_trafilatura,
    "news-please": news_please,
}


def main() -> None:
    """One peer over the addresses of a file."""
    logging.disable(logging.CRITICAL)
    urls = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    began = time.monotonic()
    read = PEERS[sys.argv[1]](urls)
    print(json.dumps({"pages": read, "seconds": round(time.monotonic() - began, 2)}))


if __name__ == "__main__":
    main()
