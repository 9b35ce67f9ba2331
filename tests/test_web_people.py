"""Who may see which page: by a mailed link, by a token, at this machine; and how all of that ends."""

from __future__ import annotations

import ast
import csv
import email
import email.policy
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
import sqlalchemy as sa
from fastapi import APIRouter
from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

import crawler.web.app
from crawler.config import Config
from crawler.delivery.mail_settings import MailSettings
from crawler.delivery.outcome import Later, Outcome, Refused, Sent
from crawler.store import api_tokens, people, schema_delivery, watches
from crawler.store.article_editing import CorrectionKind
from crawler.store.audit import audit, audit_page
from crawler.store.deliveries import Delivery
from crawler.web.app import ROUTERS, make_app
from crawler.web.context import WebContext
from crawler.web.html import own_path
from crawler.web.rate_limit import RateLimit
from crawler.web.routes.audit_log import NAMES
from crawler.web.sign_in_desk import SignInDesk
from crawler.web.visitor import SESSION_COOKIE, Role, needs, role_needed
from tests.press_room import MORNING, OUTLETS
from tests.web_room import fill

WHO = "van.phong@lamha.example"
STRANGER = "ai.do@lamha.example"
WEB = "https://tin.example"
PUBLIC = ("/leave/{token:path}", "/confirm/{token:path}", "/ngon-ngu/{chosen}", "/vao", "/vao/{token}")


@dataclass
class Way:
    """A way out that keeps what it was given, and answers as it is told."""

    sent: list[Delivery] = field(default_factory=list)
    answers: list[Outcome] = field(default_factory=list)

    def send(self, delivery: Delivery) -> Outcome:
        self.sent.append(delivery)
        return self.answers.pop(0) if self.answers else Sent()

    def close(self) -> None:
        pass


@dataclass
class House:
    """The pages as strangers from elsewhere meet them behind a proxy with HTTPS, and the mails that go out."""

    engine: sa.Engine
    way: Way = field(default_factory=Way)
    now: datetime = MORNING
    sign_in_limits: RateLimit = field(default_factory=lambda: RateLimit(burst=1_000, per_second=1_000))
    page_limits: RateLimit = field(default_factory=lambda: RateLimit(burst=10_000, per_second=1_000))
    slept: list[float] = field(default_factory=list)
    secure: bool = True
    local: bool = False

    def __post_init__(self) -> None:
        mail = MailSettings(sender="điểm tin <diemtin@tin.example>", web=WEB)
        self.desk = SignInDesk(
            self.engine, mail, Path("/nowhere"), web=WEB, clock=lambda: self.now, sleep=self.slept.append,
            open_way=lambda: self.way,
        )  # fmt: skip
        self.app = make_app(
            WebContext(
                engine=self.engine, registry=OUTLETS, config=Config(), clock=lambda: self.now,
                limits=RateLimit(burst=10_000, per_second=1_000), local=self.local, desk=self.desk, secure=self.secure,
                sign_in_limits=self.sign_in_limits, page_limits=self.page_limits,
            )
        )  # fmt: skip

    def browser(self, *, client: str = "192.0.2.7", web: str = WEB) -> TestClient:
        return TestClient(
            self.app, base_url=web, client=(client, 50_000), follow_redirects=False,
            raise_server_exceptions=False, headers={"Accept": "text/html"},
        )  # fmt: skip

    def program(self, token: str) -> TestClient:
        return TestClient(
            self.app, base_url=WEB, client=("192.0.2.9", 50_000), follow_redirects=False,
            raise_server_exceptions=False, headers={"Authorization": f"Bearer {token}"},
        )  # fmt: skip

    def person(self, role: people.PersonRole, address: str = WHO) -> None:
        with self.engine.begin() as conn:
            people.add_person(conn, address, role, who="command", now=self.now)

    def token(self, scope: api_tokens.Scope, address: str = WHO) -> str:
        with self.engine.begin() as conn:
            return api_tokens.add_token(conn, address, f"máy {scope}", scope, who="command", now=self.now)[0]

    def entered(self, address: str = WHO) -> TestClient:
        """A browser that a person has entered with."""
        browser = self.browser()
        assert ask_link(browser, address).status_code == 303
        self.desk.wait()
        assert press(browser, self.link()).status_code == 303
        return browser

    def link(self) -> str:
        """The path of the link in the mail that was sent last."""
        body = email.message_from_bytes(self.way.sent[-1].content, policy=email.policy.default).get_body(
            ("plain",)
        )
        assert body is not None
        found = re.search(rf"{WEB}(/vao/[0-9a-f]{{32}})\s", body.get_content())
        assert found is not None
        return found[1]


