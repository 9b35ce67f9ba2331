"""The server under the pages: uvicorn, with bounds on what one connection may cost."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from typing import Any, NoReturn
from urllib.parse import urlsplit

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from crawler.errors import InvalidInput

REQUEST_SECONDS = 20
"""A whole request, however slowly its bytes come; a client that sends one now and then would keep a place for ever."""
CONNECTIONS = 200
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class _Hurried(H11Protocol):
    """A connection that is closed when a request takes too long to arrive."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A client came."""
        super().connection_made(transport)
        self._hurry()

    def data_received(self, data: bytes) -> None:
        """Some bytes of a request came."""
        super().data_received(data)
        if self.conn.their_state is h11.SEND_BODY or self.conn.their_state is h11.IDLE:
            self._hurry()
        elif self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def connection_lost(self, exc: Exception | None) -> None:
        """The client left."""
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def _hurry(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(REQUEST_SECONDS, self._too_slow)

    def _too_slow(self) -> None:
        self._deadline = None
        if self.conn.their_state in (h11.SEND_BODY, h11.IDLE):
            self.transport.abort()


def serve(app: ASGIApp, opened: socket.socket, *, ready: Callable[[], None]) -> None:
    """Answer at a socket of `listen` until SIGTERM or Ctrl-C; `ready` is called once that is so.

    On loopback all callers are this machine's, usually its own proxy, so the last X-Forwarded-For entry names
    the client; on any other address such a header is a stranger's word and dropped.
    """
    proxied: dict[str, Any] = {"proxy_headers": False}
    if is_loopback(opened.getsockname()[0]):
        proxied = {"proxy_headers": True, "forwarded_allow_ips": ["127.0.0.1", "::1"]}
    config = uvicorn.Config(
        app,
        http=_Hurried,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        limit_concurrency=CONNECTIONS,
        backlog=128,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=20,
        h11_max_incomplete_event_size=16_384,
        **proxied,
    )
    signal.signal(signal.SIGTERM, _end_well)  # uvicorn hands the signal on when it has ended
    ready()
    uvicorn.Server(config).run(sockets=[opened])


def _end_well(*_: object) -> NoReturn:
    raise SystemExit(0)


def is_loopback(address: str) -> bool:
    """Whether a host, or the host of a web address, is this machine alone.

    >>> is_loopback("127.0.0.1"), is_loopback("http://localhost:8472"), is_loopback("https://tin.example")
    (True, True, False)
    """
    return (urlsplit(address).hostname if "//" in address else address) in _LOOPBACK


def address_of(opened: socket.socket) -> str:
    """The address of a socket as a browser takes it, without a slash behind it."""
    host, port = opened.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises InvalidInput where there can be none."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        reason = error.strerror or error
        raise InvalidInput(
            f"không mở được {host}:{port} / cannot listen on {host}:{port}: {reason}"
        ) from error
