"""Outlets through the mergers of 2025: whose address this is, and what the 34 and the 63 provinces hold.

An outlet is not its domain: `former_domains` lead to the row of today, and `canonical_url` moves an old
address to the new host where the form of the address lived on. Where an archive was filed anew, the address
alone cannot tell; `slug` then names the candidates, and the same title or text decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote, urlsplit

from crawler.registry import by_province
from crawler.source import CENTRAL, FORMER_PROVINCES, MERGED, Source
from crawler.text.normal import fold
from crawler.urls import bare_host, canonical_url, site_host

__all__ = ["by_former_province", "by_province", "identity", "owner", "slug"]

_SLUG_WORDS = 5
"""Words below which a slug is no proof: "hop-bao" names many articles."""
_EXTENSION = re.compile(r"\.(?:html?|aspx|vnp|vna|bbg|chn|tpo|epi)$", re.IGNORECASE)
_ID = re.compile(r"-(?:post(?:id)?|a|p|amp|art|n|c|d)?\d[\da-f]*$|-[0-9a-f]{6,8}$|^\d+-", re.IGNORECASE)


def owner(url: str, registry: Mapping[str, Source]) -> Source | None:
    """The row whose outlet an address belongs to: the closest host wins, one in use before a former one.

    Of two rows on one host the one whose pattern fits is taken, then the first by id.
    """
    host = site_host(urlsplit(url).hostname or "")
    if not host:
        return None
    ranked = []
    for source in sorted(registry.values(), key=lambda s: s.id):
        former = {bare_host(d) for d in source.former_domains}
        for domain in sorted(former | {bare_host(d) for d in source.domains}):
            if host == domain or host.endswith("." + domain):
                ranked.append((-len(domain), domain in former, not source.articles.matches(url), source.id))
    return registry[min(ranked)[3]] if ranked else None


def identity(url: str, registry: Mapping[str, Source]) -> tuple[str | None, str]:
    """The outlet's id and the article's one address, whatever domain of the outlet the link names."""
    source = owner(url, registry)
    return (source.id if source else None, canonical_url(url, source))


def slug(url: str) -> str | None:
    """The words of an address without ids, dates and extension; None where too few are left to tell.

    >>> slug("http://a.example/tin-tuc/xdd/hop-chi-bo-thon-ha-thang-muoi-269955-108.html")
    'hop-chi-bo-thon-ha-thang-muoi'
    >>> slug("https://a.example/chinh-tri/201912/hop-chi-bo-thon-ha-thang-muoi-0a1b2c3/")
    'hop-chi-bo-thon-ha-thang-muoi'
    """
    steps = [s for s in unquote(urlsplit(url).path).split("/") if s]
    best = ""
    for step in steps:
        name = _EXTENSION.sub("", step)
        while (shorter := _ID.sub("", name)) != name:
            name = shorter
        name = re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")
        if name.count("-") > best.count("-"):
            best = name
    return best if best.count("-") + 1 >= _SLUG_WORDS else None


def by_former_province(sources: Iterable[Source]) -> dict[str, list[Source]]:
    """Sources under the 63 provinces before 2025-07-01 and `Trung ương`, in that order.

    `covers` decides; a row without it stands for all that its province was made of.
    """
    found: dict[str, list[Source]] = {p: [] for p in (*FORMER_PROVINCES, CENTRAL)}
    for source in sources:
        for province in source.covers or MERGED.get(source.province, (source.province,)):
            found.setdefault(province, []).append(source)
    return found
