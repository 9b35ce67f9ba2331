"""Where things stand in the article pages of an unknown outlet, found by comparing several of them.

What is the same on every page is furniture; what differs is the article. Each question (title, container,
date, lead, authors, captions, furniture) is put to selectors, not to elements: a selector is good when its
first match is the right element on most of the pages. Nothing here knows a site or a CMS.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from lxml.html import HtmlElement
from parsel import csstranslator

from crawler.finding.feed_dates import parse_feed_date, printed_day
from crawler.text import clean_line, fold

_BLOCKS = frozenset(
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
_SKIPPED = frozenset(
    {"script", "style", "noscript", "template", "head", "svg", "iframe", "option", "textarea", "button"}
)
_INLINE_NAMES = frozenset({"p", "span", "b", "strong", "em", "i", "font", "a", "li"})
"""Tags that hold a line as a rule: one of these is a container only where it holds several blocks."""
_STABLE = re.compile(r"[A-Za-z_][A-Za-z_-]*\d{0,2}[A-Za-z_-]*")
"""A class or id that a template wrote: `detail-content`, `title2`; not `post-123456` or `css-1a2b3c`."""
_ENOUGH = 0.6
"""Share of the pages on which a selector must be right: galleries and videos have layouts of their own."""

_WITH_HEAD = 0.55
"""What an element's prose is worth when the title stands in it too: the body is looked for, and even in a short
item, whose lead is a third of the text, the body alone holds more than this share."""


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
    def blocks(self) -> list[Block]:
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
        return list(self.root.xpath(_xpath(css)))


@dataclass(frozen=True, slots=True)
class Block:
    """The text that stands in a block element itself, not in a block inside it."""

    element: HtmlElement
    text: str
    linked: int
    """Characters of it that are link text."""


@dataclass(slots=True)
class Layout:
    """The selectors found, in the words of a row's `[extract]`; a key that was not found is absent."""

    selectors: dict[str, list[str]] = field(default_factory=dict)

    def set(self, key: str, *css: str | None) -> None:
        """Keep the selectors of one key, if any."""
        found = [c for c in css if c]
        if found:
            self.selectors[key] = found


def infer_layout(samples: Sequence[Sample]) -> Layout:
    """The layout that the sample pages share; empty where no selector holds the bodies."""
    layout = Layout()
    title = _find_title(samples)
    container = find_container(samples, title)
    if container is None:
        return layout
    layout.set("container", container)
    layout.set("title", title)
    regions = [_region(s, container, title) for s in samples]
    layout.set("lead", _find_lead(samples, container, title))
    layout.set("published", _find_date(samples, regions, container, title))
    layout.set("authors", _find_authors(samples, regions, container, layout.selectors))
    captions = _find_captions(samples, container)
    layout.set("captions", *captions)
    layout.set(
        "remove", *_find_furniture(samples, container, [c for v in layout.selectors.values() for c in v])
    )
    return layout


# ---- text --------------------------------------------------------------------------------------------------


def _text_blocks(root: HtmlElement) -> Iterator[Block]:
    texts: dict[HtmlElement, list[str]] = {}
    linked: Counter[HtmlElement] = Counter()

    def keep(owner: HtmlElement, text: str | None, in_link: bool) -> None:
        if text and text.strip():
            texts.setdefault(owner, []).append(text)
            linked[owner] += len(text.strip()) if in_link else 0

    stack: list[tuple[HtmlElement, HtmlElement, bool]] = [(root, root, False)]
    while stack:
        element, owner, in_link = stack.pop()
        if not isinstance(element.tag, str) or element.tag in _SKIPPED:
            continue
        owner = element if element.tag in _BLOCKS else owner
        in_link = in_link or element.tag == "a"
        keep(owner, element.text, in_link)
        for child in reversed(element):
            stack.append((child, owner, in_link))
        for child in element:
            keep(owner, child.tail, in_link)
    for element in root.iter():
        if element in texts and (text := clean_line(" ".join(texts[element]))):
            yield Block(element, text, linked[element])


def _constant(samples: Sequence[Sample]) -> set[str]:
    """Folded texts that stand on more than one page: furniture."""
    pages = Counter(text for s in samples for text in {fold(b.text) for b in s.blocks})
    return {text for text, count in pages.items() if count > 1}


def _weights(sample: Sample, constant: set[str]) -> dict[HtmlElement, float]:
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


# ---- selectors ---------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _xpath(css: str) -> str:
    return csstranslator.HTMLTranslator().css_to_xpath(css)


def selectors(element: HtmlElement) -> list[str]:
    """CSS selectors that name an element, the plainest first; its place in the page as a last resort."""
    own = _own_selectors(element)
    parent = element.getparent()
    above: list[str] = []
    steps = 0
    while parent is not None and parent.tag not in ("body", "html") and steps < 4 and not above:
        above = _own_selectors(parent)[:2]
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
        if current.tag == "body" or (steps and _own_selectors(current)):
            start = "body" if current.tag == "body" else _own_selectors(current)[0]
            return [" > ".join([start, *reversed(steps)])] if steps else []
        parent = current.getparent()
        alike = [c for c in parent if c.tag == current.tag] if parent is not None else [current]
        steps.append(
            f"{current.tag}:nth-of-type({alike.index(current) + 1})" if len(alike) > 1 else str(current.tag)
        )
        current = parent
    return []


