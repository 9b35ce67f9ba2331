"""Deliveries against a real SMTP server that misbehaves: nothing lost, nothing twice but the one window."""

from __future__ import annotations

import email
import email.policy
import json
import re
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from datetime import timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import sqlalchemy as sa

from crawler.delivery.claims import is_alive, this_process
from crawler.delivery.mail_settings import MailSettings, SmtpServer, parse_smtp
from crawler.delivery.outcome import Later, Never, Outcome, Refused
from crawler.delivery.tick import RETRIES, DeliveryReport, deliver
from crawler.delivery.transports import Smtp, file_name, judge
from crawler.delivery.webhook import signed_headers
from crawler.store import deliveries, outbox, recipients, runs, schema, schema_delivery, watches
from tests.mail_server import HANG_UP, SILENCE, Server, mail_server
from tests.press_room import MORNING, OUTLETS, PressRoom

READER, OTHER, OPERATOR = "doc@lamha.example", "ban@lamha.example", "may@lamha.example"
DAY = timedelta(days=1)


@pytest.fixture
def server() -> Iterator[Server]:
    with mail_server() as running:
        yield running


def settings(server: Server | None = None, **more: object) -> MailSettings:
    values = {"sender": "điểm tin <diemtin@tin.example>", "operator": OPERATOR, "timeout": 1.5, **more}
    return MailSettings.model_validate({**values, "smtp": server.url if server else None})


def tick(
    engine: sa.Engine,
    folder: Path,
    mail: MailSettings,
    after: timedelta = timedelta(),
    *,
    allow_private: bool = True,
) -> DeliveryReport:
    return deliver(
        engine, config_mail=mail, outbox_folder=folder, now=MORNING + after, sources=OUTLETS,
        allow_private=allow_private,
    )  # fmt: skip


def add(engine: sa.Engine, address: str = READER, **options: object) -> watches.Watch:
    values = {
        "query": "hội nghị tổng kết",
        "addresses": [address],
        "now": MORNING - timedelta(days=2),
        **options,
    }
    with engine.begin() as conn:
        return watches.add_watch(conn, **values)  # type: ignore[arg-type]


def news(engine: sa.Engine, watch: watches.Watch, title: str = "Lam Hà mở hội nghị tổng kết") -> int:
    """A stored article that is the first of its story, with its alert in the same transaction."""
    with engine.begin() as conn:
        room = PressRoom(conn)
        story = room.story()
        article = room.article(title, story=story, slug=f"bai-{story}")
        outbox.raise_alert(
            conn, watch=watch, kind="story", subject=str(story), article=article, words=("hội nghị tổng kết",),
            spans={}, now=MORNING,
        )  # fmt: skip
    return story


def states(engine: sa.Engine) -> dict[str, tuple[str, int]]:
    with engine.begin() as conn:
        return {d.address: (d.state, d.attempts) for d in deliveries.list_deliveries(conn)}


def mails(folder: Path) -> list[EmailMessage]:
    found = [
        email.message_from_bytes(p.read_bytes(), policy=email.policy.default)
        for p in sorted(folder.glob("*.eml"))
    ]
    return [m for m in found if isinstance(m, EmailMessage)]


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


# ---- the folder, and what becomes one mail -------------------------------------------------------------------


def test_an_alert_becomes_one_file_and_a_second_tick_writes_nothing(
    engine: sa.Engine, tmp_path: Path
) -> None:
    news(engine, add(engine))
    report = tick(engine, tmp_path, settings())
    assert (report.queued, report.count("sent"), report.waiting) == (1, 1, 0)
    [sent] = report.messages
    assert sent.subject == "Lam Hà mở hội nghị tổng kết (Báo Lam Hà, 21/11)"
    assert sent.file == str(tmp_path / file_name(sent.message_id))
    assert json.loads(json.dumps(report.to_json()))["messages"][0]["address"] == READER
    assert tick(engine, tmp_path, settings()).queued == 0
    assert len(list(tmp_path.glob("*.eml"))) == len(list(tmp_path.glob(".*"))) + 1 == 1


def test_the_same_alert_raised_again_is_no_second_mail(engine: sa.Engine, tmp_path: Path) -> None:
    watch = add(engine)
    story = news(engine, watch)
    tick(engine, tmp_path, settings())
    with engine.begin() as conn:
        assert not outbox.raise_alert(
            conn,
            watch=watch,
            kind="story",
            subject=str(story),
            article=None,
            words=(),
            spans={},
            now=MORNING + DAY,
        )
    assert tick(engine, tmp_path, settings(), 2 * DAY).queued == 0


