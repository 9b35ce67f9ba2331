"""What leads into a section beside its first page: feed, sitemap, further pages."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from itertools import pairwise
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

from crawler.finding import discover
from crawler.finding.address import request_url
from crawler.finding.discover import page_base
from crawler.finding.link import Link
from crawler.inferring.forms import Pattern
from crawler.inferring.links import anchors, is_feed_address, same_host
from crawler.inferring.sections import Listing
from crawler.inferring.visit import Visit
from crawler.source import Section
from crawler.text import clean_line, fold


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
        if url and same_host(url, base_url) and is_feed_address(url):
            found.setdefault(url, clean_line(element.text_content()))
    return list(found.items())


def find_feed(
    visit: Visit, home: tuple[HtmlElement, str] | None, section: Listing, pattern: Pattern, own: set[str]
) -> tuple[str | None, list[Link]]:
    """The feed that carries the section's own articles: at least half of its items stand in the listing."""
    offers: dict[str, str] = {}
    for tree in (section.tree, home):
        if tree is not None:
            for url, title in feed_addresses(*tree):
                offers.setdefault(url, title)
    step = urlsplit(section.url).path.rstrip("/").rsplit("/", 1)[-1].rsplit(".", 1)[0].lower()
    for index in [u for u in offers if not _is_feed(visit, u)][:1]:  # a page that lists the feeds
        if (tree := visit.tree(index)) is not None:
            for url, title in feed_addresses(*tree):
                offers.setdefault(url, title)

    def likelihood(url: str) -> int:
        named = fold(section.name) in fold(offers[url]) if offers[url] else False
        return 2 * named + 2 * (len(step) > 3 and step in url.lower())

    for url in sorted(offers, key=lambda u: -likelihood(u))[:5]:
        page = visit.page(url)
        links = discover.links_from_feed(page.body, page.url) if page is not None else []
        articles = [link for link in links if pattern.matches(link.url)]
        if articles and sum(link.url in own for link in articles) * 2 >= len(articles):
            return url, articles
    if offers:
        visit.notes.append(
            "Có kênh RSS nhưng không kênh nào mang đúng bài của chuyên mục: không ghi vào hàng."
        )
    return None, []


def _is_feed(visit: Visit, url: str) -> bool:
    page = visit.page(url)
    return page is None or discover.why_no_feed(page.body) is None


def find_sitemap(visit: Visit, section_url: str, pattern: Pattern) -> str | None:
    """A sitemap that robots.txt names or that stands in the usual place, and lists articles or children."""
    named = []
    robots = visit.page(urljoin(section_url, "/robots.txt"))
    if robots is not None:
        for line in robots.body.decode("utf-8", "replace").splitlines():
            if line.lower().startswith("sitemap:") and (
                url := request_url(line.split(":", 1)[1], section_url)
            ):
                named.append(url)
    for url in [*named[:3], urljoin(section_url, "/sitemap.xml")]:
        page = visit.page(url)
        if page is None:
            continue
        links, children = discover.links_from_sitemap(page.body, page.url)
        if children or any(pattern.matches(link.url) for link in links):
            return url
    return None


def find_next(visit: Visit, section: Listing, pattern: Pattern, own: set[str]) -> str | None:
    """A template for the pages of the listing, held against its second page: other articles stand there."""
    if section.tree is None or not own:
        return None
    base = section.tree[1]
    probe = Section(name=section.name, url=section.url)
    page = visit.page(base) or visit.page(section.url)
    second = discover.next_page(page.body, base, probe, 1) if page is not None else None
    if second is None:
        return None
    found = visit.tree(second)
    if found is None or not {a.url for a in anchors(*found) if pattern.matches(a.url)} - own:
        return None
    places = [
        m.span() for m in re.finditer(r"(?<!\d)2(?!\d)", second) if m.start() >= len(urljoin(base, "/")) - 1
    ]
    third = (
        discover.next_page(visit.pages[second].body, found[1], probe, 2) if second in visit.pages else None
    )
    for start, end in reversed(places):
        template = second[:start] + "{page}" + second[end:]
        if third is None or template.replace("{page}", "3") == third:
            return template
    return None


def weekly(links: Sequence[Link]) -> float | None:
    """Articles a week by the dates of a feed; None where fewer than five tell or they span no day."""
    moments = sorted(link.published for link in links if link.published)
    if len(moments) < 5:
        return None
    gaps = [(b - a).total_seconds() for a, b in pairwise(moments)]
    middle = statistics.mean(gaps)
    return round(7 * 86_400 / middle, 1) if middle * len(gaps) >= 86_400 else None
