"""Numbers without their symbol: "Nghị quyết 22", "Quy định số 58", "số 06 và 07-NQ/TU", "bốn nghị quyết (57, 59)".

A number alone is believed as far as the words around it allow (`Belief`); what it stands for is decided later by the
full mentions of the article, the issuer behind it, or a known title.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from crawler.article import System
from crawler.citing.document_names import STATE_ONLY, TYPE_CODES, Symbol, pad
from crawler.citing.mention import Belief, Mention
from crawler.citing.type_words import CITATION_WORDS, FILLERS, TypeWord
from crawler.text.anchored_regex import Opened
from crawler.text.unaccented import PressText, accented, any_of, printed_in

_GUARD = r"(?![0-9a-z%])(?! ?[.,][0-9])(?! ?[-/] ?[0-9])(?! ?%)(?! {0,2}[-/] {0,2}[a-z]{1,4} {0,2}[-/])(?![-/&][a-z])"
_SHORT = re.compile(
    rf"(?P<fill>{FILLERS})(?: {{0,2}}(?P<so>so) {{0,2}}[:.]? {{0,2}}| {{1,2}})(?P<number>[0-9]{{1,5}}[a-z]?)"
    rf"(?P<year>/(?:19|20)[0-9]{{2}}(?![0-9/-]))?{_GUARD}"
)
_OPENED_LIST = re.compile(rf" {{0,2}}[:(] ?(?:so )?(?P<number>[0-9]{{1,4}}){_GUARD}")
_NEXT_NUMBER = re.compile(
    rf"(?P<gap> {{0,2}}(?:,|;| va| cung| hay| hoac|&) {{0,2}}(?:va )?(?P<so>so {{0,2}})?)"
    rf"(?P<number>[0-9]{{1,4}}[a-z]?){_GUARD}"
)
_NEXT_SYMBOL = re.compile(r" {0,2}(?:,|;| va| cung| hay| hoac|&) {0,2}(?:va )?(?P<so>so {0,2})?(?=[0-9])")

_STRONG = frozenset({"Nghị quyết", "Chỉ thị", "Kết luận", "Quy định"})
_MEDIUM = frozenset({"Đề án", "Chương trình", "Hướng dẫn", "Quy chế", "Thông tri"})
_UNITS = re.compile(rf" {{0,2}}(?P<unit>{any_of(CITATION_WORDS['units'])})(?![a-z0-9])")
_UNIT_WORDS = accented(CITATION_WORDS["units"])
_DAYS = re.compile(r" {1,2}ngay(?! ?[0-9])")
_AFTER_SMALL = re.compile(
    rf" {{0,2}}(?:\Z|\n|[.,;:)\"'!?]|-|(?:{any_of(CITATION_WORDS['follow'])})(?![a-z0-9]))"
)
_CUE = re.compile(rf"(?:{any_of(CITATION_WORDS['cues'])}) (?:cac |tot |nghiem |nghiem tuc )?\Z")
_ABBREVIATIONS = {
    "nq": ("Nghị quyết", "NQ"),
    "ct": ("Chỉ thị", "CT"),
    "kl": ("Kết luận", "KL"),
    "qd": (None, "QĐ"),
}
_ABBREVIATED_SHORT = Opened(
    r"(?<![a-z0-9])(?P<word>nq|ct|kl|qd) ?(?:so )?(?P<number>[0-9]{1,3})" + _GUARD, ("nq", "ct", "kl", "qd")
)


def short_mentions(text: PressText, word: TypeWord, symbols: Mapping[int, Symbol]) -> list[Mention]:
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
    text: PressText, word: TypeWord, opened: re.Match[str], symbols: Mapping[int, Symbol]
) -> list[Mention]:
    """`bốn nghị quyết (57, 59, 66, 68)`: two numbers or more, each an item of its own; an issuer must follow."""
    if opened.start("number") in symbols or _counts(text, opened.end()):
        return []
    items = [_bare(word, opened.start("number"), opened.end(), opened["number"], "weak", "")]
    items[0].headless = True
    _extend(text, word, items, symbols)
    return items if len(items) > 1 else []


def _extend(
    text: PressText, word: TypeWord, items: list[Mention], symbols: Mapping[int, Symbol]
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


def trailing_numbers(
    text: PressText, mention: Mention, symbol: Symbol, symbols: Mapping[int, Symbol]
) -> list[Mention]:
    """`Nghị quyết số 18-NQ/TW và 19`: bare numbers behind a symbol share its organ where "và" closes the list."""
    if mention.type is None or symbol.organ is None or symbol.code != TYPE_CODES[mention.type]:
        return []
    word = TypeWord(mention.start, mention.end, mention.type, exact=True, capital=True)
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


def _bare(word: TypeWord, start: int, end: int, number: str, belief: Belief, year: str) -> Mention:
    system: System = "state" if word.name in STATE_ONLY else "party"
    mention = Mention(
        start, end, "short", word.name, pad(number), TYPE_CODES[word.name], None, system, belief=belief
    )
    if word.name in STATE_ONLY:
        mention.year = year or None
    else:
        mention.date = year or None
    return mention


def _belief(text: PressText, word: TypeWord, head: re.Match[str]) -> Belief | None:
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


def abbreviated_shorts(text: PressText) -> list[Mention]:
    """`NQ21` behind a verb that takes documents; `CT 05`, `KL 01`, `QĐ 69` where other words vouch for them."""
    found: list[Mention] = []
    for match in _ABBREVIATED_SHORT.finditer(text.key):
        if not text.slice(*match.span("word")).isupper() or _counts(text, match.end()):
            continue
        cue = _CUE.search(text.key, max(0, match.start() - 32), match.start())
        type_, code = _ABBREVIATIONS[match["word"]]
        belief: Belief = "likely" if cue and code == "NQ" else "weak"
        found.append(
            Mention(*match.span(), "short", type_, pad(match["number"]), code, None, "party", belief=belief)
        )
    return found
