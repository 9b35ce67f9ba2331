"""The pages of the sources over real stores, and "crawl now" over a real press on loopback."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import sqlalchemy as sa

from crawler.config import Config
from crawler.crawl.schedule import Daemon
from crawler.crawl.turns import Turns, is_taken
from crawler.store import runs, schema
from crawler.store.audit import audit_page
from crawler.store.database import open_database
from crawler.web.visitor import Role
from tests.press_room import MORNING, OUTLETS, PressRoom, outlet
from tests.small_press import NOW, Answer, Ask, Outlet, serving, start
from tests.web_visit import PageVisitor, as_role

DEADLINE = 60
"""Seconds until a condition that should hold in a few counts as not reached."""
HOSTILE = '<script>alert(1)</script>"\u202e' + "dài " * 400


def until(what: str, holds: Callable[[], Any]) -> Any:
    end, pause = monotonic() + DEADLINE, threading.Event()
    while monotonic() < end:
        if found := holds():
            return found
        pause.wait(0.05)
    raise AssertionError(f"not within {DEADLINE} s: {what}")


def a_run(engine: sa.Engine, source: str, *, days: float = 0, outcome: str = "finished", **more: Any) -> None:
    began = MORNING - timedelta(days=days, hours=1)
    number = runs.open_run(engine, source, now=began)
    values: dict[str, Any] = {
        "counts": {"stored": 2},
        "requests": 5,
        "found": 2,
        "errors": 0,
        "problem": None,
    }
    runs.close_run(engine, number, ended=began, outcome=outcome, **values | more)


def a_drop(engine: sa.Engine, n: int, disposition: str = "dropped:unread", title: str | None = None) -> None:
    url = f"https://bao-lam-ha.example/{n}"
    with engine.begin() as conn:
        conn.execute(
            sa.insert(schema.link).values(
                url=url, ask=url, source="bao-lam-ha", title=title or f"Bài {n}", found=MORNING,
                disposition=disposition, settled=MORNING - timedelta(minutes=n), why="HTTP 503", attempts=1,
            )
        )  # fmt: skip


def test_what_needs_a_person_stands_first_and_what_was_never_looked_at_is_folded(engine: sa.Engine) -> None:
    a_run(engine, "bao-lam-ha")
    a_run(engine, "bao-an-khe", outcome="blocked", problem="bot wall: the page is a challenge", counts={})
    page = PageVisitor(engine).get("/nguon")
    places = [
        page.index(words) for words in ("Cần người xem", "Báo An Khê Sơn", "Không phải làm gì", "Báo Lam Hà")
    ]
    assert places == sorted(places)
    assert "tường chặn máy" in page, "what the outlet answered is told in Vietnamese"
    assert page.index("Chưa xem lần nào: 1") < page.index("Báo Cù Lao Hạ")


def test_an_empty_registry_says_how_to_fill_it(engine: sa.Engine) -> None:
    assert "diemtin sources add" in PageVisitor(engine, {}).get("/nguon")


def test_the_list_is_told_to_programs_as_the_command_tells_it_and_to_spreadsheets(engine: sa.Engine) -> None:
    a_run(engine, "bao-an-khe", outcome="failed", problem="HTTP 503", counts={})
    visitor = PageVisitor(engine)
    told = visitor.ask("/nguon.json").json()["sources"]
    assert [one["source"] for one in told][:1] == ["bao-an-khe"]
    assert (told[0]["state"], told[0]["detail"]) == ("failing", "HTTP 503")
    lines = visitor.get("/nguon.csv").splitlines()
    assert len(lines) == 1 + len(OUTLETS) and "máy chủ đang lỗi" in lines[1]
    assert visitor.ask("/nguon.xlsx").content[:2] == b"PK"
    assert "không có dạng .pdf" in visitor.get("/nguon.pdf", 400)


def test_a_source_shows_its_days_its_fields_its_second_reader_and_its_sections(engine: sa.Engine) -> None:
    fields = {
        "read": 10,
        "published": 10,
        "lead": 5,
        "authors": 0,
        "captions": 0,
        "compared": 10,
        "agreed": 8_000,
    }
    a_run(engine, "bao-lam-ha", days=20, fields=fields | {"lead": 10})
    a_run(engine, "bao-lam-ha", fields=fields)
    with engine.begin() as conn:
        press = PressRoom(conn)
        press.article("Đại hội chi bộ", story=press.story())
        press.article("Bài không ngày", story=press.story(), published=None)
        press.article("Báo khác", story=press.story(), source="bao-an-khe")
        conn.execute(
            sa.insert(schema.channel).values(
                source="bao-lam-ha", url="https://bao-lam-ha.example/xay-dung-dang/", kind="listing",
                looked=MORNING, due=MORNING + timedelta(minutes=40), failures=0, problem=None,
            )
        )  # fmt: skip
    page = PageVisitor(engine).get("/nguon/bao-lam-ha")
    assert "80 %" in page and "trên 20 bài" in page
    assert "50 %" in page and "100 %" in page, "the lead of late, and before"
    assert page.count("07:10 22/11/2026") == 1, "the next look at its section"
    assert 'href="/tim?q=ngu%E1%BB%93n%3A%22bao-lam-ha%22+ng%C3%A0y%3A2026-11-21"' in page
    told = PageVisitor(engine).ask("/nguon/bao-lam-ha.json").json()
    assert {day: n for day, n in told["articles_per_day"].items() if n} == {"2026-11-21": 1}, (
        "a day leads to its articles"
    )
    assert len(told["articles_per_day"]) == 60
    assert told["fields"][2] == {"name": "lead", "found": 5, "of": 10, "share": 0.5, "before": 1.0}


def test_the_day_of_an_article_leads_to_that_article(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        press = PressRoom(conn)
        press.article("Đại hội chi bộ", story=press.story())
        press.article("Tin hôm khác", story=press.story(), published="2026-11-20T08:00:00+07:00")
    page = PageVisitor(engine).get('/tim?q=nguồn:"bao-lam-ha" ngày:2026-11-21')
    assert "Đại hội chi bộ" in page and "Tin hôm khác" not in page


def test_runs_come_in_pages_the_newest_first(engine: sa.Engine) -> None:
    for n in range(60):
        a_run(engine, "bao-lam-ha", days=60 - n, requests=100 + n)
    visitor = PageVisitor(engine)
    assert "Tất cả 60 lượt" in visitor.get("/nguon/bao-lam-ha")
    first = visitor.get("/nguon/bao-lam-ha/luot")
    assert ">159<" in first and ">110<" in first and ">109<" not in first
    after = visitor.ask("/nguon/bao-lam-ha/luot.json").json()
    assert after["total"] == 60 and len(after["runs"]) == 60
    last = visitor.get("/nguon/bao-lam-ha/luot?after=11")
    assert ">109<" in last and ">110<" not in last and "Trang tiếp" not in last
    assert "không phải dấu trang" in visitor.get("/nguon/bao-lam-ha/luot?after=abc", 400)


def test_what_was_dropped_is_listed_by_reason_in_pages_and_a_hostile_title_is_harmless(
    engine: sa.Engine,
) -> None:
    for n in range(60):
        a_drop(engine, n)
    a_drop(engine, 61, "dropped:off_topic", HOSTILE)
    a_drop(engine, 62, "dropped:too_old")
    visitor = PageVisitor(engine)
    page = visitor.get("/nguon/bao-lam-ha")
    assert "máy đọc hỏng giữa chừng" in page and "Tất cả 61" in page, "what is too old was no article for us"
    found = visitor.get("/nguon/bao-lam-ha/bo?ly_do=off_topic")
    assert "<script>alert" not in found and "&lt;script&gt;alert" in found
    assert "Bài 49" in visitor.get("/nguon/bao-lam-ha/bo") and "Bài 50" not in visitor.get(
        "/nguon/bao-lam-ha/bo"
    )
    later = visitor.get("/nguon/bao-lam-ha/bo?after=https%3A%2F%2Fbao-lam-ha.example%2F49")
    assert "Bài 50" in later and "Bài 49" not in later
    assert "không có lý do này" in visitor.get("/nguon/bao-lam-ha/bo?ly_do=x", 400)
    assert "không có bài bị bỏ nào" in visitor.get("/nguon/bao-lam-ha/bo?after=x", 400)
    assert len(visitor.ask("/nguon/bao-lam-ha/bo.json").json()["dropped"]) == 61


def test_a_source_that_is_not_there_is_said_to_be_none(engine: sa.Engine) -> None:
    visitor = PageVisitor(engine)
    for path in ("/nguon/bao-la", "/nguon/bao-la/luot", "/nguon/bao-la/bo", "/nguon/bao-la.json"):
        assert "bao-la" in visitor.get(path, 404)


def test_a_reader_sees_the_sources_and_cannot_have_them_crawled(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_role(Role.EDITOR, monkeypatch)
    visitor = PageVisitor(engine)
    assert "Xem ngay" not in visitor.get("/nguon/bao-lam-ha")
    assert visitor.client.post("/nguon/bao-lam-ha/xem").status_code == 403


# ---- crawl now -------------------------------------------------------------------------------------------------


@dataclass
class Desk:
    """A press with two outlets, and the pages over the data folder that watches it."""

    one: Outlet
    data: Path
    rows: Path
    visitor: PageVisitor
    engine: sa.Engine

    def send(self, source: str = "bao-mot") -> Any:
        return self.visitor.send("/nguon/bao-mot", "/nguon/bao-mot/xem") if source == "bao-mot" else None

    def outcomes(self) -> list[str | None]:
        return [run.outcome for run in runs.runs_since(self.engine, NOW - timedelta(days=1))]

    def running(self) -> bool:
        return self.visitor.context.crawls.is_running(self.visitor.context.config, "bao-mot")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("DIEMTIN_NOW", NOW.isoformat())
    monkeypatch.setenv("DIEMTIN_WORKERS", "0")
    one = Outlet("bao-mot")
    one.add(191, 193)
    data = tmp_path / "data"
    data.mkdir()
    with serving(one, folder=tmp_path) as rows:
        config = Config(data=data, sources=(rows,), shipped_sources=False, allow_private=True, workers=0)
        engine = open_database(config.url)
        visitor = PageVisitor(engine, config.registry(), config, now=NOW)
        yield Desk(one, data, rows, visitor, engine)
        visitor.context.crawls.close()
        engine.dispose()


def test_crawl_now_stores_what_is_new_and_the_page_says_that_it_runs_until_it_has_ended(desk: Desk) -> None:
    gate = threading.Event()

    def waits(outlet: Outlet, ask: Ask) -> Answer | None:
        if "post192." in ask.path:
            gate.wait(DEADLINE)
        return None

    desk.one.rules.append(waits)
    answer = desk.send()
    assert (answer.status_code, answer.headers["Location"]) == (303, "/nguon/bao-mot#xem")
    page = desk.visitor.get("/nguon/bao-mot")
    assert "Đang xem nguồn này" in page and "Xem ngay" not in page
    with desk.engine.connect() as conn:
        [row] = audit_page(conn, limit=9).items
    assert (row.who, row.what, row.subject) == ("local", "source.crawl", "bao-mot")
    until("the crawl has its turn", lambda: is_taken(desk.data, "bao-mot"))
    token = desk.visitor.client.cookies["diemtin_form"]
    again = desk.visitor.client.post("/nguon/bao-mot/xem", data={"form_token": token})
    assert again.status_code == 400 and "đang được xem rồi" in again.text
    other = start(desk.rows, desk.data, "crawl", "bao-mot", DIEMTIN_NOW=NOW.isoformat())
    _, said = other.communicate(timeout=DEADLINE)
    assert other.returncode == 1 and "Đang có lượt khác xem" in said.decode(), (
        "the command leaves it alone, too"
    )
    gate.set()
    until("the crawl has ended", lambda: not desk.running())
    assert desk.outcomes() == ["finished"]
    assert len(desk.one.asked("post")) == 3
    page = desk.visitor.get("/nguon/bao-mot")
    assert "Xem ngay" in page and "Đang xem nguồn này" not in page


def test_a_source_that_another_process_crawls_is_refused_and_shown_as_running(desk: Desk) -> None:
    turns = Turns(desk.data)
    assert turns.take(["bao-mot"]) == {"bao-mot"}
    assert "Đang xem nguồn này" in desk.visitor.get("/nguon/bao-mot")
    token = desk.visitor.client.cookies["diemtin_form"]
    refused = desk.visitor.client.post("/nguon/bao-mot/xem", data={"form_token": token})
    assert refused.status_code == 400 and "đang được xem rồi" in refused.text
    turns.give_back()
    assert "Xem ngay" in desk.visitor.get("/nguon/bao-mot")
    assert desk.outcomes() == []


def test_a_form_of_another_site_crawls_nothing(desk: Desk) -> None:
    desk.visitor.get("/nguon/bao-mot")
    assert desk.visitor.client.post("/nguon/bao-mot/xem", data={"form_token": "x"}).status_code == 403
    token = desk.visitor.client.cookies["diemtin_form"]
    foreign = desk.visitor.client.post(
        "/nguon/bao-mot/xem", data={"form_token": token}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert foreign.status_code == 403 and not desk.running()


def test_a_disabled_source_has_no_button_and_is_not_crawled(engine: sa.Engine) -> None:
    off = outlet("bao-tat", "Báo Tắt", "Lam Hà").model_copy(update={"disabled": "2026-11-01 ngừng ra"})
    visitor = PageVisitor(engine, {"bao-tat": off})
    assert "ngừng ra" in visitor.get("/nguon/bao-tat") and "Xem ngay" not in visitor.get("/nguon/bao-tat")
    token = visitor.client.cookies["diemtin_form"]
    assert visitor.client.post("/nguon/bao-tat/xem", data={"form_token": token}).status_code == 400


def test_a_turn_is_one_process_only_and_ends_with_it(tmp_path: Path) -> None:
    mine, theirs = Turns(tmp_path), Turns(tmp_path)
    assert mine.take(["bao-mot", "bao-hai"]) == {"bao-mot", "bao-hai"}
    assert theirs.take(["bao-mot", "bao-ba"]) == {"bao-ba"}
    assert is_taken(tmp_path, "bao-mot") and not is_taken(tmp_path, "bao-bon")
    mine.give_back()
    assert not is_taken(tmp_path, "bao-mot")
    assert theirs.take(["bao-mot"]) == {"bao-mot"}
    theirs.give_back()


def test_the_daemon_leaves_a_source_alone_that_somebody_else_crawls(desk: Desk) -> None:
    daemon = Daemon(desk.visitor.context.config, desk.engine, lambda: NOW)
    turns = Turns(desk.data)
    turns.take(["bao-mot"])
    daemon.crawl_due()
    assert desk.outcomes() == []
    turns.give_back()
    daemon.crawl_due()
    assert desk.outcomes() == ["finished"]
