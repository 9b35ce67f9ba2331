"""`sources check` and `sources add`: what they say of a row, and what they write."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from crawler.article import Page
from crawler.crawl.probe import ProbeAnswer as Asked
from crawler.errors import InvalidInput
from crawler.onboarding import rows
from crawler.onboarding.check import Check, check
from crawler.registry import load_source
from crawler.source import Source
from tests.small_press import NOW, Answer, Ask, Outlet, run, serving, start


def an_outlet(**more: Any) -> Outlet:
    outlet = Outlet("bao-may-trang", base="https://maytrang.example", delay=1.0, **more)
    outlet.add(150, 190)
    return outlet


def look(outlet: Outlet, change: Callable[[dict[str, Any]], None] | None = None, **refused: str) -> Check:
    """A check of the outlet's row, after `change`; `refused` maps a path's last word to a refusal."""
    row = tomllib.loads(outlet.toml())
    if change is not None:
        change(row)

    def ask(url: str, delay: float | None = None) -> Asked:
        assert delay == 1.0, "the row's own delay"
        path = "/" + url.removeprefix(outlet.base).lstrip("/")
        kind = refused.get(path.strip("/").replace(".", "_").replace("-", "_"))
        if kind is not None:
            return Asked(url, refusal=kind, detail=kind)  # type: ignore[arg-type]  # from a table
        answer = outlet.answer(Ask(path, {}, {}))
        body = answer.body.encode() if isinstance(answer.body, str) else answer.body
        return Asked(url, Page(url, body, NOW, status=answer.status, content_type=answer.type))

    return check(Source.model_validate(row), ask, now=NOW)


def test_a_row_that_fits_passes_with_its_figures() -> None:
    done = look(an_outlet(feed=5, robots=Answer("User-agent: diemtin\nCrawl-delay: 3\n")))
    assert done.mend == []
    assert done.good
    report = done.to_json()
    assert report["robots"] == {"state": "ok", "crawl_delay": 3.0}
    assert [(c["kind"], c["status"], c["links"], c["matching"]) for c in report["sections"]] == [
        ("feed", 200, 5, 5), ("listing", 200, 5, 5),
    ]  # fmt: skip
    assert len(report["articles"]) == 3
    assert report["coverage"]["title"] == report["coverage"]["published"] == 1
    assert report["dates_agree"] in (1.0, None)


def _set(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(row: dict[str, Any]) -> None:
        *steps, last = path.split(".")
        table: Any = row
        for step in steps:
            table = table[int(step)] if step.isdigit() else table[step]
        table[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "refused", "words"),
    [
        (_set("articles.url", r"^https://maytrang\.example/bai-\d+$"), {}, ["không cái nào khớp articles.url", "-post190.html"]),
        (_set("sections.0.url", "https://maytrang.example/da-doi/"), {}, ["sections[0].url", "HTTP 404"]),
        (None, {"robots_txt": "robots_unreachable"}, ["robots.txt: robots_unreachable"]),
        (None, {"xay_dung_dang": "closed"}, ["sections[0].url", "closed"]),
        (_set("extract.container", ".khong-co"), {}, ["extract.container"]),
        (_set("articles.url", r"^https://maytrang\.example/.+"), {}, ["sections[0].url", "là địa chỉ một bài"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_the_key_to_mend(
    change: Callable[[dict[str, Any]], None] | None, refused: Mapping[str, str], words: list[str]
) -> None:
    done = look(an_outlet(), change, **refused)
    assert not done.good
    for word in words:
        assert any(word in text for text in done.mend), done.mend


def test_a_section_that_robots_forbids_is_named() -> None:
    done = look(an_outlet(robots=Answer("User-agent: *\nDisallow: /xay-dung-dang/\n")))
    assert any("robots.txt cấm chuyên mục" in text for text in done.mend)


def test_pages_without_a_date_ask_for_a_selector() -> None:
    def undated(outlet: Outlet, ask: Ask) -> Answer | None:
        outlet.rules = []
        answer = outlet.answer(ask)
        outlet.rules = [undated]
        if "post" in ask.path and isinstance(answer.body, str):
            head, _, rest = answer.body.partition("<div class='time'>")
            return Answer(head + rest.partition("</div>")[2])
        return answer

    assert any("extract.published" in text for text in look(an_outlet(rules=[undated])).mend)


@pytest.mark.parametrize("status", [200, 403, 503])
def test_a_bot_wall_is_named_whatever_its_status(status: int) -> None:
    challenge = (
        "<html><head><title>Just a moment...</title></head><body><noscript>Enable JavaScript and cookies to continue"
        "</noscript><script src='/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1'></script></body></html>"
    )

    def walled(outlet: Outlet, ask: Ask) -> Answer | None:
        return Answer(challenge, status) if ask.path == "/xay-dung-dang/" else None

    assert any("tường chặn máy" in text for text in look(an_outlet(rules=[walled])).mend)


def test_a_broken_feed_beside_a_good_listing_is_advice() -> None:
    def no_feed(outlet: Outlet, ask: Ask) -> Answer | None:
        return Answer("<html><body>Trang chủ</body></html>") if ask.path == "/rss" else None

    done = look(an_outlet(feed=5, rules=[no_feed]))
    assert done.good
    assert any("sections[0].feed" in text and "không phải RSS" in text for text in done.advice)


def test_a_guessed_address_that_works_is_proposed() -> None:
    outlet = an_outlet(feed=5)

    def guess(row: dict[str, Any]) -> None:
        row["probe"] = [row["sections"][0].pop("feed"), f"{outlet.base}/khong-co.rss"]

    done = look(outlet, guess)
    assert done.good
    assert [p.matching for p in done.probes] == [5, 0]
    assert any("sections.feed" in text for text in done.advice)


# ---- writing -----------------------------------------------------------------------------------------------

ROW = """\
id = "bao-a"  # ghi chú của người viết
name = "Báo A"
province = "Mây Trắng"
fictitious = true
homepage = "https://a.example/"
evidence = "inferred"

