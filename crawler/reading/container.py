"""Which element of a page holds the story, and what stands before it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from lxml.etree import _Element as Element

from crawler.reading.furniture import is_imprint
from crawler.reading.labels import Labels, Sure
from crawler.reading.mislabelled import LAST_RESORT, mislabelled
from crawler.reading.tree import Text, has_letters, letters, long_texts, sums_upwards, text_of
from crawler.text.letters import TELLING

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
_BLOCKS_OF_PROSE = _DESCENT | {"p", "li", "h2", "h3", "blockquote"}
_SHARE = 0.66
"""Share of the prose a child must hold to be the body: lower descends into half a body, higher stays above comments."""
_VIETNAMESE = re.compile(f"[{TELLING}]", re.IGNORECASE)


def locate(tree: Element) -> tuple[list[Element], Labels]:
    """The element(s) that hold the body's prose, in page order; empty for a page without prose.

    With them the labels by which that was found. A page on which hardly anything is left is labelled once more, with
    what is called hidden or comments taken for the story where it is built like one.
    """
    texts = long_texts(tree, _SHORT)
    prose, imprints = _prose(texts)
    lies = mislabelled(texts)
    labels = Labels(lies, imprints)
    masses = _masses(prose, labels)
    if max(masses.values(), default=0) < _HARDLY and (more := mislabelled(texts, LAST_RESORT)) != lies:
        labels = Labels(more, imprints)
        masses = _masses(prose, labels)
    return _smallest(tree, masses), labels


def _smallest(tree: Element, masses: dict[Element, int]) -> list[Element]:
    """The smallest element that holds most of the prose, and what follows it."""
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


def _prose(texts: Sequence[Text]) -> tuple[list[tuple[Element, int]], frozenset[Element]]:
    """(element, letters) of each stretch of prose on the page, and the blocks that hold its imprint."""
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
    least = sums_upwards(stretches) if imprints else {}
    return stretches, frozenset(_imprint_around(owner, least) for owner in imprints)


def _masses(prose: Sequence[tuple[Element, int]], labels: Labels) -> dict[Element, int]:
    """Letters of prose in each element that holds any, furniture and links left out."""
    status: dict[Element, bool] = {}
    return sums_upwards([(owner, size) for owner, size in prose if _counts(owner, status, labels)])


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


def _counts(element: Element, status: dict[Element, bool], labels: Labels) -> bool:
    """Whether prose in an element counts: none of its ancestors is furniture (remembered in `status`)."""
    chain = []
    node: Element | None = element
    counts = True
    while node is not None:
        known = status.get(node)
        if known is not None:
            counts = known
            break
        chain.append(node)
        node = node.getparent()
    for node in reversed(chain):
        counts = counts and not _excluded(node, labels)
        status[node] = counts
    return counts


def _excluded(element: Element, labels: Labels) -> bool:
    if element.tag in ("body", "html"):
        return False
    if _is_frame(element):
        # Neither a name nor a build condemns the frame around everything.
        return labels.called(element).sure == Sure.CERTAIN
    return labels.of(element).is_uncounted


def _has_letters(element: Element, count: int, least: Mapping[Element, int]) -> bool:
    """Whether an element has so many letters; large ones are known to by their prose (`least`)."""
    return least.get(element, 0) >= count or has_letters(element, count)


def _is_frame(element: Element) -> bool:
    """Whether an element is a frame of the page: it holds a first-level heading."""
    return next(element.iter("h1"), None) is not None


def head_of(containers: Sequence[Element], labels: Labels) -> Iterator[tuple[int, Element]]:
    """What stands before the body, nearest first: (levels above the body, sibling element)."""
    level, node = 0, next(iter(containers), None)  # a page of links alone has no body
    while node is not None and node.tag not in ("body", "html"):
        for sibling in node.itersiblings(preceding=True):
            if isinstance(sibling.tag, str) and labels.called(sibling).kind not in ("code", "hidden"):
                yield level, sibling
        node = node.getparent()
        level += 1
