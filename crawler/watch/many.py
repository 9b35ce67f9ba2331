"""One article against many watches: Aho-Corasick over the words each query needs, then the query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Generic, TypeVar

from ahocorasick_rs import AhoCorasick, MatchKind

from crawler.watch.fts import Side, index_text, sides
from crawler.watch.match import Hit, SearchDoc, field_values
from crawler.watch.number import Number
from crawler.watch.query import Query
from crawler.watch.syllable import Reading, index_token
from crawler.watch.tree import And, FieldName, FieldTest, Node, Or, Term, Words

K = TypeVar("K")
_NAMED = (FieldName.PROVINCE, FieldName.SOURCE, FieldName.TOPIC, FieldName.MEETING, FieldName.DOCUMENT)


class WatchIndex(Generic[K]):
    """Which of many queries an article answers. Immutable: a changed set of watches makes a new index."""

    def __init__(self, watches: Iterable[tuple[K, Query]]) -> None:
        self._watches: Sequence[tuple[K, Query]] = tuple(watches)
        self._always: list[int] = []
        """Watches that need no word at all, such as a day or a KHÔNG alone."""
        by_anchor: dict[str, list[int]] = {}
        for place, (_, query) in enumerate(self._watches):
            anchors = anchors_of(query.root)
            if anchors is None:
                self._always.append(place)
            for anchor in anchors or ():
                by_anchor.setdefault(anchor, []).append(place)
        self._by_anchor = list(by_anchor.values())
        self._automaton = AhoCorasick(list(by_anchor), matchkind=MatchKind.Standard)

    def __len__(self) -> int:
        return len(self._watches)

    def candidates(self, doc: SearchDoc) -> list[int]:
        """Places in the given order of the watches that can answer; all that do are among them."""
        found = self._automaton.find_matches_as_indexes(_haystack(doc), overlapping=True)
        places = set(self._always)
        for anchor in {match[0] for match in found}:
            places.update(self._by_anchor[anchor])
        return sorted(places)

    def match(self, doc: SearchDoc) -> list[tuple[K, Hit]]:
        """(key, hit) of every watch `doc` answers, in the order the watches were given."""
        out: list[tuple[K, Hit]] = []
        for place in self.candidates(doc):
            key, query = self._watches[place]
            if (hit := query.matches(doc)) is not None:
                out.append((key, hit))
        return out


def anchors_of(node: Node) -> tuple[str, ...] | None:
    """Strings of which one at least stands in the haystack of every article that answers; None for none."""
    match node:
        case Term(elements):
            return _rarest([_ways(side) for side in sides(elements)])
        case FieldTest(value=Words(elements)):
            return _rarest([_ways(side) for side in sides(elements)])
        case FieldTest(value=Number() as number):
            return _ways(sides((number,))[0])
        case And(children):
            return _rarest([found for child in children if (found := anchors_of(child)) is not None])
        case Or(children):
            choices = [found for child in children if (found := anchors_of(child)) is not None]
            return tuple(dict.fromkeys(chain(*choices))) if len(choices) == len(children) else None
        case _:
            return None


def _ways(side: Side) -> tuple[str, ...]:
    end = "" if side.prefix else " "
    return tuple(f" {' '.join(way)}{end}" for way in side.ways)


def _rarest(choices: list[tuple[str, ...]]) -> tuple[str, ...] | None:
    """The choice whose shortest anchor is longest: a longer run of words stands in fewer articles."""
    return max(choices, key=lambda anchors: min(map(len, anchors)), default=None)


def _haystack(doc: SearchDoc) -> str:
    """The index text with the words of the fields behind it, each word between spaces."""
    named = (text for name in _NAMED for group in field_values(name, doc) for text in group)
    fields = (" ".join(map(index_token, Reading(text).keys)) for text in named)
    return f" {index_text(doc)} {' '.join(fields)} "
