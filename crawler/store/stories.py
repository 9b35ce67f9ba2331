"""Stories in the store: where a new article belongs, merges with a trace, splits that stay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crawler.article import Article
from crawler.fingerprint import Fingerprint, Sketch
from crawler.similar import POSTINGS, WINDOW_DAYS, Candidate, place
from crawler.store.insert import insert_missing
from crawler.store.schema import (
    article,
    story,
    story_apart,
    story_entry,
    story_key,
    story_link,
    version,
)

_UNDATED = 0
_WHOLE_POSTINGS = 4
"""Articles looked at that carry the very same prose: they are all of one story, one would do."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a new article went."""

    story: int
    first: bool
    """Whether it is the first article of its story."""
    print: Fingerprint
    quotes: tuple[int, ...]
    """Stories it quotes, or that quote it, where one of the two is a round-up."""


class _StoreIndex:
    """The store's tables as `crawler.similar.StoryIndex`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def candidates(self, print_: Fingerprint) -> Iterator[Candidate]:
        day = print_.day
        shared: dict[int, list[int]] = defaultdict(list)
        for key in (*print_.keys, *print_.bands):
            for found in self._postings(key, day, POSTINGS):
                shared[found].append(key)
        if print_.whole is not None:
            for found in self._postings(print_.whole, None, _WHOLE_POSTINGS):
                shared[found].append(print_.whole)
        if not shared:
            return
        rows = self._connection.execute(
            sa.select(article.c.id, article.c.story, story_entry.c.day)
            .join(story_entry, story_entry.c.article == article.c.id)
            .where(article.c.id.in_(shared))
        )
        for row in rows:
            yield Candidate(row.id, row.story, row.day, shared[row.id])

    def _postings(self, key: int, day: int | None, limit: int) -> Iterable[int]:
        query = sa.select(story_key.c.article).where(story_key.c.key == key)
        if day is not None:
            query = query.where(
                sa.or_(
                    story_key.c.day.between(day - WINDOW_DAYS, day + WINDOW_DAYS), story_key.c.day == _UNDATED
                )
            )
        return self._connection.scalars(query.order_by(story_key.c.day, story_key.c.article).limit(limit))

    def sketch(self, article_id: int) -> Sketch:
        blob = self._connection.scalar(
            sa.select(story_entry.c.sketch).where(story_entry.c.article == article_id)
        )
        return Sketch.from_bytes(blob or b"")

    def text(self, article_id: int) -> str:
        text = self._connection.scalar(
            sa.select(version.c.text)
            .where(version.c.article == article_id)
            .order_by(version.c.n)  # the first: the text its fingerprint was made of
            .limit(1)
        )
        return text or ""


def place_article(connection: sa.Connection, read: Article, print_: Fingerprint, *, now: datetime) -> Placed:
    """The story of a new article, made or merged as needed."""
    placement = place(print_, lambda: read.text, _StoreIndex(connection), apart=_Apart(connection))
    joins = sorted(placement.stories)
    if joins:
        for other in joins[1:]:
            _merge(connection, other, into=joins[0])
        return Placed(joins[0], False, print_, tuple(m.story for m in placement.quotes))
    new = connection.execute(sa.insert(story).values(created=now).returning(story.c.id)).scalar_one()
    return Placed(int(new), True, print_, tuple(m.story for m in placement.quotes))


def remember(connection: sa.Connection, article_id: int, placed: Placed) -> None:
    """Enter an article into the index, so that later ones find it."""
    print_ = placed.print
    connection.execute(
        sa.insert(story_entry).values(article=article_id, day=print_.day, sketch=bytes(print_.sketch))
    )
    day = _UNDATED if print_.day is None else print_.day
    rows = [{"key": key, "day": day, "article": article_id} for key in sorted(set(print_.rows))]
    if rows:
        connection.execute(sa.insert(story_key), rows)
    insert_missing(
        connection, story_link, [{"article": article_id, "story": s} for s in sorted(set(placed.quotes))]
    )


def _merge(connection: sa.Connection, other: int, *, into: int) -> None:
    """Join two stories; the emptied row stays as the trace."""
    connection.execute(sa.update(article).where(article.c.story == other).values(story=into))
    connection.execute(sa.update(story).where(story.c.id == other).values(merged_into=into))


class _Apart:
    """Which stories a person split; asked only when an article would join two."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def __call__(self, a: int, b: int) -> bool:
        low, high = sorted((a, b))
        found = self._connection.scalar(
            sa.select(story_apart.c.a).where(story_apart.c.a == low, story_apart.c.b == high)
        )
        return found is not None
