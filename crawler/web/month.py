"""A month of meetings as a sheet of a calendar: weeks from Monday, each day with what is held on it."""

from __future__ import annotations

import re
from calendar import Calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from crawler.errors import InvalidInput
from crawler.store.agenda import ListedMeeting


@dataclass(frozen=True, slots=True)
class MonthDay:
    """One day of the sheet."""

    day: date
    is_of_month: bool
    meetings: tuple[ListedMeeting, ...]
    """By hour; one of several days stands at each of them."""


def month_asked(written: str | None, today: date) -> date:
    """The first day of a month as an address has it, or of this one. Raises InvalidInput.

    >>> month_asked("2026-02", date(2026, 11, 21)), month_asked("", date(2026, 11, 21))
    (datetime.date(2026, 2, 1), datetime.date(2026, 11, 1))
    """
    if not written:
        return today.replace(day=1)
    if re.fullmatch(r"[1-9][0-9]{3}-(?:0[1-9]|1[0-2])", written) and written[:4] < "9999":
        return date.fromisoformat(f"{written}-01")
    raise InvalidInput(f"thang={written}: không phải tháng, viết như 2026-11 / no month, such as 2026-11")


def last_of(first: date) -> date:
    """The last day of the month that begins then."""
    return next_month(first) - timedelta(days=1)


def next_month(first: date) -> date:
    """The first day of the next month."""
    return (first + timedelta(days=31)).replace(day=1)


def month_sheet(first: date, meetings: Iterable[ListedMeeting]) -> list[list[MonthDay]]:
    """The weeks that the month has a part in."""
    of_day: dict[date, list[ListedMeeting]] = {}
    for one in meetings:
        for day in _days(one, first, last_of(first)):
            of_day.setdefault(day, []).append(one)
    return [
        [_day(day, first, of_day.get(day, ())) for day in week]
        for week in Calendar().monthdatescalendar(first.year, first.month)
    ]


def _day(day: date, first: date, meetings: Sequence[ListedMeeting]) -> MonthDay:
    return MonthDay(day, day.month == first.month, tuple(meetings))


def _days(one: ListedMeeting, first: date, last: date) -> Iterable[date]:
    """The days of a meeting within the month; none where its day is not known."""
    if one.date is None:
        return ()
    begins = max(date.fromisoformat(one.date), first)
    ends = min(date.fromisoformat(one.date_to or one.date), last)
    return (begins + timedelta(days=n) for n in range((ends - begins).days + 1))
