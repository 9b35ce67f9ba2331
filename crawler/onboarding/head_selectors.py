"""Lead, date and authors: what stands around the body of an article."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lxml.html import HtmlElement

from crawler.dates.machine import parse_feed_date, printed_day
from crawler.onboarding.sample import Sample, constant_texts
from crawler.onboarding.selectors import class_selectors, vote
from crawler.text.letters import CAPITAL
from crawler.text.normal import clean_line, fold

_LEAD_CLASS = re.compile(
    r"sapo|lead|chapeau|trich|summary|tom-?tat|intro|teaser|detail-?desc|des(?:c|cription)?\b|mo-?ta",
    re.IGNORECASE,
)


def find_lead(samples: Sequence[Sample], container: str, title: str | None) -> str | None:
    """The lead between title and body, or the first prose of the body where it has a selector of its own."""
    constant = constant_texts(samples)

    def is_lead(sample: Sample, element: HtmlElement) -> float:
        text = fold(clean_line(element.text_content()))
        body = sample.first(container)
        if not 40 <= len(text) <= 900 or body is None or text in sample.titles:
            return 0.0
        if element is body or element in body.iterancestors() or not _before_body_text(sample, element, body):
            return 0.0
        if sample.described[:60] and _bare(text).startswith(_bare(sample.described)[:50]):
            return 2.0
        if _LEAD_CLASS.search(f"{element.get('class', '')} {element.get('id', '')}"):
            return 1.0
        # A sentence alone between title and body is the lead, whatever it is called.
        head = sample.first(title) if title else None
        between = head is not None and sample.order[head] < sample.order[element] < sample.order[body]
        prose = text[-1] in ".!?…" and text not in constant and not any(True for _ in element.iter("a"))
        if not prose or printed_day(text[:12]) is not None:
            return 0.0
        return 0.8 if between else 0.6 * _opens_alone(sample, element, body)

    offers = [
        e
        for s in samples
        for e in s.root.iter("p", "div", "h2", "h3", "strong", "b", "td", "span")
        if is_lead(s, e)
    ]
    found = vote(samples, offers, is_lead)
    # A plain `p` of the body says nothing about leads: only a selector of its own does.
    return None if found and re.search(r"(?:^| )(?:p|div|b|strong|span)$", found) else found


def _opens_alone(sample: Sample, element: HtmlElement, body: HtmlElement) -> bool:
    """Whether an element of the body has a class that no other of its prose has."""
    own = class_selectors(element)
    if body not in element.iterancestors() or not own:
        return False
    return any(sum(body in e.iterancestors() for e in sample.all(css)) == 1 for css in own)


def _before_body_text(sample: Sample, element: HtmlElement, body: HtmlElement) -> bool:
    """Before the body, or its first prose."""
    place = sample.order
    if place[element] < place[body]:
        return True
    first = next(
        (b.element for b in sample.blocks if len(b.text) >= 40 and place[b.element] >= place[body]), None
    )
    return first is not None and (
        element is first or element in first.iterancestors() or first in element.iterancestors()
    )


def _bare(text: str) -> str:
    """Without the dateline that a page prints before its lead (`(XYZ) - `, `XYZ -`)."""
    return re.sub(r"^\W*\(?[a-z .]{2,14}\)?\s*[-:]\s*", "", text)


def find_date(
    samples: Sequence[Sample], regions: Sequence[HtmlElement | None], container: str, title: str | None
) -> str | None:
    """The printed date by the title; never one that stands unchanged on all pages while their articles differ."""
    region_of = {id(s.root): r for s, r in zip(samples, regions, strict=True)}

    def is_date(sample: Sample, element: HtmlElement) -> float:
        text = clean_line(element.text_content())
        stamp = element.get("datetime") or ""
        if len(text) > 90 or (printed_day(text) is None and printed_day(stamp) is None):
            return 0.0
        region, body = region_of[id(sample.root)], sample.first(container)
        if (
            region is None
            or body is None
            or (region.tag not in ("body", "html") and region not in element.iterancestors())
        ):
            return 0.0
        if element in body.iterancestors() or _in_prose(element, body) or _in_card(element, body):
            return 0.0
        if any(
            _COMMENTS.search(f"{a.get('class', '')} {a.get('id', '')}")
            for a in (element, *element.iterancestors())
        ):
            return 0.0
        exact = parse_feed_date(stamp) or parse_feed_date(text)
        head = sample.first(title) if title else None
        near = head is None or sample.order[element] > sample.order[head]
        between = near and sample.order[element] < sample.order[body]
        inside = body in element.iterancestors()
        return 1.0 + 0.5 * (exact is not None) + 0.3 * near + 0.4 * between - 0.9 * inside - 0.005 * len(text)

    offers = [
        e
        for s in samples
        for e in s.root.iter("time", "span", "div", "p", "em", "i", "li", "td", "label", "small", "h4", "h5")
        if is_date(s, e)
    ]
    for _ in range(5):
        found = vote(samples, offers, is_date, enough=0.4)  # a page may print none at all
        if found is None:
            return None
        texts = {clean_line(e.text_content()) for s in samples if (e := s.first(found)) is not None}
        if len(texts) > 1 or len(samples) == 1:
            return found
        offers = [e for e in offers if clean_line(e.text_content()) not in texts]  # a clock
    return None


_COMMENTS = re.compile(r"comment|cmt|binh-?luan|y-?kien|phan-?hoi|reply", re.IGNORECASE)


def _in_prose(element: HtmlElement, body: HtmlElement) -> bool:
    """Inside a paragraph of the body, between other words."""
    for ancestor in element.iterancestors():
        if ancestor is body:
            return False
        if (
            ancestor.tag in ("p", "li")
            and len(clean_line(ancestor.text_content())) > len(clean_line(element.text_content())) + 40
        ):
            return body in ancestor.iterancestors()
    return False


def _in_card(element: HtmlElement, body: HtmlElement) -> bool:
    """On the card of another article: a small box that holds a headline's link and not the body."""
    for ancestor in element.iterancestors():
        if ancestor is body or ancestor in body.iterancestors():
            return False
        if any(len(clean_line(a.text_content()).split()) >= 5 for a in ancestor.iter("a")):
            return True
    return False


