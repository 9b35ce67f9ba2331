"""The pages as processes: beside the schedule, over the demo, behind a proxy, and refused where they would stand open."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from crawler.store import people
from crawler.store.database import open_database
from tests.press_room import MORNING
from tests.test_schedule import until
from tests.test_watching import Diemtin, diemtin, store  # noqa: F401  fixtures

WHO = "van.phong@lamha.example"
ADDRESS = re.compile(r"http://([\d.]+):(\d+)/")


class Running:
    """A command that serves the pages, with what it says on stderr."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process, self.said = process, list[str]()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stderr is not None
        self.said.extend(iter(self.process.stderr.readline, ""))

    def address(self, number: int = 1) -> tuple[str, int]:
        """Where the pages stand, as the `number`-th start of theirs said."""

        def told() -> list[tuple[str, str]]:
            found = [one.groups() for one in map(ADDRESS.search, list(self.said)) if one]
            return found if len(found) >= number else []

        host, port = until(f"the pages are open: {self.said}", told)[number - 1]
        return host, int(port)

    def ask(self, path: str, *, number: int = 1, **headers: str) -> tuple[int, http.client.HTTPMessage, str]:
        connection = http.client.HTTPConnection(*self.address(number), timeout=30)
        connection.request("GET", path, headers={"Accept": "text/html", **headers})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, answer.headers, text


@contextmanager
def running(data: Path, *words: str, **settings: str) -> Iterator[Running]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("DIEMTIN_")}
    environ |= {f"DIEMTIN_{name}": value for name, value in settings.items()}
    command = [sys.executable, "-m", "crawler", "--data", str(data), *words]
    with subprocess.Popen(
        command,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Running(process)
        finally:
            if process.poll() is None:
                process.kill()


def children_of(pid: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "-ww", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()[1:]]
    return [int(child) for child, parent, args in rows if int(parent) == pid and " web" in args]


def is_gone(pid: int) -> Callable[[], bool]:
    def gone() -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        stat = Path(f"/proc/{pid}/stat")
        return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z"

    return gone


def test_the_pages_run_beside_the_schedule_come_back_when_they_die_and_end_with_it(tmp_path: Path) -> None:
    with running(tmp_path, "run", "--web", "--port", "0", SHIPPED_SOURCES="0") as box:
        assert box.ask("/")[0] == 200
        [pages] = children_of(box.process.pid)
        os.kill(pages, signal.SIGKILL)
        until("it is said", lambda: any("diemtin web đã dừng (mã -9)" in line for line in box.said))
        assert box.ask("/", number=2)[0] == 200
        [again] = children_of(box.process.pid)
        assert again != pages
        box.process.send_signal(signal.SIGTERM)
        assert box.process.wait(60) == 0
        until("they end with it", is_gone(again))


def test_pages_do_not_outlive_a_schedule_that_was_killed(tmp_path: Path) -> None:
    with running(tmp_path, "run", "--web", "--port", "0", SHIPPED_SOURCES="0") as box:
        assert box.ask("/")[0] == 200
        [pages] = children_of(box.process.pid)
        box.process.kill()
        until("they end with it", is_gone(pages))


def test_a_host_that_others_reach_is_refused_while_nobody_could_enter(
    store: sa.Engine,  # noqa: F811
    diemtin: Diemtin,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1"):
        for command in (("web",), ("run", "--web")):
            refused = diemtin(*command, "--host", host, "--port", "0")
            assert refused.code == 2 and "diemtin user add" in refused.err, command
    with store.begin() as conn:
        people.add_person(conn, WHO, "reader", who="command", now=MORNING)
    refused = diemtin("web", "--host", "0.0.0.0", "--port", "0")
    assert refused.code == 2 and "[mail] web" in refused.err
    assert diemtin("run", "--port", "1").code == 2
    with store.begin() as conn:
        people.remove_person(conn, WHO, who="command", now=MORNING)
    monkeypatch.setenv("DIEMTIN_MAIL__WEB", "https://tin.example")
    assert "diemtin user add" in diemtin("web", "--host", "0.0.0.0").err, "nobody is left who could enter"


def test_on_a_host_that_others_reach_nobody_is_at_this_machine(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'diemtin.db'}")
    with engine.begin() as conn:
        people.add_person(conn, WHO, "reader", who="command", now=MORNING)
    engine.dispose()
    with running(tmp_path, "web", "--host", "0.0.0.0", "--port", "0", MAIL__WEB="http://127.0.0.1:1") as site:
        status, headers, _ = site.ask("/")
        assert (status, headers["Location"]) == (303, "/vao")
        forged = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https"}
        assert site.ask("/", **forged)[0] == 303
        assert "Secure" not in site.ask("/vao", **forged)[1]["Set-Cookie"], "a stranger's word is dropped"


def test_behind_a_proxy_with_https_cookies_are_for_https_alone(tmp_path: Path) -> None:
    with running(tmp_path, "web", "--port", "0") as site:
        assert "Secure" not in site.ask("/vao")[1]["Set-Cookie"]
        proxied = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}
        status, headers, _ = site.ask("/vao", **proxied)
        assert status == 200 and "Secure" in headers["Set-Cookie"] and "HttpOnly" in headers["Set-Cookie"]
        assert site.ask("/", **proxied)[0] == 303, "who comes through a proxy is not at this machine"
    with running(tmp_path, "web", "--port", "0", MAIL__WEB="https://tin.example") as site:
        assert "Secure" in site.ask("/vao")[1]["Set-Cookie"]
        assert site.ask("/")[0] == 303, "a public address leads here, so nobody is known by the machine"


def test_the_demo_ends_with_its_pages(tmp_path: Path) -> None:
    with running(tmp_path / "demo", "demo", "--web", "--port", "0") as demo:
        ended = until(
            "the demo is done", lambda: demo.process.poll() or any(map(ADDRESS.search, list(demo.said)))
        )
        if ended == 2 and any("demo" in line for line in demo.said):
            pytest.skip("another demo runs on this machine")
        status, _, page = demo.ask("/")
        assert status == 200 and "Hôm nay, thứ Bảy, 21/11/2026" in page and "Báo " in page
