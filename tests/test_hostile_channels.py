"""A feed, a sitemap, a listing or a page that hangs whoever parses it, in the middle of a crawl of all outlets."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from tests.small_press import NOW, Answer, Ask, Outlet, crawl, serving, start

HANGS = (
    "import crawler.discovery.feed as feed, crawler.discovery.listing as listing, crawler.reading.extract as extract\n"
    "def hanging(module, name, which):\n"
    "    sound = getattr(module, name)\n"
    "    def parse(*given):\n"
    "        while b'TREO' in which(given):\n"
    "            pass\n"
    "        return sound(*given)\n"
    "    setattr(module, name, parse)\n"
    "for module, name in ((feed, 'links_from_feed'), (feed, 'links_from_sitemap'), (listing, 'links_from_listing')):\n"
    "    hanging(module, name, lambda given: given[0])\n"
    "hanging(extract, 'read', lambda given: given[0].body)\n"
)
"""No input is known that takes a parser long (`test_growth`): the workers of these crawls hang where one says TREO."""


@pytest.fixture
def hanging(tmp_path: Path) -> dict[str, str]:
    """The settings of a crawl whose parsers can be hung: two workers, two seconds of the processor for each task."""
    (tmp_path / "sitecustomize.py").write_text(HANGS, encoding="utf-8")
    return {"PYTHONPATH": str(tmp_path), "DIEMTIN_WORKERS": "2", "DIEMTIN_CRAWL__READ_SECONDS": "2"}


def hung_at(path: str, first: int = 190) -> Outlet:
    """An outlet whose answer at that path hangs its parser: its articles can be had another way where there is one."""
    made = Outlet("treo" + path.strip("/").replace(".", "-"), feed=5 if path == "/rss" else 0)
    made.add(first, first + 4)

    def answers(_: Outlet, ask: Ask) -> Answer | None:
        return Answer("<p>TREO</p>") if path in ask.path else None

    made.rules.append(answers)
    return made


def with_sitemap(outlet: Outlet, rows: Path) -> None:
    """Name a sitemap in the row of an outlet."""
    row = rows / f"{outlet.id}.toml"
    text = row.read_text(encoding="utf-8")
    row.write_text(
        text.replace("next_page", f'sitemap = "{outlet.base}/sitemap.xml"\nnext_page', 1), encoding="utf-8"
    )


def test_a_channel_that_hangs_its_parser_ends_under_a_name_and_the_other_outlets_are_read(
    tmp_path: Path, hanging: dict[str, str]
) -> None:
    feed, sitemap, listing, page = (
        hung_at(path, first)
        for path, first in (("/rss", 170), ("/sitemap.xml", 175), ("/xay-dung-dang", 180), ("-post187", 185))
    )
    sound = Outlet("song")
    sound.add(195, 199)
    with serving(feed, sitemap, listing, page, sound, folder=tmp_path) as rows:
        with_sitemap(sitemap, rows)
        said = crawl(rows, tmp_path, **hanging)
    assert said["song"] | {"requests": 0} == said["song"] | {
        "requests": 0, "found": 5, "stored": 5, "errors": 0, "problem": None,
    }  # fmt: skip
    for hung in (feed, sitemap, listing):
        assert "not read: it took longer than 2 s of processor time" in said[hung.id]["problem"], hung.id
        assert said[hung.id]["errors"] == 1
    assert [said[x.id]["stored"] for x in (feed, sitemap, listing)] == [5, 5, 0], "the next channel is asked"
    assert (said[page.id]["stored"], said[page.id]["dropped"]) == (4, {"unread": 1})
    with sqlite3.connect(tmp_path / "diemtin.db") as store:
        assert dict(store.execute("SELECT source, outcome FROM run"))[listing.id] == "failed"


def stored(data: Path, source: str) -> int:
    """How many articles of an outlet are in the store; none while there is no store yet."""
    if not (data / "diemtin.db").exists():
        return 0
    with sqlite3.connect(data / "diemtin.db") as store:
        if store.execute("SELECT 1 FROM sqlite_master WHERE name = 'article'").fetchone() is None:
            return 0
        count: int = store.execute("SELECT count(*) FROM article WHERE source = ?", (source,)).fetchone()[0]
    return count


def patience() -> float:
    """Three seconds of a machine that has nothing else to do; more of one that has."""
    return 3.0 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@pytest.mark.parametrize("path", ["/rss", "/xay-dung-dang", "-post192"])
def test_a_signal_ends_a_crawl_at_once_whatever_hangs_its_workers(
    tmp_path: Path, hanging: dict[str, str], path: str
) -> None:
    hanging["DIEMTIN_CRAWL__READ_SECONDS"] = "60"
    hung, sound = hung_at(path), Outlet("song")
    sound.add(195, 199)
    with serving(hung, sound, folder=tmp_path) as rows:
        child = start(rows, tmp_path, "crawl", "--json", DIEMTIN_NOW=NOW.isoformat(), **hanging)
        while stored(tmp_path, sound.id) < 5 or not hung.asked(path):
            time.sleep(0.1)
        began = time.monotonic()
        child.send_signal(signal.SIGTERM)
        out, err = child.communicate(timeout=120)
        assert time.monotonic() - began < patience()
        assert child.returncode == 1 and "Traceback" not in err.decode(), err.decode()
        said = json.loads(out)
        assert "interrupted" in said[hung.id]["problem"] and said["song"]["stored"] == 5
        with sqlite3.connect(tmp_path / "diemtin.db") as store:
            assert store.execute(
                "SELECT sum(unread), sum(disposition IS NULL AND attempts > 0) FROM link"
            ).fetchone() == (0, 0)
            assert store.execute("SELECT max(failures) FROM channel").fetchone() == (0,), (
                "held against nobody"
            )
        hung.rules.clear()
        crawl(rows, tmp_path)
    with sqlite3.connect(tmp_path / "diemtin.db") as store:
        assert store.execute("SELECT count(*) FROM article").fetchone() == (10,)


def test_a_signal_ends_a_crawl_at_once_whatever_server_does_not_answer(tmp_path: Path) -> None:
    silent = Outlet("im")
    silent.add(190, 194)
    asked_on = threading.Event()

    def waits(_: Outlet, ask: Ask) -> Answer | None:
        if "-post192" in ask.path:
            asked_on.set()
            let_go.wait(60)
        return None

    let_go = threading.Event()
    silent.rules.append(waits)
    with serving(silent, folder=tmp_path) as rows:
        child = start(rows, tmp_path, "crawl", "--json", DIEMTIN_NOW=NOW.isoformat())
        assert asked_on.wait(60)
        began = time.monotonic()
        child.send_signal(signal.SIGTERM)
        out, err = child.communicate(timeout=120)
        assert time.monotonic() - began < patience() and "Traceback" not in err.decode(), err.decode()
        let_go.set()
        assert "interrupted" in json.loads(out)["im"]["problem"]
        with sqlite3.connect(tmp_path / "diemtin.db") as store:
            assert store.execute("SELECT max(attempts) FROM link WHERE disposition IS NULL").fetchone() == (
                0,
            )
            assert store.execute("SELECT max(failures) FROM host").fetchone() == (0,)
        assert crawl(rows, tmp_path)["im"]["problem"] is None
    with sqlite3.connect(tmp_path / "diemtin.db") as store:
        assert store.execute("SELECT count(*) FROM article").fetchone() == (5,)
