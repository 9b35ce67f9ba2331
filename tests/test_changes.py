"""Edits and take-downs: listed, searched for, followed up, each told once; in mails from a real store."""

from __future__ import annotations

import email
import email.policy
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

import crawler.cli
from crawler.article import Article
from crawler.config import PREFIX
from crawler.delivery.mail_settings import MailSettings
from crawler.delivery.tick import DeliveryReport, deliver
from crawler.errors import InvalidInput
from crawler.store import articles, watches
from crawler.store.changed import list_changes
from crawler.store.crawl_item import WatchHit
from crawler.store.database import open_database
from crawler.store.search import search
from crawler.story.versions import changed_words, compare
from tests.press_room import outlet
from tests.test_store import NOW, PROSE, an_article, new

READER = "van.phong@lamha.example"
HOUR = timedelta(hours=1)
OUTLETS = {"bao-a": outlet("bao-a", "Báo Thượng Mai", "Thượng Mai")}
FIGURE = (PROSE[0], PROSE[1].replace("kết nạp 31 đảng viên", "kết nạp 13 đảng viên"), PROSE[2])
NAME = (PROSE[0], PROSE[1], PROSE[2].replace("thôn Đồng Giếng", "thôn Bến Sỏi"))
WORDING = (PROSE[0].replace("tổ chức hội nghị", "tiến hành hội nghị"), *PROSE[1:])


def put(engine: sa.Engine, read: Article, now: datetime, *told: watches.Watch) -> None:
    hits = tuple(WatchHit(watch, ("hội nghị",), {}) for watch in told)
    articles.put(engine, replace(new(read, hits=hits), outlet=OUTLETS["bao-a"]), now=now)


def edited(prose: tuple[str, ...], **more: str) -> Article:
    return an_article(prose=prose, **more)


def watch(engine: sa.Engine, query: str, **options: object) -> watches.Watch:
    with engine.begin() as conn:
        return watches.add_watch(
            conn, query=query, addresses=[READER], now=NOW - timedelta(days=2), **options
        )  # type: ignore[arg-type]


def send(engine: sa.Engine, folder: Path, now: datetime) -> DeliveryReport:
    settings = MailSettings(sender="điểm tin <diemtin@tin.example>")
    return deliver(engine, config_mail=settings, outbox_folder=folder / "outbox", now=now, sources=OUTLETS)


def text_of(report: DeliveryReport) -> str:
    [sent] = report.messages
    assert sent.file is not None
    body = email.message_from_bytes(Path(sent.file).read_bytes(), policy=email.policy.default).get_body(
        ("plain",)
    )
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


# ---- following up --------------------------------------------------------------------------------------------


def test_what_was_mailed_and_then_edited_in_substance_is_told_once(engine: sa.Engine, tmp_path: Path) -> None:
    mine = watch(engine, "hội nghị", follow_up=True)
    put(engine, an_article(), NOW, mine)
    assert send(engine, tmp_path, NOW).count("sent") == 1
    put(engine, edited(WORDING), NOW + HOUR)  # other words, the facts untouched
    assert send(engine, tmp_path, NOW + HOUR).queued == 0
    put(engine, edited(FIGURE), NOW + 2 * HOUR)
    report = send(engine, tmp_path, NOW + 2 * HOUR)
    assert report.messages[0].subject.startswith("Bài đã sửa: Đảng ủy xã Thượng Mai tổng kết năm 2026")
    text = text_of(report)
    assert "BÀI ĐÃ SỬA, ĐÃ GỠ" in text
    assert (
        "   Số liệu: Trong năm, Đảng bộ xã kết nạp [-31-] {+13+} đảng viên mới, … hoạt chuyên đề.\n" in text
    )
    put(engine, edited(NAME), NOW + 3 * HOUR)
    assert send(engine, tmp_path, NOW + 3 * HOUR).queued == 0  # once


def test_what_was_mailed_and_then_taken_down_is_told_once(engine: sa.Engine, tmp_path: Path) -> None:
    mine = watch(engine, "hội nghị", follow_up=True)
    put(engine, an_article(), NOW, mine)
    send(engine, tmp_path, NOW)
    url = an_article().canonical_url
    for day in range(4):
        articles.mark_gone(engine, url, source=OUTLETS["bao-a"], now=NOW + timedelta(days=day))
    text = text_of(send(engine, tmp_path, NOW + timedelta(days=3)))
    assert "   Đã gỡ khỏi trang: 07:00 21/11/2026\n" in text
    assert send(engine, tmp_path, NOW + timedelta(days=4)).queued == 0


