"""Who is told that an article was edited in substance or taken down; in the transaction that notes it.

A watch of scope `change` is told of every such edit of an article that answers its query before it or after it. A
watch that follows up is told once for what it was mailed: once that it was edited, once that it is gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crawler.article import Article
from crawler.errors import InvalidQuery
from crawler.query.parser import Query, parse
from crawler.query.search_document import changes_of, doc_of
from crawler.query.tree import FieldName, names_field
from crawler.source import Source
from crawler.store import outbox, watches
from crawler.store.article_record import article_from
from crawler.store.news import story_family
from crawler.store.outbox import NewAlert
from crawler.store.schema import version
from crawler.store.schema_delivery import alert, owed
from crawler.store.watches import Watch
from crawler.story.change_kinds import GONE
from crawler.story.versions import Change


def version_of(connection: sa.Connection, article: int, n: int) -> Any:
    """`record` and `notes` of one version."""
    found = sa.select(version.c.record, version.c.notes).where(version.c.article == article, version.c.n == n)
    return connection.execute(found).one()


def raise_edit(
    connection: sa.Connection,
    known: Any,
    before: Article,
    after: Article,
    change: Mapping[str, Any],
    source: Source | None,
    *,
    now: datetime,
) -> None:
    """Alerts for a new version; `known` is the article's row before it, `change` its `Change` as JSON."""
    is_substantial = bool(Change.from_json(change).substance)
    body = {"article": known.id, "from": known.version, "gone": False}
    for watch in watches.following(connection):
        if watch.scope != "change":
            told = _told(connection, watch, known) if is_substantial else None
            _raise(connection, watch, f"{told}:edit" if told else None, known.id, (), body, now)
        elif is_substantial or _asks_for_edits(watch):
            words = _words(watch, (before, after), change["kinds"], source)
            subject = f"{known.id}:v{known.version + 1}" if words is not None else None
            _raise(connection, watch, subject, known.id, words or (), body, now)


def raise_gone(connection: sa.Connection, known: Any, source: Source | None, *, now: datetime) -> None:
    """Alerts for an article that was taken down."""
    last = version_of(connection, known.id, known.version)
    read = article_from(last.record, last.notes)
    body = {"article": known.id, "from": known.version, "gone": True}
    for watch in watches.following(connection):
        if watch.scope != "change":
            told = _told(connection, watch, known)
            _raise(connection, watch, f"{told}:gone" if told else None, known.id, (), body, now)
        else:
            words = _words(watch, (read,), [GONE], source)
            subject = f"{known.id}:gone" if words is not None else None
            _raise(connection, watch, subject, known.id, words or (), body, now)


def _raise(
    connection: sa.Connection,
    watch: Watch,
    subject: str | None,
    article: int,
    words: tuple[str, ...],
    body: Mapping[str, Any],
    now: datetime,
) -> None:
    if subject is not None:
        outbox.raise_alerts(
            connection, [NewAlert(watch, "change", subject, article, words, {}, body)], now=now
        )


def _told(connection: sa.Connection, watch: Watch, known: Any) -> str | None:
    """The alert that carried this article, or its story, into a mail of the watch, as `kind:subject`."""
    root, family = story_family(connection, str(known.story))
    mailed = (
        sa.select(alert.c.kind)
        .join(owed, owed.c.alert == alert.c.id)
        .where(
            alert.c.watch == watch.id,
            owed.c.delivery.is_not(None),
            sa.or_(
                sa.and_(alert.c.kind == "article", alert.c.subject == str(known.id)),
                sa.and_(alert.c.kind == "story", alert.c.subject.in_(family)),
            ),
        )
        .limit(1)
    )
    kind = connection.scalar(mailed)
    return None if kind is None else f"{kind}:{known.id if kind == 'article' else root}"


def _query(watch: Watch) -> Query | None:
    """The query of a watch; None for an empty one, and for one that today's language refuses."""
    try:
        return parse(watch.query) if watch.query else None
    except InvalidQuery:  # saved by an older version: an article must not fail for it
        return None


def _asks_for_edits(watch: Watch) -> bool:
    query = _query(watch)
    return query is not None and names_field(query.root, FieldName.CHANGE)


def _words(
    watch: Watch, states: tuple[Article, ...], kinds: list[str], source: Source | None
) -> tuple[str, ...] | None:
    """The words of a watch's query that stand in one of the article's states; None where it answers in none."""
    if not watch.query:
        return ()
    query = _query(watch)
    for read in states if query is not None else ():
        assert query is not None
        hit = query.matches(replace(doc_of(read, source), changes=changes_of(kinds)))
        if hit is not None:
            return (*hit.words, *hit.fields)
    return None
