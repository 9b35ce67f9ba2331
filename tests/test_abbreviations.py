"""One list of abbreviations: a full stop behind one of them ends neither a name nor a sentence, wherever it is read."""

from __future__ import annotations

from datetime import date
from time import process_time

import pytest

from crawler.citing.citations import find_citations
from crawler.query import snippet
from crawler.query.words import Reading
from crawler.text.abbreviations import PLACE_LEVELS, SHORTENED, shortens
from crawler.text.match_key import keyed, sentences

PLACES = [
    "TP. Kim Lộ",
    "Tp. Kim Lộ",
    "TX. Kim Lộ",
    "TT. Kim Lộ",
    "P. Kim Lộ",
    "Q. Kim Lộ",
    "H. Kim Lộ",
    "X. Kim Lộ",
]


@pytest.mark.parametrize("place", PLACES)
def test_no_reader_of_prose_ends_a_sentence_behind_a_level(place: str) -> None:
    text = f"Đảng ủy {place} họp sáng nay. Sau đó đoàn ra về."
    assert len(list(sentences(keyed(text)))) == 2
    assert len(snippet.sentences(text)) == 2
    assert not Reading(text).sentence_ends(3)


@pytest.mark.parametrize("word", sorted(SHORTENED))
def test_every_word_of_the_list_keeps_its_full_stop_in_any_case(word: str) -> None:
    for printed in (word, word.upper(), word.capitalize()):
        assert shortens(f"gặp {printed}. Hà", 4 + len(printed))
    assert not shortens(f"gặp a{word}b. Hà", 6 + len(word))


@pytest.mark.parametrize("place", PLACES)
def test_an_issuer_keeps_the_name_behind_its_shortened_level(place: str) -> None:
    head = "Thành ủy" if place.upper().startswith("TP") else "Đảng ủy"
    for text in (
        f"Ngày 2/3/2024, {head} {place} ban hành Nghị quyết số 05-NQ/ĐU về quy hoạch {place} đến năm 2030.",
        f"Nghị quyết số 05-NQ/ĐU, ngày 2/3/2024 của {head} {place} về quy hoạch {place} đến năm 2030.",
    ):
        (found,) = find_citations(text, published=date(2024, 3, 20))
        assert found.issuer == f"{head} {place}"
        assert (found.date, found.title) == ("2024-03-02", f"quy hoạch {place} đến năm 2030")


@pytest.mark.parametrize(
    "city", ["TP.HCM", "TPHCM", "TP HCM", "TP. HCM", "Tp.HCM", "TP. Hồ Chí Minh", "TP Hồ Chí Minh"]
)
def test_the_largest_city_has_one_name_however_it_is_shortened(city: str) -> None:
    (found,) = find_citations(
        f"Chỉ thị 19 của Thành ủy {city} về trật tự xây dựng.", published=date(2026, 8, 18)
    )
    assert (found.key, found.issuer) == ("19-CT/TU", "Thành ủy TP. Hồ Chí Minh")


def test_levels_are_words_of_the_list() -> None:
    assert set(PLACE_LEVELS) <= SHORTENED


@pytest.mark.parametrize("row", ["." * 40_000, "TP." * 15_000, ". " * 20_000, '."' * 20_000])
def test_a_row_of_stops_is_read_in_a_moment(row: str) -> None:
    started = process_time()
    list(sentences(keyed(f"{row}x")))
    snippet.sentences(f"{row}x")
    assert process_time() - started < 2
