"""The head of a mail and its bytes: who writes, how to leave, and every word as it was, whatever it is written in.

Three kinds of header fields, folded by three rules:

1. words for people (Subject): encoded whole where they are not ASCII. The library encodes word by word and, where a
   line ends between two words, loses the space between them (one Vietnamese subject in twelve): decoders drop what
   stands between two encoded words.
2. mailboxes (From, To, Reply-To): only the name may be encoded, never the address (RFC 2047 section 5, rule 3).
3. everything a program reads (List-Unsubscribe, Message-ID …): plain ASCII as it stands, folded after a comma and
   nowhere else. The library turns an address longer than a line into encoded words, which RFC 2047 forbids there:
   Gmail and Yahoo then ignore the field, and one-click leaving is gone.

The fields of MIME parts (Content-…) are the library's: parameters by RFC 2231.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from crawler.dates.zones import VIETNAM
from crawler.delivery.mail_settings import MailSettings
from crawler.delivery.phrases import phrases

LONGEST_LINE = 78
"""Characters a line should have (RFC 5322 section 2.1.1); an address that is longer stands on a line of its own."""
_MOST = 998
"""Characters a line may have (the same place)."""
_MAILBOXES = frozenset({"from", "to", "cc", "reply-to", "sender"})


class _Wire(EmailPolicy):
    """RFC 5322 bytes with CRLF, folded as the module's docstring says."""

    def fold(self, name: str, value: Any) -> str:
        """One header field with its line ends. Raises ValueError for one that cannot be written."""
        lower = name.lower()
        if lower == "subject":
            return f"{name}: {_words(str(value), name)}{self.linesep}"
        if lower in _MAILBOXES:
            return _joined(name, [_mailbox(address, name) for address in value.addresses])
        if lower.startswith("content-"):
            return str(super().fold(name, value))
        return _joined(name, str(value).split(", "))

    def fold_binary(self, name: str, value: Any) -> bytes:
        """The same in bytes."""
        return self.fold(name, value).encode("ascii")


_WIRE = _Wire(linesep="\r\n")


def _words(text: str, name: str) -> str:
    """Words for people: as they stand where they are ASCII, folded at spaces, else encoded words of UTF-8."""
    charset = "us-ascii" if text.isascii() and "=?" not in text else "utf-8"
    return Header(text, charset, header_name=name, maxlinelen=LONGEST_LINE - 2).encode(linesep="\r\n")


def _mailbox(address: Address, name: str) -> str:
    """A mailbox: its name in encoded words where it has to be, its address always plain."""
    if address.display_name.isascii() and "=?" not in address.display_name:
        return str(address)
    encoded = _words(address.display_name, name)
    room = LONGEST_LINE - len(encoded.rpartition("\r\n")[2])
    gap = " " if len(name) + len(address.addr_spec) + 5 < room else "\r\n "
    return f"{encoded}{gap}<{address.addr_spec}>"


def _joined(name: str, items: list[str]) -> str:
    """A field of items between commas, broken after a comma where the next item does not fit the line."""
    line, lines = f"{name}: {items[0]}", []
    for item in items[1:]:
        line += ","
        if len(line.rpartition("\r\n")[2]) + 1 + len(item.partition("\r\n")[0]) > LONGEST_LINE:
            lines.append(line)
            line = ""
        line += f" {item}"
    field = "\r\n".join((*lines, line)) + "\r\n"
    if not field.isascii() or max(map(len, field.split("\r\n"))) > _MOST:
        raise ValueError(f"{name}: {items!r} cannot be written in a header")
    return field


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
