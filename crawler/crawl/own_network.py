"""Our own network: when nothing resolves or connects, it is the box, and no outlet has failed.

One event tells the operator of an outage, when it is over: before that no mail would leave the box.
"""

from __future__ import annotations

import queue
import re
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from crawler.crawl.ledger import Ledger
from crawler.dates.zones import VIETNAM
from crawler.delivery.events import Event
from crawler.store import hosts, operator_events, runs, timetable

if TYPE_CHECKING:
    from crawler.store.database import Engine

DOWN = "mạng của máy này không ra ngoài được / our own network is down"
NAMES = 3
"""Names of other outlets that are looked up where one was asked alone."""
LOOKUP_SECONDS = 10.0
_NOBODY = re.compile(
    r"CannotResolveHost|DNSLookup|DNS lookup|NoRoute|No route|Network is unreachable|Temporary failure in name",
    re.I,
)
"""In what went wrong: no machine has answered, nor refused."""


def is_down(ledgers: Mapping[str, Ledger], *, elsewhere: Callable[[], bool | None] = lambda: None) -> bool:
    """Whether it is our own network: two sources or more were asked, and for none of them anybody was reached.

    Of a source that was asked alone that says nothing: then `elsewhere` tells whether any other name resolves (None:
    it cannot be told), which asks nothing of an outlet.
    """
    asked = [ledger for ledger in ledgers.values() if ledger.requests]
    if not asked or not all(_reached_nobody(ledger) for ledger in asked):
        return False
    return len(asked) > 1 or elsewhere() is False


def resolves_any(names: Iterable[str]) -> bool | None:
    """Whether DNS knows one of these names now; None where there is none to ask. Takes `LOOKUP_SECONDS` at most."""
    wanted = [name for name in dict.fromkeys(names) if _is_name(name)][:NAMES]
    if not wanted:
        return None
    known: queue.SimpleQueue[bool] = queue.SimpleQueue()
    for name in wanted:
        # A lookup cannot be broken off: the process does not wait for the thread of one that hangs.
        threading.Thread(target=_look_up, args=(name, known), daemon=True).start()
    end = time.monotonic() + LOOKUP_SECONDS
    with suppress(queue.Empty):
        return any(known.get(timeout=max(0.0, end - time.monotonic())) for _ in wanted)
    return False


def _look_up(name: str, known: queue.SimpleQueue[bool]) -> None:
    try:
        known.put(bool(socket.getaddrinfo(name, 443)))
    except (OSError, UnicodeError):  # of a name that is none
        known.put(False)


def _is_name(host: str) -> bool:
    """Whether a host is a name that somebody must resolve, and no address."""
    return "." in host and ":" not in host and not host.rpartition(".")[2].isdigit()


def _reached_nobody(ledger: Ledger) -> bool:
    worked = ledger.counts or ledger.found or ledger.not_modified
    return not worked and ledger.problem is not None and bool(_NOBODY.search(ledger.problem))


def take_back(
    engine: Engine, ledgers: Mapping[str, Ledger], *, asked: Collection[str], since: datetime
) -> None:
    """Hold the outage against nobody: no host is shut for it, no look put off, and the runs are told as `offline`."""
    hosts.reopen(engine, asked)
    for source, ledger in ledgers.items():
        timetable.hurry(engine, source)
        ledger.outcome, ledger.problem = "offline", DOWN
    runs.rename(engine, list(ledgers), since=since, outcome="offline", problem=DOWN)


def tell_when_back(engine: Engine, *, before: datetime, now: datetime) -> None:
    """An event for the outage that the crawls before this one met, if the last of them did; once for each."""
    if (since := runs.offline_since(engine, before=before)) is None:
        return
    begin, end = (moment.astimezone(VIETNAM) for moment in (since, now))
    with engine.begin() as connection:
        operator_events.raise_event(
            connection, event=Event.NETWORK_DOWN.value, about="*", when=since.isoformat(),
            detail=f"từ {begin:%H:%M %d/%m} đến {end:%H:%M %d/%m}", now=now,
        )  # fmt: skip
