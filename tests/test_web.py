"""The pages behind a mail's links, over a real server on loopback, and once in a real browser."""

from __future__ import annotations

import http.client
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from crawler.config import Config
from crawler.delivery import subscriptions
from crawler.store import recipients, tokens, watches
from crawler.store.database import open_database
from crawler.web.app import make_app
from crawler.web.context import WebContext
from crawler.web.rate_limit import RateLimit
from crawler.web.subscription_pages import LARGEST_BODY
from tests.press_room import MORNING

READER = "van.phong@lamha.example"
OTHER = "ban.khac@ankhe.example"
FORM = "application/x-www-form-urlencoded"
PICTURES = Path(__file__).resolve().parents[1] / "docs" / "img"
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))


def add(engine: sa.Engine, *addresses: str, ask: bool = False) -> None:
    with engine.begin() as conn:
        watches.add_watch(conn, query="", scope="document", addresses=addresses, ask=ask, now=MORNING)


def issue(engine: sa.Engine, purpose: tokens.Purpose, address: str = READER) -> str:
    with engine.begin() as conn:
        lifetime = subscriptions.ASK_LIFETIME if purpose == "confirm" else None
        return tokens.issue(conn, address, purpose, now=MORNING, lifetime=lifetime)


def state(engine: sa.Engine, address: str = READER) -> str:
    with engine.connect() as conn:
        found = recipients.find_recipient(conn, address)
    assert found is not None
    return found.state


# ---- the application -----------------------------------------------------------------------------------------


class Caller:
    """Asks the application the way a server would."""

    def __init__(
        self, engine: sa.Engine, *, pace: RateLimit | None = None, later: timedelta = timedelta()
    ) -> None:
        context = WebContext(
            engine=engine,
            registry={},
            config=Config(),
            clock=lambda: MORNING + later,
            limits=pace or RateLimit(),
            local=False,
        )
        self._app = make_app(context)

    def __call__(
        self, method: str, path: str, body: bytes = b"", client: str = "192.0.2.7"
    ) -> tuple[int, httpx.Headers, str]:
        caller = TestClient(self._app, client=(client, 50_000), raise_server_exceptions=False)
        answer = caller.request(method, path, content=body, headers={"Content-Type": FORM})
        return answer.status_code, answer.headers, answer.text


def test_looking_at_the_leaving_page_changes_nothing_and_pressing_its_button_does(engine: sa.Engine) -> None:
    add(engine, READER, OTHER)
    path = f"/leave/{issue(engine, 'leave')}"
    ask = Caller(engine)
    for method in ("GET", "HEAD", "GET"):
        status, _, page = ask(method, path)
        assert status == 200
    assert "<button" in page and "v…@lamha.example" in page and READER not in page
    assert state(engine) == "active"
    assert ask("POST", path, b"answer=yes")[0] == 200
    assert (state(engine), state(engine, OTHER)) == ("left", "active")
    for method in ("POST", "GET"):  # a second click is calm
        status, _, page = ask(method, path)
        assert status == 200 and "Đã ngừng" in page and "<button" not in page


MULTIPART = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'


@pytest.mark.parametrize("body", [b"List-Unsubscribe=One-Click", MULTIPART, b""])
def test_one_click_of_a_mail_program_leaves(engine: sa.Engine, body: bytes) -> None:
    add(engine, READER)
    assert Caller(engine)("POST", f"/leave/{issue(engine, 'leave')}", body)[0] == 200
    assert state(engine) == "left"


def test_confirming_takes_the_pages_own_button(engine: sa.Engine) -> None:
    add(engine, READER, ask=True)
    path = f"/confirm/{issue(engine, 'confirm')}"
    ask = Caller(engine)
    for method, body in (
        ("GET", b""),
        ("POST", b""),
        ("POST", b"List-Unsubscribe=One-Click"),
        ("POST", b"\xff=1"),
    ):
        status, _, page = ask(method, path, body)
        assert status == 200 and "Đồng ý nhận" in page
        assert state(engine) == "asked"
    assert "Đã ghi nhận" in ask("POST", path, b"answer=yes")[2]
    assert state(engine) == "active"
    assert "Đã ghi nhận" in ask("GET", path)[2]


def test_an_old_yes_does_not_undo_a_later_no(engine: sa.Engine) -> None:
    add(engine, READER, ask=True)
    question, way_out = issue(engine, "confirm"), issue(engine, "leave")
    ask = Caller(engine)
    ask("POST", f"/confirm/{question}", b"answer=yes")
    ask("POST", f"/leave/{way_out}")
    assert ask("POST", f"/confirm/{question}", b"answer=yes")[0] == 404
    assert state(engine) == "left"


