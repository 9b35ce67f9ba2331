"""Runs of combining marks: a reader keeps the first thirty, and a text that has no such run stays as it is."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from crawler.text.normal import (
    MOST_MARKS,
    clean_line,
    compose_with_offsets,
    is_nfc,
    nfc,
    stream_safe,
    text_hash,
)

MARKS = "\u0301\u0323\u0345\u0300\u0302\U0001e8d0"
TEXTS = st.text(st.sampled_from(f"aạ đẢ\u1100\u1161가{MARKS}"), max_size=40)


@given(TEXTS)
def test_a_text_without_long_runs_is_normalised_as_unicode_says(text: str) -> None:
    assert stream_safe(text) == text or max(map(len, text.translate(_OTHERS).split())) > MOST_MARKS
    if stream_safe(text) == text:
        assert nfc(text) == unicodedata.normalize("NFC", text)


_OTHERS = {ord(c): " " for c in "aạ đẢ\u1100\u1161가"}


@given(TEXTS, st.integers(0, 90), TEXTS)
def test_of_a_long_run_the_first_thirty_are_kept(before: str, count: int, after: str) -> None:
    text = before + "x" + "\u0323\u0301" * count + "y" + after
    safe = stream_safe(text)
    run = safe[len(stream_safe(before)) + 1 :].partition("y")[0]
    assert len(run) == min(2 * count, MOST_MARKS)
    assert nfc(text) == nfc(safe) and text_hash(text) == text_hash(nfc(text))


@given(TEXTS, st.integers(0, 60))
def test_offsets_lead_through_a_run_that_was_cut(text: str, count: int) -> None:
    text = text + "ê" + "\u0323\u0301" * count + ". Hết"
    folded = compose_with_offsets(text)
    assert folded.key == nfc(text)
    start, end = folded.span(len(folded.key) - 3, len(folded.key))
    assert text[start:end] == "Hết"
    assert is_nfc(folded.key.replace("\u00d0", "Đ"))


def test_what_has_no_width_keeps_no_mark_from_its_letter() -> None:
    assert clean_line("Đa\u200b\u0309ng") == "Đảng"
    assert len(clean_line("a" + "\u0301\u200b" * 500)) <= MOST_MARKS + 1
