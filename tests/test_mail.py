"""The mail as bytes: subjects that say the news, headers that hold, text that stays text."""

from __future__ import annotations

import csv
import email
import email.header
import email.policy
import io
import re
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from crawler.delivery.coverage import coverage
from crawler.delivery.items import DigestItem, Elsewhere, Message, MessageKind
from crawler.delivery.mail import (
    LONGEST_OF_SEVERAL,
    LONGEST_SUBJECT,
    compose,
    compose_confirmation,
    local_part,
    subject_of,
)
from crawler.delivery.mail_settings import MailSettings
from crawler.errors import InvalidInput
from crawler.query.addresses import destination
from crawler.query.snippet import mark, passage, sentences
from tests.sample_mail import DIGEST, DIRECTIVE, MEETING, NOTHING, NOW, OPERATOR, READER, SIX, news

SETTINGS = MailSettings(sender="điểm tin <diemtin@tin.example>")
TOKEN = "0123456789abcdef" * 2


def mail_of(message: Message, settings: MailSettings = SETTINGS, token: str | None = TOKEN) -> EmailMessage:
    raw = compose(message, settings, message_id="<diemtin.0@tin.example>", leave_token=token)
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def body(mail: EmailMessage, kind: str = "plain") -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


def message(*items: DigestItem, kind: MessageKind = "now", language: str = "vi") -> Message:
    return Message(kind, language, READER, SIX, items)


# ---- subjects ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "subject"),
    [
        (NOW, "Văn kiện mới: Chỉ thị 62-CT/TW (Báo Lam Hà, 21/11)"),
        (message(MEETING), "Sắp họp: Hội nghị tổng kết, Tỉnh ủy Lam Hà (28/11)"),
        (message(replace(MEETING, upcoming=False)), "Đã họp: Hội nghị tổng kết, Tỉnh ủy Lam Hà (28/11)"),
        (message(news()), "Chi bộ vùng cao Nà Phiêng kết nạp bốn đảng viên trẻ (Báo Cù Lao Hạ, 22/11)"),
        (
            message(DIRECTIVE, news(), news(1)),
            "Văn kiện mới: Chỉ thị 62-CT/TW (Báo Lam Hà, 21/11) và 2 mục khác",
        ),
        (DIGEST, "Điểm tin 22/11: 1 tin, 1 văn kiện, 1 cuộc họp"),
        (NOTHING, "Điểm tin 22/11: không có tin mới"),
        (OPERATOR, "Vận hành 22/11: 2 việc cần xem"),
        (replace(OPERATOR, items=OPERATOR.items[:1]), "điểm tin: Nguồn im lặng: Báo Kim Hải"),
        (message(DIRECTIVE, language="en"), "New document: Chỉ thị 62-CT/TW (Báo Lam Hà, 21/11)"),
    ],
)
def test_a_subject_says_the_news(told: Message, subject: str) -> None:
    assert subject_of(told) == subject
    assert str(mail_of(told)["Subject"]) == subject


def test_a_long_headline_is_cut_between_words_and_keeps_its_source() -> None:
    subject = subject_of(message(news(title="Chi bộ " * 60)))
    assert len(subject) <= LONGEST_SUBJECT
    assert subject.endswith("… (Báo Cù Lao Hạ, 22/11)")


def test_of_several_things_the_first_and_the_count_fit_a_screen() -> None:
    long = news(
        title="Chi bộ vùng cao Nà Phiêng kết nạp bốn đảng viên trẻ sau ba năm không có đảng viên mới nào"
    )
    subject = subject_of(message(long, news(1)))
    assert len(subject) <= LONGEST_OF_SEVERAL
    assert subject.startswith("Chi bộ vùng cao Nà Phiêng kết nạp") and subject.endswith("… và 1 mục khác")


WORDS = st.sampled_from(
    [
        "Nghị",
        "quyết",
        "04-NQ/TW",
        "(Báo",
        "Lam",
        "Hà,",
        "09/11)",
        "và",
        "Giang",
        "“chia",
        "bánh”",
        "TP.",
        "a",
        "khác",
    ]
)


@settings(deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=24).map(" ".join))
def test_a_subject_arrives_word_for_word_whoever_decodes_it(headline: str) -> None:
    told = message(replace(news(), headline=headline))
    raw = compose(told, SETTINGS, message_id="<diemtin.0@tin.example>", leave_token=TOKEN)
    by_library = email.message_from_bytes(raw, policy=email.policy.default)
    assert str(by_library["Subject"]) == subject_of(told)
    old_way = email.header.decode_header(email.message_from_bytes(raw)["Subject"])
    assert str(email.header.make_header(old_way)).replace("\r\n", "") == subject_of(told)
    assert all(len(line) <= 78 for line in raw.partition(b"\r\nTo:")[0].split(b"\r\n"))


