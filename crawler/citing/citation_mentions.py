"""Where a text names documents: numbers with their type words, bare numbers, lists, plenums and congresses.

This module says what is printed and how far; dates, issuers and what a short reference means are attached by
`citation_frames` and `citations`. The scan is one pass of a few regexes over the key; everything
else looks at a bounded stretch beside a hit, so the time is linear in the text whatever it contains.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping

from crawler.citing.document_names import TYPE_CODES, Symbol, find_symbols, type_of_code
from crawler.citing.issuers import Organ, organ_at
from crawler.citing.mention import Kind, Mention
from crawler.citing.plenum_resolutions import congress, plenum
from crawler.citing.short_references import abbreviated_shorts, short_mentions, trailing_numbers
from crawler.citing.type_words import FILLERS, TypeWord, type_words
from crawler.text.anchored_regex import Opened
from crawler.text.sentences import TITLE_END
from crawler.text.unaccented import PressText

_ABBREVIATIONS = {
    "nq": "Nghị quyết", "ct": "Chỉ thị", "qd": None, "kl": "Kết luận", "hd": "Hướng dẫn", "tb": "Thông báo",
    "kh": "Kế hoạch", "ctr": "Chương trình", "qc": "Quy chế", "bc": "Báo cáo", "cv": "Công văn", "ttr": "Tờ trình",
    "da": "Đề án", "nd": "Nghị định", "tt": None,
}  # fmt: skip
_ABBREVIATED = re.compile(
    rf"(?<![a-z0-9])({'|'.join(_ABBREVIATIONS)})\.? {{0,2}}(?:so {{0,1}}[:.]? {{0,2}})?\Z"
)
_SO = re.compile(r"(?<![a-z0-9])so {0,2}[:.]? {0,2}\Z")
_GAP = re.compile(
    rf"(?P<fill>{FILLERS})(?: {{1,2}}mang)?(?: {{0,3}}(?P<so>so) {{0,2}}[:.]?)? {{0,3}}\"?"
    r"|(?: {0,2}[:(]? {0,2}so ?[:.]?) {0,2}"
)
_LAW_GAP = re.compile(r"(?: {1,2}[a-z0-9,&-]{1,12}){0,14} {1,2}so {0,2}:? {0,2}")
_ISSUER_GAP = re.compile(r" {1,2}cua {1,2}")
_SO_GAP = re.compile(r",? {1,2}so {0,2}:? {0,2}")
_ABBREVIATED_PLENUM = Opened(
    r"(?<![a-z0-9])(?P<word>nq|kl) ?(?=tw|t\.|tu|trung uong|dai hoi|dh)", ("nq", "kl")
)


def find_mentions(text: PressText) -> list[Mention]:
    """Every mention in text order, none overlapping another."""
    words = list(type_words(text))
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
        mentions.extend(trailing_numbers(text, mention, symbol, at))
    for word in words:
        if word.start not in used:
            mentions.extend(_unnumbered(text, word, at))
    mentions += _abbreviated_plenums(text)
    mentions += abbreviated_shorts(text)
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


def _numbered(text: PressText, symbol: Symbol, word: TypeWord | None) -> Mention | None:
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
        name = word.name if len(between) <= 90 and not TITLE_END.search(between) else None
    kind: Kind = "symbol" if symbol.organ is not None else "short"
    return Mention(
        start, symbol.end, kind, name, symbol.number, symbol.code, symbol.organ, symbol.system, symbol.year,
        belief="sure" if kind == "symbol" else "likely", headless=not headed, party_form=symbol.party_form,
        known=symbol.known,
        issuer=signer.name if signer else None, signer=signer,
    )  # fmt: skip


def _joins(text: PressText, word: TypeWord, symbol: Symbol) -> bool | Organ:
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


def _unnumbered(text: PressText, word: TypeWord, symbols: Mapping[int, Symbol]) -> list[Mention]:
    if word.name in ("Nghị quyết", "Kết luận"):
        if found := plenum(text, word.start, word.end, word.name):
            return found
        if word.name == "Nghị quyết" and (found := congress(text, word.start, word.end)):
            return found
    if not word.exact or word.name in ("Văn bản", "Luật", "Pháp lệnh", "Lệnh"):
        return []
    return short_mentions(text, word, symbols)


def _abbreviated_plenums(text: PressText) -> list[Mention]:
    """`NQTW 4 khóa XI`, `NQ Đại hội XIII`."""
    found: list[Mention] = []
    for match in _ABBREVIATED_PLENUM.finditer(text.key):
        if text.is_upper(match.start()):
            name = "Nghị quyết" if match["word"] == "nq" else "Kết luận"
            end = match.end("word")
            found += plenum(text, match.start(), end, name) or congress(text, match.start(), end)
    return found
