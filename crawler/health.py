"""What a healthy run looks like, and who is told when it does not: each source against its own weekday history.

"Not looked", "looked and blocked" and "looked and nothing new" are three different things, and are said apart.
Pure but for `report_to_operator`.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from crawler.source import Source
from crawler.store.articles import VIETNAM
from crawler.store.runs import RunRow

if TYPE_CHECKING:
    import sqlalchemy as sa

STALE = timedelta(hours=26)
"""Without a run this long a source counts as not looked at: a day and some slack."""
HISTORY_WEEKS = 8
"""How far back the weekday history goes."""
LEAST_WEEKS = 3
"""Weekdays needed before a median says anything; before that only `expect` speaks."""
SILENT_DAYS = 3
"""Working days in a row below a fifth of the weekday's median: one quiet day is no alarm (FIELD §2.3, 18–19)."""
BREAK_SHARE = 0.5
"""A field found on less than half of the share it used to have, over at least `BREAK_READ` pages, is gone."""
BREAK_READ = 5

# Tết by the lunar calendar: the first day of the year; papers rest from two days before to six after.
_TET = tuple(map(date.fromisoformat, (
    "2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13", "2030-02-03",
    "2031-01-23", "2032-02-11", "2033-01-31", "2034-02-19", "2035-02-08",
)))  # fmt: skip


class State(StrEnum):
    """How a source stands."""

    GOOD = "good"
    NOT_LOOKED = "not_looked"
    BLOCKED = "blocked"
    FAILING = "failing"
    SILENT = "silent"
    LAYOUT_BREAK = "layout_break"
    DISABLED = "disabled"


LABELS: Mapping[State, str] = {
    State.GOOD: "tốt",
    State.NOT_LOOKED: "chưa xem",
    State.BLOCKED: "bị chặn",
    State.FAILING: "lỗi",
    State.SILENT: "im lặng",
    State.LAYOUT_BREAK: "đổi mẫu trang",
    State.DISABLED: "tắt",
}


@dataclass(frozen=True, slots=True)
class Health:
    """The state of one source, with the figures it follows from."""

    source: str
    state: State
    last_look: datetime | None
    last_new: datetime | None
    per_week: float
    """New articles in the last seven days."""
    expected: float | None
    """Per week: the median of the weeks before, else the row's `expect`."""
    detail: str | None = None


def rests(day: date) -> bool:
    """Whether newspapers rest: weekends and the days around Tết."""
    return day.weekday() >= 5 or any(-2 <= (day - tet).days <= 6 for tet in _TET)


def health_of(source: Source, runs: Sequence[RunRow], *, now: datetime) -> Health:
    """The state of a source from its runs of the last weeks (any order)."""
    ordered = sorted((r for r in runs if r.ended is not None), key=lambda r: (r.started, r.id))
    looked = [r for r in ordered if r.outcome in ("finished", "blocked", "failed")]
    new_by_day = _new_by_day(looked)
    last_look = looked[-1].ended if looked else None
    last_new = next((r.ended for r in reversed(looked) if _new(r)), None)
    week_ago = now - timedelta(days=7)
    per_week = float(sum(_new(r) for r in looked if r.started >= week_ago))
    expected = _expected(source, new_by_day, now.astimezone(VIETNAM).date())
    state, detail = _judge(source, looked, new_by_day, now)
    return Health(source.id, state, last_look, last_new, per_week, expected, detail)


def _judge(
    source: Source, looked: Sequence[RunRow], new_by_day: Mapping[date, int], now: datetime
) -> tuple[State, str | None]:
    if source.disabled:
        return State.DISABLED, source.disabled
    last = looked[-1] if looked else None
    if last is None or last.ended is None or now - last.ended > STALE:
        return State.NOT_LOOKED, None
    if last.outcome == "blocked":
        return State.BLOCKED, last.problem
    if last.outcome == "failed":
        return State.FAILING, last.problem
    if broken := _broken_field(looked, now):
        return State.LAYOUT_BREAK, broken
    if silent := _silence(source, new_by_day, now.astimezone(VIETNAM).date()):
        return State.SILENT, silent
    return State.GOOD, last.problem


