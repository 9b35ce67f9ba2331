"""`diemtin sources record`: a page and the article read out of it, as a golden pair to be reviewed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.cli.registry import sources_app
from crawler.cli.shell import config, console, moment
from crawler.errors import InvalidInput

if TYPE_CHECKING:
    from crawler.article import Page
    from crawler.config import Config


@sources_app.command("record")
def record(
    page: Annotated[
        str, typer.Argument(help="Địa chỉ, hoặc tệp trang đã lưu. An address, or the file of a saved page.")
    ],
    source: Annotated[
        str | None,
        typer.Option(
            help="Mã nguồn; không ghi: theo địa chỉ, hoặc đọc kiểu chung. "
            "Id of its registry row; none: the generic reading."
        ),
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="Địa chỉ gốc của tệp. The address a file was saved from.")
    ] = None,
    fetched: Annotated[
        str | None,
        typer.Option(help="Tệp lưu lúc nào; không ghi: bây giờ. When a file was saved (ISO); none: now."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Thư mục trang mẫu; không ghi: pages/ trong thư mục dữ liệu. "
            "Folder of golden pages; none: pages/ in the data folder."
        ),
    ] = None,
) -> None:
    """Lưu một trang kèm bài đọc được, để đối chiếu về sau. Save a page beside its article as a golden pair."""
    from crawler.article import Page
    from crawler.reading.golden import record as record_pair

    settings = config()
    registry = settings.registry()
    if source is not None and source not in registry:
        raise InvalidInput(
            f"--source {source!r}: không có nguồn này, xem `diemtin sources list` / "
            "no such row; `diemtin sources list` shows them all"
        )
    when = moment(fetched, "--fetched") or datetime.now(UTC)
    if page.startswith(("http://", "https://")):
        found = _ask(page, settings)
    else:
        if url is None:
            raise InvalidInput(
                "--url: trang đã lưu cần địa chỉ gốc của nó / "
                "a saved page needs the address it was saved from"
            )
        try:
            found = Page(url=url, body=Path(page).read_bytes(), fetched=when)
        except OSError as error:
            from crawler.messages import system_reason

            raise InvalidInput(f"{page}: {system_reason(error)}") from error
    row = registry[source] if source is not None else None
    pair = record_pair(replace(found, source=source), row, out or settings.data / "pages")
    console.print(f"{pair.html}\n{pair.json}\nXin xem lại bài rồi mới giữ: please review.", markup=False)


def _ask(url: str, settings: Config) -> Page:
    from crawler.crawl.context import open_context
    from crawler.crawl.probe import ask_politely
    from crawler.messages import in_both

    context = open_context(settings)
    try:
        [answer] = ask_politely(context, [lambda ask: ask(url)])
    finally:
        context.close()
    if answer.page is None or not answer.good:
        raise InvalidInput(f"{url}: {in_both(answer.problem or '')}")
    found: Page = answer.page
    return found
