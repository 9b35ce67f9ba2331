"""The pages asked for while a row is inferred: each once, and not more than an outlet should bear."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from lxml.html import HtmlElement

from crawler.article import Page
from crawler.discovery import listing
from crawler.messages import in_words
from crawler.text.normal import clean_line
from crawler.urls import request_url

Fetch = Callable[[str], Page | str | None]
"""Asks for one address: the page, or why there is none."""
MAX_REQUESTS = 40
"""Pages asked for at most: home, robots.txt, sections, feeds, sitemap and the articles compared."""


@dataclass(slots=True)
class FetchCache:
    """The pages asked for so far, each once."""

    fetch: Fetch
    pages: dict[str, Page]
    requests: int = 0
    notes: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    """Why an address brought no page, in words."""

    def page(self, url: str) -> Page | None:
        """The page at an address; None where it did not come or is no success."""
        known = self.pages.get(url)
        if known is None and self.requests < MAX_REQUESTS:
            self.requests += 1
            answer = self.fetch(url)
            if isinstance(answer, Page):
                self.pages[url] = known = answer
            elif answer:
                self.refused[url] = answer
        return known if known is not None and known.status == 200 else None

    def why_not(self, url: str) -> str:
        """Why there is no good page at an address, as far as that was said."""
        known = self.pages.get(url)
        return in_words(f"HTTP {known.status}" if known is not None else self.refused.get(url, ""))

    def tree(self, url: str) -> tuple[HtmlElement, str] | None:
        """The parsed page and the address that answered; a page that only sends on is followed once."""
        page = self.page(url)
        root = listing.document(page.body) if page is not None else None
        if page is not None and root is not None and (onward := _sent_on(root, page.url)) is not None:
            page = self.page(onward)
            root = listing.document(page.body) if page is not None else None
        return (root, page.url) if root is not None and page is not None else None


def _sent_on(root: HtmlElement, base: str) -> str | None:
    """Where a page without text of its own sends its readers at once, as old home pages do."""
    for meta in root.iter("meta"):
        if (meta.get("http-equiv") or "").lower() != "refresh":
            continue
        found = re.match(
            r"\s*[0-3]\s*;\s*url\s*=\s*['\"]?([^'\">\s]+)", meta.get("content") or "", re.IGNORECASE
        )
        url = request_url(found[1], base) if found else None
        if url and url != base and len(clean_line(root.text_content())) < 300:
            return url
    return None
