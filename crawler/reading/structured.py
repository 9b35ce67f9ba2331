"""What a page says about itself for machines: JSON-LD, meta tags, microdata. Claims, each with where it stood."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree
from lxml.etree import _Element as Element

from crawler.reading.loose_json import read_json
from crawler.reading.tree import attributes_of, found, text_of
from crawler.text.normal import clean_line
from crawler.text.plain import plain

MAX_JSON = 2_000_000
"""Largest JSON-LD block read, in characters."""
_ARTICLE = re.compile(
    r"(?:News|Reportage|Analysis|Opinion|Background|Review|Social|Blog|Live|Scholarly|Tech)?(?:Article|Posting|BlogPosting)$|^(?:Report|Interview|VideoObject|ImageGallery|CreativeWork|WebPage|MediaGallery)$"
)
_STRONG = re.compile(r"(?:Article|Posting)$|^(?:Report|Interview)$")
_DATED = etree.XPath("descendant-or-self::*/@itemprop[starts-with(., 'date')]/..")
_BODIES = frozenset(("Organization", "NewsMediaOrganization", "WebSite", "Corporation"))


@dataclass(frozen=True, slots=True)
class Claims:
    """The page's claims about its article; None or empty where it makes none."""

    headline: str | None = None
    og_title: str | None = None
    title_tag: str | None = None
    description: str | None = None
    site_names: tuple[str, ...] = ()
    """Publisher, og:site_name and the like: never authors."""
    section: str | None = None
    authors: tuple[str, ...] = ()
    """JSON-LD persons of the article's own node."""
    meta_authors: tuple[str, ...] = ()
    dates: tuple[tuple[str, str, str], ...] = ()
    """(value, origin, where) of each published or modified date; `where` ends in the key."""
    canonical: str | None = None
    body: str | None = None
    """`articleBody` of the article's own node."""
    kinds: frozenset[str] = frozenset()
    images: tuple[str, ...] = ()
    language: str | None = None
    base: str | None = None
    """`<base href>`: what relative addresses stand against."""
    notes: tuple[str, ...] = ()
    """What of the structured data had to be mended."""


def claims(tree: Element, url: str) -> Claims:
    """Everything structured the page claims; malformed blocks are passed over (each claim is optional)."""
    told: dict[str, list[Element]] = {"meta": [], "link": [], "title": [], "script": [], "base": []}
    for element in tree.iter(*told):
        told[element.tag].append(element)
    attributes = [attributes_of(meta) for meta in told["meta"]]
    metas = _metas(attributes)
    title_tag = clean_line(text_of(told["title"][0])) if told["title"] else None
    notes: list[str] = []
    nodes = list(_nodes(told["script"], notes))
    node = _own_node(nodes, url, metas.get("og:title") or title_tag or "")
    names = [
        metas.get(k)
        for k in ("og:site_name", "application-name", "al:android:app_name", "copyright", "dc.publisher")
    ]
    for other in nodes:
        if _types(other) & _BODIES:
            names.append(_name(other))
        names.append(_name(other.get("publisher")))
    dates = [*_ld_dates(node), *_meta_dates(attributes), *_microdata_dates(tree)]
    links = (e.get("href") for e in told["link"] if (e.get("rel") or "").lower() == "canonical")
    canonical = next((href.strip() for href in links if href), None) or metas.get("og:url")
    return Claims(
        headline=_text(node.get("headline") or (node.get("name") if _strong(node) else None)),
        og_title=_text(metas.get("og:title") or metas.get("twitter:title")),
        title_tag=title_tag or None,
        description=_text(
            metas.get("og:description") or metas.get("description") or metas.get("twitter:description")
        ),
        site_names=tuple(dict.fromkeys(n for raw in names if (n := _text(raw)))),
        section=_text(metas.get("article:section")) or _text(node.get("articleSection")),
        authors=tuple(_people(node.get("author"))) or tuple(_people(node.get("creator"))),
        meta_authors=tuple(
            n
            for k in ("article:author", "author", "dc.creator", "dable:author", "sailthru.author", "byl")
            if (n := _text(metas.get(k))) and not n.startswith("http")
        ),
        dates=tuple(dates),
        canonical=canonical or None,
        body=_text_block(node.get("articleBody")),
        kinds=frozenset(k for n in nodes for k in _types(n))
        | ({metas["og:type"]} if "og:type" in metas else set()),
        images=tuple(_images(node, metas)),
        base=next((href for e in told["base"] if (href := (e.get("href") or "").strip())), None),
        notes=tuple(dict.fromkeys(notes)),
        language=(tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or None),
    )


