"""`diemtin read` and `annotate`: files in, JSON out, no store."""

from __future__ import annotations

import json as jsonlib
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from crawler.cli.shell import Json, app, config, moment, notes, print_json, say
from crawler.errors import InvalidInput
from crawler.reasons import at_line, system_reason


@app.command()
def read(
    file: Annotated[Path, typer.Argument(help="A saved page.")],
    url: Annotated[str, typer.Option(help="The address it was saved from.")],
    source: Annotated[
        str | None, typer.Option(help="Id of its registry row; none: the generic reading.")
    ] = None,
    fetched: Annotated[str | None, typer.Option(help="When it was saved (ISO); none: now.")] = None,
    json: Json = False,
) -> None:
    """Đọc một trang đã lưu thành bài. Read one page as an article."""
    from crawler.article import NoArticle, Page
    from crawler.reading.extract import read as read_article

    settings = config()
    row = None
    if source is not None:
        registry = settings.registry()
        if source not in registry:
            raise InvalidInput(
                f"--source {source!r}: không có nguồn này, xem `diemtin sources list` / "
                "no such row; `diemtin sources list` shows them all"
            )
        row = registry[source]
    try:
        body = file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{file}: {system_reason(error)}") from error
    when = moment(fetched, "--fetched") or datetime.now(UTC)
    outcome = read_article(Page(url=url, body=body, fetched=when, source=source), row)
    if isinstance(outcome, NoArticle):
        if json:
            print_json({"disposition": outcome.disposition.value, "why": outcome.why})
        notes.print(
            f"{file}: không có bài / no article: {outcome.disposition.reason}: {outcome.why}", markup=False
        )
        raise typer.Exit(1)
    if json:
        print_json(outcome.to_json())
    else:
        say(outcome.text)


@app.command()
def annotate(
    file: Annotated[Path, typer.Argument(help="Lines {id, title?, lead?, text?, published?}.")],
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
) -> None:
    """Nhận dạng văn kiện, cuộc họp, chủ đề của từng dòng. Citations, meetings, relevance and topics of each line."""
    from crawler.annotate import annotate_file

    problems = 0

    def complain(number: int, why: str) -> None:
        nonlocal problems
        problems += 1
        notes.print(f"{file}: {at_line(number, why)}", markup=False)

    write = sys.stdout.write
    for answer in annotate_file(file, jobs=jobs, on_error=complain):
        write(jsonlib.dumps(answer, ensure_ascii=False) + "\n")
    if problems:
        notes.print(f"{problems} dòng sai / {problems} bad lines")
        raise typer.Exit(1)
