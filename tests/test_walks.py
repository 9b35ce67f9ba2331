"""A crawl remembers where it was: graphs that lead back, or on without end, over a real crawl of a loopback press."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.small_press import Answer, Ask, Outlet, Rule, crawl, run, serving

XML = "application/xml"
BACKFILL = ("--from", "2026-11-01", "--to", "2026-11-20", "--json")


def index(outlet: Outlet, *paths: str) -> Answer:
    children = "".join(f"<sitemap><loc>{outlet.base}{path}</loc></sitemap>" for path in paths)
    return Answer(f"<sitemapindex>{children}</sitemapindex>", type=XML)


def pages(outlet: Outlet, *numbers: int) -> Answer:
    urls = "".join(f"<url><loc>{outlet.url(n)}</loc></url>" for n in numbers)
    return Answer(f"<urlset>{urls}</urlset>", type=XML)


def lists_itself(outlet: Outlet, ask: Ask) -> Answer | None:
    if ask.path == "/sitemap.xml":
        return index(outlet, "/sitemap.xml", "/con.xml")
    return pages(outlet, 195, 196) if ask.path == "/con.xml" else None


def leads_back_to_itself(outlet: Outlet, ask: Ask) -> Answer | None:
    """Every child is an address of its own that sends on to the index."""
    if ask.path == "/sitemap.xml":
        return index(outlet, *(f"/con-{n}.xml" for n in range(3)))
    return Answer("", 302, {"Location": "/sitemap.xml"}) if ask.path.startswith("/con-") else None


def two_that_list_each_other(outlet: Outlet, ask: Ask) -> Answer | None:
    other = {"/sitemap.xml": "/hai.xml", "/hai.xml": "/sitemap.xml"}.get(ask.path)
    return index(outlet, other) if other else None


def three_more_each(outlet: Outlet, ask: Ask) -> Answer | None:
    if ask.path.startswith("/sitemap"):
        stem = ask.path.removesuffix(".xml")
        return index(outlet, *(f"{stem}-{n}.xml" for n in "abc"))
    return None


def a_hundred_each(outlet: Outlet, ask: Ask) -> Answer | None:
    if ask.path.startswith("/sitemap"):
        stem = ask.path.removesuffix(".xml")
        return index(outlet, *(f"{stem}-google-news-{n}.xml" for n in range(100)))
    return None


GRAPHS: dict[str, Rule] = {
    "tu-ke": lists_itself,
    "quay-ve": leads_back_to_itself,
    "hai-vong": two_that_list_each_other,
    "vo-tan": three_more_each,
    "rong": a_hundred_each,
}


def with_sitemap(name: str, rule: Rule) -> Outlet:
    outlet = Outlet(name, rules=[rule])
    outlet.add(190, 199)
    return outlet


def row_with_sitemap(rows: Path, outlet: Outlet) -> None:
    path = rows / f"{outlet.id}.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("next_page =", f'sitemap = "{outlet.base}/sitemap.xml"\nnext_page =', 1))


@pytest.fixture(scope="module")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One crawl of outlets whose sitemaps lead back, or on and on."""
    folder = tmp_path_factory.mktemp("graphs")
    outlets = {name: with_sitemap(name, rule) for name, rule in GRAPHS.items()}
    with serving(*outlets.values(), folder=folder) as rows:
        for outlet in outlets.values():
            row_with_sitemap(rows, outlet)
        said = crawl(rows, folder)
    return {name: (said[name], Counter(hit.path for hit in o.hits)) for name, o in outlets.items()}


@pytest.mark.parametrize("name", GRAPHS)
def test_a_sitemap_is_asked_once_and_never_without_end(graphs: dict[str, Any], name: str) -> None:
    _, asked = graphs[name]
    sitemaps = {path: n for path, n in asked.items() if path.endswith(".xml")}
    followed = 3 if name == "quay-ve" else 0  # what leads to the index by a redirect asks for it each time
    assert max(sitemaps.values()) <= 1 + followed
    assert sum(sitemaps.values()) <= 51


@pytest.mark.parametrize("name", GRAPHS)
def test_the_listing_is_asked_whatever_the_sitemap_does(graphs: dict[str, Any], name: str) -> None:
    said, asked = graphs[name]
    assert asked["/xay-dung-dang/"] == 1
    assert said["stored"] + said["duplicate_kept"] >= 5


def listings(rule: Callable[[Outlet, Ask], Answer | None], **row: str) -> Outlet:
    outlet = Outlet("danh-muc", rules=[rule], size=3)
    outlet.add(150, 199)
    return outlet


def next_page_leads_in_a_circle(outlet: Outlet, ask: Ask) -> Answer | None:
    """Pages 1 → 2 → 3 → 2: the links of a pager that somebody wrote by hand."""
    found = re.fullmatch(r"/xay-dung-dang/(?:trang-(\d))?", ask.path)
    if not found:
        return None
    page = int(found[1] or 1)
    newest = sorted(outlet.articles, reverse=True)[(page - 1) * 3 : page * 3]
    following = {1: 2, 2: 3, 3: 2}[page]
    return Answer(
        outlet.listing(newest, f"<a rel='next' href='/xay-dung-dang/trang-{following}'>Trang sau</a>")
    )


def behind_the_end_the_first_page_again(outlet: Outlet, ask: Ask) -> Answer | None:
    """Page 5 and all behind it are sent on to the first."""
    if ask.path == "/xay-dung-dang/" and ask.page > 4:
        return Answer("", 302, {"Location": "/xay-dung-dang/"})
    return None


