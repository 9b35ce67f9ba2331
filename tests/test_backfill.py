"""Going back into an archive: what is reached, what a kill costs, and what is said of the rest."""

from __future__ import annotations

import os
import signal
import subprocess
import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.discovery.archive import Search, Way, Window, beside, id_pattern, report, sitemaps_for
from crawler.source import Source
from tests.small_press import NOW, Answer, Ask, Outlet, run, serving, start
from tests.test_nothing_missed import stored

WINDOW = Window(date(2026, 8, 1), date(2026, 8, 31))
DAILY = timedelta(days=1)


def inside(outlet: Outlet) -> set[int]:
    return {n for n in outlet.articles if WINDOW.begins <= outlet.published(n) < WINDOW.ends}


def backfill(rows: Path, data: Path, outlet: Outlet) -> Any:
    return run(rows, data, "backfill", outlet.id, *_SPAN, "--json", DIEMTIN_NOW=NOW.isoformat())


_SPAN = ("--from", "2026-08-01", "--to", "2026-08-31")


def an_archive(name: str, *rules: Callable[[Outlet, Ask], Answer | None], **more: Any) -> Outlet:
    outlet = Outlet(name, rules=list(rules), age=DAILY, size=7, **more)
    outlet.add(1, 200)
    return outlet


class Kill:
    """Kills a backfill at its n-th request of a kind."""

    victim: subprocess.Popen[bytes] | None = None

    def __init__(self, word: str, after: int) -> None:
        self.word, self.left = word, after

    def __call__(self, outlet: Outlet, ask: Ask) -> Answer | None:
        if self.victim is not None and self.word in ask.path:
            self.left -= 1
            if self.left == 0:
                os.kill(self.victim.pid, signal.SIGKILL)
        return None

    def run(self, rows: Path, data: Path, outlet: Outlet) -> None:
        self.left += 1_000_000
        process = start(rows, data, "backfill", outlet.id, *_SPAN, "--json", DIEMTIN_NOW=NOW.isoformat())
        self.victim, self.left = process, self.left - 1_000_000
        process.communicate(timeout=120)
        assert process.returncode == -signal.SIGKILL
        self.victim = None


def test_listing_pages_are_searched_for_the_window_and_taken_to_its_beginning(tmp_path: Path) -> None:
    kill = Kill("post", 9)
    outlet = an_archive("theo-trang", kill)
    with serving(outlet, folder=tmp_path) as rows:
        kill.run(rows, tmp_path, outlet)
        told = backfill(rows, tmp_path, outlet)
        assert inside(outlet) <= stored(tmp_path, outlet.id)
        assert (told["done"], told["unreached"], told["estimate_missing"]) == (True, [], 0)
        assert told["months"] == {"2026-08": 31}
        strangers = [
            hit for hit in outlet.asked("post") if int(hit.path.split("post")[1][:-5]) not in inside(outlet)
        ]
        assert len(strangers) < 40, "the months after the window are not fetched"
        outlet.hits.clear()
        assert backfill(rows, tmp_path, outlet)["done"]
        assert [hit.path for hit in outlet.hits] == [], "what is done is not asked again"


def test_pages_without_numbers_are_followed_link_by_link(tmp_path: Path) -> None:
    def older(outlet: Outlet, ask: Ask) -> Answer | None:
        if ask.path != "/xay-dung-dang/":
            return None
        start = int(ask.query.get("tu", "0"))
        newest = sorted(outlet.articles, reverse=True)[start : start + 7]
        return Answer(outlet.listing(newest, f"<a rel='next' href='?tu={start + 7}'>Cũ hơn</a>"))

    outlet = an_archive("theo-nut", older)
    with serving(outlet, folder=tmp_path) as rows:
        row = rows / f"{outlet.id}.toml"
        row.write_text("".join(x for x in row.read_text().splitlines(True) if "next_page" not in x))
        told = backfill(rows, tmp_path, outlet)
    assert inside(outlet) <= stored(tmp_path, outlet.id)
    assert told["done"]


def test_monthly_sitemaps_are_asked_for_their_months_only(tmp_path: Path) -> None:
    def sitemaps(outlet: Outlet, ask: Ask) -> Answer | None:
        if ask.path == "/sitemap.xml":
            names = [f"{outlet.base}/sitemaps/bai-2026-{m}.xml" for m in range(5, 12)]
            body = "".join(f"<sitemap><loc>{name}</loc></sitemap>" for name in names)
            return Answer(f"<sitemapindex>{body}</sitemapindex>", type="application/xml")
        if ask.path.startswith("/sitemaps/"):
            month = int(ask.path.rsplit("-", 1)[1].removesuffix(".xml"))
            numbers = [
                n for n in outlet.articles if (outlet.published(n) + timedelta(hours=7)).month == month
            ]
            body = "".join(f"<url><loc>{outlet.url(n)}</loc></url>" for n in numbers)
            return Answer(f"<urlset>{body}</urlset>", type="application/xml")
        return None

    outlet = an_archive("theo-so-do", sitemaps)
    with serving(outlet, folder=tmp_path) as rows:
        row = rows / f"{outlet.id}.toml"
        text = row.read_text().replace("next_page", f'sitemap = "{outlet.base}/sitemap.xml"\nnext_page')
        row.write_text(text)
        told = backfill(rows, tmp_path, outlet)
    assert inside(outlet) <= stored(tmp_path, outlet.id)
    assert [hit.path for hit in outlet.asked("/sitemaps/")] == ["/sitemaps/bai-2026-8.xml"]
    assert told["done"]


