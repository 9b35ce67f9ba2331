"""A wall before one page is no wall before the outlet: real crawls of outlets with such a page, and with such a wall."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from crawler.crawl.walls import Walls
from crawler.store.database import open_database
from tests.small_press import NOW, Answer, Ask, Outlet, Rule, crawl, run, serving

WALL = (
    "<html><head><title>Just a moment...</title></head><body><noscript>Enable JavaScript and cookies to continue"
    "</noscript><script src='/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1'></script></body></html>"
)


def walled_pages(*numbers: int, status: int = 403) -> Rule:
    """These articles are answered with a challenge, whoever asks and whenever."""

    def rule(outlet: Outlet, ask: Ask) -> Answer | None:
        hit = any(f"post{n}.html" in ask.path for n in numbers)
        return Answer(WALL, status) if hit else None

    return rule


def walled_feed(outlet: Outlet, ask: Ask) -> Answer | None:
    return Answer(WALL, 403) if ask.path == "/rss" else None


def walled_articles(status: int) -> Rule:
    """Every article is answered with a challenge."""

    def rule(outlet: Outlet, ask: Ask) -> Answer | None:
        return Answer(WALL, status) if "post" in ask.path else None

    return rule


def walled_listing(outlet: Outlet, ask: Ask) -> Answer | None:
    return Answer(WALL, 200) if ask.path != "/robots.txt" else None


def members_only(outlet: Outlet, ask: Ask) -> Answer | None:
    """Three articles, far apart, are for members."""
    hit = any(f"post{n}.html" in ask.path for n in (182, 188, 194))
    return Answer("<h1>403</h1>", 403) if hit else None


def outlet(name: str, *rules: Rule, articles: int = 20, feed: int = 0) -> Outlet:
    made = Outlet(name, rules=list(rules), size=30, feed=feed)
    made.add(200 - articles, 199)
    return made


def kept(said: Any) -> int:
    return int(said["stored"] + said["duplicate_kept"])


def links(data: Path, source: str) -> dict[int, Any]:
    engine = open_database(f"sqlite:///{data / 'diemtin.db'}")
    with engine.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT url, disposition, attempts, walls FROM link WHERE source = :s"), {"s": source}
        ).all()
    engine.dispose()
    return {int(row.url.rpartition("-post")[2].removesuffix(".html")): row for row in rows}


def outcome(data: Path, source: str) -> str:
    engine = open_database(f"sqlite:///{data / 'diemtin.db'}")
    with engine.connect() as connection:
        found = connection.execute(
            sa.text("SELECT outcome FROM run WHERE source = :s ORDER BY id DESC"), {"s": source}
        )
        value: str = found.scalars().first()
    engine.dispose()
    return value


def test_one_walled_page_costs_one_page_and_is_given_up_after_five_looks(tmp_path: Path) -> None:
    press = [
        outlet("mot-trang", walled_pages(199)),
        outlet("giua-chung", walled_pages(190, status=200)),
        outlet("rai-rac", walled_pages(182, 186, 190, 194)),
        outlet("nguoi-nha", members_only),
        outlet("rss-chan", walled_feed, feed=20),
    ]
    with serving(*press, folder=tmp_path) as rows:
        said = crawl(rows, tmp_path)
        assert [kept(said[o.id]) for o in press] == [19, 19, 16, 17, 20]
        assert all(outcome(tmp_path, o.id) == "finished" for o in press)
        assert "bot wall" in said["mot-trang"]["problem"], "it is told"
        looks, now = 1, NOW
        for pause in (11, 61, 361, 1441):  # graded: a look before its time is none
            crawl(rows, tmp_path, "mot-trang", now=now + timedelta(minutes=pause - 2))
            assert len(press[0].asked("post199")) == looks
            now += timedelta(minutes=pause)
            crawl(rows, tmp_path, "mot-trang", now=now)
            looks += 1
            assert len(press[0].asked("post199")) == looks
        assert looks == 5
        assert links(tmp_path, "mot-trang")[199].disposition == "dropped:bot_wall"
        crawl(rows, tmp_path, "mot-trang", now=now + timedelta(days=9))
        assert len(press[0].asked("post199")) == 5
        [lost] = run(rows, tmp_path, "dropped", "mot-trang", "--json")
    assert lost["url"].endswith("post199.html") and lost["title"] and lost["why"]
    assert lost["reason"] == "bot_wall"


def test_two_walled_pages_end_the_visit_and_are_held_against_neither(tmp_path: Path) -> None:
    press = [outlet("tuong", walled_articles(503)), outlet("tuong-muc", walled_listing)]
    with serving(*press, folder=tmp_path) as rows:
        said = crawl(rows, tmp_path)
        assert {o.id: outcome(tmp_path, o.id) for o in press} == {"tuong": "blocked", "tuong-muc": "blocked"}
        assert len(press[0].asked("post")) == 2, "one more is tried, and never a third"
        first, second = (hit.began for hit in press[0].asked("post"))
        assert second - first >= 0.9, "after a rest"
        assert len(press[1].hits) == 2  # robots.txt and the listing
        assert "bot wall" in said["tuong"]["problem"]
        press[0].rules[:] = [
            walled_articles(403)
        ]  # a 503 is also a failure of the host, which waits longer each day
        for day in range(1, 9):
            crawl(rows, tmp_path, "tuong", now=NOW + timedelta(days=day))
        owed = links(tmp_path, "tuong").values()
        assert {row.disposition for row in owed} == {None}, "no page is lost to a wall before the outlet"
        press[0].rules.clear()
        said = crawl(rows, tmp_path, "tuong", now=NOW + timedelta(days=10))
        assert kept(said["tuong"]) == 20, "all come when the wall has gone, one after the other"


def test_pages_that_were_walled_are_asked_last_and_one_by_one(tmp_path: Path) -> None:
    press = outlet("hai-trang", walled_pages(198, 199), articles=4)
    with serving(press, folder=tmp_path) as rows:
        crawl(rows, tmp_path, now=NOW)
        press.add(200, 205)
        press.hits.clear()
        said = crawl(rows, tmp_path, now=NOW + timedelta(hours=1))
    asked = [int(hit.path.rpartition("-post")[2].removesuffix(".html")) for hit in press.asked("post")]
    assert set(range(200, 206)) <= set(asked) and asked[-1] in (198, 199)
    assert len([n for n in asked if n in (198, 199)]) == 1
    assert {196, 197} <= {n for n, row in links(tmp_path, "hai-trang").items() if row.disposition}
    assert kept(said["hai-trang"]) >= 6


def test_pages_are_judged_in_the_order_they_came() -> None:
    walls = Walls()
    first, read, second, third = (walls.came() for _ in range(4))
    assert walls.judge(second, "/b", "walled") == []
    assert walls.judge(first, "/a", "walled") == [] and not walls.outlet, (
        "the page between is still being read"
    )
    assert walls.judge(read, "/x", "read") == ["/a"] and not walls.outlet
    assert walls.judge(second, "/b", "neither") == [], "a second verdict does not count"
    walls.judge(third, "/c", "walled")
    assert walls.outlet


def test_a_walled_feed_is_alone_when_the_listing_comes() -> None:
    walls = Walls()
    walls.channel_walled("/rss")
    walls.listed()
    assert walls.judge(walls.came(), "/a", "walled") == [] and not walls.outlet
    assert walls.over() == "/a"
