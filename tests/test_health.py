"""How a source stands, from invented runs: not looked at, blocked, silent, broken are four different things."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta

import pytest
import sqlalchemy as sa

from crawler.crawl.health import Health, State, health_of, report_to_operator, rests, states_of, volume_drop
from crawler.dates.zones import VIETNAM
from crawler.source import Source
from crawler.store import schema_delivery
from crawler.store.runs import RunRow
from crawler.store.watches import ensure_operator
from tests.press_room import OUTLETS

SOURCE = OUTLETS["bao-lam-ha"]
TODAY = date(2026, 11, 19)  # a Thursday
NOW = datetime.combine(TODAY, time(9), VIETNAM)
FIELDS = {"published": 1.0, "lead": 1.0, "authors": 0.8, "captions": 0.5}


def expecting(per_week: float | None) -> Source:
    return Source.model_validate(
        {**SOURCE.model_dump(exclude_unset=True), "expect": {"per_week": per_week}}
        if per_week
        else SOURCE.model_dump(exclude_unset=True)
    )


def a_run(
    day: date,
    stored: int,
    *,
    outcome: str | None = "finished",
    hour: int = 8,
    problem: str | None = None,
    shares: dict[str, float] | None = None,
    unreadable: int = 0,
    source: str = SOURCE.id,
) -> RunRow:
    started = datetime.combine(day, time(hour), VIETNAM).astimezone(UTC)
    fields = {"read": stored, **{name: round(stored * s) for name, s in (shares or FIELDS).items()}}
    counts = {"stored": stored, "unchanged": 3, "dropped:too_short": unreadable}
    ended = started + timedelta(minutes=2) if outcome else None
    return RunRow(0, source, started, ended, outcome, stored + 5, stored, 0, counts, fields, problem)


def history(
    weeks: int, per_day: Callable[[date], int], *, until: date = TODAY, skip: Sequence[date] = ()
) -> list[RunRow]:
    days = [until - timedelta(days=n) for n in range(weeks * 7, -1, -1)]
    return [a_run(day, 0 if rests(day) else per_day(day)) for day in days if day not in skip]


def days_before(n: int) -> set[date]:
    """The n working days before today."""
    return set([d for back in range(1, 30) if not rests(d := TODAY - timedelta(days=back))][:n])


def state(runs: Sequence[RunRow], source: Source = SOURCE, now: datetime = NOW) -> Health:
    return health_of(source, runs, now=now)


def test_a_source_that_brings_what_it_always_brought_is_good() -> None:
    found = state(history(8, lambda _: 4))
    assert found.state is State.GOOD
    assert (found.per_week, found.expected) == (20, 20)
    assert found.last_new is not None and found.last_new.astimezone(VIETNAM).date() == TODAY


@pytest.mark.parametrize(
    "runs",
    [
        [],
        [a_run(TODAY - timedelta(days=2), 4)],
        [a_run(TODAY, 4, outcome=None)],
        [a_run(TODAY - timedelta(days=3), 4), a_run(TODAY, 0, outcome="missed")],
        [a_run(TODAY - timedelta(days=3), 4), a_run(TODAY, 0, outcome="killed")],
    ],
    ids=["never", "long ago", "still running", "missed since", "killed since"],
)
def test_without_a_finished_look_of_the_last_day_it_was_not_looked_at(runs: list[RunRow]) -> None:
    assert state(runs).state is State.NOT_LOOKED


def test_a_source_is_overdue_when_it_was_looked_at_before_or_the_box_had_time_enough() -> None:
    rows = {
        "bao-a": SOURCE.model_copy(update={"id": "bao-a"}),
        "bao-b": SOURCE.model_copy(update={"id": "bao-b"}),
    }
    looked = [a_run(TODAY, 4, source="bao-a")]

    def overdue(hours: float, runs: Sequence[RunRow] = looked) -> list[str]:
        then = runs[-1].started + timedelta(hours=hours) if runs else NOW
        found = states_of(rows, runs, now=then)
        assert all(h.needs_a_person == h.overdue for h in found)
        return [h.source for h in found if h.overdue]

    assert overdue(0, []) == [], "an empty store says nothing"
    assert overdue(25) == [] and overdue(27) == ["bao-a", "bao-b"]
    assert overdue(1, [a_run(TODAY - timedelta(days=2), 4, source="bao-a"), *looked]) == ["bao-b"]
    missed = [*looked, a_run(TODAY + timedelta(days=2), 0, source="*", outcome="missed")]
    assert overdue(1, missed) == ["bao-a", "bao-b"]
    off = {id_: row.model_copy(update={"disabled": "2026-11-01 thu phí"}) for id_, row in rows.items()}
    assert not any(h.overdue for h in states_of(off, looked, now=NOW + timedelta(days=9)))


def test_the_operator_hears_of_a_box_that_looks_at_nothing_once_and_of_one_source_by_name(
    engine: sa.Engine,
) -> None:
    rows = {n: SOURCE.model_copy(update={"id": n}) for n in ("bao-a", "bao-b")}
    runs = [a_run(TODAY, 4, source=n) for n in rows]
    with engine.begin() as connection:
        ensure_operator(connection, "operator@example.org", now=NOW)
    late = NOW + timedelta(days=2)
    assert report_to_operator(engine, states_of(rows, runs, now=late), now=late) == 1
    runs.append(a_run(TODAY + timedelta(days=2), 4, source="bao-a"))
    assert report_to_operator(engine, states_of(rows, runs, now=late), now=late) == 1
    with engine.connect() as connection:
        told = connection.scalars(
            sa.select(schema_delivery.alert.c.body).order_by(schema_delivery.alert.c.id)
        ).all()
    assert [(b["event"], b["about"], b["detail"]) for b in told] == [
        ("not_looked", "*", "lần xem cuối 08:02 19/11/2026"), ("not_looked", "bao-b", "lần xem cuối 08:02 19/11/2026"),
    ]  # fmt: skip


def test_a_source_that_shuts_us_out_is_blocked_and_not_silent() -> None:
    runs = [
        *history(8, lambda _: 4, until=TODAY - timedelta(days=7)),
        *(
            a_run(TODAY - timedelta(days=n), 0, outcome="blocked", problem="bot wall")
            for n in range(6, -1, -1)
        ),
    ]
    found = state(runs)
    assert (found.state, found.detail) == (State.BLOCKED, "bot wall")
    assert found.last_success == runs[-8].ended and found.last_look == runs[-1].ended


def test_the_first_good_look_after_a_wall_is_not_silence() -> None:
    walled = [a_run(TODAY - timedelta(days=n), 0, outcome="blocked") for n in range(6, 0, -1)]
    runs = [*history(8, lambda _: 4, until=TODAY - timedelta(days=7)), *walled, a_run(TODAY, 0)]
    assert state(runs).state is State.GOOD


def test_a_crawl_that_failed_is_said_with_its_problem() -> None:
    runs = [*history(2, lambda _: 4)[:-1], a_run(TODAY, 0, outcome="failed", problem="DNS lookup failed")]
    assert (state(runs).state, state(runs).detail) == (State.FAILING, "DNS lookup failed")


def test_a_disabled_row_is_that_and_nothing_else() -> None:
    row = SOURCE.model_copy(update={"disabled": "2026-11-20 paywalled"})
    assert (state([], row).state, state([], row).detail) == (State.DISABLED, "2026-11-20 paywalled")


def test_three_working_days_without_anything_are_silence_and_two_are_not() -> None:
    for n, expected in ((2, State.GOOD), (3, State.SILENT), (4, State.SILENT)):
        quiet = days_before(n) | {TODAY}
        found = state(history(8, lambda day, quiet=quiet: 0 if day in quiet else 4))
        assert found.state is expected, f"{n} quiet days"
        assert (found.detail is None) == (expected is State.GOOD)


def test_a_fifth_of_the_usual_is_silence_too_and_half_of_it_is_not() -> None:
    quiet = days_before(5)
    for left, expected in ((2, State.SILENT), (6, State.GOOD)):
        runs = history(8, lambda day, left=left: left if day in quiet else 12)
        assert state(runs).state is expected, f"{left} of 12 left"


def test_silence_does_not_become_the_usual() -> None:
    stopped = TODAY - timedelta(weeks=6)
    found = state(history(9, lambda day: 4 if day < stopped else 0))
    assert found.state is State.SILENT


def test_days_on_which_the_box_was_off_are_not_silence() -> None:
    off = days_before(4)
    assert state(history(8, lambda _: 4, skip=sorted(off))).state is State.GOOD


def test_each_weekday_is_measured_against_itself() -> None:
    """A weekly paper that prints on Fridays is not silent from Monday to Thursday."""
    runs = history(8, lambda day: 20 if day.weekday() == 4 else 0)
    assert state(runs).state is State.GOOD


def test_an_outlet_of_few_articles_is_given_weeks_and_then_alarms_too() -> None:
    sparse = lambda until: lambda day: 1 if day.weekday() in (0, 2, 4) and day < until else 0  # noqa: E731
    assert state(history(9, sparse(TODAY - timedelta(days=7)))).state is State.GOOD
    assert state(history(9, sparse(TODAY - timedelta(days=30)))).state is State.SILENT


def test_a_young_source_is_measured_by_what_its_row_expects() -> None:
    runs = history(1, lambda _: 0)
    assert state(runs, expecting(20)).state is State.SILENT
    assert state(runs, expecting(None)).state is State.GOOD, "nothing is known yet"
    assert state(runs, expecting(2)).state is State.GOOD, "two a week are not missed within a week"


def test_a_row_that_never_brought_anything_is_not_good_for_ever() -> None:
    found = state(history(3, lambda _: 0))
    assert found.state is State.SILENT and found.detail is not None


def test_newspapers_rest_on_weekends_and_around_tet() -> None:
    assert rests(date(2026, 11, 21)) and rests(date(2026, 11, 22)) and not rests(date(2026, 11, 23))
    tet = date(2027, 2, 6)
    assert all(rests(tet + timedelta(days=n)) for n in range(-2, 7))
    assert not rests(tet - timedelta(days=3)) and not rests(tet + timedelta(days=9))


def test_tet_is_no_silence_and_the_days_after_it_are_measured_again() -> None:
    def runs(until: date, back: date) -> list[RunRow]:
        return [
            a_run(day, 4 if not rests(day) and (day < date(2027, 2, 4) or day >= back) else 0)
            for n in range(60, -1, -1)
            for day in [until - timedelta(days=n)]
        ]

    def on(day: date, back: date) -> State:
        return state(runs(day, back), now=datetime.combine(day, time(9), VIETNAM)).state

    never = date(2030, 1, 1)
    assert on(date(2027, 2, 12), never) is State.GOOD
    assert on(date(2027, 2, 19), date(2027, 2, 15)) is State.GOOD
    assert on(date(2027, 2, 19), never) is State.SILENT


@pytest.mark.parametrize(
    ("shares", "unreadable", "said"),
    [
        ({**FIELDS, "published": 0.0}, 0, "ngày đăng"),
        ({**FIELDS, "lead": 0.25}, 0, "sapo"),
        ({**FIELDS, "authors": 0.0}, 0, "tác giả"),
        (FIELDS, 12, "thân bài"),
        ({**FIELDS, "captions": 0.0}, 0, None),  # half of the pages had none before
        ({**FIELDS, "lead": 0.75}, 0, None),
        (FIELDS, 2, None),
    ],
)
def test_a_field_that_nearly_all_pages_had_and_most_now_lack_is_a_layout_break(
    shares: dict[str, float], unreadable: int, said: str | None
) -> None:
    runs = [
        *history(4, lambda _: 4)[:-3],
        *(
            a_run(TODAY - timedelta(days=n), 4, shares=shares, unreadable=unreadable)
            for n in range(2, -1, -1)
        ),
    ]
    found = state(runs)
    assert (found.state is State.LAYOUT_BREAK) == (said is not None), found
    if said is not None:
        assert found.detail is not None and found.detail.startswith(said)


def test_a_redesign_after_which_nothing_can_be_read_is_seen_before_silence_is() -> None:
    runs = [*history(4, lambda _: 4)[:-1], a_run(TODAY, 0, unreadable=11)]
    assert state(runs).state is State.LAYOUT_BREAK


def test_the_order_in_which_runs_are_given_does_not_matter() -> None:
    runs = history(8, lambda day: 0 if day in days_before(3) else 4)
    assert state(runs) == state(list(reversed(runs)))


def test_the_whole_may_drop_while_every_source_is_within_its_bounds() -> None:
    yesterday = TODAY - timedelta(days=1)
    usual = [r for _ in range(6) for r in history(6, lambda _: 4)]
    dropped = [
        a_run(r.started.astimezone(VIETNAM).date(), 1)
        if r.started.astimezone(VIETNAM).date() == yesterday
        else r
        for r in usual
    ]
    assert volume_drop(usual, now=NOW) is None
    said = volume_drop(dropped, now=NOW)
    assert said is not None and said.startswith("6 bài ngày 18/11, thường 24")
    assert volume_drop(dropped, now=NOW + timedelta(days=1)) is None
    assert volume_drop([], now=NOW) is None


def test_an_alarm_reaches_the_operator_once_a_day_and_goodness_never(engine: sa.Engine) -> None:
    def states(*kinds: State) -> list[Health]:
        return [Health(f"bao-{kind}", kind, None, None, None, 0, None, "vì sao") for kind in kinds]

    def owed() -> list[tuple[str, str]]:
        with engine.connect() as connection:
            rows = connection.execute(
                sa.select(schema_delivery.alert.c.body, schema_delivery.owed.c.address)
                .join(schema_delivery.owed, schema_delivery.owed.c.alert == schema_delivery.alert.c.id)
                .order_by(schema_delivery.alert.c.id)
            ).all()
        return [(row.body["event"], row.address) for row in rows]

    assert report_to_operator(engine, states(State.SILENT), now=NOW) == 0, "there is nobody to tell"
    with engine.begin() as connection:
        ensure_operator(connection, "operator@example.org", now=NOW)
    all_kinds = states(*State)
    first = report_to_operator(engine, all_kinds, volume="6 bài", now=NOW)
    again = report_to_operator(engine, all_kinds, volume="6 bài", now=NOW + timedelta(hours=5))
    assert (first, again) == (5, 0)
    assert report_to_operator(engine, states(State.SILENT), now=NOW + timedelta(days=1)) == 1
    assert {event for event, _ in owed()} == {
        "blocked_source",
        "failing_source",
        "silent_source",
        "layout_break",
        "volume_drop",
    }
    assert {address for _, address in owed()} == {"operator@example.org"}
