"""What each stage does, seen from outside: an unchanged page costs nothing behind `dedupe`; Scrapy's own exports."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from crawler.article import Article
from tests.small_press import NOW, Answer, Ask, Outlet, article_html, environment, serving

ROOT = Path(__file__).parents[1]


def counted_crawl(settings: dict[str, str], now: datetime, told: Path) -> None:
    """A crawl in this process, which ends with it; writes how often each task of the stages was asked."""
    os.environ.update(settings, DIEMTIN_NOW=now.isoformat())
    from crawler.config import load_config
    from crawler.crawl import tasks
    from crawler.crawl.context import open_context
    from crawler.crawl.run import crawl

    calls: Counter[str] = Counter()

    def counting(name: str, task: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*arguments: Any) -> Any:
            calls[name] += 1
            return task(*arguments)

        return asked

    for name in ("likeness", "classify", "answers"):
        setattr(tasks, name, counting(name, getattr(tasks, name)))
    context = open_context(load_config())
    ledgers = crawl(context)
    context.close()
    told.write_text(json.dumps([calls, {name: ledger.to_json() for name, ledger in ledgers.items()}]))


def crawl_counting(rows: Path, data: Path, now: datetime) -> tuple[dict[str, int], Any]:
    child = multiprocessing.get_context("spawn").Process(
        target=counted_crawl, args=(environment(rows, data), now, data / "told.json")
    )
    child.start()
    child.join(120)
    assert child.exitcode == 0
    calls, said = json.loads((data / "told.json").read_text())
    return calls, said


def test_an_unchanged_page_is_neither_compared_nor_annotated_nor_matched(tmp_path: Path) -> None:
    press = Outlet("khong-doi")
    press.add(196, 199)
    edited: list[int] = []

    def edits(outlet: Outlet, ask: Ask) -> Answer | None:
        hit = next((n for n in edited if f"post{n}.html" in ask.path), None)
        if hit is None:
            return None
        page = article_html(hit, outlet.published(hit))
        return Answer(page.replace("</p>", " Hội nghị thống nhất thêm ba nhiệm vụ mới.</p>", 1))

    press.rules.append(edits)
    with serving(press, folder=tmp_path) as rows:
        calls, said = crawl_counting(rows, tmp_path, NOW)
        assert said["khong-doi"]["stored"] + said["khong-doi"]["duplicate_kept"] == 4
        assert calls == {"likeness": 4, "classify": 4, "answers": 4}
        calls, said = crawl_counting(rows, tmp_path, NOW + timedelta(hours=2))
        assert said["khong-doi"]["unchanged"] == 4
        assert calls == {}, "a page that says the same costs its reading and nothing more"
        edited.append(198)
        calls, said = crawl_counting(rows, tmp_path, NOW + timedelta(days=2))
    assert (said["khong-doi"]["unchanged"], said["khong-doi"]["updated"]) == (3, 1)
    assert calls == {"likeness": 1, "classify": 1, "answers": 1}


def test_scrapy_itself_exports_one_article_a_line_in_the_contracts_json(tmp_path: Path) -> None:
    press = Outlet("xuat-dong")
    press.add(195, 199)
    out = tmp_path / "items.jsonl"
    with serving(press, folder=tmp_path) as rows:
        done = subprocess.run(
            [sys.executable, "-m", "scrapy", "crawl", "xuat-dong", "-O", str(out)],
            cwd=ROOT,
            env=environment(rows, tmp_path, DIEMTIN_NOW=NOW.isoformat()),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr[-3000:]
        exported = subprocess.run(
            [sys.executable, "-m", "crawler", "export", "jsonl", "--out", str(tmp_path / "corpus")],
            env=environment(rows, tmp_path),
            capture_output=True,
            timeout=120,
        )
        assert exported.returncode == 0, exported.stderr.decode()
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    corpus = (tmp_path / "corpus" / "articles.jsonl").read_text(encoding="utf-8").splitlines()
    ours = {entry["id"]: entry for entry in map(json.loads, corpus)}
    assert len(lines) == 5
    for line in lines:
        whole = ours[line["id"]]
        del whole["story"]  # later articles may change it
        assert list(line) == list(whole) and line == whole
    kept_beside = {"head", "blocks", "byline", "annotations", "agreement", "_text"}
    assert set(Article.__dataclass_fields__) - kept_beside <= set(lines[0])
    assert "body" not in lines[0] and "page" not in lines[0]