def _silence(source: Source, new_by_day: Mapping[date, int], today: date) -> str | None:
    """Why a source counts as silent: working days in a row far below their own weekday's median."""
    days = [d for back in range(1, 15) if not rests(d := today - timedelta(days=back))][:SILENT_DAYS]
    if not new_by_day or min(new_by_day) > days[-1]:
        return None  # not watched long enough to know
    for day in days:
        usual = _weekday_median(new_by_day, day)
        if usual is None:
            usual = source.expect.per_week / 5 if source.expect.per_week else None
        if usual is None or usual < 1 or new_by_day.get(day, 0) >= usual / 5:
            return None
    found = sum(new_by_day.get(d, 0) for d in days)
    return f"{found} bài trong {SILENT_DAYS} ngày làm việc ({days[-1]:%d/%m}–{days[0]:%d/%m})"


def _weekday_median(new_by_day: Mapping[date, int], day: date) -> float | None:
    first = min(new_by_day)
    before = [day - timedelta(weeks=w) for w in range(1, HISTORY_WEEKS + 1)]
    counts = [new_by_day.get(d, 0) for d in before if d >= first and not rests(d)]
    return statistics.median(counts) if len(counts) >= LEAST_WEEKS else None


def _expected(source: Source, new_by_day: Mapping[date, int], today: date) -> float | None:
    if new_by_day:
        first = min(new_by_day)
        weeks = [
            sum(new_by_day.get(today - timedelta(days=7 * w + d), 0) for d in range(1, 8))
            for w in range(1, HISTORY_WEEKS + 1)
            if today - timedelta(days=7 * w + 7) >= first
        ]
        if len(weeks) >= LEAST_WEEKS:
            return float(statistics.median(weeks))
    return source.expect.per_week


def _broken_field(looked: Sequence[RunRow], now: datetime) -> str | None:
    """The field whose coverage fell: a redesign that nobody would notice otherwise."""
    recent, before = (
        _coverage(looked, now - timedelta(days=1), now),
        _coverage(looked, now - timedelta(weeks=HISTORY_WEEKS), now - timedelta(days=1)),
    )
    if recent.get("read", 0) < BREAK_READ or before.get("read", 0) < BREAK_READ:
        return None
    for name in ("published", "lead", "authors", "captions"):
        was, is_ = before.get(name, 0) / before["read"], recent.get(name, 0) / recent["read"]
        if was >= BREAK_SHARE and is_ < was * BREAK_SHARE:
            return f"{name}: {is_:.0%} số bài, trước đây {was:.0%}"
    return None


def _coverage(looked: Iterable[RunRow], since: datetime, until: datetime) -> dict[str, int]:
    total: dict[str, int] = {}
    for run in looked:
        if since <= run.started < until and run.fields:
            for name, count in run.fields.items():
                total[name] = total.get(name, 0) + count
    return total


def _new(run: RunRow) -> int:
    return run.counts.get("stored", 0) + run.counts.get("duplicate_kept", 0)


def _new_by_day(runs: Iterable[RunRow]) -> dict[date, int]:
    days: dict[date, int] = {}
    for run in runs:
        day = run.started.astimezone(VIETNAM).date()
        days[day] = days.get(day, 0) + _new(run)
    return days


def report_to_operator(engine: sa.Engine, states: Iterable[Health], *, now: datetime) -> int:
    """Raise an event for every source that is blocked, silent or broken, once a day each; how many are new."""
    from crawler.store import outbox
    from crawler.watch.events import Event

    events = {
        State.BLOCKED: Event.BLOCKED_SOURCE,
        State.FAILING: Event.BLOCKED_SOURCE,
        State.SILENT: Event.SILENT_SOURCE,
        State.LAYOUT_BREAK: Event.LAYOUT_BREAK,
    }
    day = now.astimezone(VIETNAM).date().isoformat()
    raised = 0
    with engine.begin() as connection:
        for state in states:
            if (event := events.get(state.state)) is not None:
                raised += outbox.raise_event(
                    connection, event=event.value, about=state.source, when=day, detail=state.detail, now=now
                )
    return raised
