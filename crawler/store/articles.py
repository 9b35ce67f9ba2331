"""The article transaction: article, version, annotations, story, alerts and the settled link, or nothing.

What depends on the state of the store (first of its story, first mention of a document, a new meeting) is
decided inside the transaction, so that two processes never both see themselves as the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, timezone
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from crawler.article import Article, Disposition, record_of
from crawler.errors import InvalidInput
from crawler.store import outbox, search, stories
from crawler.store.annotations import News, replace_for
from crawler.store.frontier import next_revisit, settle_in
from crawler.store.insert import insert_missing
from crawler.store.schema import address, article, version
from crawler.store.watches import Watch
from crawler.story.fingerprint import Fingerprint
from crawler.story.versions import Change, compare_records
from crawler.text import key_hash, text_hash

VIETNAM = timezone(timedelta(hours=7))
ALERT_WINDOW = timedelta(days=14)
"""An article published longer ago than this raises no alert: a backfill is no news."""
NEW_DOCUMENT = timedelta(days=180)
"""A document dated longer before the article that first mentions it is an old one, whatever the store has seen:
a young store would announce every directive of the last decade."""
SAME_TEXT_WINDOW = timedelta(days=7)
"""The same outlet's same text within a week is one article under two addresses; later it is a re-publication."""


