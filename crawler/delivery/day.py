"""One day at a glance: new documents, meetings of the day and ahead, stories, changes, and what was looked at.

The page of a day and the digest of the press are made of it. A day is Vietnam's, from midnight to midnight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from crawler.dates.zones import VIETNAM
from crawler.delivery.coverage import Coverage, coverage
from crawler.store import agenda, runs
from crawler.store.agenda import ListedMeeting, MeetingFilter
from crawler.store.changed import Changed, list_changes
from crawler.store.day import DayDocument, DayStory, documents_between, stories_between

if TYPE_CHECKING:
    from crawler.source import Source
    from crawler.store.database import Engine

AHEAD = timedelta(days=14)
"""How far meetings ahead are shown."""
EVENING = timedelta(hours=17)
"""After a desk's last look of the day: what comes later it reads the next morning."""
_LOOK_BACK = timedelta(days=30)
"""How old a run may be that still says until when a source was well."""


@dataclass(frozen=True, slots=True)
class PressDay:
    """What one day brought."""

    day: date
    documents: tuple[DayDocument, ...]
    meetings: Sequence[ListedMeeting]
    """Of the day."""
    ahead: Sequence[ListedMeeting]
    """Those still to come, of the fourteen days after it."""
    stories: tuple[DayStory, ...]
    changes: tuple[Changed, ...]
    coverage: Coverage

    @property
    def quiet(self) -> bool:
        """Whether nothing at all was told."""
        return not (self.documents or self.meetings or self.stories or self.changes)


@dataclass(frozen=True, slots=True)
class Evening:
    """What the evening before a day brought, for who opens the page in the morning."""

    documents: tuple[DayDocument, ...]
    stories: tuple[DayStory, ...]


def evening_before(engine: Engine, day: date) -> Evening:
    """What was published from 17:00 of the day before to midnight."""
    end, _ = bounds_of(day)
    first = end - timedelta(days=1) + EVENING
    with engine.connect().execution_options(diemtin_read=True) as connection:
        return Evening(
            tuple(documents_between(connection, first, end)), tuple(stories_between(connection, first, end))
        )


def bounds_of(day: date) -> tuple[datetime, datetime]:
    """The first moment of a day in Vietnam and of the next one."""
    first = datetime.combine(day, time(), VIETNAM)
    return first, first + timedelta(days=1)


def press_day(engine: Engine, registry: Mapping[str, Source], day: date, *, now: datetime) -> PressDay:
    """The day as it is known at `now` (aware)."""
    first, end = bounds_of(day)
    until = min(now, end)
    with engine.connect().execution_options(diemtin_read=True) as connection:
        documents = documents_between(connection, first, end)
        stories = stories_between(connection, first, end)
        changes = list_changes(connection, since=first, until=end)
    of_day = agenda.page(engine, MeetingFilter(day.isoformat(), day.isoformat()), now=now)
    last = (day + AHEAD).isoformat()
    later = MeetingFilter((day + timedelta(days=1)).isoformat(), last, ahead=True)
    ahead = agenda.page(engine, later, now=now)
    return PressDay(
        day=day,
        documents=tuple(documents),
        meetings=of_day.items,
        ahead=ahead.items,
        stories=tuple(stories),
        changes=tuple(changes),
        coverage=coverage_between(engine, registry, first, max(first, until)),
    )


def coverage_between(
    engine: Engine, registry: Mapping[str, Source], since: datetime, until: datetime
) -> Coverage:
    """Which sources were looked at between two moments, from the run ledger."""
    ledger = [*runs.last_runs(engine).values(), *runs.runs_since(engine, since - _LOOK_BACK)]
    known = {run.id: run for run in ledger}.values()
    names = {row.id: row.name for row in registry.values()} or {run.source: run.source for run in known}
    disabled = {row.id: row.disabled for row in registry.values() if row.disabled}
    return coverage(names, known, since=since, until=until, disabled=disabled)
