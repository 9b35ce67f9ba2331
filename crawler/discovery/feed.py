"""Feeds and sitemaps as they are: text before the first tag, HTML entities, relative links, gzip, bombs.

Everything is repaired as text first and parsed once with libxml2's recovery; entities are never expanded and
nothing is loaded. What is no feed gives no links; `why_no_feed` says what it was instead.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from lxml import etree

from crawler.dates.machine import month_first, parse_feed_date
from crawler.discovery.link import Link, decoded, distinct, unpacked
from crawler.text.normal import clean_line
from crawler.urls import request_url, site_host

_ROOT = re.compile(r"<(?:\w+:)?(rss|feed|rdf|urlset|sitemapindex|channel)\b", re.IGNORECASE)
_ENTITY = re.compile(r"<!ENTITY", re.IGNORECASE)
_AMP = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)(?:(\w{2,31});)?")
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_TAG = re.compile(r"<[^<>]{1,2000}>")
_DATES = ("pubdate", "published", "dc date", "atom published", "updated", "atom updated")
_MAX_TITLE = 400
"""Characters; a longer "title" is a body."""


def links_from_feed(body: bytes, base_url: str) -> list[Link]:
    """The items of an RSS, RDF or Atom feed in their order; an empty list where the body is no feed.

    Relative links are resolved against `xml:base`, then the channel's own link, then `base_url`.
    """
    root = _parsed(body, ("rss", "feed", "rdf", "channel"))
    if root is None:
        return []
    base = _feed_base(root, base_url)
    items = [e for e in root.iter() if _name(e) in ("item", "entry")]
    printed = [_child_text(item, *_DATES) for item in items]
    us = month_first(printed)
    links = []
    for item, when in zip(items, printed, strict=True):
        url = request_url(_item_link(item) or "", base)
        if url:
            title = _title(_child_text(item, "title"))
            links.append(Link(url, title, parse_feed_date(when, month_first=us)))
    return distinct(links)


def links_from_sitemap(body: bytes, base_url: str) -> tuple[list[Link], list[str]]:
    """Pages and child sitemaps of a sitemap, sitemap index, gzip of either, or a text file of addresses.

    `published` comes from the news namespace only; `lastmod` is `modified`.
    """
    body = unpacked(body)
    root = _parsed(body, ("urlset", "sitemapindex"))
    if root is None:
        return _links_from_lines(body, base_url), []
    links: list[Link] = []
    children: list[str] = []
    for element in root.iter():
        if _name(element) not in ("url", "sitemap"):
            continue
        url = request_url(_child_text(element, "loc") or "", base_url)
        if url is None:
            continue
        if _name(element) == "sitemap":
            children.append(url)
            continue
        own = _namespace(element)
        news = {_said(e, own): e for e in element.iter() if _said(e, own).startswith("news ")}
        links.append(
            Link(
                url,
                _title(_text(news.get("news title"))),
                parse_feed_date(_text(news.get("news publication_date"))),
                parse_feed_date(_child_text(element, "lastmod")),
            )
        )
    return distinct(links), list(dict.fromkeys(children))


def newest_sitemaps(children: list[str], now: datetime, *, most: int = 3) -> list[str]:
    """Of an index's children those that hold what is new: a news sitemap, else the latest by their names.

    Months are read from names such as `news-2026-3.xml` or `sitemap-202603.xml`; a later month than `now` is
    no month. Children that list sections, topics, tags, authors, images or videos are left out; where no name
    tells anything, the first and the last `most` are returned.
    """
    pages = [c for c in children if not _NOT_PAGES.search(urlsplit(c).path)]
    news = [c for c in pages if _NEWS.search(urlsplit(c).path)]
    if news:
        return news[:most]
    dated = {c: month for c in pages if (month := sitemap_month(c)) and month <= (now.year, now.month)}
    if dated:
        return sorted(dated, key=lambda c: (dated[c], c), reverse=True)[:most]
    return list(dict.fromkeys([*pages[:most], *pages[-most:]]))


_NOT_PAGES = re.compile(r"categor|cate\b|topic|tag|author|image|video|event|section", re.IGNORECASE)
_NEWS = re.compile(r"google-?news|news-?sitemap|sitemap-?news|la(?:te|s)st|daily|moi-nhat", re.IGNORECASE)
_MONTH = re.compile(
    r"(?<!\d)(20\d\d)[-_/.]?(0?[1-9]|1[0-2])(?!\d)|(?<!\d)(20\d\d)(0[1-9]|1[0-2])([0-3]\d)(?!\d)"
)


def sitemap_month(url: str) -> tuple[int, int] | None:
    """The (year, month) that a child sitemap's name tells, or None.

    >>> sitemap_month("https://bao.example/sitemaps/news-2026-3.xml")
    (2026, 3)
    """
    found = _MONTH.search(urlsplit(url).path)
    if not found:
        return None
    return (int(found[1] or found[3]), int(found[2] or found[4]))


def why_no_feed(body: bytes) -> str | None:
    """What stands where a feed or sitemap was expected; None where it is one."""
    text = decoded(unpacked(body))
    if not text.strip():
        return "empty"
    if _ENTITY.search(text):
        return "declares entities (refused: XML bomb)"
    if _ROOT.search(text):
        return None if _parsed(body, None) is not None else "broken XML"
    return "a web page" if re.search(r"<html|<body", text[:5000], re.IGNORECASE) else "no feed"


def _parsed(body: bytes, roots: tuple[str, ...] | None) -> etree._Element | None:
    """The root element after repair; None where there is none, or where entities are declared.

    The text begins at the root, so that no DOCTYPE reaches the parser at all.
    """
    text = decoded(unpacked(body))
    found = _ROOT.search(text)
    if not found or _ENTITY.search(text) or (roots is not None and found[1].lower() not in roots):
        return None
    repaired = _with_entities_repaired(_NO_XML.sub("", text[found.start() :]))
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    try:
        return etree.fromstring(repaired.encode("utf-8"), parser)
    except etree.XMLSyntaxError:
        return None


def _with_entities_repaired(text: str) -> str:
    """A text in which every ampersand outside CDATA sections begins an entity of XML."""
    kept: list[str] = []
    done = 0
    while (start := text.find("<![CDATA[", done)) >= 0 and (end := text.find("]]>", start)) >= 0:
        kept += [_AMP.sub(_repair_entity, text[done:start]), text[start : end + 3]]
        done = end + 3
    return "".join((*kept, _AMP.sub(_repair_entity, text[done:])))


def _repair_entity(match: re.Match[str]) -> str:
    """A named HTML entity as its character, any other ampersand as itself."""
    if match[1]:
        char = html.unescape(match.group())
        if char != match.group():
            return char if char not in ("&", "<") else f"&#{ord(char)};"
    return "&amp;" + match.group()[1:]


def _name(element: etree._Element) -> str:
    """The local name in lower case; empty for comments."""
    return element.tag.rsplit("}", 1)[-1].lower() if isinstance(element.tag, str) else ""


_VOCABULARIES = {
    "sitemap-news": "news", "purl.org/dc/": "dc", "2005/atom": "atom", "purl.org/atom": "atom",
    "feedburner": "feedburner",
}  # fmt: skip
"""Vocabularies whose words are the article's, by a part of their namespace."""