[[sections]]
name = "Xây dựng Đảng"
url = "https://a.example/x/"
evidence = "inferred"

[articles]
url = '^https://a\\.example/'
"""


def test_what_was_seen_is_recorded_in_the_row_with_its_comments_kept(tmp_path: Path) -> None:
    path = tmp_path / "bao-a.toml"
    path.write_text(ROW, encoding="utf-8")
    assert rows.mark_seen(path, date(2026, 11, 21))
    row = load_source(path)
    assert (row.evidence, row.sections[0].evidence, row.note) == ("seen", "seen", "Đã kiểm tra 21/11/2026.")
    assert "# ghi chú của người viết" in path.read_text(encoding="utf-8")
    assert not rows.mark_seen(path, date(2026, 11, 22)), "nothing is left to record"
    assert list(tmp_path.iterdir()) == [path]


def test_an_installed_package_is_never_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = tmp_path / "site-packages" / "crawler" / "sources"
    shipped.mkdir(parents=True)
    (shipped / "bao-a.toml").write_text(ROW, encoding="utf-8")
    monkeypatch.setattr(rows, "SHIPPED", shipped)
    with pytest.raises(InvalidInput, match="installed package"):
        rows.mark_seen(shipped / "bao-a.toml", date(2026, 11, 21))
    (tmp_path / "site-packages" / "pyproject.toml").touch()  # a checkout
    assert rows.mark_seen(shipped / "bao-a.toml", date(2026, 11, 21))


def test_a_new_row_never_replaces_one(tmp_path: Path) -> None:
    rows.write_row(tmp_path, "bao-a", ROW)
    with pytest.raises(InvalidInput, match="có rồi"):
        rows.write_row(tmp_path, "bao-a", ROW)


# ---- the commands ------------------------------------------------------------------------------------------


def test_an_unknown_outlet_gets_a_row_that_passes_and_a_broken_one_is_told(tmp_path: Path) -> None:
    def home(outlet: Outlet, ask: Ask) -> Answer | None:
        if ask.path != "/":
            return None
        menu = "<nav><a href='/xay-dung-dang/'>Xây dựng Đảng</a><a href='/kinh-te/'>Kinh tế</a></nav>"
        return Answer(
            "<title>Báo Mây Trắng</title>" + menu + outlet.listing(sorted(outlet.articles)[-8:][::-1])
        )

    unknown, broken = Outlet("chua-biet", rules=[home]), Outlet("hong")
    unknown.add(150, 190)
    broken.add(150, 160)
    with serving(unknown, broken, folder=tmp_path) as folder:
        (folder / "chua-biet.toml").unlink()
        row = folder / "hong.toml"
        row.write_text(row.read_text().replace("-post", "-bai"), encoding="utf-8")
        added = run(folder, tmp_path, "sources", "add", unknown.base + "/", "--yes", "--json")
        assert added["check"]["ok"] is True
        assert len(added["articles"]) == 3
        assert Path(added["written"]) == tmp_path / "sources" / f"{added['id']}.toml"
        process = start(folder, tmp_path, "sources", "check", "--json", "--write")
        said = {c["id"]: c for c in json.loads(process.communicate(timeout=120)[0])}
        assert process.returncode == 1
    assert said[added["id"]]["ok"]
    assert not said["hong"]["ok"]
    assert any("articles.url" in text for text in said["hong"]["mend"])
    in_flight = sorted((hit.began, hit.ended) for hit in unknown.hits)
    assert all(before[1] <= after[0] for before, after in pairwise(in_flight))
