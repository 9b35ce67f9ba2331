"""`diemtin sources`: the registry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from crawler.cli.shell import Json, app, config, console, notes, print_json, vietnamese_time
from crawler.errors import InvalidInput

if TYPE_CHECKING:
    from crawler.article import Article, Page
    from crawler.config import Config
    from crawler.finding.asking import Ask
    from crawler.finding.check import Check
    from crawler.health import Health
    from crawler.inferring.propose import Proposal
    from crawler.source import Source

T = TypeVar("T")

sources_app = typer.Typer(help="Danh bạ nguồn. The registry of sources.", no_args_is_help=True)
app.add_typer(sources_app, name="sources")


@sources_app.command("list")
def list_sources(
    former: Annotated[
        bool, typer.Option("--former", help="Under the 63 provinces before July 2025 (theo 63 tỉnh cũ).")
    ] = False,
    json: Json = False,
) -> None:
    """Mọi nguồn: tỉnh, chuyên mục, mức chắc chắn, lần trả lời gần nhất, số bài mỗi tuần.

    Every source: province, sections, how sure the row is, when it last answered, articles a week.
    """
    from crawler.finding.succession import by_former_province
    from crawler.health import HISTORY_WEEKS, health_of
    from crawler.source import by_province
    from crawler.store import runs
    from crawler.store.database import open_database

    settings = config()
    registry = settings.registry()
    now = settings.clock()
    ledger = runs.runs_since(open_database(settings.url), now - timedelta(weeks=HISTORY_WEEKS + 1))
    states = {
        id_: health_of(source, [r for r in ledger if r.source == id_], now=now)
        for id_, source in registry.items()
    }
    groups = (by_former_province if former else by_province)(registry.values())
    rows = [(province, source) for province, group in groups.items() for source in group]
    if json:
        print_json(
            [
                {**({"former_province": province} if former else {}), **_listed(s, states[s.id])}
                for province, s in rows
            ]
        )
        return
    id_ = Column("Mã", no_wrap=True)  # whole, to be copied into another command
    table = Table("Tỉnh, thành", "Nguồn", id_, "Chuyên mục", "Căn cứ", "Lần xem được", "Bài/tuần", box=None)
    for province, s in rows:
        sections = ", ".join(dict.fromkeys(section.name for section in s.sections))
        answered = vietnamese_time(states[s.id].last_success)
        table.add_row(
            province, s.name, s.id, sections, escape(_grounds(s)), answered, f"{states[s.id].per_week:.0f}"
        )
    console.print(table)


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
        return "suy đoán"
    guessed = _inferred(source)
    return f"đã thấy; suy đoán: {', '.join(guessed)}" if guessed else "đã thấy"


@sources_app.command("check")
def check_sources(
    ids: Annotated[list[str] | None, typer.Argument(help="Source ids; none: all enabled ones.")] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Record in the rows that pass: inferred becomes seen.")
    ] = False,
    json: Json = False,
) -> None:
    """Kiểm tra từng nguồn còn đúng không, và nói phải sửa gì. Look at each row's outlet and say what to mend."""
    from crawler.finding.check import check
    from crawler.work import open_work, wanted

    settings = config()
    rows = wanted(settings.registry(), ids or (), fictitious=settings.allow_private)
    work = open_work(settings)
    try:
        now = settings.clock()
        jobs = [(source.id, _job(check, source, now)) for source in rows]
        found = _side_by_side(work, jobs, quiet=json)
    finally:
        work.close()
    written = _record(settings, found) if write else {}
    if json:
        print_json([{**c.to_json(), "written": written.get(c.source.id)} for c in found])
    else:
        _print_checks(found, written)
    if not all(c.good for c in found):
        raise typer.Exit(1)


def _job(check: Callable[..., Check], source: Source, now: object) -> Callable[[Ask], Check]:
    return lambda ask: check(source, ask, now=now)


def _side_by_side(work: Any, jobs: list[tuple[str, Callable[[Ask], T]]], *, quiet: bool = False) -> list[T]:
    """The jobs' results, with a line on stderr that says how many are done."""
    from crawler.finding.asking import ask_politely

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

        return ask_politely(work, [counted(job) for _, job in jobs])


