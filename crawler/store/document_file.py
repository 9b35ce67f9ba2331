"""One document with everything the store knows of it: for its page. Reading only, in a few queries."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crawler.citing.document_relations import DocumentRelation, named_in_title
from crawler.store import news, runs
from crawler.store.news import ArticleLine, DocumentFacts, MeetingFacts
from crawler.store.register import sightings
from crawler.store.schema import article, article_meeting, citation, document, meeting
from crawler.text.normal import fold

TOGETHER = 12
"""How many of the documents that are named beside one are told."""


@dataclass(frozen=True, slots=True)
class DocumentArticle:
    """An article that names the document."""

    line: ArticleLine
    at: datetime
    """When it was published, or first seen."""


@dataclass(frozen=True, slots=True)
class DocumentMeeting:
    """A meeting on the document, as one article tells it."""

    article: int
    outlet_province: str | None
    facts: MeetingFacts


@dataclass(frozen=True, slots=True)
class RelatedDocument:
    """Another document that a title names: this one's, or whose own title names this one."""

    relation: DocumentRelation
    names_us: bool
    """Whether it is the other's title that names this one."""
    key: str
    facts: tuple[DocumentFacts, ...]
    """The entries of that number; several where they are of several terms or provinces, none where it is not known."""


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A document of the register."""

    facts: DocumentFacts
    articles: tuple[DocumentArticle, ...]
    """The earliest first, each once."""
    meetings: tuple[DocumentMeeting, ...]
    """Every article's word on a meeting that is about the document, whatever its kind."""
    related: tuple[RelatedDocument, ...]
    together: tuple[tuple[DocumentFacts, int], ...]
    """Documents named in the same articles, with how many; the most first."""
    looked: dict[str, datetime]
    """When each source was last looked at to the end."""


def document_file(engine: sa.Engine, id_: str) -> DocumentFile | None:
    """The document of that id, or the one it turned out to be (`facts.id` tells); None where there is none."""
    with engine.connect().execution_options(diemtin_read=True) as connection:
        facts = news.load_documents(connection, [id_]).get(id_)
        if facts is None:
            return None
        names = news.names_of_documents(connection, [facts.id])[facts.id]
        return DocumentFile(
            facts=facts,
            articles=_articles(connection, names),
            meetings=_meetings(connection, names),
            related=(*_named(connection, facts), *_naming(connection, facts, names)),
            together=_together(connection, names),
            looked=runs.last_looks(connection),
        )


def ids_of_key(engine: sa.Engine, key: str) -> list[str]:
    """The ids of the leading documents of a number; the latest term first."""
    query = sa.select(document.c.id).where(document.c.key == key, document.c.same_as.is_(None))
    with engine.connect().execution_options(diemtin_read=True) as connection:
        return list(connection.scalars(query.order_by(document.c.date.desc(), document.c.id.desc())))


@dataclass(frozen=True, slots=True)
class RegisterValues:
    """By what the documents of the store can be chosen, each sorted."""

    types: tuple[str, ...]
    systems: tuple[str, ...]
    provinces: tuple[str, ...]


def register_values(engine: sa.Engine) -> RegisterValues:
    """The types, systems and provinces that the register has."""
    query = sa.select(document.c.type, document.c.system, document.c.province).distinct()
    with engine.connect().execution_options(diemtin_read=True) as connection:
        rows = connection.execute(query.where(document.c.same_as.is_(None))).all()
    return RegisterValues(*(tuple(sorted({row[n] for row in rows if row[n]}, key=fold)) for n in range(3)))


def _articles(connection: sa.Connection, names: Collection[str]) -> tuple[DocumentArticle, ...]:
    rows = connection.execute(
        sightings()
        .add_columns(article.c.published, article.c.published_at)
        .where(citation.c.document.in_(sorted(names)))
    )
    found: dict[int, DocumentArticle] = {}
    for row in rows:
        line = ArticleLine(row.article, row.source, row.url, row.title, row.published, row.published_at)
        found.setdefault(row.article, DocumentArticle(line, row.at))
    return tuple(found.values())


def _meetings(connection: sa.Connection, names: Collection[str]) -> tuple[DocumentMeeting, ...]:
    """A meeting is about the document where its article says so by a key that in this article means it."""
    keys = (
        sa.select(citation.c.article, citation.c.key).where(citation.c.document.in_(sorted(names))).distinct()
    )
    cited = keys.subquery()
    rows = connection.execute(
        sa.select(
            article_meeting.c.article,
            article_meeting.c.meeting,
            article_meeting.c.province,
            article_meeting.c.record["cites"].label("cites"),
            cited.c.key,
        )
        .join(cited, cited.c.article == article_meeting.c.article)
        .join(meeting, meeting.c.id == article_meeting.c.meeting)
        .order_by(meeting.c.date, article_meeting.c.meeting, article_meeting.c.article)
    ).all()
    told = {(row.article, row.meeting): row.province for row in rows if row.key in (row.cites or ())}
    facts = news.load_meetings(connection, {id_ for _, id_ in told})
    return tuple(DocumentMeeting(number, province, facts[id_]) for (number, id_), province in told.items())


def _named(connection: sa.Connection, facts: DocumentFacts) -> list[RelatedDocument]:
    """The documents its own title names."""
    named = [one for one in named_in_title(facts.title or "") if one.key != facts.key]
    known = _by_key(connection, [one.key for one in named])
    return [RelatedDocument(one.relation, False, one.key, known.get(one.key, ())) for one in named]


def _naming(connection: sa.Connection, facts: DocumentFacts, names: Collection[str]) -> list[RelatedDocument]:
    """The documents whose title names it; a number of several documents is nobody's."""
    if len(_by_key(connection, [facts.key]).get(facts.key, ())) != 1:
        return []
    there = document.c.title.contains(facts.key, autoescape=True), document.c.id.not_in(sorted(names))
    rows = connection.execute(
        sa.select(document.c.id, document.c.title)
        .where(*there, document.c.same_as.is_(None))
        .order_by(document.c.id)
    ).all()
    known = news.load_documents(connection, [row.id for row in rows])
    return [
        RelatedDocument(one.relation, True, known[row.id].key, (known[row.id],))
        for row in rows
        for one in named_in_title(row.title)
        if one.key == facts.key
    ]


def _by_key(connection: sa.Connection, keys: Collection[str]) -> dict[str, tuple[DocumentFacts, ...]]:
    """The leading entries of these numbers."""
    if not keys:
        return {}
    leading = sa.select(document.c.id).where(document.c.key.in_(sorted(keys)), document.c.same_as.is_(None))
    found: dict[str, tuple[DocumentFacts, ...]] = {}
    for one in news.load_documents(connection, sorted(connection.scalars(leading))).values():
        found[one.key] = (*found.get(one.key, ()), one)
    return found


def _together(connection: sa.Connection, names: Collection[str]) -> tuple[tuple[DocumentFacts, int], ...]:
    beside = citation.alias("beside")
    count = sa.func.count(sa.distinct(citation.c.article))
    rows = connection.execute(
        sa.select(citation.c.document, count.label("articles"))
        .where(
            citation.c.article.in_(sa.select(beside.c.article).where(beside.c.document.in_(sorted(names)))),
            citation.c.document.not_in(sorted(names)),
        )
        .group_by(citation.c.document)
        .order_by(count.desc(), citation.c.document)
        .limit(TOGETHER)
    ).all()
    facts = news.load_documents(connection, [row.document for row in rows])
    return tuple((facts[row.document], row.articles) for row in rows)
