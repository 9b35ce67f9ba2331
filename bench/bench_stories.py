"""What a story costs: `python bench/bench_stories.py [N] --generator ../shared/stories/big.py`.

Streams N articles and 10 % copies from the generator into a file, places them one after another through the
index of `diemtin stories`, and prints, for the articles around 10,000 and for the last ones: CPU time an
article by stage, articles a second of it; at the end the memory of the process, bytes of index an article and, from the
generator's labels, pairwise precision and recall. One process, one core. Needs 5 KB of disk an article.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from functools import partial
from math import comb
from pathlib import Path
from time import perf_counter, process_time

from crawler.similar import place
from crawler.stories import read_entry
from crawler.story_file import FileIndex

STEP = 10_000


def main() -> None:
    """Runs the measurement and prints one JSON document a line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("articles", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--generator", type=Path, default=Path("../shared/stories/big.py"))
    parser.add_argument("--file", type=Path, help="an earlier output of the generator, made with --labels")
    parser.add_argument("--work-dir", type=Path, help="where the articles and the index lie meanwhile")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-stories-", dir=options.work_dir) as folder:
        path = options.file or generate(options.generator, options.articles, Path(folder) / "articles.jsonl")
        database = Path(folder) / "stories.db"
        with FileIndex(database, path) as index:
            for line in measure(index, path):
                print(json.dumps(line), flush=True)
            started = perf_counter()
            found = dict(index.stories())
            size = database.stat().st_size
            print(json.dumps({"output_s": round(perf_counter() - started, 1), **memory()}), flush=True)
        print(json.dumps({"articles": len(found), "index_bytes_per_article": round(size / len(found))}))
        print(json.dumps(score(path, found)))


def generate(generator: Path, articles: int, path: Path) -> Path:
    """The generator's output in a file; it must run in its own folder."""
    with path.open("wb") as out:
        command = [sys.executable, "-B", generator.name, str(articles), "--labels"]
        subprocess.run(command, cwd=generator.parent, stdout=out, check=True)
    return path


def measure(index: FileIndex, path: Path) -> Iterator[dict[str, float]]:
    """Places every article; after each STEP the microseconds an article of each stage."""
    spent = Counter[str]()
    offset = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            start = process_time()
            entry = read_entry(line, offset)
            read = process_time()
            placement = place(entry.fingerprint, partial(index.text_at, offset), index)
            placed = process_time()
            index.add(entry, placement.stories)
            spent.update(read=read - start, place=placed - read, add=process_time() - placed)
            offset += len(line)
            if number % STEP == 0:
                total = spent.total()
                stages = {f"{stage}_us": round(s / STEP * 1e6) for stage, s in spent.items()}
                yield {"articles": number, **stages, "per_second": round(STEP / total), **memory()}
                spent.clear()


def memory() -> dict[str, int]:
    """The highest resident memory of this process so far."""
    return {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


def score(path: Path, found: dict[str, str]) -> dict[str, float]:
    """Pairwise precision and recall against the labels in the file."""
    true, both = Counter[str](), Counter[tuple[str, str]]()
    with path.open("rb") as file:
        for line in file:
            record = json.loads(line)
            true[record["story"]] += 1
            both[record["story"], found[record["id"]]] += 1
    right = sum(comb(n, 2) for n in both.values())
    predicted = sum(comb(n, 2) for n in Counter(found.values()).values())
    actual = sum(comb(n, 2) for n in true.values())
    return {"precision": round(right / predicted, 4), "recall": round(right / actual, 4)}


if __name__ == "__main__":
    main()
