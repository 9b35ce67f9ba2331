"""The sentence that matched, cut out of an article for a reader, with the words marked. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

Span = tuple[int, int]
Segments = tuple[tuple[str, bool], ...]
"""Pieces of a text in order, each with whether it is marked."""

LONGEST = 320
"""Characters of a passage: four lines on a phone."""

_BREAK = re.compile(r"[.!?…]+[\"”’»)\]]*\s+(?=[\"“‘«(\[]*([^\W\d_]))|\n+")
# A full stop that ends no sentence: initials and titles ("TP. Cao Lãnh", "Th.S. Nguyễn").
_NO_END = re.compile(r"(?:\b(?:TP|TX|TT|PGS|GS|TS|ThS|Th\.S|BS|KS|CN|Tr|Mr|Ms|St|No)|\b[A-ZĐ])\.\s*$")

_LONGEST_TITLE = 12
"""Characters looked back for one of these."""


def sentences(text: str) -> list[Span]:
    """Where the sentences of a text begin and end.

    >>> [("Họp ở TP. Xa. Rồi về.")[a:b] for a, b in sentences("Họp ở TP. Xa. Rồi về.")]
    ['Họp ở TP. Xa.', 'Rồi về.']
    """
    found: list[Span] = []
    start = 0
    for match in _BREAK.finditer(text):
        follows = match[1]
        if "\n" not in match.group() and (
            not follows.isupper()
            or _NO_END.search(text[max(start, match.end() - _LONGEST_TITLE) : match.end()])
        ):
            continue
        found.append((start, match.end()))
        start = match.end()
    found.append((start, len(text)))
    return [trimmed for a, b in found if (trimmed := _trim(text, a, b))[0] < trimmed[1]]


def passage(text: str, spans: Sequence[Span], longest: int = LONGEST) -> Segments:
    """The first sentence that carries most of the spans, cut to `longest` around its first mark.

    Without spans: the beginning of the text.

    >>> passage("Trời đẹp. Đại hội khai mạc.", [(10, 17)])
    (('Đại hội', True), (' khai mạc.', False))
    """
    whole = sentences(text)
    if not whole:
        return ()
    inside = [sum(a <= start and end <= b for start, end in spans) for a, b in whole]
    a, b = whole[inside.index(max(inside))]
    marks = [(start, end) for start, end in spans if a <= start and end <= b]
    start, end = _window(text, a, b, marks[0] if marks else (a, a), longest)
    segments = mark(text[start:end], [(x - start, y - start) for x, y in marks if start <= x and y <= end])
    return _with_dots(segments, before=start > a, after=end < b)


def mark(text: str, spans: Sequence[Span]) -> Segments:
    """The whole text cut at the spans; overlapping ones are one.

    >>> mark("abcdef", [(1, 3), (2, 4)])
    (('a', False), ('bcd', True), ('ef', False))
    """
    pieces: list[tuple[str, bool]] = []
    at = 0
    for start, end in _merged(spans):
        pieces += [(text[at:start], False), (text[start:end], True)]
        at = end
    pieces.append((text[at:], False))
    return tuple((piece, marked) for piece, marked in pieces if piece)


def _merged(spans: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _trim(text: str, a: int, b: int) -> Span:
    while a < b and text[a].isspace():
        a += 1
    while b > a and text[b - 1].isspace():
        b -= 1
    return a, b


def _window(text: str, a: int, b: int, first: Span, longest: int) -> Span:
    """At most `longest` characters of a sentence, a third of them before the mark, cut between words."""
    if b - a <= longest:
        return a, b
    start = max(a, min(first[0] - longest // 3, b - longest))
    end = min(b, start + longest)
    if start > a and (space := text.find(" ", start, first[0])) >= 0:
        start = space + 1
    if end < b and (space := text.rfind(" ", first[1], end)) >= 0:
        end = space
    return start, end


def _with_dots(segments: Segments, *, before: bool, after: bool) -> Segments:
    head: Segments = (("… ", False),) if before else ()
    tail: Segments = ((" …", False),) if after else ()
    return (*head, *segments, *tail)
