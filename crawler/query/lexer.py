"""A query cut into lexemes: terms of bare neighbours, phrases, fields, operators, parentheses.

The lexer is written by hand because two of its rules are no regular grammar's: bare neighbours are one term
until an operator, a field, a quote or a parenthesis ends them, and a document number may be typed with spaces
inside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from math import prod
from typing import NoReturn
from unicodedata import combining

from crawler.errors import InvalidQuery
from crawler.query.document_number import is_type_word, match_number
from crawler.query.tree import FieldName, Zone
from crawler.query.words import WORD, Cleaned, Element, Word, clean, typed_word, wide_key, wide_letters

FIELDS: dict[str, FieldName | Zone] = {
    "tỉnh": FieldName.PROVINCE,
    "province": FieldName.PROVINCE,
    "nguồn": FieldName.SOURCE,
    "source": FieldName.SOURCE,
    "chủ-đề": FieldName.TOPIC,
    "topic": FieldName.TOPIC,
    "văn-bản": FieldName.DOCUMENT,
    "document": FieldName.DOCUMENT,
    "họp": FieldName.MEETING,
    "meeting": FieldName.MEETING,
    "ngày": FieldName.DATE,
    "date": FieldName.DATE,
    "sửa": FieldName.CHANGE,
    "edited": FieldName.CHANGE,
    "tiêu-đề": Zone.TITLE,
    "title": Zone.TITLE,
    "sapo": Zone.LEAD,
    "lead": Zone.LEAD,
    "nội-dung": Zone.BODY,
    "body": Zone.BODY,
    "chú-thích": Zone.CAPTION,
    "caption": Zone.CAPTION,
}
"""Field names as the documentation writes them; typed with or without accents, with `-`, `_`, a space or
nothing between the syllables."""

LONGEST_QUERY = 2_000
"""Characters; a query is typed by a person, and a mail shows it."""
DEEPEST_NESTING = 50
"""Parentheses and KHÔNG inside one another; SQLite's own query parser has a stack of 100 states, of which
`crawler.query.index_query` uses few."""

MOST_WORDS = 500
"""Words and numbers of one query: what a person types, and some more."""
SHORTEST_BEGINNING = 2
"""Letters before a `*`: half of all words begin with one of six letters."""
LONGEST_PHRASE = 100
"""Words and numbers of one term; no sentence of a newspaper is longer."""
MOST_SPELLINGS = 64
"""Ways in which one term may stand in an index: each short number ("Chỉ thị 5") has up to four, and they multiply."""

_SHOWN = 70
"""Characters of a wrong query that are shown around the place: a line of a narrow terminal."""
_LONGEST_SHORT_NUMBER = 5
"""Digits: no document series has reached six."""
_BY_KEY = {wide_key(name).replace("-", ""): kind for name, kind in FIELDS.items()}
_FIELD = re.compile(
    "(?:" + "|".join(wide_key(name).replace("-", "[-_ ]?") for name in FIELDS) + r"):", re.IGNORECASE
)
_UNKNOWN_FIELD = re.compile(r"[^\W\d_]+(?:[-_][^\W\d_]+)*:")
_OPERATOR = re.compile(r"(?:(AND|VÀ)|(OR|HOẶC)|(NOT|KHÔNG))(?![\w:*])")
_OPERATORS = ("_AND", "_OR", "_NOT")
_SYMBOL_OPERATOR = re.compile(r"(?:&&?|\|\|?)(?=[\s()]|$)|[-+!](?=\w)")
_QUOTE = re.compile('["“”„‟«»″＂]')
_CHUNK = re.compile('[^\\s()"“”„‟«»″＂]+')
_DAYS = re.compile(r'(?:[<>]=?|[=≤≥])?\s*[^\s()"“”]*(?:\s*(?:\.\.+|…)\s*(?:(?=\d)[^\s()"“”]+)?)?')


@dataclass(frozen=True, slots=True)
class Lexeme:
    """One piece of a query; offsets are into the cleaned query."""

    kind: str
    """A terminal of `query.lark`."""
    start: int
    end: int
    field: FieldName | Zone | None = None


def refuse(position: int, vietnamese: str, english: str, query: str) -> NoReturn:
    """Raise InvalidQuery for `position` in the query as typed, with a caret under the place."""
    start = max(0, position - _SHOWN // 2) if len(query) > _SHOWN else 0
    before, after = "…" if start else "", "…" if len(query) > start + _SHOWN else ""
    shown = before + re.sub(r"\s", " ", query[start : start + _SHOWN]) + after
    columns = len(before) + sum(not combining(char) for char in query[start:position])
    raise InvalidQuery(
        f"Truy vấn sai ở ký tự {position + 1}: {vietnamese}\n"
        f"Query error at character {position + 1}: {english}\n"
        f"    {shown}\n    {' ' * columns}^",
        position=position,
    )


class QueryText:
    """A query with what the lexer and the reader of values need of it."""

    def __init__(self, typed: str) -> None:
        self.typed = typed
        self.cleaned: Cleaned = clean(typed)
        self.text = self.cleaned.text
        self._wide = wide_letters(self.text)
        self._words = 0

    def refuse(self, at: int, vietnamese: str, english: str) -> NoReturn:
        """Raise InvalidQuery for offset `at` of the cleaned query."""
        refuse(self.cleaned.back(at), vietnamese, english, self.typed)

    def lexemes(self) -> Iterator[Lexeme]:
        """The lexemes, left to right. Raises InvalidQuery."""
        at = depth = 0
        field: FieldName | Zone | None = None
        while (at := self._skip_spaces(at)) < len(self.text):
            lexeme = self._value(at, field) if field else None
            lexeme = lexeme or self._next(at)
            if lexeme is None:  # punctuation alone
                at = self._chunk_end(at)
                continue
            depth += {"_OPEN": 1, "_NOT": 1, "_CLOSE": -1}.get(lexeme.kind, 0)
            if depth > DEEPEST_NESTING:
                self.refuse(
                    at,
                    f"lồng quá {DEEPEST_NESTING} tầng ngoặc và KHÔNG",
                    f"more than {DEEPEST_NESTING} levels of parentheses and NOT",
                )
            yield lexeme
            field, at = lexeme.field, lexeme.end

    def _skip_spaces(self, at: int) -> int:
        while at < len(self.text) and self.text[at].isspace():
            at += 1
        return at

    def _chunk_end(self, at: int) -> int:
        match = _CHUNK.match(self.text, at)
        return match.end() if match else at + 1

    def _value(self, at: int, field: FieldName | Zone) -> Lexeme | None:
        """A value that is not a run of words: days, a document number, `*`."""
        if self.text[at] in "()" or _QUOTE.match(self.text, at):
            return None
        if field is FieldName.DATE:
            match = _DAYS.match(self.text, at)
            end = match.end() if match else at
            return Lexeme("TERM", at, end)
        if field is FieldName.DOCUMENT:
            span = match_number(self.text, at)
            return Lexeme("TERM", at, span.end if span else self._chunk_end(at))
        if self.text[at] == "*" and self._chunk_end(at) == at + 1:
            return Lexeme("TERM", at, at + 1)
        return None

    def _next(self, at: int) -> Lexeme | None:
        char = self.text[at]
        if char in "()":
            return Lexeme("_OPEN" if char == "(" else "_CLOSE", at, at + 1)
        if _QUOTE.match(self.text, at):
            return self._phrase(at)
        return self._special(at) or self._run(at)

    def _phrase(self, at: int) -> Lexeme:
        closing = _QUOTE.search(self.text, at + 1)
        if closing is None:
            self.refuse(at, "ngoặc kép mở ở đây nhưng không đóng", "this quote is never closed")
        if not WORD.search(self.text, at + 1, closing.start()):
            self.refuse(at, "cần ít nhất một từ trong ngoặc kép", "expected a word between the quotes")
        return Lexeme("PHRASE", at, closing.end())

    def _special(self, at: int) -> Lexeme | None:
        """An operator or a field at `at`, where a word may begin."""
        if match_number(self.text, at):  # "Số: 66-QĐ/TW" is no field
            return None
        if operator := _OPERATOR.match(self.text, at):
            return Lexeme(_OPERATORS[(operator.lastindex or 1) - 1], at, operator.end())
        if symbol := _SYMBOL_OPERATOR.match(self.text, at):
            self.refuse(
                at,
                f"«{symbol.group()}» không phải toán tử: hãy viết VÀ, HOẶC, KHÔNG",
                f"'{symbol.group()}' is no operator: write AND, OR, NOT",
            )
        if field := _FIELD.match(self._wide, at):
            name = re.sub("[-_ :]", "", field.group())
            return Lexeme("FIELD", at, field.end(), _BY_KEY[name])
        if unknown := _UNKNOWN_FIELD.match(self.text, at):
            self._refuse_field(at, unknown.group()[:-1])
        return None

    def _refuse_field(self, at: int, name: str) -> NoReturn:
        keys = {wide_key(known): known for known in FIELDS}
        close = get_close_matches(wide_key(name), keys, n=1)
        hint = f" (có phải «{keys[close[0]]}:»?)" if close else ""
        english = f" (did you mean '{keys[close[0]]}:'?)" if close else ""
        known = ", ".join(f"{field}:" for field in FIELDS)
        self.refuse(
            at,
            f"không có trường «{name}:»{hint}; các trường: {known}. Nếu là chữ thường, đặt trong ngoặc kép",
            f"no field '{name}:'{english}; put plain words with a colon in quotes",
        )

    def _run(self, at: int) -> Lexeme | None:
        """Bare neighbours from `at` on; None where no word is among them before the run ends."""
        start, end, words = at, at, False
        while at < len(self.text):
            number = match_number(self.text, at)
            if number:
                at, words = number.end, True
            else:
                chunk_end = self._chunk_end(at)
                words = words or bool(WORD.search(self.text, at, chunk_end))
                at = chunk_end
            end = at
            at = self._skip_spaces(at)
            if at >= len(self.text) or self.text[at] in "()" or _QUOTE.match(self.text, at):
                break
            if (at > end or number) and self._special(at):
                break
        return Lexeme("TERM", start, end) if words else None

    def elements(self, start: int, end: int, *, in_field: bool = False) -> tuple[Element, ...]:
        """Words and document numbers typed between two offsets, of a text or of a field's value.

        Raises InvalidQuery for a misplaced `*`, and for more than a search can look for.
        """
        found: list[Element] = []
        at = start
        while at < end:
            number = match_number(self.text, at) if not self.text[at].isspace() else None
            if number and number.end <= end:
                self._add(number.number, found, at)
                at = number.end
                continue
            word = WORD.match(self.text, at, end)
            if word is None:
                self._check_star(at, start)
                at += 1
                continue
            at = word.end()
            starred = self.text[at : at + 1] == "*" and at < end
            self._add(self._typed(word.group(), found, starred=starred), found, word.start())
            if starred:
                if at - word.start() < SHORTEST_BEGINNING and not in_field:
                    self.refuse(
                        word.start(),
                        f"trước dấu * cần ít nhất {SHORTEST_BEGINNING} chữ cái",
                        f"expected at least {SHORTEST_BEGINNING} letters before *",
                    )
                at += 1
                if WORD.match(self.text, at, end):
                    self.refuse(at - 1, "dấu * chỉ đứng cuối từ", "* stands at the end of a word only")
        return tuple(found)

    def _add(self, element: Element, found: list[Element], at: int) -> None:
        """Add what was typed at `at`; refuse it where its term or the whole query gets too large to be looked for."""
        found.append(element)
        self._words += 1
        spellings = prod(e.ways for e in found if isinstance(e, Word))
        for size, most, vietnamese, english in (
            (len(found), LONGEST_PHRASE, "một cụm quá {} từ", "more than {} words in one phrase"),
            (self._words, MOST_WORDS, "truy vấn quá {} từ", "more than {} words in a query"),
            (
                spellings, MOST_SPELLINGS,
                "quá nhiều số viết tắt trong một cụm (hơn {} cách viết): hãy nối các cụm bằng VÀ",
                "too many short numbers in one phrase (over {} spellings): join the phrases by AND",
            ),
        ):  # fmt: skip
            if size > most:
                self.refuse(at, vietnamese.format(most), english.format(most))

    def cut(self, start: int, end: int, words: int) -> int:
        """The offset behind the first `words` words typed between two offsets."""
        ends = [match.end() for match in WORD.finditer(self.text, start, end)]
        return ends[words - 1]

    def _check_star(self, at: int, start: int) -> None:
        if self.text[at] == "*":
            self.refuse(
                at, "trước dấu * cần một từ hay phần đầu của từ", "expected a word or its beginning before *"
            )

    @staticmethod
    def _typed(word: str, before: list[Element], *, starred: bool) -> Element:
        kind = [element.key for element in before[-2:] if isinstance(element, Word)]
        short = word.isascii() and word.isdecimal() and len(word) <= _LONGEST_SHORT_NUMBER and not starred
        if short and len(kind) == 2 and is_type_word(*kind):
            return typed_word(str(int(word)), numeral=True)
        return typed_word(word, prefix=starred)
