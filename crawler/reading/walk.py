"""One container → its pieces in reading order: runs of text, pictures, table rows, each with how it was printed.

The walk knows no site. It cuts what `furniture` names and what is built like furniture (a teaser: a headline
that is a link, with a line of text; an advert: a picture that links away), and leaves the rest to `body`,
which sorts the pieces into paragraphs, captions, lead and by-line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from lxml.etree import _Element as Element

from crawler.dates.printed import find_visible
from crawler.reading.captions import is_credit
from crawler.reading.furniture import Sign
from crawler.reading.labels import CELLS, WRAPPERS, Labels
from crawler.reading.pictures import background_of, source_of
from crawler.reading.piece import Piece
from crawler.reading.tree import BLOCKS, PICTURES, letters_of, linked_away, text_of, texts_of
from crawler.text.normal import clean_block, clean_line

_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_SPACE = re.compile(r"\s+")
_SOURCE_BREAK = re.compile(r"[\n\r\t\x0b\x0c\x85\u2028\u2029]")
_CENTRED = re.compile(r"text-align\s*:\s*(center|right)", re.IGNORECASE)
_BOLD = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.IGNORECASE)
_LARGE = re.compile(
    r"font-size\s*:\s*(?:(?:1[89]|[2-4]\d)(?:\.\d+)?p[xt]|(?:1\.[4-9]|[2-4])\d*r?em|x?x?-large)",
    re.IGNORECASE,
)
_TEMPLATE = re.compile(r"\{\{(?:(?!\{\{).)*?\}\}|\[\[(?:(?!\[\[).)*?\]\]|<%(?:(?!<%).)*?%>")
"""What a template left in the page. No search goes past the next opening: a thousand unclosed ones cost a line."""
_ENDS_FIELD = re.compile(r"(?::\d\d|[/-](?:19|20)\d\d)$")
_KEPT_SIGNS = Sign.CAPTION | Sign.BYLINE | Sign.LEAD | Sign.DATE | Sign.TITLE
_PICTURED_TAGS = frozenset(("div", "figure", "li", "td", "p", "center", "section", "article"))
_MAX_PICTURED = 420
"""Longest text of a wrapper that is a picture with its caption."""


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
    labels: Labels
    total: int
    cut: frozenset[Element]
    captions: frozenset[Element]
    pieces: list[Piece] = field(default_factory=list)
    run: list[tuple[str, _Style]] = field(default_factory=list)
    block: Element | None = None
    style: _Style = field(default_factory=_Style)
    after_picture: bool = False
    credits: list[str] = field(default_factory=list)


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
    labels: Labels,
    *,
    cut: frozenset[Element] = frozenset(),
    captions: frozenset[Element] = frozenset(),
    named: bool = False,
) -> list[Piece]:
    """The pieces of a container in reading order.

    Elements in `cut` are left out with all they hold, those in `captions` are known to be captions. `named` says that
    the container's own class counts for its pieces: it may be a title or a lead rather than a frame.
    """
    state = _Walk(labels, total=letters_of(container), cut=cut, captions=captions)
    style = _style_of(
        container, _Style(sign=labels.called(container).sign & _KEPT_SIGNS if named else Sign.NONE)
    )
    state.block, state.style = container, style
    _children(container, style, state)
    _flush(state)
    return state.pieces


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
    text = element.text
    if text and (state.run or not text.isspace()):  # white space begins no run
        state.run.append((text, style))
    for child in element:
        if isinstance(child.tag, str):
            _element(child, style, state)
        text = child.tail
        if text and (state.run or not text.isspace()):
            state.run.append((text, style))


def _element(element: Element, style: _Style, state: _Walk) -> None:
    tag = element.tag
    if tag == "br":
        state.run.append(("\n", style))
        return
    if tag in PICTURES:
        _picture(element, state)
        return
    if element in state.cut:
        return
    label = state.labels.of_cell(element) if tag in CELLS else state.labels.of(element)
    if label.kind != "story":
        if label.kind in ("code", "hidden") or (tag == "span" and label.is_cut):
            return
        # What is most of a story is no furniture, whatever speaks for it.
        if tag in WRAPPERS and letters_of(element) <= 0.5 * state.total:
            if label.is_cut:
                _flush(state)
                return
            if label.kind == "inset":
                style = style._replace(inset=True)
    if tag not in BLOCKS:
        _inline(element, style, label.sign, state)
        return
    _flush(state)
    if painted := background_of(element):
        _put_picture(painted, element.get("aria-label") or element.get("title") or "", state)
        return
    if tag == "table" and _table(element, style, state):
        return
    _block(element, style, label.sign, state)


def _inline(element: Element, style: _Style, sign: int, state: _Walk) -> None:
    if sign & (Sign.BYLINE | Sign.CAPTION):
        state.credits.append(clean_line(text_of(element)))
    elif element.tag in ("small", "i", "em", "span") and is_credit(line := clean_line(text_of(element))):
        state.credits.append(line)
    inner = _style_of(element, style)
    if sign & _KEPT_SIGNS:
        inner = inner._replace(sign=inner.sign | (sign & _KEPT_SIGNS))
    _children(element, inner, state)


def _block(element: Element, style: _Style, sign: int, state: _Walk) -> None:
    tag = element.tag
    sign = style.sign | (sign & _KEPT_SIGNS)
    pictured = style.pictured or tag in ("figcaption", "figure")
    if tag in _PICTURED_TAGS and not pictured and len(element):
        pictured = _is_pictured(element, state.total)
    if tag == "figcaption" or element in state.captions:
        sign, pictured = sign | Sign.CAPTION, True
    own = _style_of(element, style)
    if sign != own.sign or pictured != own.pictured:
        own = own._replace(sign=sign, pictured=pictured)
    outer_block, outer_style = state.block, state.style
    state.block, state.style, state.after_picture = element, own, False
    _children(element, own, state)
    _flush(state)
    state.block, state.style, state.after_picture = outer_block, outer_style, False


def _is_pictured(element: Element, total: int) -> bool:
    """A wrapper of one picture (or a row of them) with no more text than a caption."""
    if next(element.iter(*PICTURES), None) is None:
        return False
    size = letters_of(element)
    if not 0 < size <= _MAX_PICTURED or size > 0.6 * total:
        return False
    paragraphs = [p for p in element.iter("p") if len(clean_line(text_of(p))) > 60]
    if paragraphs and next(element.iter("h2", "h3", "h4"), None) is not None and element.tag != "figure":
        return False  # an entry of a list-article: its heading, its picture, its words
    return len(paragraphs) <= 1 or element.tag == "figure"


def _picture(element: Element, state: _Walk) -> None:
    source = source_of(element)
    if source is None:
        return
    image = next(element.iter("img", "amp-img"), element) if element.tag == "picture" else element
    _put_picture(source, image.get("alt") or "", state)


def _put_picture(source: str, alt: str, state: _Walk) -> None:
    _flush(state)
    state.pieces.append(Piece("picture", source=source, alt=clean_line(alt)[:600], inset=state.style.inset))
    state.after_picture = True


def _flush(state: _Walk) -> None:
    """Ends the current run of inline text: one piece, or several where empty lines stand between."""
    credits = state.credits
    if credits:
        state.credits = []
    run = state.run
    if not run:
        return
    state.run = []
    if all(text.isspace() for text, _ in run):
        return
    style = state.style
    tag = state.block.tag if state.block is not None else "div"
    parts = _paragraphs(run)
    for number, part in enumerate(parts):
        strings = part.strings
        text = clean_block(strings[0] if len(strings) == 1 else "".join(strings))
        if "{{" in text or "[[" in text or "<%" in text:
            text = clean_line(_TEMPLATE.sub(" ", text))
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
        # A text that can be printed as it is has no break in it.
        clean = _SPACE.sub(" ", text) if not text.isprintable() and _SOURCE_BREAK.search(text) else text
        size = len(clean.strip())
        if not size:
            parts[-1].strings.append(" ")
            continue
        if breaks >= 2 and parts[-1].sign is not None:
            parts.append(_Part())
        breaks = 0
        part = parts[-1]
        if part.strings and clean[0].isalpha() and _ends_field(part.strings[-1], clean[0]):
            part.strings.append(" ")
        part.strings.append(clean)
        if how.link:
            part.linked += size
        if how.bold:
            part.bold += size
        if how.italic:
            part.italic += size
        if how.large:
            part.large += size
        part.sign = how.sign if part.sign is None else part.sign & how.sign
    return parts


def _ends_field(text: str, letter: str) -> bool:
    """Whether a letter in a new element straight after this text begins another field, which only CSS keeps apart."""
    return (letter.isupper() and text[-1:].islower()) or _ENDS_FIELD.search(text) is not None


def _split_lines(piece: Piece) -> list[Piece]:
    """Full-length lines broken by <br> are as many paragraphs; short ones (a poem, an address) stay together."""
    first, mark, rest = piece.text.partition("\n")
    if mark and len(rest) < 60 and abs(piece.bold - len(first)) < 3 and _is_dated(rest):
        # A headline and its day in one block, as pages laid out in tables print them.
        return [replace(piece, text=first), replace(piece, text=rest, bold=0)]
    if piece.text.count("\n") < 2 or piece.pictured or piece.inline_after_picture:
        return [piece]
    lines = piece.text.split("\n")
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


def _is_dated(line: str) -> bool:
    """Whether a short line is mostly a day or a moment."""
    found = find_visible(line)
    return bool(found) and sum(end - start for _, start, end in found) > 0.5 * len(line)


def _table(table: Element, style: _Style, state: _Walk) -> bool:
    """Reads a table of data as rows; False for one that only lays out a picture, a box or the text itself."""
    rows = [row for row in table.iter("tr") if next(row.iterancestors("table"), None) is table]
    if len(rows) < 2 or next(table.iter(*PICTURES), None) is not None:
        return False
    cells = [[c for c in row if c.tag in ("td", "th")] for row in rows]
    texts = [[clean_line(" ".join(texts_of(c))) for c in row] for row in cells]
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
