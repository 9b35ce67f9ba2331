"""`diemtin demo`, `diemtin crawl` and `diemtin backfill`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from crawler.cli.shell import Json, app, config, console, duration, notes, print_json
from crawler.errors import InvalidInput

if TYPE_CHECKING:
    from crawler.finding.backfill import Way
    from crawler.work import Work


@app.command()
def demo() -> None:
    """Chạy thử trọn dây chuyền trên báo hư cấu, không cần mạng.

    Run the whole chain on a fictitious press, without a network.
    """
    from crawler.demo.run import run_demo

    raise typer.Exit(run_demo(config(), console=console))


@app.command()
def crawl(
    sources: Annotated[list[str] | None, typer.Argument(help="Source ids; none: all enabled ones.")] = None,
    since: Annotated[str | None, typer.Option(help="Go back this far, such as 7d.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most this many articles a source.")] = None,
    due: Annotated[bool, typer.Option("--due", help="Only sections whose time has come.")] = False,
    json: Json = False,
) -> None:
    """Thu thập ngay. Crawl now."""
    from crawler.dropped import told
    from crawler.finding.refusals import in_both
    from crawler.work import crawl as run_crawl
    from crawler.work import open_work

    work = open_work(config(), since=duration(since, "--since"), limit=limit, due_only=due)
    try:
        ledgers = run_crawl(work, sources or ())
    finally:
        work.close()
    if json:
        print_json({name: ledger.to_json() for name, ledger in sorted(ledgers.items())})
    else:
        table = Table("Nguồn", "Tìm thấy", "Lưu mới", "Cập nhật", "Không đổi", "Bỏ qua", "Ghi chú", box=None)
        for name, ledger in sorted(ledgers.items()):
            row = ledger.to_json()
            table.add_row(
                name,
                str(row["found"]),
                str(row["stored"] + row["duplicate_kept"]),
                str(row["updated"]),
                str(row["unchanged"]),
                told(row["dropped"]),
                escape(in_both(row["problem"]) if row["problem"] else ""),
            )
        console.print(table)
    if any(ledger.problem or ledger.errors for ledger in ledgers.values()):
        raise typer.Exit(1)


@app.command()
def backfill(
    source: Annotated[str, typer.Argument(help="A source id.")],
    first: Annotated[str, typer.Option("--from", help="The first day, such as 2019-01-01.")],
    last: Annotated[str | None, typer.Option("--to", help="The last day (default: today).")] = None,
    json: Json = False,
) -> None:
    """Thu thập bài cũ của một nguồn; bị ngắt thì chạy lại sẽ đi tiếp.

    Go back into a source's archive; go on where an earlier one was stopped.
    """
    from crawler.article import VIETNAM
    from crawler.finding.backfill import Window, report, ways_of
    from crawler.store import backfill as store
    from crawler.work import crawl as run_crawl
    from crawler.work import open_work

    settings = config()
    today = settings.clock().astimezone(VIETNAM).date()
    window = Window(_day(first, "--from"), _day(last, "--to") if last else today)
    if window.first > window.last:
        raise InvalidInput(f"--from đứng sau --to / --from {window.first} lies after --to {window.last}")
    work = open_work(settings)
    try:
        if source not in work.registry:
            raise InvalidInput(
                "không có nguồn này, xem `diemtin sources list` / "
                f"no such source: {source}; `diemtin sources list` shows them all"
            )
        row = work.registry[source]
        work.window = window
        with _progress(work, row.name, quiet=json):
            ledger = run_crawl(work, [source])[source]
        ways = store.resumed(work.engine, ways_of(row, window))
        owed, given_up = store.left(work.engine, source)
        months = store.months(work.engine, source, window)
        told = report(row, window, ways, months=months, owed=owed, given_up=given_up)
        told["crawl"] = ledger.to_json()
    finally:
        work.close()
    if json:
        print_json(told)
    else:
        _print_backfill(told)
    if not told["done"] or ledger.problem:
        raise typer.Exit(1)


def _day(value: str, option: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise InvalidInput(
            f"{option}: {value!r} không phải ngày, viết như 2019-01-31 / "
            f"{value!r} is no day; write it as 2019-01-31"
        ) from error


@contextmanager
def _progress(work: Work, name: str, *, quiet: bool) -> Iterator[None]:
    """A bar on stderr for each way: the days of the window that it has gone through."""
    columns = (
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[reached]}"),
        TextColumn("{task.fields[pages]} trang"), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=notes, disable=quiet) as progress:
        bars: dict[str, TaskID] = {}

        def report(way: Way) -> None:
            days = (way.window.last - way.window.first).days + 1
            if way.url not in bars:
                label = f"{name} · {way.kind}"
                bars[way.url] = progress.add_task(label, total=days, reached="", pages=0)
            gone = days if way.complete else (way.window.last - way.reached).days if way.reached else 0
            reached = f"tới {way.reached:%d/%m/%Y}" if way.reached else ""
            progress.update(
                bars[way.url], completed=max(0, min(gone, days)), reached=reached, pages=way.pages
            )

        work.report = report
        yield


def _print_backfill(told: dict[str, Any]) -> None:
    table = Table("Đường", "Trang", "Hỏng", "Tới ngày", "Kết thúc", box=None)
    for way in told["ways"]:
        ended = {"done": "xong", None: "còn dở"}.get(way["ended"], way["ended"])
        table.add_row(way["kind"], str(way["pages"]), str(way["missing"]), way["reached"] or "—", ended)
    console.print(table)
    console.print(f"{told['articles']} bài từ {told['from']} đến {told['to']}.")
    empty = [month for month, count in told["months"].items() if not count]
    if empty:
        console.print(f"Tháng không có bài nào: {', '.join(empty)}")
    for gap in told["unreached"]:
        console.print(f"Không tới được: {gap['from']} … {gap['to']} ({gap['why']})", markup=False)
    if told["owed"] or told["given_up"]:
        console.print(f"{told['owed']} bài còn nợ, {told['given_up']} bài hỏi nhiều lần không được.")
    if told["estimate_missing"]:
        console.print(f"Ước chừng còn thiếu {told['estimate_missing']} bài.")
    elif told["estimate_missing"] is None:
        console.print("Không đủ số liệu để ước lượng số bài còn thiếu.")