def test_one_person_gets_one_mail_that_lists_every_watch_that_fired(
    engine: sa.Engine, tmp_path: Path
) -> None:
    first, second = add(engine), add(engine, query="Huyện ủy Lam Hà", name="huyện ta")
    story = news(engine, first)
    with engine.begin() as conn:
        outbox.raise_alert(conn, watch=second, kind="story", subject=str(story), article=None, words=(), spans={},
                           now=MORNING)  # fmt: skip
    tick(engine, tmp_path, settings())
    [mail] = mails(tmp_path)
    text = text_of(mail)
    assert "Theo dõi: huyện ta (từ khớp: Huyện ủy Lam Hà); hội nghị tổng kết" in text
    assert text.count("Lam Hà mở hội nghị tổng kết") == 1


def test_a_story_of_nine_papers_is_one_item_that_names_the_others(engine: sa.Engine, tmp_path: Path) -> None:
    watch = add(engine)
    story = news(engine, watch)
    with engine.begin() as conn:
        room = PressRoom(conn)
        for source in ("bao-an-khe", "bao-cu-lao"):
            room.article("Lam Hà tổng kết", story=story, source=source, published="2026-11-22T05:00:00+07:00")
        later = room.story(merged_into=story)  # a story that grew together with the first
        room.article(
            "Hội nghị tổng kết ở Lam Hà",
            story=later,
            source="bao-an-khe",
            slug="lai",
            published="2026-11-22T05:30:00+07:00",
        )
        outbox.raise_alert(conn, watch=watch, kind="story", subject=str(later), article=None, words=(), spans={},
                           now=MORNING)  # fmt: skip
    assert len(tick(engine, tmp_path, settings()).messages) == 1
    text = text_of(mails(tmp_path)[0])
    assert "Cũng đăng tại: Báo An Khê Sơn, Báo Cù Lao Hạ\n" in text
    assert text.count("Theo dõi:") == 1


def test_a_story_that_grows_together_with_one_already_told_is_not_told_again(
    engine: sa.Engine, tmp_path: Path
) -> None:
    watch = add(engine)
    told = news(engine, watch)
    tick(engine, tmp_path, settings())
    second = news(engine, watch, "Hội nghị tổng kết tại Lam Hà")
    with engine.begin() as conn:
        conn.execute(sa.update(schema.story).where(schema.story.c.id == second).values(merged_into=told))
    assert tick(engine, tmp_path, settings(), timedelta(minutes=5)).messages == ()
    with engine.begin() as conn:
        assert (
            conn.execute(
                sa.select(sa.func.count()).where(schema_delivery.owed.c.delivery.is_(None))
            ).scalar_one()
            == 0
        )


def test_the_same_store_makes_the_same_mail_in_whatever_order_it_was_filled(tmp_path: Path) -> None:
    from crawler.store.database import open_database

    made = []
    for n, order in enumerate((["bao-lam-ha", "bao-an-khe"], ["bao-an-khe", "bao-lam-ha"])):
        engine = open_database(f"sqlite:///{tmp_path / f'{n}.db'}")
        with engine.begin() as conn:  # a store's secret is in its Message-IDs
            conn.execute(sa.insert(schema_delivery.secret).values(name="message_id", value="5c" * 32))
        watch = add(engine)
        with engine.begin() as conn:
            room = PressRoom(conn)
            document = room.document("05-CT/TW@XIV")
            for _ in range(n):
                room.story()
            story = room.story()
            for source in order:
                article = room.article(
                    "Hội nghị tổng kết", story=story, source=source, slug="bai", lead="Về Chỉ thị 05-CT/TW."
                )
                room.cites(article, document, "Chỉ thị 05-CT/TW")
                outbox.raise_alert(conn, watch=watch, kind="story", subject=str(story), article=article, words=(),
                                   spans={}, now=MORNING)  # fmt: skip
        tick(engine, tmp_path / str(n), settings())
        engine.dispose()
        [path] = (tmp_path / str(n)).glob("*.eml")
        [mail] = mails(tmp_path / str(n))
        made.append((path.name, str(mail["Subject"]), mail.get_body(("html",)).get_content()))  # type: ignore[union-attr]
    assert made[0] == made[1]


