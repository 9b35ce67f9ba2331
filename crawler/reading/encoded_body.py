"""A body that is on the page but not as markup: base64, percent or entity encoding, JSON for a script to show."""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from lxml import etree
from lxml.etree import _Element as Element

from crawler.reading.markup import parse_fragment
from crawler.reading.tree import text_of
from crawler.text.letters import NATIVE
from crawler.text.normal import clean_line

ENOUGH = 400
"""Characters of prose a hidden body must have to be believed."""
MAX_SCRIPT = 3_000_000
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{400,}={0,2}")
_PERCENT = re.compile(r"(?:[\w.~*'()!-]|%[0-9A-Fa-f]{2}|%u[0-9A-Fa-f]{4}|[+/@]){400,}")
_UNICODE_ESCAPE = re.compile(r"%u([0-9A-Fa-f]{4})")
_JS_STRING = re.compile(
    r"\"((?:[^\"\\\n]|\\.){400,})\"|'((?:[^'\\\n]|\\.){400,})'|`((?:[^`\\]|\\.){400,})`", re.DOTALL
)
_TAG = re.compile(r"<(?:p|div|br|span|strong|h2|table|figure)\b", re.IGNORECASE)
_VIETNAMESE = re.compile(f"[{NATIVE}]", re.IGNORECASE)


_MARKUP = re.compile(r"<[^>]*>")
_TITLE_KEYS = "title headline name tieude newstitle articletitle"
_LEAD_KEYS = "sapo lead description summary excerpt tomtat intro abstract shortdescription subtitle"
_DATE_KEYS = (
    "publishedat publishdate publisheddate datepublished publishtime publishedtime publishon publishedon pubdate "
    "ngaydang distributiondate"
)
_JSON_KEYS = {
    "title": frozenset(_TITLE_KEYS.split()),
    "lead": frozenset(_LEAD_KEYS.split()),
    "date": frozenset(_DATE_KEYS.split()),
}
"""Keys beside a body, lower case without separators."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """A body found in another form."""

    markup: str
    where: str


def hidden_body(tree: Element, article_body: str | None) -> Hidden | None:
    """The longest body the page carries encoded, or None; `article_body` is JSON-LD's own text."""
    found = [h for h in _all(tree) if _prose(h.markup) >= ENOUGH]
    if found:
        return max(found, key=lambda h: _prose(h.markup))
    if article_body and len(article_body) >= ENOUGH:
        lines = [line for raw in re.split(r"\n+|\s{4,}", article_body) if (line := clean_line(raw))]
        return Hidden("".join(f"<p>{html.escape(line)}</p>" for line in lines), "JSON-LD articleBody")
    return None


def insert(tree: Element, hidden: Hidden) -> None:
    """Puts a hidden body at the end of the page, as markup to be read like any other."""
    fragment = parse_fragment(f"<html><body><div class='article-body'>{hidden.markup}</div></body></html>")
    body = tree.find("body")
    target = tree if body is None else body
    if fragment is None:
        return
    for element in fragment.iter("div"):
        target.append(element)
        return


def _all(tree: Element) -> Iterator[Hidden]:
    for element in tree.iter():
        tag = element.tag
        if not isinstance(tag, str):
            continue
        text = element.text or ""
        if tag == "script":
            if 400 <= len(text) <= MAX_SCRIPT and "ld+json" not in (element.get("type") or ""):
                yield from _in_script(text)
        elif tag in ("textarea", "xmp", "noscript", "template") and len(text) >= 400:
            if _TAG.search(text):
                yield Hidden(text, f"<{tag}>")
        elif len(text) >= 400 and (decoded := _decode(text.strip())):
            yield Hidden(decoded, f"encoded text of <{tag}>")
        elif "&lt;" in text or (len(text) > 400 and _TAG.search(text)):
            yield Hidden(html.unescape(text), f"escaped text of <{tag}>")
        for key, raw in element.attrib.items():
            name, text_value = str(key), str(raw)
            if len(text_value) < 400 or text_value.startswith("data:"):
                continue
            if "viewstate" not in (element.get("name") or "").lower():
                if decoded := _decode(text_value.strip()):
                    yield Hidden(decoded, f"attribute {name}")
                elif _TAG.search(text_value):
                    yield Hidden(text_value, f"attribute {name}")


