"""The people behind the addresses: asked once, gone with one click, never in need of a log-in.

The operator's `watch add` is the operator's word. An address that comes any other way (`--ask`, a web form)
is asked by one mail and gets nothing before its owner answers. Each mail carries a leaving token of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import unquote

from crawler.dates.zones import VIETNAM
from crawler.delivery.events import Event
from crawler.delivery.incoming import Incoming, read_mail
from crawler.delivery.mail import compose_confirmation
from crawler.delivery.mail_entries import calm
from crawler.delivery.mail_settings import MailSettings
from crawler.delivery.phrases import phrases
from crawler.delivery.reply_words import is_reply, objects, says_stop, tokens_of
from crawler.errors import InvalidInput
from crawler.query.addresses import shown
from crawler.store import operator_events, outbox, recipients, tokens
from crawler.store.outbox import Connection
from crawler.store.recipients import Recipient
from crawler.store.tokens import Purpose as Purpose
from crawler.store.watches import Watch

ASK_LIFETIME = timedelta(days=7)
"""How long a question stands; the mail says so."""

_TOLD = 400
"""Characters of a reply that the operator is told."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SubscriptionAnswer:
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
    found = recipients.find_recipient(conn, address)
    if found is None or found.channel != "mail":
        raise InvalidInput(
            f"{address} không phải địa chỉ thư đã ghi / {address} is no e-mail address that was entered"
        )
    if settings.web is None and settings.leave is None:
        raise InvalidInput(
            "--ask: người nhận chưa có cách trả lời; đặt [mail] web hoặc [mail] leave / "
            "nobody could answer the question: set [mail] web or [mail] leave"
        )
    token = tokens.issue(conn, address, "confirm", now=now, lifetime=ASK_LIFETIME)
    message_id = outbox.free_message_id(conn, f"confirm {address} {now.isoformat()}", settings.domain)
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
    return None if address is None else recipients.find_recipient(conn, address)


def confirm(conn: Connection, token: str, *, now: datetime) -> str | None:
    """The owner said yes: mails begin. Returns the address, or None for an unknown or expired token."""
    address = tokens.redeem(conn, token, "confirm", now=now)
    if address is not None:
        recipients.set_recipient(conn, address, confirmed=now, left=None)
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
    recipients.set_recipient(conn, address, left=now)
    tokens.drop_subscriptions(conn, address)
    tokens.close_questions(conn, address, now=now)
    recipients.drop_owed(conn, address)


def leave_by_word(conn: Connection, typed: str, *, now: datetime) -> str:
    """`leave_address` for an address as typed by the operator; InvalidInput where nobody has it."""
    found = recipients.recipient_named(conn, typed)
    if found is None:
        raise InvalidInput(f"{typed}: không có người nhận này / nobody is written to under this address")
    leave_address(conn, found.address, now=now)
    return shown(found.address)


def handle_reply(conn: Connection, raw: bytes, *, now: datetime) -> SubscriptionAnswer | None:
    """Read a mail that came to the leaving address; None: nothing was done.

    1. A machine's mail (vacation notices, reports, copies, lists) does nothing.
    2. A token in the subject or in the first line its writer wrote counts, whoever sends it: it stood in its
       reader's mail only. To leave, nothing may be written against it; to confirm neither.
    3. A line that asks to stop counts for the sender's own address where the quotation under it has that
       reader's token. From and In-Reply-To alone take nobody off: both can be written by anybody.
    4. What is not understood goes to the operator, once a day for each sender.

    Raises InvalidInput for a mail that is not read: too large, too intricate.
    """
    mail = read_mail(raw)
    if mail.machine is not None:
        logger.info("a reply was left alone: %s", mail.machine)
        return None
    first = mail.lines[0] if mail.lines else ""
    for found in tokens_of(f"{mail.subject}\n{first}"):
        if (answer := _by_token(conn, found, mail, now)) is not None:
            return answer
    if says_stop(first, writer=mail.sender_name):
        quoted = tokens_of(f"{mail.everything}\n{unquote(mail.everything)}")
        if (address := tokens.any_holder(conn, quoted, "leave", mail.sender, now=now)) is not None:
            leave_address(conn, address, now=now)
            return SubscriptionAnswer("left", address)
    _pass_on(conn, mail, now)
    return None


def _by_token(conn: Connection, found: str, mail: Incoming, now: datetime) -> SubscriptionAnswer | None:
    """What a token that its sender wrote does, unless he wrote something against it."""
    first = mail.lines[0] if mail.lines else ""
    stops = says_stop(first, writer=mail.sender_name)
    if holder(conn, found, "leave", now=now) is not None:
        fresh = not is_reply(mail.subject) and not any(map(objects, mail.lines))
        if (stops or not mail.lines or fresh) and (address := leave(conn, found, now=now)) is not None:
            return SubscriptionAnswer("left", address)
    agreed = not stops and not any(map(objects, (*mail.lines, mail.subject)))
    if agreed and (address := confirm(conn, found, now=now)) is not None:
        return SubscriptionAnswer("confirmed", address)
    return None


def _pass_on(conn: Connection, mail: Incoming, now: datetime) -> None:
    said = " ⏎ ".join((f"“{mail.subject}”", *mail.lines))[:_TOLD]
    operator_events.raise_event(
        conn,
        event=Event.REPLY,
        about=calm(mail.sender or mail.sender_name)[:200] or "?",
        when=f"{now.astimezone(VIETNAM):%Y-%m-%d}",
        detail=calm(said),
        now=now,
    )
