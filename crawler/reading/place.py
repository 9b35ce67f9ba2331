"""Which element of a page holds the story, and what stands before it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from lxml.etree import _Element as Element

from crawler.reading.cuts import heads, is_teaser, measure
from crawler.reading.furniture import (
    NEVER_TEXT,
    Sign,
    first_words,
    is_heading,
    is_hidden,
    is_imprint,
    signs_of,
)
from crawler.reading.lies import LAST_RESORT, forget_lies
from crawler.reading.tree import Text, has_letters, letters, long_texts, sums_upwards, text_of
from crawler.text import clean_line

_LONG = 30
"""Shortest text node that may be prose, in characters; menus and labels are shorter."""
_SHORT = 15
"""Shortest line of a poem or a list broken by <br>."""
_HARDLY = 250
"""Letters of prose under which a page is looked through once more, hidden parts and comments too."""
_MAX_CARD = 600
"""Letters of an element that is too large to announce another story."""
_MAX_IMPRINT = 700
"""Most letters of a newspaper's imprint; those seen have 150 to 500."""
_DESCENT_NAMES = (
    "body div section article main td table tbody tr center span form font ul ol amp-story "
    "amp-story-page b strong em"
)
_DESCENT = frozenset(_DESCENT_NAMES.split())
"""Elements that may hold a whole article; a paragraph or a list item may not."""
_BLOCKS_OF_PROSE = _DESCENT | {"p", "li", "h2", "h3", "blockquote"}
_SHARE = 0.66
"""Share of the prose a child must hold to be the body: lower descends into half a body, higher stays above comments."""
_VIETNAMESE = re.compile(r"[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)


def locate(tree: Element) -> list[Element]:
    """The element(s) that hold the body's prose, in page order; empty for a page without prose.

    A class or id that names furniture where a story is told is taken off its element (`crawler.reading.lies`).
    """
    texts = long_texts(tree, _SHORT)
    forget_lies(texts)
    masses = _masses(texts)
    if max(masses.values(), default=0) < _HARDLY and forget_lies(texts, LAST_RESORT):
        masses = _masses(texts)
    if not masses:
        return []
    node = tree.find("body")
    if node is None or node not in masses:
        node = tree
    while True:
        below = [c for c in node if c.tag in _DESCENT and c in masses]
        best = max(below, key=lambda c: masses[c], default=None)
        if best is not None and (stories := _stories(below, masses, node)):
            node = stories[0]
            continue
        if best is None or masses[best] < _SHARE * masses[node] or _is_paragraph(best, masses):
            break
        node = best
    return _with_siblings(node, masses)


def _stories(below: Sequence[Element], masses: dict[Element, int], node: Element) -> list[Element]:
    """The whole articles that follow each other on an endless page, each with a headline of its own; else empty."""
    large = [c for c in below if masses[c] > 0.15 * masses[node]]
    stories = [c for c in large if c.tag == large[0].tag and _is_frame(c)]
    return stories if len(stories) > 1 else []


def _is_paragraph(element: Element, masses: dict[Element, int]) -> bool:
    """Whether an element is one paragraph: it holds text of its own, no block with prose and hardly a line break."""
    if any(c.tag in _BLOCKS_OF_PROSE and c in masses for c in element):
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


def _masses(texts: Sequence[Text]) -> dict[Element, int]:
    """Letters of prose in each element that holds any, furniture and links left out."""
    stretches: list[tuple[Element, int]] = []
    imprints: list[Element] = []
    for text in texts:
        short = len(text.text) < _LONG
        owner = text.owner
        if owner is None or (short and not _is_line(text.beside, tail=text.behind)):
            continue
        size = letters(text.text)
        if size < 0.8 * (_SHORT if short else _LONG):
            continue
        if is_imprint(text.text):
            imprints.append(owner)
        else:
            stretches.append((owner, size))
    least = sums_upwards(stretches)
    status = {_imprint_around(owner, least): False for owner in imprints}
    return sums_upwards([(owner, size) for owner, size in stretches if _counts(owner, status, least)])


def _is_line(element: Element, *, tail: bool) -> bool:
    """Whether a short text is a line of its own, as in a poem: a paragraph, or text that a <br> ends or begins."""
    if tail:
        return element.tag == "br"
    return element.tag == "p" or (len(element) > 0 and element[0].tag == "br")


def _imprint_around(element: Element, least: Mapping[Element, int]) -> Element:
    """The block at the foot of the page that a line of the imprint belongs to."""
    node = element
    while (parent := node.getparent()) is not None and parent.tag not in ("body", "html", "form"):
        if _has_letters(parent, _MAX_IMPRINT + 1, least) or _is_frame(parent):
            break
        node = parent
    return node


def _counts(element: Element, status: dict[Element, bool], least: Mapping[Element, int]) -> bool:
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
        verdict = verdict and not _excluded(node, least)
        status[node] = verdict
    return verdict


def _excluded(element: Element, least: Mapping[Element, int]) -> bool:
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
    if (
        tag in ("li", "div", "article", "td", "dd")
        and 0 < len(element) <= 8
        and _is_story_card(element, least)
    ):
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


def _is_story_card(element: Element, least: Mapping[Element, int]) -> bool:
    """Whether a small element announces another story: a headline that is a link, and its teaser."""
    if next(element.iter("a"), None) is None or _has_letters(element, _MAX_CARD, least):
        return False
    size, linked = measure(element)
    return linked > 15 and is_teaser(element, size)


def _has_letters(element: Element, count: int, least: Mapping[Element, int]) -> bool:
    """Whether an element has so many letters; large ones are known to by their prose (`least`)."""
    return least.get(element, 0) >= count or has_letters(element, count)


def _ample(element: Element) -> int:
    """Characters of text outside links, where they can matter to `heads`."""
    size, linked = measure(element)
    return size - linked


def _is_frame(element: Element) -> bool:
    """Whether an element is a frame of the page: it holds a first-level heading."""
    return next(element.iter("h1"), None) is not None


def head_of(containers: Sequence[Element]) -> Iterator[tuple[int, Element]]:
    """What stands before the body, nearest first: (levels above the body, sibling element)."""
    level, node = 0, next(iter(containers), None)  # a page of links alone has no body
    while node is not None and node.tag not in ("body", "html"):
        for sibling in node.itersiblings(preceding=True):
            if isinstance(sibling.tag, str) and sibling.tag not in NEVER_TEXT and not is_hidden(sibling):
                yield level, sibling
        node = node.getparent()
        level += 1
