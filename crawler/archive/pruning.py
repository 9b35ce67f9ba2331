"""What leaves the archive: whole files, the oldest first, when they are too old or there is too much."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.archive.writer import WarcFile
from crawler.store import captures
from crawler.store.captures import ArchiveFile

if TYPE_CHECKING:
    from crawler.store.database import Engine

logger = logging.getLogger(__name__)
GIGABYTE = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept."""

    days: float | None = None
    """Since a file's last answer; None: for ever."""
    gigabytes: float | None = None
    """Of all files together; None: without end."""


@dataclass(frozen=True, slots=True)
class PrunedFile:
    """A file that was dropped, or would be."""

    file: ArchiveFile
    why: str
    lost: int
    """Later answers whose payload stood in it."""


def too_much(kept: list[ArchiveFile], limits: Limits, *, now: datetime) -> list[tuple[ArchiveFile, str]]:
    """The files over the limits with the reason, in the order of `kept`, which is that of their age."""
    over: list[tuple[ArchiveFile, str]] = []
    room = None if limits.gigabytes is None else limits.gigabytes * GIGABYTE
    size = sum(one.bytes for one in kept)
    for one in kept:
        if limits.days is not None and now - (one.last or one.started) > timedelta(days=limits.days):
            over.append((one, f"quá {limits.days:g} ngày / older than {limits.days:g} days"))
            size -= one.bytes
        elif room is not None and size > room:
            over.append((one, f"quá {limits.gigabytes:g} GB / over {limits.gigabytes:g} GB"))
            size -= one.bytes
    return over


def prune(
    engine: Engine,
    folder: Path,
    limits: Limits,
    *,
    now: datetime,
    keep: str | None = None,
    write: bool = True,
) -> list[PrunedFile]:
    """Delete the files over the limits and say so in the log; one that a process writes, or `keep`, stays."""
    kept = [one for one in captures.files(engine) if one.dropped is None]
    done = []
    for one, why in too_much(kept, limits, now=now):
        if one.name == keep:
            continue
        if not write:
            done.append(PrunedFile(one, why, 0))
            continue
        file = WarcFile.take(folder / one.name)
        if file is None and (folder / one.name).exists():
            continue
        lost = captures.drop_file(engine, one.name, why=why, now=now)
        (folder / one.name).unlink(missing_ok=True)
        if file is not None:
            file.close()
        logger.warning(
            "kho lưu trang bỏ %s (%s): %d trang, %d trang sau đó mất nội dung / the archive dropped it",
            one.name, why, one.answers, lost,
        )  # fmt: skip
        done.append(PrunedFile(one, why, lost))
    return done
