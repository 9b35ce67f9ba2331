"""Every table, on SQLite and PostgreSQL alike.

Core tables rather than mapped classes: rows enter as the frozen records of `crawler.article`, and nothing
outside `crawler.store` ever sees a row object. Times are stored in UTC and come back aware.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class Utc(TypeDecorator[datetime]):
    """An aware time, kept as UTC; a naive one is a programming error and raises."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times; SQLite has no zones, so it gets UTC without one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive time {value!r} for the store")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Always aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""Integer primary keys: SQLite autonumbers only its own INTEGER."""
Json = sa.JSON()

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _table(name: str, *columns: Any, **options: Any) -> Table:
    return Table(name, metadata, *columns, **options)


def _ref(column: str, **kwargs: Any) -> Column[Any]:
    """A foreign key that goes with what it points to."""
    name, target = column.split(">")
    return Column(name, Id, ForeignKey(target, ondelete="CASCADE"), **kwargs)


# ---- articles -------------------------------------------------------------------------------------------------

story = _table(
    "story",
    Column("id", Id, primary_key=True),
    Column("created", Utc, nullable=False),
    Column("merged_into", Id, ForeignKey("story.id"), index=True),  # the trace of a merge: never deleted
)

article = _table(
    "article",
    Column("id", Id, primary_key=True),
    Column("source", sa.Text, nullable=False),
    Column("url", sa.Text, nullable=False),  # canonical
    Column("section", sa.Text),
    Column("title", sa.Text, nullable=False),
    Column("published", sa.Text),  # ISO as read: a day or a time, the precision is part of the fact
    Column("published_at", Utc, index=True),  # for sorting and windows: noon of a day that has no time
    Column("version", sa.Integer, nullable=False),
    Column("text_hash", sa.String(64), nullable=False),
    Column("key_hash", sa.String(64), nullable=False, index=True),
    Column("story", Id, ForeignKey("story.id"), nullable=False, index=True),
    Column("first_seen", Utc, nullable=False, index=True),
    Column("last_seen", Utc, nullable=False),
    Column("revisit_at", Utc),  # when an edit or a removal is looked for next; None: never again
    Column("gone_since", Utc),  # first 404 or 410
    Column("taken_down", Utc),  # the second, a day apart: the text stays
    Index("ix_article_revisit", "source", "revisit_at"),
)

story_entry = _table(
    "story_entry",  # what a later article is compared with (crawler.story.similar)
    _ref("article>article.id", primary_key=True),
    Column("version", sa.Integer, nullable=False),  # the text it was made of
    Column("day", sa.Integer),  # ordinal of the day of publication
    Column("sketch", sa.LargeBinary, nullable=False),
)

story_bucket = _table(
    "story_bucket",  # the near-duplicate index: the articles under some keys, packed (crawler.store.postings)
    Column("bucket", sa.Integer, primary_key=True, autoincrement=False),
    Column("postings", sa.LargeBinary, nullable=False),
    postgresql_with={"fillfactor": 80},  # a bucket is rewritten many times: leave it room on its page
)

story_apart = _table(
    "story_apart",  # a person split these: they are never joined again
    Column("a", Id, ForeignKey("story.id"), primary_key=True),
    Column("b", Id, ForeignKey("story.id"), primary_key=True),
    Column("split", Utc, nullable=False),
)

story_link = _table(
    "story_link",  # a round-up and a story it quotes, whichever came first
    _ref("article>article.id", primary_key=True),
    Column("story", Id, ForeignKey("story.id"), primary_key=True, index=True),
)

address = _table(
    "address",  # every address an article is known under: as linked, as redirected, as canonical, before a move
    Column("url", sa.Text, primary_key=True),
    _ref("article>article.id", nullable=False, index=True),
)

version = _table(
    "version",
    Column("id", Id, primary_key=True),
    _ref("article>article.id", nullable=False),
    Column("n", sa.Integer, nullable=False),
    Column("seen", Utc, nullable=False),
    Column("text_hash", sa.String(64), nullable=False),
    Column("text", sa.Text, nullable=False),
    Column("record", Json, nullable=False),  # the article as read: blocks, captions, dates, reader, warnings
    Column("notes", Json, nullable=False),  # its annotations (DESIGN §6.5), offsets into this version
    Column("change", Json),  # kinds and diff against the version before; None for the first
    UniqueConstraint("article", "n"),
)

citation = _table(
    "citation",
    Column("id", Id, primary_key=True),
    _ref("article>article.id", nullable=False, index=True),
    Column("document", sa.Text, ForeignKey("document.id"), nullable=False, index=True),
    Column("field", sa.Text, nullable=False),
    Column("start", sa.Integer, nullable=False),
    Column("end", sa.Integer, nullable=False),
    Column("surface", sa.Text, nullable=False),
    Column("type", sa.Text),
    Column("number", sa.Text),
    Column("issuer_code", sa.Text),
    Column("key", sa.Text, nullable=False),
    Column("issuer", sa.Text),
    Column("date", sa.Text),
    Column("system", sa.Text, nullable=False),
    Column("resolved", sa.Boolean, nullable=False),
    Column("term", sa.Text),
    Column("title", sa.Text),
)

document = _table(
    "document",  # the document register: identity is term-aware
    Column("id", sa.Text, primary_key=True),
    Column("key", sa.Text, nullable=False, index=True),
    Column("type", sa.Text),
    Column("number", sa.Text),
    Column("issuer_code", sa.Text),
    Column("issuer", sa.Text),
    Column("term", sa.Text),
    Column("province", sa.Text),
    Column("date", sa.Text),
    Column("title", sa.Text),
    Column("system", sa.Text, nullable=False),
    Column("resolved", sa.Boolean, nullable=False),
    Column("seeded", sa.Boolean, nullable=False),  # from the table of verified facts
    Column("corrected", sa.Boolean, nullable=False),  # by hand: reading never overwrites it
    Column("same_as", sa.Text, ForeignKey("document.id")),  # merged by hand
)

document_assignment = _table(
    "document_assignment",  # a person's word on one article's citation; reading it again does not undo it
    _ref("article>article.id", primary_key=True),
    Column("key", sa.Text, primary_key=True),
    Column("document", sa.Text, ForeignKey("document.id"), nullable=False),
)

meeting = _table(
    "meeting",
    Column("id", sa.Text, primary_key=True),  # its identity key: the same meeting told by several is one row
    Column("kind", sa.Text, nullable=False),
    Column("ordinal", sa.Integer),
    Column("organiser", sa.Text),
    Column("province", sa.Text),
    Column("date", sa.Text, index=True),
    Column("date_to", sa.Text),
    Column("session", sa.Text),
    Column("status", sa.Text, nullable=False),
    Column("place", sa.Text),
    Column("chair", sa.Text),
    Column("documents", Json, nullable=False),
)

article_meeting = _table(
    "article_meeting",
    _ref("article>article.id", primary_key=True),
    Column("meeting", sa.Text, ForeignKey("meeting.id"), primary_key=True),
    Column("rank", sa.Integer, nullable=False),
    Column("record", Json, nullable=False),  # the annotation of this article, with its offsets
    Index("ix_article_meeting_meeting", "meeting"),
)

article_topic = _table(
    "article_topic",
    _ref("article>article.id", primary_key=True),
    Column("topic", sa.Text, primary_key=True, index=True),
    Column("score", sa.Float, nullable=False),
    Column("because", Json, nullable=False),
)

# ---- crawling -------------------------------------------------------------------------------------------------

link = _table(
    "link",  # the frontier: what was found and what became of it. A link is written before it is fetched
    Column("url", sa.Text, primary_key=True),  # canonical: one article, one link
    Column("ask", sa.Text, nullable=False),  # the address to fetch: an older host may still be the only one
    Column("source", sa.Text, nullable=False),
    Column("section", sa.Text),
    Column("title", sa.Text),
    Column("published", Utc),
    Column("found", Utc, nullable=False),
    Column("disposition", sa.Text),  # None: still owed a look
    Column("settled", Utc),
    Column("attempts", sa.Integer, nullable=False, default=0),
    Column("retry_at", Utc),  # when a failed one is worth the next scheduled look
    Index("ix_link_owed", "source", "disposition", "found"),
)

sighting = _table(
    "sighting",  # which section has shown a link: what one section knows does not close another one's gap
    Column("source", sa.Text, primary_key=True),
    Column("section", sa.Text, primary_key=True),  # the address of the section's listing
    Column("url", sa.Text, primary_key=True),
    Column("found", Utc, nullable=False),
)

channel = _table(
    "channel",  # one watched address: a feed, a sitemap or a listing of a section
    Column("source", sa.Text, primary_key=True),
    Column("url", sa.Text, primary_key=True),
    Column("kind", sa.Text, nullable=False),
    Column("etag", sa.Text),
    Column("last_modified", sa.Text),
    Column("looked", Utc),  # last answer of any kind
    Column("full_look", Utc),  # last answer with a body: a 304 is only a hint
    Column("interval", sa.Integer),  # seconds, follows the rhythm of the section
    Column("due", Utc),
    Column("walk_started", Utc),  # an unfinished way back through the pages; None: nothing is missing
    Column("walk_pages", sa.Integer),  # the most pages of that way
    Column("failures", sa.Float, nullable=False, default=0.0),
    Column("problem", sa.Text),  # why the last look failed; None after a good one
)

backfill = _table(
    "backfill",  # one way into the archive of a source, for one window of days
    Column("source", sa.Text, primary_key=True),
    Column("first", sa.Text, primary_key=True),  # ISO days, both inside the window
    Column("last", sa.Text, primary_key=True),
    Column("way", sa.Text, primary_key=True),  # the listing, the sitemap or the id template
    Column("kind", sa.Text, nullable=False),  # listing | sitemap | ids
    Column("position", Json, nullable=False),  # what the way needs to go on: a page, the sitemaps left, an id
    Column("reached", sa.Text),  # the oldest day the way has come to
    Column("pages", sa.Integer, nullable=False),  # listing pages, sitemaps or ids asked for
    Column("missing", sa.Integer, nullable=False),  # of these, what failed for good
    Column("ended", sa.Text),  # why it needs no more steps; None: go on here
    Column("started", Utc, nullable=False),
    Column("updated", Utc, nullable=False),
)

run = _table(
    "run",
    Column("id", Id, primary_key=True),
    Column("source", sa.Text, nullable=False),
    Column("started", Utc, nullable=False),
    Column("ended", Utc),
    Column("outcome", sa.Text),  # finished | blocked | failed | killed | missed
    Column("requests", sa.Integer, nullable=False, default=0),
    Column("found", sa.Integer, nullable=False, default=0),
    Column("errors", sa.Integer, nullable=False, default=0),
    Column("counts", Json, nullable=False),  # disposition -> pages
    Column("fields", Json),  # field -> how many of the read articles had it
    Column("problem", sa.Text),
    Index("ix_run_source_started", "source", "started"),
)

host = _table(
    "host",  # politeness across processes: one holder at a time
    Column("name", sa.Text, primary_key=True),
    Column("holder", sa.Text),
    Column("held_until", Utc),
    Column("next_request", Utc),
    Column("failures", sa.Float, nullable=False, default=0.0),
    Column("closed_until", Utc),  # the circuit breaker
    Column("reason", sa.Text),
    Column("wanted_by", sa.Text),  # the next process in the queue; the holder gives way to it
    Column("wanted_until", Utc),
)

# ---- watches and mail -----------------------------------------------------------------------------------------

watch = _table(
    "watch",
    Column("id", Id, primary_key=True),
    Column("name", sa.Text, nullable=False, unique=True),
    Column("query", sa.Text, nullable=False),
    Column("scope", sa.Text, nullable=False),  # article | story | document | meeting | event
    Column("cadence", sa.Text, nullable=False),  # now | daily@06:00 | weekly@mon-06:00
    Column("quiet", sa.Text),  # 22:00-06:00
    Column("proof_of_life", sa.Boolean, nullable=False),  # a mail also when nothing was found
    Column("language", sa.Text, nullable=False),  # vi | en
    Column("created", Utc, nullable=False),
    Column("removed", Utc),
    Column("feed", sa.Boolean, nullable=False),  # an Atom file in the data folder
    Column("next_digest", Utc),  # for daily and weekly ones
)

recipient = _table(
    "recipient",
    Column("address", sa.Text, primary_key=True),  # an e-mail address, a webhook or an apprise address
    Column("channel", sa.Text, nullable=False),  # mail | webhook | apprise
    Column("added", Utc, nullable=False),
    Column("confirmed", Utc),  # None: asked and not yet answered
    Column("suspended", Utc),  # a 5xx: a person must lift it
    Column("reason", sa.Text),
    Column("left", Utc),
    Column("secret", sa.Text),  # signs a webhook
)

watch_recipient = _table(
    "watch_recipient",
    _ref("watch>watch.id", primary_key=True),
    Column("address", sa.Text, ForeignKey("recipient.address"), primary_key=True),
)

token = _table(
    "token",  # what lets a stranger confirm or leave without a log-in: random, kept only as a hash
    Column("hash", sa.String(64), primary_key=True),
    Column("address", sa.Text, ForeignKey("recipient.address"), nullable=False, index=True),
    Column("purpose", sa.Text, nullable=False),  # confirm | leave
    Column("created", Utc, nullable=False),
    Column("expires", Utc),  # None: a mail may be years old when its reader leaves
    Column("used", Utc),
)

alert = _table(
    "alert",
    Column("id", Id, primary_key=True),
    _ref("watch>watch.id", nullable=False),
    Column("kind", sa.Text, nullable=False),  # article | story | document | meeting | event | nothing
    Column("subject", sa.Text, nullable=False),
    _ref("article>article.id"),  # the one that caused it
    Column("words", Json, nullable=False),
    Column("spans", Json, nullable=False),  # zone -> [[start, end], ...] of the words in the article
    Column("body", Json),  # what an event says
    Column("created", Utc, nullable=False),
    UniqueConstraint("watch", "kind", "subject"),
)

owed = _table(
    "owed",  # one alert owed to one person: the outbox, written in the article's transaction
    _ref("alert>alert.id", primary_key=True),
    Column("address", sa.Text, ForeignKey("recipient.address"), primary_key=True),
    Column("due", Utc, nullable=False),
    Column("delivery", Id, ForeignKey("delivery.id"), index=True),
    Index("ix_owed_due", "delivery", "due"),
)

delivery = _table(
    "delivery",
    Column("id", Id, primary_key=True),
    Column("message_id", sa.Text, nullable=False, unique=True),
    Column("address", sa.Text, ForeignKey("recipient.address"), nullable=False),
    Column("kind", sa.Text, nullable=False),  # now | digest | nothing | confirm | operator
    Column("subject", sa.Text, nullable=False),
    Column("content", sa.LargeBinary, nullable=False),  # rendered once: a retry sends the same bytes
    Column("state", sa.Text, nullable=False),  # queued | sent | retry | dead
    Column("attempts", sa.Integer, nullable=False, default=0),
    Column("next_attempt", Utc, nullable=False),
    Column("error", sa.Text),
    Column("created", Utc, nullable=False),
    Column("sent", Utc),
    Column("claimed_until", Utc),
    Column("claimed_by", sa.Text),  # host/pid: a claim of a process that died is free at once
    Index("ix_delivery_due", "state", "next_attempt"),
)

mark = _table(
    "mark",  # right or wrong, said by a person: the regression test of a watch
    _ref("watch>watch.id", primary_key=True),
    Column("url", sa.Text, primary_key=True),
    Column("right", sa.Boolean, nullable=False),
    Column("marked", Utc, nullable=False),
)


# ---- full text ------------------------------------------------------------------------------------------------
# One row per version, never changed or deleted: a search joins it with the version in force. SQLite's FTS5
# and PostgreSQL's tsvector share no column type, so each database gets its own statements.

FULL_TEXT = {
    "sqlite": ("CREATE VIRTUAL TABLE full_text USING fts5(words, content='', tokenize='unicode61')",),
    "postgresql": (
        "CREATE TABLE full_text (rowid BIGINT PRIMARY KEY, words tsvector NOT NULL)",
        "CREATE INDEX ix_full_text_words ON full_text USING gin (words)",
    ),
}
"""Statements that make the full-text index of each database; its `rowid` is `version.id`."""
