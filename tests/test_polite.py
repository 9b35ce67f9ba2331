"""A polite guest: the gate under clocks of the test's own, and real crawls of a small loopback press."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import sqlalchemy as sa
from scrapy import Request

from crawler import settings
from crawler.crawl.agent import agent_name
from crawler.crawl.download import PoliteHandler, PrivateAddress, retry_after_seconds
from crawler.crawl.gate import BREAK_AFTER, FIRST_BREAK, LONGEST_BREAK, Gate, HostClosed, Timing
from crawler.store.database import open_database
from crawler.store.frontier import Channel, OwedLink, record_look
from tests.small_press import NOW, Answer, Ask, Hit, Outlet, crawl, serving, start


@dataclass
class Clock:
    """Time that passes only where it is slept."""

    seconds: float = 0.0
    naps: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)

    @property
    def timing(self) -> Timing:
        return Timing(lambda: self.seconds, lambda: NOW + timedelta(seconds=self.seconds), self.sleep)


@contextmanager
def a_store(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_database(f"sqlite:///{tmp_path / 'd.db'}")
    yield engine
    engine.dispose()


HOST = "bao.example"


async def ask(
    gate: Gate, delay: float = 1.0, *, fails: bool = False, retry_after: float | None = None
) -> None:
    async with gate.turn(HOST, delay):
        if fails:
            gate.failed(HOST, "HTTP 503", retry_after)
        else:
            gate.succeeded(HOST)


@pytest.mark.parametrize(
    ("row", "robots", "wait"), [(1.0, 0.0, 1.0), (1.0, 5.0, 5.0), (3.0, 2.0, 3.0), (1.0, 100.0, 100.0)]
)
def test_the_larger_of_the_rows_delay_and_crawl_delay_lies_between_requests(
    tmp_path: Path, row: float, robots: float, wait: float
) -> None:
    with a_store(tmp_path) as engine:
        clock = Clock()
        gate = Gate(engine, timing=clock.timing)

        async def go() -> None:
            await ask(gate, row)
            gate.note_robots_delay(HOST, robots)
            await ask(gate, row)
            await ask(gate, row)

        asyncio.run(go())
        assert clock.seconds == pytest.approx(2 * wait)


def test_a_crawl_delay_too_long_to_wait_for_is_said(tmp_path: Path) -> None:
    with a_store(tmp_path) as engine:
        gate = Gate(engine, timing=Clock().timing)

        async def go() -> None:
            await ask(gate)
            gate.note_robots_delay(HOST, 3600)
            await ask(gate)

        with pytest.raises(HostClosed, match=r"robots\.txt asks for 3600 s between requests"):
            asyncio.run(go())


def test_refusals_widen_the_delay_and_an_answer_ends_that(tmp_path: Path) -> None:
    with a_store(tmp_path) as engine:
        clock = Clock()
        gate = Gate(engine, timing=clock.timing)

        async def go() -> None:
            for _ in range(3):
                await ask(gate, fails=True)
            await ask(gate)
            await ask(gate)

        asyncio.run(go())
        assert clock.naps == pytest.approx([2, 4, 8, 1])


def test_a_host_that_fails_again_and_again_is_left_alone_in_every_process(tmp_path: Path) -> None:
    with a_store(tmp_path) as engine:
        clock = Clock()

        def a_process(number: int) -> Gate:
            return Gate(engine, timing=clock.timing, name=f"elsewhere:{number}")

        async def fail_once(number: int) -> None:
            gate = a_process(number)
            await ask(gate, fails=True)
            gate.leave()

        for number in range(BREAK_AFTER):  # each failure in a process of its own
            asyncio.run(fail_once(number))
        refused = a_process(90)
        with pytest.raises(HostClosed, match="HTTP 503"):
            asyncio.run(ask(refused))
        refused.leave()
        clock.seconds += FIRST_BREAK.total_seconds() + 1
        asyncio.run(fail_once(91))  # one try; it fails, and the break is twice as long
        clock.seconds += FIRST_BREAK.total_seconds() + 1
        refused = a_process(92)
        with pytest.raises(HostClosed):
            asyncio.run(ask(refused))
        refused.leave()
        clock.seconds += FIRST_BREAK.total_seconds()
        gate = a_process(93)
        asyncio.run(ask(gate))  # it answers: all is forgotten
        for _ in range(BREAK_AFTER - 1):
            asyncio.run(ask(gate, fails=True))
        asyncio.run(ask(gate))


def test_the_longest_break_is_bounded(tmp_path: Path) -> None:
    with a_store(tmp_path) as engine:
        clock = Clock()
        gate = Gate(engine, timing=clock.timing)
        for _ in range(40):
            asyncio.run(ask(gate, fails=True))
            clock.seconds += LONGEST_BREAK.total_seconds() + 1
        asyncio.run(ask(gate))


@pytest.mark.parametrize(("asked", "closed"), [(30.0, False), (600.0, True)])
def test_retry_after_is_honoured(tmp_path: Path, asked: float, closed: bool) -> None:
    with a_store(tmp_path) as engine:
        clock = Clock()
        gate = Gate(engine, timing=clock.timing)
        asyncio.run(ask(gate, fails=True, retry_after=asked))
        if closed:
            with pytest.raises(HostClosed):
                asyncio.run(ask(gate))
            gate.leave()
            with pytest.raises(HostClosed):
                asyncio.run(ask(Gate(engine, timing=clock.timing, name="elsewhere:1")))
        else:
            asyncio.run(ask(gate))
            assert clock.seconds == pytest.approx(asked)


def test_two_processes_take_turns_at_a_host_and_keep_its_delay(tmp_path: Path) -> None:
    with a_store(tmp_path) as engine:
        clock = Clock()
        log: list[tuple[str, float]] = []

        async def a_process(name: str, requests: int) -> None:
            gate = Gate(engine, timing=clock.timing, name=f"elsewhere:{name}", patience=1000)
            for _ in range(requests):
                async with gate.turn(HOST, 1.0):
                    log.append((name, clock.seconds))
                gate.succeeded(HOST)
            gate.leave()

        async def go() -> None:
            await asyncio.gather(a_process("a", 40), a_process("b", 5))

        asyncio.run(go())
        assert all(after - before >= 1 - 1e-6 for (_, before), (_, after) in pairwise(log))
        last_b = max(position for position, (name, _) in enumerate(log) if name == "b")
        assert last_b < 30, "a long crawl gives way to a short one"


def test_a_host_held_by_another_process_is_said_so_after_a_while(tmp_path: Path) -> None:
    with a_store(tmp_path) as engine:
        clock = Clock()
        holder = Gate(engine, timing=clock.timing, name="elsewhere:1", patience=5)

        async def go() -> None:
            async with holder.turn(HOST, 1.0):
                with pytest.raises(HostClosed, match="held by elsewhere:1"):
                    await ask(Gate(engine, timing=clock.timing, name="elsewhere:2", patience=5))

        asyncio.run(go())


def test_a_dead_process_on_this_machine_holds_nothing(tmp_path: Path) -> None:
    with a_store(tmp_path) as engine:
        clock = Clock()
        dead = Gate(engine, timing=clock.timing, name=f"{socket.gethostname()}:4194999")
        asyncio.run(ask(dead))
        clock.naps.clear()
        asyncio.run(ask(Gate(engine, timing=clock.timing, name="elsewhere:2", patience=5)))
        assert sum(clock.naps) <= 1.5


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(b"120", 120.0), (b" 7 ", 7.0), (b"Sat, 21 Nov 2026 01:01:00 GMT", 60.0), (b"Fri, 20 Nov 2026 01:00:00 GMT", 0.0),
     (b"soon", None), (b"", None), (None, None)],
)  # fmt: skip
def test_retry_after_is_a_number_or_a_date(header: bytes | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, NOW) == seconds


def test_the_agent_name_carries_a_contact_and_tls_is_never_weakened() -> None:
    assert "+toa-soan@example.org" in agent_name("toa-soan@example.org")
    assert settings.DOWNLOAD_VERIFY_CERTIFICATES is True
    assert settings.ROBOTSTXT_OBEY is True
    assert settings.COOKIES_ENABLED is False


# ---- crawls ------------------------------------------------------------------------------------------------


def busy_once(outlet: Outlet, ask: Ask) -> Answer | None:
    """The first two requests for an article are refused with a pause of one second."""
    if "post" in ask.path and len(outlet.asked("post")) < 2:
        return Answer("bận", 429, {"Retry-After": "1"})
    return None


def always_busy(outlet: Outlet, ask: Ask) -> Answer | None:
    return None if ask.path == "/robots.txt" else Answer("nghỉ", 503, {"Retry-After": "3600"})


def bot_wall(outlet: Outlet, ask: Ask) -> Answer | None:
    if "post" not in ask.path:
        return None
    return Answer(
        "<html><head><title>Just a moment...</title></head><body><noscript>Enable JavaScript and cookies to continue"
        "</noscript><script src='/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1'></script></body></html>",
        403,
    )


def enormous(outlet: Outlet, ask: Ask) -> Answer | None:
    """One article is enormous, another unpacks to something enormous."""
    if "post4." in ask.path:
        return Answer("x" * 300_000)
    if "post3." in ask.path:
        return Answer(gzip.compress(b"y" * 300_000), headers={"Content-Encoding": "gzip"})
    return None


def moved(outlet: Outlet, ask: Ask) -> Answer | None:
    """One article is sent on by its status, another by a tag in its head; both stand under an address of their own."""
    if ask.path.startswith("/dau/"):
        return outlet.answer(Ask(ask.path.removeprefix("/dau"), ask.query, ask.headers))
    if "post4." in ask.path and "/dau/" not in ask.path and len(outlet.asked("post4")) == 0:
        return Answer("", 301, {"Location": f"/dau{ask.path}"})
    if "post3." in ask.path and len(outlet.asked("post3")) == 0:
        return Answer(
            f"<html><head><meta http-equiv='Refresh' content='0; url=/dau{ask.path}'></head></html>"
        )
    return None


def half_down(outlet: Outlet, ask: Ask) -> Answer | None:
    """One section has not changed since it was first asked, the other one breaks after that."""
    if ask.path == "/tin-dang/":
        return Answer("hỏng", 500) if len(outlet.asked("/tin-dang/")) else None
    if ask.path == "/xay-dung-dang/" and not ask.query:
        if "if-none-match" in ask.headers:
            return Answer(status=304)
        return Answer(outlet.listing(sorted(outlet.articles, reverse=True)), headers={"ETag": '"1"'})
    return None


def press() -> dict[str, Outlet]:
    made = [
        Outlet("cham", robots=Answer("User-agent: *\nCrawl-delay: 0.6\n")),
        Outlet(
            "cam-bai",
            robots=Answer("User-agent: diemtin\nDisallow: /*-post4.html\n\nUser-agent: *\nDisallow: /\n"),
        ),
        Outlet("cam-muc", robots=Answer("User-agent: *\nDisallow: /xay-dung-dang/\n")),
        Outlet("robots-hong", robots=Answer("<h1>500</h1>", 500)),
        Outlet("robots-khong", robots=Answer("User-agent: *\nDisallow: /", 404)),
        Outlet("ban-mot-luc", rules=[busy_once]),
        Outlet("nghi-dai", rules=[always_busy]),
        Outlet("tuong", rules=[bot_wall]),
        Outlet("qua-lon", rules=[enormous]),
        Outlet("doi-cho", rules=[moved]),
        Outlet("hong-mot-nua", sections=("xay-dung-dang", "tin-dang"), rules=[half_down]),
        Outlet("khong-co-gi-moi"),
    ]
    for outlet in made:
        outlet.add(1, 5)
    return {outlet.id: outlet for outlet in made}


@dataclass
class Visit:
    """Two crawls of the press: what they said, and what was asked in each."""

    said: list[Any]
    hits: list[dict[str, list[Hit]]]
    health: dict[str, Any]
    outcomes: dict[str, list[str]]
    outlets: dict[str, Outlet]


def kept(said: Any) -> int:
    """Articles a source brought; the outlets print the same ones, so most are copies."""
    return int(said["stored"] + said["duplicate_kept"])


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    """Two crawls: the first by two processes at once, the second by one, after the faults have gone."""
    folder = tmp_path_factory.mktemp("visit")
    outlets = press()
    done = Visit([], [], {}, {}, outlets)
    small = {"DIEMTIN_CRAWL__MAX_PAGE_BYTES": "200000"}
    with serving(*outlets.values(), folder=folder) as rows:
        # a second outlet on the first one's host: two sources, one host
        twin = (rows / "cham.toml").read_text().replace('id = "cham"', 'id = "cham-hai"')
        (rows / "cham-hai.toml").write_text(twin.replace("/xay-dung-dang/", "/tin-dang/"), encoding="utf-8")
        outlets["cham"].sections = ("xay-dung-dang", "tin-dang")
        other = start(rows, folder, "crawl", "--json", "cham-hai", DIEMTIN_NOW=NOW.isoformat(), **small)
        done.said.append(crawl(rows, folder, *outlets, **small))
        out, _ = other.communicate(timeout=120)
        done.said[0] |= json.loads(out)
        done.hits.append({name: list(outlet.hits) for name, outlet in outlets.items()})
        outlets["robots-hong"].robots = Answer(status=404)
        for outlet in outlets.values():
            outlet.hits.clear()
        later = NOW + timedelta(minutes=30)
        done.said.append(crawl(rows, folder, now=later, **small))
        done.hits.append({name: list(outlet.hits) for name, outlet in outlets.items()})
        shown = start(rows, folder, "health", "--json", DIEMTIN_NOW=later.isoformat())
        done.health = {row["source"]: row for row in json.loads(shown.communicate(timeout=60)[0])}
        engine = open_database(f"sqlite:///{folder / 'diemtin.db'}")
        with engine.connect() as connection:
            for source, outcome in connection.execute(sa.text("SELECT source, outcome FROM run ORDER BY id")):
                done.outcomes.setdefault(source, []).append(outcome)
        engine.dispose()
        yield done


def test_one_request_at_a_time_per_host_over_sources_and_processes_with_the_crawl_delay(visit: Visit) -> None:
    hits = sorted(visit.hits[0]["cham"], key=lambda hit: hit.began)
    assert len(hits) >= 9
    assert all(after.began >= before.ended for before, after in pairwise(hits))
    # The very first request of a process knows no robots.txt yet; all others keep its delay.
    asked = [hit for hit in hits if hit.path != "/robots.txt"]
    assert all(after.began - before.ended >= 0.55 for before, after in pairwise(asked))
    assert kept(visit.said[0]["cham"]) + kept(visit.said[0]["cham-hai"]) == 5


def test_what_robots_forbids_is_not_asked(visit: Visit) -> None:
    assert not [hit for hit in visit.hits[0]["cam-bai"] if "post4.html" in hit.path]
    assert visit.said[0]["cam-bai"]["dropped"] == {"robots": 1}
    assert [hit.path for hit in visit.hits[0]["cam-muc"]] == ["/robots.txt"]


def test_no_link_that_waits_for_robots_txt_slips_past_it(tmp_path: Path) -> None:
    """What an earlier crawl left owed is asked for at once: many requests wait for one robots.txt."""
    outlet = Outlet(
        "cho-robots", robots=Answer("User-agent: *\nDisallow: /*-post5.html\nDisallow: /*-post8.html\n")
    )
    outlet.add(1, 9)
    with serving(outlet, folder=tmp_path) as rows:
        engine = open_database(f"sqlite:///{tmp_path / 'diemtin.db'}")
        owed = [OwedLink(outlet.url(n), outlet.url(n), None, None, None) for n in outlet.articles]
        listing = Channel(outlet.id, f"{outlet.base}/xay-dung-dang/", "listing")
        record_look(engine, listing, owed, since=NOW, now=NOW)
        engine.dispose()
        said = crawl(rows, tmp_path, outlet.id)
    assert not outlet.asked("post5|post8")
    assert said[outlet.id]["dropped"] == {"robots": 2}


def test_a_robots_txt_that_answers_500_forbids_all_until_it_can_be_read(visit: Visit) -> None:
    assert {hit.path for hit in visit.hits[0]["robots-hong"]} == {"/robots.txt"}
    assert kept(visit.said[1]["robots-hong"]) == 5


def test_a_robots_txt_that_is_not_there_allows_all_whatever_its_error_page_says(visit: Visit) -> None:
    assert kept(visit.said[0]["robots-khong"]) == 5


def test_a_short_pause_is_waited_for(visit: Visit) -> None:
    hits = sorted(visit.hits[0]["ban-mot-luc"], key=lambda hit: hit.began)
    refused = [position for position, hit in enumerate(hits) if hit.status == 429]
    assert len(refused) == 2
    assert all(hits[position + 1].began - hits[position].ended >= 1 for position in refused)
    assert kept(visit.said[0]["ban-mot-luc"]) == 5


def test_a_long_pause_is_remembered_by_the_next_process(visit: Visit) -> None:
    assert [hit.path for hit in visit.hits[0]["nghi-dai"]] == ["/robots.txt", "/xay-dung-dang/"]
    assert visit.hits[1]["nghi-dai"] == []
    assert visit.outcomes["nghi-dai"] == ["failed", "failed"]


def test_a_bot_wall_ends_the_run_and_its_links_stay_owed(visit: Visit) -> None:
    asked = [hit for hit in visit.hits[0]["tuong"] if "post" in hit.path]
    assert 1 <= len(asked) <= 3
    assert visit.outcomes["tuong"][0] == "blocked"
    assert kept(visit.said[0]["tuong"]) == 0


def test_answers_are_bounded_in_size_packed_and_unpacked(visit: Visit) -> None:
    assert visit.said[0]["qua-lon"]["dropped"]["too_large"] == 2


def test_every_request_names_us_and_a_contact(visit: Visit) -> None:
    for hits in visit.hits[0].values():
        assert all(
            "diemtin/" in (hit.agent or "") and "toa-soan@example.org" in (hit.agent or "") for hit in hits
        )


def slug(n: int) -> str:
    """The last part of an article's address."""
    return Outlet("").url(n).rpartition("/")[2]


