"""Where a picture really is: `src`, or what one of the libraries that load it late will put there.

Names as lazysizes, vanilla-lazyload, lozad, jQuery's lazyload, Lozad, a3 and WP Rocket, Jetpack, AMP and the editors of
Vietnamese CMS write them. What stands in `src` meanwhile (a data: address, spacer.gif, loading.svg) is no picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from lxml import etree
from lxml.etree import _Element as Element

from crawler.reading.tree import PICTURES, attributes_of, letters_of

_LATE = (
    "data-src", "data-original", "data-lazy-src", "data-lazy", "data-lazyload", "data-ll-src", "data-actualsrc",
    "data-real-src", "data-echo", "data-url", "data-image", "data-img", "data-img-src", "data-full", "data-hi-res-src",
    "data-original-src", "data-cfsrc", "data-pin-media", "data-orig-file", "data-large-file", "data-large",
    "data-photo-original-src", "data-i", "lazy-src", "original", "file", "rel-src", "nitro-lazy-src", "data-thumb",
)  # fmt: skip
_SETS = (
    "data-srcset",
    "data-lazy-srcset",
    "srcset",
    "lazy-srcset",
    "nitro-lazy-srcset",
    "data-original-set",
    "data-aload",
)
_BACKGROUNDS = (
    "data-bg",
    "data-background-image",
    "data-background",
    "data-bg-src",
    "data-lazy-background",
    "data-bgset",
)
_BACKGROUND_NAMES = frozenset(_BACKGROUNDS)
_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|bmp|jfif)(?:$|[?#&!])", re.IGNORECASE)
_STAND_IN = re.compile(
    r"(?i)(?:img|image|img_|bg|pic)?[-_]?(?:blank|spacer|placeholder|place-holder|loading|loader|lazy"
    r"|lazyload|lazy-load|transparent|"
    r"trans|pixel|1x1|default|no-?image|no-?photo|noimg|grey|gray|white|dot|clear|empty|spinner"
    r"|ajax-loader|preload(?:er)?|trang|0)"
    r"(?:[-_]?(?:img|image|gif|\d{1,4}(?:x\d{1,4})?))?"
)
_STYLE_URL = re.compile(r"background(?:-image)?\s*:[^;]{0,80}?url\(\s*['\"]?([^'\")]{4,1000})", re.IGNORECASE)
_TINY = re.compile(r"[01](?:px)?")
_SMALL = 40
"""Width in pixels up to which a picture is an icon."""


def source_of(element: Element) -> str | None:
    """The address of a picture as printed; empty where only a stand-in is known, None for an icon or a counter's pixel.

    `element` is an img, amp-img or picture.
    """
    image = element
    if element.tag == "picture":
        image = next(element.iter("img", "amp-img"), element)
    width = (image.get("width") or "").rstrip("px ")
    if (width.isdecimal() and len(width) < 5 and int(width) <= _SMALL) or _TINY.fullmatch(
        image.get("height") or ""
    ):
        return None
    # Fetched at once: most pictures have few of the attributes asked for.
    printed = attributes_of(image)
    return (
        _first(printed[name] for name in _LATE if name in printed)
        or _first((printed.get("src"),))
        or _first(_widest(printed[name]) for name in _SETS if name in printed)
        or _first(
            _widest(s.get(name)) for s in element.iter("source") for name in (*_SETS, "data-src", "src")
        )
        or _first(
            value for name, value in printed.items() if name.startswith("data-") and _FILE.search(value)
        )
        or ""
    )


def background_of(element: Element) -> str:
    """The picture an element without words is painted with; empty where it has none."""
    style = element.get("style")
    # Hardly an element has one.
    if not (style and "url(" in style) and _BACKGROUND_NAMES.isdisjoint(element.keys()):
        return ""
    painted = _STYLE_URL.search(style) if style and "url(" in style else None
    found = _first((*(_widest(element.get(name)) for name in _BACKGROUNDS), painted[1] if painted else None))
    if not found or not _FILE.search(found) or next(element.iter(*PICTURES), None) is not None:
        return ""
    return "" if letters_of(element) else found


def reveal(tree: Element) -> None:
    """Gives a stand-in the picture that is printed beside it: for readers without scripts, or for larger screens.

    Before the tree is stripped of noscript and source; a picture in a noscript without a stand-in takes its place.
    """
    for picture in tree.iter("picture"):
        image = next(picture.iter("img", "amp-img"), None)
        if image is not None and source_of(image) == "" and (source := source_of(picture)):
            image.set("data-src", source)
    # libxml2 does not know that a source is empty and puts what follows into it.
    etree.strip_tags(tree, "source")
    for hidden in list(tree.iter("noscript")):
        parent = hidden.getparent()
        image = next(hidden.iter("img"), None)
        if parent is None or image is None or parent.tag == "head" or not (source := source_of(image)):
            continue
        before = hidden.getprevious()
        stand_in = None if before is None else next(before.iter("img"), None)
        if stand_in is None:
            image.tail, hidden.tail = hidden.tail, None
            parent.replace(hidden, image)
        elif not source_of(stand_in):
            stand_in.set("data-src", source)


def is_stand_in(source: str) -> bool:
    """Whether an address shows nothing of its own.

    >>> is_stand_in("data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAA"), is_stand_in("/img/loading.svg?v=2")
    (True, True)
    >>> is_stand_in("/anh/2026/loading-dock.jpg")
    False
    """
    if source.startswith(("data:", "about:", "javascript:", "#", "blob:")) or len(source) < 4:
        return True
    name = source.partition("?")[0].partition("#")[0].rpartition("/")[2]
    stem, dot, _ = name.rpartition(".")
    return bool(dot) and _STAND_IN.fullmatch(stem) is not None


def _first(values: Iterable[str | None]) -> str:
    for value in values:
        if value and (address := value.strip()) and " " not in address and not is_stand_in(address):
            return str(address)
    return ""


def _widest(candidates: str | None) -> str | None:
    """The largest of a srcset's addresses; without sizes the first."""
    best: tuple[float, str] | None = None
    for candidate in re.split(r",\s+", candidates or "")[:40]:
        address, _, size = candidate.strip().rstrip(",").partition(" ")
        number = re.match(r"\s*([\d.]{1,8})", size)
        width = float(number[1]) if number and number[1].count(".") < 2 and number[1] != "." else 0.0
        if address and not is_stand_in(address) and (best is None or width > best[0]):
            best = (width, address)
    return best[1] if best else None
