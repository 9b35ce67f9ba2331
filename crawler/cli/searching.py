"""`diemtin search`, `documents`, `meetings`, `versions` and `export`: what the store knows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.table import Table
from rich.text import Text

from crawler.cli.shell import (
    Json,
    app,
    config,
    console,
    iso_day,
    moment,
    notes,
    print_json,
    printed_time,
    say,
)
from crawler.errors import InvalidInput

if TYPE_CHECKING:
    import sqlalchemy as sa

    from crawler.source import Source

documents_app = typer.Typer(help="Văn kiện đã nhận ra. The document register.", invoke_without_command=True)
app.add_typer(documents_app, name="documents")


@app.command()
def search(
    query: Annotated[str, typer.Argument(help='Such as: đại hội VÀ tỉnh:"Cao Bằng"')],
    limit: Annotated[int, typer.Option(min=1, help="At most this many stories.")] = 20,
    json: Json = False,
) -> None:
    """Tìm trong kho bài. Search the stored articles."""
    from crawler.store.database import open_database
    from crawler.store.search import search as run_search
    from crawler.store.story_desk import outlet_name

    settings = config()
    registry = settings.registry()
    results = run_search(open_database(settings.url), query, registry, limit=limit)
    if json:
        print_json(results.to_json())
        return
    for hit in results.hits:
        say(Text(hit["title"], style="bold"))
        about = f"  {hit['source_name']} · {printed_time(hit['published'])} · {hit['url']}"
        say(Text(about, style="dim"))
        snippet = Text("  " + hit["snippet"])
        for start, end in hit["marks"]:
            snippet.stylize("bold yellow", start + 2, end + 2)
        say(snippet)
        if hit["also"]:
            also = ", ".join(sorted({outlet_name(registry, a["source"]) for a in hit["also"]}))
            say(Text(f"  cũng đăng tại: {also}", style="dim"))
    say(f"{results.total} tin, {results.articles} bài")


@documents_app.callback()
def documents(
    context: typer.Context,
    key: Annotated[str | None, typer.Option(help="Only this number, such as 35-CT/TW.")] = None,
    system: Annotated[str | None, typer.Option(help="party, state or mass.")] = None,
    since: Annotated[str | None, typer.Option(help="First seen on or after this day.")] = None,
    all: Annotated[bool, typer.Option("--all", help="Also known documents that no article cites.")] = False,
    json: Json = False,
) -> None:
    """List the documents the articles cite, newest sighting first."""
    if context.invoked_subcommand is not None:
        return
    from crawler.store import register

    if system not in (None, "party", "state", "mass"):
        raise InvalidInput(f"--system {system!r}: chỉ nhận các giá trị sau / party, state or mass")
    found = register.listed(
        _engine(),
        key=register.key_of(key) if key else None,
        system=system,
        since=moment(since, "--since"),
        with_uncited=all,
    )
    if json:
        print_json(found)
        return
    table = Table("Văn kiện", "Cơ quan", "Ngày", "Thấy đầu tiên", "Bài", "Trích yếu", box=None)
    for d in found:
        first = f"{d['first_seen']['source']} {d['first_seen']['at'][:10]}" if d["first_seen"] else "—"
        name = " ".join(filter(None, (d["type"], d["key"]))) + ("" if d["resolved"] else " (?)")
        table.add_row(name, d["issuer"] or "—", d["date"] or "—", first, str(d["articles"]), d["title"] or "")
    console.print(table)


@documents_app.command("show")
def documents_show(
    key: Annotated[str, typer.Argument(help="A number in any spelling, or an id.")], json: Json = False
) -> None:
    """Một văn kiện: danh tính, các bài, đường đi qua các tỉnh.

    One document: identity, articles, and its way through the provinces.
    """
    from crawler.article import VIETNAM
    from crawler.store import register

    stories = register.story_of(_engine(), key, _registry())
    if json:
        print_json(
            [
                {
                    **s.facts,
                    "path": [
                        {
                            "source": r.source,
                            "url": r.url,
                            "title": r.title,
                            "at": r.at.astimezone(VIETNAM).isoformat(),
                            "days": r.days,
                        }
                        for r in s.path
                    ],
                    "silent": list(s.silent),
                }
                for s in stories
            ]
        )
        return
    for s in stories:
        d = s.facts
        say(Text.assemble((f"{d['type'] or 'Văn kiện'} {d['key']}", "bold"), (f" [{d['id']}]", "dim")))
        say(f"  Cơ quan ban hành: {d['issuer'] or 'chưa rõ'} · Ngày: {d['date'] or 'chưa rõ'}")
        if d["title"]:
            say(f"  {d['title']}")
        for r in s.path:
            after = "đầu tiên" if r.days == 0 and r is s.path[0] else f"sau {r.days} ngày"
            say(f"  {r.at.astimezone(VIETNAM):%d/%m/%Y}  {r.source} ({after}): {r.title}")
            say(Text(f"      {r.url}", style="dim"))
        if s.silent:
            say(f"  Chưa thấy đưa tin: {', '.join(s.silent)}")


@documents_app.command("correct")
def documents_correct(
    id: Annotated[str, typer.Argument(help="The id, as `documents --json` prints it.")],
    issuer: Annotated[str | None, typer.Option()] = None,
    date: Annotated[str | None, typer.Option(help="ISO day.")] = None,
    title: Annotated[str | None, typer.Option()] = None,
    type: Annotated[str | None, typer.Option()] = None,
) -> None:
    """Sửa tay một văn kiện; máy đọc không ghi đè. Correct a document by hand; reading never overwrites it."""
    from crawler.store import register

    given = {"issuer": issuer, "date": iso_day(date, "--date"), "title": title, "type": type}
    facts = {key: value for key, value in given.items() if value}
    if not facts:
        raise InvalidInput(
            "documents correct: chưa nói sửa gì, cần ít nhất một tùy chọn sau / "
            "name at least one of --issuer, --date, --title, --type"
        )
    register.correct(_engine(), id, **facts)


@documents_app.command("join")
def documents_join(
    id: Annotated[str, typer.Argument(help="The id of the wrong twin.")],
    into: Annotated[
        str | None, typer.Argument(help="The id of the right document; none takes a join back.")
    ] = None,
) -> None:
    """Cho biết hai mã là một văn kiện. Say that two ids are one document."""
    from crawler.store import register

    register.join(_engine(), id, into)


@documents_app.command("assign")
def documents_assign(
    url: Annotated[str, typer.Argument(help="The article.")],
    key: Annotated[str, typer.Argument(help="The key as cited there, such as 35-CT/TW.")],
    id: Annotated[str, typer.Argument(help="The document that is meant; entered where it is new.")],
) -> None:
    """Cho biết bài viết nói tới văn kiện nào. Say which document one article's citation means."""
    from crawler.store import register

    register.assign(_engine(), url, key, id)


