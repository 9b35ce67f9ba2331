"""Two readers of one page: how far they agree, when the second is asked, and what is done where ours reads badly."""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.article import Agreement, Annotations, Article, Page
from crawler.crawl.health import BREAK_COMPARED, State, health_of
from crawler.crawl.ledger import AGREED, COMPARED, Ledger
from crawler.crawl.second_look import FALL, SecondLook, usual_agreement
from crawler.reading.extract import read
from crawler.reading.sampling import FIRST, Sampling
from crawler.reading.second_reader import TOLD, TOLD_LENGTH, agreement, second_reading
from crawler.source import Source
from crawler.store.article_record import article_from, record_of
from tests import press_pages as press
from tests.small_press import NOW, Outlet, crawl, serving
from tests.test_check import an_outlet, look
from tests.test_health import NOW as MORNING
from tests.test_health import SOURCE, TODAY, a_run, days_before

HEAD = f"<h1>{press.TITLE}</h1><div class=time>12/09/2024 15:20</div>"
TEASER = f"<p>{press.PARAGRAPHS[0]}</p>"
LINKED = "".join(f"<p><a href='/x{n}.html'>{p}</a></p>" for n, p in enumerate(press.PARAGRAPHS))


def a_row(**extract: Any) -> Source:
    return Source.model_validate(
        {
            "id": "kim-hai", "name": "Báo Kim Hải", "province": "Kim Hải", "homepage": "https://kimhai.example/",
            "evidence": "seen", "fictitious": True, "extract": [extract],
            "sections": [{"name": "Xây dựng Đảng", "url": "https://kimhai.example/xay-dung-dang/"}],
            "articles": {"url": r"^https://kimhai\.example/.+\.html$"},
        }
    )  # fmt: skip


def an_article(body: str, row: Source | None = None) -> tuple[Page, Article]:
    page = Page(press.URL, press.page(body).encode(), datetime(2026, 11, 21, tzinfo=UTC))
    article = read(page, row)
    assert isinstance(article, Article)
    return page, article


@pytest.mark.parametrize(
    ("body", "row", "reader"),
    [
        (f"<div class=detail>{HEAD}<div class=box>{press.paragraphs()}</div></div>",
         a_row(container="div.detail", remove=[".box"]), "site:fallback-trafilatura-container"),
        (f"<div class=detail>{HEAD}{TEASER}<div class=box>{press.paragraphs(1)}</div></div>",
         a_row(container="div.detail", remove=["p"]), "site:fallback-trafilatura-container"),
        (f"{HEAD}<div class=sapo>{TEASER}</div><div class=content>{press.paragraphs()}</div>",
         a_row(container="div.sapo"), "site:fallback-trafilatura-page"),
        (f"<div class=detail>{HEAD}{TEASER}</div><div class=more>{press.paragraphs(1)}</div>",
         a_row(container="div.detail"), "site:fallback-trafilatura-page"),
        (f"<div class=detail>{HEAD}{LINKED}</div>", None, "generic:fallback-trafilatura-container"),
        (f"<div class=detail>{HEAD}{TEASER}{press.paragraphs(1, 'h4')}</div>", None,
         "generic:fallback-trafilatura-container"),
        (f"<div class=detail style='display:none'>{HEAD}{press.paragraphs()}</div>", None,
         "generic:fallback-trafilatura-page"),
    ],
    ids=["the row cuts the body", "the row cuts all", "the row names a teaser", "the body moved out",
         "each paragraph a link", "each paragraph a heading", "shown by a script"],
)  # fmt: skip
def test_where_ours_reads_badly_the_second_reading_is_taken_and_said(
    body: str, row: Source | None, reader: str
) -> None:
    _, article = an_article(body, row)
    assert article.reader == reader
    assert set(press.PARAGRAPHS) <= set(article.paragraphs)
    assert any("the walk read badly" in told for told in article.warnings)


def test_where_ours_reads_well_it_stays_though_the_second_reader_finds_more() -> None:
    body = f"<div class=detail>{HEAD}{press.paragraphs()}</div><div class=z>{press.COMMENTS * 9}</div>"
    _, article = an_article(body, a_row(container="div.detail"))
    assert article.reader == "site"
    assert article.paragraphs == press.PARAGRAPHS


