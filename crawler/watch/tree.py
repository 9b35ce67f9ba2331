"""A query after parsing: what is asked of an article, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from crawler.watch.number import Number
from crawler.watch.syllable import Element, Word, whole_words


class Zone(StrEnum):
    """A part of an article that is searched by its own."""

    TITLE = "title"
    LEAD = "lead"
    BODY = "body"
    CAPTION = "caption"


class FieldName(StrEnum):
    """What is known about an article besides its text."""

    PROVINCE = "province"
    SOURCE = "source"
    TOPIC = "topic"
    DOCUMENT = "document"
    MEETING = "meeting"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Term:
    """Words and document numbers that stand side by side in one text."""

    elements: tuple[Element, ...]
    zone: Zone | None
    """None for anywhere."""
    typed: str
    """As typed, without quotes: what a reader is told has fired."""
    position: int = field(compare=False)
    """Offset in the query as typed."""
    words: tuple[Word, ...] = field(init=False, compare=False, repr=False)
    """The elements where they are whole words and nothing else, found the short way; else empty."""
    _hash: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        # Both kept: a term is looked up in every article, where working them out costs more than finding it.
        object.__setattr__(self, "words", whole_words(self.elements))
        object.__setattr__(self, "_hash", hash((self.elements, self.zone, self.typed)))

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True, slots=True)
class Days:
    """Published from `first` to `last`, both included; None is open."""

    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Words:
    """A field's value as words, which must stand side by side in a name or be the whole of an id."""

    elements: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Anything:
    """`*`: the field has a value."""


@dataclass(frozen=True, slots=True)
class FieldTest:
    """One field compared with one value."""

    name: FieldName
    value: Days | Words | Number | Anything
    typed: str
    """Field and value as typed."""
    position: int = field(compare=False)
    _hash: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.name, self.value, self.typed)))

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of them."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Everything but."""

    child: Node


Leaf = Term | FieldTest
Node = Term | FieldTest | And | Or | Not
EVERYTHING = And(())
"""What an empty query asks for."""
