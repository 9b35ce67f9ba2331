"""A real SMTP server on loopback that misbehaves by script."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HANG_UP = "hang up"
"""Instead of a reply: close the connection."""
SILENCE = "silence"
"""Instead of a reply: say nothing until the client gives up."""

Fault = Callable[[Envelope], str | None]


@dataclass
class Letter:
    """A message the server took."""

    to: str
    raw: bytes

    @property
    def mail(self) -> EmailMessage:
        message = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return message

    @property
    def message_id(self) -> str:
        return str(self.mail["Message-ID"])


@dataclass
class Script:
    """What the server does: for each step a function of the envelope; None means to behave."""

    mail: Fault = lambda envelope: None
    rcpt: Fault = lambda envelope: None
    data: Fault = lambda envelope: None
    after_data: Fault = lambda envelope: None
    """Asked after the message was taken: the window that SMTP cannot close."""


@dataclass
class Server:
    """The address to deliver to, what arrived, and the script in force."""

    url: str = ""
    script: Script = field(default_factory=Script)
    letters: list[Letter] = field(default_factory=list)
    connections: int = 0
    logins: list[tuple[str, str]] = field(default_factory=list)

    @property
    def ids(self) -> Counter[str]:
        return Counter(letter.message_id for letter in self.letters)


class _Handler:
    def __init__(self, server: Server) -> None:
        self._server = server

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self._server.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if fault := self._server.script.mail(envelope):
            return await _misbehave(server, fault)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        if fault := self._server.script.rcpt(envelope):
            envelope.rcpt_tos.clear()
            return await _misbehave(server, fault)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if fault := self._server.script.data(envelope):
            return await _misbehave(server, fault)
        content = envelope.original_content
        assert content is not None
        self._server.letters.append(Letter(envelope.rcpt_tos[0], content))
        if fault := self._server.script.after_data(envelope):
            return await _misbehave(server, fault)
        return "250 OK"


async def _misbehave(server: SMTP, fault: str) -> str:
    if fault == HANG_UP:
        server.transport.abort()
        await asyncio.sleep(0)
        return "451 gone"
    if fault == SILENCE:
        while not server.transport.is_closing():  # until the client hangs up
            await asyncio.sleep(0.005)
        return "451 gone"
    return fault


class _Loopback(Controller):
    def _trigger_server(self) -> None:
        # The controller greets its own port once; tell it which one it got.
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_server(**options: Any) -> Iterator[Server]:
    """A server on a free port of 127.0.0.1."""
    state = Server()
    controller = _Loopback(_Handler(state), hostname="127.0.0.1", port=0, **options)
    controller.start()
    try:
        state.url = f"smtp://127.0.0.1:{controller.port}"
        state.connections = 0  # the controller's own first greeting
        yield state
    finally:
        controller.stop()
