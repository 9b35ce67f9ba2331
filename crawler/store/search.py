"""Search: the full-text index narrows, the matcher decides, stories fold."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crawler.article import VIETNAM, Article, article_from
from crawler.source import Source
from crawler.store.news import lines_of_stories
from crawler.store.schema import article, version
from crawler.watch.article_doc import doc_of
from crawler.watch.fts import day_bounds, index_text, to_fts5, to_tsquery
from crawler.watch.match import Hit, SearchDoc, search_doc
from crawler.watch.query import Query, parse
from crawler.watch.tree import Zone

_BATCH = 200
"""Articles read at once while a search walks its candidates."""
SNIPPET = 160
"""Code points of text around the first hit."""


@dataclass(frozen=True, slots=True)
class Found:
    """One article that answers."""

    id: int
    version: int
    article: Article
    story: int
    source: str
    published: str | None
    first_seen: datetime
    hit: Hit
    doc: SearchDoc


@dataclass(slots=True)
class Results:
    """A search's answer, one hit per story."""

    query: str
    total: int = 0
    """Stories that answer."""
    articles: int = 0
    """Articles that answer."""
    hits: list[dict[str, Any]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The search JSON of DESIGN §6.3."""
        return {"query": self.query, "total": self.total, "articles": self.articles, "hits": self.hits}


_ENTER = {
    "sqlite": sa.text("INSERT INTO full_text (rowid, words) VALUES (:id, :words)"),
    "postgresql": sa.text("INSERT INTO full_text (rowid, words) VALUES (:id, to_tsvector('simple', :words))"),
}


def index(connection: sa.Connection, versions: Sequence[tuple[int, Article, str | None]]) -> None:
    """Enter versions into the full-text index: each one's number, the article, and its index text or None."""
    if versions:
        rows = [
            {"id": number, "words": index_text(search_doc(read)) if words is None else words}
            for number, read, words in versions
        ]
        connection.execute(_ENTER[connection.dialect.name], rows)


def matching(
    engine: sa.Engine,
    query: str | Query,
    registry: Mapping[str, Source],
    *,
    seen_since: datetime | None = None,
    since: datetime | None = None,
) -> Generator[Found, None, None]:
    """Every stored article that answers, newest first.

    `since` leaves out what was published (or, undated, first seen) before; `seen_since` what was first seen
    before. Close the iterator (`contextlib.closing`) where it is not read to its end. Raises InvalidQuery for a
    wrong query.
    """
    parsed = parse(query, allow_empty=True) if isinstance(query, str) else query
    candidates = (
        sa.select(
            article.c.id,
            article.c.source,
            article.c.story,
            article.c.published,
            article.c.first_seen,
            version.c.id.label("version"),
            version.c.record,
            version.c.notes,
        )
        .join(version, sa.and_(version.c.article == article.c.id, version.c.n == article.c.version))
        .order_by(sa.func.coalesce(article.c.published_at, article.c.first_seen).desc(), article.c.id)
    )
    prefilter = to_fts5(parsed) if engine.dialect.name == "sqlite" else to_tsquery(parsed)
    if prefilter is not None:
        candidates = candidates.where(version.c.id.in_(_full_text(engine.dialect.name, prefilter)))
    first, last = day_bounds(parsed)
    if first is not None:
        candidates = candidates.where(article.c.published_at >= _midnight(first))
    if last is not None:
        candidates = candidates.where(article.c.published_at < _midnight(last) + timedelta(days=1))
    if since is not None:
        candidates = candidates.where(sa.func.coalesce(article.c.published_at, article.c.first_seen) >= since)
    if seen_since is not None:
        candidates = candidates.where(article.c.first_seen >= seen_since)
    with (
        engine.connect().execution_options(diemtin_read=True, yield_per=_BATCH) as connection,
        connection.execute(candidates) as rows,
    ):
        for row in rows:
            read = article_from(row.record, row.notes)
            doc = doc_of(read, registry.get(row.source))
            if (hit := parsed.matches(doc)) is not None:
                yield Found(
                    row.id, row.version, read, row.story, row.source, row.published, row.first_seen, hit, doc
                )


def search(
    engine: sa.Engine, query: str, registry: Mapping[str, Source], *, limit: int | None = 20
) -> Results:
    """One hit per story, newest first, with all other articles of the story, those that do not answer included."""
    results = Results(query)
    by_story: dict[int, dict[str, Any]] = {}
    for found in matching(engine, query, registry):
        results.articles += 1
        if found.story in by_story:
            continue
        results.total += 1
        source = registry.get(found.source)
        snippet, marks = snippet_of(found.doc, found.hit)
        by_story[found.story] = {
            "url": found.article.canonical_url,
            "title": found.article.title,
            "published": found.published,
            "source": found.source,
            "source_name": source.name if source else found.source,
            "province": source.province if source else None,
            "story": found.story,
            "snippet": snippet,
            "marks": marks,
            "also": [],
        }
    results.hits = list(by_story.values())[:limit]
    with engine.connect() as connection:  # copies that were cut may lack the words that were asked for
        copies = lines_of_stories(connection, [str(hit["story"]) for hit in results.hits])
    for hit in results.hits:
        hit["also"] = [
            {"source": copy.source, "url": copy.url}
            for copy in copies[str(hit["story"])]
            if copy.url != hit["url"]
        ]
    return results


def snippet_of(doc: SearchDoc, hit: Hit) -> tuple[str, list[list[int]]]:
    """Text around the first hit outside the title, and where in it the words stand."""
    spans = [s for s in hit.spans if s.zone is not Zone.TITLE]
    if not spans:
        opening = doc.lead or doc.body
        return _shorten(opening, 0), []
    first = spans[0]
    text = _zone_text(doc, first.zone, first.caption)
    start = max(0, first.start - SNIPPET // 3)
    start = text.rfind(" ", 0, start + 1) + 1 if start else 0
    end = min(len(text), start + SNIPPET)
    cut = text.rfind(" ", start, end + 1)
    end = cut if end < len(text) and cut > first.end else max(end, first.end)
    before, after = "…" if start else "", "…" if end < len(text) else ""
    shift = len(before) - start
    marks = [
        [a + shift, b + shift] for a, b in hit.in_zone(first.zone, first.caption) if a >= start and b <= end
    ]
    return before + text[start:end].replace("\n", " ") + after, marks


def _shorten(text: str, start: int) -> str:
    if len(text) - start <= SNIPPET:
        return text[start:].replace("\n", " ")
    cut = text.rfind(" ", start, start + SNIPPET)
    return text[start : cut if cut > start else start + SNIPPET].replace("\n", " ") + "…"


def _zone_text(doc: SearchDoc, zone: Zone, number: int) -> str:
    if zone is Zone.TITLE:
        return doc.title
    if zone is Zone.LEAD:
        return doc.lead or ""
    return doc.captions[number] if zone is Zone.CAPTION else doc.body


def _full_text(dialect: str, prefilter: str) -> sa.TextualSelect:
    if dialect == "sqlite":
        statement = "SELECT rowid FROM full_text WHERE full_text MATCH :prefilter"
    else:
        statement = "SELECT rowid FROM full_text WHERE words @@ to_tsquery('simple', :prefilter)"
    return sa.text(statement).bindparams(prefilter=prefilter).columns(sa.column("rowid", sa.BigInteger))


def _midnight(day: Any) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=VIETNAM)
