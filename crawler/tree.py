"""Small typed questions to an lxml tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from lxml.etree import _Element as Element


def texts_of(element: Element) -> Iterator[str]:
    """Each text inside an element, in page order."""
    return element.itertext()  # type: ignore[return-value]  # the stubs allow bytes, which a parsed tree has not


def text_of(element: Element) -> str:
    """All text inside an element, as it stands."""
    return "".join(texts_of(element))


def letters_of(element: Element) -> int:
    """Characters of text inside an element, white space not counted."""
    return sum([len(word) for word in text_of(element).split()])


def found(path: Callable[[Element], Any], element: Element) -> list[Element]:
    """The elements a compiled XPath or CSS selector finds."""
    return [e for e in path(element) if isinstance(e, Element)]
