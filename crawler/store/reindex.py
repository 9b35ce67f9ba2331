"""Stored articles into the full-text index: one that was edited or taken down, and all of an older store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import sqlalchemy as sa

from crawler.query.search_document import changes_of, doc_of
from crawler.query.search_text import search_text
from crawler.store.article_record import article_from
from crawler.store.database import note_statistics
from crawler.store.edited import kinds_of_changes
from crawler.store.schema import article, search_debt, search_row, version
from crawler.store.search_rows import Entry, enter

TOGETHER = 200
"""Articles of one transaction: a tenth of a second, so that a crawl beside it waits no longer."""

_IN_FORCE = sa.select(
    article.c.id,
    article.c.source,
    article.c.story,
    article.c.published_at,
    article.c.first_seen,
    version.c.id.label("version"),
    version.c.record,
    version.c.notes,
).join(version, sa.and_(version.c.article == article.c.id, version.c.n == article.c.version))


def reindex(connection: sa.Connection, articles: Sequence[int]) -> None:
    """Enter articles anew as they are stored: their version in force, their story, their edits."""
    edits = kinds_of_changes(connection, articles)
    entries = []
    for row in connection.execute(_IN_FORCE.where(article.c.id.in_(articles), article.c.set_aside.is_(None))):
        doc = doc_of(article_from(row.record, row.notes), None)
        if row.id in edits:
            doc = replace(doc, changes=changes_of(edits[row.id]))
        moment = row.published_at or row.first_seen
        entries.append(Entry(row.id, row.version, row.story, row.source, moment, search_text(doc)))
    enter(connection, entries)


def missing(engine: sa.Engine) -> int:
    """How many articles may be missing from the index: 0 where it is whole."""
    with engine.connect().execution_options(diemtin_read=True) as connection:
        below = connection.execute(sa.select(sa.func.max(search_debt.c.below))).scalar()
        if below is None:
            return 0
        return int(connection.execute(sa.select(sa.func.count()).where(article.c.id < below)).scalar_one())


def pay_debt(engine: sa.Engine, told: Callable[[int], None] = lambda _: None) -> int:
    """Enter what is missing, the newest first; how many were entered.

    Each step is one transaction that also notes how far it came: after a stop the next call goes on from there, and a
    search meanwhile finds what is done. `told` is called with the number of articles of each step.
    """
    done = sum(_steps(engine, told))
    if done:
        note_statistics(engine)
    return done


def _steps(engine: sa.Engine, told: Callable[[int], None]) -> Iterator[int]:
    from crawler.store.stories import take_turn  # and all that decides stories, which no search needs

    while True:
        with engine.begin() as connection:
            take_turn(connection)
            below = connection.execute(sa.select(sa.func.max(search_debt.c.below))).scalar()
            if below is None:
                return
            next_ones = (
                sa.select(article.c.id, search_row.c.rank)
                .outerjoin(search_row, search_row.c.article == article.c.id)
                .where(article.c.id < below)
                .order_by(article.c.id.desc())
                .limit(TOGETHER)
            )
            rows = connection.execute(next_ones).all()
            reindex(connection, [number for number, rank in rows if rank is None])
            connection.execute(sa.delete(search_debt))
            if len(rows) == TOGETHER:
                connection.execute(sa.insert(search_debt).values(below=rows[-1].id))
        told(len(rows))
        yield len(rows)
