"""What every page is made from: the store, the registry, the settings, the clock, and who is asking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from fastapi import Request

from crawler.crawl.start import StartedCrawls
from crawler.dates.zones import VIETNAM
from crawler.store.statistics import KeptStatistics
from crawler.web.rate_limit import RateLimit, page_limit, sign_in_limit

if TYPE_CHECKING:
    from crawler.config import Config
    from crawler.source import Source
    from crawler.store.database import Engine
    from crawler.web.sign_in_desk import SignInDesk


@dataclass(frozen=True, slots=True)
class WebContext:
    """Given once to the application; the same store and functions that the commands use."""

    engine: Engine
    registry: Mapping[str, Source]
    config: Config
    clock: Callable[[], datetime]
    """Aware."""
    limits: RateLimit
    local: bool
    """Whether who asks from this machine needs no account: nothing of this server is reachable from elsewhere."""
    crawls: StartedCrawls = field(default_factory=StartedCrawls)
    """What people here have asked to be crawled at once."""
    statistics: KeptStatistics = field(default_factory=KeptStatistics)
    """What was counted of late."""
    desk: SignInDesk | None = None
    """Who mails the links to enter by; None: nobody does, and nobody can enter."""
    secure: bool = False
    """Whether browsers reach the pages by HTTPS alone, as the public address says: their cookies say so too."""
    page_limits: RateLimit = field(default_factory=page_limit)
    sign_in_limits: RateLimit = field(default_factory=sign_in_limit)

    def today(self) -> date:
        """The day it is in Vietnam."""
        return self.clock().astimezone(VIETNAM).date()


def context_of(request: Request) -> WebContext:
    """The context of the application that a request came to."""
    context: WebContext = request.app.state.context
    return context
