"""Who issued it: names of Party, State and mass organs in running text, normalised, with the codes they sign under.

A name is a head from `issuers.toml` (Bộ Chính trị, Ban Thường vụ Tỉnh ủy, UBND, Sở …) and, for a local organ, the
place words behind it: level words written small (tỉnh, phường) and capitalised syllables (Hương Giang), which is how
Vietnamese marks where a name ends. Normalised: `khóa` apart, uỷ = ủy, BTV/BCH/UBND/UBKT/HĐND/MTTQ written out,
"Ban Chấp hành Trung ương Đảng" without its last word, Bộ Chính trị and Ban Bí thư joint in that order, TP.HCM as the
province is called. The longest name counts: `Đảng ủy Chính phủ` is no Chính phủ, and what a comma joins to a bare
`Đảng ủy` (`, Bộ Chỉ huy Quân sự tỉnh …`) belongs to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from crawler.article import System
from crawler.citing.place_names import TABLE, one_space, place_after
from crawler.source import PROVINCES
from crawler.text.unaccented import PressText, any_of, key_of

BCH_TRUNG_UONG = "Ban Chấp hành Trung ương"
CENTRAL_CITIES = frozenset(
    {"Hà Nội", "Hải Phòng", "Đà Nẵng", "Cần Thơ", "Huế", "Hồ Chí Minh", "TP. Hồ Chí Minh"}
)
"""Cities run by the Centre: their Thành ủy signs as TU, like a Tỉnh ủy."""
_CITIES_UNDER_PROVINCES_END = date(2025, 7, 1)
"""The district level, cities under a province included, was abolished on this day."""


def _spellings(table: dict[str, list[str]]) -> dict[str, str]:
    return {key_of(s): name for name, spellings in table.items() for s in spellings}


_CENTRAL_CITIES = frozenset(map(key_of, CENTRAL_CITIES))
_OFFICES: dict[str, tuple[str, str]] = {key_of(n): (n, c) for n, c in TABLE["offices"].items()} | {
    "ubkt": ("Ủy ban Kiểm tra", "UBKT"),
    "ban chinh sach chien luoc": ("Ban Chính sách, chiến lược", "BCSCL"),
}
_BODIES: dict[str, str] = {key_of(n): n for n in TABLE["bodies"]} | {
    "btv": "Ban Thường vụ",
    "bch": "Ban Chấp hành",
}
_COMMITTEES: dict[str, tuple[str, str]] = {key_of(n): (n, c) for n, c in TABLE["committees"].items()}
_COUNCILS: dict[str, tuple[str, str]] = {key_of(n): (n, c) for n, c in TABLE["councils"].items()}
_FORCES = {key_of(n): n for n in TABLE["local_state"]["names"]}
_COUNCIL_FIELD = re.compile(rf"(?: ve)? (?:{any_of(TABLE['council_fields']['names'])})(?![a-z0-9])")
_STATE = _spellings(TABLE["state"])
_MASS = _spellings(TABLE["mass"])
_TW = r"(?:trung {1,2}uong|tw|t\. ?[uw]|tu)"

ORGAN = re.compile(
    r"(?<![a-z0-9])(?:"
    r"(?P<bct>bo chinh tri|bct)"
    rf"|(?P<bbt>ban bi thu(?! {_TW} (?:doan|hoi))(?: {_TW})?(?: dang)?|bbt)"
    rf"|(?P<plenum>hoi nghi (?:lan thu [a-z0-9]+(?: muoi(?: [a-z]+)?)? )?(?:cua )?(?:(?:ban chap hanh|bch) )?{_TW}"
    r"(?: dang)?(?: (?:lan thu )?(?:[0-9]{1,2}|hai|ba|tu|bon|nam|sau|bay|tam|chin|muoi)(?![a-z0-9]))?)"
    rf"|(?P<bchtw>(?:ban chap hanh|bch) {{1,2}}{_TW}(?: dang(?: cong san viet nam)?)?)"
    rf"|(?P<twoffice>{any_of(_OFFICES)}) {_TW}(?P<twdang> dang)?"
    rf"|(?P<quan>quan uy trung uong)|(?P<hdll>hoi dong ly luan trung uong)"
    rf"|(?P<council>{any_of(_COUNCILS)})(?P<counciltw> {_TW})?"
    rf"|(?:(?P<office>{any_of([*_OFFICES, *_BODIES])}) )?(?P<committee>{any_of(_COMMITTEES)})"
    r"|(?P<body>ban thuong vu|btv)(?! (?:quoc hoi|trung uong|doan|hoi|uy ban))"
    rf"|(?P<state>{any_of(_STATE)})"
    r"|(?P<chair>chu tich )?(?P<people>(?:thuong truc )?(?:hoi dong nhan dan|hdnd)|uy ban nhan dan|ubnd)"
    rf"|(?P<front>(?:ban thuong truc )?(?:uy ban |ub)(?:trung uong )?)?"
    rf"(?P<massbody>(?:ban bi thu |ban thuong vu |btv |ban chap hanh |bch |doan chu tich )?(?:trung uong )?)"
    rf"(?P<mass>{any_of(_MASS)})"
    rf"|(?P<minister>bo truong )?(?P<field>(?:bo|so) (?:{any_of(TABLE['fields']['names'])}))"
    rf"|(?P<force>{any_of(_FORCES)})(?= (?:tinh|thanh pho|tp|huyen|quan|thi xa|xa|phuong)(?![a-z]))"
    r"|(?P<tw>trung uong(?: dang)?|t\. ?[uw]|tw|tu)"
    r")(?![a-z0-9])"
)
"""An organ's head. All alternatives are literal words with bounded gaps."""

