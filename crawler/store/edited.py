"""Which articles were edited or taken down, and how: what a search knows of it."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from crawler.store.schema import article, version
from crawler.story.change_kinds import GONE


def kinds_of_changes(conn: sa.Connection, articles: Collection[int]) -> dict[int, set[str]]:
    """Of these articles each that was edited or taken down → kinds of its edits, `gone` among them."""
    kinds: dict[int, set[str]] = {}
    edits = sa.select(version.c.article, version.c.change["kinds"]).where(
        version.c.n > 1, version.c.article.in_(articles)
    )
    for number, found in conn.execute(edits):
        kinds.setdefault(number, set()).update(found or ())
    gone = sa.select(article.c.id).where(article.c.taken_down.is_not(None), article.c.id.in_(articles))
    for number in conn.execute(gone).scalars():
        kinds.setdefault(number, set()).add(GONE)
    return kinds
