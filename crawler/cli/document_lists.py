"""`diemtin documents`: the register of documents, and one of them on its way through the provinces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.text import Text

from crawler.cli.frame import SHOWN, show_rows, tell_of_more, vietnamese_day
from crawler.cli.shell import Json, app, config, in_order, iso_day, moment, print_json, say
from crawler.cli.stores import store_to_read, tell_if_empty
from crawler.cli.usage import App
from crawler.errors import InvalidInput

documents_app = App(help="Văn kiện đã nhận ra. The document register.", invoke_without_command=True)
app.add_typer(documents_app, name="documents")


@documents_app.callback()
def documents(
    context: typer.Context,
    key: Annotated[
        str | None, typer.Option(help="Chỉ số này, như 35-CT/TW. Only this number, such as 35-CT/TW.")
    ] = None,
    system: Annotated[
        str | None,
        typer.Option(help="Hệ thống: party (Đảng), state (Nhà nước), mass (đoàn thể). party, state or mass."),
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Thấy lần đầu từ ngày này. First seen on or after this day.")
    ] = None,
    all: Annotated[
        bool,
        typer.Option(
            "--all",
            help="Cả những văn kiện đã biết mà chưa bài nào nhắc. "
            "Also known documents that no article cites.",
        ),
    ] = False,
    type: Annotated[str | None, typer.Option(help="Loại, như Chỉ thị. Its type, such as Chỉ thị.")] = None,
    issuer: Annotated[
        str | None, typer.Option(help="Một phần tên cơ quan ban hành. A part of its issuer's name.")
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", help="Ban hành từ ngày này. Issued on or after this day.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="Ban hành đến ngày này. Issued on or before this day.")
    ] = None,
    cited_since: Annotated[
        str | None, typer.Option(help="Còn được nhắc từ ngày này. Cited on or after this day.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1, help="Nhiều nhất bấy nhiêu văn kiện; mặc định 20, với --json là tất cả. At most so many."
        ),
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(help="Trang tiếp: mã của văn kiện cuối. The next page: the last document's id."),
    ] = None,
    json: Json = False,
) -> None:
    """Văn kiện mà các bài nhắc tới, mới thấy trước. List the documents the articles cite, newest sighting first."""
    if context.invoked_subcommand is not None:
        return
    from crawler.store import register

    if system not in (None, "party", "state", "mass"):
        raise InvalidInput(f"--system {system!r}: chỉ nhận các giá trị sau / party, state or mass")
    days = iso_day(first, "--from"), iso_day(last, "--to")
    in_order("--from", days[0], "--to", days[1])
    asked = register.DocumentFilter(
        key=register.key_of(key) if key else None, system=system, type=type, issuer=issuer, first=days[0], last=days[1],
        since=moment(since, "--since"), cited_since=moment(cited_since, "--cited-since"), with_uncited=all,
    )  # fmt: skip
    engine = store_to_read(config())
    found = register.page(engine, asked, limit=limit if limit or json else SHOWN, after=after)
    if not found.total:
        tell_if_empty(engine)
    if json:
        print_json(list(found.items))
        return
    _show_documents(found.items)
    tell_of_more(found)


def _show_documents(found: Sequence[dict[str, Any]]) -> None:
    from crawler.registry import outlet_name

    registry = config().registry()
    rows = []
    for d in found:
        seen = d["first_seen"]
        first = f"{vietnamese_day(seen['at'])} {outlet_name(registry, seen['source'])}" if seen else "—"
        name = " ".join(filter(None, (d["type"], d["key"]))) + ("" if d["resolved"] else " (?)")
        issued = vietnamese_day(d["date"])
        rows.append((name, d["issuer"] or "—", issued, str(d["articles"]), first, d["title"] or ""))
    headings = ("Văn kiện", "Cơ quan", "Ban hành", "Bài", "Thấy đầu tiên", "Trích yếu")
    show_rows(headings, rows, whole=(2,))


@documents_app.command("show")
def documents_show(
    key: Annotated[
        str,
        typer.Argument(
            help="Số văn kiện, viết kiểu nào cũng được, hoặc mã. A number in any spelling, or an id."
        ),
    ],
    json: Json = False,
) -> None:
    """Một văn kiện: danh tính, các bài, đường đi qua các tỉnh.

    One document: identity, articles, and its way through the provinces.
    """
    from crawler.dates.zones import VIETNAM
    from crawler.registry import outlet_name
    from crawler.store import register

    registry = config().registry()
    stories = register.story_of(store_to_read(config()), key, registry)
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
                    "not_looked": list(s.not_looked),
                }
                for s in stories
            ]
        )
        return
    for s in stories:
        d = s.facts
        say(Text.assemble((f"{d['type'] or 'Văn kiện'} {d['key']}", "bold"), (f" [{d['id']}]", "dim")))
        say(f"  Cơ quan ban hành: {d['issuer'] or 'chưa rõ'} · Ngày: {vietnamese_day(d['date'])}")
        if d["title"]:
            say(f"  {d['title']}")
        for r in s.path:
            after = "đầu tiên" if r.days == 0 and r is s.path[0] else f"sau {r.days} ngày"
            say(
                f"  {r.at.astimezone(VIETNAM):%d/%m/%Y}  {outlet_name(registry, r.source)} ({after}): {r.title}"
            )
            say(Text(f"      {r.url}", style="dim"))
        if s.silent:
            say(f"  Chưa thấy đưa tin: {', '.join(s.silent)}")
        if s.not_looked:
            say(f"  Chưa xem báo từ ngày văn kiện: {', '.join(s.not_looked)}")
