"""`diemtin run` and `diemtin health`: the box that runs for months."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import typer
from rich.markup import escape
from rich.table import Table

from crawler.cli.shell import Json, app, config, console, notes, print_json, say, vietnamese_time

if TYPE_CHECKING:
    from crawler.health import Health


@app.command()
def run() -> None:
    """Chạy thường trực: thu thập, gửi thư, trông nguồn.

    Run the schedule until SIGTERM: crawl what is due, deliver what is owed, watch the sources.
    """
    from crawler.schedule import run_daemon

    settings = config()
    notes.print(f"diemtin chạy nền; dữ liệu ở {settings.data}. Dừng: Ctrl-C hoặc SIGTERM.", markup=False)
    run_daemon(settings)


@app.command()
def health(json: Json = False) -> None:
    """Tình trạng mọi nguồn trên một màn hình. The state of every source in one screen."""
    from crawler.health import HISTORY_WEEKS, health_of
    from crawler.store import runs
    from crawler.store.database import open_database

    settings = config()
    registry = settings.registry()
    now = settings.clock()
    ledger = runs.runs_since(open_database(settings.url), now - timedelta(weeks=HISTORY_WEEKS + 1))
    states = [
        health_of(source, [r for r in ledger if r.source == id_], now=now) for id_, source in registry.items()
    ]
    if json:
        print_json(
            [
                {
                    "source": h.source, "state": h.state.value, "detail": h.detail, "per_week": h.per_week,
                    "expected": h.expected, "last_look": _iso(h.last_look),
                    "last_success": _iso(h.last_success), "last_new": _iso(h.last_new),
                }
                for h in states
            ]
        )  # fmt: skip
    else:
        _print_states(states)
    if any(h.state.needs_a_person for h in states):
        raise typer.Exit(1)


def _iso(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def _print_states(states: Sequence[Health]) -> None:
    """What needs a person first; what has nothing to show but its state in a line each, for it to fit a screen."""
    from crawler.health import LABELS, State

    urgency = {state: (not state.needs_a_person, state is State.GOOD, LABELS[state]) for state in State}
    folded = {
        "Chưa xem lần nào": [h for h in states if h.state is State.NOT_LOOKED and h.last_look is None],
        "Tắt": [h for h in states if h.state is State.DISABLED],
    }
    shown = [h for h in states if not any(h in some for some in folded.values())]
    table = Table(
        "Nguồn", "Tình trạng", "Lần xem cuối", "Bài mới cuối", "Bài/tuần", "Thường", "Chi tiết", box=None
    )
    for h in sorted(shown, key=lambda h: (urgency[h.state], h.source)):
        colour = "red" if h.state.needs_a_person else "green" if h.state is State.GOOD else "dim"
        table.add_row(
            h.source,
            f"[{colour}]{LABELS[h.state]}[/]",
            vietnamese_time(h.last_look),
            vietnamese_time(h.last_new),
            f"{h.per_week:.0f}",
            f"{h.expected:.0f}" if h.expected else "—",
            escape(_detail(h)),
        )
    if shown:
        console.print(table)
    for label, some in folded.items():
        if some:
            say(f"{label} ({len(some)}): {', '.join(h.source for h in some)}")
    counts = Counter(h.state for h in states)
    say(" · ".join(f"{counts[state]} {LABELS[state]}" for state in sorted(counts, key=urgency.__getitem__)))


def _detail(health: Health) -> str:
    """What is said of a state; what an outlet answered is kept in English and is told in both languages."""
    from crawler.finding.refusals import in_both
    from crawler.health import State

    answered = health.state in (State.BLOCKED, State.FAILING, State.GOOD)
    return in_both(health.detail) if health.detail and answered else health.detail or ""
