"""The way back through a listing, whoever goes it: nothing is left out, and it ends."""

from __future__ import annotations

from datetime import date
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from crawler.discovery.archive import Way, Window
from crawler.discovery.walk import MOST_HOLES, End, Walk
from spiders.archive.listing import _walk_of


def pages(total: int, size: int, page: int, pushed: int) -> list[str]:
    """What page N of a listing of so many articles shows after so many new ones were put before them."""
    listing = [f"new-{n}" for n in range(pushed, 0, -1)] + [f"old-{n}" for n in range(total, 0, -1)]
    return listing[(page - 1) * size : page * size]


@given(
    total=st.integers(1, 60), size=st.integers(2, 9), known=st.integers(0, 60),
    pushes=st.lists(st.integers(0, 2), max_size=40), repeats=st.booleans(),
)  # fmt: skip
def test_a_walk_shows_all_that_is_newer_than_what_is_known_and_ends(
    total: int, size: int, known: int, pushes: list[int], repeats: bool
) -> None:
    walk, shown, pushed = Walk(), set[str](), 0
    for step in count():
        assert step < 3 * total + 50, "it ends"
        listed = pages(total, size, walk.page, pushed)
        last = not pages(total, size, walk.page + 1, pushed)
        if repeats and not listed:  # behind the end some sites show their last page again
            listed = pages(total, size, max(1, -(-(total + pushed) // size)), pushed)
        shown |= set(listed)
        met = any(url == f"old-{n}" for url in listed for n in range(1, known + 1))
        following = f"?page={walk.page + 1}" if repeats or not last else None
        turned = walk.turned(listed, met=met, following=following)
        if isinstance(turned, End):
            break
        walk = turned
        pushed += pushes.pop() if pushes else 0
    wanted = {f"old-{n}" for n in range(known + 1, total + 1)}
    assert wanted <= shown or (turned is End.REPEATS and pushed >= size), turned


@given(st.integers(1, 30))
def test_a_walk_takes_as_many_pages_as_it_may(most: int) -> None:
    walk = Walk()
    for page in range(1, most):
        turned = walk.turned([f"a-{page}"], met=False, following=f"?page={page + 1}", most=most)
        assert isinstance(turned, Walk)
        walk = turned
    assert walk.turned(["b"], met=False, following="?page=x", most=most) is End.BOUND


def test_a_page_that_does_not_come_is_gone_around_and_not_two_in_a_row() -> None:
    walk = Walk(page=4).fallen()
    around = walk.around()
    assert around is not None and around.page == 5
    assert around.fallen().around() is None and MOST_HOLES == 2
    turned = around.turned(["a"], met=False, following="?page=6")
    assert isinstance(turned, Walk) and (turned.holes, turned.holes_in_a_row) == (1, 0)
    assert walk.around(most=4) is None


def test_a_listing_that_leads_back_to_where_the_walk_was_has_ended() -> None:
    walk = Walk().at("?page=1", "?page=2")
    assert walk.turned(["a"], met=False, following="?page=1") is End.LAST


def test_a_position_that_an_earlier_version_stored_is_gone_on_from() -> None:
    window = Window(date(2026, 1, 1), date(2026, 2, 1))
    position = {
        "been": ["aa", "bb"],
        "phase": "go",
        "page": 7,
        "url": "?page=7",
        "before": ["x", "y"],
        "failed": 1,
    }
    walk = _walk_of(Way("bao", window, "https://bao.example/", "listing", position))
    assert (walk.page, walk.before, walk.holes_in_a_row, walk.repeated) == (7, ("x", "y"), 1, False)
    turned = walk.turned(["x", "y"], met=False, following="?page=8")
    assert isinstance(turned, Walk) and turned.repeated, "one page that repeats is no end yet"
    assert turned.turned(["x"], met=False, following="?page=9") is End.REPEATS
