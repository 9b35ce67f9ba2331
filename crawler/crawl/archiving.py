"""The archive in a crawl: answers are written in a thread before anybody reads them; their rows go into the store.

1. The download handler hands in what was asked and what came (`keep`), and waits for the write: what the store says of
   a page stands in a file by then.
2. The row of an article's page goes into the article's own transaction (`crawler.store.captures.enter`). One that ends
   otherwise gets its disposition (`ended`); it and every other answer's row are written together (`flush`).
3. At the first answer the files that a killed process left are mended, and their answers without a row get one.
4. A disk that takes nothing more ends the archive of this crawl, and not the crawl.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from crawler import __version__
from crawler.archive.pruning import Limits, prune
from crawler.archive.reader import ArchiveBroken, answers, captured
from crawler.archive.record import Exchange
from crawler.archive.writer import ArchiveWriter, WarcFile, begun, names_in
from crawler.messages import system_reason
from crawler.store import captures
from crawler.store.captures import Capture
from crawler.store.database import why_unusable

if TYPE_CHECKING:
    from crawler.store.database import Engine

logger = logging.getLogger(__name__)

Keep = Literal["all", "articles", "off"]
TOGETHER = 64
"""Rows of answers that are written at once."""
SECONDS = 5.0
"""The longest a row waits; after a kill it is made anew out of the file."""
_NOT_INDEXED = "chưa ghi được mục lục kho lưu trang / the index of the archive was not written"
REMEMBERED = 4096
"""Payloads of this crawl whose place is known without asking the store."""


class Archiving:
    """One for each process, made with it; nothing is opened before the first answer."""

    def __init__(
        self,
        engine: Engine,
        folder: Path,
        *,
        keep: Keep,
        limits: Limits,
        info: Mapping[str, str],
        clock: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._folder = folder
        self._keep = keep
        self._limits = limits
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="archive")
        self._writer = ArchiveWriter(folder, info=info, first_with=self._first_with)
        self._begun = False
        self._ended = keep == "off"
        self._files: set[str] = set()
        """Those of this process that the store knows."""
        self._seen: dict[str, Capture] = {}
        self._read: dict[tuple[str, int], Capture] = {}
        """Pages of articles that the stages have in hand, by their places."""
        self._waiting: list[tuple[Capture, str | None]] = []
        """Answers without a row, each with the link that led to it."""
        self._entered: dict[str, int] = {}
        """Answers of each file that have their rows, and are not counted in it."""
        self._timer: asyncio.TimerHandle | None = None

    def wants(self, read_as: str | None) -> bool:
        """Whether an answer is kept; `read_as` is what was asked for, `article` for the page of one."""
        return not self._ended and (self._keep == "all" or read_as == "article")

    async def keep(self, exchange: Exchange, read_as: str | None, *, fresh: bool | None) -> Capture | None:
        """Write an exchange; where it stands, or None where nothing can be written any more."""
        if not self._begun:
            self.begin()
        try:
            written = await asyncio.get_running_loop().run_in_executor(self._thread, self._written, exchange)
        except OSError as error:
            self._give_up(error)
            return None
        if written is None:
            return None
        if written.file not in self._files:
            captures.add_file(self._engine, written.file, started=begun(written.file) or written.at)
            self._files.add(written.file)
        if read_as == "article" and exchange.status == 200:
            one = replace(written, fresh=fresh)
            self._read[one.place] = one
            return one
        self._enter_later(
            replace(written, read_as=None if read_as == "article" else read_as, fresh=fresh), None
        )
        return written

    def ended(self, page: Capture | None, read_as: str, link: str) -> None:
        """The page of an article has ended without a transaction of its own, under this disposition."""
        if page is not None and self._read.pop(page.place, None) is not None:
            self._enter_later(replace(page, read_as=read_as), link)

    def committed(self, page: Capture | None) -> None:
        """The page's row is in the store, with its article."""
        if page is not None and self._read.pop(page.place, None) is not None:
            self._entered[page.file] = self._entered.get(page.file, 0) + 1

    def begin(self) -> None:
        """Mend what a killed process left, and go on with a file that has room. Raises what the store raises."""
        self._begun = True
        now = self._clock()
        known = {one.name: one for one in captures.files(self._engine)}
        for name in reversed(names_in(self._folder)):
            row = known.get(name)
            whole = row is not None and row.bytes == _size(self._folder / name)
            if whole and self._writer.file is not None:
                continue
            file = WarcFile.take(self._folder / name)
            if file is None:
                continue
            if not whole:
                mend(self._engine, file, row.bytes if row is not None else 0)
            if self._writer.go_on(file, now):
                self._files.add(name)
            else:
                file.close()

    def flush(self) -> None:
        """Write the rows that wait. Raises what the store raises."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, []
        try:
            captures.enter_apart(self._engine, [one for one, _ in waiting], [link for _, link in waiting])
        except Exception:
            self._waiting = waiting + self._waiting
            raise
        for one, _ in waiting:
            self._entered[one.file] = self._entered.get(one.file, 0) + 1
        entered, self._entered = self._entered, {}
        for name, more in sorted(entered.items()):
            captures.reached(self._engine, name, self._sound_end(name), more=more, last=self._clock())

    def close(self) -> None:
        """Write what waits, pages that nobody came to read too; drop what is over the limits; give the file back."""
        try:
            if self._begun:
                self._waiting += [(one, None) for one in self._read.values()]
                self._read.clear()
                self.flush()
        except Exception as error:
            if (why := why_unusable(error)) is None:
                raise
            # Their rows are made anew out of the files when the next crawl begins.
            logger.warning("%s: %s", _NOT_INDEXED, why)
        else:
            if self._begun:
                prune(self._engine, self._folder, self._limits, now=self._clock(), keep=self._open_name())
        finally:
            self._ended = True
            self._thread.shutdown()
            self._writer.close()

    def _open_name(self) -> str | None:
        return self._writer.file.path.name if self._writer.file is not None else None

    def _written(self, exchange: Exchange) -> Capture | None:
        """In the thread."""
        if self._ended:
            return None
        written = self._writer.keep(exchange)
        if exchange.body and not written.revisit and not exchange.truncated:
            self._seen[written.digest] = written
            if len(self._seen) > REMEMBERED:
                del self._seen[next(iter(self._seen))]
        return written

    def _first_with(self, digest: str) -> Capture | None:
        return self._seen.get(digest) or captures.first_with(self._engine, digest)

    def _give_up(self, error: OSError) -> None:
        if not self._ended:
            self._ended = True
            logger.error(
                "%s: không ghi được nữa, lượt này thôi lưu trang / pages are not kept any more: %s",
                self._folder, system_reason(error),
            )  # fmt: skip

    def _enter_later(self, one: Capture, link: str | None) -> None:
        self._waiting.append((one, link))
        if len(self._waiting) >= TOGETHER:
            self._flush_if_possible()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SECONDS, self._flush_if_possible)

    def _flush_if_possible(self) -> None:
        """A store that takes nothing ends the crawl by other hands; what waits here is then in the files alone."""
        try:
            self.flush()
        except Exception as error:
            if (why := why_unusable(error)) is None:
                raise
            logger.warning("%s: %s", _NOT_INDEXED, why)

    def _sound_end(self, name: str) -> int:
        """Up to where every answer of a file has its row."""
        without = [one.offset for one in self._read.values() if one.file == name]
        file = self._writer.file
        size = file.end if file is not None and file.path.name == name else _size(self._folder / name)
        return min([*without, size])


def mend(engine: Engine, file: WarcFile, sound: int) -> None:
    """Bring a left file and the store together: broken records are cut off, whole ones without a row get one."""
    name = file.path.name
    captures.add_file(engine, name, started=begun(name) or datetime.fromtimestamp(0).astimezone())
    done = file.mend(sound)
    start = sound if sound <= done.end else 0
    found = list(_found(file.path, start))
    captures.enter_apart(engine, found, [None] * len(found))
    captures.mended(engine, name, done.end)
    if done.cut or found:
        logger.warning(
            "%s: tiến trình trước bị ngắt: bỏ %d byte dở dang, %d trang vào lại mục lục / "
            "left by a killed process: %d broken bytes cut off, %d answers indexed again",
            name, done.cut, len(found), done.cut, len(found),
        )  # fmt: skip


def _found(path: Path, start: int) -> Iterator[Capture]:
    """The answers of a file from `start` on, up to one that no tool can read."""
    try:
        for offset, length, page in answers(path, start):
            yield captured(path.name, offset, length, page)
    except ArchiveBroken as error:
        logger.error("%s", error)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def info_of(agent: str, contact: str | None) -> dict[str, str]:
    """What the first record of a file says of who made it."""
    return {
        "software": f"diemtin/{__version__}",
        "format": "WARC File Format 1.1",
        "conformsTo": "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "operator": contact or "unknown",
        "http-header-user-agent": agent,
        "robots": "obey",
    }
