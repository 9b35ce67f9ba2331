"""Where a text names documents: numbers with their type words, bare numbers, lists, plenum and congress resolutions.

This module says what is printed and how far; dates, issuers and what a short reference means are attached by
`crawler.citations`. The scan is one pass of two regexes (type words, symbols) over the key; everything else looks at
a bounded stretch beside a hit, so the time is linear in the text whatever it contains.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from crawler.article import System
from crawler.document_names import STATE_ONLY, TYPE_CODES, Symbol, find_symbols, pad, type_of_code
from crawler.issuers import BCH_TRUNG_UONG, Organ, organ_at, place_after, roman
from crawler.press_text import PressText, accented, any_of, key_of, printed_in
from crawler.text import modern_tone

Kind = Literal["symbol", "short", "plenum", "congress"]
Belief = Literal["sure", "likely", "weak"]

_WORDS = {key_of(name): name for name in TYPE_CODES} | {
    "qui dinh": "Quy định",
    "qui che": "Quy chế",
    "van ban": "Văn bản",
    "bo luat": "Luật",
    "thong bao ket luan": "Thông báo",
    "thong bao y kien": "Thông báo",
}
_PRINTED = {name: frozenset({name.lower()}) for name in (*TYPE_CODES, "Văn bản")} | {
    "Thông báo": frozenset({"thông báo", "thông báo kết luận", "thông báo ý kiến"}),
    "Luật": frozenset({"luật", "bộ luật"}),
}
_TYPE_WORD = re.compile(
    r"(?<![a-z0-9])(?:"
    + "|".join(w.replace(" ", " {1,2}") for w in sorted(_WORDS, key=len, reverse=True))
    + r")(?![a-z])"
)
_ABBREVIATIONS = {
    "nq": "Nghị quyết", "ct": "Chỉ thị", "qd": None, "kl": "Kết luận", "hd": "Hướng dẫn", "tb": "Thông báo",
    "kh": "Kế hoạch", "ctr": "Chương trình", "qc": "Quy chế", "bc": "Báo cáo", "cv": "Công văn", "ttr": "Tờ trình",
    "da": "Đề án", "nd": "Nghị định", "tt": None,
}  # fmt: skip
_ABBREVIATED = re.compile(
    rf"(?<![a-z0-9])({'|'.join(_ABBREVIATIONS)})\.? {{0,2}}(?:so {{0,1}}[:.]? {{0,2}})?\Z"
)
_SO = re.compile(r"(?<![a-z0-9])so {0,2}[:.]? {0,2}\Z")

_TABLE = tomllib.loads(Path(__file__).with_name("citation_words.toml").read_text(encoding="utf-8"))
_FILL = rf"(?: {{1,2}}(?:{any_of(_TABLE['fillers'])})){{0,3}}"
_GAP = re.compile(
    rf"(?P<fill>{_FILL})(?: {{1,2}}mang)?(?: {{0,3}}(?P<so>so) {{0,2}}[:.]?)? {{0,3}}\"?|(?: {{0,2}}[:(]? {{0,2}}so ?[:.]?) {{0,2}}"
)
_LAW_GAP = re.compile(r"(?: {1,2}[a-z0-9,&-]{1,12}){0,14} {1,2}so {0,2}:? {0,2}")
_ISSUER_GAP = re.compile(r" {1,2}cua {1,2}")
_SO_GAP = re.compile(r",? {1,2}so {0,2}:? {0,2}")

_GUARD = r"(?![0-9a-z%])(?! ?[.,][0-9])(?! ?[-/] ?[0-9])(?! ?%)(?! {0,2}[-/] {0,2}[a-z]{1,4} {0,2}[-/])(?![-/&][a-z])"
_SHORT = re.compile(
    rf"(?P<fill>{_FILL})(?: {{0,2}}(?P<so>so) {{0,2}}[:.]? {{0,2}}| {{1,2}})(?P<number>[0-9]{{1,5}}[a-z]?)"
    rf"(?P<year>/(?:19|20)[0-9]{{2}}(?![0-9/-]))?{_GUARD}"
)
_OPENED_LIST = re.compile(rf" {{0,2}}[:(] ?(?:so )?(?P<number>[0-9]{{1,4}}){_GUARD}")
_NEXT_NUMBER = re.compile(
    rf"(?P<gap> {{0,2}}(?:,|;| va| cung| hay| hoac|&) {{0,2}}(?:va )?(?P<so>so {{0,2}})?)(?P<number>[0-9]{{1,4}}[a-z]?){_GUARD}"
)
_NEXT_SYMBOL = re.compile(r" {0,2}(?:,|;| va| cung| hay| hoac|&) {0,2}(?:va )?(?P<so>so {0,2})?(?=[0-9])")

_STRONG = frozenset({"Nghị quyết", "Chỉ thị", "Kết luận", "Quy định"})
_MEDIUM = frozenset({"Đề án", "Chương trình", "Hướng dẫn", "Quy chế", "Thông tri"})
_UNITS = re.compile(rf" {{0,2}}(?P<unit>{any_of(_TABLE['units'])})(?![a-z0-9])")
_UNIT_WORDS = accented(_TABLE["units"])
_DAYS = re.compile(r" {1,2}ngay(?! ?[0-9])")
_AFTER_SMALL = re.compile(
    rf" {{0,2}}(?:\Z|\n|[.,;:)\"'!?]|-|(?:{any_of(_TABLE['follow'])})(?![a-z0-9]))"
)
_CUE = re.compile(rf"(?:{any_of(_TABLE['cues'])}) (?:cac |tot |nghiem |nghiem tuc )?\Z")
_ORDINALS = {
    "nhat": 1, "mot": 1, "hai": 2, "ba": 3, "tu": 4, "bon": 4, "nam": 5, "sau": 6, "bay": 7, "tam": 8, "chin": 9,
    "muoi": 10, "muoi mot": 11, "muoi hai": 12, "muoi ba": 13, "muoi bon": 14, "muoi lam": 15,
}  # fmt: skip
_ORD = r"(?:[0-9]{1,2}|[ivx]{1,5}|(?:muoi (?:mot|hai|ba|bon|lam)|nhat|mot|hai|ba|tu|bon|nam|sau|bay|tam|chin|muoi))(?![a-z0-9])"
_TW = r"(?:trung {1,2}uong|tw|t\. ?[uw]|tu)"
_PLENUM = re.compile(
    rf" {{0,2}}(?:cua )?(?:hoi nghi )?(?:lan thu {{1,2}}(?P<first>{_ORD}) )?(?:cua )?(?:(?:ban chap hanh|bch) )?(?P<tw>{_TW})"
    rf"(?: dang(?: cong san viet nam)?)?(?:(?: lan thu)? {{0,2}}(?P<second>{_ORD})(?P<again> \(?lan {{1,2}}(?:2|ii|hai)\)?)?)?(?! {{0,2}}(?:doan|hoi)(?![a-z]))"
)
_MORE_ORDINALS = re.compile(r"(?:, ?| va )(?:(?:trung uong|tw) ?)?(?P<n>[0-9]{1,2})(?![0-9/%])(?![.-][0-9])")
_KHOA = re.compile(r",? {0,2}(?P<open>\()?,? ?(?:dang )?khoa {0,2}(?P<n>[ivx]{1,6}|[0-9]{1,2})(?![a-z0-9])")
_MORE_KHOA = re.compile(
    r"(?:, ?| va | va khoa |, khoa | & )(?P<from>(?<=khoa )|)(?P<n>[ivx]{1,6})(?![a-z0-9])"
)
_CONGRESS_HEAD = re.compile(r" {1,2}(?:cua )?(?:dai hoi|dh)(?![a-z])")
_NATIONAL = re.compile(
    r"(?: (?:dai bieu|dang|toan quoc|cua dang|cong san viet nam))*?(?: lan)?(?: thu)? {1,2}(?P<n>[ivx]{1,6}|[0-9]{1,2})(?![a-z0-9/%])(?![.-][0-9])"
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


@dataclass(slots=True)
class Mention:
    """One place that names a document, as printed; `crawler.citations` fills in what the words around it say."""

    start: int
    end: int
    """Key positions."""
    kind: Kind
    type: str | None
    number: str | None
    code: str | None
    organ: str | None
    system: System
    year: str | None = None
    term: str | None = None
    ordinal: int | None = None
    """The plenum's number."""
    belief: Belief = "sure"
    """`likely` needs no more than the absence of a contrary issuer; `weak` needs an issuer or an earlier mention."""
    issuer: str | None = None
    signer: Organ | None = None
    """The organ found in the words around, which `issuer` names."""
    date: str | None = None
    tail: int = 0
    """Key position behind the date and issuer that follow."""
    subject: str | None = None
    """What it is about, where the date or issuer stands behind it."""
    stranger: bool = False
    """An issuer follows that is no organ of the tables ("của Hội đồng Bảo an")."""
    headless: bool = False
    """An item of a list without its own type word."""
    party_form: bool = True
    """Whether its key is printed `N-TYPE/ORG`."""


