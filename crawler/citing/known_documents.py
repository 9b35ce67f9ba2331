"""Terms of the Party and of local committees, and the verified documents the project ships."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path

from crawler.text.normal import strip_tones

KNOWN = Path(__file__).with_name("known_documents.tsv")

TERMS: tuple[tuple[str, date], ...] = (
    ("VIII", date(1996, 7, 1)),
    ("IX", date(2001, 4, 22)),
    ("X", date(2006, 4, 25)),
    ("XI", date(2011, 1, 19)),
    ("XII", date(2016, 1, 28)),
    ("XIII", date(2021, 2, 1)),
    ("XIV", date(2026, 1, 23)),
)
"""Each term with its first day: the day its congress closed (01-CT/TW of the XIV term is dated that very day)."""

_LOCAL_CONGRESS_YEARS = range(1995, 2060, 5)
_LOCAL_CONGRESS_MONTHS = range(5, 13)
"""Local congresses are held from spring (communes) to November (provinces) of the year before the national one."""


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """One verified row of `known_documents.tsv`."""

    key: str
    type: str
    issuer: str | None
    date: str
    """ISO day, month or year: as much as was verified."""
    title: str | None

    @property
    def term(self) -> str | None:
        """The Party term it belongs to; None where its date leaves two open."""
        return term_of(self.date)

    @property
    def id(self) -> str:
        """The identity a citation of it gets."""
        return f"{self.key}@{self.term or self.date}"


@cache
def known_documents() -> tuple[KnownDocument, ...]:
    """The verified documents the project ships, in file order."""
    with KNOWN.open(encoding="utf-8", newline="") as file:
        return tuple(
            KnownDocument(row["key"], row["type"], row["issuer"] or None, row["date"], row["title"] or None)
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        )


@cache
def by_key() -> dict[str, tuple[KnownDocument, ...]]:
    """The verified documents of each key, in file order."""
    found: dict[str, tuple[KnownDocument, ...]] = {}
    for known in known_documents():
        found[known.key] = (*found.get(known.key, ()), known)
    return found


@cache
def _by_partial_key() -> dict[str, tuple[KnownDocument, ...]]:
    found: dict[str, tuple[KnownDocument, ...]] = {}
    for known in known_documents():
        partial = known.key.split("/")[0].replace("QĐi", "QĐ")
        found[partial] = (*found.get(partial, ()), known)
    return found


def term_of(day: str | date | None) -> str | None:
    """The Party term of an ISO day, month or year; None where it is unknown or falls into two terms.

    >>> term_of("2019-05-30"), term_of("2024"), term_of("2021"), term_of(date(2026, 1, 23))
    ('XII', 'XIII', None, 'XIV')
    """
    if day is None:
        return None
    first, last = bounds(day.isoformat() if isinstance(day, date) else day)
    terms = {_term_on(first), _term_on(last)}
    return terms.pop() if len(terms) == 1 else None


def local_term_of(day: str | date | None) -> str | None:
    """The five-year term of a local committee on a day; None in the congress months, when either may be meant.

    >>> local_term_of("2017-07-05"), local_term_of("2020-06-15"), local_term_of("2023")
    ('2015-2020', None, '2020-2025')
    """
    if day is None:
        return None
    first, last = bounds(day.isoformat() if isinstance(day, date) else day)
    terms = {_local_term_on(first), _local_term_on(last)}
    return terms.pop() if len(terms) == 1 else None


def bounds(day: str) -> tuple[date, date]:
    """The first and last day an ISO day, month or year may mean."""
    parts = [int(p) for p in day.split("-")]
    if len(parts) == 3:
        exact = date(parts[0], parts[1], parts[2])
        return exact, exact
    if len(parts) == 2:
        return date(parts[0], parts[1], 1), date(parts[0], parts[1], 28)
    return date(parts[0], 1, 1), date(parts[0], 12, 31)


def _term_on(day: date) -> str | None:
    return next((name for name, start in reversed(TERMS) if day >= start), None)


def _local_term_on(day: date) -> str | None:
    year = max((y for y in _LOCAL_CONGRESS_YEARS if y <= day.year), default=None)
    if year is None or (day.year == year and day.month in _LOCAL_CONGRESS_MONTHS):
        return None
    return f"{year - 5}-{year}" if day.year == year else f"{year}-{year + 5}"


def about_the_same(title: str | None, words: str | None) -> bool:
    """Whether words from an article tell a known title: most of its syllable pairs stand in them.

    >>> about_the_same("Những điều đảng viên không được làm", "về những điều đảng viên không được làm và cách xử lý")
    True
    >>> about_the_same("Đại hội đảng bộ các cấp tiến tới Đại hội XIII", "đại hội đảng bộ các cấp tiến tới Đại hội XIV")
    False
    """
    wanted, given = _syllables(title), _syllables(words)
    pairs = set(pairwise(wanted))
    if not pairs or not given:
        return False
    numerals = {w for w in wanted if re.fullmatch(r"[ivx]{2,}|[0-9]+", w)}
    shared = pairs & set(pairwise(given))
    return numerals <= set(given) and len(shared) * 5 >= len(pairs) * 3 and len(shared) >= min(2, len(pairs))


def unlike(title: str | None, words: str | None) -> bool:
    """Whether two subjects, where both are told, cannot be one document's: they hardly share two syllables in a row.

    >>> unlike("Thẻ đảng viên", "việc cấp thẻ đảng viên"), unlike("Thẻ đảng viên", "nhà ở cho công nhân")
    (False, True)
    """
    one, other = set(pairwise(_syllables(title))), set(pairwise(_syllables(words)))
    if not one or not other or about_the_same(title, words) or about_the_same(words, title):
        return False
    return len(one & other) * 4 < min(len(one), len(other))


def _syllables(text: str | None) -> list[str]:
    return re.findall(r"[^\W_]+", strip_tones(text).replace("đ", "d")) if text else []


def known_by_title(
    partial_key: str, type_: str | None, words: str | None, published: date | None
) -> KnownDocument | None:
    """The one known document a short reference (`37-QĐ`) and the words behind it name; None unless exactly one does."""
    fitting = [
        known
        for known in _by_partial_key().get(partial_key, ())
        if type_ in (None, known.type) and not later(known, published) and about_the_same(known.title, words)
    ]
    return fitting[0] if len(fitting) == 1 else None


def later(known: KnownDocument, published: date | None) -> bool:
    """Whether a known document was issued after an article was published, which then cannot mean it."""
    return published is not None and bounds(known.date)[0] > published
