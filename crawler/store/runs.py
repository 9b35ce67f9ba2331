"""The run ledger: one row per source and crawl, opened before the first request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crawler.store.listing import ListPage, count_of, list_page, number_after
from crawler.store.schema import channel, run


@dataclass(frozen=True, slots=True)
class RunRow:
    """One crawl of one source."""

    id: int
    source: str
    started: datetime
    ended: datetime | None
    outcome: str | None
    requests: int
    found: int
    errors: int
    counts: Mapping[str, int]
    fields: Mapping[str, int] | None
    problem: str | None

    @property
    def new(self) -> int:
        """Articles that it brought."""
        return self.counts.get("stored", 0) + self.counts.get("duplicate_kept", 0)

    def to_json(self) -> dict[str, Any]:
        """For `status --json`."""
        return {
            "source": self.source, "started": self.started.isoformat(),
            "ended": self.ended.isoformat() if self.ended else None, "outcome": self.outcome,
            "found": self.found, "counts": dict(self.counts), "errors": self.errors, "problem": self.problem,
        }  # fmt: skip


def open_run(engine: sa.Engine, source: str, *, now: datetime) -> int:
    """Begin a run; one that a kill left open is closed as `killed` first."""
    with engine.begin() as connection:
        connection.execute(
            sa.update(run)
            .where(run.c.source == source, run.c.ended.is_(None))
            .values(ended=now, outcome="killed")
        )
        done = connection.execute(
            sa.insert(run)
            .values(source=source, started=now, requests=0, found=0, errors=0, counts={})
            .returning(run.c.id)
        )
        return int(done.scalar_one())


def close_run(engine: sa.Engine, run_id: int, **values: Any) -> None:
    """End a run with its counts and outcome."""
    with engine.begin() as connection:
        connection.execute(sa.update(run).where(run.c.id == run_id).values(**values))


def fields_of(engine: sa.Engine, source: str, *, most: int = 500) -> Counter[str]:
    """The fields of the latest runs of a source, summed up."""
    query = (
        sa.select(run.c.fields)
        .where(run.c.source == source, run.c.fields.is_not(None))
        .order_by(run.c.started.desc())
        .limit(most)
    )
    total: Counter[str] = Counter()
    with engine.connect() as connection:
        for fields in connection.execute(query).scalars():
            total.update(fields)
    return total


def record_missed(engine: sa.Engine, source: str, *, now: datetime, why: str) -> None:
    """A run that was due and did not happen."""
    with engine.begin() as connection:
        connection.execute(
            sa.insert(run).values(
                source=source, started=now, ended=now, outcome="missed", requests=0, found=0, errors=0,
                counts={}, problem=why,
            )
        )  # fmt: skip


def rename(engine: sa.Engine, sources: Sequence[str], *, since: datetime, outcome: str, problem: str) -> None:
    """Tell the runs of these sources that began since then as something else."""
    with engine.begin() as connection:
        connection.execute(
            sa.update(run)
            .where(run.c.source.in_(sources), run.c.started >= since)
            .values(outcome=outcome, problem=problem)
        )


def offline_since(engine: sa.Engine, *, before: datetime) -> datetime | None:
    """When the outage began that the last run before that moment met; None where it met none."""
    earlier = (run.c.started < before) & (run.c.outcome.is_not(None)) & (run.c.outcome != "missed")
    worked = sa.select(sa.func.max(run.c.id)).where(earlier, run.c.outcome != "offline").scalar_subquery()
    first = sa.select(sa.func.min(run.c.started)).where(
        earlier, run.c.outcome == "offline", run.c.id > sa.func.coalesce(worked, 0)
    )
    with engine.connect() as connection:
        found: datetime | None = connection.execute(first).scalar_one()
    return found


def unfinished(engine: sa.Engine) -> list[str]:
    """The sources whose newest run has not ended, or was ended by a signal: there is something left to do."""
    newest = sa.select(sa.func.max(run.c.id)).where(run.c.outcome == "interrupted").group_by(run.c.source)
    last = sa.select(sa.func.max(run.c.id)).group_by(run.c.source)
    left = run.c.ended.is_(None) | (run.c.id.in_(newest) & run.c.id.in_(last))
    with engine.connect() as connection:
        return list(connection.scalars(sa.select(run.c.source).where(left).distinct().order_by(run.c.source)))


def last_runs(engine: sa.Engine) -> dict[str, RunRow]:
    """The newest run of each source."""
    newest = sa.select(sa.func.max(run.c.id)).where(run.c.outcome != "missed").group_by(run.c.source)
    with engine.connect() as connection:
        rows = connection.execute(sa.select(run).where(run.c.id.in_(newest)).order_by(run.c.source))
        return {row.source: RunRow(**row._mapping) for row in rows}


def first_run(engine: sa.Engine) -> datetime | None:
    """When the first run of the store began; None where there was none."""
    with engine.connect() as connection:
        first: datetime | None = connection.scalar(sa.select(run.c.started).order_by(run.c.started).limit(1))
        return first


def last_looks(connection: sa.Connection) -> dict[str, datetime]:
    """When each source was last looked at to the end: its newest finished run, or good answer of a channel."""
    sources = sa.select(run.c.source).distinct().subquery()
    # By the index from the newest run of each source on, which is nearly always the one: not through all of the ledger.
    newest = (
        sa.select(run.c.started)
        .where(run.c.source == sources.c.source, run.c.outcome == "finished")
        .order_by(run.c.started.desc())
        .limit(1)
        .scalar_subquery()
    )
    ended = sa.select(sources.c.source, newest.label("at"))
    answered = sa.select(channel.c.source, channel.c.looked.label("at")).where(
        channel.c.looked.is_not(None), channel.c.problem.is_(None)
    )
    both = sa.union_all(ended, answered).subquery()
    at = sa.type_coerce(sa.func.max(both.c.at), run.c.started.type)
    return {
        row.source: row.at
        for row in connection.execute(sa.select(both.c.source, at.label("at")).group_by(both.c.source))
        if row.at is not None
    }


def runs_since(engine: sa.Engine, since: datetime, source: str | None = None) -> list[RunRow]:
    """Runs started since then, oldest first."""
    query = sa.select(run).where(run.c.started >= since).order_by(run.c.started, run.c.id)
    if source is not None:
        query = query.where(run.c.source == source)
    with engine.connect() as connection:
        return [RunRow(**row._mapping) for row in connection.execute(query)]


def page_of_runs(
    engine: sa.Engine, source: str, *, limit: int | None = None, after: str | None = None
) -> ListPage[RunRow]:
    """At most `limit` runs of a source behind the one with the number `after`, the newest first.

    Raises InvalidInput where `after` is no number.
    """
    rows = sa.select(run).where(run.c.source == source)
    with engine.connect().execution_options(diemtin_read=True) as connection:
        behind = total = count_of(connection, rows)
        if after is not None:
            rows = rows.where(run.c.id < number_after(after))
            behind = count_of(connection, rows)
        found = [
            RunRow(**row._mapping) for row in connection.execute(rows.order_by(run.c.id.desc()).limit(limit))
        ]
    return list_page(found, total=total, behind=behind, name=lambda one: str(one.id))
