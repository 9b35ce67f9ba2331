"""What leads into a section beside its first page: feed, sitemap, further pages."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator, Sequence
from itertools import pairwise
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

from crawler.discovery import listing
from crawler.discovery.link import Link
from crawler.discovery.listing import page_base
from crawler.discovery.page_links import anchors, is_feed_address, same_host
from crawler.onboarding.sections import Listing
from crawler.onboarding.url_patterns import Pattern
from crawler.onboarding.visit import FetchCache
from crawler.source import Section
from crawler.text.normal import clean_line, fold
from crawler.urls import request_url

Tree = tuple[HtmlElement, str]
"""A parsed page and its address."""


def feed_addresses(root: HtmlElement, base_url: str) -> list[tuple[str, str]]:
    """Feeds that a page names (address, title): `rel=alternate` first, then links that look like feeds."""
    base = page_base(root, base_url)
    found: dict[str, str] = {}
    for element in root.iter("link"):
        kind = (element.get("type") or "").lower()
        url = request_url(element.get("href") or "", base)
        feed = "alternate" in (element.get("rel") or "").lower() and ("rss" in kind or "atom" in kind)
        if url and feed:
            found.setdefault(url, clean_line(element.get("title") or ""))
    for element in root.iter("a"):
        url = request_url(element.get("href") or "", base)
        if url and same_host(url, base_url) and (is_feed_address(url) or _says_feed(element)):
            found.setdefault(url, clean_line(element.text_content()))
    return list(found.items())


def _says_feed(element: HtmlElement) -> bool:
    return (
        re.fullmatch(r"(kenh |dich vu |tin )?rss( feeds?)?", fold(clean_line(element.text_content())))
        is not None
    )


def find_feed(
    visit: FetchCache, home: Tree | None, section: Listing, pattern: Pattern, listed: set[str]
) -> tuple[str | None, list[Link]]:
    """The feed that carries the section's own articles: of its newest items at least half stand in the listing."""
    offers: dict[str, str] = {}
    for tree in (section.tree, home):
        if tree is not None:
            for url, title in feed_addresses(*tree):
                offers.setdefault(url, title)
    step = urlsplit(section.url).path.rstrip("/").rsplit("/", 1)[-1].rsplit(".", 1)[0].lower()
    pages = sorted(offers, key=lambda u: u.lower().endswith((".rss", ".xml", ".atom")))
    index = next((u for u in pages[:3] if not _is_feed(visit, u)), None)  # a page that lists the feeds
    if index is not None and (tree := visit.tree(index)) is not None:
        offers.pop(index)
        for url, title in feed_addresses(*tree):
            offers.setdefault(url, title)

    def likelihood(url: str) -> int:
        named = fold(section.name) in fold(offers[url]) if offers[url] else False
        return 2 * named + 2 * (len(step) > 3 and step in url.lower())

    best: tuple[float, str, list[Link]] | None = None
    for url in sorted(offers, key=lambda u: -likelihood(u))[:5]:
        page = visit.page(url)
        links = listing.links_from_feed(page.body, page.url) if page is not None else []
        articles = [link for link in links if pattern.matches(link.url)]
        newest = articles[: max(len(listed), 3)]  # a feed may be longer than the listing
        share = sum(link.url in listed for link in newest) / len(newest) if newest else 0.0
        if share >= 0.5 and (best is None or share > best[0]):
            best = (share, url, articles)
        if share > 0.9:
            break
    if best is not None:
        return best[1], best[2]
    if offers:
        visit.notes.append(
            f"Có kênh RSS ({next(iter(offers))} …) nhưng không kênh nào mang đúng bài của chuyên mục: "
            "không ghi vào hàng; vẫn đọc được qua trang chuyên mục."
        )
    return None, []


def _is_feed(visit: FetchCache, url: str) -> bool:
    page = visit.page(url)
    return page is None or listing.why_no_feed(page.body) is None


_NEWS_MAP = re.compile(r"news|article|post|bai|tin|detail|\d{4}", re.IGNORECASE)


def find_sitemap(visit: FetchCache, section_url: str, pattern: Pattern) -> str | None:
    """A sitemap that robots.txt names or that stands in the usual place, and whose newest part lists articles."""
    named = []
    robots = visit.page(urljoin(section_url, "/robots.txt"))
    if robots is not None:
        for line in robots.body.decode("utf-8", "replace").splitlines():
            if line.lower().startswith("sitemap:") and (
                url := request_url(line.split(":", 1)[1], section_url)
            ):
                named.append(url)
    named.sort(key=lambda u: not _NEWS_MAP.search(urlsplit(u).path))
    for url in dict.fromkeys([*named[:3], urljoin(section_url, "/sitemap.xml")]):
        page = visit.page(url)
        if page is None:
            continue
        links, children = listing.links_from_sitemap(page.body, page.url)
        likely = [c for c in children if _NEWS_MAP.search(urlsplit(c).path)] or children
        parts = [visit.page(child) for child in listing.newest_sitemaps(likely, page.fetched)[:2]]
        for part in filter(None, parts):
            links = [*links, *listing.links_from_sitemap(part.body, part.url)[0]]
        if children and not any(parts):
            return url  # its parts do not come now: no reason to forget it
        if any(pattern.matches(link.url) for link in links):
            return url
    return None


