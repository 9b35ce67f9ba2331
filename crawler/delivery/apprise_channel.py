"""Telegram, Slack and the many others that apprise knows (the extra `notify`).

apprise also knows services that run commands and parameters that name local files; `addresses` refuses those when
a watch is added, and here they are looked at again, as apprise itself has read them.
"""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Callable
from typing import Any

from crawler.delivery.cutoff import Resolve
from crawler.delivery.outcome import Later, Never, Outcome, Sent, line, said
from crawler.query.addresses import apprise_refusal
from crawler.store.deliveries import Delivery
from crawler.urls import is_private

_TALKATIVE = ("apprise", "urllib3", "requests", "requests_oauthlib", "slixmpp", "paho")
"""Loggers that print addresses with their secrets."""


class Apprise:
    """One attempt is one notification; apprise says yes or no and little between."""

    def __init__(
        self,
        *,
        deadline: float = 120,
        allow_private: bool = False,
        resolve: Resolve = socket.getaddrinfo,
    ) -> None:
        self._deadline = deadline
        self._allow_private = allow_private
        self._resolve = resolve

    def send(self, delivery: Delivery) -> Outcome:
        """Notify once."""
        try:
            import apprise
        except ImportError:
            return Later("apprise is not installed: pip install 'diemtin[notify]'")
        message = json.loads(delivery.content)
        address = delivery.address.removeprefix("apprise:")
        if (refusal := apprise_refusal(address)) is not None:
            return Never(refusal)
        _hush()
        service = apprise.Apprise.instantiate(address, suppress_exceptions=True)
        if service is None:
            return Never("apprise does not know this address")
        if (host := self._private_host(service)) is not None:
            return Later(f"{host} leads into a private network; --allow-private permits it")
        return self._in_time(
            lambda: service.notify(
                title=message["title"], body=message["body"], body_format=apprise.NotifyFormat.TEXT
            )
        )

    def _in_time(self, notify: Callable[[], Any]) -> Outcome:
        """Notify, and wait no longer than an exchange may take: the libraries below have no deadline for it."""
        ended: list[Outcome] = []

        def attempt() -> None:
            heard: list[str] = []
            _here.heard = heard
            try:
                done = notify()
            except Exception as error:  # noqa: BLE001  a service's fault is this message's
                ended.append(Later(said(error)))
            else:
                told = heard[-1] if heard else "apprise could not deliver it"
                ended.append(Sent() if done else Later(line(told)))

        thread = threading.Thread(target=attempt, daemon=True)
        thread.start()
        thread.join(self._deadline)
        return ended[0] if ended else Later("không xong đúng hạn / not done in time")

    def close(self) -> None:
        """Nothing to close."""

    def _private_host(self, service: Any) -> str | None:
        """The host of a service that is addressed by one, where it leads into a private network.

        By what the name resolves to, not by its spelling: for some services the same place holds a topic.
        """
        host = getattr(service, "host", None)
        named = any("{host}" in template for template in service.templates)
        if self._allow_private or not named or not isinstance(host, str):
            return None
        try:
            found = self._resolve(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            found = ()
        return host if any(is_private(str(a[0])) for *_, a in found) else None


class _Overhearing(logging.Handler):
    """Keeps warnings to the attempt in whose thread they were said."""

    def emit(self, record: logging.LogRecord) -> None:
        """Remember one, where somebody listens."""
        if (heard := getattr(_here, "heard", None)) is not None:
            heard.append(record.getMessage())


_here = threading.local()
_ear = _Overhearing(logging.WARNING)


def _hush() -> None:
    """From now on apprise and what it stands on print nothing: at -vv they tell tokens and paths.

    For good, because an attempt that was given up may go on talking.
    """
    for name in _TALKATIVE:
        logger = logging.getLogger(name)
        logger.propagate, logger.handlers = False, [_ear]
        logger.setLevel(logging.WARNING)
