"""Days and minutes as the Vietnamese press and its machines write them; choosing among them is `dates`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

from crawler.dates.zones import VIETNAM, ZONE, zone_of
from crawler.text.normal import clean_line


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, or a minute when `at` is known."""

    day: date
    at: datetime | None = None
    zulu: bool = False
    """Written with a zone of Z or +00:00: either true, or local time with a wrong letter."""

    @property
    def iso(self) -> str:
        """ISO 8601 of what is known."""
        return self.at.isoformat(timespec="seconds") if self.at else self.day.isoformat()


_ISO = re.compile(
    r"(?<!\d)(?P<y>(?:19|20)\d\d)[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)"
    r"(?:[T\s,|]+(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:[.,]\d+)?)?\s*(?P<z>"
    rf"{ZONE})?(?:\s*(?P<ap>AM|PM|SA|CH)\b)?)?",
    re.IGNORECASE,
)


_COMPACT = re.compile(r"^(?P<y>20\d\d)(?P<m>\d\d)(?P<d>\d\d)(?:T?(?P<H>\d\d)(?P<M>\d\d)(?P<S>\d\d)?)?$")


_MONTH_NAMES = ["một", "hai", "ba", "tư", "năm", "sáu", "bảy", "tám", "chín", "mười", "mười một", "mười hai"]
_MONTH_WORD = "|".join(name.replace(" ", r"\s+") for name in reversed(_MONTH_NAMES))
"""Months in words, as WordPress and Blogger print them in Vietnamese; the longer first."""


_DAY = (
    r"(?:(?P<d>\d{1,2})\s*(?P<sep>[/.\-–])\s*(?P<m>\d{1,2})\s*(?P=sep)\s*(?P<y>(?:19|20)\d\d)(?!\d)"
    r"|(?P<d2>\d{1,2})\s+tháng\s+(?P<m2>\d{1,2})\s*(?:,\s*|\s+năm\s+|/|-|\s)(?P<y2>(?:19|20)\d\d)(?!\d)"
    r"|(?P<d3>\d{1,2})\s+(?:thg|th|Th|T)\.?\s*(?P<m3>\d{1,2})[,\s]+(?P<y3>20\d\d)(?!\d)"
    rf"|(?P<d4>\d{{1,2}})\s+tháng\s+(?P<w4>{_MONTH_WORD})(?:,|\s+năm)?\s+(?P<y4>(?:19|20)\d\d)(?!\d)"
    rf"|tháng\s+(?P<w5>{_MONTH_WORD})\s+(?P<d5>\d{{1,2}}),?\s+(?P<y5>(?:19|20)\d\d)(?!\d))"
)


_TIME = (
    r"(?P<H>[01]?\d|2[0-3])\s*(?:[:hg.]|giờ)\s*(?P<M>[0-5]\d)(?:\s*(?:[:.]|phút)\s*(?P<S>[0-5]\d))?"
    r"(?:\s*(?:phút|giây|'))?\s*(?P<ap>AM|PM|SA|CH|sáng|chiều|tối)?(?![\w/])"
)


_BETWEEN = r"[\s,|;–\-•·*]*(?:\(?(?:lúc|vào lúc|hồi|at|giờ)\)?\s*)?[\s:]*"


_DAY_FIRST = re.compile(
    rf"(?<![\d/.-]){_DAY}(?:{_BETWEEN}{_TIME})?(?:\s*(?P<z>{ZONE}))?",
    re.IGNORECASE,
)


_SHORT_YEAR = re.compile(
    rf"(?<![\d/.-])(?P<d>\d{{1,2}})(?P<sep>[/.-])(?P<m>\d{{1,2}})(?P=sep)(?P<y>[012]\d)(?![\d/.]){_BETWEEN}{_TIME}",
    re.IGNORECASE,
)
"""A year of two figures is believed where a time of day stands beside it."""


_TIME_FIRST = re.compile(
    rf"(?<![\d:/.-]){_TIME}(?:\s*(?P<z>{ZONE}))?[\s,|;–\-•·]*(?:(?:ngày|thứ\s+\S+|chủ\s+nhật|"
    rf"hôm)[\s,]*){{0,3}}{_DAY}",
    re.IGNORECASE,
)