@dataclass(frozen=True, slots=True)
class _TypeWord:
    start: int
    end: int
    name: str
    exact: bool
    """Printed with its accents, or in a text that has none at all."""
    capital: bool


def find_mentions(text: PressText) -> list[Mention]:
    """Every mention in text order, none overlapping another."""
    words = [_type_word(text, m) for m in _TYPE_WORD.finditer(text.key)]
    starts = [w.start for w in words]
    symbols = list(find_symbols(text))
    at = {s.start: s for s in symbols}
    mentions: list[Mention] = []
    used: set[int] = set()
    for symbol in symbols:
        i = bisect_right(starts, symbol.start) - 1
        mention = _numbered(text, symbol, words[i] if i >= 0 else None)
        if mention is None:
            continue
        if i >= 0 and mention.start == words[i].start:
            used.add(words[i].start)
        mentions.append(mention)
        mentions.extend(_trailing(text, mention, symbol, at))
    for word in words:
        if word.start not in used:
            mentions.extend(_unnumbered(text, word, at))
    mentions.extend(_abbreviated(text))
    return _apart(mentions)


def _apart(mentions: list[Mention]) -> list[Mention]:
    """In text order; where two overlap the one that begins first, or is a full symbol, stays."""
    kept: list[Mention] = []
    for mention in sorted(mentions, key=lambda m: (m.start, m.kind != "symbol", -m.end)):
        if kept and mention.start < kept[-1].end:
            if mention.end > kept[-1].end and mention.kind == "symbol" and kept[-1].kind == "short":
                kept[-1] = mention
            continue
        kept.append(mention)
    return kept


