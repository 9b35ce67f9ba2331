"""How things of the store are written on a page: an article, a document, a meeting, each as a few plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from crawler.delivery.display_names import named_document, numbered_meeting
from crawler.registry import outlet_name
from crawler.source import Source
from crawler.store.agenda import ListedMeeting
from crawler.store.news import ArticleLine, DocumentFacts, MeetingFacts


def article_row(line: ArticleLine, registry: Mapping[str, Source]) -> dict[str, Any]:
    """An article in one line, for a page and for a file."""
    source = registry.get(line.source)
    return {
        "id": line.id,
        "title": line.title,
        "published": line.published,
        "source": line.source,
        "source_name": outlet_name(registry, line.source),
        "province": source.province if source else None,
        "url": line.url,
        "page": f"/bai/{line.id}",
    }


def story_row(lines: Sequence[ArticleLine], registry: Mapping[str, Source]) -> dict[str, Any]:
    """A story by its earliest article, with the other outlets that carry it."""
    first = article_row(lines[0], registry)
    also = [article_row(line, registry) for line in lines[1:]]
    return first | {"also": also}


def document_row(facts: DocumentFacts) -> dict[str, Any]:
    """A document of the register."""
    row = {
        name: getattr(facts, name)
        for name in ("id", "key", "type", "number", "issuer", "date", "title", "system", "province")
    }
    return row | {"name": named_document(facts.type, facts.key), "page": document_page(facts.id)}


def document_page(id_: str) -> str:
    """Where a document is shown: an id has slashes, which are kept as such."""
    return f"/van-kien/{quote(id_, safe='/@')}"


def province_page(name: str) -> str:
    """Where a province is shown.

    >>> province_page("Kim Lộ")
    '/tinh/Kim%20L%E1%BB%99'
    """
    return f"/tinh/{quote(name, safe='')}"


def meeting_page(id_: str) -> str:
    """Where a meeting is shown."""
    return f"/cuoc-hop/{quote(id_, safe='')}"


_SHOWN = (
    "id", "organiser", "province", "date", "date_to", "session", "time", "between", "place", "subject", "was", "status",
)  # fmt: skip


def meeting_row(meeting: MeetingFacts | ListedMeeting) -> dict[str, Any]:
    """A meeting in one line of a page; its status as given."""
    row = {name: getattr(meeting, name) for name in _SHOWN}
    return row | {"name": numbered_meeting(meeting.kind, meeting.ordinal), "page": meeting_page(meeting.id)}
