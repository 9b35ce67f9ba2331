"""Which articles are one story: a symmetric relation of two texts, and where a new article belongs.

Two articles are of one story when the shorter one's sentences stand, for the most part, in the other,
and they tell of no two events (`crawler.story.event`).
The relation looks at the two articles only, and a story is a connected component of it, so any order of
arrival gives the same stories (`docs/stories.md` has the one condition).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise
from typing import Protocol

from crawler.story.event import RECURS_AFTER, is_other_event
from crawler.story.fingerprint import (
    FACTS_SHIFT,
    TELLING,
    WEIGHT,
    CopiedSentence,
    Fingerprint,
    Sketch,
    sentences,
)

WINDOW_DAYS = 120
"""Copies stand at most this far apart: reprints come within weeks, an annual repeat after about 365 days."""
SAME_SHARE = 0.6
"""The share of the shorter text, by weight of whole sentences, from which two texts are one story."""
UNDATED_SHARE = 0.8
"""The same where a date is unknown, so that the window cannot tell a copy from an annual repeat."""
MIN_SHARED = 36
"""The weight that must be shared at least (a sentence of 20 syllables), something telling in it."""
WHOLE_SHARE, WHOLE_SHARED, WHOLE_FACTS = 0.9, 200, 2
"""A copy cut down to sentences of which none tells: nearly all of it, this much weight, facts in so many of them."""
EDITED_LIKENESS = 0.7
"""Two sentences with the same facts are one, edited, from this Dice coefficient of their syllable pairs."""
QUOTED_WEIGHT = 28
"""A digest that shares this much (a sentence of 12 syllables) with an article quotes its story."""
POSTINGS = 32
"""Articles looked at under one index key: more carry it only when it is a formula, or one huge story."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much two texts share, by weight of whole sentences."""

    shared: int
    shorter: int
    longer: int
    telling: bool
    """Whether a shared sentence holds telling facts."""
    with_facts: int = 0
    """Shared sentences that hold any."""

    @property
    def containment(self) -> float:
        """The share of the shorter text that stands in the longer one."""
        return self.shared / self.shorter if self.shorter else 0.0

    @property
    def coverage(self) -> float:
        """The share of the longer text that stands in the shorter one."""
        return self.shared / self.longer if self.longer else 0.0


def compare_sketches(a: Sketch, b: Sketch) -> Likeness:
    """The likeness by sentences that are equal after folding; symmetric."""
    common = a.marks.keys() & b.marks.keys()
    shorter, longer = sorted((a.weight, b.weight))
    return Likeness(
        shared=sum([a.marks[h] & WEIGHT for h in common]),
        shorter=shorter,
        longer=longer,
        telling=any(a.marks[h] & TELLING for h in common),
        with_facts=sum([a.marks[h] >> FACTS_SHIFT != 0 for h in common]),
    )


def most_shared(a: Sketch, b: Sketch) -> int:
    """The most that the texts can share were every sentence with the same facts the same, edited; symmetric."""
    common = a.marks.keys() & b.marks.keys()
    shared = sum([a.marks[h] & WEIGHT for h in common])
    return shared + max(_same_facts(a, b, common), _same_facts(b, a, common))


def _same_facts(a: Sketch, b: Sketch, common: Collection[int]) -> int:
    facts = {m >> FACTS_SHIFT for h, m in b.marks.items() if h not in common} - {0}
    return sum([m & WEIGHT for h, m in a.marks.items() if h not in common and m >> FACTS_SHIFT in facts])


