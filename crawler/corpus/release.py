"""A release: a folder that stands alone, made of the store so that others can check it, cite it and make it again.

1. Every article of the store is judged by one rule after the other (`Rule`); the first that leaves it out counts it, so
   that articles released and articles left out add up to the store.
2. What is left is split by story and by time (`crawler.story.splits`); a round-up that quotes another part is left out.
3. Each part is written twice, as Parquet and as JSON lines packed by zstd, in the order of publication and of address.
4. Beside them: `index.tsv` (id, part, hash of the text: what the next release is compared with), `withdrawn.txt`,
   pictures, the card, the citation, Croissant, the manifest, and `SHA256SUMS` over all of it.
5. All of it is made in a folder beside the place and moved there at the end: a release that was killed is none.

The same store, code, libraries and day give the same bytes, on SQLite and PostgreSQL.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import zstandard

from crawler import __version__
from crawler.corpus.card import RULES, ReleaseFacts, Rule, card, citation, croissant
from crawler.corpus.export import RIGHTS, SUMS, article_id, line_of, record_of
from crawler.corpus.parquet import ParquetFile
from crawler.corpus.plots import bars
from crawler.errors import InvalidInput
from crawler.source import Source
from crawler.store.corpus import Corpus, CorpusRow, Selected, leads_of, open_corpus
from crawler.story.splits import PARTS, Part, split_stories
from crawler.text.segmentation import segmenter_name

if TYPE_CHECKING:
    from crawler.store.database import Engine

SCHEMA = 1
"""The number of the folder's layout and columns."""
MANIFEST, INDEX, WITHDRAWN, CARD, CITATION, CROISSANT, CHANGES = (
    "manifest.json", "index.tsv", "withdrawn.txt", "README.md", "CITATION.cff", "croissant.json", "CHANGES.json",
)  # fmt: skip
_DATA = ("data/{}.parquet", "jsonl/{}.jsonl.zst")
_LEVEL = 3
"""Of zstd: at 10 the lines are a tenth smaller and take as long as all the rest."""
_MOST_BARS = 30


@dataclass(frozen=True, slots=True)
class ReleaseWish:
    """What is to be released, and as what."""

    day: date
    """The day of the release, which is its version."""
    title: str
    publisher: str
    since: datetime | None = None
    until: datetime | None = None
    query: str = ""
    one_per_story: bool = False
    without_reserved: bool = False
    """Leave out the sources whose row says that mining or training is reserved."""
    words: bool = False


@dataclass(frozen=True, slots=True)
class Released:
    """What a release holds."""

    folder: Path
    articles: int
    parts: Mapping[Part, int]
    left_out: Mapping[Rule, int]
    sha256: str
    """Of `SHA256SUMS`: two releases are equal when it is."""
    changes: Mapping[str, int] | None
    """Articles added, changed and withdrawn since an earlier release."""