def test_nobody_outside_can_compute_a_message_id(engine: sa.Engine) -> None:
    from crawler.store import tokens
    from crawler.store.database import open_database

    other = open_database("sqlite://")
    with engine.begin() as conn, other.begin() as elsewhere:
        ours = [
            outbox.free_message_id(conn, "diemtin.tin của doc@lamha.example", "tin.example") for _ in "ab"
        ]
        theirs = outbox.free_message_id(elsewhere, "diemtin.tin của doc@lamha.example", "tin.example")
        assert re.fullmatch(r"<diemtin\.[0-9a-f]{32}@tin\.example>", ours[0])
        assert ours[0] == ours[1] != theirs
        assert tokens.named(conn, "a") == tokens.named(conn, "a") != tokens.named(conn, "b")
    other.dispose()


def test_a_digest_waits_for_its_hour_and_states_its_coverage(engine: sa.Engine, tmp_path: Path) -> None:
    watch = add(engine, cadence="daily@06:00")
    run = runs.open_run(engine, "bao-lam-ha", now=MORNING + timedelta(hours=23))
    done = MORNING + timedelta(hours=23, minutes=5)
    runs.close_run(engine, run, ended=done, outcome="finished", counts={"stored": 3})
    run = runs.open_run(engine, "bao-an-khe", now=MORNING + timedelta(hours=23))
    runs.close_run(engine, run, ended=done, outcome="blocked", counts={}, problem="robots.txt")
    news(engine, watch)
    assert tick(engine, tmp_path, settings(), timedelta(hours=23)).queued == 0
    report = tick(engine, tmp_path, settings(), timedelta(hours=23, minutes=30))
    assert [m.subject for m in report.messages] == ["Điểm tin 23/11: 1 tin"]
    text = text_of(mails(tmp_path)[0])
    assert "Đã xem 1 trong 3 nguồn từ 06:00 22/11 đến 06:00." in text
    assert "Không xem được: Báo An Khê Sơn (robots.txt; chưa xem lần nào)" in text
    assert "Chưa xem: Báo Cù Lao Hạ" in text
    assert "Xem đến: Báo Lam Hà 05:35" in text


def test_a_digest_without_hits_is_a_mail_only_where_it_was_wished(engine: sa.Engine, tmp_path: Path) -> None:
    add(engine, OTHER, cadence="daily@06:00", name="im lặng")
    add(engine, cadence="daily@06:00", proof_of_life=True, name="báo cả khi không có")
    first = tick(engine, tmp_path, settings(), DAY)
    assert [(m.address, m.kind, m.subject) for m in first.messages] == [
        (READER, "nothing", "Điểm tin 23/11: không có tin mới")
    ]
    assert tick(engine, tmp_path, settings(), DAY + timedelta(minutes=1)).queued == 0
    assert (
        len(tick(engine, tmp_path, settings(), 4 * DAY).messages) == 1
    )  # the box slept: one mail, not three


def test_quiet_hours_hold_an_alert_until_morning(engine: sa.Engine, tmp_path: Path) -> None:
    watch = add(engine, quiet="06:00-07:00")
    news(engine, watch)
    assert tick(engine, tmp_path, settings()).queued == 0
    assert tick(engine, tmp_path, settings(), timedelta(minutes=30)).queued == 1


def test_a_removed_watch_sends_nothing_more_and_frees_its_name(engine: sa.Engine, tmp_path: Path) -> None:
    watch = add(engine, name="tổng kết")
    news(engine, watch)
    with engine.begin() as conn:
        watches.remove_watch(conn, "tổng kết", now=MORNING)
    assert tick(engine, tmp_path, settings()).queued == 0
    assert add(engine, name="tổng kết").name == "tổng kết"


# ---- a server with moods -------------------------------------------------------------------------------------


