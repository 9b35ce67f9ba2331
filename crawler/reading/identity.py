"""Whether the address that a page claims as its own (rel=canonical, og:url) may be believed.

Templates print stale claims: the first article's address on every page. One claim is no identity, so another is asked
for: the same address but for its query, an id or a name that both addresses share, or a name that the title agrees
with.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlsplit

from crawler.reading.titles import likeness
from crawler.text.plain import plain

_DIGITS = re.compile(r"\d{3,}|\d+(?=(?:\.[a-z]{2,5})?$)", re.IGNORECASE)
_DAY = re.compile(r"(?:19|20)\d\d(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])?)?")
"""A year, month or day in an address, which many articles share."""
_WORD = re.compile(r"[a-z]+")
_NAME = 4
"""Words that make a name of an address; fewer say the section or the kind of page."""
_SHARED = 0.6
_AGREES, _SURE = 0.5, 0.8
"""Likeness of name and title; more is asked where each address has an id of its own."""


def names_this_page(claimed: str, own: str, title: str) -> bool:
    """Whether the claimed address names the page that answered at `own` under this title.

    >>> own = "https://bao.example/in/so-ket-cong-tac-dang-quy-3-51207.html"
    >>> names_this_page("https://bao.example/xay-dung-dang/so-ket-cong-tac-dang-quy-3-51207.html", own, "Sơ kết")
    True
    >>> names_this_page("https://bao.example/bai-1.html", "https://bao.example/bai-2.html", "Trao Huy hiệu Đảng")
    False
    """
    theirs, ours = _Parts(claimed), _Parts(own)
    if theirs.path == ours.path and not (theirs.asked and ours.asked and theirs.asked != ours.asked):
        return True
    if theirs.ids & ours.ids:
        return True
    if _share(set(theirs.words), set(ours.words)) >= _SHARED:
        return True
    agrees = likeness(" ".join(theirs.words), title) if len(theirs.words) >= _NAME else 0.0
    return agrees >= (_SURE if theirs.ids and ours.ids else _AGREES)


class _Parts:
    """What an address tells: its path, the ids in its longest part and its query, the words of its name."""

    def __init__(self, url: str) -> None:
        split = urlsplit(url)
        self.path = unquote(split.path).rstrip("/").lower()
        name = max(self.path.split("/"), key=len)
        self.asked = frozenset(v for _, v in parse_qsl(split.query) if v.isdecimal())
        found = {*_DIGITS.findall(name), *self.asked}
        self.ids = {number for number in found if not _DAY.fullmatch(number)}
        self.words = _WORD.findall(plain(name.rpartition(".")[0] or name))


def _share(one: set[str], two: set[str]) -> float:
    if min(len(one), len(two)) < _NAME:
        return 0.0
    return len(one & two) / min(len(one), len(two))
