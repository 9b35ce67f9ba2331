"""How long an article waits to be stored, played over sixty days of fifty outlets with the product's own functions.

    python bench/bench_freshness.py [--outlets 50] [--days 60] [--seed 1] [--only]

The press of `press_of_days.py` is looked at on a simulated clock by `crawler.rhythm` (learned from what the looks
brought, with the dates the articles print) and, beside it, by other rules: a fixed 15, 30 or 60 minutes; Media
Cloud's (more than 67 % of the links new: half the interval; less than 33 %: half as long again; 10 minutes to a
day); miniflux' entry frequency (a week over the entries of the last week; 5 minutes to a day). Ticks come each
minute; a look takes some seconds, an article two. The other rules never meet the feed that lies: they are given the
listing.

Two comparisons at equal requests: each rule with its intervals stretched until it asks as often as diemtin does (one
fixed interval stands for all three), and, on every third outlet, diemtin tuned until it asks as often as each fixed
interval does. Delays are counted by article, for daytime (published 05:00 to 22:00) and for all; what an outlet
publishes while it cannot be reached counts too. Prints one JSON document; minutes.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Protocol

from press_of_days import BEGINS, DAYS, LISTED, VIETNAM, Outlet, press

from crawler import rhythm
from crawler.rhythm import News
from crawler.store.frontier import Channel, failed

TICK = timedelta(minutes=1)
LOOK, ARTICLE = timedelta(seconds=8), timedelta(seconds=2)
"""What a look takes until its links are known, and each article after it."""


class Rule(Protocol):
    """When to look again."""

    def after(self, now: datetime, brought: Sequence[datetime]) -> datetime:
        """The next look after one that brought these."""

    def after_failure(self, now: datetime) -> datetime:
        """The next look after one that failed."""

    reads_feeds: bool
    """Whether it asks the feed first where there is one."""

    def doubts(self, now: datetime) -> bool:
        """Whether a feed with nothing new is compared with the listing now."""


@dataclass(slots=True)
class Interval:
    """What the other rules share: an interval in seconds, stretched by a factor."""

    seconds: float = 900.0
    stretch: float = 1.0
    reads_feeds: bool = False

    def after(self, now: datetime, brought: Sequence[datetime]) -> datetime:
        return now + timedelta(seconds=self.seconds * self.stretch)

    def after_failure(self, now: datetime) -> datetime:
        return self.after(now, ())

    def doubts(self, now: datetime) -> bool:
        return False


class MediaCloud(Interval):
    """By the share of new links."""

    def after(self, now: datetime, brought: Sequence[datetime]) -> datetime:
        share = min(1.0, len(brought) / LISTED)
        self.seconds *= 0.5 if share > 0.67 else 1.5 if share < 0.33 else 1
        self.seconds = min(max(self.seconds, 600.0), 86_400.0)
        return Interval.after(self, now, brought)


class EntryFrequency(Interval):
    """By the entries of the last week."""

    def __init__(self, stretch: float, backlog: Sequence[datetime]) -> None:
        super().__init__(stretch=stretch)
        self._week = deque(backlog)

    def after(self, now: datetime, brought: Sequence[datetime]) -> datetime:
        self._week.extend(brought)
        while self._week and self._week[0] < now - timedelta(days=7):
            self._week.popleft()
        week = timedelta(days=7).total_seconds()
        self.seconds = min(max(week / max(len(self._week), 1), 300.0), 86_400.0)
        return Interval.after(self, now, brought)


class Diemtin:
    """The product's functions, fed with what the looks brought."""

    reads_feeds = True

    def __init__(self, outlet: Outlet, scale: float, seed: int) -> None:
        self._outlet, self._scale = outlet, scale
        self._rng = random.Random(seed)
        self._news: list[News] = []
        self._whole: datetime | None = None
        self._channel = Channel(outlet.name, outlet.name, "listing")

    def after(self, now: datetime, brought: Sequence[datetime]) -> datetime:
        """As the spider does it: the articles of this look are stored after it and teach the next one."""
        if self._channel.interval is None:  # the first look finds what the listing shows
            due, brought = now + rhythm.START, (*self._outlet.backlog[-LISTED:], *brought)
            self._whole = now
        else:
            due = self._next(now, len(brought))
        interval = int((due - now).total_seconds())
        self._channel = replace(self._channel, looked=now, due=due, interval=interval, failures=0)
        self._news += [self._seen(at, now) for at in brought]
        return due

    def _seen(self, at: datetime, now: datetime) -> News:
        if self._rng.random() < self._outlet.hours_known:
            return News(at, now)
        return News(at.replace(hour=12, minute=0, second=0), now, hour_known=False)

    def _next(self, now: datetime, fresh: int) -> datetime:
        recent = self._news[bisect_left(self._news, now - rhythm.HISTORY, key=lambda n: n.found) :]
        expected = rhythm.learn(recent, now=now, per_week=self._outlet.expected_per_week, first_look=BEGINS)
        expected = rhythm.in_burst(expected, recent[-200:], fresh=fresh, now=now)
        most = rhythm.LOOKS_A_DAY - (rhythm.COMPARED_A_DAY if self._outlet.has_feed else 0)
        keen = rhythm.KEEN * self._scale**2
        due = rhythm.next_look(expected, now, keen=keen, most=most * self._scale)
        return rhythm.before_doubt(self._whole, now, due, fresh=fresh) if self._outlet.has_feed else due

    def after_failure(self, now: datetime) -> datetime:
        """The product's back-off."""
        self._channel = failed(self._channel, "no answer", base=rhythm.START, now=now)
        assert self._channel.due is not None
        return self._channel.due

    def doubts(self, now: datetime) -> bool:
        """As the spider does it."""
        if rhythm.wants_whole(self._whole, now):
            self._whole = now
            return True
        return False


