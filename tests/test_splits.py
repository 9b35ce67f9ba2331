"""Corpus parts: no story in two of them, and nothing tested that began before what was trained on."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from crawler.story.splits import PARTS, split_stories

START = datetime(2026, 1, 1, tzinfo=UTC)
Entry = tuple[int, str, datetime | None]

entries = st.lists(
    st.tuples(st.integers(0, 30), st.none() | st.integers(0, 400)), min_size=1, max_size=120
).map(
    lambda drawn: [
        (story, f"https://x.example/{n:03d}", None if day is None else START + timedelta(days=day))
        for n, (story, day) in enumerate(drawn)
    ]
)
pairs = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 35)), max_size=20)


def began(articles: list[Entry], story: int) -> datetime | None:
    return min((at for s, _, at in articles if s == story and at is not None), default=None)


@given(entries, pairs)
def test_what_is_tested_on_began_after_what_was_trained_on(
    articles: list[Entry], quotes: list[tuple[int, int]]
) -> None:
    parts = split_stories(articles, quotes)
    assert set(parts) == {story for story, _, _ in articles}
    for earlier, later in ((0, 1), (1, 2), (0, 2)):
        first = [b for s, p in parts.items() if p == PARTS[earlier] and (b := began(articles, s))]
        second = [b for s, p in parts.items() if p == PARTS[later] and (b := began(articles, s))]
        assert not first or not second or max(first) <= min(second)
    assert all(parts[s] in ("train", None) for s in parts if began(articles, s) is None)


@given(entries, pairs)
def test_no_round_up_carries_a_story_into_another_part(
    articles: list[Entry], quotes: list[tuple[int, int]]
) -> None:
    parts = split_stories(articles, quotes)
    for round_up, quoted in quotes:
        if parts.get(round_up) and parts.get(quoted):
            assert parts[round_up] == parts[quoted]


@given(entries, pairs, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(
    articles: list[Entry], quotes: list[tuple[int, int]], chance: random.Random
) -> None:
    shuffled = list(articles)
    chance.shuffle(shuffled)
    assert split_stories(shuffled, reversed(quotes)) == split_stories(articles, quotes)


def test_the_parts_have_nearly_the_shares_that_were_asked_for() -> None:
    articles = [(n // 2, f"https://x.example/{n:04d}", START + timedelta(hours=n)) for n in range(1000)]
    parts = split_stories(articles)
    sizes = {part: 2 * sum(1 for p in parts.values() if p == part) for part in PARTS}
    assert sizes == {"train": 800, "validation": 100, "test": 100}


def test_an_empty_corpus_has_no_parts() -> None:
    assert split_stories([]) == {}
