"""A name for every answer, so that one who has it already is told so in a line (RFC 9110 §8.8)."""

from __future__ import annotations

import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 4 * 1024 * 1024
"""Bytes of an answer that gets one; a larger one goes out as it comes."""
_NAMED = ("text/html", "application/json", "application/atom+xml", "text/calendar")


class Etags:
    """An ASGI layer that names whole answers, weakly: compression makes other bytes of the same answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        answer = _Held(send, Headers(scope=scope).get("if-none-match", ""))
        await self._app(scope, receive, answer)


class _Held:
    """Holds an answer back until it is whole, and sends it, or that nothing has changed."""

    def __init__(self, send: Send, known: str) -> None:
        self._send = send
        self._known = {name.strip() for name in known.split(",")}
        self._start: Message | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_named(message):
            self._start = message
        elif self._start is None or message["type"] != "http.response.body":
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body") or len(self._body) > LARGEST:
                await self._out(more=message.get("more_body", False))

    async def _out(self, *, more: bool) -> None:
        assert self._start is not None
        if not more:
            headers = MutableHeaders(scope=self._start)
            headers["ETag"] = name = f'W/"{hashlib.sha256(self._body).hexdigest()[:32]}"'
            if name in self._known:
                self._start["status"] = 304
                self._body.clear()
                for gone in ("content-length", "content-type"):
                    del headers[gone]
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": bytes(self._body), "more_body": more})
        self._start = None


def _is_named(message: Message) -> bool:
    headers = Headers(raw=message["headers"])
    kind = headers.get("content-type", "").partition(";")[0]
    return message["status"] == 200 and kind in _NAMED and "no-store" not in headers.get("cache-control", "")
