"""Where a crawl runs: one reactor, many spiders, one store, one gate, a run row per source."""

from __future__ import annotations

import gc
import logging
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.logformatter import LogFormatter
from scrapy.utils.project import get_project_settings

from crawler import __version__
from crawler.article import Article, Disposition
from crawler.config import Config, load_config
from crawler.errors import InvalidInput
from crawler.finding.polite import Gate
from crawler.intake import Intake
from crawler.readers import Readers
from crawler.source import Source
from crawler.store import register, runs
from crawler.store.database import open_database
from crawler.store.watches import Watch, active
from crawler.watch.query import parse

if TYPE_CHECKING:
    import sqlalchemy as sa
    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

    from crawler.finding.backfill import Way, Window

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Ledger:
    """The counts of one run."""

    source: str
    counts: Counter[str] = field(default_factory=Counter)
    """Disposition → pages: every page fetched under exactly one."""
    fields: Counter[str] = field(default_factory=Counter)
    """How many read articles had a title, a date, an author …: what a layout break shows in."""
    links: set[str] = field(default_factory=set)
    """The article links met, each once however many channels name it."""
    not_modified: int = 0
    """Channels that answered that nothing has changed."""
    errors: int = 0
    gaps: int = 0
    """Ways back that ended before they met what was known: something may be missing there."""
    requests: int = 0
    problem: str | None = None

    @property
    def found(self) -> int:
        """Different articles the channels named."""
        return len(self.links)

    def count(self, disposition: Disposition) -> None:
        """One page has ended."""
        self.counts[disposition.value] += 1

    def count_fields(self, article: Article) -> None:
        """One article was read."""
        self.fields["read"] += 1
        for name in ("published", "lead", "authors", "captions"):
            self.fields[name] += bool(getattr(article, name))

    def to_json(self) -> dict[str, Any]:
        """The crawl JSON of DESIGN §6.3."""
        kept = ("stored", "updated", "unchanged", "duplicate_kept")
        return {
            "requests": self.requests,
            "found": self.found,
            **{name: self.counts[name] for name in kept},
            "dropped": {
                Disposition(name).reason: n
                for name, n in sorted(self.counts.items())
                if Disposition(name).dropped
            },
            "errors": self.errors,
            "gaps": self.gaps,
            "problem": self.problem,
        }


class CrawlSpider(Protocol):
    """What the stages may ask of the spider they serve."""

    source: Source
    ledger: Ledger

    def settle(self, url: str, disposition: Disposition) -> None:
        """Count a page under its one disposition and settle its link."""

    def refused(self, why: str, *, wall: bool = False) -> None:
        """Note that the outlet does not want us."""


@dataclass(slots=True)
class Work:
    """Everything a crawl needs, made once per process."""

    config: Config
    engine: sa.Engine
    registry: Mapping[str, Source]
    clock: Callable[[], datetime]
    gate: Gate
    readers: Readers
    watches: Mapping[int, Watch]
    """By their numbers, as the workers name them."""
    intake: Intake
    since: timedelta | None = None
    limit: int | None = None
    due_only: bool = False
    """A scheduled crawl: only the sections whose time has come, and failed links after a pause."""
    window: Window | None = None
    """A backfill: these days of the archive instead of what is new."""
    report: Callable[[Way], None] = lambda way: None
    """Told of every step of a backfill."""
    ledgers: dict[str, Ledger] = field(default_factory=dict)

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
        self.readers.close()
        self.gate.leave()
        self.engine.dispose()


def open_work(
    config: Config, *, since: timedelta | None = None, limit: int | None = None, due_only: bool = False
) -> Work:
    """The work place of this process; raises DiemtinError when settings, registry or store are wrong."""
    registry = config.registry()
    engine = open_database(config.url)
    register.seed(engine)
    with engine.connect() as connection:
        watching = active(connection)
    return Work(
        config=config,
        engine=engine,
        registry=registry,
        clock=config.clock,
        gate=Gate(engine),
        readers=Readers(
            registry,
            size=config.workers,
            seconds=config.crawl.read_seconds,
            learned=learned if (learned := config.learned_topics_folder).is_dir() else None,
            watches=[(watch.id, parse(watch.query, allow_empty=True)) for watch in watching],
        ),
        watches={watch.id: watch for watch in watching},
        intake=Intake(engine, config.clock),
        since=since,
        limit=limit,
        due_only=due_only,
    )


_current: list[Work] = []
"""The work place of the crawl that is running: Scrapy copies settings deeply, so it cannot travel in them."""


def current_work() -> Work:
    """The work place of the running crawl; plain `scrapy crawl` gets one from the settings in force.

    A spider is made before add-ons have set anything, so this is also its way to the work place.
    """
    if not _current:
        _current.append(open_work(load_config()))
    return _current[-1]


def use(work: Work) -> None:
    """Make this the work place of the crawl that is about to start."""
    _current.append(work)


def registry_in_force() -> Mapping[str, Source]:
    """The rows of the running crawl, or those of the settings where none runs (`scrapy list`)."""
    if _current:
        return _current[-1].registry
    config = load_config()
    return config.registry()