def _record(settings: Config, found: list[Check]) -> dict[str, str]:
    """What `--write` changed: the file by source id, or why it was left alone."""
    from crawler.finding import rows

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
    table = Table(
        "Nguồn", "robots.txt", "Chuyên mục", "Liên kết", "Khớp", "Đọc được", "Ngày", "Kết quả", box=None
    )
    for item in found:
        delay = f", chờ {item.crawl_delay:g} s" if item.crawl_delay else ""
        states = [f"{c.kind} {c.status or '—'}" for c in item.channels]
        share = item.coverage()
        table.add_row(
            item.source.id,
            escape(item.robots.split(":")[0] + delay),
            ", ".join(states),
            str(sum(c.links for c in item.channels)),
            str(sum(c.matching for c in item.channels)),
            f"{len(item.read)}/{len(item.articles)}",
            f"{share['published']:.0%}" if item.read else "—",
            "[green]tốt[/]" if item.good else f"[red]{len(item.mend)} việc cần sửa[/]",
        )
    console.print(table)
    for item in found:
        for text in item.mend:
            console.print(f"[red]{item.source.id}[/]: {escape(text)}")
        for text in item.advice:
            console.print(f"[dim]{item.source.id}: {escape(text)}[/]")
        if item.source.id in written:
            console.print(f"{item.source.id}: đã ghi “seen” vào {escape(written[item.source.id])}")


@sources_app.command("add")
def add_source(
    url: Annotated[str, typer.Argument(help="A home page, a section or one article.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the row (default: sources/ in the data folder).")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Write without asking.")] = False,
    json: Json = False,
) -> None:
    """Thêm một báo chưa từng gặp: đề xuất hàng và ghi lại.

    Propose a row for an outlet never seen before, and write it.
    """
    from crawler.article import Article
    from crawler.finding import rows
    from crawler.finding.asking import ask_politely
    from crawler.reading.extract import read
    from crawler.work import open_work

    settings = config()
    work = open_work(settings)

    try:
        with notes.status("Đang tìm hiểu tờ báo …"):
            [(proposal, checked)] = ask_politely(work, [_adding(url, settings.clock())])
    finally:
        work.close()
    readings = [read(page, proposal.source) for page in proposal.articles[:3]]
    shown = [item for item in readings if isinstance(item, Article)]
    if not json:
        _print_proposal(proposal, shown, checked)
    folder = out or settings.data / "sources"
    written = None
    if yes or (not json and typer.confirm(f"Ghi vào {folder}?", default=checked.good)):
        written = rows.write_row(folder, proposal.source.id, proposal.toml)
    if json:
        print_json(
            {
                "id": proposal.source.id, "row": proposal.toml, "notes": list(proposal.notes),
                "requests": proposal.requests, "check": checked.to_json(),
                "articles": [a.to_json() for a in shown],
                "written": str(written) if written else None,
            }
        )  # fmt: skip
    elif written:
        console.print(
            f"Đã ghi {written}. Kiểm tra lại: diemtin sources check {proposal.source.id}", markup=False
        )
    if not checked.good:
        raise typer.Exit(1)


def _adding(url: str, now: datetime) -> Callable[[Ask], tuple[Proposal, Check]]:
    """The job that infers a row and looks at it as `sources check` does."""
    from crawler.finding.check import check
    from crawler.inferring.propose import infer_source

    def job(ask: Ask) -> tuple[Proposal, Check]:
        def fetch(address: str) -> Page | str | None:
            answer = ask(address)
            return answer.page or answer.problem

        proposal = infer_source({}, url, fetch)
        return proposal, check(proposal.source, ask, now=now)

    return job


_WAYS = {"feed": "RSS", "sitemap": "sitemap", "json": "JSON", "listing": "trang chuyên mục"}


def _printed(published: str | None) -> str:
    if published is None:
        return "không rõ ngày"
    moment = datetime.fromisoformat(published)
    return f"{moment:%d/%m/%Y %H:%M}" if "T" in published else f"{moment:%d/%m/%Y}"


def _print_proposal(proposal: Proposal, shown: list[Article], checked: Check) -> None:
    console.print(proposal.toml, markup=False)
    for number, article in enumerate(shown, 1):
        console.rule(f"Bài {number}", align="left")
        console.print(article.title, style="bold", markup=False)
        console.print(article.url, style="dim", markup=False)
        console.print(f"{_printed(article.published)} · {', '.join(article.authors) or 'không rõ tác giả'}")
        for text in article.paragraphs[:2]:
            console.print(text, markup=False)
        rest = len(article.paragraphs) - 2
        if rest > 0:
            console.print(f"… và {rest} đoạn nữa, {len(article.captions)} chú thích ảnh", style="dim")
    console.rule(align="left")
    ways = ", ".join(f"{_WAYS[c.kind]} {c.matching} bài" for c in checked.channels)
    console.print(f"• Đã xem {proposal.requests} trang. Đường vào: {ways}.", markup=False)
    for text in (*proposal.notes, *checked.advice):
        console.print(f"• {text}", markup=False)
    for text in checked.mend:
        console.print(f"[red]• {escape(text)}[/]")
