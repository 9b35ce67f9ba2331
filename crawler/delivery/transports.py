"""The ways out: an SMTP server, the outbox folder, webhooks, apprise. Each says how one attempt ended.

A connection that dies after the message was handed over counts as `Later`: it may have arrived, and the repeat
carries the same Message-ID. A whole exchange has a deadline, so that no receiver holds the others up.
"""

from __future__ import annotations

import base64
import os
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol

from crawler.delivery.apprise_channel import Apprise
from crawler.delivery.cutoff import CutOff, connect, tls_context
from crawler.delivery.mail_settings import MailSettings, SmtpServer, parse_smtp
from crawler.delivery.outcome import Later, Never, Outcome, Refused, Sent, line, said
from crawler.delivery.webhook import Webhook
from crawler.private_files import private_file, private_folder
from crawler.store.deliveries import Delivery

_BAD_MAILBOX = re.compile(r"\b5\.[12]\.\d")
"""Enhanced status codes of an address that does not exist or takes no mail (RFC 3463, X.1.X and X.2.X)."""
_TOO_LARGE = 552
MOST_CUT_OFF = 3
"""Exchanges in a tick that may take too long before the mail server itself counts as down."""


class Transport(Protocol):
    """One way out; lives as long as a delivery tick."""

    def send(self, delivery: Delivery) -> Outcome:
        """Try once."""

    def close(self) -> None:
        """Say goodbye where that is the custom."""


class Folder:
    """`data/outbox/*.eml`: for a box without a mail server, and to look before a first mail goes out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, delivery: Delivery) -> Outcome:
        """Write the file whole or not at all; writing it again writes the same."""
        private_folder(self._folder)
        path = self._folder / file_name(delivery.message_id)
        temporary = path.with_name(f".{path.name}.tmp")
        try:
            with private_file(temporary) as file:
                file.write(delivery.content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError as error:
            return Later(f"{path}: {error.strerror or error}")
        return Sent(str(path))

    def close(self) -> None:
        """Nothing to close."""


def file_name(message_id: str) -> str:
    """The outbox file of a message.

    >>> file_name("<diemtin.0a1b@tinh.example>")
    'diemtin.0a1b.eml'
    """
    local = message_id.strip("<>").rpartition("@")[0]
    return re.sub(r"[^\w.-]", "_", local, flags=re.ASCII) + ".eml"


class Smtp:
    """One conversation for all mails of a tick. TLS certificates are always checked."""

    def __init__(self, settings: MailSettings, server: SmtpServer) -> None:
        self._settings = settings
        self._server = server
        self._smtp: _Conversation | None = None
        self._down: str | None = None
        self._cut_off = 0

    def send(self, delivery: Delivery) -> Outcome:
        """Hand one mail over. A server that could not be reached is not asked again within the tick."""
        if self._down is not None:
            return Later(self._down)
        try:
            smtp = self._connected()
        except (smtplib.SMTPException, OSError, ValueError) as error:
            self._down = f"{self._server.host}:{self._server.port}: {self._why(error)}"
            self._drop()
            return Later(self._down)
        smtp.begin(self._settings.deadline)
        try:
            return self._hand_over(smtp, delivery)
        finally:
            smtp.end()

    def close(self) -> None:
        """QUIT."""
        if self._smtp is not None:
            self._smtp.begin(self._settings.timeout)
            with suppress(smtplib.SMTPException, OSError):  # a server that is gone needs no goodbye
                self._smtp.quit()
        self._drop()

    def _connected(self) -> _Conversation:
        if self._smtp is not None:
            return self._smtp
        server = self._server
        context = tls_context(self._settings.ca_file)
        self._smtp = smtp = _Conversation(self._settings, context if server.tls == "implicit" else None)
        smtp.open(server.host, server.port)
        encrypted = server.tls == "implicit"
        if server.tls == "starttls" or (server.tls == "opportunistic" and smtp.has_extn("starttls")):
            smtp.starttls(context=context)
            smtp.ehlo_or_helo_if_needed()
            encrypted = True
        if server.user is not None and server.password is not None:
            if not encrypted and not server.on_this_machine:
                raise smtplib.SMTPException("no TLS is offered: the password is not sent in the clear")
            _log_in(smtp, server.user, server.password)
        smtp.end()
        return smtp

    def _hand_over(self, smtp: _Conversation, delivery: Delivery) -> Outcome:
        step = "MAIL FROM"
        try:
            options = [f"size={len(delivery.content)}"] if smtp.has_extn("size") else []
            code, text = smtp.mail(self._settings.sender_address, options)
            if code != 250:
                return self._refused(smtp, step, code, text)
            step = "RCPT TO"
            code, text = smtp.rcpt(delivery.address)
            if code not in (250, 251):
                return self._refused(smtp, step, code, text)
            step = "DATA"
            code, text = smtp.data(delivery.content)
            return Sent() if code == 250 else self._refused(smtp, step, code, text)
        except smtplib.SMTPDataError as error:
            return self._refused(smtp, step, error.smtp_code, error.smtp_error)
        except (smtplib.SMTPException, OSError) as error:
            why = f"{step}: {self._why(error)}"
            self._rest_if_slow(error, why)
            self._drop()
            return Later(why)

    def _refused(self, smtp: smtplib.SMTP, step: str, code: int, text: bytes | str) -> Outcome:
        outcome = judge(step, code, line(text))
        try:
            if code == 421:  # the server is closing the connection
                self._drop()
            else:
                smtp.rset()
        except (smtplib.SMTPException, OSError):
            self._drop()
        return outcome

    def _why(self, error: BaseException) -> str:
        if self._smtp is not None and self._smtp.was_cut_off:
            return f"không xong trong {self._settings.deadline:g} giây / took longer than that many seconds"
        return said(error)

    def _rest_if_slow(self, error: BaseException, why: str) -> None:
        """One slow receiver is its own affair; the third in a tick is the server's, and the rest waits."""
        slow = isinstance(error, TimeoutError) or (self._smtp is not None and self._smtp.was_cut_off)
        self._cut_off += slow
        if self._cut_off >= MOST_CUT_OFF:
            self._down = why

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None


