"""`diemtin changes`: what the papers edited or took down after it was first seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from crawler.cli.shell import Json, app, config, duration, moment, print_json, say, vietnamese_time
from crawler.cli.stores import store_to_read, tell_if_empty
from crawler.errors import InvalidInput

if TYPE_CHECKING:
    from datetime import datetime

    from crawler.delivery.items import Registry
    from crawler.store.changed import Changed


@app.command()
def changes(
    since: Annotated[
        str | None,
        typer.Option(
            help="Từ ngày này (20/11/2026), hay trong khoảng này (7d). From this day on, or as far back."
        ),
    ] = None,
    until: Annotated[str | None, typer.Option(help="Đến trước ngày này. Before this day.")] = None,
    source: Annotated[
        list[str] | None, typer.Option(help="Mã nguồn. The id of a source; repeatable.")
    ] = None,
    substance: Annotated[
        bool,
        typer.Option(
            "--substance",
            help="Chỉ những lần đổi nội dung: tiêu đề, số liệu, tên riêng, cắt, thêm. Edits of substance only.",
        ),
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="Nhiều nhất bao nhiêu. At most so many.")] = 50,
    json: Json = False,
) -> None:
    """Những bài báo đã sửa hay đã gỡ, chỗ nào khác, mới nhất trước. What was edited or taken down, with the diff."""
    from crawler.delivery.items import Registry
    from crawler.store.changed import list_changes

    settings = config()
    registry = settings.registry()
    first, last = _since(since, settings.clock()), moment(until, "--until")
    if first is not None and last is not None and first >= last:
        raise InvalidInput("--since phải trước --until / --since must come before --until")
    if unknown := [name for name in source or () if name not in registry]:
        raise InvalidInput(
            f"--source {unknown[0]}: danh bạ không có nguồn này, xem: diemtin sources list / no such source"
        )
    engine = store_to_read(settings)
    with engine.connect() as connection:
        found = list_changes(connection, since=first, until=last, sources=source or None)
    if substance:
        found = [one for one in found if one.is_gone or one.change.substance]
    names = Registry(registry)
    if json:
        print_json([_to_json(one, names) for one in found[:limit]])
        return
    if not found and not tell_if_empty(engine):
        say("Không bài nào bị sửa hay bị gỡ trong thời gian này.")
    for one in found[:limit]:
        _print(one, names)
    if (more := len(found) - limit) > 0:
        say(f"… và {more} lần nữa: --limit {len(found)}, hoặc --since")


def _since(typed: str | None, now: datetime) -> datetime | None:
    """A day, or a stretch of time back from now."""
    if typed is not None and typed.strip()[-1:].isalpha():
        back = duration(typed, "--since")
        return None if back is None else now - back
    return moment(typed, "--since")


def _to_json(one: Changed, names: Registry) -> dict[str, Any]:
    from crawler.story.versions import mark

    outlet = names.outlet(one.source)
    edits = [
        {"label": edit.label, "old": edit.old, "new": edit.new, "diff": mark(edit.old, edit.new)}
        for edit in one.change.edits
    ]
    return {
        "at": one.at.isoformat(),
        "what": "taken_down" if one.is_gone else "edited",
        "url": one.url,
        "title": one.title,
        "source": one.source,
        "source_name": outlet.name,
        "province": outlet.province,
        "version": one.n,
        "substance": one.is_gone or bool(one.change.substance),
        "kinds": one.change.to_json()["kinds"],
        "edits": edits,
    }


def _print(one: Changed, names: Registry) -> None:
    from crawler.story.change_kinds import GONE_LABEL
    from crawler.story.versions import changed_words

    what = GONE_LABEL if one.is_gone else f"bản {one.n}"
    say(f"{vietnamese_time(one.at)}  {names.outlet(one.source).name}  {what}")
    say(f"   {one.title}")
    say(f"   {one.url}")
    for edit in one.change.edits:
        say(f"   {edit.label}: {changed_words(edit)}")
    say("")
