"""Statistics: counted as a look at each article would count, and every number leads to as many stories."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from html import unescape

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.annotate import annotate
from crawler.dates.zones import VIETNAM
from crawler.store import schema as s
from crawler.store.reindex import reindex
from crawler.store.statistics import KeptStatistics, periods_between, statistics
from tests.press_room import OUTLETS, PressRoom
from tests.test_search_facets import NOON, Told, articles, fill
from tests.web_room import HOSTILE
from tests.web_visit import PageVisitor

FIRST, LAST = date(2025, 3, 15), date(2026, 2, 20)


def tell(
    room: PressRoom,
    title: str,
    story: int,
    source: str = "bao-lam-ha",
    published: str | None = "2026-11-21T08:00:00+07:00",
) -> int:
    """An article with what is read out of its words, as a crawl reads it."""
    lead = f"Sáng nay, đại hội đảng viên chi bộ quán triệt Chỉ thị số 35-CT/TW. {title}."
    number = room.article(
        title, story=story, source=source, lead=lead, published=published, slug=f"{source}-{story}"
    )
    notes = annotate(title=title, lead=lead, text=f"{title}\n\n{lead}", published=None)
    room.conn.execute(sa.update(s.version).where(s.version.c.article == number).values(notes=notes.to_json()))
    reindex(room.conn, [number])
    return number


def small_press(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        room = PressRoom(conn)
        one, two, three, four = (room.story() for _ in range(4))
        tell(room, "Đại hội chi bộ ở Lam Hà", one)
        tell(room, "Đại hội chi bộ ở Lam Hà", one, "bao-an-khe", "2026-11-21T10:00:00+07:00")
        tell(room, "Kết nạp đảng viên trẻ", two, "bao-an-khe", "2026-11-02T10:00:00+07:00")
        tell(room, "Kết nạp đảng viên trẻ", two, "bao-lam-ha", "2026-11-03T10:00:00+07:00")
        tell(room, "Kiểm tra, giám sát đảng viên", three, "bao-cu-lao", "2026-09-30T23:30:00+07:00")
        tell(room, "Sinh hoạt chi bộ", four, "bao-cu-lao", "2026-10-01T00:30:00+07:00")
        tell(room, "Bài không rõ ngày", room.story(), published=None)


@pytest.mark.parametrize("step", ["month", "week"])
@pytest.mark.parametrize("query", ["", "tin"])
def test_the_numbers_are_those_of_a_look_at_each_article(engine: sa.Engine, query: str, step: str) -> None:
    periods = periods_between(FIRST, LAST, step)  # type: ignore[arg-type]  # both are given above

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(articles, min_size=1, max_size=9))
    def agree(told: list[Told]) -> None:
        with engine.begin() as connection:
            fill(connection, told)
        found = statistics(engine, query, OUTLETS, first=FIRST, last=LAST, step=step)  # type: ignore[arg-type]
        within = [(one, day) for one in told if FIRST <= (day := _day(one)) <= LAST]
        assert found.exact and (found.stories, found.articles) == (
            len({one.story for one, _ in within}),
            len(within),
        )
        cells: dict[tuple[int, str], set[int]] = defaultdict(set)
        for one, day in within:
            place = next(n for n, period in enumerate(periods) if period.first <= day <= period.last)
            for value in ("", *one.topics):
                cells[place, value].add(one.story)
        assert list(found.per_period) == [len(cells[n, ""]) for n in range(len(periods))]
        for topic in found.topics:
            assert list(topic.per_period) == [len(cells[n, topic.id]) for n in range(len(periods))]
            assert topic.stories == len({one.story for one, _ in within if topic.id in one.topics})
        assert {topic.id for topic in found.topics} == {topic for one, _ in within for topic in one.topics}
        documents: dict[str, set[int]] = defaultdict(set)
        for one, _ in within:
            for key in one.documents:
                documents[key].add(one.story)
        assert dict(found.documents) == {key: len(stories) for key, stories in documents.items()}
        assert {pair: set(stories) for pair, stories in found.reprints.items()} == _reprints(
            [one for one, _ in within]
        )

    agree()


def _day(one: Told) -> date:
    return (NOON - timedelta(days=one.day)).astimezone(VIETNAM).date()


def _reprints(told: Sequence[Told]) -> dict[tuple[str, str], set[int]]:
    """A larger `day` is an earlier one."""
    pairs: dict[tuple[str, str], set[int]] = defaultdict(set)
    for story in {one.story for one in told}:
        begun = {source: max(o.day for o in told if (o.story, o.source) == (story, source))
                 for source in {o.source for o in told if o.story == story}}  # fmt: skip
        first = max(begun.values())
        leaders = [source for source, day in begun.items() if day == first]
        if len(leaders) == 1:
            for source in begun:
                if source != leaders[0]:
                    pairs[leaders[0], source].add(story)
    return dict(pairs)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(0, 900), st.sampled_from(["month", "week"]))
def test_periods_hold_every_day_once(first: date, days: int, step: str) -> None:
    last = first + timedelta(days=days)
    periods = periods_between(first, last, step)  # type: ignore[arg-type]
    held = [one.first + timedelta(days=n) for one in periods for n in range((one.last - one.first).days + 1)]
    assert held == [first + timedelta(days=n) for n in range(days + 1)]
    if step == "week":
        assert all(one.first.weekday() == 0 for one in periods[1:])
    else:
        assert all((one.first.month, one.first.year) == (one.last.month, one.last.year) for one in periods)


@pytest.mark.parametrize(
    "asked", ["", "?buoc=tuan&tu=2026-09-01", "?q=chi+bộ+HOẶC+kiểm+tra&tu=2026-09-30&den=2026-11-21"]
)
def test_every_number_leads_to_as_many_stories(engine: sa.Engine, asked: str) -> None:
    small_press(engine)
    visitor = PageVisitor(engine)
    page = visitor.get(f"/thong-ke{asked}")
    links = re.findall(r'<a href="(/tim\?[^"]+)">(?:<strong>)?(\d+)<', page)
    assert len(links) >= 10
    for link, number in set(links):
        told = visitor.ask(unescape(link).replace("/tim?", "/tim.json?")).json()
        assert told["total"] == int(number), link


def test_who_had_a_story_first_and_who_printed_it_later(engine: sa.Engine) -> None:
    small_press(engine)
    visitor = PageVisitor(engine)
    page = visitor.get("/thong-ke")
    links = [unescape(one) for one in re.findall(r'href="(/thong-ke/dang-lai\?[^"]+)"', page)]
    assert len(links) == 2
    shown = visitor.get(next(link for link in links if "truoc=bao-lam-ha" in link))
    assert "Báo Lam Hà đăng trước, Báo An Khê Sơn đăng sau" in shown and "Đại hội chi bộ ở Lam Hà" in shown
    assert "Kết nạp đảng viên trẻ" not in shown and shown.index("Báo Lam Hà</span>") < shown.index(
        "Báo An Khê Sơn</span>"
    )
    assert "Không có tin nào như vậy" in visitor.get("/thong-ke/dang-lai?truoc=bao-la&sau=bao-lam-ha")


def test_stories_of_a_pair_come_in_pages(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        room = PressRoom(conn)
        for n in range(60):
            story = room.story()
            room.article(f"Tin {n}.", story=story, slug=f"a{n}", published="2026-11-20T08:00:00+07:00")
            room.article(f"Tin {n}.", story=story, slug=f"b{n}", source="bao-an-khe")
    visitor = PageVisitor(engine)
    first = visitor.get("/thong-ke/dang-lai?truoc=bao-lam-ha&sau=bao-an-khe")
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following is not None and "Tin 59." in first and "Tin 9." not in first
    rest = visitor.get(unescape(following[1]))
    assert "Tin 9." in rest and "Tin 10." not in rest and 'rel="next"' not in rest


def test_each_table_is_a_file(engine: sa.Engine) -> None:
    small_press(engine)
    visitor = PageVisitor(engine)
    for name, words in (
        ("chu-de", "Chủ đề"),
        ("tinh", "Cù Lao Hạ,2"),
        ("van-kien", "35-CT/TW,4"),
        ("dang-lai", "Báo Lam Hà,Báo An Khê Sơn,1"),
    ):
        assert words in visitor.get(f"/thong-ke/{name}.csv"), name
        assert visitor.ask(f"/thong-ke/{name}.xlsx").content[:2] == b"PK"
    assert visitor.ask("/thong-ke/tinh.json").json()["provinces"][0]["stories"] == 2
    whole = visitor.ask("/thong-ke.json").json()
    assert (whole["stories"], whole["articles"], whole["exact"]) == (4, 6, True)
    assert "không có bảng" in visitor.get("/thong-ke/khac.csv", 404)


def test_an_empty_store_a_quiet_time_and_a_young_store_are_shown(engine: sa.Engine) -> None:
    visitor = PageVisitor(engine)
    assert "Không có tin nào" in visitor.get("/thong-ke")
    small_press(engine)
    assert "Không có tin nào" in visitor.get("/thong-ke?tu=2020-01-01&den=2020-03-01")
    page = visitor.get("/thong-ke")
    assert 'value="2026-09-01"' in page, "months before the first article are left out"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("q=chi+(b%E1%BB%99", "ký tự 8"),
        ("tu=hôm+qua", "không phải ngày"),
        ("tu=2026-12-01&den=2026-11-01", "ngày đầu phải trước"),
        ("tu=2027-01-01", "sau ngày cuối"),
        ("tu=1990-01-01&buoc=tuan", "quá 120 cột"),
        ("tu=0001-01-01", "hãy dùng năm"),
        ("den=9999-12-31", "hãy dùng năm"),
        ("buoc=ngay", "thang hoặc tuan"),
    ],
)
def test_what_is_asked_wrongly_is_said(engine: sa.Engine, asked: str, said: str) -> None:
    assert said in PageVisitor(engine).get(f"/thong-ke?{asked}", 400)
    assert PageVisitor(engine).ask(f"/thong-ke.json?{asked}").status_code == 400


def test_what_was_counted_is_kept_until_an_article_enters_or_changes(engine: sa.Engine) -> None:
    small_press(engine)
    kept = KeptStatistics()

    def count() -> int:
        days = {"first": date(2026, 9, 1), "last": date(2026, 11, 22)}
        return kept.get(engine, "", OUTLETS, step="month", **days).stories

    assert count() == 4
    with engine.begin() as conn:  # nothing that a crawl would do
        conn.execute(sa.delete(s.search_row).where(s.search_row.c.source == "bao-cu-lao"))
    assert count() == 4, "it was kept"
    with engine.begin() as conn:
        tell(room := PressRoom(conn), "Tin mới", room.story(), published="2026-11-22T05:00:00+07:00")
    assert count() == 3


def test_a_hostile_name_is_only_text(engine: sa.Engine) -> None:
    hostile = OUTLETS["bao-lam-ha"].model_copy(update={"name": HOSTILE, "province": HOSTILE})
    small_press(engine)
    visitor = PageVisitor(engine, OUTLETS | {"bao-lam-ha": hostile})
    for path in (
        "/thong-ke",
        "/thong-ke/dang-lai?truoc=bao-lam-ha&sau=bao-an-khe",
        "/nguon",
        "/nguon/bao-lam-ha",
    ):
        page = visitor.get(path)
        assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page, path


def test_a_day_of_vietnam_is_counted_where_it_is(engine: sa.Engine) -> None:
    """Half past eleven in the evening and half past midnight lie in two months."""
    small_press(engine)
    told = PageVisitor(engine).ask("/thong-ke.json?tu=2026-09-01&den=2026-10-31").json()
    assert told["per_period"] == [1, 1]
    assert datetime(2026, 9, 30, 23, 30, tzinfo=VIETNAM).date() == date(2026, 9, 30)
