"""What a document's number says: type words, type codes, organ codes and the key they make.

The rules are those of Quy định 66-QĐ/TW and its successor 399-QĐ/TW (types), Hướng dẫn 36-HD/VPTW and 05-HD/VPTW
(`Số 05-NQ/ĐU`: number, hyphen, type, slash, organ, never a year) for the Party, and Nghị định 30/2020/NĐ-CP
(`30/2020/NĐ-CP`, `45/KH-UBND`: number, year or none, type, hyphen, organ) for the State. See `docs/documents.md`.
Everything here works on the key of a `PressText` and looks at the printed letters only where accents decide
(TƯ is the Centre and TU a province; HD is a guidance and HĐ a contract).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from unicodedata import combining

from crawler.article import System
from crawler.text.unaccented import PressText, key_of

TYPE_CODES: dict[str, str] = {
    "Nghị quyết": "NQ",
    "Chỉ thị": "CT",
    "Quyết định": "QĐ",
    "Quy định": "QĐ",
    "Quy chế": "QC",
    "Kết luận": "KL",
    "Hướng dẫn": "HD",
    "Thông tri": "TT",
    "Thông báo": "TB",
    "Thông cáo": "TC",
    "Báo cáo": "BC",
    "Kế hoạch": "KH",
    "Chương trình": "CTr",
    "Đề án": "ĐA",
    "Phương án": "PA",
    "Dự án": "DA",
    "Tờ trình": "TTr",
    "Công văn": "CV",
    "Biên bản": "BB",
    "Quy hoạch": "QH",
    "Nghị định": "NĐ",
    "Thông tư": "TT",
    "Công điện": "CĐ",
    "Luật": "L",
    "Pháp lệnh": "PL",
    "Lệnh": "L",
}
"""Type as the press writes it → its code (GRAMMAR §2). Two words share QĐ, so a code does not give a type."""

STATE_ONLY = frozenset({"Nghị định", "Thông tư", "Công điện", "Luật", "Pháp lệnh", "Lệnh"})

_TYPE_OF_CODE = {
    "NQ": "Nghị quyết", "CT": "Chỉ thị", "QĐi": "Quy định", "QyĐ": "Quy định", "QĐNS": "Quyết định",
    "QC": "Quy chế", "KL": "Kết luận",
    "HD": "Hướng dẫn", "TB": "Thông báo", "BC": "Báo cáo", "KH": "Kế hoạch", "CTr": "Chương trình", "ĐA": "Đề án",
    "PA": "Phương án", "DA": "Dự án", "TTr": "Tờ trình", "CV": "Công văn", "BB": "Biên bản", "NĐ": "Nghị định",
    "CĐ": "Công điện", "TTLT": "Thông tư", "NQLT": "Nghị quyết", "TTr-": "Tờ trình",
}  # fmt: skip

_CODES = {
    "nq": "NQ", "ct": "CT", "qd": "QĐ", "qdi": "QĐi", "qyd": "QyĐ", "qdns": "QĐNS",
    "qc": "QC", "kl": "KL", "hd": "HD", "tt": "TT",
    "tb": "TB", "bc": "BC", "kh": "KH", "ctr": "CTr", "da": "ĐA", "pa": "PA", "ttr": "TTr", "cv": "CV", "bb": "BB",
    "qh": "QH", "tc": "TC", "nd": "NĐ", "cd": "CĐ", "ttlt": "TTLT", "nqlt": "NQLT", "hdlt": "HDLT", "ctpt": "CTPT",
    "ctph": "CTPH", "qcph": "QCPH", "khph": "KHPH", "khlt": "KHLT", "l": "L", "pl": "PL",
}  # fmt: skip
_CODE = "|".join(sorted(_CODES, key=len, reverse=True))

_LEVELS = "tw|tu|hu|thu|thxu|txu|qu|du"
_OFFICES = (
    "btc|btgdv|btg|bdv|bnc|bkt|bdn|bcscl|bcslcl|bclcs|bcs|bcsd|bcd|bpctn|bbvcsk|bbv|bvsk|ubkt|vp|ttct|ttbdct|hdll|"
    "tct|tgv|dd|dkt|dgs|hvct|tb|tbvk|tbns|tbct|ub"
)
_PARTY = re.compile(
    rf"(?:(?:{_OFFICES})(?:{_LEVELS})|{_LEVELS}|qutw|qutu|du(?:ca|caw|catw|catu|qs|qh|cp|k|kcq|kdn|ub|ubnd|hdnd|mttq|"
    r"bca|bqp|bnv|[a-z]{1,4})|dhdb|dh|dkt[0-9]{0,3}|dgs|tct[0-9]{0,3}|cb[a-z]{0,3}[0-9]{0,2}|cu|bcdtw|tbtw|btvtu|bchtu)"
)
"""Party organ codes without marks (GRAMMAR §3): a level, an office with its level, or a committee, cell or team."""

_MASS = re.compile(
    r"(?:ubtw|ub)?(?:mttq|mttw)[a-z]{0,4}|(?:tw|t|h|x|th|q)?(?:dtn|dtncs)[a-z]{0,4}|tld|ldld[a-z]{0,3}|cdvc|"
    r"(?:tw)?(?:hlhpn|lhpn|hpn|hnd|hccb|ccb|hlhtn|hsv|hdd|hctd)[a-z]{0,4}|hndtw|dct|tdtw|hlhpntw|dcthpn|dctlhpn|dcthlhpn"
)
"""Organs of the Front, the Youth Union, trade unions, farmers, women, veterans: some contain TW and are not Party."""

_STATE = re.compile(
    r"cp|ttg|ctn|qh[0-9]{1,2}|ubtvqh[0-9]{0,2}|quochoi|ubnd|hdnd|tthdnd|vpcp|vpqh|vpctn|vpubnd|vpubtvqh|hdtp|tandtc|"
    r"vksndtc|ktnn|ttcp|nhnn|b[a-z]{1,7}|s[a-z]{1,6}|bcdqg|bcdpctt|pctt|hdbcqg|hdbc"
)
"""State organs known well enough to be believed without a type word in front."""

_PRIVATE = re.compile(r"(?:hdqt|dhdcd|hdtv|tgd|ldbd|cty|tct)(?![a-z0-9])")
"""Companies and sports bodies number their papers as the State does; theirs are none of the register's."""

