"""New articles that enter the store in one transaction: what they need to know is read at once, what they bring is
written at once. What each finds new is decided one after the other, the earlier ones counted as stored.

An article of its own costs some twenty statements and a commit; in a batch these are shared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crawler.article import Article, Disposition, published_at, published_day
from crawler.citing.same_document import is_new
from crawler.dates.zones import VIETNAM
from crawler.query.search_document import doc_of
from crawler.query.search_text import search_text
from crawler.reading.version import READER
from crawler.store import captures, outbox, watches
from crawler.store.annotations import Annotating, Novelties
from crawler.store.article_record import record_of
from crawler.store.crawl_item import CrawlItem, Stored
from crawler.store.document_entering import Entered
from crawler.store.frontier import next_revisit, settle_all
from crawler.store.insert import insert_all
from crawler.store.outbox import NewAlert
from crawler.store.schema import address, article, story, version
from crawler.store.search_rows import Entry, enter
from crawler.store.stories import Placed, Placing
from crawler.store.watches import Watch
from crawler.text.normal import text_hash

ALERT_WINDOW = timedelta(days=14)
"""An article published longer ago than this raises no alert: a backfill is no news."""
BEFORE_FIRST_LOOK = timedelta(hours=24)
"""What was published longer before the first look at its source is its backlog, and no news."""

_KNOWN_ADDRESSES = sa.select(address.c.url).where(address.c.url.in_(sa.bindparam("urls", expanding=True)))
_KNOWN_TEXTS = sa.select(article.c.source, article.c.key_hash).where(
    article.c.key_hash.in_(sa.bindparam("keys", expanding=True))
)
_NUMBERED = (story, article, version)
"""Tables whose rows are numbered before they are written, so that they can name each other."""


class Batch:
    """Articles on their way into the store. `enter` them in their order; nothing is written before `write`."""

    def __init__(self, connection: sa.Connection, articles: Sequence[CrawlItem], *, now: datetime) -> None:
        """Reads what the store knows of all of them."""
        self._connection = connection
        self._now = now
        urls = {url for new in articles for url in new.urls}
        self._urls = set(connection.scalars(_KNOWN_ADDRESSES, {"urls": sorted(urls)}))
        texts = connection.execute(_KNOWN_TEXTS, {"keys": sorted({new.text_key for new in articles})})
        self._texts = {(row.source, row.key_hash) for row in texts}
        self._placing = Placing(connection, [new.text_fingerprint for new in articles])
        self._annotating = Annotating(connection, [(new.read, new.province) for new in articles])
        self._numbers = _numbers(connection, len(articles))
        self._rows: dict[sa.Table, list[dict[str, Any]]] = {table: [] for table in (*_NUMBERED, address)}
        self._entries: list[Entry] = []
        self._alerts: list[NewAlert] = []
        self._completed: list[NewAlert] = []
        self._ended: list[tuple[str, Disposition]] = []
        self._captured: list[captures.Capture] = []

    def knows(self, new: CrawlItem) -> bool:
        """Whether an article with one of its addresses, or its outlet's same text, is in the store or the batch."""
        return (new.read.source or "", new.text_key) in self._texts or not self._urls.isdisjoint(new.urls)

    def enter(self, new: CrawlItem) -> Stored | None:
        """A new article; None where it joins two stories while earlier ones are not written: `write` first."""
        read = new.read
        placement = self._placing.find(read, new.text_fingerprint)
        stories = set(placement.stories)
        if len(stories) > 1 and self._rows[article]:
            return None
        first = not stories
        story_id = self._new_story() if first else self._placing.join(stories)
        article_id = self._add(new, story_id)
        self._placing.enter(article_id, read, Placed(story_id, new.text_fingerprint, placement.quotes))
        news = self._annotating.add(article_id, read, new.province, story=story_id)
        self._alerts += [
            NewAlert(
                hit.watch, hit.watch.scope, subject, article_id, hit.words, hit.spans,
                bodies(hit.watch.scope, subject, news),
            )
            for hit in new.hits
            if may_tell(hit.watch, new, self._now)
            for subject in subjects(hit.watch, read, article_id, story_id, first, news, self._now)
        ]  # fmt: skip
        self._note_told(news)
        self._completed += completions(self._connection, news, article_id)
        disposition = Disposition.STORED if first else Disposition.DUPLICATE_KEPT
        self._ended.append((new.link, disposition))
        self._captured += captured(new, article_id, disposition)
        return Stored(disposition, article_id, story_id)

    def _note_told(self, news: Novelties) -> None:
        found = {d.id: d for d in news.documents}
        for one in self._alerts:
            if one.kind == "document" and one.subject in found:
                self._annotating.tell(found[one.subject], one.watch.id)

    def write(self) -> None:
        """Write all that was entered; the last thing that is asked of it."""
        for table, rows in self._rows.items():
            insert_all(self._connection, table, rows)
        enter(self._connection, self._entries)
        captures.enter(self._connection, self._captured)
        self._placing.write()
        self._annotating.write()
        outbox.raise_alerts(self._connection, self._alerts, now=self._now)
        outbox.raise_alerts(self._connection, self._completed, now=self._now, late=True)
        settle_all(self._connection, self._ended, now=self._now)

    def _new_story(self) -> int:
        number = next(self._numbers[story])
        self._rows[story].append({"id": number, "created": self._now})
        return number

    def _add(self, new: CrawlItem, story_id: int) -> int:
        """The rows of an article and its first version."""
        read, key, now = new.read, new.text_key, self._now
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
        text = search_text(doc_of(read, None)) if new.words is None else new.words
        moment = published_at(read.published) or now
        self._entries.append(Entry(article_id, version_id, story_id, read.source or "", moment, text))
        self._urls.update(new.urls)
        self._texts.add((read.source or "", key))
        return article_id


