"""Which wrappers inside a body are furniture or a box of their own, by their links, pictures, headings and names."""

from __future__ import annotations

import re
from itertools import islice
from typing import Literal
from urllib.parse import urlsplit

from lxml.etree import _Element as Element

from crawler.reading.furniture import Sign, first_words, is_comment_heading, is_heading, signs_of
from crawler.reading.tree import letters_of, text_of
from crawler.text import clean_line

_BLOCKS_NAMES = (
    "address article aside blockquote body center dd details div dl dt fieldset figcaption figure "
    "footer form frameset "
    "h1 h2 h3 h4 h5 h6 header hr html legend li main noframes ol p pre section summary table tbody "
    "td tfoot th thead "
    "tr ul amp-carousel amp-img-lightbox amp-story"
)
BLOCKS = frozenset(_BLOCKS_NAMES.split())


PICTURES = frozenset(("img", "amp-img", "picture", "amp-anim", "image"))


_PICTURE_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|bmp|jfif)\b", re.IGNORECASE)


_BOXED = re.compile(
    r"background(?:-color)?\s*:\s*(?!transparent|inherit|none|white|#fff(?:fff)?\b)|border(?:-\w+)?\s*:\s*\d*[1-9]",
    re.I,
)


_JUDGED_SIGNS = Sign.FURNITURE | Sign.COMMENT | Sign.BIO | Sign.TOOLBAR


_COUNTER = re.compile(
    r"^\W*(?=.{0,24}$)(?:\d[\d\s:./,-]*)\s*(?:phút|giây|giờ|lượt\s+\w+|views?|tập)?\W*$", re.IGNORECASE
)
"""What stands beside a headline in a list: a duration, a day, a count."""
_MAX_TEASER = 900
"""Longest teaser box in characters: three related headlines with a sentence each."""


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
        linked += letters_of(anchor)
    return letters_of(element), linked


def verdict(element: Element, total: int, sign: int) -> Literal["keep", "cut", "inset"]:
    """What a wrapper inside the body is; `total` is the text of the whole container, `sign` its `signs_of`."""
    tag = element.tag
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
    if size < 120 and _is_toolbar(element, size):
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
    if size < 300 and len(element) and (_is_advert(element) or _asks(element)):
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
    paragraphs = (e for e in element.iter("p", "div") if _is_paragraph(e))
    if next(islice(paragraphs, 2, None), None) is not None:
        return False
    reach = _reach(element)
    if reach is not element:
        # The heading stands in a column or a box of its own: it speaks for the rest only if that is hardly prose.
        size, linked = measure(reach)
        return prose - (size - linked) < max(400, size - linked)
    return True


def _reach(element: Element) -> Element:
    """The smallest part of an element that holds its first line and something after it."""
    for node in element.iter():
        for text, owner in ((node.text, node), (node.tail, node.getparent())):
            if (
                text
                and owner is not None
                and len(clean_line(text)) > 1
                and not (owner is not node and node is element)
            ):
                size = len("".join(text.split()))
                while owner is not element and letters_of(owner) <= size + 4:
                    parent = owner.getparent()
                    if parent is None:
                        return element
                    owner = parent
                return owner
    return element


def _is_paragraph(element: Element) -> bool:
    """Whether an element is one paragraph of prose: text of its own, no block inside, no link."""
    if any(child.tag in BLOCKS or child.tag == "a" for child in element.iter() if child is not element):
        return False
    return letters_of(element) > 80


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


def _is_toolbar(element: Element, size: int) -> bool:
    """Whether a short block is mostly links that lead nowhere: share, print, larger letters."""
    idle = [a for a in element.iter("a") if not linked_away(a.get("href"))]
    return len(idle) >= 2 and sum(map(letters_of, idle)) > 0.4 * size


def _asks(element: Element) -> bool:
    """Whether a small box asks for something: it holds a form."""
    return element.tag != "form" and next(element.iter("form"), None) is not None


def stands_aside(element: Element, within: Element) -> bool:
    """Whether an element, or one that holds it up to `within`, is furniture, a comment or a link."""
    node: Element | None = element
    while node is not None:
        if node.tag in ("a", "aside", "nav", "footer") and not (node is element and node.tag == "a"):
            return True
        if signs_of(node) & (Sign.COMMENT | Sign.FURNITURE):
            return True
        if node is within:
            return False
        node = node.getparent()
    return False


def is_teaser(element: Element, size: int) -> bool:
    """Begins with a headline that is wholly a link to a page; what follows is its teaser or more of the same."""
    first = first_words(element, 400)
    if not first:
        return False
    counted = _COUNTER.match(first) is not None
    for anchor in element.iter("a"):
        text = clean_line(text_of(anchor))
        if not text:
            continue
        if not linked_away(anchor.get("href")) and anchor.get("href") != "#":
            return False
        if len(text) < 15 or not (counted or first.startswith(text[:60]) or text.startswith(first[:60])):
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
            line = clean_line(text_of(following))
            return not line or _COUNTER.match(line) is not None
        parent = block.getparent()
        if parent is None:
            return True
        if following is not None:
            return True
        block = parent
    return True
