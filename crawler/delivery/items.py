"""What a message says, before it is a mail: items, each with all the watches and words that fired."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from crawler.delivery.coverage import Coverage
from crawler.query.salience import Salience
from crawler.query.snippet import Segments
from crawler.query.wish import Group
from crawler.source import Source

ItemKind = Literal["document", "meeting", "news", "change", "event"]
MessageKind = Literal["now", "digest", "nothing", "confirm", "operator"]


@dataclass(frozen=True, slots=True)
class CarryingOutlet:
    """A source as a reader knows it."""

    name: str
    province: str | None


@dataclass(frozen=True, slots=True)
class Registry:
    """Names for source ids; an id without a row stands for itself."""

    rows: Mapping[str, Source] = field(default_factory=dict)

    def outlet(self, source: str | None) -> CarryingOutlet:
        """Name and province of a source."""
        row = self.rows.get(source or "")
        return CarryingOutlet(source or "?", None) if row is None else CarryingOutlet(row.name, row.province)


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
    outlet: CarryingOutlet
    published: str | None
    """ISO time or day."""
    published_from: str | None
    """Where the date was read: how sure it is."""
    passage: Segments
    """The sentence that matched, where it says more than title and lead do; else empty."""
    lead: Segments = ()
    """How the article opens."""
    topic: str | None = None
    """The strongest topic, by name."""


@dataclass(frozen=True, slots=True)
class DigestItem:
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
    """A meeting still to come, or one whose day is still to come and that was called off."""
    called_off: Literal["postponed", "cancelled"] | None = None
    calendar: Mapping[str, Any] | None = None
    """A meeting as `crawler.meeting.ics` takes it."""
    story: str | None = None
    """The story of the article shown: what tells of the same story is one entry."""
    salience: Salience = "main"
    carried: tuple[DigestItem, ...] = ()
    """Further things the same article tells, in the entry of this one."""
    edits: tuple[tuple[str, str], ...] = ()
    """(kind, text with `[-gone-]` and `{+new+}`) of an article that was changed."""

    @property
    def province(self) -> str | None:
        """The province of the outlet shown."""
        return self.article.outlet.province if self.article else None

    @property
    def topic(self) -> str | None:
        """The strongest topic of the article shown."""
        return self.article.topic if self.article else None

    @property
    def whole(self) -> tuple[DigestItem, ...]:
        """The item itself and what it carries."""
        return (self, *self.carried)

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
            "lead": "".join(text for text, _ in shown.lead) if shown else None,
            "passage": "".join(text for text, _ in shown.passage) if shown else None,
            "also": [{"source": e.outlet, "url": e.url} for e in self.elsewhere],
            "documents": list(self.documents),
            "meetings": list(self.meetings),
            "facts": dict(self.facts),
            "salience": self.salience,
            "edits": [{"kind": kind, "text": text} for kind, text in self.edits],
            "watches": [{"name": f.watch, "words": list(f.words)} for f in self.fired],
            "with": [item.to_json() for item in self.carried],
        }


@dataclass(frozen=True, slots=True)
class Message:
    """One mail to one person, as values."""

    kind: MessageKind
    language: str
    address: str
    created: datetime
    items: tuple[DigestItem, ...]
    nothing: tuple[str, ...] = ()
    """Names of watches that found nothing and whose reader wants to hear so."""
    coverage: Coverage | None = None
    province: str | None = None
    """The reader's own, told first."""
    group: Group | None = None
    """Headings among the stories."""

    @property
    def told(self) -> tuple[DigestItem, ...]:
        """Every thing told, those that share an entry each by itself."""
        return tuple(one for item in self.items for one in item.whole)

    def of(self, kind: ItemKind) -> tuple[DigestItem, ...]:
        """The items of one kind."""
        return tuple(item for item in self.items if item.kind == kind)
