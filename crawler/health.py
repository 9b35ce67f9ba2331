"""What a healthy run looks like, and who is told when it does not: each source against its own weekday history.

"Not looked", "looked and blocked" and "looked and nothing new" are three different things, and are said apart.
Pure but for `report_to_operator`.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from crawler.article import VIETNAM, Disposition
from crawler.source import Source
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
"""Working days that silence must last: one quiet day is no alarm (FIELD §2.3, 18–19)."""
SILENT_ARTICLES = 8
"""Articles those days should have brought: where 8 are usual, chance alone brings one or none in 3 windows of
1,000. So an outlet of three articles a week is given three weeks before it counts as silent."""
SILENT_SHARE = 0.2
"""The share of the usual that is as good as nothing."""
NEVER_DAYS = 10
"""Working days looked at without any article, and nothing known of what is usual: the row itself is wrong."""
USED_TO = 0.7
"""A field counts as one the pages have where it stood on this share of them; below, chance makes alarms."""
BREAK_SHARE = 0.5
"""What is left of that share when the field counts as gone."""
BREAK_READ = 10
"""Pages on either side of the comparison."""
UNREADABLE = (Disposition.TOO_SHORT, Disposition.EMPTY_SHELL, Disposition.UNREADABLE, Disposition.LISTING)
"""How an article ends whose body is no longer found."""

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

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody has to look into it."""
        return self in (State.BLOCKED, State.FAILING, State.LAYOUT_BREAK, State.SILENT)


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
    last_success: datetime | None
    """The last look that the outlet answered."""
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
    finished = _new_by_day(r for r in looked if r.outcome == "finished")
    today = now.astimezone(VIETNAM).date()
    last_look = looked[-1].ended if looked else None
    last_success = next((r.ended for r in reversed(looked) if r.outcome == "finished"), None)
    last_new = next((r.ended for r in reversed(looked) if _new(r)), None)
    week_ago = now - timedelta(days=7)
    per_week = float(sum(_new(r) for r in looked if r.started >= week_ago))
    expected = _per_week(finished, today)
    if expected is None:
        expected = source.expect.per_week
    state, detail = _judge(source, looked, finished, now)
    return Health(source.id, state, last_look, last_success, last_new, per_week, expected, detail)


