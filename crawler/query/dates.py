"""Days and spans of days as a query names them; day first, as Vietnamese writes."""

from __future__ import annotations

import re
from datetime import date, timedelta

from crawler.query.tree import Days

_DAY = timedelta(days=1)
_FORMS = (
    (re.compile(r"(?P<y>\d{4})"), "year"),
    (re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})"), "month"),
    (re.compile(r"(?P<m>\d{1,2})[-/.](?P<y>\d{4})"), "month"),
    (re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})"), "day"),
    (re.compile(r"(?P<d>\d{1,2})[-/.](?P<m>\d{1,2})[-/.](?P<y>\d{4})"), "day"),
)
_RANGE = re.compile(r"(?P<first>[^\s]*?)\s*(?:\.\.+|…)\s*(?P<last>[^\s]*)")
_COMPARED = re.compile(r"(?P<sign>>=|<=|[<>=≥≤])\s*(?P<day>\S+)")
_YEARS = range(1900, 2200)
"""Years a newspaper can have; anything else is a slip of the keyboard."""


def read_days(typed: str) -> Days:
    """A day, month or year, a span of them, or a comparison. Raises ValueError with a Vietnamese reason.

    >>> read_days("2026-01..2026-03")
    Days(first=datetime.date(2026, 1, 1), last=datetime.date(2026, 3, 31))
    >>> read_days("<05/02/2026").last
    datetime.date(2026, 2, 4)
    """
    typed = typed.strip()
    if compared := _COMPARED.fullmatch(typed):
        return _compared(compared["sign"], *_bounds(compared["day"]))
    if spanned := _RANGE.fullmatch(typed):
        first = _bounds(spanned["first"])[0] if spanned["first"] else None
        last = _bounds(spanned["last"])[1] if spanned["last"] else None
        if first is None and last is None:
            raise ValueError("khoảng ngày trống")
        if first and last and first > last:
            raise ValueError("ngày đầu đứng sau ngày cuối")
        return Days(first, last)
    return Days(*_bounds(typed))


def _compared(sign: str, first: date, last: date) -> Days:
    match sign:
        case ">=" | "≥":
            return Days(first, None)
        case "<=" | "≤":
            return Days(None, last)
        case ">":
            return Days(last + _DAY, None)
        case "<":
            return Days(None, first - _DAY)
        case _:
            return Days(first, last)


def _bounds(typed: str) -> tuple[date, date]:
    """First and last day of a day, a month or a year."""
    for form, precision in _FORMS:
        if match := form.fullmatch(typed):
            parts = {name: int(value) for name, value in match.groupdict().items()}
            if parts["y"] not in _YEARS:
                raise ValueError(f"năm {parts['y']} nằm ngoài {_YEARS[0]}-{_YEARS[-1]}")
            try:
                first = date(parts["y"], parts.get("m", 1), parts.get("d", 1))
            except ValueError as error:
                raise ValueError(f"không có ngày «{typed}» trong lịch") from error
            return first, _last(first, precision)
    raise ValueError(f"«{typed}» không phải ngày")


def _last(first: date, precision: str) -> date:
    if precision == "day":
        return first
    if precision == "year":
        return date(first.year, 12, 31)
    return (first.replace(day=28) + 4 * _DAY).replace(day=1) - _DAY
