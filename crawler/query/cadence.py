"""When a mail is due: at once, daily, on working days or weekly at Vietnamese times, never in the quiet hours.

Pure: the time is an argument. Vietnam has kept +07:00 without summer time since 1975, so a fixed offset is
the zone `Asia/Ho_Chi_Minh` and no zone database has to be installed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from crawler.dates.zones import VIETNAM
from crawler.errors import InvalidInput
from crawler.query.working_days import is_working_day
from crawler.text.normal import fold, nfc

_DAY_CODES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_NAMES = {
    "vi": ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_DAYS: dict[str, int] = {
    name: day
    for day, names in enumerate(
        (
            "mon monday t2 thu-2 thu-hai",
            "tue tuesday t3 thu-3 thu-ba",
            "wed wednesday t4 thu-4 thu-tu",
            "thu thursday t5 thu-5 thu-nam",
            "fri friday t6 thu-6 thu-sau",
            "sat saturday t7 thu-7 thu-bay",
            "sun sunday cn chu-nhat",
        )
    )
    for name in names.split()
}
_AT_ONCE = frozenset({"now", "ngay", "ngay lập tức"})  # compared with accents: "ngày" is a day, not "at once"
_AT_ONCE_ON_WORKDAYS = frozenset(
    f"{word}@{days}"
    for word in ("now", "ngay", "ngay lap tuc")
    for days in ("workdays", "ngay lam viec", "ngay-lam-viec")
)
_DAILY = frozenset({"daily", "hang ngay", "hang-ngay", "ngay", "moi ngay"})
_WORKDAYS = frozenset(
    {"workdays", "workday", "weekdays", "working days", "ngay lam viec", "ngay-lam-viec", "moi ngay lam viec"}
    | {f"{first}{between}{last}" for between in ("-", " - ", " den ") for first, last in
       (("mon", "fri"), ("t2", "t6"), ("thu 2", "thu 6"), ("thu hai", "thu sau"))}
)  # fmt: skip
_WEEKLY = frozenset({"weekly", "hang tuan", "hang-tuan", "tuan", "moi tuan"})
_BETWEEN = re.compile(r"\s*[,;+/&]\s*|\s+(?:va|and)\s+")
"""What stands between two times of a day."""
_CLOCK = re.compile(r"(\d{1,2})(?:\s*(?::|h|gio)\s*(\d{2})?)?")

_EXPECTED = (
    "viết now, daily@06:00, daily@06:00,16:30, workdays@06:00 hoặc weekly@mon-06:00 (hay: ngay, hằng ngày@6h, "
    "ngày làm việc@6h và 16h30, hằng tuần@thứ hai-06:00) / "
    "write now, daily@06:00, daily@06:00,16:30, workdays@06:00 or weekly@mon-06:00"
)

Rhythm = Literal["now", "daily", "workdays", "weekly"]
_LONGEST_GAP = 40
"""Days looked ahead and back for a slot: weekly and Tết with both its week-ends lie well within."""


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often a watch writes."""

    kind: Rhythm
    at: time | None = None
    """Wall-clock time in Vietnam, the first one of the day; None: at once."""
    weekday: int | None = None
    """0 = Monday; None unless weekly."""
    further: tuple[time, ...] = ()
    """More times of the same day, later than `at`."""

    def __str__(self) -> str:
        """The one spelling that is stored."""
        if self.at is None:
            return "now" if self.kind == "now" else "now@workdays"
        day = "" if self.weekday is None else f"{_DAY_CODES[self.weekday]}-"
        return f"{self.kind}@{day}{','.join(f'{at:%H:%M}' for at in self.times)}"

    @property
    def is_digest(self) -> bool:
        """Whether hits are gathered for a fixed time."""
        return self.at is not None

    @property
    def times(self) -> tuple[time, ...]:
        """The wall-clock times of a day on which it writes; none where it writes at once."""
        return () if self.at is None else (self.at, *self.further)

    def next_after(self, now: datetime) -> datetime:
        """The first time strictly after `now` at which a mail goes out; `now` itself if at once.

        At once on working days: `now`, or the first midnight of a working day.
        """
        local = now.astimezone(VIETNAM)
        if self.at is None:
            if self._writes_on(local.date()):
                return now
            return datetime.combine(self._days(local.date(), 1)[0], time(0), VIETNAM)
        slots = (
            datetime.combine(day, at, VIETNAM) for day in self._days(local.date(), 1) for at in self.times
        )
        return next(slot for slot in slots if slot > local)

    def previous(self, slot: datetime) -> datetime:
        """The last slot before `slot`: a digest tells what happened between the two."""
        local = slot.astimezone(VIETNAM)
        slots = (
            datetime.combine(day, at, VIETNAM)
            for day in self._days(local.date(), -1)
            for at in reversed(self.times)
        )
        return next(found for found in slots if found < local)

    def _days(self, first: date, step: int) -> list[date]:
        """The days on which it writes from `first` on, forwards or (step -1) backwards."""
        days = (first + timedelta(days=step * n) for n in range(_LONGEST_GAP))
        return [day for day in days if self._writes_on(day)]

    def _writes_on(self, day: date) -> bool:
        if self.kind == "workdays":
            return is_working_day(day)
        return self.weekday is None or day.weekday() == self.weekday

    def label(self, language: str = "vi") -> str:
        """For a reader: `hằng ngày lúc 06:00 và 16:30`."""
        words = _LABELS["en" if language == "en" else "vi"]
        if self.at is None:
            return words["now"] if self.kind == "now" else words["now_on_workdays"]
        clocks = f" {words['and']} ".join(f"{at:%H:%M}" for at in self.times)
        day = _DAY_NAMES[words["lang"]][self.weekday or 0]
        return words[self.kind].format(at=clocks, day=day)


