"""The in-memory matcher: does an article answer a query, where, and by which words. This is the truth.

An index answers a search by itself, and must find what is found here (`crawler.query.index_query`); every alert is
decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import NamedTuple

from crawler.article import Article
from crawler.dates.zones import VIETNAM
from crawler.query.document_number import TYPES, Number, find_numbers, read_number
from crawler.query.positions import Concordance, Places, Span, number_of
from crawler.query.tree import (
    And,
    Anything,
    Days,
    FieldName,
    FieldTest,
    Leaf,
    Node,
    Not,
    Or,
    Term,
    Words,
    Zone,
)
from crawler.query.words import WORD, Element, Reading, Word, clean, typed_word, wide_key


@dataclass(frozen=True)
class SearchDoc:
    """What is known of one article when it is searched. Texts are as stored; hits point into them."""

    title: str
    lead: str | None = None
    body: str = ""
    captions: tuple[str, ...] = ()
    source_id: str | None = None
    source_name: str | None = None
    province: str | None = None
    covers: tuple[str, ...] = ()
    """Provinces before the mergers that the source covers: `tỉnh:` finds them too."""
    published: datetime | date | None = None
    """An aware time, or a day where only the day is known. None answers no date query."""
    topics: tuple[tuple[str, str], ...] = ()
    """(id, name)."""
    documents: tuple[str, ...] = ()
    """Keys of the documents the article cites, resolved ones included."""
    surfaces: tuple[tuple[str, str], ...] = ()
    """(key, words as printed) of those citations, so that "Chỉ thị 35" is shown as a place of 35-CT/TW."""
    meetings: tuple[str, ...] = ()
    """Kinds of the meetings told."""
    changes: tuple[tuple[str, str], ...] = ()
    """(kind, label) of what was edited since it was first seen, of its being taken down too."""

    @cached_property
    def readings(self) -> tuple[tuple[Zone, int, Reading], ...]:
        """(zone, number of the caption, text read into words), in reading order."""
        single = ((Zone.TITLE, self.title), (Zone.LEAD, self.lead), (Zone.BODY, self.body))
        return (
            *((zone, 0, Reading(text)) for zone, text in single if text),
            *((Zone.CAPTION, i, Reading(text)) for i, text in enumerate(self.captions) if text),
        )

    @cached_property
    def numbers(self) -> tuple[Number, ...]:
        """The cited documents as numbers; keys that are none ("NQTW4-XI") are left to words."""
        return tuple(number for key in self.documents if (number := read_number(key)))

    @cached_property
    def concordance(self) -> Concordance:
        """All words of the texts, for terms of whole words."""
        return Concordance(self.readings)

    @cached_property
    def day(self) -> date | None:
        """The day of publication in Vietnam."""
        if isinstance(self.published, datetime):
            return self.published.astimezone(VIETNAM).date()
        return self.published

    @cached_property
    def memory(self) -> dict[Leaf, Places | None]:
        """What each term and field already asked of this article gave: watches repeat one another."""
        return {}


class Hit(NamedTuple):
    """Why an article answers a query."""

    spans: tuple[Span, ...]
    """In reading order."""
    words: tuple[str, ...]
    """The terms that fired, as typed and in the query's order."""
    fields: tuple[str, ...] = ()
    """The fields that fired, as typed."""

    def in_zone(self, zone: Zone, caption: int = 0) -> tuple[tuple[int, int], ...]:
        """The places in one text, left to right, overlapping ones as one: what is marked for a reader."""
        merged: list[tuple[int, int]] = []
        for start, end in sorted(
            (s.start, s.end) for s in self.spans if (s.zone, s.caption) == (zone, caption)
        ):
            if merged and start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return tuple(merged)


def search_doc(
    article: Article,
    *,
    source_name: str | None = None,
    province: str | None = None,
    covers: tuple[str, ...] = (),
    topic_names: dict[str, str] | None = None,
) -> SearchDoc:
    """An article as it is searched; its body is all blocks but lead and captions, an empty line apart."""
    names = topic_names or {}
    notes = article.annotations
    leads = [b.text for b in article.blocks if b.kind == "lead"]
    return SearchDoc(
        title=article.title,
        lead="\n\n".join(leads) or article.lead,
        body="\n\n".join(b.text for b in article.blocks if b.kind not in ("lead", "caption")),
        captions=tuple(b.text for b in article.blocks if b.kind == "caption"),
        source_id=article.source,
        source_name=source_name,
        province=province,
        covers=covers,
        published=_published(article.published),
        topics=tuple((topic.id, names.get(topic.id, topic.id)) for topic in notes.topics),
        documents=tuple(dict.fromkeys(c.key for c in notes.citations)),
        surfaces=tuple(dict.fromkeys((c.key, c.surface) for c in notes.citations)),
        meetings=tuple(dict.fromkeys(m.kind for m in notes.meetings)),
    )


