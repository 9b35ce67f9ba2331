"""The forms in which a version keeps an article and its annotations, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crawler.article import (
    PARAGRAPHS,
    Agreement,
    Annotations,
    Article,
    Block,
    Caption,
    Citation,
    DateFound,
    Issued,
    Meeting,
    Topic,
)

_CONTRACT = (
    "url", "canonical_url", "source", "section", "place", "title", "lead", "authors", "published",
    "published_precision", "published_from", "updated", "dates", "paragraphs", "captions", "images", "text",
    "reader", "warnings",
)  # fmt: skip


def record_of(read: Article) -> dict[str, Any]:
    """The article as kept in a version: the contract's JSON, with the blocks in place of what is composed of them.

    Those are `text`, which a version keeps beside it, and `paragraphs`; `contract_of` brings them back.
    """
    record = read.to_json()
    del record["text"], record["paragraphs"]
    return {
        **record,
        "blocks": [[b.kind, b.text] for b in read.blocks],
        "byline": read.byline,
        "head": list(read.head),
        **({"agreement": read.agreement.to_json()} if read.agreement is not None else {}),
    }


def article_from(record: Mapping[str, Any], notes: Mapping[str, Any]) -> Article:
    """The article of a stored version: the inverse of `record_of` and `Annotations.to_json`."""
    return Article(
        url=record["url"],
        canonical_url=record["canonical_url"],
        title=record["title"],
        source=record["source"],
        section=record["section"],
        place=record["place"],
        lead=record["lead"],
        authors=tuple(record["authors"]),
        byline=record["byline"],
        published=record["published"],
        published_precision=record["published_precision"],
        published_from=record["published_from"],
        updated=record["updated"],
        dates=tuple(DateFound(d["value"], d["from"], d["where"], d["used"]) for d in record["dates"]),
        blocks=tuple(Block(kind, text) for kind, text in record["blocks"]),
        captions=tuple(Caption(c["text"], c["credit"]) for c in record["captions"]),
        images=tuple(record["images"]),
        reader=record["reader"],
        warnings=tuple(record["warnings"]),
        head=tuple(record["head"]),
        agreement=_agreement(record.get("agreement")),
        annotations=Annotations(
            citations=tuple(_citation(c) for c in notes["citations"]),
            meetings=tuple(meeting_from(m) for m in notes["meetings"]),
            called_off=tuple(meeting_from(m) for m in notes.get("called_off", ())),
            relevant=notes["relevant"],
            topics=tuple(Topic(t["id"], t["score"], tuple(t["because"])) for t in notes["topics"]),
        ),
    )


def contract_of(record: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The article JSON of DESIGN §6.4 from a stored version, with its keys in their order."""
    paragraphs = [block for kind, block in record["blocks"] if kind in PARAGRAPHS]
    whole = {**record, "paragraphs": paragraphs, "text": text}
    return {key: whole[key] for key in _CONTRACT}


def meeting_from(record: Mapping[str, Any]) -> Meeting:
    """The meeting of a stored annotation, whatever facts were read when it was stored."""
    facts = {k: v for k, v in record.items() if k not in ("documents", "cites", "between")}
    between = record.get("between")
    return Meeting(
        **facts,
        cites=tuple(record.get("documents") or record.get("cites") or ()),
        between=(between[0], between[1]) if between else None,
    )


def _agreement(record: Mapping[str, Any] | None) -> Agreement | None:
    if record is None:
        return None
    return Agreement(record["f1"], tuple(record["only_ours"]), tuple(record["only_theirs"]))


def _citation(record: Mapping[str, Any]) -> Citation:
    """A citation from its JSON; older records tell nothing of `issued`."""
    issued = record.get("issued")
    return Citation(**{**record, "issued": Issued(**issued) if issued else None})
