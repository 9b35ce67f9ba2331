"""Where things stand in the article pages of an unknown outlet, found by comparing several of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from lxml.html import HtmlElement

from crawler.onboarding.boilerplate_selectors import find_captions, find_furniture
from crawler.onboarding.head_selectors import find_authors, find_date, find_lead
from crawler.onboarding.sample import BLOCKS, Sample, constant_texts, weights_of
from crawler.onboarding.selectors import vote
from crawler.text.normal import clean_line, fold

_INLINE_NAMES = frozenset({"p", "span", "b", "strong", "em", "i", "font", "a", "li"})
"""Tags that hold a line as a rule: one of these is a container only where it holds several blocks."""
_WITH_HEAD = 0.55
"""What an element's prose is worth when the title stands in it too: the body is looked for, and even in a short
item, whose lead is a third of the text, the body alone holds more than this share."""


@dataclass(slots=True)
class LayoutSelectors:
    """The selectors found, in the words of a row's `[extract]`; a key that was not found is absent."""

    selectors: dict[str, list[str]] = field(default_factory=dict)

    def set(self, key: str, *css: str | None) -> None:
        """Keep the selectors of one key, if any."""
        found = [c for c in css if c]
        if found:
            self.selectors[key] = found


def infer_layout(samples: Sequence[Sample]) -> LayoutSelectors:
    """The layout that the sample pages share; empty where no selector holds the bodies."""
    layout = LayoutSelectors()
    title = find_title(samples)
    container = find_container(samples, title)
    if container is None:
        return layout
    layout.set("container", container)
    layout.set("title", title)
    regions = [region_of_story(s, container, title) for s in samples]
    layout.set("lead", find_lead(samples, container, title))
    layout.set("published", find_date(samples, regions, container, title))
    layout.set("authors", find_authors(samples, regions, container, layout.selectors))
    captions = find_captions(samples, container)
    layout.set("captions", *captions)
    layout.set(
        "remove", *find_furniture(samples, container, [c for v in layout.selectors.values() for c in v])
    )
    return layout


def find_title(samples: Sequence[Sample]) -> str | None:
    """The headline: what says the same as the page's meta data or the link that led to it."""

    claims = Counter(title for s in samples for title in s.titles)

    def is_title(sample: Sample, element: HtmlElement) -> float:
        text = fold(clean_line(element.text_content()))
        everywhere = len(samples) > 2 and claims[text] * 2 > len(samples)  # the outlet's own name
        if text not in sample.titles or everywhere:
            return 0.0
        return {"h1": 1.2, "h2": 1.1, "h3": 1.1}.get(str(element.tag), 1.0)

    offers = [
        e
        for s in samples
        for e in s.root.iter("h1", "h2", "h3", "div", "p", "span", "strong", "td")
        if len(e) < 6
        and is_title(s, e)
        and not any(a.tag in ("a", "nav", "title") for a in e.iterancestors())
    ]
    return vote(samples, offers, is_title)


def find_container(samples: Sequence[Sample], title: str | None) -> str | None:
    """The selector whose first match holds most of the prose and least of the furniture on all pages."""
    constant = constant_texts(samples)
    weights = [weights_of(s, constant) for s in samples]
    by_root = {id(s.root): w for s, w in zip(samples, weights, strict=True)}
    heads = {id(s.root): s.first(title) if title else None for s in samples}

    def body(sample: Sample, element: HtmlElement) -> float:
        value = by_root[id(sample.root)].get(element, 0.0)
        head = heads[id(sample.root)]
        if value > 0 and head is not None and (head is element or element in head.iterancestors()):
            value *= _WITH_HEAD
        return max(value, 0.0)

    offers = []
    for weight in weights:
        most = max(weight.values(), default=0.0)
        offers += [
            e for e, w in weight.items() if w > 0.4 * most and e.tag not in ("body", "html") and _may_hold(e)
        ]
    return vote(samples, offers, body)


def _may_hold(element: HtmlElement) -> bool:
    return element.tag not in _INLINE_NAMES or sum(d.tag in BLOCKS for d in element.iterdescendants()) > 1


def region_of_story(sample: Sample, container: str, title: str | None) -> HtmlElement | None:
    """The smallest element around title and body: where date and by-line are looked for."""
    body = sample.first(container)
    head = sample.first(title) if title else None
    if body is None:
        return None
    if head is None:
        return body.getparent() if body.getparent() is not None else body
    above = {body, *body.iterancestors()}
    return next((a for a in (head, *head.iterancestors()) if a in above), None)


def reads_as_article(root: HtmlElement, *, most: int = 12) -> bool:
    """Whether a page reads as one text: prose in one place, and fewer than `most` headlines linked in it.

    A box of related links stands in many bodies; a listing has as many headlines as prose.
    """
    sample = Sample("", root)
    prose = [b for b in sample.blocks if len(b.text) >= 60 and b.linked * 3 < len(b.text)]
    if not prose:
        return False
    css = find_container([sample], None)
    body = sample.first(css) if css else None
    if body is None:
        body = root  # the prose stands in <body> itself
    inside = [b for b in prose if b.element is body or body in b.element.iterancestors()]
    headlines = sum(len(clean_line(a.text_content()).split()) >= 5 for a in body.iter("a"))
    return sum(len(b.text) for b in inside) >= 200 and headlines < max(most, len(inside) // 2)