def compare_texts(a: Sequence[CopiedSentence], b: Sequence[CopiedSentence]) -> Likeness:
    """The likeness that also counts edited sentences: same facts, nearly the same words; symmetric.

    A sentence without figures or names is never taken for an edited one: the genre has too many of its kind.
    """
    shorter, longer = sorted((_once(a), _once(b)), key=_size)
    shared = sum(s.weight for words, s in shorter.items() if words in longer)
    telling = any(s.telling for words, s in shorter.items() if words in longer)
    rest: dict[tuple[str, ...], list[CopiedSentence]] = defaultdict(list)
    for words, sentence in longer.items():
        if words not in shorter and sentence.facts:
            rest[tuple(sorted(sentence.facts))].append(sentence)
    for words, sentence in shorter.items():
        if words in longer or not sentence.facts:
            continue
        others = rest.get(tuple(sorted(sentence.facts)), ())
        if any(dice(words, other.words) >= EDITED_LIKENESS for other in others):
            shared += sentence.weight
            telling = telling or sentence.telling
    return Likeness(
        shared=shared,
        shorter=sum(s.weight for s in shorter.values()),
        longer=sum(s.weight for s in longer.values()),
        telling=telling,
    )


def dice(a: str, b: str) -> float:
    """Dice coefficient of two sentences' neighbouring syllable pairs, 0 to 1.

    >>> dice("trao huy hieu dang cho ba", "trao huy hieu dang cho bon")
    0.8
    """
    left, right = (Counter(pairwise(s.split(" "))) for s in (a, b))
    total = left.total() + right.total()
    return 2 * (left & right).total() / total if total else float(a == b)


def _size(found: dict[str, CopiedSentence]) -> tuple[int, list[str]]:
    """Orders two texts by length, and equal lengths by their words, so that neither argument comes first."""
    return sum(s.weight for s in found.values()), sorted(found)


def _once(found: Iterable[CopiedSentence]) -> dict[str, CopiedSentence]:
    return {s.words: s for s in found}


def in_window(a: int | None, b: int | None) -> bool:
    """Whether two days (ordinals) may belong to copies of one text; an unknown day may."""
    return a is None or b is None or abs(a - b) <= WINDOW_DAYS


def is_same_story(likeness: Likeness, *, dated: bool, digest: bool) -> bool:
    """Whether the likeness of two articles makes them one story.

    `dated`: both days are known. `digest`: exactly one of the two is a round-up; it is then the other's story
    only when most of it is, since the items of a digest would otherwise join all of its stories into one.
    """
    share = SAME_SHARE if dated else UNDATED_SHARE
    measure = likeness.coverage if digest else likeness.containment
    if not likeness.telling:
        return (
            measure >= WHOLE_SHARE and likeness.shared >= WHOLE_SHARED and likeness.with_facts >= WHOLE_FACTS
        )
    return likeness.shared >= MIN_SHARED and measure >= share


def relate(
    a: Sketch, a_text: Callable[[], str], b: Sketch, b_text: Callable[[], str], *, gap: int | None
) -> tuple[Likeness, bool]:
    """How alike two articles are, and whether they are one story; symmetric.

    The texts are asked for only where edited sentences, or what tells two events apart, could decide.
    `gap`: days from the publication of `a` to that of `b`; None where either is unknown.
    """
    digest, dated = a.roundup != b.roundup, gap is not None
    likeness = compare_sketches(a, b)
    same = is_same_story(likeness, dated=dated, digest=digest)
    if not same and not digest and most_shared(a, b) >= SAME_SHARE * likeness.shorter > 0:
        likeness = compare_texts(sentences(a_text()), sentences(b_text()))
        same = is_same_story(likeness, dated=dated, digest=digest)
    if same and not digest and (_recurs(gap) or _each_tells_more(a, b)):
        same = not is_other_event(a_text(), b_text(), gap=gap)
    return likeness, same


def _recurs(gap: int | None) -> bool:
    return gap is not None and abs(gap) >= RECURS_AFTER


def _each_tells_more(a: Sketch, b: Sketch) -> bool:
    """Whether each text has a telling sentence that the other has not: only then can they report two events."""
    return _tells_more(a, b) and _tells_more(b, a)


