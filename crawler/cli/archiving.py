"""`diemtin archive`: the pages themselves, as they came."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crawler.cli.frame import show_rows
from crawler.cli.shell import Json, app, config, moment, notes, print_json, say, vietnamese_time
from crawler.cli.stores import store_to_change, store_to_read
from crawler.cli.usage import App
from crawler.errors import InvalidInput

if TYPE_CHECKING:
    from crawler.archive.reader import ArchivedPage
    from crawler.store.captures import ArchiveFile, Capture

archive = App(
    help="Kho lưu trang: trang như lúc lấy về, tệp WARC. The pages themselves as they came, WARC files.",
    no_args_is_help=True,
)
app.add_typer(archive, name="archive")


@archive.command("list")
def list_files(json: Json = False) -> None:
    """Các tệp của kho: bao nhiêu trang, bao nhiêu MB, tệp nào đã bỏ và vì sao.

    The files: how many answers and bytes, which were dropped and why.
    """
    from crawler.store import captures

    settings = config()
    engine = store_to_read(settings)
    files = captures.files(engine)
    if json:
        counted = captures.kinds(engine)
        print_json(
            {"folder": str(settings.warc_folder), "files": [_file(one) for one in files], "read_as": counted}
        )
        return
    kept = [one for one in files if one.dropped is None]
    for heading, some in (("", kept), ("Đã bỏ / dropped:", [one for one in files if one.dropped])):
        if heading and some:
            say(heading)
        if some:
            show_rows(("Tệp", "Trang", "MB", "Từ", "Đến", "Bỏ vì"), [_row(one) for one in some])
    size = sum(one.bytes for one in kept)
    answers = sum(one.answers for one in kept)
    say(
        f"{len(kept)} tệp, {answers} trang, {_mb(size)} MB ở {settings.warc_folder}; giữ: {_kept()} / kept"
        if kept
        else f"Kho lưu trang trống ({_kept()}) / the archive is empty"
    )


def _kept() -> str:
    """The settings in force, in words."""
    told = config().archive
    what = {"all": "mọi thứ", "articles": "trang bài", "off": "không giữ trang nào"}[told.keep]
    limits = [
        f"{told.days:g} ngày" if told.days else "", f"nhiều nhất {told.gigabytes:g} GB" if told.gigabytes else "",
    ]  # fmt: skip
    return ", ".join([what, *filter(None, limits)])


def _row(one: ArchiveFile) -> tuple[str, ...]:
    dropped = f"{vietnamese_time(one.dropped)}: {(one.why or '').partition(' / ')[0]}" if one.dropped else ""
    return (
        one.name, str(one.answers), _mb(one.bytes), vietnamese_time(one.started), vietnamese_time(one.last), dropped,
    )  # fmt: skip


def _file(one: ArchiveFile) -> dict[str, Any]:
    return {
        "name": one.name,
        "answers": one.answers,
        "bytes": one.bytes,
        "started": one.started.isoformat(),
        "last": one.last.isoformat() if one.last else None,
        "dropped": one.dropped.isoformat() if one.dropped else None,
        "why": one.why,
    }


def _mb(size: int) -> str:
    return f"{size / 1_000_000:.1f}".replace(".", ",")


@archive.command("verify")
def verify_files(json: Json = False) -> None:
    """Đọc lại mọi tệp: bản ghi lành, mã băm đúng, mục lục khớp. Thoát 1 nếu có gì sai.

    Read every file: whole records, right digests, an index that fits. Exits 1 where something is wrong.
    """
    from crawler.archive.verify import verify
    from crawler.store import captures

    settings = config()
    engine = store_to_read(settings)
    found = list(
        verify(settings.warc_folder, captures.files(engine), lambda name: captures.of_file(engine, name))
    )
    if json:
        print_json(
            [
                {
                    "name": one.name,
                    "answers": one.answers,
                    "problems": list(one.problems),
                    "in_use": one.in_use,
                }
                for one in found
            ]
        )
    else:
        for one in found:
            say(f"{one.name}: {one.answers} trang" + (", đang ghi / in use" if one.in_use else ""))
            for problem in one.problems:
                say(f"   {problem}")
        wrong = sum(bool(one.problems) for one in found)
        say(
            f"{len(found)} tệp: "
            + (f"{wrong} tệp có lỗi / with problems" if wrong else "đều lành / all sound")
        )
    if any(one.problems for one in found):
        raise typer.Exit(1)


@archive.command()
def show(
    url: Annotated[
        str, typer.Argument(help="Địa chỉ của trang hay của bài. An address of a page or an article.")
    ],
    at: Annotated[
        str | None,
        typer.Option(help="Bản gần nhất không muộn hơn lúc này. The latest one at or before this time."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Ghi nội dung vào tệp này. Write the body into this file.")
    ] = None,
    json: Json = False,
) -> None:
    """Một trang như lúc lấy về: dòng trạng thái, các header, nội dung.

    One page as it came: status line, headers, body.
    """
    from crawler.archive.reader import page_at
    from crawler.store import captures

    settings = config()
    engine = store_to_read(settings)
    known = captures.of_url(engine, url)
    wanted = moment(at, "--at")
    if wanted is not None and len(at or "") <= len("20/11/2026"):
        wanted = wanted.replace(hour=23, minute=59, second=59)
    fitting = [one for one in known if wanted is None or one.at <= wanted]
    if not fitting:
        when = f"; bản đầu tiên: {vietnamese_time(known[0].at)}" if known else ""
        raise InvalidInput(f"{url}: kho lưu trang không có{when} / the archive has no such page")
    chosen = fitting[-1]
    page = page_at(settings.warc_folder, chosen, lambda digest: captures.first_with(engine, digest))
    if out is not None:
        out.write_bytes(page.body)
    if json:
        headers = [list(pair) for pair in page.head]
        print_json({**_capture(chosen), "headers": headers, "captures": [_capture(one) for one in known]})
    elif out is None:
        _print_page(page, chosen, len(known))


def _capture(one: Capture) -> dict[str, Any]:
    return {
        "url": one.url, "at": one.at.isoformat(), "status": one.status, "mime": one.mime, "read_as": one.read_as,
        "article": one.article, "file": one.file, "offset": one.offset, "digest": one.digest, "revisit": one.revisit,
    }  # fmt: skip


def _print_page(page: ArchivedPage, one: Capture, of: int) -> None:
    notes.print(
        f"{page.url}\n{vietnamese_time(one.at)}, {one.file} @ {one.offset}"
        + (f"; {of} bản, xem bản khác: --at" if of > 1 else ""),
        markup=False,
    )
    notes.print(
        "\n".join([page.status_line, *(f"{name}: {value}" for name, value in page.head)]), markup=False
    )
    typer.echo(page.body)


@archive.command("prune")
def prune_files(
    days: Annotated[
        float | None,
        typer.Option(help="Số ngày giữ lại, thay cho archive.days. Days, instead of archive.days."),
    ] = None,
    gigabytes: Annotated[
        float | None,
        typer.Option(
            help="Số GB giữ lại, thay cho archive.gigabytes. Gigabytes, instead of archive.gigabytes."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Chỉ kể. Only tell.")] = False,
    json: Json = False,
) -> None:
    """Xóa các tệp quá hạn; mỗi lượt thu thập cũng làm việc này khi xong.

    Delete the files over the limits; each crawl does so at its end, too.
    """
    from crawler.archive.pruning import Limits, prune

    settings = config()
    told = settings.archive
    limits = Limits(days or told.days, gigabytes or told.gigabytes)
    done = prune(
        store_to_change(settings), settings.warc_folder, limits, now=settings.clock(), write=not dry_run
    )
    if json:
        print_json(
            [
                {"name": one.file.name, "bytes": one.file.bytes, "why": one.why, "lost": one.lost}
                for one in done
            ]
        )
        return
    for one in done:
        lost = f"; {one.lost} trang về sau mất nội dung" if one.lost else ""
        say(f"{one.file.name}: {one.file.answers} trang, {_mb(one.file.bytes)} MB, {one.why}{lost}")
    verb = "sẽ bỏ" if dry_run else "đã bỏ"
    say(f"{verb} {len(done)} tệp" if done else "Không tệp nào quá hạn / nothing is over the limits")


@archive.command()
def wacz(
    out: Annotated[Path, typer.Argument(help="Tệp .wacz sẽ ghi. The .wacz file to write.")],
    since: Annotated[
        str | None,
        typer.Option(help="Chỉ các tệp có trang từ ngày này. Only files with answers from this day on."),
    ] = None,
    json: Json = False,
) -> None:
    """Gói cả kho thành một tệp WACZ, mở bằng ReplayWeb.page. Pack the archive into one WACZ file."""
    from crawler.archive.wacz import write_wacz
    from crawler.store import captures

    settings = config()
    engine = store_to_read(settings)
    first = moment(since, "--since")
    files = [
        one
        for one in captures.files(engine)
        if one.dropped is None and one.answers and (first is None or (one.last or one.started) >= first)
    ]
    if not files:
        raise InvalidInput("kho lưu trang không có gì để gói / the archive has nothing to pack")
    ends = {one.name: one.bytes for one in files}
    found = (
        c for one in files for c in captures.of_file(engine, one.name) if c.offset + c.length <= ends[c.file]
    )
    pages = (p for p in captures.titles(engine, ends) if p[0].offset + p[0].length <= ends[p[0].file])
    done = write_wacz(out, settings.warc_folder, files, found, pages, title="diemtin", now=settings.clock())
    if json:
        print_json(
            {
                "file": str(out),
                **{name: getattr(done, name) for name in ("files", "answers", "pages", "bytes")},
            }
        )
        return
    say(f"{out}: {done.files} tệp, {done.answers} trang, {done.pages} bài, {_mb(done.bytes)} MB")
