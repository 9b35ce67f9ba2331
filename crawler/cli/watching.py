"""`diemtin watch …`: who is told what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.cli.frame import SHOWN, tell_of_more
from crawler.cli.shell import Json, app, config, console, notes, print_json, say
from crawler.cli.stores import store_to_change, store_to_read
from crawler.cli.usage import App
from crawler.cli.watch_shown import describe
from crawler.errors import InvalidInput

if TYPE_CHECKING:
    from crawler.delivery.watch_desk import WatchDesk
    from crawler.source import Source
    from crawler.store.database import Engine
    from crawler.store.watches import Watch

watch_app = App(help="Mục theo dõi. Watches.", no_args_is_help=True)
app.add_typer(watch_app, name="watch")


Every = Annotated[
    str,
    typer.Option(
        help="Khi nào gửi: now | now@workdays | daily@06:00 | daily@06:00,16:30 | workdays@06:00 | weekly@mon-06:00. "
        "Ngày làm việc: trừ thứ Bảy, Chủ nhật, Tết, ngày lễ. Workdays: no week-ends, no holidays."
    ),
]
Province = Annotated[
    str | None, typer.Option(help="Tỉnh nhà, đưa lên đầu thư. The reader's own province, told first.")
]
Group = Annotated[
    str | None,
    typer.Option(help="Nhóm tin theo: province (tỉnh) | topic (chủ đề) | none. Group the stories."),
]
Salience = Annotated[
    str,
    typer.Option(
        help="all | main: main bỏ những bài chỉ nhắc qua (trong tên văn kiện, chú thích ảnh, cuối bài). "
        "main leaves out passing mentions."
    ),
]
FOLLOW_UP = "Báo tiếp một lần khi bài đã gửi bị sửa nội dung hay bị gỡ. Tell edits of mailed articles, once."
HELD = "Cả cuộc họp đã họp xong. Meetings that are over, too."


def watch_desk(engine: Engine) -> WatchDesk:
    """Where the acts of a command are done."""
    from crawler.delivery.watch_desk import WatchDesk
    from crawler.store.audit import COMMAND

    settings = config()
    return WatchDesk(
        engine, settings.registry(), settings.mail, COMMAND, settings.clock(), settings.allow_private
    )


@watch_app.command("add")
def add(
    query: Annotated[
        list[str],
        typer.Argument(
            help='Như: đại hội VÀ nguồn:bao-x; không cần ngoặc kép. Để trống ("") với phạm vi document, meeting. '
            'Quotes or not; empty ("") with the scopes document and meeting.'
        ),
    ],
    to: Annotated[
        list[str],
        typer.Option(
            help="Gửi tới: địa chỉ thư, webhook hoặc địa chỉ apprise; ghi được nhiều lần. "
            "A mail address, a webhook or an apprise address; repeatable."
        ),
    ],
    name: Annotated[str | None, typer.Option(help="Tên ghi trong thư. How the mails call it.")] = None,
    scope: Annotated[
        str, typer.Option(help="Phạm vi: article | story | document | meeting | change | event")
    ] = "story",
    every: Every = "now",
    quiet: Annotated[
        str | None,
        typer.Option(
            help="Không gửi trong khoảng này, như 22:00-06:00. No mail between, such as 22:00-06:00."
        ),
    ] = None,
    nothing: Annotated[
        bool,
        typer.Option("--nothing", help="Không có gì mới cũng gửi. A digest also when nothing was found."),
    ] = False,
    language: Annotated[str, typer.Option(help="Tiếng của thư: vi | en")] = "vi",
    feed: Annotated[
        bool,
        typer.Option(
            "--feed", help="Ghi cả tệp Atom trong thư mục dữ liệu. Also an Atom file in the data folder."
        ),
    ] = False,
    province: Province = None,
    group: Group = None,
    salience: Salience = "all",
    follow_up: Annotated[bool, typer.Option("--follow-up", help=FOLLOW_UP)] = False,
    held: Annotated[bool, typer.Option("--held", help=HELD)] = False,
    ask: Annotated[bool, typer.Option("--ask", help="Hỏi người nhận trước. Ask each address first.")] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Dù thử thấy quá rộng, hoặc đã có mục y như vậy. "
            "Also when the back-test finds it too broad, or somebody has this very watch.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Thêm mục theo dõi: có bài khớp thì gửi thư. Watch for a query and mail the hits."""
    from crawler.store.database import open_database

    settings = config()
    asking = " ".join(query)
    watch, asked = watch_desk(open_database(settings.url)).make(
        query=asking, addresses=to, name=name, scope=scope, cadence=every, quiet=quiet, proof_of_life=nothing,
        language=language, feed=feed, ask=ask, force=force, province=province, group=group, salience=salience,
        follow_up=follow_up, held=held,
    )  # fmt: skip
    remark(asking, settings.registry())
    if json:
        print_json(watch.to_json())
    else:
        console.print(f"Đã thêm mục theo dõi “{watch.name}” (số {watch.id}).", markup=False)
        if any(one.channel == "webhook" for one in watch.recipients):
            say("Khóa để bên nhận kiểm chữ ký: diemtin watch list --secrets")
        for address in asked:
            console.print(f"  {address}: sẽ nhận thư hỏi; chưa đồng ý thì chưa nhận tin.", markup=False)


