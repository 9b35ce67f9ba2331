"""What furniture of a press page is called and how its lines read: the words of `furniture.toml`, asked for.

What a block is on the strength of these words, its links and its build is decided in `crawler.reading.labels`.
"""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from lxml import etree
from lxml.etree import _Element as Element

from crawler.reading.tree import texts_of
from crawler.text.normal import clean_line
from crawler.text.plain import plain

_LISTS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
NEVER_TEXT = frozenset(_LISTS["never_text"].split())
"""Elements whose text is never read as prose."""


class Sign:
    """What a class or id says about an element: bits of a plain int (an IntFlag costs a call for every `&`)."""

    NONE = 0
    FURNITURE = 1
    """Related links, comments, adverts: whole block out."""
    TOOLBAR = 2
    """Share bars, widgets, boxes of tools: out when short or made of links."""
    HIDDEN = 4
    BYLINE = 8
    CAPTION = 16
    LEAD = 32
    TITLE = 64
    DATE = 128
    CLOCK = 256
    """The header clock: today's date, never the article's."""
    INSET = 512
    """A box beside the story: kept in the text, apart from the paragraphs."""
    BODY = 1024
    BIO = 2048
    """The box about the author: its name counts, its prose does not."""
    COMMENT = 4096


_BY_WORD: dict[str, int] = {}
_BY_PIECE: list[tuple[str, int]] = []
for _name, _names in _LISTS["names"].items():
    _sign: int = getattr(Sign, _name.upper())
    for _word in _names["words"].split():
        _BY_WORD[_word] = _BY_WORD.get(_word, Sign.NONE) | _sign
    _BY_PIECE += [(piece, _sign) for piece in _names["pieces"].split()]

_SPLIT = re.compile(r"[^0-9A-Za-z]+|(?<=[a-z])(?=[A-Z])")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LABEL_HIDDEN = re.compile(
    r"label[-_]*(?:visually[-_]*)?hidden|hidden[-_]?(?:xs|sm|md|lg|xl|print)|overflow", re.I
)
"""Class names that hide a label, a screen size or an overflow rather than the element."""


MOST_NAMES = 300
"""Characters of class and id that are looked at: a page may print as many as it likes, and the cache keeps them."""


@lru_cache(maxsize=16384)
def signs(names: str) -> int:
    """What the class and id `names` (joined by a space, `MOST_NAMES` characters at most) say.

    A bounded cache: pages of one site repeat them.

    >>> signs("box-tinlienquan") & Sign.FURNITURE, signs("entry-content clearfix") == Sign.BODY
    (1, True)
    """
    found = Sign.NONE
    for name in names.split():
        lowered = name.lower()
        here = Sign.NONE
        parts = [p.lower() for p in _SPLIT.split(name) if p]
        for key in {
            lowered,
            lowered.replace("_", "-"),
            *parts,
            *map("-".join, pairwise(parts)),
        }:
            here |= _BY_WORD.get(key, Sign.NONE)
        joined = "".join(parts)
        for piece, sign in _BY_PIECE:
            if piece in joined:
                here |= sign
        if here & Sign.HIDDEN and _LABEL_HIDDEN.search(name):
            here &= ~Sign.HIDDEN
        found |= here
    return found


def signs_of(element: Element) -> int:
    """`signs` of an element's class, id and the type or role some editors give their boxes."""
    get = element.get
    names = get("class") or ""
    if ident := get("id"):
        names = f"{names} {ident}"
    if (kind := get("type")) and element.tag not in ("ol", "ul", "li"):
        names = f"{names} {kind}"
    if not names:
        return Sign.NONE
    return signs(names if len(names) <= MOST_NAMES else names[:MOST_NAMES])


def is_hidden(element: Element, sign: int) -> bool:
    """Whether a browser would not show the element; `sign` is its `signs_of`."""
    style = element.get("style")
    if style:
        style = style.replace(" ", "").lower()
        if "display:none" in style or "visibility:hidden" in style:
            return True
    return (
        element.get("hidden") is not None or element.get("aria-hidden") == "true" or bool(sign & Sign.HIDDEN)
    )


