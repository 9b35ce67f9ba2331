"""`diemtin sources add`: a row for an outlet never seen before."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from crawler.cli.shell import Json, config, console, notes, print_json, printed_time
from crawler.errors import InvalidInput
from crawler.private_files import private_folder

if TYPE_CHECKING:
    from crawler.article import Article, Page
    from crawler.crawl.probe import Ask
    from crawler.onboarding.check import Check
    from crawler.onboarding.propose import Proposal
from crawler.cli.registry import sources_app


@sources_app.command("add")
def add_source(
    url: Annotated[
        str,
        typer.Argument(help="Trang chủ, một chuyên mục hoặc một bài. A home page, a section or one article."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Thư mục ghi hàng nguồn (mặc định: sources/ trong thư mục dữ liệu). "
            "Folder for the row (default: sources/ in the data folder)."
        ),
    ] = None,
    province: Annotated[
        str | None,
        typer.Option(
            help="Tỉnh, thành của báo; không ghi thì đoán theo tên, rồi hỏi. "
            "The outlet's province; else guessed and asked."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ghi luôn, không hỏi. Write without asking.")] = False,
    json: Json = False,
) -> None:
    """Thêm một báo chưa từng gặp: đề xuất hàng và ghi lại.

    Propose a row for an outlet never seen before, and write it.
    """
    from crawler.article import Article
    from crawler.crawl.context import open_context
    from crawler.crawl.probe import ask_politely
    from crawler.onboarding import rows
    from crawler.onboarding.propose import with_province
    from crawler.reading.extract import read

    settings = config()
    place = _province(province) if province else None
    context = open_context(settings)

    try:
        with notes.status("Đang tìm hiểu tờ báo …"):
            [(proposal, checked)] = ask_politely(context, [_adding(url, settings.clock())])
    finally:
        context.close()
    readings = [read(page, proposal.source) for page in proposal.articles[:3]]
    shown = [item for item in readings if isinstance(item, Article)]
    if not json:
        _print_proposal(proposal, shown, checked)
    if place is None and not yes and not json and sys.stdin.isatty():
        place = _ask_province(proposal.source.province)
    if place is not None:
        proposal = with_province(proposal, *place)
    folder = out or private_folder(settings.data) / "sources"
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


def _province(typed: str) -> tuple[str, tuple[str, ...]]:
    """A province as a person writes it; InvalidInput where there is none of that name."""
    from crawler.onboarding.names import province_named

    today, covers = province_named(typed)
    if today is None:
        raise InvalidInput(
            f"--province {typed!r}: không có tỉnh, thành nào tên này (34 tỉnh nay, 63 tỉnh cũ, hoặc “Trung ương”) / "
            "no province of today or before July 2025 has this name"
        )
    return today, covers


def _ask_province(guess: str) -> tuple[str, tuple[str, ...]] | None:
    """Ask which province the outlet is of; Enter takes the guess, which stands in the row already."""
    while True:
        notes.print(f"Báo của tỉnh, thành nào? [{guess}]: ", end="", markup=False)
        typed = input().strip()
        if not typed:
            return None
        try:
            return _province(typed)
        except InvalidInput as error:
            notes.print(str(error), markup=False)


def _adding(url: str, now: datetime) -> Callable[[Ask], tuple[Proposal, Check]]:
    """The job that infers a row and looks at it as `sources check` does."""
    from crawler.onboarding.check import check
    from crawler.onboarding.propose import infer_source

    def job(ask: Ask) -> tuple[Proposal, Check]:
        def fetch(address: str) -> Page | str | None:
            answer = ask(address)
            return answer.page or answer.problem

        proposal = infer_source({}, url, fetch)
        return proposal, check(proposal.source, ask, now=now)

    return job


_WAYS = {"feed": "RSS", "sitemap": "sitemap", "json": "JSON", "listing": "trang chuyên mục"}


def _print_proposal(proposal: Proposal, shown: list[Article], checked: Check) -> None:
    console.print(proposal.toml, markup=False)
    for number, article in enumerate(shown, 1):
        console.rule(f"Bài {number}", align="left")
        console.print(article.title, style="bold", markup=False)
        console.print(article.url, style="dim", markup=False)
        console.print(
            f"{printed_time(article.published)} · {', '.join(article.authors) or 'không rõ tác giả'}"
        )
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
