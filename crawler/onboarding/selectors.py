"""CSS selectors that name an element, and the vote of several pages on which of them is right."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Protocol, TypeVar

from lxml.html import HtmlElement
from parsel import csstranslator

_STABLE = re.compile(r"[A-Za-z_][A-Za-z_-]*\d{0,2}[A-Za-z_-]*")
"""A class or id that a template wrote: `detail-content`, `title2`; not `post-123456` or `css-1a2b3c`."""
_SCOPED = re.compile(r"([A-Za-z][\w-]*?__)(?=[\w-]*[A-Z0-9])(?![\w-]*[_-]{2})[A-Za-z0-9_+-]{5,8}")
"""A class that a build tool scoped, `Detail_body__x9Kd2`: its beginning lasts, its end changes with every release."""
_UTILITY = re.compile(
    r"-?(?:[mp][trblxyse]?|gap|space-[xy]|w|h|min-[wh]|max-[wh]|inset|top|left|right|bottom|z|order|col|row|col-span|"
    r"basis|leading|tracking|rounded|border|shadow|opacity|fs|fw|lh|d|g)-(?:\d+|auto|full|px|xs|sm|md|lg|x?xl|\d?xl|none|[a-z]{2}-\d+)|"
    r"(?:text|bg|font|border|fw|align|justify|items|object|float|flex|grid|line-clamp|overflow|whitespace|break|cursor)-[a-z0-9-]+|"
    r"flex|grid|block|inline|inline-block|hidden|relative|absolute|sticky|fixed|row|container|clearfix|small|italic|"
    r"uppercase|underline|truncate|antialiased|rounded|border|shadow|prose|img-fluid|pull-(?:left|right)"
)
"""Classes of utility frameworks."""
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
    names = (element.get("class") or "").split()
    scoped = [m[1] for c in names if (m := _SCOPED.fullmatch(c))]
    found += [f'{tag}[class*="{prefix}"]' for prefix in scoped]
    classes = [c for c in names if _STABLE.fullmatch(c) and not _SCOPED.fullmatch(c)]
    # One utility class says how a thing looks, and other things look so too: all of them together name it.
    plain = [c for c in classes if not _UTILITY.fullmatch(c)]
    found += [f"{tag}.{c}" for c in plain]
    if len(classes) > 1:
        found.append(tag + "".join(f".{c}" for c in classes))
    elif not plain:
        found += [f"{tag}.{c}" for c in classes]
    if tag in ("h1", "time"):
        found.append(tag)
    return [f for f in found if f]


def class_selectors(element: HtmlElement) -> list[str]:
    """The selectors that an element's id and classes give, each class for itself where it names something."""
    found = [c for c in own_selectors(element) if "." in c or c.startswith("#") or "[class" in c]
    alone = [c for c in found if c.count(".") < 2]
    return alone or found


class Selectable(Protocol):
    """A page whose elements can be asked for by selector."""

    def first(self, css: str) -> HtmlElement | None:
        """The first element in page order."""

    def all(self, css: str) -> list[HtmlElement]:
        """All of them."""


P = TypeVar("P", bound=Selectable)


def vote(
    samples: Sequence[P],
    offers: Iterable[HtmlElement],
    right: Callable[[P, HtmlElement], float],
    *,
    enough: float = _ENOUGH,
) -> str | None:
    """The selector whose first match is right on most pages (by the sum of `right`); the plainest of equals."""
    candidates: dict[str, int] = {}
    for element in offers:
        for rank, css in enumerate(selectors(element)):
            candidates[css] = min(rank, candidates.get(css, rank))
    best: tuple[float, int, int, int, str] | None = None
    for css, rank in candidates.items():
        values = [right(s, e) if (e := s.first(css)) is not None else 0.0 for s in samples]
        if sum(v > 0 for v in values) < enough * len(samples):
            continue
        crowded = sum(len(s.all(css)) > 1 for s in samples)  # first of several today, second tomorrow
        key = (-sum(values), crowded, rank, len(css), css)
        if best is None or key < best:
            best = key
    return best[4] if best else None
