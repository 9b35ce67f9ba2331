"""`diemtin demo`, `diemtin crawl` and `diemtin backfill`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crawler.cli.frame import show_rows, vietnamese_day
from crawler.cli.shell import Json, app, config, console, duration, in_order, moment, notes, print_json
from crawler.cli.stores import warn_of_open_files
from crawler.cli.web import PORT, Port, say_address, serve_pages
from crawler.errors import InvalidInput

if TYPE_CHECKING:
    from crawler.article import Disposition
    from crawler.config import Config
    from crawler.crawl.context import CrawlContext
    from crawler.discovery.archive import Way
    from crawler.store.given_up import GivenUp


@app.command()
def demo(
    with_pages: Annotated[
        bool,
        typer.Option(
            "--web", help="Xong thì mở trang web trên kho thử, tới khi dừng. Then serve the pages over it."
        ),
    ] = False,
    port: Port = PORT,
) -> None:
    """Chạy thử trọn dây chuyền trên báo hư cấu, không cần mạng.

    Run the whole chain on a fictitious press, without a network.
    """
    from crawler.demo.run import demo_config, run_demo

    settings = config()
    code = run_demo(settings, console=console, pages=None if with_pages else f"http://127.0.0.1:{PORT}/")
    if with_pages and not code:
        serve_pages(demo_config(settings), host="127.0.0.1", port=port, ready=say_address)
    raise typer.Exit(code)


@app.command()
def crawl(
    sources: Annotated[
        list[str] | None,
        typer.Argument(help="Mã nguồn; không ghi: mọi nguồn đang bật. Source ids; none: all enabled ones."),
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Lùi lại chừng này, như 7d (7 ngày). Go back this far, such as 7d.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Mỗi nguồn nhiều nhất bấy nhiêu bài. At most this many articles a source."),
    ] = None,
    due: Annotated[
        bool,
        typer.Option("--due", help="Chỉ những chuyên mục đã tới giờ xem. Only sections whose time has come."),
    ] = False,
    json: Json = False,
) -> None:
    """Thu thập ngay. Crawl now."""
    from crawler.crawl.context import open_context
    from crawler.crawl.run import crawl as run_crawl
    from crawler.messages import in_both, told

    settings = config()
    if not json:
        warn_of_open_files(settings)
    context = open_context(settings, since=duration(since, "--since"), limit=limit, due_only=due)
    try:
        from crawler.cli.progress import crawl_shown

        with crawl_shown(context, quiet=json):
            ledgers = run_crawl(context, sources or ())
    finally:
        context.close()
    if json:
        print_json({name: ledger.to_json() for name, ledger in sorted(ledgers.items())})
    else:
        rows = {context.registry[name].name: ledger.to_json() for name, ledger in sorted(ledgers.items())}
        show_rows(
            ("Nguồn", "Tìm thấy", "Lưu mới", "Cập nhật", "Không đổi", "Bỏ qua", "Ghi chú"),
            [
                (
                    name, str(row["found"]), str(row["stored"] + row["duplicate_kept"]), str(row["updated"]),
                    str(row["unchanged"]), told(row["dropped"]), in_both(row["problem"]) if row["problem"] else "",
                )
                for name, row in rows.items()
            ],
            whole=(),
        )  # fmt: skip
    _say_how_it_ended(context)
    if (
        context.interrupted
        or context.broken
        or context.offline
        or (context.busy and not context.due_only)
        or any(x.problem or x.errors for x in ledgers.values())
    ):
        raise typer.Exit(1)


def _say_how_it_ended(context: CrawlContext) -> None:
    """A sentence where a crawl did not come to its own end."""
    if context.busy:
        notes.print(
            f"Đang có lượt khác xem, nên để yên: {', '.join(context.busy)}. / "
            "Left alone: another process crawls it.",
            markup=False,
        )
    if context.broken:
        notes.print(f"Đã dừng mọi nguồn: {context.broken}. Bài chưa lưu vẫn còn nợ.", markup=False)
    elif context.offline:
        notes.print(
            "Không tìm được tên miền nào, không kết nối được đâu cả: mạng của máy này, không phải các báo. / "
            "Nothing resolves or connects: it is this machine's network, not the outlets.",
            markup=False,
        )
    elif context.interrupted:
        notes.print(
            "Đã dừng theo yêu cầu; bài chưa lấy vẫn còn nợ, lần sau đi tiếp. / "
            "Stopped as asked; what was not fetched is still owed.",
            markup=False,
        )
    elif (
        context.due_only
        and not context.busy
        and not any(ledger.requests for ledger in context.ledgers.values())
    ):
        notes.print("Chưa chuyên mục nào tới giờ xem. / No section is due yet.", markup=False)


@app.command()
def dropped(
    source: Annotated[str | None, typer.Argument(help="Mã nguồn; bỏ trống: mọi nguồn. A source id.")] = None,
    reason: Annotated[
        str | None, typer.Option(help="Chỉ lý do này, như unread, off_topic. Only this reason.")
    ] = None,
    take_back: Annotated[
        list[str] | None,
        typer.Option(
            help="Lấy lại bài ở địa chỉ này: lần thu thập tới đọc lại và giữ, dù bị coi là lạc đề; lặp lại được. "
            "Take the article at this address back: read again at the next crawl, and kept; repeatable."
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Nhiều nhất bao nhiêu. At most so many.")] = 50,
    json: Json = False,
) -> None:
    """Bài đã tìm thấy mà không giữ: địa chỉ, tên bài, vì sao; lấy lại bằng --take-back.

    What was found and is not kept: address, title, why. --take-back takes an article back.
    """
    from crawler.store.database import open_database_to_read
    from crawler.store.given_up import LOST, given_up

    settings = config()
    if take_back:
        _take_back(settings, take_back, json=json)
        return
    names = [_reason(reason)] if reason else LOST
    lost = given_up(open_database_to_read(settings.url), source=source, names=names, limit=limit)
    if json:
        print_json([one.to_json() for one in lost.items])
        return
    for one in lost.items:
        console.print(_in_words(one), markup=False)
    console.print(f"{lost.total} bài không giữ." if lost.total else "Không có bài nào bị bỏ.")
    if lost.left:
        console.print(f"… và {lost.left} nữa; xem thêm: --limit {lost.total}", markup=False)


def _take_back(settings: Config, addresses: list[str], *, json: bool) -> None:
    from crawler.store.database import open_database
    from crawler.store.given_up import take_back

    if unknown := take_back(open_database(settings.url), addresses):
        raise InvalidInput(
            f"--take-back {unknown[0]}: không có bài bị bỏ nào ở địa chỉ này / no dropped article has this address"
        )
    if json:
        print_json({"taken_back": addresses})
        return
    console.print(f"Đã lấy lại {len(addresses)} bài; lần thu thập tới sẽ đọc lại và giữ.", markup=False)


def _in_words(one: GivenUp) -> str:
    from crawler.messages import word_of

    why = f": {one.told}" if one.told else ""
    return f"{one.source}  {one.title or '—'}\n  {one.url}\n  {word_of(one.disposition)}{why}"


def _reason(name: str) -> Disposition:
    from crawler.article import Disposition

    known = {d.reason: d for d in Disposition if d.dropped}
    if name not in known:
        raise InvalidInput(
            f"--reason: không có lý do {name!r} / no such reason; known: {', '.join(sorted(known))}"
        )
    return known[name]


@app.command()
def backfill(
    source: Annotated[str, typer.Argument(help="Mã nguồn. A source id.")],
    first: Annotated[
        str, typer.Option("--from", help="Ngày đầu, như 01/01/2019. The first day, such as 2019-01-01.")
    ],
    last: Annotated[
        str | None, typer.Option("--to", help="Ngày cuối (mặc định: hôm nay). The last day (default: today).")
    ] = None,
    json: Json = False,
) -> None:
    """Thu thập bài cũ của một nguồn; bị ngắt thì chạy lại sẽ đi tiếp.

    Go back into a source's archive; go on where an earlier one was stopped.
    """
    from crawler.crawl.context import open_context
    from crawler.crawl.run import crawl as run_crawl
    from crawler.dates.zones import VIETNAM
    from crawler.discovery.archive import Window, report, ways_of
    from crawler.store import backfill as store

    settings = config()
    today = settings.clock().astimezone(VIETNAM).date()
    window = Window(_day(first, "--from"), _day(last, "--to") if last else today)
    in_order("--from", window.first, "--to", window.last)
    context = open_context(settings)
    try:
        if source not in context.registry:
            raise InvalidInput(
                "không có nguồn này, xem `diemtin sources list` / "
                f"no such source: {source}; `diemtin sources list` shows them all"
            )
        row = context.registry[source]
        context.window = window
        with _progress(context, row.name, quiet=json):
            ledger = run_crawl(context, [source])[source]
        ways = store.resumed(context.engine, ways_of(row, window))
        owed, given_up = store.left(context.engine, source)
        months = store.months(context.engine, source, window)
        told = report(row, window, ways, months=months, owed=owed, given_up=given_up)
        told["crawl"] = ledger.to_json()
    finally:
        context.close()
    if json:
        print_json(told)
    else:
        _print_backfill(told)
    _say_how_it_ended(context)
    if not told["done"] or ledger.problem or context.interrupted:
        raise typer.Exit(1)


def _day(value: str, option: str) -> date:
    found = moment(value, option)
    assert found is not None
    return found.date()


@contextmanager
def _progress(context: CrawlContext, name: str, *, quiet: bool) -> Iterator[None]:
    """A bar on stderr for each way: the days of the window that it has gone through."""
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

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

        context.report = report
        yield


def _print_backfill(told: dict[str, Any]) -> None:
    done = {"done": "xong", None: "còn dở"}
    show_rows(
        ("Đường", "Trang", "Hỏng", "Tới ngày", "Kết thúc"),
        [
            (
                way["kind"], str(way["pages"]), str(way["missing"]), vietnamese_day(way["reached"]),
                str(done.get(way["ended"], way["ended"])),
            )
            for way in told["ways"]
        ],
    )  # fmt: skip
    first, last = vietnamese_day(told["from"]), vietnamese_day(told["to"])
    console.print(f"{told['articles']} bài từ {first} đến {last}.")
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
