"""`diemtin watch edit`, `pause` and `resume`: a watch changed after it was made."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from crawler.cli.shell import Json, config, moment, print_json, say
from crawler.cli.stores import store_to_change, store_to_read
from crawler.cli.watch_shown import describe
from crawler.cli.watching import FOLLOW_UP, HELD, remark, watch_app, watch_desk
from crawler.errors import InvalidInput

Name = Annotated[str, typer.Argument(help="Tên hoặc số của mục. The name or number of a watch.")]


@watch_app.command("edit")
def edit(
    name: Name,
    query: Annotated[str | None, typer.Option(help="Truy vấn mới. A new query.")] = None,
    rename: Annotated[str | None, typer.Option("--name", help="Tên mới. A new name.")] = None,
    scope: Annotated[
        str | None, typer.Option(help="Phạm vi: article | story | document | meeting | change")
    ] = None,
    every: Annotated[
        str | None, typer.Option(help="Nhịp gửi mới, như daily@06:00,16:30. A new rhythm.")
    ] = None,
    quiet: Annotated[
        str | None, typer.Option(help="Giờ yên lặng, như 22:00-06:00; none: bỏ. Quiet hours; none: no more.")
    ] = None,
    add: Annotated[
        list[str] | None, typer.Option("--to", help="Thêm người nhận. One more recipient; repeatable.")
    ] = None,
    drop: Annotated[
        list[str] | None, typer.Option("--drop", help="Bớt người nhận. One recipient less; repeatable.")
    ] = None,
    province: Annotated[
        str | None, typer.Option(help="Tỉnh nhà; none: bỏ. Own province; none: no more.")
    ] = None,
    group: Annotated[
        str | None, typer.Option(help="Nhóm tin theo tỉnh, chủ đề hay không: province | topic | none")
    ] = None,
    salience: Annotated[
        str | None, typer.Option(help="Lấy mọi bài hay bỏ bài chỉ nhắc qua: all | main")
    ] = None,
    follow_up: Annotated[bool | None, typer.Option("--follow-up/--no-follow-up", help=FOLLOW_UP)] = None,
    held: Annotated[bool | None, typer.Option("--held/--no-held", help=HELD)] = None,
    nothing: Annotated[
        bool | None,
        typer.Option(
            "--nothing/--no-nothing", help="Thư cả khi không có gì. A digest also when nothing was found."
        ),
    ] = None,
    feed: Annotated[bool | None, typer.Option("--feed/--no-feed", help="Tệp Atom. An Atom file.")] = None,
    language: Annotated[str | None, typer.Option(help="Tiếng của thư: vi | en")] = None,
    ask: Annotated[bool, typer.Option("--ask", help="Hỏi người mới trước. Ask new addresses first.")] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Cả khi quá rộng hay trùng mục khác. Also when too broad, or asked for twice."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Sửa một mục theo dõi; không nói gì thì giữ nguyên. Change a watch; what is not given stays."""
    given: dict[str, Any] = {
        "query": query, "scope": scope, "cadence": every, "group": group, "salience": salience,
        "follow_up": follow_up, "held": held, "proof_of_life": nothing, "feed": feed, "language": language,
    }  # fmt: skip
    changes = {field: value for field, value in given.items() if value is not None}
    if quiet is not None:
        changes["quiet"] = None if _is_none(quiet) else quiet
    if province is not None:
        changes["province"] = None if _is_none(province) else province
    if not (changes or rename or add or drop):
        raise InvalidInput(
            "watch edit: chưa nói sửa gì, xem: diemtin watch edit --help / nothing to change was named"
        )
    after = watch_desk(store_to_change(config())).change(
        name, changes, name=rename, add=add or (), drop=drop or (), ask=ask, force=force
    )
    if query is not None:
        remark(query, config().registry())
    _show(after.id, "Đã sửa", json=json)


@watch_app.command("pause")
def pause(
    name: Name,
    until: Annotated[
        str | None,
        typer.Option(help="Đến ngày này thì gửi lại, như 23/02/2026. Send again from this day on."),
    ] = None,
    json: Json = False,
) -> None:
    """Tạm dừng một mục; tin tìm được trong lúc ấy vẫn giữ lại. Send nothing for a while; what is found waits."""
    after = watch_desk(store_to_change(config())).pause(name, until=moment(until, "--until"))
    _show(after.id, "Đã tạm dừng", json=json)


@watch_app.command("resume")
def resume(
    name: Name,
    forget: Annotated[
        bool, typer.Option("--forget", help="Bỏ những gì đã giữ. Drop what was kept meanwhile.")
    ] = False,
    json: Json = False,
) -> None:
    """Gửi lại một mục đã tạm dừng; những gì đã giữ đến trong thư kế tiếp.

    Send again; what waited comes with the next mail.
    """
    after = watch_desk(store_to_change(config())).resume(name, forget=forget)
    _show(after.id, "Đã mở lại", json=json)


def _is_none(typed: str) -> bool:
    return typed.strip().casefold() in ("", "none", "không", "khong")


def _show(number: int, done: str, *, json: bool) -> None:
    from crawler.delivery.upcoming import upcoming
    from crawler.store.watches import find_watch

    settings = config()
    with store_to_read(settings).connect() as connection:
        watch = find_watch(connection, number)
        told = upcoming(connection, watch, settings.registry(), now=settings.clock())
    if json:
        print_json(watch.to_json() | {"next": told.to_json()})
        return
    say(f"{done} mục theo dõi “{watch.name}” (số {watch.id}).")
    for field, value in describe(watch, told):
        say(f"   {field:<11} {value}")