def find_next(
    visit: FetchCache, section: Listing, pattern: Pattern, own: set[str]
) -> tuple[str | None, set[str]]:
    """A template for the pages of the listing, and the articles of its second page.

    Held against that page: articles stand there that the first page has not.
    """
    if section.tree is None or not own:
        return None, set()
    base = section.tree[1]
    probe = Section(name=section.name, url=section.url)
    page = visit.page(base) or visit.page(section.url)
    shown = listing.next_page(page.body, base, probe, 1) if page is not None else None
    for second in [shown] if shown else _numbered_two(section.tree, pattern):
        found = visit.tree(second)
        listed = {a.url for a in anchors(*found) if pattern.matches(a.url)} if found else set()
        if found is not None and listed - own:
            return _template(visit, second, found[1], probe), listed
    return None, set()


def _numbered_two(tree: Tree, pattern: Pattern) -> list[str]:
    """Addresses on a listing that are its own with a 2: what a button "Xem thêm" leads to."""
    base = tree[1]
    stem = re.sub(r"\.\w{2,5}$", "", urlsplit(base).path.rstrip("/"))
    found = []
    for anchor in anchors(*tree):
        parts = urlsplit(anchor.url)
        rest = parts.path.removeprefix(stem) + "?" + parts.query
        own = parts.path.startswith(stem) and len(stem) > 1 and not pattern.matches(anchor.url)
        if own and not anchor.headline and re.search(r"(?<!\d)2(?!\d)", rest):
            found.append(anchor.url)
    return found[:2]


def _template(visit: FetchCache, second: str, base: str, probe: Section) -> str | None:
    """The second page's address with `{page}` for its number; None where the third page has another form."""
    places = [
        m.span() for m in re.finditer(r"(?<!\d)2(?!\d)", second) if m.start() >= len(urljoin(base, "/")) - 1
    ]
    third = listing.next_page(visit.pages[second].body, base, probe, 2) if second in visit.pages else None
    for start, end in reversed(places):
        template = second[:start] + "{page}" + second[end:]
        if third is None or template.replace("{page}", "3") == third:
            return template
    return None


_PAGED = re.compile(
    r"([?&/](?:page(?:_?(?:no|index|number))?|paged|trang|p)[=/])(\d*)(?=$|[&/\"'])", re.IGNORECASE
)


def find_json(visit: FetchCache, section: Listing, pattern: Pattern) -> str | None:
    """The listing that a button "Xem thêm" asks for as JSON: an address in an attribute or a script of the page.

    Its first page must bring articles of the outlet.
    """
    if section.tree is None:
        return None
    root, base = section.tree
    offers: dict[str, None] = {}
    for text in _quoted(root):
        if (number := _PAGED.search(text)) is None or len(text) > 300:
            continue
        first = request_url(f"{text[: number.start(2)]}1{text[number.end(2) :]}", base)
        if first and same_host(first, base) and first != base:
            place = first.find(number[1]) + len(number[1])
            offers.setdefault(f"{first[:place]}{{page}}{first[place + 1 :]}")
    for template in list(offers)[:2]:
        page = visit.page(template.replace("{page}", "1"))
        links = listing.links_from_json(page.body, page.url) if page is not None else []
        if any(pattern.matches(link.url) for link in links):
            return template
    return None


def _quoted(root: HtmlElement) -> Iterator[str]:
    """What may be an address of a service: attributes of buttons and boxes, quoted words of scripts."""
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        if element.tag == "script":
            yield from re.findall(r"[\"']((?:https?:/)?/[^\"'\s<>]{3,300})[\"']", element.text or "")
            continue
        for name, value in element.items():
            if name.startswith(("data-", "hx-", "ng-")) and "/" in value:
                yield value.strip()


def weekly(links: Sequence[Link]) -> float | None:
    """Articles a week by the dates of a feed; None where fewer than five tell or they span no day."""
    moments = sorted(link.published for link in links if link.published)
    if len(moments) < 5:
        return None
    gaps = [(b - a).total_seconds() for a, b in pairwise(moments)]
    middle = statistics.mean(gaps)
    return round(7 * 86_400 / middle, 1) if middle * len(gaps) >= 86_400 else None
