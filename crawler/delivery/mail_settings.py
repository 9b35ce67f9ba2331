"""The `[mail]` settings: where mail leaves, who signs it, who runs the box."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from crawler.query.addresses import mail_address, web_address
from crawler.urls import is_private

_PORTS = {"smtp": 587, "smtp+starttls": 587, "smtps": 465}
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A mail server as its address names it; the password is kept out of every repr."""

    host: str
    port: int
    tls: Literal["opportunistic", "starttls", "implicit"]
    """`opportunistic` takes STARTTLS where it is offered; the certificate is checked in every case."""
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def on_this_machine(self) -> bool:
        """Whether the connection never leaves the machine: only then may a password travel without TLS."""
        return self.host == "localhost" or self.host.startswith("127.") or self.host == "::1"


def parse_smtp(url: str) -> SmtpServer:
    """Read `smtp://user:secret@host:587`, `smtps://…` or `smtp+starttls://…`.

    `smtp://` takes STARTTLS where the server offers it, `smtp+starttls://` insists on it, `smtps://` is TLS
    from the first byte. Raises ValueError without ever repeating the password.

    >>> parse_smtp("smtps://diemtin:bi%20mat@mail.example")
    SmtpServer(host='mail.example', port=465, tls='implicit', user='diemtin')
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS:
        raise ValueError(
            "phải bắt đầu bằng một trong các dạng sau / smtp must begin with smtp://, smtps:// or smtp+starttls://"
        )
    try:
        port = parts.port or _PORTS[parts.scheme]
    except ValueError as error:
        raise ValueError(
            "cổng phải là số từ 1 đến 65535 / smtp: the port is no number between 1 and 65535"
        ) from error
    if not parts.hostname:
        raise ValueError("thiếu tên máy chủ / smtp names no host: write smtp://user:secret@host:587")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError(
            "sau cổng không được có gì; trong mật khẩu, /, ? và # viết thành %2F, %3F và %23 / "
            "smtp: nothing may follow the port; write / ? # in a password as %2F %3F %23"
        )
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    if (user is None) != (password is None):
        raise ValueError(
            "cần cả tên lẫn mật khẩu, hoặc bỏ cả hai / smtp: give both user and password, or neither"
        )
    tls: dict[str, Literal["opportunistic", "starttls", "implicit"]] = {
        "smtp": "opportunistic",
        "smtp+starttls": "starttls",
        "smtps": "implicit",
    }
    return SmtpServer(parts.hostname, port, tls[parts.scheme], user, password)


class MailSettings(BaseModel):
    """`[mail]` of `diemtin.toml`, `DIEMTIN_MAIL__…` in the environment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    smtp: str | None = Field(default=None, repr=False)
    """Mail server; None: mails become files in `outbox/`."""
    sender: str = "điểm tin <diemtin@localhost>"
    """The From line: an address, with a name if wished."""
    operator: str | None = None
    """Who hears of silent sources, dead deliveries and suspended addresses."""
    web: str | None = None
    """Public address of the dashboard: one-click leaving and links; None: none in the mails."""
    leave: str | None = None
    """The address a reader writes to in order to leave; None: the sender's."""
    list_domain: str | None = None
    """Right-hand side of Message-ID and List-Id; None: the sender's domain."""
    ca_file: Path | None = None
    """Certificates (PEM) to trust besides the system's, for a mail server or webhook with a CA of its own."""
    timeout: float = Field(default=60.0, gt=0, le=600)
    """Seconds for each step of a conversation with a server; a whole exchange has twice that."""
    max_items: int = Field(default=40, ge=1, le=200)
    """Hits shown in one mail, the rest as a table attached: 40 keep the HTML under Gmail's 102 KB."""

    @field_validator("smtp")
    @classmethod
    def _smtp_is_readable(cls, value: str | None) -> str | None:
        if value is not None:
            parse_smtp(value)
        return value or None

    @field_validator("sender")
    @classmethod
    def _sender_is_an_address(cls, value: str) -> str:
        mail_address(parseaddr(value)[1])
        if any(ord(c) < 32 for c in value):
            raise ValueError("có ký tự điều khiển / sender holds a control character")
        return value

    @field_validator("operator", "leave")
    @classmethod
    def _is_an_address(cls, value: str | None) -> str | None:
        return mail_address(value) if value else None

    @field_validator("web")
    @classmethod
    def _web_is_safe(cls, value: str | None) -> str | None:
        if not value:
            return None
        parts = urlsplit(value)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_private(parts.hostname or "")):
            raise ValueError(
                "phải là địa chỉ https:// (http:// chỉ trong mạng riêng) / "
                "web must be an https:// address (http:// only inside a private network)"
            )
        return web_address(value).rstrip("/")

    @field_validator("list_domain")
    @classmethod
    def _domain_is_one(cls, value: str | None) -> str | None:
        if value and not all(_LABEL.fullmatch(label) for label in value.lower().split(".")):
            raise ValueError(f"{value!r} không phải tên miền / list_domain {value!r} is no domain name")
        return value.lower() if value else None

    @property
    def sender_address(self) -> str:
        """The address alone."""
        return mail_address(parseaddr(self.sender)[1])

    @property
    def sender_name(self) -> str:
        """The name alone, `điểm tin` where none is set."""
        return parseaddr(self.sender)[0] or "điểm tin"

    @property
    def deadline(self) -> float:
        """Seconds for a whole exchange: twice a step, so that a server which sends a byte a second is cut off too."""
        return 2 * self.timeout

    @property
    def domain(self) -> str:
        """Right-hand side of Message-ID and List-Id."""
        return self.list_domain or self.sender_address.rpartition("@")[2]

    @property
    def leave_address(self) -> str:
        """Where a mail with a leaving token is to be sent."""
        return self.leave or self.sender_address
