"""How much one client may ask: a bucket of requests that fills again with time."""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

from crawler.errors import DiemtinError

BURST = 60
"""Requests at once: a mail provider leaves for many of its readers from one address."""
PER_SECOND = 1.0
"""What comes back; a token has 128 bits, so this keeps the load down, not the guessing."""
CLIENTS = 10_000
"""Remembered; the one unheard of for longest is forgotten first."""


class TooManyRequests(DiemtinError):
    """Raised for a client that has used up its share for now."""


class RateLimit:
    """One bucket for each client. Safe to share between threads; the clock counts seconds and never goes back."""

    def __init__(
        self,
        *,
        burst: int = BURST,
        per_second: float = PER_SECOND,
        clients: int = CLIENTS,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._burst, self._per_second, self._clients, self._clock = burst, per_second, clients, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def admits(self, client: str) -> bool:
        """Whether one more request of this client may pass; it is counted where it does."""
        with self._lock:
            now = self._clock()
            left, at = self._buckets.pop(client, (float(self._burst), now))
            left = min(self._burst, left + (now - at) * self._per_second)
            admitted = left >= 1
            self._buckets[client] = (left - admitted, now)
            if len(self._buckets) > self._clients:
                self._buckets.popitem(last=False)
            return admitted


def page_limit() -> RateLimit:
    """What one address may ask of the pages: an office of fifty readers behind it, with programs."""
    return RateLimit(burst=600, per_second=20.0)


def sign_in_limit() -> RateLimit:
    """How many mails one address may ask for: an office that begins its month, and nobody's mailbox filled."""
    return RateLimit(burst=20, per_second=0.1)


def client_of(address: str) -> str:
    """Who an address counts as: an IPv6 host has a /64 to itself.

    >>> client_of("192.0.2.7"), client_of("2001:db8:1:2:3:4:5:6"), client_of("")
    ('192.0.2.7', '2001:db8:1:2::/64', '')
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:  # a Unix socket, or a proxy's invention
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address
