"""One meeting, many reports: what they make of it together, in the store, the list and the calendar."""

from __future__ import annotations

import email
from dataclasses import replace
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from hashlib import sha256
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from crawler.article import Annotations, Article, Block
from crawler.dates.zones import VIETNAM
from crawler.delivery.mail_settings import MailSettings
from crawler.delivery.tick import deliver
from crawler.demo.press import Press
from crawler.meeting.agenda import MeetingReport, status_at, tells_of, together
from crawler.meeting.ics import to_ics
from crawler.meeting.meetings import find_called_off, find_meetings
from crawler.store import agenda, articles
from crawler.store.crawl_item import CrawlItem, WatchHit
from crawler.store.database import open_database
from crawler.store.schema import article_meeting, meeting
from crawler.store.schema_delivery import alert
from crawler.store.watches import add_watch

CALLED = "Theo kế hoạch, 14 giờ ngày 25/9, Thành ủy Hải Vân sẽ tổ chức hội nghị đối thoại với thanh niên về việc làm."
MOVED = (
    "Thành ủy Hải Vân dời hội nghị đối thoại với thanh niên về việc làm từ ngày 25/9 sang 8 giờ ngày 2/10."
)
PUT_OFF = "Do mưa bão, Thành ủy Hải Vân tạm hoãn hội nghị đối thoại với thanh niên dự kiến ngày 25/9."
AGAIN = "Ngày 9/10 tới, Thành ủy Hải Vân sẽ tổ chức hội nghị đối thoại với thanh niên về việc làm tại Nhà hát thành phố."
CANCELLED = "Thành ủy Hải Vân hủy hội nghị đối thoại với thanh niên dự kiến ngày 25/9."
HELD = "Chiều 25/9, Thành ủy Hải Vân tổ chức hội nghị đối thoại với thanh niên về việc làm tại Nhà hát thành phố."


def read(lead: str, published: str, *, source: str = "bao-hai-van", title: str = "Tin hội nghị") -> Article:
    day = date.fromisoformat(published[:10])
    found = find_meetings(title, lead, None, published=day)
    off = find_called_off(title, lead, None, published=day)
    url = f"https://{source}.example/{sha256((lead + published).encode()).hexdigest()[:9]}.html"
    prose = " ".join(f"{lead} Câu {i} của bài {source} kể thêm một việc khác hẳn {i * 7}." for i in range(3))
    return Article(
        url=url, canonical_url=url, title=title, source=source, lead=lead, published=published,
        published_precision="minute", published_from="json-ld", blocks=(Block("paragraph", prose),),
        annotations=Annotations(meetings=found, called_off=off, relevant=True),
    )  # fmt: skip


def put(
    engine: sa.Engine, article: Article, *, province: str = "Hải Vân", hits: tuple[WatchHit, ...] = ()
) -> None:
    assert article.published is not None
    new = CrawlItem(
        article=article, link=article.url, addresses=(), province=province,
        hits=hits,
    )  # fmt: skip
    articles.put(engine, new, now=datetime.fromisoformat(article.published))


def reports(*told: tuple[str, str], province: str = "Hải Vân") -> list[MeetingReport]:
    found = []
    for lead, published in told:
        article = read(lead, published)
        (one,) = (*article.annotations.meetings, *article.annotations.called_off)
        found.append(MeetingReport(one, published, article.url, province, None))
    return found


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


def entries(data: bytes) -> list[Any]:
    return list(Calendar.from_ical(data).walk("VEVENT"))


def test_whether_a_meeting_is_ahead_is_asked_when_it_is_shown() -> None:
    facts = together(reports((CALLED, "2026-09-16T08:00:00+07:00")))
    assert status_at(facts, at("2026-09-25T13:59")) == "upcoming"
    assert status_at(facts, at("2026-09-25T14:00")) == "held"
    morning = facts | {"time": None, "session": "sáng"}
    assert [status_at(morning, at(f"2026-09-25T{h}")) for h in ("06:00", "19:00")] == ["upcoming", "held"]
    whole = facts | {"time": None, "session": None}
    assert [status_at(whole, at(f"2026-09-25T{h}")) for h in ("06:00", "19:00")] == ["upcoming", "held"]


def test_one_told_for_a_stretch_of_days_is_ahead_until_it_is_over() -> None:
    facts = together(
        reports(("Tuần tới, Tỉnh ủy Lâm Khê sẽ tổ chức hội nghị sơ kết.", "2026-09-16T08:00:00+07:00"))
    )
    assert facts["between"] == ["2026-09-21", "2026-09-27"]
    assert [status_at(facts, at(f"2026-09-{d}T12:00")) for d in (27, 28)] == ["upcoming", "held"]


