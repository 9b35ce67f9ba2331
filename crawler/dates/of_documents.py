"""Dates as the press attaches them to documents (GRAMMAR §7): always day first, sometimes without a year."""

from __future__ import annotations

import re
from datetime import date

_DAY = r"(?P<day>[0-9]{1,2})"
_YEAR = r"(?:19|20)[0-9]{2}"
DATE = re.compile(
    rf"(?P<lead>(?:,? ?(?:vao |cung )?(?:hom )?ngay ?)?)(?:"
    rf"{_DAY}(?P<sep> ?[/.-] ?)(?P<month>[0-9]{{1,2}})(?: ?[/.-] ?(?P<year>{_YEAR}|[0-9]{{2}}(?![0-9])))?"
    r"(?![0-9])(?![/.-][0-9])"
    rf"|(?P<wday>[0-9]{{1,2}}) (?:thang|/) ?(?P<wmonth>[0-9]{{1,2}})(?:[ ,]{{1,2}}nam (?P<wyear>{_YEAR}))?(?![0-9])"
    r")"
)
"""One day: `30/5/2019`, `25.10.2021`, `15 - 5 - 2016`, `02 tháng 01 năm 2020`, `12/9`, with or without "ngày"."""

PARTIAL = re.compile(
    rf"(?:(?:vao |tu )?thang (?P<month>[0-9]{{1,2}})(?: ?[/.-] ?| nam )(?P<myear>{_YEAR})"
    rf"|(?:vao )?nam (?P<year>{_YEAR}))(?![0-9/-])"
)
"""`năm 2017`, `tháng 9/2025`: a year or a month."""

BARE_YEAR = re.compile(rf"(?P<year>{_YEAR})(?![0-9/-])")


def read_day(match: re.Match[str], published: date | None) -> str | None:
    """The ISO day of a `DATE` match; None where there is no such day, or no year and no publication date.

    A missing year is that of the latest such day not after publication: a document is cited after it was issued.
    """
    day = int(match["day"] or match["wday"])
    month = int(match["month"] or match["wmonth"])
    year = match["year"] or match["wyear"]
    if year is not None:
        return _iso(int(year) + (2000 if len(year) == 2 else 0), month, day)
    if published is None:
        return None
    for candidate in range(published.year, published.year - 9, -1):  # 29/2 may be eight years back
        iso = _iso(candidate, month, day)
        if iso is not None and date.fromisoformat(iso) <= published:
            return iso
    return None


def is_full(match: re.Match[str]) -> bool:
    """Whether a `DATE` match states its year."""
    return bool(match["year"] or match["wyear"])


def read_partial(match: re.Match[str]) -> str:
    """`2017`, or `2025-09` where the month is told, of a `PARTIAL` match."""
    if match["myear"] and 1 <= int(match["month"]) <= 12:
        return f"{match['myear']}-{int(match['month']):02d}"
    return str(match["myear"] or match["year"])


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
