"""A query as a full-text prefilter of SQLite FTS5 or PostgreSQL, and the text such an index holds.

The prefilter finds every article the matcher finds and some more: it knows no accents, zones, fields or
sentence ends, and what KHÔNG excludes it leaves in. Whoever searches asks the index first and the matcher
(`Query.matches`) for the truth.

The indexed text is made of runs of ASCII letters and digits with one space between them, so that FTS5's
`unicode61` and PostgreSQL's `simple` configuration cut it alike, whatever stood in the newspaper.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from crawler.watch.match import SearchDoc
from crawler.watch.number import Number
from crawler.watch.syllable import Element, Reading, index_token
from crawler.watch.tree import And, Days, FieldTest, Node, Or, Term

if TYPE_CHECKING:
    from crawler.watch.query import Query


@dataclass(frozen=True, slots=True)
class Side:
    """Tokens that stand side by side, in one of several ways."""

    ways: tuple[tuple[str, ...], ...]
    prefix: bool = False
    """Whether the last token is the beginning of one."""
    number: bool = False
    """Whether the token stands for a document number."""


@dataclass(frozen=True, slots=True)
class All:
    """All of them stand in the text."""

    parts: tuple[Needed, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one of them stands in the text."""

    parts: tuple[Needed, ...]


Needed = Side | All | Some


def fold_for_index(text: str) -> str:
    """What a full-text index holds of one text: its words without marks, then its document numbers as tokens.

    >>> fold_for_index("Quán triệt Chỉ thị 35 - CT/T.Ư")
    'quan triet chi thi n35 ct t u vb35xctxtwx'
    """
    reading = Reading(text)
    return " ".join(
        (*map(index_token, reading.keys), *(index_token(s.number.token) for s in reading.numbers))
    )


def index_text(doc: SearchDoc) -> str:
    """What a full-text index holds of one article: its texts, and the documents it cites by other words."""
    return " ".join(
        (
            *(reading.index_line for _, _, reading in doc.readings),
            *(index_token(span.number.token) for _, _, reading in doc.readings for span in reading.numbers),
            *(index_token(number.token) for number in doc.numbers),
        )
    )


def to_fts5(query: Query) -> str | None:
    """The MATCH expression of SQLite FTS5 over `index_text`; None where every article is a candidate.

    >>> from crawler.watch.query import parse
    >>> to_fts5(parse('đại hội* VÀ KHÔNG (chi bộ HOẶC "đảng bộ")'))
    '"dai hoi" *'
    """
    found = needed(query.root)
    return None if found is None else _render(found, _fts5_side, " AND ", " OR ")


def to_tsquery(query: Query) -> str | None:
    """The text of a PostgreSQL tsquery over `to_tsvector('simple', index_text)`; None as in `to_fts5`.

    Good for `to_tsquery('simple', …)` and for a cast alike. Words are joined by `&`, not by `<->`: a tsvector
    keeps no place behind 16,383 and 256 places of one word, so that a phrase could miss in a long article.
    """
    found = needed(query.root)
    return None if found is None else _render(found, _tsquery_side, " & ", " | ")


def day_bounds(query: Query) -> tuple[date | None, date | None]:
    """First and last day of publication an article can have that answers; None where that side is open."""
    return _bounds(query.root)


def needed(node: Node) -> Needed | None:
    """What must stand in the index text of every article that answers; None where nothing must."""
    match node:
        case Term(elements):
            return all_of(sides(elements))
        case And(children):
            parts = [part for child in children if (part := needed(child)) is not None]
            return all_of(parts) if parts else None
        case Or(children):
            parts = [part for child in children if (part := needed(child)) is not None]
            return Some(tuple(parts)) if len(parts) == len(children) else None
        case _:
            return None


def all_of(parts: list[Side] | list[Needed]) -> Needed:
    """`All`, or the only part itself."""
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def sides(elements: tuple[Element, ...]) -> list[Side]:
    """What must stand in an index text for the elements to stand side by side in the text.

    A document number is a token at the end of the index text, and FTS5 takes a prefix only as a phrase's last
    word, so each of the two ends a side.
    """
    found: list[Side] = []
    ways: list[tuple[str, ...]] = [()]
    for element in elements:
        if isinstance(element, Number):
            if ways != [()]:
                found.append(Side(tuple(ways)))
            found.append(Side(((index_token(element.token),),), prefix=element.open, number=True))
            ways = [()]
            continue
        tails: list[tuple[str, ...]] = [(index_token(key),) for key in element.spellings()]
        if element.numeral:
            tails += [("so", *tail) for tail in tails]
        ways = [(*way, *tail) for way in ways for tail in tails]
        if element.prefix:
            found.append(Side(tuple(ways), prefix=True))
            ways = [()]
    if ways != [()]:
        found.append(Side(tuple(ways)))
    return found


def _render(part: Needed, side: Callable[[Side], str], both: str, either: str) -> str:
    if isinstance(part, Side):
        return side(part)
    inner = [_render(p, side, both, either) for p in part.parts]
    return "(" + (both if isinstance(part, All) else either).join(inner) + ")"


def _fts5_side(side: Side) -> str:
    ways = [f'"{" ".join(way)}"' + (" *" if side.prefix else "") for way in side.ways]
    return ways[0] if len(ways) == 1 else f"({' OR '.join(ways)})"


def _tsquery_side(side: Side) -> str:
    ways = []
    for way in side.ways:
        lexemes = [f"'{token}'" for token in way]
        ways.append(" & ".join(lexemes) + (":*" if side.prefix else ""))
    return f"({' | '.join(ways)})" if len(ways) > 1 or len(side.ways[0]) > 1 else ways[0]


def _bounds(node: Node) -> tuple[date | None, date | None]:
    match node:
        case FieldTest(value=Days(first, last)):
            return first, last
        case And(children):
            all_bounds = [_bounds(child) for child in children]
            firsts = [first for first, _ in all_bounds if first is not None]
            lasts = [last for _, last in all_bounds if last is not None]
            return max(firsts, default=None), min(lasts, default=None)
        case Or(children):
            firsts_or_open, lasts_or_open = zip(*map(_bounds, children), strict=True)
            return (
                None if None in firsts_or_open else min(firsts_or_open),
                None if None in lasts_or_open else max(lasts_or_open),
            )
        case _:
            return None, None