@pytest.mark.parametrize(
    ("told", "day", "time", "status"),
    [
        ((CALLED, MOVED), "2026-10-02", "08:00", "upcoming"),
        ((CALLED, PUT_OFF), "2026-09-25", "14:00", "postponed"),
        ((CALLED, PUT_OFF, AGAIN), "2026-10-09", None, "upcoming"),
        ((CALLED, CANCELLED), "2026-09-25", "14:00", "cancelled"),
        ((CALLED, HELD), "2026-09-25", "14:00", "held"),
    ],
)
def test_the_latest_word_holds_in_whatever_order_it_was_found(
    told: tuple[str, ...], day: str, time: str | None, status: str
) -> None:
    last = {HELD: "2026-09-26"}
    every = reports(*((lead, last.get(lead, f"2026-09-{16 + n}")) for n, lead in enumerate(told)))
    for order in permutations(every):
        facts = together(order)
        assert (facts["date"], facts["time"], facts["status"]) == (day, time, status)


@pytest.mark.parametrize("later", [MOVED, PUT_OFF, CANCELLED, HELD])
def test_what_is_told_of_a_meeting_later_is_told_of_that_one(later: str) -> None:
    first, second = reports((CALLED, "2026-09-16"), (later, "2026-09-26" if later == HELD else "2026-09-18"))
    assert tells_of(second, together([first]), [first])


@pytest.mark.parametrize(
    "other",
    [
        "Ngày 25/9, Thành ủy Đại Lãm sẽ tổ chức hội nghị đối thoại với thanh niên về việc làm.",
        "Sáng 25/9, Thành ủy Hải Vân sẽ tổ chức hội nghị đối thoại với công nhân về nhà ở.",
        "Chiều 25/9, Thành ủy Hải Vân sẽ tổ chức hội nghị sơ kết công tác dân vận.",
        "Chiều 25/9, Đảng ủy phường Bến Mây sẽ tổ chức hội nghị đối thoại với thanh niên về việc làm.",
        "Chiều 12/10, Thành ủy Hải Vân sẽ tổ chức hội nghị đối thoại với doanh nghiệp về thuế.",
    ],
)
def test_another_body_session_purpose_or_subject_is_another_meeting(other: str) -> None:
    first, second = reports((CALLED, "2026-09-16"), (other, "2026-09-18"))
    assert not tells_of(second, together([first]), [first])


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from([CALLED, MOVED, PUT_OFF, AGAIN, CANCELLED, HELD]), min_size=1, max_size=6, unique=True
    )
)
def test_facts_do_not_hang_on_the_order_of_the_reports(leads: list[str]) -> None:
    every = reports(*((lead, f"2026-09-{16 + n}") for n, lead in enumerate(leads)))
    assert together(every) == together(reversed(every))


def test_a_meeting_that_is_moved_keeps_its_entry_in_a_calendar(engine: sa.Engine) -> None:
    now = at("2026-09-20T08:00")
    calendars = []
    for n, lead in enumerate((CALLED, MOVED, PUT_OFF.replace("25/9", "2/10"), AGAIN)):
        put(engine, read(lead, f"2026-09-{16 + n}T08:00:00+07:00"))
        calendars.append(entries(to_ics(agenda.listed(engine, now=now), stamp=now)))
    assert [len(found) for found in calendars] == [1, 1, 1, 1]
    told = [found[0] for found in calendars]
    assert len({event["UID"] for event in told}) == 1
    assert [int(event["SEQUENCE"]) for event in told] == [0, 1, 2, 3]
    assert [str(event["STATUS"]) for event in told] == ["TENTATIVE", "TENTATIVE", "CANCELLED", "TENTATIVE"]
    assert told[0]["DTSTART"].dt == at("2026-09-25T14:00") and told[1]["DTSTART"].dt == at("2026-10-02T08:00")
    assert told[3]["DTSTART"].dt == date(2026, 10, 9) and told[3]["LOCATION"] == "Nhà hát thành phố"
    (row,) = agenda.listed(engine, now=at("2026-10-10T08:00"))
    assert (row["status"], row["was"]) == ("held", "2026-10-02")
    assert entries(to_ics([row], stamp=at("2026-10-10T08:00")))[0]["STATUS"] == "CONFIRMED"
    assert not any(part in row["id"] for part in ("2026", "09-25", "25"))


