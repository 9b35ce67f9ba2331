"""The near-duplicate index: under each key of a fingerprint the articles that carry it, packed into buckets.

A row for each posting would cost PostgreSQL some 100 bytes (tuple header, index entry, half-empty pages) and an
article 2.8 KB; packed, a posting takes 12 bytes. The buckets grow by linear hashing: a key's bucket follows
from the key and the number of buckets, so a look-up reads one row a key, at any size; growth splits the next
buckets in turn and never stops to rebuild. All of it happens inside the caller's transaction, and only one
transaction at a time may write (`crawler.store.stories.take_turn`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache

import sqlalchemy as sa

from crawler.fingerprint import KEY_BITS
from crawler.similar import WINDOW_DAYS
from crawler.store.schema import story_bucket, story_index

FIRST_BUCKETS = 256
"""Buckets of an empty index. Their number is a bucket's low bits, so `_IMPLIED` bits of a key need no place."""
LOAD = 32
"""Postings a bucket holds on average: fewer cost more rows, more cost more bytes read and written again."""
PER_PERIOD = 16
"""Articles entered under one key for each `WINDOW_DAYS` days. More carry it only when it is a formula, or one
huge story, of which any will do; without a bound the bucket of a formula would grow with the store."""
_STEP = 64
"""Buckets split at once, a divisor of `FIRST_BUCKETS`."""
_EVERY = 16
"""Articles between two looks at the load: at most 4 buckets an article, twice what long features need."""
_IMPLIED = 8
_MARK, _DAY, _ARTICLE = 5, 3, 4
"""Bytes of a posting, big-endian: the key without its implied bits, the day (0: none), the article."""
_POSTING = _MARK + _DAY + _ARTICLE
UNDATED = 0
"""The day of an article without a date; ordinals of real days begin at 1."""