def _type_word(text: PressText, match: re.Match[str]) -> _TypeWord:
    name = _WORDS[" ".join(match.group().split())]
    printed = modern_tone(" ".join(text.slice(*match.span()).lower().split())).replace("qui ", "quy ")
    exact = printed in _PRINTED[name] or (printed.isascii() and text.raw.isascii())
    return _TypeWord(match.start(), match.end(), name, exact, text.is_upper(match.start()))


def _numbered(text: PressText, symbol: Symbol, word: _TypeWord | None) -> Mention | None:
    """A mention with a symbol; None where the symbol is too weak to be believed without words."""
    start, name, headed = symbol.start, type_of_code(symbol.code), False
    signer: Organ | None = None
    joined = word is not None and symbol.start - word.end <= 120 and _joins(text, word, symbol)
    if word is not None and joined:
        start, headed = word.start, True
        signer = joined if isinstance(joined, Organ) else None
        name = name if word.name == "Văn bản" else word.name
    elif abbreviated := _ABBREVIATED.search(text.key, max(0, symbol.start - 14), symbol.start):
        if text.is_upper(abbreviated.start()):
            start, headed = abbreviated.start(), True
            name = _ABBREVIATIONS[abbreviated[1]]
    elif so := _SO.search(text.key, max(0, symbol.start - 8), symbol.start):
        start = so.start()
    if symbol.organ is None or symbol.code is None:
        letter = symbol.code is None and symbol.year is None
        if letter and (not headed or name not in ("Công văn", None)):
            return None
        if letter:
            name = "Công văn"
        elif symbol.organ is None and not (headed and name and TYPE_CODES.get(name) == symbol.code):
            return None
    if symbol.code is None and symbol.year and name is None:
        name = "Nghị quyết" if symbol.organ and symbol.organ.startswith("UBTV") else "Luật"
    if not headed and not symbol.known and not (start < symbol.start and symbol.organ):
        return None
    if name is None and symbol.system == "state" and symbol.code == "QĐ":
        name = "Quyết định"
    if name is None and symbol.system == "state" and symbol.code == "TT":
        name = "Thông tư"
    if name is None and not headed and word is not None and TYPE_CODES.get(word.name) == symbol.code:
        # `các quy định: 37-QĐ/TW, 41-QĐ/TW`: an item takes the type of the word that opens its list.
        between = text.key[word.end : symbol.start]
        name = word.name if len(between) <= 90 and not re.search(r"[.!?\n]", between) else None
    kind: Kind = "symbol" if symbol.organ is not None else "short"
    return Mention(
        start, symbol.end, kind, name, symbol.number, symbol.code, symbol.organ, symbol.system, symbol.year,
        belief="sure" if kind == "symbol" else "likely", headless=not headed, party_form=symbol.party_form,
        issuer=signer.name if signer else None, signer=signer,
    )  # fmt: skip


