"""Bytes as they came → one parsed tree, whatever the server said about them.

Decides the encoding by evidence (byte-order mark, validity as UTF-8, declaration, Vietnamese letters), undoes a
gzip body that was saved undecoded, and keeps hostile input within bounds of time and memory: every body either
becomes a tree or a named disposition.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
import zlib
from dataclasses import dataclass

from lxml import etree
from lxml.etree import HTMLParser
from lxml.etree import _Element as Element
from lxml.html import HTMLParser as RichParser

from crawler.article import Disposition, NoArticle
from crawler.text.normal import stream_safe

MAX_BYTES = 8_000_000
"""Largest body read, also after gunzip. The largest page of the reference set has 0.6 MB; 8 MB parse in 0.2 s."""
MAX_TAGS = 200_000
"""Most tags read. The richest page of the reference set has 6,000."""
MAX_ATTRIBUTES = 400
"""Most `=` in one tag over 16 KB: libxml2 compares each attribute with all before it (quadratic time)."""

_NOT_HTML = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"PK\x03\x04",
    b"RIFF",
    b"\xd0\xcf\x11\xe0",
    b"OggS",
)
_NOT_HTML_TYPES = ("application/pdf", "image/", "audio/", "video/", "application/zip", "application/msword")
_FEED = re.compile(rb"<(?:rss|feed|urlset|sitemapindex|rdf:RDF)\b", re.IGNORECASE)
_FEED_OR_PAGE = re.compile(rb"<(?:rss|feed|urlset|sitemapindex|rdf:RDF|html|head|body|div)\b", re.IGNORECASE)
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.I)
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{2,40})", re.I)
_LONG_TAG = re.compile(rb"<[a-zA-Z][\w:-]*[^<>]{16384,}")
# Letters in both cases spelled out: with re.IGNORECASE the search loses its literal "<" and takes five times as long.
_SKELETON = re.compile(rb"<(/?)([hH][tT][mM][lL]|[bB][oO][dD][yY])(?=[\s>/])[^<>]{0,4000}>")
_CODE = re.compile(rb"<(!--|(?:[sS][cC][rR][iI][pP][tT]|[sS][tT][yY][lL][eE]|[sS][vV][gG])(?=[\s>]))")
_CLOSING = {
    b"script": re.compile(rb"</[sS][cC][rR][iI][pP][tT]\s*>"),
    b"style": re.compile(rb"</[sS][tT][yY][lL][eE]\s*>"),
    b"svg": re.compile(rb"</[sS][vV][gG]\s*>"),
}
_BODY_TAGS = re.compile(rb"<(?:html|body|div|p|table|td|meta|title|head|br|span)\b", re.I)
_CONTROLS_TO_SPACE = bytes(32 if c < 32 and c not in (9, 10, 13) else c for c in range(256))
_SINGLE_BYTE = ("cp1258", "cp1252")
_VIETNAMESE = frozenset("ăâđêôơưĂÂĐÊÔƠƯ") | {chr(c) for c in range(0x1EA0, 0x1EFA)}
_MOJIBAKE = re.compile(r"Ã[\x80-\xbf¡-¿]|á[ºƒ»][\x80-\xbf\u00a0-\u00bf\u2013-\u2122]|Æ[°¡]|Ä[‘ƒ]")


@dataclass(frozen=True, slots=True)
class Markup:
    """A page's tree and what had to be done to get it."""

    tree: Element
    encoding: str
    notes: tuple[str, ...] = ()


def parse(
    body: bytes, content_type: str | None = None, *, rich: bool = False, lean: bool = False
) -> Markup | NoArticle:
    """The tree of a body, or the disposition of one that has none; raises for nothing.

    `rich` makes lxml.html's own elements (`text_content`, `cssselect`), for listings; articles are read without.
    `lean` leaves comments, styles, drawings and scripts other than JSON-LD out before parsing.
    """
    notes: list[str] = []
    if body[:2] == b"\x1f\x8b":
        inflated = _gunzip(body)
        if inflated is None:
            return NoArticle(Disposition.UNREADABLE, "a gzip body that cannot be decoded")
        body = inflated
        notes.append("body was gzip, saved undecoded")
    if len(body) > MAX_BYTES:
        return NoArticle(Disposition.TOO_LARGE, f"more than {MAX_BYTES:,} bytes")
    if refused := _not_html(body, content_type):
        return NoArticle(Disposition.NOT_HTML, refused)
    if not body or body.isspace():
        return NoArticle(Disposition.EMPTY_SHELL, "an empty body")
    data, encoding = to_utf8(_without_code(body) if lean and b"\0" not in body[:400] else body, content_type)
    if encoding != "utf-8":
        notes.append(f"read as {encoding}")
    if len(data) > MAX_TAGS and data.count(b"<") > MAX_TAGS:
        return NoArticle(Disposition.TOO_LARGE, f"more than {MAX_TAGS:,} tags")
    data = _one_skeleton(data.translate(_CONTROLS_TO_SPACE))
    if _has_long_tag(data):
        data = _LONG_TAG.sub(_bounded_tag, data)
    tree = parse_fragment(data, rich=rich)
    if tree is None:
        return NoArticle(Disposition.UNREADABLE, "no element could be parsed")
    return Markup(tree, encoding, tuple(notes))


