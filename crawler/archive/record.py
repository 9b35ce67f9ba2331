"""One exchange with a host as WARC 1.1 records, each a gzip member of its own (ISO 28500:2017).

What is kept, and what is not:

1. A request as it was sent and a response as it came: status line, headers in their order and spelling, and the body
   with the `Content-Encoding` it came in. Chunks are joined, so `Transfer-Encoding` is kept as
   `X-Archive-Orig-Transfer-Encoding`, as is a `Content-Length` that is not the body's.
2. No cookie and no password: `Cookie`, `Set-Cookie`, `Authorization` and their kin are left out.
3. A payload that is in the archive becomes a `revisit` record that names the first answer that held it.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from isal import isal_zlib

_SECRET = frozenset(
    {
        b"cookie", b"cookie2", b"set-cookie", b"set-cookie2", b"authorization", b"proxy-authorization",
        b"authentication-info", b"proxy-authentication-info", b"www-authenticate", b"proxy-authenticate",
    }
)  # fmt: skip
_PROFILE = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
_PACKED = 0
_PLAIN = 2
"""Levels of ISA-L's deflate, for a body that is packed already and for one that is not: a page of 250 KB takes .4 ms at
level 2, as small as zlib makes it in 1.9 ms (`bench/bench_archive.py`)."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer."""

    url: str
    at: datetime
    request: bytes
    """Request line and headers."""
    head: bytes
    """Status line and headers, as they came."""
    body: bytes = field(repr=False)
    status: int = 200
    ip: str | None = None
    truncated: str | None = None
    """Why the body is not whole: a word of the standard, as `length` or `disconnect`."""

    @property
    def digest(self) -> str:
        """Of the payload as it came."""
        return digest_of(self.body)

    @property
    def mime(self) -> str | None:
        """The type that the answer says it is of, without its parameters."""
        for name, value in headers_of(self.head):
            if name.lower() == b"content-type":
                return value.split(b";")[0].strip().decode("latin-1").lower()[:100] or None
        return None


def digest_of(payload: bytes) -> str:
    """A digest as WARC tools write it.

    >>> digest_of(b"")
    'sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ'
    """
    return "sha1:" + base64.b32encode(hashlib.sha1(payload, usedforsecurity=False).digest()).decode()


def headers_of(head: bytes) -> list[tuple[bytes, bytes]]:
    """Names and values of the lines behind the first; one that goes on below is joined, one without a colon left out.

    >>> headers_of(b"HTTP/1.1 200 OK\\r\\nServer: a\\r\\nX: b\\r\\n c\\r\\nbroken\\r\\n\\r\\n")
    [(b'Server', b'a'), (b'X', b'b c')]
    """
    lines: list[bytes] = []
    for line in head.split(b"\n")[1:]:
        line = line.rstrip(b"\r")
        if line[:1] in (b" ", b"\t") and lines:
            lines[-1] += b" " + line.strip()
        elif line:
            lines.append(line)
    pairs = (line.split(b":", 1) for line in lines if b":" in line)
    return [(name.strip(), value.strip()) for name, value in pairs]


def kept_head(head: bytes, body: bytes | None = None) -> bytes:
    """A request's or a response's head as it is archived; `body` is the response's."""
    first = head.split(b"\n", 1)[0].rstrip(b"\r")
    lines = [first]
    sized = False
    for name, value in headers_of(head):
        low = name.lower()
        if low in _SECRET:
            continue
        right = low == b"content-length" and body is not None and value == str(len(body)).encode()
        sized = sized or right
        steers = low == b"transfer-encoding" or (low == b"content-length" and not right)
        lines.append((b"X-Archive-Orig-" if body is not None and steers else b"") + name + b": " + value)
    if body is not None and not sized:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n"


def warcinfo(fields: Mapping[str, str], *, name: str, at: datetime) -> bytes:
    """The record that opens a file."""
    block = "".join(f"{key}: {value}\r\n" for key, value in fields.items()).encode()
    headers = [("WARC-Type", "warcinfo"), ("WARC-Date", warc_date(at)), ("WARC-Filename", name)]
    return _member([*headers, ("Content-Type", "application/warc-fields")], block, _PLAIN)


def request_record(exchange: Exchange, response: str) -> bytes:
    """The request, which names the record of its answer."""
    headers = [*_common("request", exchange), ("WARC-Concurrent-To", response)]
    block = kept_head(exchange.request)
    return _member([*headers, ("Content-Type", "application/http; msgtype=request")], block, _PLAIN)


def response_record(exchange: Exchange, record: str, digest: str) -> bytes:
    """The answer in full; `record` is its id."""
    headers = [*_common("response", exchange), ("WARC-Payload-Digest", digest)]
    if exchange.truncated:
        headers.append(("WARC-Truncated", exchange.truncated))
    head = kept_head(exchange.head, exchange.body)
    packed = any(name.lower() == b"content-encoding" for name, _ in headers_of(head))
    level = _PACKED if packed else _PLAIN
    return _member([*headers, _RESPONSE], head + exchange.body, level, record=record)


def revisit_record(exchange: Exchange, record: str, digest: str, first: tuple[str, datetime]) -> bytes:
    """The answer without its payload, which the answer of the address `first` at its time holds."""
    url, at = first
    headers = [
        *_common("revisit", exchange),
        ("WARC-Payload-Digest", digest),
        ("WARC-Profile", _PROFILE),
        ("WARC-Refers-To-Target-URI", url),
        ("WARC-Refers-To-Date", warc_date(at)),
    ]
    head = kept_head(exchange.head, exchange.body)
    return _member([*headers, _RESPONSE], head, _PLAIN, record=record)


_RESPONSE = ("Content-Type", "application/http; msgtype=response")


def record_id() -> str:
    """A new record's id."""
    return f"<urn:uuid:{uuid.uuid4()}>"


def warc_date(at: datetime) -> str:
    """A moment as WARC has it.

    >>> warc_date(datetime(2026, 11, 21, 1, 0, tzinfo=UTC))
    '2026-11-21T01:00:00Z'
    """
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _common(kind: str, exchange: Exchange) -> list[tuple[str, str]]:
    headers = [
        ("WARC-Type", kind),
        ("WARC-Target-URI", exchange.url),
        ("WARC-Date", warc_date(exchange.at)),
    ]
    return [*headers, ("WARC-IP-Address", exchange.ip)] if exchange.ip else headers


_GZIP = 31
"""The width of the window with which zlib's kin writes a gzip member."""


def _member(headers: Sequence[tuple[str, str]], block: bytes, level: int, record: str | None = None) -> bytes:
    lines = [
        "WARC/1.1",
        f"WARC-Record-ID: {record or record_id()}",
        *(f"{name}: {value}" for name, value in headers),
        f"WARC-Block-Digest: {digest_of(block)}",
        f"Content-Length: {len(block)}",
    ]
    packing = isal_zlib.compressobj(level, isal_zlib.DEFLATED, _GZIP)
    packed = packing.compress(("\r\n".join(lines) + "\r\n\r\n").encode())
    return packed + packing.compress(block) + packing.compress(b"\r\n\r\n") + packing.flush()