def test_a_pager_that_leads_in_a_circle_is_gone_round_once(tmp_path: Path) -> None:
    outlet = listings(next_page_leads_in_a_circle)
    with serving(outlet, folder=tmp_path) as rows:
        path = rows / f"{outlet.id}.toml"
        path.write_text(re.sub(r"next_page = .*\n", "", path.read_text(encoding="utf-8")))
        crawl(rows, tmp_path, "--since", "300d")
        asked = Counter(hit.path for hit in outlet.asked("/xay-dung-dang/"))
        assert asked == {f"/xay-dung-dang/{p}": 1 for p in ("", "trang-2", "trang-3")}
        outlet.hits.clear()
        told = run(rows, tmp_path, "backfill", outlet.id, *BACKFILL, DIEMTIN_NOW="2026-11-21T08:00:00+07:00")
    assert max(Counter(hit.path for hit in outlet.asked("/xay-dung-dang/")).values()) == 1
    assert told["ways"][0]["ended"]


def test_a_pager_without_an_end_is_left_where_it_shows_its_beginning_again(tmp_path: Path) -> None:
    outlet = listings(behind_the_end_the_first_page_again)
    with serving(outlet, folder=tmp_path) as rows:
        crawl(rows, tmp_path, "--since", "300d")
        asked = Counter(hit.path for hit in outlet.asked("/xay-dung-dang/"))
        assert asked["/xay-dung-dang/?page=5"] == 1 and "/xay-dung-dang/?page=6" not in asked
        outlet.hits.clear()
        told = run(
            rows, tmp_path, "backfill", outlet.id, "--from", "2020-01-01", "--to", "2020-02-01", "--json",
            DIEMTIN_NOW="2026-11-21T08:00:00+07:00",
        )  # fmt: skip
    numbers = [int(hit.path.partition("=")[2] or 1) for hit in outlet.asked("/xay-dung-dang/")]
    assert max(numbers) <= 8, "what shows the first page again is no newer than page 4"
    assert told["ways"][0]["ended"]


@pytest.mark.parametrize("name", ["tu-ke", "quay-ve", "hai-vong", "vo-tan"])
def test_a_backfill_ends_where_sitemaps_lead_back_or_on(tmp_path: Path, name: str) -> None:
    outlet = with_sitemap(name, GRAPHS[name])
    with serving(outlet, folder=tmp_path) as rows:
        row_with_sitemap(rows, outlet)
        told = run(rows, tmp_path, "backfill", name, *BACKFILL, DIEMTIN_NOW="2026-11-21T08:00:00+07:00")
        asked = Counter(hit.path for hit in outlet.hits if hit.path.endswith(".xml"))
    assert sum(asked.values()) <= 40
    way = next(way for way in told["ways"] if way["kind"] == "sitemap")
    assert way["ended"] == (
        "done" if name != "vo-tan" else "sơ đồ trang dẫn mãi từ trang này sang trang khác"
    )


# ---- cookies of one exchange -------------------------------------------------------------------------------


def a_ticket_at_the_door(outlet: Outlet, ask: Ask) -> Answer | None:
    """Every article is shown to those who come back with the ticket that a redirect to itself hands out."""
    if "post" not in ask.path or f"ve=1{ask.path[-6:-5]}" in ask.headers.get("cookie", ""):
        return None
    ticket = {"Location": ask.path, "Set-Cookie": f"ve=1{ask.path[-6:-5]}; path=/; HttpOnly"}
    return Answer("", 302, ticket)


def a_ticket_by_a_tag(outlet: Outlet, ask: Ask) -> Answer | None:
    if "post" not in ask.path or "the=2" in ask.headers.get("cookie", ""):
        return None
    page = f"<html><head><meta http-equiv='refresh' content='0; url={ask.path}'></head></html>"
    return Answer(page, headers={"Set-Cookie": "the=2"})


def sent_to_another_host(outlet: Outlet, ask: Ask) -> Answer | None:
    if "post195" in ask.path and not ask.query:
        return Answer(
            "", 302, {"Location": f"{FOREIGN.base}{ask.path}?ve=1", "Set-Cookie": "rieng=3; path=/"}
        )
    return None


FOREIGN = Outlet("noi-khac")
COOKIES: list[tuple[str, str]] = []


def noting(outlet: Outlet, ask: Ask) -> Answer | None:
    """Answers nothing; remembers who was sent which cookie."""
    COOKIES.append((f"{outlet.id}{ask.path}", ask.headers.get("cookie", "")))
    return None


def test_a_cookie_is_sent_back_within_its_chain_of_redirects_to_its_host_and_nowhere_else(
    tmp_path: Path,
) -> None:
    COOKIES.clear()
    outlets = [
        Outlet("ve-cua", rules=[noting, a_ticket_at_the_door]),
        Outlet("ve-the", rules=[noting, a_ticket_by_a_tag]),
        Outlet("sang-nha", rules=[noting, sent_to_another_host]),
    ]
    for outlet in outlets:
        outlet.add(195, 199)
    FOREIGN.rules[:] = [noting]
    with serving(*outlets, FOREIGN, folder=tmp_path) as rows:
        said = crawl(rows, tmp_path, "ve-cua", "ve-the", "sang-nha")
    for name in ("ve-cua", "ve-the"):
        assert said[name]["stored"] + said[name]["duplicate_kept"] == 5, name
        assert said[name]["errors"] == 0
    with_cookie = [place for place, cookie in COOKIES if cookie]
    assert len(with_cookie) == 10 and all("post" in place for place in with_cookie)
    assert not [cookie for place, cookie in COOKIES if place.startswith("noi-khac") and cookie]
    assert [place for place, _ in COOKIES if place.startswith("noi-khac")], "it was asked"
