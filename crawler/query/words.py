"""Words as the query language compares them, and a text read into words that point back into it.

A Vietnamese syllable is written as one word, so a word here is a run of letters and digits. It is compared at
one of three levels, chosen by how its phrase was typed. A phrase in which no syllable carries a mark lets every
accenting answer (`dang` finds Đảng), but holds a typed `đ`, which is a letter and no mark (`đang` finds Đảng, not
dâng). A phrase with a mark anywhere was typed with marks: each of its words is exact after NFC, lower case and tone
placement (`hoà` = `hòa`), the unmarked ones too (`ban tổ chức` is no *bàn tổ chức*).
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate, compress, islice, pairwise
from sys import intern

from crawler.query.document_number import Number, NumberSpan, find_numbers
from crawler.text.abbreviations import SHORTENED
from crawler.text.charmap import Letters
from crawler.text.normal import compose_with_offsets, is_nfc, modern_tone, strip_tones
from crawler.text.sentences import PHRASE_END

INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
"""Soft hyphen and zero-width characters: they stand inside words and are no part of them."""
_MARKS = "\u0300-\u036f"
WORD = re.compile(rf"[^\W_]+(?:[{_MARKS}]+[^\W_]*)*")
_MARK = re.compile(f"[{_MARKS}]")
_SPACE = re.compile(r"\s")
_AFTER_STOP = frozenset(" \t\r\n\u00a0\"”’')]“‘'([")
"""What may stand between a full stop and the sentence after it."""
_ABBREVIATED = 3
"""A full stop after at most so many capitals ends an abbreviation (TP., T.Ư.), not a sentence."""
_DIGIT_FIRST = re.compile(r" (?=[0-9])")
_LOOKS_AROUND = re.compile("[_Σ]")
"""Characters by which a word in its text is put in lower case or newer tones unlike the word alone."""
NUMBER_WORDS = ("so", "số")
"""What may stand before a short number in a phrase that was typed with marks."""
_LONGEST_TOKEN = 64
"""Characters of an index token: PostgreSQL ignores lexemes above 2,047 bytes, and nobody types these."""


def _wide_letter(char: str) -> str:
    """One character for one: lower case, no marks, `đ` as `d`."""
    lower = char.lower()[0]  # İ alone has two: i and a dot that is no letter
    base, *marks = list(unicodedata.normalize("NFD", lower))
    if marks and not all(map(unicodedata.combining, marks)):
        base = lower  # a Hangul syllable is no base letter with marks
    return "d" if base == "đ" else base


def _index_letter(char: str) -> str:
    """A character of a folded word in ASCII letters and digits."""
    return char if char.isascii() and char.isalnum() else f"x{ord(char):x}"


_WIDE = Letters(_wide_letter)
_WIDE_WORDS = Letters(lambda char: _wide_letter(char) if char.isalnum() else " ")
_WORDS = Letters(lambda char: char if char.isalnum() else " ")
_INDEX = Letters(_index_letter)


def wide_key(word: str) -> str:
    """One NFC word in its widest key: lower case, no marks, `đ` as `d`.

    >>> wide_key("Đảng")
    'dang'
    """
    return _MARK.sub("", _WIDE(word))


def wide_letters(text: str) -> str:
    """An NFC text in wide letters, every character in its place.

    >>> wide_letters("Tỉnh: Đắk Lắk")
    'tinh: dak lak'
    """
    return _WIDE(text)


def index_token(key: str) -> str:
    """A wide key as the token that stands in a full-text index: ASCII letters and digits, a letter first.

    SQLite's unicode61 and PostgreSQL's parser disagree on characters such as `²`, `ª` or `℃`, and PostgreSQL
    reads `1e5a` as a number and a word; neither cuts a run of ASCII letters and digits that begins with a
    letter. A prefix of a word becomes a prefix of its token.

    >>> index_token("35"), index_token("m²")
    ('n35', 'mxb2')
    """
    token = (key if key.isascii() else _INDEX(key))[:_LONGEST_TOKEN]
    return f"n{token}" if token[:1].isdigit() else token


@lru_cache(maxsize=65536)
def _lowered(word: str) -> tuple[str, str]:
    lower = intern(word.lower())
    return lower, intern(modern_tone(lower))


def exact_key(word: str) -> str:
    """An NFC word as one typed with marks must equal: lower case, newer tone placement."""
    return _lowered(word)[1]


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a query."""

    key: str
    """The wide key: what the index is asked for."""
    typed: str | None = None
    """None where every accenting answers; else what the word must equal (lower case, newer tone placement),
    or, with `tones_open`, equal without tone and vowel marks."""
    tones_open: bool = False
    prefix: bool = False
    """Typed with `*` behind it."""
    numeral: bool = False
    """A document's short number ("Chỉ thị 5"): `5` and `05` are one, and the text may say "số" before it."""

    def spellings(self) -> tuple[str, ...]:
        """The wide keys that can answer: one, or a short number with and without its zero."""
        return tuple(sorted({self.key, self.key.zfill(2)})) if self.numeral else (self.key,)

    @property
    def ways(self) -> int:
        """In how many ways it may be written: a short number also with "số" before it."""
        return 2 * len(self.spellings()) if self.numeral else 1

    def answers(self, word: str) -> bool:
        """Whether an NFC word whose wide key agrees is what was typed."""
        if self.typed is None or self.numeral:
            return True
        if self.tones_open:
            stripped = strip_tones(word)
            return stripped.startswith(self.typed) if self.prefix else stripped == self.typed
        modern = exact_key(word)
        if not self.prefix:
            return modern == self.typed
        return modern.startswith((self.typed, modern_tone(self.typed)))

    def marked(self) -> Word:
        """The same word exactly as it was typed; of a short number the "số" before it is held."""
        typed = self.key if self.typed is None else self.typed
        return Word(self.key, typed, prefix=self.prefix, numeral=self.numeral)

    def loosened(self) -> Word:
        """The same word with every accenting allowed."""
        return Word(self.key, prefix=self.prefix, numeral=self.numeral)


