"""A crawl started in a process of its own, under the settings in force, which ends with the one that started it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from crawler.config import Config
from crawler.crawl.child import STOP_SECONDS
from crawler.crawl.turns import is_taken
from crawler.errors import InvalidInput

logger = logging.getLogger(__name__)

CRAWLS = 2
"""Crawls at a time, never of the same source: one slow outlet must not keep the others waiting."""


def crawl_command(sources: Sequence[str], *, due_only: bool = False) -> list[str]:
    """The child's command line; `due_only` leaves the sections alone whose time has not come."""
    return [sys.executable, "-m", "crawler", "crawl", "--json", *(["--due"] if due_only else []), *sources]


def child_environment(config: Config) -> dict[str, str]:
    """The settings in force, handed to a child process."""
    env = dict(os.environ)
    env["DIEMTIN_DATA"] = str(config.data.absolute())
    env["DIEMTIN_DATABASE_URL"] = config.url
    env["DIEMTIN_ALLOW_PRIVATE"] = "1" if config.allow_private else "0"
    env["DIEMTIN_SHIPPED_SOURCES"] = "1" if config.shipped_sources else "0"
    if config.sources:
        env["DIEMTIN_SOURCES"] = os.pathsep.join(str(Path(p).absolute()) for p in config.sources)
    if config.contact:
        env["DIEMTIN_CONTACT"] = config.contact
    return env


def start_child(
    config: Config, command: Sequence[str], *, out: int | IO[bytes] = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """Start a command of diemtin (its arguments) that ends with this process."""
    return subprocess.Popen(
        [sys.executable, "-m", "crawler.crawl.child", *command],
        env=child_environment(config),
        stdin=subprocess.PIPE,
        stdout=out,
    )


def stop(child: subprocess.Popen[bytes]) -> None:
    """End a child if it has not: cut its tether, then SIGKILL. What it owed is in the store."""
    if child.stdin is not None:
        child.stdin.close()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


@dataclass(slots=True)
class StartedCrawls:
    """The crawls that a person started here, by source: "crawl now"."""

    _children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, config: Config, source: str) -> None:
        """Crawl an enabled source now, whether its time has come or not.

        Raises InvalidInput while one runs, whoever started it, and while two others started here run.
        """
        with self._lock:
            if self._runs(source) or is_taken(config.data, source):
                raise InvalidInput(
                    f"{source}: đang được xem rồi, hãy đợi lượt này xong / it is being crawled; wait for its end"
                )
            if sum(map(self._runs, list(self._children))) >= CRAWLS:
                raise InvalidInput(
                    f"đang xem {CRAWLS} nguồn khác, hãy đợi một lượt xong / "
                    f"{CRAWLS} other sources are being crawled; wait for one to end"
                )
            child = start_child(config, crawl_command([source])[3:])
            self._children[source] = child
        threading.Thread(
            target=_attend,
            args=(child, source, 60 * config.crawl.max_minutes),
            name=f"crawl {source}",
            daemon=True,
        ).start()

    def is_running(self, config: Config, source: str) -> bool:
        """Whether the source is being crawled now, whoever started it."""
        return self._runs(source) or is_taken(config.data, source)

    def close(self) -> None:
        """End them all."""
        for child in self._children.values():
            stop(child)

    def _runs(self, source: str) -> bool:
        child = self._children.get(source)
        return child is not None and child.poll() is None


def _attend(child: subprocess.Popen[bytes], source: str, seconds: float) -> None:
    """Wait for the end of a crawl, which comes in its time."""
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        logger.error("the crawl of %s took longer than %g s and was stopped", source, seconds)
    stop(child)
