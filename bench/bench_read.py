"""What reading a page costs, beside its peers in the same run on the same pages, one core.

    python bench/bench_read.py [PAGES ...] [--rounds 5] [--memory 10000]

PAGES are folders of `X.html` with `X.gold.json` beside it (default: pages and seeds of ../shared). Each page is
read whole: text, dates, authors, captions, images. "row" is with a registry row that names the body's container,
"generic" without one; pages of outlets without a row get one that names the container the generic reading found, as
`sources add` would write it. Peers: trafilatura.bare_extraction(with_metadata=True) and, where it can be imported,
news-please (in an environment of its own: `pip install news-please`, then run this file with that Python and diemtin
on PYTHONPATH). Times are of the processor, the best of the rounds for each page; the ratio is of the sums over all
pages. `--memory N` reads N pages in a row and prints the resident size.
"""

from __future__ import annotations

import argparse
import importlib
import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from trafilatura import bare_extraction

from crawler.article import Page
from crawler.reading.container import locate
from crawler.reading.extract import read
from crawler.reading.furniture import strip
from crawler.reading.markup import Markup, parse
from crawler.registry import load_registry
from crawler.source import Source

SHARED = Path(__file__).resolve().parents[2] / "shared"


@dataclass(frozen=True)
class Sample:
    """One page with the row it is read with."""

    name: str
    page: Page
    row: Source


def samples(folders: list[Path]) -> list[Sample]:
    """The pages of the folders, each with a row that names its container."""
    registry = load_registry()
    found = []
    for folder in folders:
        for gold_path in sorted(folder.glob("*.gold.json")):
            gold = json.loads(gold_path.read_text(encoding="utf-8"))
            body = gold_path.with_name(gold_path.name.replace(".gold.json", ".html")).read_bytes()
            page = Page(gold["url"], body, datetime.fromisoformat(gold["fetched"]))
            row = registry.get(gold["source"] or "") or learned_row(page)
            found.append(Sample(gold_path.name.removesuffix(".gold.json"), page, row))
    return found


def learned_row(page: Page) -> Source:
    """A row that names the container which the generic reading finds on the page."""
    markup = parse(page.body)
    if not isinstance(markup, Markup):
        raise SystemExit(f"{page.url}: {markup.why}")
    strip(markup.tree)
    body = locate(markup.tree)[0][0]
    names = [f".{c}" for c in (body.get("class") or "").split()[:2] if c.isascii()]
    if body.get("id"):
        names = [f"#{body.get('id')}"]
    return Source.model_validate(
        {
            "id": "bench", "name": "bench", "province": "bench", "fictitious": True,
            "homepage": page.url, "evidence": "seen",
            "sections": [{"name": "bench", "url": page.url}], "articles": {"url": "."},
            "extract": {"container": f"{body.tag}{''.join(names)}", "title": "h1"},
        }
    )  # fmt: skip


def cost(work: Callable[[], object], rounds: int) -> float:
    """Milliseconds of the processor, best of the rounds after one to warm up."""
    work()
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return 1000 * best


def news_please() -> Callable[[Page], object] | None:
    """news-please's reader of markup, or None where it is not installed."""
    try:
        module = importlib.import_module("newsplease")
    except ImportError:
        return None
    return lambda page: module.NewsPlease.from_html(
        page.body.decode("utf-8", "replace"), url=page.url, fetch_images=False
    )


def resident_mb() -> float:
    """Peak resident size of this process in MB (Linux counts it in KB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Prints the table."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("pages", nargs="*", type=Path)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--memory", type=int, default=0, metavar="N")
    options = arguments.parse_args()
    chosen = samples(options.pages or [SHARED / "pages", SHARED / "seeds"])
    if not chosen:
        sys.exit("no pages: name folders of X.html with X.gold.json beside it")
    if options.memory:
        for index in range(options.memory):
            sample = chosen[index % len(chosen)]
            read(sample.page, sample.row if index % 2 else None)
        print(f"resident after {options.memory:,} pages: {resident_mb():.0f} MB at most")
        return
    readers: dict[str, Callable[[Sample], object]] = {
        "row": lambda s: read(s.page, s.row),
        "generic": lambda s: read(s.page),
        "trafilatura": lambda s: bare_extraction(s.page.body, url=s.page.url, with_metadata=True),
    }
    if peer := news_please():
        readers["news-please"] = lambda s: peer(s.page)
    else:
        print("news-please is not installed and left out", file=sys.stderr)
    sums = dict.fromkeys(readers, 0.0)
    print(f"{'page':<44} {'KB':>5} " + " ".join(f"{name:>11}" for name in readers) + "  row  generic")
    for sample in chosen:
        times = {name: cost(lambda w=work, s=sample: w(s), options.rounds) for name, work in readers.items()}  # type: ignore[misc]
        for name, value in times.items():
            sums[name] += value
        print(
            f"{sample.name[:44]:<44} {len(sample.page.body) // 1024:>5} "
            + " ".join(f"{times[name]:>8.2f} ms" for name in readers)
            + f" {times['trafilatura'] / times['row']:>4.1f}x {times['trafilatura'] / times['generic']:>6.1f}x"
        )
    for peer_name in list(readers)[2:]:
        print(
            f"{peer_name} / row {sums[peer_name] / sums['row']:.1f}x   "
            f"{peer_name} / generic {sums[peer_name] / sums['generic']:.1f}x   ({len(chosen)} pages)"
        )


if __name__ == "__main__":
    main()
