"""The head of an answer as it came off the wire, which neither Twisted nor Scrapy keeps.

Twisted drops the words behind the status, lowers the names of headers, and takes those that steer the connection away.
The lines pass here on their way to its parser. One request of a host is under way at a time, so its address names it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.core.downloader.handlers.http11 import _LenientHTTP11ClientFactory, _LenientHTTP11ClientProtocol

if TYPE_CHECKING:
    from scrapy.http import Request, Response
    from twisted.internet.defer import Deferred
    from twisted.internet.interfaces import IAddress
    from twisted.web._newclient import HTTP11ClientProtocol
    from twisted.web._newclient import Request as TxRequest
    from twisted.web.iweb import IResponse

Heads = dict[bytes, bytearray]
"""Address → status line and headers of its answer, as far as they have come."""


class HeadKeepingFactory(_LenientHTTP11ClientFactory):
    """Makes connections that note the heads of their answers in `heads`, where one waits for them."""

    def __init__(self, heads: Heads, *arguments: Any) -> None:
        super().__init__(*arguments)  # type: ignore[no-untyped-call]
        self._heads = heads

    def buildProtocol(self, addr: IAddress | None) -> HTTP11ClientProtocol:
        """Twisted's entry."""
        made = _HeadKeeping(self._quiescentCallback)  # type: ignore[no-untyped-call]
        made.heads = self._heads
        return made


class _HeadKeeping(_LenientHTTP11ClientProtocol):
    heads: Heads

    def request(self, request: TxRequest) -> Deferred[IResponse]:
        answer = super().request(request)
        head = self.heads.get(request.absoluteURI)
        if head is not None:
            parser: Any = self._parser
            passed_on = parser.lineReceived

            def noted(line: bytes) -> None:
                if line.startswith(b"HTTP/") and head.endswith(b"\n\r\n"):
                    head.clear()  # what came before was "100 Continue"
                head.extend(line.rstrip(b"\r") + b"\r\n")
                passed_on(line)

            parser.lineReceived = noted
        return answer


def request_head(request: Request) -> bytes:
    """The request as it goes out, as far as it is ours: line, host, headers."""
    parts = urlsplit(request.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = parts.netloc.rpartition("@")[2]
    lines = [f"{request.method} {target} HTTP/1.1".encode(), b"Host: " + host.encode("latin-1", "replace")]
    for name, values in request.headers.items():
        lines += [name + b": " + value for value in values]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def response_head(response: Response, kept: bytes) -> bytes:
    """The answer's head as it came; made of what Scrapy has where nothing was kept."""
    if kept.endswith(b"\r\n\r\n"):
        return kept
    lines = [f"{response.protocol or 'HTTP/1.1'} {response.status}".encode()]
    for name, values in response.headers.items():
        lines += [name + b": " + value for value in values]
    return b"\r\n".join(lines) + b"\r\n\r\n"
