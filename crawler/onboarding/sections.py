"""The Party-building section of an outlet: known by its name, its address, or the page given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from lxml.html import HtmlElement

from crawler.discovery.page_links import Anchor, anchors, is_feed_address
from crawler.onboarding.layout_selectors import reads_as_article
from crawler.onboarding.visit import FetchCache
from crawler.text.letters import DASH
from crawler.text.normal import clean_line, fold
from crawler.urls import request_url

SURE = 5
"""Section score from which a name speaks of the Party, not of politics at large."""
_SECTION_NAMES = (
    (
        re.compile(
            r"(cong tac )?xay dung dang( (-|va))?( xay dung)?( he thong chinh tri)?( trong sach)?( -)?( vung manh)?"
        ),
        10,
    ),
    (re.compile(r".*\bxay dung dang\b.*|xay dung,?( -| va)? chinh don dang.*|.*\bxd dang\b.*"), 8),
    (re.compile(r"(cong tac )?dang|dang bo( tinh| thanh pho)?|dang ta"), 5),
    (
        re.compile(
            r"(dang (-|va|trong|voi) .*)|(cong tac dang\b.*)|(to chuc dang.*)|(.*\bdang (-|va) doan the.*)"
        ),
        6,
    ),
    (
        re.compile(
            r"sinh hoat (chi bo|dang).*|to chuc (-|va) can bo|nhip song dang|y dang.*|"
            r"(dua )?(cac )?nghi quyet( cua dang| dai hoi dang.*)?( di)? (va|vao|trong|voi) cuoc song"
        ),
        5,
    ),
    (re.compile(r".*(nghi quyet cua dang|nen tang tu tuong|lam theo (bac|loi bac|tam guong|tu tuong)).*"), 3),
    (re.compile(r"(thoi su (-|va) )?chinh tri( (-|va) .*)?"), 1),
)
"""Folded section names and how surely they hold Party building; politics is the fall-back."""
_SECTION_ADDRESS = (
    (re.compile(r"xay-?dung-?dang"), 4),
    (re.compile(r"cong-?tac-?dang|dang-?(va-?)?doan-?the|/dang/?$"), 2),
)
_TAG_ADDRESS = re.compile(r"/(?:tags?|tu-?khoa|chu-?de|topics?|keywords?|search|tim-?kiem)(?:/|-|\.|$)")


def section_score(anchor: Anchor) -> int:
    """How surely a link leads to the Party-building section: 0 for none, 10 and more for one that says so."""
    name = re.sub(rf"\s*[{DASH}|/,&+]\s*", " - ", fold(anchor.text).strip(" -|>»/.:+•·")).strip()
    by_name = next((score for form, score in _SECTION_NAMES if form.fullmatch(name)), 0)
    if not name or (len(name.split()) > 9 and by_name < 10):
        return 0
    path = unquote(urlsplit(anchor.url).path).lower()
    by_address = next((score for form, score in _SECTION_ADDRESS if form.search(path)), 0)
    if by_name == 0 and len(name.split()) > 4:
        return 0  # a headline about Party building, not its section
    if _TAG_ADDRESS.search(path):
        return min(by_name + by_address, 4)  # a keyword's page grows with every mention
    return by_name + by_address


def find_sections(links: Iterable[Anchor]) -> list[Anchor]:
    """The links that may lead to the Party-building section, the surest first, then the shortest address."""
    offers = {a.url: a for a in links if section_score(a) and not is_feed_address(a.url)}
    return sorted(offers.values(), key=lambda a: (-section_score(a), len(urlsplit(a.url).path), a.url))


@dataclass(slots=True)
class Listing:
    """The section chosen, and its first page."""

    name: str
    url: str
    tree: tuple[HtmlElement, str] | None
    guessed: bool = False


def choose_section(
    visit: FetchCache,
    start: tuple[HtmlElement, str],
    home: tuple[HtmlElement, str] | None,
    home_links: list[Anchor],
    *,
    is_article: bool,
    is_home: bool = False,
) -> Listing:
    """The section given, or the one that the menus call Party building, or the page given as a last resort."""
    root, base = start
    links = [*anchors(root, base), *home_links]
    if not is_article and not is_home:
        return Listing(_section_name(root, base, links), base, start)
    offers = find_sections(links)
    if not offers or section_score(offers[0]) < SURE:
        # The menu of the home page may end at politics; its own page names the parts.
        for broader in [a for a in offers if section_score(a) < SURE][:2]:
            if (inner := visit.tree(broader.url)) is not None:
                deeper = [a for a in find_sections(anchors(*inner)) if section_score(a) >= SURE]
                offers = [*deeper, *offers]
    for offer in offers[:4]:
        tree = visit.tree(offer.url)
        if tree is None or (offer.headline and reads_as_article(tree[0], most=3)):
            continue
        if section_score(offer) < SURE:
            visit.notes.append(
                f"Không thấy chuyên mục Xây dựng Đảng trong thực đơn; dùng mục “{offer.text}”."
            )
        return Listing(offer.text, offer.url, tree)
    visit.notes.append(
        "Không thấy chuyên mục Xây dựng Đảng; dùng trang chủ. Hãy thêm chuyên mục bằng tay nếu có."
    )
    return Listing("Trang chủ", home[1] if home else base, home or start, guessed=True)


def _section_name(root: HtmlElement, base: str, links: Sequence[Anchor]) -> str:
    """What the menu, the heading or the title calls a section page."""
    here = request_url(base)
    names = [a.text for a in links if a.url == here and 0 < len(a.text.split()) <= 9]
    named = max(names, key=_written, default=None)
    headings = (clean_line(h.text_content()) for h in root.iter("h1"))
    heading = next((h for h in headings if 0 < len(h) < 60), None)
    if named and heading and fold(heading) == fold(named):
        named = max(named, heading, key=_written)
    title = re.split(r" [|–-] ", clean_line(root.findtext(".//title") or ""))[0]
    return named or heading or title or "Chuyên mục"


def _written(name: str) -> tuple[bool, bool]:
    """How fully a name is written: menus drop accents, and shout."""
    return any(not c.isascii() for c in name), not name.isupper()


_HOME_NAME = re.compile(r"trang (chu|nhat|chinh)|home( ?page)?")
_HOME_PATH = re.compile(
    r"/*(?:(?:index|default|home|trang-?chu)(?:\.\w{2,5})?|vi|vn|vi-vn)?/?", re.IGNORECASE
)


def is_home_page(asked: str, root: HtmlElement, base: str) -> bool:
    """Whether an answer is the outlet's home page: by its address, by the one asked for, or as its links call it."""
    if urlsplit(asked).path in ("", "/") and not urlsplit(asked).query:
        return True
    parts = urlsplit(base)
    if not parts.query and _HOME_PATH.fullmatch(parts.path):
        return True
    here = request_url(base)
    return any(a.url == here and _HOME_NAME.fullmatch(fold(a.text)) for a in anchors(root, base))
