"""Stories in the store: where a new article belongs, merges with a trace, splits that stay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

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


_WITH_KEY = "SELECT key, article FROM story_key WHERE key = :k{}"
_IN_WINDOW = " AND (day BETWEEN :first AND :last OR day = :undated)"
_FIRST_POSTINGS = " ORDER BY day, article LIMIT {}"
_CANDIDATES = (
    sa.select(article.c.id, article.c.story, story_entry.c.day, story_entry.c.sketch)
    .join(story_entry, story_entry.c.article == article.c.id)
    .where(article.c.id.in_(sa.bindparam("articles", expanding=True)))
    .order_by(article.c.id)
)

_NEW_STORY = sa.insert(story).returning(story.c.id)
_NEW_ENTRY = sa.insert(story_entry)
_NEW_KEYS = sa.insert(story_key)
_FIRST_TEXT = (
    sa.select(version.c.text)
    .where(version.c.article == sa.bindparam("article"))
    .order_by(version.c.n)  # the first: the text its fingerprint was made of
    .limit(1)
)


@cache
def _postings(keys: int, *, dated: bool, whole: bool) -> sa.TextClause:
    """The articles under so many keys, in the window where `dated`, and those under one more at any date.

    One statement for all keys: forty small ones cost more than everything else the store does for an article.
    """
    own = _WITH_KEY + (_IN_WINDOW if dated else "") + _FIRST_POSTINGS.format(POSTINGS)
    parts = [own.format(n) for n in range(keys)]
    if whole:
        parts.append(_WITH_KEY.format(keys) + _FIRST_POSTINGS.format(_WHOLE_POSTINGS))
    return sa.text(" UNION ALL ".join(f"SELECT * FROM ({part}) AS p{n}" for n, part in enumerate(parts)))


class _StoreIndex:
    """The store's tables as `crawler.similar.StoryIndex`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._sketches: dict[int, bytes] = {}

    def candidates(self, print_: Fingerprint) -> Iterator[Candidate]:
        shared: dict[int, list[int]] = defaultdict(list)
        for key, found in self._shared(print_):
            shared[found].append(key)
        if not shared:
            return
        for row in self._connection.execute(_CANDIDATES, {"articles": list(shared)}).all():
            self._sketches[row.id] = row.sketch
            yield Candidate(row.id, row.story, row.day, shared[row.id])

    def _shared(self, print_: Fingerprint) -> Sequence[sa.Row[int, int]]:
        """(key, article) of every posting under a key of the fingerprint."""
        own = (*print_.keys, *print_.bands)
        keys = own if print_.whole is None else (*own, print_.whole)
        if not keys:
            return ()
        asked = {f"k{n}": key for n, key in enumerate(keys)}
        dated = print_.day is not None and bool(own)
        if print_.day is not None and dated:
            first, last = print_.day - WINDOW_DAYS, print_.day + WINDOW_DAYS
            asked |= {"first": first, "last": last, "undated": _UNDATED}
        statement = _postings(len(own), dated=dated, whole=print_.whole is not None)
        return self._connection.execute(statement, asked).all()

    def sketch(self, article_id: int) -> Sketch:
        return Sketch.from_bytes(self._sketches[article_id])

    def text(self, article_id: int) -> str:
        text: str | None = self._connection.scalar(_FIRST_TEXT, {"article": article_id})
        return text or ""


def place_article(connection: sa.Connection, read: Article, print_: Fingerprint, *, now: datetime) -> Placed:
    """The story of a new article, made or merged as needed."""
    placement = place(print_, lambda: read.text, _StoreIndex(connection), apart=_Apart(connection))
    joins = sorted(placement.stories)
    if joins:
        for other in joins[1:]:
            _merge(connection, other, into=joins[0])
        return Placed(joins[0], False, print_, tuple(m.story for m in placement.quotes))
    new = connection.execute(_NEW_STORY, {"created": now}).scalar_one()
    return Placed(int(new), True, print_, tuple(m.story for m in placement.quotes))


def remember(connection: sa.Connection, article_id: int, placed: Placed) -> None:
    """Enter an article into the index, so that later ones find it."""
    print_ = placed.print
    connection.execute(_NEW_ENTRY, {"article": article_id, "day": print_.day, "sketch": bytes(print_.sketch)})
    day = _UNDATED if print_.day is None else print_.day
    rows = [{"key": key, "day": day, "article": article_id} for key in sorted(set(print_.rows))]
    if rows:
        connection.execute(_NEW_KEYS, rows)
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
