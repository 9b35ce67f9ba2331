"""What a message says, before it is a mail: items, each with all the watches and words that fired."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from crawler.source import Source
from crawler.watch.coverage import Coverage
from crawler.watch.passage import Segments

ItemKind = Literal["document", "meeting", "news", "event"]
MessageKind = Literal["now", "digest", "nothing", "confirm", "operator"]


@dataclass(frozen=True, slots=True)
class Outlet:
    """A source as a reader knows it."""

    name: str
    province: str | None


@dataclass(frozen=True, slots=True)
class Registry:
    """Names for source ids; an id without a row stands for itself."""

    rows: Mapping[str, Source] = field(default_factory=dict)

    def outlet(self, source: str | None) -> Outlet:
        """Name and province of a source."""
        row = self.rows.get(source or "")
        return Outlet(source or "?", None) if row is None else Outlet(row.name, row.province)


@dataclass(frozen=True, slots=True)
class Fired:
    """A watch that asked for an item, and the words of its query that stand in it."""

    watch: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another article on the same thing."""

    outlet: str
    url: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The article that stands for an item."""

    title: str
    title_marked: Segments
    url: str
    outlet: Outlet
    published: str | None
    """ISO time or day."""
    published_from: str | None
    """Where the date was read: how sure it is."""
    passage: Segments


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to tell."""

    kind: ItemKind
    key: str
    """What makes it this item and no other, whatever the store's numbers are."""
    headline: str
    fired: tuple[Fired, ...]
    article: Shown | None = None
    elsewhere: tuple[Elsewhere, ...] = ()
    documents: tuple[str, ...] = ()
    """Names of the documents the article cites, for news."""
    meetings: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    """(name of a phrase, value): what is known of a document, a meeting or an event."""
    upcoming: bool = False
    """A meeting still to come."""

    def to_json(self) -> dict[str, Any]:
        """For a webhook."""
        shown = self.article
        return {
            "kind": self.kind,
            "headline": self.headline,
            "url": shown.url if shown else None,
            "title": shown.title if shown else None,
            "source": shown.outlet.name if shown else None,
            "province": shown.outlet.province if shown else None,
            "published": shown.published if shown else None,
            "published_from": shown.published_from if shown else None,
            "passage": "".join(text for text, _ in shown.passage) if shown else None,
            "also": [{"source": e.outlet, "url": e.url} for e in self.elsewhere],
            "documents": list(self.documents),
            "meetings": list(self.meetings),
            "facts": dict(self.facts),
            "watches": [{"name": f.watch, "words": list(f.words)} for f in self.fired],
        }


@dataclass(frozen=True, slots=True)
class Message:
    """One mail to one person, as values."""

    kind: MessageKind
    language: str
    address: str
    created: datetime
    items: tuple[Item, ...]
    nothing: tuple[str, ...] = ()
    """Names of watches that found nothing and whose reader wants to hear so."""
    coverage: Coverage | None = None

    def of(self, kind: ItemKind) -> tuple[Item, ...]:
        """The items of one kind."""
        return tuple(item for item in self.items if item.kind == kind)
