"""How one attempt to deliver ended, and what may be told of it.

`Refused` is the address's fault for good and suspends it; `Never` is this message's; everything else may end
otherwise next time.
"""

from __future__ import annotations

import smtplib
from dataclasses import dataclass

from crawler.text.normal import clean_line


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


def said(error: BaseException) -> str:
    """An error in one line, a mail server's with its code."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {line(error.smtp_error)}"
    return line(str(error)) or type(error).__name__


def line(text: bytes | str) -> str:
    """A server's words as one short line."""
    readable = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return clean_line(readable[:2000])[:300]
