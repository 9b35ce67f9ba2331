"""Mails that come back after they were taken (RFC 3464), and the desk that sees what waits: by command, on a real store."""

from __future__ import annotations

import io
import logging
import mailbox
import sys
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from crawler.delivery.bounces import BounceReport, handle_bounce, read_reports, verdict
from crawler.delivery.mail_settings import MailSettings
from crawler.delivery.tick import deliver
from crawler.store import deliveries, outbox, recipients, schema_delivery, watches
from tests.press_room import MORNING, OUTLETS
from tests.test_deliver import add, news
from tests.test_watching import Diemtin, diemtin, store

__all__ = ["diemtin", "store"]

READER, OPERATOR = "van.phong@lamha.example", "may@lamha.example"
MAIL = MailSettings(sender="điểm tin <diemtin@tin.example>", operator=OPERATOR, web="https://tin.example")


def sent(engine: sa.Engine, folder: Path, address: str = READER) -> deliveries.Delivery:
    """A mail that the next mail system took."""
    news(engine, add(engine, address, name=f"mục {address}"))
    deliver(engine, config_mail=MAIL, outbox_folder=folder, now=MORNING, sources=OUTLETS)
    with engine.begin() as conn:
        return [d for d in deliveries.list_deliveries(conn) if d.address == address][-1]


def report(
    message_id: str, *, to: str = READER, action: str = "failed", status: str = "5.1.1",
    said: str = "smtp; 550 5.1.1 <van.phong@lamha.example>: user unknown", days: float = 0.1, headers_only: bool = False,
    original: str | None = None,
) -> bytes:  # fmt: skip
    returned = (
        f"Content-Type: {'text/rfc822-headers' if headers_only else 'message/rfc822'}\r\n\r\n"
        f"From: diemtin@tin.example\r\nTo: {READER}\r\nSubject: tin\r\nMessage-ID: {message_id}\r\n\r\nTin\r\n"
    )
    first = f"Original-Recipient: rfc822;{original}\r\n" if original else ""
    return (
        f"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.lamha.example (Mail Delivery System)\r\nTo: diemtin@tin.example\r\n"
        f"Date: {format_datetime(MORNING + timedelta(days=days))}\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        f'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="=_b"\r\n\r\n'
        f"--=_b\r\nContent-Type: text/plain\r\n\r\nI'm sorry.\r\n"
        f"--=_b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.lamha.example\r\n\r\n"
        f"{first}Final-Recipient: rfc822; {to}\r\nAction: {action}\r\nStatus: {status}\r\nDiagnostic-Code: {said}\r\n\r\n"
        f"--=_b\r\n{returned}\r\n--=_b--\r\n"
    ).encode()


def reader(engine: sa.Engine) -> str:
    with engine.connect() as conn:
        found = recipients.find_recipient(conn, READER)
    assert found is not None
    return found.state


@pytest.mark.parametrize("headers_only", [False, True])
def test_a_mailbox_that_is_no_more_suspends_its_address_and_lifting_sends_the_mail_again(
    engine: sa.Engine, tmp_path: Path, headers_only: bool
) -> None:
    mail = sent(engine, tmp_path)
    with engine.begin() as conn:
        [done] = handle_bounce(conn, report(mail.message_id, headers_only=headers_only), now=MORNING)
        assert (done.what, done.address) == ("suspended", READER)
        assert outbox.lift(conn, READER, now=MORNING + timedelta(days=1)) == 0
    later = MORNING + timedelta(days=1)
    again = deliver(engine, config_mail=MAIL, outbox_folder=tmp_path, now=later, sources=OUTLETS)
    assert sorted((m.address, m.state) for m in again.messages) == [(OPERATOR, "sent"), (READER, "sent")]
    with engine.begin() as conn:  # the old report, read once more from the same mailbox, is no news
        assert handle_bounce(conn, report(mail.message_id), now=later)[0].what == "nothing"
    assert reader(engine) == "active"


def test_a_report_is_followed_once(engine: sa.Engine, tmp_path: Path) -> None:
    raw = report(sent(engine, tmp_path).message_id)
    with engine.begin() as conn:
        assert [handle_bounce(conn, raw, now=MORNING)[0].what for _ in range(3)] == [
            "suspended",
            "nothing",
            "nothing",
        ]
        told = (
            conn.execute(
                sa.select(schema_delivery.alert.c.body).where(
                    schema_delivery.alert.c.subject.like("suspended%")
                )
            )
            .scalars()
            .all()
        )
    assert [body["about"] for body in told] == [READER] and "user unknown" in told[0]["detail"]


