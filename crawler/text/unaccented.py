"""A text and its search key of the same reading, so that rules are written once for every spelling.

The key is lower case without any Vietnamese mark, with one kind of dash, quote and space; combining marks and
zero-width characters have no place in it. NFC, NFD, half-composed, capital, OCR-worn and unaccented input
therefore meet the same patterns, and `PressText.span` leads from the key back to code points of the text AS GIVEN.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from crawler.text.charmap import Letters
from crawler.text.normal import modern_tone, nfc

_DASHES = "‐‑‒–—―−﹣－"
_DOUBLE_QUOTES = "“”„‟«»″＂"
_SINGLE_QUOTES = "‘’‚‛′`´"
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_FIXED = (
    dict.fromkeys(_DASHES, "-")
    | dict.fromkeys(_DOUBLE_QUOTES, '"')
    | dict.fromkeys(_SINGLE_QUOTES, "'")
    | dict.fromkeys(_INVISIBLE, "")
    | dict.fromkeys("\r\x0b\x0c\x85\u2028\u2029", "\n")
    | dict.fromkeys("\u00d0\u00f0đĐ", "d")
)


def _key_letter(char: str) -> str:
    """The key character of a character, or nothing."""
    if (fixed := _FIXED.get(char)) is not None:
        return fixed
    if unicodedata.combining(char):
        return ""
    if char.isspace():
        return "\n" if char == "\n" else " "
    if "\uff01" <= char <= "\uff5e":  # full-width ASCII
        return chr(ord(char) - 0xFEE0).lower()
    return unicodedata.normalize("NFD", char)[0].lower()[:1]


_KEYS = Letters(_key_letter)


@dataclass(frozen=True, slots=True)
class PressText:
    """A text as given with its key; make one with `PressText.of`."""

    raw: str
    key: str
    offsets: Sequence[int] | None
    """`offsets[i]` is where key character `i` stands in `raw`; None where the two run in step."""

    @classmethod
    def of(cls, raw: str) -> PressText:
        """The view of `raw`, in time linear in its length."""
        key = _KEYS(raw)
        if len(key) == len(raw):
            return cls(raw, key, None)
        return cls(raw, key, [i for i, char in enumerate(raw) if _KEYS[ord(char)]])

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Code points of `raw` behind `key[start:end]` (not empty), the combining marks of its last letter included."""
        if self.offsets is None:
            return start, end
        last = self.offsets[end - 1] + 1
        while last < len(self.raw) and unicodedata.combining(self.raw[last]):
            last += 1
        return self.offsets[start], last

    def slice(self, start: int, end: int) -> str:
        """`key[start:end]` as printed, in NFC and without zero-width characters: for reading letters and accents."""
        if start >= end:
            return ""
        if self.offsets is None:
            return nfc(self.raw[start:end])
        first, last = self.span(start, end)
        return nfc("".join(c for c in self.raw[first:last] if c not in _INVISIBLE))

    def at(self, raw_offset: int) -> int:
        """The key position of a code point of `raw`."""
        return raw_offset if self.offsets is None else bisect_left(self.offsets, raw_offset)

    def is_upper(self, position: int) -> bool:
        """Whether the letter behind `key[position]` is a capital."""
        return self.raw[position if self.offsets is None else self.offsets[position]].isupper()


def key_of(words: str) -> str:
    """Words as they stand in a key.

    >>> key_of("Đảng ủy – T.Ư")
    'dang uy - t.u'
    """
    return _KEYS(words)


def any_of(words: Iterable[str]) -> str:
    """A regex alternative of words for a key, longest first, one or two spaces between syllables."""
    ordered = sorted({key_of(w) for w in words}, key=lambda w: (-len(w), w))
    return "|".join(re.escape(w).replace("\\ ", " {1,2}") for w in ordered)


def accented(words: Iterable[str]) -> frozenset[str]:
    """Words in the form `printed_in` compares: lower case, newer tone placement."""
    return frozenset(modern_tone(nfc(w).lower()) for w in words)


def printed_in(text: PressText, start: int, end: int, words: Collection[str]) -> bool:
    """Whether what is printed at `key[start:end]` is one of `accented(...)` words; a text without marks always is."""
    return text.raw.isascii() or modern_tone(" ".join(text.slice(start, end).lower().split())) in words