def release(
    engine: Engine,
    registry: Mapping[str, Source],
    out: Path,
    wish: ReleaseWish,
    *,
    earlier: Path | None = None,
) -> Released:
    """Write a release into `out`, which must not be there yet; `earlier` is the folder of one to compare with.

    Raises InvalidInput for a place that is taken, for an `earlier` that is no release, and where nothing is left to
    release; InvalidQuery for a wrong query. Nothing is left behind then.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InvalidInput(f"{out}: đã có; hãy chọn thư mục mới / is taken; choose a new folder")
    before = _index_of(earlier) if earlier is not None else None
    making = out.with_name(f".{out.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    try:
        with open_corpus(engine, registry, since=wish.since, until=wish.until, query=wish.query) as corpus:
            done = _made(corpus, registry, making, wish, before, earlier)
        if out.exists():
            out.rmdir()
        making.rename(out)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return Released(out, *done)


def _made(
    corpus: Corpus,
    registry: Mapping[str, Source],
    out: Path,
    wish: ReleaseWish,
    before: Mapping[str, str] | None,
    earlier: Path | None,
) -> tuple[int, dict[Part, int], dict[Rule, int], str, dict[str, int] | None]:
    judged = _judged(corpus, registry, wish)
    if not judged.part_of:
        raise InvalidInput(
            "không còn bài nào để công bố: xem lại --since, --until, --query / no article is left to release: "
            f"look at --since, --until, --query ({_told(judged.left_out)})"
        )
    files = _Files(out)
    with files:
        files.begin(words=wish.words)
        for row in corpus.articles(only=judged.part_of.keys()):
            files.add(row, judged.part_by_url[row.url], words=wish.words)
    (out / WITHDRAWN).write_text("".join(f"{one}\n" for one in judged.withdrawn), encoding="utf-8")
    files.write_index()
    _write_plots(out, files.counts)
    changes = None if before is None else _changes(before, files.index, judged.withdrawn)
    facts = ReleaseFacts(
        title=wish.title, publisher=wish.publisher, day=wish.day, version=__version__, articles=files.articles,
        parts=files.parts, left_out=judged.left_out, counts=files.counts, words=wish.words, rights=RIGHTS,
        columns=files.columns, since=wish.since, until=wish.until, query=wish.query,
    )  # fmt: skip
    (out / CARD).write_text(card(facts, changes), encoding="utf-8")
    (out / CITATION).write_text(citation(facts), encoding="utf-8")
    if changes is not None:
        _write_json(out / CHANGES, changes | {"since": _sums_hash(earlier)})
    names = sorted(name.format(part) for part in PARTS for name in _DATA)
    data = {name: (hash_of(out / name), (out / name).stat().st_size) for name in names}
    _write_json(out / CROISSANT, croissant(facts, data))
    _write_json(out / MANIFEST, _manifest(out, facts, registry, wish, files, corpus.dispositions()))
    return (
        files.articles, dict(files.parts), judged.left_out, _write_sums(out),
        None if changes is None else {name: len(found) for name, found in changes.items()},
    )  # fmt: skip


@dataclass(slots=True)
class _Judged:
    """Which articles are released in which part, and how many each rule left out."""

    part_of: dict[int, Part]
    part_by_url: dict[str, Part]
    left_out: dict[Rule, int]
    withdrawn: list[str]
    """Ids of the articles that the newspapers withdrew."""


def _judged(corpus: Corpus, registry: Mapping[str, Source], wish: ReleaseWish) -> _Judged:
    reserved = {row.id for row in registry.values() if row.rights is not None and row.rights.reserved}
    selected = {one.id for one in corpus.selected()}
    left_out: Counter[Rule] = Counter()
    kept: list[Selected] = []
    withdrawn = []
    for one in corpus.everything():
        if one.taken_down and not one.set_aside:
            withdrawn.append(article_id(one.url))
        rule = _rule(one, selected, reserved if wish.without_reserved else (), wish)
        if rule is None:
            kept.append(one)
        else:
            left_out[rule] += 1
    if wish.one_per_story:
        leads = {lead.id for lead in leads_of(kept).values()}
        left_out["reprint"] = len(kept) - len(leads)
        kept = [one for one in kept if one.id in leads]
    parts = split_stories([(one.story, one.url, one.published) for one in kept], corpus.quotes())
    placed = {one: part for one in kept if (part := parts[one.story]) is not None}
    left_out["quotes"] = len(kept) - len(placed)
    return _Judged(
        {one.id: part for one, part in placed.items()},
        {one.url: part for one, part in placed.items()},
        {rule: left_out[rule] for rule in RULES},
        sorted(withdrawn),
    )


def _rule(
    one: Selected, selected: Collection[int], reserved: Collection[str], wish: ReleaseWish
) -> Rule | None:
    """The first rule that leaves an article out, of those that look at it alone."""
    if one.set_aside:
        return "set_aside"
    if one.taken_down:
        return "withdrawn"
    if one.id not in selected:
        late = wish.until is not None and (one.published is None or one.published >= wish.until)
        early = wish.since is not None and (one.published is None or one.published < wish.since)
        return "window" if early or late else "query"
    return "rights" if one.source in reserved else None


@dataclass(slots=True)
class _Files:
    """The data of a release, counted while it is written."""

    folder: Path
    articles: int = 0
    parts: dict[Part, int] = field(default_factory=dict)
    columns: list[tuple[str, str]] = field(default_factory=list)
    index: dict[str, str] = field(default_factory=dict)
    """Id → hash of the text."""
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    _lines: list[tuple[str, Part, str]] = field(default_factory=list)
    _tables: dict[Part, ParquetFile] = field(default_factory=dict)
    _packed: dict[Part, IO[bytes]] = field(default_factory=dict)
    _open: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, *error: Any) -> None:
        self._open.__exit__(*error)

    def begin(self, *, words: bool) -> None:
        """Make the files of every part, also of one without articles."""
        tables, lines = self.folder / "data", self.folder / "jsonl"
        tables.mkdir()
        lines.mkdir()
        for part in PARTS:
            self.parts[part] = 0
            self._tables[part] = self._open.enter_context(
                ParquetFile(tables / f"{part}.parquet", words=words)
            )
            packer = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
            file = self._open.enter_context((lines / f"{part}.jsonl.zst").open("wb"))
            self._packed[part] = self._open.enter_context(packer.stream_writer(file, closefd=False))
        self.columns = self._tables["train"].columns
        self.counts = {"source": {}, "year": {}, "topic": {}}

    def add(self, row: CorpusRow, part: Part, *, words: bool) -> None:
        """One article."""
        record = record_of(row, words=words)
        line = line_of(record)
        self._packed[part].write(line)
        self._tables[part].write(record)
        hashed = hashlib.sha256(record["text"].encode()).hexdigest()
        self._lines.append((record["id"], part, hashed))
        self.index[record["id"]] = hashed
        self.articles += 1
        self.parts[part] += 1
        self._count("source", row.source)
        self._count("year", (record["published"] or "?")[:4])
        for topic in record["topics"]:
            self._count("topic", topic["id"])

    def write_index(self) -> None:
        """Id, part and hash of the text of every article, in the order of the data."""
        lines = ("\t".join(line) + "\n" for line in (("id", "part", "text_sha256"), *self._lines))
        (self.folder / INDEX).write_text("".join(lines), encoding="utf-8")
        self.counts = {name: dict(sorted(found.items())) for name, found in self.counts.items()}

    def _count(self, name: str, value: str) -> None:
        self.counts[name][value] = self.counts[name].get(value, 0) + 1


def _write_plots(out: Path, counts: Mapping[str, Mapping[str, int]]) -> None:
    (out / "plots").mkdir()
    for name, title in (("year", "Số bài theo năm / Articles by year"), ("source", "… theo nguồn / by source"),
                        ("topic", "… theo chủ đề / by topic")):  # fmt: skip
        found = list(counts[name].items())
        if name != "year":
            found = sorted(found, key=lambda pair: (-pair[1], pair[0]))[:_MOST_BARS]
        (out / "plots" / f"{name}.svg").write_bytes(bars(title, found))


def _changes(
    before: Mapping[str, str], now: Mapping[str, str], withdrawn: Collection[str]
) -> dict[str, list[str]]:
    """Ids added, changed in their text, withdrawn by the newspaper, and gone for another reason."""
    gone = before.keys() - now.keys()
    return {
        "added": sorted(now.keys() - before.keys()),
        "changed": sorted(one for one in now.keys() & before.keys() if now[one] != before[one]),
        "withdrawn": sorted(gone & set(withdrawn)),
        "left_out": sorted(gone - set(withdrawn)),
    }


def _index_of(folder: Path) -> dict[str, str]:
    """Id → hash of the text, of an earlier release."""
    try:
        lines = (folder / INDEX).read_text(encoding="utf-8").splitlines()[1:]
        return {id_: hashed for id_, _, hashed in (line.split("\t") for line in lines)}
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"--since-release {folder}: không phải bản công bố của diemtin ({INDEX}) / is no release of diemtin"
        ) from error


def _manifest(
    out: Path,
    facts: ReleaseFacts,
    registry: Mapping[str, Source],
    wish: ReleaseWish,
    files: _Files,
    dispositions: Mapping[str, int],
) -> dict[str, Any]:
    rows_in = {name.format(part): n for part, n in files.parts.items() for name in _DATA}
    return {
        "release": wish.day.isoformat(),
        "title": wish.title,
        "publisher": wish.publisher,
        "schema": SCHEMA,
        "code": f"diemtin {__version__}",
        "registry_sha256": registry_hash(registry),
        "since": wish.since.isoformat() if wish.since else None,
        "until": wish.until.isoformat() if wish.until else None,
        "query": wish.query,
        "one_per_story": wish.one_per_story,
        "without_reserved": wish.without_reserved,
        "words": segmenter_name() if wish.words else None,
        "rights": RIGHTS,
        "rights_by_source": {
            row.id: row.rights.model_dump(mode="json") if row.rights else None
            for row in sorted(registry.values(), key=lambda row: row.id)
            if row.id in files.counts["source"]
        },
        "articles": files.articles,
        "parts": facts.parts,
        "left_out": facts.left_out,
        "counts": files.counts,
        "pages_by_disposition": dict(dispositions),
        "files": {
            name: {"sha256": hash_of(path), "bytes": path.stat().st_size, "rows": rows_in.get(name)}
            for name, path in files_of(out)
        },
    }


def registry_hash(registry: Mapping[str, Source]) -> str:
    """SHA-256 of all rows, by id."""
    rows = [row.model_dump(mode="json") for row in sorted(registry.values(), key=lambda row: row.id)]
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def files_of(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files below a folder by their names in it, in order; a link is one of them, and is not followed."""
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_dir():
            yield path.relative_to(folder).as_posix(), path


def hash_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_sums(out: Path) -> str:
    sums = "".join(f"{hash_of(path)}  {name}\n" for name, path in files_of(out)).encode()
    (out / SUMS).write_bytes(sums)
    return hashlib.sha256(sums).hexdigest()


def _sums_hash(folder: Path | None) -> str | None:
    return hash_of(folder / SUMS) if folder is not None and (folder / SUMS).is_file() else None


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _told(left_out: Mapping[Rule, int]) -> str:
    return ", ".join(f"{rule} {n}" for rule, n in left_out.items() if n)