def _metas(attributes: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """First non-empty value of each meta name or property, lower case; `attributes` are those of each meta tag."""
    found: dict[str, str] = {}
    for meta in attributes:
        key = meta.get("property") or meta.get("name") or meta.get("itemprop")
        value = meta.get("content") or meta.get("value")
        if key and value and value.strip():
            found.setdefault(key.strip().lower(), value.strip())
    return found


def _nodes(scripts: Iterable[Element], notes: list[str]) -> Iterator[dict[str, Any]]:
    """Every JSON-LD object that has a type, depth first in page order, also inside @graph and lists.

    What had to be mended is told in `notes`.
    """
    for script in scripts:
        if (
            "ld+json" not in (script.get("type") or "").lower()
            or not script.text
            or len(script.text) > MAX_JSON
        ):
            continue
        values, mended = read_json(script.text)
        if mended:
            notes.append(f"JSON-LD {mended}")
        stack: list[Any] = values[::-1]
        budget = 5000
        while stack and budget:
            budget -= 1
            item = stack.pop()
            if isinstance(item, list):
                stack.extend(reversed(item))
            elif isinstance(item, dict):
                if "@type" in item:
                    yield item
                stack.extend(
                    v
                    for k in ("mainEntity", "@graph", "liveBlogUpdate")
                    if isinstance(v := item.get(k), list | dict) and k != "liveBlogUpdate"
                )


def _own_node(nodes: list[dict[str, Any]], url: str, title: str) -> dict[str, Any]:
    """The node about this page: its address or headline agrees; with a single article node, that one."""
    articles = [n for n in nodes if any(_ARTICLE.search(t) for t in _types(n))]
    if len(articles) < 2:
        return articles[0] if articles else {}
    key = plain(title)

    def rank(position: int) -> tuple[int, int, int, int]:
        node = articles[position]
        headline = plain(_text(node.get("headline") or node.get("name")) or "")
        same_title = bool(headline and key) and (
            headline in key or key in headline or _overlap(headline, key) > 0.75
        )
        address = _address(node)
        same_url = bool(address) and _path(address) == _path(url)
        other = bool(address) and not same_url and _path(address).strip("/") != ""
        return (
            2 * same_url + same_title - other,
            int(_strong(node)),
            int("datePublished" in node),
            -position,
        )

    best = max(range(len(articles)), key=rank)
    return {} if rank(best)[0] < 0 else articles[best]


def _address(node: dict[str, Any]) -> str:
    for key in ("mainEntityOfPage", "url", "@id"):
        value = node.get(key)
        if isinstance(value, dict):
            value = value.get("@id") or value.get("url")
        if isinstance(value, str) and value.startswith(("http", "/")):
            return value
    return ""


def _path(url: str) -> str:
    return re.sub(r"^https?://[^/]*|[?#].*$", "", url.strip()).rstrip("/") or "/"


def _overlap(one: str, two: str) -> float:
    a, b = set(one.split()), set(two.split())
    return len(a & b) / max(1, min(len(a), len(b)))


def _strong(node: dict[str, Any]) -> bool:
    return any(_STRONG.search(t) for t in _types(node))


def _types(node: Any) -> set[str]:
    kind = node.get("@type") if isinstance(node, dict) else None
    kinds = kind if isinstance(kind, list) else [kind]
    return {k.rpartition("/")[2] for k in kinds if isinstance(k, str)}


def _name(value: Any) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("name")
    return value if isinstance(value, str) else None


def _people(value: Any) -> Iterator[str]:
    """Names of persons; an organisation is no author."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            if _types(item) & _BODIES:
                continue
            item = item.get("name")
            if isinstance(item, list):
                yield from _people(item)
                continue
        if isinstance(item, str) and (name := _text(item)) and not name.startswith("http"):
            yield name


def _text(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    return clean_line(html.unescape(value))[:1000] or None


def _text_block(value: Any) -> str | None:
    return html.unescape(value) if isinstance(value, str) and len(value) > 200 else None


def _images(node: dict[str, Any], metas: dict[str, str]) -> Iterator[str]:
    value = node.get("image")
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            item = item.get("url")
        if isinstance(item, str) and item.strip():
            yield item.strip()
    if "og:image" in metas:
        yield metas["og:image"]


_PUBLISHED_KEYS = {
    "article:published_time", "article:published", "og:article:published_time", "og:published_time",
    "published_time", "pubdate", "publishdate", "publish-date", "publish_date", "publication_date",
    "publicationdate", "datepublished", "date", "dc.date", "dc.date.issued", "dcterms.issued",
    "dcterms.date", "dcterms.created", "dc.date.created", "dc.created", "sailthru.date", "parsely-pub-date",
    "article.published", "article_date_original", "article:post_date", "datecreated", "created",
    "createdate", "created_time", "date_published", "originalpublicationdate", "rnews:datepublished",
    "cxenseparse:recs:publishtime", "article.created", "bt:pubdate", "published", "release_date",
    "pub_date", "publishtime",
}  # fmt: skip
_MODIFIED_KEYS = {
    "article:modified_time", "og:updated_time", "article:modified", "datemodified", "lastmod",
    "last-modified", "modified", "dcterms.modified", "dc.date.modified", "article:updated", "updated_time",
    "date_modified", "revised", "lastupdate",
}  # fmt: skip


def _ld_dates(node: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for key in ("datePublished", "dateCreated", "uploadDate", "dateModified"):
        value = node.get(key)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, str) and value.strip():
            yield value.strip()[:60], "json-ld", key


def _meta_dates(attributes: Iterable[Mapping[str, str]]) -> Iterator[tuple[str, str, str]]:
    for meta in attributes:
        value = meta.get("content") or meta.get("datetime") or meta.get("value")
        if not value or not value.strip():
            continue
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            if not (name := meta.get(attribute)):
                continue
            key = name.strip().lower()
            # Microdata inside the body may belong to a related item; it is a claim of its own place, judged elsewhere.
            if key in _PUBLISHED_KEYS:
                yield value.strip()[:60], "meta", f"{key}"
                break
            if key in _MODIFIED_KEYS:
                yield value.strip()[:60], "meta", f"{key} (modified)"
                break


def _microdata_dates(tree: Element) -> Iterator[tuple[str, str, str]]:
    for element in found(_DATED, tree):
        key = element.get("itemprop") or ""
        value = element.get("content") or element.get("datetime")
        if (
            element.tag == "meta"
            or key not in ("datePublished", "dateModified")
            or not value
            or not value.strip()
        ):
            continue
        yield (
            value.strip()[:60],
            "meta",
            f"itemprop {key.lower()}{' (modified)' if key == 'dateModified' else ''}",
        )
