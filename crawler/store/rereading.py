"""Stored articles read again: what to read, and the version that follows. Nobody is told of anything (invariant 4)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crawler.article import Article, published_at
from crawler.reading.version import READER
from crawler.store import stories
from crawler.store.annotations import replace_for
from crawler.store.article_editing import reapply
from crawler.store.article_record import article_from
from crawler.store.batch import version_row
from crawler.store.captures import Capture, capture_of, latest_of
from crawler.store.reindex import reindex
from crawler.store.schema import address, article, link, version
from crawler.store.schema_archive import capture
from crawler.store.schema_corrections import version_as_read
from crawler.story.fingerprint import Fingerprint
from crawler.text.normal import text_hash


@dataclass(frozen=True, slots=True)
class StoredReading:
    """An article as it was read, before any correction, and what its page was fetched by."""

    id: int
    source: str
    n: int
    """Of its version in force."""
    reader: int
    """The number of the reader that read it; 0 for one of before there were numbers."""
    read: Article
    text_since: datetime
    """When the newspaper's text of today was first seen."""
    page: Capture | None
    """Its latest page in the archive."""
    holder: Capture | None
    """Where the payload of that page stands, if it is elsewhere."""
    asked: str | None = None
    title: str | None = None
    published: datetime | None = None
    section: str | None = None
    kept: bool = False
    """A person took it back."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which stored articles are to be read again."""

    sources: tuple[str, ...] = ()
    """Empty: all."""
    since: datetime | None = None
    until: datetime | None = None
    """Of publication, or of first sight where no day is known."""
    older: bool = False
    """Only those of an older reader."""


def count(engine: sa.Engine, wanted: Wanted, *, after: int = 0) -> int:
    """How many articles with a higher number than `after` are wanted."""
    query = sa.select(sa.func.count()).select_from(article).join(version, _IN_FORCE)
    with engine.connect().execution_options(diemtin_read=True) as connection:
        return int(connection.execute(query.where(*_which(wanted, after))).scalar_one())


def batch_of(engine: sa.Engine, wanted: Wanted, *, after: int, most: int) -> list[StoredReading]:
    """The wanted articles with a higher number than `after`, in the order of their numbers, `most` at most."""
    query = _STORED.where(*_which(wanted, after)).order_by(article.c.id).limit(most)
    with engine.connect().execution_options(diemtin_read=True) as connection:
        rows = connection.execute(query).all()
        pages = latest_of(connection, [row.id for row in rows])
        firsts = _holders(connection, [one for one in pages.values() if one.revisit])
    return [_stored(row, pages.get(row.id), firsts) for row in rows]


def known_by(engine: sa.Engine, urls: Collection[str]) -> dict[str, int]:
    """Address → number of the article that is known by it."""
    query = sa.select(address.c.url, address.c.article).where(address.c.url.in_(sorted(urls)))
    with engine.connect().execution_options(diemtin_read=True) as connection:
        return {row.url: int(row.article) for row in connection.execute(query)}


def by_numbers(engine: sa.Engine, numbers: Sequence[int]) -> dict[int, StoredReading]:
    """The articles with these numbers."""
    with engine.connect().execution_options(diemtin_read=True) as connection:
        rows = connection.execute(_STORED.where(article.c.id.in_(sorted(numbers)))).all()
    return {row.id: _stored(row, None, {}) for row in rows}


def note_same(engine: sa.Engine, same: Sequence[StoredReading]) -> None:
    """Today's reader reads these as they were read."""
    if same:
        with engine.begin() as connection:
            for one in same:
                connection.execute(
                    sa.update(version)
                    .where(version.c.article == one.id, version.c.n == one.n)
                    .values(reader=READER)
                )


def write(
    engine: sa.Engine,
    old: StoredReading,
    read: Article,
    *,
    key: str,
    fingerprint: Fingerprint,
    province: str | None,
    now: datetime,
) -> bool:
    """A new version, marked as our own doing; corrections made by a person hold, no alert is raised.

    False where the article has had another version since `old` was taken.
    """
    read = replace(read, agreement=old.read.agreement) if read.agreement is None else read
    with engine.begin() as connection:
        stories.take_turn(connection)
        known = connection.execute(sa.select(article).where(article.c.id == old.id)).one()
        if known.version != old.n:
            return False
        n, hashed = old.n + 1, text_hash(read.text)
        row = version_row(old.id, n, read, hashed, now)
        connection.execute(sa.insert(version), {**row, "reread": True})
        story = stories.follow(connection, old.id, int(known.story), read, fingerprint, n=n, now=now)
        connection.execute(
            sa.update(article)
            .where(article.c.id == old.id)
            .values(
                version=n,
                story=story,
                section=read.section,
                title=read.title,
                published=read.published,
                published_at=published_at(read.published),
                text_hash=hashed,
                key_hash=key,
            )
        )
        replace_for(connection, old.id, read, province=province, story=story)
        reindex(connection, [old.id])
        reapply(connection, old.id, province, now=now)
    return True


_IN_FORCE = sa.and_(version.c.article == article.c.id, version.c.n == article.c.version)
_states = version.alias()
_moment = sa.func.coalesce(article.c.published_at, article.c.first_seen)
_STORED = (
    sa.select(
        article.c.id,
        article.c.source,
        article.c.version.label("n"),
        sa.func.coalesce(version.c.reader, 0).label("reader"),
        version.c.record,
        version.c.notes,
        sa.select(sa.func.max(_states.c.seen))
        .where(_states.c.article == article.c.id, _states.c.reread.is_not(True))
        .scalar_subquery()
        .label("text_since"),
        version_as_read.c.record.label("record_as_read"),
        version_as_read.c.notes.label("notes_as_read"),
        link.c.ask,
        link.c.title,
        link.c.published,
        link.c.section,
        link.c.kept,
    )
    .join(version, _IN_FORCE)
    .outerjoin(version_as_read, version_as_read.c.version == version.c.id)
    .outerjoin(link, link.c.url == article.c.url)
)


def _which(wanted: Wanted, after: int) -> list[sa.ColumnElement[bool]]:
    found = [article.c.id > after]
    if wanted.sources:
        found.append(article.c.source.in_(wanted.sources))
    if wanted.since is not None:
        found.append(_moment >= wanted.since)
    if wanted.until is not None:
        found.append(_moment < wanted.until)
    if wanted.older:
        found.append(sa.func.coalesce(version.c.reader, 0) < READER)
    return found


def _holders(connection: sa.Connection, revisits: Sequence[Capture]) -> dict[str, Capture]:
    """Digest → the answer that holds the payload."""
    digests = sorted({one.digest for one in revisits})
    if not digests:
        return {}
    query = sa.select(capture).where(capture.c.digest.in_(digests), ~capture.c.revisit)
    rows = connection.execute(query.order_by(capture.c.file.desc(), capture.c.offset.desc()))
    return {row.digest: capture_of(row) for row in rows}


def _stored(row: Any, page: Capture | None, holders: Mapping[str, Capture]) -> StoredReading:
    record, notes = row.record_as_read or row.record, row.notes_as_read or row.notes
    return StoredReading(
        id=row.id,
        source=row.source,
        n=row.n,
        reader=row.reader,
        read=article_from(record, notes),
        text_since=row.text_since,
        page=page,
        holder=holders.get(page.digest) if page is not None and page.revisit else None,
        asked=row.ask,
        title=row.title,
        published=row.published,
        section=row.section,
        kept=bool(row.kept),
    )
