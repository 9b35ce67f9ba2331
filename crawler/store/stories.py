"""Stories in the store: where an article belongs, merges with a trace, links of round-ups, splits that stay.

What is decided depends on what is stored, so only one transaction at a time may place articles (`take_turn`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crawler.article import Article
from crawler.store.insert import insert_all, insert_missing
from crawler.store.postings import UNDATED, Postings
from crawler.store.schema import article, search_row, story, story_apart, story_entry, story_link, version
from crawler.store.schema_delivery import alert, watch
from crawler.store.search_rows import move_to_story
from crawler.story.fingerprint import Fingerprint, Sketch, fingerprint
from crawler.story.similar import POSTINGS, WINDOW_DAYS, Match, Placement, SimilarCandidate, place, relate

_EVER = (1 << 24) - 1
"""Later than every day of the index."""
_WHOLE_POSTINGS = 4
"""Articles looked at that carry the very same prose: they are all of one story, one would do."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an article went."""

    story: int
    print: Fingerprint
    quotes: tuple[Match, ...]
    """Articles it quotes, or that quote it, where one of the two is a round-up."""


@dataclass(slots=True)
class _Entry:
    """What is known of an article of the index."""

    story: int
    day: int | None
    sketch: bytes
    read: Article | None = None
    """The article itself; None: its text stands in the store."""


_CANDIDATES = (
    sa.select(article.c.id, article.c.story, story_entry.c.day, story_entry.c.sketch)
    .join(story_entry, story_entry.c.article == article.c.id)
    .where(article.c.id.in_(sa.bindparam("articles", expanding=True)))
    .order_by(article.c.id)
)
_NEW_STORY = sa.insert(story).returning(story.c.id)
_INDEXED_TEXT = (
    sa.select(version.c.text)
    .join(
        story_entry, sa.and_(story_entry.c.article == version.c.article, story_entry.c.version == version.c.n)
    )
    .where(version.c.article == sa.bindparam("article"))
)


