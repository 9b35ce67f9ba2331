"""The near-duplicate index: under each key of a fingerprint the articles that carry it, packed into buckets.

A row for each posting would cost PostgreSQL some 100 bytes (tuple header, index entry, half-empty pages) and an
article 2.8 KB; packed, a posting takes 12 bytes. The buckets grow by linear hashing: a key's bucket follows
from the key and the number of buckets, so a look-up reads one row a key, at any size; growth splits the next
buckets in turn and never stops to rebuild. All of it happens inside the caller's transaction, and only one
transaction at a time may write (`crawler.store.stories.take_turn`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from math import ceil
from typing import Any

import sqlalchemy as sa

from crawler.store.schema import story_bucket
from crawler.story.fingerprint import KEY_BITS
from crawler.story.similar import WINDOW_DAYS

FIRST_BUCKETS = 256
"""Buckets of an empty index. Their number is a bucket's low bits, so `_IMPLIED` bits of a key need no place."""
LOAD = 32
"""Postings a bucket holds on average: fewer cost more rows, more cost more bytes read and written again."""
PER_PERIOD = 16
"""Articles entered under one key for each `WINDOW_DAYS` days. More carry it only when it is a formula, or one
huge story, of which any will do; without a bound the bucket of a formula would grow with the store."""
_COUNT = -1
"""The row that says how many buckets there are; missing as long as there are `FIRST_BUCKETS`."""
_COUNT_KNOWN = "diemtin_story_buckets"
"""Where a connection remembers that number, so that most look-ups are one statement."""
_STEP = 64
"""Buckets split at once, a divisor of `FIRST_BUCKETS`."""
_EVERY = 16
"""Articles between two looks at the load: at most 4 buckets an article, twice what long features need."""
_SAMPLE = 256
"""Buckets looked at to tell the load."""
_IMPLIED = 8
_MARK, _DAY, _ARTICLE = 5, 3, 4
"""Bytes of a posting, big-endian: the key without its implied bits, the day (0: none), the article."""
_POSTING = _MARK + _DAY + _ARTICLE
UNDATED = 0
"""The day of an article without a date; ordinals of real days begin at 1."""


