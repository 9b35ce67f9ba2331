"""Time zones in every spelling that programs print behind a time."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

_HOURS = {
    "Z": 0, "UTC": 0, "GMT": 0, "UT": 0, "WET": 0, "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "MSK": 3, "ICT": 7,
    "VNT": 7, "WIB": 7, "SGT": 8, "HKT": 8, "CST": -6, "JST": 9, "KST": 9, "EST": -5, "EDT": -4, "CDT": -5, "MST": -7,
    "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
"""Abbreviations as RFC 822, Java and Unix print them; CST is America's there."""
_NAMES = r"SE\s+Asia\s+Standard\s+Time|Indochina\s+Time|giờ\s+Việt\s+Nam|Vietnam"
_PLACE = r"(?:Asia|Europe|America|Australia|Etc)/[A-Za-z_]{2,30}"
_LETTERS = "|".join(name for name in _HOURS if name not in ("UTC", "GMT", "UT"))
_BARE = r"(?:\+\d{1,2}(?::?\d{2}(?::?00)?)?|[-−]\d{2}:?\d{2})(?![\d/.-])"
ZONE = (
    r"(?:[(\[]\s*)?(?:(?:UTC|GMT|UT)(?:\s*[+\-−]\s*\d{1,2}(?::?\d{2})?(?!\d)|\b)"
    rf"|{_BARE}|{_PLACE}|{_NAMES}|(?:{_LETTERS})\b)\s*[)\]]?"
)
"""A pattern for a zone; read what it matched with `zone_of`. Letters are matched as the flags around it say."""
_OFFSET = re.compile(r"([+\-−])\s*(\d{1,2}):?(\d{2})?(?::?00)?\s*[)\]]?$")
VIETNAM = timezone(timedelta(hours=7))


def zone_of(text: str, on: date | None = None) -> timezone | None:
    """The zone that a text spells, a place's as it was on the day; None where it spells none.

    >>> zone_of("GMT+07:00") == zone_of("+0700") == zone_of("Asia/Ho_Chi_Minh") == zone_of("ICT") == VIETNAM
    True
    >>> zone_of("+15:30") is None
    True
    """
    text = text.strip(" ()[]")
    if found := _OFFSET.search(text):
        offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        if offset > timedelta(hours=14):  # no zone lies further
            return None
        return timezone(offset if found[1] == "+" else -offset)
    if (hours := _HOURS.get(text.upper())) is not None:
        return timezone(timedelta(hours=hours))
    if re.fullmatch(_NAMES, text, re.IGNORECASE):
        return VIETNAM
    if re.fullmatch(_PLACE, text):
        try:
            there = datetime.combine(on or date(2020, 1, 1), time(12), ZoneInfo(text)).utcoffset()
        except (KeyError, ValueError, OSError):
            return None
        return timezone(there) if there is not None else None
    return None
