from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.errors import InvalidSource
from crawler.registry import load_registry, load_source, with_family
from crawler.source import FORMER_PROVINCES, MERGED, PROVINCES, Section

ROW = """id = "bao-song-lam"
name = "Báo Sông Lầm"
province = "Lào Cai"
covers = ["Yên Bái"]
homepage = "https://baosonglam.example/"
evidence = "inferred"

[[sections]]
name = "Xây dựng Đảng"
url = "https://baosonglam.example/xay-dung-dang"

[articles]
url = '^https://baosonglam\\.example/.+-\\d+\\.html$'
deny = ["/video/"]
"""


DENY = 'deny = ["/video/"]'


def write(folder: Path, text: str = ROW, name: str = "bao-song-lam") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_row_loads_with_its_defaults(tmp_path: Path) -> None:
    row = load_source(write(tmp_path), {})
    assert row.crawl.delay == 1.0 and row.crawl.every == timedelta(minutes=20)
    assert row.articles.matches("https://baosonglam.example/hop-1.html")
    assert not row.articles.matches("https://baosonglam.example/video/hop-1.html")
    assert row.domains == {"baosonglam.example"}


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('province = "Lào Cai"', 'province = "Sông Lầm"', "/ 'Sông Lầm' is none of the 34"),
        ('covers = ["Yên Bái"]', 'covers = ["Sông Lầm"]', "/ 'Sông Lầm' is none of the 63"),
        ("evidence", "evidnce", "evidnce: không có khóa này / unknown key"),
        ('"inferred"', '"sure"', "evidence: "),
        ('name = "Xây', 'nam = "Xây', "sections.0.nam: không có khóa này / unknown key"),
        ('"https://baosonglam.example/xay', '"ftp://baosonglam.example/xay', "no http(s) address"),
        ("-\\d+\\.html$'", "-(\\d+\\.html$'", "articles.url: "),
        (DENY, "[extract]\ncontainer = 'div['", "extract.0.container"),
        (DENY, "[crawl]\ndelay = 0.1", "below 1 second is for loopback only"),
        (DENY, "[crawl]\nevery = 'often'", "is no duration"),
        (DENY, "[[extract]]\n[[extract]]\ntitle = 'h1'", "newest first"),
        (DENY, "[[", "not valid TOML"),
        ('id = "bao-song-lam"', 'id = "bao-khac"', "must equal the file name"),
        ('evidence = "inferred"', 'evidence = "seen"\nfamily = "khong-co"', "no family 'khong-co'"),
    ],
)
def test_a_wrong_row_is_refused_with_file_key_and_reason(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    assert old in ROW
    path = write(tmp_path, ROW.replace(old, new, 1))
    with pytest.raises(InvalidSource) as refusal:
        load_source(path, {})
    assert str(path) in str(refusal.value)
    assert complaint in str(refusal.value)


def test_a_row_of_the_users_replaces_the_shipped_one(tmp_path: Path) -> None:
    shipped = load_registry()
    own = ROW.replace("bao-song-lam", "bao-lao-cai")
    write(tmp_path, own, "bao-lao-cai")
    both = load_registry(tmp_path)
    assert both["bao-lao-cai"].name == "Báo Sông Lầm" and list(both) == sorted(both) == list(shipped)
    assert list(load_registry(tmp_path, shipped=False)) == ["bao-lao-cai"]
    with pytest.raises(InvalidSource, match="no such folder"):
        load_registry(tmp_path / "none")


def test_a_family_gives_defaults_and_the_rows_own_keys_win() -> None:
    family: dict[str, Any] = {
        "extract": {"title": ["h1.a"], "container": ["#a"]},
        "sections": {"next_page": "{url}?p={page}"},
        "articles": {"deny": ["/tag/"]},
    }
    row: dict[str, Any] = {
        "sections": [
            {"name": "A", "url": "https://x.example/a/"},
            {"name": "B", "url": "https://x.example/b/", "next_page": "a.sau"},
        ],
        "articles": {"url": "x"},
        "extract": [{"title": ["h1.b"]}, {"title": ["h1.c"], "until": "2020-01-01"}],
    }
    merged = with_family(row, family)
    assert [s["next_page"] for s in merged["sections"]] == ["https://x.example/a/?p={page}", "a.sau"]
    assert merged["articles"] == {"url": "x", "deny": ["/tag/"]}
    assert merged["extract"] == [
        {"title": ["h1.b"], "container": ["#a"]},
        {"title": ["h1.c"], "until": "2020-01-01"},
    ]
    assert "next_page" not in row["sections"][0], "the row itself is left alone"


@pytest.mark.parametrize(
    ("name", "vouches"),
    [
        ("Xây dựng Đảng", True),
        ("CÔNG TÁC XÂY DỰNG ĐẢNG", True),
        ("Chính trị - Xây dựng Đảng", True),
        ("Đảng trong cuộc sống hôm nay", True),
        ("Học và làm theo Bác", True),
        ("Bảo vệ nền tảng tư tưởng của Đảng", True),
        ("Chính trị", False),
        ("Xây dựng - Đô thị", False),
        ("Thời sự", False),
    ],
)
def test_a_sections_name_vouches_for_its_articles_or_not(name: str, vouches: bool) -> None:
    assert Section(name=name, url="https://x.example/").vouches is vouches


def test_the_63_became_the_34_without_loss() -> None:
    assert len(PROVINCES) == len(set(PROVINCES)) == 34
    assert len(FORMER_PROVINCES) == len(set(FORMER_PROVINCES)) == 63
    assert set(MERGED) <= set(PROVINCES)
    assert set(PROVINCES) - set(FORMER_PROVINCES) == {"Huế"}
