"""The name of a place behind a level, as far as it goes: `tỉnh Bình Khê`, `các xã An Phú, Mỹ Sơn`."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from crawler.text.abbreviations import CITY_NAMES, PLACE_LEVELS
from crawler.text.normal import modern_tone
from crawler.text.unaccented import PressText, accented, any_of, key_of, printed_in

TABLE = tomllib.loads(Path(__file__).with_name("issuers.toml").read_text(encoding="utf-8"))
"""The words of issuers and places (`issuers.toml`)."""
_WORD = re.compile(r"[a-z0-9]+")
_INSTITUTION = re.compile(rf"(?:{any_of(TABLE['institutions']['words'])})(?![a-z0-9])")
_COMPOUND = frozenset(key_of(w) for w in TABLE["institutions"]["words"] if " " in w) | {
    f"{a} {b}"
    for name in TABLE["fields"]["names"]
    for a, b in zip(key_of(name).split(), key_of(name).split()[1:], strict=False)
}
_STOP = re.compile(rf"(?:{any_of(TABLE['stops']['always'])})(?![a-z0-9])")
_SHOUTED_STOP = re.compile(rf"(?:{any_of(TABLE['stops']['always'] + TABLE['stops']['shouted'])})(?![a-z0-9])")
_STOP_WORDS = accented(TABLE["stops"]["always"] + TABLE["stops"]["shouted"])
_HYPHENED = re.compile(r"ria - vung tau")
_CITY = re.compile(rf"(?i)(?<!\w)TP\.? ?({'|'.join([*CITY_NAMES, 'Hồ Chí Minh'])})(?!\w)")
LEVELS = re.compile(r"(?:tinh|thanh pho|huyen|quan|thi xa|thi tran|phuong|xa|dac khu)\Z")
JOINED_NAME = re.compile(
    r", (?:va )?cac (?:doan the|ban dang|co quan)(?: chinh tri - xa hoi| dang)?(?![a-z])"
)
"""Where a name holds a comma: `Đảng ủy Mặt trận Tổ quốc, các đoàn thể tỉnh …`."""


def one_space(words: str) -> str:
    """The words with one space between them."""
    return " ".join(words.split())


def place_after(text: PressText, end: int, *, shouting: bool) -> tuple[int, str]:
    """Where the name that begins behind a head ends, and its words as printed, each with its space in front.

    A level word (tỉnh, TP., xã) opens a name of its own, so that `Bộ Chỉ huy Quân sự tỉnh Kim Lộ` is no name too long.
    """
    key, names, previous, position = text.key, 0, "", end
    for _ in range(14):
        if previous and (joined := JOINED_NAME.match(key, position)) is not None:
            position, previous, names = joined.end(), "cac", 0
            continue
        word = _next_word(key, position, glued=key[position - 1] == ".")
        if word is None:
            break
        start, stop = word.span()
        plain = word.group()
        if plain in PLACE_LEVELS and _opens_name(text, start, stop):
            position, previous, names = stop + (key[stop : stop + 1] == "."), plain, 0
            continue
        if (dashed := _HYPHENED.match(key, start)) is not None:
            stop = dashed.end()
        capital = text.is_upper(start)
        if capital and _stops(text, start, shouting):
            break
        inside = _INSTITUTION.match(key, start)
        if inside and (not shouting or not names) and printed_in(text, *inside.span(), _LEVEL_WORDS):
            position, previous = inside.end(), inside.group().split()[-1]
            names = 0 if LEVELS.search(inside.group()) else names
            continue
        if f"{previous} {plain}" in _COMPOUND and not capital:
            position, previous = stop, plain
            continue
        number = plain.isdigit() and previous in _NUMBERED
        joins = plain == "va" and _capital_after(text, stop) and not _stops(text, stop + 1, shouting)
        names += capital
        if not (capital or number or joins) or names > (3 if shouting else 4):
            break
        position, previous = stop, plain
    return position, _as_name(text.slice(end, position), shouting)


_NUMBERED = frozenset({"phuong", "quan", "pho", "thon", "khu", "ban", "doan", "so", "p", "q"})
"""What a figure may follow within a name: phường 4, Quân khu 5."""


def _next_word(key: str, position: int, *, glued: bool) -> re.Match[str] | None:
    """The word one or two spaces on; behind an abbreviation's full stop (`glued`) it may follow at once."""
    gap = 1 if key[position : position + 1] == " " else 0
    gap += gap and key[position + 1 : position + 2] == " "
    return _WORD.match(key, position + gap) if gap or glued else None


def _opens_name(text: PressText, start: int, stop: int) -> bool:
    """Whether `TP`, `P`, `tx` … is a level before a name: it has its full stop or is `TP`, and a name follows."""
    dot = text.key[stop : stop + 1] == "."
    following = _WORD.match(text.key, stop + dot + (text.key[stop + dot : stop + dot + 1] == " "))
    named = following is not None and (text.is_upper(following.start()) or following.group().isdigit())
    return named and (dot or text.key[start:stop] == "tp")


def _as_name(printed: str, shouting: bool) -> str:
    """Words of a name as the register spells them, with a space in front; nothing for none."""
    words = _ABBREVIATED.sub(lambda m: _ABBREVIATIONS[m.group()], modern_tone(" ".join(printed.split())))
    words = words.removesuffix(" và")
    if words[:1].isupper():
        words = words.removesuffix(" tổ chức")  # what it does next
    if shouting and words.isupper():
        words = words.title()
    words = _CITY.sub(lambda m: f"TP. {CITY_NAMES.get(m[1].lower(), m[1])}", words)
    return f" {words}" if words else ""


_ABBREVIATIONS = {
    "UBND": "Ủy ban nhân dân",
    "HĐND": "Hội đồng nhân dân",
    "MTTQ": "Mặt trận Tổ quốc Việt Nam",
    "BCH": "Ban Chấp hành",
}
_ABBREVIATED = re.compile(rf"\b(?:{'|'.join(_ABBREVIATIONS)})\b")
_LEVEL_WORDS = accented(TABLE["institutions"]["words"])


def _stops(text: PressText, start: int, shouting: bool) -> bool:
    """Whether a capital word opens the next phrase instead of going on with the name."""
    match = (_SHOUTED_STOP if shouting else _STOP).match(text.key, start)
    return match is not None and printed_in(text, *match.span(), _STOP_WORDS)


def _capital_after(text: PressText, position: int) -> bool:
    word = _WORD.match(text.key, position + 1)
    return word is not None and text.is_upper(word.start())