@pytest.fixture
def house(engine: sa.Engine) -> Iterator[House]:
    made = House(engine)
    yield made
    made.desk.wait()  # it has a connection of the store until it is done


def form_of(browser: TestClient, path: str) -> dict[str, str]:
    """The token that the forms of a page carry."""
    found = re.search(r'name="form_token" value="([^"]+)"', browser.get(path).text)
    return {"form_token": found[1]} if found else {}


def ask_link(browser: TestClient, address: str, ve: str = "/") -> httpx.Response:
    return browser.post("/vao", data=form_of(browser, "/vao") | {"dia_chi": address, "ve": ve})


def press(browser: TestClient, path: str) -> httpx.Response:
    """Open the page of a link and press its button."""
    return browser.post(path, data=form_of(browser, path))


# ---- every route × every role ----------------------------------------------------------------------------------

VALUES = {"token": "a" * 32, "chosen": "vi", "form": "json", "id_": "1", "id": "1", "day": "2026-11-21", "number": "1",
          "rest": "nothing", "document": "x", "name": "x"}  # fmt: skip


def good_form(caller: TestClient) -> dict[str, Any]:
    """A form in which nothing is wrong, from the browser that asks."""
    kept = [f"{one.name}={one.value}" for one in caller.cookies.jar if one.name != "diemtin_form"]
    cookies = "; ".join([*kept, f"diemtin_form={'a' * 43}"])
    return {"data": {"form_token": "a" * 43}, "headers": {"Cookie": cookies}}


def address_of(route: APIRoute) -> str:
    def value(found: re.Match[str]) -> str:
        return VALUES.get(found[1], "1")

    return re.sub(r"\{(\w+)(?::\w+)?\}", value, route.path)


def routes_of() -> Iterator[tuple[APIRoute, str]]:
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            for method in sorted(route.methods):
                yield route, method


def callers_of(house: House) -> Mapping[str, tuple[TestClient, Role | None, bool]]:
    """By name who asks: with what role, and whether they may write."""
    callers: dict[str, tuple[TestClient, Role | None, bool]] = {
        "nobody": (house.browser(), None, True),
        "wrong token": (house.program("diemtin_" + "0" * 40), None, True),
    }
    for role in Role:
        name = role.name.lower()
        address = f"{name}@lamha.example"
        house.person(name, address)  # type: ignore[arg-type]
        callers[name] = (house.entered(address), role, True)
        callers[f"read token of {name}"] = (house.program(house.token("read", address)), role, False)
        callers[f"write token of {name}"] = (house.program(house.token("write", address)), role, True)
    return callers


def test_every_route_answers_those_whom_its_role_lets_and_nobody_else(house: House) -> None:
    fill(house.engine)
    callers = callers_of(house)
    asked = 0
    for route, method in routes_of():
        wanted = role_needed(route)
        if wanted is None:
            assert route.path in PUBLIC, f"{route.path} says nothing of who may see it"
            continue
        assert route.path not in PUBLIC
        for name, (caller, role, writes) in callers.items():
            may = role is not None and role >= wanted and (writes or method in ("GET", "HEAD"))
            # Who may write is told that the form has no token, and nothing is written; who may not sends a form
            # in which nothing is wrong, so it is for the role alone that it is refused.
            answer = caller.request(
                method, address_of(route), **({} if may or method == "GET" else good_form(caller))
            )
            told = f"{method} {route.path} for {name}: {answer.status_code} {answer.text[:200]}"
            if may:
                assert answer.status_code not in (401, 500), told
                assert answer.status_code != 403 or method not in ("GET", "HEAD"), told
                assert not answer.headers.get("Location", "").startswith("/vao?ve"), told
                if method not in ("GET", "HEAD") and answer.status_code == 403:
                    assert "không hợp lệ" in answer.text, told  # the form, not the role
            elif role is None:
                assert answer.status_code == 401 or answer.headers["Location"].startswith("/vao"), told
                assert "Lam Hà" not in answer.text, told
            else:
                assert answer.status_code == 403 and "Không đủ quyền" in answer.text, told
                assert "Lam Hà" not in answer.text, told
            asked += 1
    assert asked > 100


