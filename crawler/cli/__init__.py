"""`diemtin`: the composition root. Every command is thin: settings in, a function of `crawler`, an answer out.

Exit codes: 0 all well, 1 problems were found, 2 wrong use. Answers go to stdout, everything else to stderr.
"""

from __future__ import annotations

import sys

from crawler.cli.shell import app
from crawler.errors import DiemtinError
from crawler.reasons import system_reason

# Importing a module registers its commands; the order is that of `diemtin --help`.
from crawler.cli import crawling, reading, stories, searching, watching, training  # noqa: F401  isort:skip
from crawler.cli import registry, recording, operating, web  # noqa: F401  isort:skip


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
        app(options_first(sys.argv[1:]), prog_name="diemtin")
    except DiemtinError as error:
        print(f"diemtin: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        if error.filename is None:
            raise
        print(f"diemtin: {error.filename}: {system_reason(error)}", file=sys.stderr)
        sys.exit(2)
