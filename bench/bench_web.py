"""What a page costs: `python bench/bench_web.py [N …] [--rounds R] [--requests M]`; N articles (20,000) on SQLite.

The store is the one of `bench_search.py`. The pages are served by uvicorn in a process of their own, as `diemtin web`
does; this process asks for each page in turn over one connection, R rounds (20). Prints for each page milliseconds
(median, 95th percentile), bytes as sent (gzip), then requests a second to `/` and `/tim` one after the other, and the
memory of the server before, and along M requests (20,000) to both by turns. The first page is told with all that it
loads. Wall time: the load of the machine is printed with it.
"""

from __future__ import annotations

import argparse
import http.client
import multiprocessing
import os
import re
import statistics
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import quote

from bench_search import build, sources
from press_of_search import Press

from crawler.config import Config
from crawler.store.database import note_statistics, open_database
from crawler.web.app import make_app
from crawler.web.context import WebContext
from crawler.web.rate_limit import RateLimit
from crawler.web.serve import listen, serve

PAGES = (
    "/", "/?ngay=2020-05-12", "/tim?q=" + quote("đại hội"), "/tim?q=" + quote("kiểm tra giám sát"), "/bai/17",
    "/van-kien", "/cuoc-hop", "/ban-do", "/nguon", "/theo-doi", "/thong-ke", "/kho",
    "/api/v1/articles?q=" + quote("chi bộ"),
)  # fmt: skip
SECONDS = 5.0
"""How long one page is asked for as fast as it comes."""


def main() -> None:
    """Build the stores and ask."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("articles", type=int, nargs="*", default=[20_000])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--requests", type=int, default=20_000, help="along which memory is watched")
    parser.add_argument("--store", type=Path, help="a data folder that an earlier run of the builder left")
    options = parser.parse_args()
    if options.store is not None:
        measure(options.store, options.articles[0], options.rounds, options.requests)
        return
    for count in options.articles:
        with tempfile.TemporaryDirectory() as folder:
            engine = open_database(f"sqlite:///{folder}/diemtin.db")
            build(engine, Press(), count)
            note_statistics(engine)  # as a crawl does when it ends
            engine.dispose()
            measure(Path(folder), count, options.rounds, options.requests)


def measure(folder: Path, count: int, rounds: int, requests: int) -> None:
    """Ask for all pages of a store, and print."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(
        target=serve_pages, args=(folder, theirs), daemon=True
    )
    server.start()
    port = int(ours.recv())
    connection = http.client.HTTPConnection("127.0.0.1", port)
    before = _resident(server.pid or 0)
    print(f"{count} articles, load {os.getloadavg()[0]:.1f}")
    print("| page | median ms | p95 ms | KB |\n|---|--:|--:|--:|")
    for path in PAGES:
        times, size = [], 0
        for _ in range(rounds):
            began = time.perf_counter()
            size = _ask(connection, path)
            times.append((time.perf_counter() - began) * 1000)
        times.sort()
        p95 = times[min(len(times) - 1, int(len(times) * 0.95))]
        print(f"| `{path}` | {statistics.median(times):.1f} | {p95:.1f} | {size / 1000:.1f} |", flush=True)
    for path in PAGES[:1] + PAGES[2:3]:
        began, asked = time.perf_counter(), 0
        while time.perf_counter() - began < SECONDS:
            _ask(connection, path)
            asked += 1
        print(f"`{path}`: {asked / (time.perf_counter() - began):.0f} requests a second")
    print(f"the first page with all that it loads: {_whole(connection, '/') / 1000:.1f} KB")
    print(
        f"the server's memory: {before:.0f} MB at first, {_resident(server.pid or 0):.0f} MB now", flush=True
    )
    for number in range(1, requests + 1):
        _ask(connection, PAGES[0] if number % 2 else PAGES[2])
        if number % max(1, requests // 10) == 0:
            print(f"after {number} more requests: {_resident(server.pid or 0):.0f} MB", flush=True)
    server.kill()


def serve_pages(folder: Path, ready: Connection) -> None:
    """The pages in a process of their own."""
    config = Config(data=folder)
    many = RateLimit(burst=10**6, per_second=10**6)
    engine = open_database(f"sqlite:///{folder}/diemtin.db")
    context = WebContext(
        engine=engine, registry=sources(), config=config, clock=config.clock, limits=many, local=True, page_limits=many
    )  # fmt: skip
    opened = listen("127.0.0.1", 0)
    serve(make_app(context), opened, ready=lambda: ready.send(opened.getsockname()[1]))


def _ask(connection: http.client.HTTPConnection, path: str) -> int:
    return len(_body(connection, path, "gzip"))


def _whole(connection: http.client.HTTPConnection, path: str) -> int:
    """Bytes of a page, its style sheets, scripts and images, as sent."""
    page = _body(connection, path, "identity").decode()
    loaded = set(
        re.findall(
            r'<(?:link[^>]*rel="(?:stylesheet|icon)"[^>]*href|script[^>]*src|img[^>]*src)="(/[^"]+)"', page
        )
    )
    loaded |= set(re.findall(r'<link[^>]*href="(/static/[^"]+)"', page))
    return sum(_ask(connection, one) for one in (path, *sorted(loaded)))


def _body(connection: http.client.HTTPConnection, path: str, encoding: str) -> bytes:
    connection.request("GET", path, headers={"Accept-Encoding": encoding})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status}")
    return body


def _resident(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    return 0.0


if __name__ == "__main__":
    main()