@pytest.mark.parametrize(
    ("changes", "what", "state"),
    [
        ({"to": "khac@lamha.example"}, "passed on", "active"),
        ({"to": "khac@lamha.example", "original": READER}, "suspended", "suspended"),
        ({"to": "VAN.PHONG@lamha.example"}, "suspended", "suspended"),
        ({"action": "delayed", "status": "4.4.1"}, "nothing", "active"),
        ({"action": "relayed", "status": "2.1.5"}, "nothing", "active"),
        ({"status": "4.4.7", "said": "smtp; 451 4.4.7 expired"}, "dead", "active"),
        ({"status": "5.7.1", "said": "smtp; 554 5.7.1 looks like spam"}, "dead", "active"),
        ({"status": "5.2.3", "said": "smtp; 552 5.2.3 too large"}, "dead", "active"),
        ({"status": "5.2.2", "said": "smtp; 552 5.2.2 mailbox full"}, "suspended", "suspended"),
        ({"status": "5.0.0", "said": "smtp; 550 no such user here"}, "suspended", "suspended"),
        ({"status": "", "said": "smtp; 550 no such user here"}, "suspended", "suspended"),
        ({"action": "Failed (permanent)"}, "suspended", "suspended"),
    ],
)
def test_a_report_does_what_the_same_words_do_in_a_conversation(
    engine: sa.Engine, tmp_path: Path, changes: dict[str, str], what: str, state: str
) -> None:
    mail = sent(engine, tmp_path)
    with engine.begin() as conn:
        [done] = handle_bounce(conn, report(mail.message_id, **changes), now=MORNING)  # type: ignore[arg-type]
    assert (done.what, reader(engine)) == (what, state)


def test_nobody_can_suspend_an_address_with_a_report_he_made_up(engine: sa.Engine, tmp_path: Path) -> None:
    sent(engine, tmp_path)
    for made_up in (
        "<diemtin.0123456789abcdef0123456789abcdef@tin.example>",
        "",
        "<a>",
        "\x00",
        "<" + "a" * 5000 + ">",
    ):
        with engine.begin() as conn:
            assert [b.what for b in handle_bounce(conn, report(made_up), now=MORNING)] == ["passed on"]
    assert reader(engine) == "active"


def test_what_is_no_report_reports_nothing(engine: sa.Engine) -> None:
    for raw in (
        b"",
        b"Subject: tin\n\nchao",
        b"Content-Type: multipart/report\n\n",
        b"Content-Type: message/delivery-status\n\nstop",
    ):
        assert read_reports(raw) == ()


@pytest.mark.parametrize(
    ("status", "said", "what"),
    [
        ("5.1.10", "", "suspended"), ("5.4.4", "550 5.4.4 no route", "dead"), ("", "", "dead"),
        ("2.0.0", "250 ok", "dead"), ("5.1.1 (bad)", "", "suspended"), ("", "x-unix; 550 5.1.1 gone", "suspended"),
    ],
)  # fmt: skip
def test_a_status_decides(status: str, said: str, what: str) -> None:
    assert verdict(BounceReport("<a@b>", (READER,), "failed", status, said, None)) == what


# ---- the desk ------------------------------------------------------------------------------------------------


def test_reports_are_read_from_a_file_a_mailbox_a_maildir_and_a_pipe(
    diemtin: Diemtin, store: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [f"doc{n}@lamha.example" for n in range(4)]
    raws = [report(sent(store, tmp_path / "o", who).message_id, to=who) for who in people]
    (tmp_path / "one.eml").write_bytes(raws[0])
    box = mailbox.mbox(tmp_path / "box")
    box.add(b"Subject: chao\n\nFrom here on it is mine")
    box.add(raws[1])
    box.close()
    folder = mailbox.Maildir(tmp_path / "maildir")
    folder.add(raws[2])
    folder.close()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raws[3])))
    for n, where in enumerate(("one.eml", "box", "maildir", "-")):
        answer = diemtin("bounce", str(tmp_path / where) if where != "-" else "-")
        assert answer.code == 0 and f"{people[n]}: đã tạm ngưng địa chỉ" in answer.out, (where, answer)
    again = diemtin("bounce", str(tmp_path / "box"), "--json")
    assert [b["what"] for b in again.json] == ["nothing"]


