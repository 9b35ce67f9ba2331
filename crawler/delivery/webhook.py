"""Webhooks: one signed POST to the address that was looked at, within its time, redirected nowhere."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from crawler.delivery.cutoff import CutOff, Resolve, connect, tls_context
from crawler.delivery.mail_settings import MailSettings
from crawler.delivery.outcome import Later, Outcome, Refused, Sent, line, said
from crawler.errors import InvalidInput
from crawler.query.addresses import destination, web_address
from crawler.store.deliveries import Delivery
from crawler.urls import is_private


class Webhook:
    """A POST signed as Standard Webhooks has it: id, time and body under HMAC-SHA256."""

    def __init__(
        self,
        settings: MailSettings,
        clock: Callable[[], datetime],
        *,
        allow_private: bool = False,
        resolve: Resolve = socket.getaddrinfo,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._allow_private = allow_private
        self._resolve = resolve
        self._down: dict[str, str] = {}

    def send(self, delivery: Delivery) -> Outcome:
        """Post once; 2xx is arrival, 410 says that nobody listens there any more.

        A host that could not be talked to is not asked again within the tick.
        """
        headers = signed_headers(delivery.message_id, delivery.content, delivery.secret or "", self._clock())
        url = web_address(delivery.address)
        host = urlsplit(url).netloc
        if host in self._down:
            return Later(self._down[host])
        if not self._allow_private and is_private(urlsplit(url).hostname or ""):
            return Later(f"{host} is a private address; --allow-private permits it")
        request = urllib.request.Request(url, data=delivery.content, headers=headers, method="POST")
        opened = _Opened(partial(self._connect, bool(request.has_proxy())), self._settings.deadline)
        try:
            outcome = self._post(request, opened)
        except (OSError, http.client.HTTPException) as error:
            outcome = Later(said(error))
            self._down[host] = outcome.error
        finally:
            opened.close()
        if opened.was_cut_off:  # what was read until then may look like an answer
            self._down[host] = "không xong đúng hạn / not done in time"
            return Later(self._down[host])
        return outcome

    def close(self) -> None:
        """Nothing to close."""

    def _post(self, request: urllib.request.Request, opened: _Opened) -> Outcome:
        context = tls_context(self._settings.ca_file)
        opener = urllib.request.build_opener(_NoRedirect(), _Http(opened), _Https(opened, context))
        try:
            with opener.open(request, timeout=self._settings.timeout) as answer:
                return Sent() if 200 <= answer.status < 300 else Later(f"HTTP {answer.status}")
        except urllib.error.HTTPError as error:
            error.close()
            told = f"HTTP {error.code} {line(str(error.reason))}".strip()
            return Refused(told) if error.code == 410 else Later(told)

    def _connect(self, to_a_proxy: bool, address: tuple[str, int], within: float) -> socket.socket:
        allowed = self._allow_private or to_a_proxy
        return connect(*address, within=within, allow_private=allowed, resolve=self._resolve)


class _Opened:
    """The connection of one POST, made by us and cut off in time."""

    def __init__(self, dial: Callable[[tuple[str, int], float], socket.socket], deadline: float) -> None:
        self._dial, self._deadline = dial, deadline
        self._cut: CutOff | None = None

    def __call__(self, address: tuple[str, int], timeout: float, source: object = None) -> socket.socket:
        """In place of `socket.create_connection`."""
        sock = self._dial(address, timeout)
        self._cut = CutOff(sock)
        self._cut.start(self._deadline)
        return sock

    @property
    def was_cut_off(self) -> bool:
        """Whether it took too long."""
        return self._cut is not None and self._cut.happened

    def close(self) -> None:
        """The exchange is over."""
        if self._cut is not None:
            self._cut.close()


class _Http(urllib.request.HTTPHandler):
    def __init__(self, opened: _Opened) -> None:
        super().__init__()
        self._opened = opened

    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        """Open on the connection that is ours."""
        return self.do_open(partial(_on, self._opened, http.client.HTTPConnection), request)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, opened: _Opened, context: ssl.SSLContext) -> None:
        super().__init__(context=context)
        self._opened, self._tls = opened, context

    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        """Open on the connection that is ours; the name in the address is the one the certificate must have."""
        kind = partial(http.client.HTTPSConnection, context=self._tls)
        return self.do_open(partial(_on, self._opened, kind), request)


def _on(
    opened: _Opened, kind: Callable[..., http.client.HTTPConnection], host: str, **options: Any
) -> http.client.HTTPConnection:
    made = kind(host, **options)
    made._create_connection = opened  # type: ignore[attr-defined]  # the one seam http.client has
    return made


def refuse_private(addresses: Iterable[str], *, allow_private: bool) -> None:
    """Raise InvalidInput for a webhook that stands in a private network by its spelling, unless that is allowed."""
    for typed in addresses:
        goes_to = destination(typed)
        if goes_to.channel == "webhook" and not allow_private:
            host = urlsplit(goes_to.address).hostname or ""
            if is_private(host):
                raise InvalidInput(
                    f"{host} nằm trong mạng riêng: thêm --allow-private nếu đúng là muốn gửi tới đó / "
                    f"{host} is in a private network: say --allow-private if that is meant"
                )


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A signed message goes where it was addressed, nowhere else."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Never: the 3xx becomes an error."""


def signed_headers(message_id: str, body: bytes, secret: str, now: datetime) -> dict[str, str]:
    """What a receiver checks: `webhook-signature` is `v1,` and base 64 of the HMAC over `id.time.body`."""
    identity, stamp = message_id.strip("<>"), str(int(now.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, b".".join((identity.encode(), stamp.encode(), body)), hashlib.sha256).digest()
    return {
        "content-type": "application/json; charset=utf-8",
        "user-agent": "diemtin",
        "webhook-id": identity,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