def test_mails_of_a_tick_share_one_conversation(engine: sa.Engine, tmp_path: Path, server: Server) -> None:
    for address in (READER, OTHER):
        news(engine, add(engine, address))
    assert tick(engine, tmp_path, settings(server)).count("sent") == 2
    assert sorted(letter.to for letter in server.letters) == [OTHER, READER]
    assert server.connections == 1


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("rcpt", "450 4.2.0 greylisted"),
        ("rcpt", "452 4.3.1 queue full"),
        ("data", "451 4.3.0 try later"),
        ("mail", "421 4.3.2 closing"),
        ("mail", "550 5.7.1 sender not allowed"),
        ("rcpt", HANG_UP),
        ("data", HANG_UP),
        ("rcpt", SILENCE),
        ("data", SILENCE),
    ],
)
def test_a_passing_fault_delays_a_mail_and_neither_loses_nor_doubles_it(
    engine: sa.Engine, tmp_path: Path, server: Server, step: str, fault: str
) -> None:
    news(engine, add(engine))
    setattr(server.script, step, lambda envelope: fault)
    report = tick(engine, tmp_path, settings(server))
    assert (report.count("retry"), report.waiting, server.letters) == (1, 1, [])
    setattr(server.script, step, lambda envelope: None)
    assert tick(engine, tmp_path, settings(server), RETRIES[0] / 2).messages == ()  # not before its time
    assert tick(engine, tmp_path, settings(server), RETRIES[0]).count("sent") == 1
    assert tick(engine, tmp_path, settings(server), DAY).messages == ()
    assert len(server.letters) == 1


@pytest.mark.parametrize("fault", [HANG_UP, SILENCE])
def test_the_window_that_smtp_cannot_close_repeats_the_same_message_id(
    engine: sa.Engine, tmp_path: Path, server: Server, fault: str
) -> None:
    news(engine, add(engine))
    server.script.after_data = lambda envelope: fault
    assert tick(engine, tmp_path, settings(server)).count("retry") == 1
    server.script.after_data = lambda envelope: None
    assert tick(engine, tmp_path, settings(server), RETRIES[0]).count("sent") == 1
    assert list(server.ids.values()) == [2]
    assert server.letters[0].raw == server.letters[1].raw


def test_a_refused_address_is_suspended_and_the_operator_told(
    engine: sa.Engine, tmp_path: Path, server: Server
) -> None:
    watch = add(engine)
    news(engine, watch)
    server.script.rcpt = lambda e: "550 5.1.1 no such user" if e.rcpt_tos == [READER] else None
    report = tick(engine, tmp_path, settings(server))
    assert [(m.address, m.state) for m in report.messages] == [(READER, "suspended"), (OPERATOR, "sent")]
    assert str(server.letters[0].mail["Subject"]) == f"điểm tin: Địa chỉ từ chối thư: {READER}"
    server.script.rcpt = lambda e: None
    missed = news(engine, watch, "Hội nghị tổng kết lần hai")
    assert tick(engine, tmp_path, settings(server), DAY).messages == ()  # only a person lifts it
    with engine.begin() as conn:
        assert outbox.lift(conn, READER, now=MORNING + DAY) == 1
    assert tick(engine, tmp_path, settings(server), DAY).count("sent") == 2
    told = [letter.mail for letter in server.letters if letter.to == READER]
    assert len({str(m["Message-ID"]) for m in told}) == 2
    assert any("lần hai" in str(m["Subject"]) for m in told), missed


def test_a_message_refused_for_itself_is_dead_and_its_address_goes_on(
    engine: sa.Engine, tmp_path: Path, server: Server
) -> None:
    watch = add(engine)
    news(engine, watch)
    server.script.data = lambda e: "554 5.7.1 unwanted" if e.rcpt_tos == [READER] else None
    report = tick(engine, tmp_path, settings(server))
    assert [(m.address, m.state) for m in report.messages] == [(READER, "dead"), (OPERATOR, "sent")]
    server.script.data = lambda e: None
    news(engine, watch, "Hội nghị tổng kết khác")
    assert tick(engine, tmp_path, settings(server), DAY).count("sent") == 1


def closed_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"smtp://127.0.0.1:{free.getsockname()[1]}"


def test_a_server_that_is_down_for_a_day_costs_nobody_a_mail(
    engine: sa.Engine, tmp_path: Path, server: Server
) -> None:
    for address in (READER, OTHER):
        news(engine, add(engine, address))
    down = settings().model_copy(update={"smtp": closed_port()})
    after = timedelta()
    for hour in range(24):
        tick(engine, tmp_path, down, after := timedelta(hours=hour))
    assert {state for state, _ in states(engine).values()} == {"retry"}
    for step in range(1, 10):  # at most four hours between attempts
        tick(engine, tmp_path, settings(server), after + step * timedelta(minutes=30))
    assert sorted(letter.to for letter in server.letters) == [OTHER, READER]


