"""The ways out: an SMTP server, the outbox folder, webhooks, apprise. Each says how one attempt ended.

`Refused` is the address's fault for good and suspends it; `Never` is this message's; everything else may end
otherwise next time. A connection that dies after the message was handed over counts as `Later`: it may have
arrived, and the repeat carries the same Message-ID.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from crawler.store.deliveries import Delivery
from crawler.text import clean_line
from crawler.watch.mail_settings import MailSettings, SmtpServer, parse_smtp

_BAD_MAILBOX = re.compile(r"\b5\.[12]\.\d")
"""Enhanced status codes of an address that does not exist or takes no mail (RFC 3463, X.1.X and X.2.X)."""
_TOO_LARGE = 552


@dataclass(frozen=True, slots=True)
class Sent:
    """It arrived."""

    where: str | None = None
    """The file, for the outbox folder."""


@dataclass(frozen=True, slots=True)
class Later:
    """Not now: try again."""

    error: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The address takes nothing any more."""

    error: str


@dataclass(frozen=True, slots=True)
class Never:
    """This message cannot be delivered; others to the address may."""

    error: str


Outcome = Sent | Later | Refused | Never


class Channel(Protocol):
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
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / file_name(delivery.message_id)
        temporary = path.with_name(f".{path.name}.tmp")
        try:
            with temporary.open("wb") as file:
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
        self._smtp: smtplib.SMTP | None = None
        self._down: str | None = None

    def send(self, delivery: Delivery) -> Outcome:
        """Hand one mail over. A server that could not be reached is not asked again within the tick."""
        if self._down is not None:
            return Later(self._down)
        try:
            smtp = self._connected()
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            self._down = f"{self._server.host}:{self._server.port}: {_said(error)}"
            return Later(self._down)
        return self._hand_over(smtp, delivery)

    def close(self) -> None:
        """QUIT."""
        if self._smtp is not None:
            with suppress(smtplib.SMTPException, OSError):  # a server that is gone needs no goodbye
                self._smtp.quit()
        self._drop()

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is not None:
            return self._smtp
        server, timeout, name = self._server, self._settings.timeout, self._settings.domain
        context = ssl.create_default_context(cafile=self._settings.ca_file)
        if server.tls == "implicit":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(timeout=timeout, context=context, local_hostname=name)
        else:
            smtp = smtplib.SMTP(timeout=timeout, local_hostname=name)
        self._smtp = smtp
        smtp._host = server.host  # type: ignore[attr-defined]  # the name TLS checks; only __init__ sets it
        code, text = smtp.connect(server.host, server.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, text)
        smtp.ehlo_or_helo_if_needed()
        encrypted = server.tls == "implicit"
        if server.tls == "starttls" or (server.tls == "opportunistic" and smtp.has_extn("starttls")):
            smtp.starttls(context=context)
            smtp.ehlo_or_helo_if_needed()
            encrypted = True
        if server.user is not None and server.password is not None:
            if not encrypted and not server.on_this_machine:
                raise smtplib.SMTPException("no TLS is offered: the password is not sent in the clear")
            _log_in(smtp, server.user, server.password)
        return smtp

    def _hand_over(self, smtp: smtplib.SMTP, delivery: Delivery) -> Outcome:
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
            self._drop()
            return Later(f"{step}: {_said(error)}")

    def _refused(self, smtp: smtplib.SMTP, step: str, code: int, text: bytes | str) -> Outcome:
        outcome = judge(step, code, _line(text))
        try:
            if code == 421:  # the server is closing the connection
                self._drop()
            else:
                smtp.rset()
        except (smtplib.SMTPException, OSError):
            self._drop()
        return outcome

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None


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


class Webhook:
    """A POST signed as Standard Webhooks has it: id, time and body under HMAC-SHA256."""

    def __init__(self, timeout: float, clock: Callable[[], datetime]) -> None:
        self._timeout = timeout
        self._clock = clock
        self._opener = urllib.request.build_opener(_NoRedirect())

    def send(self, delivery: Delivery) -> Outcome:
        """Post once; 2xx is arrival, 410 says that nobody listens there any more."""
        headers = signed_headers(delivery.message_id, delivery.content, delivery.secret or "", self._clock())
        request = urllib.request.Request(
            delivery.address, data=delivery.content, headers=headers, method="POST"
        )
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                return Sent() if 200 <= answer.status < 300 else Later(f"HTTP {answer.status}")
        except urllib.error.HTTPError as error:
            error.close()
            said = f"HTTP {error.code} {_line(error.reason)}".strip()
            return Refused(said) if error.code == 410 else Later(said)
        except OSError as error:
            return Later(_said(error))

    def close(self) -> None:
        """Nothing to close."""


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


class Apprise:
    """Telegram, Slack and the many others that apprise knows (the extra `notify`)."""

    def send(self, delivery: Delivery) -> Outcome:
        """Notify once; apprise says yes or no and nothing between."""
        try:
            import apprise
        except ImportError:
            return Later("apprise is not installed: pip install 'diemtin[notify]'")
        message = json.loads(delivery.content)
        service = apprise.Apprise()
        if not service.add(delivery.address.removeprefix("apprise:")):
            return Refused("apprise does not know this address")
        done = service.notify(
            title=message["title"], body=message["body"], body_format=apprise.NotifyFormat.TEXT
        )
        return Sent() if done else Later("apprise could not deliver it")

    def close(self) -> None:
        """Nothing to close."""


def open_channels(
    settings: MailSettings, outbox_folder: Path, clock: Callable[[], datetime]
) -> Mapping[str, Channel]:
    """The ways out by a recipient's channel."""
    mail: Channel = (
        Folder(outbox_folder) if settings.smtp is None else Smtp(settings, parse_smtp(settings.smtp))
    )
    return {"mail": mail, "webhook": Webhook(settings.timeout, clock), "apprise": Apprise()}


def _said(error: BaseException) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_line(error.smtp_error)}"
    return _line(str(error)) or type(error).__name__


def _line(text: bytes | str) -> str:
    """A server's words as one short line."""
    readable = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return clean_line(readable)[:300]