_CANONICAL_ORGANS = {
    "thu": "ThU", "thxu": "ThxU", "txu": "TXU", "ttg": "TTg", "ubnd": "UBND", "hdnd": "HĐND", "nd": "NĐ",
    "twdtn": "TWĐTN", "dktg": "ĐKT", "tld": "TLĐ", "dh": "ĐH", "dkt": "ĐKT", "dgs": "ĐGS",
}  # fmt: skip
_D_BARS = re.compile(r"(?<=^)d(?=u)|(?<=bc)d(?=tw|tu)|(?<=h)d(?=nd)|(?<=tw)d(?=tn)|(?<=bg)d(?=vt|vh)")

_TOKEN = r"[a-z][a-z0-9]*"
SYMBOL = re.compile(
    r"(?<![0-9])(?<![0-9][.,/-])(?P<number>[0-9]{1,5}[a-z]?)"
    r"(?:"
    rf"(?: {{0,2}}/ {{0,2}}(?P<year>(?:19|20)[0-9]{{2}}))?(?P<sep1> {{0,2}}[-/] {{0,2}}| {{0,2}})(?P<code>{_CODE})"
    rf"(?: {{0,2}}(?P<sep2>[-/]) {{0,2}}(?P<organ>(?:[a-z]{{1,6}})?t\. ?[uw](?![a-z0-9])|{_TOKEN})|(?![a-z0-9]))"
    r"| {0,2}/ {0,2}(?P<law_year>(?:19|20)[0-9]{2}) {0,2}/ {0,2}(?P<house>(?:ubtv)?qh[0-9]{1,2})(?![a-z0-9])"
    rf"|/(?P<letter>{_TOKEN})(?=-)"
    r")"
)
"""A number with its type and organ in any dash, slash and spacing. Every quantifier is bounded: no input is slow."""

_NUMBER = re.compile(
    r"[0-9](?<![0-9].)(?=[0-9a-z ]{0,13}+[-/])(?<![0-9][.,/-].)(?=[0-9]{0,4}[a-z]? {0,2}(?:[-/]|[a-z]{1,4} {0,2}[-/]))"
)
"""Where a symbol can begin that is more than a number and letters apart (`12 tt`), which is none.

Most numbers have no dash or slash near, which the first look ahead finds out in one go.
"""

_CHAIN = re.compile(rf"-({_TOKEN})")


@dataclass(frozen=True, slots=True)
class Symbol:
    """A number read in the key of a text: `35-CT/TW`, `30/2020/NĐ-CP`, `1483/UBND-THNC`, or `22-NQ` alone."""

    start: int
    end: int
    """Key positions."""
    number: str
    """Zero-padded to two digits, a letter suffix in capitals."""
    code: str | None
    """Canonical type code; None for an official letter (`1483/UBND-THNC`) and for laws (`31/2024/QH15`)."""
    organ: str | None
    """Canonical organ code; None where the symbol stops after its type."""
    year: str | None
    system: System
    known: bool
    """Whether the organ is one the tables know, so that no type word is needed to believe the symbol."""
    party_form: bool = False
    """Printed as Party symbols are, `N-TYPE/ORG`: mass organisations use either form, and their keys keep it."""