class Postings:
    """What the index holds under some keys, read once for all of them; look-ups and changes until `write`."""

    def __init__(self, connection: sa.Connection, keys: Iterable[int]) -> None:
        self._connection = connection
        self._marks = {key: (key >> _IMPLIED).to_bytes(_MARK, "big") for key in keys}
        self._count = int(connection.info.get(_COUNT_KNOWN, FIRST_BUCKETS))
        self._held = self._read()
        count = int.from_bytes(self._held.get(_COUNT, b""), "big") or FIRST_BUCKETS
        if (
            count != self._count
        ):  # it has grown, or a growth was rolled back, since this connection last looked
            self._count = connection.info[_COUNT_KNOWN] = count
            self._held = self._read()
        self._under: dict[int, list[bytes]] = {}
        """Day and article of each posting under the keys asked for so far, entered ones included."""
        self._added: dict[int, list[bytes]] = {}
        self._cut: dict[int, bytes] = {}
        self._looks = 0
        """Articles entered since then whose number says that it is time to look at the load."""

    def _read(self) -> dict[int, bytes]:
        self._at = _buckets_of(self._marks, self._count)
        return _find(self._connection, [(bucket, self._marks[key]) for key, bucket in self._at.items()])

    def under(self, key: int, first: int, last: int, limit: int) -> list[int]:
        """At most `limit` articles under a key from these days or undated: earliest first, then by number."""
        held = self._of(key)
        if not held:
            return []
        since, until = first.to_bytes(_DAY, "big"), last.to_bytes(_DAY, "big")
        none = bytes(_DAY)
        found = [p for p in held if since <= p[:_DAY] <= until or p[:_DAY] == none]
        if len(found) > 1:
            found.sort()
        return [int.from_bytes(posting[_DAY:], "big") for posting in found[:limit]]

    def enter(self, keys: Iterable[int], day: int, article: int) -> None:
        """Add an article under these keys, but for those under which enough of its time are."""
        posting = day.to_bytes(_DAY, "big") + article.to_bytes(_ARTICLE, "big")
        for key in keys:
            held = self._of(key)
            if len(held) >= PER_PERIOD and sum(_period(p) == day // WINDOW_DAYS for p in held) >= PER_PERIOD:
                continue
            held.append(posting)
            self._added.setdefault(self._at[key], []).append(self._marks[key] + posting)
        self._looks += article % _EVERY == 0

    def remove(self, key: int, day: int, article: int) -> None:
        """Take an article away from under a key; nothing where it is not there."""
        bucket = self._at[key]
        held = self._held.get(bucket, b"")
        gone = self._marks[key] + day.to_bytes(_DAY, "big") + article.to_bytes(_ARTICLE, "big")
        kept = b"".join(p for p in _split(held) if p != gone)
        if kept != held:
            self._held[bucket] = self._cut[bucket] = kept
            self._under.pop(key, None)

    def write(self) -> None:
        """Write what has changed, and let the index grow where it is time; the last thing that is asked of these."""
        _write(self._connection, self._cut)
        _append(self._connection, {bucket: b"".join(more) for bucket, more in self._added.items()})
        if self._looks:
            sample = sorted(set(self._at.values()))[:: max(1, len(self._at) // _SAMPLE)]
            excess = (_load(self._connection, sample) - LOAD) * self._count
            for step in range(min(self._looks, ceil(excess / (max(1, LOAD) * _STEP)))):
                _grow(self._connection, self._count + step * _STEP)
        self._added, self._cut, self._looks = {}, {}, 0

    def _of(self, key: int) -> list[bytes]:
        """Day and article of each posting under a key."""
        known = self._under.get(key)
        if known is not None:
            return known
        found = self._under[key] = []
        if not (held := self._held.get(self._at[key])):
            return found
        mark = self._marks[key]
        at = held.find(mark)
        while at >= 0:
            if at % _POSTING == 0:
                found.append(held[at + _MARK : at + _POSTING])
                at = held.find(mark, at + _POSTING)
            else:
                at = held.find(mark, at + 1)
        return found


def _period(posting: bytes) -> int:
    return int.from_bytes(posting[:_DAY], "big") // WINDOW_DAYS


def _split(postings: bytes) -> Iterator[bytes]:
    return (postings[i : i + _POSTING] for i in range(0, len(postings), _POSTING))


def _buckets_of(keys: Iterable[int], count: int) -> dict[int, int]:
    """Key → its bucket among `count`: its low bits, one fewer where that bucket is not made yet.

    >>> _buckets_of((5, 256 + 5, 512 + 5, 256 + 100), 320)
    {5: 5, 261: 261, 517: 5, 356: 100}
    """
    half = 1 << count.bit_length() - 1
    low = 2 * half - 1
    return {key: bucket if (bucket := key & low) < count else bucket - half for key in keys}


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
    parted[_COUNT] = (count + _STEP).to_bytes(4, "big")
    _write(connection, parted)
    if connection.dialect.name == "postgresql" and (count + _STEP).bit_count() == 1:
        # A plan made while the table was small, and kept, reads all of it; new statistics make it anew.
        connection.exec_driver_sql(f"ANALYZE {_TABLE}")


# Plain SQL and whole arrays: expanding an IN list costs SQLAlchemy more than the look-up costs the database.
_TABLE = story_bucket.name


def _find(connection: sa.Connection, asked: Iterable[tuple[int, bytes]]) -> dict[int, bytes]:
    """Of the buckets asked for with a mark those that may hold postings with it, and the row of the count."""
    if connection.dialect.name == "sqlite":
        return _read(connection, {_COUNT, *[bucket for bucket, _ in asked]})
    # A bucket is fetched only where the key's mark stands in it: nineteen of twenty would come for nothing.
    # An empty mark stands in every row.
    # In the order of the buckets, which is about that of their pages.
    marks = [(_COUNT, b""), *sorted(asked)]
    statement = (
        f"SELECT b.bucket, b.postings FROM unnest(%s::integer[], %s::bytea[]) AS asked (bucket, mark)"
        f" JOIN {_TABLE} AS b ON b.bucket = asked.bucket WHERE position(asked.mark IN b.postings) > 0"
    )
    values = ([bucket for bucket, _ in marks], [mark for _, mark in marks])
    rows: Sequence[Any] = connection.exec_driver_sql(statement, values).all()
    return dict(rows)


def _read(connection: sa.Connection, buckets: Collection[int]) -> dict[int, bytes]:
    """Bucket → its postings; one that was never written is empty and missing."""
    rows: Sequence[Any] = _of_buckets(connection, "bucket, postings", buckets).all()
    return dict(rows)


def _load(connection: sa.Connection, buckets: Collection[int]) -> float:
    """Postings a bucket, by these: keys are hashes, so the buckets of some keys are a sample of all.

    The bucket of a formula counts as twice full, or it would make the whole index grow.
    """
    sizes = _of_buckets(connection, "length(postings)", buckets).scalars()
    return float(sum(min(2 * LOAD, size // _POSTING) for size in sizes)) / max(1, len(buckets))


def _of_buckets(connection: sa.Connection, columns: str, buckets: Collection[int]) -> sa.CursorResult[Any]:
    ids = sorted(buckets)
    if connection.dialect.name == "postgresql":
        statement, value = "bucket = ANY(%s::integer[])", ids
        return connection.exec_driver_sql(f"SELECT {columns} FROM {_TABLE} WHERE {statement}", (value,))
    statement = "bucket IN (SELECT value FROM json_each(?))"  # one statement for any number of buckets
    return connection.exec_driver_sql(f"SELECT {columns} FROM {_TABLE} WHERE {statement}", (json.dumps(ids),))


def _write(connection: sa.Connection, postings: Mapping[int, bytes]) -> None:
    """Set what these buckets hold."""
    _upsert(connection, postings, "excluded.postings")


_JOINED = f"CAST({_TABLE}.postings || excluded.postings AS {{blob}})"
"""SQLite makes a text of two joined blobs, byte for byte: it is cast back."""


def _append(connection: sa.Connection, postings: Mapping[int, bytes]) -> None:
    """Add to what these buckets hold."""
    _upsert(connection, postings, _JOINED)


_INTO = f"INSERT INTO {_TABLE} (bucket, postings) "
_MANY = _INTO + "SELECT * FROM unnest(%s::integer[], %s::bytea[])"
_CONFLICT = " ON CONFLICT (bucket) DO UPDATE SET postings = "


def _upsert(connection: sa.Connection, postings: Mapping[int, bytes], value: str) -> None:
    """One statement, in the order of the buckets' numbers."""
    if not postings:
        return
    ids = sorted(postings)
    if connection.dialect.name == "postgresql":
        statement = _MANY + _CONFLICT + value.format(blob="bytea")
        connection.exec_driver_sql(statement, (ids, [postings[i] for i in ids]))
    else:
        statement = _INTO + "VALUES (?, ?)" + _CONFLICT + value.format(blob="BLOB")
        connection.exec_driver_sql(statement, [(i, postings[i]) for i in ids])


assert KEY_BITS == 8 * _MARK + _IMPLIED
