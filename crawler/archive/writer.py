"""The files of the archive: one writer at a time each, closed at a gigabyte or a day, mended after a kill.

A file is named by the time it was begun and a number (`diemtin-20261121T010000Z-1.warc.gz`), never by its machine. Who
writes it holds a lock on it, which ends with the process, however that ends. What the last writer did not finish is
cut off when the next one takes the file up.
"""

from __future__ import annotations

import fcntl
import os
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from crawler.archive import record
from crawler.archive.record import Exchange
from crawler.private_files import private_folder
from crawler.store.captures import Capture

LARGEST = 1_000_000_000
"""Bytes after which a file is closed."""
LONGEST = timedelta(days=1)
"""Time after which a file is closed."""
_NAME = re.compile(r"diemtin-(\d{8}T\d{6}Z)-(\d+)\.warc\.gz")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Mended:
    """A file that its last writer left behind."""

    end: int
    """Its size, all of it whole records."""
    cut: int
    """Bytes of a broken record that were cut off its end."""


def begun(name: str) -> datetime | None:
    """When a file was begun, by its name; None for a file that is none of ours.

    >>> begun("diemtin-20261121T010000Z-2.warc.gz").isoformat(), begun("CC-NEWS-1.warc.gz")
    ('2026-11-21T01:00:00+00:00', None)
    """
    found = _NAME.fullmatch(name)
    return datetime.strptime(found[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if found else None


def names_in(folder: Path) -> list[str]:
    """Our files in a folder, in their order."""
    if not folder.is_dir():
        return []
    found = [path.name for path in folder.iterdir() if _NAME.fullmatch(path.name)]
    return sorted(found, key=lambda name: (name[:24], len(name), name))


class WarcFile:
    """A file that this process writes, alone."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self.end = os.fstat(descriptor).st_size

    @classmethod
    def take(cls, path: Path) -> WarcFile | None:
        """Take up a file that is there; None while another process writes it, or where it is gone."""
        try:
            descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return None
        if not _locked(descriptor):
            os.close(descriptor)
            return None
        return cls(path, descriptor)

    @classmethod
    def begin(cls, folder: Path, at: datetime, info: Mapping[str, str]) -> WarcFile:
        """A new file, opened by a `warcinfo` record."""
        private_folder(folder)
        stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        number = 1
        while True:
            path = folder / f"diemtin-{stamp}-{number}.warc.gz"
            with suppress(FileExistsError):
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
                if _locked(descriptor):
                    break
                os.close(descriptor)  # a crawl that has just begun is mending what it takes for a left file
            number += 1
        made = cls(path, descriptor)
        made.append(record.warcinfo(info, name=path.name, at=at))
        return made

    def append(self, data: bytes) -> int:
        """Write, whole or not at all; returns where it begins. Raises OSError."""
        start = self.end
        try:
            done = 0
            while done < len(data):
                done += os.pwrite(self._descriptor, data[done:], start + done)
        except OSError:
            os.ftruncate(self._descriptor, start)
            raise
        self.end += len(data)
        return start

    def mend(self, sound: int) -> Mended:
        """Cut off what is no whole record; the bytes before `sound` are known to be."""
        size = self.end
        if size < sound:  # the disk has lost what was written last
            sound = 0
        end = whole_end(self.path, sound)
        if end < size:
            os.ftruncate(self._descriptor, end)
            self.end = end
        return Mended(end, size - end)

    def close(self) -> None:
        """Give it back."""
        os.close(self._descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def whole_end(path: Path, start: int = 0) -> int:
    """Up to where a file is whole gzip members, if it is so up to `start`."""
    with path.open("rb") as file:
        file.seek(start)
        return max(_ends(file.read, start), default=start)


def _ends(read: Callable[[int], bytes], position: int) -> Iterator[int]:
    """Where the whole gzip members end that follow `position`, up to the first that is broken."""
    rest = b""
    while True:
        unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
        while not unpacking.eof:
            data = rest or read(_CHUNK)
            rest = b""
            if not data:
                return
            position += len(data)
            try:
                while data and not unpacking.eof:
                    unpacking.decompress(data, _CHUNK)
                    data = unpacking.unconsumed_tail
            except zlib.error:
                return
        rest = unpacking.unused_data
        position -= len(rest)
        yield position


class ArchiveWriter:
    """Keeps exchanges, one after the other; for one thread."""

    def __init__(
        self,
        folder: Path,
        *,
        info: Mapping[str, str],
        first_with: Callable[[str], Capture | None],
        largest: int = LARGEST,
        longest: timedelta = LONGEST,
    ) -> None:
        """`info` is what a `warcinfo` record says; `first_with` tells which answer holds a payload."""
        self._folder = folder
        self._info = info
        self._first_with = first_with
        self._largest = largest
        self._longest = longest
        self._file: WarcFile | None = None

    def go_on(self, file: WarcFile, at: datetime) -> bool:
        """Write into a file that was taken up, if there is room and time left in it."""
        if self._file is not None or self._is_full(file, at):
            return False
        self._file = file
        return True

    def keep(self, exchange: Exchange) -> Capture:
        """Write an exchange; raises OSError, and has then written nothing."""
        file = self._room(exchange.at)
        digest, answer = exchange.digest, record.record_id()
        first = self._first_with(digest) if exchange.body and not exchange.truncated else None
        if first is None:
            response = record.response_record(exchange, answer, digest)
        else:
            response = record.revisit_record(exchange, answer, digest, (first.url, first.at))
        request = record.request_record(exchange, answer)
        start = file.append(request + response) + len(request)
        return Capture(
            file=file.path.name,
            offset=start,
            length=len(response),
            url=exchange.url,
            at=exchange.at,
            status=exchange.status,
            mime=exchange.mime,
            digest=digest,
            revisit=first is not None,
        )

    @property
    def file(self) -> WarcFile | None:
        """The one that is open."""
        return self._file

    def close(self) -> None:
        """Give the file back; another process may go on with it."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _room(self, at: datetime) -> WarcFile:
        if self._file is not None and self._is_full(self._file, at):
            self.close()
        if self._file is None:
            self._file = WarcFile.begin(self._folder, at, self._info)
        return self._file

    def _is_full(self, file: WarcFile, at: datetime) -> bool:
        since = begun(file.path.name)
        return file.end >= self._largest or since is None or not since <= at < since + self._longest
