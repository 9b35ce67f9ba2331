"""Where the article stands on a page, and its pieces sorted into lead, paragraphs, captions and by-line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from lxml.etree import _Element as Element

from crawler.article import Block, Caption
from crawler.authors import is_byline, is_helper, is_labelled, parse_authors
from crawler.captions import has_credit, is_credit, parse_caption
from crawler.cuts import heads, is_teaser, measure
from crawler.furniture import (
    NEVER_TEXT,
    READ_MORE,
    Sign,
    first_words,
    is_boilerplate,
    is_heading,
    is_hidden,
    is_imprint,
    plain,
    signs_of,
)
from crawler.lies import LAST_RESORT, forget_lies
from crawler.moments import find_visible
from crawler.text import clean_line
from crawler.tree import letters_of, text_of
from crawler.walk import Piece

_LONG = 30
"""Shortest text node that may be prose, in characters; menus and labels are shorter."""
_SHORT = 15
"""Shortest line of a poem or a list broken by <br>."""
_HARDLY = 250
"""Letters of prose under which a page is looked through once more, hidden parts and comments too."""
_MAX_IMPRINT = 700
"""Most letters of a newspaper's imprint; those seen have 150 to 500."""
_DESCENT_NAMES = (
    "body div section article main td table tbody tr center span form font ul ol amp-story "
    "amp-story-page b strong em"
)
_DESCENT = frozenset(_DESCENT_NAMES.split())
"""Elements that may hold a whole article; a paragraph or a list item may not."""
_SHARE = 0.66
"""Share of the prose a child must hold to be the body: lower descends into half a body, higher stays above comments."""
_VIETNAMESE = re.compile(r"[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)
_KEYWORDS = re.compile(r"\W*(?:từ khóa|từ khoá|tags?|chủ đề)\s*:", re.IGNORECASE)
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\[\[.*?\]\]|<%.*?%>")
_TIME_ONLY = re.compile(r"^\W*\d{1,2}\s*[:hg]\s*\d{2}(?:\s*:\s*\d{2})?\W*(?:phút)?$")
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


def locate(tree: Element) -> list[Element]:
    """The element(s) that hold the body's prose, in page order; empty for a page without prose.

    A class or id that names furniture where a story is told is taken off its element (`crawler.lies`).
    """
    forget_lies(tree)
    masses = _masses(tree)
    if max(masses.values(), default=0) < _HARDLY and forget_lies(tree, LAST_RESORT):
        masses = _masses(tree)
    if not masses:
        return []
    node = tree.find("body")
    if node is None or node not in masses:
        node = tree
    children: dict[Element, list[Element]] = {}
    for element in masses:
        parent = element.getparent()
        if parent is not None:
            children.setdefault(parent, []).append(element)
    while True:
        below = [c for c in children.get(node, ()) if c.tag in _DESCENT]
        best = max(below, key=lambda c: masses[c], default=None)
        if best is not None and (stories := _stories(below, masses, node)):
            node = stories[0]
            continue
        if best is None or masses[best] < _SHARE * masses[node] or _is_paragraph(best, children):
            break
        node = best
    return _with_siblings(node, masses)


def _stories(below: Sequence[Element], masses: dict[Element, int], node: Element) -> list[Element]:
    """The whole articles that follow each other on an endless page, each with a headline of its own; else empty."""
    large = [c for c in below if masses[c] > 0.15 * masses[node]]
    stories = [c for c in large if c.tag == large[0].tag and _is_frame(c)]
    return stories if len(stories) > 1 else []


def _is_paragraph(element: Element, children: dict[Element, list[Element]]) -> bool:
    """Whether an element is one paragraph: it holds text of its own, no block with prose and hardly a line break."""
    if any(
        c.tag in _DESCENT or c.tag in ("p", "li", "h2", "h3", "blockquote") for c in children.get(element, ())
    ):
        return False
    if element.tag in ("span", "font", "b", "strong", "em"):
        return True
    return sum(1 for _ in element.iter("br")) < 2 and sum(1 for _ in element.iter("p", "div", "li")) < 2


def _with_siblings(node: Element, masses: dict[Element, int]) -> list[Element]:
    """The container with the parts that follow it: a body cut in two by an advert."""
    parent = node.getparent()
    if parent is None or node.tag in ("body", "html") or parent.tag == "tr":
        return [node]
    found = [node]
    for sibling in node.itersiblings():
        large = masses.get(sibling, 0) >= max(160, 0.08 * masses[node])
        if large and sibling.tag in _DESCENT and not _is_foreign(sibling) and not _is_frame(sibling):
            found.append(sibling)
    return found


def _is_foreign(element: Element) -> bool:
    """Whether a part bears no mark that only Vietnamese writes: a summary in English."""
    return _VIETNAMESE.search(text_of(element)) is None


def _masses(tree: Element) -> dict[Element, int]:
    """Letters of prose in each element that holds any, furniture and links left out."""
    stretches: list[tuple[Element, int]] = []
    status: dict[Element, bool] = {}
    for element in tree.iter():
        for text, tail in ((element.text, False), (element.tail, True)):
            if not text or len(text) < _SHORT:
                continue
            node = element.getparent() if tail else element
            if node is None or (len(text) < _LONG and not _is_line(element, tail=tail)):
                continue
            size = sum(map(len, text.split()))
            if size < 0.8 * (_SHORT if len(text) < _LONG else _LONG):
                continue
            if is_imprint(text):
                status[_imprint_around(node)] = False
            else:
                stretches.append((node, size))
    masses: dict[Element, int] = {}
    for start, size in stretches:
        if not _counts(start, status):
            continue
        node = start
        while node is not None:
            masses[node] = masses.get(node, 0) + size
            node = node.getparent()
    return masses


def _is_line(element: Element, *, tail: bool) -> bool:
    """Whether a short text is a line of its own, as in a poem: a paragraph, or text that a <br> ends or begins."""
    if tail:
        return element.tag == "br"
    return element.tag == "p" or (len(element) > 0 and element[0].tag == "br")


def _imprint_around(element: Element) -> Element:
    """The block at the foot of the page that a line of the imprint belongs to."""
    node = element
    while (parent := node.getparent()) is not None and parent.tag not in ("body", "html", "form"):
        if letters_of(parent) > _MAX_IMPRINT or _is_frame(parent):
            break
        node = parent
    return node


def _counts(element: Element, status: dict[Element, bool]) -> bool:
    """Whether prose in an element counts: none of its ancestors is furniture (remembered in `status`)."""
    chain = []
    node: Element | None = element
    verdict = True
    while node is not None:
        known = status.get(node)
        if known is not None:
            verdict = known
            break
        chain.append(node)
        node = node.getparent()
    for node in reversed(chain):
        verdict = verdict and not _excluded(node)
        status[node] = verdict
    return verdict


def _excluded(element: Element) -> bool:
    tag = element.tag
    if tag in ("body", "html"):
        return False
    if tag in NEVER_TEXT or tag in ("a", "footer", "aside", "nav", "figcaption"):
        return True
    sign = signs_of(element)
    if sign & (Sign.COMMENT | Sign.FURNITURE | Sign.BIO) and not sign & (Sign.BODY | Sign.LEAD):
        # A name alone does not condemn the frame around everything.
        return not _is_frame(element)
    if is_hidden(element):
        return True
    if tag in ("li", "div", "article", "td", "dd") and 0 < len(element) <= 8 and _is_story_card(element):
        return True
    if tag in ("div", "section", "ul", "ol", "table", "article", "dl", "td", "tbody", "tr"):
        if is_heading(line := first_words(element)) and heads(line, _ample(element), element):
            return not _is_frame(element)
        previous = element.getprevious()
        if previous is not None and previous.tag in (
            "h2",
            "h3",
            "h4",
            "h5",
            "div",
            "p",
            "span",
            "strong",
            "b",
        ):
            line = clean_line(text_of(previous)[:200])
            if is_heading(line) and heads(line, _ample(element), element):
                return not _is_frame(element)
    return False


def _is_story_card(element: Element) -> bool:
    """Whether a small element announces another story: a headline that is a link, and its teaser."""
    if next(element.iter("a"), None) is None:
        return False
    size = letters_of(element)
    return size < 600 and measure(element)[1] > 15 and is_teaser(element, size)


def _ample(element: Element) -> int:
    """Characters of text outside links, where they can matter to `heads`."""
    size, linked = measure(element)
    return size - linked


def _is_frame(element: Element) -> bool:
    """Whether an element is a frame of the page: it holds a first-level heading."""
    return next(element.iter("h1"), None) is not None


def head_of(containers: Sequence[Element], known: Iterable[Element] = ()) -> Iterator[tuple[int, Element]]:
    """What stands before the body, nearest first: (levels above the body, sibling element)."""
    level, node = 0, next(iter(containers), None)  # a page of links alone has no body
    while node is not None and node.tag not in ("body", "html"):
        for sibling in node.itersiblings(preceding=True):
            if isinstance(sibling.tag, str) and sibling.tag not in NEVER_TEXT and not is_hidden(sibling):
                yield level, sibling
        node = node.getparent()
        level += 1


def is_date_line(text: str) -> bool:
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
    kept = _without_foot(_kept(pieces, title), outlet)
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
    """The pieces without lines that lead away, labels, dates on their own and the repeated title."""
    kept: list[Piece] = []
    title_key = plain(title)
    for piece in pieces:
        if piece.kind != "text":
            kept.append(piece)
            continue
        if "{{" in piece.text or "[[" in piece.text or "<%" in piece.text:
            piece.text = clean_line(_TEMPLATE.sub(" ", piece.text))
        text = piece.text
        if len(text) < 2 or not (text[0].isalnum() or any(c.isalnum() for c in text)):
            continue
        if leads_away(piece) or is_boilerplate(text) or is_date_line(text):
            continue
        if abs(len(text) - len(title)) < 4 and plain(text) == title_key:
            continue
        kept.append(piece)
    return kept


def _without_foot(pieces: list[Piece], outlet: Sequence[str]) -> list[Piece]:
    """The pieces without the imprint that ends a page whose body and foot share one frame."""
    start = None
    for index in range(len(pieces) - 1, max(-1, len(pieces) - 10), -1):
        piece = pieces[index]
        if piece.kind != "text" or len(piece.text) > 260:
            break
        names_paper = piece.text.isupper() or plain(piece.text) in {plain(name) for name in outlet}
        if is_imprint(piece.text) or (start == index + 1 and names_paper and not is_byline(piece.text)):
            start = index
    return pieces if start is None else pieces[:start]


def leads_away(piece: Piece) -> bool:
    """Whether a line is a heading of furniture or a link to another story."""
    text = piece.text
    if is_heading(text):
        return True
    if piece.sign & Sign.BYLINE and len(text) < 80:
        return False
    if piece.is_link and len(text) < 400:
        return True
    if piece.linked > 20 and len(text) < 250 and (dated := find_visible(text)):
        # "Headline (16/11/2026 12:34)": the day is the headline's.
        rest = len(text) - sum(end - start for _, start, end in dated)
        if piece.linked >= 0.8 * (rest - 4):
            return True
    if READ_MORE.match(text):
        return piece.linked > 0.25 * len(text) or len(text) < 30
    return len(text) < 300 and ":" in text and _KEYWORDS.match(text) is not None


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