def test_two_readings_of_a_plain_page_agree() -> None:
    page, article = an_article(f"<div class=detail>{HEAD}{press.paragraphs()}</div>")
    assert second_reading(page.body, article) == Agreement(1.0)


def test_what_differs_is_told_by_its_block() -> None:
    page, article = an_article(f"<div class=detail>{HEAD}{press.paragraphs()}</div>")
    short = replace(article, blocks=article.blocks[:3])
    found = second_reading(page.body, short)
    assert found is not None
    assert found.f1 < 0.8
    assert found.only_ours == ()
    assert [text[:30] for text in found.only_theirs] == [p[:30] for p in press.PARAGRAPHS[3 : 3 + TOLD]]
    assert all(len(text) <= TOLD_LENGTH for text in found.only_theirs)
    other = agreement(press.PARAGRAPHS[:2], article)
    assert [text[:30] for text in other.only_ours] == [p[:30] for p in press.PARAGRAPHS[2 : 2 + TOLD]]


def test_captions_and_the_by_line_are_no_difference() -> None:
    page, article = an_article(
        f"<div class=detail>{HEAD}{press.paragraphs()}<figure><img src=/a.jpg><figcaption>Quang cảnh hội nghị sáng nay. "
        "Ảnh: Hồ Lan</figcaption></figure><p><b>Hồ Lan</b></p></div>"
    )
    found = second_reading(page.body, article)
    assert found is not None and found.f1 == 1.0


@pytest.mark.parametrize("body", [b"", b"\x00", b"<html>", b"\xff\xfe<p>", "<p>đ</p>".encode("utf-16")])
def test_no_page_makes_the_second_reader_raise(body: bytes) -> None:
    _, article = an_article(f"<div class=detail>{HEAD}{press.paragraphs()}</div>")
    found = second_reading(body, article)
    assert found is None or found.f1 == 0.0


@pytest.mark.parametrize(
    "body",
    [
        "<p " + " ".join(f"a{n}=1" for n in range(60_000)) + f">x</p>{press.paragraphs()}",
        "<p>x</p>" * 60_000,
        "<div>" * 20_000 + press.paragraphs(),
    ],
    ids=["attributes", "elements", "nesting"],
)
def test_a_hostile_page_does_not_hold_the_second_reader(body: str) -> None:
    _, article = an_article(f"<div class=detail>{HEAD}{press.paragraphs()}</div>")
    began = time.process_time()
    second_reading(press.page(body).encode(), article)
    assert time.process_time() - began < 5


def test_the_first_pages_of_every_layout_are_read_twice_and_then_one_in_so_many() -> None:
    _, article = an_article(f"<div class=detail>{HEAD}{press.paragraphs()}</div>")
    many = [replace(article, canonical_url=f"https://kimhai.example/bai-{n}.html") for n in range(5000)]
    assert Sampling(50, {}).wants(article)
    assert Sampling(50, {"site": 100, article.reader: FIRST - 1}).wants(article)
    later = Sampling(50, {article.reader: FIRST})
    assert 60 <= sum(map(later.wants, many)) <= 140
    assert [later.wants(a) for a in many] == [later.wants(a) for a in many], "the same pages each time"
    assert sum(map(Sampling(500, {article.reader: FIRST}).wants, many)) < 30
    assert all(map(Sampling(50, {article.reader: FIRST}, doubted=True).wants, many[:5]))
    assert not any(map(Sampling(0, {}, doubted=True).wants, many[:5]))


def test_a_page_that_agrees_much_less_than_is_usual_lets_the_next_be_read_twice_as_well() -> None:
    _, article = an_article(f"<div class=detail>{HEAD}{press.paragraphs()}</div>")
    past = {COMPARED: FIRST, AGREED: FIRST * 950, f"{COMPARED}:generic": FIRST}
    second = SecondLook(50, past)
    second.note(article.noted(agreement=Agreement(0.95 - FALL - 0.01)))
    assert second.sampling(Ledger("kim-hai")).doubted
    second.note(article)
    assert second.sampling(Ledger("kim-hai")).doubted, "a page read once says nothing"
    second.note(article.noted(agreement=Agreement(0.94)))
    assert not second.sampling(Ledger("kim-hai")).doubted
    assert usual_agreement({COMPARED: FIRST - 1, AGREED: 9000}) is None
    ledger = Ledger("kim-hai")
    ledger.count_fields(article.noted(agreement=Agreement(0.9)))
    assert second.sampling(ledger).read == {"generic": FIRST + 1}


