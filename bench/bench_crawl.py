"""A whole crawl against the plain recipe, on the same pages in the same run.

    python bench/bench_crawl.py [--hosts 60] [--articles 500] [--peer-pages 1500] [--workers N] [--data DIR]

The press of `press_of_scale.py` (one process) is crawled by `diemtin crawl --json` in a child process: discovery,
robots.txt, reading, annotation, twenty watches, stories and the store on SQLite, politeness set to no delay. Then the
same command again, ten minutes later on its clock: what an unchanged press costs. Then the peers, on as many of the
articles as `--peer-pages` says (theirs is a steady rate).

Prints one JSON document. A rate is articles over the seconds between the first request for one and the end of the
process; `cpu_ms` is the processor's own time a page, which a busy machine changes little; memory is sampled each
half second from /proc: the highest, and what it was at each tenth of the crawl. Server and crawl share two cores
where there are no more; with more, the server gets one for itself.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

from press_of_scale import TODAY, address, piece, row
from real_frames import frames_of

from crawler.store.database import open_database
from crawler.store.watches import add_watch

HERE = Path(__file__).parent
SAMPLE_SECONDS = 0.5
QUERIES = (
    '"Chỉ thị số 35-CT/TW"', "văn-bản:21-NQ/TW", "kiểm tra giám sát VÀ Kim Lạc", "Nguyễn Văn Hạnh", '"hiến đất"',
    "tham luận KHÔNG sơ kết", "tiêu-đề:kết nạp", "Đông Khê HOẶC Phú Giàng", "tổ dân phố", "quỹ VÀ Xuân Sa",
    "08-NQ/TU", "dan van", "Hoàng Thu Nga", "tuyên giáo", "đại hội", "thông xe VÀ An Dền", "sapo:dân vận",
    "Thạch Vĩ", "chuyên đề VÀ Minh Mộc", "kỷ luật",
)  # fmt: skip


class Server:
    """The press in a process of its own."""

    def __init__(self, options: argparse.Namespace, cores: set[int] | None) -> None:
        size = [f"--hosts={options.hosts}", f"--articles={options.articles}"]
        frames = [f"--frames={options.frames}"] if options.frames else []
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "press_of_scale.py"), *size, *frames],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if cores:
            os.sched_setaffinity(self._process.pid, cores)
        self.port: int = self._line()["port"]

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def cpu(self) -> float:
        """Seconds of processor time it has used; it shares the machine with what is measured."""
        return _cpu(self._process.pid) or 0.0

    def counts(self) -> dict[str, int]:
        """What has been asked, by kind."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._line()

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


@contextmanager
def serving(options: argparse.Namespace, cores: set[int] | None) -> Iterator[Server]:
    """The press while it is served."""
    server = Server(options, cores)
    try:
        yield server
    finally:
        server.close()


@dataclass(slots=True)
class Watcher:
    """Memory and processor time of a process and its children, and when articles were asked for."""

    pid: int
    server: Server
    samples: list[tuple[float, int, dict[int, int]]] = field(default_factory=list)
    """(seconds, articles asked for, process → resident bytes)."""
    cpu: dict[int, float] = field(default_factory=dict)
    began: float | None = None
    """When the first article was asked for."""
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Sample until told to stop."""
        before = self.server.counts().get("article", 0)
        while not self._stop.wait(SAMPLE_SECONDS if self.began else 0.05):
            asked = self.server.counts().get("article", 0) - before
            if asked and self.began is None:
                self.began = time.monotonic()
            processes = [self.pid, *_children(self.pid)]
            resident = {pid: _resident(pid) for pid in processes}
            self.cpu |= {pid: seconds for pid in processes if (seconds := _cpu(pid)) is not None}
            self.samples.append((time.monotonic(), asked, {p: r for p, r in resident.items() if r}))

    def stop(self) -> None:
        """The process has ended."""
        self._stop.set()

    def memory(self, pages: int) -> dict[str, Any]:
        """MB of the crawl and of its workers together: the highest, and at each tenth of the articles."""
        own = [(asked, found.get(self.pid, 0)) for _, asked, found in self.samples]
        workers = [(a, sum(r for p, r in f.items() if p != self.pid)) for _, a, f in self.samples]
        return {
            name: {
                "peak": _mb(max((size for _, size in series), default=0)),
                "tenths": [
                    _mb(max((size for asked, size in series if asked <= pages * part / 10), default=0))
                    if part == 1
                    else _mb(next((size for asked, size in series if asked >= pages * part / 10 and size), 0))
                    for part in range(1, 11)
                ],
            }
            for name, series in (("crawl", own), ("workers", workers))
        }


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, thread.read_text().split())
        except OSError:  # the process has just ended
            continue
    return found + [below for child in found for below in _children(child)]


def _resident(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:  # the process has just ended
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _cpu(pid: int) -> float | None:
    try:
        ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    except OSError:  # the process has just ended
        return None
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def _mb(size: float) -> float:
    return round(size / 2**20, 1)


def measured(command: Sequence[str], env: Mapping[str, str], server: Server) -> tuple[Any, dict[str, Any]]:
    """Run a command to its end: its JSON and what it cost."""
    before, served = server.counts(), server.cpu()
    started = time.monotonic()
    process = subprocess.Popen(command, env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    watcher = Watcher(process.pid, server)
    thread = threading.Thread(target=watcher.run)
    thread.start()
    output, _ = process.communicate()
    ended = time.monotonic()
    watcher.stop()
    thread.join()
    if process.returncode not in (0, 1):
        raise SystemExit(f"{command}: exit {process.returncode}")
    asked = {k: n for k, v in server.counts().items() if (n := v - before.get(k, 0))}
    pages = asked.get("article", 0)
    seconds = ended - (watcher.began or started)
    cpu = {pid: value for pid, value in watcher.cpu.items() if value > 0.2}
    return json.loads(output), {
        "asked": asked,
        "seconds": round(seconds, 1),
        "with_start": round(ended - started, 1),
        "pages_per_second": round(pages / seconds, 1) if pages else None,
        "cpu_ms": {
            "crawl": round(cpu.get(process.pid, 0) * 1000 / pages, 2),
            "workers": round(sum(v for p, v in cpu.items() if p != process.pid) * 1000 / pages, 2),
            "press": round((server.cpu() - served) * 1000 / pages, 2),
        }
        if pages
        else None,
        "cpu_seconds": round(sum(cpu.values()), 1),
        "memory_mb": watcher.memory(pages) if pages else None,
    }


def crawl_environment(
    data: Path, rows: Path, options: argparse.Namespace, later: timedelta
) -> dict[str, str]:
    """The settings of one crawl, and nothing of the caller's own."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("DIEMTIN_")}
    env |= {
        "DIEMTIN_DATA": str(data),
        "DIEMTIN_SOURCES": str(rows),
        "DIEMTIN_SHIPPED_SOURCES": "0",
        "DIEMTIN_ALLOW_PRIVATE": "1",
        "DIEMTIN_NOW": (TODAY + later).isoformat(),
        "DIEMTIN_CRAWL__FIRST_PAGES": "999",
        "DIEMTIN_CRAWL__MAX_PAGES": "1000",
    }
    if options.workers is not None:
        env["DIEMTIN_WORKERS"] = str(options.workers)
    return env