def test_what_was_never_mailed_or_nobody_follows_is_not_told(engine: sa.Engine, tmp_path: Path) -> None:
    follows = watch(engine, "hội nghị", follow_up=True, cadence="daily@06:00")
    plain = watch(engine, "đảng ủy")
    put(engine, an_article(), NOW, follows, plain)
    assert send(engine, tmp_path, NOW).count("sent") == 1  # the plain one
    put(engine, edited(FIGURE), NOW + HOUR)
    assert send(engine, tmp_path, NOW + HOUR).queued == 0
    text = text_of(send(engine, tmp_path, NOW + timedelta(days=1)))  # the digest tells the state of today
    assert "ĐÃ SỬA" not in text and "Đảng ủy xã Thượng Mai" in text


def test_a_change_that_was_taken_back_before_the_mail_is_no_news(engine: sa.Engine, tmp_path: Path) -> None:
    mine = watch(engine, "", scope="change", cadence="daily@06:00")
    assert mine.scope == "change"
    put(engine, an_article(), NOW)
    put(engine, edited(FIGURE), NOW + HOUR)
    put(engine, an_article(), NOW + 2 * HOUR)
    assert send(engine, tmp_path, NOW + timedelta(days=1)).queued == 0


def test_an_article_that_came_back_is_not_told_as_gone(engine: sa.Engine, tmp_path: Path) -> None:
    watch(engine, "", scope="change", cadence="daily@06:00")
    put(engine, an_article(), NOW)
    url = an_article().canonical_url
    for day in range(2):
        articles.mark_gone(engine, url, now=NOW + timedelta(days=day))
    put(engine, an_article(), NOW + timedelta(days=1, hours=1))
    assert send(engine, tmp_path, NOW + timedelta(days=2)).queued == 0


# ---- the scope change ----------------------------------------------------------------------------------------


def test_a_watch_for_changes_is_told_of_each_edit_that_touches_its_words(
    engine: sa.Engine, tmp_path: Path
) -> None:
    watch(engine, '"Đồng Giếng" tỉnh:"Thượng Mai"', scope="change")
    put(engine, an_article(), NOW)
    assert send(engine, tmp_path, NOW).queued == 0  # a new article is no change
    put(engine, edited(NAME), NOW + HOUR)  # the name is cut out: it answers in the state before
    assert "   Tên riêng: " in text_of(send(engine, tmp_path, NOW + HOUR))
    put(engine, edited((NAME[0], FIGURE[1], NAME[2])), NOW + 2 * HOUR)
    assert send(engine, tmp_path, NOW + 2 * HOUR).queued == 0  # nothing of it left
    put(engine, an_article(), NOW + 3 * HOUR)
    assert send(engine, tmp_path, NOW + 3 * HOUR).count("sent") == 1


def test_edits_of_one_article_before_a_digest_are_one_entry(engine: sa.Engine, tmp_path: Path) -> None:
    watch(engine, "", scope="change", cadence="daily@06:00")
    put(engine, an_article(), NOW)
    put(engine, edited(FIGURE), NOW + HOUR)
    put(engine, edited((FIGURE[0], FIGURE[1], NAME[2]), title="Thượng Mai tổng kết"), NOW + 2 * HOUR)
    report = send(engine, tmp_path, NOW + timedelta(days=1))
    assert report.messages[0].subject == "Điểm tin 21/11: 1 bài sửa, gỡ"
    text = text_of(report)
    assert text.count("https://bao-a.example/mot-1.html") == 1
    assert text.index("Tiêu đề: ") < text.index("Số liệu: ") < text.index("Tên riêng: ")


@pytest.mark.parametrize(
    ("query", "told"),
    [("sửa:*", True), ("sửa:số liệu", True), ("sửa:so lieu", True), ("sửa:tiêu đề", False), ("sửa:gỡ", False),
     ("sửa:(tiêu đề HOẶC số liệu) VÀ hội nghị", True), ("KHÔNG sửa:số liệu", False)],
)  # fmt: skip
def test_a_watch_can_ask_for_kinds_of_edits(tmp_path: Path, sqlite_url: str, query: str, told: bool) -> None:
    engine = open_database(sqlite_url)
    watch(engine, query, scope="change")
    put(engine, an_article(), NOW)
    put(engine, edited(FIGURE), NOW + HOUR)
    assert send(engine, tmp_path, NOW + HOUR).count("sent") == told
    engine.dispose()


