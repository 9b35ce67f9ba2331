"""What the looks at a section have brought, for its rhythm (`crawler.rhythm`). Reading only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crawler.dates.zones import VIETNAM
from crawler.rhythm import News
from crawler.store.schema import address, article, link, run, sighting

_DAY_ALONE = 10
"""Characters of an ISO day."""


def news_of(engine: sa.Engine, source: str, section: str, *, since: datetime) -> list[News]:
    """The articles of a section (by the address of its listing) that were first seen since then, oldest first.

    What was dropped is no news. An article that two sections show counts in both: either would bring it.
    """
    shown = (
        sa.select(address.c.article)
        .join(sighting, sighting.c.url == address.c.url)
        .where(address.c.article == article.c.id, sighting.c.source == source, sighting.c.section == section)
    )
    query = (
        sa.select(article.c.published, article.c.published_at, article.c.first_seen)
        .where(article.c.source == source, article.c.first_seen >= since, shown.exists())
        .order_by(article.c.first_seen, article.c.id)
    )
    with engine.connect() as connection:
        return [_news(row) for row in connection.execute(query)]


def _news(row: Any) -> News:
    """An article without a date counts as published when it was found; a day alone tells no hour."""
    found: datetime = row.first_seen
    if row.published_at is None:
        return News(found, found)
    if len(row.published) > _DAY_ALONE:
        return News(min(row.published_at, found), found)
    if row.published_at.astimezone(VIETNAM).date() == found.astimezone(VIETNAM).date():
        return News(found, found, hour_known=False)
    return News(min(row.published_at, found), found, hour_known=False)


def first_look(engine: sa.Engine, source: str) -> datetime | None:
    """When a source was looked at first, as far as that look was answered; None: never yet."""
    query = (
        sa.select(run.c.started)
        .where(run.c.source == source, run.c.outcome.in_(("finished", "killed")))
        .order_by(run.c.started)
        .limit(1)
    )
    with engine.connect() as connection:
        return connection.execute(query).scalar()


def first_visit(engine: sa.Engine, source: str, section: str, began: datetime) -> bool:
    """Whether a section had shown nothing before this crawl began."""
    query = (
        sa.select(sighting.c.url)
        .where(sighting.c.source == source, sighting.c.section == section, sighting.c.found < began)
        .limit(1)
    )
    with engine.connect() as connection:
        return connection.execute(query).first() is None


def is_new_section(engine: sa.Engine, source: str, name: str, began: datetime) -> bool:
    """Whether no section of that name had shown anything before: one that moved to another address is not new."""
    query = (
        sa.select(link.c.url)
        .where(link.c.source == source, link.c.section == name, link.c.found < began)
        .limit(1)
    )
    with engine.connect() as connection:
        return connection.execute(query).first() is None
