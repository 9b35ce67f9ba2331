"""Joining and leaving: asked once, gone with one click or one reply, tokens kept as hashes only."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from crawler.delivery import subscriptions
from crawler.delivery.mail_settings import MailSettings
from crawler.delivery.tick import deliver
from crawler.errors import InvalidInput
from crawler.store import deliveries, outbox, recipients, schema_delivery, tokens, watches
from tests.press_room import MORNING, OUTLETS

READER = "van.phong@lamha.example"
MAIL = MailSettings(sender="điểm tin <diemtin@tin.example>", web="https://tin.example")


def send(engine: sa.Engine, folder: Path, minutes: int = 0) -> list[bytes]:
    report = deliver(
        engine,
        config_mail=MAIL,
        outbox_folder=folder,
        now=MORNING + timedelta(minutes=minutes),
        sources=OUTLETS,
    )
    return [Path(m.file).read_bytes() for m in report.messages if m.file]


def asked_watch(engine: sa.Engine) -> watches.Watch:
    with engine.begin() as conn:
        watch = watches.add_watch(conn, query="", scope="document", addresses=[READER], ask=True, now=MORNING)
        assert subscriptions.ask_recipients(conn, watch, MAIL, now=MORNING) == (READER,)
    return watch


def alert(engine: sa.Engine, watch: watches.Watch, subject: str) -> None:
    with engine.begin() as conn:
        outbox.raise_alert(conn, watch=watch, kind="event", subject=subject, article=None, words=(), spans={},
                           body={"event": "missed_run", "about": subject}, now=MORNING)  # fmt: skip


def token_in(raw: bytes, kind: str) -> str:
    body = email.message_from_bytes(raw, policy=email.policy.default).get_body(("plain",))
    assert body is not None
    found = re.search(rf"/{kind}/([0-9a-f]{{32}})\b", body.get_content())
    assert found is not None
    return found[1]


def owed(engine: sa.Engine) -> int:
    with engine.connect() as conn:
        return int(conn.execute(sa.select(sa.func.count()).select_from(schema_delivery.owed)).scalar_one())


def test_an_asked_address_gets_one_question_and_nothing_else_before_it_answers(
    engine: sa.Engine, tmp_path: Path
) -> None:
    watch = asked_watch(engine)
    [question] = send(engine, tmp_path)
    assert "Xác nhận" in str(email.message_from_bytes(question, policy=email.policy.default)["Subject"])
    alert(engine, watch, "một")
    assert owed(engine) == 0
    assert send(engine, tmp_path, 1) == []
    with engine.begin() as conn:
        assert subscriptions.confirm(conn, token_in(question, "confirm"), now=MORNING) == READER
    alert(engine, watch, "hai")
    assert len(send(engine, tmp_path, 2)) == 1


def test_a_question_expires_and_a_guessed_token_opens_nothing(engine: sa.Engine, tmp_path: Path) -> None:
    asked_watch(engine)
    token = token_in(send(engine, tmp_path)[0], "confirm")
    with engine.begin() as conn:
        assert (
            subscriptions.confirm(
                conn, token, now=MORNING + subscriptions.ASK_LIFETIME + timedelta(seconds=1)
            )
            is None
        )
        assert subscriptions.confirm(conn, "a" * 32, now=MORNING) is None
        assert subscriptions.leave(conn, token, now=MORNING) is None  # a token serves its own purpose only
        found = recipients.find_recipient(conn, READER)
    assert found is not None and found.state == "asked"


def test_tokens_are_never_in_the_store_as_they_are_in_the_mail(engine: sa.Engine, tmp_path: Path) -> None:
    asked_watch(engine)
    token = token_in(send(engine, tmp_path)[0], "confirm")
    with engine.connect() as conn:
        hashes = list(conn.execute(sa.select(schema_delivery.token.c.hash)).scalars())
    assert hashes and all(token not in h and len(h) == 64 for h in hashes)


def test_one_click_leaves_every_watch_and_stops_what_was_on_its_way(
    engine: sa.Engine, tmp_path: Path
) -> None:
    with engine.begin() as conn:
        first = watches.add_watch(conn, query="", scope="document", addresses=[READER], now=MORNING)
        second = watches.add_watch(conn, query="", scope="meeting", addresses=[READER], now=MORNING)
    alert(engine, first, "một")
    [mail] = send(engine, tmp_path)
    alert(engine, second, "hai")
    with engine.begin() as conn:
        token = token_in(mail, "leave")
        assert subscriptions.leave(conn, token, now=MORNING) == READER
        assert subscriptions.leave(conn, token, now=MORNING) == READER  # a second click is no error
        assert all(not w.recipients for w in watches.active(conn))
    alert(engine, first, "ba")
    assert send(engine, tmp_path, 5) == []


def test_an_address_that_left_comes_back_only_by_its_owners_word(engine: sa.Engine, tmp_path: Path) -> None:
    with engine.begin() as conn:
        watches.add_watch(conn, query="", scope="document", addresses=[READER], now=MORNING)
        subscriptions.leave_address(conn, READER, now=MORNING)
    with pytest.raises(InvalidInput, match="--ask"), engine.begin() as conn:
        watches.add_watch(conn, query="", scope="meeting", addresses=[READER], now=MORNING)
    with engine.begin() as conn:
        watch = watches.add_watch(conn, query="", scope="meeting", addresses=[READER], ask=True, now=MORNING)
        subscriptions.ask_recipients(conn, watch, MAIL, now=MORNING)
    [question] = send(engine, tmp_path)
    with engine.begin() as conn:
        assert subscriptions.confirm(conn, token_in(question, "confirm"), now=MORNING) == READER
        found = recipients.find_recipient(conn, READER)
    assert found is not None and found.active


@pytest.mark.parametrize(
    ("sender", "text", "left"),
    [
        (READER, "Dừng\n\n{}", True),
        ("Van.Phong@LamHa.example", "stop\n\n{}", True),
        (READER, "{}\nCảm ơn, tin rất có ích", False),
        (READER, "Dừng", False),  # From and In-Reply-To can be written by anybody
        ("ke.khac@xa.example", "dừng\n\n{}", False),
    ],
)
def test_a_reply_leaves_when_its_sender_is_the_reader_says_so_and_has_the_mail(
    engine: sa.Engine, tmp_path: Path, sender: str, text: str, left: bool
) -> None:
    with engine.begin() as conn:
        watch = watches.add_watch(conn, query="", scope="document", addresses=[READER], now=MORNING)
    alert(engine, watch, "một")
    [mail] = send(engine, tmp_path)
    body = email.message_from_bytes(mail, policy=email.policy.default).get_body(("plain",))
    assert body is not None
    quoted = "\n".join(f"> {line}" for line in body.get_content().splitlines())
    with engine.begin() as conn:
        [sent] = deliveries.list_deliveries(conn)
        reply = email.message.EmailMessage()
        reply["From"], reply["Subject"], reply["In-Reply-To"] = sender, "Re: điểm tin", sent.message_id
        reply.set_content(text.format(quoted))
        answer = subscriptions.handle_reply(conn, reply.as_bytes(), now=MORNING)
    assert answer == (subscriptions.SubscriptionAnswer("left", READER) if left else None)


def test_a_reply_with_a_token_counts_whoever_sent_it(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        watches.add_watch(conn, query="", scope="document", addresses=[READER], ask=True, now=MORNING)
        token = tokens.issue(conn, READER, "confirm", now=MORNING)
        reply = f"From: dien.thoai@xa.example\nSubject: =?utf-8?q?OK_{token}?=\n\n".encode()
        assert subscriptions.handle_reply(conn, reply, now=MORNING) == subscriptions.SubscriptionAnswer(
            "confirmed", READER
        )
        assert subscriptions.handle_reply(conn, b"Subject: chao\n\nkhong co gi", now=MORNING) is None
