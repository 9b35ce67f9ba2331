"""Small typed questions to an lxml tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lxml.etree import _Element as Element


def text_of(element: Element) -> str:
    """All text inside an element, as it stands."""
    return "".join(element.itertext())  # type: ignore[arg-type]  # the stubs allow bytes, which a parsed tree has not


def letters_of(element: Element) -> int:
    """Characters of text inside an element, white space not counted."""
    return sum([len(word) for word in text_of(element).split()])


def found(path: Callable[[Element], Any], element: Element) -> list[Element]:
    """The elements a compiled XPath or CSS selector finds."""
    return [e for e in path(element) if isinstance(e, Element)]
