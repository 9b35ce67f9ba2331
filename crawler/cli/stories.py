"""`diemtin stories`: the stories of a file, and those of the store: list, show, split."""

from __future__ import annotations

import json as jsonlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from crawler.cli.shell import Json, app, config, moment, notes, print_json, printed_time, say
from crawler.cli.stores import store_to_change, store_to_read, tell_if_empty
from crawler.cli.usage import App, UsageGroup

if TYPE_CHECKING:
    from crawler.store.news import ArticleLine
    from crawler.store.story_editing import Registry, StoryLine, ToldStory
    from crawler.story.versions import Edit

_EDIT_SHOWN = 240
"""Characters of one edit on the screen; `--json` has it whole."""


class _FileOrCommand(UsageGroup):
    """`stories FILE` is short for `stories file FILE`; a file named like a command is written `./list`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Names the command where the first word is none."""
        if args and args[0] != "--help" and args[0] not in self.commands:
            args = ["file", *args]
        return super().parse_args(ctx, args)


stories_app = App(
    cls=_FileOrCommand,
    help="Gộp các bài cùng một tin. The stories of a file (stories FILE.jsonl) or of the store.",
    no_args_is_help=True,
)
app.add_typer(stories_app, name="stories")


@stories_app.command("file")
def stories_file(
    file: Annotated[
        Path,
        typer.Argument(
            help="Tệp gồm các dòng {id, text, published?, source?}. Lines {id, text, published?, source?}."
        ),
    ],
    jobs: Annotated[int, typer.Option(min=1, help="Số tiến trình. Processes.")] = 1,
) -> None:
    """In {id, story} cho mỗi bài của một tệp; có thể bỏ chữ `file`.

    Print {id, story} for each article of a file; the word `file` may be left out.
    """
    from rich.progress import Progress

    from crawler.cli.complaints import Complaints
    from crawler.story.stories import assign_file

    complaints = Complaints(file)
    with Progress(console=notes, transient=True) as bar:
        task = bar.add_task(str(file))
        answers = assign_file(
            file,
            jobs=jobs,
            progress=lambda done, of: bar.update(task, completed=done, total=of),
            on_error=complaints.bad_line,
        )
        write = sys.stdout.write
        for article, story in answers:
            complaints.good_line()
            write(jsonlib.dumps({"id": article, "story": story}, ensure_ascii=False) + "\n")
    complaints.end()


@stories_app.command("list")
def stories_list(
    least: Annotated[
        int, typer.Option("--min", min=1, help="Tin có ít nhất bấy nhiêu bài. Articles a story has at least.")
    ] = 2,
    limit: Annotated[
        int, typer.Option(min=1, help="Nhiều nhất bấy nhiêu tin. At most this many stories.")
    ] = 50,
    after: Annotated[
        int | None, typer.Option(help="Trang tiếp: số của tin cuối. The next page: the last story's number.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(help="Có bài đăng từ ngày này. With an article published on or after this day."),
    ] = None,
    json: Json = False,
) -> None:
    """Các tin nhiều báo cùng đăng, mới nhất trước. List the stories that several papers carried, newest first."""
    from crawler.store.story_editing import listed

    settings = config()
    registry = settings.registry()
    engine = store_to_read(settings)
    found = listed(engine, least=least, limit=limit, since=moment(since, "--since"), after=after)
    if not found:
        tell_if_empty(engine)
    if json:
        print_json([line.to_json(registry) for line in found])
        return
    for line in found:
        _say_story(line, registry)
    more = f"; trang tiếp: --after {found[-1].id}" if len(found) == limit else ""
    say(f"{len(found)} tin{more}")


@stories_app.command("show")
def stories_show(
    which: Annotated[
        str,
        typer.Argument(
            metavar="URL", help="Một bài của tin, hoặc số của tin. An article of it, or the story's number."
        ),
    ],
    json: Json = False,
) -> None:
    """Một tin: báo nào đăng, khi nào, mỗi bản khác gì. Show who carried a story, when, and what each copy changed."""
    from crawler.store.story_editing import told

    settings = config()
    registry = settings.registry()
    found = told(store_to_read(settings), which)
    if json:
        print_json(found.to_json(registry))
    else:
        _say_told(found, registry)


@stories_app.command("split")
def stories_split(
    which: Annotated[
        str,
        typer.Argument(
            metavar="STORY", help="Số của tin, hoặc một bài của nó. The story's number, or an article of it."
        ),
    ],
    urls: Annotated[
        list[str], typer.Argument(metavar="URL...", help="Những bài tách ra. The articles that leave it.")
    ],
    json: Json = False,
) -> None:
    """Tách những bài bị gộp nhầm ra khỏi một tin, tách là giữ.

    Move articles out of a story they do not belong to; they stay apart.
    """
    from crawler.store.story_editing import split

    settings = config()
    new = split(store_to_change(settings), which, urls, now=settings.clock())
    if json:
        print_json({"story": new, "articles": urls})
    else:
        say(f"Đã tách {len(set(urls))} bài thành tin {new}; hai tin sẽ không bị gộp lại.")


def _say_told(found: ToldStory, registry: Registry) -> None:
    copies = found.story.copies
    lead = found.lines[copies[0].article]
    say(Text(lead.title, style="bold"))
    say(f"  Tin {found.id}: {len(copies)} bài, {len(found.story.outlets)} báo")
    say(f"  Bài gốc: {_place(lead, registry)}")
    if len(copies) > 1:
        say("Cũng đăng tại:")
    for copy, change in list(zip(copies, found.story.differences, strict=True))[1:]:
        say(f"  {_place(found.lines[copy.article], registry)}")
        for edit in change.edits:
            say(Text(f"    {_edit_line(edit)}", style="dim"))
        if not change:
            say(Text("    Không khác bài gốc", style="dim"))
    if found.quotes:
        say("Bài điểm tin này nhắc lại:")
        for quoted in found.quotes:
            _say_story(quoted, registry)
    if found.quoted_by:
        say("Được nhắc lại trong các bài điểm tin:")
        for line in found.quoted_by:
            say(f"  {line.title}: {_place(line, registry)}")
    if found.merged:
        say(f"Đã gộp từ các tin: {', '.join(map(str, found.merged))}")
    if found.apart:
        say(f"Đã tách bằng tay khỏi các tin: {', '.join(map(str, sorted(found.apart)))}")


def _say_story(line: StoryLine, registry: Registry) -> None:
    from crawler.registry import outlet_name

    say(Text.assemble((line.lead.title, "bold"), (f" [tin {line.id}]", "dim")))
    say(f"  {_place(line.lead, registry)}")
    others = [outlet_name(registry, o) for o in line.outlets if o != line.lead.source]
    if others:
        say(Text(f"  cũng đăng tại: {', '.join(others)}", style="dim"))


def _place(line: ArticleLine, registry: Registry) -> str:
    from crawler.registry import outlet_name

    return f"{outlet_name(registry, line.source)} · {printed_time(line.published)} · {line.url}"


def _edit_line(edit: Edit) -> str:
    """One edit; of a title the new one, since two titles have few words in common."""
    from crawler.story.change_kinds import ChangeKind
    from crawler.story.versions import excerpt, mark

    if ChangeKind.TITLE in edit.kinds and edit.new is not None:
        return f"{edit.label}: {edit.new}"
    return _shortened(f"{edit.label}: {excerpt(mark(edit.old, edit.new))}")


def _shortened(text: str) -> str:
    return text if len(text) <= _EDIT_SHOWN else text[: text.rfind(" ", 0, _EDIT_SHOWN)] + " …"
