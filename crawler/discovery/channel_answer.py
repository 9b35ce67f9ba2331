"""What one answer of a channel shows, made in a worker: its article links, where they lead on, and what it is not.

Feeds, sitemaps and listings are outside text as pages are: none of them is parsed where the crawl itself runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from crawler.article import Disposition, NoArticle, Page
from crawler.discovery import feed, listing
from crawler.reading.extract import read
from crawler.source import ChannelKind, Section, Source
from crawler.urls import canonical_url, request_url

if TYPE_CHECKING:
    from crawler.discovery.link import Link

WALL_BYTES = 30_000
"""Challenges are small: the stored ones have under 1 KB; a larger answer is not parsed for one."""


@dataclass(frozen=True, slots=True)
class FoundLink:
    """A link to an article of the source."""

    url: str
    """Its canonical address."""
    ask: str
    title: str | None
    published: datetime | None
    modified: datetime | None
    aside: bool
    """It stands beside the list, so the section does not vouch for it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What an answer shows; empty where it is a wall, or was not read."""

    wall: str | None = None
    """Why it is a bot wall."""
    unread: str | None = None
    """Why it was given up: its reader failed, or ran out of time or memory."""
    found: tuple[FoundLink, ...] = ()
    """One for each article, in their order."""
    children: tuple[str, ...] = ()
    """Child sitemaps."""
    nothing: str | None = None
    """What stands where a feed or sitemap was expected."""
    following: str | None = None
    """The address of the page behind this one."""


def see(
    body: bytes, url: str, status: int, kind: ChannelKind, source: Source, section: Section, page: int
) -> Seen:
    """One answer of a channel; what is not 200 is only looked at for a wall."""
    if (why := wall(body, url, status)) is not None or status != 200:
        return Seen(wall=why)
    children: Sequence[str] = ()
    following = None
    if kind == "feed":
        links = feed.links_from_feed(body, url)
    elif kind == "sitemap":
        links, children = feed.links_from_sitemap(body, url)
    else:
        if kind == "json":
            links = listing.links_from_json(body, url, section)
        else:
            links = listing.links_from_listing(body, url, source, section)
        following = listing.next_page(body, url, section, page)
    nothing = feed.why_no_feed(body) if kind in ("feed", "sitemap") and not links and not children else None
    return Seen(
        found=articles_of(links, url, source),
        children=tuple(children),
        nothing=nothing,
        following=following,
    )


def articles_of(links: Sequence[Link], base: str, source: Source) -> tuple[FoundLink, ...]:
    """The links that are articles of the source, each article once."""
    found: dict[str, FoundLink] = {}
    for link in links:
        ask = request_url(link.url, base)
        if ask is None or not listing.is_article(ask, source):
            continue
        url = canonical_url(ask, source)
        found.setdefault(url, FoundLink(url, ask, link.title, link.published, link.modified, link.aside))
    return tuple(found.values())


def wall(body: bytes, url: str, status: int) -> str | None:
    """Why an answer is a bot wall, whatever its status; None where it is none."""
    if len(body) >= WALL_BYTES:
        return None
    found = read(Page(url=url, body=body, fetched=datetime.now(UTC), status=status))
    return found.why if isinstance(found, NoArticle) and found.disposition is Disposition.BOT_WALL else None