def test_what_holds_no_report_is_said_so(diemtin: Diemtin, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(b"Subject: chao\n\nchao")
    (tmp_path / "big.eml").write_bytes(b"Subject: chao\n\n" + b"x" * 2_000_000)
    (tmp_path / "folder").mkdir()
    for name, code, told in (("a.eml", 1, "không có thư bị trả lại"), ("big.eml", 1, "1 MB"), ("no.eml", 2, "no.eml"), ("folder", 2, "Maildir")):  # fmt: skip
        answer = diemtin("bounce", str(tmp_path / name))
        assert (answer.code, told in answer.err) == (code, True), (name, answer)


def test_a_reply_comes_by_file_or_pipe_and_may_be_a_report(
    diemtin: Diemtin, store: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = sent(store, tmp_path / "o")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(report(mail.message_id))))
    answer = diemtin("watch", "reply", "-")
    assert answer.code == 0 and "đã tạm ngưng" in answer.out
    (tmp_path / "r.eml").write_bytes(f"From: {READER}\nSubject: Re: tin\n\nCảm ơn\n".encode())
    assert diemtin("watch", "reply", str(tmp_path / "r.eml")).code == 1


@pytest.fixture
def desk(diemtin: Diemtin, store: sa.Engine) -> Iterator[Diemtin]:
    """Watches whose hits wait for different reasons."""

    def ask(*options: str) -> None:
        answer = diemtin("watch", "add", "", "--scope", "document", *options)
        assert answer.code == 0, answer

    ask("--to", "sang@lamha.example", "--every", "daily@06:00", "--name", "mỗi sáng")
    ask("--to", "dem@lamha.example", "--quiet", "00:00-07:00", "--name", "ban đêm")
    ask("--to", "hong@lamha.example", "--name", "địa chỉ hỏng")
    ask("--to", "nghi@lamha.example", "--name", "tạm nghỉ")
    assert diemtin("watch", "pause", "tạm nghỉ").code == 0
    with store.begin() as conn:
        for watch in watches.active(conn):
            outbox.raise_alert(conn, watch=watch, kind="event", subject="một", article=None, words=(), spans={},
                               body={"event": "missed_run", "about": "một"}, now=MORNING)  # fmt: skip
        recipients.suspend(conn, "hong@lamha.example", reason="RCPT TO: 550 5.1.1 no such user", now=MORNING)
    yield diemtin


def test_the_list_shows_what_waits_for_its_hour_and_why(desk: Diemtin) -> None:
    rows = {row["address"]: row for row in desk("deliver", "--list", "--json").json}
    assert {a: (r["state"], r["why"], r["watches"], r["alerts"]) for a, r in rows.items()} == {
        "sang@lamha.example": ("waiting", "digest", ["mỗi sáng"], 1),
        "dem@lamha.example": ("waiting", "quiet", ["ban đêm"], 1),
        "hong@lamha.example": ("suspended", "suspended", ["địa chỉ hỏng"], 1),
        "nghi@lamha.example": ("waiting", "paused", ["tạm nghỉ"], 1),
    }
    assert rows["sang@lamha.example"]["next_attempt"].startswith("2026-11-22T23:00")
    assert "no such user" in rows["hong@lamha.example"]["error"]
    shown = desk("deliver", "--list")
    assert shown.code == 0
    for words in (
        "06:00 23/11/2026",
        "bản tin định kỳ",
        "07:00 22/11/2026",
        "hết giờ yên lặng",
        "địa chỉ tạm ngưng",
        "mục tạm dừng",
    ):
        assert words in shown.out, (words, shown.out)


def test_a_message_to_a_suspended_address_is_shown_as_suspended(
    diemtin: Diemtin, store: sa.Engine, tmp_path: Path
) -> None:
    mail = sent(store, tmp_path / "o")
    with store.begin() as conn:
        handle_bounce(conn, report(mail.message_id), now=MORNING)
    [row] = [r for r in diemtin("deliver", "--list", "--json").json if r["address"] == READER]
    assert (row["state"], row["next_attempt"], row["number"]) == ("suspended", None, mail.id)
    shown = diemtin("deliver", "--list").out
    assert "tạm ngưng" in shown and "diemtin watch lift" in shown


HOOK = "https://chat.example/hooks/T0AB/rat-bi-mat"
BOT = "tgram://987654321:AAbbCCddEEff/5551234"


def test_secrets_stand_in_no_list_unless_they_are_asked_for(diemtin: Diemtin, store: sa.Engine) -> None:
    added = [diemtin("watch", "add", "", "--scope", "document", "--to", HOOK, "--to", BOT, *more) for more in
             (("--json",), ("--name", "hai"))]  # fmt: skip
    with store.begin() as conn:
        for watch in watches.active(conn):
            outbox.raise_alert(conn, watch=watch, kind="event", subject="một", article=None, words=(), spans={},
                               body={"event": "missed_run", "about": "một"}, now=MORNING)  # fmt: skip
        found = recipients.find_recipient(conn, HOOK)
    assert found is not None and found.secret is not None
    lists = [diemtin(*command) for command in (
        ("watch", "list"), ("watch", "list", "--json"), ("deliver", "--list"), ("deliver", "--list", "--json"))]  # fmt: skip
    told = "".join(answer.out + answer.err for answer in (*added, *lists))
    for secret in ("rat-bi-mat", "AAbbCC", "987654321", found.secret):
        assert secret not in told
    assert "https://chat.example/…" in told and "tgram://…" in told
    for command in (("watch", "list", "--secrets"), ("watch", "list", "--json", "--secrets")):
        whole = diemtin(*command).out
        assert HOOK in whole and found.secret in whole and BOT in whole


