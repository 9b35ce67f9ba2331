"""The sentence that matched, cut out of an article for a reader, with the words marked. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crawler.text.abbreviations import shortens
from crawler.text.sentences import SHOWN_END

Span = tuple[int, int]
Segments = tuple[tuple[str, bool], ...]
"""Pieces of a text in order, each with whether it is marked."""

LONGEST = 320
"""Characters of a passage: four lines on a phone."""

_INITIAL = re.compile(r"\b[A-ZĐ]\Z")
"""A name's first letter: a full stop behind it ends no sentence, as none does in "TP. Cao Lãnh"."""


def sentences(text: str) -> list[Span]:
    """Where the sentences of a text begin and end.

    >>> [("Họp ở TP. Xa. Rồi về.")[a:b] for a, b in sentences("Họp ở TP. Xa. Rồi về.")]
    ['Họp ở TP. Xa.', 'Rồi về.']
    """
    found: list[Span] = []
    start = 0
    for match in SHOWN_END.finditer(text):
        follows = match[1]
        if "\n" not in match.group() and (not follows.isupper() or _goes_on(text, match.start())):
            continue
        found.append((start, match.end()))
        start = match.end()
    found.append((start, len(text)))
    return [trimmed for a, b in found if (trimmed := _trim(text, a, b))[0] < trimmed[1]]


def _goes_on(text: str, stop: int) -> bool:
    return text[stop] == "." and (
        shortens(text, stop) or _INITIAL.search(text[max(0, stop - 2) : stop]) is not None
    )


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


def opening(text: str, spans: Sequence[Span], longest: int) -> Segments:
    """How a text begins, the spans marked: whole sentences where they fill the room well, else cut between words.

    >>> opening("Trời đẹp hôm nay. Đại hội khai mạc vào buổi sáng.", [(18, 25)], 30)
    (('Trời đẹp hôm nay. ', False), ('Đại hội', True), (' khai', False), (' …', False))
    """
    text = text.rstrip()
    if len(text) <= longest:
        return mark(text, spans)
    ends = [b for _, b in sentences(text) if _FULL * longest <= b <= longest]
    end = ends[-1] if ends else max(text.rfind(" ", 0, longest + 1), 0) or longest
    shown = mark(
        text[:end].rstrip(_LOOSE) if not ends else text[:end], [(a, b) for a, b in spans if b <= end]
    )
    return shown if ends else (*shown, (" …", False))


def around(segments: Segments, longest: int) -> Segments:
    """At most `longest` characters of a marked sentence, its first mark among them; without marks its beginning.

    >>> around((("Sau cơn mưa, ", False), ("Đại hội", True), (" khai mạc.", False)), 18)
    (('… ', False), ('mưa, ', False), ('Đại hội', True), (' …', False))
    """
    text = "".join(piece for piece, _ in segments).removeprefix("… ").removesuffix(" …")
    spans = spans_of(segments)
    if not spans:
        return clip(segments, longest)
    if len(text) <= longest:  # the ellipses around it are not counted, here as below
        return segments
    start, end = _window(text, 0, len(text), spans[0], longest)
    inside = [(a - start, b - start) for a, b in spans if start <= a and b <= end]
    return _with_dots(mark(text[start:end], inside), before=start > 0, after=end < len(text))


def spans_of(segments: Segments) -> list[Span]:
    """Where the marks stand in the text, an ellipsis before it not counted."""
    spans: list[Span] = []
    at = -2 if segments and segments[0] == ("… ", False) else 0
    for piece, marked in segments:
        if marked:
            spans.append((at, at + len(piece)))
        at += len(piece)
    return spans


def clip(segments: Segments, longest: int) -> Segments:
    """The first `longest` characters of marked text, cut between words.

    >>> clip((("Sáng nay, ", False), ("Đại hội", True), (" khai mạc.", False)), 21)
    (('Sáng nay, ', False), ('Đại hội', True), (' …', False))
    """
    text = "".join(piece for piece, _ in segments)
    if len(text) <= longest:
        return segments
    end = max(text.rfind(" ", 0, longest + 1), 0) or longest
    kept: list[tuple[str, bool]] = []
    at = 0
    for piece, marked in segments:
        if (
            part := piece[: max(0, end - at)].rstrip(_LOOSE) if at + len(piece) >= end else piece
        ) and at < end:
            kept.append((part, marked))
        at += len(piece)
    return (*kept, (" …", False))


_LOOSE = " …,;:–-"
"""What is not left hanging before an ellipsis."""
_FULL = 0.7
"""How much of the room whole sentences must fill to be left uncut."""


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
