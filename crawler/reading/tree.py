"""Small typed questions to an lxml tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from lxml import etree
from lxml.etree import _Element as Element


def texts_of(element: Element) -> Iterator[str]:
    """Each text inside an element, in page order."""
    return element.itertext()  # type: ignore[return-value]  # the stubs allow bytes, which a parsed tree has not


def text_of(element: Element) -> str:
    """All text inside an element, as it stands."""
    # What "".join(element.itertext()) gives, put together by libxml2: a quarter of the time.
    return etree.tostring(element, method="text", encoding="unicode", with_tail=False)


def attributes_of(element: Element) -> dict[str, str]:
    """The attributes of an element, fetched at once."""
    return dict(element.items())  # type: ignore[arg-type]  # the stubs allow bytes, which a parsed tree has not


def letters_of(element: Element) -> int:
    """Characters of text inside an element, white space not counted."""
    # What sum(map(len, text.split())) gives; of all white space only U+0020 counts as printable.
    text = text_of(element).replace("\n", " ").replace("\t", " ").replace("\r", " ").replace("\u00a0", " ")
    return len(text) - text.count(" ") if text.isprintable() else len("".join(text.split()))


def found(path: Callable[[Element], Any], element: Element) -> list[Element]:
    """The elements a compiled XPath or CSS selector finds."""
    return [e for e in path(element) if isinstance(e, Element)]
