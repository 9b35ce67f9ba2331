"""Document numbers as a query compares them: one number, every spelling of it.

`35-CT/TW`, `35 - CT/TW`, `35‑CT/TW`, `35-CT-TW`, `35/CT-TW`, `35CT/TW`, `35-ct/TƯ` and `35-CT/T.Ư` are one
number. The separators are no part of it: Party and State numbers differ in the organ (68-NQ/TW, 68/NQ-CP).
This is a recogniser for comparing only; what a number means is the work of the citations.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from crawler.text.letters import ABBREVIATING, EVERY_DASH
from crawler.text.normal import fold, nfc

TYPES: dict[str, tuple[str, ...]] = {
    "nq": ("nghị quyết",),
    "ct": ("chỉ thị",),
    "qd": ("quyết định", "quy định", "qui định"),
    "qdi": ("quy định", "qui định"),
    "qyd": ("quy định", "qui định"),
    "qc": ("quy chế", "qui chế"),
    "kl": ("kết luận",),
    "hd": ("hướng dẫn",),
    "tt": ("thông tri", "thông tư"),
    "tb": ("thông báo",),
    "bc": ("báo cáo",),
    "kh": ("kế hoạch",),
    "ctr": ("chương trình",),
    "da": ("đề án", "dự án"),
    "pa": ("phương án",),
    "ttr": ("tờ trình",),
    "cv": ("công văn",),
    "bb": ("biên bản",),
    "nd": ("nghị định",),
    "cd": ("công điện",),
}
"""Type code, folded, to the words the press writes for it."""
TYPE_WORDS: tuple[str, ...] = tuple(dict.fromkeys(word for words in TYPES.values() for word in words))
_TYPE_KEYS = frozenset(fold(word) for word in TYPE_WORDS)

_DASH = re.escape(EVERY_DASH)
_L = r"[^\W\d_]"
_ORGAN = rf"(?:T\.\s?[ƯWU](?!{_L})|{_L}{{2,16}}\d{{0,2}})"
_SYMBOL = re.compile(
    rf"""
    (?<!\d\.)
    (?P<n>\d{{1,5}})(?P<suffix>[A-Z](?=\s{{0,3}}[{_DASH}/]))?
    (?:\s{{0,3}}/\s{{0,3}}(?P<year>(?:19|20)\d\d))?
    \s{{0,3}}[{_DASH}/]?\s{{0,3}}
    (?P<code>{_L}{{2,5}})\s{{0,3}}[{_DASH}/]\s{{0,3}}
    (?P<organ>{_ORGAN}(?:[{_DASH}](?-i:[{ABBREVIATING}]{{2,16}})\d{{0,2}})*)
    (?![^\W_])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_LAW = re.compile(
    r"(?P<n>\d{1,5})\s{0,3}/\s{0,3}(?P<year>(?:19|20)\d\d)\s{0,3}/\s{0,3}(?P<code>(?:UBTV)?QH\d{1,2})\b"
)
_CANDIDATE = re.compile(
    rf"\d(?<!\d\d)\d{{0,4}}(?!\d)(?={_L}?\s{{0,3}}"
    rf"(?:/\s{{0,3}}(?:19|20)\d\d|[{_DASH}/]?\s{{0,3}}{_L}{{2,5}}\s{{0,3}}[{_DASH}/]))"
)
"""Digits with so much behind them as every symbol and law has: few of a text's figures."""
_TYPES_RE = "|".join(re.escape(word).replace(r"\ ", r"\s{1,3}") for word in TYPE_WORDS)
_PREFIX = (
    rf"(?:(?P<type>(?<![^\W_])(?:{_TYPES_RE}))\s{{1,3}})?(?P<so>(?<![^\W_])(?:số|so)\s{{0,3}}:?\s{{0,3}})?"
)
_BEFORE = re.compile(_PREFIX + r"\Z", re.IGNORECASE)
_AHEAD = re.compile(_PREFIX + rf"(?:{_L}{{2,4}}(?=\d))?", re.IGNORECASE)
_WORD_START = re.compile(r"[^\W_](?<![^\W_].)")
_LONGEST_PREFIX = 40
"""Characters before a symbol in which "Chương trình số: " must stand, generous with spaces."""
_DASHES = re.compile(f"[{_DASH}]")
_CENTRAL = re.compile(r"T\.?\s?Ư|T\.\s?W")


