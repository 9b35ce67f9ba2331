"""Where a message can go: an e-mail address, a webhook, or a service that apprise knows."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from crawler.errors import InvalidInput

Channel = Literal["mail", "webhook", "apprise"]

_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")  # the unquoted local part of RFC 5321
_DOMAIN = re.compile(r"(?=.{1,253}$)(?:(?!-)[a-z0-9-]{1,63}(?<!-))(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
_HOST = re.compile(r"(?=.{1,253}$)(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_PUBLIC = re.compile(r"\.(?=[a-z])[a-z0-9-]{2,63}$")
"""The end of a name that mail can be sent to: no top-level domain has one letter or begins with a digit."""
_APPRISE = re.compile(r"[a-z][a-z0-9+.-]*://\S*")
_IN_PATH = "/%!$&'()*+,;=:@~-._"  # of RFC 3986, and % because what is encoded already stays as it is


@dataclass(frozen=True, slots=True)
class Destination:
    """One address with the way to it."""

    address: str
    channel: Channel


def _lowered(scheme: re.Match[str]) -> str:
    return scheme[0].lower()


def mail_address(value: str) -> str:
    """An e-mail address in the one spelling that is stored: lower-case ASCII domain, local part as written.

    Raises ValueError (InvalidInput at `destination`) for anything that is not one plain address, so that no
    line break or second recipient can travel in it.

    A domain of one word alone is none, but for `localhost`: the mail of this machine.

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
    if domain != "localhost" and not _PUBLIC.search(domain):
        raise ValueError(
            f"{value!r} không phải địa chỉ thư: tên miền {domain!r} thiếu phần đuôi, như vi-du.vn / "
            f"{value!r} is no e-mail address: the domain {domain!r} has no ending such as .vn"
        )
    return f"{local}@{domain}"


def web_address(value: str) -> str:
    """An http(s) address as it travels: the host in ASCII (IDNA), path and query percent-encoded, no fragment.

    Raises ValueError for one that cannot be asked: no host, an empty label, a port that is none, a name and
    password before the host, white space.

    >>> web_address("https://điểm-tin.example/tin-tức?từ=1#a")
    'https://xn--im-tin-92a1391d.example/tin-t%E1%BB%A9c?t%E1%BB%AB=1'
    """
    try:
        parts = urlsplit(value)
        port = f":{parts.port}" if parts.port is not None else ""
        host = _host(parts.hostname or "")
    except ValueError as error:  # UnicodeError among them
        raise ValueError(
            f"địa chỉ {value!r} không dùng được / {value!r} is no usable web address: {error}"
        ) from error
    if parts.username is not None or any(c.isspace() or ord(c) < 32 for c in value):
        raise ValueError(
            f"địa chỉ {parts.scheme}://{host} không được có khoảng trắng hay tên:mật khẩu@ / "
            "a web address holds no white space and no user:password@"
        )
    query = f"?{quote(parts.query, safe=_IN_PATH + '?')}" if parts.query else ""
    return f"{parts.scheme}://{host}{port}{quote(parts.path, safe=_IN_PATH)}{query}"


def shown(address: str) -> str:
    """An address for lists, logs and mails: whoever knows a webhook's path or a bot's token can use it.

    A mail address stands whole. Of others the end is a mark by which the person who runs the box can name them.

    >>> shown("van.phong@tinh.example"), shown("https://chat.example/hooks/T0/bi-mat")
    ('van.phong@tinh.example', 'https://chat.example/…4b9451')
    """
    scheme, found, rest = address.removeprefix("apprise:").partition("://")
    if not found:
        return address
    mark = hashlib.sha256(address.encode()).hexdigest()[:6]
    if address.startswith("apprise:"):
        return f"{scheme}://…{mark}"
    host = re.split("[/?]", rest, maxsplit=1)[0]
    return address if rest.rstrip("/") == host else f"{scheme}://{host}/…{mark}"


