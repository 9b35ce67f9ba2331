"""The corpus out of the store: the same store gives the same bytes.

`text` is one file per article in the layout of the seed corpus, named `NNN_<16 hex>.txt`; `jsonl` is one line
per article: the article JSON with `id`, `story` and the annotations; `parquet` is the same as typed columns. Beside
each stand `SHA256SUMS`, which `sha256sum -c` understands, and `manifest.json`. Ids come from the canonical address,
and a story is named by the id of its lead article, so that neither depends on the order in which articles arrived. See
`docs/corpus.md`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from crawler import __version__
from crawler.corpus.parquet import ParquetFile
from crawler.errors import InvalidInput
from crawler.source import Source
from crawler.store.corpus import Corpus, CorpusRow, open_corpus
from crawler.story.splits import PARTS, Part, split_stories
from crawler.text.segmentation import segmenter_name, word_spans

if TYPE_CHECKING:
    from crawler.store.database import Engine

Format = Literal["text", "jsonl", "parquet"]
FORMATS: tuple[Format, ...] = ("text", "jsonl", "parquet")
MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
RIGHTS = (
    "Văn bản thuộc quyền của các báo và tác giả; tệp này phục vụ nghiên cứu và đọc tin, không cấp phép đăng lại. / "
    "The texts belong to the newspapers and their authors; this file serves research and grants no right to republish."
)
_NAME = re.compile(r"\w[\w.-]{0,99}")
"""What a folder of an export may be called, to be found by a page."""
_OURS = re.compile(
    r"\d{3,}_[0-9a-f]{16}\.txt|(articles|train|validation|test)\.(jsonl|parquet)|manifest\.json|SHA256SUMS"
)


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote."""

    folder: Path
    files: int
    articles: int
    sha256: str
    """Of `SHA256SUMS`, which holds the hash of every other file but the manifest: equal exports have equal ones."""
    parts: Mapping[Part, int] | None = None
    """Articles of each part, where the corpus was split."""
    left_out: int = 0
    """Articles in no part, because they quote stories of another."""


@dataclass(frozen=True, slots=True)
class ExportFolder:
    """An export that was written, by its manifest."""

    path: Path
    manifest: Mapping[str, Any]
    written: datetime
    size: int
    """Bytes of all its files."""

    @property
    def name(self) -> str:
        """Of the folder."""
        return self.path.name

    @property
    def unfinished(self) -> bool:
        """Whether it is being written, or its export was killed."""
        return bool(self.manifest.get("unfinished"))

    def files(self) -> dict[str, int]:
        """Its files with their bytes: manifest and sums, the parts, then the texts."""
        order = sorted(
            _own_files(self.path).items(),
            key=lambda one: (one[0].endswith(".txt"), one[0].endswith(".jsonl"), one[0]),
        )
        return dict(order)

    def file(self, name: str) -> Path | None:
        """The file of this name; None for all that no export writes, links and other folders among them."""
        path = self.path / name
        return path if _OURS.fullmatch(name) and path.is_file() and not path.is_symlink() else None

    def packed(self) -> Iterator[bytes]:
        """All its files as one tar archive: the same files make the same bytes."""
        buffer = _Chunks()
        with tarfile.open(fileobj=buffer, mode="w|", format=tarfile.PAX_FORMAT) as archive:  # type: ignore[call-overload]
            for name in self.files():
                info = tarfile.TarInfo(f"{self.name}/{name}")
                info.size, info.mode = (self.path / name).stat().st_size, 0o644
                with (self.path / name).open("rb") as file:
                    archive.addfile(info, file)
                yield from buffer.taken()
        yield from buffer.taken()


