"""Where the phrases of the taxonomy stand in one field of an article.

One Aho-Corasick pass finds them all; a phrase inside a longer one does not count, traps take a phrase away, and in
title and lead a short phrase must not cut a word of the segmented text in two: `Dân | vận chuyển cát` is no mass work.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter

from crawler.text.anchored_regex import Opened
from crawler.text.charmap import Letters
from crawler.text.match_key import Keyed
from crawler.text.normal import exact_key
from crawler.topic.taxonomy import Taxonomy

Segmenter = Callable[[str], Sequence[str]]

SHORT = 2
"""Phrases of this many syllables are checked against the word segmentation; longer ones are never cut in practice."""

_NUMBERED = Opened(
    r"(?<!\w)(nghị quyết|chỉ thị|kết luận|quy định)(?: số)? \d+(?!\w)",
    ("nghị quyết ", "chỉ thị ", "kết luận ", "quy định "),
)
# The look-behind comes last: the engine skips to what a pattern opens with, but not past one.
_YEAR = re.compile(r"19(?:[2-6]\d|7[0-5])(?<!\w....)(?!\w)")
_LONG_AGO = "19##"
"""How the taxonomy writes any year of the revolution and the wars."""
_blank = Letters(lambda char: " " if char.isspace() else char)
_NEXT = re.compile(r" ([^\W\d_]+)(?: [^\W\d_]+){0,2}")
_BEFORE = re.compile(r"(?:(?<!\S)[^\W\d_]+ ){1,2}$")

_Found = tuple[int, int, int]
"""A phrase by its number in the taxonomy, its start and its end in a key: as the automaton gives it."""


@lru_cache(maxsize=4096)  # 0.2 ms for a handful of syllables, which often stand in title and lead alike
def segment(text: str) -> Sequence[str]:
    """The words of a few syllables, or of a title (a whole article costs 23 ms per 5 KB)."""
    from underthesea import word_tokenize  # it takes most of a second, and many commands never segment

    return tuple(word_tokenize(text))


def phrases_in(tax: Taxonomy, reading: Keyed, *, brief: bool, segmenter: Segmenter = segment) -> list[int]:
    """The numbers of the phrases that count in a field, in reading order.

    In a `brief` field (title, lead) two that overlap by a part both count, and short ones are held against the words.
    """
    kept = _longest(tax, _whole_phrases(tax, _blank(reading.key)), reading, brief=brief)
    if brief:
        kept = [found for found in kept if not _is_cut(tax, found, kept, reading, segmenter)]
    return [phrase for phrase, _, _ in sorted(kept, key=itemgetter(1))]


def _whole_phrases(tax: Taxonomy, key: str) -> list[_Found]:
    """Every phrase in a key that begins and ends with a word, overlapping ones too, by their ends."""
    around = f" {key} "
    found: list[_Found] = [
        (index, start, end)
        for index, start, end in tax.automaton.find_matches_as_indexes(key, overlapping=True)
        if not (around[start].isalnum() or around[end + 1].isalnum())
    ]
    numbered = [(tax.numbers.get(f"{m.group(1)} #"), *m.span()) for m in _NUMBERED.finditer(key)]
    numbered += [(tax.numbers.get(_LONG_AGO), *m.span()) for m in _YEAR.finditer(key)]
    if numbered:
        found += [(index, start, end) for index, start, end in numbered if index is not None]
        found.sort(key=itemgetter(2, 0))
    return found


def _longest(tax: Taxonomy, found: Sequence[_Found], reading: Keyed, *, brief: bool) -> list[_Found]:
    """The phrases that are inside no longer one and touch no trap, longest first.

    In a brief field (title, lead) two that overlap by a part both count, in the body the longer one.
    """
    # "Đại hội Đảng Cộng hòa": a phrase that ends in another party's name is not ours.
    if parties := {start for phrase, start, _ in found if phrase in tax.foreign_parties}:
        found = [f for f in found if f[2] - 4 not in parties or f[1] == f[2] - 4]
    kept: list[_Found] = []
    covered = bytearray(len(reading.key))
    for hit in sorted(found, key=lambda f: f[1] - f[2]):
        _, start, end = hit
        if covered.find(1, start, end) < 0 or (brief and not any(_loses(tax, hit, k) for k in kept)):
            kept.append(hit)
            covered[start:end] = b"\x01" * (end - start)
    return kept


def _loses(tax: Taxonomy, hit: _Found, longer: _Found) -> bool:
    """Whether a phrase lies inside a longer one, or touches a trap. Two that overlap by a part both count."""
    (_, start, end), (phrase, before, after) = hit, longer
    if "trap" in tax.roles[phrase]:
        return before < end and start < after
    return (before, after) != (start, end) and before <= start and end <= after


def _is_cut(tax: Taxonomy, hit: _Found, kept: Sequence[_Found], reading: Keyed, segmenter: Segmenter) -> bool:
    """Whether a word of the segmented text begins inside a short phrase and goes on beyond it."""
    phrase, first, last = hit
    if not tax.meanings[phrase] or len(tax.phrases[phrase].split()) != SHORT:
        return False
    after = _NEXT.match(reading.key, last)
    if not after or any(start == after.start(1) for _, start, _ in kept):
        return False  # punctuation or another phrase follows: no word goes on
    before = _BEFORE.search(reading.key, max(0, first - 24), first)
    start = before.start() if before else first
    words = _long_words(reading.key[start : after.end()], segmenter(reading.text[start : after.end()]))
    return any(first < start + a < last < start + b for a, b in words)


def _long_words(key: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Spans of the segmented words of more than one syllable."""
    spans, at = [], 0
    for word in words:
        plain = exact_key(word)
        start = key.find(plain, at)
        if start < 0:  # the segmenter normalised the word; it then cannot veto anything
            continue
        at = start + len(plain)
        if " " in plain:
            spans.append((start, at))
    return spans
