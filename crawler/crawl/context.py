"""The context of a crawl: everything it needs, made once per process and found by whatever Scrapy makes by itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from crawler.archive.pruning import Limits
from crawler.article import Disposition
from crawler.config import Config, load_config
from crawler.crawl.agent import agent_name
from crawler.crawl.appointments import Appointments, appointments_of
from crawler.crawl.archiving import Archiving, info_of
from crawler.crawl.commit_queue import CommitQueue
from crawler.crawl.gate import Gate
from crawler.crawl.ledger import Ledger
from crawler.crawl.turns import Turns
from crawler.crawl.worker_pool import WorkerPool
from crawler.delivery.events import Event
from crawler.errors import InvalidQuery
from crawler.query.watch_index import compiled
from crawler.source import Source
from crawler.store import document_entering
from crawler.store.database import note_statistics, open_database, why_unusable
from crawler.store.operator_events import raise_event
from crawler.store.watches import Watch, active, ensure_operator

if TYPE_CHECKING:
    from crawler.discovery.archive import Way, Window
    from crawler.store.database import Engine

logger = logging.getLogger(__name__)

GRACE_SECONDS = 1.5
"""What requests and readers get to end after a signal: thirty pages of a worker, less than a person's patience."""


class CrawlVisit(Protocol):
    """What the stages, and the books of a run, may ask of the visit they serve (`spiders.visit.Visit`)."""

    source: Source
    ledger: Ledger
    blocked: str | None
    left_alone: str | None
    forbidden: str | None
    stopped: str | None
    """Why nothing more is asked."""

    @property
    def delay(self) -> float:
        """Seconds between two requests, before robots.txt has its say."""

    def settle(self, url: str, disposition: Disposition, why: str | None = None) -> None:
        """Count a page under its one disposition and settle its link."""

    def not_had(self, link: str, disposition: Disposition, why: str, *, revisit: bool) -> None:
        """Count a page that was not had: a new one stays owed, a stored one is looked at later."""

    def walled(self, url: str, why: str, *, channel: bool = False, outlet: bool = False) -> None:
        """Note that an address is answered with a bot wall."""

    def came_through(self, url: str) -> None:
        """Note that a page was read."""

    def stop(self, why: str, *, reason: str) -> None:
        """Ask for nothing more."""

    def ended(self) -> None:
        """The run is over."""


@dataclass(slots=True)
class CrawlContext:
    """Everything a crawl needs, made once per process."""

    config: Config
    engine: Engine
    registry: Mapping[str, Source]
    clock: Callable[[], datetime]
    gate: Gate
    pool: WorkerPool
    watches: Mapping[int, Watch]
    """By their numbers, as the workers name them."""
    commits: CommitQueue
    archive: Archiving
    turns: Turns
    busy: tuple[str, ...] = ()
    """Sources that were left out: another process crawls them."""
    appointments: Appointments = field(default_factory=Appointments)
    """When sources must have been looked at, whatever their rhythm."""
    since: timedelta | None = None
    limit: int | None = None
    due_only: bool = False
    """A scheduled crawl: only the sections whose time has come, and failed links after a pause."""
    window: Window | None = None
    """A backfill: these days of the archive instead of what is new."""
    report: Callable[[Way], None] = lambda way: None
    """Told of every step of a backfill."""
    told: Callable[[str, Ledger | None], None] = lambda source, ledger: None
    """Told of every source as its crawl begins (None) and ends."""
    ledgers: dict[str, Ledger] = field(default_factory=dict)
    visits: list[CrawlVisit] = field(default_factory=list)
    broken: str | None = None
    """Why no source can be crawled any more: a store that cannot be written, workers that cannot start."""
    interrupted: str | None = None
    """The signal that ended the crawl."""
    private_names: set[str] = field(default_factory=set)
    """Host names whose address was refused when a connection was to be made."""
    offline: bool = False
    """Nothing was reached at all: our own network is down."""
    unwritten: list[Callable[[], None]] = field(default_factory=list)
    """What could not be written when it was due, and is tried once more at the end."""

    def breaks(self, why: str) -> None:
        """End all runs: what is wrong is wrong for all of them. What is owed stays owed."""
        if self.broken is None:
            self.broken = why
            self.commits.close(why)
            for visit in self.visits:
                visit.stop(why, reason="fault")

    def interrupt(self, name: str) -> None:
        """A person or the system ends the crawl: nothing more is asked, what has come is stored.

        What has not been answered or read after `GRACE_SECONDS` stays owed: a page or a server that hangs holds up
        nobody who wants to stop.
        """
        self.interrupted = name
        self.gate.stop()
        asyncio.get_running_loop().call_later(GRACE_SECONDS, self._end_what_hangs)

    def _end_what_hangs(self) -> None:
        self.gate.cut()
        self.pool.stop()

    @property
    def cutoff(self) -> datetime | None:
        """The beginning of the window that was asked for; None where the crawl only looks for what is new."""
        if self.window is not None:
            return self.window.begins
        return self.clock() - self.since if self.since is not None else None

    def ledger(self, source: str) -> Ledger:
        """The ledger of a source's run in this process."""
        return self.ledgers.setdefault(source, Ledger(source))

    def close(self) -> None:
        """Stop the workers and give the hosts back."""
        self.pool.close()
        self.archive.close()
        self.turns.give_back()
        try:
            self.gate.leave()
        except Exception as error:
            if why_unusable(error) is None:
                raise
            # What this process holds runs out in seconds; a raise here would hide how the crawl ended.
            logger.warning("chưa trả được lượt / turns not given back: %s", why_unusable(error))
        else:
            note_statistics(self.engine)
        finally:
            self.engine.dispose()


