"""The links of one page, each address with the best text that leads to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from crawler.discovery.listing import best_title, is_aside, page_base
from crawler.text.normal import clean_line
from crawler.urls import request_url, site_host

HEADLINE_WORDS = 5
"""Words from which a link's text reads as a headline; menu entries have one to four."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """One address of a page with the best text that leads to it."""

    url: str
    text: str
    """What the links say, also a single word; empty for pictures."""
    beside: bool
    """It stands in a menu, header, footer or side bar."""

    @property
    def headline(self) -> bool:
        """Whether the text is long enough for a headline."""
        return len(self.text.split()) >= HEADLINE_WORDS


def anchors(root: HtmlElement, base_url: str) -> list[Anchor]:
    """The page's own-site links in page order, one per address."""
    base = page_base(root, base_url)
    groups: dict[str, list[HtmlElement]] = {}
    for element in root.iter("a"):
        url = request_url(element.get("href") or "", base)
        if url and same_host(url, base_url):
            groups.setdefault(url, []).append(element)
    everything = [a for group in groups.values() for a in group]
    found = []
    for url, group in groups.items():
        texts = [clean_line(a.text_content()) for a in group]
        text = best_title(group) or next((t for t in texts if t), "")
        found.append(Anchor(url, text, all(is_aside(a, everything) for a in group)))
    return found


def same_host(url: str, base_url: str) -> bool:
    """Whether two addresses are one outlet's, `www.` aside."""
    one, two = urlsplit(url), urlsplit(base_url)
    return site_host(one.hostname or "") == site_host(two.hostname or "") and one.port == two.port


def is_feed_address(url: str) -> bool:
    """Whether an address looks like a feed's, or like the page that lists the feeds."""
    parts = urlsplit(url.lower())
    return (
        re.search(
            r"\.(?:rss|atom)$|/(?:rss|feeds?|atom|kenh-rss|rss-feeds?)(?:/|\.xml|\.aspx|\.html?|\.php)?$|/rss/|/feeds?/|"
            r"(?:rss|feed)\.xml$",
            parts.path,
        )
        is not None
        or re.search(r"(?:^|&)(?:format=feed|type=rss|feed=rss2?)(?:&|$)", parts.query) is not None
    )
