"""Mails the links to enter by, apart from the answer: it tells neither in words nor in time who is on the list."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crawler.dates.zones import VIETNAM
from crawler.delivery.events import Event
from crawler.delivery.mail_settings import MailSettings
from crawler.delivery.outcome import Sent
from crawler.delivery.sign_in_mail import send_now, sign_in_mail
from crawler.delivery.transports import Transport, mail_channel
from crawler.store import operator_events, people
from crawler.store.database import Engine
from crawler.web.rate_limit import TooManyRequests

logger = logging.getLogger(__name__)
MOST_WAITING = 200
"""Addresses that wait for their mail."""


@dataclass(frozen=True, slots=True)
class _Asked:
    address: str
    back: str
    language: str


class SignInDesk:
    """Takes addresses and deals with them one after the other in a thread of its own, which the first one starts."""

    def __init__(
        self,
        engine: Engine,
        mail: MailSettings,
        outbox: Path,
        *,
        web: str,
        clock: Callable[[], datetime],
        sleep: Callable[[float], object] = time.sleep,
        open_way: Callable[[], Transport] | None = None,
    ) -> None:
        """`web` is the address that links begin with: the public one, never what a request says of itself."""
        self._engine, self._mail, self._web, self._clock, self._sleep = engine, mail, web, clock, sleep
        self._open_way = open_way or (lambda: mail_channel(mail, outbox))
        self._waiting: queue.Queue[_Asked] = queue.Queue(MOST_WAITING)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def ask(self, address: str, *, back: str, language: str) -> None:
        """Mail a link to this address if a person has it. Raises TooManyRequests where too many wait."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="sign-in", daemon=True)
                self._thread.start()
        try:
            self._waiting.put_nowait(_Asked(address, back, language))
        except queue.Full:
            raise TooManyRequests from None

    def wait(self) -> None:
        """Until all that was asked so far is done."""
        self._waiting.join()

    def _work(self) -> None:
        while True:
            asked = self._waiting.get()
            try:
                self._answer(asked)
            except Exception:  # one that fails must not keep the others out
                logger.exception("no link could be mailed")
            finally:
                self._waiting.task_done()

    def _answer(self, asked: _Asked) -> None:
        now = self._clock()
        with self._engine.begin() as conn:
            token = people.issue_link(conn, asked.address, back=asked.back, now=now)
        if token is None:
            logger.info("a link was asked for by somebody who is not on the list, or has some that are open")
            return
        link = f"{self._web}/vao/{token}"
        mail = sign_in_mail(asked.address, link, self._mail, language=asked.language, now=now)
        outcome = send_now(mail, self._open_way, sleep=self._sleep)
        if not isinstance(outcome, Sent):
            self._tell(asked.address, outcome.error, now)

    def _tell(self, address: str, why: str, now: datetime) -> None:
        """The operator hears of it once a day for each address: the person waits for a mail that does not come."""
        logger.error("the link of %s could not be mailed: %s", address, why)
        day = f"sign-in {now.astimezone(VIETNAM):%Y-%m-%d}"
        with self._engine.begin() as conn:
            operator_events.raise_event(
                conn, event=Event.DEAD_DELIVERY, about=address, when=day, detail=why, now=now
            )
