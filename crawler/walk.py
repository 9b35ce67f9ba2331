"""One container → its pieces in reading order: runs of text, pictures, table rows, each with how it was printed.

The walk knows no site. It cuts what `crawler.furniture` names and what is built like furniture (a teaser: a headline
that is a link, with a line of text; an advert: a picture that links away), and leaves the rest to `crawler.body`,
which sorts the pieces into paragraphs, captions, lead and by-line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

from lxml.etree import _Element as Element

from crawler.captions import is_credit
from crawler.furniture import (
    NEVER_TEXT,
    Sign,
    first_words,
    is_comment_heading,
    is_heading,
    is_hidden,
    signs_of,
)
from crawler.text import clean_block, clean_line

BLOCKS = frozenset(
    "address article aside blockquote body center dd details div dl dt fieldset figcaption figure footer form frameset "
    "h1 h2 h3 h4 h5 h6 header hr html legend li main noframes ol p pre section summary table tbody td tfoot th thead "
    "tr ul amp-carousel amp-img-lightbox amp-story".split()
)
PICTURES = frozenset(("img", "amp-img", "picture", "amp-anim", "image"))
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_CUTTABLE = frozenset(
    "div section aside article ul ol dl table form footer header li blockquote center td fieldset details p "
    "amp-carousel figure tr tbody".split()
)
_PICTURE_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|bmp|jfif)\b", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_SOURCE_BREAK = re.compile(r"[\n\r\t\x0b\x0c\x85\u2028\u2029]")
_CENTRED = re.compile(r"text-align\s*:\s*(center|right)", re.IGNORECASE)
_BOXED = re.compile(
    r"background(?:-color)?\s*:\s*(?!transparent|inherit|none|white|#fff(?:fff)?\b)|border(?:-\w+)?\s*:\s*\d*[1-9]",
    re.I,
)
_BOLD = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.IGNORECASE)
_LARGE = re.compile(
    r"font-size\s*:\s*(?:(?:1[89]|[2-4]\d)(?:\.\d+)?p[xt]|(?:1\.[4-9]|[2-4])\d*r?em|x?x?-large)",
    re.IGNORECASE,
)
_JUDGED_SIGNS = Sign.FURNITURE | Sign.COMMENT | Sign.BIO | Sign.TOOLBAR
_KEPT_SIGNS = Sign.CAPTION | Sign.BYLINE | Sign.LEAD | Sign.DATE | Sign.TITLE
_PICTURED_TAGS = frozenset(("div", "figure", "li", "td", "p", "center", "section", "article"))
_MAX_TEASER = 900
"""Longest teaser box in characters: three related headlines with a sentence each."""
_MAX_PICTURED = 420
"""Longest text of a wrapper that is a picture with its caption."""


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


class _Style(NamedTuple):
    """How text is printed; a tuple, for one is made at every tag that changes something."""

    bold: bool = False
    italic: bool = False
    align: str = ""
    link: bool = False
    sign: int = 0
    inset: bool = False
    pictured: bool = False
    large: bool = False


@dataclass(slots=True)
class _Walk:
    total: int
    cut: frozenset[Element]
    captions: frozenset[Element]
    pieces: list[Piece] = field(default_factory=list)
    run: list[tuple[str, _Style]] = field(default_factory=list)
    block: Element | None = None
    style: _Style = field(default_factory=_Style)
    after_picture: bool = False
    credits: list[str] = field(default_factory=list)
    furniture: int = 0


@dataclass(slots=True)
class _Part:
    """One paragraph of a run, with how many of its characters are printed how."""

    strings: list[str] = field(default_factory=list)
    linked: int = 0
    bold: int = 0
    italic: int = 0
    large: int = 0
    sign: int | None = None
    """What every stretch of it is marked as; None while it has none."""


def walk(
    container: Element,
    *,
    cut: frozenset[Element] = frozenset(),
    captions: frozenset[Element] = frozenset(),
) -> list[Piece]:
    """The pieces of a container in reading order.

    Elements in `cut` are left out with all they hold, those in `captions` are known to be captions.
    """
    state = _Walk(total=measure(container)[0], cut=cut, captions=captions)
    style = _style_of(container, _Style())
    state.block, state.style = container, style
    _children(container, style, state)
    _flush(state)
    return state.pieces


def linked_away(href: str | None) -> bool:
    """Whether a link leads to another page rather than to a picture, a place in this page or a mail address."""
    if not href:
        return False
    href = href.strip()
    if href.startswith(("#", "javascript:", "mailto:", "tel:", "data:")):
        return False
    return not _PICTURE_FILE.search(urlsplit(href).path if "[" not in href else href)


def measure(element: Element) -> tuple[int, int]:
    """(letters, letters inside links) of an element's text, white space not counted."""
    linked = 0
    for anchor in element.iter("a"):
        linked += sum(map(len, "".join(anchor.itertext()).split()))
    return sum(map(len, "".join(element.itertext()).split())), linked


