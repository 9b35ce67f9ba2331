"""Whose a local document is where its issuer names no place ("Nghị quyết số 07-NQ/TU của Tỉnh ủy"), and how old it is.

1. The outlet's own province, as a paper says "Tỉnh ủy" at home: then nothing is noted here.
2. Another one that the few words before name: "làm việc với Tỉnh ủy Hạ Lương … Nghị quyết số 07-NQ/TU".
3. The only one the article names (its dateline included) where the outlet's own is never named: a reprint, or a
   central paper.
4. For a commune's document the committee of its own sentence, or the only one of the article.

`ba năm thực hiện Nghị quyết …` tells roughly when it was issued: `years`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import takewhile

from crawler.citing.issuers import CENTRAL_CITIES, PERSON
from crawler.citing.mention import Mention
from crawler.citing.place_names import place_after
from crawler.source import CENTRAL, FORMER_PROVINCES, PROVINCES
from crawler.text.abbreviations import shortens
from crawler.text.sentences import CLAUSE_END
from crawler.text.unaccented import PressText, accented, key_of, printed_in

_NEAR = 200
"""Characters before a mention in which a province is still the one spoken of."""
_PROVINCIAL = re.compile(r"(?<![a-z0-9])(?P<level>tinh uy|thanh uy|tinh|thanh pho|tp\.?)(?= {1,2}[a-z])")
_OFFICE = re.compile(
    r"(?<![a-z0-9])(?:truong|pho truong|pho|chanh|chu nhiem|pho chu nhiem|bi thu|chu tich|giam doc|uy vien)"
    r" [^,.;:()\n]{0,45}\Z"
)
_COMMITTEE = re.compile(r"(?<![a-z0-9])dang uy (?=(?:xa|phuong|thi tran|dac khu) [a-z])")
_DATELINE = re.compile(
    r" {0,2}(?:\([a-z]{2,12}\) ?-? ?|[a-z]{2,8} - )?(?P<name>[a-z]+(?: [a-z]+){0,3}) {0,2}[-(,:]"
)
_BARE = re.compile(
    r"(?:Tỉnh ủy|Thành ủy|Đảng bộ|Đảng bộ tỉnh|Đảng bộ thành phố|Ủy ban nhân dân|Ủy ban nhân dân tỉnh|Hội đồng nhân dân"
    r"|Ủy ban nhân dân thành phố|Hội đồng nhân dân tỉnh|Ban Thường vụ|Thường trực|Trung ương)\Z"
)
_BARE_COMMITTEE = re.compile(r"Đảng ủy(?: xã| phường)?\Z|Ban Thường vụ\Z")
_NUMBERS = {
    "mot": 1, "hai": 2, "ba": 3, "bon": 4, "nam": 5, "sau": 6, "bay": 7, "tam": 8, "chin": 9, "muoi": 10,
}  # fmt: skip
_YEARS = re.compile(
    rf"(?<![a-z0-9])(?P<n>[0-9]{{1,2}}|{'|'.join(_NUMBERS)}) (?P<unit>nam)(?: qua)?,?"
    r"(?: (?:trien khai|to chuc|viec|kien tri|tich cuc)){0,3} (?:thuc hien|thi hanh|trien khai|dua)(?: (?:cac|va))? \Z"
)
_UNIT = accented(["năm"])
_LEVELS = accented(["tỉnh ủy", "thành ủy", "tỉnh", "thành phố", "tp", "tp."])
_KNOWN = {key_of(name).removeprefix("tp. "): name for name in (*FORMER_PROVINCES, *PROVINCES)}
_CITIES = frozenset(key_of(c).removeprefix("tp. ") for c in CENTRAL_CITIES)

Named = tuple[int, str]
"""A province (or commune) by where its name begins."""


def tell_place(texts: Sequence[tuple[PressText, Sequence[Mention]]], province: str | None) -> None:
    """Fill in `place` and `years` of an article's mentions; `province` is the outlet's own."""
    for text, mentions in texts:
        for mention in mentions:
            mention.years = _years(text, mention)
    if any(_lacks_province(m) for _, mentions in texts for m in mentions):
        own = None if province in (None, CENTRAL) else province
        _provinces(texts, own)
    if any(_lacks_commune(m) for _, mentions in texts for m in mentions):
        _communes(texts)


def _lacks_province(mention: Mention) -> bool:
    if not (mention.organ or "").endswith(("TU", "UBND", "HĐND", "ĐHĐB")) or mention.organ == "QUTU":
        return False
    return mention.issuer is None or _BARE.search(mention.issuer) is not None


def _lacks_commune(mention: Mention) -> bool:
    if mention.organ != "ĐU":
        return False
    return mention.issuer is None or _BARE_COMMITTEE.search(mention.issuer) is not None


def _provinces(texts: Sequence[tuple[PressText, Sequence[Mention]]], own: str | None) -> None:
    named = [list(_named_in(text, own)) for text, _ in texts]
    everywhere = {name for found in named for _, name in found}
    only = next(iter(everywhere)) if len(everywhere) == 1 and own not in everywhere else None
    for (text, mentions), found in zip(texts, named, strict=True):
        for mention in mentions:
            if _lacks_province(mention):
                near = _nearest(text, mention, found)
                mention.place = (near or only) if (near or only) != own else None


def _communes(texts: Sequence[tuple[PressText, Sequence[Mention]]]) -> None:
    named = [list(_committees_in(text)) for text, _ in texts]
    everywhere = {name for found in named for _, name in found}
    only = next(iter(everywhere)) if len(everywhere) == 1 else None
    for (text, mentions), found in zip(texts, named, strict=True):
        for mention in mentions:
            if _lacks_commune(mention):
                mention.place = _in_sentence(text, mention, found) or only


def _named_in(text: PressText, own: str | None) -> Iterator[Named]:
    """The provinces a text names, by position: a tỉnh by any name, a city only where it is known to be one."""
    opening = _DATELINE.match(text.key)
    if opening is not None and text.is_upper(opening.start("name")) and opening["name"] in _KNOWN:
        yield 0, _KNOWN[opening["name"]]
    for match in _PROVINCIAL.finditer(text.key):
        if not printed_in(text, *match.span("level"), _LEVELS):
            continue
        if PERSON.search(text.key, max(0, match.start() - 32), match.start()) or _OFFICE.search(
            text.key, max(0, match.start() - 60), match.start()
        ):
            continue  # "Bí thư Tỉnh ủy Trần Văn Mỗ", "Trưởng Ban Tổ chức Tỉnh ủy Trần Văn Mỗ"
        shouting = text.slice(*match.span()).isupper()
        _, printed = place_after(text, match.end(), shouting=shouting)
        name = " ".join(takewhile(lambda word: word[0].isupper(), printed.split()))
        key = key_of(name)
        if not name or name.split()[0] in ("Đoàn", "Hội"):
            continue
        city = match["level"] not in ("tinh", "tinh uy")
        if city and key not in _CITIES and key != key_of(own or ""):
            continue
        yield match.start(), _KNOWN.get(key, name)


def _committees_in(text: PressText) -> Iterator[Named]:
    for match in _COMMITTEE.finditer(text.key):
        _, printed = place_after(text, match.end() - 1, shouting=text.slice(*match.span()).isupper())
        if any(c.isupper() or c.isdigit() for c in printed):
            yield match.start(), printed.strip()


def _nearest(text: PressText, mention: Mention, named: Sequence[Named]) -> str | None:
    i = bisect_left(named, mention.start, key=_position) - 1
    return named[i][1] if i >= 0 and named[i][0] >= mention.start - _NEAR else None


def _in_sentence(text: PressText, mention: Mention, named: Sequence[Named]) -> str | None:
    start, end = max(0, mention.start - _NEAR), min(len(text.key), mention.end + _NEAR)
    for stop in CLAUSE_END.finditer(text.key, start, end):
        if shortens(text.key, stop.start()):
            continue
        if stop.end() <= mention.start:
            start = stop.end()
        elif stop.start() >= mention.end:
            end = stop.start()
            break
    first, last = bisect_left(named, start, key=_position), bisect_left(named, end, key=_position)
    inside = {name for _, name in named[first:last]}
    return next(iter(inside)) if len(inside) == 1 else None


def _position(named: Named) -> int:
    return named[0]


def _years(text: PressText, mention: Mention) -> int | None:
    match = _YEARS.search(text.key, max(0, mention.start - 60), mention.start)
    if match is None or not printed_in(text, *match.span("unit"), _UNIT):
        return None
    printed = match["n"]
    return int(printed) if printed.isdigit() else _NUMBERS[printed]
