"""Every table, on SQLite and PostgreSQL alike.

Core tables rather than mapped classes: rows enter as the frozen records of `crawler.article`, and nothing
outside `crawler.store` ever sees a row object. Times are stored in UTC and come back aware.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, UniqueConstraint

from crawler.store.columns import Bytewise, Id, Json, Utc, a_ref, a_table

EDIT = sa.text("version.n > 1")
GONE = sa.text("article.taken_down IS NOT NULL")
"""Conditions of partial indexes: SQLite takes one where the query has the same words, which no bound number is."""

# ---- articles -------------------------------------------------------------------------------------------------

story = a_table(
    "story",
    Column("id", Id, primary_key=True),
    Column("created", Utc, nullable=False),
    Column("merged_into", Id, ForeignKey("story.id"), index=True),  # the trace of a merge: never deleted
)

article = a_table(
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
    Column("set_aside", Utc),  # a person says that it is none of ours: in no list, search or corpus
    Index("ix_article_revisit", "source", "revisit_at"),
    Index("ix_article_seen", "source", "first_seen"),  # what the looks at a source have brought of late
    Index("ix_article_taken_down", "taken_down", sqlite_where=sa.text("taken_down IS NOT NULL")),
)

story_entry = a_table(
    "story_entry",  # what a later article is compared with (crawler.story.similar)
    a_ref("article>article.id", primary_key=True),
    Column("version", sa.Integer, nullable=False),  # the text it was made of
    Column("day", sa.Integer),  # ordinal of the day of publication
    Column("sketch", sa.LargeBinary, nullable=False),
)

story_bucket = a_table(
    "story_bucket",  # the near-duplicate index: the articles under some keys, packed (crawler.store.postings)
    Column("bucket", sa.Integer, primary_key=True, autoincrement=False),
    Column("postings", sa.LargeBinary, nullable=False),
)
OPTIONS = {"story_bucket": {"postgresql_with": {"fillfactor": 80}}}
"""What migrations give a table besides: a bucket is rewritten many times, which needs room on its page. Not a keyword
of its table, for which SQLAlchemy would load all of PostgreSQL."""

story_apart = a_table(
    "story_apart",  # a person split these: they are never joined again
    Column("a", Id, ForeignKey("story.id"), primary_key=True),
    Column("b", Id, ForeignKey("story.id"), primary_key=True),
    Column("split", Utc, nullable=False),
)

story_link = a_table(
    "story_link",  # a round-up and a story it quotes, whichever came first
    a_ref("article>article.id", primary_key=True),
    Column("story", Id, ForeignKey("story.id"), primary_key=True, index=True),
)

address = a_table(
    "address",  # every address an article is known under: as linked, as redirected, as canonical, before a move
    Column("url", sa.Text, primary_key=True),
    a_ref("article>article.id", nullable=False, index=True),
)

version = a_table(
    "version",
    Column("id", Id, primary_key=True),
    a_ref("article>article.id", nullable=False),
    Column("n", sa.Integer, nullable=False),
    Column("seen", Utc, nullable=False),
    Column("text_hash", sa.String(64), nullable=False),
    Column("text", sa.Text, nullable=False),
    Column("record", Json, nullable=False),  # the article as read: blocks, captions, dates, reader, warnings
    Column("notes", Json, nullable=False),  # its annotations (DESIGN §6.5), offsets into this version
    Column("change", Json),  # kinds and diff against the version before; None for the first
    Column(
        "reader", sa.Integer
    ),  # the number of the reader that read it (crawler.reading.version); None: an older one
    Column("reread", sa.Boolean),  # our reader changed, not the page: no edit of the newspaper's
    UniqueConstraint("article", "n"),
    Index("ix_version_edit", "seen", sqlite_where=sa.text("n > 1")),  # the edits of a day
)

citation = a_table(
    "citation",
    Column("id", Id, primary_key=True),
    a_ref("article>article.id", nullable=False, index=True),
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
    Column("issued", sa.JSON(none_as_null=True)),  # that it was issued just now: phrase, start, end
    Column("place", sa.Text),  # the province the words in front name, where its issuer names none
    Column("years", sa.Integer),  # how long it has been carried out, as printed in front
)

document = a_table(
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
    Column(
        "same_as", sa.Text, ForeignKey("document.id")
    ),  # what it turned out to be, or was joined to by hand
    Column(
        "read", sa.JSON(none_as_null=True)
    ),  # its facts as read, where a person corrected them: for an undo
)

document_assignment = a_table(
    "document_assignment",  # a person's word on one article's citation; reading it again does not undo it
    a_ref("article>article.id", primary_key=True),
    Column("key", sa.Text, primary_key=True),
    Column("document", sa.Text, ForeignKey("document.id"), nullable=False),
)

meeting = a_table(
    "meeting",
    Column("id", sa.Text, primary_key=True),  # its identity key: the same meeting told by several is one row
    Column("kind", sa.Text, nullable=False),
    Column("ordinal", sa.Integer),
    Column("organiser", sa.Text),
    Column("province", sa.Text),
    Column("date", sa.Text, index=True),
    Column("date_to", sa.Text),
    Column("session", sa.Text),
    Column("status", sa.Text, nullable=False),  # as told; whether it is ahead is asked when it is shown
    Column("place", sa.Text),
    Column("chair", sa.Text),
    Column("documents", Json, nullable=False),
    Column("time", sa.Text),
    Column("subject", sa.Text),
    Column("was", sa.Text),  # the day it was moved from
    Column("between", Json),  # first and last day of a stretch, where no day is told
    Column("national", sa.Text),
    Column("told", sa.Text),  # day of the latest report
    Column("body", sa.Text, index=True),  # province and body in one spelling, for finding it again
    Column("kinds", sa.Text),  # the group of its kind
    Column("sequence", sa.Integer, nullable=False, server_default="0"),  # changes a calendar must take over
)

article_meeting = a_table(
    "article_meeting",
    a_ref("article>article.id", primary_key=True),
    Column("meeting", sa.Text, ForeignKey("meeting.id"), primary_key=True),
    Column("rank", sa.Integer, nullable=False),
    Column("record", Json, nullable=False),  # the annotation of this article, with its offsets
    Column("province", sa.Text),  # of its outlet
    Index("ix_article_meeting_meeting", "meeting"),
)

article_topic = a_table(
    "article_topic",
    a_ref("article>article.id", primary_key=True),
    Column("topic", sa.Text, primary_key=True, index=True),
    Column("score", sa.Float, nullable=False),
    Column("because", Json, nullable=False),
)

# ---- crawling -------------------------------------------------------------------------------------------------

link = a_table(
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
    Column("backlog", sa.Boolean),  # found by the first look at its section: it stood there before we came
    Column("walls", sa.Integer, nullable=False, server_default="0"),  # looks that met a wall before this page
    Column(
        "unread", sa.Integer, nullable=False, server_default="0"
    ),  # crawls whose readers were lost under it
    Column("why", sa.Text),  # what is wrong with it, for a person
    Column("kept", sa.Boolean),  # a person took it back: it is kept in spite of the topic model
    Index("ix_link_owed", "source", "disposition", "found"),
)

sighting = a_table(
    "sighting",  # which section has shown a link: what one section knows does not close another one's gap
    Column("source", sa.Text, primary_key=True),
    Column("section", sa.Text, primary_key=True),  # the address of the section's listing
    Column("url", sa.Text, primary_key=True),
    Column("found", Utc, nullable=False),
)

channel = a_table(
    "channel",  # one watched address: a feed, a sitemap or a listing of a section
    Column("source", sa.Text, primary_key=True),
    Column("url", sa.Text, primary_key=True),
    Column("kind", sa.Text, nullable=False),
    Column("etag", sa.Text),
    Column("last_modified", sa.Text),
    Column("looked", Utc),  # last answer of any kind
    Column("full_look", Utc),  # last answer with a body: a 304 is only a hint
    Column("interval", sa.Integer),  # seconds to the next look as last set by the rhythm of the section
    Column("due", Utc),
    Column("walk_started", Utc),  # an unfinished way back through the pages; None: nothing is missing
    Column("walk_pages", sa.Integer),  # the most pages of that way
    Column("failures", sa.Float, nullable=False, default=0.0),
    Column("problem", sa.Text),  # why the last look failed; None after a good one
)

backfill = a_table(
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

run = a_table(
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

host = a_table(
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


# ---- full text ------------------------------------------------------------------------------------------------
# One row per article, of its version in force. An edit enters a new row and retires the old one, whose number is never
# given again: rows of FTS5 without contents cannot be taken back. SQLite's FTS5 and PostgreSQL's tsvector share no
# column type, so each database gets its own statements. The body is the first column of FTS5, whose places cost least.

search_row = a_table(
    "search_row",  # what a search needs of an article besides its words
    Column(
        "rank", Id, primary_key=True, autoincrement=False
    ),  # grows with its day: see crawler.store.search_rows
    Column("article", Id, ForeignKey("article.id", ondelete="SET NULL"), unique=True),  # None: retired
    Column("version", Id),
    Column("story", Id, index=True),
    Column("source", sa.Text, nullable=False),
    Column("moment", Id, nullable=False),  # of publication, or of first sight: seconds since 1970
    Column("month", sa.Integer),  # of publication, as 202611
    Column("long", sa.Boolean, nullable=False),  # the index does not hold all of it: the matcher decides
    Column("topics", sa.Text),  # ids, each on a line, for the facets
    Column("documents", sa.Text),  # keys, in the same way
    Column("meetings", sa.Text),  # kinds
)

search_word = a_table(
    "search_word",  # every word of the texts, exactly: which of them a word typed without marks may mean
    Column("word", Bytewise, primary_key=True),
    Column("key", Bytewise, nullable=False, index=True),  # without marks
)

search_value = a_table(
    "search_value",  # every value of the fields that are searched by words: sources, topics, meetings, years
    Column("kind", sa.Text, primary_key=True),
    Column("value", sa.Text, primary_key=True),
)

search_debt = a_table(
    "search_debt",  # one row as long as `diemtin reindex` has something to do, none afterwards
    Column("below", Id, primary_key=True, autoincrement=False),  # articles with a lower number may be missing
)

FULL_TEXT = {
    "sqlite": (
        "CREATE VIRTUAL TABLE full_text USING fts5(body, title, lead, captions, title_wide, lead_wide, body_wide,"
        " captions_wide, facts, content='', tokenize='ascii')",
    ),
    "postgresql": (
        "CREATE TABLE full_text (rowid BIGINT PRIMARY KEY, words tsvector NOT NULL)",
        "CREATE INDEX ix_full_text_words ON full_text USING gin (words)",
    ),
}
"""Statements that make the full-text index of each database; its `rowid` is `search_row.rank`."""
