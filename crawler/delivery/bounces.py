"""Mails that come back later (RFC 3464): what they say of which of our mails, and what follows.

A report counts where it returns the Message-ID of one of our mails, which nobody outside can compute, and names its
reader. Then it does what the same refusal does in a conversation: a mailbox that does not exist or takes no mail
suspends the address, a message that is unwanted or was given up is dead, a delay is no news.
"""

from __future__ import annotations

import email
import email.policy
import mailbox
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from crawler.delivery.events import Event
from crawler.delivery.incoming import LARGEST, parse_mail
from crawler.delivery.outcome import line
from crawler.errors import InvalidInput
from crawler.messages import system_reason
from crawler.store import deliveries, operator_events, recipients
from crawler.store.deliveries import Delivery
from crawler.store.outbox import Connection

if TYPE_CHECKING:
    from crawler.delivery.incoming import Mail

_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_MESSAGE_ID = re.compile(r"<[!-~]{1,400}>")
_BASIC = re.compile(r"\b([45]\d\d)\b")
_OF_THE_MESSAGE = frozenset({(2, 3), (3, 4)})
"""5.2.3 and 5.3.4: too large for the mailbox, for the system."""
_NO_MAILBOX = frozenset({"550", "551", "553"})
_SKEW = timedelta(hours=6)
"""By which another machine's clock may be behind ours."""
_MOST_REPORTED = 20
"""Recipients of one report that are read: ours have one."""


@dataclass(frozen=True, slots=True)
class BounceReport:
    """What a report says of one recipient."""

    message_id: str
    """Of the mail that came back; empty where the report returns none of it."""
    addresses: tuple[str, ...]
    """The recipient as we named him, and as he was known last."""
    action: str
    """failed | delayed | delivered | relayed | expanded"""
    status: str
    """As RFC 3463 has it, such as 5.1.1; empty where none stands there."""
    said: str
    """The last server's words."""
    dated: datetime | None


@dataclass(frozen=True, slots=True)
class Bounced:
    """What was done about a report."""

    what: Literal["suspended", "dead", "passed on", "nothing"]
    address: str
    why: str


def read_reports(raw: bytes) -> tuple[BounceReport, ...]:
    """What a mail reports; empty for one that is no report. Raises InvalidInput for a mail that is not read."""
    return tuple(_reports(parse_mail(raw)))


def handle_bounce(conn: Connection, raw: bytes, *, now: datetime) -> tuple[Bounced, ...]:
    """Do what the reports in a mail ask for; empty for a mail that is no report. Safe to repeat."""
    return tuple(_follow(conn, report, now) for report in read_reports(raw))


def verdict(report: BounceReport) -> Literal["suspended", "dead", "nothing"]:
    """What a report means for the address, as `channels.judge` has it for a refusal.

    >>> verdict(BounceReport("<a@b>", ("x@y.example",), "failed", "5.1.1", "550 no such user", None))
    'suspended'
    >>> verdict(BounceReport("<a@b>", ("x@y.example",), "failed", "4.4.7", "expired", None))
    'dead'
    """
    if not report.action.startswith(("fail", "error")):
        return "nothing"
    found = _STATUS.search(report.status) or _STATUS.search(report.said)
    if found is None:
        basic = _BASIC.search(report.said)
        return "suspended" if basic is not None and basic[1] in _NO_MAILBOX else "dead"
    kind, subject, detail = map(int, found.groups())
    if kind != 5:
        return "dead"
    if subject in (1, 2) and (subject, detail) not in _OF_THE_MESSAGE:
        return "suspended"
    basic = _BASIC.search(report.said)
    vague = (subject, detail) == (0, 0)
    return "suspended" if vague and basic is not None and basic[1] in _NO_MAILBOX else "dead"


def _follow(conn: Connection, report: BounceReport, now: datetime) -> Bounced:
    named = report.addresses[0] if report.addresses else ""
    why = line(f"{report.status} {report.said}".strip())
    what = verdict(report)
    if what == "nothing":
        return Bounced("nothing", named, why)
    sent = deliveries.by_message_id(conn, report.message_id) if report.message_id else None
    if sent is None or sent.address.casefold() not in {a.casefold() for a in report.addresses}:
        _tell(conn, Event.REPLY, named, report.message_id or why, why, now)
        return Bounced("passed on", named, why)
    if sent.sent is None or (report.dated is not None and report.dated < sent.sent - _SKEW):
        return Bounced("nothing", sent.address, "đã xử lý trước đó / it has been seen to already")
    return _settle(conn, sent, what, f"thư bị trả lại / returned: {why}", now)


