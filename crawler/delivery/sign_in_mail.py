"""The mail with the link by which a person enters the pages: made, and sent at once by the way out of all mails.

It is no delivery of the store: its link is worth nothing after a quarter of an hour, so it is neither kept nor tried
for two days, and what the store knows of it is a hash.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime

from crawler.delivery.headers import bytes_of, headed
from crawler.delivery.mail import render
from crawler.delivery.mail_settings import MailSettings
from crawler.delivery.outcome import Later, Outcome
from crawler.delivery.phrases import phrases
from crawler.delivery.transports import Transport
from crawler.store.deliveries import Delivery

WAITS = (5.0, 30.0)
"""Seconds before the second and the third attempt, where the server asks for patience or is not there."""


def sign_in_mail(
    address: str, link: str, settings: MailSettings, *, language: str, now: datetime
) -> Delivery:
    """The mail, in the form in which a way out takes one."""
    words = phrases(language)
    message_id = f"<diemtin.{secrets.token_hex(16)}@{settings.domain}>"
    mail = headed(words.sign_in_subject, to=address, settings=settings, message_id=message_id, created=now)
    page = {
        "t": words,
        "subject": words.sign_in_subject,
        "text": words.sign_in_text.format(address),
        "link": link,
    }
    mail.set_content(render("sign_in.txt.j2", page), cte="quoted-printable")
    mail.add_alternative(render("sign_in.html.j2", page), subtype="html", cte="base64")
    return Delivery(
        id=0, message_id=message_id, address=address, channel="mail", kind="sign_in", subject=words.sign_in_subject,
        content=bytes_of(mail), state="queued", attempts=1, next_attempt=now, error=None, created=now, sent=None,
        secret=None,
    )  # fmt: skip


def send_now(
    mail: Delivery,
    open_way: Callable[[], Transport],
    *,
    sleep: Callable[[float], object],
    waits: Sequence[float] = WAITS,
) -> Outcome:
    """Send it, at most three times, each time by a way of its own; how the last attempt ended."""
    outcome = _tried(mail, open_way())
    for seconds in waits:
        if not isinstance(outcome, Later):
            break
        sleep(seconds)
        outcome = _tried(mail, open_way())
    return outcome


def _tried(mail: Delivery, way: Transport) -> Outcome:
    try:
        return way.send(mail)
    finally:
        way.close()
