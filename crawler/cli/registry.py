"""`diemtin sources`: the registry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.markup import escape
from rich.text import Text

from crawler.cli.frame import show_rows
from crawler.cli.shell import Json, app, config, console, notes, print_json, vietnamese_time
from crawler.cli.stores import store_to_change, store_to_read
from crawler.cli.usage import App
from crawler.errors import InvalidInput, NoStore

if TYPE_CHECKING:
    from crawler.config import Config
    from crawler.crawl.health import Health
    from crawler.crawl.probe import Ask
    from crawler.onboarding.check import Check
    from crawler.onboarding.mend import Mending
    from crawler.source import Source

T = TypeVar("T")

sources_app = App(help="Danh bạ nguồn. The registry of sources.", no_args_is_help=True)
app.add_typer(sources_app, name="sources")


@sources_app.command("list")
def list_sources(
    former: Annotated[
        bool, typer.Option("--former", help="Theo 63 tỉnh cũ. Under the 63 provinces before July 2025.")
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Nhiều nhất bấy nhiêu; không ghi: tất cả. At most so many; none: all."),
    ] = None,
    json: Json = False,
) -> None:
    """Mọi nguồn: tỉnh, chuyên mục, mức chắc chắn, lần trả lời gần nhất, số bài mỗi tuần.

    Every source: province, sections, how sure the row is, when it last answered, articles a week.
    """
    from crawler.crawl.health import HISTORY_WEEKS, health_of
    from crawler.discovery.succession import by_former_province
    from crawler.registry import by_province
    from crawler.store import runs

    settings = config()
    registry = settings.registry()
    now = settings.clock()
    try:
        ledger = runs.runs_since(store_to_read(settings), now - timedelta(weeks=HISTORY_WEEKS + 1))
    except NoStore:
        if settings.database_url is not None:
            raise
        ledger = []  # the registry can be read before anything is collected
    states = {
        id_: health_of(source, [r for r in ledger if r.source == id_], now=now)
        for id_, source in registry.items()
    }
    groups = (by_former_province if former else by_province)(registry.values())
    every = [(province, source) for province, group in groups.items() for source in group]
    rows = every[:limit]
    if json:
        print_json(
            [
                {**({"former_province": province} if former else {}), **_listed(s, states[s.id])}
                for province, s in rows
            ]
        )
        return
    show_rows(
        ("Tỉnh, thành", "Nguồn", "Mã", "Chuyên mục", "Căn cứ", "Lần xem được", "Bài/tuần"),
        [
            (
                province, s.name, s.id, ", ".join(dict.fromkeys(section.name for section in s.sections)), _grounds(s),
                vietnamese_time(states[s.id].last_success), f"{states[s.id].per_week:.0f}",
            )
            for province, s in rows
        ],
        whole=(2, 5),  # an id is to be copied into another command
        total=len(every),
    )  # fmt: skip


def _listed(source: Source, state: Health) -> dict[str, Any]:
    """One entry of `sources list --json`."""
    return {
        "id": source.id, "name": source.name, "province": source.province, "covers": list(source.covers),
        "sections": [section.name for section in source.sections], "evidence": source.evidence,
        "inferred_sections": _inferred(source), "family": source.family, "disabled": source.disabled,
        "state": state.state.value, "per_week": state.per_week,
        "last_look": state.last_look.isoformat() if state.last_look else None,
        "last_success": state.last_success.isoformat() if state.last_success else None,
    }  # fmt: skip


def _inferred(source: Source) -> list[str]:
    """The sections that nobody has seen yet."""
    return [s.name for s in source.sections if (s.evidence or source.evidence) == "inferred"]


def _grounds(source: Source) -> str:
    """How sure a row is, with the sections that are less sure than it."""
    if source.disabled:
        return f"tắt: {source.disabled}"
    if source.evidence == "inferred":
        return "suy đoán, chưa ai gặp"
    guessed = _inferred(source)
    return f"đã thấy; suy đoán: {', '.join(guessed)}" if guessed else "đã thấy"


@sources_app.command("open")
def open_source(
    source: Annotated[str, typer.Argument(metavar="ID", help="Mã nguồn. A source id.")],
    json: Json = False,
) -> None:
    """Mở lại nguồn đang bị để yên (máy chủ lỗi nhiều lần, hoặc xin nghỉ): hỏi lại được ngay.

    Open a source that is left alone, after failures or at its server's own word: it may be asked at once.
    """
    from datetime import UTC

    from crawler.store import hosts, timetable

    settings = config()
    registry = settings.registry()
    if source not in registry:
        raise InvalidInput(
            "không có nguồn này, xem `diemtin sources list` / "
            f"no such source: {source}; `diemtin sources list` shows them all"
        )
    engine = store_to_change(settings)
    own = registry[source].hosts
    shut = {
        name: pause
        for name, pause in hosts.closed(engine, now=datetime.now(UTC)).items()
        if name.removeprefix("www.") in own
    }
    hosts.reopen(engine, [*own, *(f"www.{name}" for name in own)])
    timetable.hurry(engine, source)
    if json:
        print_json(
            {"source": source, "opened": {name: until.isoformat() for name, (until, _) in shut.items()}}
        )
        return
    for name, (until, reason) in shut.items():
        said = f" ({reason})" if reason else ""
        console.print(f"{name}: đã mở, trước đó để yên đến {vietnamese_time(until)}{said}.", markup=False)
    if not shut:
        console.print(f"{source}: không có máy chủ nào đang bị để yên.", markup=False)


@sources_app.command("check")
def check_sources(
    ids: Annotated[
        list[str] | None,
        typer.Argument(help="Mã nguồn; không ghi: mọi nguồn đang bật. Source ids; none: all enabled ones."),
    ] = None,
    write: Annotated[
        bool,
        typer.Option(
            "--write", help="Ghi vào hàng: đã thấy; với --mend, địa chỉ mới. Record it in the rows."
        ),
    ] = False,
    mend: Annotated[
        bool,
        typer.Option("--mend", help="Tìm lại chuyên mục đã đổi địa chỉ. Look for sections that have moved."),
    ] = False,
    json: Json = False,
) -> None:
    """Kiểm tra từng nguồn còn đúng không, và nói phải sửa gì. Look at each row's outlet and say what to mend."""
    from crawler.crawl.context import open_context
    from crawler.crawl.run import wanted

    settings = config()
    rows = wanted(settings.registry(), ids or (), fictitious=settings.allow_private)
    context = open_context(settings)
    try:
        now = settings.clock()
        jobs = [(source.id, _job(source, now, mend=mend)) for source in rows]
        looked = _side_by_side(context, jobs, quiet=json)
    finally:
        context.close()
    found = [item for item, _ in looked]
    mended = {item.source.id: mendings for item, mendings in looked if mendings}
    written = _record(settings, found) | _move(settings, mended) if write else {}
    if json:
        print_json(
            [
                {**c.to_json(), "moved": [m.to_json() for m in mendings], "written": written.get(c.source.id)}
                for c, mendings in looked
            ]
        )
    else:
        _print_checks(found, written)
        _print_mendings(mended, written, asked=mend)
    if not all(c.good or (c.source.id in written and _all_found(mended, c.source.id)) for c in found):
        raise typer.Exit(1)


