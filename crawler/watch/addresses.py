"""Where a message can go: an e-mail address, a webhook, or a service that apprise knows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from crawler.errors import InvalidInput

Channel = Literal["mail", "webhook", "apprise"]

_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")  # the unquoted local part of RFC 5321
_DOMAIN = re.compile(r"(?=.{1,253}$)(?:(?!-)[a-z0-9-]{1,63}(?<!-))(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
_APPRISE = re.compile(r"[a-z][a-z0-9+.-]*://\S+")


@dataclass(frozen=True, slots=True)
class Destination:
    """One address with the way to it."""

    address: str
    channel: Channel


def mail_address(value: str) -> str:
    """An e-mail address in the one spelling that is stored: lower-case ASCII domain, local part as written.

    Raises ValueError (InvalidInput at `destination`) for anything that is not one plain address, so that no
    line break or second recipient can travel in it.

    >>> mail_address(" Van.Phong@Tinh.Example ")
    'Van.Phong@tinh.example'
    """
    local, at, domain = value.strip().rpartition("@")
    try:
        domain = domain.encode("idna").decode().lower()
    except UnicodeError as error:
        raise ValueError(
            f"{value!r} không phải địa chỉ thư: tên miền không viết được bằng ASCII / "
            f"{value!r} is no e-mail address: its domain cannot be written in ASCII"
        ) from error
    if not at or not _DOMAIN.fullmatch(domain) or not _LOCAL.fullmatch(local) or ".." in f".{local}.":
        raise ValueError(f"{value!r} không phải địa chỉ thư / {value!r} is no e-mail address")
    return f"{local}@{domain}"


def destination(value: str) -> Destination:
    """What `--to` names: `a@example.org`, `https://…` (webhook), or an apprise address such as `tgram://…`.

    `apprise:` in front forces apprise, for services whose own address begins with https.

    >>> destination("https://example.org/hook").channel, destination("slack://T/B/C").channel
    ('webhook', 'apprise')
    """
    value = value.strip()
    if value.startswith("apprise:") and _APPRISE.fullmatch(value.removeprefix("apprise:")):
        return Destination(value, "apprise")
    if value.startswith(("http://", "https://")):
        if not urlsplit(value).hostname or any(c.isspace() for c in value):
            raise InvalidInput(f"địa chỉ {value!r} không dùng được / {value!r} is no usable webhook address")
        return Destination(value, "webhook")
    if _APPRISE.fullmatch(value):
        return Destination(f"apprise:{value}", "apprise")
    try:
        return Destination(mail_address(value), "mail")
    except ValueError as error:
        raise InvalidInput(
            f"địa chỉ không dùng được, viết ten@vi-du.vn, https://… hoặc tgram://…: {error}"
        ) from error