def typed_word(word: str, *, prefix: bool = False, numeral: bool = False) -> Word:
    """What a word typed in a query asks for. `word` is NFC.

    >>> typed_word("Đang")
    Word(key='dang', typed='đang', tones_open=True, prefix=False, numeral=False)
    """
    lower = word.lower()
    key = intern(wide_key(word))  # thousands of watches share their syllables, and the processor its cache
    if lower == key:
        return Word(key, prefix=prefix, numeral=numeral)
    if strip_tones(word) == lower:
        return Word(key, lower, tones_open=True, prefix=prefix)
    return Word(key, lower if prefix else _lowered(word)[1], prefix=prefix)


Element = Word | Number


def as_one_phrase(elements: tuple[Element, ...]) -> tuple[Element, ...]:
    """The words of one phrase: where one carries a mark all are exact, since their typist writes marks.

    >>> [word.typed for word in as_one_phrase((typed_word("ban"), typed_word("tổ")))]
    ['ban', 'tổ']
    """
    if not any(isinstance(e, Word) and e.typed is not None and not e.tones_open for e in elements):
        return elements
    return tuple(e.marked() if isinstance(e, Word) else e for e in elements)


def whole_words(elements: tuple[Element, ...]) -> tuple[Word, ...]:
    """The elements where all are words and must stand as they are; empty where one is more than that."""
    words = tuple(e for e in elements if isinstance(e, Word) and not e.prefix and not e.numeral)
    return words if len(words) == len(elements) else ()


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A text in NFC without invisible characters, with the way back."""

    text: str
    offsets: tuple[int, ...] | None
    """Where each character stood; one longer than `text`. None where nothing moved."""

    def back(self, position: int) -> int:
        """The offset in the text as given."""
        return position if self.offsets is None else self.offsets[position]


def clean(text: str) -> Cleaned:
    """`text` ready to be compared, whatever its normal form.

    >>> clean("a\u0309\u00adb").text == "ảb"
    True
    """
    seen = INVISIBLE.search(text)
    if not seen and is_nfc(text):
        return Cleaned(text.replace("\u00d0", "Đ"), None)
    folded = compose_with_offsets(text)
    if not seen:
        return Cleaned(folded.key, folded.offsets)
    kept = [i for i, char in enumerate(folded.key) if not INVISIBLE.match(char)]
    # An invisible character can hold a mark off its letter: composed again, the way back goes over both.
    again = compose_with_offsets("".join(folded.key[i] for i in kept))
    ends = (*(folded.offsets[i] for i in kept), len(text))
    return Cleaned(again.key, tuple(ends[i] for i in again.offsets))


class Reading:
    """One text read into words. Every span it gives is in code points of the text as given."""

    def __init__(self, text: str) -> None:
        self._cleaned = clean(text)
        clean_text = self._cleaned.text
        self._plain = _MARK.search(clean_text) is None
        if self._plain:
            self.keys = _WIDE_WORDS(clean_text).split()
        else:
            self.keys = [wide_key(clean_text[start:end]) for start, end in self.bounds]

    @cached_property
    def bounds(self) -> list[tuple[int, int]]:
        """Where each word stands in the text as it is compared."""
        text = self._cleaned.text
        if not self._plain:
            return list(map(re.Match.span, WORD.finditer(text)))
        lengths = list(map(len, _WORDS(text).split(" ")))
        starts = compress(accumulate([length + 1 for length in lengths], initial=0), lengths)
        return [(start, start + length) for start, length in zip(starts, filter(None, lengths), strict=True)]

    def word(self, place: int) -> str:
        """One word as it stands in the text, in NFC."""
        start, end = self.bounds[place]
        return self._cleaned.text[start:end]

    @cached_property
    def exact_keys(self) -> list[str]:
        """The words as those typed with marks must equal them."""
        text = self._cleaned.text
        lower = text.lower()
        if self._plain and len(lower) == len(text) and not _LOOKS_AROUND.search(text):
            return _WORDS(modern_tone(lower)).split()
        return list(map(exact_key, map(self.word, range(len(self.bounds)))))

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """Where each wide key stands, as numbers of words."""
        places: dict[str, list[int]] = {}
        for place, key in enumerate(self.keys):
            places.setdefault(key, []).append(place)
        return places

    @cached_property
    def _sorted_keys(self) -> list[str]:
        return sorted(self.places)

    @cached_property
    def index_line(self) -> str:
        """The words as index tokens with one space between them."""
        line = " ".join(self.keys)
        if line.isascii() and max(map(len, self.keys), default=0) <= _LONGEST_TOKEN:
            return _DIGIT_FIRST.sub(" n", f" {line}")[1:]
        return " ".join(map(index_token, self.keys))

    @cached_property
    def numbers(self) -> list[NumberSpan]:
        """Document numbers, left to right."""
        return find_numbers(self._cleaned.text)

    @cached_property
    def _numbered(self) -> list[tuple[NumberSpan, int]]:
        """Each number with the word after it."""
        starts = [start for start, _ in self.bounds]
        return [(span, bisect_left(starts, span.end)) for span in self.numbers]

    @cached_property
    def _numbered_at(self) -> dict[int, list[tuple[NumberSpan, int]]]:
        """The numbers by each word they may begin at: a type word or "số" may open one."""
        starts = [start for start, _ in self.bounds]
        found: dict[int, list[tuple[NumberSpan, int]]] = {}
        for span, after in self._numbered:
            for first in {bisect_right(starts, start) - 1 for start in span.starts}:
                found.setdefault(first, []).append((span, after))
        return found

    @cached_property
    def untouched_bounds(self) -> list[tuple[int, int]]:
        """Where each word stands in the text as given."""
        if self._cleaned.offsets is None:
            return self.bounds
        return [self._back(start, end) for start, end in self.bounds]

    def _back(self, start: int, end: int) -> tuple[int, int]:
        return self._cleaned.back(start), self._cleaned.back(end)

    def find(self, elements: tuple[Element, ...]) -> list[tuple[int, int]]:
        """Spans in the untouched text where the elements stand side by side, left to right."""
        head, rest = elements[0], elements[1:]
        found: set[tuple[int, int]] = set()
        for after, start, end in self._heads(head):
            found.update((start, last_end) for last_end in self._follow(after, end, rest))
        return sorted(self._back(start, end) for start, end in found)

    def _heads(self, element: Element) -> Iterator[tuple[int, int, int]]:
        """(word after, start, end) of each place where `element` stands."""
        if isinstance(element, Number):
            for span, after in self._numbered:
                if element.names(span.number):
                    yield after, span.start, span.end
            return
        for place in self._candidates(element):
            start, end = self.bounds[place]
            if element.answers(self._cleaned.text[start:end]):
                yield place + 1, start, end

    def _candidates(self, word: Word) -> Iterator[int]:
        if word.prefix:
            keys = self._sorted_keys
            for key in islice(keys, bisect_left(keys, word.key), None):
                if not key.startswith(word.key):
                    return
                yield from self.places[key]
        else:
            for key in word.spellings():
                yield from self.places.get(key, ())

    def _follow(self, place: int, end: int, rest: tuple[Element, ...]) -> Iterator[int]:
        """The end of every way the rest stands from word `place` on."""
        if not rest:
            yield end
            return
        element = rest[0]
        if isinstance(element, Number):
            for span, after in self._numbered_at.get(place, ()):
                if element.names(span.number) and not self.sentence_ends(place):
                    yield from self._follow(after, span.end, rest[1:])
            return
        if (
            element.numeral
            and place < len(self.keys)
            and self._is_so(place, exactly=element.typed is not None)
        ):
            yield from self._word(place + 1, element, rest)
        yield from self._word(place, element, rest)

    def _is_so(self, place: int, *, exactly: bool) -> bool:
        """Whether "số" stands there, which may stand before a short number."""
        return exact_key(self.word(place)) in NUMBER_WORDS if exactly else self.keys[place] == "so"

    def _word(self, place: int, word: Word, rest: tuple[Element, ...]) -> Iterator[int]:
        if place >= len(self.keys):
            return
        key = self.keys[place]
        if not (key.startswith(word.key) if word.prefix else key in word.spellings()):
            return
        start, end = self.bounds[place]
        if word.answers(self._cleaned.text[start:end]) and not self.sentence_ends(place):
            yield from self._follow(place + 1, end, rest[1:])

    @cached_property
    def breaks(self) -> list[int]:
        """The words before which a sentence or a block ends."""
        bounds = self.bounds
        wide = [i for i, (before, after) in enumerate(pairwise(bounds), 1) if after[0] - before[1] > 1]
        return [place for place in wide if self.sentence_ends(place)]

    def sentence_ends(self, place: int) -> bool:
        """Whether a sentence or a block ends before word `place`: no phrase goes across."""
        text = self._cleaned.text
        before_start, before_end = self.bounds[place - 1]
        start = self.bounds[place][0]
        if start - before_end <= 1:
            return False  # nearly always: one space
        gap = text[before_end:start]
        if PHRASE_END.search(gap):
            return True
        _, stop, after = gap.rpartition(".")
        if (
            not stop
            or not text[start].isupper()
            or not _AFTER_STOP.issuperset(after)
            or not _SPACE.search(after)
        ):
            return False
        before = text[before_start:before_end]
        return not (before.isupper() and len(before) <= _ABBREVIATED) and before.lower() not in SHORTENED
