"""What stands beside the data of a release: the dataset card, the citation, Croissant. Pure: facts in, texts out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined

from crawler.story.splits import Part

Rule = Literal["set_aside", "withdrawn", "window", "query", "rights", "reprint", "quotes"]
"""What leaves an article out of a release, in the order in which it is asked: set aside by an editor; withdrawn by the
newspaper; published outside the days, or on no known day where days are asked for; no answer to the query; rights
reserved; a copy where one a story is wanted; a round-up that quotes stories of another part."""
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_KINDS = {".parquet": "application/x-parquet", ".zst": "application/zstd"}
_CROISSANT = {
    "string": "sc:Text", "bool": "sc:Boolean", "date32[day]": "sc:Date", "timestamp[ms, tz=+07:00]": "sc:DateTime",
}  # fmt: skip
_RULES: dict[Rule, tuple[str, str]] = {
    "set_aside": ("người sửa bỏ ra", "set aside by an editor"),
    "withdrawn": ("báo đã gỡ", "withdrawn by the newspaper"),
    "window": ("ngoài khoảng ngày", "outside the days asked for"),
    "query": ("không khớp truy vấn", "no answer to the query"),
    "rights": ("nguồn giữ quyền", "rights reserved by the source"),
    "reprint": ("bài đăng lại", "copies of a story that is in"),
    "quotes": ("điểm tin trích phần khác", "round-ups that quote another part"),
}


RULES = tuple(_RULES)


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """What is told of a release."""

    title: str
    publisher: str
    day: date
    version: str
    """Of the program."""
    articles: int
    parts: Mapping[Part, int]
    left_out: Mapping[Rule, int]
    counts: Mapping[str, Mapping[str, int]]
    """`source`, `year`, `topic` → value → articles."""
    words: bool
    rights: str
    columns: Sequence[tuple[str, str]]
    """(name, type) of each column of the Parquet files."""
    since: datetime | None
    until: datetime | None
    query: str


def card(facts: ReleaseFacts, changes: Mapping[str, Sequence[str]] | None = None) -> str:
    """README.md: a dataset card as Hugging Face reads it, Vietnamese first; `changes` since an earlier release."""
    shown = facts.since is not None or facts.until is not None
    return _TEMPLATES.get_template("card.md.j2").render(
        facts=facts,
        size=next((name for most, name in _SIZES if facts.articles < most), "1M<n<10M"),
        window=f"{_day(facts.since)} – {_day(facts.until)}" if shown else None,
        rules=_RULES,
        changes=changes,
    )


def citation(facts: ReleaseFacts) -> str:
    """CITATION.cff 1.2.0; strings are quoted as JSON, which YAML reads."""
    return (
        "cff-version: 1.2.0\nmessage: If you use this corpus, please cite it as below.\ntype: dataset\n"
        f"title: {_quoted(facts.title)}\nversion: {_quoted(facts.day.isoformat())}\n"
        f"date-released: {_quoted(facts.day.isoformat())}\nauthors:\n- name: {_quoted(facts.publisher)}\n"
    )


def croissant(facts: ReleaseFacts, files: Mapping[str, tuple[str, int]]) -> dict[str, Any]:
    """croissant.json (MLCommons Croissant 1.0): `files` by name, each with its SHA-256 and bytes."""
    tables = [name for name in files if name.endswith(".parquet")]
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": "diemtin",
        "alternateName": facts.title,
        "description": f"{facts.title}. {facts.rights}",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "version": f"{facts.day.year}.{facts.day.month}.{facts.day.day}",
        "datePublished": facts.day.isoformat(),
        "inLanguage": "vi",
        "license": facts.rights,
        "creator": {"@type": "sc:Organization", "name": facts.publisher},
        "citeAs": f"{facts.publisher} ({facts.day.year}). {facts.title}.",
        "distribution": [
            {
                "@type": "cr:FileObject", "@id": name, "name": name, "contentUrl": name,
                "contentSize": f"{size} B", "encodingFormat": _KINDS["." + name.rpartition(".")[2]], "sha256": sha256,
            }
            for name, (sha256, size) in files.items()
        ],
        "recordSet": [_records(name, facts.columns) for name in tables],
    }  # fmt: skip


def _records(file: str, columns: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The records of one Parquet file: its plain columns and its lists of texts."""
    part = file.removeprefix("data/").removesuffix(".parquet")
    fields = []
    for name, kind in columns:
        repeated = kind.startswith("list<element: string>") or kind == "list<item: string>"
        if not repeated and kind not in _CROISSANT:
            continue
        fields.append(
            {
                "@type": "cr:Field", "@id": f"{part}/{name}", "name": f"{part}/{name}",
                "dataType": "sc:Text" if repeated else _CROISSANT[kind],
                "source": {"fileObject": {"@id": file}, "extract": {"column": name}},
            }
            | ({"repeated": True} if repeated else {})
        )  # fmt: skip
    return {"@type": "cr:RecordSet", "@id": part, "name": part, "field": fields}


_CONTEXT = {
    "@language": "en", "@vocab": "https://schema.org/", "citeAs": "cr:citeAs", "column": "cr:column",
    "conformsTo": "dct:conformsTo", "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"}, "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"}, "extract": "cr:extract", "field": "cr:field",
    "fileObject": "cr:fileObject", "fileProperty": "cr:fileProperty", "fileSet": "cr:fileSet", "format": "cr:format",
    "includes": "cr:includes", "isLiveDataset": "cr:isLiveDataset", "jsonPath": "cr:jsonPath", "key": "cr:key",
    "md5": "cr:md5", "parentField": "cr:parentField", "path": "cr:path", "recordSet": "cr:recordSet",
    "references": "cr:references", "regex": "cr:regex", "repeated": "cr:repeated", "replace": "cr:replace",
    "sc": "https://schema.org/", "separator": "cr:separator", "source": "cr:source", "subField": "cr:subField",
    "transform": "cr:transform",
}  # fmt: skip
"""The context that Croissant 1.0 prescribes."""


def _day(moment: datetime | None) -> str:
    return "…" if moment is None else moment.date().isoformat()


def _quoted(text: str) -> str:
    return json.dumps(_line(text), ensure_ascii=False)


def _line(text: str) -> str:
    return " ".join(text.split())


_TEMPLATES = Environment(
    loader=PackageLoader("crawler.corpus", ""),
    undefined=StrictUndefined,
    keep_trailing_newline=True,
    autoescape=False,  # markdown
)
_TEMPLATES.filters.update(quoted=_quoted, line=_line)
