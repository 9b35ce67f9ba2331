"""Connections that end when their time is over, and that go to the address that was looked at.

A time-out of a socket begins anew with every byte: a server that sends one a second is never late. Here the whole
exchange has one deadline, kept by a second handle on the connection, so that it holds through a TLS handshake too.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

from crawler.urls import is_private

Resolve = Callable[..., Sequence[tuple[Any, ...]]]
"""`socket.getaddrinfo`, or a test's own."""


class PrivateDestination(OSError):
    """Raised by `connect` where a name leads into a private network and that was not allowed."""


def connect(
    host: str, port: int, *, within: float, allow_private: bool, resolve: Resolve = socket.getaddrinfo
) -> socket.socket:
    """A connection to one of a host's addresses, all its attempts within so many seconds.

    The addresses that are judged are the ones connected to: a name that answers differently the next time gains
    nothing. Raises OSError, PrivateDestination among them; every address of the name has to be public.
    """
    try:
        found = resolve(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # an empty label, or one that is too long
        raise OSError(f"{host!r} is no host name") from error
    if not allow_private and (is_private(host) or any(is_private(str(a[0])) for *_, a in found)):
        raise PrivateDestination(f"{host} leads into a private network; --allow-private permits it")
    until = monotonic() + within
    failed: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in found:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(max(0.001, until - monotonic()))
            sock.connect(address)
        except OSError as error:
            sock.close()
            failed = error
        else:
            sock.settimeout(within)
            return sock
    raise failed


class CutOff:
    """Shuts one connection down when an exchange on it takes too long. Safe to start, stop and close repeatedly."""

    def __init__(self, sock: socket.socket) -> None:
        self._twin = sock.dup()
        self._timer: threading.Timer | None = None
        self.happened = False
        """Whether the connection was cut."""

    def start(self, seconds: float) -> None:
        """From now the exchange has so many seconds."""
        self.stop()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        """The exchange is over."""
        if self._timer is not None:
            self._timer.cancel()

    def close(self) -> None:
        """Let the second handle go."""
        self.stop()
        self._twin.close()

    def _cut(self) -> None:
        self.happened = True
        with suppress(OSError):  # it ended by itself meanwhile
            self._twin.shutdown(socket.SHUT_RDWR)


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Certificates and names are checked; a CA of one's own counts beside the system's."""
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context
