"""Bản đồ and one province: squares that lie as on the map, what is known and what is not, and every name that leads there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from crawler.dates.zones import VIETNAM
from crawler.delivery.provinces import steps_of
from crawler.registry import province_named
from crawler.source import CENTRAL, FORMER_PROVINCES, PROVINCES, Source
from crawler.store import runs
from crawler.store import schema as s
from crawler.web.tile_map import SIDE, size, tiles
from tests.press_room import MORNING, OUTLETS, PressRoom, outlet
from tests.web_room import HOSTILE, fill, pages, seen

REAL: Mapping[str, Source] = {
    "bao-mot": outlet("bao-mot", "Báo Một", "Thái Nguyên"),
    "bao-hai": outlet("bao-hai", "Báo Hai", "Khánh Hòa"),
    "bao-ba": outlet("bao-ba", "Báo Ba", "Đà Nẵng"),
    "bao-bon": outlet("bao-bon", "Báo Bốn", "Kim Lộ"),
    "bao-chung": outlet("bao-chung", "Báo Chung", CENTRAL),
}
"""Invented newspapers in three provinces of the map, one invented, and the centre."""


def press(engine: sa.Engine) -> None:
    """Two articles in Thái Nguyên, one in Kim Lộ a week ago; Khánh Hòa was looked at, Đà Nẵng was not."""
    with engine.begin() as conn:
        room = PressRoom(conn)
        for n, (source, day) in enumerate(
            [
                ("bao-mot", "2026-11-21"),
                ("bao-mot", "2026-11-20"),
                ("bao-bon", "2026-11-14"),
                ("bao-chung", "2026-11-21"),
            ]
        ):
            room.article(f"Bài {n}", story=room.story(), source=source, published=f"{day}T08:00:00+07:00")
    look(engine, "bao-mot", "bao-hai", "bao-bon")


def look(engine: sa.Engine, *sources: str) -> None:
    for source in sources:
        run = runs.open_run(engine, source, now=MORNING - timedelta(hours=2))
        runs.close_run(
            engine, run, ended=MORNING - timedelta(hours=1), outcome="finished", counts={"stored": 1}
        )


def values(engine: sa.Engine, query: str, registry: Mapping[str, Source] = REAL) -> dict[str, Any]:
    told = pages(engine, registry=registry).get(f"/ban-do.json?{query}").json()
    return {one["province"]: one["unknown"] or one["value"] for one in told["provinces"]}


# ---- the squares -------------------------------------------------------------------------------------------------


def test_every_province_has_one_square_and_no_two_squares_lie_on_one_another() -> None:
    provinces = [tile.name for tile in tiles() if not tile.is_archipelago]
    assert sorted(provinces) == sorted(PROVINCES)
    assert len({(tile.column, tile.row) for tile in tiles()}) == len(tiles()) == 36
    isles = {tile.name: (tile.province, tile.column, tile.row) for tile in tiles() if tile.is_archipelago}
    assert isles == {"Hoàng Sa": ("Đà Nẵng", 6, 9), "Trường Sa": ("Khánh Hòa", 6, 14)}
    assert size() == (7 * SIDE, 18 * SIDE)


@given(st.lists(st.integers(0, 500), max_size=60))
def test_steps_hold_every_value_and_are_no_more_than_four(counts: list[int]) -> None:
    bounds = steps_of(counts)
    assert len(bounds) <= 4 and list(bounds) == sorted(set(bounds))
    assert all(value <= bounds[-1] for value in counts if value)


# ---- the map -----------------------------------------------------------------------------------------------------


def test_the_map_says_how_many_articles_and_tells_nothing_apart_from_not_known(engine: sa.Engine) -> None:
    press(engine)
    told = values(engine, "mau=bai&tu=2026-11-16&den=2026-11-22")
    assert (told["Thái Nguyên"], told["Khánh Hòa"], told["Đà Nẵng"]) == (2, 0, "not_looked")
    assert (told["Hà Nội"], told["Kim Lộ"]) == ("unwatched", 0) and CENTRAL not in told
    assert values(engine, "")["Kim Lộ"] == 1, "the last thirty days"
    page = pages(engine, registry=REAL).get("/ban-do").text
    assert (
        'aria-label="Thái Nguyên: 2 bài"' in page and 'aria-label="Hà Nội: không có báo nào được xem"' in page
    )
    assert (
        'aria-label="Trường Sa (Khánh Hòa): 0 bài"' in page
        and 'aria-label="Hoàng Sa (Đà Nẵng): chưa xem"' in page
    )
    assert page.count("<rect") >= 36 and "style=" not in page


def test_provinces_that_are_on_no_map_are_named_and_stand_in_the_table(engine: sa.Engine) -> None:
    press(engine)
    words = seen(pages(engine, registry=REAL).get("/ban-do").text)
    assert "1 tỉnh của danh bạ không có trên bản đồ, xem ở bảng: Kim Lộ (1)" in words
    assert "Không báo nào trong danh bạ thuộc 34 tỉnh" not in words
    fill(engine)
    invented = seen(pages(engine).get("/ban-do").text)
    assert "Không báo nào trong danh bạ thuộc 34 tỉnh, thành trên bản đồ" in invented
    assert "3 tỉnh của danh bạ không có trên bản đồ" in invented and "Lam Hà 2 Báo Lam Hà" in invented


def test_silence_is_counted_in_days_since_the_latest_article_and_only_where_it_was_looked(
    engine: sa.Engine,
) -> None:
    press(engine)
    told = values(engine, "mau=im-lang")
    assert (told["Thái Nguyên"], told["Kim Lộ"], told["Khánh Hòa"], told["Hà Nội"]) == (
        1,
        8,
        "not_looked",
        "unwatched",
    )
    page = pages(engine, registry=REAL).get("/ban-do?mau=im-lang").text
    assert "hơn 7 ngày" in page and "8 ngày không có bài" not in page, "Kim Lộ has no square"
    assert 'aria-label="Thái Nguyên: 1 ngày không có bài"' in page


def test_an_article_dated_in_the_future_is_no_silence_below_nothing(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        room = PressRoom(conn)
        room.article("Ngày mai", story=room.story(), source="bao-mot", published="2027-01-01T08:00:00+07:00")
    look(engine, "bao-mot")
    assert values(engine, "mau=im-lang")["Thái Nguyên"] == 0


def test_study_conferences_of_a_document_are_counted_once_however_many_tell_of_them(
    engine: sa.Engine,
) -> None:
    with engine.begin() as conn:
        room = PressRoom(conn)
        room.document("61-CT/TW@XIV", date="2026-11-02")
        told = [room.article(f"Bài {n}", story=room.story(), source="bao-mot") for n in range(2)]
        for number in told:
            room.cites(number, "61-CT/TW@XIV", "Chỉ thị 61-CT/TW")
        about = {
            "kind": "hội nghị quán triệt",
            "date": "2026-11-20",
            "province": "Thái Nguyên",
            "cites": ["61-CT/TW"],
        }
        room.meeting("m1", told[0], **about)
        record = conn.execute(sa.select(s.article_meeting.c.record)).scalar_one()
        conn.execute(
            sa.insert(s.article_meeting).values(article=told[1], meeting="m1", rank=0, record=record)
        )
        room.meeting("m2", told[1], **about | {"kind": "hội nghị sơ kết"})
    look(engine, "bao-hai")
    for asked in ("61-CT/TW@XIV", "chỉ thị số 61-CT/TW"):
        found = values(engine, f"van-kien={asked}")
        assert (found["Thái Nguyên"], found["Khánh Hòa"], found["Đà Nẵng"], found["Hà Nội"]) == (
            1,
            0,
            "not_looked",
            "unwatched",
        )
    page = pages(engine, registry=REAL).get("/ban-do?van-kien=61-CT/TW@XIV").text
    assert 'aria-label="Thái Nguyên: 1 hội nghị"' in page and 'href="/van-kien/61-CT/TW@XIV"' in page


def test_without_a_document_the_most_cited_are_offered_and_a_number_of_several_asks_which(
    engine: sa.Engine,
) -> None:
    fill(engine)
    ask = pages(engine)
    page = ask.get("/ban-do?mau=quan-triet").text
    assert "van-kien=19-CT%2FTU%40lam-ha" in page and "<svg" not in page
    assert ask.get("/ban-do.json?mau=quan-triet").status_code == 400
    with engine.begin() as conn:
        PressRoom(conn).document("19-CT/TU@an-khe")
    several = ask.get("/ban-do?van-kien=19-CT/TU").text
    assert "hãy chọn một" in several and "19-CT%2FTU%40an-khe" in several


@pytest.mark.parametrize(
    "query", ["mau=x", "tu=2026-99-01", "tu=2026-11-20&den=2026-11-01", "tu=2099-01-01", "van-kien=không-có"]
)
def test_what_the_map_cannot_show_is_told(engine: sa.Engine, query: str) -> None:
    for form in ("", ".json"):
        answer = pages(engine).get(f"/ban-do{form}?{query}")
        assert answer.status_code == 400 and query.partition("=")[0] in answer.text


def test_the_table_of_the_map_is_taken_away(engine: sa.Engine) -> None:
    press(engine)
    ask = pages(engine, registry=REAL)
    lines = ask.get("/ban-do.csv").text.splitlines()
    assert len(lines) == 1 + 35 and "Thái Nguyên,2,2 bài,,Báo Một,có" in lines
    assert "Kim Lộ,1,1 bài,,Báo Bốn," in lines
    assert ask.get("/ban-do.xlsx?mau=im-lang").content.startswith(b"PK")


def test_an_empty_registry_and_store_have_a_map(engine: sa.Engine) -> None:
    for query in ("", "mau=im-lang", "mau=quan-triet"):
        assert pages(engine, registry={}).get(f"/ban-do?{query}").status_code == 200


# ---- one province ------------------------------------------------------------------------------------------------


def test_a_province_shows_its_outlets_what_they_write_of_and_its_meetings(engine: sa.Engine) -> None:
    first, *_ = fill(engine)
    with engine.begin() as conn:
        conn.execute(sa.update(s.meeting).values(province="Lam Hà"))
        conn.execute(sa.update(s.search_row).values(topics="to-chuc-co-so"))
    page = pages(engine).get("/tinh/Lam Hà").text
    words = seen(page)
    assert "Báo Lam Hà tốt" in words and 'href="/nguon/bao-lam-ha"' in page
    assert "Không phải một trong 34 tỉnh, thành" in words
    assert f'href="/bai/{first}"' in page and 'href="/van-kien/19-CT/TU@lam-ha"' in page
    assert "Sắp họp 1 Đại hội lần thứ 12" in words and "Đã họp 1 Hội nghị tổng kết" in words
    assert "ch%E1%BB%A7-%C4%91%E1%BB%81%3Ato-chuc-co-so" in page
    told = pages(engine).get("/tinh/Lam Hà.json").json()
    assert told["articles"] == 2 and [one["id"] for one in told["documents"]] == ["19-CT/TU@lam-ha"]
    assert pages(engine).get("/tinh/Lam Hà.csv").text.count("\n") == 3


def test_a_story_of_several_articles_stands_once_among_the_newest(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        room = PressRoom(conn)
        story = room.story()
        for n in range(3):
            room.article(f"Bài {n}", story=story, published=f"2026-11-2{n}T08:00:00+07:00")
    stories = pages(engine).get("/tinh/Lam Hà.json").json()["stories"]
    assert [one["title"] for one in stories] == ["Bài 2"]


def test_a_province_without_a_newspaper_says_so_and_names_what_it_was_joined_from(engine: sa.Engine) -> None:
    words = seen(pages(engine).get("/tinh/Lâm Đồng").text)
    assert "gồm cả Đắk Nông, Bình Thuận" in words and "Danh bạ chưa có báo nào của tỉnh này" in words
    assert seen(pages(engine, registry=REAL).get("/tinh/Trung ương").text).startswith(
        "Bản đồ Trung ương Báo 1"
    )


@pytest.mark.parametrize(
    ("typed", "name"),
    [("thai-nguyen", "Thái Nguyên"), ("Bắc Kạn", "Thái Nguyên"), ("ha giang", "Tuyên Quang"), ("tp ho chi minh", "TP. Hồ Chí Minh"), ("lam ha", "Lam Hà")],
)  # fmt: skip
def test_names_without_marks_and_of_before_the_merger_lead_to_the_province(
    engine: sa.Engine, typed: str, name: str
) -> None:
    answer = pages(engine).get(f"/tinh/{typed}")
    assert answer.status_code == 307
    assert name in seen(pages(engine).get(answer.headers["location"]).text)
    assert pages(engine).get(f"/tinh/{typed}.json").headers["location"].endswith(".json")


def test_every_province_of_before_has_one_of_today() -> None:
    assert {province_named(former, []) for former in FORMER_PROVINCES} == set(PROVINCES)


@pytest.mark.parametrize("name", ["Lam Hạ Đông", "x", "a/b", "...", "<script>alert(1)</script>", "x" * 3000])
def test_a_province_that_is_none_is_told_with_names_that_are_near(engine: sa.Engine, name: str) -> None:
    answer = pages(engine).get(f"/tinh/{name}")
    assert answer.status_code == 404 and "<script>alert" not in answer.text
    assert "có phải Thái Nguyên" in pages(engine).get("/tinh/Thái Nguyênn").text


def test_the_name_of_a_city_with_a_dot_is_no_form_of_a_file(engine: sa.Engine) -> None:
    assert "TP. Hồ Chí Minh" in seen(pages(engine).get("/tinh/TP. Hồ Chí Minh").text)
    assert pages(engine).get("/tinh/TP. Hồ Chí Minh.json").json()["province"] == "TP. Hồ Chí Minh"


def test_hostile_words_of_a_province_are_only_text(engine: sa.Engine) -> None:
    evil = {"bao-lam-ha": outlet("bao-lam-ha", HOSTILE, HOSTILE)}
    fill(engine, hostile=True)
    for path in ("/ban-do", "/ban-do?mau=im-lang"):
        page = pages(engine, registry=evil).get(path).text
        assert "<script>alert" not in page
    page = pages(engine).get("/tinh/Lam Hà").text
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page


def test_pages_that_name_a_province_lead_to_it(engine: sa.Engine) -> None:
    first, *_ = fill(engine)
    with engine.begin() as conn:
        conn.execute(sa.update(s.meeting).values(province="Lam Hà"))
    for path in ("/?ngay=2026-11-21", f"/bai/{first}", "/cuoc-hop/m1", "/van-kien/19-CT/TU@lam-ha"):
        page = pages(engine).get(path).text
        assert re.search(r'href="/tinh/Lam%20H%C3%A0"', page), path


def test_the_map_of_yesterday_is_asked_by_its_days_in_vietnam(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        room = PressRoom(conn)
        late = datetime(2026, 11, 20, 23, 59, tzinfo=VIETNAM)
        room.article("Gần nửa đêm", story=room.story(), published=late.isoformat())
    for day, count in (("2026-11-19", "not_looked"), ("2026-11-20", 1), ("2026-11-21", "not_looked")):
        assert values(engine, f"tu={day}&den={day}", OUTLETS)["Lam Hà"] == count
