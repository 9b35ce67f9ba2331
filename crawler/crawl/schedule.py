"""`diemtin run`: APScheduler ticks; what is due and what is owed are rows, so a restart loses nothing.

A crawl runs in a child process with a hard time limit. The child is the unit that may die; the daemon is dull.
APScheduler's defaults drop runs silently (1 s misfire grace, FIELD §2.3, 23): all three policies are set here,
and a missed tick is written into the run ledger.
"""

from __future__ import annotations

import logging
import queue
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from crawler.config import Config
from crawler.crawl import health, sections_check
from crawler.crawl.appointments import appointments_of
from crawler.crawl.companion import keep_running
from crawler.crawl.start import CRAWLS, crawl_command, start_child, stop
from crawler.crawl.turns import is_taken
from crawler.dates.zones import VIETNAM
from crawler.delivery.events import Event
from crawler.delivery.tick import deliver
from crawler.source import Source
from crawler.store import operator_events, runs, timetable, watches
from crawler.store.database import open_database

if TYPE_CHECKING:
    from crawler.store.database import Engine

logger = logging.getLogger(__name__)

CRAWL_TICK = timedelta(seconds=60)
DELIVER_TICK = timedelta(seconds=30)
HEALTH_TICK = timedelta(hours=1)
GRACE = timedelta(minutes=10)
"""A tick that comes this late is still run; later it is recorded as missed."""
AGAIN = timedelta(minutes=15)
"""How long sources rest whose crawl was stopped or broke: not every minute again."""
OFFLINE = timedelta(minutes=5)
"""How long all sources rest when our own network is down: no host is shut for it, so each tick would ask again."""
PAUSE = timedelta(hours=2)
"""Without any crawl for this long before a start, the box was off: that is a missed run too."""
LOOK_SECONDS = 0.5
"""How often a running crawl is looked after."""


