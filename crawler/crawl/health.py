"""What a healthy run looks like, and who is told when it does not: each source against its own weekday history.

"Not looked", "looked and blocked" and "looked and nothing new" are three different things, and are said apart.
Pure but for `report_to_operator`.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from crawler.article import Disposition
from crawler.crawl.ledger import AGREED, COMPARED
from crawler.crawl.second_look import FALL, usual_agreement
from crawler.dates.zones import VIETNAM
from crawler.messages import in_words
from crawler.rhythm import is_tet
from crawler.source import Source
from crawler.store.runs import RunRow

if TYPE_CHECKING:
    from crawler.store.database import Engine

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
BREAK_COMPARED = 5
"""Newest pages read twice that must agree less than before: one may be a page of pictures."""
UNREADABLE = (Disposition.TOO_SHORT, Disposition.EMPTY_SHELL, Disposition.UNREADABLE, Disposition.LISTING)
"""How an article ends whose body is no longer found."""


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
    overdue: bool = False
    """Not looked at although it should have been: it was before, or the box is older than `STALE`."""
    closed_until: datetime | None = None
    """A host of it is left alone until then; `diemtin sources open` opens it before."""

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody has to look into it."""
        return self.overdue or self.state.needs_a_person

    @property
    def answered(self) -> bool:
        """Whether the detail is what the outlet answered, in its own words (`crawler.messages.in_words`)."""
        return self.state in (State.BLOCKED, State.FAILING, State.GOOD)

    def to_json(self) -> dict[str, Any]:
        """For `health --json`."""
        moments = ("last_look", "last_success", "last_new", "closed_until")
        told = {name: moment.isoformat() if (moment := getattr(self, name)) else None for name in moments}
        same = {name: getattr(self, name) for name in ("source", "detail", "per_week", "expected", "overdue")}
        return {"state": self.state.value, **same, **told}


def by_urgency(states: Iterable[Health]) -> list[Health]:
    """What needs a person first, what is well last; within a state by the source's id."""
    return sorted(
        states, key=lambda h: (not h.needs_a_person, h.state is State.GOOD, LABELS[h.state], h.source)
    )


def with_pauses(
    states: Iterable[Health],
    registry: Mapping[str, Source],
    closed: Mapping[str, tuple[datetime, str | None]],
) -> list[Health]:
    """The states with the pauses of their hosts (`crawler.store.hosts.closed`)."""
    told = []
    for state in states:
        own = registry[state.source].hosts
        until = [moment for host, (moment, _) in closed.items() if host.removeprefix("www.") in own]
        told.append(replace(state, closed_until=max(until, default=None)))
    return told


def states_of(registry: Mapping[str, Source], ledger: Sequence[RunRow], *, now: datetime) -> list[Health]:
    """The state of every source from the runs of the last weeks."""
    since = min((r.started for r in ledger), default=None)
    of_source: dict[str, list[RunRow]] = {id_: [] for id_ in registry}
    for run in ledger:
        of_source.get(run.source, []).append(run)
    return [health_of(source, of_source[id_], now=now, since=since) for id_, source in registry.items()]


def rests(day: date) -> bool:
    """Whether newspapers rest: weekends and the days around Tết."""
    return day.weekday() >= 5 or is_tet(day)


def health_of(
    source: Source, runs: Sequence[RunRow], *, now: datetime, since: datetime | None = None
) -> Health:
    """The state of a source from its runs of the last weeks (any order).

    `since` is when the box began to look at any source: one that was never looked at may wait for its first look.
    """
    ordered = sorted((r for r in runs if r.ended is not None), key=lambda r: (r.started, r.id))
    looked = [r for r in ordered if r.outcome in ("finished", "blocked", "failed")]
    finished = _new_by_day(r for r in looked if r.outcome == "finished")
    today = now.astimezone(VIETNAM).date()
    last_look = looked[-1].ended if looked else None
    last_success = next((r.ended for r in reversed(looked) if r.outcome == "finished"), None)
    last_new = next((r.ended for r in reversed(looked) if r.new), None)
    week_ago = now - timedelta(days=7)
    per_week = float(sum(r.new for r in looked if r.started >= week_ago))
    expected = _per_week(finished, today)
    if expected is None:
        expected = source.expect.per_week
    state, detail = _judge(source, looked, finished, now)
    begun = last_look or since
    overdue = state is State.NOT_LOOKED and begun is not None and now - begun > STALE
    return Health(source.id, state, last_look, last_success, last_new, per_week, expected, detail, overdue)


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
    if broken := _falling_apart(looked) or _broken_field(source, looked):
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


