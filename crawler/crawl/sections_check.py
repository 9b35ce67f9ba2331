"""The weekly look whether each section still stands at its address, told to the operator where one is lost.

The look itself is `diemtin sources check --mend --json` in a child process; here is when it is due, and what its
answer means. When it was last done is a row of the run ledger, so a restart neither repeats nor forgets it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from crawler.dates.zones import VIETNAM
from crawler.delivery.events import Event
from crawler.store import operator_events, runs

if TYPE_CHECKING:
    from crawler.store.database import Engine

LEDGER = "*sources-check"
"""Its name in the run ledger, where sources stand by their ids."""
EVERY = timedelta(days=7)
NIGHT = range(2, 5)
"""Hours in Vietnam at which it is done: nobody waits for the outlets then."""
PATIENCE = timedelta(days=2)
"""A box that is never on at night does it by day after so much longer."""
COMMAND = ("sources", "check", "--mend", "--json")
MINUTES = 60
"""What it may take: some twelve requests an outlet, twenty outlets side by side."""


def is_due(engine: Engine, now: datetime) -> bool:
    """Whether a week has gone by since the last look, or since the first crawl of a store that had none."""
    done = [
        r
        for r in runs.runs_since(engine, now - EVERY - PATIENCE, LEDGER)
        if r.outcome in ("finished", "failed")
    ]
    first = runs.first_run(engine)
    since = done[-1].started if done else first
    if since is None or now - since < EVERY:
        return False
    return now.astimezone(VIETNAM).hour in NIGHT or now - since >= EVERY + PATIENCE


def report(engine: Engine, answer: bytes, *, run: int, now: datetime) -> int:
    """Tell the operator of every lost section, once a week each; closes the ledger's row. Returns how many are lost.

    An answer that is no JSON is a failed look: it is told in the ledger.
    """
    try:
        lost = list(_lost(json.loads(answer)))
        problem, outcome = None, "finished"
    except (ValueError, KeyError, TypeError) as error:
        lost, problem, outcome = [], f"sources check: {type(error).__name__}: {error}", "failed"
    week = "-".join(map(str, now.astimezone(VIETNAM).isocalendar()[:2]))
    with engine.begin() as connection:
        for source, detail in lost:
            operator_events.raise_event(
                connection, event=Event.LOST_SECTION.value, about=source, when=week, detail=detail, now=now
            )
    runs.close_run(
        engine, run, ended=now, outcome=outcome, requests=0, found=len(lost), errors=int(outcome == "failed"),
        counts={}, fields=None, problem=problem,
    )  # fmt: skip
    return len(lost)


def _lost(checks: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """(source, what is told of it) of every row with lost sections."""
    for check in checks:
        told = [_told(moved) for moved in check["moved"]]
        if told:
            yield check["id"], " ".join(told)


def _told(moved: dict[str, Any]) -> str:
    where = f"{moved['old']} ({moved['problem']})"
    if moved["new"] is None:
        return f"“{moved['section']}” không còn ở {where}, chưa thấy ở đâu khác."
    proof = "; ".join(article["title"] for article in moved["articles"])
    return f"“{moved['section']}” không còn ở {where}, nay ở {moved['new']}, có các bài: {proof}."
