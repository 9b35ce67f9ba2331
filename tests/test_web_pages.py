"""The pages of a day, of a search and of an article; how errors are told, and what every answer carries."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
import sqlalchemy as sa
from docx import Document
from lxml import etree

from crawler.dates.zones import VIETNAM
from crawler.delivery.day import bounds_of
from crawler.store import schema as s
from crawler.store.database import open_database
from crawler.store.day import documents_between
from crawler.web.form import LARGEST_FORM
from tests.press_room import PressRoom
from tests.web_room import HOSTILE, fill, pages

ATOM = "{http://www.w3.org/2005/Atom}"
YESTERDAY = "/?ngay=2026-11-21"


def test_a_day_tells_documents_meetings_stories_and_what_was_looked_at(engine: sa.Engine) -> None:
    first, copy, _ = fill(engine)
    page = pages(engine).get(YESTERDAY).text
    order = ["Văn kiện mới", "Cuộc họp trong ngày", "Sắp họp", "Tin trong ngày", "Đã xem những báo nào"]
    assert [page.index(f">{heading}") for heading in order] == sorted(
        page.index(f">{heading}") for heading in order
    )
    assert "Chỉ thị 19-CT/TU" in page and "Đại hội lần thứ 12" in page
    assert page.count(f'href="/bai/{first}"') == 2, "one line for the story, one for the document"
    assert f'cũng đăng tại: <a href="/bai/{copy}">Báo An Khê Sơn</a>' in page
    assert "Đã xem 1 trong 3 nguồn" in page and "2 chưa xem" in page


def test_a_day_ahead_is_no_error(engine: sa.Engine) -> None:
    fill(engine)
    assert pages(engine).get("/?ngay=2030-01-01").status_code == 200


def test_at_six_in_the_morning_today_begins_with_last_evening_and_in_the_afternoon_it_does_not(
    engine: sa.Engine,
) -> None:
    fill(engine)
    early = pages(engine, now=datetime(2026, 11, 22, 6, tzinfo=VIETNAM)).get("/").text
    assert "Hôm nay, Chủ nhật, 22/11/2026" in early
    for told in (
        "Văn kiện mới từ chiều qua",
        "Chỉ thị 19-CT/TU",
        "Từ 17 giờ hôm qua",
        "Tỉnh ủy Lam Hà ban hành",
    ):
        assert told in early, told
    assert "Huyện ủy Lam Hà tổng kết năm" not in early, "a day without an hour is noon"
    late = pages(engine, now=datetime(2026, 11, 22, 14, tzinfo=VIETNAM)).get("/").text
    assert "chiều qua" not in late and "Từ 17 giờ" not in late
    assert "chiều qua" not in pages(engine, now=datetime(2026, 11, 22, 6, tzinfo=VIETNAM)).get(YESTERDAY).text


def test_a_day_on_which_nobody_looked_is_not_called_quiet(engine: sa.Engine) -> None:
    fill(engine)
    page = pages(engine).get("/?ngay=2025-01-01").text
    assert "Chưa xem được báo nào" in page and "Một ngày yên" not in page
    with engine.begin() as conn:
        at = datetime(2025, 1, 1, 9, tzinfo=VIETNAM)
        conn.execute(
            sa.insert(s.run).values(
                source="bao-lam-ha",
                started=at,
                ended=at,
                outcome="finished",
                counts={},
                requests=1,
                found=0,
                errors=0,
            )
        )
    assert "Một ngày yên" in pages(engine).get("/?ngay=2025-01-01").text


def test_a_document_is_new_once_whatever_name_it_was_told_under(engine: sa.Engine) -> None:
    fill(engine)
    with engine.begin() as conn:
        room = PressRoom(conn)
        room.document("19-CT/TU@khac", same_as="19-CT/TU@lam-ha")
        again = room.article(
            "Lam Hà quán triệt chỉ thị", story=room.story(), slug="qt", published="2026-11-22T05:00:00+07:00"
        )
        room.cites(again, "19-CT/TU@khac", "Chỉ thị 19-CT/TU", "vừa ban hành")
        first, end = bounds_of(date(2026, 11, 22))
        assert documents_between(conn, first, end) == []
        assert [one.facts.id for one in documents_between(conn, *bounds_of(date(2026, 11, 21)))] == [
            "19-CT/TU@lam-ha"
        ]


def test_an_empty_store_shows_every_page(engine: sa.Engine) -> None:
    ask = pages(engine)
    for path in ("/", "/tim", "/tim?q=đại+hội", "/hom-nay.json", "/tim.csv?q=x"):
        assert ask.get(path).status_code == 200, path


def test_a_day_can_be_taken_away_as_a_file(engine: sa.Engine) -> None:
    fill(engine)
    ask = pages(engine)
    told = ask.get("/hom-nay.json?ngay=2026-11-21").json()
    assert [one["key"] for one in told["documents"]] == ["19-CT/TU"] and len(told["stories"]) == 2
    rows = list(csv.reader(io.StringIO(ask.get("/hom-nay.csv?ngay=2026-11-21").content.decode("utf-8-sig"))))
    assert rows[0][0] == "Loại" and {row[0] for row in rows[1:]} == {"văn kiện mới", "tin", "cuộc họp"}
    book = openpyxl.load_workbook(io.BytesIO(ask.get("/hom-nay.xlsx?ngay=2026-11-21").content))
    assert book.active.max_row == len(rows)


def test_no_cell_of_a_file_is_a_formula(engine: sa.Engine) -> None:
    fill(engine, ["=HYPERLINK(1)", "+1", "-2", "@x"])
    ask = pages(engine)
    rows = list(csv.reader(io.StringIO(ask.get("/tim.csv").content.decode("utf-8-sig"))))
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    book = openpyxl.load_workbook(io.BytesIO(ask.get("/tim.xlsx").content))
    assert {cell.data_type for row in book.active.iter_rows() for cell in row} <= {"s", "n"}


def test_a_search_marks_words_narrows_and_goes_on(engine: sa.Engine) -> None:
    fill(engine, [f"Đại hội chi bộ số {n}" for n in range(30)])
    ask = pages(engine)
    page = ask.get("/tim", params={"q": "đại hội"}).text
    assert "<mark>Đại hội</mark>" in page and page.count('<a class="title"') == 20
    assert "Lam Hà</a>" in page and "t%E1%BB%89nh" in page, "it narrows by province"
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following is not None
    rest = ask.get(following[1].replace("&amp;", "&")).text
    assert rest.count('<a class="title"') == 11 and 'rel="next"' not in rest


def test_a_wrong_query_is_shown_with_its_place(engine: sa.Engine) -> None:
    answer = pages(engine).get("/tim", params={"q": "chi (bộ"})
    assert answer.status_code == 400
    assert "ký tự 8" in answer.text and "chi (bộ<mark> </mark>" in answer.text


def test_an_article_shows_its_text_its_copies_and_how_it_was_read(engine: sa.Engine) -> None:
    first, copy, _ = fill(engine)
    page = pages(engine).get(f"/bai/{first}").text
    assert "Chi bộ là gốc rễ của Đảng." in page and f'href="/bai/{copy}"' in page
    assert "Chỉ thị 19-CT/TU" in page and "visible" in page
    assert pages(engine).get(f"/bai/{first}.json").json()["text"].startswith("Tỉnh ủy Lam Hà")


@pytest.mark.parametrize(
    "path", ["/bai/0", "/bai/999", "/bai/99999999999999999999", "/khong-co", "/tim.pdf", "/bai/x"]
)
def test_what_is_not_there_is_said_with_what_to_do(engine: sa.Engine, path: str) -> None:
    answer = pages(engine).get(path)
    assert answer.status_code in (400, 404) and "<h1>" in answer.text and "Traceback" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/?ngay=31-11-2026",
        "/?ngay=2026-13-01",
        "/tim?q=x&after=abc",
        "/tim?q=x&sort=best",
        "/tim?q=%00x",
        "/tim?q=x&after=%00",
        "/tim.json?q=(a",
    ],
)
def test_what_is_asked_wrongly_is_said_in_both_languages(engine: sa.Engine, path: str) -> None:
    answer = pages(engine).get(path)
    assert (answer.status_code == 400 and " / " in answer.text) or "\n" in answer.text


def test_english_is_a_choice_that_lasts_and_leads_to_no_other_site(engine: sa.Engine) -> None:
    ask = pages(engine)
    assert "Hôm nay" in ask.get("/").text
    chosen = ask.get("/ngon-ngu/en?ve=/tim")
    assert (chosen.status_code, chosen.headers["Location"]) == (303, "/tim")
    assert "Today" in ask.get("/").text and 'lang="en"' in ask.get("/").text
    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example"):
        assert ask.get("/ngon-ngu/vi", params={"ve": elsewhere}).headers["Location"] == "/"


def test_a_hostile_title_is_only_text(engine: sa.Engine) -> None:
    number = fill(engine, hostile=True)[-1]
    ask = pages(engine)
    for path in (YESTERDAY, "/tim?q=alert", f"/bai/{number}"):
        page = re.sub("</?mark>", "", ask.get(path).text)
        assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page, path
    assert HOSTILE.split("\u202e")[0] in ask.get(f"/bai/{number}.json").json()["title"]


def test_every_answer_forbids_what_no_page_needs(engine: sa.Engine) -> None:
    ask = pages(engine)
    for path in ("/", "/tim", "/khong-co", "/static/style.css", "/api/v1/articles"):
        headers = ask.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"], path
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "no-referrer"


def test_what_has_not_changed_is_not_sent_again(engine: sa.Engine) -> None:
    fill(engine)
    ask = pages(engine)
    first = ask.get("/api/v1/articles")
    again = ask.get("/api/v1/articles", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    page = re.search(r'href="(/static/style.css\?v=[0-9a-f]+)"', ask.get("/").text)
    assert page is not None and "immutable" in ask.get(page[1]).headers["Cache-Control"]
    assert "immutable" not in ask.get("/static/style.css").headers["Cache-Control"]


def test_a_page_travels_compressed(engine: sa.Engine) -> None:
    fill(engine)
    for kind in ("gzip", "zstd"):
        answer = pages(engine).get(YESTERDAY, headers={"Accept-Encoding": kind})
        assert answer.headers["Content-Encoding"] == kind


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "192.0.2.1"},
        {"Forwarded": "for=192.0.2.1"},
        {"Via": "1.1 x"},
        {"Host": "evil.example"},
    ],
)
def test_who_asks_through_a_proxy_or_by_another_name_is_not_at_this_machine(
    engine: sa.Engine, headers: dict[str, str]
) -> None:
    assert pages(engine).get("/tim", headers=headers).status_code in (303, 401)


def test_who_asks_from_elsewhere_sees_nothing(engine: sa.Engine) -> None:
    fill(engine)
    for ask in (pages(engine, client="192.0.2.7"), pages(engine, local=False)):
        for path in ("/tim", "/bai/1", "/api/v1/articles", "/tim.csv"):
            answer = ask.get(path)
            assert answer.status_code in (303, 401) and "Lam Hà" not in answer.text


def test_a_busy_store_is_a_reason_to_come_back(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'diemtin.db'}")
    fill(engine)
    ask = pages(engine)
    engine.dispose()
    with sqlite3.connect(tmp_path / "diemtin.db") as other:
        other.execute("DROP TABLE search_row")
    answer = ask.get("/tim?q=x")
    assert answer.status_code == 503 and answer.headers["Retry-After"] and "Traceback" not in answer.text
    assert ask.get("/api/v1/articles").headers["Content-Type"] == "application/problem+json"
    engine.dispose()


def test_a_form_from_elsewhere_writes_nothing_and_a_large_one_is_refused(engine: sa.Engine) -> None:
    ask = pages(engine)
    assert LARGEST_FORM == 65_536
    assert ask.post("/bai/1/sua", data={"x": "y"}).status_code in (403, 404, 405)


def test_an_answer_is_taken_away_as_lines_a_word_list_and_a_feed(engine: sa.Engine) -> None:
    fill(engine, [f"Đại hội {n} \u202e {{{{ 7 * 7 }}}}\x0b" for n in range(60)], hostile=True)
    ask = pages(engine)
    whole = ask.get("/api/v1/articles?q=đại hội&limit=100").json()
    lines = [json.loads(line) for line in ask.get("/tim.jsonl?q=đại hội").text.splitlines()]
    assert lines == whole["hits"] and len(lines) >= 60
    word = ask.get("/tim.docx?q=đại hội")
    assert 'filename="tim.docx"' in word.headers["content-disposition"]
    told = Document(io.BytesIO(word.content)).paragraphs
    assert told[0].text == "đại hội" and told[1].text.startswith(f"{len(lines)} tin, lúc ")
    listed = [one for one in told if one.style is not None and one.style.name == "List Number"]
    assert len(listed) == len(lines)
    for one, hit in zip(listed, lines, strict=True):
        assert hit["url"] in one.text and hit["source_name"] in one.text
        assert one.runs[0].bold and "\u202e" not in one.text
    feed = ask.get("/tim.atom?q=đại hội")
    assert feed.headers["content-type"].startswith("application/atom+xml")
    entries = etree.fromstring(feed.content).findall(f"{ATOM}entry")
    assert [one.find(f"{ATOM}link").get("href") for one in entries] == [hit["url"] for hit in lines[:50]]
    assert feed.content == ask.get("/tim.atom?q=đại hội").content
    refused = ask.get("/tim.doc?q=x")
    assert refused.status_code == 400 and ".docx" in refused.text
    for form in ("docx", "atom", "jsonl"):
        assert ask.get(f"/tim.{form}?q=(x").status_code == 400
        assert ask.get(f"/tim.{form}?q=khôngcóđâu").status_code == 200


def test_a_day_is_a_feed_of_its_documents_and_stories(engine: sa.Engine) -> None:
    empty = etree.fromstring(pages(engine).get("/hom-nay.atom").content)
    assert empty.findall(f"{ATOM}entry") == [] and empty.find(f"{ATOM}updated") is not None
    fill(engine, hostile=True)
    ask = pages(engine)
    day = ask.get("/hom-nay.json?ngay=2026-11-21").json()
    feed = etree.fromstring(ask.get("/hom-nay.atom?ngay=2026-11-21").content)
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == len(day["documents"]) + len(day["stories"]) > 2
    names = [one.findtext(f"{ATOM}id") for one in (feed, *entries)]
    assert len(set(names)) == len(names)
    assert feed.findtext(f"{ATOM}id") != empty.findtext(f"{ATOM}id")
    assert ask.get("/hom-nay.atom?ngay=2026-13-01").status_code == 400
    assert ask.get("/hom-nay.docx").status_code == 400


def test_words_asked_for_are_marked_in_titles_too(engine: sa.Engine) -> None:
    fill(engine, ["Chi bộ <b>xã</b> & chi bộ thôn"])
    ask = pages(engine)
    page = ask.get("/tim", params={"q": "chi bộ tiêu-đề:thôn"}).text
    assert "<mark>Chi bộ</mark> &lt;b&gt;xã&lt;/b&gt; &amp; <mark>chi bộ</mark> <mark>thôn</mark></a>" in page
    (hit,) = ask.get("/api/v1/articles", params={"q": "tiêu-đề:thôn"}).json()["hits"]
    assert [hit["title"][start:end] for start, end in hit["title_marks"]] == ["thôn"]
