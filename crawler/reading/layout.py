"""How a page is laid out: the row's variant that matches it, its containers, and its selectors asked of the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lxml import etree
from lxml.cssselect import CSSSelector
from lxml.etree import _Element as Element

from crawler.reading.container import locate
from crawler.reading.labels import Labels
from crawler.reading.tree import found, text_of
from crawler.source import Extract, Source
from crawler.text.normal import clean_line

_NAMED = r"(?:[.#][A-Za-z_][\w-]*|\[id\^=[A-Za-z_][\w-]*\])"
_STEP = rf"(?:[a-z][a-z0-9]*{_NAMED}*|{_NAMED}+)"
_CHAIN = re.compile(rf"{_STEP}(?:(?:\s*>\s*|\s+){_STEP})*", re.ASCII)
"""Steps of a tag, classes, ids and beginnings of ids, below each other. All of the registry's selectors are."""
_STEPS = re.compile(rf"(>?)\s*({_STEP})", re.ASCII)
_NAME = re.compile(r"(\.|#|\[id\^=)([\w-]+)", re.ASCII)
_WITH_ID = etree.XPath("descendant-or-self::*/@id/..")
_SPACES = re.compile(r"[ \t\r\n]+")
_ATTRIBUTE = re.compile(r"::attr\(([\w:-]+)\)")
_COMMON = frozenset(("div", "a", "p", "span", "li", "img", "td"))
"""Tags of which a page has hundreds: a class leads to fewer elements."""


@dataclass(frozen=True, slots=True)
class _Step:
    """What one step of a selector asks of an element."""

    tag: str | None
    classes: frozenset[str]
    ids: tuple[str, ...]
    id_begins: tuple[str, ...]
    under: bool
    """Whether it must stand right under the step before, not just anywhere below."""

    def fits(self, element: Element) -> bool:
        if self.tag is not None and element.tag != self.tag:
            return False
        if self.ids or self.id_begins:
            own = element.get("id") or ""
            if any(own != ident for ident in self.ids) or not all(map(own.startswith, self.id_begins)):
                return False
        if not self.classes:
            return True
        own = element.get("class") or ""
        return self.classes <= (_classes(own) if len(own) <= _KEPT else frozenset(_SPACES.split(own)))


_KEPT = 1000
"""Characters of a class attribute that the cache may keep; no maker of pages writes longer ones."""


# Pages of one outlet repeat theirs.
@lru_cache(maxsize=16384)
def _classes(value: str) -> frozenset[str]:
    return frozenset(_SPACES.split(value))


class Marks:
    """One tree asked by selectors, looked through once for all of them.

    Good for as long as no class or element of the tree is changed.
    """

    def __init__(self, tree: Element) -> None:
        self._tree = tree
        self._elements: list[Element] = []
        self._by_class: dict[str, list[int]] = {}
        self._with_id: list[Element] | None = None

    def select(self, selectors: Iterable[str]) -> list[Element]:
        """The elements of the first selector that matches; `::attr()` and `::text` suffixes are allowed and ignored."""
        for css in selectors:
            if elements := self._found(css):
                return elements
        return []

    def every(self, selectors: Iterable[str]) -> frozenset[Element]:
        """Every element that any of the selectors finds."""
        return frozenset(e for css in selectors for e in self._found(css))

    def text(self, selectors: Iterable[str]) -> str | None:
        """The first text (or attribute, with `::attr(name)`) that the selectors find; None where they find none."""
        for css in selectors:
            attribute = _ATTRIBUTE.search(css)
            for element in self._found(css):
                text = element.get(attribute[1]) if attribute else text_of(element)
                if text and (line := clean_line(text)):
                    return line
        return None

    def _found(self, css: str) -> list[Element]:
        selector = _selector(css.partition("::")[0])
        if not isinstance(selector, tuple):
            return found(selector, self._tree)
        *above, last = selector
        return [e for e in self._candidates(last) if last.fits(e) and _stands_below(e, last, above)]

    def _candidates(self, step: _Step) -> Iterable[Element]:
        """Elements in page order, among them all that fit the step."""
        if step.ids or step.id_begins:
            if self._with_id is None:
                self._with_id = found(_WITH_ID, self._tree)
            return self._with_id
        if not step.classes or not (step.tag is None or step.tag in _COMMON):
            return self._tree.iter(step.tag or "*")
        if not self._elements:
            self._elements = list(self._tree.iter("*"))
            for position, element in enumerate(self._elements):
                if (value := element.get("class")) is not None:
                    self._by_class.setdefault(value, []).append(position)
        name = max(step.classes, key=len)
        positions = [at for value, places in self._by_class.items() if name in value for at in places]
        return [self._elements[at] for at in sorted(positions)]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a page is read: the row's variant that matched, or none."""

    extract: Extract | None
    containers: tuple[Element, ...]
    reader: str
    """`site`, `site:<until>`, `generic` or `generic:fallback-no-container`."""
    marks: Marks
    labels: Labels
    """What each element of the page is."""


def layout_of(tree: Element, source: Source | None) -> Layout:
    """The newest variant of the row whose container is on the page; without one the page is read generically."""
    marks = Marks(tree)
    for variant in source.extract if source else ():
        if not variant.container:
            continue
        containers = [c for c in marks.select(variant.container) if c.tag not in ("html", "head")]
        containers = [c for c in containers if not any(a in containers for a in c.iterancestors())]
        if any(len(text_of(c).strip()) > 80 for c in containers):
            reader = f"site:{variant.until.isoformat()}" if variant.until else "site"
            return Layout(variant, tuple(containers), reader, marks, Labels())
    loose = next((v for v in source.extract if not v.container), None) if source else None
    missed = source is not None and any(v.container for v in source.extract)
    reader = "generic:fallback-no-container" if missed else "generic"
    found, labels = locate(tree)
    return Layout(loose, tuple(found), reader, marks, labels)


def select(tree: Element, selectors: Iterable[str]) -> list[Element]:
    """`Marks.select` on a tree that is asked only once."""
    return Marks(tree).select(selectors)


@lru_cache(maxsize=2048)
def _selector(css: str) -> tuple[_Step, ...] | Callable[[Element], Any]:
    """A selector as steps; as XPath where it is more than a chain of them, at several times the cost."""
    css = css.strip()
    if not _CHAIN.fullmatch(css):
        return CSSSelector(css, translator="html")
    return tuple(_step(text, under=mark == ">") for mark, text in _STEPS.findall(css))


def _step(text: str, *, under: bool) -> _Step:
    named = _NAME.findall(text)
    classes = frozenset(name for kind, name in named if kind == ".")
    ids = tuple(name for kind, name in named if kind == "#")
    begins = tuple(name for kind, name in named if kind not in ".#")
    return _Step(re.split(r"[.#\[]", text, maxsplit=1)[0] or None, classes, ids, begins, under)


def _stands_below(element: Element, step: _Step, above: Sequence[_Step]) -> bool:
    """Whether an element that fits `step` stands below elements that fit the steps before it."""
    if not above:
        return True
    *rest, nearest = above
    for ancestor in element.iterancestors():
        if nearest.fits(ancestor) and _stands_below(ancestor, nearest, rest):
            return True
        if step.under:
            return False
    return False