def test_the_agreement_is_kept_with_the_article() -> None:
    _, article = an_article(f"<div class=detail>{HEAD}{press.paragraphs()}</div>")
    notes = Annotations().to_json()
    noted = article.noted(agreement=Agreement(0.5, ("a b c d",), ("e f g h",)))
    assert article_from(json.loads(json.dumps(record_of(noted))), notes) == noted
    assert "agreement" not in record_of(article)
    assert article_from(record_of(article), notes).agreement is None


def twice(n: int, share: float, pages: int = 4) -> dict[str, int]:
    return {COMPARED: pages, AGREED: round(1000 * share * pages)}


def test_two_readings_that_fall_apart_are_a_layout_break_before_any_field_is_missing() -> None:
    days = sorted(days_before(15))
    runs = [a_run(day, 9) for day in days]
    runs = [replace(r, fields={**(r.fields or {}), **twice(n, 0.96)}) for n, r in enumerate(runs)]
    today = a_run(TODAY, 9)
    well = [*runs, replace(today, fields={**(today.fields or {}), **twice(0, 0.93, BREAK_COMPARED)})]
    badly = [*runs, replace(today, fields={**(today.fields or {}), **twice(0, 0.41, BREAK_COMPARED)})]
    assert health_of(SOURCE, well, now=MORNING).state is State.GOOD
    state = health_of(SOURCE, badly, now=MORNING)
    assert state.state is State.LAYOUT_BREAK
    assert state.detail == f"hai cách đọc khớp nhau 41% trên {BREAK_COMPARED} bài gần đây, trước đây 96%"
    few = [*runs[:2], badly[-1]]
    assert health_of(SOURCE, few, now=MORNING).state is State.GOOD, "nothing is known of what is usual"


def fields(data: Path) -> list[dict[str, int]]:
    with sqlite3.connect(data / "diemtin.db") as store:
        return [json.loads(row[0]) for row in store.execute("SELECT fields FROM run ORDER BY id")]


def test_a_crawl_reads_the_first_pages_twice_and_sums_up_how_far_they_agree(tmp_path: Path) -> None:
    outlet = Outlet("bao-hai-lan", articles=list(range(170, 200)), size=40)
    with serving(outlet, folder=tmp_path) as rows:
        every = {"DIEMTIN_CRAWL__SECOND_READER_EVERY": "1000000"}
        assert crawl(rows, tmp_path, **every)["bao-hai-lan"]["stored"] == 30
        [first] = fields(tmp_path)
        assert FIRST <= first[COMPARED] <= FIRST + 4, "the first twenty, and those that were under way"
        assert first[f"{COMPARED}:site"] == first[COMPARED]
        assert first[AGREED] >= 950 * first[COMPARED]
        with sqlite3.connect(tmp_path / "diemtin.db") as store:
            records = [json.loads(row[0]) for row in store.execute("SELECT record FROM version")]
        assert sum("agreement" in record for record in records) == first[COMPARED]
        outlet.add(200, 205)
        crawl(rows, tmp_path, now=NOW + timedelta(hours=3), **every)
        assert COMPARED not in fields(tmp_path)[-1], "the layout is known"


def test_the_check_of_a_row_tells_how_far_two_readings_agree() -> None:
    done = look(an_outlet())
    assert done.agreement() is not None and done.agreement() > 0.95  # type: ignore[operator]
    report = done.to_json()
    assert report["agreement"] == done.agreement()
    assert report["articles"][0]["agreement"]["f1"] > 0.95
    assert done.advice == []


def test_the_check_advises_where_two_readings_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.onboarding.check.DIFFERENT", 0.9)

    def cut(row: dict[str, Any]) -> None:
        row["extract"]["remove"] = ["div.body p:nth-child(n+3)"]

    done = look(an_outlet(), cut)
    assert done.agreement() is not None and done.agreement() < 0.9  # type: ignore[operator]
    [advice] = done.advice
    assert "Hai cách đọc chỉ khớp" in advice and "kết thúc với kế hoạch" in advice
    assert done.good
