"""A page that ends the worker that reads it, in three crawls."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.small_press import NOW, Outlet, crawl, run, serving


def test_a_page_that_kills_its_worker_is_given_up_after_three_crawls_and_listed(tmp_path: Path) -> None:
    # Workers of this crawl die of one page: the child's own copy of the reader kills the process that reads it.
    (tmp_path / "sitecustomize.py").write_text(
        "import os\n"
        "import crawler.reading.extract as extract\n"
        "reads = extract.read\n"
        "def read(page, *rest):\n"
        "    if page.url.endswith('-post3.html'):\n"
        "        os._exit(9)\n"
        "    return reads(page, *rest)\n"
        "extract.read = read\n",
        encoding="utf-8",
    )
    press = Outlet("giet")
    press.add(1, 5)
    with serving(press, folder=tmp_path) as rows:
        for day in range(3):
            said = crawl(
                rows, tmp_path, now=NOW + timedelta(days=day), DIEMTIN_WORKERS="1", PYTHONPATH=str(tmp_path)
            )["giet"]
            assert said["dropped"] == {"unread": 1}, said
            lost = run(rows, tmp_path, "dropped", "--json")
            assert len(lost) == (1 if day == 2 else 0), "owed until the third"
    assert lost[0]["url"] == press.url(3) and lost[0]["reason"] == "unread"
