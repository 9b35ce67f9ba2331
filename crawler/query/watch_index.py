"""One article against many watches: Aho-Corasick over the words each query needs, then the query.

The automaton runs over the article's index text, with the title, the lead, the captions and the fields once
more behind it, each word marked with where it stands. A query is asked only when each of its clauses (see
`clauses_of`) has one of its strings there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Generic, TypeVar

from ahocorasick_rs import AhoCorasick, MatchKind

from crawler.errors import InvalidQuery
from crawler.query.document_number import Number
from crawler.query.matcher import Hit, SearchDoc, field_values, hit_of, read_name
from crawler.query.needed import Side, index_text, sides
from crawler.query.parser import Query, parse
from crawler.query.tree import And, FieldName, FieldTest, Leaf, Node, Not, Or, Term, Words, Zone
from crawler.query.words import Reading

K = TypeVar("K")
_MARKS: dict[FieldName | Zone, str] = {
    Zone.TITLE: "T",
    Zone.LEAD: "L",
    Zone.CAPTION: "C",
    FieldName.PROVINCE: "P",
    FieldName.SOURCE: "S",
    FieldName.TOPIC: "H",
    FieldName.MEETING: "M",
    FieldName.DOCUMENT: "D",
    FieldName.CHANGE: "E",
}
"""Capitals, which no index token has. The body is most of an article and goes without."""
_NAMED = tuple(name for name in FieldName if name is not FieldName.DATE)

Clause = tuple[str, ...]
"""Strings of which one at least stands in the haystack of every article that answers."""


@dataclass(frozen=True, slots=True)
class _Asked(Generic[K]):
    """One query and all the watches that ask it."""

    root: Node
    watches: tuple[tuple[int, K], ...]
    """(place in the given order, key)."""
    clauses: tuple[frozenset[int], ...]
    """Numbers of anchors, the clause that wakes the query left out."""


class WatchIndex(Generic[K]):
    """Which of many queries an article answers. Immutable: a changed set of watches makes a new index."""

    def __init__(self, watches: Iterable[tuple[K, Query]]) -> None:
        same: dict[Node, tuple[Query, list[tuple[int, K]]]] = {}
        leaves: dict[Leaf, Leaf] = {}
        for place, (key, query) in enumerate(watches):
            same.setdefault(query.root, (query, []))[1].append((place, key))
        anchors: dict[str, int] = {}
        self._asked: list[_Asked[K]] = []
        self._always: list[int] = []
        """Queries that need no word at all, such as a day or a KHÔNG alone."""
        woken: dict[int, list[int]] = {}
        for number, (query, keys) in enumerate(same.values()):
            clauses = clauses_of(query.root)
            numbered = [frozenset(anchors.setdefault(a, len(anchors)) for a in clause) for clause in clauses]
            if clauses:
                waking = clauses.index(max(clauses, key=_rarity))
                for anchor in numbered.pop(waking):
                    woken.setdefault(anchor, []).append(number)
            else:
                self._always.append(number)
            self._asked.append(_Asked(shared(query.root, leaves), tuple(keys), tuple(numbered)))
        self._woken = woken
        self._automaton = AhoCorasick(list(anchors), matchkind=MatchKind.Standard)

    def candidates(self, doc: SearchDoc) -> list[int]:
        """Numbers of the distinct queries that can answer; all that do are among them."""
        matches = self._automaton.find_matches_as_indexes(haystack(doc), overlapping=True)
        found = {match[0] for match in matches}
        woken = {number for anchor in found for number in self._woken.get(anchor, ())}
        possible = (n for n in woken if not any(map(found.isdisjoint, self._asked[n].clauses)))
        return sorted((*possible, *self._always))

    def match(self, doc: SearchDoc) -> list[tuple[K, Hit]]:
        """(key, hit) of every watch `doc` answers, in the order the watches were given."""
        out: list[tuple[int, K, Hit]] = []
        for number in self.candidates(doc):
            asked = self._asked[number]
            if (hit := hit_of(asked.root, doc)) is not None:
                for place, key in asked.watches:
                    out.append((place, key, hit))
        out.sort()  # by place alone: no two are equal, so keys are never compared
        return [(key, hit) for _, key, hit in out]


def compiled(watches: Iterable[tuple[K, str]]) -> tuple[list[tuple[K, Query]], dict[K, InvalidQuery]]:
    """Saved queries by the keys of their watches, and why those are set aside that today's language refuses.

    A watch saved by an older version must not keep the others from what they ask for.
    """
    usable: list[tuple[K, Query]] = []
    set_aside: dict[K, InvalidQuery] = {}
    for key, query in watches:
        try:
            usable.append((key, parse(query, allow_empty=True)))
        except InvalidQuery as error:
            set_aside[key] = error
    return usable, set_aside


def shared(node: Node, leaves: dict[Leaf, Leaf]) -> Node:
    """The same tree with equal leaves made one object, which a dictionary finds without comparing."""
    match node:
        case And(children):
            return And(tuple(shared(child, leaves) for child in children))
        case Or(children):
            return Or(tuple(shared(child, leaves) for child in children))
        case Not(child):
            return Not(shared(child, leaves))
        case _:
            return leaves.setdefault(node, node)


def clauses_of(node: Node) -> list[Clause]:
    """What an article's haystack must have for the node to hold: a string of every clause."""
    match node:
        case Term(elements, zone):
            return [_clause(side, _MARKS.get(zone, "") if zone else "") for side in sides(elements)]
        case FieldTest(name, Words(elements)):
            return [_clause(side, _MARKS[name]) for side in sides(elements)]
        case FieldTest(_, Number() as number):
            return [_clause(side, "") for side in sides((number,))]
        case And(children):
            return list(dict.fromkeys(chain(*map(clauses_of, children))))
        case Or(children):
            choices = [max(clauses, key=_rarity) for child in children if (clauses := clauses_of(child))]
            return [tuple(dict.fromkeys(chain(*choices)))] if len(choices) == len(children) else []
        case _:
            return []


def haystack(doc: SearchDoc) -> str:
    """What the automaton reads of one article; every token stands between spaces."""
    zones = (_marked(zone, reading) for zone, _, reading in doc.readings if zone in _MARKS)
    fields = (_named(name, text) for name in _NAMED for group in field_values(name, doc) for text in group)
    return f" {index_text(doc)} {'  '.join((*zones, *fields))} "


def _marked(where: FieldName | Zone, reading: Reading) -> str:
    mark, line = _MARKS[where], reading.index_line
    return mark + line.replace(" ", f" {mark}") if line else ""


@lru_cache(maxsize=4096)
def _named(field: FieldName, value: str) -> str:
    """Names of provinces, sources and topics come with every article again."""
    return _marked(field, read_name(value))


def _clause(side: Side, mark: str) -> Clause:
    # A document can be cited by other words than its number in any zone, so its token goes unmarked.
    mark = "" if side.number else mark
    end = "" if side.prefix else " "
    return tuple("".join(f" {mark}{token}" for token in way) + end for way in side.ways)


def _rarity(clause: Clause) -> int:
    """The length of the shortest string: a longer run of words stands in fewer articles."""
    return min(map(len, clause))