class _Chunks:
    """What tarfile writes, to be passed on as it comes."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        """Take some bytes."""
        self._parts.append(part)
        return len(part)

    def taken(self) -> list[bytes]:
        """What has come since the last time."""
        parts, self._parts = self._parts, []
        return parts


def exports_in(folder: Path) -> list[ExportFolder]:
    """The exports among the folders of a folder, by name; links are none."""
    if not folder.is_dir():
        return []
    found = (export_folder(folder, path.name) for path in sorted(folder.iterdir()))
    return [one for one in found if one is not None]


def export_folder(folder: Path, name: str) -> ExportFolder | None:
    """The export of this name in a folder; None where there is none."""
    path = folder / name
    if not _NAME.fullmatch(name) or path.is_symlink() or (manifest := _manifest_of(path / MANIFEST)) is None:
        return None
    written = datetime.fromtimestamp((path / MANIFEST).stat().st_mtime, UTC)
    return ExportFolder(path, manifest, written, sum(_own_files(path).values()))


def _own_files(folder: Path) -> dict[str, int]:
    """The files that an export writes, with their bytes; one that goes while it is looked at is none."""
    found = {}
    with os.scandir(folder) as entries:
        for one in entries:
            with suppress(FileNotFoundError):
                if _OURS.fullmatch(one.name) and one.is_file(follow_symlinks=False):
                    found[one.name] = one.stat().st_size
    return found


def article_id(canonical_url: str) -> str:
    """The id of an article in every export: 16 hex digits of the SHA-256 of its canonical address."""
    return hashlib.sha256(canonical_url.encode()).hexdigest()[:16]


def export(
    engine: Engine,
    registry: Mapping[str, Source],
    format: Format,
    out: Path,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    query: str = "",
    one_per_story: bool = False,
    split: bool = False,
    words: bool = False,
) -> Exported:
    """Write the corpus into `out`, which must be new, empty, or an earlier export of diemtin.

    Articles stand in the order of publication, then of address. With `split` (not of texts) they go to
    `train.jsonl`, `validation.jsonl` and `test.jsonl` (or `.parquet`) as `crawler.story.splits` places their stories.
    With `words` each line tells where the words of its `text` stand (`crawler.text.segmentation`). Raises
    InvalidInput for a folder that holds something else, InvalidQuery for a wrong query; nothing is touched then.
    """
    for option, wanted in (("--split", split), ("--words", words)):
        if wanted and format == "text":
            raise InvalidInput(
                f"{option}: chỉ dùng với jsonl và parquet / only with jsonl and parquet, not with {format}"
            )
    head = {
        "diemtin": __version__,
        "format": format,
        "since": since.isoformat() if since else None,
        "until": until.isoformat() if until else None,
        "query": query,
        "one_per_story": one_per_story,
        "split": split,
        "words": segmenter_name() if words else None,
        "rights": RIGHTS,
    }
    with open_corpus(engine, registry, since=since, until=until, query=query) as corpus:
        _make_room(out)
        # An export that is killed leaves a folder that says so, and that the next one may write into.
        _write_manifest(out, {**head, "unfinished": True})
        with _Files(out) as written:
            if format == "text":
                _write_text(corpus, written, one_per_story)
            elif format == "jsonl":
                _write_lines(corpus, written, one_per_story, split, words)
            else:
                _write_tables(corpus, written, one_per_story, split, words)
    sha256 = written.write_sums()
    parts = {part: written.articles_in[f"{part}.{format}"] for part in PARTS} if split else None
    facts = {
        "articles": written.articles,
        "files": len(written.hashes),
        "parts": parts,
        "left_out": written.left_out,
        "sources": dict(sorted(written.sources.items())),
        "sha256": sha256,
    }
    _write_manifest(out, {**head, **facts})
    return Exported(out, len(written.hashes), written.articles, sha256, parts, written.left_out)


@dataclass(slots=True)
class _Files:
    """The files of an export, hashed while they are written."""

    folder: Path
    hashes: dict[str, Any] = field(default_factory=dict)
    articles_in: dict[str, int] = field(default_factory=dict)
    sources: dict[str, int] = field(default_factory=dict)
    articles: int = 0
    left_out: int = 0
    _open: dict[str, IO[bytes]] = field(default_factory=dict)

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._open.values():
            file.close()
        self._open.clear()

    def begin(self, name: str) -> None:
        """Make a file that stays open until the end: a part without articles is an empty file."""
        self._open[name] = (self.folder / name).open("wb")
        self.hashes[name] = hashlib.sha256()
        self.articles_in[name] = 0

    def write(self, name: str, row: CorpusRow, content: bytes) -> None:
        """Add one article to a file; a file that was not begun holds this one alone."""
        if (file := self._open.get(name)) is not None:
            file.write(content)
        else:
            (self.folder / name).write_bytes(content)
            self.hashes[name] = hashlib.sha256()
            self.articles_in[name] = 0
        self.hashes[name].update(content)
        self.count(name, row)

    def count(self, name: str, row: CorpusRow) -> None:
        """One article more in a file."""
        self.articles_in[name] = self.articles_in.get(name, 0) + 1
        self.articles += 1
        self.sources[row.source] = self.sources.get(row.source, 0) + 1

    def finished(self, name: str) -> None:
        """Hash a file that something else has written."""
        with (self.folder / name).open("rb") as file:
            self.hashes[name] = hashlib.file_digest(file, "sha256")
        self.articles_in.setdefault(name, 0)

    def write_sums(self) -> str:
        """Write `SHA256SUMS`; its own hash."""
        sums = "".join(f"{self.hashes[name].hexdigest()}  {name}\n" for name in sorted(self.hashes)).encode()
        (self.folder / SUMS).write_bytes(sums)
        return hashlib.sha256(sums).hexdigest()


def _write_text(corpus: Corpus, files: _Files, one_per_story: bool) -> None:
    entries = list(corpus.selected())
    count = len({entry.story for entry in entries}) if one_per_story else len(entries)
    width = max(3, len(str(count - 1)))
    for number, row in enumerate(corpus.articles(one_per_story=one_per_story)):
        files.write(f"{number:0{width}d}_{article_id(row.url)}.txt", row, row.text.encode())


def _write_lines(corpus: Corpus, files: _Files, one_per_story: bool, split: bool, words: bool) -> None:
    for name in PARTS if split else ("articles",):
        files.begin(f"{name}.jsonl")
    for row, part in _placed(corpus, files, one_per_story, split):
        files.write(f"{part}.jsonl", row, line_of(record_of(row, words=words)))


def _write_tables(corpus: Corpus, files: _Files, one_per_story: bool, split: bool, words: bool) -> None:
    names = [f"{name}.parquet" for name in (PARTS if split else ("articles",))]
    with ExitStack() as opened:
        tables = {name: opened.enter_context(ParquetFile(files.folder / name, words=words)) for name in names}
        for row, part in _placed(corpus, files, one_per_story, split):
            tables[f"{part}.parquet"].write(record_of(row, words=words))
            files.count(f"{part}.parquet", row)
    for name in names:
        files.finished(name)


def _placed(
    corpus: Corpus, files: _Files, one_per_story: bool, split: bool
) -> Iterator[tuple[CorpusRow, str]]:
    """The articles, each with its part; those of none are counted."""
    part_of = _parts(corpus, one_per_story) if split else None
    for row in corpus.articles(one_per_story=one_per_story):
        part = part_of(row.story) if part_of else "articles"
        if part is None:
            files.left_out += 1
        else:
            yield row, part


def _parts(corpus: Corpus, one_per_story: bool) -> Callable[[int], Part | None]:
    entries = [(entry.story, entry.url, entry.published) for entry in corpus.selected()]
    if one_per_story:
        kept = {row.url for row in corpus.articles(one_per_story=True)}
        entries = [entry for entry in entries if entry[1] in kept]
    return split_stories(entries, corpus.quotes()).__getitem__


def record_of(row: CorpusRow, *, words: bool) -> dict[str, Any]:
    """An article as a line of a corpus tells it; with `words` where each word of its text stands."""
    return {
        "id": article_id(row.url),
        "story": article_id(row.lead_url),
        **row.record,
        **row.notes,
        **({"words": word_spans(row.record["text"])} if words else {}),
    }


def line_of(record: Mapping[str, Any]) -> bytes:
    """The line itself."""
    return (json.dumps(record, ensure_ascii=False) + "\n").encode()


def _write_manifest(out: Path, manifest: Mapping[str, Any]) -> None:
    text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
    (out / MANIFEST).write_text(text, encoding="utf-8")


def _make_room(out: Path) -> None:
    """Take away an earlier export, and nothing else."""
    if out.exists() and not out.is_dir():
        raise InvalidInput(f"--out {out}: không phải thư mục / not a folder")
    out.mkdir(parents=True, exist_ok=True)
    present = sorted(out.iterdir())
    if not present:
        return
    if _manifest_of(out / MANIFEST) is None:
        raise InvalidInput(
            f"--out {out}: có tệp không do diemtin xuất ra; hãy chọn thư mục trống / "
            "holds files that are no export of diemtin; choose an empty folder"
        )
    for path in present:
        if _OURS.fullmatch(path.name) and path.name != MANIFEST:
            path.unlink()


def _manifest_of(manifest: Path) -> dict[str, Any] | None:
    """The manifest of an export of diemtin; None for another file, and for none."""
    try:
        content = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and "diemtin" in content else None
