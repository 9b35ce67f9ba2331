"""How a block is built: what its links, pictures and headings make of it, whatever it is called."""

from __future__ import annotations

import re
from itertools import islice

from lxml.etree import _Element as Element

from crawler.reading.furniture import Sign, first_words, is_comment_heading, signs_of
from crawler.reading.tree import BLOCKS, PICTURES, letters_of, linked_away, measure, text_of
from crawler.text.normal import clean_line

_BOXED = re.compile(
    r"background(?:-color)?\s*:\s*(?!transparent|inherit|none|white|#fff(?:fff)?\b)|border(?:-\w+)?\s*:\s*\d*[1-9]",
    re.I,
)
_COUNTER = re.compile(
    r"^\W*(?=.{0,24}$)(?:\d[\d\s:./,-]*)\s*(?:phút|giây|giờ|lượt\s+\w+|views?|tập)?\W*$", re.IGNORECASE
)
"""What stands beside a headline in a list: a duration, a day, a count."""


def speaks_for(line: str, prose: int, element: Element) -> bool:
    """Whether a furniture heading speaks for all of the element it opens, which has `prose` letters outside links.

    A body may open with a small box of its own; then paragraphs without links follow. Comments are prose themselves.
    """
    if is_comment_heading(line):
        return not any(signs_of(e) & Sign.BODY for e in element.iter("div", "section", "article"))
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


def is_prose(element: Element, size: int) -> bool:
    """Whether a block of so many letters is read: no button, no drawing, no link."""
    return (
        size > 60
        and next(element.iter("button", "input", "svg"), None) is None
        and next(element.iter("a"), None) is None
    )


def is_framed(element: Element) -> bool:
    """Whether a block has a border or a ground of its own."""
    style = element.get("style")
    return bool(style and _BOXED.search(style) and len(element) and "background-image" not in style)


def is_advert(element: Element) -> bool:
    """Whether the first picture of an element links to another page."""
    for picture in element.iter(*PICTURES):
        anchor = picture.getparent()
        for _ in range(3):
            if anchor is None or anchor is element.getparent():
                break
            if anchor.tag == "a":
                return linked_away(anchor.get("href"))
            anchor = anchor.getparent()
    return False


def is_toolbar(element: Element, size: int) -> bool:
    """Whether a short block is mostly links that lead nowhere: share, print, larger letters."""
    idle = [a for a in element.iter("a") if not linked_away(a.get("href"))]
    return len(idle) >= 2 and sum(map(letters_of, idle)) > 0.4 * size


def is_teaser(element: Element) -> bool:
    """Whether it begins with a headline that is wholly a link; what follows is its teaser or more of the same."""
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
