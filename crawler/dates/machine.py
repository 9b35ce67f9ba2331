"""Dates as feeds, sitemaps and listings print them: RFC 822, ISO 8601, and the Vietnamese and .NET variants.

A time without a zone is Vietnam's (+07:00). A day without a time is no answer here: a link's date is a
moment, and midnight would be made up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone

from crawler.dates.printed import parse_machine
from crawler.dates.zones import VIETNAM, ZONE, zone_of
from crawler.text.normal import fold

EARLIEST = date(1997, 11, 19)
"""The day Vietnam joined the Internet. What is older was never set: year 1, or the first days of 1970."""
_LATEST = date(2100, 1, 1)
_ENGLISH_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MAIL = re.compile(
    r"(?:[a-z]{2,9}\.?,?\s+)?(?P<d>\d{1,2})[\s-]+(?P<m>(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov"
    r"|dec)[a-z]{0,6})\.?[\s-]+(?P<y>\d{4}|\d\d)"
    rf",?\s+(?P<H>\d{{1,2}}):(?P<M>\d\d)(?::(?P<S>\d\d)(?:\.\d{{1,9}})?)?\s*(?P<z>{ZONE}"
    rf"|[+-]\d{{1,2}})?\s*(?:\([^()]{{0,40}}\))?",
    re.IGNORECASE,
)
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
        value = _iso(text[found.start() :])
    elif mail := _MAIL.fullmatch(text):
        value = _of_mail(mail)
    else:
        value = _printed(fold(text), month_first) or _in_english(text)
    return value if value is not None and EARLIEST <= value.date() < _LATEST else None


def _of_mail(parts: re.Match[str]) -> datetime | None:
    """A date as RFC 822 and 5322 write it. A year of four figures is what it says: 0001 is no 2001."""
    year = int(parts["y"]) + (2000 if len(parts["y"]) == 2 else 0)
    zone = zone_of(parts["z"]) if parts["z"] else None
    try:
        return datetime(
            year, _ENGLISH_MONTHS.index(parts["m"][:3].lower()) + 1, int(parts["d"]), int(parts["H"]), int(parts["M"]),
            min(int(parts["S"] or 0), 59), tzinfo=zone or VIETNAM,
        )  # fmt: skip
    except ValueError:
        return None


def _in_english(text: str) -> datetime | None:
    """The moment of a line such as "Monday, September 14, 2026 3:20 PM"; None for a day alone."""
    moment = parse_machine(text) if re.search(r"[A-Za-z]{3}", text) else None
    return moment.at if moment else None


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
