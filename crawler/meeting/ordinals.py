"""Vietnamese ordinals: Arabic, Roman and in words (`lần thứ tư`, `lần thứ XXIV`, `thứ hai mươi mốt`)."""

from __future__ import annotations

import re

_UNITS = {
    "nhất": 1, "một": 1, "mốt": 1, "hai": 2, "ba": 3, "tư": 4, "bốn": 4, "năm": 5, "lăm": 5,
    "sáu": 6, "bảy": 7, "bẩy": 7, "tám": 8, "chín": 9, "mười": 10,
}  # fmt: skip
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_ROMAN_SHAPE = re.compile(r"(?:c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})")

ORDINAL = (
    r"(?:\d{1,3}(?![\d/])|[ivxlc]+(?!\w)"
    r"|(?:hai|ba|bốn|năm|sáu|bảy|tám|chín) mươi(?: (?:mốt|một|hai|ba|tư|bốn|lăm|năm|sáu|bảy|tám|chín)(?!\w))?"
    r"|mười(?: (?:một|hai|ba|tư|bốn|lăm|năm|sáu|bảy|tám|chín)(?!\w))?(?!\w)"
    r"|(?:nhất|một|hai|ba|tư|bốn|năm|sáu|bảy|bẩy|tám|chín)(?!\w))"
)
"""A regular expression for one ordinal in a lower-case key."""


def ordinal(words: str) -> int | None:
    """The number that a lower-case ordinal means, or None where it is none.

    >>> [ordinal(w) for w in ("18", "xxiv", "tư", "hai mươi mốt", "mười", "nhất", "iiii")]
    [18, 24, 4, 21, 10, 1, None]
    """
    words = words.strip()
    if words.isascii() and words.isdigit():
        return int(words) or None
    if words and not words.strip("ivxlc") and _ROMAN_SHAPE.fullmatch(words):
        values = [_ROMAN[c] for c in words]
        return sum(-v if v < max(values[i:]) else v for i, v in enumerate(values))
    parts = words.split()
    if len(parts) == 1:
        return _UNITS.get(words)
    if len(parts) >= 2 and parts[1] == "mươi" and parts[0] in _UNITS:
        return _UNITS[parts[0]] * 10 + (_UNITS.get(parts[2], 0) if len(parts) > 2 else 0)
    if len(parts) == 2 and parts[0] == "mười" and parts[1] in _UNITS:
        return 10 + _UNITS[parts[1]]
    return None
