"""`diemtin stories`: the stories of a file, and those of the store: list, show, split."""

from __future__ import annotations

import json as jsonlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text
from typer.core import TyperGroup

from crawler.cli.shell import Json, app, config, moment, notes, print_json, printed_time, say
from crawler.reasons import at_line

if TYPE_CHECKING:
    from crawler.store.news import ArticleLine
    from crawler.store.story_desk import Registry, StoryLine, ToldStory
    from crawler.story.versions import Edit

_EDIT_SHOWN = 240
"""Characters of one edit on the screen; `--json` has it whole."""


class _FileOrCommand(TyperGroup):
    """`stories FILE` is short for `stories file FILE`; a file named like a command is written `./list`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Names the command where the first word is none."""
        if args and args[0] != "--help" and args[0] not in self.commands:
            args = ["file", *args]
        return super().parse_args(ctx, args)


stories_app = typer.Typer(
    cls=_FileOrCommand,
    help="Gộp các bài cùng một tin. The stories of a file (stories FILE.jsonl) or of the store.",
    no_args_is_help=True,
)
app.add_typer(stories_app, name="stories")


@stories_app.command("file")
def stories_file(
    file: Annotated[Path, typer.Argument(help="Lines {id, text, published?, source?}.")],
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
) -> None:
    """In {id, story} cho mỗi bài của một tệp; có thể bỏ chữ `file`.

    Print {id, story} for each article of a file; the word `file` may be left out.
    """
    from rich.progress import Progress

    from crawler.story.stories import assign_file

    problems = 0

    def complain(number: int, why: str) -> None:
        nonlocal problems
        problems += 1
        notes.print(f"{file}: {at_line(number, why)}", markup=False)

    with Progress(console=notes, transient=True) as bar:
        task = bar.add_task(str(file))
        answers = assign_file(
            file,
            jobs=jobs,
            progress=lambda done, of: bar.update(task, completed=done, total=of),
            on_error=complain,
        )
        write = sys.stdout.write
        for article, story in answers:
            write(jsonlib.dumps({"id": article, "story": story}, ensure_ascii=False) + "\n")
    if problems:
        raise typer.Exit(1)


@stories_app.command("list")
def stories_list(
    least: Annotated[int, typer.Option("--min", min=1, help="Articles a story has at least.")] = 2,
    limit: Annotated[int, typer.Option(min=1, help="At most this many stories.")] = 50,
    since: Annotated[str | None, typer.Option(help="With an article published on or after this day.")] = None,
    json: Json = False,
) -> None:
    """Các tin nhiều báo cùng đăng, mới nhất trước. List the stories that several papers carried, newest first."""
    from crawler.store.database import open_database
    from crawler.store.story_desk import listed

    settings = config()
    registry = settings.registry()
    found = listed(open_database(settings.url), least=least, limit=limit, since=moment(since, "--since"))
    if json:
        print_json([line.to_json(registry) for line in found])
        return
    for line in found:
        _say_story(line, registry)
    say(f"{len(found)} tin")


@stories_app.command("show")
def stories_show(
    which: Annotated[str, typer.Argument(metavar="URL", help="An article of it, or the story's number.")],
    json: Json = False,
) -> None:
    """Một tin: báo nào đăng, khi nào, mỗi bản khác gì. Show who carried a story, when, and what each copy changed."""
    from crawler.store.database import open_database
    from crawler.store.story_desk import told

    settings = config()
    registry = settings.registry()
    found = told(open_database(settings.url), which)
    if json:
        print_json(found.to_json(registry))
    else:
        _say_told(found, registry)


@stories_app.command("split")
def stories_split(
    which: Annotated[str, typer.Argument(metavar="STORY", help="The story's number, or an article of it.")],
    urls: Annotated[list[str], typer.Argument(metavar="URL...", help="The articles that leave it.")],
    json: Json = False,
) -> None:
    """Tách những bài bị gộp nhầm ra khỏi một tin, tách là giữ.

    Move articles out of a story they do not belong to; they stay apart.
    """
    from crawler.store.database import open_database
    from crawler.store.story_desk import split

    settings = config()
    new = split(open_database(settings.url), which, urls, now=settings.clock())
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
    from crawler.store.story_desk import outlet_name

    say(Text.assemble((line.lead.title, "bold"), (f" [tin {line.id}]", "dim")))
    say(f"  {_place(line.lead, registry)}")
    others = [outlet_name(registry, o) for o in line.outlets if o != line.lead.source]
    if others:
        say(Text(f"  cũng đăng tại: {', '.join(others)}", style="dim"))


def _place(line: ArticleLine, registry: Registry) -> str:
    from crawler.store.story_desk import outlet_name

    return f"{outlet_name(registry, line.source)} · {printed_time(line.published)} · {line.url}"


def _edit_line(edit: Edit) -> str:
    """One edit; of a title the new one, since two titles have few words in common."""
    from crawler.story.versions import ChangeKind, excerpt, mark

    if ChangeKind.TITLE in edit.kinds and edit.new is not None:
        return f"{edit.label}: {edit.new}"
    return _shortened(f"{edit.label}: {excerpt(mark(edit.old, edit.new))}")


def _shortened(text: str) -> str:
    return text if len(text) <= _EDIT_SHOWN else text[: text.rfind(" ", 0, _EDIT_SHOWN)] + " …"
