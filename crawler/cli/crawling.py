"""`diemtin demo` and `diemtin crawl`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from crawler.cli.shell import Json, app, config, console, duration, print_json


@app.command()
def demo() -> None:
    """Run the whole chain on a fictitious press, without a network (chạy thử trên báo hư cấu)."""
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
    """Crawl now (thu thập ngay)."""
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
                ", ".join(f"{reason} {n}" for reason, n in row["dropped"].items()),
                row["problem"] or "",
            )
        console.print(table)
    if any(ledger.problem or ledger.errors for ledger in ledgers.values()):
        raise typer.Exit(1)