_SAME_TEXT = sa.select(article.c.id, article.c.first_seen).where(
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
_NEW_ARTICLE = sa.insert(article).returning(article.c.id)
_NEW_VERSION = sa.insert(version).returning(version.c.id)
# Statements of the hot path are made once: making one anew costs more than running it.


@dataclass(frozen=True, slots=True)
class WatchHit:
    """A watch that matches an article, before it is known what is new about the article."""

    watch: Watch
    words: tuple[str, ...]
    spans: Mapping[str, Sequence[tuple[int, int]]]
    """Zone → places in its text, captions as `chú-thích` with the number of the caption behind it."""


@dataclass(frozen=True, slots=True)
class NewArticle:
    """What the store stage hands over."""

    article: Article
    link: str
    """The frontier's key of the link that led here."""
    addresses: tuple[str, ...]
    """Further addresses it answers under: as linked, as redirected."""
    province: str | None
    fingerprint: Fingerprint
    hits: tuple[WatchHit, ...] = field(default_factory=tuple)
    words: str | None = None
    """Its text for the full-text index, where it was made already."""


@dataclass(frozen=True, slots=True)
class Stored:
    """How the transaction ended."""

    disposition: Disposition
    article: int
    story: int
    alerts: int


def put(engine: sa.Engine, new: NewArticle, *, now: datetime) -> Stored:
    """Commit one article with all that follows from it; calling it again with the same article changes nothing."""
    for attempt in (1, 2, 3):
        try:
            with engine.begin() as connection:
                stories.take_turn(connection)
                return _put(connection, new, now)
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
        settle_in(connection, link, Disposition.UNCHANGED, now=now)
    return True


def _put(connection: sa.Connection, new: NewArticle, now: datetime) -> Stored:
    read, key = new.article, key_hash(new.article.text)
    known = _find(connection, new, key)
    if known is None:
        article_id, story_id, first = _insert(connection, new, key, now)
        disposition = Disposition.STORED if first else Disposition.DUPLICATE_KEPT
    else:
        article_id = known.id
        disposition, story_id = _renew(connection, new, known, key, now)
        first = False
    insert_missing(
        connection,
        address,
        [{"url": url, "article": article_id} for url in dict.fromkeys((read.canonical_url, *new.addresses))],
    )
    alerts = 0
    if disposition is not Disposition.UNCHANGED:
        news = replace_for(connection, article_id, read, province=new.province, new=known is None)
        if _is_news(read, now):
            left = known.story if known is not None and known.story != story_id else None
            alerts = _raise_alerts(connection, new, article_id, story_id, first, left, news, now)
    settle_in(connection, new.link, disposition, now=now)
    return Stored(disposition, article_id, story_id, alerts)


def _find(connection: sa.Connection, new: NewArticle, key: str) -> Any:
    """The stored row of this article: by any address, else the same outlet's same text a few days apart."""
    urls = dict.fromkeys((new.article.canonical_url, *new.addresses))
    by_address = connection.execute(
        _BY_ADDRESS, {"urls": list(urls), "canonical": new.article.canonical_url}
    ).one_or_none()
    if by_address is not None:
        return by_address
    twin = connection.execute(_TWIN, {"key": key, "source": new.article.source or ""}).one_or_none()
    if twin is None:
        return None
    moment = published_at(new.article.published)
    if moment and twin.published_at and abs(moment - twin.published_at) > SAME_TEXT_WINDOW:
        return None
    return twin


def _insert(connection: sa.Connection, new: NewArticle, key: str, now: datetime) -> tuple[int, int, bool]:
    read = new.article
    placed = stories.place_article(connection, read, new.fingerprint, now=now)
    values = {
        "source": read.source or "",
        "url": read.canonical_url,
        "section": read.section,
        "title": read.title,
        "published": read.published,
        "published_at": published_at(read.published),
        "version": 1,
        "text_hash": text_hash(read.text),
        "key_hash": key,
        "story": placed.story,
        "first_seen": now,
        "last_seen": now,
        "revisit_at": next_revisit(now, now),
    }
    done = connection.execute(_NEW_ARTICLE, values)
    article_id = int(done.scalar_one())
    stories.remember(connection, article_id, placed)
    _add_version(connection, article_id, 1, new, None, now)
    return article_id, placed.story, placed.first


def _renew(
    connection: sa.Connection, new: NewArticle, known: Any, key: str, now: datetime
) -> tuple[Disposition, int]:
    """What became of a known article, and its story: another one when it is another text now."""
    read = new.article
    values: dict[str, Any] = {
        "last_seen": now,
        "revisit_at": next_revisit(known.first_seen, now),
        "gone_since": None,
        "taken_down": None,
    }
    disposition, story_id = Disposition.UNCHANGED, int(known.story)
    if text_hash(read.text) != known.text_hash:
        before = connection.execute(
            sa.select(version.c.record).where(version.c.article == known.id, version.c.n == known.version)
        ).scalar_one()
        change = compare_records(before, record_of(read))
        if change is not None:
            disposition = Disposition.UPDATED
            n = known.version + 1
            _add_version(connection, known.id, n, new, change, now)
            story_id = stories.follow(connection, known.id, story_id, read, new.fingerprint, n=n, now=now)
            values |= {
                "version": n,
                "story": story_id,
                "title": read.title,
                "published": read.published or known.published,
                "published_at": published_at(read.published) or known.published_at,
                "text_hash": text_hash(read.text),
                "key_hash": key,
            }
    connection.execute(sa.update(article).where(article.c.id == known.id).values(values))
    return disposition, story_id


def _add_version(
    connection: sa.Connection,
    article_id: int,
    n: int,
    new: NewArticle,
    change: dict[str, Any] | None,
    now: datetime,
) -> None:
    read = new.article
    values = {
        "article": article_id,
        "n": n,
        "seen": now,
        "text_hash": text_hash(read.text),
        "text": read.text,
        "record": record_of(read),
        "notes": read.annotations.to_json(),
        "change": change,
    }
    done = connection.execute(_NEW_VERSION, values)
    search.index(connection, int(done.scalar_one()), read, new.words)


def _raise_alerts(
    connection: sa.Connection,
    new: NewArticle,
    article_id: int,
    story_id: int,
    first_of_story: bool,
    left: int | None,
    news: News,
    now: datetime,
) -> int:
    """`left`: the story the article was of before an edit. Who was told of that has been told of the article."""
    raised = 0
    for hit in new.hits:
        if (
            left is not None
            and hit.watch.scope == "story"
            and stories.is_told(connection, hit.watch.id, left)
        ):
            continue
        for subject in _subjects(hit.watch, new.article, article_id, story_id, first_of_story, news, now):
            raised += outbox.raise_alert(
                connection,
                watch=hit.watch,
                kind=hit.watch.scope,
                subject=subject,
                article=article_id,
                words=hit.words,
                spans=hit.spans,
                now=now,
            )
    return raised


def _subjects(
    watch: Watch,
    read: Article,
    article_id: int,
    story_id: int,
    first_of_story: bool,
    news: News,
    now: datetime,
) -> Sequence[str]:
    """What is new about an article for a watch of this scope."""
    if watch.scope == "article":
        return [str(article_id)]
    if watch.scope == "story":
        return [str(story_id)] if first_of_story or watch.query else []
    if watch.scope == "document":
        # Without words, "new documents" are the Party's: state decrees are cited by the hundred.
        return [
            d.id
            for d in news.documents
            if (watch.query or d.system == "party") and not is_old(d.date, read.published, now)
        ]
    if watch.scope == "meeting":
        return list(news.meetings)
    return []


def is_old(document_date: str | None, published: str | None, now: datetime) -> bool:
    """Whether a document was issued too long before the article to be news to anybody."""
    if document_date is None or len(document_date) < 10:  # unknown, or a year alone: nothing says it is old
        return document_date is not None and int(document_date[:4]) < now.year - 1
    issued = published_at(document_date)
    return issued is not None and (published_at(published) or now) - issued > NEW_DOCUMENT


def _is_news(read: Article, now: datetime) -> bool:
    moment = published_at(read.published)
    return moment is None or now - moment <= ALERT_WINDOW


def published_at(published: str | None) -> datetime | None:
    """The moment of an ISO time or day; a day stands at noon in Vietnam.

    >>> published_at("2019-12-13").isoformat()
    '2019-12-13T12:00:00+07:00'
    """
    if published is None:
        return None
    if len(published) == 10:
        return datetime.combine(datetime.fromisoformat(published).date(), time(12), tzinfo=VIETNAM)
    moment = datetime.fromisoformat(published)
    return moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)


def mark_gone(engine: sa.Engine, url: str, *, now: datetime) -> bool:
    """Note a 404 or 410 of a stored article; True when this one, a day after the first, marks it taken down."""
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

    def to_json(self) -> dict[str, Any]:
        """For `diemtin versions --json`."""
        return {
            "url": self.url,
            "title": self.title,
            "first_seen": self.first_seen.isoformat(),
            "taken_down": self.taken_down.isoformat() if self.taken_down else None,
            "versions": [
                {"n": n, "seen": seen.isoformat(), "change": change} for n, seen, change in self.versions
            ],
        }

    def lines(self) -> list[str]:
        """For a reader, in Vietnamese."""
        out = [self.title, self.url]
        for n, seen, change in self.versions:
            out.append(f"Bản {n}: {seen.astimezone(VIETNAM):%H:%M %d/%m/%Y}")
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
            raise InvalidInput(f"{url}: no stored article has this address")
        found = connection.execute(
            sa.select(version.c.n, version.c.seen, version.c.change)
            .where(version.c.article == row.id)
            .order_by(version.c.n)
        )
        return History(
            row.url, row.title, row.first_seen, row.taken_down, tuple((v.n, v.seen, v.change) for v in found)
        )
