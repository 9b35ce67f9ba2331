"""Rows as files: which file a row in force came from, and what a check or a proposal writes there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import tomlkit

from crawler.errors import InvalidInput
from crawler.registry import SHIPPED, load_source

NOTE = "Đã kiểm tra {day:%d/%m/%Y}."
MOVED = "Địa chỉ chuyên mục sửa ngày {day:%d/%m/%Y}."


def row_file(id_: str, folders: Sequence[Path], *, shipped: bool = True) -> Path | None:
    """The file of the row in force: that of the last folder which has one."""
    found = [folder / f"{id_}.toml" for folder in ((SHIPPED,) if shipped else ()) + tuple(folders)]
    return next((path for path in reversed(found) if path.is_file()), None)


def may_write(path: Path) -> bool:
    """Whether a row is the operator's own or stands in a checkout: an installed package is never written to."""
    if not path.resolve().is_relative_to(SHIPPED.resolve()):
        return True
    return (SHIPPED.parent.parent / "pyproject.toml").is_file()


def mark_seen(path: Path, day: date) -> bool:
    """Turn `inferred` into `seen` in a row's file, for the row and its sections, and note the day.

    Comments and layout stay as they are. False where the row says `seen` throughout already. Raises
    InvalidInput where the file may not be written.
    """
    if not may_write(path):
        raise InvalidInput(
            f"{path}: thuộc gói đã cài; hãy chép sang thư mục riêng / "
            "belongs to the installed package; copy it to a folder of your own (--sources)"
        )
    text = path.read_text(encoding="utf-8")
    row = tomlkit.parse(text)
    tables: list[Any] = [row, *row.get("sections", [])]
    inferred = [table for table in tables if table.get("evidence") == "inferred"]
    if not inferred:
        return False
    for table in inferred:
        table["evidence"] = "seen"
    row["note"] = " ".join(filter(None, (str(row.get("note", "")), NOTE.format(day=day))))
    _replace(path, tomlkit.dumps(row))
    return True


def move_sections(path: Path, moved: Mapping[str, str], day: date, *, own: Path) -> Path:
    """Write new addresses of sections (old → new) into a row, and return the file that holds them.

    Comments and layout stay; what was built on the old address (`next_page`) follows it, and the section counts as
    seen. A row of an installed package is copied into the folder `own` first, which stands before it from then on.
    """
    row = tomlkit.parse(path.read_text(encoding="utf-8"))
    sections: list[Any] = row.get("sections", [])
    for section in sections:
        old = str(section["url"])
        if (new := moved.get(old)) is None:
            continue
        section["url"] = new
        section.pop("evidence", None)
        if str(section.get("next_page", "")).startswith(old):
            section["next_page"] = new + str(section["next_page"]).removeprefix(old)
    told = [str(row["note"])] if row.get("note") else []
    row["note"] = " ".join([*told, MOVED.format(day=day)])
    target = path if may_write(path) else own / path.name
    target.parent.mkdir(parents=True, exist_ok=True)
    _replace(target, tomlkit.dumps(row))
    return target


def write_row(folder: Path, id_: str, text: str) -> Path:
    """Write a new row; raises InvalidInput where one of that name is there already."""
    path = folder / f"{id_}.toml"
    if path.exists():
        raise InvalidInput(f"{path}: có rồi; hãy xóa hoặc chọn thư mục khác (--out)")
    folder.mkdir(parents=True, exist_ok=True)
    _replace(path, text)
    return path


def _replace(path: Path, text: str) -> None:
    """Write beside the file, let the loader judge it, and only then take its place."""
    draft = path.with_name(f".{path.stem}") / path.name
    draft.parent.mkdir(exist_ok=True)
    try:
        draft.write_text(text, encoding="utf-8")
        load_source(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
        draft.parent.rmdir()
