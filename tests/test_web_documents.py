"""Văn kiện: the register, one document on its way through the provinces, and what is taken away as a file."""

from __future__ import annotations

import csv
import io
import time
import zipfile
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from crawler.citing.document_relations import named_in_title
from crawler.citing.document_way import MOST_COLUMNS, Conference, DocumentWay, Sighting, way
from crawler.delivery.document_press import document_in_press
from crawler.store import runs
from crawler.store import schema as s
from tests.press_room import MORNING, OUTLETS, PressRoom
from tests.web_room import pages, seen

DIRECTIVE = "61-CT/TW@XIV"
PAGE = "/van-kien/61-CT/TW@XIV"


def fill(engine: sa.Engine) -> dict[str, int]:
    """A directive of 2 November: told in Lam Hà, studied in An Khê Sơn, reviewed later; Cù Lao Hạ says nothing."""
    with engine.begin() as conn:
        room = PressRoom(conn)
        room.document(DIRECTIVE, date="2026-11-02", issuer="Ban Bí thư", title="Nếp làm việc của chi bộ")
        room.document(
            "30/2020/NĐ-CP", "Nghị định", date="2020-03-05", issuer="Chính phủ", title="Công tác văn thư"
        )
        room.document("12-HD/BTCTW@XIV", "Hướng dẫn", title="Thực hiện Chỉ thị 61-CT/TW")
        found = {}
        for name, source, day in (
            ("first", "bao-lam-ha", "2026-11-04T08:00:00+07:00"),
            ("study", "bao-an-khe", "2026-11-12T17:00:00+07:00"),
            ("review", "bao-an-khe", "2026-11-20T17:00:00+07:00"),
            ("both", "bao-lam-ha", "2026-11-19T17:00:00+07:00"),
        ):
            found[name] = room.article(f"Bài {name}", story=room.story(), source=source, published=day)
            room.cites(found[name], DIRECTIVE, "Chỉ thị số 61-CT/TW")
        room.cites(found["both"], "30/2020/NĐ-CP", "Nghị định 30/2020/NĐ-CP")
        about = {"province": "An Khê Sơn", "organiser": "Tỉnh ủy An Khê Sơn", "cites": ["61-CT/TW"]}
        room.meeting("m1", found["study"], kind="hội nghị quán triệt", date="2026-11-11", **about)
        room.meeting("m2", found["review"], kind="hội nghị sơ kết", date="2026-11-20", **about)
    return found


# ---- the matrix --------------------------------------------------------------------------------------------------


def test_a_conference_stands_in_the_week_it_was_held_and_its_article_in_the_week_it_was_printed() -> None:
    start = date(2026, 11, 2)
    told = [Sighting(1, "Kim Lộ", date(2026, 11, 10))]
    held = [Conference(1, "Kim Lộ", date(2026, 11, 8), "study")]
    [row] = way(told, held, start=start, until=date(2026, 11, 20)).rows
    assert [(c.column.number, c.is_first, c.studies) for c in row.cells if c] == [
        (1, True, (1,)),
        (2, False, ()),
    ]
    assert (row.first, row.study, row.review) == (date(2026, 11, 8), date(2026, 11, 8), None)


def test_the_way_of_an_old_document_begins_at_its_first_report_and_counts_from_its_own_date() -> None:
    told = [Sighting(1, "Kim Lộ", date(2026, 11, 3))]
    found = way(told, [], start=date(2019, 5, 30), until=date(2026, 11, 20))
    assert found.weeks == 1 and [c.number for c in found.columns] == [388, 389, 390, 391]
    assert found.columns[0].first <= date(2026, 11, 3) <= found.columns[0].last


def test_weeks_that_do_not_fit_are_joined_and_what_is_older_than_the_document_stands_apart() -> None:
    told = [Sighting(1, "Kim Lộ", date(2024, 12, 30)), Sighting(2, "Kim Lộ", date(2026, 11, 3))]
    found = way(told, [], start=date(2025, 1, 1), until=date(2026, 11, 20))
    assert found.weeks == 4 and len(found.columns) <= MOST_COLUMNS
    assert [c.number for c in found.columns[:3]] == [0, 1, 5]
    assert found.rows[0].cells[0] is not None and found.rows[0].cells[0].articles == (1,)


