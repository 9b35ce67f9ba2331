"""Kho: the releases and exports of the corpus in the data folder, how to cite them, and the files of exports."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, StreamingResponse

from crawler.corpus.export import RIGHTS, ExportFolder, export_folder, exports_in
from crawler.corpus.shelf import ReleaseFolder, releases_in
from crawler.errors import InvalidInput
from crawler.web.context import context_of
from crawler.web.errors import NotThere
from crawler.web.html import html
from crawler.web.table import Column, Table, answer_as
from crawler.web.visitor import Role, needs

router = APIRouter(dependencies=[needs(Role.READER)])

_PAGE = 100
_TYPES = {
    ".txt": "text/plain; charset=utf-8", ".jsonl": "application/x-ndjson", ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
}  # fmt: skip
_COLUMNS = (
    Column("name", "Tên", "Name"),
    Column("format", "Dạng", "Format"),
    Column("articles", "Số bài", "Articles"),
    Column("sources", "Số nguồn", "Sources"),
    Column("since", "Từ", "Since"),
    Column("until", "Trước", "Until"),
    Column("query", "Truy vấn", "Query"),
    Column("bytes", "Byte", "Bytes"),
    Column("written", "Ghi lúc", "Written"),
    Column("version", "Phiên bản diemtin", "Version of diemtin"),
    Column("sha256", "sha256", "sha256"),
)


@router.get("/kho", include_in_schema=False)
def corpus(request: Request) -> Response:
    """The releases and exports that were written."""
    folder = context_of(request).config.exports
    return html(
        request,
        "corpus.html.j2",
        releases=releases_in(folder),
        exports=[_row(one) for one in exports_in(folder)],
        rights=_rights(),
    )


@router.get("/kho.{form}", include_in_schema=False)
def corpus_as(request: Request, form: str) -> Response:
    """The exports as a file; as JSON the releases, too."""
    folder = context_of(request).config.exports
    rows = [_row(one) for one in exports_in(folder)]
    document = {
        "releases": [_told(one) for one in releases_in(folder)],
        "exports": [row | {"written": row["written"].isoformat()} for row in rows],
    }
    return answer_as(request, form, Table("kho", _COLUMNS, rows, document))


@router.get("/kho/{name}.tar", include_in_schema=False)
def packed(request: Request, name: str) -> Response:
    """All files of an export as one archive."""
    found = _export(request, name)
    headers = {"Content-Disposition": f'attachment; filename="{_ascii(name)}.tar"'}
    return StreamingResponse(found.packed(), media_type="application/x-tar", headers=headers)


@router.get("/kho/{name}", include_in_schema=False)
def export_page(request: Request, name: str, after: str | None = None) -> Response:
    """One export: what was selected, how to cite it, its files."""
    found = _export(request, name)
    files = found.files()
    if after is not None and after not in files:
        raise InvalidInput(f"after={after}: không có tệp này / there is no such file")
    begins = list(files).index(after) + 1 if after is not None else 0
    shown = list(files.items())[begins : begins + _PAGE]
    return html(
        request,
        "corpus_export.html.j2",
        one=_row(found),
        manifest=found.manifest,
        rights=_rights(),
        files=shown,
        count=len(files),
        after=shown[-1][0] if begins + _PAGE < len(files) else None,
    )


@router.get("/kho/{name}/{file}", include_in_schema=False)
def download(request: Request, name: str, file: str) -> Response:
    """One file of an export."""
    path = _export(request, name).file(file)
    if path is None:
        raise NotThere(f"bản xuất {name} không có tệp {file!r} / the export has no file {file!r}")
    return FileResponse(path, media_type=_TYPES.get(path.suffix, "text/plain; charset=utf-8"), filename=file)


def _export(request: Request, name: str) -> ExportFolder:
    found = export_folder(context_of(request).config.exports, name)
    if found is None:
        raise NotThere(f"không có bản xuất {name!r} / there is no export {name!r}")
    return found


def _told(one: ReleaseFolder) -> dict[str, Any]:
    return asdict(one) | {"day": one.day.isoformat(), "cited": one.cited}


def _row(one: ExportFolder) -> dict[str, Any]:
    manifest = one.manifest
    return {
        "name": one.name, "page": f"/kho/{one.name}", "format": manifest.get("format"), "unfinished": one.unfinished,
        "articles": manifest.get("articles"), "sources": len(manifest.get("sources") or {}),
        "since": manifest.get("since"), "until": manifest.get("until"), "query": manifest.get("query") or "",
        "bytes": one.size, "size": _size(one.size), "written": one.written, "version": manifest.get("diemtin"),
        "sha256": manifest.get("sha256") or "",
    }  # fmt: skip


def _size(count: int) -> str:
    """
    >>> _size(512), _size(2_300_000)
    ('512 B', '2,3 MB')
    """
    if count < 1_000:
        return f"{count} B"
    value, unit = next((count / size, unit) for size, unit in _UNITS if count >= size)
    return f"{value:.1f} {unit}".replace(".", ",")


_UNITS = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def _rights() -> tuple[str, str]:
    vietnamese, _, english = RIGHTS.partition(" / ")
    return vietnamese, english


def _ascii(name: str) -> str:
    """A name that a header may hold."""
    return name.encode("ascii", "replace").decode().replace("?", "_")