def _joins(text: PressText, word: _TypeWord, symbol: Symbol) -> bool | Organ:
    """Whether a type word belongs to the symbol behind it; the issuer where one stands between them."""
    if _GAP.fullmatch(text.key, word.end, symbol.start):
        # After a colon or bracket the number opens a list of its own: it starts at the number.
        return not re.match(r" {0,2}[:(]", text.key[word.end : symbol.start])
    if word.name in ("Luật", "Pháp lệnh") and _LAW_GAP.fullmatch(text.key, word.end, symbol.start):
        return True
    by = _ISSUER_GAP.match(text.key, word.end, symbol.start)
    organ = organ_at(text, by.end()) if by else None
    if organ is not None and _SO_GAP.fullmatch(text.key, organ.end, symbol.start):
        return organ
    return False


def _unnumbered(text: PressText, word: _TypeWord, symbols: dict[int, Symbol]) -> list[Mention]:
    if word.name in ("Nghị quyết", "Kết luận"):
        if found := _plenum(text, word.start, word.end, word.name):
            return found
        if word.name == "Nghị quyết" and (found := _congress(text, word.start, word.end)):
            return found
    if not word.exact or word.name in ("Văn bản", "Luật", "Pháp lệnh", "Lệnh"):
        return []
    return _short(text, word, symbols)


def _short(text: PressText, word: _TypeWord, symbols: dict[int, Symbol]) -> list[Mention]:
    """`Nghị quyết 22`, `Quy định số 58`, `Hướng dẫn 01, 02, 03-HD/UBKTTW`: numbers that borrow what they lack."""
    head = _SHORT.match(text.key, word.end)
    opened = None if head else _OPENED_LIST.match(text.key, word.end)
    if opened is not None:
        return _opened_list(text, word, opened, symbols)
    if head is None or head.start("number") in symbols:
        return []
    belief = _belief(text, word, head)
    if belief is None:
        return []
    items = [
        _bare(word, word.start, head.end(), head["number"], belief, (head["year"] or "/").removeprefix("/"))
    ]
    suffix = _extend(text, word, items, symbols)
    if suffix is not None and suffix.organ is not None and suffix.code == TYPE_CODES[word.name]:
        for item in items:
            _sign_as(item, suffix)
    return items