def test_a_redirect_by_status_or_by_a_tag_is_followed_and_nobody_is_told_where_we_come_from(
    visit: Visit,
) -> None:
    hits = visit.hits[0]["doi-cho"]
    assert {n for n in range(1, 6) if any(f"/dau/{slug(n)}" in hit.path for hit in hits)} == {3, 4}
    assert kept(visit.said[0]["doi-cho"]) == 5
    assert all(hit.referer is None for each in visit.hits[0].values() for hit in each)


def test_a_section_that_breaks_beside_one_without_news_is_no_failed_run(visit: Visit) -> None:
    assert visit.outcomes["hong-mot-nua"][-1] == "finished"
    assert "HTTP 500" in visit.said[1]["hong-mot-nua"]["problem"]


def test_blocked_and_nothing_new_are_different_things(visit: Visit) -> None:
    assert visit.outcomes["khong-co-gi-moi"] == ["finished", "finished"]
    assert visit.outcomes["cam-muc"] == ["blocked", "blocked"]
    assert visit.outcomes["robots-hong"] == ["failed", "finished"]
    states = {name: visit.health[name]["state"] for name in visit.outlets}
    assert states["khong-co-gi-moi"] == "good"
    assert {states[name] for name in ("cam-muc", "tuong")} == {"blocked"}
    assert states["nghi-dai"] == "failing", "a server that is busy for hours keeps nobody out on purpose"


