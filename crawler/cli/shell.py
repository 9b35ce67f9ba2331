"""What the commands share: the app, its common options, and how answers are printed."""

from __future__ import annotations

import copy
import json
import logging
import os
import re
import select
import sys
import textwrap
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.text import Text

from crawler import __version__
from crawler.cli.usage import App, UsageGroup
from crawler.errors import InvalidInput

if TYPE_CHECKING:
    from crawler.config import Config

T = TypeVar("T")
INTERRUPTED = 130
"""The exit code of a command that Ctrl-C ended."""


class Shell(UsageGroup):
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


app = App(
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

Json = Annotated[bool, typer.Option("--json", help="In đúng một tài liệu JSON. One JSON document on stdout.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"diemtin {__version__}")
        raise typer.Exit


def complain(text: str) -> None:
    """An error on stderr; on a terminal no word and no address is broken at its edge."""
    if sys.stderr.isatty():
        width = os.get_terminal_size(sys.stderr.fileno()).columns or 80
        text = "\n".join(
            line if line.startswith(" ") else _wrapped(line, width) for line in text.splitlines()
        )
    print(text, file=sys.stderr)


def _wrapped(line: str, width: int) -> str:
    return textwrap.fill(line, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def say(text: str | Text) -> None:
    """One line or text for a person, on stdout, never broken where it is long: addresses stay whole."""
    console.print(text, soft_wrap=True, markup=False)


@app.callback()
def _common(
    data: Annotated[
        Path | None, typer.Option(help="Thư mục dữ liệu (DIEMTIN_DATA; mặc định ./data). Data folder.")
    ] = None,
    sources: Annotated[
        list[Path] | None,
        typer.Option(help="Thư mục hàng nguồn thêm (DIEMTIN_SOURCES). Folder of further source rows."),
    ] = None,
    allow_private: Annotated[
        bool | None,
        typer.Option(
            "--allow-private",
            help="Cho thu thập từ địa chỉ nội bộ. Let a crawl reach loopback and private addresses.",
        ),
    ] = None,
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose",
            "-v",
            count=True,
            help="Nói nhiều hơn (-vv: mọi điều). Say more on stderr.",
            show_default=False,
        ),
    ] = 0,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="In số phiên bản. Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    _options.update(data=data, sources=tuple(sources) if sources else None, allow_private=allow_private)
    level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
    logging.basicConfig(
        level=level, stream=sys.stderr, format="%(asctime)s %(name)s %(levelname)s %(message)s", force=True
    )
    [handler] = logging.getLogger().handlers
    if verbose < 2:
        # By a filter: Scrapy and alembic set the levels of their loggers themselves.
        handler.addFilter(_ours_or_serious if verbose else _ours)
    if not verbose:
        handler.setFormatter(_OneLine("%(asctime)s %(levelname)s %(message)s"))


def _ours(record: logging.LogRecord) -> bool:
    """What a library has to say is for those who ask for it: where it matters, we say it in our own words."""
    return record.name.partition(".")[0] in ("crawler", "spiders", "pipelines")


def _ours_or_serious(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or not record.name.startswith(_CHATTY)


class _OneLine(logging.Formatter):
    """A record with the error it carries as its last words; the traceback is for `-v`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        brief = copy.copy(record)
        error = brief.exc_info[1] if brief.exc_info else None
        brief.exc_info = brief.exc_text = brief.stack_info = None
        said = super().format(brief)
        return f"{said}: {type(error).__name__}: {error}" if error is not None else said


_CHATTY = ("alembic", "apscheduler", "asyncio", "urllib3", "trafilatura", "htmldate", "scrapy", "py.warnings")


def config() -> Config:
    """The settings in force for this command."""
    from crawler.config import load_config  # a third of a second that --help does without

    return load_config(**_options)


def data_folder() -> Path:
    """The data folder that this command was given, before any settings in it are read."""
    return Path(_options.get("data") or os.environ.get("DIEMTIN_DATA") or "data")


def print_json(value: Any) -> None:
    """One JSON document on stdout, readable and in a fixed order."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def duration(value: str | None, option: str) -> timedelta | None:
    """`7d` as a timedelta; InvalidInput naming the option."""
    from crawler.source import parse_duration

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
    from crawler.dates.zones import VIETNAM

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


def in_order(first_option: str, first: T | None, last_option: str, last: T | None) -> None:
    """InvalidInput where two days or times stand in the wrong order: nothing could ever lie between them."""
    if first is not None and last is not None and last < first:  # type: ignore[operator]  # days, times or ISO days
        raise InvalidInput(
            f"{first_option} {first} đứng sau {last_option} {last}: hãy đổi chỗ hai ngày / "
            f"{first_option} lies after {last_option}: nothing lies between them"
        )


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
    from crawler.dates.zones import VIETNAM

    return value.astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y") if value else "—"
