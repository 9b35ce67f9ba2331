"""Nothing missed: real crawls of a small press in which each outlet has one fault of its own.

All outlets are crawled together, three times, and some of them once more by themselves, so that the whole file
costs a dozen processes.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.source import Source
from crawler.store import frontier, timetable
from crawler.store.database import open_database
from crawler.store.frontier import Channel
from tests.small_press import NOW, Answer, Ask, Outlet, crawl, serving, start

FIRST, LATER, LAST = NOW, NOW + timedelta(minutes=20), NOW + timedelta(minutes=40)
OLD = range(1, 25)
NEW = range(25, 39)
"""Published between the first two crawls: five pages of a listing."""
SIZE = 3


def stored(data: Path, source: str) -> set[int]:
    """The numbers of the stored articles."""
    with closing(sqlite3.connect(data / "diemtin.db")) as connection:
        rows = connection.execute("SELECT url FROM article WHERE source = ?", (source,)).fetchall()
    return {int(url.rsplit("post", 1)[1].removesuffix(".html")) for (url,) in rows}


# ---- the outlets and their faults --------------------------------------------------------------------------


class Faults:
    """Switches the rules look at."""

    page_three = False
    article = False
    second_section = False


def page_three_fails(outlet: Outlet, ask: Ask) -> Answer | None:
    return Answer("oops", 500) if Faults.page_three and ask.page == 3 else None


def one_article_fails(outlet: Outlet, ask: Ask) -> Answer | None:
    return Answer("oops", 500) if Faults.article and "post30.html" in ask.path else None


def second_section_fails(outlet: Outlet, ask: Ask) -> Answer | None:
    return Answer("oops", 500) if Faults.second_section and ask.path == "/tin-dang/" else None


def two_sections(outlet: Outlet, ask: Ask) -> Answer | None:
    """The first section shows every third article of the second: what one knows, the other does not."""
    if ask.path != "/xay-dung-dang/":
        return None
    numbers = sorted((n for n in outlet.articles if n % 3), reverse=True)
    return Answer(outlet.listing(numbers[(ask.page - 1) * SIZE : ask.page * SIZE]))


def pinned(outlet: Outlet, ask: Ask) -> Answer | None:
    """An old article sticks to the top of every page."""
    if ask.path != "/xay-dung-dang/":
        return None
    newest = sorted(outlet.articles, reverse=True)
    return Answer(outlet.listing([24, *newest[(ask.page - 1) * SIZE : ask.page * SIZE]]))


def most_read(outlet: Outlet, ask: Ask) -> Answer | None:
    """A box of well-known articles beside the list."""
    if ask.path != "/xay-dung-dang/":
        return None
    newest = sorted(outlet.articles, reverse=True)
    box = "".join(f"<li><a href='{outlet.url(n)}'>Một bài đọc nhiều số {n}</a></li>" for n in range(23, 25))
    numbers = newest[(ask.page - 1) * SIZE : ask.page * SIZE]
    return Answer(outlet.listing(numbers, f"<aside class='doc-nhieu'><ul>{box}</ul></aside>"))


def last_page_again(outlet: Outlet, ask: Ask) -> Answer | None:
    """Past the end the last page is shown again, as some CMS do."""
    if ask.path != "/xay-dung-dang/":
        return None
    newest = sorted(outlet.articles, reverse=True)
    start = min((ask.page - 1) * SIZE, (len(newest) - 1) // SIZE * SIZE)
    return Answer(outlet.listing(newest[start : start + SIZE]))


def two_addresses(outlet: Outlet, ask: Ask) -> Answer | None:
    """The listing names articles by an old address that redirects, and with a tracking parameter."""
    if ask.path == "/xay-dung-dang/" and ask.page == 1:
        page = outlet.listing(sorted(outlet.articles, reverse=True)[:SIZE])
        old = page.replace(f"{outlet.base}/", f"{outlet.base}/cu/")
        tracked = page.replace(".html'", ".html?utm_source=trang-chu'")
        return Answer(page + tracked + old)
    if ask.path.startswith("/cu/"):
        return Answer("", 301, {"Location": ask.path.removeprefix("/cu")})
    return None


def honest_etag(outlet: Outlet, ask: Ask) -> Answer | None:
    if ask.path != "/xay-dung-dang/" or ask.page > 1:
        return None
    tag = f'"{max(outlet.articles)}"'
    if ask.headers.get("if-none-match") == tag:
        return Answer(status=304, headers={"ETag": tag})
    return Answer(outlet.listing(sorted(outlet.articles, reverse=True)[:SIZE]), headers={"ETag": tag})


def lying_etag(outlet: Outlet, ask: Ask) -> Answer | None:
    """One ETag for ever."""
    if ask.path != "/xay-dung-dang/" or ask.page > 1:
        return None
    if ask.headers.get("if-none-match") == '"x"':
        return Answer(status=304, headers={"ETag": '"x"'})
    return Answer(outlet.listing(sorted(outlet.articles, reverse=True)[:SIZE]), headers={"ETag": '"x"'})


class Kill:
    """Kills the crawl when an address is asked for."""

    victim: subprocess.Popen[bytes] | None = None

    def __init__(self, where: str) -> None:
        self.where = where

    def __call__(self, outlet: Outlet, ask: Ask) -> Answer | None:
        path = ask.path + (f"?page={ask.page}" if ask.page > 1 else "")
        if self.victim is not None and path.endswith(self.where):
            os.kill(self.victim.pid, signal.SIGKILL)
        return None


KILLS = {
    "chet-o-rss": Kill("/rss"),
    "chet-truoc-muc": Kill("/xay-dung-dang/"),
    "chet-giua-duong": Kill("?page=4"),
    "chet-o-bai": Kill("post27.html"),
}


def press() -> dict[str, Outlet]:
    made = [
        Outlet("nghi-lau"),
        Outlet("nghi-lau-rss", feed=6),
        Outlet("trang-hong", rules=[page_three_fails]),
        Outlet("bai-hong", rules=[one_article_fails]),
        Outlet("hai-muc", sections=("xay-dung-dang", "tin-dang"), rules=[second_section_fails, two_sections]),
        Outlet("ghim", rules=[pinned]),
        Outlet("doc-nhieu", rules=[most_read]),
        Outlet("lap-trang", rules=[last_page_again]),
        Outlet("hai-dia-chi", rules=[two_addresses]),
        Outlet("khong-doi", rules=[honest_etag]),
        Outlet("dung-yen"),
        Outlet("noi-doi", rules=[lying_etag]),
        *(Outlet(name, feed=4, rules=[rule]) for name, rule in KILLS.items()),
    ]
    for outlet in made:
        outlet.size = SIZE
        outlet.articles = list(OLD)
    return {outlet.id: outlet for outlet in made}


@dataclass
class Story:
    """Three crawls of the press: what each said, stored and asked."""

    outlets: dict[str, Outlet]
    said: list[Any]
    has: list[dict[str, set[int]]]
    asked: list[dict[str, list[str]]]
    rows: Path
    data: Path


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("press")
    outlets = press()
    with serving(*outlets.values(), folder=folder) as rows:
        told = Story(outlets, [], [], [], rows, folder)

        def look(now: datetime, *names: str) -> None:
            for outlet in outlets.values():
                outlet.hits.clear()
            told.said.append(crawl(rows, folder, *names, now=now))
            told.has.append({name: stored(folder, name) for name in outlets})
            told.asked.append({name: [hit.path for hit in o.hits] for name, o in outlets.items()})

        look(FIRST)
        Faults.page_three = Faults.article = Faults.second_section = True
        for name, outlet in outlets.items():
            if name not in ("khong-doi", "dung-yen"):
                outlet.articles += NEW
        look(LATER, *(name for name in outlets if name not in KILLS))
        Faults.page_three = Faults.article = Faults.second_section = False
        for name, kill in KILLS.items():
            kill.victim = start(rows, folder, "crawl", "--json", name, DIEMTIN_NOW=LATER.isoformat())
            kill.victim.communicate(timeout=60)
            assert kill.victim.returncode == -signal.SIGKILL
            kill.victim = None
        look(LAST)
        yield told


def test_a_first_visit_reads_as_many_pages_as_the_setting_says(story: Story) -> None:
    assert [p for p in story.asked[0]["nghi-lau"] if "dang/" in p] == [
        "/xay-dung-dang/", "/xay-dung-dang/?page=2", "/xay-dung-dang/?page=3",
    ]  # fmt: skip
    assert story.has[0]["nghi-lau"] == set(range(16, 25))


@pytest.mark.parametrize(
    "name", ["nghi-lau", "nghi-lau-rss", "ghim", "doc-nhieu", "lap-trang", "hai-dia-chi"]
)
def test_after_a_pause_the_crawl_goes_back_to_what_it_knows(story: Story, name: str) -> None:
    assert set(NEW) <= story.has[1][name]
    assert (
        len([p for p in story.asked[1][name] if "dang/" in p]) <= 8
    )  # five new pages and what shows their end
    assert story.said[1][name]["gaps"] == 0


def test_a_page_that_fails_leaves_no_hole_after_the_next_crawl(story: Story) -> None:
    missed = {30, 31, 32}
    assert story.has[1]["trang-hong"] & set(NEW) == set(NEW) - missed, "the way back goes on behind the page"
    assert set(NEW) <= story.has[2]["trang-hong"]


def test_an_article_that_fails_stays_owed(story: Story) -> None:
    assert 30 not in story.has[1]["bai-hong"]
    assert story.said[1]["bai-hong"]["dropped"] == {"http_error": 1}
    assert 30 in story.has[2]["bai-hong"]


def test_what_one_section_knows_closes_no_gap_of_another(story: Story) -> None:
    only_second = {n for n in NEW if n % 3 == 0}
    assert not only_second & story.has[1]["hai-muc"], "the second section failed"
    assert only_second <= story.has[2]["hai-muc"]


def test_an_article_under_several_addresses_is_stored_once(story: Story) -> None:
    said = story.said[0]["hai-dia-chi"]
    assert said["stored"] + said["duplicate_kept"] == len(story.has[0]["hai-dia-chi"])
    again = [p for p in story.asked[2]["hai-dia-chi"] if "post" in p]
    assert again == []


def test_an_unchanged_listing_costs_one_conditional_request(story: Story) -> None:
    conditional = [hit for hit in story.outlets["khong-doi"].hits if hit.conditional]
    assert [(hit.path, hit.status) for hit in conditional] == [("/xay-dung-dang/", 304)]
    assert len(story.asked[2]["khong-doi"]) == 2  # robots.txt and the listing


def test_a_second_crawl_of_an_unchanged_outlet_asks_for_no_article(story: Story) -> None:
    assert story.asked[1]["dung-yen"] == ["/robots.txt", "/xay-dung-dang/"]
    assert story.said[1]["dung-yen"]["found"] == SIZE
    assert story.said[1]["dung-yen"]["problem"] is None


def test_every_page_ends_under_one_disposition(story: Story) -> None:
    for number, said in enumerate(story.said):
        for name, row in said.items():
            ends = sum(row[k] for k in ("stored", "updated", "unchanged", "duplicate_kept"))
            ends += sum(row["dropped"].values())
            pages = {p for p in story.asked[number][name] if "post" in p and not p.startswith("/cu/")}
            assert ends >= len(pages), (number, name)


@pytest.mark.parametrize("name", KILLS)
def test_a_kill_on_the_way_back_leaves_no_hole(story: Story, name: str) -> None:
    assert set(NEW) <= story.has[2][name]


def test_a_killed_run_is_closed_as_killed(story: Story) -> None:
    with closing(sqlite3.connect(story.data / "diemtin.db")) as connection:
        rows = connection.execute(
            "SELECT outcome FROM run WHERE source = 'chet-o-rss' ORDER BY id"
        ).fetchall()
    assert [outcome for (outcome,) in rows] == ["finished", "killed", "finished"]


def test_an_etag_that_lies_is_not_believed_for_longer_than_a_few_hours(story: Story) -> None:
    assert not set(NEW) & story.has[2]["noi-doi"]
    crawl(story.rows, story.data, "noi-doi", now=NOW + timedelta(hours=5))
    assert set(NEW) <= stored(story.data, "noi-doi")


def test_since_goes_back_through_what_is_known_to_the_beginning_of_the_window(tmp_path: Path) -> None:
    outlet = Outlet("tu-ngay", age=timedelta(hours=6), size=SIZE)
    outlet.add(170, 200)
    with serving(outlet, folder=tmp_path) as rows:
        crawl(rows, tmp_path)
        crawl(rows, tmp_path, "--since", "4d", now=LATER)
        first = {n for n in outlet.articles if outlet.published(n) >= LATER - timedelta(days=4)}
        assert stored(tmp_path, outlet.id) == first
        crawl(rows, tmp_path, "--since", "5d", now=LAST)
        wider = {n for n in outlet.articles if outlet.published(n) >= LAST - timedelta(days=5)}
        assert stored(tmp_path, outlet.id) == wider, "what was too old before is asked again"


# ---- the rhythm --------------------------------------------------------------------------------------------


def test_a_failing_channel_is_asked_less_and_less(tmp_path: Path) -> None:
    state = Channel("a", "https://a.example/", "listing", interval=1800)
    pauses = []
    for _ in range(7):
        state = frontier.failed(state, "HTTP 500", base=timedelta(minutes=30), now=NOW)
        assert state.due is not None
        pauses.append((state.due - NOW) / timedelta(hours=1))
    assert pauses == [1, 2, 4, 8, 16, 24, 24]


def test_only_the_sections_whose_time_has_come_are_due(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'd.db'}")
    source = Source.model_validate(
        {
            "id": "bao-a", "name": "Báo A", "province": "Mây Trắng", "fictitious": True, "homepage": "https://a.example/",
            "evidence": "seen", "articles": {"url": "^https://a"},
            "sections": [
                {"name": "S", "url": "https://a.example/s/", "feed": "https://a.example/s.rss"},
                {"name": "T", "url": "https://a.example/t/"},
            ],
        }
    )  # fmt: skip

    def note(url: str, kind: str, minutes: int, failures: int = 0) -> None:
        due = NOW + timedelta(minutes=minutes)
        frontier.save_channel(
            engine, Channel("bao-a", url, kind, looked=NOW, due=due, failures=float(failures))
        )

    def due(minutes: int) -> list[str]:
        found = timetable.due_sections(engine, source, now=NOW + timedelta(minutes=minutes))
        return [section.name for section in found]

    assert due(0) == ["S", "T"], "never looked at"
    note("https://a.example/s.rss", "feed", 30)
    note("https://a.example/s/", "listing", 5)  # asked once, for a gap: its time says nothing
    note("https://a.example/t/", "listing", 60)
    assert (due(0), due(10), due(31), due(61)) == ([], [], ["S"], ["S", "T"])
    note("https://a.example/s.rss", "feed", 500, failures=3)
    assert due(10) == ["S"], "where the feed fails, the listing has the say"
    engine.dispose()