def _falling_apart(looked: Sequence[RunRow]) -> str | None:
    """That two readings of a page agree much less than they used to: the strongest sign of a new layout.

    A field may be missing on a page by chance; text that trafilatura finds and we do not, or the other way round, is
    not.
    """
    recent: Counter[str] = Counter()
    before: Counter[str] = Counter()
    for run in reversed(looked):
        (recent if recent[COMPARED] < BREAK_COMPARED else before).update(run.fields or {})
    usual = usual_agreement(before)
    if usual is None or recent[COMPARED] < BREAK_COMPARED:
        return None
    now = recent[AGREED] / recent[COMPARED] / 1000
    if now >= usual - FALL:
        return None
    return f"hai cách đọc khớp nhau {now:.0%} trên {recent[COMPARED]} bài gần đây, trước đây {usual:.0%}"


def _broken_field(source: Source, looked: Sequence[RunRow]) -> str | None:
    """What the newest pages lack that the pages before had: a redesign that nobody would notice otherwise."""
    for name, label in FIELDS.items():
        of = "pages" if name == "read" else "read"
        recent: Counter[str] = Counter()
        before: Counter[str] = Counter()
        for run in reversed(looked):
            (recent if recent[of] < BREAK_READ else before).update(fields_of_run(run))
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


FIELDS = {
    "read": "thân bài",
    "published": "ngày đăng",
    "lead": "sapo",
    "authors": "tác giả",
    "captions": "chú thích ảnh",
}
"""What a page of an article has, as a run counts it."""


def fields_of_run(run: RunRow) -> dict[str, int]:
    """What a run counted of `FIELDS`; `pages` are those that should have been articles."""
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


def idle_since(states: Iterable[Health]) -> datetime | None:
    """Since when no source at all was looked at, where that is too long; else None."""
    enabled = [s for s in states if s.state is not State.DISABLED]
    looks = [s.last_look for s in enabled if s.last_look is not None]
    return max(looks) if looks and all(s.overdue for s in enabled) else None


def _told(health: Health) -> str | None:
    """The detail in words: what an outlet answered is kept as it came."""
    answered = health.state in (State.BLOCKED, State.FAILING)
    return in_words(health.detail) if answered and health.detail else health.detail


def _last_look(moment: datetime | None) -> str:
    return f"lần xem cuối {moment.astimezone(VIETNAM):%H:%M %d/%m/%Y}" if moment else "chưa xem lần nào"


def _new_by_day(runs: Iterable[RunRow]) -> dict[date, int]:
    days: dict[date, int] = {}
    for run in runs:
        day = run.started.astimezone(VIETNAM).date()
        days[day] = days.get(day, 0) + run.new
    return days


def report_to_operator(
    engine: Engine, states: Iterable[Health], *, volume: str | None = None, now: datetime
) -> int:
    """Raise an event for every source that is blocked, silent, broken or overdue, and for `volume`, once a day each.

    Where nothing at all was looked at, that is one event: it is the box, not the outlets.
    Returns how many are new. Nobody is told where there is no operator.
    """
    from crawler.delivery.events import Event
    from crawler.store import operator_events

    events = {
        State.BLOCKED: Event.BLOCKED_SOURCE,
        State.FAILING: Event.FAILING_SOURCE,
        State.SILENT: Event.SILENT_SOURCE,
        State.LAYOUT_BREAK: Event.LAYOUT_BREAK,
    }
    states = list(states)
    news = [(event, s.source, _told(s)) for s in states if (event := events.get(s.state)) is not None]
    if (idle := idle_since(states)) is not None:
        news.append((Event.NOT_LOOKED, "*", _last_look(idle)))
    else:
        news += [(Event.NOT_LOOKED, s.source, _last_look(s.last_look)) for s in states if s.overdue]
    if volume is not None:
        news.append((Event.VOLUME_DROP, "*", volume))
    day = now.astimezone(VIETNAM).date().isoformat()
    with engine.begin() as connection:
        return sum(
            operator_events.raise_event(
                connection, event=event.value, about=about, when=day, detail=detail, now=now
            )
            for event, about, detail in news
        )
