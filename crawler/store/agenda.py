"""Meetings: the list of what was held and what is coming."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from crawler.store.schema import article, article_meeting, meeting


def listed(engine: sa.Engine, *, first: str | None = None, last: str | None = None) -> list[dict[str, Any]]:
    """Meetings between two days (ISO, inclusive), by day; those without a known day only when no day is asked for.

    The JSON of DESIGN §6.3, with the documents cited and the chair.
    """
    query = sa.select(meeting).order_by(meeting.c.date, meeting.c.id)
    if first is not None:
        query = query.where(sa.func.coalesce(meeting.c.date_to, meeting.c.date) >= first)
    if last is not None:
        query = query.where(meeting.c.date <= last)
    told = (
        sa.select(article_meeting.c.meeting, article.c.url)
        .join(article, article.c.id == article_meeting.c.article)
        .order_by(sa.func.coalesce(article.c.published_at, article.c.first_seen), article.c.url)
    )
    with engine.connect() as connection:
        rows = connection.execute(query).all()
        urls: dict[str, list[str]] = {}
        for row in connection.execute(told):
            urls.setdefault(row.meeting, []).append(row.url)
    return [
        {
            "id": row.id,
            "kind": row.kind,
            "ordinal": row.ordinal,
            "organiser": row.organiser,
            "date": row.date,
            "date_to": row.date_to,
            "session": row.session,
            "status": row.status,
            "place": row.place,
            "chair": row.chair,
            "province": row.province,
            "documents": row.documents,
            "articles": urls[row.id],
        }
        for row in rows
        if row.id in urls
    ]