def open_context(
    config: Config, *, since: timedelta | None = None, limit: int | None = None, due_only: bool = False
) -> CrawlContext:
    """The context of this process; raises DiemtinError when settings, registry or store are wrong."""
    registry = config.registry()
    engine = open_database(config.url)
    document_entering.seed(engine)
    with engine.begin() as connection:
        if config.mail.operator is not None:  # before anything is worth telling
            ensure_operator(connection, config.mail.operator, now=config.clock())
        watching = active(connection)
    asked, set_aside = compiled([(watch.id, watch.query) for watch in watching])
    _set_aside(engine, [watch for watch in watching if watch.id in set_aside], set_aside, config.clock())
    return CrawlContext(
        config=config,
        engine=engine,
        registry=registry,
        clock=config.clock,
        gate=Gate(engine),
        pool=WorkerPool(
            registry,
            size=config.workers,
            seconds=config.crawl.read_seconds,
            learned=learned if (learned := config.learned_topics_folder).is_dir() else None,
            watches=asked,
        ),
        watches={watch.id: watch for watch in watching},
        appointments=appointments_of(engine, watching, at=config.crawl.at, now=config.clock()),
        commits=CommitQueue(engine, config.clock),
        archive=_archiving(config, engine),
        turns=Turns(config.data),
        since=since,
        limit=limit,
        due_only=due_only,
    )


def _archiving(config: Config, engine: Engine) -> Archiving:
    contact = config.contact or config.mail.operator
    return Archiving(
        engine,
        config.warc_folder,
        keep=config.archive.keep,
        limits=Limits(config.archive.days, config.archive.gigabytes),
        info=info_of(agent_name(contact), contact),
        clock=config.clock,
    )


def _set_aside(
    engine: Engine, broken: Sequence[Watch], why: Mapping[int, InvalidQuery], now: datetime
) -> None:
    """Tell of watches whose query cannot be asked: in the log at each crawl, to the operator once."""
    for watch in broken:
        vietnamese, english, *_ = str(why[watch.id]).splitlines()
        logger.warning("mục theo dõi “%s” bị gác lại: %s / %s", watch.name, vietnamese, english)
        with engine.begin() as connection:
            raise_event(
                connection, event=Event.BROKEN_WATCH.value, about=watch.name, when=f"{watch.id}|{watch.query}",
                detail=vietnamese, now=now,
            )  # fmt: skip


_current: list[CrawlContext] = []
"""The context of the crawl that is running: Scrapy copies settings deeply, so it cannot travel in them."""


def current_context() -> CrawlContext:
    """The context of the running crawl; plain `scrapy crawl` gets one from the settings in force.

    A spider is made before add-ons have set anything, so this is also its way to the context.
    """
    if not _current:
        _current.append(open_context(load_config()))
    return _current[-1]


def use(context: CrawlContext) -> None:
    """Make this the context of the crawl that is about to start."""
    _current.append(context)


def registry_in_force() -> Mapping[str, Source]:
    """The rows of the running crawl, or those of the settings where none runs (`scrapy list`)."""
    if _current:
        return _current[-1].registry
    config = load_config()
    return config.registry()
