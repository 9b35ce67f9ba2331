"""When a mail is due: at once, daily or weekly at a Vietnamese wall-clock time, never in the quiet hours.

Pure: the time is an argument. Vietnam has kept +07:00 without summer time since 1975, so a fixed offset is
the zone `Asia/Ho_Chi_Minh` and no zone database has to be installed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from typing import Literal

from crawler.errors import InvalidInput
from crawler.text import fold, nfc

VIETNAM = timezone(timedelta(hours=7), "+07:00")
"""Asia/Ho_Chi_Minh."""

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
_DAILY = frozenset({"daily", "hang ngay", "hang-ngay", "ngay", "moi ngay"})
_WEEKLY = frozenset({"weekly", "hang tuan", "hang-tuan", "tuan", "moi tuan"})
_CLOCK = re.compile(r"(\d{1,2})(?:\s*(?::|h|gio)\s*(\d{2})?)?")

_EXPECTED = (
    "viết now, daily@06:00 hoặc weekly@mon-06:00 (hay: ngay, hằng ngày@6h, hằng tuần@thứ hai-06:00) / "
    "write now, daily@06:00 or weekly@mon-06:00"
)


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often a watch writes."""

    kind: Literal["now", "daily", "weekly"]
    at: time | None = None
    """Wall-clock time in Vietnam; None for `now`."""
    weekday: int | None = None
    """0 = Monday; None unless weekly."""

    def __str__(self) -> str:
        """The one spelling that is stored."""
        if self.at is None:
            return "now"
        day = "" if self.weekday is None else f"{_DAY_CODES[self.weekday]}-"
        return f"{self.kind}@{day}{self.at:%H:%M}"

    @property
    def is_digest(self) -> bool:
        """Whether hits are gathered for a fixed time."""
        return self.at is not None

    def next_after(self, now: datetime) -> datetime:
        """The first time strictly after `now` at which a mail goes out; `now` itself if at once."""
        if self.at is None:
            return now
        local = now.astimezone(VIETNAM)
        days_ahead = 0 if self.weekday is None else (self.weekday - local.weekday()) % 7
        slot = datetime.combine(local.date() + timedelta(days=days_ahead), self.at, VIETNAM)
        step = timedelta(days=1 if self.weekday is None else 7)
        return slot if slot > local else slot + step

    def previous(self, slot: datetime) -> datetime:
        """The slot before `slot`: a digest tells what happened between the two."""
        return slot - timedelta(days=7 if self.kind == "weekly" else 1)

    def label(self, language: str = "vi") -> str:
        """For a reader: `hằng ngày lúc 06:00`."""
        english = language == "en"
        if self.at is None:
            return "at once" if english else "ngay khi có tin"
        if self.weekday is None:
            return f"daily at {self.at:%H:%M}" if english else f"hằng ngày lúc {self.at:%H:%M}"
        day = _DAY_NAMES["en" if english else "vi"][self.weekday]
        return f"{day}s at {self.at:%H:%M}" if english else f"{day} hằng tuần lúc {self.at:%H:%M}"


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
    """Read `now`, `daily@06:00`, `weekly@mon-06:00` or their Vietnamese forms; else InvalidInput.

    >>> str(parse_cadence("hằng ngày@6h")), str(parse_cadence("weekly@thứ hai-06:00"))
    ('daily@06:00', 'weekly@mon-06:00')
    """
    if nfc(value).strip().lower() in _AT_ONCE:
        return Cadence("now")
    rhythm, _, when = fold(value).partition("@")
    if rhythm in _DAILY and (at := _clock(when)) is not None:
        return Cadence("daily", at)
    if rhythm in _WEEKLY:
        day, _, clock = when.rpartition("-")
        weekday = _DAYS.get("-".join(day.replace("-", " ").split()))
        if weekday is not None and (at := _clock(clock)) is not None:
            return Cadence("weekly", at, weekday)
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
    if quiet is not None and cadence.at is not None and quiet.contains(cadence.at):
        raise InvalidInput(
            f"giờ gửi {cadence} nằm trong giờ yên lặng {quiet} / "
            f"the hour of {cadence} lies in the quiet hours {quiet}"
        )


def due(cadence: Cadence, quiet: QuietHours | None, now: datetime) -> datetime:
    """When something that happened `now` is to be mailed."""
    slot = cadence.next_after(now)
    return slot if quiet is None else quiet.lift(slot)


def _clock(text: str) -> time | None:
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        return None
    hour, minute = int(match[1]), int(match[2] or 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None
