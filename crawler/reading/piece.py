"""The pieces of a page, and for each line of text one label: the story's, or which kind of furniture.

What a block's wrapper could not tell (`labels`) its line may. Title, head, dates, authors and body read the label of a
line; none of them looks at its words for furniture again. The label is the first of these cases that holds:

1. Nothing but marks: "* * *".
2. A furniture heading: "Tin liên quan"; "Ý kiến bạn đọc (4)", under which comments stand.
3. A link to another story, unless it is called a by-line: next to nothing stands outside links; a headline so linked
   and its day beside it ("Khánh thành cầu (16/11/2026 12:34)"); "Xem thêm: …" with a link.
4. The keywords of the page: "Từ khóa: hội nghị, đảng bộ".
5. Nothing but a day or a time: "Thứ bảy, 21/11/2026 | 14:30".
6. A notice, a counter or a player's label: "© Báo Kim Hải", "Cỡ chữ".
7. What changes with the visit: "Lượt xem: 1.501".

What depends on the lines around one is no label of it and stays with who asks: where readers' comments begin (`visit`),
what is a picture's caption, who is named at the end and whether the imprint ends the page (`body`: a story can hold a
line like "Tổng Biên tập: …"), and which row of author and date belongs to the head (`head`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from crawler.dates.printed import find_visible
from crawler.reading.furniture import (
    Sign,
    begins_keywords,
    begins_read_more,
    is_boilerplate,
    is_comment_heading,
    is_heading,
)
from crawler.reading.labels import STORY, Kind, Label, Sure
from crawler.text.visit_lines import is_of_the_visit

_TIME_ONLY = re.compile(r"^\W*\d{1,2}\s*[:hg]\s*\d{2}(?:\s*:\s*\d{2})?\W*(?:phút)?$")
_AWAY = frozenset(("heading", "comments", "link", "keywords"))
_LONG = 400
"""Characters from which on a line without links is prose, whatever it says."""


@dataclass(slots=True)
class Piece:
    """A run of text, a picture or a table row, as printed."""

    kind: Literal["text", "picture", "row"]
    text: str = ""
    tag: str = "div"
    sign: int = 0
    linked: int = 0
    """Characters inside links that lead to other pages."""
    bold: int = 0
    italic: int = 0
    align: str = ""
    large: bool = False
    """Set in a size of headings: `<font size=4>`, `font-size: 20px`."""
    inset: bool = False
    pictured: bool = False
    """Stands in one wrapper with a picture."""
    inline_after_picture: bool = False
    """Stands in the same block as a picture, after it."""
    credit: str | None = None
    """Text of an element of its own at the end that names the photographer."""
    source: str = ""
    alt: str = ""
    _label: Label | None = field(default=None, init=False, compare=False)

    @property
    def label(self) -> Label:
        """What the line is; judged once, when it is first asked."""
        if self._label is None:
            self._label = _judge(self)
        return self._label

    @property
    def leads_away(self) -> bool:
        """Whether the line announces other things than the story: a furniture heading, a link, the keywords."""
        return self.label.kind in _AWAY

    @property
    def letters(self) -> int:
        """Length without line breaks."""
        return max(1, len(self.text))

    @property
    def is_link(self) -> bool:
        """Whether next to nothing stands outside links."""
        return self.linked >= 0.8 * self.letters

    @property
    def is_bold(self) -> bool:
        """Whether it is printed bold from end to end."""
        return self.bold >= 0.9 * self.letters - 2

    @property
    def is_italic(self) -> bool:
        """Whether it is printed in italics from end to end."""
        return self.italic >= 0.85 * self.letters - 2


def _judge(piece: Piece) -> Label:
    text, size = piece.text, len(piece.text)
    if size < 2 or not (text[0].isalnum() or any(c.isalnum() for c in text)):
        return Label("mark", Sure.LIKELY, "no letter")
    if size >= _LONG and not piece.linked:
        return STORY
    if is_heading(text):
        kind: Kind = "comments" if is_comment_heading(text) else "heading"
        return Label(kind, Sure.LIKELY, f"reads: {text}")
    if not (piece.sign & Sign.BYLINE and size < 80):
        if _links(piece):
            return Label("link", Sure.LIKELY, f"{piece.linked} of {size} characters inside links")
        if size < 300 and begins_keywords(text):
            return Label("keywords", Sure.LIKELY, f"begins: {text[:20]}")
    if _is_date_line(text):
        return Label("date", Sure.LIKELY, "a day or a time and no more")
    if is_boilerplate(text):
        return Label("notice", Sure.LIKELY, f"reads: {text[:60]}")
    if is_of_the_visit(text):
        return Label("visit", Sure.LIKELY, f"reads: {text[:60]}")
    return STORY


def _links(piece: Piece) -> bool:
    """Case 3: whether a line is a link to another story."""
    text, size = piece.text, len(piece.text)
    if piece.is_link and size < 400:
        return True
    if piece.linked > 20 and size < 250 and (dated := find_visible(text)):
        # The day is the headline's.
        rest = size - sum(end - start for _, start, end in dated)
        if piece.linked >= 0.8 * (rest - 4):
            return True
    return (piece.linked > 0.25 * size or size < 30) and begins_read_more(text)


def _is_date_line(text: str) -> bool:
    """Whether a short line is nothing but a date or a time of day."""
    if len(text) > 90:
        return False
    if _TIME_ONLY.match(text):
        return True
    found = find_visible(text)
    if not found:
        return False
    rest = re.sub(
        r"(?i)cập nhật|đăng|lúc|ngày|thứ\s+\w+|chủ nhật|gmt|xuất bản|\W|\d",
        "",
        text[: found[0][1]] + text[found[0][2] :],
    )
    return len(rest) <= 12
