"""Where the articles are: links out of feeds, sitemaps, listings and JSON listings, and the next page.

Pure functions over bytes; asking and remembering is the spider's part. What cannot be read gives no links,
never an exception: a section has other ways in, and `why_no_feed` tells the health report what stood there.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import lxml.html
from parsel import Selector, csstranslator

from crawler.dates.machine import parse_feed_date
from crawler.discovery.cards import WORDY, best_title, card_date, is_aside
from crawler.discovery.feed import (
    links_from_feed,
    links_from_sitemap,
    newest_sitemaps,
    sitemap_month,
    why_no_feed,
)
from crawler.discovery.link import Link, decoded, distinct, unpacked
from crawler.reading import markup
from crawler.source import Section, Source
from crawler.text.normal import clean_line, fold
from crawler.urls import canonical_url, is_article, request_url, site_host

__all__ = [
    "Link",
    "article_url",
    "best_title",
    "document",
    "is_article",
    "is_aside",
    "links_from_feed",
    "links_from_json",
    "links_from_listing",
    "links_from_sitemap",
    "newest_sitemaps",
    "next_page",
    "page_base",
    "sitemap_month",
    "why_no_feed",
]

article_url = canonical_url
"""The identity of an article's address; one implementation, in `crawler.urls`."""

_CSS = csstranslator.HTMLTranslator()
_NEXT_TEXT = re.compile(r"\W*(?:(trang )?(sau|tiep|tiep theo|ke tiep|ke|cu hon)|next|older)\W*")
_NEXT_ARROWS = frozenset(">»›→")


def document(body: bytes) -> lxml.html.HtmlElement | None:
    """The parsed page; None where there is nothing to parse or too much (the bounds of `crawler.reading.markup`)."""
    parsed = markup.parse(body, rich=True)
    return parsed.tree if isinstance(parsed, markup.Markup) else None


def links_from_listing(body: bytes, base_url: str, source: Source, section: Section) -> list[Link]:
    """The article links of a section page in page order, one per article, with the best title on the page.

    A link counts when `is_article` says so; `section.links` narrows. The title is what stands in a heading,
    before a `title` attribute, before plain link text; an image's text is the last resort. A card's printed
    time is taken when it has hours and minutes.
    """
    root = document(body)
    if root is None:
        return []
    base, own = page_base(root, base_url), request_url(base_url)
    found: dict[str, list[lxml.html.HtmlElement]] = {}
    addresses: dict[str | None, str | None] = {}
    for anchor in _anchors(root, section.links):
        href = anchor.get("href")
        if href not in addresses:
            addresses[href] = _article_address(href, base, source)
        url = addresses[href]
        if url and url != own:
            found.setdefault(url, []).append(anchor)
    leads_to = {anchor: url for url, anchors in found.items() for anchor in anchors}
    everything, judged = list(leads_to), dict[lxml.html.HtmlElement, bool]()
    links = []
    for url, anchors in found.items():
        beside = section.links is None and all(is_aside(a, everything, judged) for a in anchors)
        links.append(Link(url, best_title(anchors), card_date(anchors[0], leads_to), aside=beside))
    return distinct(links)


def links_from_json(body: bytes, base_url: str, section: Section | None = None) -> list[Link]:
    """The links of a JSON listing in their order, whatever its shape: objects with an address and a title.

    `section.json_link` builds the address where the objects hold only its parts. Markup inside strings is
    read for its links. The caller keeps what matches the row.
    """
    try:
        data = json.loads(decoded(unpacked(body)))
    except (ValueError, RecursionError):
        return []
    template = section.json_link if section else None
    links: list[Link] = []
    for item in _walk(data):
        if isinstance(item, str):
            if "<a " in item:
                links.extend(_links_in_markup(item, base_url))
            continue
        address = _fill(template, item) if template else _first(item, _URL_KEYS)
        url = request_url(address or "", base_url)
        if url:
            title = clean_line(html.unescape(_first(item, _TITLE_KEYS) or ""))
            links.append(Link(url, title or None, parse_feed_date(_first(item, _DATE_KEYS))))
    return distinct(links)


def next_page(body: bytes, base_url: str, section: Section, page_no: int) -> str | None:
    """The address of the page after this one, which is number `page_no` (the first is 1); None where unknown.

    `section.next_page` decides where the row has it; for a JSON listing its own template does. Else the page
    is asked: `rel=next`, a link that says "Trang sau", the number after this one in a pager.
    """
    if section.json_listing and (step := _json_page(section.json_listing, base_url)) is not None:
        return section.json_listing.replace("{page}", str(step + 1))
    if section.next_page and "{page}" in section.next_page:
        return section.next_page.replace("{page}", str(page_no + 1))
    root = document(body)
    if root is None:
        return None
    base = page_base(root, base_url)
    if section.next_page:
        hrefs = [href for href in Selector(root=root).css(section.next_page).getall() if href]
        candidates = [href if "<" not in href else _href_in(href) for href in hrefs]
    else:
        candidates = list(_pager_links(root, page_no))
    for href in candidates:
        url = request_url(href or "", base)
        if url and url != request_url(base_url) and _host(url) == _host(base_url):
            return url
    return None


