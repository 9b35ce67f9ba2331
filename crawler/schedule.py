"""`diemtin run`: APScheduler ticks; what is due and what is owed are rows, so a restart loses nothing.

A crawl runs in a child process with a hard time limit. The child is the unit that may die; the daemon is dull.
APScheduler's defaults drop runs silently (1 s misfire grace, FIELD §2.3, 23): all three policies are set here,
and a missed tick is written into the run ledger.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from crawler import health
from crawler.config import Config
from crawler.source import Source
from crawler.store import frontier, outbox, runs
from crawler.store.database import open_database
from crawler.watch.deliver import deliver
from crawler.watch.events import Event

logger = logging.getLogger(__name__)

CRAWL_TICK = timedelta(seconds=60)
DELIVER_TICK = timedelta(seconds=30)
HEALTH_TICK = timedelta(hours=1)
GRACE = timedelta(minutes=10)
"""A tick that comes this late is still run; later it is recorded as missed."""
STOP_SECONDS = 20
"""What a crawl gets to finish its page after SIGTERM; everything it owes is in the store anyway."""


@dataclass(slots=True)
class Daemon:
    """The schedule with the children it has started."""

    config: Config
    engine: sa.Engine
    clock: Callable[[], datetime]
    stopping: threading.Event
    child: subprocess.Popen[bytes] | None = None

    def registry(self) -> dict[str, Source]:
        """The rows, read again at every tick: an edited row counts without a restart."""
        return self.config.registry()

    def crawl_due(self) -> None:
        """Crawl what is due in one child; no two crawls of a source ever overlap, because this tick is one."""
        now = self.clock()
        registry = self.registry()
        due = frontier.due_sources(self.engine, registry.values(), now=now)
        if not due or self.stopping.is_set():
            return
        limit = timedelta(minutes=self.config.crawl.max_minutes)
        self.child = subprocess.Popen(
            crawl_command(due, due_only=True),
            env=child_environment(self.config),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        try:
            self.child.wait(limit.total_seconds())
        except subprocess.TimeoutExpired:
            logger.error("the crawl of %s took longer than %s and is stopped", ", ".join(due), limit)
            stop(self.child)
            for source in due:
                self.missed(source, f"stopped after {limit}")
        finally:
            self.child = None

    def deliver_due(self) -> None:
        """Send what is owed."""
        report = deliver(
            self.engine, config_mail=self.config.mail, outbox_folder=self.config.outbox, now=self.clock(),
            sources=self.registry(),
        )  # fmt: skip
        for attempt in report.messages:
            if attempt.error:
                logger.warning("deliver: %s: %s", attempt.address, attempt.error)

    def check_health(self) -> None:
        """Tell the operator of sources that are blocked, silent or broken."""
        now = self.clock()
        ledger = runs.runs_since(self.engine, now - timedelta(weeks=health.HISTORY_WEEKS + 1))
        states = [
            health.health_of(source, [r for r in ledger if r.source == id_], now=now)
            for id_, source in self.registry().items()
        ]
        health.report_to_operator(self.engine, states, volume=health.volume_drop(ledger, now=now), now=now)

    def missed(self, source: str, why: str) -> None:
        """Write a run that did not happen into the ledger, and tell the operator."""
        now = self.clock()
        runs.record_missed(self.engine, source, now=now, why=why)
        with self.engine.begin() as connection:
            outbox.raise_event(
                connection,
                event=Event.MISSED_RUN.value,
                about=source,
                when=now.isoformat(timespec="minutes"),
                detail=why,
                now=now,
            )

    def listen(self, event: JobEvent) -> None:
        """APScheduler's word on a tick that was late, overlapped or failed."""
        if event.code == EVENT_JOB_ERROR:
            logger.error("tick %s failed: %s", event.job_id, event.exception)
        else:
            late = event.code == EVENT_JOB_MISSED
            logger.warning("tick %s %s", event.job_id, "missed" if late else "still running")
            if late:
                self.missed("*", f"{event.job_id}: more than {GRACE} late")


def run_daemon(config: Config) -> None:
    """Run until SIGTERM or SIGINT; then stop the crawl, let the ticks end, and return."""
    engine = open_database(config.url)
    stopping = threading.Event()
    daemon = Daemon(config, engine, config.clock, stopping)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    scheduler = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(3)},
        job_defaults={
            "coalesce": True,
            "max_instances": 1,
            "misfire_grace_time": int(GRACE.total_seconds()),
        },
    )
    scheduler.add_listener(daemon.listen, EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES | EVENT_JOB_ERROR)
    started = datetime.now(UTC)
    for name, tick, every in (
        ("crawl", daemon.crawl_due, CRAWL_TICK),
        ("deliver", daemon.deliver_due, DELIVER_TICK),
        ("health", daemon.check_health, HEALTH_TICK),
    ):
        scheduler.add_job(tick, "interval", seconds=every.total_seconds(), id=name, next_run_time=started)
    scheduler.start()
    logger.info("diemtin runs: data in %s", config.data)
    stopping.wait()
    if daemon.child is not None:
        stop(daemon.child)
    scheduler.shutdown(wait=True)
    engine.dispose()


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


def stop(child: subprocess.Popen[bytes]) -> None:
    """SIGTERM, and SIGKILL for a child that does not end: what it owed is in the store."""
    child.terminate()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
