"""When mails are due: cadences, Vietnamese day names, quiet hours."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.dates.zones import VIETNAM
from crawler.errors import InvalidInput
from crawler.query.cadence import Cadence, QuietHours, check_together, due, parse_cadence, parse_quiet
from crawler.query.working_days import is_working_day


def vn(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("now", "now"),
        ("ngay", "now"),
        ("Ngay lập tức", "now"),
        ("daily@06:00", "daily@06:00"),
        ("daily@6h", "daily@06:00"),
        ("hằng ngày@6h30", "daily@06:30"),
        ("hàng ngày@06 giờ 15", "daily@06:15"),
        ("ngày@18:05", "daily@18:05"),
        ("weekly@mon-06:00", "weekly@mon-06:00"),
        ("weekly@Monday-6:00", "weekly@mon-06:00"),
        ("weekly@thứ hai-06:00", "weekly@mon-06:00"),
        ("weekly@thứ-tư-06:00", "weekly@wed-06:00"),
        ("hằng tuần@t7-17h", "weekly@sat-17:00"),
        ("tuần@chủ nhật-7h05", "weekly@sun-07:05"),
        ("weekly@CN-00:00", "weekly@sun-00:00"),
        ("tuần@thứ 5-23:59", "weekly@thu-23:59"),
        ("daily@06:00,16:30", "daily@06:00,16:30"),
        ("daily@16:30, 6h", "daily@06:00,16:30"),
        ("hằng ngày@6h và 16h30", "daily@06:00,16:30"),
        ("HÀNG NGÀY @ 6 giờ ; 11h;16 giờ 30", "daily@06:00,11:00,16:30"),
        ("daily@06:00,6h", "daily@06:00"),
        ("workdays@06:00", "workdays@06:00"),
        ("ngày làm việc@6h và 16h30", "workdays@06:00,16:30"),
        ("weekdays@7:05", "workdays@07:05"),
        ("thứ Hai đến thứ Sáu@6h & 16h", "workdays@06:00,16:00"),
        ("T2-T6@06:00/16:30", "workdays@06:00,16:30"),
        ("weekly@mon-06:00,16:00", "weekly@mon-06:00,16:00"),
        ("hằng tuần@thứ hai-6h và 16h", "weekly@mon-06:00,16:00"),
        ("now@workdays", "now@workdays"),
        ("ngay @ ngày làm việc", "now@workdays"),
    ],
)
def test_a_cadence_has_one_stored_spelling(typed: str, stored: str) -> None:
    assert str(parse_cadence(typed)) == stored
    assert parse_cadence(stored) == parse_cadence(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "hourly",
        "ngày",
        "daily",
        "daily@",
        "daily@24:00",
        "daily@06:60",
        "weekly@06:00",
        "weekly@thứ tám-06:00",
        "now@06:00",
        "daily@06:00,",
        "daily@06:00,25:00",
        "workdays@",
        "workdays@mon-06:00",
        "now@sundays",
    ],
)
def test_what_is_no_cadence_is_refused_with_what_was_expected(typed: str) -> None:
    with pytest.raises(InvalidInput, match="daily@06:00"):
        parse_cadence(typed)


@pytest.mark.parametrize(
    ("cadence", "now", "slot"),
    [
        ("daily@06:00", "2026-11-22T05:59", "2026-11-22T06:00"),
        ("daily@06:00", "2026-11-22T06:00", "2026-11-23T06:00"),  # what comes at six is tomorrow's
        ("daily@06:00", "2026-12-31T23:00", "2027-01-01T06:00"),
        ("weekly@mon-06:00", "2026-11-22T12:00", "2026-11-23T06:00"),
        ("weekly@sun-06:00", "2026-11-22T05:00", "2026-11-22T06:00"),
        ("weekly@sun-06:00", "2026-11-22T06:00", "2026-11-29T06:00"),
        ("now", "2026-11-22T12:00", "2026-11-22T12:00"),
        ("daily@06:00,16:30", "2026-11-22T06:00", "2026-11-22T16:30"),
        ("daily@06:00,16:30", "2026-11-22T16:30", "2026-11-23T06:00"),
        ("workdays@06:00,16:30", "2026-11-20T16:30", "2026-11-23T06:00"),  # Friday evening, Monday morning
        ("workdays@06:00", "2026-11-23T12:00", "2026-11-25T06:00"),  # 24/11 is the Day of Culture from 2026
        ("workdays@06:00", "2026-02-13T12:00", "2026-02-23T06:00"),  # Tết Bính Ngọ, both its week-ends too
        (
            "workdays@06:00",
            "2030-01-30T12:00",
            "2030-02-07T06:00",
        ),  # Tết on 2 February; the Chinese one is 3 February
        ("workdays@06:00", "2026-08-21T12:00", "2026-08-22T06:00"),  # a Saturday worked for a bridge day
        ("workdays@06:00", "2026-08-28T12:00", "2026-09-03T06:00"),  # … which is Monday 31 August
        ("weekly@mon-06:00,16:00", "2026-11-23T06:00", "2026-11-23T16:00"),
        ("now@workdays", "2026-11-20T12:00", "2026-11-20T12:00"),
        ("now@workdays", "2026-11-21T12:00", "2026-11-23T00:00"),
    ],
)
def test_the_next_mail_of_a_cadence(cadence: str, now: str, slot: str) -> None:
    assert parse_cadence(cadence).next_after(vn(now)) == vn(slot)


def test_the_clock_of_a_cadence_is_vietnams_whatever_zone_the_time_comes_in() -> None:
    assert parse_cadence("daily@06:00").next_after(datetime(2026, 11, 21, 22, 59, tzinfo=UTC)) == vn(
        "2026-11-22T06:00"
    )
    assert parse_cadence("daily@06:00").next_after(datetime(2026, 11, 21, 23, 0, tzinfo=UTC)) == vn(
        "2026-11-23T06:00"
    )


@pytest.mark.parametrize(
    ("quiet", "now", "lifted"),
    [
        ("22:00-06:00", "2026-11-22T21:59", "2026-11-22T21:59"),
        ("22:00-06:00", "2026-11-22T22:00", "2026-11-23T06:00"),
        ("22:00-06:00", "2026-11-22T03:00", "2026-11-22T06:00"),
        ("22:00-06:00", "2026-11-22T06:00", "2026-11-22T06:00"),
        ("12h-13h30", "2026-11-22T13:29", "2026-11-22T13:30"),
        ("12h-13h30", "2026-11-22T13:30", "2026-11-22T13:30"),
    ],
)
def test_quiet_hours_hold_a_mail_until_their_end(quiet: str, now: str, lifted: str) -> None:
    assert due(Cadence("now"), parse_quiet(quiet), vn(now)) == vn(lifted)


@pytest.mark.parametrize("typed", ["", "22:00", "22:00-22:00", "25:00-06:00", "đêm"])
def test_what_are_no_quiet_hours_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput, match="22:00-06:00"):
        parse_quiet(typed)


def test_what_happens_at_tet_waits_for_the_first_morning_of_work_and_no_quiet_hours_end_inside_it() -> None:
    tet = vn("2026-02-17T09:00")
    assert due(parse_cadence("now@workdays"), parse_quiet("22:00-06:00"), tet) == vn("2026-02-23T06:00")
    friday_night = vn("2026-11-20T23:00")
    assert due(parse_cadence("now@workdays"), parse_quiet("22:00-06:00"), friday_night) == vn(
        "2026-11-23T06:00"
    )
    assert parse_cadence("workdays@06:00").previous(vn("2026-02-23T06:00")) == vn("2026-02-13T06:00")
    assert parse_cadence("daily@06:00,16:30").previous(vn("2026-11-23T06:00")) == vn("2026-11-22T16:30")


def test_a_digest_hour_inside_the_quiet_hours_is_refused() -> None:
    with pytest.raises(InvalidInput, match="05:00"):
        check_together(parse_cadence("daily@05:00"), parse_quiet("22:00-06:00"))
    with pytest.raises(InvalidInput, match="23:00"):
        check_together(parse_cadence("daily@06:00,23:00"), parse_quiet("22:00-06:00"))
    check_together(parse_cadence("daily@06:00"), parse_quiet("22:00-06:00"))


clocks = st.builds(time, st.integers(0, 23), st.integers(0, 59))
cadences = st.one_of(
    st.just(Cadence("now")),
    st.builds(lambda at: Cadence("daily", at), clocks),
    st.builds(lambda at, day: Cadence("weekly", at, day), clocks, st.integers(0, 6)),
)
digests = st.builds(
    lambda kind, times: Cadence(kind, min(times), further=tuple(sorted(times - {min(times)}))),
    st.sampled_from(["daily", "workdays"]),
    st.frozensets(clocks, min_size=1, max_size=4),
)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive by contract


@settings(deadline=None)
@given(cadences, moments)
def test_a_digest_waits_less_than_its_period_and_lands_on_its_hour(cadence: Cadence, now: datetime) -> None:
    slot = cadence.next_after(now)
    assert parse_cadence(str(cadence)) == cadence
    if cadence.at is None:
        assert slot == now
        return
    period = timedelta(days=7 if cadence.kind == "weekly" else 1)
    assert timedelta(0) < slot - now <= period
    assert slot.astimezone(VIETNAM).time() == cadence.at
    assert cadence.weekday is None or slot.astimezone(VIETNAM).weekday() == cadence.weekday
    assert cadence.previous(slot) <= now < slot


@settings(deadline=None)
@given(digests, moments)
def test_the_slots_of_several_times_follow_one_another_without_a_hole(
    cadence: Cadence, now: datetime
) -> None:
    assert parse_cadence(str(cadence)) == cadence
    slot = cadence.next_after(now)
    later = cadence.next_after(slot)
    assert now < slot < later and cadence.previous(later) == slot
    assert slot.astimezone(VIETNAM).time() in cadence.times
    assert later - slot <= timedelta(days=12 if cadence.kind == "workdays" else 1)
    if cadence.kind == "workdays":
        assert is_working_day(slot.astimezone(VIETNAM).date())


@settings(deadline=None)
@given(st.builds(QuietHours, clocks, clocks).filter(lambda q: q.start != q.end), moments)
def test_a_lifted_time_is_never_quiet_and_never_a_day_late(quiet: QuietHours, now: datetime) -> None:
    lifted = quiet.lift(now)
    assert timedelta(0) <= lifted - now < timedelta(days=1)
    assert not quiet.contains(lifted.astimezone(VIETNAM).time())
    assert parse_quiet(str(quiet)) == quiet
