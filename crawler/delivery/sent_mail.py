"""A message as it was written, for others than its reader: its parts, without the codes that only the reader may have.

Pure. Whoever has the code of a mail can take its reader off every watch, or say yes in the reader's name.
"""

from __future__ import annotations

import email
import email.policy
import json
from collections.abc import Callable
from dataclasses import dataclass

from crawler.delivery.reply_words import without_tokens
from crawler.query.addresses import veiled
from crawler.store.deliveries import Delivery


@dataclass(frozen=True, slots=True)
class SentMail:
    """What a person may see of a message."""

    text: str
    html: str | None
    """None where it has no such part: a webhook, a service."""
    attached: tuple[str, ...]
    """Names of attached files."""


def sent_mail(delivery: Delivery, *, show_address: bool) -> SentMail:
    """The parts of a delivery; its address in them is veiled unless it may be shown."""

    def shown(text: str) -> str:
        clean = without_tokens(text)
        return clean if show_address else clean.replace(delivery.address, veiled(delivery.address))

    if delivery.channel != "mail":
        return SentMail(shown(_laid_out(delivery.content)), None, ())
    return _of_mail(delivery.content, shown)


def _of_mail(content: bytes, shown: Callable[[str], str]) -> SentMail:
    message = email.message_from_bytes(content, policy=email.policy.default)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    return SentMail(
        shown(str(text.get_content())) if text is not None else "",
        shown(str(html.get_content())) if html is not None else None,
        tuple(str(part.get_filename()) for part in message.iter_attachments() if part.get_filename()),
    )


def _laid_out(content: bytes) -> str:
    """A JSON body on several lines."""
    return json.dumps(json.loads(content), ensure_ascii=False, indent=2)