def _one_skeleton(data: bytes) -> bytes:
    """A page without the ends of html and body, and without any but the first beginning of them.

    libxml2 stops at the first `</html>`, wherever a template put it, and takes what follows a second `<html>` for
    nothing; a page ends where its bytes end.
    """
    seen: set[bytes] = set()

    def once(match: re.Match[bytes]) -> bytes:
        name = match[2].lower()
        if match[1] or name in seen:
            return b""
        seen.add(name)
        return match[0]

    return _SKELETON.sub(once, data)


def parse_fragment(data: bytes | str, *, rich: bool = False) -> Element | None:
    """The tree of UTF-8 markup, comments dropped; None where libxml2 finds no element at all."""
    if isinstance(data, str):
        data = data.encode("utf-8", "surrogatepass").decode("utf-8", "replace").encode()
    # Plain elements: lxml.html's own class costs a Python call for each element that is touched.
    # huge_tree stays off: libxml2 then caps depth (256) and the length of one text, so hostile nesting is cut short.
    # No table of ids: nobody asks for one, and it takes a quarter of the parse.
    make = RichParser if rich else HTMLParser
    parser = make(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=False, collect_ids=False)
    try:
        tree = etree.fromstring(data, parser)
    except etree.LxmlError:
        return None
    return tree


def _without_code(body: bytes) -> bytes:
    """A page without comments, styles, drawings and scripts other than JSON-LD: half of most pages, never text.

    Works on bytes of any encoding that writes ASCII as ASCII. A comment that is never closed ends with its first `>`,
    other code that is not closed is left as it is.
    """
    kept: list[bytes] = []
    position = 0
    comments = _Comments(body)
    while match := _CODE.search(body, position):
        kind = match[1].lower()
        if kind == b"!--":
            end, after = comments.end(match.end())
        else:
            opened = body.find(b">", match.end())
            if opened < 0:
                break
            closing = _CLOSING[kind].search(body, opened)
            end, after = (closing.start(), closing.end()) if closing else (-1, -1)
            if end >= 0 and b"json" in body[match.start() : opened].lower():
                kept.append(body[position:after])
                position = after
                continue
        if end < 0:
            break
        kept.append(body[position : match.start()])
        position = after
    kept.append(body[position:])
    return b"".join(kept)


class _Comments:
    """Where comments end. What is not found behind one place is not looked for behind a later one."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._plain = self._bang = True
        """Whether such a mark may stand further on."""

    def end(self, start: int) -> tuple[int, int]:
        """Where the words of a comment end and what follows it begins; (-1, -1) where nothing closes it at all."""
        body = self._body
        if body.startswith((b">", b"->"), start):  # `<!-->` and `<!--->` are whole
            return start, body.find(b">", start) + 1
        plain = body.find(b"-->", start) if self._plain else -1
        self._plain = plain >= 0
        bang = body.find(b"--!>", start, plain if plain >= 0 else len(body)) if self._bang else -1
        self._bang = bang >= 0 or plain >= 0
        if bang >= 0:
            return bang, bang + 4
        if plain >= 0:
            return plain, plain + 3
        end = body.find(b">", start)
        return (end, end + 1) if end >= 0 else (-1, -1)


def to_utf8(body: bytes, content_type: str | None = None) -> tuple[bytes, str]:
    """The body as UTF-8 and the encoding it was read as: evidence first, declarations second."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if body.startswith(mark):
            rest = body[len(mark) :]
            return (rest if name == "utf-8" else rest.decode(name, "replace").encode()), name
    if (wide := _bare_utf16(body)) is not None:
        return body.decode(wide, "replace").encode(), wide
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        return _legacy(body, error, content_type)
    # "á»" and "áº" are what every second Vietnamese vowel becomes. A vowel that is written as it should be cannot have
    # been encoded twice, and 0xE1, which most begin with, is found at once where there is one.
    if (
        b"\xe1" not in body
        and (b"\xc3\xa1\xc2\xbb" in body or b"\xc3\xa1\xc2\xba" in body)
        and (mended := _undo_double_encoding(text)) is not None
    ):
        return mended.encode(), "utf-8 encoded twice"
    return body, "utf-8"


