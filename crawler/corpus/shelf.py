"""The releases that lie in a folder, by their manifests: what a page lists, and how each is cited."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from crawler.corpus.export import SUMS
from crawler.corpus.release import MANIFEST, hash_of

_NAME = re.compile(r"\w[\w. -]{0,99}")
"""What a folder of a release may be called, to be listed; one that is still being made begins with a dot."""
_KINDS: Mapping[str, type] = {
    "release": str, "title": str, "publisher": str, "code": str, "articles": int, "parts": dict, "counts": dict,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReleaseFolder:
    """A release, as its manifest tells it; whether it is whole is told by `verify`."""

    name: str
    """Of the folder."""
    day: date
    title: str
    publisher: str
    code: str
    """The program and its version."""
    articles: int
    parts: Mapping[str, int]
    sources: int
    sha256: str
    """Of `SHA256SUMS`: two releases are equal when it is."""

    @property
    def cited(self) -> str:
        """How to cite it, as CITATION.cff and Croissant name it."""
        return (
            f"{self.publisher} ({self.day.year}). {self.title}. "
            f"{self.day.isoformat()}; {self.articles}; {self.code}; SHA256SUMS {self.sha256[:16]}."
        )


def releases_in(folder: Path) -> list[ReleaseFolder]:
    """The releases among the folders of a folder, newest first, then by name; no links, nothing else."""
    if not folder.is_dir():
        return []
    found = [one for path in folder.iterdir() if (one := _release(path)) is not None]
    return sorted(found, key=lambda one: (-one.day.toordinal(), one.name))


def _release(path: Path) -> ReleaseFolder | None:
    if not _NAME.fullmatch(path.name) or path.is_symlink() or not (path / SUMS).is_file():
        return None
    try:
        manifest: Any = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        if not isinstance(manifest, dict) or not all(
            isinstance(manifest.get(key), kind) for key, kind in _KINDS.items()
        ):
            return None
        return ReleaseFolder(
            path.name, date.fromisoformat(manifest["release"]), manifest["title"], manifest["publisher"],
            manifest["code"], manifest["articles"], manifest["parts"],
            len(manifest["counts"].get("source") or ()), hash_of(path / SUMS),
        )  # fmt: skip
    except (OSError, ValueError):
        return None  # another file of that name, or one that goes while it is looked at
