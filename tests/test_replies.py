"""Replies as people and machines send them, all invented: what each does, and that no mail takes long to be refused."""

from __future__ import annotations

import base64
import quopri
import time
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from email.message import EmailMessage

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from crawler.delivery import subscriptions
from crawler.delivery.incoming import read_mail
from crawler.delivery.reply_text import html_lines, written_lines
from crawler.delivery.reply_words import says_stop
from crawler.errors import InvalidInput
from crawler.store import recipients, schema_delivery, tokens, watches
from crawler.text.normal import nfc
from tests.press_room import MORNING

READER, ASKED, OPERATOR = "van.phong@lamha.example", "moi.vao@lamha.example", "may@lamha.example"
LEAVE, CONFIRM, STALE = "1f" * 16, "2e" * 16, "3d" * 16
OURS = f"<diemtin.{'ab' * 16}@tin.example>"

DIGEST = f"""điểm tin · Chủ nhật 22/11/2026
2 tin, 1 văn kiện

TIN
Dừng xe buýt trường học ở Lam Hà (Báo Lam Hà, 21/11)
https://bao-lam-ha.example/dung-xe
--
Ông/bà nhận thư này vì địa chỉ {READER} có trong mục theo dõi: chi bộ.
Không muốn nhận nữa: https://tin.example/leave/{LEAVE}"""
QUESTION = f"""Ông/bà có muốn nhận điểm tin không?
Nếu đồng ý, gửi một thư tới dung@tin.example với tiêu đề “OK {CONFIRM}”."""


def quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())


GMAIL = "Vào Th 2, 23 thg 11, 2026 vào lúc 06:00 điểm tin <diemtin@tin.example> đã viết:"
WRAPPED = "Vào CN, 22 thg 11, 2026 vào lúc 06:00 điểm tin của Văn phòng\nTỉnh ủy Lam Hà <diemtin@tin.example>\nđã viết:"
APPLE = "Vào 06:00, Th 2, 23 thg 11, 2026 điểm tin <diemtin@tin.example> đã viết:"
ENGLISH = "On Mon, 23 Nov 2026 at 06:00, điểm tin <diemtin@tin.example> wrote:"
OUTLOOK = "Từ: điểm tin <diemtin@tin.example>\nĐã gửi: Thứ Hai, 23 Tháng Mười Một 2026 6:00 SA\nĐến: Văn phòng <van.phong@lamha.example>\nChủ đề: Điểm tin 23/11"


def mail(
    text: str = "", *, subject: str = "Re: Điểm tin 23/11: 2 tin", sender: str = f"Văn phòng <{READER}>",
    html: str | None = None, **headers: str,
) -> bytes:  # fmt: skip
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, "dung@tin.example", subject
    made["In-Reply-To"] = OURS
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    if text or html is None:
        made.set_content(text)
    if html is not None:
        if text:
            made.add_alternative(html, subtype="html")
        else:
            made.set_content(html, subtype="html")
    return made.as_bytes()


def raw(head: str, body: bytes, *, sender: str = READER) -> bytes:
    return f"From: {sender}\r\nTo: dung@tin.example\r\nSubject: Re: tin\r\n{head}\r\n\r\n".encode() + body


def under(words: str, digest: str = DIGEST, intro: str = GMAIL) -> str:
    return f"{words}\n\n{intro}\n{quoted(digest)}\n"


def html_reply(words: str, quote: str = DIGEST) -> str:
    return (
        f'<html><body><div dir="ltr">{words}</div><br><div class="gmail_quote gmail_quote_container">'
        f'<div dir="ltr" class="gmail_attr">{GMAIL}</div><blockquote class="gmail_quote">{quote}</blockquote></div></body></html>'
    )


def report(inner: str = DIGEST) -> bytes:
    return (
        f"From: MAILER-DAEMON@lamha.example\r\nSubject: Undelivered Mail\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        f"--b\r\n\r\ndừng\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: dừng {LEAVE}\r\n\r\n{inner}\r\n--b--\r\n"
    ).encode()


