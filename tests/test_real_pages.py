"""The seeds and the stored real pages, served on loopback under their rows, crawled to the exported text."""

from __future__ import annotations

import html
import json
import threading
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
import tomlkit

from crawler.registry import load_registry
from tests.conftest import SHARED
from tests.press import Desk

pytestmark = pytest.mark.skipif(
    not (SHARED / "seeds").is_dir(), reason="the newspapers' pages lie in ../shared, which is absent"
)
ROWS_OF_PAGES = {"baolaocai.vn": "bao-lao-cai", "hanoimoi.vn": "ha-noi-moi"}


def golds(folder: str) -> list[tuple[dict[str, Any], bytes]]:
    found = []
    for path in sorted((SHARED / folder).glob("*.gold.json")):
        page = path.with_name(path.name.replace(".gold.json", ".html"))
        found.append((json.loads(path.read_text(encoding="utf-8")), page.read_bytes()))
    return found


def a_row(source: str | None, outlet: str, base: str) -> dict[str, Any]:
    """The outlet's own row moved to loopback, or for an outlet without one a row that leaves all to the reader."""
    row: dict[str, Any] = {"name": outlet, "province": "Trung ương", "evidence": "seen"}
    if source is not None:
        known = load_registry()[source].model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        row = {k: known[k] for k in ("name", "province", "evidence", "extract") if k in known}
    return row | {
        "id": outlet,
        "homepage": base + "/",
        "sections": [{"name": "Xây dựng Đảng", "url": base + "/list-of-sections"}],
        "articles": {"url": "^" + base.replace(".", r"\.") + "/(?!list-of-sections)"},
        "crawl": {"delay": 0.0},
    }


class Outlets:
    """Each outlet on a loopback address of its own, its listing naming the pages."""

    def __init__(self, pages: list[tuple[dict[str, Any], bytes]]) -> None:
        self.rows: list[dict[str, Any]] = []
        self.gold: dict[str, dict[str, Any]] = {}
        self._servers: list[ThreadingHTTPServer] = []
        by_outlet: dict[str, list[tuple[dict[str, Any], bytes]]] = {}
        for gold, body in pages:
            by_outlet.setdefault(str(urlsplit(gold["url"]).hostname), []).append((gold, body))
        for number, (host, found) in enumerate(sorted(by_outlet.items())):
            answers = {urlsplit(gold["url"]).path: body for gold, body in found}
            links = "".join(
                f'<li><a href="{html.escape(urlsplit(g["url"]).path)}">{html.escape(g["title"])}</a></li>'
                for g, _ in found
            )
            answers["/list-of-sections"] = f"<html><body><ul>{links}</ul></body></html>".encode()
            server = ThreadingHTTPServer((f"127.0.1.{number + 1}", 0), _handler(answers))
            threading.Thread(target=server.serve_forever, daemon=True).start()
            self._servers.append(server)
            base = f"http://127.0.1.{number + 1}:{server.server_address[1]}"
            source = found[0][0].get("source") or ROWS_OF_PAGES.get(host)
            self.rows.append(a_row(source, host.replace(".", "-"), base))
            for gold, _ in found:
                self.gold[base + urlsplit(gold["url"]).path] = gold

    def close(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()


def _handler(answers: dict[str, bytes]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = answers.get(self.path)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: Any) -> None:
            return

    return Handler


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Outlets, list[dict[str, Any]], Any]]:
    """One crawl for each day on which pages were fetched, into one store."""
    folder = tmp_path_factory.mktemp("real")
    pages = golds("seeds") + golds("pages")
    outlets = Outlets(pages)
    (folder / "rows").mkdir()
    for row in outlets.rows:
        (folder / "rows" / f"{row['id']}.toml").write_text(tomlkit.dumps(row), encoding="utf-8")
    counts: dict[str, Any] = {}
    desk = Desk(folder / "data", folder / "rows", datetime.fromisoformat(pages[0][0]["fetched"]))
    for fetched in sorted({gold["fetched"] for gold, _ in pages}):
        hosts = {
            str(urlsplit(g["url"]).hostname).replace(".", "-") for g, _ in pages if g["fetched"] == fetched
        }
        counts |= desk.crawl(*sorted(hosts), now=datetime.fromisoformat(fetched))
    yield outlets, desk.json_lines("all"), counts
    outlets.close()


def test_the_five_seeds_are_exported_as_they_stand_in_the_seed_corpus(crawled: Any) -> None:
    outlets, exported, _ = crawled
    texts = {row["canonical_url"]: row["text"] for row in exported}
    seeds = {url: gold for url, gold in outlets.gold.items() if "text" in gold}
    assert len(seeds) == 5
    for url, gold in seeds.items():
        assert texts[url] == gold["text"], gold["id"]


def test_the_seeds_carry_their_day_and_title(crawled: Any) -> None:
    outlets, exported, _ = crawled
    rows = {row["canonical_url"]: row for row in exported}
    for url, gold in outlets.gold.items():
        if "text" in gold:
            assert rows[url]["title"] == gold["title"]
            assert rows[url]["published"][:10] == gold["published"][:10]


def test_every_real_page_was_read_and_none_failed(crawled: Any) -> None:
    outlets, _, counts = crawled
    ended = 0
    for source, row in counts.items():
        assert row["errors"] == 0, (source, row)
        assert set(row["dropped"]) <= {"off_topic"}, (source, row)
        ended += row["stored"] + row["duplicate_kept"] + row["dropped"].get("off_topic", 0)
    assert ended == len(outlets.gold)
