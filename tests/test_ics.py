"""Meetings as iCalendar, read back by the icalendar library."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from icalendar import Calendar

from crawler.meeting.ics import to_ics, uid

STAMP = datetime(2024, 6, 12, 1, 0, tzinfo=UTC)
REVIEW: dict[str, Any] = {
    "id": "lâm khê|tỉnh ủy|review||2024-06-12", "kind": "hội nghị tổng kết", "ordinal": None, "organiser": "Tỉnh ủy Lâm Khê",
    "date": "2024-06-12", "date_to": None, "session": "sáng", "status": "held", "place": "Hội trường A; tầng 2, nhà B",
    "chair": "Tạ Văn Bình", "documents": ["22-NQ/TW"], "articles": ["https://bao.example/a", "https://bao.example/b"],
}  # fmt: skip
CONGRESS: dict[str, Any] = {
    "id": "x", "kind": "đại hội", "ordinal": 20, "organiser": "Đảng bộ tỉnh Lâm Khê", "date": "2025-10-01",
    "date_to": "2025-10-03", "session": None, "status": "upcoming", "place": None, "articles": [],
}  # fmt: skip


def events(data: bytes) -> list[Any]:
    return list(Calendar.from_ical(data).walk("VEVENT"))


def test_a_meeting_is_a_whole_day_with_its_facts() -> None:
    (event,) = events(to_ics([REVIEW], stamp=STAMP))
    assert event["SUMMARY"] == "Hội nghị tổng kết - Tỉnh ủy Lâm Khê (sáng)"
    assert event["DTSTART"].dt == date(2024, 6, 12)
    assert event["DTEND"].dt == date(2024, 6, 13)
    assert event["LOCATION"] == "Hội trường A; tầng 2, nhà B"
    assert event["STATUS"] == "CONFIRMED"
    assert event["URL"] == "https://bao.example/a"
    assert "Chủ trì: Tạ Văn Bình" in event["DESCRIPTION"]
    assert "22-NQ/TW" in event["DESCRIPTION"]


def test_a_meeting_of_several_days_ends_after_its_last_and_an_announced_one_is_tentative() -> None:
    (event,) = events(to_ics([CONGRESS], stamp=STAMP))
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (date(2025, 10, 1), date(2025, 10, 4))
    assert event["STATUS"] == "TENTATIVE"
    assert event["SUMMARY"] == "Đại hội lần thứ 20 - Đảng bộ tỉnh Lâm Khê"


def test_a_second_export_replaces_and_equal_input_gives_equal_bytes() -> None:
    moved = {**REVIEW, "place": "nơi khác"}
    (before,), (after,) = events(to_ics([REVIEW], stamp=STAMP)), events(to_ics([moved], stamp=STAMP))
    assert before["UID"] == after["UID"] == uid(REVIEW["id"])
    assert to_ics([REVIEW, CONGRESS], stamp=STAMP) == to_ics([CONGRESS, REVIEW], stamp=STAMP)


def test_a_meeting_without_a_day_has_no_place_in_a_calendar() -> None:
    assert events(to_ics([{**REVIEW, "date": None}], stamp=STAMP)) == []


def test_the_file_keeps_to_the_letter_of_rfc_5545() -> None:
    data = to_ics([{**REVIEW, "articles": ["https://bao.example/" + "á" * 200]}, CONGRESS], stamp=STAMP)
    assert data.startswith(b"BEGIN:VCALENDAR\r\n")
    assert data.endswith(b"END:VCALENDAR\r\n")
    lines = data.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert not any(b"\n" in line for line in lines)
    assert {b"VERSION:2.0", b"METHOD:PUBLISH"} <= set(lines)
    assert sum(line.startswith(b"DTSTAMP:20240612T010000Z") for line in lines) == 2
