"""`diemtin topics`: the taxonomy is listed, and corrections by id alone take their words from the store."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from crawler.corpus.export import article_id
from crawler.store.database import open_database
from tests.press import Desk
from tests.test_store import an_article, put


def test_corrections_name_articles_of_the_store_by_address_or_export_id(tmp_path: Path) -> None:
    (tmp_path / "rows").mkdir()
    desk = Desk(tmp_path / "data", tmp_path / "rows", datetime(2026, 11, 20, tzinfo=UTC))
    engine = open_database(f"sqlite:///{tmp_path / 'data' / 'diemtin.db'}")
    urls = [f"https://bao-a.example/bai-{n}.html" for n in range(12)]
    for n, url in enumerate(urls):
        put(
            engine,
            an_article(url, title=f"Đại hội chi bộ thôn số {n}", prose=[f"Bài viết số {n} kể chuyện riêng."]),
        )
    engine.dispose()
    corrections = tmp_path / "corrections.jsonl"
    names = [url if n % 2 else article_id(url) for n, url in enumerate(urls)]
    corrections.write_text("".join(json.dumps({"id": name, "topics": ["dai_hoi"]}) + "\n" for name in names))
    report = desk.json("topics", "train", str(corrections))
    assert report["lines"] == 12
    assert Path(report["folder"]) == desk.data / "topics"
    corrections.write_text('{"id": "https://bao-a.example/khong-co.html", "topics": []}\n')
    desk.run("topics", "train", str(corrections), ok=(2,))
    assert any(topic["id"] == "dai_hoi" for topic in desk.json("topics", "list"))
