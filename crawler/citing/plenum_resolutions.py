"""Resolutions without a number: plenums of the Central Committee and congresses, named by term (GRAMMAR §5)."""

from __future__ import annotations

import re

from crawler.citing.document_names import TYPE_CODES
from crawler.citing.issuers import BCH_TRUNG_UONG, roman
from crawler.citing.mention import Mention
from crawler.citing.place_names import place_after
from crawler.text.unaccented import PressText, any_of

_ORDINALS = {
    "nhat": 1, "mot": 1, "hai": 2, "ba": 3, "tu": 4, "bon": 4, "nam": 5, "sau": 6, "bay": 7, "tam": 8, "chin": 9,
    "muoi": 10, "muoi mot": 11, "muoi hai": 12, "muoi ba": 13, "muoi bon": 14, "muoi lam": 15,
}  # fmt: skip
_ORD = rf"(?:[0-9]{{1,2}}|[ivx]{{1,5}}|{any_of(_ORDINALS)})(?![a-z0-9])"
_TW = r"(?:trung {1,2}uong|tw|t\. ?[uw]|tu)"
_PLENUM = re.compile(
    rf" {{0,2}}(?:cua )?(?:hoi nghi )?(?:lan thu {{1,2}}(?P<first>{_ORD}),? )?(?:cua )?"
    rf"(?:(?:ban chap hanh|bch) )?(?P<tw>{_TW})(?: dang(?: cong san viet nam)?)?"
    rf"(?:(?: lan thu)? {{0,2}}(?P<second>{_ORD})(?P<again> \(?lan {{1,2}}(?:2|ii|hai)\)?)?)?"
    r"(?! {0,2}(?:doan|hoi)(?![a-z]))"
)
_MORE_ORDINALS = re.compile(r"(?:, ?| va )(?:(?:trung uong|tw) ?)?(?P<n>[0-9]{1,2})(?![0-9/%])(?![.-][0-9])")
_KHOA = re.compile(r",? {0,2}(?P<open>\()?,? ?(?:dang )?khoa {0,2}(?P<n>[ivx]{1,6}|[0-9]{1,2})(?![a-z0-9])")
_MORE_KHOA = re.compile(
    r"(?:, ?| va | va khoa |, khoa | & )(?P<from>(?<=khoa )|)(?P<n>[ivx]{1,6})(?![a-z0-9])"
)
_CONGRESS_HEAD = re.compile(r" {1,2}(?:cua )?(?:dai hoi|dh)(?![a-z])")
_NATIONAL = re.compile(
    r"(?: (?:dai bieu|dang|toan quoc|cua dang|cong san viet nam))*?(?: lan)?(?: thu)?"
    r" {1,2}(?P<n>[ivx]{1,6}|[0-9]{1,2})(?![a-z0-9/%])(?![.-][0-9])"
)
_NATIONAL_WORDS = re.compile(r"toan quoc|(?:^| )dang(?: |$)")
_NOT_NATIONAL = re.compile(
    r",? (?:cua )?(?:doan|cong doan|hoi|mat tran|mttq|chi bo|tinh|huyen|thanh pho|xa|phuong|lien doan)(?![a-z])"
)
_LOCAL = re.compile(
    r"(?: lan thu)?(?: (?P<n>[ivx]{1,6}|[0-9]{1,2}))?(?: cua)?(?P<words>(?: dai bieu)? dang bo)(?![a-z])"
)
_LOCAL_NUMBER = re.compile(rf",? (?:lan(?: thu)?|khoa) {{0,2}}(?P<n>{_ORD})")
_LATEST_NATIONAL = 15


def _ordinal(printed: str) -> int | None:
    if printed.isdigit():
        value: int | None = int(printed)
    elif printed in _ORDINALS:
        value = _ORDINALS[printed]
    else:
        numeral = roman(printed)
        value = next((n for n in range(1, 40) if roman(str(n)) == numeral), None) if numeral else None
    return value if value and 1 <= value <= 39 else None


