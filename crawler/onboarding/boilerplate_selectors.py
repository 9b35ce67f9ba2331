"""What stands inside a body and is no prose: captions of pictures, and boxes that are to go."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from lxml.html import HtmlElement

from crawler.onboarding.sample import SKIPPED, Sample, constant_texts
from crawler.onboarding.selectors import class_selectors
from crawler.text.normal import clean_line, fold


def find_captions(samples: Sequence[Sample], container: str) -> list[str]:
    """Classes of the body whose elements stand by a picture nearly always; `figcaption` needs no selector."""
    by, seen = Counter[str](), Counter[str]()
    for sample in samples:
        body = sample.first(container)
        if body is None:
            continue
        for block in sample.blocks:
            element = block.element
            if element is body or body not in element.iterancestors() or element.tag == "figcaption":
                continue
            names = [c for c in class_selectors(element) if not c.startswith("#")]
            seen.update(names)
            if len(block.text) <= 400 and _by_picture(element, body):
                by.update(names)
    return sorted(
        (css for css, count in by.items() if count >= 0.8 * seen[css]),
        key=lambda css: (-by[css], css),
    )[:3]


def _by_picture(element: HtmlElement, body: HtmlElement) -> bool:
    """Right after a picture, or in a small box with one: no other prose between them."""
    current = element
    for _ in range(4):
        before = current.getprevious()
        while before is not None and (not isinstance(before.tag, str) or not before.text_content().strip()):
            if isinstance(before.tag, str) and (
                before.tag == "img" or next(before.iter("img"), None) is not None
            ):
                return True
            before = before.getprevious()
        if before is not None:
            return False
        parent = current.getparent()
        if parent is None or parent is body:
            return False
        current = parent
    return False


_RELATED = re.compile(
    r"(?:cac |nhung )?(?:tin|bai)(?: viet| khac)? (?:lien quan|cung chuyen muc|khac|moi hon|cu hon|doc nhieu)|"
    r"xem them|doc them|cung chuyen muc|co the ban quan tam|tu khoa|tags?|chia se|binh luan|gui y kien|in trang|"
    r"y kien (?:ban doc|cua ban)|quang cao|ban doc quan tam"
)


def find_furniture(samples: Sequence[Sample], container: str, kept: Sequence[str]) -> list[str]:
    """Named boxes inside the body that are furniture wherever they stand: links, the same text, "Tin liên quan"."""
    constant = constant_texts(samples)
    good, seen = Counter[str](), Counter[str]()
    for sample in samples:
        body = sample.first(container)
        if body is None:
            continue
        keep = {e for css in kept for e in sample.all(css)}
        for element in body.iterdescendants():
            if not isinstance(element.tag, str) or element.tag in SKIPPED:
                continue
            names = class_selectors(element)
            text = clean_line(element.text_content())
            if not names or not text:
                continue
            seen.update(names)
            holds = element in keep or any(d in keep for d in element.iterdescendants())
            if not holds and _is_furniture(element, text, constant, body):
                good.update(names)
    found = [css for css, count in good.items() if count == seen[css]]
    found.sort(key=lambda css: (-good[css], css))
    return _outermost(samples, container, found)[:8]


def _is_furniture(element: HtmlElement, text: str, constant: set[str], body: HtmlElement) -> bool:
    folded = fold(text)
    linked = sum(len(clean_line(a.text_content())) for a in element.iter("a"))
    if element.tag == "a":
        linked = len(text)
    if linked * 10 > len(text) * 7 and element.tag not in ("a", "p", "span", "em", "strong", "b", "i"):
        return True
    if folded in constant:
        return True
    opening = re.match(r"[^:.\n]{0,40}", folded)
    return bool(opening and _RELATED.match(opening.group()) and linked * 3 > len(text))


def _outermost(samples: Sequence[Sample], container: str, found: Sequence[str]) -> list[str]:
    """Without selectors whose every element lies inside one that another selector removes."""
    kept: list[str] = []
    for css in found:
        elements = [
            e
            for s in samples
            if (b := s.first(container)) is not None
            for e in s.all(css)
            if b in e.iterancestors()
        ]
        others = {e for s in samples for c in found if c != css for e in s.all(c)}
        nested = all(any(a in others for a in e.iterancestors()) for e in elements)
        same = any({id(e) for s in samples for e in s.all(c)} >= {id(e) for e in elements} for c in kept)
        if elements and not nested and not same:
            kept.append(css)
    return kept
