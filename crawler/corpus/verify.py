"""Whether a release is what it was when it was made: every file, none besides, each with its hash and its rows."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zstandard

from crawler.corpus.export import SUMS
from crawler.corpus.parquet import rows_in
from crawler.corpus.release import MANIFEST, files_of, hash_of
from crawler.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class ReleaseFault:
    """What is wrong with one file of a release."""

    file: str
    why: str
    """In both languages."""


def verify(folder: Path) -> list[ReleaseFault]:
    """The faults of a release, by file; none where it is whole. Raises InvalidInput for a folder that is no release."""
    if not (folder / SUMS).is_file() or not (folder / MANIFEST).is_file():
        raise InvalidInput(
            f"{folder}: không phải bản công bố của diemtin: thiếu {SUMS} hoặc {MANIFEST} / is no release of diemtin"
        )
    present = {name: path for name, path in files_of(folder) if name != SUMS}
    listed = _sums(folder / SUMS)
    known = _manifest(folder / MANIFEST).get("files", {})
    found = [*_compared(present, listed, known)]
    broken = {fault.file for fault in found}
    for name, facts in known.items():
        if name in broken or name not in present or facts.get("rows") is None:
            continue
        if (rows := _rows(present[name])) != facts["rows"]:
            found.append(
                ReleaseFault(
                    name, f"{rows} bài, bản kê ghi {facts['rows']} / articles; the manifest says otherwise"
                )
            )
    return sorted(found, key=lambda fault: (fault.file, fault.why))


def _compared(
    present: dict[str, Path], listed: dict[str, str], known: dict[str, Any]
) -> Iterator[ReleaseFault]:
    for name in sorted(listed.keys() | known.keys() | present.keys()):
        path = present.get(name)
        if path is None:
            yield ReleaseFault(name, "không có / is missing")
        elif name not in listed and name not in known:
            yield ReleaseFault(name, "không thuộc bản công bố / does not belong to the release")
        elif path.is_symlink():
            yield ReleaseFault(name, "là liên kết, không phải tệp / is a link and no file")
        else:
            yield from _hashed(name, hash_of(path), listed.get(name), known.get(name, {}).get("sha256"))


def _hashed(name: str, sha256: str, listed: str | None, known: str | None) -> Iterator[ReleaseFault]:
    """What the two lists say of a file; where they differ the one that its bytes contradict is broken."""
    if sha256 != listed and sha256 == known:
        yield ReleaseFault(SUMS, f"sai dòng của {name} / its line of {name} is wrong")
    elif sha256 != listed:
        yield ReleaseFault(
            name, f"sha256 khác: tệp đã bị đổi / the hash differs: the file was changed ({sha256[:16]}…)"
        )


def _sums(path: Path) -> dict[str, str]:
    found = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        sha256, _, name = line.partition("  ")
        found[name] = sha256
    return found


def _manifest(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return {}  # its hash says that it is broken
    return found if isinstance(found, dict) else {}


def _rows(path: Path) -> int:
    """Articles of a data file."""
    if path.suffix == ".parquet":
        return rows_in(path)
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as unpacked:
        return sum(1 for _ in io.BufferedReader(unpacked))
