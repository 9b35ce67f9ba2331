"""What an outlet calls itself, and the province its name tells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from crawler.source import CENTRAL, FORMER_PROVINCES, MERGED, PROVINCES
from crawler.text.letters import DASH
from crawler.text.normal import clean_line, fold
from crawler.urls import site_host


def outlet_name(root: HtmlElement, home_url: str) -> str:
    """What the outlet calls itself: `og:site_name`, the home page's title, its logo, else its host."""
    metas = {
        (m.get("property") or m.get("name") or "").lower(): m.get("content") or "" for m in root.iter("meta")
    }
    title = clean_line(root.findtext(".//title") or "")
    parts = re.split(rf"\s+[{DASH}|:]\s+", title)
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


_CALLED: Mapping[str, str] = {
    "ấp bắc": "Tiền Giang", "cố đô": "Thừa Thiên Huế", "đất mũi": "Cà Mau", "đất tổ": "Phú Thọ",
    "đồng khởi": "Bến Tre", "hànộimới": "Hà Nội", "huế": "Thừa Thiên Huế", "hồ chí minh": "TP. Hồ Chí Minh",
    "sài gòn": "TP. Hồ Chí Minh", "thủ đô": "Hà Nội", "vũng tàu": "Bà Rịa - Vũng Tàu",
}  # fmt: skip
"""What outlets call themselves by instead of their province: a part of its name, or a place it is known for."""


def province_of(name: str, host: str) -> tuple[str | None, tuple[str, ...]]:
    """The province of today that an outlet's name or host tells, and what of the 63 it covers.

    >>> province_of("Báo Ấp Bắc", "baoapbac.vn"), province_of("Báo Văn Giang", "vangiang.example")
    (('Đồng Tháp', ('Tiền Giang',)), (None, ()))
    """
    words = fold(name)
    plain = re.sub(r"[^a-z.]", "", host.lower())
    for former, called in sorted(_known_names(), key=lambda pair: -len(pair[1])):
        if re.search(rf"(?<!\w){re.escape(called)}(?!\w)", words):
            return _today(former)
    for former, called in sorted(_known_names(), key=lambda pair: -len(pair[1])):
        compact = re.sub(r"[^a-z]", "", called)
        if re.search(rf"(?:^|[.]|bao|dai|ptth|tinhuy|thanhuy|ubnd){compact}", plain):
            return _today(former)
    return None, ()


def province_named(typed: str) -> tuple[str | None, tuple[str, ...]]:
    """The province a person means, in any spelling, by its name of today or before the mergers.

    >>> province_named("dak nong"), province_named("TP HCM")[0], province_named("Trung ương")
    (('Lâm Đồng', ('Đắk Nông',)), 'TP. Hồ Chí Minh', ('Trung ương', ()))
    """
    words = re.sub(r"^(?:tinh|thanh pho|tp)\b[. ]*(?=\w)", "", fold(typed).strip())
    words = {"hcm": "ho chi minh", "hn": "ha noi"}.get(words, words)
    if words == fold(CENTRAL):
        return CENTRAL, ()
    found = [former for former, called in _known_names() if called == words]
    return _today(found[0]) if found else (None, ())


def _known_names() -> list[tuple[str, str]]:
    """(one of the 63 provinces, a name it goes by, folded)."""
    own = [(former, fold(former.removeprefix("TP. "))) for former in FORMER_PROVINCES]
    return [*own, *((former, fold(called)) for called, former in _CALLED.items())]


def _today(former: str) -> tuple[str | None, tuple[str, ...]]:
    today = next((p for p in PROVINCES if former in MERGED.get(p, (p,))), None)
    whole = today is not None and former in (today, "Thừa Thiên Huế")
    return today, MERGED.get(today or "", (today or "",)) if whole else (former,)