@dataclass(slots=True)
class Played:
    """What became of one outlet under one rule."""

    name: str
    feed_lies: bool = False
    delays: list[tuple[datetime, float]] = field(default_factory=list)
    """(published, minutes until stored)."""
    asked: list[datetime] = field(default_factory=list)


def play(outlet: Outlet, rule: Rule, end: datetime, seed: int) -> Played:
    """The looks at one outlet from the first day to `end`."""
    played = Played(outlet.name, outlet.feed_lies)
    rng = random.Random(seed)
    due = BEGINS + timedelta(seconds=rng.randrange(1800))
    known = BEGINS
    while True:
        now = BEGINS + math.ceil((due - BEGINS) / TICK) * TICK
        if now >= end:
            return played
        played.asked.append(now)
        if outlet.moves is not None and outlet.moves[0] <= now < outlet.moves[1]:
            due = min(rule.after_failure(now), outlet.moves[1])  # the mended row's section is due at once
            continue
        seen = now + LOOK
        new = outlet.between(known, seen)
        if outlet.has_feed and rule.reads_feeds:
            told = () if outlet.feed_lies else new
            if not told and rule.doubts(now):
                played.asked.append(now)
                told = new
            new = told
        if new:
            known = seen
        played.delays += [
            (at, (seen + ARTICLE * (n + 1) - at) / timedelta(minutes=1)) for n, at in enumerate(new)
        ]
        due = rule.after(now, new)


def _rule(name: str, outlet: Outlet, scale: float, n: int) -> Rule:
    if name == "diemtin":
        return Diemtin(outlet, scale, n)
    if name == "media cloud":
        return MediaCloud(stretch=scale)
    if name == "miniflux":
        return EntryFrequency(scale, outlet.backlog)
    return Interval(seconds=float(name.removeprefix("fixed ")) * 60, stretch=scale)


def run(name: str, outlets: Sequence[Outlet], end: datetime, scale: float = 1.0) -> dict[str, Any]:
    """All outlets under one rule; its figures."""
    return figures([play(o, _rule(name, o, scale, n), end, n) for n, o in enumerate(outlets)], end)