def test_an_expired_question_and_a_token_for_the_other_door_open_nothing(engine: sa.Engine) -> None:
    add(engine, READER, ask=True)
    question = issue(engine, "confirm")
    late = Caller(engine, later=subscriptions.ASK_LIFETIME)
    for method, path in (
        ("GET", "/confirm/"),
        ("POST", "/confirm/"),
        ("GET", "/leave/"),
        ("POST", "/leave/"),
    ):
        status, _, page = late(method, path + question, b"answer=yes" if method == "POST" else b"")
        assert status == 404 and "<button" not in page
    assert state(engine) == "asked"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 401),
        ("GET", "/khong-co", 404),
        ("GET", "/leave/", 404),
        ("GET", "/leave/" + "a" * 32, 404),
        ("POST", "/leave/" + "a" * 32, 404),
        ("POST", "/confirm/" + "0" * 32, 404),
        ("GET", "/leave/" + "A" * 32, 404),
        ("GET", "/leave/../confirm", 404),
        ("GET", "/leave/" + "a" * 4000, 404),
        ("PUT", "/leave/" + "a" * 32, 405),
        ("DELETE", "/confirm/" + "a" * 32, 405),
    ],
)
def test_what_no_mail_has_linked_to_is_answered_calmly(
    engine: sa.Engine, method: str, path: str, status: int
) -> None:
    answered, headers, page = Caller(engine)(method, path)
    assert answered == status
    assert ("Allow" in headers) == (status == 405)
    assert "<h1>" in page and "<button" not in page


def test_every_answer_forbids_to_load_frame_keep_or_pass_on_anything(engine: sa.Engine) -> None:
    add(engine, READER)
    for method, path in (
        ("GET", f"/leave/{issue(engine, 'leave')}"),
        ("GET", "/leave/x"),
        ("PUT", "/leave/" + "a" * 32),
    ):
        _, headers, page = Caller(engine)(method, path)
        policy = headers["Content-Security-Policy"]
        assert (
            "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        )
        assert headers["Cache-Control"] == "no-store" and headers["Referrer-Policy"] == "no-referrer"
        assert "Set-Cookie" not in headers
        assert not re.search(r"<script|<img|<link|https?://", page)


def test_a_client_that_asks_too_often_waits_and_others_do_not(engine: sa.Engine) -> None:
    seconds = [0.0]
    ask = Caller(engine, pace=RateLimit(burst=3, per_second=0.5, clock=lambda: seconds[0]))
    path = "/leave/" + "a" * 32
    assert [ask("GET", path)[0] for _ in range(4)] == [404, 404, 404, 429]
    assert ask("GET", path)[1]["Retry-After"] == "60"
    assert ask("GET", path, client="192.0.2.8")[0] == 404
    seconds[0] = 2.0
    assert [ask("GET", path)[0] for _ in range(2)] == [404, 429]


def test_a_database_that_cannot_be_reached_is_a_reason_to_come_back(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'diemtin.db'}")
    add(engine, READER)
    path = f"/leave/{issue(engine, 'leave')}"
    engine.dispose()
    lost = sa.create_engine(f"sqlite:///{tmp_path / 'no' / 'diemtin.db'}")
    status, headers, page = Caller(lost)("POST", path)
    assert status == 503 and headers["Retry-After"] and "thử lại" in page
    lost.dispose()


@given(
    requests=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), max_size=60),
    burst=st.integers(1, 5),
)
def test_no_client_ever_gets_more_than_its_share_of_the_time(
    requests: list[tuple[str, int]], burst: int
) -> None:
    now = [0.0]
    pace = RateLimit(burst=burst, per_second=0.5, clients=2, clock=lambda: now[0])
    admitted: dict[str, list[float]] = {}
    for client, wait in requests:
        now[0] += wait
        if pace.admits(client):
            admitted.setdefault(client, []).append(now[0])
    if len(admitted) <= 2 and len({client for client, _ in requests}) <= 2:  # nobody was forgotten
        for times in admitted.values():
            for i, start in enumerate(times):
                assert all(n <= burst + (t - start) * 0.5 for n, t in enumerate(times[i:], 1))


# ---- the server ----------------------------------------------------------------------------------------------


class Site:
    """`diemtin web` as a process of its own."""

    def __init__(self, address: tuple[str, int], engine: sa.Engine) -> None:
        self.address, self.engine = address, engine

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, http.client.HTTPMessage, str]:
        connection = http.client.HTTPConnection(*self.address, timeout=30)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, answer.headers, text


@contextmanager
def running(data: Path) -> Iterator[tuple[subprocess.Popen[str], tuple[str, int]]]:
    command = [sys.executable, "-m", "crawler", "--data", str(data), "web", "--port", "0"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("DIEMTIN_")}
    environ |= {"DIEMTIN_NOW": MORNING.isoformat(), "DIEMTIN_MAIL__WEB": "https://tin.example"}
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            ready, _, _ = select.select([process.stderr], [], [], 60)
            line = process.stderr.readline() if ready else ""
            found = re.search(r"http://([\d.]+):(\d+)/", line)
            assert found is not None, line
            yield process, (found[1], int(found[2]))
        finally:
            if process.poll() is None:
                process.kill()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    data = tmp_path_factory.mktemp("data")
    engine = open_database(f"sqlite:///{data / 'diemtin.db'}")
    with running(data) as (_, address):
        yield Site(address, engine)
    engine.dispose()


