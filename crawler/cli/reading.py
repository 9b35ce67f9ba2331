"""`diemtin read` and `annotate`: files in, JSON out, no store."""

from __future__ import annotations

import json as jsonlib
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from crawler.cli.shell import Json, app, config, moment, notes, print_json, say
from crawler.errors import InvalidInput

if TYPE_CHECKING:
    from crawler.source import Source


@app.command()
def read(
    file: Annotated[Path, typer.Argument(help="Trang đã lưu. A saved page.")],
    url: Annotated[str, typer.Option(help="Địa chỉ gốc của trang. The address it was saved from.")],
    source: Annotated[
        str | None,
        typer.Option(
            help="Mã nguồn; không ghi: theo địa chỉ, hoặc đọc kiểu chung. "
            "Id of its registry row; none: the generic reading."
        ),
    ] = None,
    fetched: Annotated[
        str | None, typer.Option(help="Lưu lúc nào; không ghi: bây giờ. When it was saved (ISO); none: now.")
    ] = None,
    json: Json = False,
) -> None:
    """Đọc một trang đã lưu thành bài. Read one page as an article."""
    from crawler.article import NoArticle, Page
    from crawler.reading.extract import read as read_article

    settings = config()
    registry = settings.registry()
    row = None
    if not re.match("https?://[^/]", url):
        raise InvalidInput(
            f"--url {url!r}: cần địa chỉ gốc của trang, như https://bao.vn/bai-1.html / "
            "the address the page was saved from is needed, with http:// or https://"
        )
    if source is None:
        row = row_of(url, registry)
    else:
        if source not in registry:
            raise InvalidInput(
                f"--source {source!r}: không có nguồn này, xem `diemtin sources list` / "
                "no such row; `diemtin sources list` shows them all"
            )
        row = registry[source]
    try:
        body = file.read_bytes()
    except OSError as error:
        from crawler.messages import system_reason

        raise InvalidInput(f"{file}: {system_reason(error)}") from error
    when = moment(fetched, "--fetched") or datetime.now(UTC)
    named = row.id if row is not None else None
    outcome = read_article(Page(url=url, body=body, fetched=when, source=named), row)
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


def row_of(url: str, registry: Mapping[str, Source]) -> Source | None:
    """The row whose outlet an address belongs to, by its host (`www.` aside); None where no or no single row has it."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    found = [row for row in registry.values() if host in row.hosts]
    exact = [row for row in found if row.articles.matches(url)]
    return exact[0] if len(exact) == 1 else found[0] if len(found) == 1 else None


@app.command()
def annotate(
    file: Annotated[
        Path,
        typer.Argument(
            help="Tệp gồm các dòng {id, title?, lead?, text?, published?}. "
            "Lines {id, title?, lead?, text?, published?}."
        ),
    ],
    jobs: Annotated[int, typer.Option(min=1, help="Số tiến trình. Processes.")] = 1,
) -> None:
    """Nhận dạng văn kiện, cuộc họp, chủ đề của từng dòng. Citations, meetings, relevance and topics of each line."""
    from crawler.annotate import annotate_file
    from crawler.cli.complaints import Complaints

    complaints = Complaints(file)
    write = sys.stdout.write
    for answer in annotate_file(file, jobs=jobs, on_error=complaints.bad_line):
        complaints.good_line()
        write(jsonlib.dumps(answer, ensure_ascii=False) + "\n")
    complaints.end()
