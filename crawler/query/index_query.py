"""A query as the full-text index is asked: whole, so that the index decides, and the matcher only marks.

`index_query` makes a plan of a tree over what `crawler.query.search_text` enters. The matcher is the definition:
an exact plan finds what it finds, and one that is not finds some more (never less), which whoever searches must then
ask the matcher about, article by article.

Not exact are, in both databases: words beside a document number in one phrase, words of 64 letters and more, a `*`
inside a name of `văn-bản:`; in SQLite also a `*` that is not the last word of a phrase, and a phrase without marks
that has a `đ` among several words. `docs/queries.md` tells them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Literal, Protocol

from crawler.query.asked import (
    EVERYTHING,
    NOTHING,
    Asked,
    Chain,
    Fact,
    Phrase,
    all_of,
    negated,
    some_of,
)
from crawler.query.document_number import Number
from crawler.query.matcher import SearchDoc, field_holds
from crawler.query.search_text import (
    LONGEST_TOKEN,
    cited_fact,
    fact,
    facts_of_days,
    number_fact,
)
from crawler.query.tree import And, Anything, Days, FieldName, FieldTest, Node, Not, Or, Term, Words, Zone
from crawler.query.words import NUMBER_WORDS, Element, Word, whole_words
from crawler.source import Source
from crawler.text.normal import modern_tone

Dialect = Literal["sqlite", "postgresql"]
MOST_VARIANTS = 400
"""Words of the store that one typed word may stand for; beyond, SQLite is asked for its widest key."""
MOST_BEGINNINGS = 2_000
"""Words of the store that the beginning of one may stand for: FTS5 reads words as they come, twenty microseconds each
before the first answer, but gathers every article that has a beginning before it gives one (0.4 s of 100,000)."""
LONG = "·long"
"""A fact of PostgreSQL alone: the text has more words than a tsvector keeps places of, see `to_tsquery`."""
HUGE = "·huge"
"""Another: the text has more words than a tsvector holds."""


class Vocabulary(Protocol):
    """What a plan needs to know of the store."""

    def words(self, key: str, *, beginning: bool) -> Sequence[str]:
        """The exact words of the store whose wide key is this one, or begins with it."""
        ...

    def keys(self, beginning: str) -> Sequence[str]:
        """The wide keys of the store that begin with this one, each once."""
        ...

    def values(self, kind: str) -> Sequence[str]:
        """The values of a field in the store: `s` sources, `t` topics, `m` meetings, `y` years."""
        ...


@dataclass(frozen=True, slots=True)
class Known:
    """What the values of fields mean."""

    sources: Mapping[str, Source]
    topics: Mapping[str, str]
    changes: Mapping[str, str]
    """Kind of an edit → its label."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the index is asked for a query."""

    asked: Asked
    exact: bool
    """Whether the index decides; else it finds more than answers."""


@dataclass(frozen=True, slots=True)
class _Bounds:
    """More than answers, and less; both are the same where the index can decide."""

    upper: Asked
    lower: Asked
    exact: bool


def index_query(root: Node, vocabulary: Vocabulary, known: Known, dialect: Dialect) -> Plan:
    """What the index of this dialect is asked for a query's tree."""
    bounds = _Planner(vocabulary, known, dialect).bounds(root)
    return Plan(bounds.upper, bounds.exact)


