"""The article transaction: article, version, annotations, story, alerts and the settled link, or nothing.

What depends on the state of the store (first of its story, first mention of a document, a new meeting) is
decided inside the transaction, so that two processes never both see themselves as the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from crawler.article import Article, Disposition, published_at
from crawler.dates.zones import VIETNAM
from crawler.errors import InvalidInput
from crawler.source import Source
from crawler.store import captures, changes, outbox, stories
from crawler.store.annotations import replace_for
from crawler.store.article_editing import reapply
from crawler.store.article_record import article_from, record_of
from crawler.store.batch import (
    Batch,
    bodies,
    captured,
    completions,
    is_news,
    may_tell,
    subjects,
    version_row,
)
from crawler.store.crawl_item import CrawlItem, Stored, WatchHit
from crawler.store.database import why_unusable
from crawler.store.frontier import next_revisit, settle_in
from crawler.store.insert import insert_missing
from crawler.store.outbox import NewAlert
from crawler.store.reindex import reindex
from crawler.store.schema import address, article, version
from crawler.story.versions import Change, compare_records
from crawler.text.normal import text_hash

SAME_TEXT_WINDOW = timedelta(days=7)
"""The same outlet's same text within a week is one article under two addresses; later it is a re-publication."""


_SAME_TEXT = sa.select(article.c.id, article.c.first_seen, article.c.taken_down).where(
    article.c.id
    == sa.select(address.c.article).where(address.c.url == sa.bindparam("url")).scalar_subquery(),
    article.c.text_hash == sa.bindparam("text_hash"),
)
_BY_ADDRESS = (
    sa.select(article)
    .join(address, address.c.article == article.c.id)
    .where(address.c.url.in_(sa.bindparam("urls", expanding=True)))
    .order_by(address.c.url != sa.bindparam("canonical"), article.c.id)
    .limit(1)
)
_TWIN = (
    sa.select(article)
    .where(article.c.key_hash == sa.bindparam("key"), article.c.source == sa.bindparam("source"))
    .order_by(article.c.id)
    .limit(1)
)
_NEW_VERSION = sa.insert(version)
# Statements of the hot path are made once: making one anew costs more than running it.


def put(engine: sa.Engine, new: CrawlItem, *, now: datetime) -> Stored:
    """Commit one article with all that follows from it; calling it again with the same article changes nothing."""
    [stored] = _together(engine, [new], now)
    return stored


def put_all(engine: sa.Engine, articles: Sequence[CrawlItem], *, now: datetime) -> list[Stored | Exception]:
    """`put` for each of them in one transaction, which costs a fraction.

    Where that fails, each alone: what is wrong with one article keeps no other out. What is wrong with the store
    does. The answer to each, in order, is how it ended or why it is not in the store.
    """
    try:
        return list(_together(engine, articles, now))
    except Exception as error:  # noqa: BLE001  # handed back under the article it belongs to
        if len(articles) == 1 or why_unusable(error) is not None:
            return [error] * len(articles)
    return [answer for new in articles for answer in put_all(engine, [new], now=now)]


def _together(engine: sa.Engine, articles: Sequence[CrawlItem], now: datetime) -> list[Stored]:
    for attempt in (1, 2, 3):
        try:
            with engine.begin() as connection:
                stories.take_turn(connection)
                return _put(connection, articles, now)
        except IntegrityError:
            if attempt == 3:
                raise
    raise AssertionError("unreachable")


def touch(engine: sa.Engine, read: Article, link: str, *, now: datetime) -> bool:
    """Whether the store holds this article word for word; if so only the time last seen is written."""
    asked = {"url": read.canonical_url, "text_hash": text_hash(read.text)}
    with engine.connect().execution_options(diemtin_read=True) as reading:  # nearly always new: no write lock
        row = reading.execute(_SAME_TEXT, asked).one_or_none()
    if row is None:
        return False
    with engine.begin() as connection:
        connection.execute(
            sa.update(article)
            .where(article.c.id == row.id)
            .values(
                last_seen=now, revisit_at=next_revisit(row.first_seen, now), gone_since=None, taken_down=None
            )
        )
        if row.taken_down is not None:
            reindex(connection, [row.id])
        settle_in(connection, link, Disposition.UNCHANGED, now=now)
    return True


