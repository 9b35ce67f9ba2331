"""`diemtin status`: the last runs, what is due now and in the hour to come, and the mails ahead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crawler.cli.frame import show_rows
from crawler.cli.shell import Json, app, config, print_json, say, vietnamese_time
from crawler.cli.stores import store_to_read, tell_if_empty

if TYPE_CHECKING:
    from crawler.config import Config
    from crawler.delivery.upcoming import Upcoming
    from crawler.store.runs import RunRow
    from crawler.store.watches import Watch

_NOT_OF_A_SOURCE = {"*": "mọi nguồn", "*sources-check": "kiểm tra chuyên mục"}
"""What stands in the ledger beside the sources' ids."""
_LOOK_BACK = timedelta(days=7)
_SOON = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Status:
    now: datetime
    runs: Sequence[RunRow]
    """Of the last week, else the last of each source; newest first."""
    due: Sequence[str]
    soon: Sequence[str]
    """Due within the hour, those that are due already left out."""
    mails: Counter[str]
    """By state."""
    watches: Sequence[tuple[Watch, Upcoming]]

    def to_json(self, limit: int) -> dict[str, Any]:
        """One document for a script."""
        return {
            "now": self.now.isoformat(),
            "runs": [run.to_json() for run in self.runs[:limit]],
            "running": sorted({r.source for r in self.runs if r.ended is None}),
            "due": list(self.due),
            "due_within_the_hour": list(self.soon),
            "mails": {state: self.mails[state] for state in ("queued", "retry", "dead")},
            "watches": [{"id": w.id, "name": w.name, "next": told.to_json()} for w, told in self.watches],
        }  # fmt: skip


@app.command()
def status(
    limit: Annotated[int, typer.Option(min=1, help="Bấy nhiêu lượt gần nhất. So many last runs.")] = 10,
    json: Json = False,
) -> None:
    """Những lượt thu thập gần nhất, nguồn nào đến giờ xem, thư nào sắp gửi.

    The last runs, which sources are due, and which mails come next.
    """
    settings = config()
    found = _status(settings)
    if json:
        print_json(found.to_json(limit))
        return
    names = {id_: source.name for id_, source in settings.registry().items()}
    _say_runs(found, names, limit)
    _say_due("Đến giờ xem", found.due, names)
    _say_due("Trong một giờ tới", found.soon, names)
    waiting, dead = found.mails["queued"] + found.mails["retry"], found.mails["dead"]
    say(f"Thư: {waiting} chờ gửi, {dead} hỏng{' (xem: diemtin deliver --list)' if waiting or dead else ''}")
    for watch, told in found.watches:
        say(f"  {watch.name}: {told.line()}")


def _status(settings: Config) -> _Status:
    from crawler.delivery.upcoming import upcoming
    from crawler.store import deliveries, runs, timetable
    from crawler.store.watches import active

    now, registry = settings.clock(), settings.registry()
    engine = store_to_read(settings)
    due = timetable.due_sources(engine, registry.values(), now=now)
    soon = timetable.due_sources(engine, registry.values(), now=now + _SOON)
    with engine.connect() as connection:
        waiting = deliveries.list_deliveries(connection, states=("queued", "retry", "dead"))
        ahead = [(watch, upcoming(connection, watch, registry, now=now)) for watch in active(connection)]
    tell_if_empty(engine)
    return _Status(
        now=now,
        runs=runs.runs_since(engine, now - _LOOK_BACK)[::-1]
        or _newest_first(runs.last_runs(engine).values()),
        due=due,
        soon=[id_ for id_ in soon if id_ not in due],
        mails=Counter(one.state for one in waiting),
        watches=ahead,
    )


def _newest_first(rows: Iterable[RunRow]) -> list[RunRow]:
    return sorted(rows, key=lambda row: row.started, reverse=True)


def _say_runs(found: _Status, names: dict[str, str], limit: int) -> None:
    from crawler.crawl.source_report import run_outcome
    from crawler.messages import in_both

    if not found.runs:
        say("Chưa có lượt thu thập nào. Chạy: diemtin run (thường trực) hoặc diemtin crawl")
        return
    show_rows(
        ("Nguồn", "Lúc", "Kết quả", "Bài mới", "Bài sửa", "Ghi chú"),
        [
            (
                names.get(run.source, _NOT_OF_A_SOURCE.get(run.source, run.source)), vietnamese_time(run.started),
                run_outcome(run)[0],
                str(run.new),
                str(run.counts.get("updated", 0)), in_both(run.problem) if run.problem else "",
            )
            for run in found.runs[:limit]
        ],
        whole=(1,),
        total=len(found.runs),
    )  # fmt: skip


def _say_due(label: str, ids: Sequence[str], names: dict[str, str]) -> None:
    shown = ", ".join(names[id_] for id_ in ids[:8]) + (" …" if len(ids) > 8 else "")
    say(f"{label}: {len(ids)} nguồn{': ' + shown if ids else ''}")
