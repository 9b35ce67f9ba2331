"""What goes wrong with the box is told: a full disk, a store that stays locked, killed workers, a signal."""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from crawler.config import load_config
from crawler.crawl.schedule import Daemon
from crawler.store.database import open_database
from tests.small_press import NOW, Answer, Ask, Outlet, crawl, environment, serving


def outlet(name: str, articles: int = 120) -> Outlet:
    made = Outlet(name, size=articles)
    made.add(200 - articles, 199)
    return made


def started(rows: Path, data: Path, *, file_size: int | None = None, **more: str) -> subprocess.Popen[bytes]:
    """A crawl; no file may grow over `file_size` bytes, as on a disk that is full."""

    def limit() -> None:
        if file_size is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))

    return subprocess.Popen(
        [sys.executable, "-m", "crawler", "crawl", "--json"],
        env=environment(rows, data, DIEMTIN_NOW=NOW.isoformat(), **more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=limit,
    )


def stored(data: Path) -> int:
    with sqlite3.connect(data / "diemtin.db") as connection:
        count: int = connection.execute("SELECT count(*) FROM article").fetchone()[0]
    return count


def runs(data: Path) -> list[str | None]:
    with sqlite3.connect(data / "diemtin.db") as connection:
        return [row[0] for row in connection.execute("SELECT outcome FROM run ORDER BY id")]


def mails_of_the_daemon(rows: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the daemon's ticks of an hour tell the operator once there is room again: the texts of the mails."""
    for name, value in environment(rows, data, DIEMTIN_MAIL__OPERATOR="truc@example.org").items():
        monkeypatch.setenv(name, value)
    config = load_config()
    now = NOW + timedelta(minutes=10)
    daemon = Daemon(config, open_database(config.url), lambda: now)
    for _ in range(2):
        daemon.deliver_due()
        daemon.check_health()
        daemon.deliver_due()
    daemon.engine.dispose()
    mails = [message_from_bytes(p.read_bytes(), policy=policy.default) for p in config.outbox.glob("*.eml")]
    return [str(mail["Subject"]) + mail.get_body(("plain",)).get_content() for mail in mails]  # type: ignore[union-attr]


def test_a_full_disk_ends_the_crawl_as_failed_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    press = outlet("day-dia")
    with serving(press, folder=tmp_path) as rows:
        crawl(rows, tmp_path, "--limit", "1")
        room = (tmp_path / "diemtin.db").stat().st_size + 300_000
        child = started(rows, tmp_path, file_size=room)
        out, err = child.communicate(timeout=300)
        assert child.returncode == 1, err.decode()
        said = json.loads(out)["day-dia"]
        assert said["errors"] >= 1 and "the store:" in said["problem"]
        assert "Đã dừng mọi nguồn" in err.decode() and "Traceback" not in err.decode()
        before = stored(tmp_path)
        assert before < 120
        told = mails_of_the_daemon(rows, tmp_path, monkeypatch)
        assert len(told) == 1, "one mail, however often the daemon looks"
        assert "Báo day-dia" in told[0] and "the store:" in told[0]
        said = crawl(rows, tmp_path)["day-dia"]
    assert stored(tmp_path) == 120
    assert said["problem"] is None
    assert runs(tmp_path)[1] in ("failed", "killed")


def no_room(pid: int) -> None:
    """From now on the process can write no byte into any file, whatever it would make room for."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, 0))


def test_a_disk_without_room_for_the_row_of_the_run_is_told_by_word_and_exit_code(tmp_path: Path) -> None:
    press = outlet("kin-dia", 20)
    children: list[subprocess.Popen[bytes]] = []

    def fills(_: Outlet, ask: Ask) -> Answer | None:
        if "post" in ask.path and children:
            no_room(children[0].pid)
        return None

    press.rules.append(fills)
    with serving(press, folder=tmp_path) as rows:
        crawl(rows, tmp_path, "--limit", "1")
        children.append(started(rows, tmp_path))
        out, err = children[0].communicate(timeout=300)
        assert children[0].returncode == 1 and "Traceback" not in err.decode(), err.decode()
        assert "Đã dừng mọi nguồn" in err.decode() and "không ghi được sổ thu thập" in err.decode()
        assert json.loads(out)["kin-dia"]["errors"] >= 1
        assert runs(tmp_path) == ["finished", None]
        press.rules.clear()
        assert crawl(rows, tmp_path)["kin-dia"]["problem"] is None
    assert runs(tmp_path) == ["finished", "killed", "finished"]
    assert stored(tmp_path) == 20


def test_the_daemon_tells_of_a_crawl_that_could_not_close_its_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    press = outlet("kin-dia", 20)

    def fills(_: Outlet, ask: Ask) -> Answer | None:
        if "post" in ask.path:
            table = subprocess.run(
                ["ps", "-ww", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True
            )
            for line in table.stdout.splitlines():
                if f" {os.getpid()} " in line and "crawler.crawl.child" in line:
                    no_room(int(line.split()[0]))
        return None

    press.rules.append(fills)
    with serving(press, folder=tmp_path) as rows:
        for name, value in environment(rows, tmp_path, DIEMTIN_MAIL__OPERATOR="truc@example.org").items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("DIEMTIN_NOW", NOW.isoformat())
        config = load_config()
        said: list[str] = []
        daemon = Daemon(config, open_database(config.url), lambda: NOW, say=said.append)
        daemon.crawl_due()
        daemon.deliver_due()
        daemon.deliver_due()
        daemon.engine.dispose()
    assert "không ghi được kết quả" in said[0]
    [mail] = [message_from_bytes(p.read_bytes(), policy=policy.default) for p in config.outbox.glob("*.eml")]
    assert "Báo kin-dia" in str(mail["Subject"]) + mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "không ghi được kết quả" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_a_store_that_stays_locked_ends_the_crawl_as_failed(tmp_path: Path) -> None:
    press = outlet("bi-khoa", 40)
    lock: list[sqlite3.Connection] = []

    def locks(_: Outlet, ask: Ask) -> Answer | None:
        if "post" in ask.path and not lock:
            held = sqlite3.connect(tmp_path / "diemtin.db", check_same_thread=False, isolation_level=None)
            held.execute("BEGIN IMMEDIATE")
            lock.append(held)
        return None

    press.rules.append(locks)
    with serving(press, folder=tmp_path) as rows:
        # It waits two seconds instead of thirty for the lock.
        child = started(rows, tmp_path, DIEMTIN_DATABASE_URL=f"sqlite:///{tmp_path}/diemtin.db?timeout=2")
        threading.Timer(40, lambda: [held.rollback() for held in lock]).start()
        out, err = child.communicate(timeout=300)
        assert child.returncode == 1, err.decode()
        assert "Traceback" not in err.decode()
        said: dict[str, Any] = json.loads(out)["bi-khoa"]
        assert said["stored"] == 0 and said["errors"] >= 1
        assert "khóa" in said["problem"]
        lock[0].rollback()
        press.rules.clear()
        assert crawl(rows, tmp_path)["bi-khoa"]["problem"] is None
    assert stored(tmp_path) == 40


def test_sigterm_and_ctrl_c_end_a_crawl_as_interrupted(tmp_path: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        press = outlet(f"ngat-{number.name.lower()}", 60)
        press.robots = Answer("User-agent: *\nCrawl-delay: 5\n")
        with serving(press, folder=tmp_path / number.name) as rows:
            child = started(rows, tmp_path / number.name)
            while len(press.hits) < 2:
                time.sleep(0.1)
            child.send_signal(number)
            began = time.monotonic()
            out, err = child.communicate(timeout=120)
            assert time.monotonic() - began < 30, "it does not wait for the pauses of the outlet"
        assert child.returncode == 1
        assert "Đã dừng theo yêu cầu" in err.decode() and "Traceback" not in err.decode()
        assert "interrupted" in json.loads(out)[press.id]["problem"]
        assert runs(tmp_path / number.name) == ["interrupted"]


def test_kills_of_workers_alone_lose_no_article(tmp_path: Path) -> None:
    press = outlet("giet-tho", 150)
    killed = threading.Event()

    def waits_for_a_kill(_: Outlet, ask: Ask) -> Answer | None:
        if "post" in ask.path and len(press.asked("post")) > 20:
            killed.wait(60)
        return None

    press.rules.append(waits_for_a_kill)
    with serving(press, folder=tmp_path) as rows:
        child = started(rows, tmp_path, DIEMTIN_WORKERS="2")
        while child.poll() is None:
            time.sleep(0.3)
            if len(press.asked("post")) > 5 and kill_one(child.pid):
                killed.set()
        out, err = child.communicate(timeout=300)
        assert killed.is_set(), err.decode()
        lost = 150 - stored(tmp_path)
        assert lost == json.loads(out)["giet-tho"]["dropped"].get("unread", 0), "what is not stored is owed"
        crawl(rows, tmp_path)
    assert stored(tmp_path) == 150


def kill_one(parent: int) -> int:
    """Kill one worker of a crawl, which is a child of its fork server (`-ww`: `ps` cuts its lines to `COLUMNS`)."""
    table = subprocess.run(
        ["ps", "-ww", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True
    ).stdout
    parsed = [line.split(None, 2) for line in table.splitlines()[1:]]
    servers = {pid for pid, ppid, args in parsed if int(ppid) == parent and "forkserver" in args}
    workers = [int(pid) for pid, ppid, _ in parsed if ppid in servers]
    if workers:
        os.kill(workers[-1], signal.SIGKILL)
    return len(workers[-1:])
