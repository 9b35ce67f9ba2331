"""The delivery tick: what is owed becomes deliveries, deliveries are sent, tried again, or given up.

Kill it anywhere. Rendering and naming the delivery in what it carries is one transaction; sending starts
from the stored bytes; the only repeat that can happen is a mail whose arrival could not be recorded, and it
carries the same Message-ID.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from crawler.dates.zones import VIETNAM
from crawler.delivery.atom import write_feeds
from crawler.delivery.claims import is_alive, this_process
from crawler.delivery.coverage import Coverage, coverage
from crawler.delivery.events import Event
from crawler.delivery.gather import Gathered, gather
from crawler.delivery.items import Message, MessageKind, Registry
from crawler.delivery.mail import compose, local_part, plain_text, subject_of
from crawler.delivery.mail_settings import MailSettings
from crawler.delivery.outcome import Later, Never, Outcome, Refused, Sent, line
from crawler.delivery.transports import Transport, open_channels
from crawler.query.addresses import shown, without_secrets
from crawler.query.cadence import parse_cadence
from crawler.source import Source
from crawler.store import deliveries, operator_events, outbox, recipients, runs, tokens, watches
from crawler.store.deliveries import Delivery
from crawler.store.outbox import Connection, Engine, OwedAlert

logger = logging.getLogger(__name__)

RETRIES: tuple[timedelta, ...] = (
    *(timedelta(minutes=m) for m in (1, 5, 15, 30, 60, 120)),
    *(timedelta(hours=4),) * 11,
)
"""Waits after each failed attempt: quick at first (greylisting), then every four hours; 48 hours in all."""
PATIENCE = timedelta(hours=47)
"""A message younger than this is not given up, however many attempts were interrupted."""
LEASE = timedelta(minutes=15)
"""How long a claim of a process on a lost machine holds: longer than one conversation with a slow server."""
_LOOK_BACK = timedelta(days=15)
"""Runs read for the coverage statement: two weeks and the digest's own day."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One message of a tick."""

    number: int
    message_id: str
    address: str
    """As it may be shown: without the path of a webhook or the token of a bot."""
    channel: str
    kind: str
    subject: str
    state: str
    """sent | retry | dead | suspended"""
    error: str | None
    file: str | None
    """Where it lies, when mails are written to the outbox folder."""

    def to_json(self) -> dict[str, Any]:
        """As printed by `deliver --json`."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What a tick did."""

    queued: int
    """Messages written in this tick."""
    messages: tuple[Attempt, ...]
    waiting: int
    """Messages still to be sent after it."""

    def count(self, state: str) -> int:
        """Messages that ended in a state."""
        return sum(m.state == state for m in self.messages)

    def to_json(self) -> dict[str, Any]:
        """For `deliver --json`."""
        states = ("sent", "retry", "dead", "suspended")
        return {
            "queued": self.queued,
            **{state: self.count(state) for state in states},
            "waiting": self.waiting,
            "messages": [m.to_json() for m in self.messages],
        }


@dataclass(frozen=True, slots=True)
class _Tick:
    engine: Engine
    settings: MailSettings
    registry: Registry
    now: datetime
    covered: Callable[[datetime], Coverage] = field(repr=False)


def deliver(
    engine: Engine,
    *,
    config_mail: MailSettings,
    outbox_folder: Path,
    now: datetime,
    sources: Mapping[str, Source] | None = None,
    channels: Mapping[str, Transport] | None = None,
    holder: str | None = None,
    allow_private: bool = False,
) -> DeliveryReport:
    """Send what is owed by `now`.

    `sources` is the registry in force: names, provinces, the coverage statement. Feeds are written beside the
    outbox. `channels` replaces the ways out in tests; `holder` names this process to others that deliver;
    `allow_private` lets webhooks stand in our own network. Each message stands alone: what goes wrong with one, in
    writing or in sending it, is logged and tried again, and the others go on.
    """
    registry = Registry(sources or {})
    tick = _Tick(engine, config_mail, registry, now, _coverage_reader(engine, registry, now))
    ways = channels
    if ways is None:
        ways = open_channels(config_mail, outbox_folder, lambda: now, allow_private=allow_private)
    queued = 0
    attempts: list[Attempt] = []
    try:
        with engine.begin() as conn:
            if config_mail.operator is not None:
                watches.ensure_operator(conn, config_mail.operator, now=now)
            operator_events.raise_nothing_found(conn, now=now)
        for _ in range(2):  # the second round tells the operator what the first one met
            queued += _queue_all(tick)
            tried = _send_all(tick, ways, holder or this_process())
            attempts += tried
            if not any(a.state in ("dead", "suspended") for a in tried):
                break
    finally:
        for way in ways.values():
            way.close()
    write_feeds(engine, outbox_folder.parent / "feeds", registry, domain=config_mail.domain)
    with engine.begin() as conn:
        waiting = deliveries.count_waiting(conn)
    return DeliveryReport(queued, tuple(attempts), waiting)


