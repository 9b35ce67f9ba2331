"""What changes with the visit is not the article: counters, times that run, readers' comments, boxes drawn by lot.

1. A line is the visit's when nothing stands in it but counters ("Lượt xem: 1.501"), times told from now ("7 giờ
   trước"), labels of tools ("Chia sẻ", "Trả lời") and marks between them. It is read unit by unit; the first word that
   is none of these makes it prose.
2. A line that asks the reader for something (to comment, to rate, to fill in a form) is the visit's as well.
3. Comments are prose. They begin where a line says so, once the story has been told, and go on to the end of its
   container: `without_tail` cuts there, where the line speaks of readers or what follows bears the marks of comments.
4. So do keywords and headlines without links under their heading: short lines that end no sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from crawler.dates.printed import find_visible
from crawler.reading.furniture import is_keywords_heading
from crawler.reading.piece import Piece
from crawler.text.plain import first_word, plain

_TOLD = 200
"""Characters of prose after which the story may be over."""
_ASKED = 20
"""Lines that may open comments of which it is asked what follows."""
_LINE = 60
"""Characters from which on a piece counts as prose."""
_OF_READERS = re.compile(
    r"\W*(?:(?:y kien|binh luan|phan hoi|gop y|thao luan|trao doi)(?: (?:cua )?)?(?:ban doc|doc gia"
    r"|nguoi doc|cua ban)\s*(?:\(?\d*\)?\s*)?(?::|\W*$)"
    r"|(?:y kien|binh luan|phan hoi)\s*\(\d+\)|\d+ (?:binh luan|y kien|phan hoi)\s*(?:\W*$|:))"
)
_SAYS_COMMENTS = re.compile(r"\W*(?:gop y|binh luan|y kien|phan hoi|thao luan|comments?)\W*")
_OPENERS = frozenset(("y", "binh", "phan", "gop", "thao", "trao", "comment", "comments"))
"""The words that both of them begin with; `_OF_READERS` also with a number."""
_OF_A_COMMENT = re.compile(
    r"\b(?:tra loi|thich|reply|bao xau|vua xong)\b|\d+\s*(?:phut|gio|ngay|tuan|thang) truoc\b"
)
_ENDS = (".", "!", "?", "…", "”", ":", ";")


def without_tail(pieces: list[Piece]) -> list[Piece]:
    """The pieces of a body up to where readers' comments begin, without keywords and headlines under their heading."""
    told, index, asked = 0, 0, 0
    while index < len(pieces):
        piece = pieces[index]
        if piece.kind != "text":
            index += 1
            continue
        if told >= _TOLD:
            opens = asked < _ASKED and _opens_comments(piece.text)
            asked += opens
            if opens and _are_comments(piece.text, pieces[index + 1 :], told):
                return pieces[:index]
            if piece.label.kind == "heading":
                end = _end_of_list(pieces, index)
                pieces = [*pieces[:index], *pieces[end:]]
                continue
        told += len(piece.text) if len(piece.text) > _LINE else 0
        index += 1
    return pieces


def _opens_comments(text: str) -> bool:
    if len(text) > 4000:
        return False
    head = text[:60]
    if len(text) >= 60 and ":" not in head and "(" not in head:
        return False
    if (word := first_word(text[:120])) is not None and word not in _OPENERS:
        return False
    key = plain(text[:120])
    return _OF_READERS.match(key) is not None or (
        len(text) < 40 and _SAYS_COMMENTS.fullmatch(key) is not None
    )


def _are_comments(opening: str, after: Sequence[Piece], told: int) -> bool:
    """Whether what follows is the readers': next to nothing, or marked as such, or less than the story was."""
    texts = [p.text for p in after if p.kind == "text"]
    left = sum(len(t) for t in texts if len(t) > _LINE)
    marked = any(_is_marked(t) for t in texts[:8])
    if _OF_READERS.match(plain(opening[:120])):
        return marked or left < told
    return marked or not left


def _is_marked(text: str) -> bool:
    """Whether a text has what only a comment has: a moment beside a name, "Trả lời", "3 phút trước"."""
    if len(text) < 90 and _OF_A_COMMENT.search(plain(text)):
        return True
    return any(moment.at is not None for moment, _, _ in find_visible(text[:120]))


def _end_of_list(pieces: Sequence[Piece], start: int) -> int:
    """Where the list under the heading at `start` ends: at the first piece that is no keyword or no headline."""
    keywords = is_keywords_heading(pieces[start].text)
    end = start + 1
    while end < len(pieces) and (piece := pieces[end]).kind == "text":
        text = piece.text
        words = len(text.split())
        listed = len(text) < 60 if keywords else words >= 4 and len(text) < 160 and piece.align != "right"
        if not listed or text.endswith(_ENDS):
            break
        end += 1
    return end
