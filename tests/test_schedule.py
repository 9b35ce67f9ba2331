"""The daemon, for real: a process of its own, crawls in children of it, a press on loopback."""

from __future__ import annotations

import email
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import sqlalchemy as sa
from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_MAX_INSTANCES,
    EVENT_JOB_MISSED,
    JobEvent,
    JobExecutionEvent,
)

from crawler.config import Config
from crawler.crawl.schedule import AGAIN, Daemon, make_scheduler
from crawler.store import runs, schema, schema_delivery
from crawler.store.database import open_database
from crawler.store.watches import add_watch, ensure_operator
from tests.small_press import NOW, Answer, Ask, Outlet, environment, serving

DEADLINE = 40
"""Seconds until a condition that should hold in a few counts as not reached; never a duration that is measured."""


def until(what: str, holds: Callable[[], Any]) -> Any:
    """Wait for a condition of another process; what it gave."""
    pause = threading.Event()
    end = monotonic() + DEADLINE
    while monotonic() < end:
        if found := holds():
            return found
        pause.wait(0.05)
    raise AssertionError(f"not within {DEADLINE} s: {what}")


class Box:
    """A data folder, a press, and the daemon that watches it."""

    def __init__(self, folder: Path, rows: Path) -> None:
        self.rows, self.data = rows, folder / "data"
        self.engine = open_database(f"sqlite:///{self.data / 'diemtin.db'}")
        with self.engine.begin() as connection:
            add_watch(
                connection,
                query="đảng viên",
                addresses=["a@example.org"],
                scope="article",
                now=NOW - timedelta(days=9),
            )
            ensure_operator(connection, "operator@example.org", now=NOW)

    @contextmanager
    def daemon(self, **more: str) -> Iterator[subprocess.Popen[bytes]]:
        log = (self.data / "daemon.log").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", "crawler", "-v", "run"],
            env=environment(self.rows, self.data, **{"DIEMTIN_NOW": NOW.isoformat(), **more}),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            log.close()

    @property
    def log(self) -> str:
        return (self.data / "daemon.log").read_text(encoding="utf-8")

    def stored(self) -> list[str]:
        with self.engine.connect() as connection:
            return sorted(connection.scalars(sa.select(schema.article.c.url)))

    def outcomes(self) -> list[tuple[str, str | None]]:
        found = runs.runs_since(self.engine, NOW - timedelta(days=1))
        return [(row.source, row.outcome) for row in found]

    def mailed(self) -> list[str]:
        """The addresses of articles in all mails, as often as they were mailed; part files do not count."""
        found: list[str] = []
        for path in sorted((self.data / "outbox").glob("*.eml")):
            message = email.message_from_bytes(path.read_bytes())
            if message["To"] and "a@example.org" in message["To"]:
                text = next(p for p in message.walk() if p.get_content_type() == "text/plain")
                found += set(re.findall(r"post(\d+)\.html", text.get_payload(decode=True).decode()))  # type: ignore[union-attr]
        return sorted(found)


@pytest.fixture
def press(tmp_path: Path) -> Iterator[tuple[Outlet, Outlet, Path]]:
    one, two = Outlet("bao-mot"), Outlet("bao-hai")
    one.add(191, 194)
    two.add(195, 197)
    with serving(one, two, folder=tmp_path) as rows:
        yield one, two, rows


def stop_cleanly(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE) == 0


def test_the_daemon_crawls_what_is_due_mails_it_and_stops_on_sigterm(
    tmp_path: Path, press: tuple[Outlet, Outlet, Path]
) -> None:
    one, two, rows = press
    box = Box(tmp_path, rows)
    with box.daemon() as process:
        until("all articles are stored", lambda: len(box.stored()) == 7)
        until("all are mailed", lambda: len(box.mailed()) == 7)
        stop_cleanly(process)
    assert sorted(box.outcomes()) == [("bao-hai", "finished"), ("bao-mot", "finished")]
    assert box.mailed() == sorted(set(box.mailed()))
    for outlet in (one, two):
        assert len(outlet.asked("post")) == len(outlet.articles), "an article was asked for twice"
    assert "Traceback" not in box.log
    said = [line.split("  ", 1)[-1] for line in box.log.splitlines()]
    assert "thu thập 2 nguồn: 7 bài mới; 0 bài sửa" in said, "a line for a crawl"
    assert sum(line.startswith("đã gửi: ") for line in said) == len(list((box.data / "outbox").glob("*.eml")))


