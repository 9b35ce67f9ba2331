"""What stands between title and body: the title itself, and the lines that name lead, author and date."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lxml.etree import _Element as Element

from crawler.article import Page
from crawler.dates.printed import find_visible
from crawler.reading.authors import is_byline
from crawler.reading.captions import is_credit
from crawler.reading.container import head_of
from crawler.reading.furniture import Sign
from crawler.reading.layout import Layout
from crawler.reading.piece import Piece
from crawler.reading.structured import Claims
from crawler.reading.titles import Title, TitleChooser, spaced
from crawler.reading.tree import text_of
from crawler.reading.walk import walk
from crawler.text.normal import clean_line
from crawler.text.plain import plain

MAX_LEVELS = 14
"""How many levels above the body its heading is looked for; the deepest page of the reference set needs 6."""


_DATE_LABEL = re.compile(
    r"(?i)(?:\W*\b(?:thứ\s+(?:hai|ba|tư|năm|sáu|bảy|[2-7])|chủ\s+nhật|ngày|lúc|cập\s+nhật|đăng|xuất\s+bản|gmt))+\W*$"
)


_COUNTED = re.compile(
    r"(?i)[\d.,]+\s*(?:lượt\s+(?:xem|đọc)|bình\s+luận|phút\s+đọc|views?)\b|(?:lượt\s+(?:xem|đọc)|đã\s+xem)\s*:?\s*[\d.,]+"
)
"""A counter in the row of author and date."""


_NO_HEAD = ("comments", "clock")


@dataclass(slots=True)
class Head:
    """What stands between the title and the body."""

    zone: list[Element]
    """The elements that were looked through, in page order."""
    title: Title
    after: list[Piece]
    """What is printed between title and body."""
    before: list[Piece]
    """What is printed above the title."""
    frame: Element | None = None
    """The element that holds title and body."""
    about: str | None = None
    """Whom a box about the author names."""
    inside: bool = False
    """Whether the title stands inside the container: the lead is then the body's first piece, if any."""


def read_head(
    page: Page,
    layout: Layout,
    pieces: list[Piece],
    claimed: Claims,
    cut: frozenset[Element],
) -> Head:
    """Title, and the pieces around it up to the body; takes out of `pieces` what is head and no story."""
    zone: list[Element] = []
    found: list[list[Piece]] = []
    """What each element of the zone holds, nearest to the body first: a page may have 50,000 of them."""
    opening = _opening(pieces)
    row_title = layout.marks.select(layout.extract.title) if layout.extract else []
    row_text = clean_line(text_of(row_title[0])) if row_title else ""
    # A title the row names need not be looked for.
    chooser = None if row_text else TitleChooser(claimed, page.url)
    if chooser:
        chooser.offer(opening)
    level_seen = 0
    around_title = {row_title[0], *row_title[0].iterancestors()} if row_title else frozenset()
    within = bool(row_text) and any(a in layout.containers for a in row_title[0].iterancestors())
    for level, sibling in () if within else head_of(layout.containers, layout.labels):
        if level > MAX_LEVELS:
            break
        if level != level_seen and chooser and chooser.certain:
            # Just above the frame of the story a blog prints its day.
            line = Piece("text", clean_line(text_of(sibling)[:120]))
            if line.label.kind == "date":
                found.append([line])
            break
        level_seen = level
        if layout.labels.called(sibling).kind in _NO_HEAD or sibling.tag in ("footer", "form"):
            continue
        found.append(walk(sibling, layout.labels, cut=cut, named=True))
        zone.append(sibling)
        if chooser:
            chooser.offer(found[-1], level)
        elif sibling in around_title:
            break
    collected = [piece for pieces_there in reversed(found) for piece in pieces_there]
    zone.reverse()
    if chooser:
        title = chooser.choose(collected + opening)
    else:
        key = plain(row_text)
        at = next((i for i, p in enumerate(collected + opening) if plain(p.text) == key), None)
        title = Title(spaced(row_text, claimed), at, 1.0)
    frame = zone[0].getparent() if zone else next(iter(layout.containers), None)
    position = title.position
    if position is None:
        return Head(zone, title, [], collected, frame)
    if position < len(collected):
        return Head(zone, title, collected[position + 1 :], collected[:position], frame)
    # The title stands inside the container: what is printed around it there is head as well.
    inside = position - len(collected)
    above, below = pieces[:inside], pieces[inside + 1 :]
    first = next((i for i, p in enumerate(below) if _is_story(p)), min(len(below), 12))
    after, rest = below[:first], below[first:]
    dated = _dated_rows(rest)
    after, rest = after + dated, [p for p in rest if not any(p is d for d in dated)]
    pieces[:] = [p for p in above if _is_story(p)] + [p for p in after if not _is_label(p)] + rest
    return Head([*layout.containers, *zone], title, after, collected + above, frame, inside=True)


def _is_story(piece: Piece) -> bool:
    """Whether a piece at the top of a container is lead or body rather than date, by-line or section."""
    if piece.kind != "text" or piece.leads_away:
        return False
    return bool(piece.sign & Sign.LEAD and len(piece.text) > 40) or len(piece.text) > 120


def _dated_rows(pieces: Sequence[Piece]) -> list[Piece]:
    """The row of date and author where it is printed under the lead rather than over it."""
    found: list[Piece] = []
    for piece in pieces[1:4]:
        if piece.kind != "text" or len(piece.text) > 90:
            break
        if piece.label.kind == "date" or _is_byline_row(piece.text) or (found and is_byline(piece.text)):
            found.append(piece)
        else:
            break
    return found if any(find_visible(p.text) for p in found) else []


def _is_label(piece: Piece) -> bool:
    """Whether a piece between title and story is a label: section, date, by-line, counter."""
    if piece.kind != "text" or piece.pictured or piece.sign & Sign.CAPTION:
        return False
    return len(piece.text) < 80 and not piece.text.rstrip().endswith((".", "…", "”"))


def _opening(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces of the body before its first long paragraph: a title may stand among them."""
    for index, piece in enumerate(pieces):
        if piece.kind == "text" and len(piece.text) > 220:
            return list(pieces[:index])
        if index > 12:
            return list(pieces[:index])
    return list(pieces[:12])


def lead_above(head: Head) -> str | None:
    """The lead between title and body: the first sentence there that is no date, name or link."""
    marked = [p for p in head.after if p.sign & Sign.LEAD]
    for piece in (*marked, *head.after):
        text = piece.text.replace("\n", " ")
        if piece.kind != "text" or piece.inset or piece.pictured or len(text) < 40:
            continue
        if piece.label.is_cut or is_credit(text) or _is_byline_row(text):
            continue
        if piece.sign & Sign.LEAD or (len(text) >= 60 and not piece.sign & Sign.CAPTION):
            return text
    return None


def _is_byline_row(text: str) -> bool:
    """Whether a line is a date with at most a name or a section beside it, as printed under a title."""
    if len(text) >= 140 or not find_visible(text):
        return False
    return len(without_date(text)) < 40 or not text.rstrip().endswith((".", "…", "!", "?", "”", '"'))


def without_date(text: str) -> str:
    """A by-line row without its date and the date's label."""
    for _, start, end in reversed(find_visible(text)):
        text = _DATE_LABEL.sub("", text[:start]) + " " + text[end:]
    text = _COUNTED.sub(" ", text)
    return re.sub(r"(?i)\(?gmt\s*\+\s*7\)?", "", text).strip(" |,-–•·\n")
