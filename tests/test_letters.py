"""`crawler.text.charmap`: the fast way and `str.translate` say the same of any text."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from crawler.text.charmap import MARKED, Letters

FUNCTIONS = {
    "upper": str.upper,  # ß becomes two
    "base letter": lambda char: unicodedata.normalize("NFD", char)[0],
    "no blanks": lambda char: char.strip(),
    "code point": lambda char: f"<{ord(char):x}>",
}
TEXTS = st.text(st.one_of(st.sampled_from(MARKED + MARKED.upper() + " .,–“”ß\u0301\ufffe"), st.characters()))


@given(TEXTS)
def test_a_call_is_a_translation(text: str) -> None:
    for of in FUNCTIONS.values():
        assert Letters(of)(text) == text.translate(Letters(of)) == "".join(map(of, text))
