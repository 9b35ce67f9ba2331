"""What was edited or taken down after it was first seen: every query."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crawler.store.schema import EDIT, GONE, article, version
from crawler.story.versions import Change


@dataclass(frozen=True, slots=True)
class Changed:
    """One edit, or one take-down."""

    at: datetime
    """When it was seen."""
    article: int
    url: str
    title: str
    source: str
    n: int | None
    """The number of the new version; None for a take-down."""
    change: Change
    """Empty for a take-down."""

    @property
    def is_gone(self) -> bool:
        """Whether the article was taken down; its text is kept."""
        return self.n is None


def list_changes(
    conn: sa.Connection,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    sources: Collection[str] | None = None,
) -> list[Changed]:
    """Edits and take-downs seen in [since, until), newest first."""
    edits = (
        sa.select(version.c.seen, version.c.n, version.c.change, article)
        .join(article, article.c.id == version.c.article)
        .where(EDIT, version.c.change.is_not(None), *_within(version.c.seen, since, until))
    )
    gone = sa.select(article).where(GONE, *_within(article.c.taken_down, since, until))
    if sources is not None:
        edits = edits.where(article.c.source.in_(sorted(sources)))
        gone = gone.where(article.c.source.in_(sorted(sources)))
    found = [
        _changed(row, row.seen, row.n, Change.from_json(row.change))
        for row in conn.execute(edits)
        if row.change
    ]
    found += [_changed(row, row.taken_down, None, Change()) for row in conn.execute(gone)]
    return sorted(found, key=lambda one: (-one.at.timestamp(), one.source, one.url, -(one.n or 0)))


def _within(column: Any, since: datetime | None, until: datetime | None) -> list[sa.ColumnElement[bool]]:
    return [*([column >= since] if since else []), *([column < until] if until else [])]


def _changed(row: Any, at: datetime, n: int | None, change: Change) -> Changed:
    return Changed(at, row.id, row.url, row.title, row.source, n, change)
