"""Which document a citation names: identity that knows the Party's terms, the provinces and the years.

Numbers restart with every committee term (Hướng dẫn 36-HD/VPTW 1.3), so `35-CT/TW` alone names two documents. An
identity is the key with what makes it unique: the term for central documents (`35-CT/TW@XII`), the place and the local
term for a committee's (`08-NQ/TU@Lam-Hà/2020-2025`), the year for State ones (`16/CT-TTg@2020`, `30/2020/NĐ-CP`).
What is not known is never guessed: the id then ends in `@?`, `resolved` is False, and it merges with no document.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path

from crawler.article import Citation, System
from crawler.text import strip_tones

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

_LOCAL = re.compile(
    r"(?:Tỉnh ủy|Thành ủy|Huyện ủy|Quận ủy|Thị ủy|Đảng ủy|Đảng bộ|Chi bộ|Chi ủy|Ủy ban nhân dân|Hội đồng nhân dân)"
    r"(?P<place>.*)\Z"
)
_LEVEL = re.compile(r"^(?:tỉnh|thành phố|TP\.?) +(?=[A-ZĐÀ-Ỹ])")
_CENTRAL = re.compile(
    r"(?:[A-ZĐ]*TW|ĐHTQ|ĐU(?:QH|CA|CP|QS|TW)|BCĐTW|TWĐTN.*|CP|TTg|CTN|QH\d+|UBTVQH\d*|VPCP|B[A-ZĐ]+|.*TLĐ)"
)


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


@dataclass(frozen=True, slots=True)
class DocumentIdentity:
    """A document as far as a citation tells it apart; `id` is stable and equal for citations of one document."""

    id: str
    key: str
    type: str | None
    number: str | None
    issuer_code: str | None
    issuer: str | None
    term: str | None
    """Party term (`XII`), local term (`2020-2025`) or year: the span in which the number is unique."""
    province: str | None
    date: str | None
    title: str | None
    system: System
    resolved: bool
    """False where the citation leaves more than one document open: the id ends in `@?` and never merges."""


@cache
def known_documents() -> tuple[KnownDocument, ...]:
    """The verified documents the project ships, in file order."""
    with KNOWN.open(encoding="utf-8", newline="") as file:
        return tuple(
            KnownDocument(row["key"], row["type"], row["issuer"] or None, row["date"], row["title"] or None)
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        )


@cache
def _by_key() -> dict[str, tuple[KnownDocument, ...]]:
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
    first, last = _bounds(day.isoformat() if isinstance(day, date) else day)
    terms = {_term_on(first), _term_on(last)}
    return terms.pop() if len(terms) == 1 else None


def local_term_of(day: str | date | None) -> str | None:
    """The five-year term of a local committee on a day; None in the congress months, when either may be meant.

    >>> local_term_of("2017-07-05"), local_term_of("2020-06-15"), local_term_of("2023")
    ('2015-2020', None, '2020-2025')
    """
    if day is None:
        return None
    first, last = _bounds(day.isoformat() if isinstance(day, date) else day)
    terms = {_local_term_on(first), _local_term_on(last)}
    return terms.pop() if len(terms) == 1 else None


def _bounds(day: str) -> tuple[date, date]:
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


def _syllables(text: str | None) -> list[str]:
    return re.findall(r"[^\W_]+", strip_tones(text).replace("đ", "d")) if text else []


def known_by_title(
    partial_key: str, type_: str | None, words: str | None, published: date | None
) -> KnownDocument | None:
    """The one known document a short reference (`37-QĐ`) and the words behind it name; None unless exactly one does."""
    fitting = [
        known
        for known in _by_partial_key().get(partial_key, ())
        if type_ in (None, known.type) and not _later(known, published) and about_the_same(known.title, words)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _later(known: KnownDocument, published: date | None) -> bool:
    return published is not None and _bounds(known.date)[0] > published


def identify(
    citation: Citation, *, published: date | None = None, province: str | None = None
) -> DocumentIdentity:
    """The identity of one citation by itself; `identify_all` also learns from the article's other citations.

    `province` is the source's (or the article's) place, used for a provincial document whose issuer names none.
    """
    return identify_all((citation,), published=published, province=province)[0]


def identify_all(
    citations: Sequence[Citation], *, published: date | None = None, province: str | None = None
) -> tuple[DocumentIdentity, ...]:
    """The identity of each citation of one article, in their order.

    A document is named in full once and in short after: a mention without date, term or issuer is the document of the
    article's other mentions with the same key, as long as those agree on one.
    """
    alone = [_identify(c, published, province) for c in citations]
    resolved: dict[str, set[str]] = {}
    best: dict[str, DocumentIdentity] = {}
    for identity in alone:
        if identity.resolved:
            resolved.setdefault(identity.key, set()).add(identity.id)
            best[identity.id] = _richer(best.get(identity.id), identity)
    out: list[DocumentIdentity] = []
    for citation, identity in zip(citations, alone, strict=True):
        ids = resolved.get(identity.key, set())
        if not identity.resolved and citation.resolved and len(ids) == 1:
            out.append(best[next(iter(ids))])
        else:
            out.append(best.get(identity.id, identity))
    return tuple(out)


def _richer(one: DocumentIdentity | None, other: DocumentIdentity) -> DocumentIdentity:
    """What two mentions of one document say together; the earlier mention wins where both speak."""
    if one is None:
        return other
    return replace(
        one,
        type=one.type or other.type,
        issuer=one.issuer or other.issuer,
        date=one.date if len(one.date or "") >= len(other.date or "") else other.date,
        title=one.title or other.title,
    )


def _identify(citation: Citation, published: date | None, province: str | None) -> DocumentIdentity:
    plain = DocumentIdentity(
        id=f"{citation.key}@?",
        key=citation.key,
        type=citation.type,
        number=citation.number,
        issuer_code=citation.issuer_code,
        issuer=citation.issuer,
        term=None,
        province=None,
        date=citation.date,
        title=citation.title,
        system=citation.system,
        resolved=False,
    )
    if not citation.resolved:
        return plain
    central = bool(_CENTRAL.fullmatch(citation.issuer_code or ""))
    if citation.number is None:
        return _without_number(plain, province)
    if citation.system != "party":
        return _by_year(plain, None if central else (province, citation.issuer))
    if central:
        return _by_term(plain, citation, published)
    return _by_place(plain, province)


def _without_number(plain: DocumentIdentity, province: str | None) -> DocumentIdentity:
    """Plenum and national congress resolutions carry their term; a local congress needs its place."""
    term = plain.key.rpartition("-")[2]
    if plain.issuer_code != "ĐHĐB":
        return replace(plain, id=plain.key, term=term, resolved=True)
    place, where = _place(plain.issuer, province, provincial="tỉnh" in (plain.issuer or ""))
    if place is None:
        return replace(plain, term=term)
    return replace(plain, id=_id(plain.key, place), term=term, province=where, resolved=True)


def _by_term(plain: DocumentIdentity, citation: Citation, published: date | None) -> DocumentIdentity:
    """A central Party document: the printed date or term, then what is known of the number, decide."""
    known = [k for k in _by_key().get(plain.key, ()) if not _later(k, published)]
    if citation.date is not None:
        known = [k for k in known if k.date.startswith(citation.date) or citation.date.startswith(k.date)]
        term = term_of(citation.date) or (known[0].term if len(known) == 1 else None)
        if term is None:
            # A date before the oldest term, or a boundary year: an exact day is an identity of its own.
            exact = len(citation.date) == 10
            return replace(plain, id=_id(plain.key, citation.date), resolved=True) if exact else plain
    elif citation.term is not None:
        term = citation.term
    else:
        told = [k for k in known if about_the_same(k.title, citation.title)]
        current = [k for k in known if k.term == term_of(published)] if published else []
        one = told if len(told) == 1 else current if len(known) == 1 else []
        if len(one) != 1 or one[0].term is None:
            return plain
        term = one[0].term
    facts = [k for k in _by_key().get(plain.key, ()) if k.term == term]
    fact = facts[0] if len(facts) == 1 else None
    return replace(
        plain,
        id=_id(plain.key, term),
        term=term,
        resolved=True,
        type=plain.type or (fact.type if fact else None),
        issuer=plain.issuer or (fact.issuer if fact else None),
        date=fact.date if fact and len(fact.date) > len(plain.date or "") else plain.date,
        title=fact.title if fact and fact.title else plain.title,
    )


def _by_place(plain: DocumentIdentity, province: str | None) -> DocumentIdentity:
    """A local Party document: its committee's place and the committee's term."""
    provincial = (plain.issuer_code or "").endswith("TU")
    place, where = _place(plain.issuer, province, provincial=provincial)
    span = local_term_of(plain.date) or (plain.date if len(plain.date or "") == 10 else None)
    if place is None:
        return replace(plain, province=where)
    if span is None:
        return replace(plain, province=where)
    return replace(plain, id=_id(plain.key, place, span), term=span, province=where, resolved=True)


def _by_year(plain: DocumentIdentity, local: tuple[str | None, str | None] | None) -> DocumentIdentity:
    """A State or mass-organisation document: its year, printed in the key or taken from its date, and its place."""
    printed = re.match(r"\d+[A-Z]?/((?:19|20)\d\d)/", plain.key)
    year = printed[1] if printed else (plain.date or "")[:4] or None
    place = where = None
    if local is not None:
        place, where = _place(local[1], local[0], provincial=True)
    if year is None or (local is not None and place is None):
        return replace(plain, term=year, province=where)
    parts = [p for p in (place, None if printed else year) if p]
    return replace(
        plain, id=_id(plain.key, *parts) if parts else plain.key, term=year, province=where, resolved=True
    )


def _place(issuer: str | None, province: str | None, *, provincial: bool) -> tuple[str | None, str | None]:
    """The place that makes a local number unique, and the province it lies in.

    The issuer's own words win over the source's province: a paper also writes of its neighbours. Below the province
    the committee must be named, and its province is part of the place.
    """
    match = _LOCAL.search(issuer or "")
    words = match["place"].strip() if match else ""
    named = _LEVEL.sub("", words)
    bare = named in ("", "tỉnh", "thành phố")
    if provincial:
        if not bare and not named.startswith(("huyện", "xã", "phường", "quận", "thị")):
            return named, named
        return province, province
    if bare or not any(c.isupper() or c.isdigit() for c in named) or province is None:
        return None, province
    return f"{province}/{named}", province


def _id(key: str, *parts: str) -> str:
    return f"{key}@{'/'.join(p.replace(' ', '-') for p in parts)}"
