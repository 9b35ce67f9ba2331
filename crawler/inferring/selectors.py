"""CSS selectors that name an element, and the vote of several pages on which of them is right."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from lxml.html import HtmlElement
from parsel import csstranslator

if TYPE_CHECKING:
    from crawler.inferring.sample import Sample


_STABLE = re.compile(r"[A-Za-z_][A-Za-z_-]*\d{0,2}[A-Za-z_-]*")
"""A class or id that a template wrote: `detail-content`, `title2`; not `post-123456` or `css-1a2b3c`."""
_ENOUGH = 0.6
"""Share of the pages on which a selector must be right: galleries and videos have layouts of their own."""


@lru_cache(maxsize=4096)
def xpath_of(css: str) -> str:
    """A selector as XPath."""
    return csstranslator.HTMLTranslator().css_to_xpath(css)


def selectors(element: HtmlElement) -> list[str]:
    """CSS selectors that name an element, the plainest first; its place in the page as a last resort."""
    own = own_selectors(element)
    parent = element.getparent()
    above: list[str] = []
    steps = 0
    while parent is not None and parent.tag not in ("body", "html") and steps < 4 and not above:
        above = own_selectors(parent)[:2]
        parent = parent.getparent()
        steps += 1
    tag = str(element.tag)
    return [
        *own,
        *(f"{a} {o}" for a in above for o in own[:2]),
        *(f"{a} {tag}" for a in above),
        *_place(element),
    ]


def _place(element: HtmlElement) -> list[str]:
    """The way to an element from its nearest named ancestor, step by step; none where it is too long to last."""
    steps: list[str] = []
    current: HtmlElement | None = element
    while current is not None and len(steps) < 8:
        if current.tag == "body" or (steps and own_selectors(current)):
            start = "body" if current.tag == "body" else own_selectors(current)[0]
            return [" > ".join([start, *reversed(steps)])] if steps else []
        parent = current.getparent()
        alike = [c for c in parent if c.tag == current.tag] if parent is not None else [current]
        steps.append(
            f"{current.tag}:nth-of-type({alike.index(current) + 1})" if len(alike) > 1 else str(current.tag)
        )
        current = parent
    return []


def own_selectors(element: HtmlElement) -> list[str]:
    """The selectors that an element's own id, names and classes give, the plainest first."""
    tag = str(element.tag)
    found = []
    name = element.get("id") or ""
    if _STABLE.fullmatch(name):
        found.append(f"#{name}")
    if element.get("itemprop"):
        found.append(f"[itemprop={element.get('itemprop')}]" if element.get("itemprop", "").isalnum() else "")
    classes = [c for c in (element.get("class") or "").split() if _STABLE.fullmatch(c)]
    found += [f"{tag}.{c}" for c in classes]
    if len(classes) > 1:
        found.append(tag + "".join(f".{c}" for c in classes))
    if tag in ("h1", "time"):
        found.append(tag)
    return [f for f in found if f]


def vote(
    samples: Sequence[Sample],
    offers: Iterable[HtmlElement],
    right: Callable[[Sample, HtmlElement], float],
    *,
    enough: float = _ENOUGH,
) -> str | None:
    """The selector whose first match is right on most pages (by the sum of `right`); the plainest of equals."""
    candidates: dict[str, int] = {}
    for element in offers:
        for rank, css in enumerate(selectors(element)):
            candidates[css] = min(rank, candidates.get(css, rank))
    best: tuple[float, int, int, str] | None = None
    for css, rank in candidates.items():
        values = [right(s, e) if (e := s.first(css)) is not None else 0.0 for s in samples]
        if sum(v > 0 for v in values) < enough * len(samples):
            continue
        key = (-sum(values), rank, len(css), css)
        if best is None or key < best:
            best = key
    return best[3] if best else None