class Addon:
    """Gives every crawl the work place; plain `scrapy crawl` gets one from the settings in force."""

    def update_settings(self, settings: BaseSettings) -> None:
        """Scrapy's entry."""
        work = current_work()
        limits = work.config.crawl
        settings.set("DIEMTIN_WORK", work, priority="addon")
        settings.set(
            "USER_AGENT", agent_name(work.config.contact or work.config.mail.operator), priority="addon"
        )
        settings.set("DOWNLOAD_MAXSIZE", limits.max_page_bytes, priority="addon")
        settings.set("DOWNLOAD_TIMEOUT", limits.timeout, priority="addon")


class Quiet(LogFormatter):
    """Says nothing of what went well: the ledger counts it, and two records a page cost more than writing them."""

    def crawled(self, *_: Any, **__: Any) -> Any:
        """Nothing."""

    def scraped(self, *_: Any, **__: Any) -> Any:
        """Nothing."""


def agent_name(contact: str | None) -> str:
    """The honest agent name: who we are, and where an outlet can complain.

    >>> agent_name("press-desk@example.org")
    'diemtin/0.1.0 (news monitor; +press-desk@example.org)'
    """
    return (
        f"diemtin/{__version__} (news monitor; +{contact})"
        if contact
        else f"diemtin/{__version__} (news monitor)"
    )


class Runs:
    """A Scrapy extension: one run row per source, opened before the first request and closed with its counts."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.work: Work = crawler.settings["DIEMTIN_WORK"]
        self.run = 0
        crawler.signals.connect(self.opened, signals.spider_opened)
        crawler.signals.connect(self.closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Runs:
        """Scrapy's entry."""
        return cls(crawler)

    def opened(self, spider: Spider) -> None:
        """Open the row; a backfill has none, for the health of a source is told by what is new."""
        if self.work.window is None:
            self.run = runs.open_run(self.work.engine, spider.name, now=self.work.clock())

    def closed(self, spider: Spider, reason: str) -> None:
        """Close it, with what happened."""
        ledger = self.work.ledger(spider.name)
        stats = self.crawler.stats
        ledger.requests = stats.get_value("downloader/request_count", 0) if stats else 0
        ledger.errors += stats.get_value("spider_exceptions/count", 0) if stats else 0
        worked = ledger.counts or ledger.found or ledger.not_modified
        nothing_worked = ledger.problem is not None and not worked
        forbidden = getattr(spider, "forbidden", None) if nothing_worked else None
        blocked = getattr(spider, "blocked", None) or forbidden
        outcome = "blocked" if blocked else "failed" if nothing_worked else "finished"
        if reason not in ("finished", "blocked"):
            outcome = "failed"
        ledger.problem = blocked or ledger.problem
        if ledger.problem is None and ledger.errors:
            ledger.problem = f"{ledger.errors} errors in the spider; see the log"
            outcome = "failed"
        runs.close_run(
            self.work.engine,
            self.run,
            ended=self.work.clock(),
            outcome=outcome,
            requests=ledger.requests,
            found=ledger.found,
            errors=ledger.errors,
            counts=dict(sorted(ledger.counts.items())),
            fields=dict(sorted(ledger.fields.items())),
            problem=ledger.problem,
        )


def crawl(work: Work, sources: Sequence[str] = ()) -> dict[str, Ledger]:
    """One crawl of these sources, or of all enabled ones, in this process; may be called once per process.

    Raises InvalidInput for an unknown source.
    """
    chosen = wanted(work.registry, sources, fictitious=work.config.allow_private)
    use(work)
    settings = get_project_settings()
    settings.setmodule("crawler.settings", priority="project")
    settings.set("LOG_INSTALL_ROOT_HANDLER", False)  # the command line has set up logging
    process = AsyncCrawlerProcess(settings)
    tasks = {source.id: process.crawl(source.id) for source in chosen}
    # What a crawl is made of lives as long as it does: left to the collector, it is gone through again and again,
    # a tenth of all work. What comes and goes with a page is mostly freed without it.
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    # The threads that feed the workers need the interpreter for moments only; by default each waits 5 ms for it.
    sys.setswitchinterval(0.001)
    process.start()
    for name, task in tasks.items():
        # A second SIGTERM ends the reactor under a spider: its task is then neither done nor failed.
        if task.done() and not task.cancelled() and (error := task.exception()) is not None:
            raise error
        work.ledger(name)
    return work.ledgers


def wanted(registry: Mapping[str, Source], sources: Sequence[str], *, fictitious: bool) -> list[Source]:
    """The rows named, or all enabled ones; raises InvalidInput for an unknown name."""
    unknown = [name for name in sources if name not in registry]
    if unknown:
        raise InvalidInput(
            "không có nguồn này, xem `diemtin sources list` / "
            f"no such source: {', '.join(unknown)}; `diemtin sources list` shows them all"
        )
    return [registry[name] for name in sources] or [
        s for s in registry.values() if s.disabled is None and (fictitious or not s.fictitious)
    ]
