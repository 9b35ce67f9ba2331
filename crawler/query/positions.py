"""Every word of an article in one run: a term of whole words is looked up once for all its texts.

What `Reading.find` finds in each text, found the short way; `tests/test_match.py` holds the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from crawler.query.words import Reading

if TYPE_CHECKING:
    from crawler.query.tree import Term, Zone


_FEW_KEYS = 12
"""Keys that are looked for word by word before all words are sorted by their keys."""
_SHORT = 20_000
"""Words of a text in which that is quick."""


class Span(NamedTuple):
    """A place that matched: code points in the untouched text of its zone."""

    zone: Zone
    caption: int
    """Which caption, from 0; 0 in the other zones."""
    start: int
    end: int
    word: str
    """The term of the query that matched here, as typed."""


class Places(NamedTuple):
    """Where one term stands, in reading order."""

    order: tuple[int, ...] = ()
    """For each span a number that grows in reading order: sorting the spans themselves would run Python code."""
    spans: tuple[Span, ...] = ()


def number_of(text: int, start: int, end: int) -> int:
    """The number of a span: the text it stands in, its beginning, its end."""
    return (text << 64) + (start << 32) + end


class Concordance:
    """The words of several texts, with a wall between two texts that no term goes across."""

    def __init__(self, readings: Sequence[tuple[Zone, int, Reading]]) -> None:
        self._readings = readings
        keys: list[str] = []
        text_of: list[int] = []
        self._first: list[int] = []
        for number, (_, _, reading) in enumerate(readings):
            self._first.append(len(keys))
            keys += reading.keys
            keys.append("")
            text_of += [number] * (len(reading.keys) + 1)
        self._keys, self._text_of = tuple(keys), text_of
        self._asked = 0

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """Where each key stands."""
        places: dict[str, list[int]] = {}
        for at, key in enumerate(self._keys):
            if key in places:
                places[key].append(at)
            else:
                places[key] = [at]
        return places

    def _rarest(self, keys: tuple[str, ...]) -> tuple[list[int], int]:
        """Where the rarest of some keys stands, and which it is; nowhere where one of them stands nowhere.

        One query asks for a few keys, and looks through the words for each; many watches ask for many.
        """
        self._asked += len(keys)
        if self._asked > _FEW_KEYS or len(self._keys) > _SHORT:
            every = [self._places.get(key, []) for key in keys]
            lead = min(range(len(keys)), key=lambda i: len(every[i]))
            return every[lead], lead
        counts = list(map(self._keys.count, keys))
        lead = counts.index(min(counts))
        at: list[int] = []
        for _ in range(counts[lead]):
            at.append(self._keys.index(keys[lead], at[-1] + 1 if at else 0))
        return at, lead

    @cached_property
    def _exact(self) -> tuple[str, ...]:
        """Each word as a typed word with marks must be, the walls included."""
        words: list[str] = []
        for _, _, reading in self._readings:
            words += reading.exact_keys
            words.append("")
        return tuple(words)

    def find(self, term: Term) -> Places | None:
        """The places of a term of whole words (`term.keys`); None where it has none."""
        keys = term.keys
        rarest, lead = self._rarest(keys)
        # Words typed with marks are compared with marks at once; others by key, and then one by one.
        line, wanted = (self._exact, term.exact) if term.exact else (self._keys, keys)
        size, zone, look_closer = len(keys), term.zone, len(keys) > 1 or bool(term.held)
        order: list[int] = []
        spans: list[Span] = []
        for at_rarest in rarest:
            first = at_rarest - lead
            if first < 0 or line[first : first + size] != wanted:
                continue
            text = self._text_of[first]
            in_zone, caption, reading = self._readings[text]
            place = first - self._first[text]
            if (zone is not None and zone is not in_zone) or (
                look_closer and not _stands(term, place, reading)
            ):
                continue
            bounds = reading.untouched_bounds
            start, end = bounds[place][0], bounds[place + size - 1][1]
            order.append((text << 64) + (start << 32) + end)
            spans.append(Span(in_zone, caption, start, end, term.typed))
        return Places(tuple(order), tuple(spans)) if spans else None


def _stands(term: Term, place: int, reading: Reading) -> bool:
    """Whether words whose keys agree stand from word `place` on as typed and in one sentence."""
    for i, word in term.held:
        if not word.answers(reading.word(place + i)):
            return False
    bounds = reading.bounds
    end = bounds[place][1]
    for i in range(place + 1, place + len(term.keys)):
        before, (start, end) = end, bounds[i]
        if start - before > 1 and reading.sentence_ends(i):
            return False
    return True