def verdict(element: Element, total: int) -> Literal["keep", "cut", "inset"]:
    """What a wrapper inside the body is; `total` is the text of the whole container."""
    tag = element.tag
    sign = signs_of(element)
    plain_line = tag in ("p", "tr", "td", "tbody")
    if plain_line and not sign & _JUDGED_SIGNS and tag != "p":
        return "keep"
    if (
        plain_line
        and not sign & _JUDGED_SIGNS
        and (not len(element) or next(element.iter(*PICTURES), None) is None)
    ):
        return "keep"
    if element.get("data-ad-slot") is not None or element.get("data-ad-client") is not None:
        return "cut"
    size, linked = measure(element)
    heavy = size > 0.5 * total
    if tag == "form":
        return "keep" if heavy or size > 800 else "cut"
    if heavy or (sign & Sign.CAPTION and not sign & (Sign.FURNITURE | Sign.COMMENT)):
        return "keep"
    if sign & (Sign.FURNITURE | Sign.COMMENT | Sign.BIO) and not sign & Sign.LEAD:
        return "cut"
    if size == 0:
        return "cut" if tag != "td" and _is_advert(element) else "keep"
    if tag != "p" and is_heading(line := first_words(element)) and heads(line, size - linked, element):
        return "cut"
    if sign & Sign.TOOLBAR and (size < 200 or linked > 0.3 * size) and not _is_prose(element, size):
        return "cut"
    return "keep" if plain_line else _wrapper(element, sign, size, linked, total)


def _wrapper(
    element: Element, sign: int, size: int, linked: int, total: int
) -> Literal["keep", "cut", "inset"]:
    """`verdict` of an element that can be a box of its own, by its links, its pictures and its frame."""
    if linked:
        if linked > 0.6 * size and size > 12 and not sign & Sign.BYLINE:
            return "cut"
        if size <= _MAX_TEASER and is_teaser(element, size):
            return "cut"
    if size < 300 and len(element) and _is_advert(element):
        return "cut"
    if element.tag == "aside":
        return "cut" if linked > 0.3 * size else "inset"
    if size < 0.4 * total:
        if sign & Sign.INSET and not sign & (Sign.BODY | Sign.BYLINE | Sign.DATE):
            return "inset"
        if element.tag in ("div", "section", "blockquote") and _is_boxed(element):
            return "inset"
    return "keep"


def heads(line: str, prose: int, element: Element) -> bool:
    """Whether a furniture heading that opens an element speaks for all of it.

    A body may open with a small box of its own; then paragraphs without links follow. Comments are prose themselves.
    """
    if is_comment_heading(line):
        return (
            next((e for e in element.iter("div", "section", "article") if signs_of(e) & Sign.BODY), None)
            is None
        )
    if prose < 600:
        return True
    plain = sum(1 for p in element.iter("p") if len(p.text or "") > 100 and next(p.iter("a"), None) is None)
    return plain < 3


def _is_prose(element: Element, size: int) -> bool:
    return (
        size > 60
        and next(element.iter("button", "input", "svg"), None) is None
        and next(element.iter("a"), None) is None
    )


def _is_boxed(element: Element) -> bool:
    style = element.get("style")
    return bool(style and _BOXED.search(style) and len(element) and "background-image" not in style)


def _is_advert(element: Element) -> bool:
    """A picture that links to another page, with no prose of its own beside it but a slogan."""
    for picture in element.iter(*PICTURES):
        anchor = picture.getparent()
        for _ in range(3):
            if anchor is None or anchor is element.getparent():
                break
            if anchor.tag == "a":
                return linked_away(anchor.get("href"))
            anchor = anchor.getparent()
    return False


def is_teaser(element: Element, size: int) -> bool:
    """Begins with a headline that is wholly a link to a page; what follows is its teaser or more of the same."""
    first = first_words(element, 400)
    if not first:
        return False
    for anchor in element.iter("a"):
        text = clean_line("".join(anchor.itertext()))
        if not text:
            continue
        if not linked_away(anchor.get("href")) and anchor.get("href") != "#":
            return False
        if len(text) < 15 or not (first.startswith(text[:60]) or text.startswith(first[:60])):
            return False
        return _stands_alone(anchor, element)
    return False