def _own_selectors(element: HtmlElement) -> list[str]:
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


def _vote(
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


# ---- title, container --------------------------------------------------------------------------------------


def _find_title(samples: Sequence[Sample]) -> str | None:
    def is_title(sample: Sample, element: HtmlElement) -> float:
        text = fold(clean_line(element.text_content()))
        if text not in sample.titles:
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
    return _vote(samples, offers, is_title)


def find_container(samples: Sequence[Sample], title: str | None) -> str | None:
    """The selector whose first match holds most of the prose and least of the furniture on all pages."""
    constant = _constant(samples)
    weights = [_weights(s, constant) for s in samples]
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
    return _vote(samples, offers, body)


def _may_hold(element: HtmlElement) -> bool:
    return element.tag not in _INLINE_NAMES or sum(d.tag in _BLOCKS for d in element.iterdescendants()) > 1


def _region(sample: Sample, container: str, title: str | None) -> HtmlElement | None:
    """The smallest element around title and body: where date and by-line are looked for."""
    body = sample.first(container)
    head = sample.first(title) if title else None
    if body is None:
        return None
    if head is None:
        return body.getparent() if body.getparent() is not None else body
    above = {body, *body.iterancestors()}
    return next((a for a in (head, *head.iterancestors()) if a in above), None)


# ---- lead, date, authors -----------------------------------------------------------------------------------

_LEAD_CLASS = re.compile(
    r"sapo|lead|chapeau|trich|summary|tom-?tat|intro|teaser|detail-?desc|des(?:c|cription)?\b|mo-?ta",
    re.IGNORECASE,
)


def _find_lead(samples: Sequence[Sample], container: str, title: str | None) -> str | None:
    constant = _constant(samples)

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
        return 0.8 if between and prose and printed_day(text[:12]) is None else 0.0

    offers = [
        e
        for s in samples
        for e in s.root.iter("p", "div", "h2", "h3", "strong", "b", "td", "span")
        if is_lead(s, e)
    ]
    found = _vote(samples, offers, is_lead)
    # A plain `p` of the body says nothing about leads: only a selector of its own does.
    return None if found and re.search(r"(?:^| )(?:p|div|b|strong|span)$", found) else found


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


def _find_date(
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
        found = _vote(samples, offers, is_date, enough=0.4)  # a page may print none at all
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
_NAME = r"[A-ZĐÀ-Ỹ][\w.’']*"
_BYLINE = re.compile(
    rf"(?:(?:bài|tin|ảnh|theo|thực hiện|nguồn)[^:]{{0,14}}[:\s])?\s*{_NAME}(?:\s+{_NAME}){{0,4}}"
    rf"(?:\s*(?:-|–|,|&|và)\s*{_NAME}(?:\s+{_NAME}){{0,4}}){{0,3}}\s*(?:\([^)]{{2,30}}\))?",
    re.IGNORECASE,
)


def _find_authors(
    samples: Sequence[Sample],
    regions: Sequence[HtmlElement | None],
    container: str,
    taken: dict[str, list[str]],
) -> str | None:
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
    found = _vote(samples, offers, is_author, enough=0.5)
    return None if found and re.search(r"(?:^| )(?:p|div|b|strong|span|em|a)$", found) else found


def _closes(sample: Sample, element: HtmlElement, body: HtmlElement) -> bool:
    """Whether an element is the last prose of the body, or nearly."""
    inside = [b.element for b in sample.blocks if b.element is body or body in b.element.iterancestors()]
    return any(
        element is e or element in e.iterancestors() or e in element.iterancestors() for e in inside[-2:]
    )


# ---- captions, furniture -----------------------------------------------------------------------------------


def _find_captions(samples: Sequence[Sample], container: str) -> list[str]:
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
            names = [c for c in _own_selectors(element) if "." in c]
            seen.update(names)
            if len(block.text) <= 400 and _by_picture(element, body):
                by.update(names)
    return sorted(
        (css for css, count in by.items() if count >= 0.8 * seen[css] and css.count(".") == 1),
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


def _find_furniture(samples: Sequence[Sample], container: str, kept: Sequence[str]) -> list[str]:
    """Named boxes inside the body that are furniture wherever they stand: links, the same text, "Tin liên quan"."""
    constant = _constant(samples)
    good, seen = Counter[str](), Counter[str]()
    for sample in samples:
        body = sample.first(container)
        if body is None:
            continue
        keep = {e for css in kept for e in sample.all(css)}
        for element in body.iterdescendants():
            if not isinstance(element.tag, str) or element.tag in _SKIPPED:
                continue
            names = [c for c in _own_selectors(element) if c.startswith("#") or c.count(".") == 1]
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
