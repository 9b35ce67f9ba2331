"""`diemtin watch …` and `diemtin deliver …` as the operator meets them: a store, a command line, an answer."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import crawler.cli
from crawler.article import Disposition
from crawler.config import PREFIX
from crawler.delivery.backtest import TOO_BROAD
from crawler.delivery.tick import is_alive, this_process
from crawler.query.parser import parse
from crawler.query.unknown import unknown_values
from crawler.store import deliveries, frontier, outbox, watches
from crawler.store.database import open_database
from tests.press_room import MORNING, OUTLETS, PressRoom

READER = "van.phong@lamha.example"


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Diemtin = Callable[..., Answer]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sa.Engine]:
    """An empty store in a data folder of its own, where it is the morning of the tests."""
    for name in list(os.environ):
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)
    for name, value in {"DATA": tmp_path, "SHIPPED_SOURCES": "0", "NOW": MORNING.isoformat()}.items():
        monkeypatch.setenv(PREFIX + name, str(value))
    engine = open_database(f"sqlite:///{tmp_path / 'diemtin.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def diemtin(store: sa.Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Diemtin:
    """The console script in this process."""

    def run(*arguments: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["diemtin", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            crawler.cli.main()
        told = capsys.readouterr()
        code = stopped.value.code
        return Answer(code if isinstance(code, int) else 0, told.out, told.err)

    return run


# ---- people --------------------------------------------------------------------------------------------------


def test_the_operator_takes_an_address_off_every_watch_by_its_owners_word(diemtin: Diemtin) -> None:
    for scope in ("document", "meeting"):
        assert (
            diemtin("watch", "add", "", "--scope", scope, "--to", READER, "--to", "b@lamha.example").code == 0
        )
    assert diemtin("watch", "leave", "van.phong@LamHa.example").code == 0  # a domain knows no case
    people = [r["address"] for w in diemtin("watch", "list", "--json").json for r in w["to"]]
    assert people == ["b@lamha.example"] * 2
    refused = diemtin("watch", "add", "", "--scope", "document", "--to", READER)
    assert refused.code == 2 and "--ask" in refused.err


def test_an_address_nobody_gave_cannot_leave(diemtin: Diemtin) -> None:
    for typed in ("ai.do@lamha.example", "khong phai dia chi"):
        answer = diemtin("watch", "leave", typed)
        assert answer.code == 2 and typed in answer.err


# ---- queries -------------------------------------------------------------------------------------------------


def test_a_query_of_several_words_needs_no_quotes(diemtin: Diemtin) -> None:
    added = diemtin("watch", "add", "kiểm", "tra", "VÀ", "chi", "bộ", "--to", READER, "--force")
    assert added.code == 0, added.err
    assert [w["query"] for w in diemtin("watch", "list", "--json").json] == ["kiểm tra VÀ chi bộ"]
    tried = diemtin("watch", "test", "kiểm", "tra", "VÀ", "chi", "bộ", "--json")
    assert tried.code == 0 and tried.json["query"] == "kiểm tra VÀ chi bộ"
    quoted = diemtin("watch", "test", '"kiểm tra" VÀ chi', "bộ", "--json")
    assert quoted.json["query"] == '"kiểm tra" VÀ chi bộ'


def test_a_watch_that_was_set_aside_says_so_and_why(diemtin: Diemtin, store: sa.Engine) -> None:
    for query in ("đảng", "chi bộ"):
        assert diemtin("watch", "add", query, "--to", READER, "--force").code == 0
    with store.begin() as connection:
        connection.execute(sa.text("UPDATE watch SET query = :q WHERE id = 2"), {"q": "chỉ thị 5 " * 9})
    broken, sound = diemtin("watch", "list", "--json").json
    assert sound["set_aside"] is None and "nối các cụm bằng VÀ" in broken["set_aside"]
    shown = diemtin("watch", "list")
    assert shown.code == 0 and shown.out.count("Gác lại") == 1 and "watch edit 2 --query" in shown.out


def test_watches_are_listed_page_by_page_the_newest_first(
    diemtin: Diemtin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawler.cli.watching.SHOWN", 2)
    for query in ("đảng", "chi bộ", "đại hội"):
        assert diemtin("watch", "add", query, "--to", READER, "--force").code == 0
    shown = diemtin("watch", "list").out
    assert "3  đại hội" in shown and "2  chi bộ" in shown and "1  đảng" not in shown
    assert "… và 1 nữa; trang tiếp: --after 2" in shown
    rest = diemtin("watch", "list", "--after", "2").out
    assert "1  đảng" in rest and "chi bộ" not in rest and "--after" not in rest
    assert [one["id"] for one in diemtin("watch", "list", "--json").json] == [3, 2, 1]
    assert [one["id"] for one in diemtin("watch", "list", "--json", "--limit", "1", "--after", "3").json] == [
        2
    ]
    assert diemtin("watch", "list", "--after", "x").code == 2


# ---- long lists ----------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings(
    "ignore::urllib3.exceptions.DependencyWarning"
)  # of trafilatura, when it is loaded
def test_lists_of_what_was_dropped_and_of_sources_are_cut_and_say_how_to_see_more(
    diemtin: Diemtin, store: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.begin() as connection:
        found = [
            frontier.OwedLink(f"https://a.example/{n}", f"https://a.example/{n}", None, None, None)
            for n in range(5)
        ]
        frontier.owe(connection, "a", found, now=MORNING)
    for link in found:
        frontier.settle(store, link.url, Disposition.TOO_LARGE, now=MORNING)
    shown = diemtin("dropped", "--limit", "2").out
    assert shown.count("https://a.example/") == 2 and "5 bài" in shown and "--limit 5" in shown
    assert len(diemtin("dropped", "--json", "--limit", "3").json) == 3
    monkeypatch.setenv("DIEMTIN_SHIPPED_SOURCES", "1")
    assert len(diemtin("sources", "list", "--json", "--limit", "2").json) == 2
    assert "--limit" in diemtin("sources", "list", "--limit", "2").out


# ---- deliveries ----------------------------------------------------------------------------------------------


@pytest.fixture
def troubled(store: sa.Engine) -> sa.Engine:
    """One message that arrived, one that waits, one to be tried again, one that is dead."""
    with store.begin() as conn:
        watches.add_watch(conn, query="", scope="document", addresses=[READER], now=MORNING)
        numbers = [
            outbox.queue(
                conn, message_id=f"<{n}@tin.example>", address=READER, kind="now", subject=f"Tin [{n}]",
                content=b"", alerts=(), now=MORNING - timedelta(hours=1),
            )
            for n in range(4)
        ]  # fmt: skip
        for number, state, error in (
            (0, "sent", None),
            (2, "retry", "451 [chờ]"),
            (3, "dead", "552 too large"),
        ):
            claimed = deliveries.claim(
                conn, numbers[number], holder=this_process(), is_alive=is_alive, lease=timedelta(minutes=1), now=MORNING
            )  # fmt: skip
            assert claimed is not None
            again = MORNING + timedelta(minutes=5)
            deliveries.record(conn, claimed, state=state, error=error, next_attempt=again, now=MORNING)  # type: ignore[arg-type]
    return store


def test_what_waits_and_what_is_dead_is_listed_with_its_number_and_nothing_is_sent(
    diemtin: Diemtin, troubled: sa.Engine
) -> None:
    found = diemtin("deliver", "--list", "--json")
    assert found.code == 0
    assert [(d["subject"], d["state"], d["attempts"], d["error"]) for d in found.json] == [
        ("Tin [3]", "dead", 1, "552 too large"),
        ("Tin [2]", "retry", 1, "451 [chờ]"),
        ("Tin [1]", "queued", 0, None),
    ]
    assert [d["next_attempt"] is None for d in found.json] == [True, False, False]
    shown = diemtin("deliver", "--list").out
    assert "Tin [2]" in shown and "gửi lại" in shown and "--requeue" in shown
    dead = found.json[0]["number"]
    assert diemtin("deliver", "--list", "--requeue", str(dead)).code == 2
    sent = diemtin("deliver", "--requeue", str(dead), "--json").json
    assert sorted(m["subject"] for m in sent["messages"]) == ["Tin [1]", "Tin [3]"]
    assert [d["subject"] for d in diemtin("deliver", "--list", "--json").json] == ["Tin [2]"]


def test_what_waits_is_listed_page_by_page_mails_before_what_is_held(
    diemtin: Diemtin, troubled: sa.Engine
) -> None:
    with troubled.begin() as conn:
        for name, every in (("giao ban", "daily@06:00"), ("tuần", "daily@07:00")):
            watch = watches.add_watch(
                conn, query="", scope="document", addresses=[READER], name=name, twice=True, now=MORNING, cadence=every
            )  # fmt: skip
            outbox.raise_alert(conn, watch=watch, kind="event", subject="1", article=None, words=(), spans={},
                               body={"event": "missed_run", "about": "một"}, now=MORNING)  # fmt: skip
    whole = [row["cursor"] for row in diemtin("deliver", "--list", "--json").json]
    assert len(whole) == len(set(whole)) == 5
    paged: list[str] = []
    while page := diemtin(
        "deliver", "--list", "--json", "--limit", "2", *(["--after", paged[-1]] if paged else [])
    ).json:
        paged += [row["cursor"] for row in page]
    assert paged == whole
    shown = diemtin("deliver", "--list", "--limit", "2").out
    assert f"… và 3 nữa; trang tiếp: --after {whole[1]}" in shown
    assert diemtin("deliver", "--list", "--after", "h0").code == 2
    assert diemtin("deliver", "--limit", "2").code == 2


def test_an_empty_list_says_so(diemtin: Diemtin) -> None:
    assert diemtin("deliver", "--list", "--json").json == []
    assert "Không thư nào" in diemtin("deliver", "--list").out


# ---- trying --------------------------------------------------------------------------------------------------


def test_a_query_that_would_flood_its_reader_is_saved_only_by_force(
    diemtin: Diemtin, store: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.begin() as conn:
        room = PressRoom(conn)
        for n in range(TOO_BROAD + 1):
            room.article(
                f"Đại hội {n}", story=room.story(), slug=f"b{n}", published="2026-11-22T05:00:00+07:00"
            )
    tried = diemtin("watch", "test", "đại hội", "--json")
    assert tried.code == 1 and tried.json["too_broad"] and tried.json["total"] == TOO_BROAD + 1
    assert "Quá rộng" in diemtin("watch", "test", "đại hội").out
    refused = diemtin("watch", "add", "đại hội", "--to", READER)
    assert refused.code == 2 and "51 tin mỗi ngày" in refused.err and "--force" in refused.err
    assert diemtin("watch", "list", "--json").json == []
    assert diemtin("watch", "add", "đại hội", "--to", READER, "--force").code == 0
    assert diemtin("watch", "add", "đại hội 7", "--to", READER).code == 0


def test_marks_become_the_regression_test_of_a_watch(diemtin: Diemtin, store: sa.Engine) -> None:
    with store.begin() as conn:
        room = PressRoom(conn)
        for slug, title in (("mot", "Đại hội chi bộ Bến Sỏi"), ("hai", "Chuyện chợ nổi")):
            room.article(title, story=room.story(), slug=slug)
    right, wrong = (f"https://bao-lam-ha.example/{slug}" for slug in ("mot", "hai"))
    assert diemtin("watch", "add", "đại hội", "--to", READER, "--name", "các đại hội").code == 0
    assert diemtin("watch", "test", "các đại hội", "--right", right, "--wrong", wrong).code == 0
    assert "Đã đánh dấu 2 bài, trái với dấu: 0." in diemtin("watch", "test", "các đại hội").out
    failed = diemtin("watch", "test", "các đại hội", "--wrong", right)
    assert failed.code == 1 and "sai nhưng vẫn trúng" in failed.out


def test_what_is_new_of_a_kind_is_tried_without_words(diemtin: Diemtin, store: sa.Engine) -> None:
    with store.begin() as conn:
        room = PressRoom(conn)
        article = room.article("Quán triệt chỉ thị mới", story=room.story(), slug="mot")
        room.cites(article, room.document("62-CT/TW@XIV"), "Chỉ thị số 62-CT/TW", "vừa ban hành")
    shown = diemtin("watch", "test", "", "--scope", "document")
    assert shown.code == 0 and "Tất cả: 1 văn kiện" in shown.out and "Chỉ thị 62-CT/TW" in shown.out
    assert diemtin("watch", "test", "", "--scope", "meeting").out.startswith("Tất cả: không cuộc họp nào")
    assert diemtin("watch", "test", "").code == 2


@pytest.mark.parametrize(
    ("query", "remark"),
    [
        ("tỉnh:Lam Hà đại hội", 'có phải tỉnh:"Lam Hà" đại hội?'),
        ("đại hội VÀ KHÔNG nguồn:bao-khong-co", "không nguồn nào"),
        ("chủ-đề:xổ số", "không chủ đề nào"),
        ("tỉnh:Thái Nguyen đại hội", "Thái Nguyên"),
        ('tỉnh:"Lam Hà" đại hội', None),
        ("nguồn:lam ha", None),
        ("nguồn:bao-lam-ha HOẶC tỉnh:Bắc Kạn", None),
        ("chủ-đề:*", None),
        ("đại hội", None),
    ],
)
def test_a_name_that_nothing_can_answer_is_remarked_on(query: str, remark: str | None) -> None:
    found = unknown_values(parse(query), OUTLETS)
    assert len(found) == (remark is not None)
    assert remark is None or remark in found[0]


def test_the_remark_is_made_before_a_watch_falls_silent(diemtin: Diemtin) -> None:
    added = diemtin("watch", "add", "tỉnh:Xứ Nào", "--to", READER, "--json")
    assert added.code == 0 and added.json["query"] == "tỉnh:Xứ Nào"
    assert "Lưu ý: tỉnh:Xứ Nào: không tỉnh nào có tên này" in added.err


# ---- editing, pausing ----------------------------------------------------------------------------------------


def test_a_watch_is_edited_paused_and_listed_at_the_command_line(diemtin: Diemtin) -> None:
    added = diemtin(
        "watch", "add", "đại hội", "--to", READER, "--every", "ngày làm việc@6h và 16h30", "--province", "lang son",
        "--group", "tỉnh",
    )  # fmt: skip
    assert added.code == 0
    assert diemtin("watch", "add", "Đại Hội", "--to", READER, "--name", "lại").code == 2
    assert diemtin("watch", "add", "Đại Hội", "--to", READER, "--name", "lại", "--force").code == 0
    shown = diemtin("watch", "edit", "1", "--follow-up", "--to", "b@lamha.example", "--quiet", "22:00-05:00")
    for line in (
        "ngày làm việc lúc 06:00 và 16:30 (workdays@06:00,16:30); không gửi trong 22:00-05:00",
        "Lạng Sơn lên đầu; nhóm theo tỉnh; báo tiếp khi bài bị sửa, bị gỡ",
        f"b@lamha.example; {READER}",
        "06:00 thứ Hai 23/11/2026: chưa có gì",
    ):
        assert line in shown.out
    assert (
        shown.out.replace("Đã sửa mục theo dõi “đại hội” (số 1).\n", "1  đại hội\n")
        in diemtin("watch", "list").out
    )
    assert (
        "tạm dừng đến 00:00 thứ Hai 30/11/2026" in diemtin("watch", "pause", "1", "--until", "30/11/2026").out
    )
    assert diemtin("watch", "list", "--json").json[1]["next"]["state"] == "paused"
    assert diemtin("watch", "resume", "1", "--json").json["paused"] is None
    for wrong in (
        ("edit", "1"), ("edit", "9", "--salience", "main"), ("edit", "1", "--every", "lúc nào"), ("edit", "1", "--province", "x"),
        ("pause", "1", "--until", "1/1/2020"), ("resume", "1"), ("edit", "1", "--query", "(đại hội"),
    ):  # fmt: skip
        answer = diemtin("watch", *wrong)
        assert answer.code == 2 and answer.err.startswith("diemtin: "), wrong
