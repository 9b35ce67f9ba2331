"""One article with everything the store knows of it: for its page. Reading only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crawler.store import captures, news
from crawler.store.captures import Capture
from crawler.store.news import ArticleLine, DocumentFacts, MeetingFacts, StoredArticle
from crawler.store.schema import address, article, version
from crawler.story.versions import Change


@dataclass(frozen=True, slots=True)
class ArticleVersion:
    """One state of an article."""

    n: int
    seen: datetime
    change: Change
    """Against the version before; empty for the first."""
    reread: bool
    """Our reader changed, not the page."""


@dataclass(frozen=True, slots=True)
class ArticleFile:
    """An article and what it is part of."""

    stored: StoredArticle
    section: str | None
    first_seen: datetime
    last_seen: datetime
    taken_down: datetime | None
    set_aside: datetime | None
    """When a person said that it is none of ours."""
    story: str
    copies: tuple[ArticleLine, ...]
    """The other articles of its story."""
    versions: tuple[ArticleVersion, ...]
    """The newest first."""
    addresses: tuple[str, ...]
    documents: Mapping[str, DocumentFacts]
    """By the ids of its citations."""
    meetings: Mapping[str, MeetingFacts]
    captured: Capture | None
    """Its latest page in the archive."""
    record: Mapping[str, Any]
    """How it was read: reader, dates, warnings, the second reader's agreement."""


def article_file(engine: sa.Engine, id_: int) -> ArticleFile | None:
    """An article by its number in the store; None where there is none."""
    with engine.connect().execution_options(diemtin_read=True) as connection:
        stored = news.load_articles(connection, [id_]).get(id_)
        if stored is None:
            return None
        row = connection.execute(sa.select(article).where(article.c.id == id_)).one()
        states = connection.execute(_VERSIONS, {"id": id_}).all()
        story = news.stories_of(connection, [id_])[id_]
        copies = news.lines_of_stories(connection, [story])[story]
        documents = news.load_documents(connection, {name for name, _ in stored.documents})
        meetings = news.load_meetings(connection, {name for name, _ in stored.meetings})
        page = captures.latest_of(connection, [id_]).get(id_)
        addresses = tuple(connection.scalars(_ADDRESSES, {"id": id_}))
    return ArticleFile(
        stored=stored,
        section=row.section,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        taken_down=row.taken_down,
        set_aside=row.set_aside,
        story=story,
        copies=tuple(line for line in copies if line.id != id_),
        versions=tuple(
            ArticleVersion(
                one.n, one.seen, Change.from_json(one.change) if one.change else Change(), bool(one.reread)
            )
            for one in states
        ),
        addresses=addresses,
        documents=documents,
        meetings=meetings,
        captured=page,
        record=states[0].record,
    )


_VERSIONS = (
    sa.select(version.c.n, version.c.seen, version.c.change, version.c.record, version.c.reread)
    .where(version.c.article == sa.bindparam("id"))
    .order_by(version.c.n.desc())
)
_ADDRESSES = sa.select(address.c.url).where(address.c.article == sa.bindparam("id")).order_by(address.c.url)