@watch_app.command("list")
def list_all(
    limit: Annotated[
        int | None,
        typer.Option(
            min=1, help="Nhiều nhất bấy nhiêu mục; mặc định 20, với --json là tất cả. At most so many."
        ),
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(help="Trang tiếp: số của mục cuối. The next page: the last watch's number."),
    ] = None,
    secrets: Annotated[
        bool,
        typer.Option(
            "--secrets",
            help="Hiện cả khóa và địa chỉ bí mật. Also show the secrets of webhooks and services.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Các mục theo dõi: mọi lựa chọn, ai nhận, thư tới khi nào và có gì.

    The watches, newest first: all settings, who receives, when the next mail comes and what it would bring.
    """
    from crawler.delivery.upcoming import upcoming
    from crawler.store.watches import page_of_watches

    settings = config()
    now, registry = settings.clock(), settings.registry()
    with store_to_read(settings).connect() as connection:
        page = page_of_watches(connection, limit=limit if limit or json else SHOWN, after=after)
        found = [(watch, upcoming(connection, watch, registry, now=now)) for watch in page.items]
    if json:
        print_json(
            [
                watch.to_json(secrets=secrets) | {"next": told.to_json(), "set_aside": _why_aside(watch)}
                for watch, told in found
            ]
        )
        return
    if not page.total:
        say('Chưa có mục theo dõi nào. Thêm: diemtin watch add "đại hội" --to ten@vi-du.vn')
    for watch, told in found:
        say(f"{watch.id}  {watch.name}")
        if (why := _why_aside(watch)) is not None:
            say(f"   Gác lại     {why} (sửa: diemtin watch edit {watch.id} --query …)")
        for name, value in describe(watch, told, secrets=secrets):
            say(f"   {name:<11} {value}")
        say("")
    tell_of_more(page)


def _why_aside(watch: Watch) -> str | None:
    """Why nothing is looked for on this watch: a query of an older version that today's language refuses."""
    from crawler.query.watch_index import compiled

    _, aside = compiled([(watch.id, watch.query)])
    return str(aside[watch.id]).splitlines()[0] if aside else None


@watch_app.command("test")
def test(
    query: Annotated[
        list[str],
        typer.Argument(
            help="Truy vấn (không cần ngoặc kép), hoặc tên hay số một mục (thử cả những bài đã đánh dấu). "
            "A query, or the name or number of a watch (tests its marks too)."
        ),
    ],
    days: Annotated[int, typer.Option(min=1, help="Lùi lại bấy nhiêu ngày. How far back.")] = 100,
    scope: Annotated[
        str | None,
        typer.Option(
            help="Phạm vi; không ghi: của mục ấy, hoặc story. "
            "article | story | document | meeting; none: the watch's own, or story."
        ),
    ] = None,
    right: Annotated[
        list[str] | None,
        typer.Option(
            help="Đánh dấu bài này là đúng; ghi được nhiều lần. Mark an address as a right hit; repeatable."
        ),
    ] = None,
    wrong: Annotated[
        list[str] | None,
        typer.Option(
            help="Đánh dấu bài này là sai; ghi được nhiều lần. Mark an address as a wrong hit; repeatable."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Thử trước khi lưu: một truy vấn đã mang về những gì.

    What a query would have brought: hits per day, the mail, near misses.
    """
    from crawler.delivery.backtest import backtest
    from crawler.delivery.backtest_view import print_backtest

    settings = config()
    engine = (store_to_change if right or wrong else store_to_read)(settings)
    registry = settings.registry()
    now = settings.clock()
    asked = " ".join(query)
    if right or wrong:
        watch_desk(engine).mark(asked, right=right or (), wrong=wrong or ())
    result = backtest(engine, asked, now=now, days=days, scope=scope, sources=registry)
    remark(result.query, registry)
    if json:
        print_json(result.to_json())
    else:
        print_backtest(result, console)
    if result.too_broad or result.failed_marks:
        raise typer.Exit(1)


@watch_app.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="Tên hay số của mục. The name or number of a watch.")],
) -> None:
    """Bỏ một mục theo dõi; lịch sử vẫn còn. Take a watch away; its history stays."""
    gone = watch_desk(store_to_change(config())).remove(name)
    console.print(f"Đã bỏ mục theo dõi “{gone.name}”.", markup=False)


@watch_app.command("lift")
def lift(
    address: Annotated[str, typer.Argument(help="Địa chỉ đang tạm ngưng. A suspended address.")],
) -> None:
    """Gửi lại cho địa chỉ bị tạm ngưng. Write to a suspended address again."""
    from crawler.query.addresses import shown
    from crawler.store import outbox
    from crawler.store.recipients import recipient_named

    settings = config()
    with store_to_change(settings).begin() as connection:
        known = recipient_named(connection, address)
        if known is None or known.suspended is None:
            raise InvalidInput(
                f"{address}: không phải địa chỉ đang tạm ngưng, xem `diemtin watch list` / "
                "no suspended address; `diemtin watch list` shows the states"
            )
        owed = outbox.lift(connection, known.address, now=settings.clock())
    console.print(f"{shown(known.address)}: đã mở lại, {owed} tin chờ gửi.", markup=False)


@watch_app.command("leave")
def leave(
    address: Annotated[
        str, typer.Argument(help="Địa chỉ của người không muốn nhận nữa. Whoever wants no more mail.")
    ],
) -> None:
    """Cho một địa chỉ ngừng nhận mọi mục, theo lời chủ của nó.

    Take an address off every watch, by its owner's word.
    """
    from crawler.delivery.subscriptions import leave_by_word

    settings = config()
    with store_to_change(settings).begin() as connection:
        gone = leave_by_word(connection, address, now=settings.clock())
    say(f"{gone}: đã ngừng nhận mọi mục theo dõi. Chỉ chính người nhận mới vào lại được (watch add … --ask).")


def remark(query: str, registry: Mapping[str, Source]) -> None:
    """Say which names in a query nothing can ever answer."""
    from crawler.query.parser import parse
    from crawler.query.unknown import unknown_values

    for found in unknown_values(parse(query, allow_empty=True), registry):
        notes.print(f"Lưu ý: {found}", markup=False)
