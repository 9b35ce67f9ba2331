"""The head of a mail and its bytes: who writes, how to leave, and every word as it was, whatever it is written in."""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import Any
from urllib.parse import quote

from crawler.watch.cadence import VIETNAM
from crawler.watch.mail_settings import MailSettings
from crawler.watch.phrases import phrases


class _Wire(EmailPolicy):
    """RFC 5322 bytes with CRLF; Subject and From are encoded whole where they are not ASCII.

    The library encodes word by word and, where a line ends between two words, loses the space between them
    (one Vietnamese subject in twelve): decoders drop what stands between two encoded words.
    """

    def fold(self, name: str, value: Any) -> str:
        """One header field with its line ends."""
        if str(value).isascii() or name.lower() not in ("subject", "from"):
            return str(super().fold(name, value))
        text, address = str(value), ""
        if name.lower() == "from":
            text, address = parseaddr(text)
            address = f"{self.linesep} <{address}>"
        encoded = Header(text, "utf-8", header_name=name).encode(linesep=self.linesep)
        return f"{name}: {encoded}{address}{self.linesep}"

    def fold_binary(self, name: str, value: Any) -> bytes:
        """The same in bytes."""
        return self.fold(name, value).encode("ascii", "surrogateescape")


_WIRE = _Wire(linesep="\r\n")


def headed(
    subject: str, *, to: str, settings: MailSettings, message_id: str, created: datetime
) -> EmailMessage:
    """A mail with the head that every one has. Raises ValueError for a line break in a header."""
    mail = EmailMessage(policy=_WIRE)
    mail["Subject"] = subject
    mail["From"] = Address(settings.sender_name, addr_spec=settings.sender_address)
    mail["To"] = Address(addr_spec=to)
    mail["Date"] = format_datetime(created.astimezone(VIETNAM))
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notice comes back
    mail["X-Auto-Response-Suppress"] = "All"  # the same for Exchange, which does not read it
    return mail


def add_ways_out(mail: EmailMessage, settings: MailSettings, token: str, *, language: str) -> None:
    """Reply-To and the list headers: leaving by mail, and by one click where there is a web address."""
    mail["Reply-To"] = Address(addr_spec=settings.leave_address)
    mail["List-Id"] = f"<diemtin.{settings.domain}>"
    words = phrases(language)
    ways = [f"<{mailto(settings.leave_address, words.leave_subject.format(token))}>"]
    if settings.web:
        ways.insert(0, f"<{settings.web}/leave/{token}>")
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    mail["List-Unsubscribe"] = ", ".join(ways)


def bytes_of(mail: EmailMessage) -> bytes:
    """The mail as sent; its part boundaries come from the Message-ID instead of the library's dice."""
    identity = hashlib.sha256(str(mail["Message-ID"]).encode()).hexdigest()[:24]
    for n, part in enumerate(p for p in mail.walk() if p.is_multipart()):
        part.set_boundary(f"=_{identity}_{n}")
    return mail.as_bytes(policy=_WIRE)


def mailto(address: str, subject: str) -> str:
    """The link that opens a mail to an address with a subject."""
    return f"mailto:{quote(address, safe='@')}?subject={quote(subject)}"