def test_what_is_no_route_of_ours_is_public_on_purpose(house: House) -> None:
    others = [route.path for route in house.app.routes if hasattr(route, "path")]
    assert others == ["/static"] and len(house.app.routes) == 1 + len(ROUTERS)


def test_a_route_that_does_not_say_who_may_see_it_is_no_application(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten = APIRouter()

    @forgotten.get("/quen")
    def page() -> str:
        return "x"

    monkeypatch.setattr(crawler.web.app, "ROUTERS", (forgotten,))
    with pytest.raises(RuntimeError, match="/quen"):
        House(engine)


def test_a_token_that_reads_passes_no_write_whatever_its_person_may(engine: sa.Engine) -> None:
    room = APIRouter(dependencies=[needs(Role.EDITOR)])

    @room.api_route("/viet", methods=["POST", "PUT", "PATCH", "DELETE"])
    def write() -> str:
        return "đã ghi"

    house = House(engine)
    house.app.include_router(room)
    house.person("operator")
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert house.program(house_token(house, "read")).request(method, "/viet").status_code == 403
    assert house.program(house_token(house, "write")).post("/viet").status_code == 200


def house_token(house: House, scope: api_tokens.Scope) -> str:
    with house.engine.begin() as conn:
        for one in api_tokens.list_tokens(conn, WHO):
            api_tokens.revoke_token(conn, one.id, who="command", now=house.now)
    return house.token(scope)


# ---- the way in ------------------------------------------------------------------------------------------------


def test_a_person_enters_by_the_link_of_a_mail_and_comes_to_the_page_that_was_asked_for(house: House) -> None:
    house.person("reader")
    browser = house.browser()
    turned_away = browser.get("/tim", params={"q": "đại hội"})
    assert turned_away.status_code == 303
    assert turned_away.headers["Location"].startswith("/vao?ve=%2Ftim%3Fq%3D")
    page = browser.get(turned_away.headers["Location"]).text
    back = re.search(r'name="ve" value="([^"]+)"', page)
    assert back is not None
    asked = ask_link(browser, "Van.Phong@LamHa.example", back[1])
    assert asked.status_code == 303 and "hộp thư" in browser.get(asked.headers["Location"]).text
    house.desk.wait()
    [mail] = house.way.sent
    assert mail.address == WHO and b"@" in mail.content
    entered = press(browser, house.link())
    assert entered.status_code == 303 and entered.headers["Location"] == "/tim?q=%C4%91%E1%BA%A1i+h%E1%BB%99i"
    assert browser.get(entered.headers["Location"]).status_code == 200
    assert WHO in browser.get("/").text


def test_looking_at_a_link_changes_nothing_and_pressing_its_button_does_once(house: House) -> None:
    house.person("reader")
    mine, scanner = house.browser(), house.browser(client="198.51.100.1")
    ask_link(mine, WHO)
    house.desk.wait()
    for _ in range(3):
        looked = scanner.get(house.link())
        assert looked.status_code == 200 and "<button" in looked.text and "v…@lamha.example" in looked.text
        assert SESSION_COOKIE not in looked.headers.get("Set-Cookie", "")
    assert press(mine, house.link()).status_code == 303
    assert mine.get("/").status_code == 200
    for _ in range(2):
        again = scanner.post(house.link(), data=form_of(scanner, "/vao"))
        assert again.status_code == 404 and "không dùng được nữa" in again.text
        assert scanner.get(house.link()).status_code == 404
    assert scanner.get("/").status_code == 303


def test_a_link_is_good_for_a_quarter_of_an_hour(house: House) -> None:
    house.person("reader")
    browser = house.browser()
    ask_link(browser, WHO)
    house.desk.wait()
    house.now += people.LINK_LIFETIME
    assert press(browser, house.link()).status_code == 404
    assert browser.post(house.link(), data=form_of(browser, "/vao")).status_code == 404
    house.now -= timedelta(seconds=1)
    assert press(browser, house.link()).status_code == 303


@pytest.mark.parametrize("path", ["/vao/x", "/vao/" + "A" * 32, "/vao/" + "a" * 32, "/vao/" + "a" * 4_000])
def test_a_guessed_link_opens_nothing(house: House, path: str) -> None:
    browser = house.browser()
    assert browser.get(path).status_code == 404
    assert browser.post(path, data=form_of(browser, "/vao")).status_code == 404


def test_a_wrong_address_is_answered_like_a_right_one(house: House) -> None:
    house.person("reader")
    house.person("editor", "da.bo@lamha.example")
    with house.engine.begin() as conn:
        people.remove_person(conn, "da.bo@lamha.example", who="command", now=MORNING)
    answers = []
    for address in (WHO, STRANGER, "da.bo@lamha.example"):
        browser = house.browser()
        asked = ask_link(browser, address)
        page = re.sub(r'value="[^"]*"', "", browser.get(asked.headers["Location"]).text)
        answers.append((asked.status_code, asked.headers["Location"], asked.text, page))
    assert len(set(answers)) == 1
    house.desk.wait()
    assert [one.address for one in house.way.sent] == [WHO]


def test_the_answer_does_not_wait_for_the_mail_or_the_store(house: House) -> None:
    """The time of an answer tells nothing: what differs happens after it, in a thread of its own."""
    house.person("reader")
    held: list[str] = []
    with house.engine.begin() as conn:  # the write lock is taken: who needed it would wait
        conn.execute(sa.update(schema_delivery.watch).values(language="vi"))
        for address in (WHO, STRANGER):
            held.append(ask_link(house.browser(), address).headers["Location"])
        assert house.way.sent == [] or house.engine.dialect.name == "postgresql"
    house.desk.wait()
    assert len(house.way.sent) == 1 and len(set(held)) == 1


def test_what_is_no_address_is_said_so_and_nothing_is_sent(house: House) -> None:
    browser = house.browser()
    for typed in ("", "khong-phai", "a@b@c", "a@lamha.example\nBcc: x@evil.example", "a@x"):
        assert ask_link(browser, typed).status_code == 400, typed
    house.desk.wait()
    assert house.way.sent == []


def test_nobodys_mailbox_is_filled_and_nobody_asks_without_end(engine: sa.Engine) -> None:
    seconds = [0.0]
    house = House(engine, sign_in_limits=RateLimit(burst=8, per_second=0.1, clock=lambda: seconds[0]))
    house.person("reader")
    browser = house.browser()
    token = form_of(browser, "/vao")

    def ask(client: TestClient = browser) -> int:
        return client.post("/vao", data=token | {"dia_chi": WHO}).status_code

    assert [ask() for _ in range(9)] == [303] * 8 + [429]
    house.desk.wait()
    assert len(house.way.sent) == people.MOST_LINKS
    assert browser.get("/vao/" + "a" * 32).status_code == 429, "guessing links draws from the same share"
    other = house.browser(client="198.51.100.9")
    token = form_of(other, "/vao")
    assert ask(other) == 303
    seconds[0] = 10.0
    token = form_of(browser, "/vao")
    assert ask() == 303


def test_the_link_begins_with_the_public_address_whatever_a_request_says_of_itself(house: House) -> None:
    house.person("reader")
    browser = house.browser()
    token = form_of(browser, "/vao")
    evil = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "Cookie": f"diemtin_form={token['form_token']}",
    }
    assert browser.post("/vao", data=token | {"dia_chi": WHO}, headers=evil).status_code == 303
    house.desk.wait()
    assert b"evil.example" not in house.way.sent[0].content and house.link().startswith("/vao/")


