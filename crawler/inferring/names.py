"""What an outlet calls itself, and the province its name tells."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from crawler.finding.address import site_host
from crawler.source import FORMER_PROVINCES, MERGED, PROVINCES
from crawler.text import clean_line, fold


def outlet_name(root: HtmlElement, home_url: str) -> str:
    """What the outlet calls itself: `og:site_name`, the home page's title, its logo, else its host."""
    metas = {
        (m.get("property") or m.get("name") or "").lower(): m.get("content") or "" for m in root.iter("meta")
    }
    title = clean_line(root.findtext(".//title") or "")
    parts = re.split(r"\s+[|\-–—:]\s+", title)
    press = next((p for p in parts if re.match(r"(bao|tap chi|dai|cong thong tin|tin tuc)\b", fold(p))), None)
    logo = next(
        (
            i.get("alt")
            for i in root.iter("img")
            if "logo" in f"{i.get('class', '')} {i.get('src', '')}".lower() and i.get("alt")
        ),
        None,
    )
    names = (metas.get("og:site_name"), metas.get("application-name"), press, logo, parts[0] if parts else "")
    named = next((clean_line(n) for n in names if n and 2 < len(clean_line(n)) <= 60), None)
    return named or site_host(urlsplit(home_url).netloc)


def identifier(name: str, home_url: str) -> str:
    """A row's id: the outlet's name as a slug, else its host's."""
    slug = re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")
    if not slug or len(slug) > 40 or slug in ("trang-chu", "home", "index"):
        slug = re.sub(r"[^a-z0-9]+", "-", site_host(urlsplit(home_url).netloc)).strip("-")
    return slug or "nguon-moi"


def province_of(name: str, host: str) -> tuple[str | None, tuple[str, ...]]:
    """The province of today that an outlet's name or host tells, and what of the 63 it covers."""
    for text, shape in (
        (fold(name), fold),
        (host.lower(), lambda p: re.sub(r"[^a-z]", "", fold(p).replace("tp. ", ""))),
    ):
        for former in sorted(FORMER_PROVINCES, key=len, reverse=True):
            if shape(former) in text:
                today = next((p for p in PROVINCES if former in MERGED.get(p, (p,))), None)
                if today is not None:
                    return today, MERGED.get(today, (today,)) if former in (today, "Thừa Thiên Huế") else (
                        former,
                    )
    return None, ()
