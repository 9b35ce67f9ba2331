"""`diemtin`: the composition root. Every command is thin: settings in, a function of `crawler`, an answer out.

Exit codes: 0 all well, 1 problems were found, 2 wrong use. Answers go to stdout, everything else to stderr.
"""

from __future__ import annotations

import sys

from typer.exceptions import Abort, TyperException
from typer.main import get_command

from crawler.cli.shell import INTERRUPTED, app, complain
from crawler.cli.usage import wrong_use
from crawler.errors import DiemtinError

# Importing a module registers its commands; the order is that of `diemtin --help`.
from crawler.cli import setting_up, crawling, operating, status, searching, document_lists, documents  # noqa: F401  isort:skip
from crawler.cli import stories, watching, watch_editing, mailing, changes, registry, adding_sources  # noqa: F401  isort:skip
from crawler.cli import digesting, recording, archiving, rereading, releasing  # noqa: F401  isort:skip
from crawler.cli import reading, training, people, web  # noqa: F401  isort:skip


_FLAGS = ("--allow-private", "--verbose", "-v", "-vv")


def options_first(arguments: list[str]) -> list[str]:
    """The common options moved before the command, so that `diemtin crawl --data DIR` works too.

    >>> options_first(["crawl", "--data", "x", "--json"])
    ['--data', 'x', 'crawl', '--json']
    """
    first: list[str] = []
    rest: list[str] = []
    waiting = list(arguments)
    while waiting:
        word = waiting.pop(0)
        if word == "--":
            rest += [word, *waiting]
            break
        if word in ("--data", "--sources") and waiting:
            first += [word, waiting.pop(0)]
        elif word in _FLAGS or word.startswith(("--data=", "--sources=")):
            first.append(word)
        else:
            rest.append(word)
    return first + rest


def main() -> None:
    """The console script: a mendable error is told on stderr, exit code 2."""
    try:
        code = app(options_first(sys.argv[1:]), prog_name="diemtin", standalone_mode=False)
    except TyperException as error:
        complain(wrong_use(error, sys.argv[1:], get_command(app)))
        sys.exit(error.exit_code)
    except Abort:
        complain("diemtin: đã thôi, không ghi gì / aborted, nothing was written")
        sys.exit(1)
    except DiemtinError as error:
        complain(f"diemtin: {error}")
        sys.exit(2)
    except OSError as error:
        if error.filename is None:
            raise
        from crawler.messages import system_reason

        complain(f"diemtin: {error.filename}: {system_reason(error)}")
        sys.exit(2)
    if code == INTERRUPTED:
        complain("diemtin: đã ngừng theo lệnh (Ctrl-C) / interrupted")
    sys.exit(code if isinstance(code, int) else 0)
