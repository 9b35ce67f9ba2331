"""The Party's national congress and the plenums of its Central Committee, in all the wordings of the press.

They are named like no other meeting: `Đại hội XIV của Đảng`, `Hội nghị Trung ương 14`. Their identity is the one that a
resolution of theirs is cited by (GRAMMAR.md §5): `ĐH-XIV` and `TW14-XIII` are what stands behind the `NQ` of
`NQĐH-XIV` and `NQTW14-XIII`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from crawler.citing.known_documents import TERMS, term_of
from crawler.meeting.meeting_kinds import CONFERENCE, CONGRESS, PLENARY, Kind
from crawler.meeting.ordinals import ORDINAL, ordinal
from crawler.meeting.organisations import Organisation

PARTY = "Đảng Cộng sản Việt Nam"
COMMITTEE = "Ban Chấp hành Trung ương Đảng"

_NUMBER = rf"\(?(?:lần\s+)?(?:thứ\s+)?(?P<n>{ORDINAL})\)?(?![\d/])"
_OF_PARTY = (
    r"[\s,-]*(?:\([^()]{1,40}\)\s*)?(?:của\s+)?đảng(?:\s+(?:ta|cộng sản(?:\s+việt nam)?))?"
    r"(?!\s+(?:bộ|ủy|đoàn|viên|cộng sản|dân chủ|nhân dân|lao động|cộng hòa|xã hội))(?!\w)"
)
_CONGRESS = re.compile(
    r"đại hội(?P<before>(?:\s+(?:đại biểu|toàn quốc|của|đảng(?!\s+(?:bộ|ủy"
    r"|đoàn))(?:\s+cộng sản việt nam)?))*)"
    rf"\s+{_NUMBER}(?P<of>{_OF_PARTY})?"
)
_OTHER_PARTY = re.compile(
    r"[\s,-]*(?:của\s+)?đảng\s+(?!cộng sản việt nam|ta(?!\w))|[\s,]*(?:của\s+)?\w+\s+trung quốc"
)
_OTHER_BODY = re.compile(
    r"[\s,-]*(?:\([^()]{1,40}\)\s*)?(?:của\s+)?(?:đảng (?:bộ|ủy)|chi bộ|đoàn|hội(?! nghị)|công đoàn"
    r"|liên đoàn|liên hiệp"
    r"|mặt trận|mttq|tổng|tỉnh|huyện|thành phố|xã|phường|giáo hội|ủy ban)(?!\w)"
)
_CENTRE = r"(?:trung ương|tw|tư)"
_PLENUM = re.compile(
    rf"hội nghị\s+(?:{_NUMBER.replace('?P<n>', '?P<first>')}\s+)?(?:của\s+)?(?:(?:ban chấp hành"
    rf"|bch)\s+)?{_CENTRE}"
    r"(?:\s+đảng(?:\s+cộng sản việt nam)?)?"
    rf"(?:\s*{_NUMBER.replace('?P<n>', '?P<last>')})?(?!\s+(?:đoàn|hội(?! nghị)|mttq|mặt trận|công đoàn))"
)
_COMMITTEE_NAME = re.compile(r"(?:ban chấp hành|bch)\s+(?:trung ương|tw|tư)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class National:
    """A national meeting named in a text; `end` is behind its name in the key."""

    kind: str
    ordinal: int
    end: int


def national(kind: Kind, key: str, end: int, published: date | None) -> National | None:
    """The national meeting that a meeting word in `key[:end]` heads, or None.

    >>> name = "đại hội lần thứ xiv của đảng khai mạc"
    >>> national(Kind(0, 7, "đại hội"), name, len(name), None)
    National(kind='đại hội', ordinal=14, end=28)
    >>> name = "hội nghị trung ương 14 khóa xiii"
    >>> national(Kind(0, 8, "hội nghị"), name, len(name), None)
    National(kind='hội nghị ban chấp hành', ordinal=14, end=22)
    """
    if kind.kind == CONGRESS:
        return _congress(key, kind.start, end, published)
    if kind.kind != CONFERENCE or not (m := _PLENUM.match(key, kind.start, end)):
        return None
    number = ordinal(m["first"] or m["last"] or "")
    return National(PLENARY, number, m.end()) if number and number <= _MOST_PLENUMS else None


_MOST_PLENUMS = 19
"""More than any term has held: a larger number is a day or a year."""


def _congress(key: str, start: int, end: int, published: date | None) -> National | None:
    m = _CONGRESS.match(key, start, end)
    number = ordinal(m["n"]) if m else None
    if m is None or number is None or number > len(TERMS) + 12:
        return None
    if _OTHER_BODY.match(key, m.end(), end) or (not m["of"] and _OTHER_PARTY.match(key, m.end(), end)):
        return None
    if m["of"] or "đảng" in m["before"]:
        return National(CONGRESS, number, m.end())
    # "Đại hội XIV": of the Party where the number is the one whose turn it is.
    bare = "toàn quốc" in m["before"] or (not m["n"].strip("ivxlc") and "thứ" not in m.group())
    current = _congress_number(term_of(published)) if published else None
    due = current is not None and number in (current, current + 1)
    return National(CONGRESS, number, m.end()) if bare and due else None


def _congress_number(term: str | None) -> int | None:
    return ordinal(term.lower()) if term else None


def identity(kind: str, number: int | None, organiser: str | None, day: date | None) -> str | None:
    """`ĐH-XIV`, `TW14-XIII`: what a resolution of this meeting is cited by, without `NQ`; None for any other meeting.

    A congress is the Party's where no other body holds it; a plenum is told by its number and the term of its day.

    >>> identity("hội nghị ban chấp hành", 14, COMMITTEE, date(2025, 11, 5))
    'TW14-XIII'
    >>> identity("đại hội", 14, PARTY, None), identity("đại hội", 2, "Đảng bộ phường X", None)
    ('ĐH-XIV', None)
    """
    if number is None or organiser is None:
        return None
    if kind == CONGRESS:
        return f"ĐH-{_roman(number)}" if organiser == PARTY else None
    if kind != PLENARY or not _COMMITTEE_NAME.match(organiser):
        return None
    if organiser.casefold().removeprefix("ban chấp hành trung ương").strip() not in (
        "",
        "đảng",
        "đảng cộng sản việt nam",
    ):
        return None
    term = term_of(day)
    return f"TW{number}-{term}" if term else None


def is_central(organ: Organisation | None) -> bool:
    """Whether a body may itself hold a national meeting: the Central Committee, its bureau and its secretariat."""
    return organ is not None and organ.sphere == "party" and bool(_CENTRAL_HEAD.match(organ.head))


_CENTRAL_HEAD = re.compile(r"(?:(?:ban chấp hành|bch)\s+)?(?:trung ương|tw|tư)(?!\w)|bộ chính trị|ban bí thư")


def _roman(number: int) -> str:
    tens, ones = divmod(number, 10)
    return "X" * tens + ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")[ones]
