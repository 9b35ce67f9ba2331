"""What a document's own title says of other documents: it replaces, amends, guides or names them.

>>> named_in_title("Quy định thi hành Điều lệ Đảng, thay thế Quy định số 232-QĐ/TW")
(NamedDocument(key='232-QĐ/TW', relation='replaces'),)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from crawler.citing.citations import find_citations

DocumentRelation = Literal["replaces", "amends", "names"]
_WORDS: tuple[tuple[DocumentRelation, re.Pattern[str]], ...] = (
    ("replaces", re.compile(r"thay (?:thế|cho)|bãi bỏ", re.IGNORECASE)),
    ("amends", re.compile(r"sửa đổi|bổ sung", re.IGNORECASE)),
)


@dataclass(frozen=True, slots=True)
class NamedDocument:
    """A document that a title names."""

    key: str
    relation: DocumentRelation


def named_in_title(title: str) -> tuple[NamedDocument, ...]:
    """The documents a title names, in its order, each once; the nearest word before a name tells the relation."""
    found: dict[str, DocumentRelation] = {}
    for citation in find_citations(title):
        found.setdefault(citation.key, _relation(title[: citation.start]))
    return tuple(NamedDocument(key, relation) for key, relation in found.items())


def _relation(before: str) -> DocumentRelation:
    told = [(word.start(), name) for name, words in _WORDS for word in words.finditer(before)]
    return max(told)[1] if told else "names"
