"""What outlets have brought: how many articles in a stretch of days, the latest one, topics, documents and stories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from crawler.dates.zones import VIETNAM
from crawler.store import news
from crawler.store.news import ArticleLine, DocumentFacts
from crawler.store.schema import citation, search_row
from crawler.store.search_index import first_rank


@dataclass(frozen=True, slots=True)
class BroughtByOutlets:
    """What some outlets wrote of in a stretch of days."""

    articles: int
    topics: tuple[tuple[str, int], ...]
    """Topic ids with how many articles; the most first."""
    documents: tuple[tuple[DocumentFacts, int], ...]


def articles_by_source(engine: sa.Engine, first: date, last: date) -> dict[str, int]:
    """Articles of each source from one day to another, both included; an undated one counts by first sight."""
    query = (
        sa.select(search_row.c.source, sa.func.count())
        .where(*_between(first, last))
        .group_by(search_row.c.source)
    )
    with engine.connect().execution_options(diemtin_read=True) as connection:
        return {source: count for source, count in connection.execute(query)}


def latest_by_source(engine: sa.Engine, until: datetime) -> dict[str, datetime]:
    """When the latest article of each source was published; what is dated behind `until` counts as of then."""
    moment = sa.func.max(search_row.c.moment)
    query = (
        sa.select(search_row.c.source, moment)
        .where(search_row.c.article.is_not(None))
        .group_by(search_row.c.source)
    )
    with engine.connect().execution_options(diemtin_read=True) as connection:
        return {
            source: min(datetime.fromtimestamp(at, UTC), until) for source, at in connection.execute(query)
        }


def brought_by(
    engine: sa.Engine, sources: Collection[str], first: date, last: date, *, limit: int = 12
) -> BroughtByOutlets:
    """The topics and documents that these sources wrote most of."""
    own = (*_between(first, last), search_row.c.source.in_(sorted(sources)))
    with engine.connect().execution_options(diemtin_read=True) as connection:
        topics: Counter[str] = Counter()
        rows = connection.scalars(sa.select(search_row.c.topics).where(*own)).all()
        for told in rows:
            topics.update((told or "").splitlines())
        documents = _cited(connection, own, limit)
    most = sorted(topics.items(), key=lambda one: (-one[1], one[0]))[:limit]
    return BroughtByOutlets(len(rows), tuple(most), documents)


def most_cited(
    engine: sa.Engine, first: date, last: date, *, limit: int = 20
) -> tuple[tuple[DocumentFacts, int], ...]:
    """The documents that most articles of a stretch of days name, with how many."""
    with engine.connect().execution_options(diemtin_read=True) as connection:
        return _cited(connection, _between(first, last), limit)


def latest_stories(engine: sa.Engine, sources: Collection[str], *, limit: int) -> list[ArticleLine]:
    """The newest article of each of the newest stories of these sources."""
    query = (
        sa.select(search_row.c.article, search_row.c.story)
        .where(search_row.c.article.is_not(None), search_row.c.source.in_(sorted(sources)))
        .order_by(search_row.c.rank.desc())
        .limit(3 * limit)
    )
    with engine.connect().execution_options(diemtin_read=True) as connection:
        newest: dict[Any, int] = {}
        for number, story in connection.execute(query):
            newest.setdefault(story, number)
        lines = news.lines_of_articles(connection, list(newest.values())[:limit])
    return [lines[number] for number in list(newest.values())[:limit]]


def _between(first: date, last: date) -> tuple[sa.ColumnElement[bool], ...]:
    since = datetime.combine(first, time(), VIETNAM)
    end = int(datetime.combine(last + timedelta(days=1), time(), VIETNAM).timestamp())
    return (
        search_row.c.article.is_not(None),
        search_row.c.rank.between(first_rank(since), end),
        search_row.c.moment >= int(since.timestamp()),
        search_row.c.moment < end,
    )


def _cited(
    connection: sa.Connection, own: Collection[sa.ColumnElement[bool]], limit: int
) -> tuple[tuple[DocumentFacts, int], ...]:
    count = sa.func.count(sa.distinct(citation.c.article))
    rows = connection.execute(
        sa.select(citation.c.document, count.label("articles"))
        .join(search_row, search_row.c.article == citation.c.article)
        .where(*own)
        .group_by(citation.c.document)
        .order_by(count.desc(), citation.c.document)
        .limit(limit)
    ).all()
    facts = news.load_documents(connection, [row.document for row in rows])
    counted: Counter[DocumentFacts] = Counter()
    for row in rows:
        counted[facts[row.document]] += row.articles  # entries that turned out to be one document
    return tuple(counted.most_common())
