"""The registry: the rows of a folder, with what their families give them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import (
    ValidationError,
)

from crawler.errors import InvalidSource
from crawler.messages import explain
from crawler.source import CENTRAL, MERGED, PROVINCES, SHIPPED_ROW, Source
from crawler.text.normal import fold

SHIPPED = Path(__file__).with_name("sources")


FAMILIES = Path(__file__).with_name("families.toml")


def load_registry(*folders: Path, shipped: bool = True) -> dict[str, Source]:
    """All rows by id, sorted; a later folder's row replaces an earlier one with the same id.

    Raises InvalidSource for the first wrong row, naming the file, the key and the reason.
    """
    rows: dict[str, Source] = {}
    families = _load_families() if FAMILIES.exists() else {}
    for folder in ((SHIPPED,) if shipped else ()) + folders:
        if not folder.is_dir():
            raise InvalidSource(
                f"{folder}: không có thư mục nguồn này / "
                "no such folder of source rows (--sources / DIEMTIN_SOURCES)"
            )
        for path in sorted(folder.glob("*.toml")):
            row = load_source(path, families)
            rows[row.id] = row
    return dict(sorted(rows.items()))


def load_source(
    path: Path, families: Mapping[str, dict[str, Any]] | None = None, *, tried: bool = False
) -> Source:
    """One row from its file. Raises InvalidSource naming file, key and reason.

    Selectors and expressions of a shipped row are taken as they stand unless they are to be `tried`.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidSource(f"{path}: không phải TOML hợp lệ / not valid TOML: {error}") from error
    if families is None:
        families = _load_families() if FAMILIES.exists() else {}
    if isinstance(family := data.get("family"), str):
        if family not in families:
            raise InvalidSource(
                f"{path}: family: không có họ CMS {family!r} / "
                f"no family {family!r}; known: {', '.join(sorted(families))}"
            )
        data = with_family(data, families[family])
    try:
        row = Source.model_validate(data, context={SHIPPED_ROW: path.parent == SHIPPED and not tried})
    except ValidationError as error:
        raise InvalidSource(f"{path}: {explain(error)}") from error
    if row.id != path.stem:
        raise InvalidSource(
            f"{path}: id: {row.id!r} phải trùng với tên tệp / "
            f"{row.id!r} must equal the file name {path.stem!r}"
        )
    return row


def with_family(row: dict[str, Any], family: Mapping[str, Any]) -> dict[str, Any]:
    """The row with its family's defaults under its own keys (tables are merged, values are replaced).

    A family's `[sections]` table gives every section its defaults; `{url}` in them is the section's address.
    """
    merged = dict(row)
    if (defaults := family.get("sections")) and isinstance(merged.get("sections"), list):
        merged["sections"] = [
            {**{k: v.replace("{url}", str(own.get("url"))) for k, v in defaults.items()}, **own}
            for own in merged["sections"]
        ]
    for table in ("extract", "crawl", "articles", "expect"):
        defaults = family.get(table)
        if defaults is None:
            continue
        own = merged.get(table)
        if own is None:
            merged[table] = dict(defaults)
        elif isinstance(own, list):
            merged[table] = [{**defaults, **own[0]}, *own[1:]]
        else:
            merged[table] = {**defaults, **own}
    return merged


def _load_families() -> dict[str, dict[str, Any]]:
    return tomllib.loads(FAMILIES.read_text(encoding="utf-8"))


def by_province(sources: Iterable[Source]) -> dict[str, list[Source]]:
    """Sources under the 34 provinces of today and `Trung ương`, in that order."""
    found: dict[str, list[Source]] = {p: [] for p in (*PROVINCES, CENTRAL)}
    for source in sources:
        found.setdefault(source.province, []).append(source)
    return found


def province_named(name: str, sources: Iterable[Source]) -> str | None:
    """The province of today, or of the registry, that a name means: without marks, with hyphens, or as of before 2025.

    >>> province_named("thai-nguyen", []), province_named("Bắc Kạn", []), province_named("Trung ương", [])
    ('Thái Nguyên', 'Thái Nguyên', 'Trung ương')
    """
    known = dict.fromkeys((*PROVINCES, CENTRAL, *(source.province for source in sources)))
    if name in known:
        return name
    into = {former: today for today, several in MERGED.items() for former in several if former not in known}
    names = {_plain(former): today for former, today in into.items()} | {_plain(one): one for one in known}
    return names.get(_plain(name))


def _plain(name: str) -> str:
    return " ".join(fold(name).replace("-", " ").replace(".", " ").split())


def outlet_name(registry: Mapping[str, Source], source: str) -> str:
    """The name of an outlet, its id where no row has it."""
    return registry[source].name if source in registry else source
