"""Cuộc họp: the month, the agenda, one meeting with its changes, and the calendar that others subscribe to."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from crawler.article import Meeting
from crawler.config import Config
from crawler.dates.zones import VIETNAM
from crawler.meeting.agenda import MeetingReport
from crawler.meeting.ics import uid
from crawler.meeting.meeting_changes import reported_changes
from crawler.store import schema as s
from crawler.store.agenda import ListedMeeting
from crawler.web.month import last_of, month_sheet
from tests.press_room import PressRoom
from tests.web_room import HOSTILE, pages, seen

AHEAD = {"status": "upcoming"}


def fill(engine: sa.Engine) -> None:
    """Three meetings held, one cancelled, three ahead of which one has no day; it is the morning of 22 November."""
    with engine.begin() as conn:
        room = PressRoom(conn)
        told = room.article("Hội nghị ở Lam Hà", story=room.story(), lead="Thượng Mai bàn việc nước sạch.")
        other = room.article("Tin An Khê Sơn", story=room.story(), source="bao-an-khe")
        room.meeting("m1", told, date="2026-11-20", time="14:00", province="Lam Hà", subject="nước sạch")
        room.meeting("m2", told, date="2026-11-20", session="sáng", province="Lam Hà", kind="hội thảo")
        ban = "Ban Tổ chức Tỉnh ủy An Khê Sơn"
        room.meeting(
            "m3", other, date="2026-11-10", date_to="2026-11-12", province="An Khê Sơn", organiser=ban
        )
        room.meeting("m4", other, status="cancelled", date="2026-11-24", province="An Khê Sơn", sequence=2)
        room.meeting("m5", told, **AHEAD, date="2026-11-25", province="Lam Hà", was="2026-11-23", sequence=1)
        room.meeting("m6", other, **AHEAD, date="2027-01-15", province="An Khê Sơn")
        room.meeting("m7", other, **AHEAD, between=["2026-12-01", "2026-12-05"], told="2026-11-20")


def tells(conn: sa.Connection, meeting: str, article: int, **told: Any) -> None:
    """Another article's word on a meeting."""
    record = {
        "field": "lead", "start": 0, "end": 4, "kind": "hội nghị tổng kết", "ordinal": None, "organiser": "Huyện ủy Lam Hà",
        "date": None, "date_to": None, "session": None, "status": "upcoming", "place": None, "chair": None, "cites": [],
    }  # fmt: skip
    row = {"article": article, "meeting": meeting, "rank": 0, "record": record | told, "province": "Lam Hà"}
    conn.execute(sa.insert(s.article_meeting).values(row))


def events(data: bytes) -> dict[str, Any]:
    return {str(one["UID"]): one for one in Calendar.from_ical(data).walk("VEVENT")}


def ids(text: str) -> list[str]:
    return re.findall(r'class="title" href="/cuoc-hop/(m\d+)"', text)


# ---- the month and the agenda ------------------------------------------------------------------------------------


def test_the_first_page_shows_the_month_what_is_ahead_and_what_was_held(engine: sa.Engine) -> None:
    fill(engine)
    page = pages(engine).get("/cuoc-hop").text
    ahead, held = (
        page[page.index('id="sap-hop"') : page.index('id="da-hop"')],
        page[page.index('id="da-hop"') :],
    )
    assert ids(ahead) == ["m5", "m7", "m6"]
    assert ids(held) == ["m4", "m1", "m2", "m3"]
    assert "đã hủy" in held and "dời từ 23/11/2026" in seen(page) and "01/12/2026 – 05/12/2026" in seen(page)
    assert "Tháng 11/2026" in seen(page) and 'aria-current="date">22<' in page
    assert 'aria-label="20/11/2026: 2 cuộc họp"' in page
    assert [f"{day:02}/11/2026: 1 cuộc" in page for day in (9, 10, 11, 12, 13)] == [
        False,
        True,
        True,
        True,
        False,
    ]


def test_another_month_is_its_sheet_and_its_days_in_order(engine: sa.Engine) -> None:
    fill(engine)
    ask = pages(engine)
    page = ask.get("/cuoc-hop?thang=2027-01").text
    assert ids(page) == ["m6"] and "Tháng 01/2027" in seen(page) and "tháng này" in seen(page)
    assert "/cuoc-hop?thang=2026-12" in page and "/cuoc-hop?thang=2027-02" in page
    assert ids(ask.get("/cuoc-hop?thang=2026-11").text) == ["m3", "m2", "m1", "m4", "m5"]