def test_a_reader_leaves_over_http_with_one_click(site: Site) -> None:
    address = "mot.cham@lamha.example"
    add(site.engine, address)
    path = f"/leave/{issue(site.engine, 'leave', address)}"
    status, headers, page = site.ask("GET", path)
    assert status == 200 and "Ngừng nhận" in page and headers.get_content_type() == "text/html"
    assert headers["Server"] is None and headers["Set-Cookie"] is None
    assert state(site.engine, address) == "active"
    assert site.ask("POST", path, b"List-Unsubscribe=One-Click", {"Content-Type": FORM})[0] == 200
    assert state(site.engine, address) == "left"


def test_forty_people_leave_at_the_same_moment(site: Site) -> None:
    addresses = [f"so.{n}@lamha.example" for n in range(40)]
    add(site.engine, *addresses)
    paths = [f"/leave/{issue(site.engine, 'leave', address)}" for address in addresses]
    answers: list[int] = []
    # Each comes from an address of its own, as the proxy in front would say.
    people_at_once = [
        threading.Thread(
            target=lambda n=n, path=path: answers.append(
                site.ask("POST", path, b"", {"X-Forwarded-For": f"198.51.100.{n}"})[0]
            )
        )
        for n, path in enumerate(paths)
    ]
    for one in people_at_once:
        one.start()
    for one in people_at_once:
        one.join()
    assert answers == [200] * 40
    assert {state(site.engine, address) for address in addresses} == {"left"}


def test_too_large_and_malformed_requests_cost_nothing(site: Site) -> None:
    body = b"x" * (LARGEST_BODY + 1)
    assert site.ask("POST", "/leave/" + "a" * 32, body, {"Content-Type": FORM})[0] == 413
    assert site.ask("GET", "/leave/x", headers={"X-Long": "y" * 20_000})[0] == 431
    for raw in (b"\x00\xff\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"GET\r\n\r\n"):
        with socket.create_connection(site.address, timeout=30) as connection:
            connection.sendall(raw)
            assert b" 200 " not in connection.recv(1000)
    assert site.ask("GET", "/")[0] == 401  # and it still answers


def test_connections_that_trickle_are_closed_and_give_their_place_to_others(site: Site) -> None:
    def trickle(begin: bytes, more: bytes) -> float:
        began = time.monotonic()
        with socket.create_connection(site.address, timeout=5) as connection:
            connection.sendall(begin)
            while time.monotonic() - began < 60:
                try:
                    connection.sendall(more)
                    connection.settimeout(0.5)
                    if connection.recv(1) == b"":
                        break
                except TimeoutError:
                    continue
                except OSError:
                    break
        return time.monotonic() - began

    kinds = [
        (b"GET / HTTP/1.1\r\nA: ", b"b"),
        (b"", b"\r\n"),
        (b"POST /leave/x HTTP/1.1\r\nContent-Length: 4000\r\n\r\n", b"x"),
    ]
    with ThreadPoolExecutor(len(kinds)) as pool:
        held = list(pool.map(lambda kind: trickle(*kind), kinds))
    assert max(held) < 45, held
    assert site.ask("GET", "/")[0] == 401


def test_a_server_told_to_stop_stops_well(tmp_path: Path) -> None:
    with running(tmp_path) as (process, _):
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = [sys.executable, "-m", "crawler", "--data", str(tmp_path), "web"]
        ended = subprocess.run(
            [*command, "--port", str(taken.getsockname()[1])], capture_output=True, text=True, check=False
        )
    assert ended.returncode == 2
    assert "cannot listen on 127.0.0.1" in ended.stderr and "Traceback" not in ended.stderr


@pytest.mark.browser
def test_on_a_phone_the_button_can_be_read_pressed_and_does_it(site: Site) -> None:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}; set CHROMIUM to run the browser tests")
    address = "dien.thoai@lamha.example"
    add(site.engine, address)
    host, port = site.address
    token = issue(site.engine, "leave", address)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        for dark in (True, False):
            context = browser.new_context(
                viewport={"width": 360, "height": 640}, color_scheme="dark" if dark else "light"
            )
            page = context.new_page()
            asked: list[str] = []
            faults: list[str] = []
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.on("console", lambda message, faults=faults: faults.append(message.text))
            page.goto(f"http://{host}:{port}/leave/{token}")
            button = page.get_by_role("button", name="Ngừng nhận")
            box = button.bounding_box()
            assert box is not None and box["height"] >= 44 and box["x"] + box["width"] <= 360
            assert page.evaluate("document.documentElement.scrollWidth") <= 360
            assert (
                button.evaluate("e => getComputedStyle(e).borderRadius") == "8px"
            )  # the policy lets the style in
            assert page.locator("button").count() == 1 and faults == [] and len(asked) == 1
            if os.environ.get("DIEMTIN_PICTURES"):
                page.screenshot(path=PICTURES / f"leave-phone{'-dark' if dark else ''}.png")
            assert context.cookies() == []
            if not dark:  # the last look
                button.click()
                assert page.get_by_role("heading").inner_text() == "Đã ngừng"
            context.close()
        browser.close()
    assert state(site.engine, address) == "left"