class Placing:
    """Articles that are placed in one transaction: the index is read once for all of them, and written once.

    What was entered and is not yet written is found like what stands in the store. It is also the
    `crawler.story.similar.StoryIndex` they are compared with.
    """

    def __init__(
        self, connection: sa.Connection, prints: Sequence[Fingerprint], *, without: int | None = None
    ) -> None:
        """`prints` are those of the articles to come, `without` an article that is not to be found."""
        self._connection = connection
        self._postings = Postings(connection, (key for print_ in prints for key in print_.rows))
        self._without = without
        self._entries: dict[int, _Entry] = {}
        self._stored = {id(print_): self._shared(print_) for print_ in prints}
        """What each shares with the articles in the store."""
        self._entered: set[int] = set()
        """The keys of those entered since."""
        self._load({found for shared in self._stored.values() for found in shared})
        self._new: list[dict[str, object]] = []
        self._links: dict[tuple[int, int], None] = {}

    def find(self, read: Article, print_: Fingerprint) -> Placement:
        """Where an article belongs."""
        return place(print_, lambda: read.text, self, apart=_Apart(self._connection))

    def enter(self, article_id: int, read: Article, placed: Placed, *, n: int = 1) -> None:
        """Enter version `n` of an article into the index, so that later ones find it."""
        print_ = placed.print
        sketch = bytes(print_.sketch)
        self._new.append({"article": article_id, "version": n, "day": print_.day, "sketch": sketch})
        self._entries[article_id] = _Entry(placed.story, print_.day, sketch, read)
        self._entered.update(print_.rows)
        self._postings.enter(print_.rows, UNDATED if print_.day is None else print_.day, article_id)
        for match in placed.quotes:  # round-up → story, whichever of the two came first
            pair = (article_id, match.story) if print_.sketch.roundup else (match.article, placed.story)
            self._links[pair] = None

    def join(self, stories: Iterable[int]) -> int:
        """These stories as one: the oldest, by number. The articles of all of them stand in the store."""
        into, *others = sorted(set(stories))
        for other in others:
            _merge(self._connection, other, into=into)
        for entry in self._entries.values():
            if entry.story in others:
                entry.story = into
        return into

    def write(self) -> None:
        """Write what was entered; the last thing that is asked of it. Their rows in `article` stand already."""
        insert_all(self._connection, story_entry, self._new)
        self._postings.write()
        links = [{"article": a, "story": s} for a, s in sorted(self._links)]
        insert_missing(self._connection, story_link, links)

    def candidates(self, print_: Fingerprint) -> Iterator[SimilarCandidate]:
        """See `StoryIndex`."""
        shared = self._stored.get(id(print_))
        if shared is None or not self._entered.isdisjoint(print_.rows):
            shared = self._shared(print_)
        self._load(shared.keys() - self._entries.keys())
        for article_id in sorted(shared):
            entry = self._entries[article_id]
            yield SimilarCandidate(article_id, entry.story, entry.day, shared[article_id])

    def sketch(self, article_id: int) -> Sketch:
        """See `StoryIndex`."""
        return Sketch.from_bytes(self._entries[article_id].sketch)

    def text(self, article_id: int) -> str:
        """See `StoryIndex`."""
        read = self._entries[article_id].read
        return _indexed_text(self._connection, article_id) if read is None else read.text

    def _shared(self, print_: Fingerprint) -> dict[int, list[int]]:
        """Articles that share keys with this one, and which."""
        shared: dict[int, list[int]] = defaultdict(list)
        day = print_.day
        window = (UNDATED, _EVER) if day is None else (max(UNDATED, day - WINDOW_DAYS), day + WINDOW_DAYS)
        for key in (*print_.keys, *print_.bands):
            for found in self._postings.under(key, *window, POSTINGS):
                shared[found].append(key)
        if (whole := print_.whole) is not None:
            for found in self._postings.under(whole, UNDATED, _EVER, _WHOLE_POSTINGS):
                shared[found].append(whole)
        if self._without is not None:
            shared.pop(self._without, None)
        return shared

    def _load(self, articles: Collection[int]) -> None:
        if articles:
            for row in self._connection.execute(_CANDIDATES, {"articles": sorted(articles)}):
                self._entries[row.id] = _Entry(row.story, row.day, row.sketch)


