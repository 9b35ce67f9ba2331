"""Receivers that lie, trickle, stand elsewhere or run commands: each is its own affair, and the mails behind it go out."""

from __future__ import annotations

import inspect
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import pytest
import sqlalchemy as sa

from crawler.delivery import cutoff
from crawler.delivery.mail_settings import MailSettings, parse_smtp
from crawler.delivery.outcome import Later, Never, Sent
from crawler.delivery.tick import DeliveryReport, deliver
from crawler.delivery.transports import Smtp
from crawler.delivery.webhook import Webhook
from crawler.errors import InvalidInput
from crawler.query.addresses import destination, shown, without_secrets
from crawler.store import operator_events, outbox, schema_delivery, watches
from tests.certificates import Authority
from tests.mail_server import Server, mail_server
from tests.press_room import MORNING, OUTLETS
from tests.test_deliver import OPERATOR, READER, a_delivery

STEP = 0.6
"""Seconds a step may take here; an exchange has twice that."""


@pytest.fixture
def server() -> Iterator[Server]:
    with mail_server() as running:
        yield running


def mail(server: Server | None = None, **more: object) -> MailSettings:
    values = {"sender": "điểm tin <diemtin@tin.example>", "operator": OPERATOR, "timeout": STEP, **more}
    return MailSettings.model_validate({**values, "smtp": server.url if server else None})


def tick(engine: sa.Engine, folder: Path, settings: MailSettings, hours: float = 0) -> DeliveryReport:
    now = MORNING + timedelta(hours=hours)
    return deliver(
        engine, config_mail=settings, outbox_folder=folder, now=now, sources=OUTLETS, allow_private=True
    )


def owe(engine: sa.Engine, address: str, subject: str = "x", *, as_stored: bool = False) -> None:
    """An event alert owed to an address; `as_stored` for an address that an older version took as typed."""
    with engine.begin() as conn:
        typed = "https://x.example/" if as_stored else address
        watch = watches.add_watch(
            conn, query="", scope="document", addresses=[typed], name=f"mục {address}", now=MORNING
        )
        if as_stored:
            conn.execute(sa.insert(schema_delivery.recipient).values(
                address=address, channel="webhook", added=MORNING, confirmed=MORNING, secret="whsec_YWFh"))  # fmt: skip
            conn.execute(sa.update(schema_delivery.watch_recipient).where(schema_delivery.watch_recipient.c.watch == watch.id)
                         .values(address=address))  # fmt: skip
        outbox.raise_alert(conn, watch=watch, kind="event", subject=subject, article=None, words=(), spans={},
                           body={"event": "missed_run", "about": subject}, now=MORNING)  # fmt: skip


# ---- a server that says what it likes ------------------------------------------------------------------------


