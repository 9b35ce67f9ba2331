"""A mail as bytes on the wire, read by parsers of other hands: what a mailbox provider sees, not what a library decodes."""

from __future__ import annotations

import email
import email.message
import email.policy
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import fast_mail_parser
import listunsub
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from crawler.delivery.headers import add_ways_out, bytes_of, headed
from crawler.delivery.items import Elsewhere, Message
from crawler.delivery.mail import compose, compose_confirmation, subject_of
from crawler.delivery.mail_settings import MailSettings
from crawler.query.snippet import mark
from tests.sample_mail import DIGEST, NOTHING, NOW, OPERATOR, READER, SIX, news

TOKEN = "0123456789abcdef" * 2
LONG = "diemtin.vanphongtinhuy.thongtintonghop.tinhlamhavaanhkhe"
SETTINGS = {
    "only a sender": MailSettings(sender="điểm tin <diemtin@tin.example>"),
    "web and leave": MailSettings(
        sender="điểm tin <diemtin@tin.example>", web="https://tin.example", leave="dung@tin.example"
    ),
    "long names": MailSettings(
        sender=f'"Văn phòng Tỉnh ủy Lam Hà, phòng điểm tin buổi sáng và tổng hợp" <diemtin@{LONG}.example>',
        web=f"https://{LONG}.example/diem-tin/,a/",
        leave=f"ngung.nhan.thu.diem.tin.hang.ngay@{LONG}.example",
    ),
    "odd letters": MailSettings(
        sender='"Tin (sáng), \\"Lam Hà\\"" <tin+a%b&c=d@điểm-tin.example>',
        web="https://điểm-tin.example/ngưng?",
    ),
}
_STRUCTURED = re.compile(
    rb"^(?:list-|message-id|date|mime-version|auto-|x-|to:|reply-to:|content-transfer)", re.IGNORECASE
)


def fields(raw: bytes) -> list[bytes]:
    """The header fields with their folds, line ends left out."""
    head = raw.partition(b"\r\n\r\n")[0]
    return re.split(rb"\r\n(?![ \t])", head)


def field(raw: bytes, name: str) -> bytes | None:
    return next((f for f in fields(raw) if f.lower().startswith(name.lower().encode() + b":")), None)


def sound(raw: bytes) -> fast_mail_parser.PyMail:
    """Whatever a mail says, its bytes obey RFC 5322, 2045, 2047 and 2369; the mail as another parser reads it."""
    assert b"\n" not in raw.replace(b"\r\n", b"") and b"\r" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.partition(b"\r\n\r\n")[0].isascii()
    for one in fields(raw):
        assert re.match(rb"[!-9;-~]+: ", one), one
        assert not re.search(rb"\r\n[ \t]+(\r\n|$)", one), one  # a fold of white space alone
        if _STRUCTURED.match(one):
            assert b"=?" not in one, one
            assert re.fullmatch(rb"[^\r]*(,\r\n [^\r]+)*", one), one  # broken after commas only
    names = [f.partition(b":")[0].lower() for f in fields(raw)]
    assert len(names) == len(set(names))
    by_library = email.message_from_bytes(raw, policy=email.policy.default)
    for part in by_library.walk():
        assert part.defects == []
        assert [value.defects for value in part.values() if value.defects] == []
    way_out = field(raw, "List-Unsubscribe")
    if way_out is not None:
        listunsub.parse_header(way_out.partition(b":")[2].decode(), strict=True)
    read = fast_mail_parser.parse_email(raw)
    assert read.warnings == []
    return read


@pytest.mark.parametrize("name", SETTINGS)
def test_the_ways_out_are_plain_addresses_in_the_bytes(name: str) -> None:
    raw = compose(NOW, SETTINGS[name], message_id="<diemtin.0@tin.example>", leave_token=TOKEN)
    sound(raw)
    way_out = field(raw, "List-Unsubscribe")
    assert way_out is not None
    assert re.fullmatch(
        rb"List-Unsubscribe: ?(\r\n )?<(https|mailto):[^>]+>(, ?(\r\n )?<mailto:[^>]+>)?", way_out
    )
    problems = {p.code for p in listunsub.audit(way_out.partition(b":")[2].decode(), _post(raw))}
    assert problems == (set() if SETTINGS[name].web else {"no-https", "missing-post"})
    assert listunsub.parse_mailto(listunsub.parse(way_out.partition(b":")[2].decode())[-1]).to == (
        SETTINGS[name].leave_address,
    )


