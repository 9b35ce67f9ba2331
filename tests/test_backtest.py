"""A query tried on the past before it is saved, and a person's marks as its regression test."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from rich.console import Console

from crawler.dates.zones import VIETNAM
from crawler.delivery.backtest import TOO_BROAD, backtest, mark_hits, refuse_if_too_broad
from crawler.delivery.backtest_view import print_backtest, sparkline
from crawler.errors import InvalidInput, InvalidQuery
from crawler.store import schema, watches
from tests.press_room import MORNING, OUTLETS, PressRoom


def day(ago: int, hour: int = 8) -> str:
    return f"{(MORNING.astimezone(VIETNAM) - timedelta(days=ago)).date()}T{hour:02d}:00:00+07:00"


@pytest.fixture
def press(engine: sa.Engine) -> sa.Engine:
    """Three stories in a week, one carried twice, and near misses of two kinds."""
    with engine.begin() as conn:
        room = PressRoom(conn)
        first = room.story()
        room.article("Đại hội chi bộ Bến Sỏi", story=first, slug="mot", published=day(6))
        room.article("Đại hội ở Bến Sỏi", story=first, source="bao-an-khe", slug="mot", published=day(5))
        room.article("Đảng bộ Cù Lao Hạ tiến tới đại hội", story=room.story(), slug="hai", published=day(2))
        room.article("Bế mạc đại hội đảng viên", story=room.story(), slug="ba", published=day(2, 17))
        room.article("Dai hoi chi bo xa", story=room.story(), slug="khong-dau", published=day(3))
        room.article(
            "Chuyện chợ nổi", story=room.story(), slug="cho", lead="Cá về đầy chợ.", published=day(1)
        )
        room.article("Đại hội năm trước", story=room.story(), slug="cu", published=day(300))
    return engine


def test_hits_are_counted_by_story_and_day_within_the_time_asked(press: sa.Engine) -> None:
    result = backtest(press, "đại hội", now=MORNING, sources=OUTLETS)
    assert (len(result.hits), result.stories, result.articles, result.days) == (3, 3, 4, 7)
    assert [s.title for s in result.hits] == [
        "Bế mạc đại hội đảng viên",
        "Đảng bộ Cù Lao Hạ tiến tới đại hội",
        "Đại hội chi bộ Bến Sỏi",
    ]
    assert list(result.per_day.values()) == [1, 0, 0, 0, 2, 0, 0]
    assert result.hits[0].words == ("đại hội",)
    assert not result.too_broad


def test_near_misses_show_the_words_as_the_press_prints_them(press: sa.Engine) -> None:
    result = backtest(press, "đại hội", now=MORNING, sources=OUTLETS)
    assert [(n.surface, n.articles) for n in result.near] == [("dai hoi", 1)]


def test_the_mail_it_would_have_made_is_shown(press: sa.Engine) -> None:
    result = backtest(press, "đại hội", now=MORNING, sources=OUTLETS)
    assert result.mail is not None and result.mail.subject == "Điểm tin 21/11: 2 tin"  # the newest day's
    assert "Bế mạc đại hội đảng viên" in result.mail.text
    assert "Đại hội chi bộ Bến Sỏi" not in result.mail.text
    with press.connect() as conn:
        assert watches.list_watches(conn) == ()  # a test saves nothing


def test_the_result_is_one_json_document_and_a_page_for_a_terminal(press: sa.Engine) -> None:
    result = backtest(press, "đại hội", now=MORNING, sources=OUTLETS)
    data = json.loads(json.dumps(result.to_json()))
    assert data["stories"] == 3 and data["hits"][0]["url"] == "https://bao-lam-ha.example/ba"
    console = Console(record=True, width=80, file=open("/dev/null", "w"))  # noqa: SIM115
    with console.file:
        print_backtest(result, console)
    shown = console.export_text()
    assert "“đại hội”: 3 tin, 4 bài trong 7 ngày (kho chỉ có bài từ 16/11/2026)." in shown
    assert "Trung bình 0,4 tin mỗi ngày; nhiều nhất 2, ngày 20/11." in shown
    assert "▄···█··" in shown and "Điểm tin 21/11: 2 tin" in shown and "“dai hoi” trong 1 bài" in shown


@pytest.fixture
def library(engine: sa.Engine) -> sa.Engine:
    """Documents and meetings: one of each known long ago and told again, two of each new, and others that do not count."""
    with engine.begin() as conn:
        room = PressRoom(conn)

        def told(slug: str, ago: int, lead: str = "Huyện ủy Lam Hà họp bàn việc chợ.") -> int:
            return room.article(f"Bài {slug}", story=room.story(), slug=slug, lead=lead, published=day(ago))

        known = room.document("61-CT/TW@XIV", date="2026-09-01")
        new = room.document("62-CT/TW@XIV", date="2026-11-14")
        other = room.document("63-CT/TW@XIV")
        long_issued = room.document("12-CT/TW@XIII", date="2021-02-01")
        decree = room.document("45-NĐ/CP@2026", kind="Nghị định")
        conn.execute(sa.update(schema.document).where(schema.document.c.id == decree).values(system="state"))
        vague = room.document("07-KL/TU")
        conn.execute(sa.update(schema.document).where(schema.document.c.id == vague).values(resolved=False))
        for article, documents in (
            (told("xua", 200), [known]),
            (told("mot", 6, "Huyện ủy Lam Hà quán triệt chỉ thị."), [known, new, long_issued, decree]),
            (told("hai", 4), [new, vague]),
            (told("ba", 2), [other]),
        ):
            for document in documents:
                said = "vừa ban hành" if document in (other, decree) else None
                room.cites(article, document, document.partition("@")[0], said)
        held = room.meeting("m-xua", told("hop-xua", 200), date=day(201)[:10])
        again = {"article": told("hop-lai", 3), "meeting": held, "rank": 0, "record": {}}
        conn.execute(sa.insert(schema.article_meeting).values(again))
        room.meeting("m-moi", told("hop-moi", 3, "Huyện ủy Lam Hà tổng kết."), ordinal=2)
        room.meeting("m-sap", told("hop-sap", 1), status="upcoming", date=day(-3)[:10])
    return engine


def test_new_documents_are_tried_by_the_day_of_their_first_mention(library: sa.Engine) -> None:
    every = backtest(library, "", scope="document", now=MORNING, sources=OUTLETS)
    assert [(h.subject, h.url.rpartition("/")[2]) for h in every.hits] == [
        ("63-CT/TW@XIV", "ba"),
        ("62-CT/TW@XIV", "mot"),
    ]
    assert every.mail is not None and "Chỉ thị 63-CT/TW" in every.mail.text and "62-CT" not in every.mail.text
    assert not every.near and not every.too_broad
    asked = backtest(library, "quán triệt", scope="document", now=MORNING, sources=OUTLETS)
    # With words the State's count too, as they do for an alert.
    assert sorted(h.title for h in asked.hits) == ["Chỉ thị 62-CT/TW", "Nghị định 45-NĐ/CP"]
    assert asked.hits[0].words == ("quán triệt",)


def test_new_meetings_are_tried_by_the_day_they_were_first_told(library: sa.Engine) -> None:
    every = backtest(library, "", scope="meeting", now=MORNING, sources=OUTLETS)
    assert [h.subject for h in every.hits] == ["m-sap", "m-moi"]
    assert every.hits[1].title == "Hội nghị tổng kết lần thứ 2, Huyện ủy Lam Hà"
    asked = backtest(library, "tổng kết", scope="meeting", now=MORNING, sources=OUTLETS)
    assert [h.subject for h in asked.hits] == ["m-moi"]


def test_every_scope_counts_its_own_and_the_watchs_scope_is_kept(press: sa.Engine) -> None:
    assert len(backtest(press, "đại hội", scope="article", now=MORNING, sources=OUTLETS).hits) == 4
    with press.begin() as conn:
        watches.add_watch(
            conn, query="", scope="document", name="văn kiện", addresses=["a@b.example"], now=MORNING
        )
        watches.add_watch(conn, query="", scope="event", name="máy", addresses=["a@b.example"], now=MORNING)
    assert backtest(press, "văn kiện", now=MORNING).scope == "document"
    for query, scope in (
        ("máy", None),
        ("", None),
        ("", "article"),
        ("đại hội", "event"),
        ("đại hội", "tin"),
    ):
        with pytest.raises(InvalidInput, match=r"scope"):
            backtest(press, query, scope=scope, now=MORNING)


def test_a_query_that_is_wrong_or_finds_nothing_says_so(press: sa.Engine) -> None:
    with pytest.raises(InvalidQuery):
        backtest(press, '"đại hội', now=MORNING)
    nothing = backtest(press, "xổ số", now=MORNING, sources=OUTLETS)
    assert (nothing.hits, nothing.mail, nothing.mean) == ((), None, 0.0)


def test_an_empty_store_is_no_error(engine: sa.Engine) -> None:
    result = backtest(engine, "đại hội", now=MORNING)
    assert (result.days, result.articles) == (1, 0)


def test_a_query_that_is_too_broad_is_refused(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        room = PressRoom(conn)
        for n in range(TOO_BROAD + 1):
            room.article(f"Đại hội số {n}", story=room.story(), slug=f"b{n}", published=day(0, 1))
    assert backtest(engine, "đại hội", now=MORNING).too_broad
    with pytest.raises(InvalidInput, match=r"51 tin mỗi ngày.*--force"):
        refuse_if_too_broad(engine, "đại hội", now=MORNING)
    refuse_if_too_broad(engine, "đại hội số 1", now=MORNING)
    refuse_if_too_broad(engine, "", now=MORNING)


def test_marks_are_the_regression_test_of_a_watch(press: sa.Engine) -> None:
    with press.begin() as conn:
        watches.add_watch(conn, query="đại hội", name="các đại hội", addresses=["a@b.example"], now=MORNING)
    right = ["https://bao-lam-ha.example/mot", "https://bao-lam-ha.example/khong-dau", "https://xa.example/1"]
    wrong = ["https://bao-lam-ha.example/ba", "https://bao-lam-ha.example/cho"]
    with press.begin() as conn:
        mark_hits(conn, "các đại hội", right=right, wrong=wrong, now=MORNING)
    result = backtest(press, "các đại hội", now=MORNING, sources=OUTLETS)
    assert result.watch == "các đại hội" and result.marks == 5
    assert {(m.url.rpartition("/")[2], m.right, m.known) for m in result.failed_marks} == {
        ("khong-dau", True, True),
        ("1", True, False),
        ("ba", False, True),
    }
    with press.begin() as conn:
        mark_hits(conn, "các đại hội", right=["https://bao-lam-ha.example/ba"], wrong=[], now=MORNING)
    assert len(backtest(press, "1", now=MORNING, sources=OUTLETS).failed_marks) == 2  # a mind may change


@pytest.mark.parametrize(
    ("counts", "width", "bars"),
    [([], 10, ""), ([0, 0], 10, "··"), ([1, 8], 10, "▁█"), ([1] * 100, 50, "█" * 50)],
)
def test_the_chart_fits_its_width(counts: list[int], width: int, bars: str) -> None:
    assert sparkline(counts, width) == bars
