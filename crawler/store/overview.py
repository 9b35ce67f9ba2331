"""Small questions about the whole store."""

from __future__ import annotations

import sqlalchemy as sa

from crawler.store.schema import article


def sources(engine: sa.Engine) -> list[str]:
    """The ids of the sources that articles came from, sorted."""
    with engine.connect() as connection:
        return list(connection.scalars(sa.select(article.c.source).distinct().order_by(article.c.source)))


def is_empty(engine: sa.Engine) -> bool:
    """Whether no article has been stored yet."""
    with engine.connect() as connection:
        return connection.execute(sa.select(article.c.id).limit(1)).first() is None


def stories(engine: sa.Engine) -> list[str]:
    """The numbers of all stories, as text, in order."""
    with engine.connect() as connection:
        found = connection.scalars(sa.select(article.c.story).distinct().order_by(article.c.story))
        return [str(story) for story in found]
