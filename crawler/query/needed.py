"""What must stand in an article for a query to hold, which wakes the queries of many watches.

It is more than the matcher asks: no accents, no zones, no sentence ends. The text it is looked for in is made of runs
of ASCII letters and digits with one space between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from crawler.query.document_number import Number
from crawler.query.matcher import SearchDoc
from crawler.query.tree import And, Days, FieldTest, Node, Or
from crawler.query.words import Element, Reading, index_token

if TYPE_CHECKING:
    from crawler.query.parser import Query


@dataclass(frozen=True, slots=True)
class Side:
    """Tokens that stand side by side, in one of several ways."""

    ways: tuple[tuple[str, ...], ...]
    prefix: bool = False
    """Whether the last token is the beginning of one."""
    number: bool = False
    """Whether the token stands for a document number."""


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


def day_bounds(query: Query) -> tuple[date | None, date | None]:
    """First and last day of publication an article can have that answers; None where that side is open."""
    return _bounds(query.root)


def sides(elements: tuple[Element, ...]) -> list[Side]:
    """What must stand in an index text for the elements to stand side by side in the text.

    A document number is a token at the end of the index text, and what follows the beginning of a word is unknown, so
    each of the two ends a side.
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