PERSON = re.compile(
    r"(?:bi thu|uy vien(?: du khuyet)?|thuong truc|chu tich|pho|truong|truong ban|pho truong ban|chanh|"
    r"chanh van phong|chu nhiem|nguyen|dong chi|thanh vien|truong doan)(?: thuong truc)? $"
)
TERM = re.compile(
    r"(?:,? {0,2}\(?,? ?(?:khoa|nhiem ky(?: khoa)?) {0,2}(?P<term>[ivx]{1,6}|[0-9]{1,2})(?![a-z0-9/-])\)?)"
)
_FIELDS = {key_of(n): n for n in TABLE["fields"]["names"]}
_WITH_COMMAND = re.compile(
    r", (?:lanh dao )?(?=(?:bo chi huy|bo tu lenh|ban chi huy|ban giam doc|ban giam hieu|ban lanh dao)(?![a-z]))"
)
"""What a Party committee and the command beside it are joined by: they sign as one."""
_SIBLING = re.compile(
    r"(?:, | va )(?:thuong truc )?(?:hdnd|hoi dong nhan dan|ubnd|uy ban nhan dan|ub ?mttq)(?![a-z])"
)
_CITY_LEVEL = re.compile(r"(?:thanh pho|tp\.?) ?")
_CENTRAL_COMMITTEES = {"quoc hoi": "ĐUQH", "chinh phu": "ĐUCP"}


@dataclass(frozen=True, slots=True)
class Organ:
    """An issuer as found: normalised name, where it stands, and under which codes it signs."""

    name: str
    start: int
    end: int
    """Key positions; a `khóa` behind the name is included."""
    system: System
    codes: tuple[str, ...]
    """Organ codes it may sign under, the usual one first; empty where none is known."""
    term: str | None = None
    """The congress term in Roman numerals ("khóa XII")."""
    person: bool = False
    """True where the words before make it a person's office ("Bí thư Tỉnh ủy")."""

    def may_sign(self, code: str | None) -> bool:
        """Whether a document with this organ code can be this organ's; a partial symbol (None) can be any's."""
        if code is None:
            return True
        return any(code == c or (c.endswith("*") and code.startswith(c[:-1])) for c in self.codes)

    def code_on(self, day: date | None) -> str | None:
        """The organ code to write for a number without one; None where it is not certain."""
        if not self.codes or self.codes[0].endswith("*"):
            return None
        if self.codes == ("ThU", "TU"):
            return "TU" if day is not None and day >= _CITIES_UNDER_PROVINCES_END else "ThU"
        return self.codes[0]


def organ_at(text: PressText, position: int) -> Organ | None:
    """The organ whose name begins exactly at a key position; joint issuers are read as one."""
    match = ORGAN.match(text.key, position)
    organ = _read(text, match) if match else None
    return _with_partner(text, organ) if organ else None


def organs_in(text: PressText, start: int, end: int) -> Iterator[Organ]:
    """The organs named in `key[start:end]`, left to right, not overlapping."""
    position = start
    while (match := ORGAN.search(text.key, position, end)) is not None:
        organ = _read(text, match)
        if organ is None:
            position = match.end()
            continue
        organ = _with_partner(text, organ)
        if organ.end <= end:
            yield organ
        position = max(organ.end, match.end())