ELSEWHERE = ("//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "\\/evil.example",
             "javascript:alert(1)", "evil.example", "/\n/evil.example", " //evil.example", "/" + "a" * 9_000)  # fmt: skip


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_nobody_is_sent_to_another_site(house: House, elsewhere: str) -> None:
    house.person("reader")
    browser = house.browser()
    assert 'name="ve" value="/"' in browser.get("/vao", params={"ve": elsewhere}).text
    assert "evil" not in ask_link(browser, WHO, elsewhere).headers["Location"]
    house.desk.wait()
    assert press(browser, house.link()).headers["Location"] == "/"
    assert browser.get("/vao", params={"ve": elsewhere}).headers["Location"] == "/"
    assert browser.get("/ngon-ngu/en", params={"ve": elsewhere}).headers["Location"] == "/"


@given(st.text(max_size=40))
def test_a_way_back_stays_on_this_site(wanted: str) -> None:
    kept = own_path(wanted)
    assert kept == "/" or (kept == wanted and re.fullmatch(r"/(?![/\\])[^\x00-\x20\x7f]*", kept))
    assert httpx.URL(WEB).join(kept).host == "tin.example" or not kept.isascii()


def test_programs_get_a_problem_and_browsers_the_way_in(house: House) -> None:
    browser = house.browser()
    assert browser.get("/tim.csv").headers["Location"] == "/vao?ve=%2Ftim.csv"
    assert browser.get("/").headers["Location"] == "/vao"
    assert browser.post("/toi/ra").status_code == 401
    for path in ("/api/v1/articles", "/hom-nay.json"):
        answer = browser.get(path)
        assert answer.status_code == 401 and answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert browser.get("/tim", headers={"Accept": "*/*"}).status_code == 401
    assert house.program("diemtin_x").get("/tim").json()["status"] == 401


