"""Mail that comes in: read within bounds, told apart from machines' mail, taken down to what its writer wrote.

Anybody may write to the leaving address, so nothing here trusts a mail: what is too large or too intricate is refused
before a parser sees it, and only fields that are needed are read.
"""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass
from email.header import decode_header
from email.message import Message
from typing import TYPE_CHECKING, Any

from crawler.delivery.reply_text import html_lines, written_lines
from crawler.errors import InvalidInput
from crawler.text.normal import nfc

if TYPE_CHECKING:
    Mail = Message[Any, Any]

LARGEST = 1_000_000
"""Bytes of a mail: a reply has some kilobytes, with the digest it quotes a few hundred."""
_HEAD = 262_144
"""Bytes of its header; what relays and filters add comes to some twenty thousand."""
_FIELD = 4_096
"""Characters of a field that is read."""
_PARTS, _LEVELS = 300, 20
"""Parts, and parts within parts."""
_READ_FIELDS = frozenset({
    "from", "subject", "in-reply-to", "content-type", "return-path", "auto-submitted", "precedence", "date",
})  # fmt: skip

_ONE_ADDRESS = re.compile(r"""[^<>]{0,500}<([^<>\s@]+@[^<>\s@]+)>\s*|([^\s<>(),;:"@]+@[^\s<>(),;:"@]+)\s*""")
_KIND_OF_PART = re.compile(
    rb"^content-(?:type|disposition):[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE
)
"""The library takes quadratic time over the parameters of one."""
_MARKS_OF_MACHINES = (
    "x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-response-suppress", "x-failed-recipients", "x-vacation",
    "x-mailer-daemon", "list-id", "list-unsubscribe", "feedback-id", "x-loop",
)  # fmt: skip
_MACHINES = ("mailer-daemon", "postmaster", "noreply", "no-reply", "do-not-reply", "donotreply")
_AUTOMATIC_SUBJECT = re.compile(
    r"(?:auto(?:matic)?[ -]?(?:reply|response)|out of (?:the )?office|(?:thư )?(?:trả lời|phản hồi) tự động|"
    r"tự động (?:trả lời|phản hồi)|vắng mặt|undeliver(?:able|ed)|mail delivery|delivery (?:status|failure)|"
    r"returned mail|read|đã đọc|không gửi được thư)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Incoming:
    """What one mail says, whoever sent it."""

    sender: str
    """The address in From; empty where there is no plain one."""
    sender_name: str
    """All of From, for a person to read."""
    subject: str
    lines: tuple[str, ...]
    """What the writer wrote: no quotation, introduction of one, signature or empty line."""
    everything: str
    """All its text, quotations and links with it."""
    machine: str | None
    """The sign by which it is no person's; None where it may be one's."""


def parse_mail(raw: bytes) -> Mail:
    """The parts of a mail. Raises InvalidInput at once for one that no reply or report is."""
    raw = re.sub(rb"\A(?:From [^\n]*\n)?[\r\n]*", b"", raw[: LARGEST + 1000]) if len(raw) <= LARGEST else raw
    head = re.split(rb"\r?\n\r?\n", raw[: _HEAD + 1], maxsplit=1)[0]
    _refuse(len(raw) > LARGEST, "lớn hơn 1 MB / larger than 1 MB")
    _refuse(len(head) > _HEAD, "phần đầu thư quá dài / its header is too long")
    _refuse(
        raw.count(b"\n--") > _PARTS or len(re.findall(rb"(?i)multipart/|message/", raw)) > _LEVELS,
        "quá nhiều phần / it has too many parts",
    )
    _refuse(
        any(len(found) > _FIELD for found in _KIND_OF_PART.findall(raw)),
        "Content-Type quá dài / a Content-Type is too long",
    )
    mail = email.message_from_bytes(raw, policy=email.policy.compat32)
    for name in _READ_FIELDS:
        found = mail.get_all(name, [])
        _refuse(
            len(found) > 1 or any(len(str(value)) > _FIELD for value in found),
            f"trường {name} quá dài hoặc lặp lại / the field {name} is too long or there twice",
        )
    sender = str(mail["from"] or "")
    _refuse(
        sender.count("@") > 5 or sender.count("<") > 1 or sender.count("(") > 20,
        "có nhiều người gửi / it has more than one sender",
    )
    return mail


def read_mail(raw: bytes) -> Incoming:
    """A mail taken down to what its writer wrote. Raises InvalidInput as `parse_mail` does."""
    mail = parse_mail(raw)
    sender = _field(mail, "from")
    found = _ONE_ADDRESS.fullmatch(str(mail["from"] or "").strip())
    address = (found[1] or found[2]) if found else ""
    texts = list(_texts(mail))
    lines: tuple[str, ...] = ()
    for is_html, text in sorted(texts, key=lambda text: text[0]):  # the plain text first
        lines = written_lines(html_lines(text) if is_html else text.splitlines())
        if lines:
            break
    return Incoming(
        sender=address,
        sender_name=sender,
        subject=_field(mail, "subject"),
        lines=lines,
        everything="\n".join(text for _, text in texts),
        machine=_machine(mail, address),
    )


def _refuse(wrong: bool, why: str) -> None:
    if wrong:
        raise InvalidInput(f"thư không được đọc: {why}")


def _machine(mail: Mail, sender: str) -> str | None:
    """The sign that no person wrote a mail: RFC 3834, RFC 3462, and what older programs do."""
    if str(mail["auto-submitted"] or "no").split(";")[0].strip().lower() != "no":
        return "Auto-Submitted"
    if str(mail["precedence"] or "").strip().lower() in ("bulk", "junk", "list", "auto_reply"):
        return "Precedence"
    if mail["return-path"] is not None and str(mail["return-path"]).strip() in ("<>", ""):
        return "Return-Path"
    if mail.get_content_type() in ("multipart/report", "message/delivery-status", "message/feedback-report"):
        return "multipart/report"
    if sender.partition("@")[0].lower() in _MACHINES:
        return "From"
    if _AUTOMATIC_SUBJECT.match(_field(mail, "subject")):
        return "Subject"
    return next((name for name in _MARKS_OF_MACHINES if name in mail), None)


def _field(mail: Mail, name: str) -> str:
    """A field for people, decoded, in one line."""
    value = mail[name]
    if value is None:
        return ""
    try:
        parts = decode_header(value)
    except ValueError:
        parts = [(str(value), None)]
    words = "".join(p if isinstance(p, str) else _decoded(p, charset) for p, charset in parts)
    return " ".join(nfc(words.encode("utf-8", "replace").decode()).split())


def _texts(mail: Mail) -> Any:
    """(is HTML, text) of every text of the mail itself: no attachment, no mail within it."""
    waiting: list[Any] = [mail]
    while waiting:
        part = waiting.pop(0)
        kind = part.get_content_type()
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            waiting[:0] = part.get_payload()
        elif kind in ("text/plain", "text/html") and part.get_content_disposition() != "attachment":
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                yield kind == "text/html", _decoded(content, part.get_content_charset())


def _decoded(content: bytes, charset: str | None) -> str:
    """Bytes as text, as named, else as they look; never an error."""
    for named in (_sixteen(content, charset), "utf-8", "windows-1258"):
        try:
            return content.decode(named)
        except (LookupError, ValueError):
            continue
    return content.decode("latin-1")


def _sixteen(content: bytes, charset: str | None) -> str:
    """The charset as named; of UTF-16 without a mark the order in which the text makes sense."""
    name = (charset or "utf-8").lower()
    if name not in ("utf-16", "utf16") or content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "ascii" if name == "us-ascii" else name
    return "utf-16-be" if content[::2].count(0) > content[1::2].count(0) else "utf-16-le"
