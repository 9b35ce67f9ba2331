"""What each report of a meeting changed of what was known before: moved, put off, cancelled, another place or hour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crawler.meeting.agenda import MeetingReport, step_by_step

CHANGING = ("status", "date", "date_to", "session", "time", "place")
"""What a reader of an agenda must learn of when it changes."""


@dataclass(frozen=True, slots=True)
class ReportedChange:
    """One report, and what it changed."""

    report: MeetingReport
    changes: Mapping[str, tuple[Any, Any]]
    """Name → before and after; what was not known before is no change."""


def reported_changes(reports: Iterable[MeetingReport]) -> list[ReportedChange]:
    """Every report in the order of publication."""
    return list(_changes(sorted(reports, key=lambda one: one.order)))


def _changes(ordered: list[MeetingReport]) -> Iterator[ReportedChange]:
    before: Mapping[str, Any] = {}
    for report, facts in step_by_step(ordered) if ordered else ():
        changed = {
            name: (before[name], facts[name])
            for name in CHANGING
            if before.get(name) is not None and before[name] != facts[name]
        }
        if changed.get("status") == ("upcoming", "held"):  # it took place as announced: no news of an agenda
            del changed["status"]
        yield ReportedChange(report, changed)
        before = facts
