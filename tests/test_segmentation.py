"""Words are places in a text: whatever the text, all of it but the space between is in one of them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crawler.text.segmentation import word_spans


def words(text: str) -> list[str]:
    return [text[start:end] for start, end in word_spans(text)]


@pytest.mark.parametrize(
    "text", ["Tỉnh uỷ Kim Lộ hoà giải ở cơ sở", "Tỉnh ủy  Kim Lộ\u00a0hòa giải ở cơ\tsở"]
)
def test_the_letters_stay_as_they_are_printed(text: str) -> None:
    found = words(text)
    assert "Tỉnh" in found[0]
    assert "".join("".join(found).split()) == "".join(text.split())


def test_no_word_reaches_over_a_line() -> None:
    assert not any("\n" in word for word in words("Công tác dân\nvận khéo ở Tỉnh\nủy"))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80))
@example("\x85\u2028a b\x0b\x00")
@example("e\u0301 Đảng ủy\ud7ff")
def test_every_character_but_space_is_in_one_word(text: str) -> None:
    spans = word_spans(text)
    assert "".join("".join(text[a:b] for a, b in spans).split()) == "".join(text.split())
    assert all(a < b for a, b in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