class _Planner:
    def __init__(self, vocabulary: Vocabulary, known: Known, dialect: Dialect) -> None:
        self._vocabulary = vocabulary
        self._known = known
        self._phrase = self._as_chain if dialect == "postgresql" else self._as_phrases

    def bounds(self, node: Node) -> _Bounds:
        """The bounds of a node, from those of its leaves."""
        match node:
            case Term():
                return self._term(node)
            case FieldTest():
                return self._test(node)
            case Not(child):
                inner = self.bounds(child)
                return _Bounds(negated(inner.lower), negated(inner.upper), inner.exact)
            case And(children) | Or(children):
                join = all_of if isinstance(node, And) else some_of
                found = [self.bounds(child) for child in children]
                return _Bounds(
                    join(b.upper for b in found), join(b.lower for b in found), all(b.exact for b in found)
                )

    def _term(self, term: Term) -> _Bounds:
        if len(term.elements) == 1 and isinstance(number := term.elements[0], Number):
            if number.open and not number.loose:
                return _inexact(EVERYTHING)  # no query has one outside a field
            return _exact(Fact(number_fact(number, term.zone, whole=not number.open)))
        words = tuple(e for e in term.elements if isinstance(e, Word))
        if len(words) == len(term.elements):
            ways = [self._phrase(way, term.zone) for way in _ways(words)]
            return _Bounds(
                some_of(w.upper for w in ways), some_of(w.lower for w in ways), all(w.exact for w in ways)
            )
        return _inexact(all_of(self._pieces(term.elements, term.zone)))

    def _pieces(self, elements: tuple[Element, ...], zone: Zone | None) -> Iterable[Asked]:
        """What must stand in an article for words and numbers to stand side by side."""
        run: list[Word] = []
        for element in (*elements, None):
            if isinstance(element, Word):
                run.append(element)
                continue
            if run:
                yield some_of(self._phrase(way, zone).upper for way in _ways(tuple(run)))
                run = []
            if element is not None:
                yield Fact(number_fact(element, None, whole=not element.open))

    # ---- phrases ---------------------------------------------------------------------------------------------

    def _as_phrases(self, words: tuple[Word, ...], zone: Zone | None) -> _Bounds:
        """SQLite: a phrase is one string of words, of which only the last may be a beginning."""
        runs: list[list[Word]] = [[]]
        for word in words:
            runs[-1].append(word)
            if word.prefix:
                runs.append([])
        pieces = [self._run(tuple(run), zone) for run in runs if run]
        if len(pieces) == 1:
            return pieces[0]
        return _inexact(all_of(piece.upper for piece in pieces))

    def _run(self, words: tuple[Word, ...], zone: Zone | None) -> _Bounds:
        marked = all(word.typed is not None and not word.tones_open for word in words)
        open_ = all(word.typed is None for word in words)
        last = words[-1]
        short = max(len(word.key) for word in words) < LONGEST_TOKEN
        if not marked and not open_ and len(words) == 1 and short:
            found = self._variants(last)
            if len(found) <= MOST_VARIANTS:
                return _exact(some_of(Phrase((word,), exact=True, zone=zone) for word in found))
        keys = tuple(_cut((word.typed or word.key) if marked else word.key) for word in words)
        endings = self._endings(
            last, keys[-1], exact=marked, most=MOST_VARIANTS if keys[1:] else MOST_BEGINNINGS
        )
        asked = some_of(
            Phrase((*keys[:-1], ending), exact=marked, prefix=prefix, zone=zone) for ending, prefix in endings
        )
        return _exact(asked) if short and (marked or open_) else _inexact(asked)

    def _endings(self, word: Word, key: str, *, exact: bool, most: int) -> list[tuple[str, bool]]:
        """The last words of a phrase, and whether each is a beginning: one only is where it means more than `most`."""
        if not word.prefix:
            return [(key, False)]
        beginnings = sorted({key, _cut(modern_tone(key))} if exact else {key})
        if len(word.key) >= LONGEST_TOKEN:
            return [(one, True) for one in beginnings]
        if exact:
            listed = self._vocabulary.words(word.key, beginning=True)
            found = [one for one in listed if one.startswith(tuple(beginnings))]
        else:
            found = list(self._vocabulary.keys(word.key))
        return [(one, False) for one in found] if len(found) <= most else [(one, True) for one in beginnings]

    def _as_chain(self, words: tuple[Word, ...], zone: Zone | None) -> _Bounds:
        """PostgreSQL: each place of a phrase may be one of several words, so the words of the store are listed."""
        places: list[tuple[tuple[str, bool], ...]] = []
        exact = True
        for word in words:
            if len(word.key) >= LONGEST_TOKEN:
                exact = False
                places.append(tuple((found, False) for found in self._long(word)))
            elif word.prefix and word.typed is not None and not word.tones_open:
                beginnings = dict.fromkeys((word.typed, modern_tone(word.typed)))
                places.append(tuple((beginning, True) for beginning in beginnings))
            else:
                places.append(tuple((found, False) for found in self._variants(word)))
        if not all(places):
            return _exact(NOTHING)
        chain = Chain(tuple(places), zone)
        loose = all_of([Fact(LONG), *(Chain((place,)) for place in places)])
        by_place = len(places) > 1 or zone is not None
        upper: list[Asked] = [chain, *([loose] if by_place else []), Fact(HUGE)]
        return _Bounds(some_of(upper), chain if exact else NOTHING, exact)

    def _variants(self, word: Word) -> list[str]:
        """The words of the store that a typed word answers."""
        if word.typed is not None and not word.tones_open and not word.prefix:
            return [word.typed]
        return [one for one in self._vocabulary.words(word.key, beginning=word.prefix) if word.answers(one)]

    def _long(self, word: Word) -> list[str]:
        return list(self._vocabulary.words(_cut(word.key), beginning=False))

    # ---- fields ----------------------------------------------------------------------------------------------

    def _test(self, test: FieldTest) -> _Bounds:
        match test.name, test.value:
            case FieldName.DATE, Days(first, last):
                return _exact(self._days(first, last))
            case FieldName.DATE, _:
                return _exact(Fact(fact("y")))
            case FieldName.DOCUMENT, Number() as number:
                return _exact(Fact(cited_fact(number)))
            case FieldName.DOCUMENT, Words(elements):
                return self._identity(elements)
            case FieldName.DOCUMENT, _:
                return _exact(Fact(fact("c")))
        kind, articles = self._values_of(test.name)
        if isinstance(test.value, Anything) and test.name is not FieldName.PROVINCE:
            return _exact(Fact(fact(kind)))
        holding = [v for v, doc in articles.items() if field_holds(test.name, test.value, doc)]
        return _exact(some_of(Fact(fact(kind, value)) for value in holding))

    def _values_of(self, name: FieldName) -> tuple[str, dict[str, SearchDoc]]:
        """The kind of a field's facts, and an article with each of its values."""
        if name in (FieldName.PROVINCE, FieldName.SOURCE):
            return "s", {v: self._of_source(v) for v in self._vocabulary.values("s")}
        if name is FieldName.TOPIC:
            names = self._known.topics
            return "t", {
                v: SearchDoc("", topics=((v, names.get(v, v)),)) for v in self._vocabulary.values("t")
            }
        if name is FieldName.MEETING:
            return "m", {v: SearchDoc("", meetings=(v,)) for v in self._vocabulary.values("m")}
        return "e", {v: SearchDoc("", changes=((v, label),)) for v, label in self._known.changes.items()}

    def _of_source(self, identity: str) -> SearchDoc:
        row = self._known.sources.get(identity)
        if row is None:
            return SearchDoc("", source_id=identity)
        return SearchDoc(
            "", source_id=identity, source_name=row.name, province=row.province, covers=row.covers
        )

    def _days(self, first: date | None, last: date | None) -> Asked:
        years = [int(year) for year in self._vocabulary.values("y")]
        if not years:
            return NOTHING
        first = max(first or date.min, date(min(years), 1, 1))
        last = min(last or date.max, date(max(years), 12, 31))
        return some_of(Fact(token) for token in facts_of_days(first, last))

    def _identity(self, elements: tuple[Element, ...]) -> _Bounds:
        """Words that are a whole key of a document, as `matcher.is_id` compares them."""
        words = [e for e in elements if isinstance(e, Word)]
        if len(words) != len(elements):
            return _exact(NOTHING)
        if any(word.prefix for word in words[:-1]):
            return _inexact(Fact(fact("c")))
        return _exact(Fact(fact("k", *(word.key for word in words)), prefix=words[-1].prefix))


def _ways(words: tuple[Word, ...]) -> list[tuple[Word, ...]]:
    """Every way in which words may stand in a text: a short number with a zero, and with "số" before it."""
    if whole_words(words) or not any(word.numeral for word in words):
        return [words]
    ways: list[list[tuple[Word, ...]]] = []
    for place, word in enumerate(words):
        if not word.numeral:
            ways.append([(word,)])
            continue
        exactly = word.typed is not None
        spelled = [Word(key, key if exactly else None) for key in word.spellings()]
        before = [Word("so", so) for so in NUMBER_WORDS] if exactly else [Word("so")]
        ways.append([(one,) for one in spelled])
        if place:
            ways[-1] += [(so, one) for so in before for one in spelled]
    return [tuple(word for part in way for word in part) for way in product(*ways)]


def _cut(word: str) -> str:
    return word[:LONGEST_TOKEN]


def _exact(asked: Asked) -> _Bounds:
    return _Bounds(asked, asked, exact=True)


def _inexact(upper: Asked) -> _Bounds:
    return _Bounds(upper, NOTHING, exact=False)