# ---- sessions --------------------------------------------------------------------------------------------------


def cookie_of(answer: httpx.Response, name: str) -> str:
    return next(one for one in answer.headers.get_list("set-cookie") if one.startswith(f"{name}="))


@pytest.mark.parametrize(
    ("public_https", "web", "secure"),
    [(True, "http://tin.example", True), (False, "http://tin.example", False), (False, WEB, True)],
)
def test_a_session_cookie_is_for_the_server_alone_and_for_https_where_there_is_one(
    engine: sa.Engine, public_https: bool, web: str, secure: bool
) -> None:
    house = House(engine, secure=public_https)
    house.person("reader")
    ask_link(house.browser(web=WEB if public_https else web), WHO)
    house.desk.wait()
    page = house.browser(web=web).get(house.link())
    token = re.search(r'name="form_token" value="([^"]+)"', page.text)
    assert token is not None and ("Secure" in cookie_of(page, "diemtin_form")) == secure
    entered = house.browser(web=web).post(
        house.link(), data={"form_token": token[1]}, headers={"Cookie": f"diemtin_form={token[1]}"}
    )
    cookie = cookie_of(entered, SESSION_COOKIE)
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie
    assert ("Secure" in cookie) == secure


def test_a_session_ends_on_time(house: House) -> None:
    house.person("reader")
    browser = house.entered()
    house.now += people.SESSION_LIFETIME - timedelta(seconds=1)
    assert browser.get("/").status_code == 200
    house.now += timedelta(seconds=1)
    assert browser.get("/").status_code == 303


def test_a_session_ends_when_its_person_is_taken_off_and_follows_the_role(house: House) -> None:
    house.person("reader")
    browser = house.entered()
    assert browser.get("/nhat-ky").status_code == 403
    with house.engine.begin() as conn:
        people.set_role(conn, WHO, "operator", who="command", now=MORNING)
    assert browser.get("/nhat-ky").status_code == 200
    with house.engine.begin() as conn:
        people.remove_person(conn, WHO, who="command", now=MORNING)
    assert browser.get("/").status_code == 303
    house.person("operator")
    assert browser.get("/").status_code == 303, "who comes back enters anew"