class Hanging:
    """A rule that keeps one article waiting until it is let go."""

    def __init__(self, article: int) -> None:
        self.article = f"post{article}."
        self.asked, self.go = threading.Event(), threading.Event()

    def __call__(self, outlet: Outlet, ask: Ask) -> Answer | None:
        if self.article in ask.path and not self.go.is_set():
            self.asked.set()
            self.go.wait(DEADLINE)
        return None


def test_sigterm_ends_a_crawl_under_way_and_another_daemon_goes_on_where_it_stood(
    tmp_path: Path, press: tuple[Outlet, Outlet, Path]
) -> None:
    one, _, rows = press
    hanging = Hanging(192)
    one.rules.append(hanging)
    box = Box(tmp_path, rows)
    with box.daemon(DIEMTIN_CRAWL__TIMEOUT="2") as process:
        assert hanging.asked.wait(DEADLINE)
        crawls = children_of(process.pid)
        stop_cleanly(process)
        assert crawls and not any(Path(f"/proc/{pid}").exists() for pid in crawls)
    assert len(box.stored()) < 7
    hanging.go.set()
    with box.daemon(DIEMTIN_NOW=(NOW + timedelta(hours=1)).isoformat()) as process:
        until("the rest is stored", lambda: len(box.stored()) == 7)
        stop_cleanly(process)


def test_kill_9_loses_nothing_mails_nothing_twice_and_leaves_no_crawl_behind(
    tmp_path: Path, press: tuple[Outlet, Outlet, Path]
) -> None:
    one, _, rows = press
    hanging = Hanging(192)
    one.rules.append(hanging)
    box = Box(tmp_path, rows)
    with box.daemon(DIEMTIN_CRAWL__TIMEOUT="5") as process:
        assert hanging.asked.wait(DEADLINE)
        until("the other outlet is stored", lambda: len(box.stored()) >= 3)
        orphans = children_of(process.pid)
        process.kill()
        process.wait()
        hanging.go.set()
        until("its crawl ends with it", lambda: not any(Path(f"/proc/{pid}").exists() for pid in orphans))
    with box.daemon() as process:
        until("all articles are stored", lambda: len(box.stored()) == 7)
        until("all are mailed", lambda: len(box.mailed()) >= 7)
        stop_cleanly(process)
    assert len(box.stored()) == len(set(box.stored())) == 7
    assert box.mailed() == sorted(set(box.mailed()))


def test_a_crawl_over_its_time_is_stopped_recorded_as_missed_and_told_while_the_daemon_lives(
    tmp_path: Path, press: tuple[Outlet, Outlet, Path]
) -> None:
    one, _, rows = press
    hanging = Hanging(192)
    one.rules.append(hanging)
    box = Box(tmp_path, rows)
    with box.daemon(DIEMTIN_CRAWL__MAX_MINUTES="0.15", DIEMTIN_CRAWL__TIMEOUT="3") as process:
        until("a run is missed", lambda: ("bao-mot", "missed") in box.outcomes())
        assert process.poll() is None
        assert not children_of(process.pid)
        stop_cleanly(process)
    hanging.go.set()
    with box.engine.connect() as connection:
        told = [
            a.body
            for a in connection.execute(
                sa.select(schema_delivery.alert).where(schema_delivery.alert.c.kind == "event")
            )
        ]
    assert [(b["event"], b["about"]) for b in told if b["about"] == "bao-mot"] == [("missed_run", "bao-mot")]
    assert "đã dừng" in next(b["detail"] for b in told if b["about"] == "bao-mot")


def children_of(pid: int) -> list[int]:
    """The crawls that a daemon has under way."""
    if not Path("/proc/self/task").exists():
        pytest.skip("no /proc on this system: children cannot be told")
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            status = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if int(status[1]) == pid and status[0] != "Z":
            found.append(int(entry.name))
    return found


# ---- the parts, without a process -----------------------------------------------------------------------------


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    for name in list(os.environ):
        if name.startswith("DIEMTIN_"):
            monkeypatch.delenv(name)
    config = Config(data=tmp_path / "data", shipped_sources=False, now=NOW)
    made = Daemon(config, open_database(config.url), config.clock)
    with made.engine.begin() as connection:
        ensure_operator(connection, "operator@example.org", now=NOW)
    yield made
    made.engine.dispose()


def ledger(daemon: Daemon) -> list[tuple[str, str | None, str | None]]:
    return [(r.source, r.outcome, r.problem) for r in runs.runs_since(daemon.engine, NOW - timedelta(days=9))]