def test_days_kinds_provinces_organisers_and_a_query_narrow_it(engine: sa.Engine) -> None:
    fill(engine)
    ask = pages(engine)

    def found(**asked: str) -> list[str]:
        return [one["id"] for one in ask.get("/cuoc-hop.json", params=asked).json()["meetings"]]

    assert found(tu="2026-11-20", den="2026-11-24") == ["m2", "m1", "m4"]
    assert found(tinh="lam ha", loai="hội thảo") == ["m2"]
    assert found(**{"co-quan": "Ban Tổ chức"}) == ["m3"]
    assert found(q='"nước sạch"') == ["m2", "m1", "m5"]
    assert found(xem="sap-hop") == ["m5", "m7", "m6"] and found(xem="da-hop") == ["m3", "m2", "m1", "m4"]
    assert found(thang="2026-11", tinh="Lam Hà") == ["m2", "m1", "m5"]
    page = ask.get("/cuoc-hop?tinh=Lam+Hà&tu=2026-11-20&den=2026-11-20").text
    assert ids(page) == ["m2", "m1"] and "Bỏ lọc" in page and "<option selected>Lam Hà</option>" in page
    assert "Không có cuộc họp nào như vậy" in ask.get("/cuoc-hop?tu=2020-01-01&den=2020-01-02").text


def test_a_wrong_query_is_shown_at_its_place_and_wrong_days_are_told(engine: sa.Engine) -> None:
    ask = pages(engine)
    answer = ask.get("/cuoc-hop", params={"q": "chi (bộ"})
    assert answer.status_code == 400 and "chi (bộ<mark> </mark>" in answer.text
    assert ask.get("/cuoc-hop.ics", params={"q": "chi (bộ"}).status_code == 400
    for query in ("tu=hôm-qua", "den=2026-02-30", "thang=2026-13", "thang=99999-01", "thang=x", "xem=x"):
        for form in ("", ".json"):
            answer = ask.get(f"/cuoc-hop{form}?{query}")
            assert answer.status_code == 400 and query.partition("=")[0] in answer.text, query
    assert ask.get("/cuoc-hop?tu=2026-11-20&den=2026-11-01").status_code == 400
    assert ask.get("/cuoc-hop?xem=da-hop&sau=m999").status_code == 400
    assert ask.get("/cuoc-hop.pdf").status_code == 400