# ---- from owed to queued -----------------------------------------------------------------------------------


def _queue_all(tick: _Tick) -> int:
    with tick.engine.begin() as conn:
        addresses = outbox.addresses_due(conn, now=tick.now)
    queued = 0
    for address in addresses:
        try:
            with tick.engine.begin() as conn:
                queued += _queue_one(tick, conn, address)
        except outbox.Unreachable:
            raise
        except Exception as error:  # noqa: BLE001  one reader's mail must not keep the others from theirs
            _not_written(tick, address, error)
    return queued


def _not_written(tick: _Tick, address: str, error: Exception) -> None:
    """What one address is owed stays owed; the operator hears of it once a day."""
    why = _told(error, address)
    logger.error("the message to %s could not be written: %s", shown(address), why)
    day = f"{tick.now.astimezone(VIETNAM):%Y-%m-%d}"
    with tick.engine.begin() as conn:
        if address != tick.settings.operator:
            operator_events.raise_event(
                conn, event=Event.DEAD_DELIVERY, about=shown(address), when=day, detail=why, now=tick.now
            )


def _queue_one(tick: _Tick, conn: Connection, address: str) -> bool:
    """One message for all that one address is owed by now; False where nothing was left to say."""
    owed = outbox.owed_now(conn, address, now=tick.now)
    if not owed:
        return False
    gathered = gather(conn, address, owed, tick.registry, now=tick.now)
    for alert, delivery in gathered.covered:
        outbox.settle(conn, address, [alert], delivery)
    outbox.forget(conn, address, gathered.void)
    if not gathered.items and not gathered.nothing:
        return False
    message = _message(tick, address, owed, gathered)
    found = recipients.find_recipient(conn, address)
    assert found is not None
    message_id = outbox.free_message_id(conn, local_part(message), tick.settings.domain)
    outbox.queue(
        conn,
        message_id=message_id,
        address=address,
        kind=message.kind,
        subject=subject_of(message),
        content=_content(conn, message, found.channel, message_id, tick),
        alerts=[a.alert for a in owed],
        now=tick.now,
    )
    return True


def _message(tick: _Tick, address: str, owed: Sequence[OwedAlert], gathered: Gathered) -> Message:
    kind = _kind(owed, gathered)
    english = all(a.language == "en" for a in owed)
    return Message(
        kind=kind,
        language="en" if english else "vi",
        address=address,
        created=tick.now,
        items=gathered.items,
        nothing=gathered.nothing,
        coverage=tick.covered(_since(owed)) if kind in ("digest", "nothing") else None,
        province=next((a.province for a in owed if a.province), None),
        group=next((a.group for a in owed if a.group), None),
    )


def _kind(owed: Sequence[OwedAlert], gathered: Gathered) -> MessageKind:
    if not gathered.items:
        return "nothing"
    if all(item.kind == "event" for item in gathered.items):
        return "operator"
    return "digest" if any(parse_cadence(a.cadence).is_digest for a in owed) else "now"


def _since(owed: Sequence[OwedAlert]) -> datetime:
    """Since when the digests in this message have been gathering."""
    rhythms = [(parse_cadence(a.cadence), a.due) for a in owed]
    return min(rhythm.previous(due) for rhythm, due in rhythms if rhythm.is_digest)


def _content(conn: Connection, message: Message, channel: str, message_id: str, tick: _Tick) -> bytes:
    if channel == "mail":
        token = None
        if message.address != tick.settings.operator:  # who runs the box leaves by its settings
            token = tokens.issue(conn, message.address, "leave", now=tick.now)
        return compose(message, tick.settings, message_id=message_id, leave_token=token)
    subject = subject_of(message)
    if channel == "apprise":
        return _json({"title": subject, "body": plain_text(message, tick.settings)})
    return _json(
        {
            "type": f"diemtin.{message.kind}",
            "timestamp": message.created.astimezone(UTC).isoformat(),
            "data": {
                "subject": subject,
                "items": [item.to_json() for item in message.items],
                "nothing": list(message.nothing),
                "coverage": message.coverage.to_json() if message.coverage else None,
            },
        }
    )


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _coverage_reader(engine: Engine, registry: Registry, now: datetime) -> Callable[[datetime], Coverage]:
    """Read the run ledger once, before any transaction of ours is open, and answer for any window."""
    ledger = [*runs.last_runs(engine).values(), *runs.runs_since(engine, now - _LOOK_BACK)]
    ledger = list({run.id: run for run in ledger}.values())
    names = {s.id: s.name for s in registry.rows.values()} or {run.source: run.source for run in ledger}
    disabled = {s.id: s.disabled for s in registry.rows.values() if s.disabled}
    return lambda since: coverage(names, ledger, since=since, until=now, disabled=disabled)


