"""When nothing resolves, it is the box: one line, no host shut, and one alarm when the network is back."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.config import load_config
from crawler.crawl.ledger import Ledger
from crawler.crawl.own_network import is_down, resolves_any
from crawler.crawl.schedule import Daemon
from crawler.store import runs
from crawler.store.database import open_database
from tests.small_press import NOW, Outlet, crawl, environment, serving, start

DEAD = ("bao-mot", "bao-hai", "bao-ba")


def dead_row(rows: Path, name: str) -> None:
    """An outlet whose name nobody resolves (RFC 6761 reserves `.invalid`)."""
    base = f"http://{name}.invalid"
    (rows / f"{name}.toml").write_text(
        f'id = "{name}"\nname = "Báo {name}"\nprovince = "Mây Trắng"\nhomepage = "{base}/"\nevidence = "seen"\n'
        f'fictitious = true\n[[sections]]\nname = "Xây dựng Đảng"\nurl = "{base}/xay-dung-dang/"\n'
        f"[articles]\nurl = '^{base}/.*-post\\d+\\.html$'\n",
        encoding="utf-8",
    )


def test_an_outage_of_our_own_is_one_line_and_held_against_nobody(tmp_path: Path) -> None:
    press = Outlet("song")
    press.add(195, 199)
    with serving(press, folder=tmp_path) as rows:
        for name in DEAD:
            dead_row(rows, name)
        for minutes in (0, 10):
            moment = (NOW + timedelta(minutes=minutes)).isoformat()
            child = start(
                rows, tmp_path, "crawl", "--json", *DEAD, DIEMTIN_NOW=moment,
                DIEMTIN_MAIL__OPERATOR="truc@example.org",
            )  # fmt: skip
            out, err = child.communicate(timeout=300)
            assert child.returncode == 1
            assert len(err.decode().splitlines()) == 1, err.decode()
            assert {row["problem"].split(" /")[0] for row in json.loads(out).values()} == {
                "mạng của máy này không ra ngoài được"
            }
        with sqlite3.connect(tmp_path / "diemtin.db") as store:
            assert set(store.execute("SELECT outcome FROM run")) == {("offline",)}
            assert set(store.execute("SELECT failures, closed_until FROM host")) == {(0.0, None)}
            assert set(store.execute("SELECT failures FROM channel")) == {(0.0,)}

        later = NOW + timedelta(hours=3)
        operator = {"DIEMTIN_MAIL__OPERATOR": "truc@example.org"}
        said = crawl(rows, tmp_path, "song", "bao-mot", now=later, **operator)
        assert said["song"]["found"] == 5
        assert "không ra ngoài" not in said["bao-mot"]["problem"], "others were reached: the fault is its own"
        crawl(rows, tmp_path, "song", now=later + timedelta(minutes=30), **operator)
        for _ in range(2):
            mail = start(rows, tmp_path, "deliver", DIEMTIN_NOW=later.isoformat(), **operator)
            mail.communicate(timeout=120)
    told = [path.read_bytes() for path in (tmp_path / "outbox").glob("*.eml")]
    assert len(told) == 1 and b"truc@example.org" in told[0]
    with sqlite3.connect(tmp_path / "diemtin.db") as store:
        events = store.execute("SELECT body FROM alert WHERE kind = 'event'").fetchall()
    assert len([row for row in events if "network_down" in row[0]]) == 1


def test_the_daemon_asks_nobody_for_five_minutes_while_our_network_is_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rows").mkdir()
    for name in DEAD:
        dead_row(tmp_path / "rows", name)
    for name, value in environment(tmp_path / "rows", tmp_path).items():
        monkeypatch.setenv(name, value)

    def crawled(minutes: float) -> int:
        moment = NOW + timedelta(minutes=minutes)
        monkeypatch.setenv("DIEMTIN_NOW", moment.isoformat())
        now.append(moment)
        daemon.crawl_due()
        return len(runs.runs_since(engine, moment))

    config = load_config()
    engine = open_database(config.url)
    now = [NOW]
    daemon = Daemon(config, engine, lambda: now[-1])
    assert [crawled(minutes) for minutes in (0, 1, 2, 4.9, 5)] == [3, 0, 0, 0, 3]
    assert {row.outcome for row in runs.runs_since(engine, NOW)} == {"offline"}


def test_one_source_alone_or_one_that_answers_says_nothing_of_our_network() -> None:
    def asked(problem: str | None, found: str | None = None) -> Ledger:
        ledger = Ledger("x", requests=3, problem=problem)
        ledger.links.update([found] if found else [])
        return ledger

    dead, refused = "CannotResolveHostError: x", "DownloadConnectionRefusedError: x"
    assert not is_down({"a": asked(dead)})
    assert is_down({"a": asked(dead)}, elsewhere=lambda: False)
    assert not is_down({"a": asked(dead)}, elsewhere=lambda: True)
    assert not is_down({"a": asked(refused)}, elsewhere=lambda: False)
    assert is_down({"a": asked(dead), "b": asked(dead)})
    assert not is_down({"a": asked(dead), "b": asked(refused)})
    assert not is_down({"a": asked(dead), "b": asked(None, "http://b/1")})


def test_a_source_that_is_crawled_alone_is_not_blamed_while_no_other_name_resolves(tmp_path: Path) -> None:
    (tmp_path / "rows").mkdir()
    for name in DEAD:
        dead_row(tmp_path / "rows", name)
    said = crawl(tmp_path / "rows", tmp_path, "bao-mot")
    assert said["bao-mot"]["problem"].startswith("mạng của máy này không ra ngoài được")
    with sqlite3.connect(tmp_path / "diemtin.db") as store:
        assert store.execute("SELECT outcome FROM run").fetchall() == [("offline",)]
        assert store.execute("SELECT max(failures) FROM host").fetchone() == (0,)
    # The name of another outlet resolves: the fault is its own.
    (tmp_path / "sitecustomize.py").write_text(
        "import socket\n"
        "asked = socket.getaddrinfo\n"
        "def knows(name, *more, **named):\n"
        "    return asked('127.0.0.1' if name == 'bao-hai.invalid' else name, *more, **named)\n"
        "socket.getaddrinfo = knows\n",
        encoding="utf-8",
    )
    later = NOW + timedelta(hours=1)
    said = crawl(tmp_path / "rows", tmp_path, "bao-mot", now=later, PYTHONPATH=str(tmp_path))
    assert "CannotResolveHostError" in said["bao-mot"]["problem"]


def test_only_names_are_looked_up() -> None:
    assert resolves_any(["127.0.0.1", "::1", "localhost", ""]) is None
    assert resolves_any(["a.invalid", "b.invalid"]) is False
