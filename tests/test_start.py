"""The command line starts fast: a command imports what it needs. Modules are counted, never the time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from crawler.store.database import open_database

_COUNT = (
    "import sys\n"
    "sys.argv = ['diemtin', *sys.argv[1:]]\n"
    "from crawler.cli import main\n"
    "try:\n"
    "    main()\n"
    "except SystemExit as ended:\n"
    "    assert not ended.code, ended.code\n"
    "print('|'.join(sys.modules), file=sys.stderr)\n"
)
_SETTINGS = ("pydantic", "pydantic_settings")
_DATABASE = ("sqlalchemy", "lark")
_NEVER = (
    "alembic", "courlan", "urllib3", "trafilatura", "scrapy", "twisted", "sqlalchemy.dialects.postgresql", "psycopg",
    "crawler.reading", "crawler.crawl.run", "rensa", "jinja2", "icalendar", "holidays", "parsel", "lxml", "rich.progress",
    "crawler.store.stories",
)  # fmt: skip
"""What no command that reads the store needs."""
_COMMANDS = ("crawler.cli", "crawler.errors", "crawler.private_files")


def imported(*arguments: str) -> set[str]:
    """The modules of a command that was run to its end."""
    done = subprocess.run(
        [sys.executable, "-c", _COUNT, *arguments], capture_output=True, text=True, check=True
    )
    return set(done.stderr.strip().splitlines()[-1].split("|"))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    open_database(f"sqlite:///{folder / 'diemtin.db'}").dispose()
    return folder


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_help_and_version_import_neither_settings_nor_database(option: str) -> None:
    modules = imported(option)
    assert modules.isdisjoint((*_SETTINGS, *_DATABASE, *_NEVER))
    assert not any(name.startswith("crawler.") and not name.startswith(_COMMANDS) for name in modules)
    assert len(modules) < 260


@pytest.mark.parametrize(
    ("command", "most"),
    [
        (("search", "họp"), 625),
        (("documents",), 570),
        (("meetings",), 580),
        (("watch", "list"), 620),
        (("deliver", "--list"), 610),
    ],
)
def test_a_command_that_reads_imports_little(data: Path, command: tuple[str, ...], most: int) -> None:
    modules = imported("--data", str(data), *command)
    assert modules.isdisjoint(_NEVER)
    assert len(modules) < most, sorted(modules)
