"""The people behind the addresses: asked once, gone with one click, never in need of a log-in.

The operator's `watch add` is the operator's word. An address that comes any other way (`--ask`, a web form)
is asked by one mail and gets nothing before its owner answers. Each mail carries a leaving token of its own.
"""

from __future__ import annotations

import email
import email.policy
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage, MIMEPart
from email.utils import parseaddr
from typing import Literal

from crawler.errors import InvalidInput
from crawler.store import deliveries, outbox, tokens, watches
from crawler.store.outbox import Connection
from crawler.store.tokens import Purpose as Purpose
from crawler.store.watches import Recipient, Watch
from crawler.text import fold
from crawler.watch.addresses import destination
from crawler.watch.mail import compose_confirmation
from crawler.watch.mail_settings import MailSettings
from crawler.watch.phrases import phrases

ASK_LIFETIME = timedelta(days=7)
"""How long a question stands; the mail says so."""

_TOKEN = re.compile(r"(?<!\w)[0-9a-f]{32}(?!\w)")
"""The shape of a token; a Message-ID has the same and opens nothing."""
_STOP = re.compile(r"(?:dung|stop|unsubscribe|huy)\b(?!\s+\w+\s+\w+\s+\w+)")
"""The word alone or nearly so: "dừng lại ở huyện Lam Hà..." is prose."""
_READ = 20_000
"""Characters of a reply that are searched for a token."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reply meant."""

    what: Literal["confirmed", "left"]
    address: str


def ask_recipients(
    conn: Connection, watch: Watch, settings: MailSettings, *, now: datetime
) -> tuple[str, ...]:
    """Ask each recipient of a new watch who has not agreed yet (or has left); the addresses asked.

    For `watch add --ask`, in the transaction of `watches.add_watch(..., ask=True)`.
    """
    asked = [r.address for r in watch.recipients if r.channel == "mail" and (r.confirmed is None or r.left)]
    for address in asked:
        ask(conn, address, [watch.name], settings, language=watch.language, now=now)
    return tuple(asked)


def ask(
    conn: Connection,
    address: str,
    watch_names: Sequence[str],
    settings: MailSettings,
    *,
    language: str = "vi",
    now: datetime,
) -> None:
    """Queue the one question; the address must be a recipient already. The token exists in that mail only."""
    found = watches.find_recipient(conn, address)
    if found is None or found.channel != "mail":
        raise InvalidInput(
            f"{address} không phải địa chỉ thư đã ghi / {address} is no e-mail address that was entered"
        )
    token = tokens.issue(conn, address, "confirm", now=now, lifetime=ASK_LIFETIME)
    name = hashlib.sha256(f"{address} {now.isoformat()}".encode()).hexdigest()[:32]
    message_id = outbox.free_message_id(conn, f"diemtin.{name}", settings.domain)
    content = compose_confirmation(
        address,
        watch_names,
        settings,
        language=language,
        message_id=message_id,
        token=token,
        created=now,
    )
    outbox.queue(
        conn,
        message_id=message_id,
        address=address,
        kind="confirm",
        subject=phrases(language).confirm_subject,
        content=content,
        alerts=(),
        now=now,
    )


def holder(conn: Connection, token: str, purpose: Purpose, *, now: datetime) -> Recipient | None:
    """Whom a token was sent to, or None for an unknown or expired one. Nothing is written."""
    address = tokens.holder(conn, token, purpose, now=now)
    return None if address is None else watches.find_recipient(conn, address)


def confirm(conn: Connection, token: str, *, now: datetime) -> str | None:
    """The owner said yes: mails begin. Returns the address, or None for an unknown or expired token."""
    address = tokens.redeem(conn, token, "confirm", now=now)
    if address is not None:
        watches.set_recipient(conn, address, confirmed=now, left=None)
    return address


def leave(conn: Connection, token: str, *, now: datetime) -> str | None:
    """The owner said no more: off every watch, and what was on its way stops. None for an unknown token.

    For the web's one click (RFC 8058), for a reply, and safe to repeat.
    """
    address = tokens.redeem(conn, token, "leave", now=now)
    if address is not None:
        leave_address(conn, address, now=now)
    return address


def leave_address(conn: Connection, address: str, *, now: datetime) -> None:
    """Take an address off by a person's word to the operator."""
    watches.set_recipient(conn, address, left=now)
    tokens.drop_subscriptions(conn, address)
    tokens.close_questions(conn, address, now=now)
    watches.drop_owed(conn, address)


def leave_by_word(conn: Connection, typed: str, *, now: datetime) -> str:
    """`leave_address` for an address as typed by the operator; InvalidInput where nobody has it."""
    found = watches.find_recipient(conn, destination(typed).address)
    if found is None:
        raise InvalidInput(f"{typed}: không có người nhận này / nobody is written to under this address")
    leave_address(conn, found.address, now=now)
    return found.address


def handle_reply(conn: Connection, raw: bytes, *, now: datetime) -> Answer | None:
    """Read a mail that came to the leaving address; None: nothing was asked.

    Either a token stands in its subject or text: it has been seen by its reader only. Or it answers one of
    our mails (In-Reply-To), comes from the address that mail went to, and begins with "dừng" or "stop".
    """
    reply = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(reply, EmailMessage)
    text = _content(reply.get_body(preferencelist=("plain", "html")))[:_READ]
    for found in dict.fromkeys(_TOKEN.findall(f"{reply['Subject'] or ''}\n{text}")):
        if (address := leave(conn, found, now=now)) is not None:
            return Answer("left", address)
        if (address := confirm(conn, found, now=now)) is not None:
            return Answer("confirmed", address)
    answered = deliveries.address_of(conn, str(reply["In-Reply-To"] or "").strip())
    sender = parseaddr(str(reply["From"] or ""))[1]
    if (
        answered is not None
        and sender.casefold() == answered.casefold()
        and _says_stop(reply["Subject"], text)
    ):
        leave_address(conn, answered, now=now)
        return Answer("left", answered)
    return None


def _says_stop(subject: str | None, text: str) -> bool:
    """Whether the first written line, or the whole subject, is the word; quoted lines do not count."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(">")]
    return any(_STOP.match(fold(said)) for said in (subject or "", lines[0] if lines else ""))


def _content(body: MIMEPart | None) -> str:
    if body is None:
        return ""
    try:
        return str(body.get_content())
    except (LookupError, ValueError):  # a charset nobody knows: the subject has to do
        return ""