def test_reports_of_several_outlets_and_of_a_wire_are_one_meeting(engine: sa.Engine) -> None:
    put(engine, read(CALLED, "2026-09-16T08:00:00+07:00"))
    put(engine, read("Chiều 25/9 tới, Thành ủy Hải Vân sẽ đối thoại với thanh niên.", "2026-09-17T08:00:00+07:00",
                     source="bao-dai-lam"), province="Đại Lãm")  # fmt: skip
    wire = (
        "TTLT - Sáng 12/9, tại phường Bến Mây, thành phố Hải Vân, Cụm thi đua ban tổ chức các tỉnh miền núi tổ chức "
        "hội nghị tổng kết công tác tổ chức xây dựng Đảng."
    )
    for source, province in (
        ("bao-lam-khe", "Lâm Khê"),
        ("bao-dai-lam", "Đại Lãm"),
        ("bao-hai-van", "Hải Vân"),
    ):
        put(engine, read(wire, "2026-09-13T08:00:00+07:00", source=source), province=province)
    first, second = agenda.listed(engine, now=at("2026-09-18T08:00"))
    assert (len(first["articles"]), first["province"], first["place"]) == (
        3, "Hải Vân", "phường Bến Mây, thành phố Hải Vân",
    )  # fmt: skip
    assert (len(second["articles"]), second["province"], second["time"]) == (2, "Hải Vân", "14:00")


def test_a_wire_about_nobody_s_body_has_no_province(engine: sa.Engine) -> None:
    wire = "Chiều 12/9, Đoàn khảo sát liên tỉnh về công tác Đảng có buổi làm việc với Ban Thường vụ Tỉnh ủy Nậm Sơn về thẻ đảng viên."
    for source, province in (("bao-lam-khe", "Lâm Khê"), ("bao-dai-lam", "Đại Lãm")):
        put(engine, read(wire, "2026-09-13T08:00:00+07:00", source=source), province=province)
    (told,) = agenda.listed(engine)
    assert (told["organiser"], told["province"], len(told["articles"])) == (
        "Đoàn khảo sát liên tỉnh",
        None,
        2,
    )


def test_an_edit_that_tells_another_day_moves_the_row_and_leaves_no_second(engine: sa.Engine) -> None:
    before = read(CALLED, "2026-09-16T08:00:00+07:00")
    put(engine, before)
    after = read(CALLED.replace("25/9", "26/9"), "2026-09-16T08:00:00+07:00")
    put(engine, replace(after, url=before.url, canonical_url=before.canonical_url))
    (told,) = agenda.listed(engine)
    assert (told["date"], told["sequence"], told["articles"]) == ("2026-09-26", 1, [before.url])


