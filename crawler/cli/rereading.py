"""`diemtin reread`: stored articles read again by today's reader, out of the pages that were kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from crawler.cli.frame import show_rows
from crawler.cli.shell import INTERRUPTED, Json, app, config, in_order, moment, notes, print_json, say
from crawler.cli.stores import store_to_change, store_to_read
from crawler.errors import InvalidInput

if TYPE_CHECKING:
    from crawler.config import Config
    from crawler.crawl.rereading import Difference, Rereader, Rereading
    from crawler.store.database import Engine
    from crawler.store.rereading import Wanted

_LABELS = {
    "title": "tên bài", "lead": "sapo", "blocks": "thân bài", "captions": "chú thích ảnh", "authors": "tác giả",
    "byline": "dòng tác giả", "published": "ngày đăng", "updated": "ngày sửa", "dates": "các ngày đọc được",
    "citations": "văn bản", "meetings": "cuộc họp", "topics": "chủ đề", "images": "ảnh", "section": "chuyên mục",
    "place": "nơi", "reader": "cách đọc", "warnings": "cảnh báo", "relevant": "đúng đề tài", "head": "đầu bài",
    "published_from": "nguồn ngày đăng", "published_precision": "độ chính xác ngày", "called_off": "họp hoãn, hủy",
}  # fmt: skip


@app.command()
def reread(
    sources: Annotated[
        list[str] | None, typer.Argument(help="Mã nguồn; không ghi: mọi nguồn. Source ids; none: all.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Bài đăng từ ngày này. Published from this day on.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="Bài đăng trước ngày này. Published before this day.")
    ] = None,
    only: Annotated[
        Literal["reader", "dates", "annotations"] | None,
        typer.Option(
            help="reader: chỉ bài do bộ đọc cũ đọc; dates, annotations: chỉ lấy ngày, văn bản–cuộc họp–chủ đề mới. "
            "Only what an older reader read; only the dates; only the annotations, which needs no page."
        ),
    ] = None,
    files: Annotated[
        list[Path] | None,
        typer.Option(
            "--from", help="Đọc trang trong tệp WARC này; lặp lại được. Pages of this WARC file; repeatable."
        ),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Ghi thành phiên bản mới; không ghi: chỉ kể. Write new versions.")
    ] = False,
    json: Json = False,
) -> None:
    """Đọc lại bài trong kho từ trang đã lưu; không ai bị báo tin. Không có --write thì chỉ kể sẽ đổi gì.

    Read stored articles again from the pages kept. Nobody is told; without --write it only says what would change.
    """
    from crawler.store.rereading import Wanted

    settings = config()
    registry = settings.registry()
    if unknown := [name for name in sources or () if name not in registry]:
        raise InvalidInput(f"không có nguồn này / no such source: {', '.join(unknown)}")
    first, last = moment(since, "--since"), moment(until, "--until")
    in_order("--since", first, "--until", last)
    wanted = Wanted(tuple(sorted(sources or ())), first, last, older=only == "reader")
    engine = store_to_change(settings) if write else store_to_read(settings)
    interrupted = False
    reader = _reader(settings, engine, only, write)
    try:
        _run(settings, reader, wanted, files or [], quiet=json)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        reader.pool.close()
    if json:
        print_json(_to_json(reader.found, interrupted))
    else:
        _print(reader.found, write=write)
    if interrupted:
        raise typer.Exit(INTERRUPTED)


def _reader(settings: Config, engine: Engine, only: Any, write: bool) -> Rereader:
    from crawler.crawl.rereading import Rereader, Rereading
    from crawler.crawl.worker_pool import WorkerPool

    registry = settings.registry()
    folder = settings.learned_topics_folder
    pool = WorkerPool(
        registry,
        size=settings.workers,
        seconds=settings.crawl.read_seconds,
        learned=folder if folder.is_dir() else None,
    )
    return Rereader(engine, pool, registry, settings.warc_folder, settings.clock, only, write, Rereading())


def _run(settings: Config, reader: Rereader, wanted: Wanted, files: list[Path], *, quiet: bool) -> None:
    import asyncio  # every command would load it

    from crawler.cli.progress import bar_shown
    from crawler.crawl.rereading import Checkpoint, reread, reread_files
    from crawler.store import rereading

    if files:
        with bar_shown("Đọc lại", 0, quiet=quiet) as step:
            asyncio.run(reread_files(reader, files, step=step))
        return
    mark = Checkpoint(settings.data / "reread.json", repr((wanted, reader.only))) if reader.write else None
    after = mark.after if mark is not None else 0
    if after:
        notes.print(f"Đi tiếp từ bài số {after} / going on behind article {after}", markup=False)
    total = rereading.count(reader.engine, wanted, after=after)
    with bar_shown("Đọc lại", total, quiet=quiet) as step:
        asyncio.run(reread(reader, wanted, step=step, mark=mark))


def _to_json(found: Rereading, interrupted: bool) -> dict[str, Any]:
    return {
        "seen": found.seen,
        "same": found.same,
        "changed": found.changed,
        "written": found.written,
        "without_page": found.without_page,
        "no_article": dict(sorted(found.no_article.items())),
        "unread": dict(sorted(found.unread.items())),
        "overtaken": found.overtaken,
        "fields": dict(sorted(found.fields.items())),
        "largest": [
            {
                "id": d.id,
                "url": d.url,
                "title": d.title,
                "size": d.size,
                "fields": [f.field for f in d.fields],
            }
            for d in found.largest
        ],
        "diff": list(found.largest[0].diff) if found.largest else [],
        "interrupted": interrupted,
    }


def _print(found: Rereading, *, write: bool) -> None:
    say(
        f"{found.seen} bài: {found.same} như cũ, {found.changed} đọc khác"
        + (f", đã ghi {found.written}" if write else " (chưa ghi gì; --write để ghi)")
    )
    for count, told in (
        (found.without_page, "bài không có trang trong kho lưu / have no page in the archive"),
        (found.overtaken, "bài vừa được sửa, để lần sau / were edited meanwhile"),
    ):
        if count:
            say(f"{count} {told}")
    for counts, told in (
        (found.no_article, "nay không đọc ra bài, để nguyên"),
        (found.unread, "không đọc được trang"),
    ):
        for why, count in sorted(counts.items()):
            say(f"{count} {told}: {why}")
    if found.fields:
        say("")
        rows = sorted(found.fields.items(), key=lambda item: (-item[1], item[0]))
        show_rows(("Mục đổi", "Bài"), [(_LABELS.get(name, name), str(count)) for name, count in rows])
        _print_largest(found.largest)


def _print_largest(largest: list[Difference]) -> None:
    say("")
    say("Khác nhiều nhất / the largest differences:")
    for one in largest:
        fields = ", ".join(_LABELS.get(d.field, d.field) for d in one.fields)
        say(f"  {one.title}  [{one.size} ký tự: {fields}]")
        say(f"    {one.url}")
    say("")
    for line in largest[0].diff:
        say(f"  {line}")
