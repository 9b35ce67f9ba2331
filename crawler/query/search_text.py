"""What a full-text index holds of one article, so that a query can be decided by the index alone.

Each of the four zones stands there twice: its words exactly (lower case, newer tone placement) and in their widest
key, since a phrase is typed with marks or without. Between two sentences stands `BREAK`, a word nobody can type, so
that no phrase goes across. What is known besides the text (source, topics, documents, meetings, days) are `facts`,
words of a zone of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from crawler.query.document_number import Number
from crawler.query.matcher import SearchDoc, cited_in, read_name
from crawler.query.tree import Zone
from crawler.query.words import Reading

BREAK = "¶"
"""Stands between sentences and between captions; no character of a word."""
LONGEST_TOKEN = 64
"""Characters of a word in the index; of longer ones it holds the beginning."""
ZONES = (Zone.TITLE, Zone.LEAD, Zone.BODY, Zone.CAPTION)
EVERY = "·all"
"""The fact that every article has."""
_OF_ZONE = {None: "n", Zone.TITLE: "nt", Zone.LEAD: "nl", Zone.BODY: "nb", Zone.CAPTION: "nc"}
_PLAIN = re.compile("[^0-9a-z]")


@dataclass(frozen=True, slots=True)
class SearchText:
    """One article as its index holds it; the texts are words with one space between them, in the order title, lead,
    body, captions."""

    exact: tuple[str, ...]
    wide: tuple[str, ...]
    facts: tuple[str, ...]
    month: int | None
    """Of publication, as 202611; None where the day is unknown."""
    topics: tuple[str, ...]
    documents: tuple[str, ...]
    meetings: tuple[str, ...]

    def words(self) -> dict[str, str]:
        """Every word as it stands → without marks."""
        pairs: dict[str, str] = {}
        for exact, wide in zip(self.exact, self.wide, strict=True):
            pairs.update(zip(exact.split(), wide.split(), strict=True))
        pairs.pop(BREAK, None)
        return pairs


def search_text(doc: SearchDoc) -> SearchText:
    """What the index holds of an article, its edits included where `doc` knows them."""
    exact: dict[Zone, list[str]] = {zone: [] for zone in ZONES}
    wide: dict[Zone, list[str]] = {zone: [] for zone in ZONES}
    for zone, _, reading in doc.readings:
        for lines, words in ((exact, reading.exact_keys), (wide, reading.keys)):
            if lines[zone]:
                lines[zone].append(BREAK)
            lines[zone].append(_line(words, reading))
    day = doc.day
    return SearchText(
        exact=tuple(" ".join(exact[zone]) for zone in ZONES),
        wide=tuple(" ".join(wide[zone]) for zone in ZONES),
        facts=tuple(dict.fromkeys(_facts(doc))),
        month=day.year * 100 + day.month if day else None,
        topics=tuple(dict.fromkeys(topic for topic, _ in doc.topics)),
        documents=doc.documents,
        meetings=doc.meetings,
    )


def _line(words: list[str], reading: Reading) -> str:
    """The words of one text with its breaks."""
    pieces: list[str] = []
    start = 0
    for end in (*reading.breaks, len(words)):
        pieces.append(" ".join(words[start:end]))
        start = end
    line = f" {BREAK} ".join(pieces)
    if max(map(len, words), default=0) <= LONGEST_TOKEN:
        return line
    return " ".join(word[:LONGEST_TOKEN] for word in line.split(" "))


def _facts(doc: SearchDoc) -> Iterator[str]:
    yield EVERY
    if doc.source_id:
        yield from (fact("s"), fact("s", doc.source_id))
    yield from _named("t", (topic for topic, _ in doc.topics))
    yield from _named("m", doc.meetings)
    yield from _named("e", (kind for kind, _ in doc.changes))
    if doc.documents:
        yield fact("c")
    for key in doc.documents:
        yield fact("k", *read_name(key).keys)
    for number in doc.numbers:
        yield from cited_facts(number)
        yield from number_facts(number, None)
        for zone in cited_in(number, doc):
            yield from number_facts(number, zone)
    for zone, _, reading in doc.readings:
        for span in reading.numbers:
            yield from number_facts(span.number, None)
            yield from number_facts(span.number, zone)
    if day := doc.day:
        yield from (fact("y"), year_fact(day.year), month_fact(day), day_fact(day))


def _named(kind: str, values: Iterable[str]) -> Iterator[str]:
    for value in values:
        yield fact(kind)
        yield fact(kind, value)


def fact(kind: str, *parts: str) -> str:
    """A fact as a word of the index, with a separator that no word of a text has; without parts, that there is any.

    >>> fact("s", "bao-son-tra")
    's·bao¦2d¦son¦2d¦tra'
    """
    return f"{kind}·" + "·".join(_PLAIN.sub(lambda m: f"¦{ord(m.group()):x}¦", part) for part in parts)


def number_facts(number: Number, zone: Zone | None) -> Iterator[str]:
    """How a document number in a zone, or (None) anywhere, is entered: as it is, and without its organ and year."""
    if number.code is not None:
        yield number_fact(number, zone, whole=False)
        yield number_fact(number, zone, whole=True)


def number_fact(number: Number, zone: Zone | None, *, whole: bool) -> str:
    """What a term that is a number is looked up by; not `whole` leaves organ and year open."""
    return fact(_OF_ZONE[zone], *_parts(number, whole=whole))


def cited_facts(number: Number) -> Iterator[str]:
    """How a document that is cited is entered for `văn-bản:`: with all, with some and with one of its parts."""
    yield fact("c", str(number.n), number.suffix)
    if number.code is not None:
        yield fact("c", *_parts(number, whole=False))
        yield fact("c", *_parts(number, whole=True))


def cited_fact(number: Number) -> str:
    """What `văn-bản:` is looked up by: the parts that were typed."""
    if number.code is None:
        return fact("c", str(number.n), number.suffix)
    return fact("c", *_parts(number, whole=not number.open))


def _parts(number: Number, *, whole: bool) -> tuple[str, ...]:
    short = (str(number.n), number.suffix, number.code or "")
    if not whole:
        return short
    return (*short, "-" if number.organ is None else number.organ, str(number.year or ""))


def year_fact(year: int) -> str:
    """The fact of every article of a year."""
    return fact("y", str(year))


def month_fact(day: date) -> str:
    """The fact of every article of a day's month."""
    return fact("y", str(day.year), str(day.month))


def day_fact(day: date) -> str:
    """The fact of every article of a day."""
    return fact("y", str(day.year), str(day.month), str(day.day))


def facts_of_days(first: date, last: date) -> Iterator[str]:
    """The fewest facts of which every day from `first` to `last` has one and no other day has any.

    >>> list(facts_of_days(date(2025, 12, 31), date(2027, 1, 31)))
    ['y·2025·12·31', 'y·2026', 'y·2027·1']
    """
    one = timedelta(days=1)
    day = first
    while day <= last:
        end_of_month = (day.replace(day=28) + 4 * one).replace(day=1) - one
        if day.day == day.month == 1 and date(day.year, 12, 31) <= last:
            yield year_fact(day.year)
            day = date(day.year, 12, 31)
        elif day.day == 1 and end_of_month <= last:
            yield month_fact(day)
            day = end_of_month
        else:
            yield day_fact(day)
        if day == date.max:
            return
        day += one