def _stands_alone(anchor: Element, within: Element) -> bool:
    """Whether a link is all the text of its block (the block is inside `within` or is it)."""
    block = anchor
    while block is not within and block.tag not in BLOCKS:
        if block.tail and block.tail.strip():
            return False
        following = block.getnext()
        if (
            following is not None
            and following.tag not in BLOCKS
            and following.tag != "br"
            and following.tag not in PICTURES
        ):
            return not clean_line("".join(following.itertext()))
        parent = block.getparent()
        if parent is None:
            return True
        if following is not None:
            return True
        block = parent
    return True


def _style_of(element: Element, style: _Style) -> _Style:
    """The style inside an element; the same object where nothing changes."""
    tag = element.tag
    changes: dict[str, Any] = {}
    if (value := element.get("align")) in ("center", "right", "middle", "left", "justify"):
        changes["align"] = {"middle": "center", "center": "center", "right": "right"}.get(value, "")
    if css := element.get("style"):
        if match := _CENTRED.search(css):
            changes["align"] = match[1].lower()
        elif "text-align" in css:
            changes["align"] = ""
        if _BOLD.search(css):
            changes["bold"] = True
        if "italic" in css:
            changes["italic"] = True
        if _LARGE.search(css):
            changes["large"] = True
    if tag in ("b", "strong") or tag in _HEADINGS:
        changes["bold"] = True
    elif tag in ("i", "em", "cite"):
        changes["italic"] = True
    elif tag == "center":
        changes["align"] = "center"
    elif tag == "font" and (element.get("size") or "").strip("+") in ("4", "5", "6", "7"):
        changes["large"] = True
    elif tag == "a" and linked_away(element.get("href")):
        changes["link"] = True
    return style._replace(**changes) if changes else style


def _children(element: Element, style: _Style, state: _Walk) -> None:
    if element.text:
        state.run.append((element.text, style))
    for child in element:
        if isinstance(child.tag, str):
            _element(child, style, state)
        if child.tail:
            state.run.append((child.tail, style))


def _element(element: Element, style: _Style, state: _Walk) -> None:
    tag = element.tag
    if tag == "br":
        state.run.append(("\n", style))
        return
    if tag in PICTURES:
        _picture(element, state)
        return
    if tag in NEVER_TEXT or element in state.cut or is_hidden(element):
        return
    if tag not in BLOCKS:
        _inline(element, style, state)
        return
    if tag in _CUTTABLE:
        what = verdict(element, state.total)
        if what == "cut":
            _flush(state)
            return
        if what == "inset":
            style = style._replace(inset=True)
    _flush(state)
    if tag == "table" and _table(element, style, state):
        return
    _block(element, style, state)


def _inline(element: Element, style: _Style, state: _Walk) -> None:
    sign = signs_of(element)
    if sign & (Sign.FURNITURE | Sign.COMMENT) and element.tag == "span":
        return
    if sign & (Sign.BYLINE | Sign.CAPTION):
        state.credits.append(clean_line("".join(element.itertext())))
    elif element.tag in ("small", "i", "em", "span") and is_credit(
        line := clean_line("".join(element.itertext()))
    ):
        state.credits.append(line)
    inner = _style_of(element, style)
    if sign & _KEPT_SIGNS:
        inner = inner._replace(sign=inner.sign | (sign & _KEPT_SIGNS))
    _children(element, inner, state)


def _block(element: Element, style: _Style, state: _Walk) -> None:
    tag = element.tag
    sign = style.sign | (signs_of(element) & _KEPT_SIGNS)
    pictured = style.pictured or tag in ("figcaption", "figure")
    if tag in _PICTURED_TAGS and not pictured and len(element):
        pictured = _is_pictured(element, state.total)
    if tag == "figcaption" or element in state.captions:
        sign, pictured = sign | Sign.CAPTION, True
    own = _style_of(element, style)._replace(sign=sign, pictured=pictured)
    outer_block, outer_style = state.block, state.style
    state.block, state.style, state.after_picture = element, own, False
    _children(element, own, state)
    _flush(state)
    state.block, state.style, state.after_picture = outer_block, outer_style, False


