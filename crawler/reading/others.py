"""The page's own headline owns the body: what other stories a page carries whole is taken out before it is read.

Pages of endless reading load the next stories below the first, each with its headline, its day and its text, as
siblings or in a box of their own. What tells them:

1. The own headline is the heading that agrees with the title the page claims.
2. Another story begins after the own one has been told, with another headline and a day under it; a first-level heading
   in a frame that is built like the own one's needs no day.
3. Its frame is the largest element around that headline that holds nothing of what stands before: not the own headline,
   and no prose. A heading inside the story has prose before it in every frame that is not the heading's alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml.etree import _Element as Element

from crawler.dates.printed import find_visible
from crawler.reading.structured import Claims
from crawler.reading.titles import agree_keys, references
from crawler.reading.tree import letters, text_of
from crawler.text.normal import clean_line
from crawler.text.plain import plain

_HEADINGS = ("h1", "h2", "h3")
_AGREES = 0.5
"""Agreement with a claim from which on a heading is the page's own."""
_FRAMES = frozenset(("article", "div", "section", "main", "li", "td", "tr", "table", "tbody", "ul"))
_STORY = 200
"""Letters of a frame that holds a story."""
_TOLD = 150
"""Letters of prose above a headline after which it may be another story's."""
_STRETCH = 60
"""Characters of an unbroken text that is prose."""
_LABEL = 40
"""Letters that may stand above the headline in its frame: a section, a day."""
_UNDER = 160
"""Characters under a headline in which its day stands."""
_MOST = 80
"""Headings looked at: each costs a look at what stands around it."""


def drop_others(tree: Element, claimed: Claims) -> int:
    """Empties the frames of other stories in a page's tree; how many there were."""
    headings = [h for h in tree.iter(*_HEADINGS) if len(text_of(h)[:400].split()) >= 4][:_MOST]
    if not any(map(_may_open, headings[1:])):
        return 0
    keys = [plain(claim).rstrip(" .…") for claim in references(claimed)]
    if not keys or (place := _own_of(headings, keys)) is None:
        return 0
    own, rivals = headings[place], [h for h in headings[place + 1 :] if _may_open(h)]
    if not rivals:
        return 0
    around = set(own.iterancestors())
    alike = {(a.tag, a.get("class")) for a in around if a.get("class")}
    frames = [
        frame
        for rival in _after_the_story(own, rivals)
        if _agreement(rival, keys) < _AGREES and (frame := _frame_of(rival, around, alike)) is not None
    ]
    for frame in frames:
        frame.clear(keep_tail=True)  # type: ignore[call-arg]  # lxml 4.4 and newer; the stubs are older
    return len(frames)


def _own_of(headings: list[Element], keys: list[str]) -> int | None:
    """Which heading agrees best with what the page claims, the first of such; None where none does."""
    best, place = 0.0, None
    for index, heading in enumerate(headings):
        agreement = _agreement(heading, keys)
        if agreement >= _AGREES and agreement > best:
            best, place = agreement, index
            if best >= 1:  # nothing agrees better
                break
    return place


def _agreement(heading: Element, keys: list[str]) -> float:
    told = plain(clean_line(text_of(heading)))
    return max(agree_keys(told, key) for key in keys)


def _may_open(heading: Element) -> bool:
    """Whether a heading may open a story: below the first level one that is a link announces it instead."""
    parent = heading.getparent()
    linked = next(heading.iter("a"), None) is not None or (parent is not None and parent.tag == "a")
    return heading.tag == "h1" or not linked


def _behind(element: Element) -> Iterator[Element]:
    """All that follows an element in the order of the page, what it holds first."""
    yield from element.iterdescendants()
    node: Element | None = element
    while node is not None:
        for sibling in node.itersiblings():
            yield from sibling.iter()
        node = node.getparent()


def _after_the_story(own: Element, rivals: list[Element]) -> list[Element]:
    """The headings before which, from the own one on, prose has been told."""
    told, passed = 0, 0
    for element in _behind(own):
        if passed < len(rivals) and element is rivals[passed]:
            passed += 1
        elif element.tag not in ("a", "option"):
            if (text := element.text) and len(text) > _STRETCH:
                told += letters(text)
            if (text := element.tail) and len(text) > _STRETCH:
                told += letters(text)
            if told >= _TOLD:
                break
    return rivals[passed:]


def _frame_of(heading: Element, around: set[Element], alike: set[tuple[str, str | None]]) -> Element | None:
    """The frame of the story that a heading opens; None where it opens none."""
    frame: Element | None = None
    child, before = heading, 0
    for node in heading.iterancestors():
        if node in around or node.tag in ("body", "html"):
            break
        before += letters(node.text or "")
        for sibling in child.itersiblings(preceding=True):
            before += letters(text_of(sibling)) + letters(sibling.tail or "")
            if before > _LABEL:
                break
        if before > _LABEL:
            break
        if node.tag in _FRAMES:
            frame = node
        child = node
    if frame is None or len(told := text_of(frame)) < _STORY:
        return None
    under = told.partition(text_of(heading))[2].lstrip()[:_UNDER]
    if find_visible(clean_line(under)):
        return frame
    built_alike = frame.tag == "article" or any(
        (e.tag, e.get("class")) in alike for e in frame.iter(frame.tag)
    )
    return frame if heading.tag == "h1" and built_alike else None