def take_turn(connection: sa.Connection) -> None:
    """Wait until no other transaction places articles; to be called before anything is read.

    SQLite's write lock, taken when a transaction begins, orders writers by itself.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_TURN)


_TURN = sa.text("SELECT pg_advisory_xact_lock(7264002)")


def follow(
    connection: sa.Connection,
    article_id: int,
    story_id: int,
    read: Article,
    print_: Fingerprint,
    *,
    n: int,
    now: datetime,
) -> int:
    """The story of an article after an edit that made version `n`: its own, unless it became another text.

    An edit by which the article stays of one story with the text it was entered with changes nothing here, so
    what later articles meet does not depend on which version was seen first. Another text is entered in place
    of the old one, and the article goes where that text belongs: a story says what stands on the page today. It
    stays where it is when the new text belongs nowhere else and nobody shares its story, and never goes where
    a person took it away from.
    """
    entry = connection.execute(sa.select(story_entry).where(story_entry.c.article == article_id)).one()
    old_text = _indexed_text(connection, article_id)
    stored = Sketch.from_bytes(entry.sketch)
    _, same = relate(print_.sketch, lambda: read.text, stored, lambda: old_text, gap=0)
    if same:
        return story_id
    _forget(connection, article_id, fingerprint(old_text, entry.day), n)
    placing = Placing(connection, [print_], without=article_id)
    apart = _Apart(connection)
    placement = placing.find(read, print_)
    joins = [s for s in placement.stories if s == story_id or not apart(s, story_id)]
    alone = connection.scalar(_OTHERS, {"story": story_id, "article": article_id}) is None
    if alone:
        joins.append(story_id)
    goes_to = placing.join(joins) if joins else _new_story(connection, now)
    placing.enter(article_id, read, Placed(goes_to, print_, placement.quotes), n=n)
    placing.write()
    return goes_to


_OTHERS = (
    sa.select(article.c.id)
    .where(article.c.story == sa.bindparam("story"), article.c.id != sa.bindparam("article"))
    .limit(1)
)


def _forget(connection: sa.Connection, article_id: int, print_: Fingerprint, n: int) -> None:
    """Take the text an article was entered with out of the index, and the links it made."""
    postings = Postings(connection, print_.rows)
    for key in print_.rows:
        postings.remove(key, UNDATED if print_.day is None else print_.day, article_id)
    postings.write()
    connection.execute(sa.delete(story_entry).where(story_entry.c.article == article_id))
    connection.execute(sa.delete(story_link).where(story_link.c.article == article_id))


def _indexed_text(connection: sa.Connection, article_id: int) -> str:
    """The text an article was entered with."""
    text: str | None = connection.scalar(_INDEXED_TEXT, {"article": article_id})
    return text or ""


def _new_story(connection: sa.Connection, now: datetime) -> int:
    return int(connection.execute(_NEW_STORY, {"created": now}).scalar_one())


def join_by_hand(connection: sa.Connection, other: int, *, into: int) -> None:
    """Join two stories because a person says so, whoever said before that they are two."""
    pair = {"a": min(other, into), "b": max(other, into)}
    apart = sa.and_(story_apart.c.a == pair["a"], story_apart.c.b == pair["b"])
    connection.execute(sa.delete(story_apart).where(apart))
    _merge(connection, other, into=into)


def _merge(connection: sa.Connection, other: int, *, into: int) -> None:
    """Join two stories. The emptied row stays as the trace; what was said of it holds for the one that is left."""
    connection.execute(sa.update(article).where(article.c.story == other).values(story=into))
    move_to_story(connection, into, search_row.c.story == other)
    connection.execute(sa.update(story).where(story.c.id == other).values(merged_into=into))
    linked = connection.scalars(sa.select(story_link.c.article).where(story_link.c.story == other)).all()
    insert_missing(connection, story_link, [{"article": a, "story": into} for a in sorted(linked)])
    connection.execute(sa.delete(story_link).where(story_link.c.story == other))
    keep_apart(connection, into, split_from(connection, other))
    tell_as(connection, str(other), str(into))


def keep_apart(connection: sa.Connection, one: int, others: dict[int, datetime]) -> None:
    """Never join a story with these again: story → when a person said so."""
    rows = [
        {"a": min(one, other), "b": max(one, other), "split": when} for other, when in sorted(others.items())
    ]
    insert_missing(connection, story_apart, rows)


def tell_as(connection: sa.Connection, subject: str, now_part_of: str) -> None:
    """Alerts about a story count as alerts about the one it became part of: nobody is told of that again.

    Where a watch was told of both, each keeps its own.
    """
    told = alert.alias()
    connection.execute(
        sa.update(alert)
        .where(
            alert.c.watch.in_(sa.select(watch.c.id)),  # so that the unique index, watch first, answers
            alert.c.kind == "story",
            alert.c.subject == subject,
            ~sa.exists().where(
                told.c.watch == alert.c.watch, told.c.kind == "story", told.c.subject == now_part_of
            ),
        )
        .values(subject=now_part_of)
    )


def is_told(connection: sa.Connection, watch_id: int, story_id: int) -> bool:
    """Whether a watch has an alert about this story."""
    found = sa.select(alert.c.id).where(
        alert.c.watch == watch_id, alert.c.kind == "story", alert.c.subject == str(story_id)
    )
    return connection.scalar(found) is not None


def split_from(connection: sa.Connection, one: int) -> dict[int, datetime]:
    """The stories a person split from this one, and when."""
    rows = connection.execute(
        sa.select(story_apart).where(sa.or_(story_apart.c.a == one, story_apart.c.b == one))
    )
    return {(row.b if row.a == one else row.a): row.split for row in rows}


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
