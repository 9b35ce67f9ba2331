"""A line that changes with the visit and is no part of what was written: counters, running times, labels of tools.

It is read unit by unit; the first word that is none of these makes it prose. A line that asks the reader for something
(to comment, to rate, to fill in a form) is the visit's as well.
"""

from __future__ import annotations

import re
from unicodedata import category

from crawler.text.plain import first_word, plain

_MOST = 200
"""Longest line that may be nothing but counters and labels."""
_NUMBER = r"\d[\d.,]*(?:\s*/\s*\d+)?\s*(?:k|m|tr|trieu|nghin|ngan)?\+?"
_COUNTED = (
    r"(?:(?:tong\s+)?so\s+|tong\s+)?(?:luot|nguoi)?\s*(?:dang\s+|da\s+)?"
    r"(?:khong thich|yeu thich|thich|xem|doc|chia se|binh luan|truy cap|nghe|tai ve|tai|theo doi"
    r"|quan tam|danh gia|binh chon|"
    r"phan hoi|tra loi|truc tuyen|online|vote|votes|likes?|shares?|views?|comments?|hits?|downloads?"
    r"|visits?|reads?|sao|stars?)"
)
_AGO = (
    r"(?:vua xong|vua dang|(?:cach day|khoang)\s+\d+\s*(?:giay|phut|gio|tieng|ngay|tuan|thang|nam)(?:\s+truoc)?|"
    r"\d+\s*(?:giay|phut|gio|tieng|ngay|tuan|thang|nam)\s+truoc|\d+\s*(?:seconds?|minutes?|mins?"
    r"|hours?|days?|weeks?|months?|years?)\s+ago)"
)
_TOOL = (
    "facebook|zalo|twitter|messenger|telegram|viber|copy link|sao chep lien ket|chia se|binh luan"
    "|tra loi|khong thich|thich|"
    "luu bai(?: viet)?|luu|bao loi|bao xau|nghe bai viet|in bai(?: viet)?|like|share|reply|print|e-?mail"
)
_LABEL = (
    "cap nhat|lan cuoi|dang|xuat ban|luc|posted|updated|danh gia|bai viet|ban doc|hom nay|quan tam"
    "|theo doi|xem|doc|y kien|" + _COUNTED
)
_UNIT = re.compile(
    rf"(?:(?P<counted>{_COUNTED}\s*[:(]?\s*{_NUMBER}|{_NUMBER}\s*(?:{_COUNTED}|y kien|luot|khach)"
    rf"|\d+\s*phut\s+(?:doc|nghe))"
    rf"|(?P<ago>{_AGO})|(?P<tool>{_TOOL})|(?P<label>{_LABEL})|(?P<number>\d{{1,2}}:\d\d(?::\d\d)?"
    rf"|{_NUMBER}))(?![a-z0-9])"
)
_WEATHER = re.compile(r"\W*(?:[^\W\d]+\s+){0,4}-?\d{1,2}(?:\s*[-–]\s*\d{1,2})?\s*°\s*[CF]\W*")
_BETWEEN = re.compile(r"[^a-z0-9]*")
_ASKS = re.compile(
    r"\W*(?:(?:kinh |xin )?moi (?:quy )?(?:ban|ban doc|doc gia)\b.{0,80}\b(?:binh luan|y kien|gop y"
    r"|bay to|danh gia|phan hoi)"
    r"|(?:hay )?(?:la|tro thanh) nguoi dau tien\b.{0,40}\b(?:binh luan|danh gia|y kien)"
    r"|chua co (?:binh luan|y kien|danh gia|phan hoi)\b"
    r"|ban (?:thay|danh gia|nghi|cam thay)\b.{0,30}\b(?:bai viet|noi dung|thong tin|tin)\b.{0,40}\?"
    r"|bai viet (?:nay )?(?:co )?(?:huu ich|hay)\b.{0,40}\?"
    r"|ho (?:va )?ten\s*[:(*].{0,160}\b(?:e-?mail|noi dung|dien thoai|binh luan)\b"
    r"|(?:vui long )?(?:nhap|go) (?:tieng viet co dau|noi dung|ma (?:xac nhan|bao ve))\b"
    r"|(?:de lai|viet|them|dang) (?:binh luan|y kien)(?: cua ban)?\W*$|con \d+ ky tu|(?:y kien"
    r"|binh luan)(?: cua ban)? (?:se duoc|da duoc) )"
)
_FIRST_WORDS = (
    "tong so dang da khong yeu thich xem doc chia binh truy nghe tai theo quan danh phan tra truc online vote votes "
    "like likes share shares view views comment comments hit hits download downloads visit visits read reads sao star "
    "stars vua cach khoang facebook zalo twitter messenger telegram viber copy luu bao in reply print email e cap lan "
    "xuat luc posted updated bai ban hom y kinh xin moi hay la tro chua ho vui nhap go de viet them con"
)
_OPENERS = frozenset(_FIRST_WORDS.split())
"""What `_UNIT` and `_ASKS` begin with, but for "luot" and "nguoi", which need no space behind them: a line that begins
with another word is written, and is looked at no further. `tests.test_visits` holds the list to the expressions."""
_SENDS = re.compile(
    r"(?:^|[\s.!?…:;»)\]])(?:Gửi|GỬI|Đăng|Viết)\s+(?:ý kiến|bình luận|phản hồi|góp ý|Ý KIẾN|BÌNH LUẬN)\W*$"
)
"""A button's words behind a text; within a sentence they are not written with a capital."""


def is_of_the_visit(text: str) -> bool:
    """Whether a line is a counter, a running time, a row of tools or asks the reader for something.

    >>> is_of_the_visit("Lượt xem: 1.501 | Chia sẻ: 1"), is_of_the_visit("Cập nhật lần cuối: 7 giờ trước")
    (True, True)
    >>> is_of_the_visit("Chia sẻ kinh nghiệm từ 12 chi bộ"), is_of_the_visit("Theo dõi, đánh giá")
    (False, False)
    """
    if len(text) > 400:
        return False
    if _SENDS.search(text[-40:]):
        return True
    if len(text) > _MOST:
        return False
    if len(text) < 60 and (("°" in text and _WEATHER.fullmatch(text)) or _only_signs(text)):
        return True
    if not _may_open(text):
        return False
    key = plain(text)
    return _ASKS.match(key) is not None or _is_counted(key)


def _may_open(text: str) -> bool:
    """Whether a line begins as the expressions do; dear to tell of one with other letters than ours, so then it may."""
    word = first_word(text)
    return word is None or word in _OPENERS or word.startswith(("luot", "nguoi"))


def _only_signs(text: str) -> bool:
    """Whether a line is figures and pictographs: "👍 27 · 👁 1.501"."""
    # The first letter of most lines says no.
    return all(c in "km" for c in text.lower() if c.isalpha()) and "So" in set(map(category, text))


def _is_counted(key: str) -> bool:
    position = _BETWEEN.match(key).end()  # type: ignore[union-attr]  # matches the empty text too
    units: dict[str, int] = {}
    while position < len(key):
        if (unit := _UNIT.match(key, position)) is None:
            return False
        units[str(unit.lastgroup)] = units.get(str(unit.lastgroup), 0) + 1
        position = _BETWEEN.match(key, unit.end()).end()  # type: ignore[union-attr]
    if "counted" in units or "ago" in units:
        return True
    return set(units) == {"tool"} or ("number" in units and ("tool" in units or "label" in units))