def test_signing_out_ends_this_browser_and_signing_out_everywhere_ends_all(house: House) -> None:
    house.person("reader")
    mine, other, third = (house.entered() for _ in range(3))
    kept = dict(mine.cookies)
    assert mine.post("/toi/ra", data=form_of(mine, "/toi")).headers["Location"] == "/vao"
    assert SESSION_COOKIE not in mine.cookies
    thief = house.browser()
    thief.cookies.update(kept)
    assert thief.get("/").status_code == 303, "the cookie is worth nothing any more"
    assert other.get("/").status_code == 200
    other.post("/toi/ra-het", data=form_of(other, "/toi"))
    assert [one.get("/").status_code for one in (mine, other, third)] == [303, 303, 303]


def test_who_enters_again_leaves_no_session_behind(house: House) -> None:
    house.person("reader")
    browser = house.entered()
    ask_link(other := house.browser(), WHO)
    house.desk.wait()
    assert other is not browser and press(browser, house.link()).status_code == 303
    with house.engine.connect() as conn:
        assert len(people.sessions_of(conn, WHO, now=house.now)) == 1


def test_the_last_use_is_noted_by_the_hour(house: House) -> None:
    house.person("reader")
    browser = house.entered()

    def used() -> datetime:
        with house.engine.connect() as conn:
            [one] = people.sessions_of(conn, WHO, now=house.now)
        return one.used

    house.now += people.TOUCH - timedelta(seconds=1)
    browser.get("/")
    assert used() == MORNING
    house.now += timedelta(seconds=1)
    browser.get("/")
    assert used() == house.now


def test_a_form_from_elsewhere_signs_nobody_in_or_out(house: House) -> None:
    house.person("reader")
    browser = house.entered()
    for path in ("/toi/ra", "/toi/ra-het", "/toi/ma", "/vao", "/vao/" + "a" * 32):
        assert browser.post(path, data={"dia_chi": WHO, "ten": "x"}).status_code == 403, path
        token = form_of(browser, "/toi")
        cross = browser.post(path, data=token | {"ten": "x"}, headers={"Sec-Fetch-Site": "cross-site"})
        assert cross.status_code == 403, path
    assert browser.get("/").status_code == 200


# ---- tokens ----------------------------------------------------------------------------------------------------


def test_a_token_is_made_shown_once_used_and_revoked(house: House) -> None:
    house.person("editor")
    browser = house.entered()
    made = browser.post("/toi/ma", data=form_of(browser, "/toi") | {"ten": "máy <in>", "quyen": "read"})
    assert made.status_code == 200 and made.headers["Cache-Control"] == "no-store"
    found = re.search(r"diemtin_[0-9a-f]{40}", made.text)
    assert found is not None and "máy &lt;in&gt;" in made.text
    page = browser.get("/toi").text
    assert found[0] not in page and "máy &lt;in&gt;" in page
    program = house.program(found[0])
    assert program.get("/api/v1/articles").status_code == 200
    assert program.post("/toi/ra-het").status_code == 403
    revoke = re.search(r"/toi/ma/\d+/thu-hoi", page)
    assert revoke is not None
    assert browser.post(revoke[0], data=form_of(browser, "/toi")).status_code == 303
    assert program.get("/api/v1/articles").status_code == 401


def test_nobody_revokes_a_token_of_somebody_else(house: House) -> None:
    house.person("reader")
    house.person("reader", "khac@ankhe.example")
    program = house.program(house.token("read", "khac@ankhe.example"))
    browser = house.entered()
    refused = browser.post("/toi/ma/1/thu-hoi", data=form_of(browser, "/toi"))
    assert refused.status_code == 400 and program.get("/").status_code == 200
    for number in ("0", "x", "99999999999999999999"):
        assert browser.post(f"/toi/ma/{number}/thu-hoi", data=form_of(browser, "/toi")).status_code == 400


