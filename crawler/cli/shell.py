"""What the commands share: the app, its common options, and how answers are printed."""

from __future__ import annotations

import json
import logging
import os
import re
import select
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text
from typer.core import TyperGroup

from crawler import __version__
from crawler.config import Config, load_config
from crawler.errors import InvalidInput
from crawler.source import parse_duration


class Shell(TyperGroup):
    """The command line; a reader who has seen enough (`diemtin search … | head`) is no error."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; exit 0 quietly when stdout was closed."""
        try:
            answer = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            if not _stdout_is_closed():
                raise  # the pipe of somebody else
            raise typer.Exit(0) from None
        return answer


def _stdout_is_closed() -> bool:
    """Whether nobody reads stdout; it then leads to nowhere, or the interpreter would complain at its end."""
    out = sys.stdout.fileno()
    waiting = select.poll()
    waiting.register(out, 0)
    if not any(state & select.POLLERR for _, state in waiting.poll(0)):
        return False
    os.dup2(os.open(os.devnull, os.O_WRONLY), out)
    return True


app = typer.Typer(
    name="diemtin",
    cls=Shell,
    help="điểm tin: theo dõi chuyên mục Xây dựng Đảng của báo chí 34 tỉnh, thành. "
    "A monitor of Vietnam's Party-building press.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class _Answers(Console):
    def on_broken_pipe(self) -> None:
        """Left to `Shell`: Rich would call it a failure."""
        raise BrokenPipeError


console = _Answers(highlight=False, width=None if sys.stdout.isatty() else 110)
"""Answers for a person, on stdout."""
notes = Console(stderr=True, highlight=False, soft_wrap=True)
"""Progress and remarks, on stderr."""

_options: dict[str, Any] = {}

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"diemtin {__version__}")
        raise typer.Exit


def say(text: str | Text) -> None:
    """One line or text for a person, on stdout, never broken where it is long: addresses stay whole."""
    console.print(text, soft_wrap=True, markup=False)


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
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
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
    """A day or time in Vietnam's zone unless it names another; InvalidInput naming the option.

    Days may be written as ISO has them or as Vietnam does:

    >>> moment("2026-11-20", "--since") == moment("20/11/2026", "--since")
    True
    """
    from crawler.article import VIETNAM

    if value is None:
        return None
    written = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", value)
    try:
        if written is not None:
            day, month, year = map(int, written.groups())
            parsed = datetime(year, month, day, tzinfo=VIETNAM)
        else:
            parsed = datetime.fromisoformat(value)
    except ValueError as error:
        raise InvalidInput(
            f"{option}: {value!r} không phải ngày, viết như 20/11/2026 / "
            f"{value!r} is no date, such as 2026-11-20 or 20/11/2026"
        ) from error
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=VIETNAM)


def iso_day(value: str | None, option: str) -> str | None:
    """A day as `moment` reads it, in the one spelling that the store compares."""
    found = moment(value, option)
    return found.date().isoformat() if found else None


def printed_time(published: str | None) -> str:
    """An article's time of publication as a Vietnamese reader writes it, as exact as it is known.

    >>> printed_time("2026-11-19T10:00:00+07:00"), printed_time("2026-11-19"), printed_time(None)
    ('10:00 19/11/2026', '19/11/2026', 'không rõ ngày')
    """
    if published is None:
        return "không rõ ngày"
    time = vietnamese_time(moment(published, "published"))
    return time if len(published) > 10 else time.partition(" ")[2]


def vietnamese_time(value: datetime | None) -> str:
    """A time as a Vietnamese reader writes it; `—` where there is none."""
    from crawler.article import VIETNAM

    return value.astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y") if value else "—"
