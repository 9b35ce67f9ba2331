"""The pieces of a body sorted into lead, paragraphs, captions and by-line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from crawler.article import Block, Caption
from crawler.reading import visit
from crawler.reading.authors import is_byline, is_helper, is_labelled, parse_authors
from crawler.reading.captions import has_credit, is_credit, parse_caption
from crawler.reading.furniture import Sign, is_imprint
from crawler.reading.piece import Piece
from crawler.text.plain import plain

_QUESTION = re.compile(
    r"^(?:PV|P\.V|Phóng viên|Hỏi|Ông|Bà|Đồng chí|Bác|Anh|Chị)\b[^:]{0,60}:|\?\s*$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Body:
    """The sorted article."""

    blocks: tuple[Block, ...] = ()
    captions: tuple[Caption, ...] = ()
    images: tuple[str, ...] = ()
    lead: str | None = None
    byline: str | None = None

    @property
    def prose(self) -> int:
        """Characters of lead and paragraphs."""
        return sum(len(b.text) for b in self.blocks if b.kind in ("lead", "paragraph"))


@dataclass(slots=True)
class _Sorter:
    title: str
    blocks: list[Block] = field(default_factory=list)
    captions: list[Caption] = field(default_factory=list)
    after_picture: Piece | None = None
    """The picture above, while nothing but its caption has followed."""
    last_was_caption: bool = False


def arrange(
    pieces: Sequence[Piece],
    *,
    title: str,
    lead: str | None = None,
    description: str | None = None,
    outlet: Sequence[str] = (),
) -> Body:
    """The pieces of the body as blocks. `lead` was found above the body; else the first piece may be it."""
    kept = _without_foot(_kept(visit.without_tail(list(pieces)), title), outlet)
    byline, kept = _take_byline(kept, outlet)
    sorter = _Sorter(title)
    if lead:
        sorter.blocks.append(Block("lead", lead))
    first = True
    for index, piece in enumerate(kept):
        if piece.kind == "picture":
            sorter.after_picture = piece
            sorter.last_was_caption = False
            continue
        if piece.kind == "row":
            sorter.blocks.append(Block("row", piece.text))
            sorter.after_picture = None
            continue
        if _is_caption(piece, sorter):
            _add_caption(piece, sorter)
            continue
        sorter.after_picture, sorter.last_was_caption = None, False
        if piece.inset:
            sorter.blocks.append(Block("inset", piece.text))
            continue
        kind = _kind(piece, kept, index)
        if first and not lead and _is_lead(piece, kept, index, description):
            lead, kind = piece.text, "lead"
        first = False
        sorter.blocks.append(Block(kind, piece.text))  # type: ignore[arg-type]
    if byline:
        sorter.blocks.append(Block("byline", byline))
    images = tuple(dict.fromkeys(p.source for p in kept if p.kind == "picture" and p.source))
    return Body(tuple(sorter.blocks), tuple(sorter.captions), images, lead, byline)


def _kept(pieces: Sequence[Piece], title: str) -> list[Piece]:
    """The pieces without lines that are furniture and the repeated title."""
    title_key = plain(title)
    return [
        p
        for p in pieces
        if p.kind != "text"
        or not (p.label.is_cut or (abs(len(p.text) - len(title)) < 4 and plain(p.text) == title_key))
    ]


def _without_foot(pieces: list[Piece], outlet: Sequence[str]) -> list[Piece]:
    """The pieces without the imprint that ends a page whose body and foot share one frame."""
    start = None
    for index in range(len(pieces) - 1, max(-1, len(pieces) - 10), -1):
        piece = pieces[index]
        if piece.kind != "text" or len(piece.text) > 260:
            break
        if is_imprint(piece.text) or (
            start == index + 1 and _names_paper(piece.text, outlet) and not is_byline(piece.text)
        ):
            start = index
    return pieces if start is None else pieces[:start]


def _names_paper(text: str, outlet: Sequence[str]) -> bool:
    return text.isupper() or plain(text) in map(plain, outlet)


def _take_byline(pieces: list[Piece], outlet: Sequence[str]) -> tuple[str | None, list[Piece]]:
    """The by-line at the end of the body and the pieces without it."""
    texts = [i for i, p in enumerate(pieces) if p.kind == "text" and not p.inset]
    helpers: list[int] = []
    for back, index in enumerate(reversed(texts[-5:])):
        piece = pieces[index]
        text = piece.text
        if len(text) > 160:
            if back and not (piece.align == "right" or piece.sign & Sign.BYLINE):
                break
            split = _trailing_byline(piece)
            if split and not back:
                rest, byline = split
                return byline, [*pieces[:index], replace(piece, text=rest), *pieces[index + 1 :]]
            break
        marked = piece.align == "right" or bool(piece.sign & Sign.BYLINE) or is_labelled(text)
        if piece.tag in ("h2", "h3", "h4") or piece.sign & Sign.CAPTION or piece.pictured:
            continue
        if not (marked or piece.is_bold or (back == 0 and len(text) < 60)):
            continue
        if is_byline(text) or (
            marked and parse_authors(text, outlet=outlet, trusted=bool(piece.sign & Sign.BYLINE))
        ):
            if _after_picture(pieces, index) and is_credit(text):
                continue
            if is_helper(text) and back == len(helpers):
                # "Ảnh: …", "Thiết kế: …" may follow the line that names the authors.
                helpers.append(index)
                continue
            return _without(pieces, [index, *helpers])
    return _without(pieces, helpers) if helpers else (None, pieces)


def _without(pieces: list[Piece], lines: Sequence[int]) -> tuple[str, list[Piece]]:
    """The by-line that stands in `lines`, and the pieces without them."""
    taken = frozenset(lines)
    byline = "\n".join(pieces[i].text for i in sorted(taken))
    return byline, [p for i, p in enumerate(pieces) if i not in taken]


def _trailing_byline(piece: Piece) -> tuple[str, str] | None:
    """A by-line on the last line of the last paragraph, after a line break."""
    rest, mark, last = piece.text.rpartition("\n")
    if mark and len(last) < 80 and parse_authors(last):
        return rest, last
    return None


def _after_picture(pieces: Sequence[Piece], index: int) -> bool:
    """Whether a line stands under a picture, or under the caption of one."""
    for back in (1, 2):
        if index < back:
            return False
        above = pieces[index - back]
        if above.kind == "picture":
            return True
        if above.kind != "text" or len(above.text) > 350:
            return False
    return False


def _is_caption(piece: Piece, sorter: _Sorter) -> bool:
    text = piece.text
    if piece.tag == "figcaption":
        return True
    if len(text) > 600:
        return False
    picture = sorter.after_picture
    if piece.sign & Sign.CAPTION and (piece.pictured or picture is not None or sorter.last_was_caption):
        return True
    if piece.sign & Sign.CAPTION and len(text) < 300 and not piece.sign & Sign.LEAD:
        return True
    if is_credit(text) and (picture is not None or sorter.last_was_caption):
        return True
    if picture is None and not piece.pictured:
        return False
    if piece.pictured or piece.inline_after_picture:
        return True
    if picture is not None and picture.alt and _alike(picture.alt, text):
        return True
    if len(text) > 350 or sorter.last_was_caption:
        return False
    return piece.align == "center" or piece.is_italic or has_credit(text)


def _alike(alt: str, text: str) -> bool:
    a, b = plain(alt), plain(text)
    return len(a) > 12 and (a == b or b.startswith(a) or (a.startswith(b) and len(b) > 0.6 * len(a)))


def _add_caption(piece: Piece, sorter: _Sorter) -> None:
    """A caption, or the credit line of the caption just above; the same one twice in a row counts once."""
    text = piece.text
    if sorter.last_was_caption and sorter.captions:
        last = sorter.captions[-1]
        if is_credit(text) or (len(text) < 80 and last.credit is None and piece.align == "right"):
            joined = parse_caption(f"{last.text}\n{text}")
            if joined.credit is None:
                joined = Caption(last.text, text.strip(" ()."))
            sorter.captions[-1] = joined
            sorter.blocks[-1] = Block("caption", f"{sorter.blocks[-1].text}\n{text}")
            return
        if plain(last.text) == plain(parse_caption(text).text) and sorter.after_picture is None:
            return
    sorter.captions.append(parse_caption(text, piece.credit))
    sorter.blocks.append(Block("caption", text))
    sorter.last_was_caption, sorter.after_picture = True, None


def _kind(piece: Piece, pieces: Sequence[Piece], index: int) -> str:
    text = piece.text
    if len(text) < 200 and piece.tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
        return "heading"
    if (
        len(text) < 120
        and piece.is_bold
        and "\n" not in text
        and not text.endswith((".", ":", "?", "!", "…", "”", ";"))
    ):
        return "heading"
    return "paragraph"


def _is_lead(piece: Piece, pieces: Sequence[Piece], index: int, description: str | None) -> bool:
    """Whether the first piece is the lead: named so, printed bold, or the page's own description word for word."""
    text = piece.text
    if len(text) < 40 or len(text) > 1200 or _QUESTION.search(text):
        return False
    if not any(p.kind == "text" and len(p.text) > 40 for p in pieces[index + 1 :]):
        return False
    if piece.sign & Sign.LEAD or piece.is_bold or piece.tag == "h2":
        return True
    if description:
        a, b = plain(description).rstrip(" .…"), plain(text).rstrip(" .…")
        cut_short = len(a) > 100 and not description.rstrip().endswith((".", "!", "?", "”", '"'))
        return len(a) > 60 and (a == b or (cut_short and b.startswith(a)))
    return False
