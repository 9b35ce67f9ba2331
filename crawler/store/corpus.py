"""Articles as a corpus: in the order of publication, each with its annotations and its story's lead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crawler.source import Source
from crawler.store import search
from crawler.store.schema import article, version
from crawler.stories import is_agency

_CONTRACT = (
    "url", "canonical_url", "source", "section", "place", "title", "lead", "authors", "published",
    "published_precision", "published_from", "updated", "dates", "paragraphs", "captions", "images", "text",
    "reader", "warnings",
)  # fmt: skip
"""The keys of the article JSON (DESIGN §6.4), in its order."""


@dataclass(frozen=True, slots=True)
class CorpusRow:
    """One article of the corpus."""

    url: str
    source: str
    text: str
    record: dict[str, Any]
    notes: dict[str, Any]
    lead_url: str
    """The canonical address of the lead article of its story."""


def articles(
    engine: sa.Engine,
    registry: Mapping[str, Source],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    query: str = "",
    one_per_story: bool = False,
) -> Iterator[CorpusRow]:
    """The current versions, ordered by publication (unknown first), then by address."""
    wanted = {found.id for found in search.matching(engine, query, registry)} if query else None
    leads = story_leads(engine)
    rows = (
        sa.select(article, version.c.text, version.c.record, version.c.notes)
        .join(version, sa.and_(version.c.article == article.c.id, version.c.n == article.c.version))
        .order_by(article.c.published_at.is_not(None), article.c.published_at, article.c.url)
    )
    if since is not None:
        rows = rows.where(article.c.published_at >= since)
    if until is not None:
        rows = rows.where(article.c.published_at < until)
    with engine.connect().execution_options(diemtin_read=True, yield_per=500) as connection:
        for row in connection.execute(rows):
            if wanted is not None and row.id not in wanted:
                continue
            lead = leads[row.story]
            if one_per_story and lead != row.url:
                continue
            record = {key: row.record[key] for key in _CONTRACT}
            yield CorpusRow(row.url, row.source, row.text, record, row.notes, lead)


def story_leads(engine: sa.Engine) -> dict[int, str]:
    """Story → address of its lead article: the earliest, an agency's where dates tie, then by address."""
    leads: dict[int, tuple[Any, str]] = {}
    query = sa.select(article.c.story, article.c.source, article.c.url, article.c.published_at)
    with engine.connect() as connection:
        for row in connection.execute(query):
            unknown = row.published_at is None
            rank = (unknown, None if unknown else row.published_at, not is_agency(row.source), row.url)
            if row.story not in leads or _before(rank, leads[row.story][0]):
                leads[row.story] = (rank, row.url)
    return {story: url for story, (_, url) in leads.items()}


def _before(a: Any, b: Any) -> bool:
    if a[0] != b[0] or a[0]:  # unknown dates come last and are ordered by the rest
        return bool((a[0], *a[2:]) < (b[0], *b[2:]))
    return bool(a[1:] < b[1:])