def test_after_two_days_a_mail_is_dead_the_operator_told_and_a_person_can_requeue_it(
    engine: sa.Engine, tmp_path: Path, server: Server
) -> None:
    news(engine, add(engine))
    server.script.rcpt = lambda e: "451 4.3.0 no" if e.rcpt_tos == [READER] else None
    hours = 0
    while states(engine).get(READER, ("", 0))[0] != "dead":
        tick(engine, tmp_path, settings(server), timedelta(hours=hours))
        hours += 1
        assert hours < 100
    assert 47 <= hours <= 60  # hourly ticks are late by up to an hour each
    assert [str(letter.mail["Subject"]) for letter in server.letters] == [
        f"điểm tin: Thư không gửi được: {READER}"
    ]
    server.script.rcpt = lambda e: None
    with engine.begin() as conn:
        [dead] = deliveries.list_deliveries(conn, states=["dead"])
        assert deliveries.requeue(conn, dead.id, now=MORNING)
    assert tick(engine, tmp_path, settings(server), timedelta(hours=hours)).count("sent") == 1


def test_the_graded_waits_span_two_days() -> None:
    assert timedelta(hours=47) <= sum(RETRIES, timedelta()) <= timedelta(hours=48)
    assert list(RETRIES) == sorted(RETRIES)


def test_a_dead_operator_mail_does_not_breed_another(
    engine: sa.Engine, tmp_path: Path, server: Server
) -> None:
    server.script.data = lambda e: "554 no"
    news(engine, add(engine))
    report = tick(engine, tmp_path, settings(server))
    assert [m.state for m in report.messages] == ["dead", "dead"]
    assert tick(engine, tmp_path, settings(server), DAY).messages == ()


def test_two_processes_that_deliver_at_once_send_each_mail_once(
    engine: sa.Engine, tmp_path: Path, server: Server
) -> None:
    for n in range(12):
        news(engine, add(engine, f"doc{n}@lamha.example"))
    work = [threading.Thread(target=tick, args=(engine, tmp_path, settings(server))) for _ in range(2)]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    assert sorted(server.ids.values()) == [1] * 12


def test_a_claim_holds_against_the_living_and_not_against_the_dead(engine: sa.Engine, tmp_path: Path) -> None:
    news(engine, add(engine))
    mail = settings().model_copy(update={"smtp": closed_port()})
    tick(engine, tmp_path, mail)
    with engine.begin() as conn:
        held = {"claimed_until": MORNING + DAY, "next_attempt": MORNING, "claimed_by": "another-machine/1"}
        conn.execute(sa.update(schema_delivery.delivery).values(held))
    assert tick(engine, tmp_path, settings(), timedelta(minutes=1)).messages == ()
    with engine.begin() as conn:
        dead = f"{socket.gethostname()}/{2**22 + 1}/1"  # beyond the largest process number
        assert not is_alive(dead) and is_alive(this_process())
        conn.execute(sa.update(schema_delivery.delivery).values(claimed_by=dead))
    assert tick(engine, tmp_path, settings(), timedelta(minutes=1)).count("sent") == 1


# ---- TLS and log-in ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A self-signed certificate for 127.0.0.1 and the server's side of it."""
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    cert, private = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, private)
    return cert, context


@pytest.mark.parametrize("scheme", ["smtp", "smtp+starttls"])
def test_starttls_is_taken_and_its_certificate_checked(
    engine: sa.Engine, tmp_path: Path, certificate: tuple[Path, ssl.SSLContext], scheme: str
) -> None:
    cert, context = certificate
    news(engine, add(engine))
    with mail_server(tls_context=context, require_starttls=True) as server:
        url = server.url.replace("smtp:", f"{scheme}:")
        stranger = settings().model_copy(update={"smtp": url})
        assert "certificate verify failed" in str(tick(engine, tmp_path, stranger).messages[0].error)
        known = stranger.model_copy(update={"ca_file": cert})
        assert tick(engine, tmp_path, known, RETRIES[0]).count("sent") == 1