_AUTHOR_CLASS = re.compile(
    r"author|by-?line|tac-?gia|pseudonym|but-?danh|writer|nguoi-?viet|reporter|sign(?:ature)?\b|\bpen\b",
    re.IGNORECASE,
)
_NAME = rf"[{CAPITAL}][\w.’']*"
_BYLINE = re.compile(
    rf"(?:(?:bài|tin|ảnh|theo|thực hiện|nguồn)[^:]{{0,14}}[:\s])?\s*{_NAME}(?:\s+{_NAME}){{0,4}}"
    rf"(?:\s*(?:-|–|,|&|và)\s*{_NAME}(?:\s+{_NAME}){{0,4}}){{0,3}}\s*(?:\([^)]{{2,30}}\))?",
    re.IGNORECASE,
)


def find_authors(
    samples: Sequence[Sample],
    regions: Sequence[HtmlElement | None],
    container: str,
    taken: dict[str, list[str]],
) -> str | None:
    """The by-line: an element named so, or a line that closes the body and holds names alone."""
    region_of = {id(s.root): r for s, r in zip(samples, regions, strict=True)}
    used = [css for found in taken.values() for css in found]

    def is_author(sample: Sample, element: HtmlElement) -> float:
        text = clean_line(element.text_content())
        if not 2 <= len(text) <= 80 or text[-1] in "?!" or printed_day(text) or fold(text) in sample.titles:
            return 0.0
        region, body = region_of[id(sample.root)], sample.first(container)
        if (
            body is None
            or region is None
            or (region.tag not in ("body", "html") and region not in element.iterancestors())
        ):
            return 0.0
        if any(sample.first(css) is element for css in used) or _in_card(element, body):
            return 0.0
        named = _AUTHOR_CLASS.search(
            f"{element.get('class', '')} {element.get('id', '')} {element.get('rel', '')} {element.get('itemprop', '')}"
        )
        if named:
            return 2.0 - 0.002 * len(text)
        return 1.0 if _closes(sample, element, body) and _BYLINE.fullmatch(text) else 0.0

    offers = [
        e
        for s in samples
        for e in s.root.iter("p", "span", "div", "a", "b", "strong", "em", "li", "td", "address")
        if is_author(s, e)
    ]
    found = vote(samples, offers, is_author, enough=0.5)
    return None if found and re.search(r"(?:^| )(?:p|div|b|strong|span|em|a)$", found) else found


def _closes(sample: Sample, element: HtmlElement, body: HtmlElement) -> bool:
    """Whether an element is the last prose of the body, or nearly."""
    inside = [b.element for b in sample.blocks if b.element is body or body in b.element.iterancestors()]
    return any(
        element is e or element in e.iterancestors() or e in element.iterancestors() for e in inside[-2:]
    )
