"""A query after parsing: what is asked of an article, as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from crawler.query.document_number import Number
from crawler.query.words import Element, Word, whole_words


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
    CHANGE = "change"


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
    keys: tuple[str, ...] = field(init=False, compare=False, repr=False)
    """The wide keys where all elements are whole words, which are found the short way; else empty."""
    exact: tuple[str, ...] = field(init=False, compare=False, repr=False)
    """What those words must equal with their marks, where all were typed with marks; else empty."""
    held: tuple[tuple[int, Word], ...] = field(init=False, compare=False, repr=False)
    """(place, word) of those that ask for more than their key, where `exact` does not say it."""
    _hash: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        # Kept: a term is looked up in every article, where working them out costs more than finding it.
        words = whole_words(self.elements)
        marked = all(word.typed is not None and not word.tones_open for word in words)
        object.__setattr__(self, "keys", tuple(word.key for word in words))
        object.__setattr__(self, "exact", tuple(word.typed or "" for word in words) if marked else ())
        held = () if marked else ((i, word) for i, word in enumerate(words) if word.typed is not None)
        object.__setattr__(self, "held", tuple(held))
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


def names_field(node: Node, name: FieldName) -> bool:
    """Whether a query asks for a field anywhere."""
    match node:
        case FieldTest():
            return node.name is name
        case And(children) | Or(children):
            return any(names_field(child, name) for child in children)
        case Not(child):
            return names_field(child, name)
        case _:
            return False


def leaves(node: Node) -> Iterator[Leaf]:
    """Every term and field of a query, in its order."""
    match node:
        case Term() | FieldTest():
            yield node
        case And(children) | Or(children):
            for child in children:
                yield from leaves(child)
        case Not(child):
            yield from leaves(child)


Leaf = Term | FieldTest
Node = Term | FieldTest | And | Or | Not
EVERYTHING = And(())
"""What an empty query asks for."""
