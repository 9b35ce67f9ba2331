"""The words that say what kind of document it is, as they stand in a text: "Nghị quyết", "Thông báo kết luận"."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from crawler.citing.document_names import TYPE_CODES
from crawler.text.anchored_regex import Opened
from crawler.text.normal import modern_tone
from crawler.text.unaccented import PressText, any_of, key_of

CITATION_WORDS = tomllib.loads(Path(__file__).with_name("citation_words.toml").read_text(encoding="utf-8"))
"""The word lists of the citation grammar."""
_FILLER = rf" {{1,2}}(?:{any_of(CITATION_WORDS['fillers'])})"
FILLERS = rf"(?:{_FILLER}(?:,?{_FILLER}){{0,2}})?"
"""A pattern for what may stand between a type word and its number."""

_WORDS = {key_of(name): name for name in TYPE_CODES} | {
    "qui dinh": "Quy định",
    "qui che": "Quy chế",
    "van ban": "Văn bản",
    "bo luat": "Luật",
    "thong bao ket luan": "Thông báo",
    "thong bao y kien": "Thông báo",
}
_PRINTED = {name: frozenset({name.lower()}) for name in (*TYPE_CODES, "Văn bản")} | {
    "Thông báo": frozenset({"thông báo", "thông báo kết luận", "thông báo ý kiến"}),
    "Luật": frozenset({"luật", "bộ luật"}),
}


def _pattern() -> str:
    """The words as one alternative, factored by their first syllable: half the time of a flat list."""
    ordered = sorted(_WORDS, key=lambda w: (w.split()[0], -len(w), w))
    parts = []
    for first, group in groupby(ordered, key=lambda w: w.split()[0]):
        rests = [w[len(first) + 1 :].replace(" ", " {1,2}") for w in group]
        parts.append(f"{first} {{1,2}}(?:{'|'.join(rests)})" if all(rests) else first)
    return "|".join(parts)


def _openings() -> set[str]:
    """The first two syllables of each word, one or two spaces apart."""
    heads = {tuple(word.split()[:2]) for word in _WORDS}
    return {gap.join(head) for head in heads for gap in (" ", "  ")}


# "thi hành kỷ luật số …", "mệnh lệnh": the type word is the end of another word ("ký Luật" signs one).
_ENDS_A_WORD = re.compile(r"(?:kỷ|ky|pháp|phap|quy|qui|nhịp|nhip|mệnh|menh|hiệu|hieu|khẩu|khau) {1,2}\Z")
_TYPE_WORD = Opened(rf"(?<![a-z0-9])(?:{_pattern()})(?![a-z])", _openings())


@dataclass(frozen=True, slots=True)
class TypeWord:
    """A type word in a text."""

    start: int
    end: int
    """Key positions."""
    name: str
    """The type in canonical print, or `Văn bản`, which leaves the type to the code."""
    exact: bool
    """Printed with its accents, or in a text that has none at all."""
    capital: bool


def _before(text: PressText, start: int) -> str:
    return modern_tone(text.slice(max(0, start - 8), start).lower())


def type_words(text: PressText) -> Iterator[TypeWord]:
    """Every type word, left to right."""
    for match in _TYPE_WORD.finditer(text.key):
        name = _WORDS[" ".join(match.group().split())]
        if name in ("Luật", "Lệnh") and _ENDS_A_WORD.search(_before(text, match.start())):
            continue
        printed = modern_tone(" ".join(text.slice(*match.span()).lower().split())).replace("qui ", "quy ")
        exact = printed in _PRINTED[name] or (printed.isascii() and text.raw.isascii())
        yield TypeWord(match.start(), match.end(), name, exact, text.is_upper(match.start()))