def test_provinces_stand_in_the_order_in_which_they_told_of_it() -> None:
    told = [
        Sighting(n, name, date(2026, 11, day)) for n, (name, day) in enumerate([("B", 5), ("C", 3), ("A", 5)])
    ]
    assert [row.province for row in way(told, [], start=date(2026, 11, 2), until=date(2026, 11, 9)).rows] == [
        "C",
        "A",
        "B",
    ]


DAYS = st.dates(date(2015, 1, 1), date(2026, 12, 31))


@given(
    told=st.lists(st.builds(Sighting, st.integers(1, 40), st.sampled_from("ABC"), DAYS), max_size=30),
    held=st.lists(
        st.builds(
            Conference, st.integers(1, 40), st.sampled_from("ABC"), DAYS, st.sampled_from(["study", "review"])
        ),
        max_size=10,
    ),
    start=DAYS,
    until=DAYS,
)
def test_every_article_stands_in_a_cell_of_its_day_and_the_columns_join_without_a_gap(
    told: list[Sighting], held: list[Conference], start: date, until: date
) -> None:
    found = way(told, held, start=start, until=until)
    assert len(found.columns) <= MOST_COLUMNS
    for before, after in zip(found.columns, found.columns[1:], strict=False):
        assert after.first == before.last + timedelta(days=1)
    for one in (*told, *held):
        assert one.article in _cell_of(found, one)
    assert {row.province for row in found.rows} == {one.province for one in (*told, *held)}
    for row in found.rows:
        assert sum(1 for cell in row.cells if cell and cell.is_first) == 1


def _cell_of(found: DocumentWay, one: Sighting) -> tuple[int, ...]:
    [row] = [row for row in found.rows if row.province == one.province]
    [cell] = [cell for cell in row.cells if cell and cell.column.first <= one.day <= cell.column.last]
    return cell.articles


@pytest.mark.parametrize(
    ("title", "relation"),
    [
        ("Thi hành Điều lệ, thay thế Quy định số 205-QĐ/TW", "replaces"),
        ("Sửa đổi, bổ sung một số điều của Quy định 205-QĐ/TW", "amends"),
        ("Sửa đổi tên gọi và thay thế Quy định số 205-QĐ/TW", "replaces"),
        ("Hướng dẫn thực hiện Quy định số 205-QĐ/TW", "names"),
    ],
)
def test_the_nearest_word_before_a_name_in_a_title_tells_what_it_is_to_it(title: str, relation: str) -> None:
    assert [(one.key, one.relation) for one in named_in_title(title)] == [("205-QĐ/TW", relation)]


# ---- one document ------------------------------------------------------------------------------------------------


def test_a_document_shows_who_told_of_it_in_which_week_and_each_cell_leads_to_its_articles(
    engine: sa.Engine,
) -> None:
    found = fill(engine)
    page = pages(engine).get(PAGE).text
    words = seen(page)
    assert "2 tỉnh đã đưa tin, 1 đã quán triệt, 1 đã sơ kết, tổng kết" in words
    assert "Lam Hà 04/11 1 ● 1 An Khê Sơn 11/11 1 ●Q 1 S" in words
    cell = f"{PAGE}?tinh={quote('An Khê Sơn').replace('%20', '+')}&amp;tuan=2#bai"
    assert f'href="{cell}"' in page
    only = pages(engine).get(PAGE, params={"tinh": "An Khê Sơn", "tuan": 2}).text
    articles = only[only.index('id="bai"') :]
    assert f"/bai/{found['study']}" in articles and f"/bai/{found['first']}" not in articles