@dataclass(slots=True)
class Daemon:
    """The schedule with what it has under way."""

    config: Config
    engine: Engine
    clock: Callable[[], datetime]
    stopping: threading.Event = field(default_factory=threading.Event)
    wake_delivery: Callable[[], None] = lambda: None
    """Called when a crawl has ended: what it found is owed now."""
    say: Callable[[str], None] = lambda text: None
    """Told in a line of each crawl and of each mail."""
    _busy: set[str] = field(default_factory=set)
    _resting: dict[str, datetime] = field(default_factory=dict)
    _interrupted: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def registry(self) -> dict[str, Source]:
        """The rows, read again at every tick: an edited row counts without a restart."""
        return self.config.registry()

    def begin(self) -> None:
        """Take up what an earlier daemon left: crawls that were cut off, and time in which nothing ran."""
        now = self.clock()
        self._interrupted = set(runs.unfinished(self.engine))
        last = max((r.ended or r.started for r in runs.last_runs(self.engine).values()), default=None)
        if last is not None and now - last > PAUSE:
            since = last.astimezone(VIETNAM)
            self.missed("*", f"diemtin không chạy từ {since:%H:%M %d/%m/%Y}")

    def crawl_due(self) -> None:
        """Crawl what is due, and what a kill cut off, in one child; no two crawls of a source ever overlap."""
        now = self.clock()
        registry = self.registry()
        with self._lock:
            due = set(
                timetable.due_sources(self.engine, registry.values(), now=now, appointed=self._appointed(now))
            )
            due |= {id_ for id_ in self._interrupted if id_ in registry and registry[id_].disabled is None}
            due -= self._busy
            due -= {id_ for id_, until in self._resting.items() if until > now}
            due = {id_ for id_ in due if not is_taken(self.config.data, id_)}
            if not due or self.stopping.is_set():
                return
            self._interrupted -= due
            self._busy |= due
        try:
            self._crawl(sorted(due), now)
        finally:
            with self._lock:
                self._busy -= due
        self.wake_delivery()

    def _appointed(self, now: datetime) -> Callable[[Source], datetime | None]:
        """Since when each source must have been looked at: its fixed times, and the digests that are near."""
        with self.engine.connect() as connection:
            watching = watches.active(connection)
        asked = appointments_of(self.engine, watching, at=self.config.crawl.at, now=now)
        return lambda source: asked.since(source, now)

    def _crawl(self, due: Sequence[str], began: datetime) -> None:
        limit = timedelta(minutes=self.config.crawl.max_minutes)
        child = start_child(self.config, crawl_command(due, due_only=True)[3:])
        deadline = time.monotonic() + limit.total_seconds()
        problem = None
        try:
            while child.poll() is None:
                if self.stopping.wait(LOOK_SECONDS):
                    return  # what is left is owed, and the next daemon goes on there
                if time.monotonic() > deadline:
                    problem = f"quá {self.config.crawl.max_minutes:g} phút, đã dừng"
                    break
        finally:
            stop(child)
        if problem is None and child.returncode not in (0, 1):
            problem = f"lượt thu thập hỏng (mã {child.returncode}), xem nhật ký"
        if problem is None and self._left_open(due, began):
            problem = "lượt thu thập không ghi được kết quả (đĩa đầy, kho bị khóa?), xem nhật ký"
        if problem is not None:
            self._broke(due, began, problem)
        self._rest_while_offline(due, began)
        self._tell_crawl(due, began, problem)

    def _left_open(self, due: Sequence[str], began: datetime) -> bool:
        """Whether a crawl that has ended could not close the row of its run."""
        return any(r.ended is None and r.source in due for r in runs.runs_since(self.engine, began))

    def _rest_while_offline(self, due: Sequence[str], began: datetime) -> None:
        """Let all sources rest where the crawl has reached nobody: the others would reach nobody either."""
        rows = [r for r in runs.runs_since(self.engine, began) if r.source in due]
        if any(row.outcome == "offline" for row in rows):
            until = self.clock() + OFFLINE
            with self._lock:
                self._resting |= dict.fromkeys(self.registry(), until)

    def _tell_crawl(self, due: Sequence[str], began: datetime, problem: str | None) -> None:
        """A line: how many sources were looked at, what they brought, and which of them failed."""
        rows = [r for r in runs.runs_since(self.engine, began) if r.source in due]
        counts = Counter[str]()
        for row in rows:
            counts.update(row.counts)
        told = [f"{counts['stored'] + counts['duplicate_kept']} bài mới", f"{counts['updated']} bài sửa"]
        failed = [r.source for r in rows if r.outcome not in ("finished", "missed", None)]
        told += [f"không xem được: {', '.join(failed)}"] if failed else []
        told += [problem] if problem else []
        self.say(f"thu thập {len(due)} nguồn: {'; '.join(told)}")

    def _broke(self, due: Sequence[str], began: datetime, problem: str) -> None:
        """Note which of the sources a stopped or broken crawl had not done, and let all of them rest."""
        logger.error("the crawl of %s: %s", ", ".join(due), problem)
        done = {r.source for r in runs.runs_since(self.engine, began) if r.outcome in ("finished", "blocked")}
        until = self.clock() + AGAIN
        with self._lock:
            self._resting |= dict.fromkeys(due, until)
        for source in due:
            if source not in done:
                self.missed(source, problem)

    def deliver_due(self) -> None:
        """Send what is owed."""
        report = deliver(
            self.engine, config_mail=self.config.mail, outbox_folder=self.config.outbox, now=self.clock(),
            sources=self.registry(), allow_private=self.config.allow_private,
        )  # fmt: skip
        for attempt in report.messages:
            if attempt.state == "sent":
                self.say(f"đã gửi: {attempt.subject} → {attempt.file or attempt.address}")
            if attempt.error:
                logger.warning("message %d to %s: %s", attempt.number, attempt.address, attempt.error)

    def check_health(self) -> None:
        """Tell the operator of sources that are blocked, silent, broken or not looked at."""
        now = self.clock()
        ledger = runs.runs_since(self.engine, now - timedelta(weeks=health.HISTORY_WEEKS + 1))
        states = health.states_of(self.registry(), ledger, now=now)
        health.report_to_operator(self.engine, states, volume=health.volume_drop(ledger, now=now), now=now)

    def check_sections(self) -> None:
        """Once a week: look whether every section still stands at its address, in a child process."""
        now = self.clock()
        if self.stopping.is_set() or not sections_check.is_due(self.engine, now):
            return
        run = runs.open_run(self.engine, sections_check.LEDGER, now=now)
        with tempfile.TemporaryFile() as answer:
            child = start_child(self.config, sections_check.COMMAND, out=answer)
            deadline = time.monotonic() + 60 * sections_check.MINUTES
            try:
                while (
                    child.poll() is None
                    and time.monotonic() < deadline
                    and not self.stopping.wait(LOOK_SECONDS)
                ):
                    pass
            finally:
                stop(child)
            if self.stopping.is_set():
                return  # the row stays open: the look was cut off, and the next one closes it
            answer.seek(0)
            lost = sections_check.report(self.engine, answer.read(), run=run, now=self.clock())
        self.say(f"kiểm tra chuyên mục: {lost} nguồn có chuyên mục mất địa chỉ")

    def missed(self, source: str, why: str) -> None:
        """Write a run that did not happen into the ledger, and tell the operator, once a day for each source."""
        now = self.clock()
        runs.record_missed(self.engine, source, now=now, why=why)
        self._tell(source, why, now)

    def listen(self, event: JobEvent) -> None:
        """APScheduler's word on a tick that was late, overlapped or failed."""
        if event.code == EVENT_JOB_MISSED:
            logger.warning("tick %s missed", event.job_id)
            self.missed("*", f"{event.job_id}: trễ hơn {GRACE.total_seconds() / 60:g} phút")
        elif event.code == EVENT_JOB_MAX_INSTANCES:
            logger.warning("tick %s left out: the one before is still running", event.job_id)
        elif event.code == EVENT_JOB_ERROR:
            logger.error("tick %s failed", event.job_id, exc_info=event.exception)
            self._tell(event.job_id, str(event.exception), self.clock())

    def _tell(self, about: str, why: str, now: datetime) -> None:
        day = now.astimezone(VIETNAM).date().isoformat()
        with self.engine.begin() as connection:
            operator_events.raise_event(
                connection, event=Event.MISSED_RUN.value, about=about, when=day, detail=why, now=now
            )


