"""Pages as heavy as the press's own: stored pages of real outlets with an invented article in place of theirs.

    python bench/press_of_scale.py --frames ../shared/pages …

What stands around an article (menus, columns, scripts, data) decides what a reader of pages costs, and nobody
invents it as it is. The stored pages are read when the benchmark runs; nothing of them is part of the project. Of
each, the title, lead, body, author, caption, dates and the page's own address give way to those of an invented
article wherever they stand; everything else stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

import lxml.html

PLACES: Mapping[str, Mapping[str, str]] = {
    "baochinhphu.vn": {
        "container": "div.detail-content", "title": "h1.detail-title", "lead": "h2.detail-sapo",
        "published": "div.detail-time",
    },
    "baolaocai.vn": {
        "container": ".article__body", "title": "h1.article__title", "lead": ".article__sapo",
        "published": ".article__meta time.time", "authors": ".article__body .t1 .t2",
    },
    "cafef.vn": {
        "container": "div.detail-content", "title": "h1.title", "lead": "h2.sapo", "published": "span.pdate",
        "authors": "p.author",
    },
    "dantri.com.vn": {
        "container": "#desktop-in-article", "title": "article h1", "lead": "article h2", "published": "article time",
    },
    "hanoimoi.vn": {
        "container": ".b-maincontent .entry", "title": "h1.sc-longform-header-title",
        "lead": "p.sc-longform-header-sapo", "published": "span.sc-longform-header-date",
        "authors": "span.sc-longform-header-author",
    },
    "tuoitre.vn": {
        "container": "div.detail-content", "title": "h1.detail-title", "lead": "h2.detail-sapo",
        "published": "[data-role=publishdate]", "authors": ".detail-author-bot",
    },
    "vnexpress.net": {
        "container": "article.fck_detail", "title": "h1.title-detail", "lead": "p.description",
        "published": "span.date",
    },
    "znews.vn": {
        "container": "div.the-article-body", "title": "h1.the-article-title", "lead": "p.the-article-summary",
        "published": "li.the-article-publish", "authors": "p.author",
    },
}  # fmt: skip
"""Outlet of a stored page → where its parts stand: what its registry row would say."""

_FIELD = re.compile("\ue000([a-z]+)\ue001")
_PICTURE = '<figure><img src="/anh.jpg" alt=""><figcaption>\ue000caption\ue001</figcaption></figure>'
_MOMENT = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:(?:\+|&#x2B;)07:?00)?")
_FOREIGN_MOMENT = re.compile(r'(published_time" content=")\d{1,2}/\d{1,2}/\d{4} [\d:]+ [AP]M')


@dataclass(frozen=True, slots=True)
class Frame:
    """A page with places to fill."""

    outlet: str
    selectors: Mapping[str, str]
    parts: tuple[bytes, ...]
    """What stands as it is, and between each two of them a field's name."""

    def page(self, fields: Mapping[str, str]) -> bytes:
        """The page of an article; `fields` are title, lead, body, caption, author, seen, iso and address, in HTML."""
        known = {name.encode(): value.encode() for name, value in fields.items()}
        return b"".join(part if n % 2 == 0 else known[part] for n, part in enumerate(self.parts))


def frames_of(folder: Path) -> list[Frame]:
    """The frames of a folder's stored articles, by name; SystemExit where there are none."""
    found = [
        _frame(path, outlet)
        for outlet in sorted(PLACES)
        for path in sorted(folder.glob(f"{outlet}__article*.html"))
    ]
    if not found:
        raise SystemExit(f"{folder}: no stored article of {', '.join(sorted(PLACES))}")
    return found


def _frame(path: Path, outlet: str) -> Frame:
    places = PLACES[outlet]
    page = lxml.html.document_fromstring(path.read_bytes(), parser=lxml.html.HTMLParser(encoding="utf-8"))
    found = {name: page.cssselect(selector) for name, selector in places.items()}
    if missing := [name for name, elements in found.items() if not elements]:
        raise SystemExit(f"{path}: nothing at {', '.join(places[name] for name in missing)}")
    first = {name: elements[0] for name, elements in found.items()}
    old = {first[name].text_content().strip(): name for name in ("title", "lead")}
    for name, shown in (("title", "og:title"), ("lead", "og:description")):
        old |= {value.strip(): name for value in page.xpath("//meta[@property=$shown]/@content", shown=shown)}
    fields = {"title": "title", "lead": "lead", "published": "seen", "authors": "author"}
    for name in fields.keys() & first.keys():
        _fill(first[name], fields[name])
    container, kept = first["container"], {id(e) for name, e in first.items() if name != "container"}
    theirs = [child for child in container if not any(id(e) in kept for e in child.iter())]
    picture = lxml.html.fragment_fromstring(_PICTURE)
    picture.tail = _mark("body")
    container.insert(container.index(theirs[0]), picture)
    for child in theirs:
        container.remove(child)
    text = lxml.html.tostring(page, encoding="unicode", doctype="<!DOCTYPE html>")
    for address in page.xpath("//link[@rel='canonical']/@href"):
        text = text.replace(str(address), _mark("address"))
    for value, name in old.items():
        text = text.replace(escape(value), _mark(name)).replace(value, _mark(name))
    text = _FOREIGN_MOMENT.sub(rf"\1{_mark('iso')}", _MOMENT.sub(_mark("iso"), text))
    return Frame(outlet, places, tuple(part.encode() for part in _FIELD.split(text)))


def _fill(element: lxml.html.HtmlElement, field: str) -> None:
    for child in list(element):
        element.remove(child)
    element.text = _mark(field)


def _mark(field: str) -> str:
    return f"\ue000{field}\ue001"