def _judge(
    source: Source, looked: Sequence[RunRow], finished: Mapping[date, int], now: datetime
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
    if broken := _broken_field(source, looked):
        return State.LAYOUT_BREAK, broken
    if silent := _silence(source, finished, now.astimezone(VIETNAM).date()):
        return State.SILENT, silent
    return State.GOOD, last.problem


def _silence(source: Source, finished: Mapping[date, int], today: date) -> str | None:
    """Why a source counts as silent: working days that together brought a fifth of the usual or less.

    Only days on which it was looked at and answered count: after a week without power, or behind a bot wall,
    nothing is known. What is usual is taken from before the silence, so that silence never becomes the usual.
    """
    days = sorted((d for d in finished if d < today and not rests(d)), reverse=True)
    heard = [d for d in days if finished[d]]
    if not heard and source.expect.per_week is None:
        return f"{len(days)} ngày làm việc chưa có bài nào" if len(days) >= NEVER_DAYS else None
    weekly = _per_week(finished, heard[0]) if heard else None
    if weekly is None:
        weekly = source.expect.per_week
    found, usual = 0, 0.0
    for n, day in enumerate(days, start=1):
        of_day = _weekday_usual(finished, day.weekday(), until=heard[0]) if heard else None
        if of_day is None and weekly is None:
            return None
        usual += of_day if of_day is not None else (weekly or 0.0) / 5
        found += finished[day]
        if n >= SILENT_DAYS and usual >= SILENT_ARTICLES:
            if found > usual * SILENT_SHARE:
                return None
            return f"{found} bài trong {n} ngày làm việc ({day:%d/%m}–{days[0]:%d/%m}), thường {usual:.0f}"
    return None


def _weekday_usual(finished: Mapping[date, int], weekday: int, *, until: date) -> float | None:
    """What a weekday usually brings: the median; the mean where that is less than one, without the largest day,
    which may have been the first visit or the way back after a pause."""
    same = [d for d in finished if d.weekday() == weekday and d <= until and not rests(d)]
    counts = sorted(finished[d] for d in sorted(same, reverse=True)[:HISTORY_WEEKS])
    if len(counts) < LEAST_WEEKS:
        return None
    median = statistics.median(counts)
    return float(median if median >= 1 else statistics.mean(counts[:-1]))


def _per_week(finished: Mapping[date, int], until: date) -> float | None:
    """The median of the weeks that end the day before; weeks hardly looked at say nothing."""
    weeks = []
    for back in range(HISTORY_WEEKS):
        days = [until - timedelta(days=7 * back + d) for d in range(1, 8)]
        looked = [finished[d] for d in days if d in finished]
        if len(looked) >= 5:
            weeks.append(sum(looked))
    return float(statistics.median(weeks)) if len(weeks) >= LEAST_WEEKS else None


def _broken_field(source: Source, looked: Sequence[RunRow]) -> str | None:
    """What the newest pages lack that the pages before had: a redesign that nobody would notice otherwise."""
    for name, label in _FIELDS.items():
        of = "pages" if name == "read" else "read"
        recent: Counter[str] = Counter()
        before: Counter[str] = Counter()
        for run in reversed(looked):
            (recent if recent[of] < BREAK_READ else before).update(_fields(run))
        if before[of] >= BREAK_READ:
            was = before[name] / before[of]
        else:
            was = source.expect.published if name == "published" else 0.0
        if recent[of] < BREAK_READ or was < USED_TO:
            continue
        share = recent[name] / recent[of]
        if share < was * BREAK_SHARE:
            return f"{label}: {share:.0%} số bài, trước đây {was:.0%}"
    return None


_FIELDS = {
    "read": "thân bài",
    "published": "ngày đăng",
    "lead": "sapo",
    "authors": "tác giả",
    "captions": "chú thích ảnh",
}


def _fields(run: RunRow) -> dict[str, int]:
    fields = dict(run.fields or {})
    unread = sum(run.counts.get(d.value, 0) for d in UNREADABLE)
    return {**fields, "pages": fields.get("read", 0) + unread}


def volume_drop(runs: Iterable[RunRow], *, now: datetime) -> str | None:
    """What the whole brought yesterday, where that is less than half of the same weekday's median.

    Each source by itself may be within its own bounds while the box's network is not.
    """
    finished = _new_by_day(r for r in runs if r.ended is not None and r.outcome == "finished")
    yesterday = now.astimezone(VIETNAM).date() - timedelta(days=1)
    if rests(yesterday) or yesterday not in finished:
        return None
    usual = _weekday_usual(finished, yesterday.weekday(), until=yesterday - timedelta(days=1))
    if usual is None or usual < 2 * SILENT_ARTICLES or finished[yesterday] * 2 >= usual:
        return None
    return f"{finished[yesterday]} bài ngày {yesterday:%d/%m}, thường {usual:.0f}"


def _new(run: RunRow) -> int:
    return run.counts.get("stored", 0) + run.counts.get("duplicate_kept", 0)


def _new_by_day(runs: Iterable[RunRow]) -> dict[date, int]:
    days: dict[date, int] = {}
    for run in runs:
        day = run.started.astimezone(VIETNAM).date()
        days[day] = days.get(day, 0) + _new(run)
    return days


def report_to_operator(
    engine: sa.Engine, states: Iterable[Health], *, volume: str | None = None, now: datetime
) -> int:
    """Raise an event for every source that is blocked, silent or broken, and for `volume`, once a day each.

    Returns how many are new. Nobody is told where there is no operator.
    """
    from crawler.store import outbox
    from crawler.watch.events import Event

    events = {
        State.BLOCKED: Event.BLOCKED_SOURCE,
        State.FAILING: Event.BLOCKED_SOURCE,
        State.SILENT: Event.SILENT_SOURCE,
        State.LAYOUT_BREAK: Event.LAYOUT_BREAK,
    }
    news = [(event, s.source, s.detail) for s in states if (event := events.get(s.state)) is not None]
    if volume is not None:
        news.append((Event.VOLUME_DROP, "*", volume))
    day = now.astimezone(VIETNAM).date().isoformat()
    with engine.begin() as connection:
        return sum(
            outbox.raise_event(connection, event=event.value, about=about, when=day, detail=detail, now=now)
            for event, about, detail in news
        )