def make_key(
    number: str, code: str | None, organ: str | None, year: str | None = None, *, party_form: bool
) -> str:
    """`35-CT/TW`, `45/KH-UBND`, `12/2023/NQ-HĐND`, `31/2024/QH15`, `1483/UBND-THNC`, or `35-CT` without an organ.

    >>> make_key("05", "CT", "TW", party_form=True), make_key("16", "CT", "TTg", party_form=False)
    ('05-CT/TW', '16/CT-TTg')
    """
    if organ is None:
        return f"{number}-{code}"
    head = f"{number}/{year}" if year else number
    if code is None:
        return f"{head}/{organ}"
    return f"{number}-{code}/{organ}" if party_form else f"{head}/{code}-{organ}"


def pad(number: str) -> str:
    """A number as rule 1.3 of 36-HD/VPTW prints it: below ten with a leading zero.

    >>> pad("5"), pad("005"), pad("889a")
    ('05', '05', '889A')
    """
    digits = number.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return f"{int(digits):02d}{number[len(digits) :].upper()}"


def type_of_code(code: str | None) -> str | None:
    """The type a code alone gives; None for QĐ (Quyết định or Quy định) and TT (Thông tri or Thông tư)."""
    return _TYPE_OF_CODE.get(code or "")


def find_symbols(text: PressText) -> Iterator[Symbol]:
    """Every well-formed symbol of the text, left to right, believed or not (`known`)."""
    end = 0
    for number in _NUMBER.finditer(text.key):
        if number.start() >= end and (match := SYMBOL.match(text.key, number.start())):
            end = match.end()
            if (symbol := _read(text, match)) is not None:
                yield symbol


def _read(text: PressText, match: re.Match[str]) -> Symbol | None:
    number, start = pad(match["number"]), match.start("number")
    if match["house"]:
        return Symbol(
            start, match.end(), number, None, match["house"].upper(), match["law_year"], "state", True
        )
    if match["letter"]:
        end, organ = _chain(text, match.start("letter"), match.end("letter"))
        if not _shouted(text, match.start("letter"), match.end("letter")) or "-" not in organ:
            return None
        return Symbol(
            start,
            end,
            number,
            None,
            organ,
            None,
            "mass" if _MASS.fullmatch(match["letter"]) else "state",
            False,
        )
    printed = text.slice(*match.span("code"))
    code = _canonical_code(printed)
    if code is None:
        return None
    if match["organ"] is None:
        # `22-NQ` needs its hyphen; a number and two letters apart are anything (`12 tt`).
        if "-" not in match["sep1"] or match["year"] or not _shouted(text, *match.span("code")):
            return None
        return Symbol(start, match.end("code"), number, code, None, None, "party", False)
    return _read_organ(text, match, number, code)


def _read_organ(text: PressText, match: re.Match[str], number: str, code: str) -> Symbol | None:
    start, (first, last) = match.start("number"), match.span("organ")
    bare, last = _organ_letters(text, first, last)
    if not bare:
        return None
    slash_first = "/" in match["sep1"] or bool(match["year"])
    if match["sep1"].strip() == "" and match["year"]:
        return None
    mass = _MASS.fullmatch(bare)
    if _PARTY.fullmatch(bare) and not mass and not match["year"]:
        # The organ wins over the separators: `217/QĐ-TW` and `72-NQ-TW` are Party documents (GRAMMAR §4).
        if slash_first and match["sep2"] == "-" and not _PARTY_SWAPPED.fullmatch(bare):
            return _state(text, match, number, code, first, last)
        return Symbol(
            start, last, number, code, _party_organ(text.slice(first, last)), None, "party", True, True
        )
    if match["sep1"].strip() == "":
        return None
    if not slash_first and match["sep2"] == "/":
        if _GOVERNMENT.fullmatch(bare):
            return _state(text, match, number, code, first, last)
        end, organ = _chain(text, first, last)
        system: System = "mass" if mass or _MASS.fullmatch(bare.split("-")[0]) else "party"
        if system == "party" and not _shouted(text, first, last):
            return None
        return Symbol(start, end, number, code, organ, None, system, system == "mass", True)
    return _state(text, match, number, code, first, last) if slash_first else None


_GOVERNMENT = re.compile(r"cp|ttg|ctn|ubnd|hdnd|tthdnd|vpcp|ubtvqh[0-9]{0,2}|qh[0-9]{1,2}")
"""Organs that are the State's whatever the separators: `45-QĐ/UBND` is no Party decision (GRAMMAR §4)."""
_PARTY_SWAPPED = re.compile(rf"(?:(?:{_OFFICES})?(?:{_LEVELS}))|qutw|bcdtw")