def test_ids_are_searched_for_the_window_and_gone_down_one_by_one(tmp_path: Path) -> None:
    def only_new(outlet: Outlet, ask: Ask) -> Answer | None:
        """Listings end after two pages; an article answers to its number alone; some numbers were never used."""
        if ask.path == "/xay-dung-dang/" and ask.page > 2:
            return Answer("<h1>404</h1>", 404)
        if ask.path.startswith("/bai-post"):
            n = int(ask.path.removeprefix("/bai-post").removesuffix(".html"))
            known = n in outlet.articles
            return Answer("", 301, {"Location": outlet.url(n)}) if known else Answer("không có", 404)
        return None

    kill = Kill("/bai-post", 30)
    outlet = an_archive("theo-so", kill, only_new)
    outlet.articles = [n for n in outlet.articles if n % 10]
    with serving(outlet, folder=tmp_path) as rows:
        row = rows / f"{outlet.id}.toml"
        row.write_text(row.read_text() + f'[archive]\nids = "{outlet.base}/bai-post{{id}}.html"\n')
        run(rows, tmp_path, "crawl", "--json", DIEMTIN_NOW=NOW.isoformat())
        kill.run(rows, tmp_path, outlet)
        told = backfill(rows, tmp_path, outlet)
    assert inside(outlet) <= stored(tmp_path, outlet.id)
    assert told["done"]
    assert len(outlet.asked(r"/bai-post\d+")) < 90


def test_an_archive_that_ends_too_early_is_said_with_an_estimate(tmp_path: Path) -> None:
    outlet = an_archive("cut-som")
    outlet.articles = [n for n in outlet.articles if outlet.published(n) >= datetime(2026, 8, 17, tzinfo=UTC)]
    with serving(outlet, folder=tmp_path) as rows:
        row = rows / f"{outlet.id}.toml"
        row.write_text(row.read_text() + "[expect]\nper_week = 7\n")
        told = backfill(rows, tmp_path, outlet)
    assert not told["done"]
    assert [(gap["from"], gap["to"]) for gap in told["unreached"]] == [("2026-08-01", "2026-08-16")]
    assert "hết danh mục ở trang" in told["unreached"][0]["why"]
    assert told["estimate_missing"] == 16


# ---- pure --------------------------------------------------------------------------------------------------


@given(st.integers(1, 5000))
def test_the_search_finds_the_first_place_in_few_looks(first: int) -> None:
    search, looks = Search(0), 0
    while search.found is None:
        place = search.probe
        search, looks = search.told(place, newer=place < first), looks + 1
        assert looks <= 2 * first.bit_length() + 2
    assert search.found == first


@pytest.mark.parametrize(
    ("template", "address", "number"),
    [
        ("https://a.example/bai-post{id}.html", "https://a.example/mot-tua-bai-post5012.html", "5012"),
        ("https://a.example/x-{id}.htm", "https://a.example/mot-bai-2026-77.htm", "77"),
        ("https://a.example/tin/{id}/", "https://a.example/tin/9/", "9"),
        ("https://a.example/x-a{id}.html", "https://a.example/dang-vien-a31.html", "31"),
        ("https://a.example/x-a{id}.html", "https://a.example/dang-vien-31.html", None),
    ],
)
def test_an_id_is_found_in_an_address_with_a_slug(template: str, address: str, number: str | None) -> None:
    found = id_pattern(template).search(address)
    assert (found and found[1]) == number


def test_sitemaps_of_other_months_and_of_sections_are_left_out() -> None:
    children = [f"https://a.example/s-2026-{m}.xml" for m in (7, 8, 9)]
    children += ["https://a.example/category.xml", "https://a.example/s-1.xml"]
    assert sitemaps_for(children, WINDOW, NOW) == [
        "https://a.example/s-2026-8.xml",
        "https://a.example/s-1.xml",
    ]


def test_a_page_lies_on_one_side_of_the_window_only_as_a_whole() -> None:
    early, late = WINDOW.begins - DAILY, WINDOW.ends + DAILY
    middle = WINDOW.begins + DAILY
    cases = [
        ([late], "newer"),
        ([early], "older"),
        ([early, middle], None),
        ([middle, late], None),
        ([], None),
    ]
    assert [beside(days, WINDOW) for days, _ in cases] == [answer for _, answer in cases]


def test_an_estimate_without_a_pace_is_none_and_a_months_pace_is_used_where_there_is_one() -> None:
    outlet = Outlet("bao-a", base="https://a.example", delay=1)

    source = Source.model_validate(tomllib.loads(outlet.toml()))
    window = Window(date(2026, 5, 1), date(2026, 8, 31))
    way = Way(
        "bao-a", window, "https://a.example/xay-dung-dang/", "listing", reached=date(2026, 7, 1), ended="x"
    )
    none = report(source, window, [way], months={}, owed=0, given_up=0)
    assert none["estimate_missing"] is None
    some = report(source, window, [way], months={"2026-07": 10, "2026-08": 30}, owed=2, given_up=1)
    assert some["estimate_missing"] == 3 + round(30 / 30.4 * 61)
    assert list(takewhile(lambda m: not some["months"][m], some["months"])) == ["2026-05", "2026-06"]
