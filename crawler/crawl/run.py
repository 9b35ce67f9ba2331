"""Where a crawl runs: one reactor, many spiders, one store, one gate, a run row per source."""

from __future__ import annotations

import gc
import logging
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.logformatter import LogFormatter
from scrapy.utils.project import get_project_settings

from crawler.crawl import item_lines, own_network
from crawler.crawl.agent import agent_name
from crawler.crawl.context import CrawlContext, current_context, use
from crawler.crawl.ledger import Ledger
from crawler.errors import InvalidInput
from crawler.source import Source
from crawler.store.database import why_unusable

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings, Settings


logger = logging.getLogger(__name__)


class Addon:
    """Gives every crawl the context; plain `scrapy crawl` gets one from the settings in force."""

    def update_settings(self, settings: BaseSettings) -> None:
        """Scrapy's entry."""
        context = current_context()
        item_lines.install()
        limits = context.config.crawl
        settings.set("DIEMTIN_CONTEXT", context, priority="addon")
        settings.set(
            "USER_AGENT", agent_name(context.config.contact or context.config.mail.operator), priority="addon"
        )
        settings.set("DOWNLOAD_MAXSIZE", limits.max_page_bytes, priority="addon")
        settings.set("DOWNLOAD_TIMEOUT", limits.timeout, priority="addon")


class QuietLogFormatter(LogFormatter):
    """Says nothing of what went well: the ledger counts it, and two records a page cost more than writing them."""

    def crawled(self, *_: Any, **__: Any) -> Any:
        """Nothing."""

    def scraped(self, *_: Any, **__: Any) -> Any:
        """Nothing."""


def crawl(context: CrawlContext, sources: Sequence[str] = ()) -> dict[str, Ledger]:
    """One crawl of these sources, or of all enabled ones, in this process; may be called once per process.

    What another process crawls now is left out (`context.busy`). Raises InvalidInput for an unknown source.
    """
    chosen = _in_turn(context, wanted(context.registry, sources, fictitious=context.config.allow_private))
    if not chosen:
        return {}
    use(context)
    settings = get_project_settings()
    settings.setmodule("crawler.settings", priority="project")
    settings.set("LOG_INSTALL_ROOT_HANDLER", False)  # the command line has set up logging
    began = context.clock()
    process = _Process(settings, context)
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
        context.ledger(name)
    _write_the_rest(context)
    if context.broken is None and context.window is None and context.interrupted is None:
        context.offline = own_network.is_down(
            context.ledgers, elsewhere=lambda: own_network.resolves_any(_other_hosts(context))
        )
        if context.offline:
            own_network.take_back(context.engine, context.ledgers, asked=context.gate.asked, since=began)
        elif any(ledger.found or ledger.not_modified for ledger in context.ledgers.values()):
            own_network.tell_when_back(context.engine, before=began, now=context.clock())
    return context.ledgers


def _in_turn(context: CrawlContext, chosen: Sequence[Source]) -> list[Source]:
    """Those that nobody else crawls; the days of a backfill are others than those of a crawl, and may go beside it."""
    if context.window is not None:
        return list(chosen)
    taken = context.turns.take(source.id for source in chosen)
    context.busy = tuple(source.id for source in chosen if source.id not in taken)
    return [source for source in chosen if source.id in taken]


def _other_hosts(context: CrawlContext) -> list[str]:
    """Hosts of the sources that this crawl has not asked, of which one is as good a witness as another."""
    others = (source for id_, source in context.registry.items() if id_ not in context.ledgers)
    return [urlsplit(source.homepage).hostname or "" for source in others]


class _Process(AsyncCrawlerProcess):
    """Scrapy's process, which tells the crawl that it is ended by a signal: nobody then waits for a host's pause."""

    def __init__(self, settings: Settings, context: CrawlContext) -> None:
        super().__init__(settings)
        self._context = context

    def _signal_shutdown(self, signum: int, frame: Any) -> None:
        from twisted.internet import reactor

        self._context.interrupted = signal.Signals(signum).name
        reactor.callFromThread(self._context.interrupt, self._context.interrupted)
        super()._signal_shutdown(signum, frame)


def _write_the_rest(context: CrawlContext) -> None:
    """What could not be written in its time; where it still cannot, the store has the last word at the next crawl."""
    unwritten, context.unwritten = context.unwritten, []
    for write in unwritten:
        try:
            write()
        except Exception as error:
            if why_unusable(error) is None:
                raise
            logger.error("không ghi được sổ thu thập / the ledger cannot be written: %s", why_unusable(error))
            return


def wanted(registry: Mapping[str, Source], sources: Sequence[str], *, fictitious: bool) -> list[Source]:
    """The rows named, or all enabled ones; raises InvalidInput for an unknown name."""
    unknown = [name for name in sources if name not in registry]
    if unknown:
        raise InvalidInput(
            "không có nguồn này, xem `diemtin sources list` / "
            f"no such source: {', '.join(unknown)}; `diemtin sources list` shows them all"
        )
    if disabled := [f"{name} ({registry[name].disabled})" for name in sources if registry[name].disabled]:
        raise InvalidInput(f"nguồn đang tắt / disabled: {', '.join(disabled)}")
    chosen = [registry[name] for name in sources] or [
        s for s in registry.values() if s.disabled is None and (fictitious or not s.fictitious)
    ]
    if not chosen:
        raise InvalidInput(
            f"không có nguồn nào để thu thập: danh bạ có {len(registry)} nguồn, đều tắt hoặc là báo hư cấu; thêm bằng "
            "`diemtin sources add URL`, hoặc --sources THƯ-MỤC / nothing to crawl: no enabled source in the registry"
        )
    return chosen
