"""Small questions about the whole store."""

from __future__ import annotations

import sqlalchemy as sa

from crawler.store.schema import article


def sources(engine: sa.Engine) -> list[str]:
    """The ids of the sources that articles came from, sorted."""
    with engine.connect() as connection:
        return list(connection.scalars(sa.select(article.c.source).distinct().order_by(article.c.source)))
