"""The exports as pages: what is there, how to cite it, and files that lead nowhere else."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from crawler.config import Config
from crawler.corpus.export import Exported, export
from crawler.corpus.release import ReleaseWish, release
from tests.press_room import OUTLETS, PressRoom
from tests.web_visit import PageVisitor


@pytest.fixture
def shelf(engine: sa.Engine, tmp_path: Path) -> tuple[PageVisitor, Path, Exported]:
    """Two exports of a small store: texts and lines."""
    with engine.begin() as conn:
        room = PressRoom(conn)
        for n in range(130):
            source = list(OUTLETS)[n % 3]
            room.article(f"Đại hội chi bộ số {n}", story=room.story(), slug=f"bai-{n}", source=source)
    export(engine, OUTLETS, "text", tmp_path / "exports" / "text")
    lines = export(engine, OUTLETS, "jsonl", tmp_path / "exports" / "jsonl", query="đại hội", split=True)
    return PageVisitor(engine, config=Config(data=tmp_path)), tmp_path / "exports", lines


Shelf = tuple[PageVisitor, Path, Exported]


def test_the_exports_are_listed_with_their_counts_and_the_rights(shelf: Shelf) -> None:
    visitor, _, _ = shelf
    page = visitor.get("/kho")
    assert "130 bài · 3 nguồn" in page and "không cấp phép đăng lại" in page
    told = visitor.ask("/kho.json").json()["exports"]
    assert [(one["name"], one["articles"], one["query"]) for one in told] == [
        ("jsonl", 130, "đại hội"), ("text", 130, ""),
    ]  # fmt: skip
    assert "jsonl,jsonl,130,3" in visitor.get("/kho.csv") and visitor.ask("/kho.xlsx").content[:2] == b"PK"


def test_releases_are_listed_newest_first_with_how_to_cite_them(shelf: Shelf) -> None:
    visitor, folder, _ = shelf
    titles = {date(2026, 11, 1): "Kho <script>", date(2026, 12, 1): "Kho tháng 12"}
    done = {
        day: release(
            visitor.context.engine, OUTLETS, folder / f"ban-{day}", ReleaseWish(day, title, "Phòng thử")
        )
        for day, title in titles.items()
    }
    (folder / "hong").mkdir()
    (folder / "hong" / "manifest.json").write_text('{"release": 3')
    (folder / "hong" / "SHA256SUMS").write_text("")
    (folder / "lien-ket").symlink_to(folder / "ban-2026-12-01")
    page = visitor.get("/kho")
    assert page.index("ban-2026-12-01") < page.index("ban-2026-11-01")
    assert "Kho &lt;script&gt;" in page and "<script>." not in page
    last = done[date(2026, 12, 1)]
    told = visitor.ask("/kho.json").json()["releases"]
    assert [one["name"] for one in told] == ["ban-2026-12-01", "ban-2026-11-01"]
    assert told[0]["sha256"] == last.sha256 and told[0]["articles"] == last.articles
    assert (
        told[0]["cited"].startswith("Phòng thử (2026). Kho tháng 12. 2026-12-01; ")
        and told[0]["cited"] in page
    )


def test_an_export_says_how_to_cite_it_and_gives_its_files(shelf: Shelf) -> None:
    visitor, folder, done = shelf
    page = visitor.get("/kho/jsonl")
    assert f"sha256 {done.sha256[:16]}" in page and f"@misc{{diemtin-{done.sha256[:8]}," in page
    assert "train " in page and "<code>đại hội</code>" in page
    for name in ("manifest.json", "SHA256SUMS", "train.jsonl"):
        answer = visitor.ask(f"/kho/jsonl/{name}")
        assert answer.content == (folder / "jsonl" / name).read_bytes()
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    sums = visitor.ask("/kho/jsonl/SHA256SUMS").content
    assert hashlib.sha256(sums).hexdigest() == done.sha256


def test_many_files_come_in_pages(shelf: Shelf) -> None:
    visitor, folder, _ = shelf
    texts = sorted(path.name for path in (folder / "text").glob("*.txt"))
    first = visitor.get("/kho/text")
    assert "manifest.json" in first and texts[97] in first and texts[98] not in first
    rest = visitor.get(f"/kho/text?after={texts[97]}")
    assert (
        texts[98] in rest and texts[-1] in rest and f">{texts[97]}<" not in rest and "Trang tiếp" not in rest
    )
    assert "không có tệp này" in visitor.get("/kho/text?after=x.txt", 400)


def test_all_files_come_as_one_archive_that_is_the_same_each_time(shelf: Shelf) -> None:
    visitor, folder, _ = shelf
    answer = visitor.ask("/kho/text.tar")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="text.tar"'
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as archive:
        held = {one.name: archive.extractfile(one).read() for one in archive.getmembers()}  # type: ignore[union-attr]
    assert held == {f"text/{path.name}": path.read_bytes() for path in (folder / "text").iterdir()}
    assert visitor.ask("/kho/text.tar").content == answer.content


@pytest.mark.parametrize(
    "path",
    [
        "/kho/khac", "/kho/khac.tar", "/kho/text/khac.txt", "/kho/text/..%2F..%2Fdiemtin.db", "/kho/..%2Fdiemtin.db",
        "/kho/%2e%2e", "/kho/text/%2e%2e%2fjsonl%2fmanifest.json", "/kho/text/bi-mat.txt", "/kho/text/000_lien.txt",
        "/kho/lien", "/kho/lien/manifest.json", "/kho/thuong", "/kho/text/%2Fetc%2Fpasswd", "/kho/a%5c..%5ctext",
    ],
)  # fmt: skip
def test_no_address_leads_out_of_an_export(shelf: Shelf, path: str) -> None:
    visitor, folder, _ = shelf
    (folder.parent / "diemtin.db").write_text("kho")
    (folder / "text" / "bi-mat.txt").write_text("bí mật")
    (folder / "text" / "000_aaaaaaaaaaaaaaaa.txt").symlink_to(folder.parent / "diemtin.db")
    (folder / "lien").symlink_to(folder / "text")
    (folder / "thuong").mkdir()
    answer = visitor.ask(path)
    assert answer.status_code == 404 and "bí mật" not in answer.text, path
    assert visitor.ask("/kho/text/000_aaaaaaaaaaaaaaaa.txt").status_code == 404
    assert "bi-mat" not in visitor.get("/kho/text") and "lien" not in visitor.get("/kho")


def test_an_export_that_was_killed_is_shown_as_unfinished(shelf: Shelf) -> None:
    visitor, folder, _ = shelf
    (folder / "do-dang").mkdir()
    (folder / "do-dang" / "manifest.json").write_text(
        json.dumps({"diemtin": "0.1.0", "format": "text", "unfinished": True})
    )
    assert "chưa xong" in visitor.get("/kho")
    page = visitor.get("/kho/do-dang")
    assert "chưa dùng được" in page and "@misc" not in page


def test_a_data_folder_without_exports_says_how_to_write_one(engine: sa.Engine, tmp_path: Path) -> None:
    assert "diemtin export jsonl" in PageVisitor(engine, config=Config(data=tmp_path)).get("/kho")