def _settle(
    conn: Connection, sent: Delivery, what: Literal["suspended", "dead"], why: str, now: datetime
) -> Bounced:
    """The delivery is sent no more; `watch lift` sends that of a suspended address again."""
    suspends = what == "suspended"
    deliveries.came_back(conn, sent.id, state="retry" if suspends else "dead", error=why, now=now)
    if suspends:
        recipients.suspend(conn, sent.address, reason=why, now=now)
    if sent.kind != "operator":
        event = Event.SUSPENDED_ADDRESS if suspends else Event.DEAD_DELIVERY
        detail = why if suspends else f"{sent.subject} — {why}"
        _tell(conn, event, sent.address, sent.message_id, detail, now)
    return Bounced(what, sent.address, why)


def _tell(conn: Connection, event: Event, about: str, when: str, detail: str, now: datetime) -> None:
    operator_events.raise_event(
        conn, event=event, about=line(about) or "?", when=line(when), detail=line(detail), now=now
    )


# ---- what a report holds -------------------------------------------------------------------------------------


def _reports(mail: Mail) -> Iterator[BounceReport]:
    parts: list[Any] = list(mail.walk())
    returned = _returned_id(parts)
    dated = _date(mail)
    blocks = [
        b for part in parts if part.get_content_type() == "message/delivery-status" for b in _blocks(part)
    ]
    for block in [b for b in blocks if b["final-recipient"] is not None][:_MOST_REPORTED]:
        names = (_address(block[name]) for name in ("original-recipient", "final-recipient"))
        yield BounceReport(
            message_id=returned,
            addresses=tuple(dict.fromkeys(filter(None, names))),
            action=str(block["action"] or "").strip().lower()[:20],
            status=line(str(block["status"] or ""))[:40],
            said=line(str(block["diagnostic-code"] or "").partition(";")[2]),
            dated=dated,
        )


def _blocks(part: Any) -> list[Any]:
    """The groups of fields of a delivery-status part."""
    payload = part.get_payload()
    return [b for b in payload if not isinstance(b, str)] if isinstance(payload, list) else []


def _address(field: object) -> str:
    """`rfc822; a@b.example` as an address."""
    return str(field or "")[:500].partition(";")[2].strip().strip("<>").strip()


def _returned_id(parts: list[Any]) -> str:
    """The Message-ID of the mail that is returned, or of its header alone."""
    for part in parts:
        kind, payload = part.get_content_type(), part.get_payload()
        if kind in ("message/rfc822", "message/global") and isinstance(payload, list) and payload:
            return _message_id(payload[0])
        if kind in ("text/rfc822-headers", "message/rfc822-headers", "message/global-headers"):
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                returned = email.message_from_bytes(content.lstrip(), policy=email.policy.compat32)
                return _message_id(returned)
    return ""


def _message_id(mail: Mail) -> str:
    found = str(mail["message-id"] or "").strip()
    return found if _MESSAGE_ID.fullmatch(found) else ""


def _date(mail: Mail) -> datetime | None:
    try:
        found = parsedate_to_datetime(str(mail["date"] or ""))
    except (TypeError, ValueError, IndexError):
        return None
    return found if found.tzinfo is not None else None


# ---- where they are read from --------------------------------------------------------------------------------


def mails_in(path: Path) -> Iterator[bytes]:
    """The mails of one file, of a mailbox in the formats mbox and Maildir; nothing in it is changed.

    Raises InvalidInput for what cannot be read.
    """
    try:
        if path.is_dir():
            yield from _maildir(path)
            return
        with path.open("rb") as file:
            begins = file.read(5)
        if begins != b"From ":
            yield _bounded(path)
            return
    except OSError as error:
        raise InvalidInput(f"{path}: {system_reason(error)}") from error
    box = mailbox.mbox(path, create=False)
    try:
        for key in box.iterkeys():
            yield box.get_bytes(key)
    finally:
        box.close()


def _maildir(path: Path) -> Iterator[bytes]:
    folders = [path / name for name in ("new", "cur") if (path / name).is_dir()]
    if not folders:
        raise InvalidInput(f"{path}: không phải hộp thư Maildir / no Maildir: it has neither new/ nor cur/")
    for folder in folders:
        for file in sorted(folder.iterdir()):
            if file.is_file():
                yield _bounded(file)


def _bounded(file: Path) -> bytes:
    """A mail, read as far as it takes to see that it is too large."""
    with file.open("rb") as opened:
        return opened.read(LARGEST + 1)
