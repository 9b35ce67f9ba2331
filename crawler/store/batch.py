"""New articles that enter the store in one transaction: what they need to know is read at once, what they bring is
written at once. What each finds new is decided one after the other, the earlier ones counted as stored.

An article of its own costs some twenty statements and a commit; in a batch these are shared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from crawler.article import Article, Disposition, published_at, record_of
from crawler.store import outbox, search
from crawler.store.annotations import Annotating, News
from crawler.store.frontier import next_revisit, settle_all
from crawler.store.insert import insert_all
from crawler.store.outbox import NewAlert
from crawler.store.schema import address, article, story, version
from crawler.store.stories import Placed, Placing
from crawler.store.watches import Watch
from crawler.story.fingerprint import Fingerprint
from crawler.text import key_hash, text_hash

ALERT_WINDOW = timedelta(days=14)
"""An article published longer ago than this raises no alert: a backfill is no news."""
NEW_DOCUMENT = timedelta(days=180)
"""A document dated longer before the article that first mentions it is an old one, whatever the store has seen:
a young store would announce every directive of the last decade."""

_KNOWN_ADDRESSES = sa.select(address.c.url).where(address.c.url.in_(sa.bindparam("urls", expanding=True)))
_KNOWN_TEXTS = sa.select(article.c.source, article.c.key_hash).where(
    article.c.key_hash.in_(sa.bindparam("keys", expanding=True))
)
_NUMBERED = (story, article, version)
"""Tables whose rows are numbered before they are written, so that they can name each other."""


@dataclass(frozen=True, slots=True)
class WatchHit:
    """A watch that matches an article, before it is known what is new about the article."""

    watch: Watch
    words: tuple[str, ...]
    spans: Mapping[str, Sequence[tuple[int, int]]]
    """Zone → places in its text, captions as `caption:` and a number (`watch.article_doc.spans_by_zone`)."""


@dataclass(frozen=True)
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
    key: str | None = None
    """The hash of its text without typography (`crawler.text.key_hash`), where it was made already."""

    @cached_property
    def text_key(self) -> str:
        """`key`, made where it is missing."""
        return self.key or key_hash(self.article.text)

    @property
    def urls(self) -> tuple[str, ...]:
        """All its addresses, each once, the canonical one first."""
        return tuple(dict.fromkeys((self.article.canonical_url, *self.addresses)))


@dataclass(frozen=True, slots=True)
class Stored:
    """How an article ended."""

    disposition: Disposition
    article: int
    story: int


class Batch:
    """Articles on their way into the store. `enter` them in their order; nothing is written before `write`."""

    def __init__(self, connection: sa.Connection, articles: Sequence[NewArticle], *, now: datetime) -> None:
        """Reads what the store knows of all of them."""
        self._connection = connection
        self._now = now
        urls = {url for new in articles for url in new.urls}
        self._urls = set(connection.scalars(_KNOWN_ADDRESSES, {"urls": sorted(urls)}))
        texts = connection.execute(_KNOWN_TEXTS, {"keys": sorted({new.text_key for new in articles})})
        self._texts = {(row.source, row.key_hash) for row in texts}
        self._placing = Placing(connection, [new.fingerprint for new in articles])
        self._annotating = Annotating(connection, [(new.article, new.province) for new in articles])
        self._numbers = _numbers(connection, len(articles))
        self._rows: dict[sa.Table, list[dict[str, Any]]] = {table: [] for table in (*_NUMBERED, address)}
        self._words: list[tuple[int, Article, str | None]] = []
        self._alerts: list[NewAlert] = []
        self._ended: list[tuple[str, Disposition]] = []

    def knows(self, new: NewArticle) -> bool:
        """Whether an article with one of its addresses, or its outlet's same text, is in the store or the batch."""
        return (new.article.source or "", new.text_key) in self._texts or not self._urls.isdisjoint(new.urls)

    def enter(self, new: NewArticle) -> Stored | None:
        """A new article; None where it joins two stories while earlier ones are not written: `write` first."""
        read = new.article
        placement = self._placing.find(read, new.fingerprint)
        stories = set(placement.stories)
        if len(stories) > 1 and self._rows[article]:
            return None
        first = not stories
        story_id = self._new_story() if first else self._placing.join(stories)
        article_id = self._add(new, story_id)
        self._placing.enter(article_id, read, Placed(story_id, new.fingerprint, placement.quotes))
        news = self._annotating.add(article_id, read, new.province)
        if is_news(read, self._now):
            self._alerts += [
                NewAlert(hit.watch, hit.watch.scope, subject, article_id, hit.words, hit.spans)
                for hit in new.hits
                for subject in subjects(hit.watch, read, article_id, story_id, first, news, self._now)
            ]
        disposition = Disposition.STORED if first else Disposition.DUPLICATE_KEPT
        self._ended.append((new.link, disposition))
        return Stored(disposition, article_id, story_id)

    def write(self) -> None:
        """Write all that was entered; the last thing that is asked of it."""
        for table, rows in self._rows.items():
            insert_all(self._connection, table, rows)
        search.index(self._connection, self._words)
        self._placing.write()
        self._annotating.write()
        outbox.raise_alerts(self._connection, self._alerts, now=self._now)
        settle_all(self._connection, self._ended, now=self._now)

    def _new_story(self) -> int:
        number = next(self._numbers[story])
        self._rows[story].append({"id": number, "created": self._now})
        return number

    def _add(self, new: NewArticle, story_id: int) -> int:
        """The rows of an article and its first version."""
        read, key, now = new.article, new.text_key, self._now
        article_id, version_id = next(self._numbers[article]), next(self._numbers[version])
        hashed = text_hash(read.text)
        self._rows[article].append(
            {
                "id": article_id,
                "source": read.source or "",
                "url": read.canonical_url,
                "section": read.section,
                "title": read.title,
                "published": read.published,
                "published_at": published_at(read.published),
                "version": 1,
                "text_hash": hashed,
                "key_hash": key,
                "story": story_id,
                "first_seen": now,
                "last_seen": now,
                "revisit_at": next_revisit(now, now),
            }
        )
        self._rows[version].append({"id": version_id, **version_row(article_id, 1, read, hashed, now)})
        self._rows[address] += [{"url": url, "article": article_id} for url in new.urls]
        self._words.append((version_id, read, new.words))
        self._urls.update(new.urls)
        self._texts.add((read.source or "", key))
        return article_id