def test_an_address_that_is_shown_short_can_be_named_so(diemtin: Diemtin, store: sa.Engine) -> None:
    diemtin("watch", "add", "", "--scope", "document", "--to", HOOK, "--name", "x")
    [person] = diemtin("watch", "list", "--json").json[0]["to"]
    with store.begin() as conn:
        recipients.suspend(conn, HOOK, reason="HTTP 410", now=MORNING)
    lifted = diemtin("watch", "lift", person["address"].rpartition("…")[2])
    assert lifted.code == 0 and person["address"] in lifted.out and "rat-bi-mat" not in lifted.out
    assert diemtin("watch", "leave", person["address"]).code == 0


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "10.0.0.3", "may-chu", "[::1]"])
def test_a_webhook_in_our_own_network_is_refused_when_it_is_added_unless_allowed(
    diemtin: Diemtin, host: str
) -> None:
    add = ("watch", "add", "", "--scope", "document", "--to", f"http://{host}/hook")
    refused = diemtin(*add)
    assert refused.code == 2 and "--allow-private" in refused.err
    assert diemtin("--allow-private", *add).code == 0


def test_a_question_nobody_could_answer_is_not_asked(diemtin: Diemtin) -> None:
    answer = diemtin("watch", "add", "", "--scope", "document", "--to", READER, "--ask")
    assert answer.code == 2 and "[mail] web" in answer.err
    assert diemtin("watch", "list", "--json").json == []


def test_what_waits_is_told_the_same_on_both_databases(engine: sa.Engine) -> None:
    from crawler.store.held import held

    with engine.begin() as conn:
        for name, options in (("sáng", {"cadence": "daily@06:00"}), ("đêm", {"quiet": "00:00-07:00"})):
            watch = watches.add_watch(
                conn, query="", scope="document", addresses=[READER], name=name, twice=True, now=MORNING, **options  # type: ignore[arg-type]
            )  # fmt: skip
            for n in range(2):
                outbox.raise_alert(conn, watch=watch, kind="event", subject=str(n), article=None, words=(), spans={},
                                   body={"event": "missed_run", "about": "một"}, now=MORNING)  # fmt: skip
        told = held(conn, now=MORNING)
        assert [(h.why, h.watches, h.alerts) for h in told] == [
            ("quiet", ("đêm",), 2),
            ("digest", ("sáng",), 2),
        ]
        assert [h.why for h in held(conn, now=MORNING + timedelta(days=2))] == ["next_delivery"] * 2
        recipients.suspend(conn, READER, reason="550", now=MORNING)
        [told_suspended] = held(conn, now=MORNING)
        assert (told_suspended.why, told_suspended.due, told_suspended.alerts) == ("suspended", None, 4)


def test_a_bots_token_is_in_no_line_however_often_v_is_said(diemtin: Diemtin, store: sa.Engine) -> None:
    """The service is on loopback and refuses; apprise and what it stands on log its address at -vv."""
    pytest.importorskip("apprise", reason="the extra `notify` is not installed")
    import threading
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Refuses(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_error(500)

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refuses)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    bot = f"json://nguoi-may:AAbbCCddEEff@127.0.0.1:{server.server_port}/bot987654321/send"
    hook = f"http://127.0.0.1:{server.server_port}/hooks/rat-bi-mat"
    for address in (bot, hook):
        assert (
            diemtin("--allow-private", "watch", "add", "", "--scope", "document", "--to", address).code == 0
        )
    with store.begin() as conn:
        for watch in watches.active(conn):
            outbox.raise_alert(conn, watch=watch, kind="event", subject="một", article=None, words=(), spans={},
                               body={"event": "missed_run", "about": "một"}, now=MORNING)  # fmt: skip
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    told = diemtin("-vv", "--allow-private", "deliver")
    root.handlers[:] = handlers  # the ones of -vv write to what pytest closes
    root.setLevel(level)
    server.shutdown()
    server.server_close()
    thread.join()
    assert told.code == 1 and told.out.count("gửi lại") == 2, told
    for secret in ("AAbbCC", "bot987654321", "rat-bi-mat"):
        assert secret not in told.out + told.err
    assert "json://…" in told.out and f"http://127.0.0.1:{server.server_port}/…" in told.out