def told(daemon: Daemon) -> list[tuple[str, str]]:
    with daemon.engine.connect() as connection:
        bodies = connection.scalars(
            sa.select(schema_delivery.alert.c.body).order_by(schema_delivery.alert.c.id)
        ).all()
    return [(body["about"], body["detail"]) for body in bodies]


def test_a_tick_that_came_too_late_is_in_the_ledger_and_told_once_a_day(daemon: Daemon) -> None:
    event = JobEvent(EVENT_JOB_MISSED, "crawl", "default")
    daemon.listen(event)
    daemon.listen(event)
    assert [row[:2] for row in ledger(daemon)] == [("*", "missed")] * 2
    assert told(daemon) == [("*", "crawl: trễ hơn 10 phút")]


def test_a_tick_whose_predecessor_still_runs_is_logged_and_is_no_missed_run(
    daemon: Daemon, caplog: pytest.LogCaptureFixture
) -> None:
    daemon.listen(JobEvent(EVENT_JOB_MAX_INSTANCES, "deliver", "default"))
    assert "deliver left out" in caplog.text
    assert (ledger(daemon), told(daemon)) == ([], [])


def test_a_tick_that_fails_is_logged_with_its_traceback_and_told(
    daemon: Daemon, caplog: pytest.LogCaptureFixture
) -> None:
    try:
        raise ValueError("a row is wrong")
    except ValueError as error:
        event = JobExecutionEvent(EVENT_JOB_ERROR, "crawl", "default", NOW, exception=error)
    daemon.listen(event)
    assert "Traceback" in caplog.text and "a row is wrong" in caplog.text
    assert told(daemon) == [("crawl", "a row is wrong")]


def test_a_tick_never_runs_twice_at_once_and_late_ones_become_one(daemon: Daemon) -> None:
    scheduler = make_scheduler(daemon)
    scheduler.start(paused=True)
    try:
        jobs = {job.id: job for job in scheduler.get_jobs()}
        assert {name: job.max_instances for name, job in jobs.items()} == {
            "crawl": 2,
            "deliver": 1,
            "health": 1,
            "sections": 1,
        }
        assert all(job.coalesce and job.misfire_grace_time == 600 for job in jobs.values())
    finally:
        scheduler.shutdown()


def test_a_box_that_was_off_says_so_when_it_comes_back(daemon: Daemon) -> None:
    daemon.begin()
    assert ledger(daemon) == [], "a first start has missed nothing"
    for ago, expected in ((timedelta(minutes=30), 0), (timedelta(hours=9), 1)):
        with daemon.engine.begin() as connection:
            connection.execute(sa.delete(schema.run))
        run = runs.open_run(daemon.engine, "bao-mot", now=NOW - ago)
        runs.close_run(daemon.engine, run, ended=NOW - ago, outcome="finished")
        daemon.begin()
        assert len([row for row in ledger(daemon) if row[1] == "missed"]) == expected
    assert told(daemon) == [("*", "diemtin không chạy từ 23:00 20/11/2026")]


def test_sources_rest_after_a_crawl_that_broke(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A child that cannot even begin must not be started every minute, nor fill the operator's mailbox."""
    outlet = Outlet("bao-mot", base="http://127.0.0.1:9")
    rows = tmp_path / "rows"
    rows.mkdir()
    (rows / "bao-mot.toml").write_text(outlet.toml(), encoding="utf-8")
    now = [NOW]
    daemon.config = daemon.config.model_copy(update={"sources": (rows,)})
    daemon.clock = lambda: now[0]
    begun: list[tuple[str, ...]] = []

    def command(due: list[str], *, due_only: bool = False) -> list[str]:
        begun.append(tuple(due))
        return [sys.executable, "-m", "crawler", "crawl", "--no-such-option"]

    monkeypatch.setattr("crawler.crawl.schedule.crawl_command", command)
    for minutes in (0, 1, 14, 16):
        now[0] = NOW + timedelta(minutes=minutes)
        daemon.crawl_due()
    assert timedelta(minutes=14) < AGAIN < timedelta(minutes=16)
    assert begun == [("bao-mot",), ("bao-mot",)]
    assert [row[:2] for row in ledger(daemon)] == [("bao-mot", "missed")] * 2
    assert told(daemon) == [("bao-mot", "lượt thu thập hỏng (mã 2), xem nhật ký")]