_US = re.compile(
    r"^(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>(?:19|"
    r"20)\d\d)(?:[\s,]+(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2}))?\s*(?P<ap>AM|PM)?"
    rf"(?:\s*(?P<z>{ZONE}))?)?$",
    re.IGNORECASE,
)


_AMERICAN = re.compile(
    r"(?<![\d/])(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>(?:19|"
    r"20)\d\d)[\s,]+(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2}))?\s*(?P<ap>AM|PM)\b",
    re.IGNORECASE,
)


_YEAR = re.compile(r"(?:19|20)\d\d")


_ENGLISH = re.compile(
    r"(?:(?P<d>\d{1,2})\s+)?(?P<mon>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|"
    r"Dec)[a-z]*\.?\s+(?:(?P<d2>\d{1,2}),?\s+)?(?P<y>20\d\d)(?:[\s,at]+(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2}))?\s*(?P<ap>AM|PM)?"
    rf"(?:\s*(?P<z>{ZONE}))?)?",
    re.IGNORECASE,
)


_UNIX = re.compile(
    rf"(?P<mon>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov"
    rf"|Dec)\s+(?P<d2>\d{{1,2}})\s+(?P<H>\d{{2}}):(?P<M>\d{{2}}):(?P<S>\d{{2}})"
    rf"(?:\s+(?P<z>{ZONE}))?\s+(?P<y>20\d\d)",
)
"""As Unix and Java print it: "Mon Sep 14 15:20:00 ICT 2026"."""


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


_EPOCH = re.compile(r"^(?:1[0-9]{9}|1[0-9]{12})$")


_CSHARP = re.compile(r"/Date\((\d{12,13})")


def swapped(value: str) -> Moment | None:
    """The other reading of a numeric date with AM/PM whose day and month can change places; None where they cannot.

    >>> swapped("4/7/2018 6:44:00 PM").iso
    '2018-04-07T18:44:00+07:00'
    """
    match = _AMERICAN.search(value)
    if not match or int(match["d"]) > 12 or match["d"] == match["m"]:
        return None
    return _moment(match.groupdict())


@lru_cache(maxsize=64)
def parse_machine(value: str) -> Moment | None:
    """A date as machines write it: ISO 8601, RFC 2822, US order with AM/PM, epoch seconds or milliseconds.

    >>> parse_machine("1/28/2026 6:52:01 AM").iso
    '2026-01-28T06:52:01+07:00'
    >>> parse_machine("2024-04-29T16:40:12+0700").iso
    '2024-04-29T16:40:12+07:00'
    """
    return _no_made_up_hour(_machine(value.strip()))


def _no_made_up_hour(moment: Moment | None) -> Moment | None:
    """A machine's midnight, in the zone it is written in or here, is a day and no hour."""
    at = moment.at if moment else None
    if moment is None or at is None:
        return moment
    for clock in (at.astimezone(UTC) if moment.zulu else at, at.astimezone(VIETNAM)):
        if (clock.hour, clock.minute, clock.second) == (0, 0, 0):
            return Moment(clock.date())
    return moment