def figures(played: Sequence[Played], end: datetime) -> dict[str, Any]:
    """Delays in minutes, requests, of all outlets together."""
    days = (end - BEGINS) / timedelta(days=1)
    whole = [d for p in played for _, d in p.delays]
    daytime = [d for p in played for at, d in p.delays if _by_day(at)]
    lie = [d for p in played if p.feed_lies for at, d in p.delays if _by_day(at)]
    a_day = [n for p in played for n in _a_day(p.asked).values()]
    outlets = [median(d for _, d in p.delays) for p in played if p.delays]
    return {
        "median": _minutes(whole, 0.5),
        "p95": _minutes(whole, 0.95),
        "daytime median": _minutes(daytime, 0.5),
        "daytime p95": _minutes(daytime, 0.95),
        "median of the outlets' medians": round(median(outlets), 1),
        "longest daytime wait behind the feed that lies": round(max(lie), 1) if lie else None,
        REQUESTS: round(sum(len(p.asked) for p in played) / len(played) / days, 1),
        "most requests of a section on a day": max(a_day),
        "requests an article": round(sum(len(p.asked) for p in played) / max(len(whole), 1), 2),
        "articles": len(whole),
    }


def _by_day(moment: datetime) -> bool:
    return 5 <= moment.astimezone(VIETNAM).hour < 22


def _a_day(moments: Sequence[datetime]) -> dict[Any, int]:
    found: dict[Any, int] = {}
    for moment in moments:
        day = moment.astimezone(VIETNAM).date()
        found[day] = found.get(day, 0) + 1
    return found


def _minutes(delays: Sequence[float], quantile: float) -> float:
    ordered = sorted(delays)
    return round(ordered[min(len(ordered) - 1, int(quantile * len(ordered)))], 1) if ordered else math.nan


REQUESTS = "requests a section and day"
RULES = ("fixed 15", "fixed 30", "fixed 60", "media cloud", "miniflux")
CLOSE = 0.01
"""What counts as equal requests, of the number wanted."""


def matched(name: str, outlets: Sequence[Outlet], end: datetime, wanted: float) -> dict[str, Any]:
    """A rule's figures at the factor at which it asks `wanted` requests a section and day, as near as it comes.

    The secant of the logarithms: requests are nearly a power of the factor.
    """
    less = 1 if name == "diemtin" else -1  # a larger scale asks more, a longer stretch less
    tried: list[tuple[float, float, dict[str, Any]]] = []
    power, factor = 0.0, 1.0
    for _ in range(8):
        found = run(name, outlets, end, factor)
        off = math.log(found[REQUESTS] / wanted)
        tried.append((factor, off, found))
        if abs(off) <= CLOSE:
            break
        slope = _slope(tried[-2:]) if len(tried) > 1 else less
        power = min(max(power - off / slope, -4.0), 4.0)
        factor = math.exp(power)
    factor, _, found = min(tried, key=lambda t: abs(t[1]))
    return {"factor": round(factor, 3), **found}


def _slope(tried: Sequence[tuple[float, float, Any]]) -> float:
    (a, at_a, _), (b, at_b, _) = tried
    step = math.log(b / a)
    return (at_b - at_a) / step if step and at_a != at_b else math.inf


def compare(outlets: Sequence[Outlet], end: datetime) -> dict[str, Any]:
    """Everything there is to say."""
    ours = run("diemtin", outlets, end)
    third = outlets[::3]
    return {
        "diemtin": ours,
        "as they are": {name: run(name, outlets, end) for name in RULES},
        "at diemtin's requests": {
            name: matched(name, outlets, end, ours[REQUESTS]) for name in RULES[1:2] + RULES[3:]
        },
        "every third outlet, at their requests": {
            name: {
                "theirs": (found := run(name, third, end)),
                "diemtin": matched("diemtin", third, end, found[REQUESTS]),
            }
            for name in RULES[:3]
        },
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--outlets", type=int, default=50)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="store_true", help="diemtin alone, as it is")
    options = parser.parse_args()
    outlets = press(options.outlets, days=options.days, seed=options.seed)
    end = BEGINS + timedelta(days=options.days)
    report = run("diemtin", outlets, end) if options.only else compare(outlets, end)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