def test_edits_are_asked_of_changes_only(engine: sa.Engine) -> None:
    for scope in ("story", "article", "document", "meeting"):
        with pytest.raises(InvalidInput, match="--scope change"):
            watch(engine, "đại hội VÀ KHÔNG sửa:*", scope=scope)


# ---- searching and listing -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "hits"),
    [("sửa:*", 2), ("sửa:số liệu", 1), ("edited:figure", 1), ("sua:go", 1), ("đảng ủy VÀ KHÔNG sửa:*", 1), ("sửa:chú thích", 0)],
)  # fmt: skip
def test_a_search_finds_what_was_edited_or_taken_down(engine: sa.Engine, query: str, hits: int) -> None:
    fill(engine)
    assert search(engine, query, OUTLETS).total == hits


def fill(engine: sa.Engine) -> None:
    """Three articles: one stands, one is edited, one is taken down."""
    put(engine, an_article(), NOW)
    put(engine, edited(FIGURE), NOW + HOUR)
    for name, title in (("hai", "Chuyện chợ nổi ở Cù Lao Hạ"), ("ba", "Người giữ lửa nghề gốm ở An Khê Sơn")):
        prose = tuple(
            f"{title} {n}: đảng ủy xã bàn việc riêng của nơi này, chuyện thứ {n * 7} trong tuần."
            for n in range(4)
        )
        put(engine, an_article(f"https://bao-a.example/{name}.html", title=title, prose=prose), NOW)
    for day in range(2):
        articles.mark_gone(engine, "https://bao-a.example/ba.html", now=NOW + timedelta(days=day))


def test_the_list_knows_edits_and_take_downs_by_the_time_they_were_seen(engine: sa.Engine) -> None:
    fill(engine)
    with engine.connect() as conn:
        assert [(c.url[-8:], c.n) for c in list_changes(conn)] == [("/ba.html", None), ("t-1.html", 2)]
        assert [c.n for c in list_changes(conn, until=NOW + 2 * HOUR)] == [2]
        assert [c.n for c in list_changes(conn, since=NOW + 2 * HOUR)] == [None]
        assert list_changes(conn, sources=["bao-b"]) == []


@pytest.fixture
def diemtin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:  # fmt: skip
    now = (NOW + timedelta(days=2)).astimezone(UTC).isoformat()
    for name, value in {"DATA": tmp_path, "SHIPPED_SOURCES": "0", "NOW": now}.items():
        monkeypatch.setenv(PREFIX + name, str(value))

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["diemtin", *arguments])
        with pytest.raises(SystemExit) as stopped:
            crawler.cli.main()
        told = capsys.readouterr()
        return int(stopped.value.code or 0), told.out, told.err

    return run


def test_the_command_shows_the_diff(tmp_path: Path, diemtin: Callable[..., tuple[int, str, str]]) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'diemtin.db'}")
    fill(engine)
    engine.dispose()
    code, out, _ = diemtin("changes")
    assert code == 0
    assert "Sửa số liệu: Trong năm, Đảng bộ xã kết nạp [-31-] {+13+} đảng viên mới, …" in out
    assert "07:00 21/11/2026  bao-a  Đã gỡ khỏi trang\n   Người giữ lửa nghề gốm ở An Khê Sơn" in out
    found = json.loads(diemtin("changes", "--json", "--since", "20/11/2026", "--until", "21/11/2026")[1])
    assert [(c["what"], c["kinds"], c["version"], c["substance"]) for c in found] == [
        ("edited", ["figure"], 2, True)
    ]
    assert "[-31-] {+13+}" in found[0]["edits"][0]["diff"]
    assert json.loads(diemtin("changes", "--json", "--since", "2d")[1])[0]["what"] == "taken_down"
    assert "Không bài nào" in diemtin("changes", "--since", "22/11/2026")[1]
    for wrong in (("--since", "hôm qua"), ("--since", "2x"), ("--source", "bao-x"), ("--since", "22/11/2026", "--until", "21/11/2026")):  # fmt: skip
        assert diemtin("changes", *wrong)[0] == 2


# ---- one edit on one line ------------------------------------------------------------------------------------


def test_a_long_passage_that_was_added_is_cut_on_its_line() -> None:
    old, more = an_article(), "Nhiều đại biểu phát biểu. " * 40
    [edit] = compare(old, an_article(prose=(*PROSE, more))).substance
    line = changed_words(edit)
    assert line.startswith("{+Nhiều đại biểu") and line.endswith("…+}") and len(line) < 260
