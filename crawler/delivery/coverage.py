"""The coverage statement: which sources were looked at until when, which were blocked, silent, or not tried.

A digest without a hit means something only beside this. Pure: the run ledger and the registry come as values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

State = Literal["looked", "silent", "blocked", "not_looked"]

_NEWS = ("stored", "duplicate_kept", "updated")


class Run(Protocol):
    """What is read of a row of the run ledger."""

    @property
    def source(self) -> str: ...
    @property
    def started(self) -> datetime: ...
    @property
    def ended(self) -> datetime | None: ...
    @property
    def outcome(self) -> str | None: ...
    @property
    def counts(self) -> Mapping[str, int]: ...
    @property
    def problem(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Looked:
    """One source in the time a mail speaks of."""

    source: str
    """Its id."""
    name: str
    state: State
    until: datetime | None
    """The end of its last good look, also one before the time the mail speaks of; None: none known."""
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """All sources, by name."""

    since: datetime
    until: datetime
    sources: tuple[Looked, ...]

    def of(self, state: State) -> tuple[Looked, ...]:
        """The sources in one state."""
        return tuple(s for s in self.sources if s.state == state)

    @property
    def watched(self) -> tuple[Looked, ...]:
        """The sources that were looked at, with news or without."""
        return tuple(s for s in self.sources if s.state in ("looked", "silent"))

    def to_json(self) -> dict[str, Any]:
        """For a webhook."""
        return {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "sources": [
                {
                    "source": s.source,
                    "name": s.name,
                    "state": s.state,
                    "until": s.until.isoformat() if s.until else None,
                    "problem": s.problem,
                }
                for s in self.sources
            ],
        }


def coverage(
    names: Mapping[str, str],
    runs: Iterable[Run],
    *,
    since: datetime,
    until: datetime,
    disabled: Mapping[str, str] | None = None,
) -> Coverage:
    """What is known of every source in `names` (id → name) from its runs.

    A source counts as blocked when its last finished attempt failed, whatever went before: the reader is told
    until when it was still well. `disabled` names sources that are switched off, each with the reason.
    """
    of_source: dict[str, list[Run]] = {source: [] for source in names}
    for run in runs:
        if run.ended is not None and run.ended <= until and run.source in of_source:
            of_source[run.source].append(run)
    looked = [
        _looked(source, name, of_source[source], since, (disabled or {}).get(source))
        for source, name in sorted(names.items(), key=lambda item: (item[1], item[0]))
    ]
    return Coverage(since, until, tuple(looked))


def _looked(source: str, name: str, runs: list[Run], since: datetime, off: str | None) -> Looked:
    tried = sorted(
        (r for r in runs if r.outcome != "missed"), key=lambda r: (r.ended or r.started, r.started)
    )
    good = [r for r in tried if r.outcome == "finished"]
    until = good[-1].ended if good else None
    recent = [r for r in tried if r.ended is not None and r.ended > since]
    if off is not None:
        return Looked(source, name, "not_looked", until, off)
    if not recent:
        return Looked(source, name, "not_looked", until)
    if recent[-1].outcome != "finished":
        return Looked(source, name, "blocked", until, recent[-1].problem)
    brought = sum(r.counts.get(kind, 0) for r in recent if r.outcome == "finished" for kind in _NEWS)
    return Looked(source, name, "looked" if brought else "silent", until)
