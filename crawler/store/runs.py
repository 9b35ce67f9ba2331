"""The run ledger: one row per source and crawl, opened before the first request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crawler.store.schema import run


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


def record_missed(engine: sa.Engine, source: str, *, now: datetime, why: str) -> None:
    """A run that was due and did not happen."""
    with engine.begin() as connection:
        connection.execute(
            sa.insert(run).values(
                source=source, started=now, ended=now, outcome="missed", requests=0, found=0, errors=0,
                counts={}, problem=why,
            )
        )  # fmt: skip


def unfinished(engine: sa.Engine) -> list[str]:
    """The sources with a run that has not ended: it goes on elsewhere, or a kill cut it off."""
    with engine.connect() as connection:
        return list(
            connection.scalars(
                sa.select(run.c.source).where(run.c.ended.is_(None)).distinct().order_by(run.c.source)
            )
        )


def last_runs(engine: sa.Engine) -> dict[str, RunRow]:
    """The newest run of each source."""
    newest = sa.select(sa.func.max(run.c.id)).where(run.c.outcome != "missed").group_by(run.c.source)
    with engine.connect() as connection:
        rows = connection.execute(sa.select(run).where(run.c.id.in_(newest)).order_by(run.c.source))
        return {row.source: RunRow(**row._mapping) for row in rows}


def runs_since(engine: sa.Engine, since: datetime, source: str | None = None) -> list[RunRow]:
    """Runs started since then, oldest first."""
    query = sa.select(run).where(run.c.started >= since).order_by(run.c.started, run.c.id)
    if source is not None:
        query = query.where(run.c.source == source)
    with engine.connect() as connection:
        return [RunRow(**row._mapping) for row in connection.execute(query)]
