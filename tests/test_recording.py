"""`diemtin sources record`: from a file and from an address, and the second reading holds the first to it."""

from __future__ import annotations

from pathlib import Path

from crawler.demo.press import DEMO_NOW, Press
from crawler.demo.server import serve
from crawler.reading.golden import check, pairs
from tests.press import Desk


def test_a_recorded_page_is_a_golden_pair(tmp_path: Path) -> None:
    with serve(Press.load(), clock=lambda: DEMO_NOW) as site:
        site.write_sources(tmp_path / "rows")
        desk = Desk(tmp_path / "data", tmp_path / "rows", DEMO_NOW)
        url, truth = next((u, e) for u, e in site.expected.items() if e.relevant and not e.forbidden)
        printed = desk.run("sources", "record", url, "--source", truth.outlet)
        assert "please review" in printed
        [pair] = list(pairs(desk.data / "pages"))
        assert truth.title in pair.json.read_text(encoding="utf-8")
        assert check(pair, site.sources) == []
        desk.run("sources", "record", url + "khong-co", "--source", truth.outlet, ok=(2,))


def test_a_saved_file_needs_its_address(tmp_path: Path) -> None:
    (tmp_path / "rows").mkdir()
    page = tmp_path / "trang.html"
    page.write_text("<html><body><p>Một trang.</p></body></html>", encoding="utf-8")
    desk = Desk(tmp_path / "data", tmp_path / "rows", DEMO_NOW)
    desk.run("sources", "record", str(page), ok=(2,))
    desk.run("sources", "record", str(page), "--url", "https://bao.example/1.html", ok=(2,))  # no article
