"""The story index of one file of articles: SQLite on disk, for any number of articles in little memory.

It answers `crawler.story.similar.StoryIndex` as the store's tables do. It holds derived data only, thrown away
with its folder, so it is written without a journal; texts stay in the file they came from.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Self

from crawler.story.fingerprint import Fingerprint, Sketch
from crawler.story.similar import POSTINGS, WINDOW_DAYS, SimilarCandidate

_UNDATED = 0
"""The day of an article without a date; ordinals of real days begin at 1."""
_PENDING_ROWS = 200_000
"""Index rows held in memory until they are written in key order: about 40 MB, 8,000 articles."""
_PAGE_CACHE_KIB = 96 * 1024
"""SQLite's own page cache: the inner pages of a million articles' index."""
_PRAGMAS = (
    "journal_mode = OFF",
    "synchronous = OFF",
    "locking_mode = EXCLUSIVE",
    "page_size = 8192",
    f"cache_size = -{_PAGE_CACHE_KIB}",
)
_POSTINGS_SQL = "SELECT article FROM key WHERE key = ? AND day BETWEEN ? AND ? LIMIT ?"
_SKETCH_CACHE = 4096
_NEVER = 1 << 31
"""Later than every day and every minute."""
_WHOLE_POSTINGS = 4
"""Articles looked at that carry the very same prose: they are all of one story, one would do."""


@dataclass(frozen=True, slots=True)
class FileLine:
    """One article of the file as it enters the index."""

    id: str
    fingerprint: Fingerprint
    minute: int | None
    """Time of publication in minutes since 1970, None where it is unknown."""
    agency: bool
    offset: int
    """Where its line begins in the file, in bytes."""


def lead_rank(minute: int | None, *, agency: bool) -> tuple[int, bool]:
    """Sorts the articles of a story: the earliest leads, an agency's on a tie; unknown dates come last."""
    return (_NEVER if minute is None else minute, not agency)