LEFT, CONFIRMED, READ, ALONE = "left", "confirmed", "read by the operator", "left alone"

CORPUS: list[tuple[str, bytes, str]] = [
    # ---- one word over the quoted digest, as the programs put it
    ("Gmail in Vietnamese", mail(under("Dừng")), LEFT),
    ("Gmail, wrapped over three lines", mail(under("dừng.", intro=WRAPPED)), LEFT),
    ("Apple Mail", mail(under("Dừng ạ", intro=APPLE)), LEFT),
    ("in English", mail(under("Stop", intro=ENGLISH)), LEFT),
    ("from an iPhone", mail(f"Dừng\n\nĐã gửi từ iPhone của tôi\n\n{APPLE}\n\n{quoted(DIGEST)}"), LEFT),
    ("Outlook, a block of fields", mail(f"Vui lòng dừng gửi thư, cảm ơn.\n\n{OUTLOOK}\n\n{DIGEST}"), LEFT),
    ("Outlook, an English divider", mail(f"dừng\n\n-----Original Message-----\n{OUTLOOK}\n\n{DIGEST}"), LEFT),
    ("Outlook, a rule", mail(f"Dừng\n________________________________\n{OUTLOOK}\n\n{DIGEST}"), LEFT),
    ("Zimbra", mail(f"Tôi muốn ngừng nhận.\n\n----- Thư gốc -----\n{OUTLOOK}\n{DIGEST}"), LEFT),
    ("under the quotation", mail(f"{GMAIL}\n{quoted(DIGEST)}\n\nDừng\n"), LEFT),
    ("between the quoted lines", mail(f"{GMAIL}\n{quoted(DIGEST[:80])}\nDừng nhé\n{quoted(DIGEST[80:])}"), LEFT),
    ("without marks", mail(under("dung gui nua")), LEFT),
    ("in decomposed letters", mail(under(unicodedata.normalize("NFD", "Dừng nhận thư"))), LEFT),
    ("in capitals", mail(under("DỪNG!!!")), LEFT),
    ("with y for i", mail(under("Huỷ đăng ký giúp tôi")), LEFT),
    ("I want no more", mail(under("Tôi không muốn nhận thư này nữa")), LEFT),
    ("sent by another program under a signature", mail(under("Dừng\n\n-- \nNguyễn Văn Hòa\nChánh Văn phòng")), LEFT),
    ("the address in other letters", mail(under("dừng"), sender="Van.Phong@LAMHA.example"), LEFT),
    ("HTML alone", mail(html=html_reply("Dừng")), LEFT),
    ("HTML alone, wrapped", mail(html=html_reply("Tôi muốn\ndừng nhận thư")), LEFT),
    ("HTML of Outlook", mail(html=f'<p>Dừng</p><div id="divRplyFwdMsg">{OUTLOOK}</div><div>{DIGEST}</div>'), LEFT),
    ("HTML of Outlook for Windows", mail(
        html=f'<p class=MsoNormal>Dừng<o:p></o:p></p><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt">'
             f'<p>From: x</p></div><p>{DIGEST}</p>'), LEFT),
    ("the link in HTML only", mail(
        html=f'<div>Dừng</div><blockquote><a href="https://tin.example/leave/{LEAVE}">Không nhận thư này nữa</a></blockquote>'), LEFT),
    ("the link rewritten by a filter", mail(
        html=f'<div>Dừng</div><blockquote><a href="https://safe.example/?url=https%3a%2f%2ftin.example%2fleave%2f{LEAVE}&x=1">bỏ'
             "</a></blockquote>"), LEFT),
    ("base64", raw("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64",
                   base64.encodebytes(under("Dừng").encode())), LEFT),
    ("quoted-printable", raw("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable",
                             quopri.encodestring(under("Dừng").encode())), LEFT),
    ("UTF-16", raw("Content-Type: text/plain; charset=utf-16\r\nContent-Transfer-Encoding: base64",
                   base64.encodebytes(under("Dừng").encode("utf-16"))), LEFT),
    ("UTF-16 without a mark", raw("Content-Type: text/plain; charset=utf-16\r\nContent-Transfer-Encoding: base64",
                                  base64.encodebytes(under("Dừng").encode("utf-16-be"))), LEFT),
    ("windows-1258", raw("Content-Type: text/plain; charset=windows-1258\r\nContent-Transfer-Encoding: base64",
                         base64.encodebytes(under("Ngưng gửi", digest=f"leave/{LEAVE}", intro=ENGLISH.replace("điểm tin", "diem tin"))
                                            .replace("ử", "ư\u0309").encode("windows-1258"))), LEFT),
    ("a charset nobody knows", raw("Content-Type: text/plain; charset=x-tcvn\r\nContent-Transfer-Encoding: 8bit",
                                   under("Dừng").encode()), LEFT),
    ("an empty text beside the HTML", mail("\n", html=html_reply("Dừng")), LEFT),
    # ---- the token in what was written
    ("the mailto of the list header", mail("", subject=f"dừng {LEAVE}"), LEFT),
    ("the same from another address", mail("", subject=f"dừng {LEAVE}", sender="dien.thoai@xa.example"), LEFT),
    ("the same with thanks", mail("Cảm ơn ban biên tập", subject=f"dừng {LEAVE}"), LEFT),
    ("the token in the first line", mail(f"dừng {LEAVE}", subject="thư", sender="dien.thoai@xa.example"), LEFT),
    ("the same, and second thoughts", mail("Tôi gửi nhầm, đừng bỏ tên tôi", subject=f"dừng {LEAVE}"), READ),
    ("an answer about it", mail("Mã này để làm gì vậy?", subject=f"Re: dừng {LEAVE}"), READ),
    ("yes, in the subject", mail("", subject=f"OK {CONFIRM}", sender="dien.thoai@xa.example"), CONFIRMED),
    ("yes, with thanks", mail("Đồng ý, cảm ơn.", subject=f"OK {CONFIRM}", sender=ASKED), CONFIRMED),
    ("yes, in the first line", mail(f"Đồng ý {CONFIRM}", subject="Re: Xác nhận", sender=ASKED), CONFIRMED),
    ("an encoded subject", b"From: a@b.example\nSubject: =?utf-8?q?OK_" + CONFIRM.encode() + b"?=\n\n", CONFIRMED),
    # ---- what must not do anything
    ("thanks over the digest", mail(under("Cảm ơn, tin rất có ích")), READ),
    ("thanks, and the digest below without marks", mail(f"Cảm ơn\n\n{GMAIL}\n{DIGEST}"), READ),
    ("nothing but the digest", mail(under("")), READ),
    ("no, and stop, over the question", mail(
        under("Không, tôi không đăng ký. Dừng!", QUESTION), subject="Re: Xác nhận nhận điểm tin", sender=ASKED), READ),
    ("stop over the question", mail(under("Dừng!", QUESTION), subject="Re: Xác nhận nhận điểm tin", sender=ASKED), READ),
    ("yes over the question, without the token", mail(
        under("Đồng ý", QUESTION), subject="Re: Xác nhận nhận điểm tin", sender=ASKED), READ),
    ("no, with the token", mail("Không, dừng lại", subject=f"Re: OK {CONFIRM}", sender=ASKED), READ),
    ("the token in the second line", mail(f"Ai gửi cái này cho tôi?\n{CONFIRM}", subject="hỏi", sender=ASKED), READ),
    ("a question that has expired", mail("", subject=f"OK {STALE}", sender=ASKED), READ),
    ("From and In-Reply-To alone", mail("Dừng"), READ),
    ("a stranger with the digest", mail(under("Dừng"), sender="ke.khac@xa.example"), READ),
    ("a stranger who bears the reader's name", mail(under("Dừng"), sender=f'"{READER}" <ke.khac@xa.example>'), READ),
    ("prose that begins so", mail(under("Dừng lại ở huyện Lam Hà, đoàn đã thăm chợ")), READ),
    ("right", mail(under("Đúng rồi")), READ),
    ("a name", mail(under("Dũng"), sender=f"Trần Dũng <{READER}>"), READ),
    ("a name without marks", mail(under("Dung"), sender=f"Le Thi Dung <{READER}>"), READ),
    ("do not stop", mail(under("Đừng dừng gửi nhé")), READ),
    ("it did not come", mail(under("Tôi không nhận được thư hôm nay")), READ),
    ("a forwarded copy", mail(f"Chuyển anh xem\n\n---------- Forwarded message ---------\n{OUTLOOK}\n\nDừng\n{DIGEST}"), READ),
    ("the word in a signature", mail("Chào anh\n-- \nDừng"), READ),
    ("the word in an attachment", raw(
        'Content-Type: multipart/mixed; boundary="b"', b'--b\r\n\r\nXem file\r\n--b\r\nContent-Type: text/plain\r\n'
        b'Content-Disposition: attachment; filename="a.txt"\r\n\r\nstop ' + LEAVE.encode() + b"\r\n--b--\r\n"), READ),
    ("a mail within a mail", raw(
        'Content-Type: multipart/mixed; boundary="b"', b"--b\r\n\r\nXem thu\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        b"Subject: stop " + LEAVE.encode() + b"\r\n\r\nstop\r\n--b--\r\n"), READ),
    ("HTML that hides the word", mail(html=f"<style>dừng</style><!-- dừng {LEAVE} --><p>Chào</p>"), READ),
    # ---- machines
    ("a vacation notice", mail(under("Dừng mọi việc đến 30/11"), Auto_Submitted="auto-replied"), ALONE),
    ("one that only says stop", mail(under("Dừng"), Auto_Submitted="auto-replied; x=y"), ALONE),
    ("one of an older program", mail(under("Dừng"), Precedence="bulk"), ALONE),
    ("one with its own mark", mail(under("Dừng"), X_Autoreply="yes"), ALONE),
    ("one told by its subject", mail(under("Dừng"), subject="Trả lời tự động: Điểm tin 23/11"), ALONE),
    ("one of Exchange", mail(under("Stop"), subject="Automatic reply: digest", X_Auto_Response_Suppress="All"), ALONE),
    ("an empty return path", mail(under("Dừng"), Return_Path="<>"), ALONE),
    ("a report", report(), ALONE),
    ("the daemon", mail(under("Dừng"), sender="MAILER-DAEMON@lamha.example"), ALONE),
    ("our own digest, copied by a server", mail(
        DIGEST, subject=f"dừng {LEAVE}", sender="diemtin@tin.example", Auto_Submitted="auto-generated",
        List_Unsubscribe=f"<https://tin.example/leave/{LEAVE}>"), ALONE),
    ("a mailing list's copy", mail(under("Dừng"), List_Id="<ban.lamha.example>"), ALONE),
    ("said to be no machine's", mail(under("Dừng"), Auto_Submitted="no"), LEFT),
]  # fmt: skip


def prepared(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        watches.ensure_operator(conn, OPERATOR, now=MORNING)
        watches.add_watch(conn, query="", scope="document", addresses=[READER], now=MORNING)
        watches.add_watch(conn, query="", scope="meeting", addresses=[ASKED], ask=True, now=MORNING)
        for given, address, purpose, expires in (
            (LEAVE, READER, "leave", None), (CONFIRM, ASKED, "confirm", MORNING + timedelta(days=7)),
            (STALE, ASKED, "confirm", MORNING - timedelta(days=1)),
        ):  # fmt: skip
            row = {
                "hash": tokens.hash_of(given),
                "address": address,
                "purpose": purpose,
                "created": MORNING,
                "expires": expires,
            }
            conn.execute(sa.insert(schema_delivery.token).values(row))


def state(engine: sa.Engine) -> tuple[str, str, int]:
    with engine.connect() as conn:
        reader, asked = (recipients.find_recipient(conn, address) for address in (READER, ASKED))
        told = conn.execute(sa.select(sa.func.count()).select_from(schema_delivery.alert)).scalar_one()
    assert reader is not None and asked is not None
    return reader.state, asked.state, int(told)


AFTER = {
    LEFT: ("left", "asked", 0), CONFIRMED: ("active", "active", 0), READ: ("active", "asked", 1),
    ALONE: ("active", "asked", 0),
}  # fmt: skip


@pytest.mark.parametrize(("letter", "outcome"), [c[1:] for c in CORPUS], ids=[c[0] for c in CORPUS])
def test_what_a_reply_does(letter: bytes, outcome: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    from crawler.store.database import open_database

    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('replies') / 'diemtin.db'}")
    prepared(engine)
    for _ in range(2):  # a mail that is read twice does no more
        with engine.begin() as conn:
            answer = subscriptions.handle_reply(conn, letter, now=MORNING)
        assert (answer.what if answer else None) == (outcome if outcome in (LEFT, CONFIRMED) else None)
        assert state(engine) == AFTER[outcome]
    engine.dispose()


def test_the_corpus_is_wide() -> None:
    assert len(CORPUS) >= 70 and len({name for name, *_ in CORPUS}) == len(CORPUS)


def test_the_operator_hears_what_was_written(engine: sa.Engine) -> None:
    prepared(engine)
    with engine.begin() as conn:
        subscriptions.handle_reply(conn, mail(under("Xin đổi giờ gửi sang 7 giờ")), now=MORNING)
        [body] = conn.execute(sa.select(schema_delivery.alert.c.body)).scalars()
    assert body["event"] == "reply" and body["about"] == READER
    assert "Xin đổi giờ gửi sang 7 giờ" in body["detail"] and "Dừng xe buýt" not in body["detail"]


# ---- refused at once -----------------------------------------------------------------------------------------


def nested(opened: bytes, times: int) -> bytes:
    return opened * times


BOMBS: list[tuple[str, Callable[[], bytes]]] = [
    ("over 1 MB", lambda: mail("Dừng\n" + "x" * 1_000_001)),
    ("a hundred senders", lambda: f"From: {', '.join(f'a{n}@b.example' for n in range(100))}\n\ndừng".encode()),
    ("two From fields", lambda: b"From: a@b.example\nFrom: c@d.example\n\nstop"),
    ("nested comments", lambda: b"From: " + b"(" * 5000 + b" a@b.example\n\nstop"),
    ("short nested comments", lambda: b"From: " + b"(" * 900 + b" a@b.example\n\nstop"),
    ("a long subject", lambda: b"From: a@b.example\nSubject: " + b"=?utf-8?q?a?= " * 9000 + b"\n\nstop"),
    ("a header without end", lambda: b"From: a@b.example\n" + b"X-A: b\n" * 60_000),
    ("parts without end", lambda: b'Content-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n\n" * 90_000),
    ("parts in parts", lambda: b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(3000))),
    ("mails in mails", lambda: b"Content-Type: message/rfc822\n\n" * 20_000),
    ("parameters", lambda: b'Content-Type: text/plain; a="' + b';"' * 90_000 + b"\n\nstop"),
    ("parameters of a part", lambda: b'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain; a="'
                                     + b';"' * 200_000 + b"\n\nstop\n--b--\n"),
]  # fmt: skip


@pytest.mark.parametrize("make", [m for _, m in BOMBS], ids=[n for n, _ in BOMBS])
def test_a_mail_no_person_writes_is_refused_at_once(make: Callable[[], bytes]) -> None:
    letter = make()
    began = time.process_time()
    with pytest.raises(InvalidInput, match="thư không được đọc"):
        read_mail(letter)
    assert time.process_time() - began < 0.5


ODD = [
    b"", b"\n", b"\n\n\n", b"From: \n\n", b"\x00" * 1000, b"From a@b Mon\nFrom: a@b.example\n\ndung",
    b"Subject: =?utf-8?b?!!!?=\n\n", b"Content-Type: text/html\n\n", b"Content-Type: text/plain; charset=\xff\n\nstop",
    b"Content-Type: multipart/mixed\n\nno boundary", b"Content-Transfer-Encoding: base64\n\n!!!!", b"From: =?x?q?a?= <a@b.example>\n\n",
    b"Content-Type: text/html\n\n" + b"<div>" * 100_000 + b"stop", b"Content-Type: text/html\n\n" + b"<blockquote>" * 80_000,
    b"A: b\n\n" + b"a\xcc\x81\xcc\x80" * 180_000, b"A: b\n\n" + b"> " * 400_000, b"A: b\n\n" + "Vào ".encode() * 180_000, b"A: b\n\n" + b"\n" * 900_000,
    b"A: b\n\n" + "Vào 22/11\n".encode() * 70_000, b"A: b\n\n" + "Từ: a\n".encode() * 90_000, b"A: b\n\n" + b"ab" * 450_000, b"A: b\n\n" + b"0f" * 450_000,
    b"A: b\n\n" + (b"0f" * 16 + b" ") * 30_000, b"A: b\n\n" + b"<" * 900_000, b"Content-Type: text/html\n\n" + b"<" * 900_000,
    b"Content-Type: text/html; charset=utf-16\n\n" + b"\x00<" * 100_000, b"A: b\n\n" + b" -- \n" * 180_000,
]  # fmt: skip


@pytest.mark.parametrize("letter", ODD, ids=range(len(ODD)))
def test_an_odd_mail_is_read_in_little_time_and_does_nothing(letter: bytes, engine: sa.Engine) -> None:
    began = time.process_time()
    with engine.begin() as conn:
        assert subscriptions.handle_reply(conn, letter, now=MORNING) is None
    assert time.process_time() - began < 2


@examples(deadline=None, max_examples=200)
@given(st.binary(max_size=600), st.text(max_size=300))
def test_no_bytes_break_the_reading(content: bytes, text: str) -> None:
    for letter in (content, b"Content-Type: text/html\n\n" + content, f"\n{text}".encode("utf-8", "replace")):
        with suppress(InvalidInput):
            read_mail(letter)
    html_lines(text)


_LINES = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60),
        st.sampled_from(
            ["> a", "Vào 22/11 x <a@b.c> đã viết:", "-- ", "Từ: a", "Chủ đề: b", "-----Thư gốc-----", "Dừng"]
        ),
    ),
    max_size=30,
)


@given(_LINES)
def test_what_was_written_stands_in_the_mail_in_its_order(lines: list[str]) -> None:
    said = list(written_lines(lines))
    there = iter(" ".join(nfc(line).replace("\u200b", "").replace("\ufeff", "").split()) for line in lines)
    assert all(line in there for line in said)
    assert not any(line.startswith(">") for line in said)


@given(
    st.lists(
        st.sampled_from(
            [
                "dừng",
                "đúng",
                "dùng",
                "Dũng",
                "đừng",
                "không",
                "nhận",
                "gửi",
                "nữa",
                "thư",
                "tôi",
                "ạ",
                "xin",
                "stop",
            ]
        ),
        max_size=6,
    )
)
def test_without_a_word_for_stopping_nothing_stops(words: list[str]) -> None:
    if not {"dừng", "stop", "đừng", "không"}.intersection(words):
        assert not says_stop(" ".join(words))