def test_a_token_makes_no_tokens_and_ends_no_sessions(house: House) -> None:
    house.person("operator")
    program = house.program(house.token("write"))
    program.cookies.set("diemtin_form", "a" * 43)
    for path in ("/toi/ma", "/toi/ra", "/toi/ra-het", "/toi/ma/1/thu-hoi"):
        assert program.post(path, data={"form_token": "a" * 43, "ten": "x"}).status_code == 403, path


def test_a_wrong_token_is_nobody_even_at_this_machine(engine: sa.Engine) -> None:
    house = House(engine, local=True, secure=False)
    here = TestClient(house.app, base_url="http://127.0.0.1", client=("127.0.0.1", 50_000))
    assert here.get("/").status_code == 200
    for header in ("Bearer diemtin_x", "bearer x", "Bearer "):
        answer = here.get("/", headers={"Authorization": header}, follow_redirects=False)
        assert answer.status_code == 401, header
    assert here.get("/", headers={"Authorization": "Basic eDp5"}).status_code == 200, "a proxy's own"


# ---- this machine ----------------------------------------------------------------------------------------------


def test_at_this_machine_nobody_needs_an_account_whoever_else_has_one(engine: sa.Engine) -> None:
    house = House(engine, local=True, secure=False)
    house.person("reader")
    here = TestClient(house.app, base_url="http://localhost", client=("127.0.0.1", 50_000))
    assert here.get("/nhat-ky").status_code == 200 and "Máy này" in here.get("/toi").text
    away = house.browser()
    assert away.get("http://127.0.0.1/nhat-ky").status_code == 303


def test_a_proxy_without_headers_is_not_at_this_machine(engine: sa.Engine) -> None:
    """nginx as it comes speaks HTTP/1.0 to what is behind it, names it 127.0.0.1 and adds no header."""
    house = House(engine, local=True, secure=False)

    async def as_1_0(scope: Any, receive: Any, send: Any) -> None:
        await house.app(dict(scope) | {"http_version": "1.0"}, receive, send)

    for app, status in ((as_1_0, 401), (house.app, 200)):
        assert (
            TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 5)).get("/").status_code
            == status
        )


# ---- limits, failures ------------------------------------------------------------------------------------------