def _opened_list(
    text: PressText, word: _TypeWord, opened: re.Match[str], symbols: dict[int, Symbol]
) -> list[Mention]:
    """`bốn nghị quyết (57, 59, 66, 68)`: two numbers or more, each an item of its own; an issuer must follow."""
    if opened.start("number") in symbols or _counts(text, opened.end()):
        return []
    items = [_bare(word, opened.start("number"), opened.end(), opened["number"], "weak", "")]
    items[0].headless = True
    _extend(text, word, items, symbols)
    return items if len(items) > 1 else []


def _extend(
    text: PressText, word: _TypeWord, items: list[Mention], symbols: dict[int, Symbol]
) -> Symbol | None:
    """Append the numbers that follow in the list; returns the symbol it ends with, whose organ they share."""
    position, belief = items[-1].end, items[-1].belief
    for _ in range(24):
        more = _NEXT_NUMBER.match(text.key, position)
        ahead = _NEXT_SYMBOL.match(text.key, position)
        if ahead and ahead.end() in symbols:
            return symbols[ahead.end()]
        if not more or _counts(text, more.end()):
            return None
        start = more.start("so") if more["so"] else more.start("number")
        items.append(_bare(word, start, more.end(), more["number"], belief, ""))
        items[-1].headless = True
        position = more.end()
    return None


def _sign_as(item: Mention, symbol: Symbol) -> None:
    item.kind, item.organ, item.system = "symbol", symbol.organ, symbol.system
    item.year, item.belief, item.party_form = item.year or symbol.year, "sure", symbol.party_form


def _trailing(text: PressText, mention: Mention, symbol: Symbol, symbols: dict[int, Symbol]) -> list[Mention]:
    """`Nghị quyết số 18-NQ/TW và 19`: bare numbers behind a symbol share its organ where "và" closes the list."""
    if mention.type is None or symbol.organ is None or symbol.code != TYPE_CODES[mention.type]:
        return []
    word = _TypeWord(mention.start, mention.end, mention.type, exact=True, capital=True)
    items = [mention]
    if _extend(text, word, items, symbols) is not None or len(items) < 2:
        return []
    last = items[-1]
    joined = text.key[items[-2].end : last.start].strip(" ,")
    if joined not in ("va", "va so") or not _AFTER_SMALL.match(text.key, last.end):
        return []
    for item in items[1:]:
        _sign_as(item, symbol)
    return items[1:]


def _bare(word: _TypeWord, start: int, end: int, number: str, belief: Belief, year: str) -> Mention:
    system: System = "state" if word.name in STATE_ONLY else "party"
    mention = Mention(
        start, end, "short", word.name, pad(number), TYPE_CODES[word.name], None, system, belief=belief
    )
    if word.name in STATE_ONLY:
        mention.year = year or None
    else:
        mention.date = year or None
    return mention


def _belief(text: PressText, word: _TypeWord, head: re.Match[str]) -> Belief | None:
    """How far a number without a symbol is a document's number; None where it is an amount."""
    if not head["so"] and _counts(text, head.end()):
        return None
    digits = len(head["number"].rstrip("abcdefghijklmnopqrstuvwxyz"))
    if not head["so"] and not word.capital:
        cue = _CUE.search(text.key, max(0, word.start - 32), word.start)
        named = cue is not None and word.name in ("Nghị quyết", "Chỉ thị") and digits >= 2
        if not named and not _AFTER_SMALL.match(text.key, head.end()):
            return None
        if not cue:
            return "weak"
    if word.name in STATE_ONLY:
        return "likely" if digits <= 3 and word.name == "Nghị định" and (word.capital or head["so"]) else None
    if head["year"] and word.name in ("Nghị quyết", "Quyết định", "Kế hoạch", "Quy chế"):
        return "weak"  # number/year is how state documents are shortened
    if word.name in _STRONG and digits <= 3:
        return "likely" if head["so"] or digits >= 2 else "weak"
    if word.name in _MEDIUM and head["so"] and word.capital and digits <= 3:
        return "likely"
    return "weak"