def test_a_long_sender_name_arrives_word_for_word() -> None:
    name = "Văn phòng Tỉnh ủy Lam Hà, phòng điểm tin buổi sáng và tổng hợp báo chí địa phương"
    settings = MailSettings(sender=f'"{name}" <diemtin@tin.example>')
    raw = compose(NOW, settings, message_id="<diemtin.0@tin.example>", leave_token=TOKEN)
    encoded, address = parseaddr(email.message_from_bytes(raw)["From"].replace("\r\n", ""))
    assert str(email.header.make_header(email.header.decode_header(encoded))) == name
    assert address == "diemtin@tin.example"


@pytest.mark.parametrize(
    "title",
    [
        "Tin\r\nBcc: ke.khac@xa.example",
        "Tin\nX: y",
        "Tin\u2028Bcc: a@b",
        "Tin\x00\x0b\x0cX: y",
        "=?utf-8?q?Tin?=\r\n",
    ],
)
def test_a_headline_cannot_write_headers(title: str) -> None:
    told = message(replace(news(), headline=title))
    raw = compose(told, SETTINGS, message_id="<diemtin.0@tin.example>", leave_token=TOKEN)
    head = raw.partition(b"\r\n\r\n")[0]
    assert not re.search(rb"^(bcc|x):", head, re.IGNORECASE | re.MULTILINE)
    assert len(email.message_from_bytes(raw).items()) == len(mail_of(message(news())).items())


@settings(deadline=None)  # the first one compiles the templates
@given(st.text(max_size=200), st.text(max_size=40), st.text(max_size=60))
def test_no_text_breaks_a_mail(title: str, outlet: str, word: str) -> None:
    base = news()
    assert base.article is not None
    shown = replace(
        base.article,
        title=title,
        title_marked=mark(title, []),
        outlet=replace(base.article.outlet, name=outlet),
        passage=((word, True), (title, False)),
    )
    told = message(
        replace(base, headline=title, article=shown, elsewhere=(Elsewhere(outlet, "https://x.example/"),))
    )
    mail = mail_of(told)
    assert mail["To"] == READER and mail["Bcc"] is None
    assert "<script" not in body(mail, "html").lower()
    assert all(ord(c) >= 32 for c in str(mail["Subject"]))


def test_direction_marks_of_a_headline_do_not_turn_the_subject_around() -> None:
    assert "\u202e" not in subject_of(message(news(title="Tin \u202egnort")))


# ---- headers -------------------------------------------------------------------------------------------------


def test_the_headers_say_who_writes_and_how_to_leave() -> None:
    mail = mail_of(NOW)
    assert str(mail["From"]) == "điểm tin <diemtin@tin.example>"
    assert mail["Message-ID"] == "<diemtin.0@tin.example>"
    assert mail["Date"] == "Sun, 22 Nov 2026 06:00:00 +0700"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Id"] == "<diemtin.tin.example>"
    assert mail["List-Unsubscribe"].strip() == f"<mailto:diemtin@tin.example?subject=d%E1%BB%ABng%20{TOKEN}>"
    assert mail["List-Unsubscribe-Post"] is None
    # A reply is promised only where one is read.
    assert "trả lời thư này" not in body(mail) and "báo người phụ trách, diemtin@tin.example" in body(mail)
    read = mail_of(NOW, MailSettings(sender="diemtin@tin.example", leave="dung@tin.example"))
    for kind in ("plain", "html"):
        assert f"trả lời thư này bằng một chữ “dừng” (mã thư {TOKEN})" in body(read, kind)


def test_with_a_web_address_leaving_is_one_click() -> None:
    mail = mail_of(NOW, MailSettings(sender="diemtin@tin.example", web="https://tin.example/"))
    assert mail["List-Unsubscribe"].split(",")[0].strip() == f"<https://tin.example/leave/{TOKEN}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"https://tin.example/leave/{TOKEN}" in body(mail)


def test_the_same_message_makes_the_same_bytes() -> None:
    one, two = (
        compose(DIGEST, SETTINGS, message_id="<diemtin.0@tin.example>", leave_token=TOKEN) for _ in range(2)
    )
    assert one == two
    assert b"\r\n" in one and b"\n" not in one.replace(b"\r\n", b"")
    assert max(map(len, one.split(b"\r\n"))) <= 998  # RFC 5322


def test_a_message_id_follows_from_the_news_and_the_reader() -> None:
    later = replace(DIGEST, created=SIX + timedelta(hours=1))
    assert local_part(DIGEST) == local_part(later)
    assert local_part(DIGEST) != local_part(replace(DIGEST, address="ban@lamha.example"))
    assert local_part(DIGEST) != local_part(replace(DIGEST, items=DIGEST.items[1:]))
    assert local_part(NOTHING) != local_part(replace(NOTHING, created=SIX + timedelta(days=1)))