def _namespace(element: etree._Element) -> str:
    return element.tag[1:].partition("}")[0] if element.tag.startswith("{") else ""


def _said(element: etree._Element, own: str) -> str:
    """What an element is called within an item whose namespace is `own`; "other" before a foreign vocabulary's word.

    A prefix that a feed forgot to declare tells the vocabulary as well.
    """
    if not isinstance(element.tag, str):
        return ""
    name, space = _name(element), _namespace(element)
    prefix, colon, local = name.partition(":")
    if colon:
        return f"{prefix if prefix in _VOCABULARIES.values() else 'other'} {local}"
    if space in ("", own):
        return name
    known = next((word for part, word in _VOCABULARIES.items() if part in space.lower()), "other")
    return f"{known} {name}"


def _text(element: etree._Element | None) -> str | None:
    if element is None:
        return None
    return "".join(str(part) for part in element.itertext()).strip() or None


def _child_text(element: etree._Element, *names: str) -> str | None:
    """The text of the first child with one of the names, the names in order of trust.

    A name is the item's own vocabulary's; of another one it is told with that ("dc date"): an image's title inside an
    item is not the article's.
    """
    texts: dict[str, str] = {}
    own = _namespace(element)
    for child in element:
        if (name := _said(child, own)) in names and name not in texts and (text := _text(child)):
            texts[name] = text
    return next((texts[name] for name in names if name in texts), None)


def _item_link(item: etree._Element) -> str | None:
    """An item's address: the original behind a proxy, the link, a permanent id."""
    if original := _child_text(item, "feedburner origlink", "origlink"):
        return original
    own = _namespace(item)
    for child in item:
        if _said(child, own) in ("link", "atom link"):
            href = child.get("href")
            if href and child.get("rel", "alternate") == "alternate":
                return href
            if text := _text(child):
                return text
    for child in item:
        if _said(child, own) in ("guid", "id") and (text := _text(child)) and "//" in text:
            return text if child.get("isPermaLink", "true").lower() != "false" else None
    return item.get("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about")


def _feed_base(root: etree._Element, base_url: str) -> str:
    declared = root.get("{http://www.w3.org/XML/1998/namespace}base")
    if declared:
        return urljoin(base_url, declared.strip())
    for url in _channel_links(root):
        own = urlsplit(urljoin(base_url, url.strip()))
        if own.scheme in ("http", "https") and site_host(own.netloc) == site_host(urlsplit(base_url).netloc):
            return own.geturl() if own.path else own.geturl() + "/"
    return base_url


def _channel_links(root: etree._Element) -> Iterator[str]:
    for parent in (root, *(e for e in root if _name(e) == "channel")):
        for child in parent:
            if _name(child) == "link" and child.get("rel", "alternate") == "alternate":
                yield child.get("href") or _text(child) or ""


def _title(text: str | None) -> str | None:
    """A title without markup; feeds escape once, twice, or put tags into CDATA."""
    if not text:
        return None
    line = clean_line(html.unescape(_TAG.sub(" ", html.unescape(text))))
    return line if line and len(line) <= _MAX_TITLE else None


def _links_from_lines(body: bytes, base_url: str) -> list[Link]:
    """A text sitemap: one address per line, nothing else (so that a web page is none)."""
    lines = [line.strip() for line in decoded(body).splitlines() if line.strip()]
    if not lines or not all(re.match(r"https?://\S+$", line, re.IGNORECASE) for line in lines[:50]):
        return []
    return distinct(Link(url) for line in lines if (url := request_url(line, base_url)))