def _counts(text: PressText, position: int) -> bool:
    """Whether what stands behind a number is what it counts: "3 năm" and "68 lần", but not "68 lan tỏa"."""
    unit = _UNITS.match(text.key, position)
    if unit is not None and printed_in(text, *unit.span("unit"), _UNIT_WORDS):
        return True
    return _DAYS.match(text.key, position) is not None


_ABBREVIATED_SHORT = re.compile(
    r"(?<![a-z0-9])(?P<word>nq|ct|kl|qd) ?(?:so )?(?P<number>[0-9]{1,3})" + _GUARD
)
_ABBREVIATED_PLENUM = re.compile(r"(?<![a-z0-9])(?P<word>nq|kl) ?(?=tw|t\.|tu|trung uong|dai hoi|dh)")


def _abbreviated(text: PressText) -> list[Mention]:
    """`NQ21`, `NQTW 4 khóa XI`, `NQ Đại hội XIII`."""
    found: list[Mention] = []
    for match in _ABBREVIATED_PLENUM.finditer(text.key):
        if text.is_upper(match.start()):
            name = "Nghị quyết" if match["word"] == "nq" else "Kết luận"
            end = match.end("word")
            found += _plenum(text, match.start(), end, name) or _congress(text, match.start(), end)
    for match in _ABBREVIATED_SHORT.finditer(text.key):
        if not text.slice(*match.span("word")).isupper() or _counts(text, match.end()):
            continue
        cue = _CUE.search(text.key, max(0, match.start() - 32), match.start())
        type_ = _ABBREVIATIONS[match["word"]]
        code = "QĐ" if match["word"] == "qd" else match["word"].upper()
        belief: Belief = "likely" if cue and match["word"] == "nq" else "weak"
        found.append(
            Mention(*match.span(), "short", type_, pad(match["number"]), code, None, "party", belief=belief)
        )
    return found


def _ordinal(printed: str) -> int | None:
    if printed.isdigit():
        value: int | None = int(printed)
    elif printed in _ORDINALS:
        value = _ORDINALS[printed]
    else:
        numeral = roman(printed)
        value = next((n for n in range(1, 40) if roman(str(n)) == numeral), None) if numeral else None
    return value if value and 1 <= value <= 39 else None


def _plenum(text: PressText, start: int, end: int, name: str) -> list[Mention]:
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
        start, end, "plenum", name, None, TYPE_CODES[name], "TW", "party", term=term, ordinal=ordinal, issuer=BCH_TRUNG_UONG
    )  # fmt: skip


def _congress(text: PressText, start: int, end: int) -> list[Mention]:
    """`Nghị quyết Đại hội XIII`, `Nghị quyết Đại hội Đảng bộ tỉnh … lần thứ XIV`; other congresses are none."""
    head = _CONGRESS_HEAD.match(text.key, end) or re.compile(r"(?:dai hoi|dh)(?![a-z])").match(text.key, end)
    if head is None:
        return []
    if (local := _LOCAL.match(text.key, head.end())) is not None:
        return _local_congress(text, start, local)
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
        start, end, "congress", "Nghị quyết", None, "NQ", "ĐHTQ", "party", term=numeral, issuer="Đại hội đại biểu toàn quốc"
    )  # fmt: skip


def _local_congress(text: PressText, start: int, local: re.Match[str]) -> list[Mention]:
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