def _legacy(body: bytes, error: UnicodeDecodeError, content_type: str | None) -> tuple[bytes, str]:
    """Bytes that are no UTF-8: a single-byte code page of Vietnamese, or UTF-8 with broken bytes in it."""
    sample = body[:200_000].decode("utf-8", "replace")
    broken = sample.count("\ufffd")
    sound = sum(1 for c in sample if c in _VIETNAMESE)
    if sound > 4 * broken or (error.start > len(body) - 8 and sound):
        return body.decode("utf-8", "replace").encode(), "utf-8 with broken bytes"
    declared = _declared(body, content_type)
    best: tuple[int, str, str] | None = None
    for name in dict.fromkeys((*([declared] if declared else []), *_SINGLE_BYTE)):
        if name.startswith(("utf-8", "utf8", "utf-16", "utf16", "utf-32", "utf32")):
            continue
        text = unicodedata.normalize("NFC", stream_safe(body.decode(name, "replace")))
        letters = sum(1 for c in text if c in _VIETNAMESE) - 4 * text.count("\ufffd")
        if best is None or letters > best[0]:
            best = (letters, text, name)
    if best is None:
        return body.decode("utf-8", "replace").encode(), "utf-8 with broken bytes"
    return best[1].encode(), best[2]


def _declared(body: bytes, content_type: str | None) -> str | None:
    """The declared charset when Python knows it as a text encoding: header first, then meta."""
    names = []
    if content_type and (match := _HEADER_CHARSET.search(content_type)):
        names.append(match[1])
    if meta := _CHARSET.search(body[:4096]):
        names.append(meta[1].decode("ascii", "replace"))
    for name in names:
        try:
            info = codecs.lookup(name)
        except LookupError:
            continue
        if info._is_text_encoding:
            return info.name
    return None


def _bare_utf16(body: bytes) -> str | None:
    """UTF-16 without a mark: every second byte of the ASCII markup is NUL."""
    head = body[:400]
    if len(head) < 16 or head.count(0) < len(head) // 4:
        return None
    return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"


def _undo_double_encoding(text: str) -> str | None:
    """UTF-8 that was taken for Windows-1252 and encoded again; None where it does not come out clean."""
    if len(_MOJIBAKE.findall(text[:100_000])) < 20:
        return None
    raw = bytearray()
    for char in text:
        code = ord(char)
        if code < 0x100:
            raw.append(code)
            continue
        try:
            raw += char.encode("cp1252")
        except UnicodeEncodeError:
            return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _gunzip(body: bytes) -> bytes | None:
    """The inflated body, at most one byte over the bound; a cut-off stream gives what it holds."""
    try:
        return zlib.decompressobj(31).decompress(body, MAX_BYTES + 1) or None
    except zlib.error:
        return None


def _not_html(body: bytes, content_type: str | None) -> str | None:
    """Why this cannot be an article page, or None."""
    start = body[:16].lstrip()
    if start.startswith(_NOT_HTML):
        return f"begins with {start[:4]!r}"
    # Saved out of a browser, a feed begins with the browser's notice about it.
    if (first := _FEED_OR_PAGE.search(body, 0, 4000)) and _FEED.match(first[0]):
        return "a feed or sitemap"
    kind = (content_type or "").partition(";")[0].strip().lower()
    odd = kind.startswith(_NOT_HTML_TYPES)
    if (odd or start[:1] in (b"{", b"[")) and not _BODY_TAGS.search(body, 0, 100_000):
        return f"Content-Type {kind}" if odd else "JSON"
    return None


def _has_long_tag(data: bytes) -> bool:
    """Whether a `<` is followed by 16 KB without `>`."""
    # Such a stretch holds a whole half of its length without ">", wherever the halves are cut.
    if all(data.find(b">", start, start + 8192) >= 0 for start in range(0, len(data), 8192)):
        return False
    return any(part.find(b">", 0, 16384) < 0 for part in data.split(b"<") if len(part) > 16384)


def _bounded_tag(match: re.Match[bytes]) -> bytes:
    """A tag of many attributes without them; one with a few long values (an inlined image) as it is."""
    tag = match[0]
    if tag.count(b"=") <= MAX_ATTRIBUTES and len(tag.split(None, MAX_ATTRIBUTES)) <= MAX_ATTRIBUTES:
        return tag
    return tag.split(None, 1)[0]
