"""What the parts of a spider share about requests and their answers."""

from __future__ import annotations

from collections.abc import Iterable

from scrapy.http import Response

from crawler.discovery.channel_answer import FoundLink
from crawler.source import Section
from crawler.store.frontier import OwedLink


def owed_links(found: Iterable[FoundLink], section: Section) -> list[OwedLink]:
    """The links as owed ones; a section does not vouch for what stands beside its list."""
    return [
        OwedLink(item.url, item.ask, None if item.aside else section.name, item.title, item.published)
        for item in found
    ]


def first_asked(response: Response) -> str:
    """The address that was asked for, before any redirect."""
    asked = response.request
    chain: list[str] = response.meta.get("redirect_urls", []) if asked is not None else []
    return chain[0] if chain else asked.url if asked is not None else response.url


def say(error: BaseException | None) -> str:
    """An exception as one line."""
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__