def version_row(
    article_id: int, n: int, read: Article, hashed: str, now: datetime, change: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A row of `version`, but for its number; `change` is what it changes against the version before."""
    return {
        "article": article_id,
        "n": n,
        "seen": now,
        "text_hash": hashed,
        "text": read.text,
        "record": record_of(read),
        "notes": read.annotations.to_json(),
        "change": change,
    }


def subjects(
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


def is_news(read: Article, now: datetime) -> bool:
    """Whether an article may raise alerts: one without a date may."""
    moment = published_at(read.published)
    return moment is None or now - moment <= ALERT_WINDOW


def _numbers(connection: sa.Connection, most: int) -> dict[sa.Table, Iterator[int]]:
    """The next numbers of each table; on PostgreSQL `most` of them, taken from its sequences.

    Only one transaction at a time writes articles, so on SQLite they follow the highest there is.
    """
    if connection.dialect.name == "postgresql":
        rows = connection.execute(_TAKEN, {"most": most}).all()
        return {table: iter([row[i] for row in rows]) for i, table in enumerate(_NUMBERED)}
    highest = connection.execute(_HIGHEST).one()
    return {
        table: iter(range((number or 0) + 1, (number or 0) + 1 + most))
        for table, number in zip(_NUMBERED, highest, strict=True)
    }


_TAKEN = sa.select(
    *(sa.func.nextval(sa.func.pg_get_serial_sequence(table.name, "id")) for table in _NUMBERED)
).select_from(sa.func.generate_series(1, sa.bindparam("most", type_=sa.Integer)).table_valued("n"))
_HIGHEST = sa.select(*(sa.select(sa.func.max(t.c.id)).scalar_subquery() for t in _NUMBERED))