def test_starttls_that_is_insisted_on_and_not_offered_sends_nothing(
    engine: sa.Engine, tmp_path: Path, server: Server
) -> None:
    news(engine, add(engine))
    strict = settings().model_copy(update={"smtp": server.url.replace("smtp:", "smtp+starttls:")})
    assert "STARTTLS" in str(tick(engine, tmp_path, strict).messages[0].error)
    assert server.letters == []


def test_a_login_over_tls_is_made_and_a_wrong_password_is_tried_later(
    engine: sa.Engine, tmp_path: Path, certificate: tuple[Path, ssl.SSLContext]
) -> None:
    from aiosmtpd.smtp import AuthResult, LoginPassword

    def check(server: object, session: object, envelope: object, mechanism: str, data: object) -> AuthResult:
        good = isinstance(data, LoginPassword) and data.password == "bí mật/1".encode()
        return AuthResult(success=good, handled=True)

    cert, context = certificate
    news(engine, add(engine))
    with mail_server(tls_context=context, authenticator=check, auth_required=True) as server:
        for password, outcome, after in (
            ("sai", "retry", timedelta()),
            ("b%C3%AD%20m%E1%BA%ADt%2F1", "sent", RETRIES[0]),
        ):
            url = server.url.replace("smtp://", f"smtp+starttls://diemtin:{password}@")
            mail = settings().model_copy(update={"smtp": url, "ca_file": cert})
            report = tick(engine, tmp_path, mail, after)
            assert report.count(outcome) == 1, report
            assert "sai" not in str(report.messages[0].error)


def test_a_password_never_leaves_the_machine_without_tls(server: Server) -> None:
    port = int(server.url.rpartition(":")[2])
    channel = Smtp(settings(), SmtpServer("0.0.0.0", port, "opportunistic", "diemtin", "mật"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("smtplib.SMTP.login", lambda *a, **k: pytest.fail("logged in"))
        outcome = channel.send(a_delivery())
    assert isinstance(outcome, Later) and "not sent in the clear" in outcome.error


def a_delivery(**changes: object) -> deliveries.Delivery:
    values = {
        "id": 1, "message_id": "<diemtin.0@tin.example>", "address": READER, "channel": "mail", "kind": "now",
        "subject": "Tin", "content": b"Subject: Tin\r\n\r\nTin\r\n", "state": "queued", "attempts": 1,
        "next_attempt": MORNING, "error": None, "created": MORNING, "sent": None, "secret": None, **changes,
    }  # fmt: skip
    return deliveries.Delivery(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", SmtpServer("mail.example", 587, "opportunistic")),
        ("smtp+starttls://u:p%40ss@mail.example:25", SmtpServer("mail.example", 25, "starttls", "u", "p@ss")),
        ("smtps://mail.example", SmtpServer("mail.example", 465, "implicit")),
        ("smtp://[::1]:2525", SmtpServer("::1", 2525, "opportunistic")),
    ],
)
def test_a_server_is_named_by_a_url(url: str, expected: SmtpServer) -> None:
    assert parse_smtp(url) == expected
    assert "p@ss" not in repr(parse_smtp(url))


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://u@mail.example",
        "smtp://h:99999",
        "smtp://h/x",
    ],
)
def test_a_url_that_names_no_server_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="smtp"):
        parse_smtp(url)


@pytest.mark.parametrize(
    ("step", "code", "text", "kind"),
    [
        ("RCPT TO", 550, "5.1.1 no such user", Refused),
        ("RCPT TO", 553, "not here", Refused),
        ("RCPT TO", 450, "greylisted", Later),
        ("RCPT TO", 552, "5.2.2 mailbox full", Refused),
        ("DATA", 550, "5.1.1 unknown", Refused),
        ("DATA", 554, "5.7.1 spam", Never),
        ("DATA", 552, "too large", Never),
        ("MAIL FROM", 550, "5.7.1 relay denied", Later),
        ("DATA", 250.0, "odd", Later),
    ],
)
def test_what_a_refusal_means(step: str, code: int, text: str, kind: type[Outcome]) -> None:
    assert isinstance(judge(step, int(code), text), kind)


# ---- webhooks ------------------------------------------------------------------------------------------------