# ---- from queued to sent -----------------------------------------------------------------------------------


def _send_all(tick: _Tick, ways: Mapping[str, Transport], holder: str) -> list[Attempt]:
    with tick.engine.begin() as conn:
        numbers = deliveries.due_deliveries(conn, now=tick.now)
    attempts = []
    for number in numbers:
        with tick.engine.begin() as conn:
            claimed = deliveries.claim(
                conn, number, holder=holder, is_alive=is_alive, lease=LEASE, now=tick.now
            )
        if claimed is not None:
            try:
                outcome = _sent(ways, claimed)
            except BaseException:  # Ctrl-C: the next tick may have it at once
                with tick.engine.begin() as conn:
                    deliveries.record(conn, claimed, state="retry", error="interrupted", now=tick.now)
                raise
            with tick.engine.begin() as conn:
                attempts.append(_record(conn, claimed, outcome, tick.now))
    return attempts


def _sent(ways: Mapping[str, Transport], claimed: Delivery) -> Outcome:
    """How one attempt ended; whatever was raised in it is this message's, and it is tried again."""
    try:
        outcome = ways[claimed.channel].send(claimed)
    except Exception as error:  # noqa: BLE001  a receiver nobody thought of must not stop the mails behind it
        why = _told(error, claimed.address)
        logger.error("message %d to %s: %s", claimed.id, shown(claimed.address), why)
        return Later(why)
    if isinstance(outcome, Sent):
        return outcome
    return type(outcome)(without_secrets(outcome.error, claimed.address))


def _told(error: Exception, address: str) -> str:
    """An error nobody expected in one line; where it came from in the log, at -vv. Neither names a secret."""
    trace = "".join(traceback.format_exception(error))
    logger.debug("%s", without_secrets(trace, address))
    return line(without_secrets(f"{type(error).__name__}: {error}", address))


def _record(conn: Connection, claimed: Delivery, outcome: Outcome, now: datetime) -> Attempt:
    match outcome:
        case Sent(where):
            deliveries.record(conn, claimed, state="sent", now=now)
            return _attempt(claimed, "sent", None, where)
        case Refused(error):
            # The message waits with the address: `watch lift` sends both on their way again.
            deliveries.record(conn, claimed, state="retry", error=error, next_attempt=now, now=now)
            recipients.suspend(conn, claimed.address, reason=error, now=now)
            _tell(conn, Event.SUSPENDED_ADDRESS, claimed, error, now)
            return _attempt(claimed, "suspended", error)
        case Never(error):
            return _give_up(conn, claimed, error, now)
        case Later(error):
            wait = next_wait(claimed, now)
            if wait is None:
                return _give_up(conn, claimed, error, now)
            deliveries.record(conn, claimed, state="retry", error=error, next_attempt=now + wait, now=now)
            return _attempt(claimed, "retry", error)


def next_wait(claimed: Delivery, now: datetime) -> timedelta | None:
    """How long to wait after this failed attempt; None: give up."""
    if claimed.attempts <= len(RETRIES):
        return RETRIES[claimed.attempts - 1]
    return RETRIES[-1] if now - claimed.created < PATIENCE else None


def _give_up(conn: Connection, claimed: Delivery, error: str, now: datetime) -> Attempt:
    deliveries.record(conn, claimed, state="dead", error=error, now=now)
    _tell(conn, Event.DEAD_DELIVERY, claimed, f"{claimed.subject} — {error}", now)
    return _attempt(claimed, "dead", error)


def _tell(conn: Connection, event: Event, claimed: Delivery, detail: str, now: datetime) -> None:
    if claimed.kind != "operator":  # a dead mail about a dead mail would go on for ever
        operator_events.raise_event(
            conn, event=event, about=shown(claimed.address), when=claimed.message_id, detail=detail, now=now
        )


def _attempt(claimed: Delivery, state: str, error: str | None, file: str | None = None) -> Attempt:
    return Attempt(
        claimed.id,
        claimed.message_id,
        shown(claimed.address),
        claimed.channel,
        claimed.kind,
        claimed.subject,
        state,
        error,
        file,
    )