@app.command()
def meetings(
    first: Annotated[str | None, typer.Option("--from", help="ISO day.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="ISO day.")] = None,
    ics: Annotated[Path | None, typer.Option(help="Write them as iCalendar.")] = None,
    json: Json = False,
) -> None:
    """Các cuộc họp mà bài viết nhắc tới. List the meetings the articles tell of."""
    from crawler.meeting.ics import to_ics
    from crawler.store import agenda

    found = agenda.listed(_engine(), first=iso_day(first, "--from"), last=iso_day(last, "--to"))
    if ics is not None:
        ics.write_bytes(to_ics(found, stamp=config().clock()))
        notes.print(f"{ics}: {sum(1 for m in found if m['date'])} cuộc họp", markup=False)
    if json:
        print_json(found)
    elif ics is None:
        table = Table("Ngày", "Buổi", "Cuộc họp", "Cơ quan", "Tình trạng", "Bài", box=None)
        for m in found:
            kind = m["kind"] + (f" lần thứ {m['ordinal']}" if m["ordinal"] else "")
            status = "đã họp" if m["status"] == "held" else "sắp họp"
            table.add_row(
                m["date"] or "—",
                m["session"] or "",
                kind,
                m["organiser"] or "—",
                status,
                str(len(m["articles"])),
            )
        console.print(table)


@app.command()
def versions(url: Annotated[str, typer.Argument(help="The article's address.")], json: Json = False) -> None:
    """Những lần sửa của một bài từ khi thấy lần đầu. What changed in an article since it was first seen."""
    from crawler.store import articles

    history = articles.history(_engine(), url)
    if json:
        print_json(history.to_json())
        return
    for line in history.lines():
        say(line)


@app.command()
def export(
    format: Annotated[Literal["text", "jsonl"], typer.Argument(help="text or jsonl.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder; none: exports/<format> in the data folder.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="Published on or after this day.")] = None,
    until: Annotated[str | None, typer.Option(help="Published before this day.")] = None,
    query: Annotated[str, typer.Option(help="Only articles that answer this query.")] = "",
    one_per_story: Annotated[
        bool, typer.Option("--one-per-story", help="Only the lead article of a story.")
    ] = False,
    split: Annotated[
        bool, typer.Option("--split", help="jsonl: train, validation and test parts by story and time.")
    ] = False,
    json: Json = False,
) -> None:
    """Xuất kho ngữ liệu. Write the corpus."""
    from crawler.export import export as run_export

    done = run_export(
        _engine(),
        _registry(),
        format,
        out or config().exports / format,
        since=moment(since, "--since"),
        until=moment(until, "--until"),
        query=query,
        one_per_story=one_per_story,
        split=split,
    )
    if json:
        print_json(
            {
                "folder": str(done.folder), "files": done.files, "articles": done.articles,
                "parts": done.parts, "left_out": done.left_out, "sha256": done.sha256,
            }
        )  # fmt: skip
        return
    parts = ", ".join(f"{part} {n}" for part, n in (done.parts or {}).items())
    say(
        f"{done.folder}: {done.articles} bài{f' ({parts})' if parts else ''}, sha256 {done.sha256[:16]}",
    )


def _engine() -> sa.Engine:
    from crawler.store.database import open_database

    return open_database(config().url)


def _registry() -> Mapping[str, Source]:

    settings = config()
    return settings.registry()