def _in_script(text: str) -> Iterator[Hidden]:
    stripped = text.strip().rstrip(";")
    start = stripped.find("{")
    for candidate in (stripped, stripped[start:] if start >= 0 else ""):
        if candidate[:1] in ("{", "["):
            try:
                data = json.loads(candidate)
            except (ValueError, RecursionError):
                continue
            yield from _in_json(data)
            return
    for match in _JS_STRING.finditer(text):
        raw = match[1] or match[2] or match[3]
        value = _unescape_js(raw)
        if decoded := _decode(value.strip()):
            yield Hidden(decoded, "encoded string in a script")
        elif _TAG.search(value):
            yield Hidden(value, "string in a script")


def _in_json(data: Any) -> Iterator[Hidden]:
    stack = [data]
    budget = 200_000
    while stack and budget:
        budget -= 1
        item = stack.pop()
        if isinstance(item, dict):
            body = next(
                (v for v in item.values() if isinstance(v, str) and len(v) >= ENOUGH and _TAG.search(v)), None
            )
            if body is not None and (head := _head_of(item, body)):
                yield Hidden(f"{head}{body}", "JSON in a script")
                continue
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, str) and len(item) >= 400:
            if _TAG.search(item):
                yield Hidden(item, "JSON in a script")
            elif decoded := _decode(item.strip()):
                yield Hidden(decoded, "encoded JSON in a script")


def _head_of(item: dict[str, Any], body: str) -> str:
    """What stands beside a body in its JSON object, as markup: title, date and lead; empty where nothing does."""
    found: dict[str, str] = {}
    for key, value in item.items():
        name = re.sub(r"[^a-z]", "", str(key).lower())
        kind = next((kind for kind, names in _JSON_KEYS.items() if name in names), None)
        if kind and value and isinstance(value, str | int) and len(str(value)) < 1500 and value != body:
            found.setdefault(kind, clean_line(_MARKUP.sub(" ", html.unescape(str(value)))))
    parts = []
    if title := found.get("title"):
        parts.append(f"<h1>{html.escape(title)}</h1>")
    if moment := found.get("date"):
        parts.append(f'<time datetime="{html.escape(moment)}"></time>')
    if lead := found.get("lead"):
        parts.append(f'<p class="sapo">{html.escape(lead)}</p>')
    return "".join(parts)


def _unescape_js(raw: str) -> str:
    raw = re.sub(r"\\u([0-9A-Fa-f]{4})", lambda m: chr(int(m[1], 16)), raw)
    raw = re.sub(r"\\x([0-9A-Fa-f]{2})", lambda m: chr(int(m[1], 16)), raw)
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t", "r": ""}.get(m[1], m[1]), raw, flags=re.DOTALL)


def _decode(text: str) -> str | None:
    """Base64 or percent encoding of UTF-8 that reads as Vietnamese, once or twice over."""
    for _ in range(2):
        compact = re.sub(r"\s+", "", text)
        if _BASE64.fullmatch(compact):
            try:
                text = base64.b64decode(
                    compact.replace("-", "+").replace("_", "/") + "=" * (-len(compact) % 4), validate=True
                ).decode("utf-8")
            except (binascii.Error, ValueError):
                return None
        elif text.count("%") > 20 and _PERCENT.fullmatch(compact):
            text = unquote(_UNICODE_ESCAPE.sub(lambda m: chr(int(m[1], 16)), text), errors="replace")
        else:
            return None
        if len(_VIETNAMESE.findall(text[:2000])) >= 20:
            return text
    return None


def _prose(markup: str) -> int:
    """Vietnamese characters of text in markup; 0 where it does not read as Vietnamese."""
    if _TAG.search(markup) is None:
        text = markup
    else:
        fragment = parse_fragment(f"<div>{markup}</div>")
        if fragment is None:
            return 0
        etree.strip_elements(fragment, "script", "style", "a", with_tail=False)
        text = text_of(fragment)
    if 25 * len(_VIETNAMESE.findall(text)) < len(text):
        return 0
    return len(text)