def _machine(value: str) -> Moment | None:
    if _EPOCH.match(value):
        return _from_epoch(int(value[:10]))
    if match := _CSHARP.search(value):
        return _from_epoch(int(match[1]) // 1000)
    if match := _UNIX.search(value):
        return _moment(match.groupdict())
    if match := _ISO.match(value) or _COMPACT.match(value):
        return _moment(match.groupdict())
    if match := _US.match(value):
        parts = match.groupdict()
        if int(parts["m"]) > 12:
            parts["m"], parts["d"] = parts["d"], parts["m"]
        elif not parts.get("ap") and int(parts["d"]) <= 12:
            # Without AM/PM a Vietnamese CMS writes the day first.
            parts["m"], parts["d"] = parts["d"], parts["m"]
        return _moment(parts)
    if re.match(r"[A-Za-z]{3},? \d{1,2} [A-Za-z]{3} \d{4}", value):
        try:
            return _from_datetime(parsedate_to_datetime(value))
        except (ValueError, TypeError):
            return None
    return parse_visible(value)


def parse_visible(text: str) -> Moment | None:
    """The first full date in a printed line, with its time when one stands beside it.

    >>> parse_visible("Cập nhật: Thứ sáu 13/12/2019 - 16:47").iso
    '2019-12-13T16:47:00+07:00'
    >>> parse_visible("Đăng lúc 9h15 ngày 3/4/2021").iso, parse_visible("giai đoạn 2020-2025")
    ('2021-04-03T09:15:00+07:00', None)
    """
    found = find_visible(text)
    return found[0][0] if found else None


def find_visible(text: str) -> list[tuple[Moment, int, int]]:
    """Every full date in a printed text as (moment, start, end), in order."""
    return list(_visible(text) if len(text) <= _KEPT else _visible.__wrapped__(text))


_KEPT = 1000
"""Characters of a text that the cache may keep: it stays behind when its page has gone."""


# The same few lines of a page are asked about as by-line, as label and as date: the cache is one page's.
@lru_cache(maxsize=64)
def _visible(text: str) -> tuple[tuple[Moment, int, int], ...]:
    found: list[tuple[Moment, int, int]] = []
    if not _YEAR.search(text):
        if match := _SHORT_YEAR.search(text):
            moment = _moment({**match.groupdict(), "y": f"20{match['y']}"})
            if moment is not None:
                found.append((moment, match.start(), match.end()))
        return tuple(found)
    forms = [_TIME_FIRST, _DAY_FIRST, _ISO]
    folded = text.casefold()
    # The dearest search, and hardly a line of a Vietnamese page names an English month.
    if any(month in folded for month in _MONTHS):
        forms.append(_ENGLISH)
    position = 0
    while position < len(text):
        matches = [m for p in forms if (m := p.search(text, position))]
        if not matches:
            break
        # At the same place the longer reading knows more.
        match = min(matches, key=lambda m: (m.start(), -m.end()))
        if (
            match.re is _DAY_FIRST
            and (first := next((m for m in matches if m.re is _TIME_FIRST), None))
            and first.start() <= match.start() <= first.end()
        ):
            match = first
        moment = _moment(match.groupdict())
        if moment is not None:
            found.append((moment, match.start(), match.end()))
        position = max(match.end(), position + 1)
        if len(found) > 50:
            break
    return tuple(found)


def _from_epoch(seconds: int) -> Moment | None:
    try:
        return _from_datetime(datetime.fromtimestamp(seconds, VIETNAM))
    except (ValueError, OverflowError, OSError):
        return None


def _from_datetime(value: datetime) -> Moment:
    if value.tzinfo is None:
        value = value.replace(tzinfo=VIETNAM)
    zulu = value.utcoffset() == timedelta(0)
    local = value.astimezone(VIETNAM)
    return Moment(local.date(), local, zulu)


def _moment(parts: dict[str, str | None]) -> Moment | None:
    """A moment from named parts; None for a day that does not exist."""
    year, day = (
        next((v for n in ("", "2", "3", "4", "5") if (v := parts.get(f"{key}{n}"))), None) for key in "yd"
    )
    month = parts.get("m") or parts.get("m2") or parts.get("m3")
    if word := parts.get("w4") or parts.get("w5"):
        month = str(_MONTH_NAMES.index(" ".join(word.lower().split())) + 1)
    if parts.get("mon"):
        month = str(_MONTHS.index(str(parts["mon"])[:3].lower()) + 1)
    if not (year and month and day):
        return None
    try:
        whole = date(int(year), int(month), int(day))
    except ValueError:
        return None
    if parts.get("H") is None:
        return Moment(whole)
    hour, minute, second = int(parts["H"] or 0), int(parts["M"] or 0), int(parts.get("S") or 0)
    half = (parts.get("ap") or "").lower()
    if half in ("pm", "ch", "chiều", "tối") and hour < 12:
        hour += 12
    elif half in ("am", "sa", "sáng") and hour == 12:
        hour = 0
    if hour > 23 or minute > 59 or second > 59:
        return Moment(whole)
    written = parts.get("z")
    zone = (zone_of(written, whole) if written else None) or VIETNAM
    zulu = bool(written) and not zone.utcoffset(None)
    at = datetime(whole.year, whole.month, whole.day, hour, minute, second, tzinfo=zone)
    local = at.astimezone(VIETNAM) if zulu else at
    return Moment(local.date(), local, zulu)


_URL_DAY = re.compile(
    r"(?<!\d)(20[0-3]\d)[/-]?(0[1-9]|1[0-2])[/-]?(0[1-9]|[12]\d|3[01])(?:(?P<H>[01]\d|"
    r"2[0-3])(?P<M>[0-5]\d)(?P<S>[0-5]\d)\d{0,5})?(?![\d])"
)


_URL_MONTH = re.compile(r"/(20[0-3]\d)[/-]?(0[1-9]|1[0-2])/")


def url_day(url: str) -> Moment | None:
    """The day an address carries (`/2026/03/07/`, `-20260307080054340.htm`); None when it has none."""
    match = _URL_DAY.search(url.partition("?")[0])
    if not match:
        return None
    return _moment({"y": match[1], "m": match[2], "d": match[3]})


def url_month(url: str) -> tuple[int, int] | None:
    """Year and month of an address of the form `/202403/`; None when it has none."""
    match = _URL_MONTH.search(url.partition("?")[0])
    return (int(match[1]), int(match[2])) if match else None


# The digit first, then what may not stand before it: the search then goes from digit to digit.
_DAY_MONTH = re.compile(
    r"(?P<d>\d(?<![\d/.-]\d)\d?)\s*[/.\-–]\s*(?P<m>\d{1,2})(?:\s*[/.\-–]\s*(?P<y>(?:19|20)\d\d))?(?![\d/])(?!-\w)"
)
_TELLS_DAY = re.compile(
    r"(?:\b(?:sáng|trưa|chiều|tối|đêm|ngày|hôm|nay|qua|sớm|mai|mùng|muộn)[\s,]*){1,4}\(?\s*$", re.IGNORECASE
)
"""What stands before the day in a dateline: "Sáng nay (", "ngày ". Looked for only where a day was found."""
_OTHER_DAY = re.compile(
    r"(?:từ|đến|tới|trước|sau|kể từ|hết|khoảng|quá|vào|trong các|các|kỷ niệm|dịp)\s*$",
    re.IGNORECASE,
)


_SYMBOL = re.compile(r"(?:\d-[A-ZĐ]{2,}|[A-ZĐ]{2,}/[A-ZĐ]{2,})\s*,?\s*$")
"""The end of a document's symbol: `35-CT/TW,`."""


_DOCUMENT = re.compile(
    r"(?:số|quyết định|chỉ thị|nghị quyết|quy định|kết luận|kế hoạch|công văn|thông tư|"
    r"hướng dẫn)[^.;]{0,60}$",
    re.I,
)


def datelines(text: str, limit: int = 260) -> list[tuple[int, int, int | None, str]]:
    """Days told at the start of a story as (day, month, year or None, words): "Sáng nay (12/6)", "Ngày 29/4".

    >>> datelines("LSO-Sáng nay (12/6), Tỉnh ủy tổ chức hội nghị")
    [(12, 6, None, 'Sáng nay (12/6')]
    >>> datelines("Thực hiện Chỉ thị số 35-CT/TW, ngày 30/5/2019, của Bộ Chính trị")
    []
    """
    found = []
    for match in _DAY_MONTH.finditer(text, 0, limit):
        tells = _TELLS_DAY.search(text, max(0, match.start() - 40), match.start())
        if tells is None:
            continue
        before = text[: tells.start()]
        if _OTHER_DAY.search(before[-14:]) or _SYMBOL.search(before[-14:]) or _DOCUMENT.search(before[-80:]):
            continue
        day, month = int(match["d"]), int(match["m"])
        if not (1 <= day <= 31 and 1 <= month <= 12):
            continue
        found.append(
            (
                day,
                month,
                int(match["y"]) if match["y"] else None,
                clean_line(text[tells.start() : match.end()]),
            )
        )
    return found