def captured(new: CrawlItem, article_id: int, disposition: Disposition) -> list[captures.Capture]:
    """The row of the page that an article was read out of, where the archive has it."""
    if new.captured is None:
        return []
    return [replace(new.captured, article=article_id, read_as=disposition.value)]


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
        "reader": READER,
    }


def subjects(
    watch: Watch,
    read: Article,
    article_id: int,
    story_id: int,
    first_of_story: bool,
    news: Novelties,
    now: datetime,
) -> Sequence[str]:
    """What is new about an article for a watch of this scope."""
    if watch.scope == "article":
        return [str(article_id)]
    if watch.scope == "story":
        return [str(story_id)] if first_of_story or watch.query else []
    if watch.scope == "document":
        reported = published_day(read.published) or now.astimezone(VIETNAM).date()
        return [d.id for d in news.documents if _is_news_to(watch, d, reported)]
    if watch.scope == "meeting":
        return [*news.meetings, *news.changed]
    return []


def _is_news_to(watch: Watch, found: Entered, reported: date) -> bool:
    """Whether a document is to be told to a watch: it is new, and the watch was not told of it under any name.

    Without words, "new documents" are the Party's: state decrees are cited by the hundred.
    """
    return (
        bool(watch.query or found.system == "party")
        and watch.id not in found.told
        and is_new(
            issued=found.date, said=found.said, known=found.known, first=found.first, reported=reported
        )
    )


def bodies(scope: str, subject: str, news: Novelties) -> dict[str, Any] | None:
    """What an alert keeps beside its subject: of a document, which of date and issuer nobody had told by then."""
    if scope != "document":
        return None
    unclear = next((d.unclear for d in news.documents if d.id == subject), ())
    return {"unclear": list(unclear)} if unclear else None


def completions(connection: sa.Connection, news: Novelties, article_id: int) -> list[NewAlert]:
    """What is owed to the watches that were told of a document before its date or issuer was known, and now is."""
    by_watch = [(w, d.id) for d in news.documents for w in sorted(d.completed)]
    if not by_watch:
        return []
    active = {one.id: one for one in watches.active(connection)}
    return [
        NewAlert(active[w], "completed", subject, article_id, (), {})
        for w, subject in by_watch
        if w in active
    ]


def is_news(read: Article, now: datetime) -> bool:
    """Whether an article may raise alerts: one without a date may."""
    moment = published_at(read.published)
    return moment is None or now - moment <= ALERT_WINDOW


def may_tell(watch: Watch, new: CrawlItem, now: datetime) -> bool:
    """Whether an article may raise an alert for this watch: what stood there before anybody asked is no news.

    Nor is what was published more than `BEFORE_FIRST_LOOK` before its source, or a section of it that is new, was
    looked at first. An article without a date is news unless such a first look found it; of a day alone the last
    minute counts.
    """
    moment = published_at(new.read.published)
    if moment is None:
        return new.backlog is None
    if len(new.read.published or "") == len("2026-11-30"):
        moment += timedelta(hours=12)  # from noon
    looks = [look - BEFORE_FIRST_LOOK for look in (new.backlog, new.first_look) if look is not None]
    return is_news(new.read, now) and moment >= max([watch.created, *looks])


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
