"""`kill -9` fifty times at random points of storing and delivering: nothing lost, nothing told twice."""

from __future__ import annotations

import email
import email.policy
import os
import random
import re
import select
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
import sqlalchemy as sa

from crawler.store import schema, schema_delivery, watches
from crawler.store.database import open_database
from tests.mail_server import Letter, Server, mail_server
from tests.press_room import MORNING

KILLS = {"smtp": 50, "folder": 20}
READERS = ("doc@lamha.example", "ban@lamha.example")

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


class Press:
    """The forking process of killed_press.py."""

    def __init__(self, database: str, smtp: str, folder: Path) -> None:
        self._order = f"{database} {smtp} {folder}"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.killed_press"],
            cwd=Path(__file__).parents[1],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        assert self._process.stdout is not None
        self.cycle = float(self._process.stdout.readline())
        """Seconds that one article with its delivery takes."""

    def run(self, articles: int, kill_after: float | None = None) -> int:
        """Fork a worker; kill it so many seconds after its database is open, unless it is done. Its wait status."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{self._order} {articles}\n")
        worker = int(self._process.stdout.readline())
        if kill_after is not None and not select.select([self._process.stdout], [], [], kill_after)[0]:
            os.kill(worker, signal.SIGKILL)
        return int(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    url: str = request.getfixturevalue(f"{request.param}_url")
    engine = open_database(url)
    with engine.begin() as conn:
        watches.add_watch(conn, query="tổng kết", addresses=list(READERS), now=MORNING)
        watches.add_watch(conn, query="hội nghị", addresses=list(READERS[:1]), now=MORNING)
    engine.dispose()
    yield url


@pytest.mark.parametrize("way", ["smtp", "folder"])
def test_kills_lose_no_mail_and_tell_nothing_twice(database: str, way: str, tmp_path: Path) -> None:
    dice = random.Random(20261122)
    outbox_folder = tmp_path / "outbox"
    running = mail_server() if way == "smtp" else nullcontext(Server(url="-"))
    with running as server:
        press = Press(database, server.url, outbox_folder)
        for _ in range(KILLS[way]):
            # Soon, later and late: what was left undone makes the next mail longer.
            status = press.run(
                articles=10_000, kill_after=dice.random() * dice.choice((1, 4, 12)) * press.cycle
            )
            assert os.WTERMSIG(status) == signal.SIGKILL
        assert press.run(articles=1) == 0
        press.close()
        letters = list(server.letters) if way == "smtp" else in_folder(outbox_folder)

    engine = open_database(database)
    with engine.begin() as conn:
        articles, alerts, unsent = (
            conn.execute(sa.select(sa.func.count()).select_from(source)).scalar_one()
            for source in (
                schema.article,
                schema_delivery.alert,
                sa.select(schema_delivery.delivery)
                .where(schema_delivery.delivery.c.state != "sent")
                .subquery(),
            )
        )
    engine.dispose()
    assert (alerts, unsent) == (2 * articles, 0)
    told: dict[tuple[str, str], set[str]] = defaultdict(set)
    for letter in letters:
        for headline in re.findall(r"^Hội nghị tổng kết số (\d+)", text_of(letter), re.MULTILINE):
            told[letter.to, headline].add(letter.message_id)
    assert set(told) == {(reader, f"{n:05d}") for reader in READERS for n in range(articles)}
    assert all(len(ids) == 1 for ids in told.values())  # a repeat is the same message, by its id
    copies = defaultdict(set)
    for letter in letters:
        copies[letter.message_id].add(letter.raw)
    assert all(len(same) == 1 for same in copies.values())
    assert len(letters) - len(copies) <= KILLS[way]  # only a mail in flight at a kill can come again


def in_folder(folder: Path) -> list[Letter]:
    read = [path.read_bytes() for path in sorted(folder.glob("*.eml"))]
    return [
        Letter(str(email.message_from_bytes(raw, policy=email.policy.default)["To"]), raw) for raw in read
    ]


def text_of(letter: Letter) -> str:
    body = letter.mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")
