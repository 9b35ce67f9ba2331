"""Stored articles read again by today's reader, out of the archive or out of WARC files, in the worker processes.

1. Articles come in the order of their numbers, so many at once (`CHUNK`); a worker takes the page and reads it.
2. What is the same is noted as read by today's reader; what differs is counted by field. A dry run does no more.
3. With `write` each differing article gets a version of its own transaction, marked as reread; nobody is told.
4. After each chunk the last number is remembered in the data folder. A run that was killed goes on behind it.
"""

from __future__ import annotations

import asyncio
import heapq
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from crawler.archive.reader import ArchiveBroken, answers, captured, page_at
from crawler.article import Article, NoArticle, Page
from crawler.crawl import tasks
from crawler.crawl.workers import TaskFailed, WorkerLost
from crawler.private_files import private_file
from crawler.reading.differences import FieldDifference, Part, diff_lines, differences, with_only
from crawler.source import Source
from crawler.store import rereading
from crawler.store.captures import Capture
from crawler.store.rereading import StoredReading, Wanted
from crawler.story.fingerprint import Fingerprint
from crawler.urls import canonical_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crawler.crawl.worker_pool import WorkerPool
    from crawler.store.database import Engine

CHUNK = 64
"""Articles that are read at a time; after a kill at most so many are read once more."""
SLACK = timedelta(hours=1)
"""A page is fetched before its text is stored; one that is older by more than this is of an earlier text."""
SHOWN = 20
"""The largest differences that are kept for a person."""
Only = Literal["reader", "dates", "annotations"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a worker needs to read one article again."""

    folder: Path
    place: Capture | None
    """None: its annotations alone are made anew."""
    holder: Capture | None
    old: Article
    page: Page | None
    """The page without its body."""
    section: str | None
    kept: bool


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """An article as it is read today."""

    read: Article
    key: str
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class Difference:
    """An article that is read otherwise today."""

    id: int
    url: str
    title: str
    fields: tuple[FieldDifference, ...]
    diff: tuple[str, ...]

    @property
    def size(self) -> int:
        """Characters that differ, over all fields."""
        return sum(one.size for one in self.fields)


@dataclass
class Rereading:
    """What was found until now."""

    seen: int = 0
    same: int = 0
    changed: int = 0
    written: int = 0
    without_page: int = 0
    """There is no page of these, or only one of before the newspaper edited them."""
    no_article: Counter[str] = field(default_factory=Counter)
    """Today's reader finds no article on the page: by disposition. They stay as they are."""
    unread: Counter[str] = field(default_factory=Counter)
    """By why."""
    overtaken: int = 0
    """They were edited meanwhile."""
    fields: Counter[str] = field(default_factory=Counter)
    _largest: list[tuple[int, int, Difference]] = field(default_factory=list)

    def note(self, one: Difference) -> None:
        """Count a difference."""
        self.changed += 1
        self.fields.update(d.field for d in one.fields)
        heapq.heappush(self._largest, (one.size, -one.id, one))
        if len(self._largest) > SHOWN:
            heapq.heappop(self._largest)

    @property
    def largest(self) -> list[Difference]:
        """The largest differences, the largest first."""
        return [one for _, _, one in sorted(self._largest, key=lambda item: (-item[0], -item[1]))]


def read_again(asked: Asked) -> ReadAgain | NoArticle | str:
    """In a worker: the article as it is read today, why it is none, or why its page cannot be had."""
    if asked.place is None:
        read: Article | NoArticle = asked.old
    else:
        holder = asked.holder
        try:
            kept = page_at(asked.folder, asked.place, lambda digest: holder)
            body = kept.body
        except ArchiveBroken as error:
            return str(error).partition(": ")[2]
        assert asked.page is not None
        page = replace(asked.page, body=body, content_type=kept.header("content-type"))
        read = tasks.clean(page, asked.section)
    if isinstance(read, NoArticle):
        return read
    read = read.noted(annotations=tasks.classify(read, kept=asked.kept))
    key, fingerprint = tasks.likeness(read)
    return ReadAgain(read, key, fingerprint)


@dataclass(frozen=True)
class Rereader:
    """What a run of `diemtin reread` works with."""

    engine: Engine
    pool: WorkerPool
    registry: Mapping[str, Source]
    folder: Path
    clock: Callable[[], datetime]
    only: Only | None
    write: bool
    found: Rereading

    async def chunk(self, stored: Sequence[StoredReading]) -> None:
        """Read these again; count, and write where that is wanted."""
        answers = await asyncio.gather(*(self._ask(one) for one in stored))
        same = []
        for old, answer in zip(stored, answers, strict=True):
            self.found.seen += 1
            if isinstance(answer, ReadAgain):
                if self._compared(old, answer):
                    same.append(old)
            elif isinstance(answer, NoArticle):
                self.found.no_article[answer.disposition.reason] += 1
            elif answer is not None:
                self.found.unread[answer] += 1
        if self.write and self.only in (None, "reader"):
            rereading.note_same(self.engine, same)

    async def _ask(self, old: StoredReading) -> ReadAgain | NoArticle | str | None:
        if self.only != "annotations" and (old.page is None or old.page.at < old.text_since - SLACK):
            self.found.without_page += 1
            return None
        try:
            return await self.pool.call(read_again, _asked(old, self.folder, self.only))
        except (TaskFailed, WorkerLost) as error:
            return str(error)

    def _compared(self, old: StoredReading, new: ReadAgain) -> bool:
        """Whether nothing differs; what does is counted and, if wanted, written."""
        part: Part | None = self.only if self.only in ("dates", "annotations") else None
        read = with_only(old.read, new.read, part) if part is not None else new.read
        found = differences(old.read, read)
        if not found:
            self.found.same += 1
            return True
        diff = tuple(diff_lines(old.read, read))
        self.found.note(Difference(old.id, old.read.url, read.title, found, diff))
        if self.write:
            self._written(old, replace(new, read=read))
        return False

    def _written(self, old: StoredReading, new: ReadAgain) -> None:
        row = self.registry.get(old.source)
        done = rereading.write(
            self.engine, old, new.read, key=new.key, fingerprint=new.fingerprint,
            province=row.province if row is not None else None, now=self.clock(),
        )  # fmt: skip
        self.found.written += done
        self.found.overtaken += not done


async def reread(
    reader: Rereader, wanted: Wanted, *, step: Callable[[int], None], mark: Checkpoint | None
) -> None:
    """All that is wanted, out of the archive; `step` is told of so many more, `mark` remembers how far it came."""
    after = mark.after if mark is not None else 0
    while stored := rereading.batch_of(reader.engine, wanted, after=after, most=CHUNK):
        await reader.chunk(stored)
        after = stored[-1].id
        if mark is not None:
            mark.reached(after)
        step(len(stored))
    if mark is not None:
        mark.done()


async def reread_files(reader: Rereader, files: Sequence[Path], *, step: Callable[[int], None]) -> None:
    """The articles whose pages stand in these WARC files; of one with several pages each counts."""
    for chunk in _chunks(pages_in(files)):
        urls = {url for _, place in chunk for url in _addresses(place, reader.registry)}
        known = rereading.known_by(reader.engine, urls)
        numbered = [
            (next((known[u] for u in _addresses(place, reader.registry) if u in known), None), folder, place)
            for folder, place in chunk
        ]
        stored = rereading.by_numbers(reader.engine, [n for n, _, _ in numbered if n is not None])
        for folder in dict.fromkeys(folder for folder, _ in chunk):
            of_folder = replace(reader, folder=folder)
            pages = {n: place for n, at, place in numbered if n is not None and at == folder}
            await of_folder.chunk([replace(stored[n], page=place) for n, place in sorted(pages.items())])
        step(len(chunk))


def pages_in(files: Sequence[Path]) -> Iterator[tuple[Path, Capture]]:
    """Every answer in full with status 200. Raises ArchiveBroken for a file that cannot be read on."""
    for path in files:
        for offset, length, page in answers(path):
            if page.status == 200 and page.first is None:
                yield path.parent, captured(path.name, offset, length, page)


def _addresses(place: Capture, registry: Mapping[str, Source]) -> tuple[str, ...]:
    own = next((s for s in registry.values() if s.articles.matches(place.url)), None)
    return tuple(dict.fromkeys((place.url, canonical_url(place.url, own))))


def _chunks(pages: Iterator[tuple[Path, Capture]]) -> Iterator[list[tuple[Path, Capture]]]:
    chunk: list[tuple[Path, Capture]] = []
    for one in pages:
        chunk.append(one)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _asked(old: StoredReading, folder: Path, only: Only | None) -> Asked:
    """A first visit knew the link's words, a later look at the same page did not."""
    place = None if only == "annotations" else old.page
    page = None
    if place is not None:
        first = place.read_as in ("stored", "duplicate_kept")
        page = Page(
            url=place.url,
            body=b"",
            fetched=place.at,
            status=place.status,
            source=old.source,
            requested_url=old.asked,
            link_title=old.title if first else None,
            feed_published=old.published,
            fresh=bool(place.fresh),
        )
    return Asked(folder, place, old.holder, old.read, page, old.section, old.kept)


class Checkpoint:
    """How far a run that writes has come: a file in the data folder, which a run of the same kind goes on from."""

    def __init__(self, path: Path, asked: str) -> None:
        """`asked` is what the run was asked for: another one begins anew."""
        self._path = path
        self._asked = asked
        self.after = 0
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
            if known["asked"] == asked:
                self.after = int(known["after"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):  # none, or a kill has cut it short
            self.after = 0

    def reached(self, number: int) -> None:
        """Everything up to this article is in the store."""
        self.after = number
        whole = self._path.with_suffix(".part")
        with private_file(whole) as file:
            file.write(json.dumps({"asked": self._asked, "after": number}).encode())
        whole.replace(self._path)

    def done(self) -> None:
        """The run has come to its end."""
        self._path.unlink(missing_ok=True)