_LABELS = {
    "vi": {
        "lang": "vi",
        "and": "và",
        "now": "ngay khi có tin",
        "now_on_workdays": "ngay khi có tin, vào ngày làm việc",
        "daily": "hằng ngày lúc {at}",
        "workdays": "ngày làm việc lúc {at}",
        "weekly": "{day} hằng tuần lúc {at}",
    },
    "en": {
        "lang": "en",
        "and": "and",
        "now": "at once",
        "now_on_workdays": "at once, on working days",
        "daily": "daily at {at}",
        "workdays": "on working days at {at}",
        "weekly": "{day}s at {at}",
    },
}


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A daily stretch of time without mail; it may pass midnight."""

    start: time
    end: time

    def __str__(self) -> str:
        """The one spelling that is stored."""
        return f"{self.start:%H:%M}-{self.end:%H:%M}"

    def contains(self, moment: time) -> bool:
        """Whether a wall-clock time is quiet; the end itself is not."""
        if self.start < self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end

    def lift(self, moment: datetime) -> datetime:
        """The moment itself, or the end of the quiet hours it falls into."""
        local = moment.astimezone(VIETNAM)
        if not self.contains(local.time()):
            return moment
        end = datetime.combine(local.date(), self.end, VIETNAM)
        return end if end > local else end + timedelta(days=1)


def parse_cadence(value: str) -> Cadence:
    """Read `now`, `daily@06:00`, `daily@06:00,16:30`, `workdays@06:00`, `weekly@mon-06:00`; else InvalidInput.

    Their Vietnamese forms are read too, and `now@workdays`: at once, but not on week-ends and holidays.

    >>> str(parse_cadence("hằng ngày@6h")), str(parse_cadence("weekly@thứ hai-06:00"))
    ('daily@06:00', 'weekly@mon-06:00')
    >>> str(parse_cadence("ngày làm việc@16h30 và 6h"))
    'workdays@06:00,16:30'
    """
    if nfc(value).strip().lower() in _AT_ONCE:
        return Cadence("now")
    folded = " ".join(fold(value).split())
    rhythm, _, when = (part.strip() for part in folded.partition("@"))
    if f"{rhythm}@{when}" in _AT_ONCE_ON_WORKDAYS:
        return Cadence("workdays")
    if rhythm in _DAILY and (times := _clocks(when)):
        return Cadence("daily", times[0], further=times[1:])
    if rhythm in _WORKDAYS and (times := _clocks(when)):
        return Cadence("workdays", times[0], further=times[1:])
    if rhythm in _WEEKLY:
        day, _, clock = when.rpartition("-")
        weekday = _DAYS.get("-".join(day.replace("-", " ").split()))
        if weekday is not None and (times := _clocks(clock)):
            return Cadence("weekly", times[0], weekday, times[1:])
    raise InvalidInput(f"nhịp gửi {value!r} không hiểu được: {_EXPECTED}")


def parse_quiet(value: str) -> QuietHours:
    """Read `22:00-06:00`; InvalidInput says what is expected.

    >>> str(parse_quiet("22h - 6h30"))
    '22:00-06:30'
    """
    first, _, last = fold(value).partition("-")
    start, end = _clock(first), _clock(last)
    if start is None or end is None or start == end:
        raise InvalidInput(
            f"giờ yên lặng {value!r} không hiểu được: viết 22:00-06:00 / quiet hours: write 22:00-06:00"
        )
    return QuietHours(start, end)


def check_together(cadence: Cadence, quiet: QuietHours | None) -> None:
    """Refuse a digest whose own hour is quiet: it could never go out at the time that was asked for."""
    if quiet is not None and any(map(quiet.contains, cadence.times)):
        raise InvalidInput(
            f"giờ gửi {cadence} nằm trong giờ yên lặng {quiet} / "
            f"the hour of {cadence} lies in the quiet hours {quiet}"
        )


def due(cadence: Cadence, quiet: QuietHours | None, now: datetime) -> datetime:
    """When something that happened `now` is to be mailed."""
    slot = cadence.next_after(now)
    while quiet is not None and (lifted := quiet.lift(slot)) != slot:
        slot = lifted if cadence.is_digest else cadence.next_after(lifted)  # quiet hours may end on a holiday
    return slot


def _clocks(text: str) -> tuple[time, ...]:
    """Times of a day in their order, each once; none where one of them is no time."""
    found = [_clock(part) for part in _BETWEEN.split(text.strip())]
    return () if None in found else tuple(sorted({at for at in found if at is not None}))


def _clock(text: str) -> time | None:
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        return None
    hour, minute = int(match[1]), int(match[2] or 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None
