"""The archive as one WACZ file (WACZ 1.1.1), which a browser replays without a server."""

from __future__ import annotations

import gzip
import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from crawler import __version__
from crawler.archive.record import warc_date
from crawler.store.captures import ArchiveFile, Capture

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Packed:
    """What a WACZ holds."""

    files: int
    answers: int
    pages: int
    bytes: int


def write_wacz(
    out: Path,
    folder: Path,
    files: Sequence[ArchiveFile],
    captures: Iterable[Capture],
    pages: Iterable[tuple[Capture, str]],
    *,
    title: str,
    now: datetime,
) -> Packed:
    """These files, an index of their answers, and their articles with titles as the list of pages.

    Of a file that is being written goes in what its rows know of.
    """
    lines = sorted(cdx_line(one) for one in captures)
    listed = [_page_line(*one) for one in pages]
    listed_head = {"format": "json-pages-1.0", "id": "pages", "title": title}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
        adding = _Adding(package, now)
        for one in files:
            with (folder / one.name).open("rb") as file:
                adding.add(f"archive/{one.name}", _chunks(file, one.bytes))
        index = gzip.compress("".join(line + "\n" for line in lines).encode(), mtime=0)
        adding.add("indexes/index.cdx.gz", [index])
        page_list = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in [listed_head, *listed])
        adding.add("pages/pages.jsonl", [page_list.encode()])
        adding.end(title)
    return Packed(len(files), len(lines), len(listed), out.stat().st_size)


def surt(url: str) -> str:
    """An address as indexes sort it: the host from its end, without `www`, all in small letters.

    >>> surt("https://www.Bao-Lam-Ha.example:8080/Tin/?B=1&a=2")
    'example,bao-lam-ha:8080)/tin?a=2&b=1'
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    port = f":{parts.port}" if parts.port not in (None, usual) else ""
    query = "&".join(sorted(parts.query.lower().split("&"))) if parts.query else ""
    path = parts.path.lower().rstrip("/") or "/"
    host = host if host.replace(".", "").isdigit() else ",".join(reversed(host.split(".")))
    return f"{host}{port}){path}" + (f"?{query}" if query else "")


def cdx_line(one: Capture) -> str:
    """An answer as a line of the index (CDXJ)."""
    facts = {
        "url": one.url,
        "mime": "warc/revisit" if one.revisit else one.mime or "unk",
        "status": str(one.status),
        "digest": one.digest,
        "length": str(one.length),
        "offset": str(one.offset),
        "filename": one.file,
    }
    stamp = one.at.astimezone(UTC).strftime("%Y%m%d%H%M%S")
    return f"{surt(one.url)} {stamp} {json.dumps(facts)}"


def _page_line(one: Capture, title: str) -> dict[str, Any]:
    name = hashlib.sha256(f"{one.file}:{one.offset}".encode()).hexdigest()[:16]
    return {"id": name, "url": one.url, "ts": warc_date(one.at), "title": title}


def _chunks(file: IO[bytes], size: int) -> Iterator[bytes]:
    while size > 0 and (data := file.read(min(_CHUNK, size))):
        size -= len(data)
        yield data


class _Adding:
    """Puts files into a package and notes what its description must say of them."""

    def __init__(self, package: zipfile.ZipFile, now: datetime) -> None:
        self._package = package
        self._now = now
        self._resources: list[dict[str, Any]] = []

    def add(self, path: str, chunks: Iterable[bytes]) -> str:
        """One file; returns its hash."""
        digest, size = hashlib.sha256(), 0
        info = zipfile.ZipInfo(path, self._now.astimezone(UTC).timetuple()[:6])
        info.external_attr = 0o600 << 16
        with self._package.open(info, "w", force_zip64=True) as file:
            for data in chunks:
                file.write(data)
                digest.update(data)
                size += len(data)
        hashed = f"sha256:{digest.hexdigest()}"
        name = path.rsplit("/", 1)[-1].lower()
        self._resources.append({"name": name, "path": path, "hash": hashed, "bytes": size})
        return hashed

    def end(self, title: str) -> None:
        """The description of the package, and its hash."""
        about = {
            "profile": "data-package",
            "wacz_version": "1.1.1",
            "title": title,
            "software": f"diemtin/{__version__}",
            "created": warc_date(self._now),
            "resources": self._resources[:],
        }
        hashed = self.add("datapackage.json", [json.dumps(about, indent=2).encode()])
        digest = {"path": "datapackage.json", "hash": hashed}
        self.add("datapackage-digest.json", [json.dumps(digest, indent=2).encode()])
