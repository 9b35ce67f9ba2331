"""Pages of answers: one hit a story, in three orders, with counts and facets, and stopped where the time is over."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import crawler.store
from crawler.errors import InvalidInput
from crawler.query.cadence import VIETNAM
from crawler.query.parser import parse
from crawler.store import articles, reindex, story_editing
from crawler.store import schema as s
from crawler.store.database import open_database
from crawler.store.search import SORTS, Sort, matching, matching_rows, search
from crawler.store.search_answer import Answer
from crawler.store.search_facets import Facet
from crawler.store.search_past import past, stories_since
from tests.press_room import MORNING, OUTLETS, PressRoom

FIRST = datetime(2026, 11, 1, 8, tzinfo=VIETNAM)
TITLES = ("Đại hội chi bộ", "Đảng bộ họp", "Kết nạp đảng viên", "Chuyện làng")


def filled(
    connection: sa.Connection, count: int, *, stories: int | None = None, title: str | None = None
) -> None:
    """Articles an hour apart, the last the newest, by turns of each outlet and in `stories` stories."""
    room = PressRoom(connection)
    numbers = [room.story() for _ in range(stories or count)]
    for n in range(count):
        room.article(
            f"{title or TITLES[n % len(TITLES)]} {n}",
            story=numbers[n % len(numbers)],
            source=list(OUTLETS)[n % 3],
            slug=f"bai-{n}",
            published=(FIRST + timedelta(hours=n)).isoformat(),
        )


def pages(engine: sa.Engine, query: str, sort: Sort, limit: int) -> Iterator[Answer]:
    after: str | None = None
    while True:
        page = search(engine, query, OUTLETS, limit=limit, sort=sort, after=after)
        yield page
        if page.after is None:
            return
        after = page.after


def test_the_newest_stories_come_first_and_each_once(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        filled(connection, 12, stories=5)
    found = search(engine, "đảng HOẶC đại hội HOẶC chuyện", OUTLETS)
    assert [hit.url.rpartition("-")[2] for hit in found.hits] == ["11", "10", "9", "8", "7"]
    assert (found.total, found.articles, found.total_exact, found.after) == (5, 12, True, None)
    oldest = search(engine, "đảng HOẶC đại hội HOẶC chuyện", OUTLETS, sort="oldest")
    assert [hit.url.rpartition("-")[2] for hit in oldest.hits] == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("query", ["họp", "dang", "thực hiện 35-CT/TW HOẶC họp", "KHÔNG chuyện"])
def test_pages_one_after_the_other_hold_every_story_once(engine: sa.Engine, sort: Sort, query: str) -> None:
    with engine.begin() as connection:
        filled(connection, 30, stories=11)
    whole = search(engine, query, OUTLETS, limit=1_000, sort=sort)
    paged = [hit.story for page in pages(engine, query, sort, 3) for hit in page.hits]
    assert paged == [hit.story for hit in whole.hits]
    assert len(set(paged)) == len(paged) == whole.total > 5


def test_what_enters_between_two_pages_moves_nothing_on_the_second(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        filled(connection, 30)
    for sort in SORTS:
        first = search(engine, "họp", OUTLETS, limit=4, sort=sort)
        second = search(engine, "họp", OUTLETS, limit=4, sort=sort, after=first.after)
        with engine.begin() as connection:
            room = PressRoom(connection)
            at = (FIRST + timedelta(days=30)).isoformat() if sort != "oldest" else "2020-01-01"
            room.article("Họp họp họp", story=room.story(), slug=f"xen-{sort}", published=at)
        again = search(engine, "họp", OUTLETS, limit=4, sort=sort, after=first.after)
        assert [hit.url for hit in again.hits] == [hit.url for hit in second.hits]


def test_the_most_relevant_has_the_words_in_its_title(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        room = PressRoom(connection)
        room.article("Đại hội, đại hội", story=room.story(), slug="a", published="2020-01-01")
        for n in range(5):
            room.article(
                f"Tin {n}", story=room.story(), slug=f"b{n}", paragraphs=("Bên lề đại hội. " + "Chữ " * 50,)
            )
    found = search(engine, "đại hội", OUTLETS, sort="liên-quan")
    assert found.hits[0].title == "Đại hội, đại hội" and found.total == 6


@pytest.mark.parametrize("after", ["trang-2", "1.5", "9" * 40, ""])
def test_a_cursor_that_is_none_is_refused(engine: sa.Engine, after: str) -> None:
    for sort in SORTS:
        with pytest.raises(InvalidInput, match="--after"):
            search(engine, "họp", OUTLETS, sort=sort, after=after)


def test_facets_count_stories_of_every_kind_in_one_call(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        filled(connection, 12, stories=4)
    facets = search(engine, "họp", OUTLETS, facets=True, limit=1).facets
    assert facets is not None and facets.exact
    assert facets.months == (Facet("2026-11", "2026-11", 4),)
    assert facets.sources == (
        Facet("bao-an-khe", "Báo An Khê Sơn", 4), Facet("bao-cu-lao", "Báo Cù Lao Hạ", 4),
        Facet("bao-lam-ha", "Báo Lam Hà", 4),
    )  # fmt: skip
    assert {facet.name for facet in facets.provinces} == {"An Khê Sơn", "Cù Lao Hạ", "Lam Hà"}
    assert facets.documents == facets.topics == facets.meetings == ()


def test_what_the_index_cannot_decide_is_counted_as_more_than(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        filled(connection, 30)
    page = search(engine, '("thực hiện 35-CT/TW" HOẶC họp)', OUTLETS, limit=3)
    assert (page.total, page.total_exact, page.count) == (4, False, "hơn 4") or page.total == 3
    whole = search(engine, '("thực hiện 35-CT/TW" HOẶC họp)', OUTLETS, limit=100)
    assert (whole.total, whole.total_exact) == (30, True)


def test_a_search_whose_time_is_over_says_so_and_shows_what_it_has(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        filled(connection, 5)
    found = search(engine, "họp", OUTLETS, seconds=0, facets=True)
    assert found.stopped and not found.total_exact and found.hits == ()
    assert found.facets is not None and not found.facets.exact
    assert not search(engine, "họp", OUTLETS, seconds=60).stopped


def test_a_story_that_is_merged_or_split_is_followed(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        filled(connection, 4, stories=1)
    assert search(engine, "họp", OUTLETS).total == 1
    urls = [hit.url for hit in search(engine, "họp", OUTLETS).hits]
    story_editing.split(engine, urls[0], urls, now=MORNING)
    assert search(engine, "họp", OUTLETS).total == 2


def test_an_article_that_is_taken_down_and_comes_back_is_found_as_such(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        filled(connection, 1)
    (hit,) = search(engine, "họp", OUTLETS).hits
    with engine.begin() as connection:
        connection.execute(sa.insert(s.address).values(url=hit.url, article=1))
    for day in (1, 3):
        articles.mark_gone(engine, hit.url, now=MORNING + timedelta(days=day))
    assert search(engine, "sửa:gỡ", OUTLETS).total == 1
    assert [found.id for found in matching(engine, "sửa:gỡ", OUTLETS)] == [1]


@pytest.fixture
def older(engine: sa.Engine) -> sa.Engine:
    """A store as migration 0009 leaves one of before: articles, and nothing in the index."""
    with engine.begin() as connection:
        filled(connection, 30)
        for table in (s.search_row, s.search_word, s.search_value):
            connection.execute(sa.delete(table))
        clear = "DELETE FROM full_text"
        if engine.dialect.name == "sqlite":
            clear = "INSERT INTO full_text (full_text) VALUES ('delete-all')"
        connection.execute(sa.text(clear))
        connection.execute(sa.insert(s.search_debt).values(below=31))
    return engine


class _Stop(Exception):
    """Somebody ends the program."""


def test_an_older_store_is_entered_step_by_step_and_searched_meanwhile(
    older: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reindex, "TOGETHER", 7)
    assert search(older, "họp", OUTLETS).missing == reindex.missing(older) == 30

    def stop(_: int) -> None:
        raise _Stop

    with pytest.raises(_Stop):
        reindex.pay_debt(older, stop)
    half = search(older, "họp", OUTLETS)
    assert (half.total, half.missing) == (7, 23)
    assert half.hits[0].url.endswith("bai-29")
    with older.begin() as connection:
        room = PressRoom(connection)
        room.article("Họp mới", story=room.story(), slug="moi", published="2026-11-21")
    steps: list[int] = []
    assert reindex.pay_debt(older, steps.append) == sum(steps) == 23
    assert (search(older, "họp", OUTLETS).total, reindex.missing(older)) == (31, 0)
    assert reindex.pay_debt(older) == 0
    if older.dialect.name == "sqlite":
        with older.connect() as connection:
            assert "search_row" in connection.exec_driver_sql("SELECT tbl FROM sqlite_stat1").scalars().all()


def store_at(revision: str, file: Path) -> None:
    """An empty store of an older version."""
    engine = sa.create_engine(f"sqlite:///{file}")
    config = Config()
    config.set_main_option("script_location", str(Path(crawler.store.__file__).with_name("migrations")))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def copied(store: Path, older: Path) -> None:
    """The rows of a store in one of an older version, as far as that knew them."""
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("ATTACH DATABASE ? AS older", (str(older),))
        tables = connection.execute(
            "SELECT name FROM older.sqlite_master WHERE type = 'table' AND name NOT LIKE 'full_text%'"
            " AND name NOT IN ('alembic_version', 'sqlite_sequence')"
        ).fetchall()
        for (table,) in tables:
            columns = connection.execute(f"PRAGMA older.table_info({table})").fetchall()
            names = ", ".join(f'"{column[1]}"' for column in columns)
            connection.execute(f"INSERT INTO older.{table} ({names}) SELECT {names} FROM main.{table}")
        connection.commit()


def test_a_store_of_the_version_before_is_told_to_be_entered(tmp_path: Path) -> None:
    file = tmp_path / "older.db"
    store_at("0008", file)
    engine = open_database(f"sqlite:///{tmp_path / 'diemtin.db'}")
    with engine.begin() as connection:
        filled(connection, 3)
    engine.dispose()
    copied(tmp_path / "diemtin.db", file)
    migrated = open_database(f"sqlite:///{file}")
    assert (search(migrated, "họp", OUTLETS).total, reindex.missing(migrated)) == (0, 3)
    assert reindex.pay_debt(migrated) == 3
    assert search(migrated, "họp", OUTLETS).total == 3
    migrated.dispose()


_texts = st.lists(
    st.sampled_from(["đảng", "đang", "bộ", "họp", "Chi bộ.", "35-CT/TW", "thực hiện", "làng"]),
    min_size=1,
    max_size=6,
).map(" ".join)
_questions = st.sampled_from(
    [
        "đảng", "dang bo", "đang bo", "đảng KHÔNG họp", "thực hiện 35-CT/TW", "35-CT/TW", "KHÔNG (chi bộ)",
        "tiêu-đề:họp", "ngày:2026-11-02", "nguồn:bao-an-khe đảng", "làng HOẶC họp",
    ]
)  # fmt: skip


def test_a_page_holds_what_the_matcher_finds_of_any_store(engine: sa.Engine) -> None:
    tables = ("search_row", "search_word", "search_value", "version", "article", "story")

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.tuples(_texts, _texts, st.integers(0, 3)), max_size=8), _questions, st.integers(1, 3))
    def agree(texts: list[tuple[str, str, int]], query: str, limit: int) -> None:
        with engine.begin() as connection:
            for table in tables:
                connection.execute(sa.text(f"DELETE FROM {table}"))
            clear = "DELETE FROM full_text"
            if engine.dialect.name == "sqlite":
                clear = "INSERT INTO full_text (full_text) VALUES ('delete-all')"
            connection.execute(sa.text(clear))
            room = PressRoom(connection)
            numbers = [room.story() for _ in range(4)]
            for n, (title, body, story) in enumerate(texts):
                room.article(
                    title, story=numbers[story], slug=f"t{n}", source=list(OUTLETS)[n % 3], paragraphs=(body,),
                    published=(FIRST + timedelta(hours=9 * (n // 2))).isoformat(),
                )  # fmt: skip
        parsed = parse(query)
        truth = [one for one in matching(engine, "", OUTLETS) if parsed.matches(one.doc)]
        assert [row.article for row in matching_rows(engine, parsed, OUTLETS)] == [one.id for one in truth]
        for sort, order in (("newest", truth), ("oldest", truth[::-1])):
            stories = dict.fromkeys(one.story for one in order)
            shown = [hit.story for page in pages(engine, query, sort, limit) for hit in page.hits]  # type: ignore[arg-type]
            assert shown == list(stories)

    agree()


@pytest.mark.parametrize(
    "query",
    [
        "họp", "dang", "đảng HOẶC họp HOẶC nguồn:bao-lam-ha", "họp KHÔNG (đảng VÀ bộ)", "ngày:2026-11 đại hội",
        "thực hiện 35-CT/TW HOẶC họp", "KHÔNG làng", "tiêu-đề:(đại hội HOẶC kết nạp) tỉnh:Lam Hà",
    ],
)  # fmt: skip
def test_the_past_is_told_by_the_index_as_the_matcher_would_tell_it(engine: sa.Engine, query: str) -> None:
    with engine.begin() as connection:
        filled(connection, 40, stories=25)
    since, until = FIRST + timedelta(hours=5), FIRST + timedelta(hours=30)
    parsed = parse(query)
    truth = [
        (one.id, one.story, (*one.hit.words, *one.hit.fields))
        for one in matching(engine, query, OUTLETS, since=since)
        if datetime.fromisoformat(one.published or "") <= until
    ]
    told = past(engine, parsed, OUTLETS, since, until)
    assert [(one.id, one.story, one.words) for one in told] == truth
    assert stories_since(engine, parsed, OUTLETS, since, until) == len({story for _, story, _ in truth})


def test_the_index_alone_tells_the_past_and_reads_no_article(
    engine: sa.Engine,
) -> None:
    with engine.begin() as connection:
        filled(connection, 10)
        connection.execute(sa.delete(s.version))
    assert len(past(engine, parse("họp KHÔNG đảng"), OUTLETS, FIRST, MORNING)) == 5


@pytest.mark.parametrize(
    ("slow", "shown"),
    [
        ("s.search = wait", ()),
        (
            "rows = s.rows_of\n"
            "def few(*a, **k):\n"
            "    yield from islice(rows(*a, **k), 2)\n"
            "    wait()\n"
            "s.rows_of = few",
            ("Đảng bộ họp 5", "Đại hội chi bộ 4"),
        ),
        ("s.counted = wait", ("Đảng bộ họp 5", "Đại hội chi bộ 4", "Chuyện làng 3")),
    ],
    ids=["before", "while it reads", "while it counts"],
)
def test_ctrl_c_ends_a_search_and_says_so_under_what_it_had(
    tmp_path: Path, slow: str, shown: tuple[str, ...]
) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'diemtin.db'}")
    with engine.begin() as connection:
        filled(connection, 6)
    engine.dispose()
    program = (
        "import sys, time, crawler.store.search as s\n"
        "from itertools import islice\n"
        "def wait(*a, **k):\n"
        "    print('begun', file=sys.stderr, flush=True); time.sleep(60)\n"
        f"{slow}\n"
        "sys.argv = ['diemtin', 'search', '--limit', '3', 'ngày:2026']\n"
        "from crawler.cli import main; main()\n"
    )
    environment: dict[str, Any] = {**os.environ, "DIEMTIN_DATA": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )  # fmt: skip
    assert process.stderr is not None and process.stderr.readline() == "begun\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    told, said = process.communicate(timeout=30)
    assert process.returncode == 130 and "đã ngừng theo lệnh" in said
    assert [line for line in told.splitlines() if line in shown] == list(shown)
    assert ("Đã ngừng theo lệnh" in told) is bool(shown)