def hit_of(root: Node, doc: SearchDoc) -> Hit | None:
    """The hit of a query's tree in `doc`, or None."""
    if isinstance(root, Term):  # the commonest query, kept off the sorting
        found = _recall(root, doc)
        return None if found is None else Hit(found.spans, (root.typed,))
    fired: list[Leaf] = []
    if not _holds(root, doc, fired):
        return None
    order: list[int] = []
    spans: list[Span] = []
    words: dict[str, None] = {}
    fields: dict[str, None] = {}
    stood = 0
    for leaf in fired:
        places = doc.memory[leaf]
        if places is not None and places.spans:
            order += places.order
            spans += places.spans
            stood += 1
        (words if isinstance(leaf, Term) else fields)[leaf.typed] = None
    return Hit(_in_order(order, spans) if stood > 1 else tuple(spans), tuple(words), tuple(fields))


def loosened(node: Node) -> Node:
    """The query with every accenting of its words and every spelling of its numbers, short ones included."""
    match node:
        case Term():
            return _loosened_term(node)
        case FieldTest(value=Words(elements)):
            return replace(node, value=Words(tuple(map(_loosened_element, elements))))
        case FieldTest(value=Number() as number):
            return replace(node, value=replace(number, loose=True))
        case FieldTest():
            return node
        case And(children):
            return And(tuple(map(loosened, children)))
        case Or(children):
            return Or(tuple(map(loosened, children)))
        case Not():
            return node  # loosening what is excluded would lose articles, not win them


def reasons(root: Node, holds: Callable[[Leaf], bool]) -> tuple[str, ...]:
    """What `Hit.words` and `Hit.fields` would be of an article that answers, told by which leaves hold in it."""
    fired: list[Leaf] = []
    _held(root, holds, fired)
    words = dict.fromkeys(leaf.typed for leaf in fired if isinstance(leaf, Term))
    fields = dict.fromkeys(leaf.typed for leaf in fired if not isinstance(leaf, Term))
    return (*words, *fields)


_NOWHERE = Places()
"""Of a leaf that holds and has no place: a field, or a document cited by other words."""
_UNASKED = Places((-1,))
"""What memory has of a leaf never asked; told apart by identity."""


def _in_order(order: list[int], spans: list[Span]) -> tuple[Span, ...]:
    """Spans in reading order, each once."""
    places = sorted(zip(order, spans, strict=True))
    return tuple([span for i, (_, span) in enumerate(places) if not i or span != places[i - 1][1]])


def _recall(leaf: Leaf, doc: SearchDoc) -> Places | None:
    """Where a leaf holds, worked out once for each article; None where it does not."""
    found = doc.memory.get(leaf, _UNASKED)
    if found is _UNASKED:
        found = doc.memory[leaf] = _find(leaf, doc) if isinstance(leaf, Term) else _test(leaf, doc)
    return found


def _holds(node: Node, doc: SearchDoc, fired: list[Leaf]) -> bool:
    """Whether `node` holds in `doc`; the leaves that made it hold are added to `fired`."""
    return _held(node, lambda leaf: _recall(leaf, doc) is not None, fired)


def _held(node: Node, holds: Callable[[Leaf], bool], fired: list[Leaf]) -> bool:
    if isinstance(node, And):
        mark = len(fired)
        for child in node.children:
            if not _held(child, holds, fired):
                del fired[mark:]
                return False
        return True
    if isinstance(node, Or):
        held = [_held(child, holds, fired) for child in node.children]  # all of them: each is a reason
        return any(held)
    if isinstance(node, Not):
        return not _held(node.child, holds, [])
    if not holds(node):
        return False
    fired.append(node)
    return True