def _job(source: Source, now: datetime, *, mend: bool) -> Callable[[Ask], tuple[Check, list[Mending]]]:
    from crawler.onboarding.check import check
    from crawler.onboarding.mend import mend as look_for

    def job(ask: Ask) -> tuple[Check, list[Mending]]:
        done = check(source, ask, now=now)
        return done, look_for(done, ask, now=now) if mend else []

    return job


def _all_found(mended: dict[str, list[Mending]], source: str) -> bool:
    return source in mended and all(m.new for m in mended[source])


def _move(settings: Config, mended: dict[str, list[Mending]]) -> dict[str, str]:
    """Write the new addresses of sections into their rows: the file by source id."""
    from crawler.onboarding import rows

    written = {}
    for source, mendings in mended.items():
        path = rows.row_file(source, settings.source_folders, shipped=settings.shipped_sources)
        moved = {m.old: m.new for m in mendings if m.new}
        if path is not None and moved:
            own = settings.data / "sources"
            written[source] = str(rows.move_sections(path, moved, settings.clock().date(), own=own))
    return written


def _print_mendings(mended: dict[str, list[Mending]], written: dict[str, str], *, asked: bool) -> None:
    for source, mendings in mended.items():
        for item in mendings:
            if item.new is None:
                text = (
                    f"“{item.section}” không còn ở {item.old} ({item.problem}), và chưa tìm thấy ở đâu khác."
                )
                console.print(f"[red]{source}[/]: {escape(text)}")
                continue
            text = f"“{item.section}” nay ở {item.new} (địa chỉ cũ {item.old}: {item.problem}), ba bài ở đó:"
            console.print(f"[green]{source}[/]: {escape(text)}")
            for url, title in item.proof:
                console.print(f"    {title}\n    {url}", markup=False, style="dim")
    if mended and any(m.new for found in mended.values() for m in found) and not written:
        console.print("Thêm --write để ghi địa chỉ mới vào hàng.", markup=False)
    if asked and not mended:
        console.print("Không có chuyên mục nào mất địa chỉ.", markup=False)


