"""Abbreviations that end in a full stop, which ends neither a name nor a sentence: "TP. Huế", "P. 4", "ThS. Hà".

One list for everything that reads prose. Words stand in lower case without marks and without their stop.
"""

from __future__ import annotations

import re

PLACE_LEVELS: dict[str, str] = {
    "tp": "thành phố", "tx": "thị xã", "tt": "thị trấn", "p": "phường", "q": "quận", "h": "huyện", "x": "xã",
}  # fmt: skip
"""Levels of places, as they stand before a name: "TX. Đông Lĩnh"."""
TITLES = frozenset({"ths", "ts", "gs", "pgs", "bs", "bsck", "ks", "cn", "dr", "mr", "ms", "st", "tr", "nxb"})
"""Academic titles and other words the press shortens before a name or a number."""
SHORTENED = frozenset(PLACE_LEVELS) | TITLES
CITY_NAMES: dict[str, str] = {"hcm": "Hồ Chí Minh", "hn": "Hà Nội"}
"""Names of cities that are shortened behind their level: "TP.HCM", "TPHCM"."""

LEVEL_DOTS = rf"(?:{'|'.join(sorted(PLACE_LEVELS, key=lambda w: (-len(w), w)))})\."
"""A pattern for a level with its full stop, in a lower-case key."""
_LONGEST = max(map(len, SHORTENED)) + 1
_LAST_WORD = re.compile(r"(?<![^\W_])[^\W_]+\Z")


def shortens(text: str, stop: int) -> bool:
    """Whether the full stop at `text[stop]` ends an abbreviation of the list and no sentence. Any case.

    >>> shortens("Thành ủy TP. Huế", 11), shortens("Bế mạc hội nghị. Sau đó", 15), shortens("Tp.HCM", 2)
    (True, False, True)
    """
    word = _LAST_WORD.search(text[max(0, stop - _LONGEST) : stop])
    return text[stop] == "." and word is not None and word.group().lower() in SHORTENED


# Looked for by its dot: one place in a hundred, where the words before it are then looked at.
_DOT = re.compile(r"\.(?=\s?\w)")
_CENTRE = re.compile(r"(?<![\w.])t\.[ưw](?!\w)")


def without_dots(key: str, text: str) -> str:
    """The lower-case key of a text with a space for the stop of each abbreviation before a word; as long as before.

    A single letter (`P. 4`) counts only in capitals and before a name or number: a letter may end a sentence. `T.Ư`
    becomes `tw `, so that the Centre is spelled in one way.

    >>> without_dots("ở tp.hcm, p. 4 và bch t.ư đảng", "Ở TP.HCM, P. 4 và BCH T.Ư Đảng")
    'ở tp hcm, p  4 và bch tw  đảng'
    >>> without_dots("theo khối h. sau đó", "theo khối h. Sau đó")
    'theo khối h. sau đó'
    """
    if "." not in key:
        return key
    if "t." in key:
        key = _CENTRE.sub("tw ", key)
    places = [m.start() for m in _DOT.finditer(key) if shortens(key, m.start()) and _named(text, m.start())]
    if not places:
        return key
    pieces = [key[a + 1 : b] for a, b in zip([-1, *places], [*places, len(key)], strict=True)]
    return " ".join(pieces)


def _named(text: str, stop: int) -> bool:
    if text[max(0, stop - 2) : stop - 1].isalnum():
        return True
    after = text[stop + 1 : stop + 3].lstrip()[:1]
    return text[stop - 1].isupper() and (after.isupper() or after.isdigit())
