"""`diemtin run` and `diemtin health`: the box that runs for months."""

from __future__ import annotations

from datetime import timedelta

import typer
from rich.table import Table

from crawler.cli.shell import Json, app, config, console, notes, print_json, vietnamese_time


@app.command()
def run() -> None:
    """Run the schedule until SIGTERM: crawl what is due, deliver what is owed, watch the sources."""
    from crawler.schedule import run_daemon

    settings = config()
    notes.print(f"diemtin chạy nền; dữ liệu ở {settings.data}. Dừng: Ctrl-C hoặc SIGTERM.", markup=False)
    run_daemon(settings)


@app.command()
def health(json: Json = False) -> None:
    """The state of every source in one screen (tình trạng các nguồn)."""
    from crawler.health import HISTORY_WEEKS, LABELS, State, health_of
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
                    "expected": h.expected,
                    "last_look": h.last_look.isoformat() if h.last_look else None,
                    "last_new": h.last_new.isoformat() if h.last_new else None,
                }
                for h in states
            ]
        )  # fmt: skip
    else:
        table = Table(
            "Nguồn", "Tình trạng", "Lần xem cuối", "Bài mới cuối", "Bài/tuần", "Thường", "Chi tiết", box=None
        )
        colours = {State.GOOD: "green", State.NOT_LOOKED: "dim", State.DISABLED: "dim"}
        for h in sorted(states, key=lambda h: (h.state is State.GOOD, h.source)):
            table.add_row(
                h.source,
                f"[{colours.get(h.state, 'red')}]{LABELS[h.state]}[/]",
                vietnamese_time(h.last_look),
                vietnamese_time(h.last_new),
                f"{h.per_week:.0f}",
                f"{h.expected:.0f}" if h.expected else "—",
                h.detail or "",
            )
        console.print(table)
    if any(h.state in (State.BLOCKED, State.FAILING, State.SILENT, State.LAYOUT_BREAK) for h in states):
        raise typer.Exit(1)
