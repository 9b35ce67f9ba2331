"""`diemtin run` and `diemtin health`: the box that runs for months."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from crawler.cli.frame import show_rows
from crawler.cli.shell import Json, app, config, notes, print_json, say, vietnamese_time
from crawler.cli.stores import store_to_read, warn_of_open_files
from crawler.cli.web import PORT, Host, Port, refuse_open_house
from crawler.errors import InvalidInput

if TYPE_CHECKING:
    from crawler.crawl.health import Health
    from crawler.store.database import Engine


@app.command()
def run(
    with_pages: Annotated[
        bool,
        typer.Option(
            "--web", help="Mở luôn trang web, như diemtin web. Also serve the pages, as diemtin web does."
        ),
    ] = False,
    host: Host = "127.0.0.1",
    port: Port = PORT,
) -> None:
    """Chạy thường trực: thu thập, gửi thư, trông nguồn.

    Run the schedule until SIGTERM: crawl what is due, deliver what is owed, watch the sources.
    """
    from crawler.crawl.schedule import run_daemon

    settings = config()
    if with_pages:
        from crawler.store.database import open_database

        refuse_open_house(settings, open_database(settings.url), host)
    elif (host, port) != ("127.0.0.1", PORT):
        raise InvalidInput("--host và --port chỉ dùng với --web / --host and --port go with --web")
    notes.print(f"diemtin chạy nền; dữ liệu ở {settings.data}. Dừng: Ctrl-C hoặc SIGTERM.", markup=False)
    warn_of_open_files(settings)
    pages = ("web", "--host", host, "--port", str(port)) if with_pages else ()
    run_daemon(settings, say=_say_now, beside=pages)


def _say_now(text: str) -> None:
    """One line of the daemon, with the time in Vietnam, on stderr."""
    notes.print(f"{vietnamese_time(datetime.now(UTC))}  {text}", markup=False)


@app.command()
def health(json: Json = False) -> None:
    """Tình trạng mọi nguồn trên một màn hình. The state of every source in one screen."""
    from crawler.crawl.source_report import states_in_store

    settings = config()
    registry = settings.registry()
    engine = store_to_read(settings)
    states = states_in_store(engine, registry, now=settings.clock())
    if json:
        print_json([h.to_json() for h in states])
    else:
        _print_states(states, {id_: source.name for id_, source in registry.items()})
        _tell_of_older_readings(engine)
    opened = warn_of_open_files(settings)
    if opened or any(h.needs_a_person for h in states):
        raise typer.Exit(1)


def _tell_of_older_readings(engine: Engine) -> None:
    """How many articles were read by an older reader than today's."""
    from crawler.store.rereading import Wanted, count

    if older := count(engine, Wanted(older=True)):
        say(
            f"{older} bài do bộ đọc cũ đọc; xem sẽ đổi gì: diemtin reread --only reader / "
            "articles were read by an older reader"
        )


def _print_states(states: Sequence[Health], names: Mapping[str, str]) -> None:
    """What needs a person first; what has nothing to show but its state in a line each, for it to fit a screen."""
    from crawler.crawl.health import LABELS, State, by_urgency, idle_since

    folded = {
        "Chưa xem lần nào": [h for h in states if h.state is State.NOT_LOOKED and h.last_look is None],
        "Tắt": [h for h in states if h.state is State.DISABLED],
    }
    shown = [h for h in states if not any(h in some for some in folded.values())]
    rows: list[tuple[str | Text, ...]] = []
    for h in by_urgency(shown):
        colour = "red" if h.needs_a_person else "green" if h.state is State.GOOD else "dim"
        rows.append(
            (
                h.source, names[h.source], Text(LABELS[h.state], colour), vietnamese_time(h.last_look),
                vietnamese_time(h.last_new), f"{h.per_week:.0f}" + (f"/{h.expected:.0f}" if h.expected else ""),
                _detail(h),
            )
        )  # fmt: skip
    if rows:
        headings = ("Mã", "Nguồn", "Tình trạng", "Xem lần cuối", "Bài mới cuối", "Bài/tuần", "Chi tiết")
        show_rows(headings, rows, whole=(0, 3, 4))
    for label, some in folded.items():
        if some:
            say(f"{label} ({len(some)}): {', '.join(h.source for h in some)}")
    if (idle := idle_since(states)) is not None:
        say(
            f"Không nguồn nào được xem từ {vietnamese_time(idle)}: diemtin run có chạy không? / "
            "no source was looked at since then: is diemtin run running?"
        )
    counts = Counter(h.state for h in by_urgency(states))
    say(" · ".join(f"{n} {LABELS[state]}" for state, n in counts.items()))


def _detail(health: Health) -> str:
    """What is said of a state; what an outlet answered is kept in English and is told in both languages."""
    from crawler.messages import in_both

    said = in_both(health.detail) if health.detail and health.answered else health.detail or ""
    if health.closed_until is None:
        return said
    pause = f"để yên đến {vietnamese_time(health.closed_until)}, mở sớm: diemtin sources open {health.source}"
    return f"{said}; {pause}" if said else pause
