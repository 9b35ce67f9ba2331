"""What stands around a link of a listing: its title, its card's time, and whether it stands beside the list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import lxml.html

from crawler.dates.machine import parse_feed_date
from crawler.text.normal import clean_line, fold

_HEADING = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_TITLE_CLASS = re.compile(r"title|headline|heading|tieu-?de", re.IGNORECASE)
_NO_TITLE = re.compile(
    r"xem (them|chi tiet|tiep|tat ca)|chi tiet|doc (tiep|them)|binh luan|chia se|trang chu|in trang|"
    r"read more|more|[\W\d]*"
)
WORDY = re.compile(r"(?:[a-z][^a-z]*){14}", re.IGNORECASE | re.ASCII)
"""More letters than the longest label of a link has ("Trang tiếp theo")."""
_ASIDE_TAGS = frozenset({"aside", "footer", "nav", "header"})
_ASIDE_CLASS = re.compile(
    r"(?:^|[\s_-])(?:side-?bar|aside|sub-?col|col-?right|right-?col\w*|most-?(?:read|view)\w*|doc-?nhieu|"
    r"xem-?nhieu|footer|breadcrumbs?|mega-?menu|nav(?:bar)?|menu)(?:$|[\s_-])",
    re.IGNORECASE,
)
_ASIDE_HEADING = re.compile(
    r"(tin |bai )?(doc|xem) nhieu( nhat)?|duoc quan tam|tin noi bat trong ngay|quang cao"
)
_CARD_TEXT = 2000
"""Characters; an ancestor with more text is no card but a region."""


def best_title(anchors: list[lxml.html.HtmlElement]) -> str | None:
    """What the links to one article call it: the heading's text before an attribute, before plain text."""
    best: tuple[int, str] | None = None
    for anchor in anchors:
        for rank, text in _titles(anchor):
            if best is not None and rank <= best[0]:
                continue
            line = clean_line(text)
            if not (len(line) < 8 or len(line) > 300 or " " not in line or _says_nothing(line)):
                best = (rank, line)
    return best[1] if best else None


def _says_nothing(line: str) -> bool:
    """Whether a link's text is a label such as "Xem thêm", or no words at all."""
    return not WORDY.search(line) and _NO_TITLE.fullmatch(fold(line)) is not None


def is_aside(
    anchor: lxml.html.HtmlElement,
    everything: list[lxml.html.HtmlElement],
    judged: dict[lxml.html.HtmlElement, bool] | None = None,
) -> bool:
    """Whether a link stands in a side bar, menu, footer or most-read box.

    A region with more than half of the page's article links (`everything`) is the page, whatever its name.
    `judged` remembers for the next link of the same page what was found out about the elements above this one.
    """
    judged = {} if judged is None else judged
    above = []
    verdict = False
    for element in anchor.iterancestors():
        if element in judged:
            verdict = judged[element]
            break
        above.append(element)
        if element.tag in ("body", "main"):
            break
        if _looks_aside(element):
            inside = set(element.iter("a"))
            verdict = sum(a in inside for a in everything) * 2 <= len(everything)
            break
    judged.update(dict.fromkeys(above, verdict))
    return verdict


def _looks_aside(element: lxml.html.HtmlElement) -> bool:
    if element.tag in _ASIDE_TAGS:
        return element.tag != "header" or not any(a.tag == "article" for a in element.iterancestors())
    if _ASIDE_CLASS.search(f"{element.get('class', '')} {element.get('id', '')}"):
        return True
    heading = next((c for c in element if _is_heading(c)), None)
    return heading is not None and _ASIDE_HEADING.fullmatch(fold(heading.text_content())) is not None


def _is_heading(element: lxml.html.HtmlElement) -> bool:
    if not isinstance(element.tag, str):
        return False
    return element.tag in _HEADING or _TITLE_CLASS.search(element.get("class") or "") is not None


def _titles(anchor: lxml.html.HtmlElement) -> Iterator[tuple[int, str]]:
    """Texts that may be the title, with how much each is to be trusted."""
    text = anchor.text_content()
    inner = next((e for e in anchor.iter() if e is not anchor and e.tag in _HEADING), None)
    if inner is not None:
        yield 5, inner.text_content()
    elif any(e.tag in _HEADING for e in _near(anchor)):
        yield 5, text
    named = next((e for e in anchor.iter() if e is not anchor and _is_heading(e)), None)
    if named is not None:
        yield 4, named.text_content()
    elif any(_TITLE_CLASS.search(e.get("class") or "") for e in (anchor, *_near(anchor))):
        yield 4, text
    if anchor.get("title"):
        yield 3, anchor.get("title")
    yield 2, text
    for image in anchor.iter("img"):
        if image.get("alt"):
            yield 1, image.get("alt")


def _near(anchor: lxml.html.HtmlElement) -> list[lxml.html.HtmlElement]:
    """The two nearest ancestors: `<h3><span><a>` is as far as headings stand from their links."""
    chain = []
    for element in anchor.iterancestors():
        chain.append(element)
        if len(chain) == 2:
            break
    return chain


def card_date(anchor: lxml.html.HtmlElement, leads_to: dict[lxml.html.HtmlElement, str]) -> Any:
    """The time printed on the card: in the largest ancestor that holds links to the anchor's article only."""
    url = leads_to[anchor]
    card = None
    for element in anchor.iterancestors():
        if element.tag == "body" or any(leads_to.get(a, url) != url for a in element.iter("a")):
            break
        if len(element.text_content()) > _CARD_TEXT:
            break
        card = element
    if card is None:
        return None
    for element in card.iter():
        if not isinstance(element.tag, str):
            continue
        stamp = element.get("datetime") if element.tag == "time" else None
        for text in (stamp, element.text, element.tail if element is not card else None):
            if text and any(c.isdigit() for c in text) and (moment := parse_feed_date(text.strip())):
                return moment
    return None