class Postings:
    """The buckets of some keys, as read once; look-ups and changes until `write`."""

    def __init__(self, connection: sa.Connection, keys: Iterable[int]) -> None:
        self._connection = connection
        self._count = _bucket_count(connection)
        self._at = {key: _bucket_of(key, self._count) for key in keys}
        self._buckets = _read(connection, set(self._at.values()))
        self._changed: set[int] = set()

    def under(self, key: int, first: int, last: int, limit: int) -> list[int]:
        """At most `limit` articles under a key from these days or undated: earliest first, then by number."""
        since, until = first.to_bytes(_DAY, "big"), last.to_bytes(_DAY, "big")
        none = bytes(_DAY)
        found = [p for p in self._of(key) if since <= p[:_DAY] <= until or p[:_DAY] == none]
        if len(found) > 1:
            found.sort()
        return [int.from_bytes(posting[_DAY:], "big") for posting in found[:limit]]

    def enter(self, key: int, day: int, article: int) -> None:
        """Add an article under a key, unless enough of its time are there."""
        if sum(_period(p) == day // WINDOW_DAYS for p in self._of(key)) >= PER_PERIOD:
            return
        bucket = self._at[key]
        self._buckets[bucket] = self._buckets.get(bucket, b"") + _pack(key, day, article)
        self._changed.add(bucket)

    def remove(self, key: int, day: int, article: int) -> None:
        """Take an article away from under a key; nothing where it is not there."""
        bucket = self._at[key]
        held, gone = self._buckets.get(bucket, b""), _pack(key, day, article)
        kept = b"".join(p for p in _split(held) if p != gone)
        if kept != held:
            self._buckets[bucket] = kept
            self._changed.add(bucket)

    def write(self, article: int) -> None:
        """Write what has changed; `article`, the one just entered, sets the times at which the index grows."""
        _write(self._connection, {bucket: self._buckets[bucket] for bucket in self._changed})
        self._changed.clear()
        if article % _EVERY == 0 and self._load() > LOAD:
            _grow(self._connection, self._count)

    def _of(self, key: int) -> list[bytes]:
        """Day and article of each posting under a key."""
        held, mark = self._buckets.get(self._at[key], b""), _mark(key)
        found = []
        at = held.find(mark)
        while at >= 0:
            if at % _POSTING == 0:
                found.append(held[at + _MARK : at + _POSTING])
                at = held.find(mark, at + _POSTING)
            else:
                at = held.find(mark, at + 1)
        return found

    def _load(self) -> float:
        """Postings a bucket, by the buckets read: keys are hashes, so these are a sample of all.

        The bucket of a formula counts as twice full, or it would make the whole index grow.
        """
        read = set(self._at.values())
        sizes = (min(2 * LOAD, len(self._buckets.get(b, b"")) // _POSTING) for b in read)
        return sum(sizes) / len(read) if read else 0.0


def _period(posting: bytes) -> int:
    return int.from_bytes(posting[:_DAY], "big") // WINDOW_DAYS


def _mark(key: int) -> bytes:
    return (key >> _IMPLIED).to_bytes(_MARK, "big")


def _pack(key: int, day: int, article: int) -> bytes:
    return _mark(key) + day.to_bytes(_DAY, "big") + article.to_bytes(_ARTICLE, "big")


def _split(postings: bytes) -> Iterator[bytes]:
    return (postings[i : i + _POSTING] for i in range(0, len(postings), _POSTING))


def _bucket_of(key: int, count: int) -> int:
    """The bucket of a key among `count`: its low bits, one fewer where that bucket is not made yet.

    >>> [_bucket_of(key, 320) for key in (5, 256 + 5, 512 + 5, 256 + 100)]
    [5, 261, 5, 100]
    """
    span = 1 << count.bit_length()
    bucket = key & (span - 1)
    return bucket if bucket < count else bucket - span // 2


def _grow(connection: sa.Connection, count: int) -> None:
    """Split the next `_STEP` buckets: each gives the postings with one more bit set to a new bucket."""
    level = count.bit_length() - 1
    first = count - (1 << level)
    byte, bit = _MARK - 1 - (level - _IMPLIED) // 8, 1 << (level - _IMPLIED) % 8
    parted: dict[int, bytes] = {}
    for bucket, postings in _read(connection, range(first, first + _STEP)).items():
        stay: list[bytes] = []
        move: list[bytes] = []
        for posting in _split(postings):
            (move if posting[byte] & bit else stay).append(posting)
        parted[bucket] = b"".join(stay)
        parted[bucket + (1 << level)] = b"".join(move)
    _write(connection, parted)
    connection.execute(sa.delete(story_index))
    connection.execute(sa.insert(story_index), {"buckets": count + _STEP})


_COUNT = sa.select(story_index.c.buckets)


def _bucket_count(connection: sa.Connection) -> int:
    return connection.scalar(_COUNT) or FIRST_BUCKETS


@cache
def _select(dialect: str, buckets: int) -> str:
    """Plain SQL: expanding forty values of an IN list costs SQLAlchemy more than the look-up costs SQLite."""
    columns = f"SELECT bucket, postings FROM {story_bucket.name} WHERE bucket "
    return columns + ("= ANY(%s)" if dialect == "postgresql" else f"IN ({', '.join('?' * buckets)})")


def _read(connection: sa.Connection, buckets: Collection[int]) -> dict[int, bytes]:
    """Bucket → its postings; one that was never written is empty and missing."""
    if not buckets:
        return {}
    ids = sorted(buckets)
    dialect = connection.dialect.name
    rows = connection.exec_driver_sql(
        _select(dialect, len(ids)), (ids,) if dialect == "postgresql" else tuple(ids)
    )
    return {bucket: bytes(postings) for bucket, postings in rows}


_CONFLICT = " ON CONFLICT (bucket) DO UPDATE SET postings = excluded.postings"
_INTO = f"INSERT INTO {story_bucket.name} (bucket, postings) "


def _write(connection: sa.Connection, postings: Mapping[int, bytes]) -> None:
    """All buckets in one statement, in the order of their numbers."""
    if not postings:
        return
    ids = sorted(postings)
    if connection.dialect.name == "postgresql":
        statement = _INTO + "SELECT * FROM unnest(%s::integer[], %s::bytea[])" + _CONFLICT
        connection.exec_driver_sql(statement, (ids, [postings[i] for i in ids]))
    else:
        statement = _INTO + "VALUES (?, ?)" + _CONFLICT
        connection.exec_driver_sql(statement, [(i, postings[i]) for i in ids])


assert KEY_BITS == 8 * _MARK + _IMPLIED