def _is_pictured(element: Element, total: int) -> bool:
    """A wrapper of one picture (or a row of them) with no more text than a caption."""
    if next(element.iter(*PICTURES), None) is None:
        return False
    size, _ = measure(element)
    if not 0 < size <= _MAX_PICTURED or size > 0.6 * total:
        return False
    paragraphs = [p for p in element.iter("p") if len(clean_line("".join(p.itertext()))) > 60]
    return len(paragraphs) <= 1 or element.tag == "figure"


def _picture(element: Element, state: _Walk) -> None:
    image = element
    if element.tag == "picture":
        image = next(element.iter("img", "amp-img"), element)
    width = image.get("width", "")
    if width.rstrip("px").isdigit() and int(width.rstrip("px")) <= 40:
        return
    source = next(
        (
            v
            for k in ("data-src", "data-original", "data-lazy-src", "src", "srcset")
            if (v := image.get(k)) and not v.startswith("data:") and len(v) > 3
        ),
        "",
    )
    _flush(state)
    state.pieces.append(
        Piece(
            "picture",
            source=source.split()[0] if source else "",
            alt=clean_line(image.get("alt") or "")[:600],
            inset=state.style.inset,
        )
    )
    state.after_picture = True


def _flush(state: _Walk) -> None:
    """Ends the current run of inline text: one piece, or several where empty lines stand between."""
    run, state.run = state.run, []
    credits, state.credits = state.credits, []
    if not run or not any(text.strip() for text, _ in run):
        return
    style = state.style
    tag = state.block.tag if state.block is not None else "div"
    parts = _paragraphs(run)
    for number, part in enumerate(parts):
        text = clean_block("".join(part.strings))
        if not text:
            continue
        piece = Piece(
            "text", text, tag, style.sign | (part.sign or Sign.NONE), part.linked, part.bold, part.italic, style.align,
            part.large >= 0.9 * len(text) - 2, style.inset, style.pictured, state.after_picture and number == 0,
        )  # fmt: skip
        if number == len(parts) - 1:
            piece.credit = next(
                (c for c in reversed(credits) if c and text.endswith(c) and len(c) < len(text)), None
            )
        state.pieces.extend(_split_lines(piece))


def _paragraphs(run: Sequence[tuple[str, _Style]]) -> list[_Part]:
    """A run of text cut where two <br> follow each other; white space of the source is no line break, only <br> is."""
    parts = [_Part()]
    breaks = 0
    for text, how in run:
        if text == "\n":
            breaks += 1
            parts[-1].strings.append("\n")
            continue
        clean = _SPACE.sub(" ", text) if _SOURCE_BREAK.search(text) else text
        size = len(clean.strip())
        if not size:
            parts[-1].strings.append(" ")
            continue
        if breaks >= 2 and parts[-1].sign is not None:
            parts.append(_Part())
        breaks = 0
        part = parts[-1]
        part.strings.append(clean)
        part.linked += size * how.link
        part.bold += size * how.bold
        part.italic += size * how.italic
        part.large += size * how.large
        part.sign = how.sign if part.sign is None else part.sign & how.sign
    return parts


def _split_lines(piece: Piece) -> list[Piece]:
    """Full-length lines broken by <br> are as many paragraphs; short ones (a poem, an address) stay together."""
    lines = piece.text.split("\n")
    if len(lines) < 3 or piece.pictured or piece.inline_after_picture:
        return [piece]
    lengths = sorted(map(len, lines))
    if lengths[len(lengths) // 2] < 100:
        return [piece]
    size = len(piece.text)
    return [
        replace(
            piece,
            text=line,
            linked=piece.linked * len(line) // size,
            bold=piece.bold * len(line) // size,
            italic=piece.italic * len(line) // size,
        )
        for line in lines
    ]


def _table(table: Element, style: _Style, state: _Walk) -> bool:
    """Reads a table of data as rows; False for one that only lays out a picture, a box or the text itself."""
    rows = [row for row in table.iter("tr") if next(row.iterancestors("table"), None) is table]
    if len(rows) < 2 or next(table.iter(*PICTURES), None) is not None:
        return False
    cells = [[c for c in row if c.tag in ("td", "th")] for row in rows]
    texts = [[clean_line(" ".join(c.itertext())) for c in row] for row in cells]
    wide = sum(1 for row in texts if sum(1 for c in row if c) >= 2)
    if wide < max(2, 0.5 * len(rows)):
        return False
    filled = [len(c) for row in texts for c in row if c]
    if sum(filled) > 0.7 * state.total or sum(filled) / max(1, len(filled)) > 160:
        return False
    for row in texts:
        if any(row):
            state.pieces.append(Piece("row", " | ".join(row), "tr", inset=style.inset))
    return True