class FileIndex:
    """Articles are numbered 0, 1, 2 … in the order in which they are added; a context manager.

    Kept in memory are some 40 bytes an article, the rows not yet written and SQLite's page cache.
    """

    def __init__(self, database: Path, articles: Path) -> None:
        self._articles = articles.open("rb")
        self._db = sqlite3.connect(database, isolation_level=None)
        for pragma in _PRAGMAS:
            self._db.execute(f"PRAGMA {pragma}")
        self._db.execute(
            "CREATE TABLE key (key INTEGER, day INTEGER, article INTEGER, PRIMARY KEY (key, day, article))"
            " WITHOUT ROWID"
        )
        self._db.execute("CREATE TABLE article (article INTEGER PRIMARY KEY, id TEXT, sketch BLOB)")
        self._keys: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self._rows = 0
        self._entries: dict[int, tuple[str, Sketch]] = {}
        self._read_sketch = lru_cache(_SKETCH_CACHE)(self._sketch_on_disk)
        self._undated = False
        self._parents = array("l")
        self._days = array("l")
        self._minutes = array("q")
        self._offsets = array("q")
        self._agency = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the index; its database file is the caller's to remove."""
        self._db.close()
        self._articles.close()

    def __len__(self) -> int:
        return len(self._parents)

    # What `place` asks.

    def candidates(self, fingerprint: Fingerprint) -> Iterator[SimilarCandidate]:
        """The articles that share a key with `fingerprint`: see `StoryIndex.candidates`."""
        day = fingerprint.day
        window = (_UNDATED, _NEVER) if day is None else (day - WINDOW_DAYS, day + WINDOW_DAYS)
        shared: dict[int, list[int]] = defaultdict(list)
        for key in (*fingerprint.keys, *fingerprint.bands):
            for article in self._postings(key, window, POSTINGS):
                shared[article].append(key)
        if (whole := fingerprint.whole) is not None:
            for article in self._postings(whole, (_UNDATED, _NEVER), _WHOLE_POSTINGS):
                shared[article].append(whole)
        for article, keys in shared.items():
            yield SimilarCandidate(article, self.story(article), self._days[article] or None, keys)

    def _postings(self, key: int, window: tuple[int, int], limit: int) -> list[int]:
        found = [row[0] for row in self._db.execute(_POSTINGS_SQL, (key, *window, limit))]
        if self._undated and window[0] > _UNDATED:
            found += [row[0] for row in self._db.execute(_POSTINGS_SQL, (key, _UNDATED, _UNDATED, limit))]
        if pending := self._keys.get(key):
            since, until = window
            found += [n for day, n in pending if day == _UNDATED or since <= day <= until][:limit]
        return found

    def sketch(self, article: int) -> Sketch:
        """The sketch of an article of the index."""
        entry = self._entries.get(article)
        return entry[1] if entry else self._read_sketch(article)

    def _sketch_on_disk(self, article: int) -> Sketch:
        (blob,) = self._db.execute("SELECT sketch FROM article WHERE article = ?", (article,)).fetchone()
        return Sketch.from_bytes(blob)

    def text(self, article: int) -> str:
        """The text of an article, read again from its line of the file."""
        return self.text_at(self._offsets[article])

    def text_at(self, offset: int) -> str:
        """The text of the line that begins at `offset`."""
        self._articles.seek(offset)
        return str(json.loads(self._articles.readline())["text"])

    def story(self, article: int) -> int:
        """The story of an article: the number of one of its articles; another one after a merge."""
        parents = self._parents
        while parents[article] != article:
            parents[article] = parents[parents[article]]
            article = parents[article]
        return article

    # How it grows.

    def add(self, entry: FileLine, stories: Iterable[int]) -> int:
        """Adds an article to `stories`, which become one; returns its number."""
        number = len(self._parents)
        print_ = entry.fingerprint
        self._parents.append(number)
        self._days.append(day := _UNDATED if print_.day is None else print_.day)
        self._minutes.append(_NEVER if entry.minute is None else entry.minute)
        self._offsets.append(entry.offset)
        self._agency.append(entry.agency)
        self._undated = self._undated or print_.day is None
        self._entries[number] = (entry.id, print_.sketch)
        for key in print_.rows:
            self._keys[key].append((day, number))
        self._rows += len(print_.rows)
        for story in stories:
            self._parents[self.story(story)] = self.story(number)
        if self._rows >= _PENDING_ROWS:
            self._write()
        return number

    def _write(self) -> None:
        """Writes what waits, in key order: SQLite then touches each page of the index once."""
        rows = [(key, day, n) for key in sorted(self._keys) for day, n in sorted(self._keys[key])]
        entries = [(n, id_, bytes(sketch)) for n, (id_, sketch) in self._entries.items()]
        self._db.execute("BEGIN")
        self._db.executemany("INSERT INTO key VALUES (?, ?, ?)", rows)
        self._db.executemany("INSERT INTO article VALUES (?, ?, ?)", entries)
        self._db.execute("COMMIT")
        self._keys.clear()
        self._entries.clear()
        self._rows = 0

    # What comes out.

    def stories(self) -> Iterator[tuple[str, str]]:
        """Every article in order with the id of its story's lead: the earliest, an agency's on a tie."""
        self._write()
        leads = self._leads()
        for number, id_ in self._db.execute("SELECT article, id FROM article ORDER BY article"):
            lead = leads[self.story(number)]
            yield id_, id_ if lead == number else self._id(lead)

    def _leads(self) -> array[int]:
        """The lead article of each story, at the story's number."""
        leads = array("l", range(len(self)))
        for number in range(len(self)):
            story = self.story(number)
            if self._before(number, leads[story]):
                leads[story] = number
        return leads

    def _before(self, a: int, b: int) -> bool:
        if a == b:
            return False
        left, right = (lead_rank(self._minutes[n], agency=bool(self._agency[n])) for n in (a, b))
        return left < right if left != right else (self._id(a), a) < (self._id(b), b)

    def _id(self, article: int) -> str:
        (id_,) = self._db.execute("SELECT id FROM article WHERE article = ?", (article,)).fetchone()
        return str(id_)