class _Hook(BaseHTTPRequestHandler):
    answers: list[int]
    got: list[tuple[Mapping[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(self.answers.pop(0))
        self.send_header("location", "http://127.0.0.1:9/")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def hook() -> Iterator[tuple[str, type[_Hook]]]:
    handler = type("Hook", (_Hook,), {"answers": [], "got": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook", handler
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_webhook_is_signed_retried_and_never_redirected(
    engine: sa.Engine, tmp_path: Path, hook: tuple[str, type[_Hook]]
) -> None:
    url, handler = hook
    news(engine, add(engine, url))
    handler.answers[:] = [500, 302, 204]
    outcomes = [tick(engine, tmp_path, settings(), after).messages[0].state
                for after in (timedelta(), RETRIES[0], RETRIES[0] + RETRIES[1])]  # fmt: skip
    assert outcomes == ["retry", "retry", "sent"]
    (_, first), _, (headers, body) = handler.got
    assert first == body
    data = json.loads(body)
    assert data["type"] == "diemtin.now" and data["data"]["items"][0]["source"] == "Báo Lam Hà"
    with engine.begin() as conn:
        found = recipients.find_recipient(conn, url)
    assert found is not None and found.secret is not None
    now = MORNING + RETRIES[0] + RETRIES[1]
    expected = signed_headers(headers["webhook-id"], body, found.secret, now)
    assert headers["webhook-signature"] == expected["webhook-signature"]


def test_a_webhook_that_is_gone_is_suspended(
    engine: sa.Engine, tmp_path: Path, hook: tuple[str, type[_Hook]]
) -> None:
    url, handler = hook
    news(engine, add(engine, url))
    handler.answers[:] = [410]
    assert tick(engine, tmp_path, settings()).messages[0].state == "suspended"


def test_a_service_of_apprise_gets_subject_and_text(
    engine: sa.Engine, tmp_path: Path, hook: tuple[str, type[_Hook]]
) -> None:
    pytest.importorskip("apprise", reason="the extra `notify` is not installed")
    url, handler = hook
    news(engine, add(engine, url.replace("http://", "apprise:json://")))
    handler.answers[:] = [200]
    assert tick(engine, tmp_path, settings()).messages[0].state == "sent"
    assert json.loads(handler.got[0][1])["title"].startswith("Lam Hà mở hội nghị tổng kết")


# ---- documents and meetings from the store -------------------------------------------------------------------


def test_a_new_document_is_told_with_the_earliest_article_that_names_it(
    engine: sa.Engine, tmp_path: Path
) -> None:
    watch = add(engine, query="", scope="document")
    with engine.begin() as conn:
        room = PressRoom(conn)
        document = room.document("62-CT/TW@XIV", issuer="Ban Bí thư", date="2026-11-14")
        late = room.article(
            "Chi bộ Bến Sỏi học tập", story=room.story(), slug="sau", lead="Học Chỉ thị 62-CT/TW."
        )
        room.cites(late, document, "Chỉ thị 62-CT/TW")
        early = room.article(
            "Lam Hà quán triệt", story=room.story(), source="bao-an-khe", slug="truoc",
            lead="Trời mưa. Tỉnh ủy quán triệt Chỉ thị số 62 của Ban Bí thư. Hết.", published="2026-11-20T08:00:00+07:00",
        )  # fmt: skip
        room.cites(early, document, "Chỉ thị số 62")
        outbox.raise_alert(conn, watch=watch, kind="document", subject=document, article=late, words=(), spans={},
                           now=MORNING)  # fmt: skip
    [sent] = tick(engine, tmp_path, settings()).messages
    assert sent.subject == "Văn kiện mới: Chỉ thị 62-CT/TW (Báo An Khê Sơn, 20/11)"
    text = text_of(mails(tmp_path)[0])
    assert "\n   Ban Bí thư, 14/11/2026\n   Lam Hà quán triệt\n" in text
    assert "\n   Trời mưa. Tỉnh ủy quán triệt *Chỉ thị số 62* của Ban Bí thư. Hết.\n" in text
    assert "Cũng đưa tin: Báo Lam Hà" in text


def test_a_document_merged_by_hand_is_told_under_its_one_name(engine: sa.Engine, tmp_path: Path) -> None:
    watch = add(engine, query="", scope="document")
    with engine.begin() as conn:
        room = PressRoom(conn)
        kept = room.document("62-CT/TW@XIV")
        other = room.document("62-CT/TW@?", same_as=kept)
        for name, slug in ((kept, "a"), (other, "b")):
            article = room.article(f"Bài {slug}", story=room.story(), slug=slug, lead="Về Chỉ thị 62-CT/TW.")
            room.cites(article, name, "Chỉ thị 62-CT/TW")
            outbox.raise_alert(conn, watch=watch, kind="document", subject=name, article=article, words=(), spans={},
                               now=MORNING)  # fmt: skip
    tick(engine, tmp_path, settings())
    assert text_of(mails(tmp_path)[0]).count("Theo dõi:") == 1


def test_meetings_to_come_stand_before_those_held_the_nearest_first(
    engine: sa.Engine, tmp_path: Path
) -> None:
    watch = add(engine, query="", scope="meeting", held=True)
    with engine.begin() as conn:
        room = PressRoom(conn)
        for identity, status, day in (
            ("m1", "held", "2026-11-19"), ("m2", "upcoming", "2026-11-30"), ("m3", "held", "2026-11-20"),
            ("m4", "upcoming", "2026-11-28"), ("m5", "upcoming", None), ("m6", "held", None),
        ):  # fmt: skip
            article = room.article(f"Bài {identity}", story=room.story(), slug=identity)
            room.meeting(
                identity, article, status=status, date=day, ordinal=10, kind="hội nghị ban chấp hành",
                organiser="Ban Chấp hành Đảng bộ huyện Lam Hà",
            )  # fmt: skip
            outbox.raise_alert(conn, watch=watch, kind="meeting", subject=identity, article=article, words=(), spans={},
                               now=MORNING)  # fmt: skip
    [sent] = tick(engine, tmp_path, settings()).messages
    assert sent.subject == "Sắp họp: Hội nghị lần thứ 10 Ban Chấp hành Đảng bộ… (28/11) và 5 mục khác"
    order = re.findall(r"Bài (m\d)", text_of(mails(tmp_path)[0]))
    assert list(dict.fromkeys(order)) == ["m4", "m2", "m5", "m3", "m1", "m6"]


def test_a_meeting_that_is_over_is_told_only_to_who_asks(engine: sa.Engine, tmp_path: Path) -> None:
    watch = add(engine, query="", scope="meeting")
    with engine.begin() as conn:
        room = PressRoom(conn)
        for identity, status in (("m1", "held"), ("m2", "upcoming")):
            article = room.article(f"Bài {identity}", story=room.story(), slug=identity)
            room.meeting(identity, article, status=status, date="2026-11-28")
            outbox.raise_alert(conn, watch=watch, kind="meeting", subject=identity, article=article, words=(), spans={},
                               now=MORNING)  # fmt: skip
    tick(engine, tmp_path, settings())
    text = text_of(mails(tmp_path)[0])
    assert "Bài m2" in text and "Bài m1" not in text
    assert tick(engine, tmp_path, settings(), DAY).queued == 0


def test_an_alert_about_what_the_store_no_longer_knows_is_dropped(engine: sa.Engine, tmp_path: Path) -> None:
    watch = add(engine, query="", scope="document")
    with engine.begin() as conn:
        outbox.raise_alert(
            conn, watch=watch, kind="document", subject="?", article=None, words=(), spans={}, now=MORNING
        )
    assert tick(engine, tmp_path, settings()).messages == ()
    with engine.begin() as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(schema_delivery.owed)).scalar_one() == 0


def test_an_article_watch_shows_the_reprint_that_is_new_not_the_one_already_told(
    engine: sa.Engine, tmp_path: Path
) -> None:
    watch = add(engine, scope="article")
    with engine.begin() as conn:
        room = PressRoom(conn)
        story = room.story()
        first = room.article("Hội nghị tổng kết", story=story, slug="mot")
        outbox.raise_alert(conn, watch=watch, kind="article", subject=str(first), article=first, words=(), spans={},
                           now=MORNING)  # fmt: skip
    tick(engine, tmp_path, settings())
    with engine.begin() as conn:
        again = PressRoom(conn).article(
            "Hội nghị tổng kết đăng lại",
            story=story,
            source="bao-an-khe",
            slug="hai",
            published="2026-11-22T06:00:00+07:00",
        )
        outbox.raise_alert(conn, watch=watch, kind="article", subject=str(again), article=again, words=(), spans={},
                           now=MORNING)  # fmt: skip
    [sent] = tick(engine, tmp_path, settings(), timedelta(minutes=5)).messages
    assert sent.subject == "Hội nghị tổng kết đăng lại (Báo An Khê Sơn, 22/11)"
