"""Names that lie: a class or id that calls the story itself a widget, related news, a comment or hidden.

Newsrooms' templates carry names of other uses ("box-tinmoi" around the body, "field-label-hidden" on it). How a block
is built says more than its name: a story is several stretches of prose with few headlines that lead elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable

from lxml.etree import _Element as Element

from crawler.reading.furniture import Sign, is_imprint, signs_of
from crawler.reading.tree import Text, linked_away, sums_upwards, text_of, texts_of

NAMED = Sign.FURNITURE | Sign.BIO
LAST_RESORT = NAMED | Sign.COMMENT | Sign.HIDDEN
"""Also what is nearly always true: readers' comments are prose, and a hidden part may be a copy to print."""
_STRETCH = 80
"""Characters of an unbroken text that is prose."""
_STRETCHES = 3
"""Stretches of prose that make a story; a box about the author has one or two."""
_SHARE = 0.25
"""Share of a page's stretches that its story holds, long comments and all."""


def mislabelled(texts: Iterable[Text], names: int = NAMED) -> frozenset[Element]:
    """The elements whose name says one of `names` and whose build says story.

    `texts` are the long ones of the page, prose among them.
    """
    spared = Sign.NONE if names & Sign.COMMENT else Sign.COMMENT
    owners = [owner for text in texts if _is_stretch(text.text) and (owner := text.owner) is not None]
    enough = max(_STRETCHES, _SHARE * len(owners))
    return frozenset(
        element
        for element, count in sums_upwards([(owner, 1) for owner in owners]).items()
        if count >= enough
        and (sign := signs_of(element)) & names
        and not sign & spared
        and tells_story(element)
    )


def tells_story(element: Element) -> bool:
    """Whether an element holds several stretches of prose and, beside them, few headlines of other stories."""
    long = _stretches(element)
    inside = headlines = 0
    for anchor in element.iter("a"):
        if linked_away(anchor.get("href")):
            text = text_of(anchor).strip()
            headlines += len(text.split()) >= 4
            inside += len(text) >= _STRETCH
    return long - inside >= max(_STRETCHES, 2 * headlines)


def _stretches(element: Element) -> int:
    """How many unbroken texts of an element are prose."""
    return sum(map(_is_stretch, texts_of(element)))


def _is_stretch(text: str) -> bool:
    return len(text) >= _STRETCH and len(text.strip()) >= _STRETCH and not is_imprint(text)
