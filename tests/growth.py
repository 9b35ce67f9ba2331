"""Grows an input made of one opener, and sees whether the processor's time grows with it.

Whoever prints a page, a feed or a mail chooses what it is made of. A search that looks ahead from every opening to the
end of the text, or a loop that copies what it has seen, takes a hundred times as long on ten times the input; one page
then holds a worker, or the whole crawl. So every public function over outside text is grown here:

1. Openers are what its own expressions begin with. `openers_of` reads them out of the compiled patterns of a module
   (also inside its tuples, lists and mappings), so that a new expression is tried without a word in a test. What loops
   and not expressions look for is added by hand.
2. `grow` makes inputs of 2,500 characters of the opener, then of ten times as much, then of ten times that, and stops
   where the answer is clear: a step has taken `CLEAR` seconds, or the largest input has been reached. With `quick`, for
   hundreds of openers in a costly function, also where ten times the smallest input took next to no time.
3. A step may take `MOST` times the one before, thirty for ten times the input: linear work takes ten, sorting twelve,
   quadratic work a hundred. Steps under `TOO_FAST` seconds tell nothing, for the clock's own grain is in them. A step
   that fails is measured again, the best of both, so that a busy machine fails nothing.

A function is grown in a test as `grow(fold, opener)`, or, where the opener stands in something larger, as
`grow(lambda text: read(page_of(text)), opener)`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from re import _constants as sre  # type: ignore[attr-defined]  # the parse of a pattern has no public door
from re import _parser as parser  # type: ignore[attr-defined]
from types import ModuleType
from typing import Any

SMALLEST, LARGEST, STEP = 2_500, 250_000, 10
MOST = 30
CLEAR = 0.3
TOO_FAST = 0.02
_VARIANTS = 12
"""Most ways in which one expression is opened: enough for its alternatives, few enough to try them all."""
_ENDLESS = 100
"""Repeats of an expression from which on its search is not held to be short."""
_REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT)
_CATEGORIES = {sre.CATEGORY_DIGIT: "1", sre.CATEGORY_SPACE: " ", sre.CATEGORY_WORD: "a",
               sre.CATEGORY_NOT_DIGIT: "a", sre.CATEGORY_NOT_SPACE: "a", sre.CATEGORY_NOT_WORD: "."}  # fmt: skip


@dataclass(frozen=True)
class Growth:
    """How the time of one function grew on inputs made of one opener."""

    opener: str
    steps: tuple[tuple[int, float], ...]
    """(characters, seconds of the processor), the smaller input first."""

    @property
    def worst(self) -> float:
        """The largest factor between two steps of ten times the input; 0 where all of them were too fast to tell."""
        pairs = zip(self.steps, self.steps[1:], strict=False)
        return max((b / max(a, TOO_FAST / STEP) for (_, a), (_, b) in pairs if b > TOO_FAST), default=0.0)

    @property
    def linear(self) -> bool:
        """Whether no step took more than `MOST` times the one before."""
        return self.worst <= MOST

    def __str__(self) -> str:
        told = ", ".join(f"{size:,} characters {seconds:.3f} s" for size, seconds in self.steps)
        return f"{self.opener!r}: {told} (×{self.worst:.0f})"


def grow(
    call: Callable[[str], object], opener: str, *, largest: int = LARGEST, quick: bool = False
) -> Growth:
    """The growth of `call` on repetitions of `opener`, measured up to `largest` characters of them."""
    steps: list[tuple[int, float]] = []
    size = SMALLEST
    while size <= largest:
        text = opener * max(1, size // len(opener))
        steps.append((size, _seconds(call, text)))
        if not Growth(opener, tuple(steps)).linear:
            again = _seconds(call, text)
            steps[-1] = (size, min(steps[-1][1], again))
        idle = quick and len(steps) > 1 and steps[-1][1] < TOO_FAST
        if idle or steps[-1][1] > CLEAR or not Growth(opener, tuple(steps)).linear:
            break
        size *= STEP
    return Growth(opener, tuple(steps))


def too_steep(
    call: Callable[[str], object], openers: Iterable[str], *, largest: int = LARGEST, quick: bool = False
) -> list[str]:
    """What `call` takes too long for, told for the reader of a failed test; empty where all growth is linear."""
    return [
        str(growth) for o in openers if not (growth := grow(call, o, largest=largest, quick=quick)).linear
    ]


def _seconds(call: Callable[[str], object], text: str) -> float:
    start = time.process_time()
    call(text)
    return time.process_time() - start


def openers_of(*modules: ModuleType) -> tuple[str, ...]:
    """What the compiled expressions of the modules match, and what leads into each endless repeat in them.

    Where a repeat begins, a search starts anew at every place of the input. Each opener once, in a fixed order; of
    those that differ in white space around them, one.

    >>> import types
    >>> module = types.ModuleType("m")
    >>> module.COMMENT = re.compile(r"<!--.*?-->|<%(?:of|to)%>")
    >>> openers_of(module)
    ('<!--a', '<!--a-->')
    """
    found = (
        opener for module in modules for pattern in _patterns(vars(module)) for opener in _openers(pattern)
    )
    return tuple({opener.strip() or opener: opener for opener in found if opener}.values())


def _patterns(value: Any) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _patterns(item)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _patterns(item)


def _openers(pattern: re.Pattern[Any]) -> Iterator[str]:
    source = pattern.pattern
    text = source.decode("latin-1") if isinstance(source, bytes) else source
    items = list(parser.parse(text, pattern.flags & (re.X | re.I | re.S | re.M)))
    yield from _before_repeats(items, "")
    yield _sequence(items)[0]


def _before_repeats(items: Iterable[Any], before: str) -> Iterator[str]:
    """What leads to each repeat without a near end, with one round of it."""
    for kind, value in items:
        if kind is sre.BRANCH:
            for branch in value[1]:
                yield from _before_repeats(branch, before)
        elif kind in (sre.SUBPATTERN, sre.ATOMIC_GROUP):
            yield from _before_repeats(value[-1] if kind is sre.SUBPATTERN else value, before)
        elif kind in _REPEATS:
            _, most, inner = value
            if most >= _ENDLESS:
                yield before + _sequence(inner)[0]
            yield from _before_repeats(inner, before)
        before += _ways((kind, value))[0]


def _sequence(items: Iterable[Any]) -> list[str]:
    """Ways to match items that follow each other: the first way of each, then one after another in another way."""
    ways = [_ways(item) for item in items]
    first = "".join(way[0] for way in ways)
    others = [
        "".join(other if at == place else way[0] for at, way in enumerate(ways))
        for place, own in enumerate(ways)
        for other in own[1:]
    ]
    return [first, *others][:_VARIANTS]


def _ways(item: Any) -> list[str]:
    kind, value = item
    if kind is sre.LITERAL:
        return [chr(value)]
    if kind is sre.NOT_LITERAL:
        return ["a" if value != ord("a") else "b"]
    if kind is sre.ANY:
        return ["a"]
    if kind is sre.IN:
        return [_member(value)]
    if kind is sre.BRANCH:
        return [way for branch in value[1] for way in _sequence(branch)[:2]][:_VARIANTS]
    if kind is sre.SUBPATTERN:
        return _sequence(value[-1])
    if kind is sre.ATOMIC_GROUP:
        return _sequence(value)
    if kind in _REPEATS:
        least, _, what = value
        return [way * max(1, min(least, 50)) for way in _sequence(what)]
    return [""]


def _member(members: Any) -> str:
    """A character of a set; of one that only excludes, a letter, a space or a mark it does not name."""
    negated = members[0][0] is sre.NEGATE
    chosen = [c for kind, value in members if (c := _character(kind, value)) is not None]
    if not negated:
        return chosen[0] if chosen else "a"
    ranges = [value for kind, value in members if kind is sre.RANGE]
    taken = set(chosen) | {c for c in "a .1<" if any(lo <= ord(c) <= hi for lo, hi in ranges)}
    return next((c for c in "a .1<" if c not in taken), "x")


def _character(kind: Any, value: Any) -> str | None:
    if kind is sre.LITERAL:
        return chr(value)
    if kind is sre.RANGE:
        return chr(value[0])
    return _CATEGORIES.get(value) if kind is sre.CATEGORY else None
