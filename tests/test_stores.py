"""The store behind a command: reading makes nothing, writes nothing and is open to its owner alone."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

import crawler.cli
from crawler.demo.press import DEMO_NOW, Press
from crawler.demo.server import serve
from crawler.errors import NoStore, StoreError
from crawler.private_files import private_file, private_folder
from crawler.store.database import note_statistics, open_database, open_database_to_read, open_existing
from tests.press import Desk

READING = (
    "search đảng", "search đảng --json", "documents", "documents --json", "documents show 50-CT/TW", "meetings",
    "meetings --json", "versions https://x.example/", "stories list", "stories list --json", "stories show 1",
    "watch list", "watch list --json", "watch test đảng", "deliver --list", "deliver --list --json",
    "export text --out {tmp}/out", "health", "health --json",
)  # fmt: skip
CHANGING = (
    "watch remove 1", "watch lift a@example.org", "watch leave a@example.org", "stories split 1 https://x.example/",
    "documents join a b", "documents correct a --title b", "documents assign https://x.example/ 1-CT/TW a",
)  # fmt: skip


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A store after a crawl of two outlets, and a watch."""
    folder = tmp_path_factory.mktemp("stores")
    with serve(Press.load(), clock=lambda: DEMO_NOW) as site:
        site.write_sources(folder / "rows")
        desk = Desk(folder / "data", folder / "rows", DEMO_NOW)
        before = Desk(desk.data, desk.rows, DEMO_NOW - timedelta(days=14))
        before.run("watch", "add", "đảng", "--to", "a@example.org", "--feed", "--force")
        desk.crawl("bao-dong-sa", "bao-kim-hai")
        desk.run("deliver")
        yield desk


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


Answer = Callable[..., Said]


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Answer]:
    """A command of a desk, in this process: a process of its own takes a second to start."""
    handlers, level = logging.root.handlers[:], logging.root.level

    def run(desk: Desk, arguments: str, **places: object) -> Said:
        for name, value in desk.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["diemtin", *(word.format(**places) for word in arguments.split())])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            crawler.cli.main()
        told = capsys.readouterr()
        return Said(stopped.value.code if isinstance(stopped.value.code, int) else 0, told.out, told.err)

    yield run
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.mark.parametrize("arguments", [*READING, *CHANGING])
def test_a_command_that_needs_a_store_never_makes_one(
    answer: Answer, filled: Desk, tmp_path: Path, arguments: str
) -> None:
    desk = Desk(tmp_path / "data", filled.rows, DEMO_NOW)
    said = answer(desk, arguments, tmp=tmp_path)
    assert (said.code, said.out) == (2, "")
    assert "chưa có kho" in said.err and "diemtin crawl" in said.err and "Traceback" not in said.err
    assert not (tmp_path / "data").exists() and not (tmp_path / "out").exists()


def test_the_sources_are_listed_also_before_there_is_a_store(filled: Desk, tmp_path: Path) -> None:
    desk = Desk(tmp_path / "data", filled.rows, DEMO_NOW)
    assert "bao-dong-sa" in desk.run("sources", "list")
    assert not (tmp_path / "data").exists()


def test_an_empty_store_says_how_to_fill_it(answer: Answer, filled: Desk, tmp_path: Path) -> None:
    desk = Desk(tmp_path / "data", filled.rows, DEMO_NOW)
    assert answer(desk, "watch add đảng --to a@example.org --force").code == 0
    for arguments in ("search đảng", "documents", "meetings", "stories list", "export text"):
        said = answer(desk, arguments)
        assert said.code == 0 and "Kho chưa có bài nào" in said.err, arguments


@pytest.mark.parametrize("arguments", READING)
def test_reading_waits_for_nobody_who_writes(
    answer: Answer, filled: Desk, tmp_path: Path, arguments: str
) -> None:
    with sqlite3.connect(filled.data / "diemtin.db", isolation_level=None) as writer:
        writer.execute("BEGIN IMMEDIATE")
        said = answer(filled, arguments, tmp=tmp_path)
        writer.execute("ROLLBACK")
    assert "không mở được" not in said.err and "locked" not in said.err and "Traceback" not in said.err