def veiled(address: str) -> str:
    """An address as its owner knows it and a stranger does not; of others than mail addresses as a list shows it.

    >>> veiled("van.phong@lamha.example")
    'v…@lamha.example'
    """
    if "://" in address:
        return shown(address)
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"


def without_secrets(text: str, address: str) -> str:
    """What a library said, without the parts of an address that only its owner knows."""
    if shown(address) == address:
        return text
    rest = address.removeprefix("apprise:").partition("://")[2]
    if not address.startswith("apprise:"):
        rest = re.split("[/?]", rest, maxsplit=1)[1]
    parts = {part for part in re.split("[/?&=:@,]", rest) if len(part) >= _SHORTEST_SECRET}
    for part in sorted({address, rest, *parts, *map(unquote, parts)}, key=len, reverse=True):
        text = text.replace(part, "…")
    return text


_SHORTEST_SECRET = 5
"""Characters of an address that are worth hiding: a token has dozens, a port or a version has fewer."""

_RUN_COMMANDS = frozenset(
    (
        "blink1",
        "dbus",
        "exec",
        "file",
        "gio",
        "glib",
        "gnome",
        "kde",
        "macosx",
        "python",
        "qt",
        "script",
        "shell",
        "syslog",
        "windows",
    )
)
"""Services of apprise that act on this machine: notifications of a desktop by a command, its log, its devices."""
_READ_FILES = frozenset({"pgp", "pgppub", "pgpprv", "pgpkey", "keyfile", "subfile", "pem"})
"""Parameters of apprise that name local files to be read or written."""
_TEMPLATES = frozenset({"discord", "guilded", "slack", "tgram", "workflow", "workflows"})
"""Services for which `template` is such a file; for others it is a name they know."""


def apprise_refusal(address: str) -> str | None:
    """Why an apprise address is not taken; None where it is. Messages go over the network, nowhere else."""
    scheme, _, rest = address.partition("://")
    scheme = scheme.lower()
    if scheme in _RUN_COMMANDS:
        return (
            f"{scheme}:// chạy lệnh hoặc ghi trên chính máy này / it runs commands or writes on this machine"
        )
    for name, value in parse_qsl(rest.partition("?")[2], keep_blank_values=True):
        key = name.strip().lower().lstrip("+-:")
        is_file = key in _READ_FILES or (key == "template" and scheme in _TEMPLATES)
        if is_file or "file://" in value.lower():
            return f"{scheme}://…?{key}= đọc hoặc ghi tệp trên máy này / {key} names a file on this machine"
    return None


def _host(name: str) -> str:
    if ":" in name:
        return f"[{ipaddress.IPv6Address(name)}]"
    host = name.rstrip(".").encode("idna").decode().lower()
    if not _HOST.fullmatch(host):
        raise ValueError("no host name")
    return host


def destination(value: str) -> Destination:
    """What `--to` names: `a@example.org`, `https://…` (webhook), or an apprise address such as `tgram://…`.

    `apprise:` in front forces apprise, for services whose own address begins with https.

    >>> destination("https://example.org/hook").channel, destination("slack://T/B/C").channel
    ('webhook', 'apprise')
    """
    value = re.sub(r"\A(?:apprise:)?[a-z][a-z0-9+.-]*:", _lowered, value.strip(), flags=re.IGNORECASE)
    service = value.removeprefix("apprise:")
    if _APPRISE.fullmatch(service) and (
        value.startswith("apprise:") or not value.startswith(("http://", "https://"))
    ):
        if (refusal := apprise_refusal(service)) is not None:
            raise InvalidInput(refusal)
        return Destination(f"apprise:{service}", "apprise")
    if value.startswith(("http://", "https://")):
        try:
            return Destination(web_address(value), "webhook")
        except ValueError as error:
            raise InvalidInput(str(error)) from error
    try:
        return Destination(mail_address(value), "mail")
    except ValueError as error:
        raise InvalidInput(
            f"địa chỉ không dùng được, viết ten@vi-du.vn, https://… hoặc tgram://…: {error}"
        ) from error
