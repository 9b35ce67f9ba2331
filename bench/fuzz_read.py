"""Mutated pages, none of which may make the reader raise, take long or keep memory.

    python bench/fuzz_read.py [--pages 2000] [--seed 1] [FOLDER ...]

Starts from the `.html` files of the folders (default: those of ../shared) and from nothing. A mutation cuts, repeats
or flips bytes, drops closing tags, nests, changes the encoding, splices two pages, or prints an opener thousands of
times. Prints how the pages ended, the slowest one and the memory; exits 1 at the first exception, with the seed that
makes it again, and where a page took more than `SLOW` seconds of the processor, the process more than `MOST_MB`, or
it does not come back to within `BACK_MB` of where it started.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import random
import resource
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from crawler.article import Article, Page
from crawler.reading.extract import read

SHARED = Path(__file__).resolve().parents[2] / "shared"
FETCHED = datetime(2026, 11, 21, tzinfo=UTC)
SLOW = 2.0
"""Seconds after which one page counts as slow."""
MOST_MB, BACK_MB = 600, 100
OPENERS = (
    b"{{", b"[[", b"<%", b"<script", b"<!--", b"<![CDATA[", b"<a href=/a.html>",
    b"<div><a href=/a.html>Tin</a>", b"<tr><td>a", b"<p>a</p>",
    "\u0323\u0301".encode(), "\u1ea1\u0301\u200b".encode(), b". ",
    "Ảnh: ".encode(), "ngày 12/11, ".encode(), b"<br>", b"&amp;", b'"',
)  # fmt: skip


def cut(body: bytes, dice: random.Random) -> bytes:
    """The page up to anywhere."""
    return body[: dice.randrange(len(body) + 1)]


def flip(body: bytes, dice: random.Random) -> bytes:
    """Up to 200 bytes replaced."""
    changed = bytearray(body)
    for _ in range(dice.randrange(200) if changed else 0):
        changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)


def repeat(body: bytes, dice: random.Random) -> bytes:
    """A slice printed up to fifty times."""
    start = dice.randrange(len(body) + 1)
    part = body[start : start + dice.randrange(400)]
    return body[:start] + part * dice.randrange(50) + body[start:]


def unclose(body: bytes, dice: random.Random) -> bytes:
    """Closing tags of one kind taken out."""
    return body.replace(
        dice.choice((b"</div>", b"</p>", b"</script>", b"</table>", b"</td>", b"-->", b'">')), b""
    )


def nest(body: bytes, dice: random.Random) -> bytes:
    """Thousands of opening tags in the middle."""
    start = dice.randrange(len(body) + 1)
    return (
        body[:start]
        + dice.choice((b"<div>", b"<b>", b"<table><tr><td>", b"<ul><li>")) * dice.randrange(3000)
        + body[start:]
    )


def recode(body: bytes, dice: random.Random) -> bytes:
    """The page in another encoding, or squeezed."""
    text = body.decode("utf-8", "replace")
    return dice.choice(
        (lambda: text.encode("utf-16"), lambda: text.encode("cp1258", "replace"), lambda: gzip.compress(body),
         lambda: text.encode("latin-1", "xmlcharrefreplace"), lambda: b"\0".join(bytes([b]) for b in body[:2000]))
    )()  # fmt: skip


def flood(body: bytes, dice: random.Random) -> bytes:
    """An opener up to 200 KB long somewhere in the page."""
    opener = dice.choice(OPENERS)
    start = dice.randrange(len(body) + 1)
    return body[:start] + opener * dice.randrange(200_000 // len(opener)) + body[start:]


def resident_mb() -> float:
    """What the process holds now, in MB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1024**2


MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    cut,
    flip,
    repeat,
    unclose,
    nest,
    recode,
    flood,
)


def main() -> None:
    """Runs the mutations and prints how they ended."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("folders", nargs="*", type=Path)
    arguments.add_argument("--pages", type=int, default=2_000)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    folders = options.folders or [SHARED / name for name in ("seeds", "tough", "pages")]
    bodies = [b"", *(p.read_bytes() for folder in folders for p in sorted(folder.glob("*.html")))]
    ends: Counter[str] = Counter()
    slowest, slow, began = (0.0, 0), 0, resident_mb()
    for number in range(options.seed, options.seed + options.pages):
        dice = random.Random(number)
        body = dice.choice(bodies)
        for _ in range(dice.randrange(1, 4)):
            body = dice.choice(MUTATIONS)(body, dice)
        if dice.random() < 0.1:
            other = dice.choice(bodies)
            body = body[: dice.randrange(len(body) + 1)] + other[dice.randrange(len(other) + 1) :]
        start = time.process_time()
        try:
            found = read(Page("https://kimhai.example/tin-1.html", body, FETCHED))
        except Exception:  # noqa: BLE001 - the finding: printed with the seed that makes it again
            traceback.print_exc()
            sys.exit(f"seed {number}: the reader raised")
        taken = time.process_time() - start
        slowest = max(slowest, (taken, number))
        slow += taken > SLOW
        ends["article" if isinstance(found, Article) else found.disposition.value] += 1
    for end, count in ends.most_common():
        print(f"{count:>6} {end}")
    longest = f"slowest {slowest[0]:.2f} s (seed {slowest[1]})"
    print(f"{options.pages:,} pages, none raised; {longest}, {slow} over {SLOW:.0f} s")
    found = None
    gc.collect()
    most, left = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, resident_mb()
    print(f"memory: {began:.0f} MB before, {most:.0f} MB at most, {left:.0f} MB after")
    if slow or most > MOST_MB or left > began + BACK_MB:
        sys.exit(1)


if __name__ == "__main__":
    main()
