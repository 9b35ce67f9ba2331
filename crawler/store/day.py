"""What a day brought: its stories, and the documents that were first named on it. Reading only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crawler.citing.same_document import is_new
from crawler.dates.zones import VIETNAM
from crawler.store import news
from crawler.store.news import ArticleLine, DocumentFacts
from crawler.store.schema import article, article_topic, citation, document


@dataclass(frozen=True, slots=True)
class DayStory:
    """One story that was told in a stretch of time."""

    story: int
    lines: tuple[ArticleLine, ...]
    """All its articles, the earliest first, those of other days included."""
    of_day: int
    """How many of them are of the stretch."""
    topics: tuple[str, ...]
    """Topic ids of its earliest article, strongest first."""


@dataclass(frozen=True, slots=True)
class DayDocument:
    """A document that is news, with the article that named it first."""

    facts: DocumentFacts
    line: ArticleLine
    at: datetime


def stories_between(connection: sa.Connection, first: datetime, end: datetime) -> list[DayStory]:
    """The stories with an article published in [first, end), an undated one counting by first sight.

    Those that most outlets tell first, then the newest.
    """
    numbers = list(connection.scalars(sa.select(article.c.id).where(_within(first, end))))
    of_story: dict[str, int] = {}
    for root in news.stories_of(connection, numbers).values():
        of_story[root] = of_story.get(root, 0) + 1
    lines = news.lines_of_stories(connection, of_story)
    topics = _topics(connection, [found[0].id for found in lines.values() if found])
    told = [
        DayStory(int(root), tuple(found), of_story[root], topics.get(found[0].id, ()))
        for root, found in lines.items()
        if found
    ]
    return sorted(told, key=lambda one: (-len({line.source for line in one.lines}), _newest_first(one)))


def documents_between(connection: sa.Connection, first: datetime, end: datetime) -> list[DayDocument]:
    """The Party's documents first named in [first, end) that are news by then, the newest of them first.

    A document is one under all its entries: one that an earlier article named in another way is none.
    """
    named = _named(connection, first, end)
    facts = news.load_documents(connection, {one.document for one in named})
    party = {id_: found for id_, found in facts.items() if found.system == "party"}
    known = _named_before(connection, {found.id for found in party.values()}, first)
    of_document: dict[str, list[_Named]] = {}
    for one in named:
        if one.document in party and party[one.document].id not in known:
            of_document.setdefault(party[one.document].id, []).append(one)
    lines = news.lines_of_articles(connection, [some[0].article for some in of_document.values()])
    found = [
        DayDocument(party[some[0].document], lines[some[0].article], some[0].at)
        for some in of_document.values()
        if is_new(
            issued=party[some[0].document].date,
            said=any(one.issued for one in some),
            known=party[some[0].document].seeded,
            first=True,
            reported=some[0].at.astimezone(VIETNAM).date(),
        )
    ]
    return sorted(found, key=lambda one: (one.facts.date or "", one.at, one.facts.id), reverse=True)


@dataclass(frozen=True, slots=True)
class _Named:
    document: str
    article: int
    at: datetime
    issued: bool


def _named(connection: sa.Connection, first: datetime, end: datetime) -> list[_Named]:
    """The documents that articles of [first, end) name, the earliest article first."""
    moment = sa.type_coerce(_MOMENT, article.c.first_seen.type)
    query = (
        sa.select(
            citation.c.document,
            article.c.id,
            moment.label("at"),
            citation.c.issued.is_not(None).label("issued"),
        )
        .join(article, article.c.id == citation.c.article)
        .where(_within(first, end))
        .order_by(_MOMENT, article.c.url, citation.c.id)
    )
    return [_Named(row.document, row.id, row.at, bool(row.issued)) for row in connection.execute(query)]


def _named_before(connection: sa.Connection, leaders: set[str], first: datetime) -> set[str]:
    """Which of these documents an article of before named, under any of their entries.

    Each is looked up by itself, so that one that is cited everywhere costs no more than its first citations.
    """
    leader_of = {
        name: leader
        for leader, names in news.names_of_documents(connection, leaders).items()
        for name in names
    }
    earlier = (
        sa.select(citation.c.id)
        .join(article, article.c.id == citation.c.article)
        .where(citation.c.document == document.c.id, first > _MOMENT)
        .exists()
    )
    names = sorted(leader_of)
    found: set[str] = set()
    for start in range(0, len(names), _MANY):
        some = document.c.id.in_(names[start : start + _MANY])
        found.update(
            leader_of[name] for name in connection.scalars(sa.select(document.c.id).where(some, earlier))
        )
    return found


_MOMENT = sa.func.coalesce(article.c.published_at, article.c.first_seen)


def _within(first: datetime, end: datetime) -> sa.ColumnElement[bool]:
    """Two ranges of two indexed columns: a COALESCE would read every article."""
    published = sa.and_(article.c.published_at >= first, article.c.published_at < end)
    seen = sa.and_(
        article.c.published_at.is_(None), article.c.first_seen >= first, article.c.first_seen < end
    )
    return sa.and_(sa.or_(published, seen), article.c.set_aside.is_(None))


def _topics(connection: sa.Connection, articles: Sequence[int]) -> dict[int, tuple[str, ...]]:
    found: dict[int, list[str]] = {}
    query = sa.select(article_topic.c.article, article_topic.c.topic)
    order = (article_topic.c.article, article_topic.c.score.desc(), article_topic.c.topic)
    for start in range(0, len(articles), _MANY):
        some = article_topic.c.article.in_(articles[start : start + _MANY])
        for number, topic in connection.execute(query.where(some).order_by(*order)):
            found.setdefault(number, []).append(topic)
    return {number: tuple(topics) for number, topics in found.items()}


_MANY = 500


def _newest_first(one: DayStory) -> tuple[float, int]:
    moment = one.lines[0].published_at
    return (-moment.timestamp() if moment else 0.0, one.story)