def add_watches(data: Path) -> None:
    """Twenty readers, before the first crawl."""
    data.mkdir(parents=True, exist_ok=True)
    engine = open_database(f"sqlite:///{data / 'diemtin.db'}")
    with engine.begin() as connection:
        for number, query in enumerate(QUERIES):
            add_watch(connection, query=query, addresses=[f"nguoi-doc-{number}@example.org"], now=TODAY)
    engine.dispose()


def crawls(options: argparse.Namespace, folder: Path, server: Server) -> dict[str, Any]:
    """The first crawl and the one after it."""
    rows, data = folder / "rows", options.data or folder / "data"
    rows.mkdir(exist_ok=True)
    frames = frames_of(options.frames) if options.frames else ()
    for host in range(options.hosts):
        text = row(host, server.port, frames)
        (rows / f"bao-{host:03d}.toml").write_text(text, encoding="utf-8")
    add_watches(data)
    command = [sys.executable, "-m", "crawler", "crawl", "--json"]
    found: dict[str, Any] = {}
    for name, later in (("first", timedelta(0)), ("again", timedelta(minutes=10))):
        ledgers, cost = measured(command, crawl_environment(data, rows, options, later), server)
        counts: dict[str, int] = {}
        for ledger in ledgers.values():
            for key in ("stored", "updated", "unchanged", "duplicate_kept", "errors", "gaps"):
                counts[key] = counts.get(key, 0) + ledger.get(key, 0)
            for reason, n in ledger["dropped"].items():
                counts[f"dropped:{reason}"] = counts.get(f"dropped:{reason}", 0) + n
        found[name] = {"ended": {k: v for k, v in counts.items() if v}, **cost}
    found["store_mb"] = _mb(sum(f.stat().st_size for f in data.glob("diemtin.db*")))
    return found


def peers(options: argparse.Namespace, folder: Path, server: Server) -> dict[str, Any]:
    """The peers that are there, one after the other."""
    urls = [
        f"http://{address(h)}:{server.port}{piece(h, n).path}"
        for n in range(options.articles)
        for h in range(options.hosts)
    ]
    found: dict[str, Any] = {}
    for name, share in (("scrapy-trafilatura", 1.0), ("news-please", 0.2)):
        python = options.news_please if name == "news-please" else sys.executable
        if (
            name == "news-please"
            and subprocess.run([python, "-c", "import newsplease"], stderr=DEVNULL).returncode
        ):
            found[name] = "not installed (pip install 'diemtin[bench]', or --news-please PYTHON)"
            continue
        path = folder / f"{name}.json"
        path.write_text(json.dumps(urls[: int(options.peer_pages * share)]), encoding="utf-8")
        command = [python, str(HERE / "plain_recipe.py"), name, str(path)]
        said, cost = measured(command, os.environ, server)
        found[name] = {**said, **cost}
    return found


def main() -> None:
    """The crawl, the crawl after it, the peers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hosts", type=int, default=60)
    parser.add_argument("--articles", type=int, default=500, help="of each host")
    parser.add_argument("--frames", type=Path, help="real pages around the articles: ../shared/pages")
    parser.add_argument("--workers", type=int, help="reading processes (default: as an operator gets)")
    parser.add_argument("--peer-pages", type=int, default=1_500, help="0: no peers")
    parser.add_argument(
        "--news-please", default=sys.executable, help="the python of an environment that has it"
    )
    parser.add_argument("--data", type=Path, help="keep the store here (default: thrown away)")
    options = parser.parse_args()
    cores = os.sched_getaffinity(0)
    with (
        tempfile.TemporaryDirectory() as temporary,
        serving(options, {max(cores)} if len(cores) > 1 else None) as server,
    ):
        folder = Path(temporary)
        found: dict[str, Any] = {"hosts": options.hosts, "articles": options.hosts * options.articles}
        found["diemtin"] = crawls(options, folder, server)
        if options.peer_pages:
            found["peers"] = peers(options, folder, server)
            plain = found["peers"]["scrapy-trafilatura"]["pages_per_second"]
            found["times_the_plain_recipe"] = round(found["diemtin"]["first"]["pages_per_second"] / plain, 2)
    print(json.dumps(found, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
