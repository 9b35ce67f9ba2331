"""The corpus out of the store: the same store gives the same bytes.

`text` is one file per article in the layout of the seed corpus, named `NNN_<16 hex>.txt`; `jsonl` is one line
per article: the article JSON with `id`, `story` and the annotations. Beside either stands `manifest.json`.
Ids come from the canonical address, and a story is named by the id of its lead article, so that neither
depends on the order in which articles arrived.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa

from crawler import __version__
from crawler.errors import InvalidInput
from crawler.source import Source
from crawler.store import corpus

Format = Literal["text", "jsonl"]
FORMATS: tuple[Format, ...] = ("text", "jsonl")


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote."""

    folder: Path
    files: int
    articles: int
    sha256: str
    """Over names and bytes of all files but the manifest: equal exports have equal ones."""


def article_id(canonical_url: str) -> str:
    """The id of an article in every export: 16 hex digits of the SHA-256 of its canonical address."""
    return hashlib.sha256(canonical_url.encode()).hexdigest()[:16]


def export(
    engine: sa.Engine,
    registry: Mapping[str, Source],
    format: Format,
    out: Path,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    query: str = "",
    one_per_story: bool = False,
) -> Exported:
    """Write the corpus into `out`, which must be new, empty, or an earlier export of diemtin.

    Articles stand in the order of publication, then of address. Raises InvalidInput for a folder that holds
    something else.
    """
    _make_room(out)
    rows = corpus.articles(
        engine, registry, since=since, until=until, query=query, one_per_story=one_per_story
    )
    files = _text_files(rows) if format == "text" else _jsonl_file(rows)
    digest = hashlib.sha256()
    count = articles = 0
    sources: dict[str, int] = {}
    for name, chunks in files:
        path = out / name
        digest.update(name.encode() + b"\0")
        with path.open("wb") as file:
            for row, chunk in chunks:
                file.write(chunk)
                digest.update(chunk)
                articles += 1
                sources[row.source] = sources.get(row.source, 0) + 1
        count += 1
    manifest = {
        "format": format,
        "articles": articles,
        "files": count,
        "sha256": digest.hexdigest(),
        "sources": dict(sorted(sources.items())),
        "since": since.isoformat() if since else None,
        "until": until.isoformat() if until else None,
        "query": query,
        "one_per_story": one_per_story,
        "diemtin": __version__,
    }
    (out / "manifest.json").write_text(
        json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )
    return Exported(out, count, articles, digest.hexdigest())


_Chunks = Iterator[tuple[str, Iterator[tuple[corpus.CorpusRow, bytes]]]]


def _text_files(rows: Iterator[corpus.CorpusRow]) -> _Chunks:
    for number, row in enumerate(rows):
        yield f"{number:03d}_{article_id(row.url)}.txt", iter([(row, row.text.encode())])


def _jsonl_file(rows: Iterator[corpus.CorpusRow]) -> _Chunks:
    yield "articles.jsonl", ((row, _line(row)) for row in rows)


def _line(row: corpus.CorpusRow) -> bytes:
    record: dict[str, Any] = {
        "id": article_id(row.url),
        "story": article_id(row.lead_url),
        **row.record,
        **row.notes,
    }
    return (json.dumps(record, ensure_ascii=False) + "\n").encode()


def _make_room(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise InvalidInput(f"--out {out}: not a folder")
    out.mkdir(parents=True, exist_ok=True)
    present = sorted(p for p in out.iterdir())
    if not present:
        return
    manifest = out / "manifest.json"
    if not manifest.exists():
        raise InvalidInput(f"--out {out}: holds files that are no export of diemtin; choose an empty folder")
    for path in present:
        if path.suffix in (".txt", ".jsonl") or path == manifest:
            path.unlink()
