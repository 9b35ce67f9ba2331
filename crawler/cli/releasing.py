"""`diemtin release`: the corpus as a folder that others can check, cite and load; `release verify` checks one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from crawler.cli.shell import Json, app, config, in_order, moment, print_json, say
from crawler.cli.stores import store_to_read, tell_if_empty
from crawler.cli.usage import App, UsageGroup

TITLE = "Kho bài xây dựng Đảng của báo chí địa phương Việt Nam (diemtin)"


class MakeUnlessNamed(UsageGroup):
    """`release DIR` is `release make DIR`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the name of the command before a folder; `./verify` is a folder of that name."""
        if args and args[0] not in self.commands and args[0] != "--help":
            args = ["make", *args]
        return super().parse_args(ctx, args)


release = App(
    cls=MakeUnlessNamed,
    help="Công bố kho ngữ liệu: release THƯ-MỤC ghi, release verify THƯ-MỤC kiểm lại. "
    "A release of the corpus: release DIR writes one, release verify DIR checks it.",
    no_args_is_help=True,
)
app.add_typer(release, name="release")


@release.command("make")
def make(
    folder: Annotated[Path, typer.Argument(help="Thư mục mới để ghi. A new folder to write into.")],
    since: Annotated[
        str | None, typer.Option(help="Đăng từ ngày này. Published on or after this day.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Đăng trước ngày này. Published before this day.")] = None,
    query: Annotated[
        str, typer.Option(help="Chỉ những bài khớp truy vấn này. Only articles that answer this query.")
    ] = "",
    one_per_story: Annotated[
        bool,
        typer.Option("--one-per-story", help="Mỗi tin chỉ lấy bài gốc. Only the lead article of a story."),
    ] = False,
    without_reserved: Annotated[
        bool,
        typer.Option(
            "--without-reserved",
            help="Bỏ nguồn không cho khai thác, huấn luyện ([rights] của hàng nguồn). "
            "Leave out sources whose row says that mining or training is reserved.",
        ),
    ] = False,
    words: Annotated[
        bool,
        typer.Option(
            "--words", help="Thêm cột words: chỗ đứng của từng từ. A column with the place of each word."
        ),
    ] = False,
    title: Annotated[str, typer.Option(help="Tên kho. Its title.")] = TITLE,
    publisher: Annotated[
        str | None, typer.Option(help="Ai công bố (mặc định: contact). Who publishes it.")
    ] = None,
    since_release: Annotated[
        Path | None,
        typer.Option(
            help="So với bản công bố ở thư mục này. Tell what changed since the release in this folder."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Ghi một bản công bố: Parquet, JSON lines, bản mô tả, trích dẫn, mã băm. Write a release."""
    from crawler.corpus.release import ReleaseWish
    from crawler.corpus.release import release as run_release
    from crawler.dates.zones import VIETNAM
    from crawler.query.parser import parse

    began, ended = moment(since, "--since"), moment(until, "--until")
    in_order("--since", began, "--until", ended)
    parse(query, allow_empty=True)
    settings = config()
    engine = store_to_read(settings)
    tell_if_empty(engine)
    wish = ReleaseWish(
        day=settings.clock().astimezone(VIETNAM).date(),
        title=title, publisher=publisher or settings.contact or "diemtin", since=began, until=ended, query=query,
        one_per_story=one_per_story, without_reserved=without_reserved, words=words,
    )  # fmt: skip
    done = run_release(engine, settings.registry(), folder, wish, earlier=since_release)
    if json:
        print_json(
            {
                "folder": str(done.folder), "articles": done.articles, "parts": dict(done.parts),
                "left_out": dict(done.left_out), "sha256": done.sha256, "changes": done.changes,
            }
        )  # fmt: skip
        return
    parts = ", ".join(f"{part} {n}" for part, n in done.parts.items())
    out = sum(done.left_out.values())
    say(f"{done.folder}: {done.articles} bài ({parts}), không đưa vào {out}; sha256 {done.sha256[:16]}")
    if done.changes is not None:
        say(
            f"So với {since_release}: thêm {done.changes['added']}, sửa {done.changes['changed']}, "
            f"báo gỡ {done.changes['withdrawn']}, không đưa vào nữa {done.changes['left_out']} / since then"
        )
    say(f"Kiểm lại / check: diemtin release verify {done.folder}")


@release.command("verify")
def verify(
    folder: Annotated[Path, typer.Argument(help="Thư mục của bản công bố. The folder of a release.")],
    json: Json = False,
) -> None:
    """Kiểm lại từng tệp; sai thì nói tệp nào, mã thoát 1. Check every file; exit 1 where one is wrong."""
    from crawler.corpus.verify import verify as faults_of

    faults = faults_of(folder)
    if json:
        print_json({"folder": str(folder), "faults": [{"file": one.file, "why": one.why} for one in faults]})
    else:
        for one in faults:
            say(f"{one.file}: {one.why}")
        if not faults:
            say(f"{folder}: nguyên vẹn / whole")
    if faults:
        raise typer.Exit(1)