def _any(*names: str) -> str:
    """A pattern for any phrase of the lists."""
    return "(?:" + "|".join(phrase for name in names for phrase in _LISTS[name]) + ")"


_HEADINGS = re.compile(rf"(?:\W*{_any('headings', 'keywords', 'keywords_alone')}\W*)+")
_COMMENT_HEADING = re.compile(_any("comment_headings"))
_KEYWORDS_ALONE = re.compile(rf"\W*{_any('keywords', 'keywords_alone')}\W*")
_KEYWORDS = re.compile(rf"\W*{_any('keywords')}\s*:")
_READ_MORE = re.compile(rf"(?:[>»*•\-+–☞►▶]+\s*)?{_any('read_more')}", re.IGNORECASE)
_BOILERPLATE = re.compile(rf"\W*{_any('boilerplate')}\W*$", re.IGNORECASE)
_IMPRINT = re.compile(rf"\W*{_any('imprint')}", re.IGNORECASE)
_IMPRINT_LABEL = re.compile(rf"\b{_any('imprint_labels')}", re.IGNORECASE)


def is_heading(text: str) -> bool:
    """Whether a short line is the heading of furniture: "Tin liên quan", "4 bình luận", "Có thể bạn quan tâm:".

    >>> is_heading("Ý KIẾN BẠN ĐỌC"), is_heading("Ý kiến bạn đọc về dự thảo văn kiện")
    (True, False)
    """
    if not text or len(text) > 70:
        return False
    return _heading(text)


def is_comment_heading(text: str) -> bool:
    """Whether a furniture heading opens readers' comments, which are prose themselves."""
    return is_heading(text) and _COMMENT_HEADING.search(plain(text)) is not None


@lru_cache(maxsize=8192)
def _heading(text: str) -> bool:
    return _HEADINGS.fullmatch(plain(text)) is not None


def is_keywords_heading(text: str) -> bool:
    """Whether a line is nothing but the heading of a page's keywords."""
    return _KEYWORDS_ALONE.fullmatch(plain(text)) is not None


def begins_keywords(text: str) -> bool:
    """Whether a line begins as the page's keywords do: "Từ khóa: …"."""
    return ":" in text[:40] and _KEYWORDS.match(plain(text[:40])) is not None


def begins_read_more(text: str) -> bool:
    """Whether a line begins as those do that lead to another story; it counts only together with a link."""
    return _READ_MORE.match(text) is not None


def is_imprint(text: str) -> bool:
    """Whether a line may belong to the imprint at the foot of a page; an article can hold one such line.

    >>> is_imprint("Giấy phép số 12/GP-BTTTT cấp ngày 3/4/2020"), is_imprint("Giấy phép xây dựng được cấp nhanh hơn")
    (True, False)
    """
    head = text[:300]
    if _IMPRINT.match(head) is not None:
        return True
    # A search for every label is dear; of two labels one has a colon or one of these words, and most prose has neither.
    if len(text) > 300 or not (":" in text or "quản" in (lowered := text.lower()) or "quyền" in lowered):
        return False
    return len(set(map(str.lower, _IMPRINT_LABEL.findall(text)))) > 1


def is_boilerplate(text: str) -> bool:
    """Whether a line is the imprint, a counter, a print notice or a player's label rather than prose."""
    return len(text) <= 260 and _BOILERPLATE.match(text) is not None


def strip(tree: Element) -> None:
    """Takes everything out of a tree whose text is never prose, so that all later steps read plain text."""
    etree.strip_elements(tree, *NEVER_TEXT, with_tail=False)


def first_words(element: Element, limit: int = 80) -> str:
    """The first printed line of an element: its first text that is more than punctuation."""
    for text in texts_of(element):
        if text.isspace():
            continue
        line = clean_line(text.lstrip()[: limit * 2])
        if len(line) > 1:
            return line[:limit]
    return ""
