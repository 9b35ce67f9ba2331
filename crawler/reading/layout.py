"""How a page is laid out: the row's variant that matches it, its containers, and its selectors asked of the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lxml import etree
from lxml.cssselect import CSSSelector
from lxml.etree import _Element as Element

from crawler.reading.place import locate
from crawler.reading.tree import found, text_of
from crawler.source import Extract, Source
from crawler.text import clean_line


@dataclass(frozen=True, slots=True)
class Layout:
    """How a page is read: the row's variant that matched, or none."""

    extract: Extract | None
    containers: tuple[Element, ...]
    reader: str
    """`site`, `site:<until>`, `generic` or `generic:fallback-no-container`."""


def layout_of(tree: Element, source: Source | None) -> Layout:
    """The newest variant of the row whose container is on the page; without one the page is read generically."""
    for variant in source.extract if source else ():
        if not variant.container:
            continue
        containers = [c for c in select(tree, variant.container) if c.tag not in ("html", "head")]
        containers = [c for c in containers if not any(a in containers for a in c.iterancestors())]
        if containers and any(len(text_of(c).strip()) > 80 for c in containers):
            reader = f"site:{variant.until.isoformat()}" if variant.until else "site"
            return Layout(variant, tuple(containers), reader)
    loose = next((v for v in source.extract if not v.container), None) if source else None
    missed = source is not None and any(v.container for v in source.extract)
    return Layout(loose, tuple(locate(tree)), "generic:fallback-no-container" if missed else "generic")


_SIMPLE = re.compile(r"([a-z][a-z0-9]*)?((?:[.#][A-Za-z_][\w-]*)*)", re.ASCII)
"""A selector of one step: a tag, classes and ids. Most of a registry's are."""
_NAME = re.compile(r"([.#])([\w-]+)", re.ASCII)


class _Step:
    """A selector of one step, asked without XPath: a quarter of the time on a whole page."""

    def __init__(self, tag: str | None, names: Iterable[tuple[str, str]]) -> None:
        self._tag = tag
        named = list(names)
        self._classes = tuple(name for kind, name in named if kind == ".")
        self._ids = tuple(name for kind, name in named if kind == "#")

    def __call__(self, tree: Element) -> list[Element]:
        elements: Iterable[Element] = tree.iter(self._tag or etree.Element)
        for ident in self._ids:
            elements = [e for e in elements if e.get("id") == ident]
        for name in self._classes:
            elements = [
                e for e in elements if (c := e.get("class")) and name in c and name in _SPACES.split(c)
            ]
        return list(elements)


_SPACES = re.compile(r"[ \t\r\n]+")


@lru_cache(maxsize=2048)
def _selector(css: str) -> Callable[[Element], Any]:
    simple = _SIMPLE.fullmatch(css.strip())
    if simple and simple[0]:
        return _Step(simple[1], _NAME.findall(simple[2]))
    return CSSSelector(css, translator="html")


def select(tree: Element, selectors: Iterable[str]) -> list[Element]:
    """The elements of the first selector that matches; `::attr()` and `::text` suffixes are allowed and ignored."""
    for css in selectors:
        if elements := found(_selector(css.partition("::")[0]), tree):
            return elements
    return []


def selected_set(tree: Element, selectors: Iterable[str]) -> frozenset[Element]:
    """Every element that any of the selectors finds."""
    return frozenset(e for css in selectors for e in found(_selector(css.partition("::")[0]), tree))


def selected_text(tree: Element, selectors: Iterable[str]) -> str | None:
    """The first text (or attribute, with `::attr(name)`) that the selectors find; None where they find none."""
    for css in selectors:
        for element in select(tree, (css,)):
            attribute = re.search(r"::attr\(([\w:-]+)\)", css)
            text = element.get(attribute[1]) if attribute else text_of(element)
            if text and (line := clean_line(text)):
                return line
    return None
