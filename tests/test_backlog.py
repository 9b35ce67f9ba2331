"""What a crawl holds while its readers are busy: a small box has no room for every page an outlet can send."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from tests.small_press import NOW, Answer, Ask, Outlet, article_html, serving, start

ARTICLES = 40
PAGE = 300_000
"""Bytes: the size of a page of the central press."""


def workers_of(pid: int) -> list[int]:
    """The processes below a process: the server that workers are forked from, and they."""
    below: list[int] = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, thread.read_text().split()):
            below += [child, *workers_of(child)]
    return below


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="the workers are found in /proc")
def test_while_its_pages_wait_to_be_read_an_outlet_is_asked_for_few_more(tmp_path: Path) -> None:
    some_read, asked = threading.Event(), threading.Event()

    def heavy(outlet: Outlet, ask: Ask) -> Answer | None:
        if "-post" not in ask.path:
            return None
        asked.set()
        if len(outlet.asked("-post")) >= 3:
            some_read.set()
        number = int(ask.path.rpartition("-post")[2].removesuffix(".html"))
        page = article_html(number, outlet.published(number))
        return Answer(page.replace("</body>", f"<script>{'x' * PAGE}</script></body>"))

    outlet = Outlet("bao-day", size=ARTICLES, rules=[heavy])
    outlet.add(1, ARTICLES)
    with serving(outlet, folder=tmp_path) as rows:
        process = start(
            rows, tmp_path / "data", "crawl", "--json", DIEMTIN_WORKERS="1", DIEMTIN_NOW=NOW.isoformat()
        )
        assert some_read.wait(60)
        stopped = workers_of(process.pid)
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        asked.clear()
        while asked.wait(1):  # until nothing more is asked for
            asked.clear()
        waiting = len(outlet.asked("-post"))
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err.decode()
    assert len(stopped) >= 2
    assert waiting < ARTICLES // 3
    assert f'"stored": {ARTICLES}'.encode() in out