def test_a_client_that_asks_for_pages_without_end_waits_and_others_do_not(engine: sa.Engine) -> None:
    house = House(engine, page_limits=RateLimit(burst=3, per_second=0.01))
    house.person("reader")
    program = house.program(house.token("read"))
    answers = [program.get("/api/v1/sources") for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert answers[3].headers["Retry-After"] and answers[3].json()["status"] == 429
    assert house.browser().get("/").status_code == 303


def test_a_mail_server_that_asks_for_patience_gets_it_and_the_operator_hears_of_one_that_refuses(
    house: House,
) -> None:
    house.person("reader")
    with house.engine.begin() as conn:
        watches.ensure_operator(conn, "van.hanh@lamha.example", now=MORNING)
    house.way.answers = [Later("451 greylisted"), Sent()]
    ask_link(house.browser(), WHO)
    house.desk.wait()
    assert len(house.way.sent) == 2 and house.slept == [5.0]
    house.way.answers = [Refused("550 no such user")] * 2
    for _ in range(2):
        assert ask_link(house.browser(), WHO).status_code == 303
    house.desk.wait()
    with house.engine.connect() as conn:
        [body] = conn.execute(sa.select(schema_delivery.alert.c.body)).scalars()
    assert (body["event"], body["about"], body["detail"]) == ("dead_delivery", WHO, "550 no such user")


def test_a_mail_that_breaks_the_desk_keeps_nobody_else_out(house: House) -> None:
    house.person("reader")

    def break_once(delivery: Delivery) -> Outcome:
        raise ZeroDivisionError

    working, house.way.send = house.way.send, break_once  # type: ignore[method-assign]
    ask_link(house.browser(), WHO)
    house.desk.wait()
    house.way.send = working  # type: ignore[method-assign]
    ask_link(house.browser(), WHO)
    house.desk.wait()
    assert len(house.way.sent) == 1


def test_mails_go_into_the_outbox_where_no_server_is_set(engine: sa.Engine, tmp_path: Path) -> None:
    with engine.begin() as conn:
        people.add_person(conn, WHO, "reader", who="command", now=MORNING)
    desk = SignInDesk(engine, MailSettings(), tmp_path / "outbox", web=WEB, clock=lambda: MORNING)
    for language, subject in (("vi", "Liên kết vào trang điểm tin"), ("en", "Your link to the press pages")):
        desk.ask(WHO, back="/", language=language)
        desk.wait()
        mails = {
            str(one["Subject"]): one
            for path in (tmp_path / "outbox").glob("*.eml")
            if (one := email.message_from_bytes(path.read_bytes(), policy=email.policy.default))
        }
        assert subject in mails
        page = mails[subject].get_body(("html",))
        assert page is not None and f'href="{WEB}/vao/' in page.get_content() and WHO in page.get_content()
    assert (tmp_path / "outbox").stat().st_mode & 0o077 == 0


# ---- the log ---------------------------------------------------------------------------------------------------


def test_the_log_shows_who_did_what_and_can_be_taken_away(house: House) -> None:
    house.person("operator")
    browser = house.entered()
    with house.engine.begin() as conn:
        for n in range(120):
            audit(
                conn,
                WHO,
                "article.topics",
                str(n),
                before={"topics": ["a"]},
                after={"topics": ["<b>", "=1"]},
                now=MORNING,
            )
    page = browser.get("/nhat-ky").text
    assert page.count("sửa chủ đề</a>") == 50 and "&lt;b&gt;" in page and "<b>" not in page
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following is not None
    assert browser.get(following[1].replace("&amp;", "&")).text.count("sửa chủ đề</a>") == 50
    assert "thêm người" in browser.get("/nhat-ky?viec=user").text
    assert "lệnh trên máy" in browser.get("/nhat-ky?ai=command").text
    rows = list(csv.reader(io.StringIO(browser.get("/nhat-ky.csv").content.decode("utf-8-sig"))))
    assert len(rows) == 123 and rows[0][1] == "Ai"
    told = browser.get("/nhat-ky.json", params={"viec": "user.add"}).json()
    assert (told["total"], told["rows"][0]["after"]) == (1, {"role": "operator"})
    assert "Không dòng nào khớp" in browser.get("/nhat-ky?ai=khong-ai").text
    assert browser.get("/nhat-ky?after=x").status_code == 400


def test_what_a_person_does_on_the_pages_is_in_the_log(house: House) -> None:
    house.person("reader")
    browser = house.entered()
    made = browser.post("/toi/ma", data=form_of(browser, "/toi") | {"ten": "máy", "quyen": "write"})
    browser.post("/toi/ma/1/thu-hoi", data=form_of(browser, "/toi"))
    browser.post("/toi/ra", data=form_of(browser, "/toi"))
    with house.engine.connect() as conn:
        rows = audit_page(conn, who=WHO, limit=50).items
    assert [one.what for one in rows] == ["session.end", "token.revoke", "token.add", "session.start"]
    secret = re.search(r"diemtin_[0-9a-f]{40}", made.text)
    assert secret is not None and secret[0] not in str(rows)


def noted() -> Iterator[str]:
    """What the code says to `audit` that was done."""
    for path in (Path(crawler.web.app.__file__).parents[1]).rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = (
                getattr(call.func, "id", getattr(call.func, "attr", "")) if isinstance(call, ast.Call) else ""
            )
            if isinstance(call, ast.Call) and name in ("audit", "_note"):
                for given in call.args:
                    if isinstance(given, ast.JoinedStr):  # f"article.{kind}"
                        yield from (f"article.{kind}" for kind in get_args(CorrectionKind))
                    elif isinstance(given, ast.Constant) and re.fullmatch(r"\w+\.\w+", str(given.value)):
                        yield str(given.value)


def test_whatever_is_noted_has_a_name_in_both_languages() -> None:
    found = set(noted())
    assert len(found) > 15 and found == set(NAMES)