class _Conversation(smtplib.SMTP):
    """smtplib's client on a connection that can be cut off."""

    def __init__(self, settings: MailSettings, implicit_tls: ssl.SSLContext | None) -> None:
        self._cut: CutOff | None = None
        self._tls = implicit_tls
        self._deadline = settings.deadline
        super().__init__(timeout=settings.timeout, local_hostname=settings.domain)

    def open(self, host: str, port: int) -> None:
        """Connect and say EHLO; the exchange begun lasts until `end`. Raises what smtplib does."""
        self._host = host  # the name TLS checks; only smtplib's __init__ sets it
        code, text = self.connect(host, port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, text)
        self.ehlo_or_helo_if_needed()

    def begin(self, seconds: float) -> None:
        """An exchange begins."""
        if self._cut is not None:
            self._cut.start(seconds)

    def end(self) -> None:
        """It is over."""
        if self._cut is not None:
            self._cut.stop()

    @property
    def was_cut_off(self) -> bool:
        """Whether an exchange took too long."""
        return self._cut is not None and self._cut.happened

    def close(self) -> None:
        """Both handles."""
        super().close()
        if self._cut is not None:
            self._cut.close()

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        sock = connect(host, port, within=timeout, allow_private=True)
        self._cut = CutOff(sock)
        self.begin(self._deadline)
        return sock if self._tls is None else self._tls.wrap_socket(sock, server_hostname=host)


def _log_in(smtp: smtplib.SMTP, user: str, password: str) -> None:
    """AUTH; smtplib knows ASCII passwords only, while PLAIN is UTF-8 by its standard (RFC 4616)."""
    if user.isascii() and password.isascii():
        smtp.login(user, password)
        return
    if "PLAIN" not in smtp.esmtp_features.get("auth", "").upper().split():
        raise smtplib.SMTPNotSupportedError("a password outside ASCII needs AUTH PLAIN, which is not offered")
    secret = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
    code, text = smtp.docmd("AUTH", f"PLAIN {secret}")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, text)


def judge(step: str, code: int, text: str) -> Outcome:
    """What a server's refusal means.

    A 5xx to RCPT TO is the address's, so is one to DATA with a mailbox status; a message too large or
    unwanted is the message's. A 5xx to MAIL FROM is our own set-up's fault: it is tried again while somebody
    mends it.

    >>> judge("RCPT TO", 550, "5.1.1 no such user")
    Refused(error='RCPT TO: 550 5.1.1 no such user')
    """
    said = f"{step}: {code} {text}".strip()
    if not 500 <= code < 600:
        return Later(said)
    if code == _TOO_LARGE and not _BAD_MAILBOX.search(text):
        return Never(said)
    if step == "RCPT TO" or (step == "DATA" and _BAD_MAILBOX.search(text)):
        return Refused(said)
    return Later(said) if step == "MAIL FROM" else Never(said)


def mail_channel(settings: MailSettings, outbox_folder: Path) -> Transport:
    """The way out of mails: the server of the settings, or the outbox folder."""
    return Folder(outbox_folder) if settings.smtp is None else Smtp(settings, parse_smtp(settings.smtp))


def open_channels(
    settings: MailSettings,
    outbox_folder: Path,
    clock: Callable[[], datetime],
    *,
    allow_private: bool = False,
) -> Mapping[str, Transport]:
    """The ways out by a recipient's channel; `allow_private` lets webhooks and services stand in our own network."""
    webhook = Webhook(settings, clock, allow_private=allow_private)
    return {
        "mail": mail_channel(settings, outbox_folder),
        "webhook": webhook,
        "apprise": Apprise(deadline=settings.deadline, allow_private=allow_private),
    }