# ---- bodies --------------------------------------------------------------------------------------------------


def test_an_item_names_source_province_date_how_sure_words_and_watches() -> None:
    text = body(mail_of(DIGEST))
    for line in (
        "   Ban Bí thư, 14/11/2026: nâng cao chất lượng sinh hoạt chi bộ\n",
        "   Báo Lam Hà · 17:10 21/11/2026\n",
        "hội nghị quán triệt *Chỉ thị 62-CT/TW* ngày",
        "SẮP HỌP\n-------\n\nHội nghị tổng kết, Tỉnh ủy Lam Hà\n   Sáng 28/11/2026, thị xã Đồi Thông\n",
        "   Báo Lam Hà · 21/11/2026 (ngày theo dòng đầu bài)\n",
        "   Cũng đăng tại: Báo Lam Hà, Báo An Khê Sơn, Báo Kim Hải\n",
        "   Văn kiện được nhắc: Quy định 24-QĐ/TW\n",
        "   Theo dõi: chi bộ vùng cao (từ khớp: chi bộ, vùng cao); phát triển đảng viên",
        "Không có gì mới cho: xổ số kiến thiết",
        "Đã xem 4 trong 6 nguồn từ 06:00 21/11 đến 06:00.",
    ):
        assert line in text


@pytest.mark.parametrize(
    ("published", "origin", "shown"),
    [
        (None, None, "không rõ ngày đăng"),
        ("2026-11-21", "url", "21/11/2026 (ngày suy từ địa chỉ trang)"),
        ("2026-11-21", "dateline", "21/11/2026 (ngày theo dòng đầu bài)"),
        ("2026-11-21", "visible", "21/11/2026"),
        ("2026-11-21T23:30:00+00:00", "feed", "06:30 22/11/2026"),
    ],
)
def test_a_date_says_how_sure_it_is_only_where_that_is_doubtful(
    published: str | None, origin: str | None, shown: str
) -> None:
    base = news()
    assert base.article is not None
    article = replace(base.article, published=published, published_from=origin)
    assert f"Báo Cù Lao Hạ · {shown}\n" in body(mail_of(message(replace(base, article=article))))


def test_the_english_mail_has_no_vietnamese_of_ours() -> None:
    text = body(mail_of(replace(DIGEST, language="en")))
    assert "Also in: " in text and "Looked at 4 of 6 sources" in text
    assert not re.search("Theo dõi|Cũng đăng|Đã xem|Không", text)


def test_html_escapes_and_links_to_http_only() -> None:
    base = news(title='<b onclick="x">Tin</b> & "tin"')
    assert base.article is not None
    bad = replace(base, article=replace(base.article, url="javascript:alert(1)"))
    html = body(mail_of(message(bad, base)), "html")
    assert "&lt;b onclick=&#34;" in html and "<b " not in html and "javascript:" not in html
    assert not re.search(r"<(img|script|link|iframe|form)|src=|url\(|@import", html)


def test_past_the_cap_the_rest_is_a_table_that_runs_no_formula() -> None:
    items = [news(n, title=f"=HYPERLINK({n})") for n in range(45)]
    mail = mail_of(message(*items, kind="digest"))
    assert "Còn 5 mục nữa trong tệp đính kèm con-lai.csv. (5 tin)" in body(mail)
    assert "… và 5 mục nữa trong tệp con-lai.csv" in body(mail)
    [attached] = mail.iter_attachments()
    assert attached.get_filename() == "con-lai.csv"
    rows = list(csv.reader(io.StringIO(attached.get_content())))
    assert len(rows) == 6 and rows[0][0].lstrip("\ufeff") == "Loại"
    assert all(cell.startswith("'=") for row in rows[1:] for cell in row[1:3])
    assert len(body(mail, "html").encode()) < 102_000  # Gmail clips beyond


def test_a_question_holds_its_token_and_promises_silence() -> None:
    raw = compose_confirmation(
        READER, ["x\r\nBcc: y"], SETTINGS, language="vi", message_id="<a@b>", token=TOKEN, created=SIX
    )
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    assert mail["Bcc"] is None and f"“OK {TOKEN}”" in body(mail) and "hết hạn sau 7 ngày" in body(mail)