def _state(
    text: PressText, match: re.Match[str], number: str, code: str, first: int, last: int
) -> Symbol | None:
    end, organ = _chain(text, first, last)
    if not _shouted(text, first, last):
        return None
    bare = key_of(organ)
    if _PRIVATE.match(bare):
        return None
    mass = any(_MASS.fullmatch(part) for part in bare.split("-")[:1])
    known = mass or bool(match["year"]) or bool(_STATE.fullmatch(bare.split("-")[0]))
    if code == "ĐA" and text.slice(*match.span("code")).upper() == "DA":
        code = "DA"
    return Symbol(
        match.start("number"), end, number, code, organ, match["year"], "mass" if mass else "state", known
    )


def _canonical_code(printed: str) -> str | None:
    """The code in canonical case; None where a Đ stands for a code's D (HĐ is a contract, not a guidance)."""
    bare = key_of(printed)
    code = _CODES[bare]
    for letter, wanted in zip(_capitals(printed), code.upper(), strict=False):
        if letter == "Đ" and wanted == "D":
            return None
    return code


def _organ_letters(text: PressText, first: int, last: int) -> tuple[str, int]:
    """The organ without marks and dots (TƯ, T.Ư and T.W become `tw`) and where it ends.

    Where a lower-case word is glued to a capital code (`NQ/TWngày`) the code ends before it.
    """
    printed = text.slice(first, last)
    if len(printed) == last - first and printed[:2].isupper() and not printed.isupper():
        stop = next((i for i, c in enumerate(printed) if c.islower()), len(printed))
        head = key_of(printed[:stop])
        if printed[:2].upper() != "TT" and len(printed) - stop > 1 and _PARTY.fullmatch(head):
            printed, last = printed[:stop], first + stop
    letters = printed.replace(".", "").replace(" ", "")
    bare = key_of(letters)
    if letters[-2:].upper() in ("TƯ", "TW") or (printed.find(".") >= 0 and bare.endswith("tu")):
        bare = f"{bare[:-2]}tw"
    return bare, last


def _party_organ(printed: str) -> str:
    letters = printed.replace(".", "").replace(" ", "")
    bare = key_of(letters)
    if letters[-2:].upper() == "TƯ" or ("." in printed and bare.endswith("tu")):
        letters, bare = f"{letters[:-2]}TW", f"{bare[:-2]}tw"
    if bare in _CANONICAL_ORGANS:
        return _CANONICAL_ORGANS[bare]
    barred = _barred(letters, bare)
    for level in ("thxu", "thu"):
        if bare.endswith(level) and len(bare) > len(level):
            return barred[: -len(level)] + _CANONICAL_ORGANS[level]
    return barred


def _bars(bare: str) -> list[bool]:
    """Which letters of an organ code carry a bar although the press may leave it out (DU, HDND)."""
    at = {m.start() for m in _D_BARS.finditer(bare)}
    return [i in at for i in range(len(bare))]


def _chain(text: PressText, first: int, last: int) -> tuple[int, str]:
    """The organ with the capital parts that hang on it (`UBND-THNC`, `MTTQ-BTT`) and where it ends."""
    end = last
    for _ in range(6):
        more = _CHAIN.match(text.key, end)
        if not more or not _shouted(text, *more.span(1)):
            break
        end = more.end()
    parts = text.slice(first, end).split("-")
    return end, "-".join(_canonical_part(p) for p in parts)


def _canonical_part(printed: str) -> str:
    bare = key_of(printed)
    if bare in _CANONICAL_ORGANS:
        return _CANONICAL_ORGANS[bare]
    return _barred(printed, bare)


def _capitals(printed: str) -> str:
    """A code in capitals, without stray marks (`QĐ\u0301`), which stand for no letter."""
    return "".join(c for c in printed.upper() if not combining(c))


def _barred(printed: str, bare: str) -> str:
    """A part in capitals, with the bars that the press may leave out.

    A letter that folds into several (ß) is in no organ's code: such a part stays as printed.
    """
    capitals, bars = _capitals(printed), _bars(bare)
    if len(capitals) != len(bars):
        return capitals
    return "".join("Đ" if m else c for c, m in zip(capitals, bars, strict=True))


def _shouted(text: PressText, first: int, last: int) -> bool:
    """Whether a code is printed as one: mostly capitals (TTg, QĐi), or all small as in `03-ct/tw`."""
    printed = text.slice(first, last)
    capitals = sum(c.isupper() for c in printed)
    return capitals * 2 >= len(printed) or (capitals == 0 and len(printed) <= 4 and _STATE_SMALL(printed))


def _STATE_SMALL(printed: str) -> bool:
    bare = key_of(printed)
    return bare in ("cp", "ttg", "ubnd", "hdnd", "nq", "ct", "qd", "kl", "hd", "kh", "tb", "bc", "ctr")
