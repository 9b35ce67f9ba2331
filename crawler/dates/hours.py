"""Hours and sessions of the day as the press prints them: `14 giờ`, `7h30`, `8 giờ rưỡi sáng`, `chiều`."""

from __future__ import annotations

import re
from typing import Literal

Session = Literal["sáng", "chiều", "tối"]

SESSION = r"(?:rạng sáng|sáng sớm|sáng|trưa|chiều tối|chiều|tối|đêm|khuya)"
"""A regular expression for one session in a key."""
HOUR = (
    r"(?:(?<!\d)\d{1,2}\s?(?:(?:giờ|h|g(?=\d))"
    r"(?:\s?(?:[0-5]?\d(?!\d)(?:\s?phút|'|p(?!\w))?|rưỡi))?|:[0-5]\d)(?![\w%]))"
)
"""A regular expression for one hour in a key: `14 giờ`, `7h30`, `8 giờ 30 phút`, `19:00`."""
_CLOCK = re.compile(
    rf"(?<!\d)(?P<h>\d{{1,2}})\s?(?:giờ|h|g|:)\s?(?:(?P<m>[0-5]?\d)(?!\d)(?:\s?phút|'|p)?"
    rf"|(?P<half>rưỡi))?(?![\w%])"
    rf"(?:\s+(?P<s>{SESSION}))?"
)
_SESSION_WORD = re.compile(rf"(?<!\w){SESSION}(?!\w)")


def session_of(words: str) -> Session | None:
    """The session that a piece of key names; an hour counts when no word does.

    >>> session_of("đúng 19 giờ ngày "), session_of("đêm "), session_of("lúc 14h30 "), session_of("ngày ")
    ('tối', 'tối', 'chiều', None)
    """
    if named := _SESSION_WORD.search(words):
        word = named.group()
        if word in ("tối", "đêm", "khuya"):
            return "tối"
        return "sáng" if "sáng" in word else "chiều"
    hour = clock(words)
    return session_at(hour) if hour else None


def session_at(hour: str) -> Session:
    """The session of an hour of the day.

    >>> session_at("11:45"), session_at("14:00"), session_at("18:30")
    ('sáng', 'chiều', 'tối')
    """
    return "tối" if hour >= "18" else "chiều" if hour >= "12" else "sáng"


def clock(words: str) -> str | None:
    """The first hour of the day that a piece of key prints, as `HH:MM`; the word behind it says which half of the day.

    >>> [clock(w) for w in ("đúng 19 giờ ngày ", "lúc 7h30", "2 giờ chiều", "8 giờ rưỡi", "8:05", "30 giờ")]
    ['19:00', '07:30', '14:00', '08:30', '08:05', None]
    """
    for m in _CLOCK.finditer(words):
        hour, minute = int(m["h"]), 30 if m["half"] else int(m["m"] or 0)
        if m["s"] and hour < 12 and session_of(m["s"]) != "sáng" and not m["s"].startswith("trưa"):
            hour += 12
        if hour < 24 and (m["m"] or ":" not in m.group()):
            return f"{hour:02}:{minute:02}"
    return None