@dataclass(frozen=True, slots=True)
class Number:
    """A document number, or the part of one that was typed; parts are lower case without marks."""

    n: int
    code: str | None = None
    """The type code: `ct`, `nq`, `qdi`; None for any."""
    organ: str | None = None
    """The issuing organ: `tw`, `btctw`, `ubnd`; None for any."""
    year: int | None = None
    """Of a State document; Party documents have none."""
    suffix: str = ""
    loose: bool = False
    """Any organ and any year answer: the near misses of a back-test."""

    @property
    def token(self) -> str:
        """The index token of a full number, one for all spellings; of a part, what such tokens begin with."""
        token = f"vb{self.n}{self.suffix}x"
        if self.code is not None:
            token += f"{self.code}x"
            if not self.open:
                token += f"{(self.organ or '').replace('-', 'x')}x{self.year or ''}"
        return token

    @property
    def open(self) -> bool:
        """Whether several documents answer: a part was left out, or near misses are asked for."""
        return self.loose or self.code is None or self.organ is None

    def names(self, other: Number) -> bool:
        """Whether a full number `other` is this one, or has the parts that were typed."""
        if self.n != other.n or self.suffix != other.suffix or self.code not in (None, other.code):
            return False
        if self.loose:
            return True
        return self.organ in (None, other.organ) and (
            self.year == other.year or (self.open and not self.year)
        )

    def __str__(self) -> str:
        year = f"/{self.year}" if self.year else ""
        return f"{self.n:02d}{self.suffix}{year}-{self.code}/{self.organ}".upper()


@dataclass(frozen=True, slots=True)
class NumberSpan:
    """A document number in a text."""

    number: Number
    start: int
    end: int
    """Span of the symbol itself, in the text that was searched."""
    starts: tuple[int, ...]
    """Where it may be taken to begin: at the symbol, at "số", at the type word."""


def find_numbers(text: str) -> list[NumberSpan]:
    """All document numbers of an NFC text, left to right.

    >>> [str(s.number) for s in find_numbers("Chỉ thị số 35 - CT/T.Ư và 45/KH-UBND")]
    ['35-CT/TW', '45-KH/UBND']
    """
    found: list[NumberSpan] = []
    end = 0
    for digits in _CANDIDATE.finditer(text):
        if digits.start() >= end and (match := _symbol(text, digits.start())):
            found.append(_span(match, text))
            end = match.end()
    return found


def match_number(text: str, position: int) -> NumberSpan | None:
    """The number that begins at `position`, its type word and "số" included; None where none does."""
    ahead = _AHEAD.match(text, position)
    start = ahead.end() if ahead else position
    match = _symbol(text, start)
    return _span(match, text) if match else None


@lru_cache(maxsize=4096)
def read_number(typed: str) -> Number | None:
    """A whole number, or a part such as `35-CT`, `35`; None where `typed` is neither.

    >>> read_number("35-ct").names(read_number("35-CT/TW"))
    True
    """
    typed = nfc(typed).strip()
    whole = match_number(typed, 0)
    if whole and whole.end == len(typed):
        return whole.number
    part = re.fullmatch(rf"(\d{{1,5}})(?:\s*[{_DASH}/]\s*({_L}{{2,5}}))?", typed)
    return Number(int(part[1]), fold(part[2]) if part[2] else None) if part else None


def is_type_word(first: str, second: str) -> bool:
    """Whether two wide keys make a document type ("chi", "thi")."""
    return f"{first} {second}" in _TYPE_KEYS


def _symbol(text: str, start: int) -> re.Match[str] | None:
    """The symbol whose digits begin at `start` and are not the rest of longer ones."""
    if text[start - 1 : start].isdecimal():
        return None
    return _SYMBOL.match(text, start) or _LAW.match(text, start)


def _span(match: re.Match[str], text: str) -> NumberSpan:
    start = match.start()
    return NumberSpan(_number(**match.groupdict()), start, match.end(), _starts(text, start))


# The documents of a campaign stand in every second article, and in each several times.
@lru_cache(maxsize=4096)
def _number(n: str, code: str, year: str | None, organ: str = "", suffix: str | None = None) -> Number:
    return Number(
        int(n),
        fold(code),
        _organ(organ) if organ else "",
        int(year) if year else None,
        (suffix or "").lower(),
    )


def _starts(text: str, symbol: int) -> tuple[int, ...]:
    for word in _WORD_START.finditer(text, max(0, symbol - _LONGEST_PREFIX), symbol):
        if before := _BEFORE.match(text, word.start(), symbol):
            return tuple(sorted({symbol, *(before.start(name) for name in ("so", "type") if before[name])}))
    return (symbol,)


def _organ(printed: str) -> str:
    """The organ's key: TƯ, T.Ư and T.W are TW, while TU (Tỉnh ủy) stays itself."""
    return fold(_DASHES.sub("-", _CENTRAL.sub("TW", printed.upper()))).replace(" ", "").replace(".", "")
