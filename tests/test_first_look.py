"""What stood there before anybody asked is no news: the first look at a source, and what is older than a watch."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from crawler.store import frontier
from crawler.store.database import open_database
from crawler.store.frontier import Channel, OwedLink
from crawler.store.watches import add_watch
from tests.small_press import NOW, Answer, Ask, Outlet, article_html, crawl, serving

HOUR = timedelta(hours=1)


def without_a_date(outlet: Outlet, ask: Ask) -> Answer | None:
    if "-post" not in ask.path:
        return None
    number = int(ask.path.rpartition("-post")[2].removesuffix(".html"))
    stamp = (outlet.published(number) + 7 * HOUR).strftime("%d/%m/%Y %H:%M")
    return Answer(article_html(number, outlet.published(number)).replace(stamp, ""))


def alerted(data: Path) -> list[int]:
    """The numbers of the articles that raised an alert."""
    with closing(sqlite3.connect(data / "diemtin.db")) as connection:
        rows = connection.execute(
            "SELECT article.url FROM alert JOIN article ON article.id = alert.article ORDER BY article.url"
        ).fetchall()
    return sorted(int(url.rsplit("post", 1)[1].removesuffix(".html")) for (url,) in rows)


def watching(data: Path, *, since: datetime) -> None:
    engine = open_database(f"sqlite:///{data / 'diemtin.db'}")
    with engine.begin() as connection:
        add_watch(connection, query="chi bộ", addresses=["a@example.org"], scope="article", now=since)
    engine.dispose()


def test_the_first_look_tells_of_the_last_day_and_later_looks_of_everything_new(tmp_path: Path) -> None:
    """Article 200 is of this very moment, each number before it an hour older."""
    outlet = Outlet("bao-moi", size=60)
    outlet.add(150, 200)
    watching(tmp_path, since=NOW - timedelta(days=9))
    with serving(outlet, folder=tmp_path) as rows:
        crawl(rows, tmp_path)
        assert alerted(tmp_path) == list(range(176, 201)), "24 hours and no more"
        outlet.add(201, 203)
        outlet.add(140, 142)  # old ones put on the listing afterwards
        crawl(rows, tmp_path, now=NOW + 4 * HOUR)
    assert alerted(tmp_path) == list(range(176, 204))


def test_what_was_published_before_a_watch_was_added_is_no_news_to_it(tmp_path: Path) -> None:
    outlet = Outlet("bao-cu", size=60)
    outlet.add(170, 180)
    with serving(outlet, folder=tmp_path) as rows:
        crawl(rows, tmp_path, now=NOW - 20 * HOUR)
        watching(tmp_path, since=NOW - 10 * HOUR - timedelta(minutes=1))
        outlet.add(181, 199)
        crawl(rows, tmp_path)
    assert alerted(tmp_path) == list(range(190, 200))


def test_undated_articles_of_the_first_look_are_backlog_and_later_ones_are_news(tmp_path: Path) -> None:
    outlet = Outlet("bao-khong-ngay", size=60, rules=[without_a_date])
    outlet.add(180, 190)
    watching(tmp_path, since=NOW - timedelta(days=9))
    with serving(outlet, folder=tmp_path) as rows:
        crawl(rows, tmp_path, "--limit", "4")
        crawl(rows, tmp_path, now=NOW + HOUR)  # what the first look left owed is its backlog too
        assert alerted(tmp_path) == []
        outlet.add(191, 192)
        crawl(rows, tmp_path, now=NOW + 2 * HOUR)
    assert alerted(tmp_path) == [191, 192]


def test_a_section_added_to_an_old_source_does_not_flood_and_one_that_moved_loses_nothing(
    tmp_path: Path,
) -> None:
    outlet = Outlet("bao-doi", size=60, sections=("xay-dung-dang", "to-chuc"))
    outlet.add(100, 120)
    watching(tmp_path, since=NOW - timedelta(days=9))
    with serving(outlet, folder=tmp_path) as rows:
        row = rows / "bao-doi.toml"
        both = row.read_text(encoding="utf-8")
        head, first, second = both.split("[[sections]]\n")
        _, rest = second.split("[articles]")
        row.write_text(f"{head}[[sections]]\n{first}[articles]{rest}", encoding="utf-8")
        crawl(rows, tmp_path, now=NOW - 79 * HOUR)
        before = alerted(tmp_path)
        outlet.add(121, 199)
        moved = first.replace("/xay-dung-dang/", "/to-chuc/")
        row.write_text(f"{head}[[sections]]\n{moved}[articles]{rest}", encoding="utf-8")
        crawl(rows, tmp_path)
        assert alerted(tmp_path) == [*before, *range(121, 200)], "the same section under another address"

    added = Outlet("bao-them", size=60, sections=("xay-dung-dang", "to-chuc"))
    data = tmp_path / "added"
    added.add(100, 199)
    added.rules.append(
        lambda outlet, ask: (
            Answer(outlet.listing(list(range(100, 121)))) if ask.path == "/xay-dung-dang/" else None
        )
    )
    watching(data, since=NOW - timedelta(days=9))
    with serving(added, folder=data) as rows:
        row = rows / "bao-them.toml"
        both = row.read_text(encoding="utf-8")
        head, first, second = both.split("[[sections]]\n")
        row.write_text(
            f"{head}[[sections]]\n{first}[articles]{second.split('[articles]')[1]}", encoding="utf-8"
        )
        crawl(rows, data, now=NOW - 79 * HOUR)
        before = alerted(data)
        row.write_text(
            both.replace(second, second.replace('name = "Xây dựng Đảng"', 'name = "Tổ chức"')),
            encoding="utf-8",
        )
        crawl(rows, data)
    assert alerted(data) == [*before, *range(176, 200)], "a new section: its last day"


def test_a_link_remembers_that_the_first_look_found_it(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'd.db'}")
    links = [OwedLink(f"https://a.example/{n}", f"https://a.example/{n}", "S", None, None) for n in (1, 2)]
    backlog = OwedLink(links[0].url, links[0].ask, "S", None, None, backlog=NOW)
    frontier.record_look(
        engine, Channel("a", "https://a.example/", "listing"), [backlog, links[1]], since=NOW, now=NOW
    )
    assert [item.backlog for item in frontier.owed(engine, "a")] == [NOW, None]
    engine.dispose()


def test_the_store_without_any_run_has_no_first_look(engine: sa.Engine) -> None:
    from crawler.store import looks, runs

    assert looks.first_look(engine, "bao-a") is None
    for hours, outcome in ((0, "blocked"), (1, "missed"), (2, "finished"), (3, "finished")):
        run = runs.open_run(engine, "bao-a", now=NOW + hours * HOUR)
        assert looks.first_look(engine, "bao-a") == (NOW + 2 * HOUR if hours == 3 else None)
        runs.close_run(engine, run, ended=NOW + hours * HOUR, outcome=outcome)


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    return open_database(f"sqlite:///{tmp_path / 'first.db'}")
