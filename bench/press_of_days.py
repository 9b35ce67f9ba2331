"""Sixty days of an invented press: when each of fifty outlets publishes what. Knows nothing of diemtin's own rhythm.

Every outlet has a level, an hourly profile and a week of its own; editors release part of their articles in
batches; around Tết most rest; now and then a day or an hour brings many times the usual. Two outlets die, one moves
to another address, and the feed of one answers 304 whatever has happened.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crawler.dates.zones import VIETNAM

BEGINS = datetime(2027, 1, 4, tzinfo=VIETNAM)
"""A Monday, a month before Tết (6 February 2027)."""
DAYS = 60
TET = range(31, 40)
"""Days of the sixty around Tết: 4 to 12 February."""
LISTED = 30
"""Links a listing shows."""


@dataclass(frozen=True, slots=True)
class Outlet:
    """One outlet and all it publishes, oldest first."""

    name: str
    published: tuple[datetime, ...]
    backlog: tuple[datetime, ...]
    """What its listing showed before the first day."""
    expected_per_week: float | None
    dies: datetime | None = None
    moves: tuple[datetime, datetime] | None = None
    """When its address stops answering, and when a person has mended the row."""
    has_feed: bool = False
    feed_lies: bool = False
    hours_known: float = 0.85
    """The share of its articles that print the hour and not the day alone."""

    def between(self, since: datetime, until: datetime) -> Sequence[datetime]:
        """What was published in (since, until]."""
        return self.published[bisect_left(self.published, since) : bisect_left(self.published, until)]


@dataclass(slots=True)
class _Habits:
    rng: random.Random
    per_day: float
    hours: list[float] = field(init=False)
    week: list[float] = field(init=False)

    def __post_init__(self) -> None:
        rng = self.rng
        morning, afternoon, evening = rng.uniform(6, 9.5), rng.uniform(14, 17.5), rng.uniform(18.5, 21)
        share = rng.uniform(0.25, 0.6), rng.uniform(0.2, 0.5), rng.uniform(0, 0.25)
        width = rng.uniform(1.0, 2.2)
        self.hours = [
            sum(
                s * 2.718281828 ** (-(((h + 0.5 - peak) / width) ** 2) / 2)
                for s, peak in zip(share, (morning, afternoon, evening), strict=True)
            )
            + (0.02 if 6 <= h < 22 else 0.002)
            for h in range(24)
        ]
        self.week = [rng.uniform(0.9, 1.2) for _ in range(5)] + [rng.uniform(0.3, 1), rng.uniform(0.1, 0.9)]


def press(outlets: int = 50, *, days: int = DAYS, seed: int = 1) -> list[Outlet]:
    """The press of a seed, always the same."""
    return [_outlet(n, days, random.Random(seed * 1000 + n)) for n in range(outlets)]


def _outlet(n: int, days: int, rng: random.Random) -> Outlet:
    per_day = 0.3 if n % 12 == 11 else min(45.0, max(0.8, rng.lognormvariate(1.75, 0.75)))
    habits = _Habits(rng, per_day)
    times = sorted(t for day in range(-14, days) for t in _day(habits, day, rng))
    dies = {7: 20, 23: 35}.get(n)
    dead = BEGINS + timedelta(days=dies) if dies is not None else None
    moved = BEGINS + timedelta(days=25, hours=10)
    after = [t for t in times if t >= BEGINS and (dead is None or t < dead)]
    told = rng.random() < 0.3
    return Outlet(
        f"outlet-{n:02}",
        tuple(after),
        tuple([t for t in times if t < BEGINS][-3 * LISTED :]),
        per_day * 7 * rng.uniform(0.6, 1.6) if told else None,
        dies=dead,
        moves=(moved, moved + timedelta(days=2)) if n == 15 else None,
        has_feed=n % 5 == 0,
        feed_lies=n == 10,
    )


def _day(habits: _Habits, day: int, rng: random.Random) -> list[datetime]:
    midnight = BEGINS + timedelta(days=day)
    mean = habits.per_day * habits.week[midnight.weekday()] * 7 / sum(habits.week)
    if day in TET:
        mean *= rng.uniform(0.1, 0.5)
    busy = 3.0 if rng.random() < 0.03 else 1.0  # a congress, a storm: the whole day
    times: list[datetime] = []
    hours = list(habits.hours)
    if rng.random() < 0.05:  # breaking news: a few hours
        begins = rng.randrange(7, 20)
        hours[begins : begins + 3] = [8 * h + 0.05 for h in hours[begins : begins + 3]]
    total = sum(habits.hours)
    for hour, weight in enumerate(hours):
        for _ in range(_poisson(mean * busy * weight / total * 0.75, rng)):
            at = midnight + timedelta(hours=hour, seconds=rng.randrange(3600))
            batch = 1 + (rng.random() < 0.25) * rng.randrange(1, 3)  # mean 4/3
            times += [at + timedelta(seconds=40 * k) for k in range(batch)]
    return times


def _poisson(mean: float, rng: random.Random) -> int:
    n, left = -1, mean
    while left >= 0:
        n += 1
        left -= rng.expovariate(1)
    return n
