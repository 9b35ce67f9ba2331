"""A section whose address is gone is found again in the outlet's menu, shown with three articles, and written."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from pathlib import Path

import pytest

from crawler.onboarding import rows
from crawler.registry import load_source
from tests.small_press import Answer, Ask, Outlet, serving, start

MENU = (
    "<nav><a href='/chinh-tri/'>Chính trị</a><a href='/kinh-te/'>Kinh tế</a>{more}</nav><h1>Trang nhất</h1>"
    "<p>Tin tức trong ngày của tỉnh Mây Trắng.</p>"
)


def menu(more: str) -> str:
    return f"<html><head><title>Báo Mây Trắng</title></head><body>{MENU.format(more=more)}</body></html>"


def pages(**bodies: str):  # type: ignore[no-untyped-def]
    """A rule: these paths (`_` for `/`) answer so, before the press does."""

    def rule(outlet: Outlet, ask: Ask) -> Answer | None:
        body = bodies.get(ask.path.strip("/").replace("/", "_").replace("-", "_") or "home")
        return None if body is None else Answer(body)

    return rule


def moved_outlet(more: str, **bodies: str) -> Outlet:
    outlet = Outlet("bao-may-trang", rules=[pages(home=menu(more), **bodies)])
    outlet.add(150, 190)
    return outlet


def check(
    outlet: Outlet, tmp_path: Path, *options: str, old: str = "/muc-cu/"
) -> tuple[int, dict[str, object], Path]:
    """`sources check --mend` on a row whose section stands at `old`: exit code, the JSON, the row."""
    with serving(outlet, folder=tmp_path) as folder:
        row = folder / f"{outlet.id}.toml"
        row.write_text(
            row.read_text(encoding="utf-8").replace("/xay-dung-dang", old.rstrip("/")), encoding="utf-8"
        )
        process = start(folder, tmp_path, "sources", "check", "--mend", "--json", *options)
        said = json.loads(process.communicate(timeout=120)[0])
        return process.returncode, said[0], row


def test_a_section_that_moved_is_proposed_with_three_articles_and_written_on_request(tmp_path: Path) -> None:
    outlet = moved_outlet("<a href='/xay-dung-dang/'>Xây dựng Đảng</a>")
    code, said, row = check(outlet, tmp_path)
    [found] = said["moved"]  # type: ignore[misc]
    assert code == 1
    assert found["problem"] == "HTTP 404" and found["new"] == f"{outlet.base}/xay-dung-dang/"
    assert len(found["articles"]) == 3 and all(a["title"] for a in found["articles"])
    assert "/muc-cu" in row.read_text(encoding="utf-8"), "nothing is written unasked"


def test_what_was_written_passes_the_next_check(tmp_path: Path) -> None:
    outlet = moved_outlet("<a href='/xay-dung-dang/'>Xây dựng Đảng</a>")
    with serving(outlet, folder=tmp_path) as folder:
        row = folder / f"{outlet.id}.toml"
        row.write_text(row.read_text(encoding="utf-8").replace("/xay-dung-dang", "/muc-cu"), encoding="utf-8")
        process = start(folder, tmp_path, "sources", "check", "--mend", "--write", "--json")
        said = json.loads(process.communicate(timeout=120)[0])
        assert process.returncode == 0 and said[0]["written"] == str(row)
        again = start(folder, tmp_path, "sources", "check", "--json")
        assert json.loads(again.communicate(timeout=120)[0])[0]["ok"] and again.returncode == 0
        assert load_source(row).sections[0].url == f"{outlet.base}/xay-dung-dang/"


def test_it_is_found_one_menu_deeper_and_an_empty_list_counts_as_lost(tmp_path: Path) -> None:
    outlet = moved_outlet("", chinh_tri=menu("<a href='/xay-dung-dang/'>Xây dựng Đảng</a>"), muc_cu=menu(""))
    _, said, _ = check(outlet, tmp_path)
    [found] = said["moved"]  # type: ignore[misc]
    assert found["new"] == f"{outlet.base}/xay-dung-dang/"


def test_a_place_without_articles_is_no_proof(tmp_path: Path) -> None:
    outlet = moved_outlet("<a href='/trong/'>Xây dựng Đảng</a>", trong=menu(""))
    code, said, _ = check(outlet, tmp_path, "--write")
    [found] = said["moved"]  # type: ignore[misc]
    assert code == 1 and found["new"] is None and said["written"] is None


def test_a_wall_says_nothing_of_the_address(tmp_path: Path) -> None:
    def wall(outlet: Outlet, ask: Ask) -> Answer | None:
        return Answer("busy", status=403) if ask.path.startswith("/muc-cu") else None

    outlet = moved_outlet("<a href='/xay-dung-dang/'>Xây dựng Đảng</a>")
    outlet.rules.insert(0, wall)
    _, said, _ = check(outlet, tmp_path)
    assert said["moved"] == []


ROW = """\
id = "bao-a"  # ghi chú
name = "Báo A"
province = "Mây Trắng"
fictitious = true
homepage = "https://a.example/"
evidence = "seen"

[[sections]]
name = "Xây dựng Đảng"  # mục chính
url = "https://a.example/x/"
next_page = "https://a.example/x/?trang={page}"
evidence = "inferred"

[articles]
url = '^https://a\\\\.example/'
"""


@pytest.mark.parametrize("installed", [False, True])
def test_a_new_address_is_written_with_comments_kept_and_a_package_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    shipped = tmp_path / "site-packages" / "crawler" / "sources"
    shipped.mkdir(parents=True)
    path = shipped / "bao-a.toml"
    path.write_text(ROW, encoding="utf-8")
    if installed:
        monkeypatch.setattr(rows, "SHIPPED", shipped)
    moved = {"https://a.example/x/": "https://a.example/y/"}
    written = rows.move_sections(path, moved, date(2026, 11, 21), own=tmp_path / "own")
    assert written == (tmp_path / "own" / "bao-a.toml" if installed else path)
    [section] = tomllib.loads(written.read_text(encoding="utf-8"))["sections"]
    assert (
        section["url"] == "https://a.example/y/"
        and section["next_page"] == "https://a.example/y/?trang={page}"
    )
    assert "evidence" not in section and "# mục chính" in written.read_text(encoding="utf-8")
    assert load_source(written).note == "Địa chỉ chuyên mục sửa ngày 21/11/2026."
    assert (path.read_text(encoding="utf-8") == ROW) is installed
