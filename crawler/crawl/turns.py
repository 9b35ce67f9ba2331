"""Whose turn it is: no source is crawled by two processes at once, whoever started them.

A crawl keeps a file of the data folder locked for each of its sources. The lock ends with its process, however that
ended, so nothing has to be tidied up.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from crawler.private_files import private_folder

_FOLDER = "turns"
_TRIES, _PAUSE_SECONDS = 5, 0.05
"""Who only asks holds a lock for a moment, and keeps no crawl from its turn."""


@dataclass(slots=True)
class Turns:
    """The turns that this process has taken."""

    data: Path
    _held: dict[str, int] = field(default_factory=dict)

    def take(self, sources: Iterable[str]) -> set[str]:
        """Take the turns of these sources; those that another process has are not among the answer."""
        return {source for source in sources if source in self._held or self._takes(source)}

    def give_back(self) -> None:
        """Let others have them."""
        for descriptor in self._held.values():
            os.close(descriptor)
        self._held.clear()

    def _takes(self, source: str) -> bool:
        descriptor = os.open(private_folder(self.data / _FOLDER) / source, os.O_RDWR | os.O_CREAT, 0o600)
        for attempt in range(_TRIES):
            time.sleep(_PAUSE_SECONDS if attempt else 0)
            if _locks(descriptor, fcntl.LOCK_EX):
                self._held[source] = descriptor
                return True
        os.close(descriptor)
        return False


def is_taken(data: Path, source: str) -> bool:
    """Whether a process crawls the source now."""
    try:
        descriptor = os.open(data / _FOLDER / source, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        return not _locks(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _locks(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