# ---- passages ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Một. Hai! Ba?", ["Một.", "Hai!", "Ba?"]),
        ("Một. Đảng bộ họp. Ấp Bắc họp.", ["Một.", "Đảng bộ họp.", "Ấp Bắc họp."]),
        ("Một... rồi hai.", ["Một... rồi hai."]),
        ("Họp tại TP. Sa Kỳ. Sau đó về.", ["Họp tại TP. Sa Kỳ.", "Sau đó về."]),
        ("Ông N. V. Bình nói. Rồi thôi.", ["Ông N. V. Bình nói.", "Rồi thôi."]),
        ("Tăng 3.5 lần. Nhiều.", ["Tăng 3.5 lần.", "Nhiều."]),
        ("Dòng một\n\nDòng hai", ["Dòng một", "Dòng hai"]),
        ('Ông nói: "Tốt." "Rất tốt."', ['Ông nói: "Tốt."', '"Rất tốt."']),
        ("  ", []),
    ],
)
def test_sentences(text: str, found: list[str]) -> None:
    assert [text[a:b] for a, b in sentences(text)] == found


@given(st.text(alphabet="aắ. \n!A", max_size=600), st.data())
def test_a_passage_is_text_of_the_article_with_its_words_marked(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 20)))
    shown = passage(text, [(start, end)] if end > start else [], longest=80)
    plain = "".join(piece for piece, _ in shown)
    assert plain.removeprefix("… ").removesuffix(" …") in text
    assert len(plain) <= 80 + len("… ") + len(" …") or end - start > 40
    assert all(piece in text[start:end] for piece, marked in shown if marked)


# ---- coverage ------------------------------------------------------------------------------------------------


class Run:
    def __init__(
        self, source: str, hours_ago: float, outcome: str | None, new: int = 0, problem: str | None = None
    ) -> None:
        self.source, self.outcome, self.problem = source, outcome, problem
        self.started = SIX - timedelta(hours=hours_ago)
        self.ended = None if outcome is None else self.started
        self.counts = {"stored": new}


@pytest.mark.parametrize(
    ("runs", "state", "hours_ago"),
    [
        ([], "not_looked", None),
        ([Run("b", 1, "finished", 3)], "looked", 1),
        ([Run("b", 5, "finished", 3), Run("b", 1, "finished")], "looked", 1),
        ([Run("b", 1, "finished")], "silent", 1),
        ([Run("b", 30, "finished", 3)], "not_looked", 30),
        ([Run("b", 5, "finished", 3), Run("b", 1, "blocked")], "blocked", 5),
        ([Run("b", 1, "killed")], "blocked", None),
        ([Run("b", 1, "missed")], "not_looked", None),
        ([Run("b", 2, "finished", 1), Run("b", 1, None)], "looked", 2),
        ([Run("other", 1, "finished", 3)], "not_looked", None),
    ],
)
def test_what_a_reader_is_told_of_a_source(runs: list[Run], state: str, hours_ago: float | None) -> None:
    [told] = coverage({"b": "Báo B"}, runs, since=SIX - timedelta(days=1), until=SIX).sources
    assert (told.state, told.until) == (
        state,
        None if hours_ago is None else SIX - timedelta(hours=hours_ago),
    )


def test_a_source_that_is_switched_off_is_named_with_its_reason() -> None:
    [told] = coverage({"b": "Báo B"}, [], since=SIX, until=SIX, disabled={"b": "thu phí"}).sources
    assert (told.state, told.problem) == ("not_looked", "thu phí")


# ---- settings and addresses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "address", "channel"),
    [
        ("A.B+c@Tinh.Example", "A.B+c@tinh.example", "mail"),
        ("ban@đảng.example", "ban@xn--ng-oia4y.example", "mail"),
        ("https://x.example/hook?a=1", "https://x.example/hook?a=1", "webhook"),
        ("tgram://bot/chat", "apprise:tgram://bot/chat", "apprise"),
        ("apprise:https://x.example", "apprise:https://x.example", "apprise"),
    ],
)
def test_where_a_message_can_go(typed: str, address: str, channel: str) -> None:
    found = destination(typed)
    assert (found.channel, found.channel == "mail" or found.address == address) == (channel, True)
    assert destination(found.address) == found


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ban",
        "a@",
        "@b.example",
        "a b@c.example",
        "a@b.example, c@d.example",
        "a@b.example\nBcc: c@d",
        "a@@b",
        ".a@b.c",
        "http://",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput, match="không dùng được"):
        destination(typed)


@pytest.mark.parametrize(
    "wrong",
    [
        {"smtp": "mail.example"},
        {"sender": "không có"},
        {"sender": "a\nBcc: b <a@b.example>"},
        {"operator": "x"},
        {"web": "http://tin.vn"},
        {"list_domain": "a b"},
        {"colour": "red"},
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        MailSettings.model_validate(wrong)


def test_a_password_is_not_in_the_repr_of_the_settings() -> None:
    assert "secret" not in repr(MailSettings(smtp="smtp://u:secret@mail.example"))
