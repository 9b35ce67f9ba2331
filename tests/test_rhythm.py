"""Looks follow the news: what is learned of a section, and when it is looked at next. No clock but the one given."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler import rhythm
from crawler.dates.zones import VIETNAM
from crawler.rhythm import News, Rhythm, learn, longest_gap, next_look

NOW = datetime(2026, 11, 18, 9, tzinfo=VIETNAM)  # a Wednesday
WEEK = timedelta(weeks=1)
HOUR = timedelta(hours=1)


def paper(
    per_day: float, *, weeks: int = 6, until: datetime = NOW, hours: Sequence[int] = (7, 9, 15, 17)
) -> list[News]:
    """A paper that publishes at these hours, the same every working day and half as much at weekends."""
    rng = random.Random(7)
    found = []
    midnight = until.replace(hour=0, minute=0)
    for back in range(weeks * 7, -1, -1):
        day = midnight - timedelta(days=back)
        for _ in range(round(per_day * (0.5 if day.weekday() >= 5 else 1))):
            at = day + timedelta(hours=rng.choice(hours), minutes=rng.randrange(60))
            if at <= until:
                found.append(News(at, at + timedelta(minutes=10)))
    return found


def looks(learned: Rhythm, begin: datetime, end: datetime) -> Iterator[datetime]:
    """The looks of a stretch of time in which nothing else is learned."""
    while begin < end:
        yield begin
        begin = next_look(learned, begin)


def at(hour: int, minute: int = 0, *, days: int = 0) -> datetime:
    return NOW.replace(hour=hour, minute=minute) + timedelta(days=days)


def test_an_ordinary_paper_is_looked_at_all_day_and_hardly_at_night() -> None:
    """It had drifted to one look a day: 3 to 10 articles are never a third of a listing of thirty."""
    for per_day in (3, 6, 10):
        learned = learn(paper(per_day), now=NOW)
        day = list(looks(learned, at(5), at(5, days=1)))
        assert 20 <= len(day) <= 60, per_day
        by_day = [b - a for a, b in pairwise(day) if 5 <= a.hour < 21]
        assert max(by_day) <= HOUR
        assert len([look for look in day if look >= at(22)]) <= 5


def test_looks_are_where_the_news_is() -> None:
    learned = learn(paper(8, hours=(7, 15)), now=NOW)

    def gap(hour: int) -> timedelta:
        return next_look(learned, at(hour)) - at(hour)

    assert gap(7) < gap(11) and gap(15) < gap(20)
    assert gap(7) <= timedelta(minutes=25)


def test_more_news_more_looks_but_never_more_than_is_polite() -> None:
    counts = [len(list(looks(learn(paper(n), now=NOW), at(0), at(0, days=1)))) for n in (1, 4, 12, 40, 200)]
    assert counts == sorted(counts) and counts[0] < counts[-1]
    assert counts[-1] <= 60


def test_a_weekly_paper_gets_its_own_morning() -> None:
    fridays = [
        News(at(8, 5 * n, days=2) - k * WEEK, at(9, days=2) - k * WEEK) for k in range(1, 8) for n in range(8)
    ]
    learned = learn(fridays, now=NOW, per_week=8)
    assert learned.rate(at(8, days=2)) > 10 * learned.rate(at(8, days=1))


@pytest.mark.parametrize("per_week", [None, 4, 70])
def test_of_a_new_source_the_row_and_the_usual_day_are_believed(per_week: float | None) -> None:
    learned = learn((), now=NOW, per_week=per_week)
    assert learned.per_day == pytest.approx((per_week or 21) / 7)
    assert learned.rate(at(8)) > 5 * learned.rate(at(2))


def test_a_few_days_of_evidence_move_what_the_row_expects_and_do_not_replace_it() -> None:
    days = [learn(paper(10, weeks=1)[-n:], now=NOW, per_week=7).per_day for n in (5, 20, 60)]
    assert 1 < days[0] < days[-1] < 11


def test_days_alone_teach_no_hour() -> None:
    vague = [News(n.at.replace(hour=12, minute=0), n.found, hour_known=False) for n in paper(6)]
    learned = learn(vague, now=NOW)
    assert learned.per_day == pytest.approx(5, abs=1)
    assert learned.rate(at(12)) < learned.rate(at(8))


def test_pinned_items_of_the_first_listing_do_not_make_a_paper_look_quiet() -> None:
    found = NOW - timedelta(minutes=20)
    listing = [News(found - timedelta(hours=3 * n), found) for n in range(28)]
    pinned = [News(found - timedelta(days=50 - n), found) for n in range(2)]
    assert learn([*listing, *pinned], now=NOW).per_day == pytest.approx(
        learn(listing, now=NOW).per_day, rel=0.25
    )
    assert learn(listing, now=NOW).per_day > 4


def test_a_source_that_died_is_asked_less_and_less_and_one_that_lives_again_at_once_more() -> None:
    news = paper(6, until=NOW - timedelta(days=21))
    quiet = [
        learn([n for n in news if n.at <= NOW - timedelta(days=21)], now=NOW - timedelta(days=d)).per_day
        for d in (20, 14, 7, 0)
    ]
    assert quiet == sorted(quiet, reverse=True) and quiet[0] > 4 and quiet[-1] < 0.75
    alive = learn([*news, News(NOW - HOUR, NOW)], now=NOW)
    assert alive.per_day > quiet[-1]


def test_a_source_that_never_brought_anything_is_not_asked_all_day_for_ever() -> None:
    gaps, asked = [], []
    for weeks in (0, 1, 3, 8):
        learned = learn((), now=NOW, first_look=NOW - timedelta(weeks=weeks))
        gaps.append(longest_gap(learned.per_day, 9))
        asked.append(len(list(looks(learned, NOW, NOW + timedelta(days=1)))))
    assert gaps == sorted(gaps) and gaps[-1] > timedelta(hours=5)
    assert asked == sorted(asked, reverse=True) and asked[-1] <= 8


def test_a_burst_brings_the_next_look_nearer_and_passes() -> None:
    news = paper(6)
    learned = learn(news, now=NOW)
    busy = rhythm.in_burst(learned, news, fresh=9, now=NOW)
    assert next_look(busy, NOW) < next_look(learned, NOW)
    assert rhythm.in_burst(learned, news, fresh=0, now=NOW).burst < busy.burst


def test_tet_is_no_silence_and_teaches_nothing() -> None:
    after = datetime(2027, 2, 14, 9, tzinfo=VIETNAM)
    news = [n for n in paper(6, until=after) if not rhythm.is_tet(n.at.date())]
    learned = learn(news, now=after)
    assert learned.per_day == pytest.approx(learn(paper(6), now=NOW).per_day, rel=0.2)
    assert (
        learned.rate(datetime(2027, 2, 8, 9, tzinfo=VIETNAM))
        < learned.rate(datetime(2027, 1, 25, 9, tzinfo=VIETNAM)) / 2
    )


moments = st.integers(0, 2 * 366 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=VIETNAM) + timedelta(minutes=minutes)
)


@settings(deadline=None)
@given(moments, st.floats(0.05, 80))
def test_no_gap_is_longer_than_promised(now: datetime, per_day: float) -> None:
    learned = learn((), now=now, per_week=per_day * 7)
    due = next_look(learned, now)
    assert rhythm.SHORTEST <= due - now <= rhythm.LONGEST
    if per_day >= 1:
        assert due - now <= 3 * HOUR
        minutes = (now + timedelta(minutes=m) for m in range(180))
        waited = [t for t in minutes if t < due and 5 <= t.hour < 22]
        assert due - min(waited, default=due) <= HOUR


@settings(deadline=None)
@given(st.lists(st.tuples(moments, st.booleans()), max_size=40), moments)
def test_whatever_was_seen_the_rhythm_is_one(seen: list[tuple[datetime, bool]], now: datetime) -> None:
    news = [News(at, at, hour_known=known) for at, known in seen]
    learned = learn(news, now=now)
    assert all(rate >= 0 for rate in learned.rates) and learned.per_day >= 0
    assert learned == learn(reversed(news), now=now), "the order of the articles says nothing"
    assert now < next_look(learned, now) <= now + rhythm.LONGEST


def test_a_listing_is_seen_whole_within_the_hour_however_often_a_304_says_nothing_is_new() -> None:
    seen = NOW
    assert not rhythm.wants_whole(seen, NOW + timedelta(minutes=20))
    assert rhythm.wants_whole(seen, NOW + timedelta(minutes=45)) and rhythm.wants_whole(None, NOW)
    cheap = NOW + timedelta(minutes=40)
    assert rhythm.before_doubt(seen, cheap, cheap + timedelta(minutes=50)) - seen <= HOUR
    night = at(23)
    assert rhythm.before_doubt(seen, night, night + 2 * HOUR) == night + 2 * HOUR


@settings(deadline=None)
@given(moments, st.lists(st.integers(10, 170), min_size=60, max_size=60))
def test_by_day_a_lie_stands_for_an_hour_at_most_wherever_the_looks_fall(
    begin: datetime, gaps: list[int]
) -> None:
    """A look a minute before the doubt was followed by one twenty minutes after it."""
    whole, now, wholes = begin, begin, [begin]
    for gap in gaps:
        now = rhythm.before_doubt(whole, now, now + timedelta(minutes=gap))
        if rhythm.wants_whole(whole, now):
            whole = now
            wholes.append(now)
    for a, b in pairwise(wholes):
        if 5 <= (b - HOUR).astimezone(VIETNAM).hour < 21 and 5 <= a.astimezone(VIETNAM).hour < 21:
            assert b - a <= HOUR