@pytest.mark.parametrize(
    "target", ["127.0.0.1", "10.1.2.3", "169.254.10.20", "localhost", "[::1]", "0x7f000001"]
)
def test_a_redirect_into_a_private_network_is_refused_before_it_is_asked(target: str) -> None:
    # Every request passes the handler, those after a redirect too; it refuses before it takes a turn.
    handler = object.__new__(PoliteHandler)
    handler._allow_private = False
    handler.crawler = Mock(stats=None)
    request = Request(f"http://{target}/", meta={"redirect_urls": ["https://bao.example/"]})
    with pytest.raises(PrivateAddress):
        asyncio.run(handler.download_request(request))


def test_private_addresses_are_refused_unless_they_are_allowed(tmp_path: Path) -> None:
    outlet = Outlet("rieng")
    outlet.add(1, 5)
    with serving(outlet, folder=tmp_path) as rows:
        said = crawl(rows, tmp_path, "rieng", DIEMTIN_ALLOW_PRIVATE="0")
    assert outlet.hits == []
    assert "private address" in said["rieng"]["problem"]


def test_a_name_that_turns_private_after_it_was_looked_at_is_not_connected_to(tmp_path: Path) -> None:
    # The names of the child are asked of this resolver: who looks is told a public address, who connects a private one.
    (tmp_path / "sitecustomize.py").write_text(
        "import socket\n"
        "def connects(name):\n"
        "    return '127.0.1.1' if name == 'bao-doi-ten.example' else name\n"
        "def looks(name, port, *_, **__):\n"
        "    return [(socket.AF_INET, socket.SOCK_STREAM, 6, '', ('203.162.4.1', port or 0))]\n"
        "socket.gethostbyname, socket.getaddrinfo = connects, looks\n",
        encoding="utf-8",
    )
    outlet = Outlet("doi-ten", delay=1)
    outlet.add(1, 3)
    with serving(outlet, folder=tmp_path) as rows:
        outlet.base = outlet.base.replace("127.0.1.1", "bao-doi-ten.example")
        (rows / "doi-ten.toml").write_text(outlet.toml(), encoding="utf-8")
        said = crawl(rows, tmp_path, "doi-ten", DIEMTIN_ALLOW_PRIVATE="0", PYTHONPATH=str(tmp_path))
        assert outlet.hits == []
        assert "bao-doi-ten.example is a private address" in said["doi-ten"]["problem"]
        allowed = crawl(rows, tmp_path, "doi-ten", now=NOW + timedelta(hours=1), PYTHONPATH=str(tmp_path))
    assert allowed["doi-ten"]["found"] == 3, "the same name, where the operator allows it"