@pytest.fixture
def elsewhere(filled: Desk) -> Iterator[Path]:
    """A copy of the store that nobody may write to, in a folder that others can reach."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copytree(filled.data, folder / "data")
        for path in (folder / "data").rglob("*"):
            path.chmod(0o555 if path.is_dir() else 0o444)
        (folder / "data").chmod(0o555)
        yield folder / "data"
        (folder / "data").chmod(0o755)


def read_as_nobody(database: Path) -> str:
    """The first title of a store, read by a process that may write nowhere near it."""
    code = (
        "import os, sys\n"
        "from crawler.store.database import open_database_to_read\n"
        "import crawler.store.search, crawler.query.parser\n"
        "os.getuid() or os.setuid(65534)\n"
        "from sqlalchemy import text\n"
        "engine = open_database_to_read('sqlite:///' + sys.argv[1])\n"
        "print(engine.connect().execute(text('SELECT count(*) FROM article')).scalar())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(database)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_store_in_a_folder_without_leave_to_write_is_read(elsewhere: Path) -> None:
    before = sorted(elsewhere.iterdir())
    assert int(read_as_nobody(elsewhere / "diemtin.db")) > 10
    assert sorted(elsewhere.iterdir()) == before


def test_a_read_only_store_with_a_log_left_by_a_kill_is_read_with_it(filled: Desk) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "data"
        folder.mkdir()
        Path(name).chmod(0o755)
        with sqlite3.connect(filled.data / "diemtin.db", isolation_level=None) as writer:
            writer.execute("PRAGMA wal_autocheckpoint=0")
            writer.execute("DELETE FROM owed")  # stands in the log alone
            for part in ("", "-wal", "-shm"):
                shutil.copy(filled.data / f"diemtin.db{part}", folder / f"diemtin.db{part}")
        for path in folder.iterdir():
            path.chmod(0o444)
        folder.chmod(0o555)
        assert int(read_as_nobody(folder / "diemtin.db")) > 10
        folder.chmod(0o755)


def test_an_engine_that_reads_refuses_to_write(engine: sa.Engine) -> None:
    url = engine.url.render_as_string(hide_password=False)
    reading = open_database_to_read(url)
    with pytest.raises(sa.exc.SQLAlchemyError), reading.begin() as connection:
        connection.execute(sa.text("DELETE FROM owed"))
    reading.dispose()


def test_an_empty_postgresql_database_is_no_store_and_stays_empty(postgres_url: str) -> None:
    for opening in (open_database_to_read, open_existing):
        with pytest.raises(NoStore, match="chưa có kho"):
            opening(postgres_url)
    engine = sa.create_engine(sa.make_url(postgres_url).set(drivername="postgresql+psycopg"))
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()


@pytest.mark.parametrize("opening", [open_database, open_database_to_read, open_existing])
def test_the_database_of_another_program_is_left_alone(tmp_path: Path, opening: object) -> None:
    file = tmp_path / "other.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE invoices (id)")
    before = file.read_bytes()
    with pytest.raises(StoreError, match="chương trình khác"):
        opening(f"sqlite:///{file}")  # type: ignore[operator]
    assert file.read_bytes() == before and not list(tmp_path.glob("*before*"))


@pytest.mark.parametrize("port", ["99999", "abc", "0", "-1"])
def test_a_bad_port_is_told_without_the_password(port: str) -> None:
    for opening in (open_database, open_database_to_read):
        with pytest.raises(StoreError, match="cổng") as refused:
            opening(f"postgresql://u:geheim@127.0.0.1:{port}/x")
        assert "geheim" not in str(refused.value) and " / " in str(refused.value)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_holds_addresses_and_secrets_is_made_for_its_owner_alone(filled: Desk) -> None:
    assert mode(filled.data) == mode(filled.data / "outbox") == mode(filled.data / "feeds") == 0o700
    with sqlite3.connect(filled.data / "diemtin.db", isolation_level=None) as writer:
        writer.execute("BEGIN IMMEDIATE")
        found = [
            *filled.data.glob("diemtin.db*"),
            *filled.data.glob("outbox/*"),
            *filled.data.glob("feeds/*"),
        ]
        assert len(found) >= 5 and {mode(path) for path in found} == {0o600}


def test_a_private_file_takes_the_place_of_an_open_one_without_a_moment_in_which_others_could_read(
    tmp_path: Path,
) -> None:
    file = private_folder(tmp_path / "a" / "b") / "x"
    file.write_text("old")
    file.chmod(0o644)
    with private_file(file) as opened:
        assert mode(file) == 0o600
        opened.write(b"new")
    assert file.read_bytes() == b"new" and mode(tmp_path / "a") == mode(tmp_path / "a" / "b") == 0o700


@pytest.mark.parametrize("name", ["", "diemtin.toml"])
def test_a_folder_or_settings_that_others_can_read_are_told(
    answer: Answer, filled: Desk, tmp_path: Path, name: str
) -> None:
    desk = Desk(shutil.copytree(filled.data, tmp_path / "data"), filled.rows, DEMO_NOW)
    (desk.data / "diemtin.toml").touch(mode=0o600)
    closed = answer(desk, "health")
    (desk.data / name).chmod(0o755)
    opened = answer(desk, "health")
    assert "chmod" not in closed.err
    assert f"chmod {'600' if name else '700'} {desk.data / name}".rstrip("/") in opened.err.replace("\n", "")
    assert opened.code == 1
    assert "chmod" in answer(desk, "deliver").err


def test_sqlite_is_told_how_its_values_lie_and_a_store_that_is_taken_is_left_as_it_is(
    sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    engine = open_database(sqlite_url)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO person (address, role, created) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
            " WHERE i < 900) SELECT 'a' || i || '@example.org', 'reader', '2026-11-21 00:00:00.000000' FROM n"
        )
    note_statistics(engine)
    other = open_database(sqlite_url + "?timeout=0.1")
    known = "SELECT stat FROM sqlite_stat1 WHERE tbl = 'person'"
    with engine.connect() as connection:
        assert connection.exec_driver_sql(known).scalar_one().endswith(" 1")
        assert connection.exec_driver_sql("PRAGMA analysis_limit").scalar_one() > 0, (
            "else it reads every entry"
        )
        connection.exec_driver_sql("DELETE FROM sqlite_stat1")
        note_statistics(other)
        connection.commit()
    assert "locked" in caplog.text
    with other.connect() as connection:
        assert connection.exec_driver_sql(known).scalar() is None
    for one in (engine, other):
        one.dispose()
