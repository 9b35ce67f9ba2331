"""The box about the author, wherever a page prints it: a name, and prose that begins with that name and what he is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crawler.reading.authors import parse_authors
from crawler.reading.piece import Piece
from crawler.text.letters import CAPITAL
from crawler.text.plain import plain

_LABELLED = re.compile(r"(?:Tác giả|Về tác giả|Đôi nét về tác giả)\b\s*:?\s*")
_ROLE = re.compile(
    r"(?:Nhà báo|Nhà văn|Nhà thơ|Phóng viên|Ông|Bà|Anh|Chị|(?:PGS|GS|TS|ThS|CN|LS|BS)\.?\s?|[-,]\s*)+"
)
_IS = r"là|hiện|sinh|nguyên|từng|tốt nghiệp|công tác|tên thật"
_NAME = re.compile(rf"((?:[{CAPITAL}]\w*\s+){{1,4}}?[{CAPITAL}]\w*)(?=\s*(?:,|\(|\s(?:{_IS})\b))")
_BOX = 4
"""Pieces before the prose among which the name and the portrait stand."""
_MOST = 900
"""Longest prose of such a box."""


def without_authors_box(pieces: Sequence[Piece]) -> tuple[list[Piece], str | None]:
    """The pieces without the box, and the author's name; unchanged where none is among them."""
    for index, piece in enumerate(pieces):
        if piece.kind != "text" or not 40 < len(piece.text) < _MOST or not (name := _told_of(piece.text)):
            continue
        start = index
        key = plain(name)
        for back in range(index - 1, max(-1, index - 1 - _BOX), -1):
            above = pieces[back]
            if above.kind == "text" and plain(above.text).rstrip(" :.") != key and len(above.text) > 40:
                break
            if above.kind == "text" and key in plain(above.text):
                start = back
        if start == index and not _LABELLED.match(piece.text):
            continue
        if start and pieces[start - 1].kind == "picture":
            start -= 1
        return [*pieces[:start], *pieces[index + 1 :]], name
    return list(pieces), None


def _told_of(text: str) -> str | None:
    """The name of the person whom a text says what he is; None where it begins otherwise."""
    start = label.end() if (label := _LABELLED.match(text)) else 0
    if role := _ROLE.match(text, start):
        start = role.end()
    name = _NAME.match(text, start)
    return name[1] if name and parse_authors(name[1]) else None