@contextmanager
def answering(talk: Callable[[socket.socket], None], context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A port of 127.0.0.1 where each connection is handed to `talk`."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                sock, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(sock,), daemon=True).start()

    def one(sock: socket.socket) -> None:
        with suppress(OSError), sock:
            if context is None:
                talk(sock)
                return
            with context.wrap_socket(sock, server_side=True) as encrypted:
                talk(encrypted)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.close()


def says(answer: bytes) -> Callable[[socket.socket], None]:
    def talk(sock: socket.socket) -> None:
        sock.recv(65_536)
        sock.sendall(answer)

    return talk


def trickles(answer: bytes, every: float = 0.1) -> Callable[[socket.socket], None]:
    def talk(sock: socket.socket) -> None:
        for byte in answer * 1000:
            sock.sendall(bytes([byte]))
            time.sleep(every)

    return talk


BAD_ANSWERS = {
    "no HTTP": says(b"220 mail.example ESMTP\r\n"),
    "nothing": says(b""),
    "a status that is no number": says(b"HTTP/1.1 twohundred OK\r\n\r\n"),
    "many headers": says(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 120 + b"\r\n"),
    "a line without end": says(b"HTTP/1.1 200 OK\r\nA: " + b"b" * 100_000 + b"\r\n\r\n"),
    "a length that is none": says(b"HTTP/1.1 500 No\r\nContent-Length: minus\r\n\r\n"),
    "a place that is none": says(b"HTTP/1.1 302 Found\r\nLocation: http://[::1\r\n\r\n"),
    "TLS on the wrong port": says(b"\x15\x03\x01\x00\x02\x02\x46"),
    "binary": says(bytes(range(256)) * 20),
}


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_whatever_a_webhook_answers_is_later_for_it_and_the_mail_behind_it_goes_out(
    engine: sa.Engine, tmp_path: Path, name: str
) -> None:
    with answering(BAD_ANSWERS[name]) as port:
        owe(engine, f"http://127.0.0.1:{port}/a-hook")
        owe(engine, READER)
        report = tick(engine, tmp_path, mail())
    states = {m.channel: m.state for m in report.messages}
    assert states == {"webhook": "retry", "mail": "sent"}, report.messages


@pytest.mark.parametrize(
    "address",
    [
        "https://x..example/",
        "http://.example/",
        "http://127.0.0.1:1/tin-tức",
        "http://127.0.0.1:99999/",
        "http://[::1/",
        f"http://{'a' * 80}.example/",
        "http://",
        "https://xa.example/a b",
    ],
)
def test_an_address_an_older_version_took_stops_nobody(
    engine: sa.Engine, tmp_path: Path, address: str
) -> None:
    owe(engine, address, as_stored=True)
    owe(engine, READER)
    with engine.begin() as conn:
        watches.ensure_operator(conn, OPERATOR, now=MORNING)
        operator_events.raise_event(
            conn, event="missed_run", about="bao-lam-ha", when="2026-11-22", now=MORNING
        )
    report = tick(engine, tmp_path, mail())
    assert {m.channel for m in report.messages if m.state == "retry"} == {"webhook"}
    assert sorted(m.address for m in report.messages if m.state == "sent") == sorted([READER, OPERATOR])
    assert all(m.number > 0 for m in report.messages)


def test_a_fault_of_our_own_in_one_way_out_is_logged_with_the_number_of_its_message(
    engine: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    owe(engine, "https://x.example/hooks/bi-mat-dai")
    owe(engine, READER)
    monkeypatch.setattr(
        Webhook, "send", lambda self, d: {}[f"{d.address} is not there"]  # type: ignore[misc]
    )  # fmt: skip
    with caplog.at_level(logging.DEBUG):
        report = tick(engine, tmp_path, mail())
    [hook] = [m for m in report.messages if m.channel == "webhook"]
    assert (hook.state, report.count("sent")) == ("retry", 1)
    assert f"message {hook.number} to https://x.example/…" in caplog.text
    assert "bi-mat-dai" not in caplog.text + str(report.to_json())


def test_a_mail_that_cannot_be_written_stops_nobody_and_the_operator_hears_of_it(
    engine: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import crawler.delivery.tick as ticking

    owe(engine, "ban@lamha.example")
    owe(engine, READER)
    whole = ticking.compose

    def compose(message: object, *args: object, **named: object) -> bytes:
        if getattr(message, "address", "") == "ban@lamha.example":
            raise RuntimeError("no such layout")
        return whole(message, *args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(ticking, "compose", compose)
    report = tick(engine, tmp_path, mail())
    assert [(m.address, m.state) for m in report.messages] == [(READER, "sent")]
    assert [m.address for m in tick(engine, tmp_path, mail(), hours=1).messages] == [OPERATOR]
    assert tick(engine, tmp_path, mail(), hours=2).messages == ()  # told once a day
    monkeypatch.setattr(ticking, "compose", whole)
    assert [m.address for m in tick(engine, tmp_path, mail(), hours=3).messages] == ["ban@lamha.example"]


# ---- a whole exchange has a deadline -------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\nA: b\r\n", b"x"])
def test_a_webhook_that_answers_a_byte_at_a_time_is_cut_off(answer: bytes) -> None:
    with answering(trickles(answer)) as port:
        began = time.monotonic()
        way = Webhook(mail(), lambda: MORNING, allow_private=True)
        url = f"http://127.0.0.1:{port}/"
        outcome = way.send(a_delivery(address=url, channel="webhook", secret="whsec_YWFh"))
        assert isinstance(outcome, Later)
        assert time.monotonic() - began < 2 * STEP + 2
        again = way.send(a_delivery(address=url, channel="webhook", secret="whsec_YWFh"))
        assert isinstance(again, Later) and time.monotonic() - began < 2 * STEP + 2.5


def test_an_apprise_service_that_answers_a_byte_at_a_time_is_not_waited_for() -> None:
    apprise = pytest.importorskip("apprise", reason="the extra `notify` is not installed")
    apprise.Apprise.instantiate("json://x.example")  # its hundred services take seconds to load, once
    from crawler.delivery.apprise_channel import Apprise

    with answering(trickles(b"HTTP/1.1 200 OK\r\nA: b\r\n")) as port:
        began = time.monotonic()
        told = a_delivery(
            address=f"apprise:json://127.0.0.1:{port}/",
            channel="apprise",
            content=b'{"title": "t", "body": "b"}',
        )
        outcome = Apprise(deadline=STEP, allow_private=True).send(told)
    assert isinstance(outcome, Later) and "đúng hạn" in outcome.error
    assert time.monotonic() - began < STEP + 3


@pytest.mark.parametrize("answer", [b"2", b"220-a\r\n"])
def test_a_mail_server_that_greets_a_byte_at_a_time_is_cut_off(answer: bytes) -> None:
    with answering(trickles(answer)) as port:
        began = time.monotonic()
        way = Smtp(mail(), parse_smtp(f"smtp://127.0.0.1:{port}"))
        outcome = way.send(a_delivery())
        way.close()
        assert isinstance(outcome, Later) and "giây" in outcome.error
        assert time.monotonic() - began < 2 * STEP + 2


def test_one_receiver_for_which_the_server_trickles_holds_up_its_own_mail_only(
    engine: sa.Engine, tmp_path: Path, server: Server
) -> None:
    import asyncio

    from tests.mail_server import _Handler

    usual = _Handler.handle_RCPT

    async def slow(
        self: _Handler, smtp: object, session: object, envelope: object, address: str, options: object
    ) -> str:
        if address.startswith("cham"):
            for _ in range(100):
                smtp.transport.write(b"250-")  # type: ignore[attr-defined]
                await asyncio.sleep(0.1)
        return await usual(self, smtp, session, envelope, address, options)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_Handler, "handle_RCPT", slow)
        owe(engine, "cham@lamha.example")
        for n in range(3):
            owe(engine, f"doc{n}@lamha.example")
        began = time.monotonic()
        report = tick(engine, tmp_path, mail(server))
        assert time.monotonic() - began < 2 * STEP + 6
    assert {m.address: m.state for m in report.messages} == {
        "cham@lamha.example": "retry", **{f"doc{n}@lamha.example": "sent" for n in range(3)}
    }  # fmt: skip


# ---- certificates --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[ssl.SSLContext, Path]]:
    """Servers' certificates and the CA that a client is to believe: see `tests.certificates`."""
    authority = Authority(tmp_path_factory.mktemp("pki"))
    return lambda kind: (authority.server(kind), authority.trusted)


WRONG = {
    "expired": "certificate has expired",
    "wrong name": "IP address mismatch",
    "self-signed": "self-signed certificate",
}


@pytest.mark.parametrize("kind", ["good", *WRONG])
@pytest.mark.parametrize("scheme", ["smtp", "smtp+starttls", "smtps"])
def test_a_mail_server_is_believed_by_its_certificate_alone(
    pki: Callable[[str], tuple[ssl.SSLContext, Path]], scheme: str, kind: str
) -> None:
    context, trusted = pki(kind)
    options = {"ssl_context": context} if scheme == "smtps" else {"tls_context": context}
    with _mail_server(scheme == "smtps", **options) as server:
        url = server.url.replace("smtp:", f"{scheme}:")
        way = Smtp(mail(ca_file=trusted, timeout=5), parse_smtp(url))
        outcome = way.send(a_delivery())
        way.close()
    if kind == "good":
        assert outcome == Sent() and len(server.letters) == 1
    else:
        assert isinstance(outcome, Later) and WRONG[kind] in outcome.error, outcome
        assert server.letters == []


@contextmanager
def _mail_server(implicit: bool, **options: object) -> Iterator[Server]:
    if not implicit:
        with mail_server(**options) as server:
            yield server
        return
    context = options["ssl_context"]
    assert isinstance(context, ssl.SSLContext)
    state = Server()
    with answering(_smtp_over_tls(state), context) as port:
        state.url = f"smtp://127.0.0.1:{port}"
        yield state


def _smtp_over_tls(state: Server) -> Callable[[socket.socket], None]:
    """Just enough of SMTP to take one mail."""
    from tests.mail_server import Letter

    def talk(sock: socket.socket) -> None:
        sock.sendall(b"220 hi\r\n")
        with sock.makefile("rb") as lines:
            hold(sock, lines)

    def hold(sock: socket.socket, lines: BinaryIO) -> None:
        for line in lines:
            if line.upper().startswith(b"DATA"):
                sock.sendall(b"354 go\r\n")
                content = b"".join(iter(lines.readline, b".\r\n"))
                state.letters.append(Letter(READER, content))
            sock.sendall(b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"250 ok\r\n")

    return talk


@pytest.mark.parametrize("kind", ["good", *WRONG])
def test_a_webhook_is_believed_by_its_certificate_alone(
    pki: Callable[[str], tuple[ssl.SSLContext, Path]], kind: str
) -> None:
    context, trusted = pki(kind)
    posted: list[bytes] = []

    def talk(sock: socket.socket) -> None:
        request = b""
        while not request.endswith(a_delivery().content):
            request += sock.recv(65_536)
        posted.append(request)
        sock.sendall(b"HTTP/1.1 204 OK\r\n\r\n")

    with answering(talk, context) as port:
        way = Webhook(mail(ca_file=trusted, timeout=5), lambda: MORNING, allow_private=True)
        url = f"https://127.0.0.1:{port}/a"
        outcome = way.send(a_delivery(address=url, channel="webhook", secret="whsec_YWFh"))
    if kind == "good":
        assert outcome == Sent() and posted[0].startswith(b"POST /a HTTP/1.1\r\n")
    else:
        assert isinstance(outcome, Later) and WRONG[kind] in outcome.error, outcome
        assert posted == []


# ---- names that lead into our own network --------------------------------------------------------------------


class _Resolver:
    """Answers in turn, as a name server that rebinds a name does."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.asked = list(answers), 0

    def __call__(self, host: str, port: int, **kind: object) -> list[tuple[object, ...]]:
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in answer]


def test_a_name_that_turns_private_after_it_was_looked_at_gains_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dialled: list[str] = []

    class Line(socket.socket):
        def connect(self, address: tuple[str, int]) -> None:  # type: ignore[override]
            dialled.append(address[0])
            raise ConnectionRefusedError("nobody there")

    monkeypatch.setattr(cutoff.socket, "socket", Line)
    resolver = _Resolver(["93.184.215.14"], ["127.0.0.1"])
    hook = a_delivery(address="https://doi-ten.example/h", channel="webhook", secret="whsec_YWFh")
    first = Webhook(mail(), lambda: MORNING, resolve=resolver).send(hook)
    assert isinstance(first, Later) and (dialled, resolver.asked) == (["93.184.215.14"], 1)
    second = Webhook(mail(), lambda: MORNING, resolve=resolver).send(hook)
    assert isinstance(second, Later) and "--allow-private" in second.error
    assert dialled == ["93.184.215.14"]  # what was looked at is what is connected to
    mixed = Webhook(mail(), lambda: MORNING, resolve=_Resolver(["93.184.215.14", "10.0.0.1"])).send(hook)
    assert isinstance(mixed, Later) and dialled == ["93.184.215.14"]


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "10.1.2.3",
     "169.254.169.254", "router", "may.local"],
)  # fmt: skip
def test_a_webhook_in_our_own_network_needs_the_operators_word(
    engine: sa.Engine, tmp_path: Path, host: str
) -> None:
    posted: list[bytes] = []
    with answering(lambda sock: posted.append(sock.recv(9999))) as port:
        owe(engine, f"http://{host}:{port}/")
        report = deliver(engine, config_mail=mail(), outbox_folder=tmp_path, now=MORNING, sources=OUTLETS)
    [attempt] = report.messages
    assert attempt.state == "retry" and "--allow-private" in str(attempt.error) and posted == []


def test_an_apprise_service_in_our_own_network_needs_it_too(tmp_path: Path) -> None:
    pytest.importorskip("apprise", reason="the extra `notify` is not installed")
    from crawler.delivery.apprise_channel import Apprise

    content = b'{"title": "t", "body": "b"}'
    told = a_delivery(address="apprise:json://doi-ten.example/h", channel="apprise", content=content)
    outcome = Apprise(resolve=_Resolver(["127.0.0.1"])).send(told)
    assert isinstance(outcome, Later) and "--allow-private" in outcome.error


# ---- services that act on this machine -----------------------------------------------------------------------

ON_THIS_MACHINE = [
    "syslog://", "syslog://x", "dbus://", "gnome://", "macosx://x", "windows://", "glib://", "qt://", "kde://",
    "apprise:syslog://x", "APPRISE:SYSLOG://x", "SysLog://x", "exec://ls",
    "tgram://123456:abc/1?template=/etc/passwd", "slack://a/b/c?Template=/etc/passwd", "mailto://u:p@x.example?pgp=yes",
    "mailto://u:p@x.example?pgpprv=/root/key.asc", "vapid://a@b.example/c?keyfile=/tmp/x", "fcm://p@d/?keyfile=file:///etc/passwd",
    "discord://1/2?%74emplate=/etc/hosts", "json://x.example/?:a=file:///etc/passwd",
]  # fmt: skip


@pytest.mark.parametrize("typed", ON_THIS_MACHINE)
def test_what_runs_commands_or_touches_files_is_refused_when_a_watch_is_added(
    engine: sa.Engine, typed: str
) -> None:
    with pytest.raises(InvalidInput, match="máy này"), engine.begin() as conn:
        watches.add_watch(conn, query="", scope="document", addresses=[typed], now=MORNING)
    apprise = destination("apprise:json://x.example").address
    assert apprise == "apprise:json://x.example"


def test_what_an_older_version_took_is_refused_when_it_is_sent() -> None:
    pytest.importorskip("apprise", reason="the extra `notify` is not installed")
    from crawler.delivery.apprise_channel import Apprise

    told = a_delivery(address="apprise:syslog://x", channel="apprise", content=b'{"title": "t", "body": "b"}')
    assert isinstance(Apprise(allow_private=True).send(told), Never)


def test_every_service_of_apprise_that_acts_on_this_machine_is_known_to_us() -> None:
    pytest.importorskip("apprise", reason="the extra `notify` is not installed")
    from apprise.manager_plugins import NotificationManager

    services = NotificationManager()
    local = (
        "import subprocess",
        "import dbus",
        "import syslog",
        "win32",
        "import gi",
        "import hid",
        "AppriseTemplate",
    )
    for scheme in sorted(services.schemas()):
        plugin = services[scheme]
        source = inspect.getsource(inspect.getmodule(plugin))  # type: ignore[arg-type]
        if any(sign in source for sign in local[:-1]):
            with pytest.raises(InvalidInput):
                destination(f"{scheme}://x")
        for name, told in plugin.template_args.items():
            path = "path" in str(told.get("name", "")).lower() or "file" in name
            if path and name not in ("path", "filename") and told.get("private"):
                with pytest.raises(InvalidInput):
                    destination(f"{scheme}://x?{name}=/etc/passwd")


# ---- secrets -------------------------------------------------------------------------------------------------


def test_a_bots_token_is_in_no_log_however_much_is_logged(
    engine: sa.Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("apprise", reason="the extra `notify` is not installed")
    token = "987654321:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"

    def refuse(*args: object, **named: object) -> None:
        import requests

        logging.getLogger("urllib3.connectionpool").debug("POST %s", args)
        raise requests.ConnectionError(f"Max retries exceeded with url: /bot{token}/sendMessage")

    with pytest.MonkeyPatch.context() as patch, caplog.at_level(logging.DEBUG):
        patch.setattr("requests.post", refuse)
        patch.setattr("requests.Session.request", refuse)
        patch.setattr(socket, "getaddrinfo", lambda *a, **k: [])
        owe(engine, f"tgram://{token}/5551234")
        report = tick(engine, tmp_path, mail())
    told = caplog.text + str(report.to_json()) + str(report)
    assert report.messages[0].state == "retry"
    assert token not in told and "AAbbCC" not in told
    assert "tgram://…" in str(report.to_json())


@pytest.mark.parametrize(
    ("address", "said", "kept"),
    [
        ("https://x.example/hooks/T0AB/s3cr3t?k=abcdef", "x.example refused /hooks/T0AB/s3cr3t?k=abcdef (s3cr3t)", "x.example refused"),
        ("apprise:tgram://123456:AbCdEfG/5551234", "url: /bot123456:AbCdEfG/send", "url: /bot"),
        ("apprise:mailto://u:p%40ssword@x.example", "535 p@ssword no", "535"),
    ],
)  # fmt: skip
def test_what_a_library_says_is_told_without_the_secret(address: str, said: str, kept: str) -> None:
    told = without_secrets(said, address)
    assert kept in told
    assert not any(secret in told for secret in ("s3cr3t", "T0AB/", "abcdef", "AbCdEfG", "p@ssword"))
    assert shown(address) != address and "…" in shown(address)


def test_two_addresses_of_one_host_are_told_apart() -> None:
    one, two = (shown(f"https://x.example/hooks/{n}") for n in "ab")
    assert one != two and one.startswith("https://x.example/…") and len(one) == len("https://x.example/…") + 6
    assert shown("https://x.example/") == "https://x.example/"
