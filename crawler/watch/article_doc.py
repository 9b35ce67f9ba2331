"""An article as searches and watches see it, and where in it a hit stands."""

from __future__ import annotations

from functools import cache

from crawler.article import Article
from crawler.source import Source
from crawler.topic.topics import shipped_taxonomy
from crawler.watch.match import Hit, SearchDoc, search_doc
from crawler.watch.tree import Zone


@cache
def _topic_names() -> dict[str, str]:
    return {topic.id: topic.name for topic in shipped_taxonomy().topics}


def doc_of(read: Article, source: Source | None) -> SearchDoc:
    """An article as it is searched and watched."""
    return search_doc(
        read,
        source_name=source.name if source else None,
        province=source.province if source else None,
        covers=source.covers if source else (),
        topic_names=_topic_names(),
    )


def spans_by_zone(hit: Hit) -> dict[str, list[tuple[int, int]]]:
    """Where a hit stands, by zone: `title`, `lead`, `body`, `caption:0` …; offsets into the zone's own text."""
    zones: dict[str, list[tuple[int, int]]] = {}
    for span in hit.spans:
        name = f"caption:{span.caption}" if span.zone is Zone.CAPTION else span.zone.value
        zones.setdefault(name, []).append((span.start, span.end))
    return zones
