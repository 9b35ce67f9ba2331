"""What the commands share: the app, its common options, and how answers are printed."""

from __future__ import annotations

import json
import logging
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from crawler import __version__
from crawler.config import Config, load_config
from crawler.errors import InvalidInput
from crawler.source import parse_duration

app = typer.Typer(
    name="diemtin",
    help="điểm tin: theo dõi chuyên mục Xây dựng Đảng của báo chí 34 tỉnh, thành. "
    "A monitor of Vietnam's Party-building press.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)
"""Answers for a person, on stdout."""
notes = Console(stderr=True, highlight=False)
"""Progress and remarks, on stderr."""

_options: dict[str, Any] = {}

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


@app.callback()
def _common(
    data: Annotated[Path | None, typer.Option(help="Data folder (DIEMTIN_DATA; default ./data).")] = None,
    sources: Annotated[
        list[Path] | None, typer.Option(help="Folder of further source rows (DIEMTIN_SOURCES).")
    ] = None,
    allow_private: Annotated[
        bool | None, typer.Option("--allow-private", help="Let a crawl reach loopback and private addresses.")
    ] = None,
    verbose: Annotated[int, typer.Option("--verbose", "-v", count=True, help="Say more on stderr.")] = 0,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        console.print(f"diemtin {__version__}")
        raise typer.Exit
    _options.update(data=data, sources=tuple(sources) if sources else None, allow_private=allow_private)
    level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
    logging.basicConfig(
        level=level, stream=sys.stderr, format="%(asctime)s %(name)s %(levelname)s %(message)s", force=True
    )
    if verbose < 2:
        # By a filter: Scrapy and alembic set the levels of their loggers themselves.
        logging.getLogger().handlers[0].addFilter(_ours_or_serious)


def _ours_or_serious(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or not record.name.startswith(_CHATTY)


_CHATTY = ("alembic", "apscheduler", "asyncio", "urllib3", "trafilatura", "htmldate", "scrapy", "py.warnings")


def config() -> Config:
    """The settings in force for this command."""
    return load_config(**_options)


def print_json(value: Any) -> None:
    """One JSON document on stdout, readable and in a fixed order."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def duration(value: str | None, option: str) -> timedelta | None:
    """`7d` as a timedelta; InvalidInput naming the option."""
    if value is None:
        return None
    try:
        return parse_duration(value)
    except ValueError as error:
        raise InvalidInput(f"{option}: {error}") from error


def moment(value: str | None, option: str) -> datetime | None:
    """An ISO day or time in Vietnam's zone unless it names another; InvalidInput naming the option."""
    from crawler.store.articles import VIETNAM

    if value is None:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError as error:
        raise InvalidInput(f"{option}: {value!r} is no ISO date or time, such as 2026-11-20") from error
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=VIETNAM)


def vietnamese_time(value: datetime | None) -> str:
    """A time as a Vietnamese reader writes it; `—` where there is none."""
    from crawler.store.articles import VIETNAM

    return value.astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y") if value else "—"
