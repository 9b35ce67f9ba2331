"""A crawl that asks nobody says why."""

from __future__ import annotations

from pathlib import Path

from tests.small_press import NOW, Outlet, crawl, serving, start


def said(rows: Path, data: Path, *arguments: str) -> tuple[int, str]:
    """The exit code of `crawl` and what it says beside its rows."""
    child = start(rows, data, "crawl", *arguments, DIEMTIN_NOW=NOW.isoformat())
    _, err = child.communicate(timeout=120)
    return child.returncode, " ".join(err.decode().split())


def test_a_crawl_that_asks_nobody_says_why(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    code, why = said(tmp_path / "none", tmp_path)
    assert code == 2 and "không có nguồn nào để thu thập" in why and "Traceback" not in why
    press = Outlet("vua-xem")
    press.add(1, 3)
    with serving(press, folder=tmp_path) as rows:
        row = rows / "vua-xem.toml"
        crawl(rows, tmp_path)
        asked = len(press.hits)
        code, why = said(rows, tmp_path, "--due")
        assert code == 0 and "Chưa chuyên mục nào tới giờ xem" in why
        row.write_text('disabled = "báo đóng cửa"\n' + row.read_text(encoding="utf-8"), encoding="utf-8")
        code, why = said(rows, tmp_path, "vua-xem")
        assert code == 2 and "nguồn đang tắt" in why and "báo đóng cửa" in why
        assert len(press.hits) == asked
