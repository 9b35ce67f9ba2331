"""What keeping pages costs a crawl: `python bench/bench_archive.py [--pages 400] [PAGE.html …]`.

Each page, or one made of the demo's sentences at 250 KB, is kept plain and as a host sends it, packed. `reactor_ms` is
processor time of the thread that runs the crawl, rows in the store included; `thread_ms` that of the thread beside it.
Then what the levels of ISA-L's deflate make of it, and zlib's beside them. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import random
import tempfile
import time
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from isal import isal_zlib
from press_words import ENDS, ONSETS

from crawler.archive.pruning import Limits
from crawler.archive.record import Exchange
from crawler.crawl.archiving import Archiving
from crawler.store.database import open_database

SIZE = 250_000


def a_page() -> bytes:
    """Prose and markup in the proportion of a newspaper's page."""
    chance = random.Random(7)
    words_of = [a + b for a in ONSETS for b in ENDS]
    parts: list[str] = []
    while sum(map(len, parts)) < SIZE * 0.8:
        words = " ".join(chance.choices(words_of, k=40))
        parts.append(
            f'<div class="item-{chance.randrange(999)}"><a href="/tin-{chance.randrange(10**6)}.html">{words}</a></div>'
        )
    return "\n".join(parts).encode()[:SIZE]


async def kept(pages: list[bytes], head: bytes, folder: Path) -> dict[str, Any]:
    """Keep them all."""
    engine = open_database(f"sqlite:///{folder / 'diemtin.db'}")
    archive = Archiving(
        engine, folder / "warc", keep="all", limits=Limits(), info={}, clock=lambda: datetime.now(UTC)
    )  # fmt: skip
    request = b"GET / HTTP/1.1\r\nHost: x.example\r\n\r\n"
    mine, all_, wall = time.thread_time(), time.process_time(), time.perf_counter()
    for n, body in enumerate(pages):
        url = f"https://x.example/{n}"
        await archive.keep(Exchange(url, datetime.now(UTC), request, head, body), "listing", fresh=None)
    archive.flush()
    mine, all_, wall = time.thread_time() - mine, time.process_time() - all_, time.perf_counter() - wall
    archive.close()
    size = sum(path.stat().st_size for path in (folder / "warc").iterdir())
    engine.dispose()
    count = len(pages)
    return {
        "reactor_ms": round(mine / count * 1000, 3),
        "thread_ms": round((all_ - mine) / count * 1000, 3),
        "wall_ms": round(wall / count * 1000, 3),
        "bytes_a_page": size // count,
    }


def level(page: bytes, library: Any, number: int) -> dict[str, Any]:
    """What one level makes of a page."""
    began = time.process_time()
    for _ in range(10):
        packing = library.compressobj(number, zlib.DEFLATED, 31)
        size = len(packing.compress(page) + packing.flush())
    return {"bytes": size, "ms": round((time.process_time() - began) * 100, 2)}


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pages", type=int, default=400)
    parser.add_argument("files", nargs="*", type=Path)
    options = parser.parse_args()
    base = [path.read_bytes() for path in options.files] or [a_page()]
    plain = [base[n % len(base)] + b"<!-- %d -->" % n for n in range(options.pages)]
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
    found: dict[str, Any] = {"pages": options.pages, "bytes": sum(map(len, plain)) // len(plain)}
    for name, pages, more in (
        ("plain", plain, b""),
        ("packed", [gzip.compress(page) for page in plain], b"Content-Encoding: gzip\r\n"),
    ):
        with tempfile.TemporaryDirectory() as folder:
            found[name] = asyncio.run(kept(pages, head + more + b"\r\n", Path(folder)))
    found["levels"] = {
        name: {number: level(base[0], library, number) for number in numbers}
        for name, library, numbers in (("isal", isal_zlib, (0, 1, 2, 3)), ("zlib", zlib, (1, 2, 6)))
    }
    print(json.dumps(found, indent=1))


main()