def test_an_empty_agenda_says_so_and_three_thousand_meetings_page(engine: sa.Engine) -> None:
    ask = pages(engine)
    assert "Chưa có cuộc họp nào được báo trước" in seen(ask.get("/cuoc-hop").text)
    with engine.begin() as conn:
        room = PressRoom(conn)
        told = room.article("Nhiều cuộc họp", story=room.story())
        rows = [
            {"id": f"m{n}", "kind": "hội nghị", "date": f"2026-11-{n % 20 + 1:02}", "status": "held", "documents": [],
             "organiser": "Đảng ủy " + "dài " * 30}
            for n in range(3000)
        ]  # fmt: skip
        conn.execute(sa.insert(s.meeting), rows)
        report = {"article": told, "rank": 0, "record": {}, "province": None}
        conn.execute(sa.insert(s.article_meeting), [report | {"meeting": row["id"]} for row in rows])
    shown: list[str] = []
    path = "/cuoc-hop?xem=da-hop"
    for _ in range(3):
        page = ask.get(path).text
        shown += ids(page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        assert following is not None
        path = following[1].replace("&amp;", "&")
    assert len(shown) == len(set(shown)) == 150
    whole = ask.get("/cuoc-hop")
    assert "150 cuộc" in seen(whole.text) and len(whole.content) < 150_000


def _listed(begins: date, days: int) -> ListedMeeting:
    facts: dict[str, Any] = dict.fromkeys(ListedMeeting.__dataclass_fields__)
    ends = (begins + timedelta(days=days)).isoformat() if days else None
    return ListedMeeting(**facts | {"id": "m", "date": begins.isoformat(), "date_to": ends})


@given(
    month=st.dates(date(1900, 1, 1), date(2100, 12, 1)).map(lambda day: day.replace(day=1)),
    meetings=st.lists(st.tuples(st.integers(-40, 40), st.integers(0, 40)), max_size=8),
)
def test_a_sheet_has_every_day_of_its_month_and_each_meeting_on_all_its_days(
    month: date, meetings: list[tuple[int, int]]
) -> None:
    held = [_listed(month + timedelta(days=begins), days) for begins, days in meetings]
    sheet = month_sheet(month, held)
    assert all(len(week) == 7 and week[0].day.weekday() == 0 for week in sheet)
    days = [one for week in sheet for one in week if one.is_of_month]
    assert (days[0].day, days[-1].day) == (month, last_of(month))
    for one in days:
        iso = one.day.isoformat()
        assert len(one.meetings) == sum(1 for m in held if m.date and m.date <= iso <= (m.date_to or m.date))


# ---- one meeting -------------------------------------------------------------------------------------------------


def _report(day: int, **told: Any) -> MeetingReport:
    known = {
        "kind": "hội nghị tổng kết",
        "ordinal": None,
        "organiser": "Huyện ủy Lam Hà",
        "date": None,
        "date_to": None,
    }
    own = Meeting("lead", 0, 4, **known | {"session": None, "status": "upcoming"} | told)
    return MeetingReport(own, f"2026-11-{day}", f"https://x.example/{day}", "Lam Hà", None)


def test_what_each_report_changes_is_told_and_what_it_adds_is_no_change() -> None:
    reports = [
        _report(18, date="2026-11-25", place="hội trường A", session="sáng"),
        _report(15, date="2026-11-23"),
        _report(20, date="2026-11-25", status="cancelled"),
    ]
    told = reported_changes(reports)
    assert [one.report.published for one in told] == ["2026-11-15", "2026-11-18", "2026-11-20"]
    assert [dict(one.changes) for one in told] == [
        {},
        {"date": ("2026-11-23", "2026-11-25")},
        {"status": ("upcoming", "cancelled")},
    ]
    assert reported_changes([]) == []


def test_a_meeting_that_took_place_as_announced_is_no_change() -> None:
    told = reported_changes([_report(15, date="2026-11-20"), _report(21, date="2026-11-20", status="held")])
    assert [dict(one.changes) for one in told] == [{}, {}]


def test_a_meeting_shows_its_articles_and_what_each_changed(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        room = PressRoom(conn)
        first = room.article("Sẽ họp", story=room.story(), published="2026-11-15T08:00:00+07:00")
        later = room.article("Dời ngày họp", story=room.story(), published="2026-11-18T08:00:00+07:00")
        conn.execute(
            sa.insert(s.meeting).values(
                id="m1", kind="hội nghị tổng kết", organiser="Huyện ủy Lam Hà", province="Lam Hà", date="2026-11-25",
                was="2026-11-23", status="upcoming", documents=["61-CT/TW"], sequence=1,
            )
        )  # fmt: skip
        tells(conn, "m1", first, date="2026-11-23", session="sáng")
        tells(conn, "m1", later, date="2026-11-25", session="sáng", place="hội trường A")
    ask = pages(engine)
    page = ask.get("/cuoc-hop/m1").text
    words = seen(page)
    assert "Đổi ngày: 23/11/2026 → 25/11/2026" in words and "dời từ 23/11/2026" in words
    assert "cho biết: sẽ họp sáng 25/11/2026, hội trường A" in words
    assert f"/bai/{first}" in page and f"/bai/{later}" in page and 'href="/van-kien/61-CT/TW"' in page
    told = ask.get("/cuoc-hop/m1.json").json()
    assert told["reports"][1]["changes"] == {"date": ["2026-11-23", "2026-11-25"]} and told["sequence"] == 1


def test_a_report_of_an_older_store_without_its_record_is_still_an_article(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        room = PressRoom(conn)
        told = room.article("Bài cũ", story=room.story())
        room.meeting("m1", told, date="2026-11-20")
        conn.execute(sa.update(s.article_meeting).values(record={}))
    words = seen(pages(engine).get("/cuoc-hop/m1").text)
    assert "Bài cũ" in words and "cho biết:" not in words


@pytest.mark.parametrize(
    "path", ["/cuoc-hop/m999", "/cuoc-hop/m999.ics", "/cuoc-hop/m999.json", "/cuoc-hop/a/b"]
)
def test_a_meeting_that_is_not_there_is_told(engine: sa.Engine, path: str) -> None:
    answer = pages(engine).get(path)
    assert answer.status_code == 404 and "Traceback" not in answer.text


def test_hostile_words_of_a_meeting_are_only_text(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        room = PressRoom(conn)
        told = room.article(HOSTILE, story=room.story())
        room.meeting(
            "m1", told, date="2026-11-20", subject=HOSTILE, organiser=HOSTILE, place=HOSTILE, province=HOSTILE
        )
    for path in ("/cuoc-hop", "/cuoc-hop/m1"):
        page = pages(engine).get(path).text
        assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page
    assert len(events(pages(engine).get("/cuoc-hop.ics").content)) == 1


# ---- the calendar ------------------------------------------------------------------------------------------------


def test_a_calendar_of_a_filter_has_what_the_filter_has_under_the_uids_of_the_mails(
    engine: sa.Engine,
) -> None:
    fill(engine)
    answer = pages(engine).get("/cuoc-hop.ics", params={"tinh": "Lam Hà"})
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert set(events(answer.content)) == {uid(id_) for id_ in ("m1", "m2", "m5")}
    calendar = Calendar.from_ical(answer.content)
    assert calendar["X-WR-CALNAME"] == "Cuộc họp (diemtin): Lam Hà"
    assert calendar["REFRESH-INTERVAL"].dt == timedelta(hours=1)


def test_what_is_moved_or_called_off_keeps_its_entry_under_a_higher_sequence(engine: sa.Engine) -> None:
    fill(engine)
    before = events(pages(engine).get("/cuoc-hop.ics").content)
    moved, off = before[uid("m5")], before[uid("m4")]
    assert (moved["SEQUENCE"], moved["DTSTART"].dt, moved["STATUS"]) == (1, date(2026, 11, 25), "TENTATIVE")
    assert (off["SEQUENCE"], off["STATUS"]) == (2, "CANCELLED")
    with engine.begin() as conn:
        change = sa.update(s.meeting).where(s.meeting.c.id == "m5")
        conn.execute(change.values(date="2026-11-27", status="cancelled", sequence=2))
    after = events(pages(engine).get("/cuoc-hop.ics").content)
    assert set(after) == set(before)
    assert (after[uid("m5")]["SEQUENCE"], after[uid("m5")]["STATUS"]) == (2, "CANCELLED")
    assert after[uid("m5")] == events(pages(engine).get("/cuoc-hop/m5.ics").content)[uid("m5")]


def test_a_calendar_that_asks_for_no_day_reaches_back_a_year_and_ahead_without_end(engine: sa.Engine) -> None:
    fill(engine)
    late = datetime(2027, 11, 15, 8, tzinfo=VIETNAM)
    found = events(pages(engine, now=late).get("/cuoc-hop.ics").content)
    assert set(found) == {uid(id_) for id_ in ("m1", "m2", "m4", "m5", "m6")}
    all_of_it = events(pages(engine, now=late).get("/cuoc-hop.ics?tu=2026-01-01").content)
    assert uid("m3") in all_of_it


def test_the_address_to_subscribe_to_holds_the_filter_and_the_public_name(engine: sa.Engine) -> None:
    fill(engine)
    page = pages(engine).get("/cuoc-hop?tinh=Lam+Hà").text
    assert f"webcal://127.0.0.1:8472/cuoc-hop.ics?tinh={quote('Lam Hà').replace('%20', '+')}" in page
    public = Config.model_validate({"mail": {"web": "https://tin.example"}})
    page = pages(engine, config=public).get("/cuoc-hop").text
    assert "https://tin.example/cuoc-hop.ics" in page and "webcal://tin.example/cuoc-hop.ics" in page


def test_the_agenda_is_taken_away_as_a_table(engine: sa.Engine) -> None:
    fill(engine)
    text = pages(engine).get("/cuoc-hop.csv?tu=2026-11-20&den=2026-11-20").text
    assert text.splitlines()[1].startswith("2026-11-20,,sáng,Hội thảo,Huyện ủy Lam Hà,Lam Hà,held")
    assert pages(engine).get("/cuoc-hop.xlsx").content.startswith(b"PK")
