"""What is known of the sources, for a person: how all of them stand, and one with its runs, its days and its fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from crawler.article import Disposition
from crawler.crawl.health import FIELDS, HISTORY_WEEKS, Health, fields_of_run, states_of, with_pauses
from crawler.crawl.ledger import AGREED, COMPARED
from crawler.dates.zones import VIETNAM
from crawler.source import Source
from crawler.store import hosts, runs
from crawler.store.days_of_source import articles_by_day
from crawler.store.given_up import given_up_by_reason
from crawler.store.listing import ListPage
from crawler.store.runs import RunRow
from crawler.store.timetable import SectionLook, section_looks

if TYPE_CHECKING:
    from crawler.store.database import Engine

DAYS = 60
"""Days of which the articles are counted."""
RECENT = timedelta(days=7)
"""Runs of this age are compared with those before."""
_SHOWN_RUNS = 10
_OUTCOMES = {
    "finished": ("xong", "done"), "blocked": ("bị chặn", "blocked"), "failed": ("không được", "failed"),
    "killed": ("bị ngắt", "killed"), "missed": ("bị lỡ", "missed"), "interrupted": ("bị ngừng", "interrupted"),
    "offline": ("máy mất mạng", "no network"), None: ("đang chạy", "running"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FieldShare:
    """On how many of the pages a field was found, of late and before."""

    name: str
    """A key of `crawler.crawl.health.FIELDS`."""
    found: int
    of: int
    found_before: int
    of_before: int

    @property
    def share(self) -> float | None:
        """Of late; None where nothing was read."""
        return self.found / self.of if self.of else None

    @property
    def share_before(self) -> float | None:
        """In the weeks before."""
        return self.found_before / self.of_before if self.of_before else None


@dataclass(frozen=True, slots=True)
class TwoReadings:
    """How far our reading of pages agrees with the second reader's."""

    pages: int
    agreement: float | None
    """The mean, 0 to 1; None where no page was read twice."""


@dataclass(frozen=True, slots=True)
class SourceReport:
    """One source."""

    source: Source
    health: Health
    runs: ListPage[RunRow]
    days: Mapping[date, int]
    """Articles by day of publication, days without included."""
    sections: tuple[SectionLook, ...]
    fields: tuple[FieldShare, ...]
    recently: TwoReadings
    usually: TwoReadings
    """Over all its runs."""
    dropped: Mapping[Disposition, int]
    """Links that brought no article, ever."""

    def to_json(self) -> dict[str, Any]:
        """For a program."""
        return {
            **self.health.to_json(),
            "name": self.source.name,
            "province": self.source.province,
            "runs": [run.to_json() for run in self.runs.items],
            "articles_per_day": {day.isoformat(): n for day, n in self.days.items()},
            "sections": [
                {
                    "name": one.section.name, "url": one.section.url, "problem": one.problem,
                    "looked": one.looked.isoformat() if one.looked else None,
                    "due": one.due.isoformat() if one.due else None,
                }
                for one in self.sections
            ],
            "fields": [
                {"name": one.name, "found": one.found, "of": one.of, "share": one.share, "before": one.share_before}
                for one in self.fields
            ],
            "second_reader": {"pages": self.usually.pages, "agreement": self.usually.agreement},
            "dropped": {one.reason: n for one, n in self.dropped.items()},
        }  # fmt: skip


def states_in_store(engine: Engine, registry: Mapping[str, Source], *, now: datetime) -> list[Health]:
    """The state of every source, in the order of the registry."""
    ledger = runs.runs_since(engine, now - timedelta(weeks=HISTORY_WEEKS + 1))
    # A pause is the outlet's own time, like the gate's that keeps it.
    return with_pauses(
        states_of(registry, ledger, now=now), registry, hosts.closed(engine, now=datetime.now(UTC))
    )


def source_report(engine: Engine, source: Source, *, now: datetime) -> SourceReport:
    """All that is known of one source at `now` (aware)."""
    ledger = runs.runs_since(engine, now - timedelta(weeks=HISTORY_WEEKS + 1), source.id)
    [health] = with_pauses(
        states_of({source.id: source}, ledger, now=now),
        {source.id: source},
        hosts.closed(engine, now=datetime.now(UTC)),
    )
    last = now.astimezone(VIETNAM).date()
    recent = [run for run in ledger if run.started >= now - RECENT]
    return SourceReport(
        source=source,
        health=health,
        runs=runs.page_of_runs(engine, source.id, limit=_SHOWN_RUNS),
        days=articles_by_day(engine, source.id, last - timedelta(days=DAYS - 1), last),
        sections=tuple(section_looks(engine, source)),
        fields=field_shares(recent, [run for run in ledger if run.started < now - RECENT]),
        recently=_two_readings(_summed(recent)),
        usually=_two_readings(runs.fields_of(engine, source.id)),
        dropped=given_up_by_reason(engine, source.id),
    )


def run_outcome(run: RunRow) -> tuple[str, str]:
    """How a run ended, in Vietnamese and in English."""
    return _OUTCOMES.get(run.outcome, (str(run.outcome), str(run.outcome)))


def field_shares(recent: Iterable[RunRow], before: Iterable[RunRow]) -> tuple[FieldShare, ...]:
    """The share of pages on which each field was found, of late and before."""
    now, then = _summed(recent), _summed(before)
    shares = []
    for name in FIELDS:
        of = "pages" if name == "read" else "read"
        shares.append(FieldShare(name, now[name], now[of], then[name], then[of]))
    return tuple(shares)


def _summed(ledger: Iterable[RunRow]) -> Counter[str]:
    total: Counter[str] = Counter()
    for run in ledger:
        total.update(fields_of_run(run))
    return total


def _two_readings(fields: Mapping[str, int]) -> TwoReadings:
    pages = fields.get(COMPARED, 0)
    return TwoReadings(pages, fields.get(AGREED, 0) / pages / 1000 if pages else None)
