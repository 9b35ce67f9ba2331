"""One page of an unknown outlet as text: its blocks, and what of them only this page has."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from lxml.html import HtmlElement

from crawler.onboarding.selectors import xpath_of
from crawler.text.normal import clean_line, fold

BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset"}
    | {
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
    }
    | {"nav", "ol", "p", "pre", "section", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"}
)
SKIPPED = frozenset(
    {"script", "style", "noscript", "template", "head", "svg", "iframe", "option", "textarea", "button"}
)


@dataclass(frozen=True)
class Sample:
    """One article page of the outlet."""

    url: str
    root: HtmlElement
    link_title: str | None = None
    """What the listing called it."""

    @cached_property
    def order(self) -> dict[HtmlElement, int]:
        """Every element's place in the page."""
        return {e: i for i, e in enumerate(self.root.iter()) if isinstance(e.tag, str)}

    @cached_property
    def blocks(self) -> list[SampleBlock]:
        """The page's own-text blocks in order."""
        return list(_text_blocks(self.root))

    @cached_property
    def titles(self) -> list[str]:
        """Folded titles the page or its link claims, the surest first."""
        claimed = [self.link_title, self.meta("og:title"), self.meta("title"), self.root.findtext(".//title")]
        folded = [fold(clean_line(t)) for t in claimed if t and len(t) > 8]
        return list(dict.fromkeys([*folded, *(re.split(r" [|\-] ", t)[0] for t in folded)]))

    @cached_property
    def described(self) -> str:
        """The folded description of the page's meta data: as a rule the lead."""
        return fold(clean_line(self.meta("og:description") or self.meta("description") or ""))

    def meta(self, name: str) -> str | None:
        """The content of a `meta` by name or property."""
        for element in self.root.iter("meta"):
            content = element.get("content")
            if content and (element.get("property") or element.get("name") or "").lower() == name:
                return str(content)
        return None

    def first(self, css: str) -> HtmlElement | None:
        """The first element that a selector finds."""
        return next(iter(self.all(css)), None)

    def all(self, css: str) -> list[HtmlElement]:
        """All elements that a selector finds."""
        return list(self.root.xpath(xpath_of(css)))


@dataclass(frozen=True, slots=True)
class SampleBlock:
    """The text that stands in a block element itself, not in a block inside it."""

    element: HtmlElement
    text: str
    linked: int
    """Characters of it that are link text."""


def _text_blocks(root: HtmlElement) -> Iterator[SampleBlock]:
    texts: dict[HtmlElement, list[str]] = {}
    linked: Counter[HtmlElement] = Counter()

    def keep(owner: HtmlElement, text: str | None, in_link: bool) -> None:
        if text and text.strip():
            texts.setdefault(owner, []).append(text)
            linked[owner] += len(text.strip()) if in_link else 0

    stack: list[tuple[HtmlElement, HtmlElement, bool]] = [(root, root, False)]
    while stack:
        element, owner, in_link = stack.pop()
        if not isinstance(element.tag, str) or element.tag in SKIPPED:
            continue
        owner = element if element.tag in BLOCKS else owner
        in_link = in_link or element.tag == "a"
        keep(owner, element.text, in_link)
        for child in reversed(element):
            stack.append((child, owner, in_link))
        for child in element:
            keep(owner, child.tail, in_link)
    for element in root.iter():
        if element in texts and (text := clean_line(" ".join(texts[element]))):
            yield SampleBlock(element, text, linked[element])


def constant_texts(samples: Sequence[Sample]) -> set[str]:
    """Folded texts that stand on more than one page: furniture."""
    pages = Counter(text for s in samples for text in {fold(b.text) for b in s.blocks})
    return {text for text, count in pages.items() if count > 1}


def weights_of(sample: Sample, constant: set[str]) -> dict[HtmlElement, float]:
    """For every element: characters of prose that only this page has, less furniture and link text."""
    total: dict[HtmlElement, float] = {}
    for block in sample.blocks:
        size = len(block.text)
        if fold(block.text) in constant or block.linked * 2 > size:
            value = -1.0 * size
        elif size >= 40 or block.text[-1] in '.!?…”"':
            value = float(size)
        else:
            value = 0.0
        for element in (block.element, *block.element.iterancestors()):
            total[element] = total.get(element, 0.0) + value
    return total
