"""Dates as feeds, sitemaps and listings print them: RFC 822, ISO 8601, and the Vietnamese and .NET variants.

A time without a zone is Vietnam's (+07:00). A day without a time is no answer here: a link's date is a
moment, and midnight would be made up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

from crawler.text import fold

VIETNAM = timezone(timedelta(hours=7))

_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_ZONE = re.compile(r"(?:gmt|utc)?\s*([+-])(\d{1,2})(?::?(\d\d))?\s*$|\b(gmt|utc|z|ict)\s*$")
_TIME = re.compile(r"(\d{1,2})\s*[:h]\s*(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*(am|pm|sa|ch)?\b")
_DAY = re.compile(r"(?<!\d)(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4})(?!\d)")
_DAY_WORDS = re.compile(
    r"(?<!\d)(\d{1,2})[\s,\-]*(?:thang|thg|th)[\s.]*(\d{1,2}|[a-z]+(?: [a-z]+)?)"
    r"[\s,\-]*(?:nam\s*)?(\d{4})(?!\d)"
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("mot", "hai", "ba", "tu|bon", "nam", "sau", "bay", "tam", "chin", "muoi", "muoi mot", "muoi hai"), 1
    )
    for name in names.split("|")
}


def parse_feed_date(text: str | None, *, month_first: bool | None = None) -> datetime | None:
    """The moment a feed prints, aware; None where none can be read.

    `11/22/2026` and `22/11/2026` tell themselves apart; `5/3/2026` is day first, except with `AM`/`PM`, which
    en-US culture writes month first. `month_first` overrides both where other items of the feed have told.

    >>> parse_feed_date("11/22/2026 7:05:00 PM").isoformat()
    '2026-11-22T19:05:00+07:00'
    >>> parse_feed_date("Chủ nhật, 22/11/2026 - 07:05 GMT+7").isoformat()
    '2026-11-22T07:05:00+07:00'
    """
    text = (text or "").strip()
    if not text or len(text) > 100:
        return None
    if found := _ISO.search(text):
        return _iso(text[found.start() :])
    try:
        value = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return _printed(fold(text), month_first)
    # `07:05:00 GMT+7` loses its offset in the parser, and `07:05:00 +7` becomes seven minutes.
    if re.search(r"(?:GMT|UTC)\s*[+-]\d|[+-]\d{1,2}$", text, re.IGNORECASE):
        return value.replace(tzinfo=_zone(fold(text)))
    return value if value.tzinfo else value.replace(tzinfo=VIETNAM)


def month_first(texts: Iterable[str | None]) -> bool | None:
    """How a feed writes its numeric days, told by a day above 12 anywhere in it; None where none tells."""
    for text in texts:
        found = _DAY.search(text or "")
        if found and int(found[1]) > 12 >= int(found[2]):
            return False
        if found and int(found[2]) > 12 >= int(found[1]):
            return True
    return None


def _iso(text: str) -> datetime | None:
    compact = re.sub(r"\s+(?=[+\-Z]|\d\d:)", " ", text.strip())
    match = re.match(
        r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:[.,]\d+)?\s*(Z|[+-]\d\d:?\d\d|[+-]\d\d)?", compact
    )
    if not match:
        return None
    try:
        value = datetime.fromisoformat(f"{match[1]}T{match[2]}")
        return value.replace(tzinfo=_zone(match[3].lower()) if match[3] else VIETNAM)
    except ValueError:
        return None


def _printed(folded: str, month_first: bool | None) -> datetime | None:
    time = _TIME.search(folded)
    if not time:
        return None
    if words := _DAY_WORDS.search(folded):
        month = int(words[2]) if words[2].isdigit() else _MONTHS.get(words[2], 0)
        day, year = int(words[1]), int(words[3])
    elif numbers := _DAY.search(folded):
        first, second, year = int(numbers[1]), int(numbers[2]), int(numbers[3])
        us = month_first if month_first is not None else time[4] in ("am", "pm")
        if first > 12 or second > 12:
            us = second > 12
        month, day = (first, second) if us else (second, first)
    else:
        return None
    hour = int(time[1])
    if time[4] in ("pm", "ch") and hour < 12:
        hour += 12
    elif time[4] in ("am", "sa") and hour == 12:
        hour = 0
    try:
        return datetime(year, month, day, hour, int(time[2]), int(time[3] or 0), tzinfo=_zone(folded))
    except ValueError:
        return None


def _zone(folded: str) -> timezone:
    """The zone at the end of a text; Vietnam's where none is named."""
    found = _ZONE.search(folded)
    if not found:
        return VIETNAM
    if found[4]:
        return VIETNAM if found[4] == "ict" else UTC
    offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    if offset > timedelta(hours=14):  # no zone lies further: it was a date's hyphen
        return VIETNAM
    return timezone(offset if found[1] == "+" else -offset)


def printed_day(text: str) -> date | None:
    """The first full day in a text, day before month; None where none is printed.

    >>> printed_day("Thứ sáu, 13/12/2019 - 16:47")
    datetime.date(2019, 12, 13)
    """
    folded = fold(text)
    if found := _DAY_WORDS.search(folded):
        month = int(found[2]) if found[2].isdigit() else _MONTHS.get(found[2], 0)
        day, year = int(found[1]), int(found[3])
    elif found := _DAY.search(folded):
        day, month, year = int(found[1]), int(found[2]), int(found[3])
        if month > 12:
            day, month = month, day
    elif found := re.search(r"(?<!\d)(\d{4})-(\d\d)-(\d\d)(?!\d)", folded):
        year, month, day = int(found[1]), int(found[2]), int(found[3])
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