def roman(numeral: str) -> str | None:
    """A term or congress number in Roman numerals, from Roman or Arabic; None beyond 1 to 39.

    >>> roman("11"), roman("xiii")
    ('XI', 'XIII')
    """
    if numeral.isdigit():
        value = int(numeral)
        if not 1 <= value <= 39:
            return None
        units = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
        return "X" * (value // 10) + units[value % 10]
    upper = numeral.upper()
    return upper if re.fullmatch(r"X{0,3}(?:IX|IV|V?I{0,3})", upper) and upper else None


def _with_partner(text: PressText, organ: Organ) -> Organ:
    if organ.name not in ("Bộ Chính trị", "Ban Bí thư"):
        return organ
    joint = re.compile(r"(?:, | va |,)").match(text.key, organ.end)
    other = ORGAN.match(text.key, joint.end()) if joint else None
    second = _read(text, other) if other else None
    if second is None or second.name not in ("Bộ Chính trị", "Ban Bí thư") or second.name == organ.name:
        return organ
    return replace(organ, name="Bộ Chính trị, Ban Bí thư", end=second.end, term=organ.term or second.term)


def _read(text: PressText, match: re.Match[str]) -> Organ | None:
    name_codes = _central(text, match) or _local(text, match)
    if name_codes is None:
        return None
    name, end, system, codes = name_codes
    term = None
    if khoa := TERM.match(text.key, end):
        # A bracket that opens with the term must close behind it: "(khóa XIII)".
        printed = khoa.group()
        if ("(" in printed) == (")" in printed) or printed.endswith(")"):
            term = roman(khoa["term"])
            end = khoa.end() - (1 if printed.endswith(")") and "(" not in printed else 0)
    before = text.key[max(0, match.start() - 32) : match.start()]
    return Organ(name, match.start(), end, system, codes, term, bool(PERSON.search(before)))


_Found = tuple[str, int, System, tuple[str, ...]]


def _central(text: PressText, match: re.Match[str]) -> _Found | None:
    end = match.end()
    if match["bct"]:
        return "Bộ Chính trị", end, "party", ("TW",)
    if match["bbt"]:
        return "Ban Bí thư", end, "party", ("TW",)
    if match["plenum"] or match["bchtw"]:
        return BCH_TRUNG_UONG, end, "party", ("TW",)
    if match["twoffice"]:
        name, code = _OFFICES[one_space(match["twoffice"])]
        return f"{name} Trung ương{' Đảng' if match['twdang'] else ''}", end, "party", (f"{code}TW",)
    if match["quan"]:
        if "ậ" in text.slice(*match.span("quan"))[:4].lower():
            return None
        return "Quân ủy Trung ương", end, "party", ("QUTW",)
    if match["hdll"]:
        return "Hội đồng Lý luận Trung ương", end, "party", ("HĐLLTW",)
    if match["tw"]:
        printed = text.slice(*match.span("tw"))
        if match["tw"] == "tu" and printed != "TƯ":
            return None
        return ("Trung ương Đảng" if match["tw"].endswith(" dang") else "Trung ương"), end, "party", ("TW",)
    if match["body"]:
        return "Ban Thường vụ", end, "party", ()
    if match["state"]:
        name = _STATE[one_space(match["state"])]
        code = TABLE["state_codes"].get(name)
        return name, end, "state", (code,) if code else ()
    return None


def _local(text: PressText, match: re.Match[str]) -> _Found | None:
    shouting = text.slice(*match.span()).isupper()
    if match["committee"]:
        return _committee(text, match, shouting)
    if match["council"]:
        head, code = _COUNCILS[one_space(match["council"])]
        start = match.end()
        if purpose := _COUNCIL_FIELD.match(text.key, start):
            start = purpose.end()
        if match["counciltw"]:
            purpose_words = text.slice(match.end(), start)
            return f"{head} Trung ương{purpose_words}", start, "party", (f"{code}TW",)
        if numbered := re.compile(r" [0-9]{1,4}(?![0-9/])").match(text.key, start):
            start = numbered.end()
        end, place = place_after(text, start, shouting=shouting)
        return f"{head}{text.slice(match.end(), start)}{place}", end, "party", (f"{code}*",)
    end, place = place_after(text, match.end(), shouting=shouting)
    if match["people"]:
        council = "h" in match["people"] and ("dong" in match["people"] or "hdnd" in match["people"])
        head = "Hội đồng nhân dân" if council else "Ủy ban nhân dân"
        head = f"Thường trực {head}" if "thuong truc" in match["people"] else head
        head = f"Chủ tịch {head}" if match["chair"] else head
        return f"{head}{place}", end, "state", ("HĐND" if council else "UBND",)
    if match["force"]:
        return f"{_FORCES[one_space(match['force'])]}{place}", end, "state", ()
    if match["mass"]:
        name = _MASS[one_space(match["mass"])]
        front = {"": ""}.get(match["front"] or "", _front(match["front"] or ""))
        body = _body(match["massbody"] or "")
        return f"{front}{body}{name}{place}", end, "mass", ()
    if match["field"]:
        head, field = match["field"].split(" ", 1)
        name = f"{'Bộ' if head == 'bo' else 'Sở'} {_FIELDS[one_space(field)]}"
        place = place if head == "so" or "Chỉ huy" in name else ""
        end = end if place else match.end()
        return f"{'Bộ trưởng ' if match['minister'] else ''}{name}{place}", end, "state", ()
    return None


def _front(printed: str) -> str:
    standing = "Ban Thường trực " if "thuong truc" in printed else ""
    central = "Trung ương " if "trung uong" in printed else ""
    return f"{standing}Ủy ban {central}"


def _body(printed: str) -> str:
    words = {"btv": "Ban Thường vụ", "bch": "Ban Chấp hành"}
    names = {
        "ban bi thu": "Ban Bí thư",
        "ban thuong vu": "Ban Thường vụ",
        "ban chap hanh": "Ban Chấp hành",
        "doan chu tich": "Đoàn Chủ tịch",
        "trung uong": "Trung ương",
    }
    out, rest = [], printed.strip()
    for key, name in (words | names).items():
        if rest.startswith(key):
            out.append(name)
            rest = rest[len(key) :].strip()
    if rest == "trung uong":
        out.append("Trung ương")
    return "".join(f"{n} " for n in out)


def _committee(text: PressText, match: re.Match[str], shouting: bool) -> _Found | None:
    committee, level = _COMMITTEES[one_space(match["committee"])]
    if committee == "Quận ủy" and text.slice(*match.span("committee"))[2:3].lower() == "â":
        return None
    end, place = place_after(text, match.end(), shouting=shouting)
    shared = place
    if not place and level == "ĐU":
        if joined := _WITH_COMMAND.match(text.key, end):
            end, shared = place_after(text, joined.end() - 1, shouting=shouting)
            place = shared = f",{shared}"
        else:
            shared = _shared_place(text, end, shouting)
    codes = _level_codes(committee, level, shared)
    if not codes:
        return None
    head = committee
    if match["office"]:
        office = one_space(match["office"])
        if office in _OFFICES:
            name, code = _OFFICES[office]
            codes = tuple(f"{code}{c.rstrip('*')}" for c in codes)
        else:
            name = _BODIES[office]
        head = f"{name} {committee}"
    return f"{head}{shared}", end, "party", codes


def _shared_place(text: PressText, end: int, shouting: bool) -> str:
    """`Đảng ủy, HĐND, UBND xã An Hạ`: the place said behind the last of several bodies is everybody's."""
    for _ in range(3):
        sibling = _SIBLING.match(text.key, end)
        if sibling is None:
            return ""
        end, place = place_after(text, sibling.end(), shouting=shouting)
        if place:
            return place
    return ""


def _level_codes(committee: str, level: str, place: str) -> tuple[str, ...]:
    bare = key_of(place).strip(" ,")
    city = ("TU",) if _CITY_LEVEL.sub("", bare) in _CENTRAL_CITIES else ("ThU", "TU")
    if committee == "Thành ủy":
        return city
    if committee == "Đảng bộ":
        for word, codes in (
            ("tinh", ("TU",)),
            ("thanh pho", city),
            ("tp", city),
            ("huyen", ("HU",)),
            ("quan ", ("QU",)),
            ("thi xa", ("TXU",)),
        ):
            if bare.startswith(word):
                return codes
        return ("ĐU",) if bare else ()
    if level == "ĐU":
        if (central := _CENTRAL_COMMITTEES.get(bare)) is not None:
            return (central,)
        return ("ĐU", "ĐU*") if not bare or bare.startswith(("xa", "phuong", "thi tran")) else ("ĐU*",)
    if level == "CB":
        return ("CB", "CB*")
    return ("TXU", "ThxU") if level == "TXU" else (level,)


def province_of(name: str | None) -> str | None:
    """The province an issuer's name ends with, where it is one of the 34 (Tỉnh ủy Lâm Đồng)."""
    if not name:
        return None
    bare = key_of(name)
    return next((p for p in PROVINCES if bare.endswith(key_of(p).removeprefix("tp. "))), None)