def _tells_more(a: Sketch, b: Sketch) -> bool:
    return any(mark & TELLING for sentence, mark in a.marks.items() if sentence not in b.marks)


def is_quoted(likeness: Likeness) -> bool:
    """Whether a round-up and an article share enough for the one to quote the other."""
    return likeness.telling and likeness.shared >= QUOTED_WEIGHT


def quotes(a: Sketch, b: Sketch) -> bool:
    """Whether exactly one of two articles is a round-up, and it quotes the other; symmetric."""
    return a.roundup != b.roundup and is_quoted(compare_sketches(a, b))


@dataclass(frozen=True, slots=True)
class SimilarCandidate:
    """An article of the index that shares a key with the new one."""

    article: int
    story: int
    day: int | None
    keys: Collection[int]
    """The keys it shares."""


class StoryIndex(Protocol):
    """What `place` asks of an index; the store's tables and the file's own index answer alike."""

    def candidates(self, fingerprint: Fingerprint) -> Iterable[SimilarCandidate]:
        """Articles in the window that share one of `keys` or `bands`; at any date those that share `whole`.

        At most `POSTINGS` for each key; an unknown day, on either side, is within the window.
        """

    def sketch(self, article: int) -> Sketch:
        """The sketch of an article of the index."""

    def text(self, article: int) -> str:
        """The corpus text of an article of the index; asked for only where sentences may have been edited."""


@dataclass(frozen=True, slots=True)
class Match:
    """One article that decided, with the figure that did."""

    article: int
    story: int
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a new article belongs."""

    joins: tuple[Match, ...] = ()
    """One article of each story it belongs to, likest first. None: a new story; several: these are merged."""
    quotes: tuple[Match, ...] = ()
    """Articles it quotes, or that quote it, where one of the two is a round-up: linked, never joined."""
    kept_apart: tuple[Match, ...] = ()
    """Stories it would have joined had a person not split them from one it joins."""

    @property
    def stories(self) -> tuple[int, ...]:
        """The stories to join, likest first."""
        return tuple(m.story for m in self.joins)


def place(
    new: Fingerprint,
    text: Callable[[], str],
    index: StoryIndex,
    *,
    apart: Callable[[int, int], bool] = lambda a, b: False,
) -> Placement:
    """Where the article with fingerprint `new` belongs among those of `index`.

    `text()` gives its corpus text when it is needed. `apart(a, b)` says that a person split stories a and b:
    they are never joined by an article, which then goes to the one it is likest.
    """
    own = cache(text)
    joins: dict[int, Match] = {}
    quotes: list[Match] = []
    found = sorted(index.candidates(new), key=lambda c: (-len(c.keys), c.article))
    for candidate in found:
        if candidate.story in joins:
            continue
        other = index.sketch(candidate.article)
        digest = new.sketch.roundup != other.roundup
        gap = None if new.day is None or candidate.day is None else candidate.day - new.day
        theirs = cache(partial(index.text, candidate.article))
        likeness, same = relate(new.sketch, own, other, theirs, gap=gap)
        match = Match(candidate.article, candidate.story, likeness)
        if same:
            joins[candidate.story] = match
        elif digest and is_quoted(likeness):
            quotes.append(match)
    return _settle(joins.values(), quotes, apart)


def _settle(
    matches: Iterable[Match], quotes: Sequence[Match], apart: Callable[[int, int], bool]
) -> Placement:
    """The joins likest first; a story that was split by hand from one already taken is left alone."""
    joins: list[Match] = []
    left: list[Match] = []
    for match in sorted(matches, key=lambda m: (-m.likeness.containment, -m.likeness.coverage, m.story)):
        clash = any(apart(match.story, taken.story) for taken in joins)
        (left if clash else joins).append(match)
    taken_stories = {m.story for m in joins}
    linked = tuple(q for q in quotes if q.story not in taken_stories)
    return Placement(tuple(joins), linked, tuple(left))