def page_base(root: lxml.html.HtmlElement, base_url: str) -> str:
    """The base that the page's relative links are resolved against."""
    declared = next((b.get("href") for b in root.iter("base") if b.get("href")), None)
    return urljoin(base_url, declared.strip()) if declared else base_url


# ---- listings ----------------------------------------------------------------------------------------------


def _anchors(root: lxml.html.HtmlElement, narrow: str | None) -> Iterator[lxml.html.HtmlElement]:
    if narrow is None:
        yield from root.iter("a")
        return
    for element in root.xpath(_CSS.css_to_xpath(narrow)):
        yield from [element] if element.tag == "a" else element.iter("a")


def _article_address(href: str | None, base: str, source: Source) -> str | None:
    asked = request_url(href or "", base)
    if asked is None:
        return None
    if not is_article(asked, source):
        return None
    return canonical_url(asked, source) if _host(asked) == _host(source.homepage) else asked


def _host(url: str) -> str:
    return site_host(urlsplit(url).hostname or "")


# ---- next page ---------------------------------------------------------------------------------------------


def _pager_links(root: lxml.html.HtmlElement, page_no: int) -> Iterator[str]:
    for element in root.iter("link", "a"):
        if "next" in (element.get("rel") or "").lower().split() and element.get("href"):
            yield element.get("href")
    numbered = []
    for anchor in root.iter("a"):
        href = anchor.get("href")
        if not href or href.startswith(("#", "javascript")):
            continue
        text = anchor.text_content()
        if WORDY.search(text):
            continue
        label = fold(text) or fold(anchor.get("title") or anchor.get("aria-label") or "")
        if label == str(page_no + 1):
            numbered.append(href)
        elif _NEXT_TEXT.fullmatch(label) or _is_arrow(text):
            yield href
    # A bare number is a pager's only where the address carries it too.
    yield from (href for href in numbered if re.search(rf"(?<!\d){page_no + 1}(?!\d)", href))


def _is_arrow(text: str) -> bool:
    marks = set("".join(text.split()))
    return bool(marks) and marks <= _NEXT_ARROWS


def _href_in(text: str) -> str | None:
    found = re.search(r"""href\s*=\s*["']([^"']+)""", text)
    return html.unescape(found[1]) if found else None


def _json_page(template: str, url: str) -> int | None:
    """The page number with which the JSON template makes `url`."""
    if "{page}" not in template:
        return None
    head, _, tail = template.partition("{page}")
    found = re.fullmatch(re.escape(head) + r"(\d+)" + re.escape(tail), url)
    return int(found[1]) if found else None


# ---- JSON --------------------------------------------------------------------------------------------------

_URL_KEYS = (
    "link",
    "url",
    "href",
    "permalink",
    "share_url",
    "detail_url",
    "article_url",
    "full_url",
    "post_url",
)
_TITLE_KEYS = ("title", "name", "headline", "article_title", "post_title", "ten", "tieu_de")
_DATE_KEYS = (
    "published_at",
    "publish_date",
    "published",
    "publishedDate",
    "pubDate",
    "date",
    "created_at",
    "time",
)
_PLACE = re.compile(r"\{(\w+)\}")


def _walk(data: Any) -> Iterator[dict[str, Any] | str]:
    """Objects and strings of a JSON document in their order, without recursion."""
    stack: list[Any] = [data]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            yield item
            stack.extend(reversed(item.values()))
        elif isinstance(item, list):
            stack.extend(reversed(item))
        elif isinstance(item, str):
            yield item


def _first(item: dict[str, Any], keys: tuple[str, ...]) -> str | None:
    """The first of the keys that holds text, case aside; WordPress wraps it once more (`rendered`)."""
    folded = {k.lower(): v for k, v in item.items()}
    for key in keys:
        value = folded.get(key.lower())
        if isinstance(value, dict):
            value = value.get("rendered")
        if isinstance(value, str) and value.strip():
            return value.strip()
    return None


def _fill(template: str, item: dict[str, Any]) -> str | None:
    """The template with the object's values in it; None where one is missing."""
    names = _PLACE.findall(template)
    values = {name: item.get(name) for name in names}
    if not names or not all(isinstance(v, (str, int)) and str(v) for v in values.values()):
        return None
    return _PLACE.sub(lambda m: str(values[m[1]]), template)


def _links_in_markup(text: str, base_url: str) -> Iterator[Link]:
    root = document(text.encode())
    if root is None:
        return
    groups: dict[str, list[lxml.html.HtmlElement]] = {}
    for anchor in root.iter("a"):
        if url := request_url(anchor.get("href") or "", base_url):
            groups.setdefault(url, []).append(anchor)
    for url, anchors in groups.items():
        yield Link(url, best_title(anchors))