def test_provinces_that_were_looked_at_and_say_nothing_are_told_apart_from_those_not_looked_at(
    engine: sa.Engine,
) -> None:
    fill(engine)
    assert "Chưa xem báo từ ngày văn kiện 1 Cù Lao Hạ" in seen(pages(engine).get(PAGE).text)
    run = runs.open_run(engine, "bao-cu-lao", now=MORNING - timedelta(days=1))
    runs.close_run(engine, run, ended=MORNING, outcome="finished")
    words = seen(pages(engine).get(PAGE).text)
    assert "Chưa thấy đưa tin 1 Cù Lao Hạ" in words and "Chưa xem báo" not in words
    assert "Không có báo trong danh bạ 34 An Giang" in words


def test_an_announced_or_cancelled_conference_is_listed_and_counts_in_no_week(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        room = PressRoom(conn)
        room.document(DIRECTIVE, date="2026-11-02")
        told = room.article("Sắp quán triệt", story=room.story())
        room.cites(told, DIRECTIVE, "Chỉ thị 61-CT/TW")
        about = {"province": "Lam Hà", "kind": "hội nghị quán triệt", "cites": ["61-CT/TW"]}
        room.meeting("m1", told, status="upcoming", date="2026-11-27", **about)
        room.meeting("m2", told, status="cancelled", date="2026-11-10", **about)
    page = pages(engine).get(PAGE).text
    assert "0 đã quán triệt" in seen(page)
    assert "/cuoc-hop/m1" in page and "/cuoc-hop/m2" in page and "sắp họp" in page and "đã hủy" in page


def test_a_meeting_on_another_document_of_the_same_article_is_not_about_this_one(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        room = PressRoom(conn)
        for key in ("61-CT/TW", "62-CT/TW"):
            room.document(f"{key}@XIV", date="2026-11-02")
        told = room.article("Hai chỉ thị", story=room.story())
        for key in ("61-CT/TW", "62-CT/TW"):
            room.cites(told, f"{key}@XIV", f"Chỉ thị {key}")
        room.meeting("m1", told, kind="hội nghị quán triệt", date="2026-11-20", cites=["62-CT/TW"])
    assert "0 đã quán triệt" in seen(pages(engine).get(PAGE).text)
    assert "1 đã quán triệt" in seen(pages(engine).get("/van-kien/62-CT/TW@XIV").text)


def test_related_documents_are_those_that_titles_name_and_those_named_in_the_same_articles(
    engine: sa.Engine,
) -> None:
    fill(engine)
    words = seen(pages(engine).get(PAGE).text)
    assert "Hướng dẫn 12-HD/BTCTW Thực hiện Chỉ thị 61-CT/TW trích yếu nhắc văn kiện này" in words
    assert "Được nhắc trong cùng bài Nghị định 30/2020/NĐ-CP Công tác văn thư 1 bài" in words
    other = seen(pages(engine).get("/van-kien/12-HD/BTCTW@XIV").text)
    assert "Chỉ thị 61-CT/TW Nếp làm việc của chi bộ được nhắc trong trích yếu" in other
    assert "Chưa tỉnh nào đưa tin" in other


def test_a_number_leads_to_its_document_and_several_of_one_number_to_the_register(engine: sa.Engine) -> None:
    fill(engine)
    ask = pages(engine)
    assert ask.get("/van-kien/61-CT/TW", follow_redirects=False).headers["location"] == PAGE
    with engine.begin() as conn:
        PressRoom(conn).document("61-CT/TW@XIII")
        joined = {"same_as": DIRECTIVE}
        PressRoom(conn).document("61-CT/TW@?")
        conn.execute(sa.update(s.document).where(s.document.c.id == "61-CT/TW@?").values(**joined))
    assert (
        ask.get("/van-kien/61-CT/TW", follow_redirects=False).headers["location"].startswith("/van-kien?so=")
    )
    assert ask.get("/van-kien/61-CT/TW@%3F", follow_redirects=False).headers["location"] == PAGE
    assert ask.get("/van-kien/61-CT/TW@%3F.csv", follow_redirects=False).headers["location"] == PAGE + ".csv"


@pytest.mark.parametrize(
    "path", ["/van-kien/không có", "/van-kien/../../etc/passwd", "/van-kien/a.b/c", "/van-kien/x.json"]
)
def test_a_document_that_is_not_there_is_told_with_what_to_do(engine: sa.Engine, path: str) -> None:
    answer = pages(engine).get(path)
    assert answer.status_code == 404
    assert "sổ văn kiện không có" in answer.text or "Không có trang này" in answer.text


def test_an_id_with_a_dot_is_no_form_of_a_file(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        PressRoom(conn).document("NQĐHĐB-XIV@TP.-Lam-Hà", "Nghị quyết")
    answer = pages(engine).get("/van-kien/NQĐHĐB-XIV@TP.-Lam-Hà")
    assert answer.status_code == 200 and "Nghị quyết NQĐHĐB-XIV" in answer.text


@pytest.mark.parametrize("query", ["tuan=99", "tuan=x", "sau=12345"])
def test_a_cell_or_a_cursor_that_is_none_is_told(engine: sa.Engine, query: str) -> None:
    fill(engine)
    answer = pages(engine).get(f"{PAGE}?{query}")
    assert answer.status_code == 400 and query.partition("=")[0] in answer.text


def test_the_matrix_is_taken_away_as_a_table_and_as_json(engine: sa.Engine) -> None:
    found = fill(engine)
    ask = pages(engine)
    sheet = list(csv.reader(io.StringIO(ask.get(PAGE + ".csv").text.removeprefix("\ufeff"))))
    assert sheet[0][:6] == ["Tỉnh", "Tình trạng", "Thấy lần đầu", "Quán triệt", "Sơ kết, tổng kết", "Số bài"]
    assert sheet[2][:6] == ["An Khê Sơn", "đã đưa tin", "2026-11-11", "2026-11-11", "2026-11-20", "2"]
    assert sheet[2][7] == "1; thấy lần đầu; hội nghị quán triệt"
    assert len(sheet) == 1 + 3 + 34
    told = ask.get(PAGE + ".json").json()
    [row] = [row for row in told["way"]["rows"] if row["province"] == "An Khê Sơn"]
    assert row["cells"][0]["studies"] == [found["study"]] and told["document"]["id"] == DIRECTIVE
    assert len(told["articles"]) == 4
    book = ask.get(PAGE + ".xlsx")
    assert "van-kien-61-ct-tw-xiv.xlsx" in book.headers["content-disposition"]
    assert zipfile.ZipFile(io.BytesIO(book.content)).testzip() is None
    articles = ask.get(PAGE + ".csv?bang=bai").text
    assert articles.count("\n") == 5 and "Bài review" in articles


def test_a_document_with_two_thousand_articles_is_asked_in_few_queries_and_pages(engine: sa.Engine) -> None:
    names = list(OUTLETS)
    day = datetime(2026, 1, 5, 5, tzinfo=UTC)
    with engine.begin() as conn:
        room = PressRoom(conn)
        room.document(DIRECTIVE, date="2026-01-05")
        story = room.story()
        rows: list[dict[str, Any]] = [
            {
                "id": n, "source": names[n % 3], "url": f"https://x.example/{n}", "title": f"Bài {n}", "published": None,
                "published_at": day + timedelta(hours=3 * n), "version": 1, "text_hash": "0", "key_hash": "0",
                "story": story, "first_seen": MORNING, "last_seen": MORNING,
            }
            for n in range(1, 2001)
        ]  # fmt: skip
        conn.execute(sa.insert(s.article), rows)
        cites = {
            "document": DIRECTIVE,
            "field": "lead",
            "start": 0,
            "end": 1,
            "surface": "x",
            "key": "61-CT/TW",
        }
        more = {"system": "party", "resolved": True}
        conn.execute(sa.insert(s.citation), [cites | more | {"article": n} for n in range(1, 2001)])
    asked: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    began = time.monotonic()
    told = document_in_press(engine, OUTLETS, DIRECTIVE, now=MORNING)
    taken = time.monotonic() - began
    assert told is not None and len(told.file.articles) == 2000
    assert len(asked) <= 12, asked
    assert taken < 5  # some 40 ms; a scan for each cell would take longer than any reader waits
    page = pages(engine).get(PAGE)
    assert page.text.count('<li><a class="title" href="/bai/') == 50 and "còn 1950" in page.text
    assert len(page.content) < 100_000


# ---- the register ------------------------------------------------------------------------------------------------


def test_the_register_is_filtered_by_the_address_alone(engine: sa.Engine) -> None:
    fill(engine)
    ask = pages(engine)

    def keys(query: str) -> list[str]:
        return [one["key"] for one in ask.get(f"/van-kien.json?{query}").json()["documents"]]

    assert set(keys("")) == {"61-CT/TW", "30/2020/NĐ-CP"}
    assert set(keys("tat-ca=1")) == {"61-CT/TW", "30/2020/NĐ-CP", "12-HD/BTCTW"}
    assert keys("loai=Chỉ+thị") == keys("co-quan=Ban+Bí") == keys("tu=2026-01-01") == ["61-CT/TW"]
    assert keys("den=2020-12-31") == keys("so=Nghị+định+30/2020/NĐ-CP") == ["30/2020/NĐ-CP"]
    assert set(keys("nhac-tu=2026-11-19")) == {"61-CT/TW", "30/2020/NĐ-CP"}
    assert keys("nhac-tu=2026-11-20") == ["61-CT/TW"] and keys("nhac-tu=2026-11-21") == []
    assert keys("he=state") == [] and keys("tinh=Lam+Hà") == []
    page = ask.get("/van-kien?loai=Chỉ+thị").text
    assert "<option selected>Chỉ thị</option>" in page and '<details class="filter" open>' in page
    assert "Bỏ lọc" in page


def test_a_long_register_pages_with_a_cursor_and_an_empty_one_says_so(engine: sa.Engine) -> None:
    ask = pages(engine)
    assert "Chưa bài nào trong kho nhắc tới văn kiện" in ask.get("/van-kien").text
    with engine.begin() as conn:
        room = PressRoom(conn)
        told = room.article("Nhiều văn kiện", story=room.story())
        for n in range(120):
            room.cites(told, room.document(f"{n:03}-CT/TW@XIV"), f"Chỉ thị {n:03}-CT/TW")
    shown: list[str] = []
    path = "/van-kien"
    while path:
        page = ask.get(path).text
        shown += [part.partition('"')[0] for part in page.split('<a class="title" href="')[1:]]
        _, found, rest = page.partition('rel="next" href="')
        path = rest.partition('"')[0].replace("&amp;", "&") if found else ""
    assert len(shown) == len(set(shown)) == 120
    assert "Không có văn kiện nào như vậy" in ask.get("/van-kien?so=99-CT/TW").text


@pytest.mark.parametrize(
    "query", ["tu=2026-13-01", "nhac-tu=hôm+qua", "tu=2026-11-20&den=2026-11-01", "sau=không-có"]
)
def test_a_wrong_day_or_cursor_is_told_with_how_to_mend_it(engine: sa.Engine, query: str) -> None:
    for form in ("", ".json"):
        answer = pages(engine).get(f"/van-kien{form}?{query}")
        assert answer.status_code == 400
        assert query.partition("=")[0] in answer.text or "sau" in query


def test_a_hostile_title_is_shown_as_text(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        room = PressRoom(conn)
        evil = "<script>alert(1)</script>\u202e" + "A" * 2000
        room.document("1-CT/TW@XIV", evil, title=evil, issuer=evil)
        told = room.article(evil, story=room.story())
        room.cites(told, "1-CT/TW@XIV", "x")
    for path in ("/van-kien", "/van-kien/1-CT/TW@XIV"):
        page = pages(engine).get(path).text
        assert "<script>alert" not in page and "&lt;script&gt;" in page


def test_english_is_chosen_by_a_cookie(engine: sa.Engine) -> None:
    fill(engine)
    ask = pages(engine)
    ask.cookies.set("diemtin_lang", "en")
    words = seen(ask.get(PAGE).text)
    assert "2 provinces reported, 1 held study conferences, 1 reviewed it" in words
    assert "Province,State,First report" in ask.get(PAGE + ".csv").text