def test_whoever_was_told_of_a_meeting_is_told_when_it_is_put_off(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        watch = add_watch(
            connection, query="", addresses=["a@example.org"], scope="meeting", now=at("2026-09-01T08:00")
        )
    hit = WatchHit(watch, (), {})
    for day, lead in (
        (16, CALLED),
        (17, CALLED.replace("Theo kế hoạch", "Theo lịch")),
        (18, PUT_OFF),
        (26, HELD),
    ):
        put(engine, read(lead, f"2026-09-{day}T08:00:00+07:00"), hits=(hit,))
    with engine.connect() as connection:
        (id_,) = connection.scalars(sa.select(meeting.c.id))
        told = list(connection.scalars(sa.select(alert.c.subject).order_by(alert.c.id)))
    assert told == [id_, f"{id_}#1"]


def test_a_mail_tells_by_its_own_clock_what_is_ahead_and_brings_the_calendar(
    engine: sa.Engine, tmp_path: Path
) -> None:
    with engine.begin() as connection:
        watch = add_watch(
            connection,
            query="",
            addresses=["a@example.org"],
            scope="meeting",
            cadence="now",
            now=at("2026-09-01T08:00"),
        )
    hit = WatchHit(watch, (), {})

    def mailed(now: str) -> list[EmailMessage]:
        before = set(tmp_path.glob("*.eml"))
        deliver(engine, config_mail=MailSettings(smtp=None), outbox_folder=tmp_path, now=at(now), sources={})
        new = sorted(set(tmp_path.glob("*.eml")) - before)
        return [email.message_from_bytes(path.read_bytes(), policy=default) for path in new]

    def calendar(mail: EmailMessage) -> list[Any]:
        parts = [p for p in mail.iter_attachments() if p.get_content_type() == "text/calendar"]
        return [event for part in parts for event in entries(part.get_payload(decode=True))]

    put(engine, read(CALLED, "2026-09-16T08:00:00+07:00"), hits=(hit,))
    (first,) = mailed("2026-09-16T09:00")
    text = first.get_body(("plain",)).get_content()
    assert "14:00 25/09/2026: việc làm" in text, text
    (event,) = calendar(first)
    assert (event["DTSTART"].dt, str(event["STATUS"])) == (at("2026-09-25T14:00"), "TENTATIVE")

    put(engine, read(PUT_OFF, "2026-09-17T08:00:00+07:00"), hits=(hit,))
    (second,) = mailed("2026-09-17T09:00")
    (off,) = calendar(second)
    assert "Tạm hoãn" in str(second["Subject"]) and "Tạm hoãn" in second.get_body(("plain",)).get_content()
    assert (off["UID"], int(off["SEQUENCE"]), str(off["STATUS"])) == (event["UID"], 1, "CANCELLED")
    assert first["Message-ID"] != second["Message-ID"]

    # Announced in the morning, mailed in the evening: it is over, and this watch did not ask for what is over.
    put(engine, read("Sáng 20/9, Tỉnh ủy Lâm Khê sẽ tổ chức lễ kỷ niệm 80 năm thành lập.", "2026-09-19T08:00:00+07:00"),
        hits=(hit,))  # fmt: skip
    assert mailed("2026-09-20T19:00") == []


def test_days_asked_for_find_a_stretch_and_pass_over_what_has_no_day(engine: sa.Engine) -> None:
    put(engine, read("Tuần tới, Tỉnh ủy Lâm Khê sẽ tổ chức hội nghị sơ kết.", "2026-09-16T08:00:00+07:00"))
    put(
        engine,
        read(
            "Thời gian tới, Đảng bộ tỉnh Lâm Khê sẽ tổ chức Đại hội lần thứ V.", "2026-09-16T08:00:00+07:00"
        ),
    )
    assert len(agenda.listed(engine)) == 2
    assert [m["kind"] for m in agenda.listed(engine, first="2026-09-22", last="2026-09-23")] == [
        "hội nghị sơ kết"
    ]
    assert agenda.listed(engine, first="2026-09-28") == []


def test_the_demo_press_tells_no_meeting_twice_and_hour_and_place_where_they_are_printed(
    engine: sa.Engine,
) -> None:
    press = Press.load()
    sources = {outlet.id: outlet for outlet in press.outlets}
    told: dict[str, tuple[str, str]] = {}
    for one in sorted(press.expected.values(), key=lambda e: (e.published, e.id)):
        article = read(one.lead, one.published, source=one.outlet, title=one.title)
        put(engine, article, province=sources[one.outlet].province)
        if one.meeting:
            told[article.url] = (one.wire or one.id, one.lead)
    rows = agenda.listed(engine, now=press.now)
    # Every meeting the press tells of stands once: under no two rows, and no two under one.
    of_row = [{told[url][0] for url in row["articles"] if url in told} for row in rows]
    assert all(len(names) <= 1 for names in of_row)
    named = [name for names in of_row for name in names]
    assert len(named) == len(set(named))
    assert set(named) == {name for name, _ in told.values()}
    hours = {told[url][1]: row["time"] for row in rows for url in row["articles"] if url in told}
    assert {lead: time for lead, time in hours.items() if " giờ ngày" in lead or time} == {
        lead: "14:00" for lead in hours if " giờ ngày" in lead
    }
    places = {told[url][1]: row["place"] for row in rows for url in row["articles"] if url in told}
    printed = {
        lead: place
        for lead, place in places.items()
        if " tại khu " in lead or " tại hội " in lead or ", tại " in lead
    }
    assert len(printed) >= 3 and all(place and place in lead for lead, place in printed.items())
    upcoming = {row["date"] for row in rows if row["status"] == "upcoming"}
    assert upcoming and min(upcoming) >= press.now.astimezone(VIETNAM).date().isoformat()
    later = agenda.listed(engine, now=press.now + timedelta(days=30))
    assert {row["status"] for row in later if row["date"]} == {"held"}


def test_a_meeting_of_an_older_store_keeps_its_id_and_is_found_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    engine = open_database(url)
    put(engine, read(CALLED, "2026-09-16T08:00:00+07:00"))
    key = "hải vân|thành ủy|đối thoại||2026-09-25"
    with engine.begin() as connection:  # as the first schema had it
        connection.execute(sa.text("PRAGMA defer_foreign_keys = ON"))
        connection.execute(sa.update(article_meeting).values(meeting=key, province=None))
        connection.execute(
            sa.update(meeting).values(id=key, body=None, kinds=None, told=None, province="Hải Vân")
        )
        values = {
            "body": "|".join(key.split("|")[:2]),
            "kinds": key.split("|")[2],
        }  # what the migration fills in
        connection.execute(sa.update(meeting).values(values))
    put(engine, read(MOVED, "2026-09-17T08:00:00+07:00"))
    (told,) = agenda.listed(engine)
    assert (told["id"], told["date"], told["sequence"]) == (key, "2026-10-02", 1)
    engine.dispose()