def _put(connection: sa.Connection, articles: Sequence[CrawlItem], now: datetime) -> list[Stored]:
    """The articles in their order: new ones together, with a break wherever stored rows must change."""
    done: list[Stored] = []
    rest = list(articles)
    while rest:
        batch = Batch(connection, rest, now=now)
        for new in rest:
            stored = None if batch.knows(new) else batch.enter(new)
            if stored is None:
                break
            done.append(stored)
        batch.write()
        rest = list(articles[len(done) :])
        if rest and batch.knows(rest[0]):
            done.append(_put_known(connection, rest.pop(0), now))
    return done


def _put_known(connection: sa.Connection, new: CrawlItem, now: datetime) -> Stored:
    """An article one of whose addresses, or whose text, the store knows."""
    read, key = new.read, new.text_key
    known = _find(connection, new, key)
    if known is None:  # a re-publication: the same text, long after
        return _put_anew(connection, new, now)
    disposition, story_id = _renew(connection, new, known, key, now)
    insert_missing(connection, address, [{"url": url, "article": known.id} for url in new.urls])
    if disposition is not Disposition.UNCHANGED:
        news = replace_for(connection, known.id, read, province=new.province, story=story_id)
        left = known.story if known.story != story_id else None
        alerts = [
            NewAlert(
                hit.watch,
                hit.watch.scope,
                subject,
                known.id,
                hit.words,
                hit.spans,
                bodies(hit.watch.scope, subject, news),
            )
            for hit in new.hits
            if may_tell(hit.watch, new, now) and not _was_told(connection, hit, left)
            for subject in subjects(hit.watch, read, known.id, story_id, False, news, now)
        ]
        outbox.raise_alerts(connection, alerts, now=now)
        completed = completions(connection, news, known.id) if is_news(read, now) else []
        outbox.raise_alerts(connection, completed, now=now, late=True)
        reapply(connection, known.id, new.province, now=now)
    captures.enter(connection, captured(new, known.id, disposition))
    settle_in(connection, new.link, disposition, now=now)
    return Stored(disposition, known.id, story_id)


def _put_anew(connection: sa.Connection, new: CrawlItem, now: datetime) -> Stored:
    batch = Batch(connection, [new], now=now)
    stored = batch.enter(new)
    assert stored is not None  # nothing of this batch waits to be written
    batch.write()
    return stored


def _was_told(connection: sa.Connection, hit: WatchHit, left: int | None) -> bool:
    """Whether the watch was told of the story the article was of before an edit, and so of the article."""
    return left is not None and hit.watch.scope == "story" and stories.is_told(connection, hit.watch.id, left)


def _find(connection: sa.Connection, new: CrawlItem, key: str) -> Any:
    """The stored row of this article: by any address, else the same outlet's same text a few days apart."""
    by_address = connection.execute(
        _BY_ADDRESS, {"urls": list(new.urls), "canonical": new.read.canonical_url}
    ).one_or_none()
    if by_address is not None:
        return by_address
    twin = connection.execute(_TWIN, {"key": key, "source": new.read.source or ""}).one_or_none()
    if twin is None:
        return None
    moment = published_at(new.read.published)
    if moment and twin.published_at and abs(moment - twin.published_at) > SAME_TEXT_WINDOW:
        return None
    return twin


