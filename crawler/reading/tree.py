"""Small typed questions to an lxml tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from lxml import etree
from lxml.etree import _Element as Element

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


def texts_of(element: Element) -> Iterator[str]:
    """Each text inside an element, in page order."""
    return element.itertext()  # type: ignore[return-value]  # the stubs allow bytes, which a parsed tree has not


class Text(NamedTuple):
    """An unbroken text: at the beginning of an element, or behind it."""

    beside: Element
    text: str
    behind: bool

    @property
    def owner(self) -> Element | None:
        """The element it stands in; None behind the root."""
        return self.beside.getparent() if self.behind else self.beside


def long_texts(tree: Element, length: int) -> list[Text]:
    """Every unbroken text of at least so many characters, white space alone left out."""
    found = []
    for element in tree.iter():
        if (text := element.text) and len(text) >= length and not text.isspace():
            found.append(Text(element, text, behind=False))
        if (text := element.tail) and len(text) >= length and not text.isspace():
            found.append(Text(element, text, behind=True))
    return found


def sums_upwards(values: Iterable[tuple[Element, int]]) -> dict[Element, int]:
    """For each element with a value and each above it: the sum of the values in it."""
    sums: dict[Element, int] = {}
    while values:
        # A step up for all at once: what meets in one element goes on as one.
        level: dict[Element, int] = {}
        for element, value in values:
            sums[element] = sums.get(element, 0) + value
            if (parent := element.getparent()) is not None:
                level[parent] = level.get(parent, 0) + value
        values = list(level.items())
    return sums


def text_of(element: Element) -> str:
    """All text inside an element, as it stands."""
    # Links, labels and paragraphs are most of what is asked for.
    if not len(element):
        return element.text or ""
    # What "".join(element.itertext()) gives, put together by libxml2: a quarter of the time.
    return etree.tostring(element, method="text", encoding="unicode", with_tail=False)


def attributes_of(element: Element) -> dict[str, str]:
    """The attributes of an element, fetched at once."""
    return dict(element.items())  # type: ignore[arg-type]  # the stubs allow bytes, which a parsed tree has not


def letters_of(element: Element) -> int:
    """Characters of text inside an element, white space not counted."""
    return letters(text_of(element))


def has_letters(element: Element, count: int) -> bool:
    """Whether an element has at least so many letters."""
    text = text_of(element)
    # The beginning of a large one is enough, unless it is nearly all white space.
    return len(text) >= count and (letters(text[: 4 * count]) >= count or letters(text) >= count)


def letters(text: str) -> int:
    """Characters of a text, white space not counted."""
    # What sum(map(len, text.split())) gives; of all white space only U+0020 counts as printable.
    if not text.isprintable():
        text = text.replace("\n", " ").replace("\t", " ").replace("\r", " ").replace("\u00a0", " ")
        if not text.isprintable():
            return len("".join(text.split()))
    return len(text) - text.count(" ")


def found(path: Callable[[Element], Any], element: Element) -> list[Element]:
    """The elements a compiled XPath or CSS selector finds."""
    return [e for e in path(element) if isinstance(e, Element)]


def linked_away(href: str | None) -> bool:
    """Whether a link leads to another page rather than to a picture, a place in this page or a mail address."""
    if not href:
        return False
    href = href.strip()
    if href.startswith(("#", "javascript:", "mailto:", "tel:", "data:")):
        return False
    try:
        path = urlsplit(href).path if "[" not in href else href
    except ValueError:  # brackets, or letters that fold into a slash: no address at all
        path = href
    return not _PICTURE_FILE.search(path)


def measure(element: Element) -> tuple[int, int]:
    """(letters, letters inside links) of an element's text, white space not counted."""
    linked = 0
    for anchor in element.iter("a"):
        linked += letters_of(anchor)
    return letters_of(element), linked
