"""The server under the pages: waitress, which bounds what one connection may cost."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from waitress import create_server

from crawler.errors import InvalidInput
from crawler.web.doors import LARGEST_BODY

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_LIMITS: dict[str, Any] = {
    "threads": 4,  # each may wait for the database; two pages need no more
    "connection_limit": 200,
    "backlog": 128,
    "channel_timeout": 30,  # seconds without a byte, for clients that trickle
    "cleanup_interval": 10,
    "max_request_header_size": 16_384,
    "max_request_body_size": LARGEST_BODY,
    "expose_tracebacks": False,
    "ident": None,  # no Server header: nobody needs to know
}
_LOOPBACK = ("127.0.0.1", "::1")


def serve(app: WSGIApplication, *, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Answer until SIGTERM or Ctrl-C; `ready` is told the address once it is open. Port 0 takes a free one.

    On loopback all callers are this machine's, usually its own proxy, so the last X-Forwarded-For entry names
    the client; on any other address such a header is a stranger's word and dropped.
    Raises InvalidInput where the address cannot be opened.
    """
    proxied: dict[str, Any] = {"clear_untrusted_proxy_headers": True}
    if host in _LOOPBACK:
        proxied |= {"trusted_proxy": host, "trusted_proxy_headers": {"x-forwarded-for"}}
    try:
        server = create_server(app, host=host, port=port, **_LIMITS, **proxied)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidInput(
            f"không mở được {host}:{port} / cannot listen on {host}:{port}: {reason}"
        ) from error
    signal.signal(signal.SIGTERM, _leave_loop)
    # A name may stand for several addresses; the server then lists them.
    [(_, opened), *_others] = getattr(server, "effective_listen", None) or [(host, server.effective_port)]
    ready(f"http://[{host}]:{opened}/" if ":" in host else f"http://{host}:{opened}/")
    server.run()  # ends on SystemExit and KeyboardInterrupt, the requests under way answered


def _leave_loop(*_: object) -> NoReturn:
    raise SystemExit(0)