def _renew(
    connection: sa.Connection, new: CrawlItem, known: Any, key: str, now: datetime
) -> tuple[Disposition, int]:
    """What became of a known article, and its story: another one when it is another text now."""
    read = new.read
    values: dict[str, Any] = {
        "last_seen": now,
        "revisit_at": next_revisit(known.first_seen, now),
        "gone_since": None,
        "taken_down": None,
    }
    disposition, story_id = Disposition.UNCHANGED, int(known.story)
    if (hashed := text_hash(read.text)) != known.text_hash:
        before = changes.version_of(connection, known.id, known.version)
        change = compare_records(before.record, record_of(read))
        if change is not None:
            disposition = Disposition.UPDATED
            n = known.version + 1
            row = version_row(known.id, n, read, hashed, now, change)
            connection.execute(_NEW_VERSION, row)
            if is_news(read, now):
                former = article_from(before.record, before.notes)
                changes.raise_edit(connection, known, former, read, change, new.outlet, now=now)
            story_id = stories.follow(
                connection, known.id, story_id, read, new.text_fingerprint, n=n, now=now
            )
            values |= {
                "version": n,
                "story": story_id,
                "title": read.title,
                "published": read.published or known.published,
                "published_at": published_at(read.published) or known.published_at,
                "text_hash": hashed,
                "key_hash": key,
            }
    connection.execute(sa.update(article).where(article.c.id == known.id).values(values))
    if disposition is Disposition.UPDATED or known.taken_down is not None:
        reindex(connection, [known.id])
    return disposition, story_id


def mark_gone(engine: sa.Engine, url: str, *, source: Source | None = None, now: datetime) -> bool:
    """Note a 404 or 410 of a stored article; True when this one, a day after the first, marks it taken down.

    Watches that follow it are told; `source` is its row.
    """
    with engine.begin() as connection:
        row = connection.execute(
            sa.select(article).join(address, address.c.article == article.c.id).where(address.c.url == url)
        ).one_or_none()
        if row is None or row.taken_down is not None:
            return False
        values: dict[str, Any] = {}
        if row.gone_since is None:
            values = {"gone_since": now, "revisit_at": now + timedelta(days=1)}
        elif now - row.gone_since >= timedelta(days=1):
            values = {"taken_down": now, "revisit_at": None}
        if values:
            connection.execute(sa.update(article).where(article.c.id == row.id).values(values))
        if "taken_down" in values:
            reindex(connection, [row.id])
            changes.raise_gone(connection, row, source, now=now)
        return "taken_down" in values


@dataclass(frozen=True, slots=True)
class History:
    """Everything that happened to one article."""

    url: str
    title: str
    first_seen: datetime
    taken_down: datetime | None
    versions: tuple[tuple[int, datetime, dict[str, Any] | None], ...]
    """(number, seen, change against the one before)."""
    reread: frozenset[int] = frozenset()
    """Versions by which our reader changed, and not the page."""

    def to_json(self) -> dict[str, Any]:
        """For `diemtin versions --json`."""
        return {
            "url": self.url,
            "title": self.title,
            "first_seen": self.first_seen.isoformat(),
            "taken_down": self.taken_down.isoformat() if self.taken_down else None,
            "versions": [
                {"n": n, "seen": seen.isoformat(), "change": change, "reread": n in self.reread}
                for n, seen, change in self.versions
            ],
        }

    def lines(self) -> list[str]:
        """For a reader, in Vietnamese."""
        out = [self.title, self.url]
        for n, seen, change in self.versions:
            ours = " (đọc lại trang cũ bằng bộ đọc mới, báo không sửa gì)" if n in self.reread else ""
            out.append(f"Bản {n}: {seen.astimezone(VIETNAM):%H:%M %d/%m/%Y}{ours}")
            if change is not None:
                out.extend("  " + line for line in Change.from_json(change).lines())
        if self.taken_down:
            out.append(
                f"Đã gỡ khỏi trang: {self.taken_down.astimezone(VIETNAM):%H:%M %d/%m/%Y} (bản lưu vẫn còn)"
            )
        return out


def history(engine: sa.Engine, url: str) -> History:
    """The versions of an article; raises InvalidInput for an address no stored article has."""
    with engine.connect() as connection:
        row = connection.execute(
            sa.select(article).join(address, address.c.article == article.c.id).where(address.c.url == url)
        ).one_or_none()
        if row is None:
            raise InvalidInput(
                f"{url}: trong kho không có bài ở địa chỉ này / no stored article has this address"
            )
        found = connection.execute(
            sa.select(version.c.n, version.c.seen, version.c.change, version.c.reread)
            .where(version.c.article == row.id)
            .order_by(version.c.n)
        ).all()
        return History(
            row.url,
            row.title,
            row.first_seen,
            row.taken_down,
            tuple((v.n, v.seen, v.change) for v in found),
            frozenset(v.n for v in found if v.reread),
        )
