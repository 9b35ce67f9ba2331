"""Citations and their identities are read in time linear in the text, whatever it is made of (`tests.growth`)."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from datetime import date

import pytest

import crawler.citing
import crawler.text.abbreviations
import crawler.text.match_key
from crawler.annotate import _sentence_ends
from crawler.citing.citations import find_citations
from crawler.citing.documents import identify_all
from tests.growth import grow, openers_of

READ_ON = date(2026, 11, 21)
MODULES = [
    importlib.import_module(f"crawler.citing.{m.name}") for m in pkgutil.iter_modules(crawler.citing.__path__)
]
WORDS = (
    "Đảng ủy ", "Đảng ủy, ", "Đảng ủy xã ", "Ban Thường vụ Tỉnh ủy ", ".", "TP.", "P. ", "ngày 12/11, ", "tháng 11 ", "Nghị quyết ",
    "Nghị quyết 22, ", "Nghị quyết số ", "Chỉ thị 35-CT/TW ", "35-CT/TW, ", "35-CT/TW của ", "Chỉ thị 35-CT/TW về ", "35-CT/TW (",
    "Bộ Chính trị, ", "vừa ban hành ", "vừa được ", "mới ", "ban hành ", "ký ", "thay mặt ", "Tỉnh ủy Kim Lộ, ", "tỉnh A ", "hội nghị ",
    "Hội nghị thông qua ", "khóa XI, ", "Nghị quyết Trung ương 4, ", "Nghị quyết Đại hội XIII ", "số: ", "(", "“", "  ", "\n", "1-",
    "12/11/2026 ", "QĐ ", "T.Ư ", "Luật a b ", "của Tỉnh ủy ", "và ", "UBND tỉnh ", "Ban Chỉ đạo 35 ", "e\u0301", "\u00ad",
    "năm thực hiện ", "ba năm thực hiện Nghị quyết số 07-NQ/TU ", "07-NQ/TU của Tỉnh ủy ", "Theo Kế hoạch 25-KH/ĐU, Đảng ủy xã A ",
    "Chỉ thị số 35-CT/TW ngày 30/5/2019 của Bộ Chính trị về ", "Bộ Chính trị vừa ban hành Chỉ thị số 35-CT/TW, ",
    "Ngày 18/11, Ban Bí thư ban hành ", "vừa được Bộ Chính trị ban hành ", "HĐND, UBND xã ", "Bộ Chỉ huy Quân sự tỉnh ",
)  # fmt: skip
"""What the loops look for, spelled as the press does."""


LARGEST = 25_000
"""Characters, more than nearly every article: a step of ten tells a square from a line."""


def steep(call: Callable[[str], object], openers: Iterable[str]) -> list[str]:
    """What takes too long, told for the reader of a failed test."""
    growths = (grow(call, opener, largest=LARGEST, quick=True) for opener in openers)
    return [str(growth) for growth in growths if not growth.linear]


def read(text: str) -> None:
    for field in ("title", "text"):
        found = find_citations(text, published=READ_ON, field=field)  # type: ignore[arg-type]
        identify_all(found, published=READ_ON, province="Kim Lộ")


@pytest.mark.parametrize("behind", ["", " Chỉ thị số 35-CT/TW"], ids=["alone", "before a document"])
def test_no_words_of_the_press_slow_the_reader_of_documents(behind: str) -> None:
    assert steep(lambda text: read(text + behind), WORDS) == []


def test_no_opener_of_its_expressions_slows_the_reader_of_documents() -> None:
    assert steep(read, openers_of(*MODULES, crawler.text.abbreviations)) == []


def test_no_row_of_stops_or_breaks_slows_the_finder_of_sentences() -> None:
    openers = (*openers_of(crawler.text.match_key), ".", "...", ".”", ". ", "TP.", "\n", ".\n", "!?", "… ")
    assert steep(_sentence_ends, openers) == []
