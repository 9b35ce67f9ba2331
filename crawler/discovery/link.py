"""A link that discovery found, and the bounded decoding that every reader of foreign bytes shares."""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

MAX_BODY = 20_000_000
"""Bytes of a feed, listing or sitemap that are read (a sitemap's protocol allows 50 MB; none seen has 5)."""
MAX_LINKS = 50_000
"""Links of one document: the sitemap protocol's bound."""

_DECLARED = re.compile(rb"""(?:charset\s*=|encoding\s*=)\s*["']?\s*([A-Za-z0-9_\-]+)""")
_DECLARED_HEAD = 4096
"""Bytes in which a declaration is looked for; HTML's own bound is 1024, templates overrun it."""


@dataclass(frozen=True, slots=True)
class Link:
    """One address that discovery found."""

    url: str
    """Absolute, without fragment and tracking parameters."""
    title: str | None = None
    """What the link or feed item calls the article."""
    published: datetime | None = None
    """What the feed, news sitemap or card says, aware: one candidate among others."""
    modified: datetime | None = None
    """A sitemap's `lastmod`: good to leave out old pages, no date of publication."""
    aside: bool = False
    """It stood beside the section's own list (side bar, most-read box): the section does not vouch for it."""


def distinct(links: Iterable[Link]) -> list[Link]:
    """The links in their order, one per address; what a later one knows fills what the first left open."""
    found: dict[str, Link] = {}
    for link in links:
        first = found.setdefault(link.url, link)
        if first is not link:
            found[link.url] = replace(
                first,
                title=first.title or link.title,
                published=first.published or link.published,
                modified=first.modified or link.modified,
                aside=first.aside and link.aside,
            )
        if len(found) >= MAX_LINKS:
            break
    return list(found.values())


def unpacked(body: bytes) -> bytes:
    """The body, gunzipped where it is a gzip file, cut at `MAX_BODY` either way (a bomb stays small)."""
    if not body.startswith(b"\x1f\x8b"):
        return body[:MAX_BODY]
    try:
        return zlib.decompressobj(wbits=31).decompress(body, MAX_BODY)
    except zlib.error:
        return b""


def decoded(body: bytes) -> str:
    """The text of foreign bytes: BOM, then UTF-8 where it fits, then what is declared, then cp1258.

    UTF-8 goes before the declaration because a wrong declaration over good UTF-8 is common and the reverse
    is next to impossible. A cut or broken sequence is replaced, never raised.
    """
    for bom, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if body.startswith(bom):
            return body.decode(name, "replace").lstrip("\ufeff")
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    if broken == 0 or broken * 50 < sum(byte > 0x7F for byte in body[:100_000]):
        return text
    declared = _DECLARED.search(body[:_DECLARED_HEAD])
    try:
        return body.decode(declared[1].decode("ascii") if declared else "cp1258", "replace")
    except LookupError:
        return text
