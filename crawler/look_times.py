"""Fixed times at which a source is looked at: `05:20,11:30,17:00`, or the five fields of cron. Vietnam's time. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from crawler.dates.zones import VIETNAM

_CLOCK = re.compile(r"(\d{1,2})(?::|h|g)(\d{2})?")
_PART = re.compile(r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/(\d+))?")
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: n for n, name in enumerate(_MONTH_NAMES, 1)}
_WEEKDAYS = {name: n for n, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_FIELDS: tuple[tuple[int, int, Mapping[str, int]], ...] = (
    (0, 59, {}), (0, 23, {}), (1, 31, {}), (1, 12, _MONTHS), (0, 7, _WEEKDAYS),
)  # fmt: skip
_LONGEST = timedelta(days=32)
"""How far back an appointed time is looked for: a cron line may name one day a month."""


@dataclass(frozen=True, slots=True)
class LookTimes:
    """Clock times and the days on which they hold."""

    clocks: tuple[time, ...]
    """Latest first."""
    days: frozenset[int] = frozenset(range(1, 32))
    months: frozenset[int] = frozenset(range(1, 13))
    weekdays: frozenset[int] = frozenset(range(7))
    """Sunday is 0, as cron counts."""
    either: bool = False
    """Day of the month or weekday will do: both were named (cron's rule)."""

    def holds_on(self, day: date) -> bool:
        """Whether these times hold on a day."""
        of_month, of_week = day.day in self.days, (day.weekday() + 1) % 7 in self.weekdays
        return day.month in self.months and ((of_month or of_week) if self.either else of_month and of_week)

    def last(self, now: datetime) -> datetime | None:
        """The latest such time up to `now`; None where there was none for a month."""
        local = now.astimezone(VIETNAM)
        for back in range(_LONGEST.days):
            day = local.date() - timedelta(days=back)
            if self.holds_on(day):
                moments = (datetime.combine(day, clock, VIETNAM) for clock in self.clocks)
                if (found := next((m for m in moments if m <= local), None)) is not None:
                    return found
        return None


@lru_cache(maxsize=256)
def parse_look_times(value: str) -> LookTimes:
    """Read clock times or a cron line; ValueError says what is wrong and how to write it.

    >>> [f"{clock:%H:%M}" for clock in parse_look_times("5:20, 11h30").clocks]
    ['11:30', '05:20']
    >>> parse_look_times("*/30 6-18 * * mon-fri").last(datetime(2026, 11, 29, 9, tzinfo=VIETNAM)).isoformat()
    '2026-11-27T18:30:00+07:00'
    """
    fields = value.lower().split()
    if len(fields) == 5 and not _CLOCK.fullmatch(fields[0].strip(",")):
        return _cron(fields, value)
    clocks = {_clock(part, value) for part in re.split(r"[,;\s]+", value.lower().strip(" ,;"))}
    return LookTimes(tuple(sorted(clocks, reverse=True)))


def look_times_text(value: object) -> str:
    """A setting as the text that `parse_look_times` reads, or its ValueError; a list of times is joined."""
    text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    parse_look_times(text)
    return text


def _clock(part: str, value: str) -> time:
    match = _CLOCK.fullmatch(part)
    hour, minute = (int(match[1]), int(match[2] or 0)) if match else (24, 0)
    if hour > 23 or minute > 59:
        raise _wrong(value, part)
    return time(hour, minute)


def _cron(fields: list[str], value: str) -> LookTimes:
    minutes, hours, days, months, weekdays = (
        _numbers(field, *bounds, value=value) for field, bounds in zip(fields, _FIELDS, strict=True)
    )
    clocks = sorted((time(hour, minute) for hour in hours for minute in minutes), reverse=True)
    both = not fields[2].startswith("*") and not fields[4].startswith("*")
    return LookTimes(tuple(clocks), days, months, frozenset(n % 7 for n in weekdays), both)


def _numbers(field: str, first: int, last: int, names: Mapping[str, int], *, value: str) -> frozenset[int]:
    """`*`, `a`, `a-b`, each with `/step`, or several with commas between them."""
    found: set[int] = set()
    for part in field.split(","):
        match = _PART.fullmatch(part)
        if match is None or match[4] == "0":
            raise _wrong(value, part)
        begin = first if match[1] else _number(match[2], names, first, last, value)
        open_end = match[1] or (match[4] and not match[3])
        end = last if open_end else _number(match[3] or match[2], names, first, last, value)
        if begin > end:
            raise _wrong(value, part)
        found.update(range(begin, end + 1, int(match[4] or 1)))
    return frozenset(found)


def _number(word: str, names: Mapping[str, int], first: int, last: int, value: str) -> int:
    number = names.get(word, int(word) if word.isdecimal() else -1)
    if not first <= number <= last:
        raise _wrong(value, word)
    return number


def _wrong(value: str, part: str) -> ValueError:
    return ValueError(
        f"{value!r}: không hiểu {part!r}; viết giờ như 05:20,11:30,17:00 hoặc năm trường cron như 20 5 * * mon-fri / "
        f"{part!r} is not understood: write times such as 05:20,11:30,17:00, or cron's five fields"
    )
