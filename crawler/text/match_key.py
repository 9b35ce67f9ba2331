"""A field made ready for reading: NFC, a lower-case key of the same length, and the way back.

The rules of `dates.prose`, `organisations` and `meetings` match on `key` and quote from `text`; both have the
same length, so one pair of offsets serves for both. `Keyed.span` leads back into the field as it was given (NFD too).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from crawler.text.abbreviations import shortens, without_dots
from crawler.text.charmap import Letters
from crawler.text.normal import compose_with_offsets, is_nfc, modern_tone, nfc

# Typography that means the same; every replacement is one character long, because offsets must survive.
_ONE_KIND = str.maketrans(
    dict.fromkeys("‐‑‒–—―−﹣－", "-")
    | dict.fromkeys("“”„‟«»″", '"')
    | dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2007\u2009\u202f\u3000\t", " ")
)
_one_kind = Letters(lambda char: char.translate(_ONE_KIND))
# A line break or a stop: one set at the front, because the engine skips to what a pattern opens with.
# A row of stops is tried at its first one only, and nothing is given back: `.` a hundred thousand times is one look.
_END = re.compile(r"[.!?…\n](?:(?<=\n)\n*+|(?<!\n)(?<![.!?…].)[.!?…]*+[\"”’)]*+(?=\s))")


@dataclass(frozen=True, slots=True)
class Keyed:
    """One field: `text` in NFC, `key` lower case with one kind of dash, quote, space and tone placement."""

    text: str
    key: str
    offsets: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the field as given of `text[start:end]`."""
        return self.offsets[start], self.offsets[end]


@lru_cache(maxsize=8)  # title, lead and text of one article are read by meetings and by topics
def keyed(field: str) -> Keyed:
    """The field ready for reading.

    >>> k = keyed("Uỷ ban – TP.X")
    >>> k.text, k.key
    ('Uỷ ban – TP.X', 'ủy ban - tp x')
    """
    if is_nfc(field):
        text = nfc(field)  # the Vietnamese Ð, one character for another
        offsets: Sequence[int] = range(len(text) + 1)
    else:
        composed = compose_with_offsets(field)
        text, offsets = composed.key, composed.offsets
    lowered = text.lower()
    if len(lowered) != len(text):  # İ is the one letter whose lower case is longer
        lowered = "".join(c if len(c.lower()) != 1 else c.lower() for c in text)
    return Keyed(text, without_dots(_one_kind(modern_tone(lowered)), text), offsets)


def sentences(reading: Keyed, limit: int | None = None) -> Iterator[tuple[int, int]]:
    """Spans of the sentences that begin before `limit`, in order, without surrounding space; a line break ends one.

    >>> k = keyed("TTXVN - Ngày 29/4, Tỉnh ủy họp. Đồng chí A chủ trì.")
    >>> [k.text[a:b] for a, b in sentences(k)]
    ['TTXVN - Ngày 29/4, Tỉnh ủy họp.', 'Đồng chí A chủ trì.']
    """
    start = 0
    for m in _END.finditer(reading.key):
        if limit is not None and start >= limit:
            return
        if shortens(reading.key, m.end() - 1):
            continue
        yield from _trimmed(reading.text, start, m.end())
        start = m.end()
    yield from _trimmed(reading.text, start, len(reading.text))


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end
