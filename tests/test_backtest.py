"""A query tried on the past before it is saved, and a person's marks as its regression test."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from rich.console import Console

from crawler.errors import InvalidInput, InvalidQuery
from crawler.store import watches
from crawler.watch.backtest import (
    TOO_BROAD,
    backtest,
    mark_hits,
    print_backtest,
    refuse_if_too_broad,
    sparkline,
)
from crawler.watch.cadence import VIETNAM
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
    assert (len(result.stories), result.articles, result.days) == (3, 4, 7)
    assert [s.title for s in result.stories] == [
        "Bế mạc đại hội đảng viên",
        "Đảng bộ Cù Lao Hạ tiến tới đại hội",
        "Đại hội chi bộ Bến Sỏi",
    ]
    assert list(result.per_day.values()) == [1, 0, 0, 0, 2, 0, 0]
    assert result.stories[0].words == ("đại hội",)
    assert not result.too_broad


def test_near_misses_show_the_words_as_the_press_prints_them(press: sa.Engine) -> None:
    result = backtest(press, "đại hội", now=MORNING, sources=OUTLETS)
    assert [(n.surface, n.articles) for n in result.near] == [("dai hoi", 1)]


def test_the_mail_it_would_have_made_is_shown(press: sa.Engine) -> None:
    result = backtest(press, "đại hội", now=MORNING, sources=OUTLETS)
    assert result.mail_subject == "Điểm tin 22/11: 3 tin"
    assert result.mail_text is not None and "Cũng đăng tại: Báo An Khê Sơn" in result.mail_text
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
    assert "đại hội: 3 tin (4 bài) trong 7 ngày" in shown
    assert "▄   █  " in shown and "“dai hoi” trong 1 bài" in shown


def test_a_query_that_is_wrong_or_finds_nothing_says_so(press: sa.Engine) -> None:
    with pytest.raises(InvalidQuery):
        backtest(press, '"đại hội', now=MORNING)
    nothing = backtest(press, "xổ số", now=MORNING, sources=OUTLETS)
    assert (nothing.stories, nothing.mail_subject, nothing.mean) == ((), None, 0.0)


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
    mark_hits(press, "các đại hội", right=right, wrong=wrong, now=MORNING)
    result = backtest(press, "các đại hội", now=MORNING, sources=OUTLETS)
    assert result.watch == "các đại hội" and result.marks == 5
    assert {(m.url.rpartition("/")[2], m.right, m.known) for m in result.failed_marks} == {
        ("khong-dau", True, True),
        ("1", True, False),
        ("ba", False, True),
    }
    mark_hits(press, "các đại hội", right=["https://bao-lam-ha.example/ba"], wrong=[], now=MORNING)
    assert len(backtest(press, "1", now=MORNING, sources=OUTLETS).failed_marks) == 2  # a mind may change


@pytest.mark.parametrize(
    ("counts", "width", "bars"),
    [([], 10, ""), ([0, 0], 10, "  "), ([1, 8], 10, "▁█"), ([1] * 100, 50, "█" * 50)],
)
def test_the_chart_fits_its_width(counts: list[int], width: int, bars: str) -> None:
    assert sparkline(counts, width) == bars