def _side_by_side(
    context: Any, jobs: list[tuple[str, Callable[[Ask], T]]], *, quiet: bool = False
) -> list[T]:
    """The jobs' results, with a line on stderr that says how many are done."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from crawler.crawl.probe import ask_politely

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=notes, transient=True, disable=quiet) as progress:
        bar = progress.add_task("Đang hỏi các báo", total=len(jobs))

        def counted(job: Callable[[Ask], T]) -> Callable[[Ask], T]:
            def run(ask: Ask) -> T:
                try:
                    return job(ask)
                finally:
                    progress.advance(bar)

            return run

        return ask_politely(context, [counted(job) for _, job in jobs])


def _record(settings: Config, found: list[Check]) -> dict[str, str]:
    """What `--write` changed: the file by source id, or why it was left alone."""
    from crawler.onboarding import rows

    folders = settings.source_folders
    written = {}
    for item in found:
        path = rows.row_file(item.source.id, folders, shipped=settings.shipped_sources)
        if not item.good or path is None:
            continue
        try:
            if rows.mark_seen(path, settings.clock().date()):
                written[item.source.id] = str(path)
        except InvalidInput as error:
            notes.print(f"{item.source.id}: {error}", markup=False)
    return written


def _print_checks(found: list[Check], written: dict[str, str]) -> None:
    rows: list[tuple[str | Text, ...]] = []
    for item in found:
        delay = f", chờ {item.crawl_delay:g} s" if item.crawl_delay else ""
        states = [f"{c.kind} {c.status or '—'}" for c in item.channels]
        mend = len(item.mend)
        rows.append(
            (
                item.source.id, item.robots.split(":")[0] + delay, ", ".join(states),
                str(sum(c.links for c in item.channels)), str(sum(c.matching for c in item.channels)),
                f"{len(item.read)}/{len(item.articles)}",
                f"{item.coverage()['published']:.0%}" if item.read else "—",
                "—" if (agreement := item.agreement()) is None else f"{agreement:.0%}",
                Text("tốt", "green") if item.good else Text(f"{mend} việc cần sửa", "red"),
            )
        )  # fmt: skip
    show_rows(
        (
            "Nguồn",
            "robots.txt",
            "Chuyên mục",
            "Liên kết",
            "Khớp",
            "Đọc được",
            "Ngày",
            "Khớp 2 cách",
            "Kết quả",
        ),
        rows,
    )
    for item in found:
        for text in item.mend:
            console.print(f"[red]{item.source.id}[/]: {escape(text)}")
        for text in item.advice:
            console.print(f"[dim]{item.source.id}: {escape(text)}[/]")
        if item.source.id in written:
            console.print(f"{item.source.id}: đã ghi “seen” vào {escape(written[item.source.id])}")