def _post(raw: bytes) -> str | None:
    found = field(raw, "List-Unsubscribe-Post")
    return None if found is None else found.partition(b":")[2].decode()


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("told", [NOW, DIGEST, NOTHING, OPERATOR], ids=lambda m: m.kind)
def test_every_mail_is_read_the_same_by_another_parser(name: str, told: Message) -> None:
    settings = SETTINGS[name]
    raw = compose(told, settings, message_id="<diemtin.0@tin.example>", leave_token=TOKEN)
    read = sound(raw)
    assert read.subject == subject_of(told)
    assert read.from_ is not None
    assert (read.from_.display_name, read.from_.address) == (settings.sender_name, settings.sender_address)
    assert [a.address for a in (*read.to, *read.reply_to)] == [READER, settings.leave_address][
        : len(read.to + read.reply_to)
    ] or told.kind == "operator"
    assert len(read.text_plain) == len(read.text_html) == 1


def test_the_question_is_a_sound_mail_too() -> None:
    for settings in SETTINGS.values():
        raw = compose_confirmation(
            READER, ["văn kiện mới", "tin"], settings, language="vi", message_id="<a@b.example>", token=TOKEN, created=SIX,
        )  # fmt: skip
        assert sound(raw).subject == "Xác nhận nhận điểm tin"


_WORDS = st.text(
    st.one_of(
        st.sampled_from("aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạấềỗựỳ ,.:;<>()@\"'\\=?_-/\u0301"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=160,
)


@examples(deadline=None)
@given(title=_WORDS, outlet=_WORDS, sender=_WORDS, count=st.integers(1, 5))
def test_whatever_words_a_mail_carries_another_parser_reads_them(
    title: str, outlet: str, sender: str, count: int
) -> None:
    name = " ".join("".join(c for c in sender if c.isprintable()).split())
    settings = MailSettings(sender="diemtin@tin.example", max_items=3).model_copy(
        update={"sender": _mailbox(name), "web": "https://tin.example"}
    )
    base = news()
    assert base.article is not None
    shown = replace(
        base.article,
        title=title,
        title_marked=mark(title, []),
        outlet=replace(base.article.outlet, name=outlet),
    )
    item = replace(base, headline=title, article=shown, elsewhere=(Elsewhere(outlet, "https://x.example/"),))
    told = Message("now", "vi", READER, SIX, (item,) * count)
    read = sound(compose(told, settings, message_id="<diemtin.0@tin.example>", leave_token=TOKEN))
    assert read.subject == subject_of(told)
    assert read.from_ is not None and read.from_.address == "diemtin@tin.example"
    assert read.from_.display_name == settings.sender_name
    assert [a.filename for a in read.attachments] == ["con-lai.csv"] * (count > 3)


def _mailbox(name: str) -> str:
    from email.utils import formataddr

    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <diemtin@tin.example>' if quoted else formataddr(("", "diemtin@tin.example"))


@examples(deadline=None)
@given(st.text(st.sampled_from("aăđêộự x.-()'"), min_size=1, max_size=90), st.binary(max_size=4000))
def test_an_attachment_keeps_its_vietnamese_name_and_its_bytes(name: str, content: bytes) -> None:
    mail = _headed("lịch họp")
    mail.set_content("xem tệp đính kèm\n", cte="quoted-printable")
    filename = f"{name.strip()}lịch họp.ics"
    mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=filename)
    [attached] = sound(bytes_of(mail)).attachments
    assert (attached.filename, attached.content) == (filename, content)


def test_a_field_that_cannot_be_written_is_an_error_and_no_broken_mail() -> None:
    for name, value in (("List-Id", "<tin.điểm.example>"), ("X-Note", "a" * 1200)):
        mail = _headed("tin")
        mail[name] = value
        mail.set_content("tin")
        with pytest.raises(ValueError, match=name):
            bytes_of(mail)


def _headed(subject: str) -> EmailMessage:
    settings = SETTINGS["web and leave"]
    mail = headed(
        subject, to=READER, settings=settings, message_id="<x@tin.example>", created=datetime.now(UTC)
    )
    add_ways_out(mail, settings, TOKEN, language="vi")
    return mail
