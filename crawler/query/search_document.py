"""An article as searches and watches see it, and where in it a hit stands."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from crawler.article import Article
from crawler.query.matcher import Hit, SearchDoc, search_doc
from crawler.query.tree import Zone
from crawler.source import Source
from crawler.story.change_kinds import GONE, GONE_LABEL, LABELS
from crawler.topic.taxonomy import shipped_topics


@cache
def topic_names() -> dict[str, str]:
    """Topic id → name."""
    return {topic.id: topic.name for topic in shipped_topics()}


def doc_of(read: Article, source: Source | None) -> SearchDoc:
    """An article as it is searched and watched."""
    return search_doc(
        read,
        source_name=source.name if source else None,
        province=source.province if source else None,
        covers=source.covers if source else (),
        topic_names=topic_names(),
    )


def changes_of(kinds: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """(kind, label) for `SearchDoc.changes`; kinds are those of `ChangeKind` and `gone`, in their order."""
    labels = {**{kind.value: label for kind, label in LABELS.items()}, GONE: GONE_LABEL}
    found = set(kinds)
    return tuple((kind, label) for kind, label in labels.items() if kind in found)


def spans_by_zone(hit: Hit) -> dict[str, list[tuple[int, int]]]:
    """Where a hit stands, by zone: `title`, `lead`, `body`, `caption:0` …; offsets into the zone's own text."""
    zones: dict[str, list[tuple[int, int]]] = {}
    for span in hit.spans:
        name = f"caption:{span.caption}" if span.zone is Zone.CAPTION else span.zone.value
        zones.setdefault(name, []).append((span.start, span.end))
    return zones