def plenum(text: PressText, start: int, end: int, name: str) -> list[Mention]:
    """`Nghị quyết Trung ương 4 khóa XI, XII`, `Nghị quyết Hội nghị Trung ương 5, 6 khóa XIII` as one mention each."""
    match = _PLENUM.match(text.key, end)
    if match is None or (match["tw"] == "tu" and text.slice(*match.span("tw")) != "TƯ"):
        return []
    which = "first" if match["first"] else "second"
    ordinal = _ordinal(match[which]) if match[which] else None
    if ordinal is None:
        return []
    if match["first"] and not match["second"]:
        spans, position = [(start, match.end(), ordinal)], match.end()
    else:
        end = match.end("again") if match["again"] else match.end("second")
        spans, position = [(start, end, ordinal)], end
    ordinals = list(spans)
    while (more := _MORE_ORDINALS.match(text.key, position)) and len(ordinals) < 9:
        ordinals.append(
            (more.start() + len(more.group()) - len(more.group().lstrip(", va")), more.end(), int(more["n"]))
        )
        position = more.end()
    terms, closed = _terms(text, position)
    if not terms:
        terms, closed = _terms(text, spans[0][1])
        ordinals = spans
    if not terms:
        return [_plenum_mention(start, spans[0][1], name, ordinal, None)]
    last = ordinals[-1]
    found = [_plenum_mention(a, b, name, n, terms[0][2]) for a, b, n in ordinals[:-1]]
    first_end = closed if len(terms) == 1 else terms[0][1]
    found.append(_plenum_mention(last[0], first_end, name, last[2], terms[0][2]))
    found += [_plenum_mention(a, b, name, last[2], term) for a, b, term in terms[1:]]
    for item in found[1:]:
        item.headless = True
    return found


def _terms(text: PressText, position: int) -> tuple[list[tuple[int, int, str]], int]:
    """The terms behind a plenum (start, end, Roman numeral) and where the last one ends, its bracket included."""
    khoa = _KHOA.match(text.key, position)
    numeral = roman(khoa["n"]) if khoa else None
    if khoa is None or numeral is None:
        return [], position
    terms, end = [(khoa.start("n"), khoa.end(), numeral)], khoa.end()
    while (more := _MORE_KHOA.match(text.key, end)) and len(terms) < 9:
        another = roman(more["n"])
        if another is None:
            break
        word = text.key.find("khoa", more.start(), more.end())
        terms.append((word if word >= 0 else more.start("n"), more.end(), another))
        end = more.end()
    return terms, end + (1 if khoa["open"] and text.key[end : end + 1] == ")" else 0)


def _plenum_mention(start: int, end: int, name: str, ordinal: int, term: str | None) -> Mention:
    return Mention(
        start, end, "plenum", name, None, TYPE_CODES[name], "TW", "party", term=term, ordinal=ordinal,
        issuer=BCH_TRUNG_UONG,
    )  # fmt: skip


def congress(text: PressText, start: int, end: int) -> list[Mention]:
    """`Nghị quyết Đại hội XIII`, `Nghị quyết Đại hội Đảng bộ tỉnh … lần thứ XIV`; other congresses are none."""
    head = _CONGRESS_HEAD.match(text.key, end) or re.compile(r"(?:dai hoi|dh)(?![a-z])").match(text.key, end)
    if head is None:
        return []
    if (local := _LOCAL.match(text.key, head.end())) is not None:
        return _local(text, start, local)
    national = _NATIONAL.match(text.key, head.end())
    numeral = roman(national["n"]) if national else None
    if national is None or numeral is None or _NOT_NATIONAL.match(text.key, national.end()):
        return []
    value = _ordinal(national["n"]) or 0
    if value > _LATEST_NATIONAL or (value < 4 and not _NATIONAL_WORDS.search(national.group())):
        return []
    found = [_congress_mention(start, national.end(), numeral)]
    position = national.end()
    while (more := _MORE_KHOA.match(text.key, position)) and "khoa" not in more.group() and len(found) < 9:
        another = roman(more["n"])
        if another is None:
            break
        found.append(_congress_mention(more.start("n"), more.end(), another))
        found[-1].headless = True
        position = more.end()
    return found


def _congress_mention(start: int, end: int, numeral: str) -> Mention:
    return Mention(
        start, end, "congress", "Nghị quyết", None, "NQ", "ĐHTQ", "party", term=numeral,
        issuer="Đại hội đại biểu toàn quốc",
    )  # fmt: skip


def _local(text: PressText, start: int, local: re.Match[str]) -> list[Mention]:
    end, place = place_after(text, local.end(), shouting=text.slice(*local.span("words")).isupper())
    number = _LOCAL_NUMBER.match(text.key, end)
    printed = number["n"] if number else local["n"]
    value = _ordinal(printed) if printed else None
    if value is None:
        return []
    words = "Đại hội đại biểu Đảng bộ" if "dai bieu" in local["words"] else "Đại hội Đảng bộ"
    return [
        Mention(
            start, number.end() if number else end, "congress", "Nghị quyết", None, "NQ", "ĐHĐB", "party",
            term=roman(str(value)), issuer=f"{words}{place}",
        )
    ]  # fmt: skip
