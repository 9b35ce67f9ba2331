"""Whether two entries of the register are one document, and whether a document is news.

Two entries of one number and one place are one where nothing speaks against it (terms, dates, subjects); where the
place of one is unknown, date or subject must agree. Two provinces' documents of one number are never one.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Protocol

from crawler.citing.known_documents import about_the_same, local_term_of, term_of, unlike

NEW = timedelta(days=30)
"""A document dated so long before its first report is new without anybody's saying so."""
OLD = timedelta(days=180)
"""One dated longer ago than this is old whatever a report says: an article read late, or words about another."""

_BARE = re.compile(
    r"(?:[Tt]ỉnh ủy|[Tt]hành ủy|Huyện ủy|Quận ủy|Thị ủy|Đảng ủy|Đảng bộ(?: tỉnh)?|nhân dân(?: tỉnh)?)\Z"
)
_OPEN = re.compile(r"(?P<year>[0-9]{4})?\?\Z")


class IssueFacts(Protocol):
    """What is compared of an entry."""

    @property
    def id(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def term(self) -> str | None: ...
    @property
    def date(self) -> str | None: ...
    @property
    def title(self) -> str | None: ...
    @property
    def system(self) -> str: ...


def may_be_one(one: IssueFacts, other: IssueFacts) -> bool:
    """Whether two entries may be the same document: see the narrative above."""
    if one.key != other.key or one.system != other.system:
        return False
    if not _dates_meet(one.date, other.date) or not _terms_meet(one, other):
        return False
    dated = len(one.date or "") == 10 and one.date == other.date
    if not dated and unlike(one.title, other.title):
        return False
    places = _place(one.id), _place(other.id)
    if places[0] == places[1] and places[0] is not None:
        return True
    told = about_the_same(one.title, other.title) or about_the_same(other.title, one.title)
    return None in places and (dated or told)


def unclear(day: str | None, issuer: str | None, province: str | None) -> tuple[str, ...]:
    """Which of date and issuer nobody has told: a committee is known by its place, "Tỉnh ủy" alone is anybody's.

    >>> unclear(None, "Tỉnh ủy", None), unclear("2026-11-18", None, "Kim Lộ"), unclear(None, "Ban Bí thư", None)
    (('date', 'issuer'), (), ('date',))
    """
    known = province is not None or (issuer is not None and not _BARE.search(issuer))
    return tuple(name for name, told in (("date", day is not None), ("issuer", known)) if not told)


def is_new(*, issued: str | None, said: bool, known: bool, first: bool, reported: date) -> bool:
    """Whether a report of that day makes a document news.

    `issued` is the document's ISO day, month or year; `said`: the report says that it was issued just now; `known`:
    it stands in the table of verified documents; `first`: no report named it before.
    """
    day = date.fromisoformat(issued) if issued and len(issued) == 10 else None
    if said:
        return day is None or reported - day <= OLD
    return first and not known and day is not None and reported - day <= NEW


def _place(id_: str) -> str | None:
    """The committee's place in an identity; "" for a central document, None where it is not known."""
    scope = id_.partition("@")[2]
    place, slash, _ = scope.rpartition("/")
    if slash:
        return place
    return None if _OPEN.fullmatch(scope) and not _central(id_) else ""


def _central(id_: str) -> bool:
    organ = re.split(r"[/-]", id_.partition("@")[0])[-1]
    return organ.endswith("TW") or organ in ("CP", "TTg", "CTN", "ĐUQH", "ĐUCP")


def _dates_meet(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one.startswith(other) or other.startswith(one)


def _terms_meet(one: IssueFacts, other: IssueFacts) -> bool:
    """Terms are equal, or one is unknown, or is a day (or a year of which little else is known) within the other."""
    a, b = one.term, other.term
    if a == b and a is not None:
        return True
    for term, facts in ((a, other), (b, one)):
        if term is None:
            opened = _OPEN.search((one if facts is other else other).id)
            year = opened["year"] if opened else None
            return year is None or _year_within(year, facts)
    return _day_within(a or "", b or "") or _day_within(b or "", a or "")


def _year_within(year: str, facts: IssueFacts) -> bool:
    if facts.term is None:
        return True
    if (span := re.fullmatch(r"(\d{4})-(\d{4})", facts.term)) is not None:
        return span[1] <= year <= span[2]
    if re.match(r"\d{4}", facts.term):
        return facts.term.startswith(year)
    return term_of(year) in (None, facts.term)


def _day_within(day: str, term: str) -> bool:
    """A document of the congress months carries its day: either term of that year may be meant."""
    span = re.fullmatch(r"(\d{4})-(\d{4})", term)
    if span is None or not re.fullmatch(r"\d{4}-\d\d-\d\d", day):
        return False
    return local_term_of(day) in (None, term) and day[:4] in span.groups()