def run_daemon(
    config: Config, *, say: Callable[[str], None] = lambda text: None, beside: Sequence[str] = ()
) -> None:
    """Run until SIGTERM or SIGINT; then stop the crawls, let the ticks end, and return.

    `say` is told in a line of each crawl that brought something or failed, and of each mail. `beside` is a command of
    diemtin that is kept running as long.
    """
    engine = open_database(config.url)
    daemon = Daemon(config, engine, config.clock, say=say)
    scheduler = make_scheduler(daemon)
    # Words for this thread: a tick that changed the schedule itself would wait for ever for a shutdown that
    # waits for the tick. SimpleQueue.put may be called from a signal handler.
    words: queue.SimpleQueue[Literal["deliver", "stop"]] = queue.SimpleQueue()

    def stop_all(*_: object) -> None:
        daemon.stopping.set()
        words.put("stop")

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop_all)
    daemon.wake_delivery = lambda: words.put("deliver")
    if config.mail.operator is not None:  # before anything is worth telling
        with engine.begin() as connection:
            watches.ensure_operator(connection, config.mail.operator, now=daemon.clock())
    daemon.begin()
    scheduler.start()
    companion = threading.Thread(
        target=keep_running, args=(config, beside), kwargs={"stopping": daemon.stopping, "say": say}, name="beside"
    )  # fmt: skip
    if beside:
        companion.start()
    logger.info("diemtin runs: data in %s", config.data)
    while words.get() == "deliver":
        scheduler.modify_job("deliver", next_run_time=datetime.now(UTC))
    scheduler.shutdown(wait=True)
    if beside:
        companion.join()
    engine.dispose()


def make_scheduler(daemon: Daemon) -> BackgroundScheduler:
    """The ticks, all due at once: a start is a good moment to look."""
    scheduler = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(CRAWLS + 3)},
        job_defaults={
            "coalesce": True,
            "max_instances": 1,
            "misfire_grace_time": int(GRACE.total_seconds()),
        },
    )
    scheduler.add_listener(daemon.listen, EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES | EVENT_JOB_ERROR)
    started = datetime.now(UTC)
    for name, tick, every, at_once in (
        ("crawl", daemon.crawl_due, CRAWL_TICK, CRAWLS),
        ("deliver", daemon.deliver_due, DELIVER_TICK, 1),
        ("health", daemon.check_health, HEALTH_TICK, 1),
        ("sections", daemon.check_sections, HEALTH_TICK, 1),
    ):
        scheduler.add_job(
            tick,
            "interval",
            seconds=every.total_seconds(),
            id=name,
            next_run_time=started,
            max_instances=at_once,
        )
    return scheduler
