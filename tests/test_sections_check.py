"""Once a week the daemon looks whether every section still stands at its address, and tells the operator."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.config import Config
from crawler.crawl import sections_check
from crawler.crawl.schedule import Daemon
from crawler.store import runs
from crawler.store.database import open_database
from crawler.store.watches import ensure_operator
from tests.small_press import Outlet, serving
from tests.test_mend import moved_outlet

NIGHT = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
"""3:00 in Vietnam."""


def daemon(tmp_path: Path, rows: Path | None = None, now: datetime = NIGHT) -> Daemon:
    sources = (rows,) if rows else ()
    config = Config(
        data=tmp_path / "data", sources=sources, shipped_sources=False, allow_private=True, now=now
    )
    made = Daemon(config, open_database(config.url), config.clock)
    with made.engine.begin() as connection:
        ensure_operator(connection, "operator@example.org", now=now)
    return made


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith("DIEMTIN_"):
            monkeypatch.delenv(name)
    yield


def ran(made: Daemon, source: str, when: datetime) -> None:
    run = runs.open_run(made.engine, source, now=when)
    runs.close_run(made.engine, run, ended=when, outcome="finished")


def test_it_is_due_a_week_after_the_last_one_at_night_and_later_at_any_hour(tmp_path: Path) -> None:
    made = daemon(tmp_path)
    assert not sections_check.is_due(made.engine, NIGHT), (
        "a new store has been checked by the one who made it"
    )
    ran(made, "bao-a", NIGHT - timedelta(days=8))
    assert sections_check.is_due(made.engine, NIGHT)
    assert not sections_check.is_due(made.engine, NIGHT + timedelta(hours=6)), "not by day"
    assert sections_check.is_due(made.engine, NIGHT + timedelta(days=2, hours=6)), (
        "unless it is never on at night"
    )
    ran(made, sections_check.LEDGER, NIGHT)
    assert not sections_check.is_due(made.engine, NIGHT + timedelta(days=6, hours=23))
    assert sections_check.is_due(made.engine, NIGHT + timedelta(days=7))


def test_a_lost_section_is_mailed_to_the_operator_once_with_its_new_address(tmp_path: Path) -> None:
    lost = moved_outlet("<a href='/xay-dung-dang/'>Xây dựng Đảng</a>")
    well = Outlet("bao-van-tot")
    well.add(150, 190)
    with serving(lost, well, folder=tmp_path) as rows:
        row = rows / f"{lost.id}.toml"
        row.write_text(row.read_text(encoding="utf-8").replace("/xay-dung-dang", "/muc-cu"), encoding="utf-8")
        made = daemon(tmp_path, rows)
        ran(made, lost.id, NIGHT - timedelta(days=8))
        made.check_sections()
        made.check_sections()
        made.deliver_due()
    [done] = runs.runs_since(made.engine, NIGHT - timedelta(hours=1), sections_check.LEDGER)
    assert (done.outcome, done.found) == ("finished", 1)
    [mail] = [f.read_text(encoding="utf-8") for f in (tmp_path / "data" / "outbox").glob("*.eml")]
    assert f"{lost.base}/xay-dung-dang/" in mail.replace("=\n", "").replace("=3D", "=")
    assert "sources check --mend" in mail
    made.engine.dispose()


def test_an_answer_that_is_none_is_a_failed_look(tmp_path: Path) -> None:
    made = daemon(tmp_path)
    run = runs.open_run(made.engine, sections_check.LEDGER, now=NIGHT)
    assert sections_check.report(made.engine, b"", run=run, now=NIGHT) == 0
    [done] = runs.runs_since(made.engine, NIGHT, sections_check.LEDGER)
    assert done.outcome == "failed" and done.problem
    made.engine.dispose()