def _find(term: Term, doc: SearchDoc) -> Places | None:
    """The places of a term; None for no hit."""
    if term.keys:
        return doc.concordance.find(term)
    places = [
        (number_of(text, start, end), Span(zone, caption, start, end, term.typed))
        for text, (zone, caption, reading) in enumerate(doc.readings)
        if term.zone is None or term.zone is zone
        for start, end in reading.find(term.elements)
    ]
    if len(term.elements) == 1 and isinstance(number := term.elements[0], Number):
        places += _cited(number, term, doc)
        places.sort()
        if not places and term.zone is None and any(map(number.names, doc.numbers)):
            return _NOWHERE
    return Places(*zip(*places, strict=True)) if places else None


def _cited(number: Number, term: Term, doc: SearchDoc) -> Iterator[tuple[int, Span]]:
    """Where a document is cited by other words than its number."""
    for key, surface in doc.surfaces:
        cited = read_number(key)
        if cited is None or not number.names(cited) or find_numbers(clean(surface).text):
            continue  # what carries the number itself has been found by it
        elements = tuple(map(typed_word, WORD.findall(clean(surface).text)))
        for text, (zone, caption, reading) in enumerate(doc.readings) if elements else ():
            if term.zone is None or term.zone is zone:
                for start, end in reading.find(elements):
                    yield number_of(text, start, end), Span(zone, caption, start, end, term.typed)


def cited_in(number: Number, doc: SearchDoc) -> set[Zone]:
    """The zones in which a document is cited by other words than its number."""
    if not doc.surfaces:
        return set()
    term = Term((number,), None, "", 0)
    return {span.zone for _, span in _cited(number, term, doc)}


def _test(test: FieldTest, doc: SearchDoc) -> Places | None:
    return _NOWHERE if field_holds(test.name, test.value, doc) else None


def field_holds(name: FieldName, value: Days | Words | Number | Anything, doc: SearchDoc) -> bool:
    """Whether a field of an article answers a value."""
    if isinstance(value, Days):
        day = doc.day
        return day is not None and (value.first or day) <= day <= (value.last or day)
    if isinstance(value, Number):
        return any(map(value.names, doc.numbers))
    ids, names = field_values(name, doc)
    if isinstance(value, Anything):
        return bool(ids or names)
    return any(read_name(text).find(value.elements) for text in names) or any(
        is_id(value.elements, identity) for identity in ids
    )


def field_values(name: FieldName, doc: SearchDoc) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(ids, names) of one field of `doc`."""
    match name:
        case FieldName.PROVINCE:
            return (), tuple(filter(None, (doc.province, *doc.covers)))
        case FieldName.SOURCE:
            return tuple(filter(None, (doc.source_id,))), tuple(filter(None, (doc.source_name,)))
        case FieldName.TOPIC:
            return tuple(topic for topic, _ in doc.topics), tuple(label for _, label in doc.topics)
        case FieldName.MEETING:
            return (), doc.meetings
        case FieldName.DOCUMENT:
            return doc.documents, ()
        case FieldName.CHANGE:
            return tuple(kind for kind, _ in doc.changes), tuple(label for _, label in doc.changes)
        case FieldName.DATE:
            return (), (doc.day.isoformat(),) if doc.day else ()


def is_id(elements: tuple[Element, ...], identity: str) -> bool:
    """Whether words are a whole id, which has no accents: `chủ-đề:đại hội` is `dai_hoi`."""
    reading = read_name(identity)
    if len(reading.keys) < len(elements) or not all(isinstance(e, Word) for e in elements):
        return False
    words = [e for e in elements if isinstance(e, Word)]
    if len(reading.keys) > len(words) and not words[-1].prefix:
        return False
    return all(
        key.startswith(word.key) if word.prefix else key == word.key
        for word, key in zip(words, reading.keys, strict=False)
    )


@lru_cache(maxsize=4096)
def read_name(name: str) -> Reading:
    """Names of provinces, sources and topics come with every article again."""
    return Reading(name)


def _published(published: str | None) -> datetime | date | None:
    if published is None:
        return None
    return datetime.fromisoformat(published) if "T" in published else date.fromisoformat(published)


def _loosened_element(element: Element) -> Element:
    return element.loosened() if isinstance(element, Word) else replace(element, loose=True)


def _loosened_term(term: Term) -> Node:
    loose = replace(term, elements=tuple(map(_loosened_element, term.elements)))
    if len(term.elements) != 1 or not isinstance(number := term.elements[0], Number):
        return loose
    short = (
        Term(
            (*map(typed_word, map(wide_key, kind.split())), typed_word(str(number.n), numeral=True)),
            term.zone,
            term.typed,
            term.position,
        )
        for kind in TYPES.get(number.code or "", ())
    )
    return Or((loose, *short))
