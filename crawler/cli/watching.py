"""`diemtin watch …` and `diemtin deliver`: who is told what, and the telling."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from crawler.cli.shell import Json, app, config, console, notes, print_json, say, vietnamese_time
from crawler.errors import InvalidInput
from crawler.reasons import system_reason

if TYPE_CHECKING:
    from crawler.source import Source
    from crawler.store.outbox import Engine

watch_app = typer.Typer(help="Mục theo dõi. Watches.", no_args_is_help=True)
app.add_typer(watch_app, name="watch")


@watch_app.command("add")
def add(
    query: Annotated[
        str, typer.Argument(help='Such as "đại hội"; empty ("") with the scopes document and meeting.')
    ],
    to: Annotated[
        list[str], typer.Option(help="A mail address, a webhook or an apprise address; repeatable.")
    ],
    name: Annotated[str | None, typer.Option(help="How the mails call it.")] = None,
    scope: Annotated[str, typer.Option(help="article | story | document | meeting | event")] = "story",
    every: Annotated[str, typer.Option(help="now | daily@06:00 | weekly@mon-06:00")] = "now",
    quiet: Annotated[str | None, typer.Option(help="No mail between, such as 22:00-06:00.")] = None,
    nothing: Annotated[bool, typer.Option("--nothing", help="A digest also when nothing was found.")] = False,
    language: Annotated[str, typer.Option(help="vi | en")] = "vi",
    feed: Annotated[bool, typer.Option("--feed", help="Also an Atom file in the data folder.")] = False,
    ask: Annotated[bool, typer.Option("--ask", help="Ask each address first.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also when the back-test finds it too broad.")
    ] = False,
    json: Json = False,
) -> None:
    """Thêm mục theo dõi: có bài khớp thì gửi thư. Watch for a query and mail the hits."""
    from crawler.store.database import open_database
    from crawler.store.watches import add_watch
    from crawler.watch.people import ask_recipients

    settings = config()
    engine = open_database(settings.url)
    now = settings.clock()
    registry = settings.registry()
    if scope in ("article", "story") and not force:
        from crawler.watch.backtest import refuse_if_too_broad

        refuse_if_too_broad(engine, query, now=now, sources=registry)
    with engine.begin() as connection:
        watch = add_watch(
            connection, query=query, addresses=to, name=name, scope=scope, cadence=every, quiet=quiet,
            proof_of_life=nothing, language=language, feed=feed, ask=ask, now=now,
        )  # fmt: skip
        asked = ask_recipients(connection, watch, settings.mail, now=now) if ask else ()
    _remark(query, registry)
    if json:
        print_json(watch.to_json())
    else:
        console.print(f"Đã thêm mục theo dõi “{watch.name}” (số {watch.id}).", markup=False)
        for address in asked:
            console.print(f"  {address}: sẽ nhận thư hỏi; chưa đồng ý thì chưa nhận tin.", markup=False)


@watch_app.command("list")
def list_all(json: Json = False) -> None:
    """Các mục theo dõi. The watches."""
    from crawler.store.database import open_database
    from crawler.store.watches import list_watches

    with open_database(config().url).connect() as connection:
        found = list_watches(connection)
    if json:
        print_json([watch.to_json() for watch in found])
        return
    table = Table("Số", "Tên", "Truy vấn", "Phạm vi", "Lịch", "Gửi tới", box=None)
    for watch in found:
        states = {"active": "", "asked": " (chờ đồng ý)", "suspended": " (tạm ngưng)", "left": " (đã rời)"}
        people = ", ".join(r.address + states[r.state] for r in watch.recipients)
        table.add_row(str(watch.id), watch.name, watch.query or "—", watch.scope, str(watch.cadence), people)
    console.print(table)


@watch_app.command("test")
def test(
    query: Annotated[
        str, typer.Argument(help="A query, or the name or number of a watch (tests its marks too).")
    ],
    days: Annotated[int, typer.Option(min=1, help="How far back.")] = 100,
    scope: Annotated[
        str | None,
        typer.Option(help="article | story | document | meeting; none: the watch's own, or story."),
    ] = None,
    right: Annotated[
        list[str] | None, typer.Option(help="Mark an address as a right hit; repeatable.")
    ] = None,
    wrong: Annotated[
        list[str] | None, typer.Option(help="Mark an address as a wrong hit; repeatable.")
    ] = None,
    json: Json = False,
) -> None:
    """Thử trước khi lưu: một truy vấn đã mang về những gì.

    What a query would have brought: hits per day, the mail, near misses.
    """
    from crawler.store.database import open_database
    from crawler.watch.backtest import backtest, mark_hits
    from crawler.watch.backtest_shown import print_backtest

    settings = config()
    engine = open_database(settings.url)
    registry = settings.registry()
    now = settings.clock()
    if right or wrong:
        mark_hits(engine, query, right=right or (), wrong=wrong or (), now=now)
    result = backtest(engine, query, now=now, days=days, scope=scope, sources=registry)
    _remark(result.query, registry)
    if json:
        print_json(result.to_json())
    else:
        print_backtest(result, console)
    if result.too_broad or result.failed_marks:
        raise typer.Exit(1)


@watch_app.command("remove")
def remove(name: Annotated[str, typer.Argument(help="The name or number of a watch.")]) -> None:
    """Bỏ một mục theo dõi; lịch sử vẫn còn. Take a watch away; its history stays."""
    from crawler.store.database import open_database
    from crawler.store.watches import remove_watch

    settings = config()
    with open_database(settings.url).begin() as connection:
        gone = remove_watch(connection, name, now=settings.clock())
    console.print(f"Đã bỏ mục theo dõi “{gone.name}”.", markup=False)


@watch_app.command("lift")
def lift(address: Annotated[str, typer.Argument(help="A suspended address.")]) -> None:
    """Gửi lại cho địa chỉ bị tạm ngưng. Write to a suspended address again."""
    from crawler.store import outbox
    from crawler.store.database import open_database
    from crawler.store.watches import find_recipient

    settings = config()
    with open_database(settings.url).begin() as connection:
        known = find_recipient(connection, address)
        if known is None or known.suspended is None:
            raise InvalidInput(
                f"{address}: không phải địa chỉ đang tạm ngưng, xem `diemtin watch list` / "
                "no suspended address; `diemtin watch list` shows the states"
            )
        owed = outbox.lift(connection, address, now=settings.clock())
    console.print(f"{address}: đã mở lại, {owed} tin chờ gửi.", markup=False)


@watch_app.command("leave")
def leave(address: Annotated[str, typer.Argument(help="Whoever wants no more mail.")]) -> None:
    """Cho một địa chỉ ngừng nhận mọi mục, theo lời chủ của nó.

    Take an address off every watch, by its owner's word.
    """
    from crawler.store.database import open_database
    from crawler.watch.people import leave_by_word

    settings = config()
    with open_database(settings.url).begin() as connection:
        gone = leave_by_word(connection, address, now=settings.clock())
    say(f"{gone}: đã ngừng nhận mọi mục theo dõi. Chỉ chính người nhận mới vào lại được (watch add … --ask).")


@watch_app.command("reply")
def reply(file: Annotated[Path, typer.Argument(help="A received mail (.eml).")]) -> None:
    """Nhận một thư trả lời: xác nhận hoặc ngừng nhận.

    Take in a reply: a confirmation or a farewell; for the operator's mail filter.
    """
    from crawler.store.database import open_database
    from crawler.watch.people import handle_reply

    settings = config()
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{file}: {system_reason(error)}") from error
    with open_database(settings.url).begin() as connection:
        answer = handle_reply(connection, raw, now=settings.clock())
    if answer is None:
        notes.print(f"{file}: không có mã hợp lệ trong thư", markup=False)
        raise typer.Exit(1)
    console.print(
        f"{answer.address}: {'đã đồng ý' if answer.what == 'confirmed' else 'đã rời'}", markup=False
    )


@app.command()
def deliver(
    requeue: Annotated[int | None, typer.Option(help="Send a dead message again, by its number.")] = None,
    only_list: Annotated[
        bool, typer.Option("--list", help="Send nothing: show the messages that wait and the dead ones.")
    ] = False,
    json: Json = False,
) -> None:
    """Gửi những thư còn nợ, qua SMTP hoặc vào outbox/. Send what is owed, by SMTP or into outbox/."""
    from crawler.store import deliveries
    from crawler.store.database import open_database
    from crawler.watch.deliver import deliver as run_deliver

    settings = config()
    engine = open_database(settings.url)
    now = settings.clock()
    if only_list:
        if requeue is not None:
            raise InvalidInput(
                "--list chỉ xem, không gửi: bỏ --list khi dùng --requeue / "
                "--list sends nothing: give --requeue without it"
            )
        _list_deliveries(engine, json=json)
        return
    if requeue is not None:
        with engine.begin() as connection:
            if not deliveries.requeue(connection, requeue, now=now):
                raise InvalidInput(
                    f"--requeue {requeue}: không có thư hỏng nào mang số này / "
                    "no dead message has this number"
                )
    registry = settings.registry()
    report = run_deliver(
        engine, config_mail=settings.mail, outbox_folder=settings.outbox, now=now, sources=registry
    )
    if json:
        print_json(report.to_json())
    else:
        for message in report.messages:
            where = message.file or message.address
            console.print(
                f"{_STATES[message.state]} / {message.state}: {message.subject} → {where}"
                + (f": {message.error}" if message.error else ""),
                markup=False,
            )
        console.print(f"{report.count('sent')} thư đã gửi, {report.waiting} thư chờ.")
    if any(message.state != "sent" for message in report.messages):
        raise typer.Exit(1)


def _remark(query: str, registry: Mapping[str, Source]) -> None:
    """Say which names in a query nothing can ever answer."""
    from crawler.watch.query import parse
    from crawler.watch.unknown import unknown_values

    for remark in unknown_values(parse(query, allow_empty=True), registry):
        notes.print(f"Lưu ý: {remark}", markup=False)


_STATES = {
    "sent": "đã gửi",
    "suspended": "tạm ngưng",
    "queued": "chờ gửi",
    "retry": "gửi lại",
    "dead": "không gửi được",
}


def _list_deliveries(engine: Engine, *, json: bool) -> None:
    from crawler.store import deliveries

    with engine.connect() as connection:
        found = deliveries.list_deliveries(connection, states=("queued", "retry", "dead"))
    if json:
        print_json([delivery.to_json() for delivery in found])
        return
    if not found:
        say("Không thư nào chờ, không thư nào hỏng.")
        return
    table = Table("Số", "Tình trạng", "Gửi tới", "Tiêu đề", "Lần thử", "Thử tiếp", "Lỗi gần nhất", box=None)
    for one in found:
        upcoming = vietnamese_time(one.next_attempt) if one.state != "dead" else "—"
        table.add_row(
            str(one.id), _STATES[one.state], Text(one.address), Text(one.subject), str(one.attempts), upcoming,
            Text(one.error or ""),
        )  # fmt: skip
    console.print(table)
    if any(one.state == "dead" for one in found):
        say("Gửi lại một thư hỏng: diemtin deliver --requeue SỐ")
