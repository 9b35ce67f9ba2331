"""What a release costs: `python bench/bench_release.py [--articles 20000]`, on SQLite.

The store is the one of `bench_search.py`. Each command runs in a process of its own, as a user starts it: articles a
second of processor time, start included, and the highest memory it had. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench_search import build
from press_of_search import Press

from crawler.store.database import open_database


def cost(articles: int, *command: str) -> dict[str, Any]:
    """Run a command of diemtin to its end."""
    process = subprocess.Popen([sys.executable, "-m", "crawler", *command], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command}: exit {os.waitstatus_to_exitcode(status)}")
    seconds = used.ru_utime + used.ru_stime
    return {
        "cpu_seconds": round(seconds, 1),
        "articles_a_cpu_second": round(articles / seconds),
        "memory_mb": round(used.ru_maxrss / 1024),
    }


def main() -> None:
    """Build, run, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        engine = open_database(f"sqlite:///{data / 'diemtin.db'}")
        build(engine, Press(), options.articles)
        engine.dispose()
        common = ("--data", str(data))
        found = {
            "articles": options.articles,
            "parquet": cost(options.articles, *common, "export", "parquet", "--out", f"{folder}/parquet"),
            "jsonl": cost(options.articles, *common, "export", "jsonl", "--out", f"{folder}/jsonl"),
            "release": cost(options.articles, *common, "release", f"{folder}/release"),
            "verify": cost(options.articles, *common, "release", "verify", f"{folder}/release"),
        }
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
