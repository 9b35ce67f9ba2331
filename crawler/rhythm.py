"""When a section is looked at next: looks follow the news of that weekday and hour, not the length of the listing.

1. *Learn.* The articles of the last eight weeks, each worth half as much a fortnight later, give a level (articles a
   day), a factor for every weekday and a share for every hour; each starts from what is usual (`[expect] per_week`, the
   press's ordinary week and day) and moves as far as the evidence carries it, cell by cell in the end: the paper that
   prints on Friday mornings gets its Friday mornings (gamma-Poisson shrinkage, `_LEVEL_DAYS` … `_CELL_WEEKS`).
2. *Adapt.* More news in the last hours than expected is a burst: the rate rises with it. A section that should have
   brought `ENOUGH_SILENCE` articles and brought none is believed less and less. Around Tết papers rest.
3. *Pace.* Looks an hour are the geometric mean of the rate of news and `KEEN`: below twelve articles an hour a look
   brings less than one article, above more. For a given number of looks this makes the mean wait shortest. The
   looks of a day stay within `LOOKS_A_DAY`, and gaps within `longest_gap`.
4. *Next.* The looks of the coming hours are added up from now on; the next look is due where they reach one.

Pure: the clock and the news come as values. All hours are Vietnam's.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import groupby, pairwise
from operator import attrgetter, mul

from crawler.dates.zones import VIETNAM

START = timedelta(minutes=20)
"""Between the looks of a section of which nothing is known yet."""
SHORTEST = timedelta(minutes=10)
"""Between two looks (Media Cloud's, FIELD §1.8)."""
DAY_BEGINS, DAY_ENDS = 5, 22
"""The hours in which an article must not wait long."""
BY_DAY, BY_NIGHT = timedelta(minutes=56), timedelta(minutes=170)
"""Longest gaps of a section with an article a day: an hour and three hours, less the tick and the crawl itself."""
LONGEST = timedelta(hours=6)
"""Longest gap of the quietest section."""
_AN_ARTICLE_A_DAY = 0.75
"""What a section of one article a day may be taken for, by chance: below, the longest gaps grow as the rate falls."""
KEEN = 12.0
"""Looks an hour at which the rate of news and the rate of looks meet."""
LOOKS_A_DAY = 44.0
"""The most looks an ordinary day is planned with; a burst may add some, and 60 are the limit of what is polite."""

BELIEVED = timedelta(minutes=45)
"""How long what a feed or a 304 says is believed without the listing: the look after that is due within the hour."""
COMPARED_A_DAY = 20.0
"""Looks of an ordinary day that ask feed and listing both."""

HISTORY = timedelta(weeks=8)
"""How far back news says anything."""
_HALF_LIFE = timedelta(days=14)
_LEVEL_DAYS = 3.0
"""Days of evidence that weigh as much as the level expected beforehand."""
_WEEKDAY_DAYS = 3.0
"""The same for a weekday's factor, in days of that weekday."""
_HOUR_ARTICLES = 20.0
"""The same for the shares of the hours, in articles."""
_CELL_WEEKS = 4.0
"""The same for one hour of one weekday, in weeks."""
_USUAL_PER_DAY = 3.0
"""Articles a day of a section whose row expects nothing: what the provincial press brings."""
_TET_SHARE = 0.3
"""What is left of the rate around Tết."""
ENOUGH_SILENCE = 8.0
"""Articles that should have come meanwhile: chance makes such a silence once in three thousand times."""
_BURST_HOURS = 3
_BURST_MOST = 4.0

_HOURS_USUAL = (
    0.3, 0.2, 0.2, 0.2, 0.6, 2.5, 5.5, 8.0, 8.5, 7.5, 6.5, 5.5,
    3.0, 4.0, 6.5, 7.0, 8.0, 8.0, 6.5, 5.0, 3.5, 2.0, 0.7, 0.3,
)  # fmt: skip
"""The usual day: shares of the hours, from the times printed on stored pages and listings of the press, rounded."""
_USUAL_SHARES = tuple(share / sum(_HOURS_USUAL) for share in _HOURS_USUAL)
_WEEKDAYS_USUAL = (1.1, 1.15, 1.15, 1.15, 1.1, 0.75, 0.6)
"""The usual week, Monday first; the mean is one."""

# Tết by the lunar calendar: the first day of the year; papers rest from two days before to six after.
_TET = tuple(date.fromisoformat(first).toordinal() for first in (
    "2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13", "2030-02-03",
    "2031-01-23", "2032-02-11", "2033-01-31", "2034-02-19", "2035-02-08",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class News:
    """One article of a section, as far as its time is known."""

    at: datetime
    """When it was published; where that is unknown, when it was found."""
    found: datetime
    hour_known: bool = True
    """False where only the day of publication is printed."""
    day: int = field(init=False, repr=False)
    """The day in Vietnam, as an ordinal."""
    cell: int = field(init=False, repr=False)
    """Its hour of the week: 0 is Monday's first. Kept, for it is looked at again and again."""

    def __post_init__(self) -> None:
        local = self.at.astimezone(VIETNAM)
        object.__setattr__(self, "day", local.toordinal())
        object.__setattr__(self, "cell", local.weekday() * 24 + local.hour)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What is expected of a section."""

    rates: tuple[float, ...]
    """Articles an hour, by weekday and hour: 168 of them, Monday 00:00 first."""
    per_day: float
    """Articles a day, over the week; less where a long silence speaks against it."""
    burst: float = 1.0
    """By how much the last hours brought more than that."""

    def rate(self, at: datetime) -> float:
        """Articles an hour at that time, the burst left out."""
        local = at.astimezone(VIETNAM)
        rate = self.rates[local.weekday() * 24 + local.hour]
        return rate * _TET_SHARE if is_tet(local.date()) else rate


def is_tet(day: date) -> bool:
    """Whether newspapers rest for Tết."""
    return _is_tet(day.toordinal())


@lru_cache(maxsize=512)
def _is_tet(day: int) -> bool:
    return any(-2 <= day - tet <= 6 for tet in _TET)


# ---- 1. learn -------------------------------------------------------------------------------------------------


def learn(
    news: Iterable[News], *, now: datetime, per_week: float | None = None, first_look: datetime | None = None
) -> Rhythm:
    """The rhythm of a section from its articles (any order).

    `per_week` is what its row expects; `first_look` is since when its source is looked at: without any news that was
    a silence.
    """
    oldest = now - HISTORY
    seen = sorted([n for n in news if oldest < n.at <= now], key=attrgetter("at"))
    prior = per_week / 7 if per_week else _USUAL_PER_DAY
    if not seen and first_look is None:
        return _shaped(prior)
    since = _watched_since(seen) if seen else max(first_look or now, now - HISTORY)
    watched = _watched(since, now)
    cells, weekdays = _counted([n for n in seen if n.at >= since], now)
    usual = sum(map(mul, watched, _WEEKDAYS_USUAL))
    level = (_LEVEL_DAYS * prior + sum(weekdays)) / (_LEVEL_DAYS + usual)
    factors = [
        (_WEEKDAY_DAYS * factor + count / level) / (_WEEKDAY_DAYS + days)
        for factor, count, days in zip(_WEEKDAYS_USUAL, weekdays, watched, strict=True)
    ]
    shares = _shares(cells)
    rates = tuple(
        [
            (expected * share + cell) / weeks
            for d, factor in enumerate(factors)
            for expected, weeks in [(_CELL_WEEKS * level * factor, _CELL_WEEKS + watched[d])]
            for share, cell in zip(shares, cells[d * 24 : d * 24 + 24], strict=True)
        ]
    )
    return _doubted(Rhythm(rates, sum(rates) / 7), seen[-1].at if seen else since, now)


def _shaped(level: float) -> Rhythm:
    """The usual week at a level of articles a day."""
    rates = tuple(level * day * share for day in _WEEKDAYS_USUAL for share in _USUAL_SHARES)
    return Rhythm(rates, level)


def _watched_since(seen: Sequence[News]) -> datetime:
    """Since when the news that is known is all there was: the first look, or what its listing reached back to.

    Old items that stick to a listing lie before long gaps, so a tenth of the backlog is left out.
    """
    first_look = min([n.found for n in seen])
    soon = first_look + timedelta(hours=2)
    backlog = sorted([n.at for n in seen if n.found < soon])
    oldest = backlog[len(backlog) // 10] if len(backlog) >= 5 else first_look
    return min(oldest, first_look)


def _watched(since: datetime, now: datetime) -> list[float]:
    """How many days of each weekday were watched, each worth less the longer ago; those of Tết say nothing."""
    weights = [0.0] * 7
    first, today = since.astimezone(VIETNAM), now.astimezone(VIETNAM)
    for day in range(first.toordinal(), today.toordinal() + 1):
        if not _is_tet(day):
            part = 1.0
            if day == first.toordinal():
                part -= _part_of_day(first)
            if day == today.toordinal():
                part -= 1 - _part_of_day(today)
            weights[(day + 6) % 7] += part * _worth(today.toordinal() - day)
    return weights


def _part_of_day(local: datetime) -> float:
    return (local.hour * 60 + local.minute) / 1440


@lru_cache(maxsize=256)
def _worth(days: int) -> float:
    return float(0.5 ** (timedelta(days=days) / _HALF_LIFE))


def _counted(seen: Iterable[News], now: datetime) -> tuple[list[float], list[float]]:
    """News by hour of the week and by weekday, worth less the longer ago, smoothed over the hours beside its own."""
    today = now.astimezone(VIETNAM).toordinal()
    exact, weekdays, vague = [0.0] * 168, [0.0] * 7, [0.0] * 7
    for day, of_day in groupby(seen, attrgetter("day")):
        if _is_tet(day):
            continue
        worth, weekday = _worth(today - day), (day + 6) % 7
        for one in of_day:
            weekdays[weekday] += worth
            if one.hour_known:
                exact[one.cell] += worth
            else:
                vague[weekday] += worth
    beside = zip(exact[-1:] + exact[:-1], exact, exact[1:] + exact[:1], strict=True)
    usual = [share * of_day for of_day in vague for share in _USUAL_SHARES]
    cells = [(a + 2 * b + c) / 4 + d for (a, b, c), d in zip(beside, usual, strict=True)]
    return cells, weekdays


def _shares(cells: Sequence[float]) -> list[float]:
    """The share of each hour of the day."""
    total = sum(cells)
    return [
        (_HOUR_ARTICLES * usual + sum(cells[hour::24])) / (_HOUR_ARTICLES + total)
        for hour, usual in enumerate(_USUAL_SHARES)
    ]


# ---- 2. adapt -------------------------------------------------------------------------------------------------


def _doubted(rhythm: Rhythm, last: datetime, now: datetime) -> Rhythm:
    """The rhythm after a silence since `last`: of a paper that stopped, ever less is expected."""
    if now - last < timedelta(days=1):
        return rhythm
    expected = expected_between(rhythm, last, now)
    if expected <= ENOUGH_SILENCE:
        return rhythm
    left = ENOUGH_SILENCE / expected
    return replace(rhythm, rates=tuple(r * left for r in rhythm.rates), per_day=rhythm.per_day * left)


def expected_between(rhythm: Rhythm, since: datetime, until: datetime) -> float:
    """Articles expected in a stretch of time."""
    return sum(rhythm.rate(a) * ((b - a) / timedelta(hours=1)) for a, b in pairwise(_hours(since, until)))


def _hours(since: datetime, until: datetime) -> list[datetime]:
    """Both ends and every full hour between them."""
    first = since.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    between = []
    while first < until:
        between.append(first)
        first += timedelta(hours=1)
    return [since, *between, until]


def in_burst(rhythm: Rhythm, news: Iterable[News], *, fresh: int, now: datetime) -> Rhythm:
    """The rhythm with what the last hours brought; `fresh` were found just now and are not among `news` yet."""
    since = now - timedelta(hours=_BURST_HOURS)
    brought = fresh + len([n for n in news if since < n.at <= now])
    usual = expected_between(rhythm, since, now)
    burst = (brought + 2) / (usual + 2)
    return replace(rhythm, burst=min(max(burst, 1.0), _BURST_MOST))


# ---- 3. pace --------------------------------------------------------------------------------------------------


def longest_gap(per_day: float, hour: int) -> timedelta:
    """The longest time between two looks at that hour, for a section of so many articles a day."""
    longest = BY_DAY if DAY_BEGINS <= hour < DAY_ENDS else BY_NIGHT
    return min(LONGEST, longest / min(1.0, max(per_day, 1e-3) / _AN_ARTICLE_A_DAY))


@lru_cache(maxsize=64)
def _thrift(rates: tuple[float, ...], keen: float, most: float) -> float:
    """What the looks an hour are multiplied with so that the busiest day keeps to `most` looks."""
    looks = list(map(math.sqrt, rates))
    busiest = max([sum(looks[d * 24 : d * 24 + 24]) for d in range(7)]) * math.sqrt(keen)
    return min(1.0, most / max(busiest, 1e-9))


def looks_an_hour(rhythm: Rhythm, at: datetime, *, keen: float = KEEN, most: float = LOOKS_A_DAY) -> float:
    """How often a section is looked at, at that time."""
    wanted = math.sqrt(rhythm.rate(at) * rhythm.burst * keen) * _thrift(rhythm.rates, keen, most)
    hour = timedelta(hours=1)
    least = hour / longest_gap(rhythm.per_day, at.astimezone(VIETNAM).hour)
    return min(max(wanted, least), hour / SHORTEST)


# ---- 4. next --------------------------------------------------------------------------------------------------


def next_look(rhythm: Rhythm, now: datetime, *, keen: float = KEEN, most: float = LOOKS_A_DAY) -> datetime:
    """When a section that was looked at `now` is due again."""
    begins, left = now, 1.0
    end = _latest(rhythm.per_day, now)
    while begins < end:
        ends = min(_next_hour(begins), end)
        looks = looks_an_hour(rhythm, begins, keen=keen, most=most)
        part = looks * ((ends - begins) / timedelta(hours=1))
        if part >= left:
            return max(begins + timedelta(hours=left / looks), now + SHORTEST)
        left -= part
        begins = ends
    return end


def _latest(per_day: float, now: datetime) -> datetime:
    """The end of the longest gap: one by day is counted from the morning, however long the night was."""
    gap = longest_gap(per_day, now.astimezone(VIETNAM).hour)
    morning = now.astimezone(VIETNAM).replace(hour=DAY_BEGINS, minute=0, second=0, microsecond=0)
    if morning <= now:
        morning += timedelta(days=1)
    return min(now + gap, morning + longest_gap(per_day, DAY_BEGINS))


def _next_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


# ---- what is not believed for long ----------------------------------------------------------------------------


def wants_whole(whole: datetime | None, now: datetime) -> bool:
    """Whether a look must see the listing itself, unconditionally: a feed or an answer 304 may lie.

    `whole` is when it was last seen so.
    """
    return whole is None or now - whole >= BELIEVED


def before_doubt(whole: datetime | None, now: datetime, due: datetime, *, fresh: int = 0) -> datetime:
    """The next look, by day moved forward to where a lie would still be found out within the hour.

    A feed that has just brought something (`fresh`) was right until now, and is believed for half an hour.
    """
    if whole is None:
        return due
    latest = max(whole + BY_DAY, now + (BELIEVED * 2 / 3 if fresh else SHORTEST))
    by_day = DAY_BEGINS <= latest.astimezone(VIETNAM).hour < DAY_ENDS
    return min(due, latest) if by_day else due
