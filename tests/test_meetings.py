"""Meetings: kinds, ordinals, bodies, days; what is none; identity across outlets."""

from __future__ import annotations

import importlib
import json
import pkgutil
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import crawler.meeting as meeting_modules
from crawler.article import Meeting
from crawler.citing.citations import cite
from crawler.dates.prose import find_days, resolve
from crawler.meeting import meeting_kinds
from crawler.meeting.meeting_frames import read_sentence
from crawler.meeting.meetings import find_called_off, find_meetings, meeting_key
from crawler.meeting.ordinals import ordinal
from crawler.meeting.organisations import expand, find_organisations
from crawler.text.match_key import keyed, sentences
from tests.growth import openers_of, too_steep

SHARED = Path(__file__).resolve().parents[2] / "shared"
LINES = [
    Path(__file__).with_name("annotation") / name for name in ("meetings.txt", "meetings_second_reader.txt")
]
FACTS = ("kind", "ordinal", "organiser", "date", "session", "status")


def invented() -> list[tuple[str, str, str, str]]:
    lines = [line for file in LINES for line in file.read_text(encoding="utf-8").splitlines()]
    rows = [line for line in lines if line and line[0] != "#"]
    return [(p, t, le, w) for p, t, le, w in (row.split("|") for row in rows)]


def main_meeting(title: str, lead: str, published: str | None = "2024-06-12") -> Meeting | None:
    day = date.fromisoformat(published) if published else None
    found = find_meetings(title, lead, None, published=day)
    return found[0] if found else None


@pytest.mark.parametrize(("published", "title", "lead", "wanted"), invented())
def test_an_invented_line_tells_its_meeting_or_none(
    published: str, title: str, lead: str, wanted: str
) -> None:
    found = main_meeting(title, lead, published)
    if not wanted:
        assert found is None
        return
    values: list[str | int | None] = [v or None for v in wanted.split(";")]
    values[1] = int(values[1]) if values[1] else None
    assert found is not None
    assert {name: getattr(found, name) for name in FACTS} == dict(zip(FACTS, values, strict=True))


DETAILED = [
    Path(__file__).with_name("annotation") / name
    for name in ("meetings_third_reader.txt", "meetings_fourth_reader.txt")
]
DETAILS = ("time", "place", "chair", "was")


def detailed() -> list[list[str]]:
    lines = [line for file in DETAILED for line in file.read_text(encoding="utf-8").splitlines()]
    return [line.split("|") for line in lines if line and line[0] != "#"]


@pytest.mark.parametrize(("published", "title", "lead", "wanted", "details", "about"), detailed())
def test_an_invented_line_tells_what_a_calendar_needs(
    published: str, title: str, lead: str, wanted: str, details: str, about: str
) -> None:
    day = date.fromisoformat(published)
    reads = [find(title, lead, None, published=day) for find in (find_meetings, find_called_off)]
    found = [meeting for read in reads for meeting in read]
    if wanted == "-":
        assert found == []
        return
    values: list[str | int | None] = [v or None for v in wanted.split(";")]
    values[1] = int(values[1]) if values[1] else None
    values += [v or None for v in details.split(";")]
    names = (*FACTS, *DETAILS)
    assert {name: getattr(found[0], name) for name in names} == dict(zip(names, values, strict=True))
    assert (found[0].subject or "").startswith(about)


@pytest.mark.parametrize(
    ("published", "resolution", "leads"),
    [
        (
            "2026-01-20",
            "Nghị quyết Đại hội XIV của Đảng",
            [
                "Sáng 20/1, Đại hội đại biểu toàn quốc lần thứ XIV của Đảng khai mạc tại Hà Nội.",
                "Sáng 20/1, Đại hội đại biểu toàn quốc lần thứ XIV khai mạc tại Hà Nội.",
                "Sáng nay, Đại hội lần thứ mười bốn của Đảng Cộng sản Việt Nam khai mạc.",
                "Sáng 20/1, Đại hội đại biểu toàn quốc (lần thứ XIV) của Đảng khai mạc.",
                "Sáng 20/1, Đại hội đại biểu toàn quốc lần thứ XIV, Đảng Cộng sản Việt Nam, khai mạc.",
                "Sáng 20-1, Đại hội Đảng lần thứ 14 khai mạc trọng thể.",
                "Sáng 20-1, Đại hội XIV khai mạc trọng thể tại Hà Nội.",
                "Sáng 20/1, tại điểm cầu Lâm Khê, Tỉnh ủy tổ chức theo dõi phiên khai mạc Đại hội XIV của Đảng.",
            ],
        ),
        (
            "2025-10-06",
            "Nghị quyết Hội nghị Trung ương 13 khóa XIII",
            [
                "Sáng 6/10, Hội nghị Trung ương 13 khóa XIII khai mạc.",
                "Sáng 6/10, Hội nghị TW 13 khai mạc tại Hà Nội.",
                "Sáng 6/10, Hội nghị lần thứ 13 BCH T.Ư Đảng khóa XIII khai mạc.",
                "Sáng 6/10, Hội nghị Ban Chấp hành Trung ương Đảng lần thứ 13 khai mạc.",
                "Sáng 6/10, Hội nghị Trung ương Đảng lần thứ mười ba khai mạc.",
                "Sáng 6/10, Ban Chấp hành Trung ương Đảng khóa XIII khai mạc Hội nghị lần thứ 13.",
                "Sáng 6/10, Hội nghị lần thứ XIII của Ban Chấp hành Trung ương khai mạc.",
            ],
        ),
    ],
)
def test_a_national_meeting_is_one_in_every_wording_and_what_its_resolution_is_cited_by(
    published: str, resolution: str, leads: list[str]
) -> None:
    (cited,) = cite({"text": resolution}, date.fromisoformat(published))
    for lead in leads:
        found = main_meeting("Khai mạc", lead, published)
        assert found is not None, lead
        assert f"NQ{found.national}" == cited.key, lead
        assert meeting_key(found, province="Sơn La") == meeting_key(found) == found.national


@pytest.mark.parametrize(
    "lead",
    [
        "Sáng 20/1, Đại hội đại biểu toàn quốc Hội Nhà báo Việt Nam lần thứ XIV khai mạc.",
        "Sáng 20/1, Đại hội lần thứ XIV Đảng bộ tỉnh Lâm Khê khai mạc.",
        "Sáng 20/1, Đại hội lần thứ XIV của Đảng bộ tỉnh Lâm Khê khai mạc.",
        "Sáng 20/1, Đại hội Công đoàn Việt Nam lần thứ XIV khai mạc.",
        "Sáng 20/1, Hội nghị lần thứ 13 Ban Chấp hành Trung ương Hội Nông dân Việt Nam khai mạc.",
        "Sáng 20/1, Hội nghị Trung ương 13 Đoàn Thanh niên khai mạc.",
        "Sáng 20/1, Tỉnh ủy Lâm Khê tổ chức hội nghị thông báo nhanh kết quả Hội nghị Trung ương 13.",
    ],
)
def test_another_body_s_congress_or_plenum_is_not_the_party_s(lead: str) -> None:
    found = main_meeting("Khai mạc", lead, "2026-01-20")
    assert found is None or found.national is None


def test_a_stretch_of_days_is_kept_where_no_day_is_told() -> None:
    told = {
        "Tuần tới, Tỉnh ủy Lâm Khê sẽ tổ chức hội nghị sơ kết.": ("2026-09-21", "2026-09-27"),
        "Cuối tháng 11, Tỉnh ủy Lâm Khê sẽ tổ chức hội nghị sơ kết.": ("2026-11-21", "2026-11-30"),
        "Đầu tháng 1, Tỉnh ủy Lâm Khê sẽ tổ chức hội nghị tổng kết.": ("2027-01-01", "2027-01-10"),
    }
    for lead, stretch in told.items():
        found = main_meeting("Sắp họp", lead, "2026-09-16")
        assert found is not None
        assert (found.date, found.between, found.status) == (None, stretch, "upcoming")
    (day,) = find_days(keyed("Thứ ba tuần tới, Tỉnh ủy họp").key)
    assert resolve(day, date(2026, 9, 16), upcoming=True) == (date(2026, 9, 22), None)


def test_two_meetings_of_one_sentence_are_two() -> None:
    lead = (
        "Sáng 16/9, Tỉnh ủy Lâm Khê tổ chức hội nghị tổng kết công tác nội chính; "
        "chiều cùng ngày, Thường trực Tỉnh ủy gặp mặt cán bộ hưu trí."
    )
    found = find_meetings("t", lead, None, published=date(2026, 9, 17))
    assert [(m.kind, m.date, m.session) for m in found] == [
        ("hội nghị tổng kết", "2026-09-16", "sáng"),
        ("gặp mặt", "2026-09-16", "chiều"),
    ]


MODULES = [
    importlib.import_module(f"crawler.meeting.{m.name}")
    for m in pkgutil.iter_modules(meeting_modules.__path__)
]
LOOPED = (
    "hội nghị ",
    "chủ trì ",
    "tháng 11 ",
    "ngày 12/11, ",
    "Đảng ủy ",
    "1, ",
    "TP. ",
    "; sáng ",
    "lúc 8h ",
    "hoãn ",
    ". ",
)


def _both(words: str) -> None:
    for find in (find_meetings, find_called_off):
        find(words, words, words, published=date(2024, 6, 12))


@pytest.mark.parametrize(
    "read",
    [_both, lambda w: find_days(keyed(w).key), lambda w: find_organisations(keyed(w))],
    ids=["meetings", "days", "bodies"],
)
def test_the_time_of_reading_grows_no_faster_than_the_words(read: Callable[[str], object]) -> None:
    assert not too_steep(read, (*openers_of(*MODULES), *LOOPED))


@pytest.mark.parametrize(
    ("words", "published", "upcoming", "first", "last", "session"),
    [
        ("Ngày 29/4, ", "2024-04-30", False, "2024-04-29", None, None),
        ("Sáng nay (12/6), T", "2019-01-20", False, "2018-06-12", None, "sáng"),
        ("Sáng nay, T", "2018-06-12", False, "2018-06-12", None, "sáng"),
        ("Hôm qua, 26-2, T", "2020-02-27", False, "2020-02-26", None, None),
        ("Hôm qua, T", "2020-03-01", False, "2020-02-29", None, None),
        ("chiều mai, T", "2020-02-28", True, "2020-02-29", None, "chiều"),
        ("Ngày 28/12, T", "2022-01-01", False, "2021-12-28", None, None),
        ("khai mạc ngày 4-1", "2021-12-25", True, "2022-01-04", None, None),
        ("trong hai ngày 5-6/12, x", "2022-12-07", False, "2022-12-05", "2022-12-06", None),
        ("Hai ngày 5-6, x", "2022-06-07", False, "2022-06-05", "2022-06-06", None),
        ("Ngày 5-6, x", "2022-06-07", False, "2022-06-05", None, None),
        ("Trong các ngày 26 và 27-12", "2024-01-02", False, "2023-12-26", "2023-12-27", None),
        ("từ 30/9 đến 2/10", "2022-10-04", False, "2022-09-30", "2022-10-02", None),
        ("ngày 10, 11 và 12/5", "2024-05-31", False, "2024-05-10", "2024-05-12", None),
        ("Ngày 31/12 và 1/1", "2025-01-02", False, "2024-12-31", "2025-01-01", None),
        ("Ngày 3 và 4 tháng 3 vừa qua", "2025-03-06", False, "2025-03-03", "2025-03-04", None),
        ("Đêm 11 rạng sáng 12-5, x", "2022-05-12", False, "2022-05-11", "2022-05-12", "tối"),
        ("Sáng mùng 6 Tết (15/2), ", "2024-02-16", False, "2024-02-15", None, "sáng"),
        ("Đúng 19 giờ ngày 3/10, x", "2023-10-06", False, "2023-10-03", None, "tối"),
        ("vào 14 giờ ngày 25/3 này", "2024-03-22", False, "2024-03-25", None, "chiều"),
        ("Sáng thứ tư (17/7), ", "2024-07-18", False, "2024-07-17", None, "sáng"),
        ("Sáng thứ tư, ", "2024-07-18", False, "2024-07-17", None, "sáng"),
        ("ngày 13-12-2019", "2030-01-01", False, "2019-12-13", None, None),
        ("19.12, Tỉnh ủy", "2019-12-20", False, "2019-12-19", None, None),
    ],
)
def test_a_day_phrase_is_read_day_first_with_the_year_of_publication(
    words: str, published: str, upcoming: bool, first: str, last: str | None, session: str | None
) -> None:
    (day,) = find_days(keyed(words).key)
    span = resolve(day, date.fromisoformat(published), upcoming=upcoming)
    assert span is not None
    assert (span[0].isoformat(), span[1] and span[1].isoformat(), day.session) == (first, last, session)


@pytest.mark.parametrize(
    "words",
    [
        "đạt 14/18 chỉ tiêu", "thắng 2-1 ở lượt về", "Sáng 10 tháng Giêng, khai hội", "tỷ lệ 3.5 phần trăm",
        "ngày 10/3 âm lịch", "chỉ số 1/100 trẻ", "mã 12/4/7",
    ],
)  # fmt: skip
def test_a_fraction_a_score_or_a_lunar_day_is_no_day(words: str) -> None:
    assert [d for d in find_days(keyed(words).key) if d.role == "event"] == []


@pytest.mark.parametrize(
    ("words", "role"),
    [
        ("Quy định 58-QĐ/TW ngày 8/2/2022 của", "document"),
        ("Chỉ thị số 35-CT/TW, ngày 30/5/2019, của", "document"),
        ("Tính đến ngày 30/6, toàn tỉnh", "bound"),
        ("có hiệu lực từ 1/7", "bound"),
        ("Nhân Ngày Báo chí cách mạng Việt Nam (21/6), x", "anniversary"),
        ("Theo kế hoạch, ngày 30/1, họp", "event"),
    ],
)
def test_a_document_date_an_anniversary_and_a_limit_are_not_the_day_of_an_event(
    words: str, role: str
) -> None:
    assert [d.role for d in find_days(keyed(words).key)] == [role]


def test_a_day_that_the_calendar_does_not_have_is_unknown() -> None:
    (day,) = find_days(keyed("Ngày 31/4, Tỉnh ủy họp").key)
    assert resolve(day, date(2024, 5, 1)) is None


def test_without_a_publication_day_only_a_printed_year_makes_a_date() -> None:
    told = "Tỉnh ủy Lâm Khê tổ chức hội nghị tổng kết công tác."
    found = [main_meeting("t", f"Ngày {day}, {told}", None) for day in ("7/3", "7/3/2024")]
    assert [m and m.date for m in found] == [None, "2024-03-07"]


@pytest.mark.parametrize(
    ("words", "number"),
    [("18", 18), ("xxiv", 24), ("iv", 4), ("nhất", 1), ("tư", 4), ("mười", 10), ("mười lăm", 15), ("hai mươi mốt", 21),
     ("bốn mươi", 40), ("iiii", None), ("vx", None), ("0", None), ("", None), ("xanh", None)],
)  # fmt: skip
def test_an_ordinal_is_read_in_digits_roman_and_words(words: str, number: int | None) -> None:
    assert ordinal(words) == number


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("BTV Tỉnh uỷ Vĩnh Lộc họp", ["Ban Thường vụ Tỉnh ủy Vĩnh Lộc"]),
        ("Đoàn kiểm tra số 1 của Ban Thường vụ Tỉnh ủy X tổ chức", ["Đoàn kiểm tra số 1 của Ban Thường vụ Tỉnh ủy X"]),
        ("Ban Tuyên giáo và Dân vận Tỉnh ủy và UBND tỉnh", ["Ban Tuyên giáo và Dân vận Tỉnh ủy", "Ủy ban nhân dân tỉnh"]),
        ("Đảng ủy Sở Tài chính thông báo", ["Đảng ủy Sở Tài chính"]),
        ("Đảng bộ Khối các cơ quan và doanh nghiệp tỉnh Đại Lãm đã", ["Đảng bộ Khối các cơ quan và doanh nghiệp tỉnh Đại Lãm"]),
        ("các Tỉnh ủy viên và Báo cáo viên", []),
        ("Quốc hội Pháp họp", []),
        ("Hội đồng hương gặp nhau, Hội đồng quản trị họp", []),
    ],
)  # fmt: skip
def test_a_body_is_named_to_the_end_of_its_name_and_no_further(words: str, names: list[str]) -> None:
    assert [o.name for o in find_organisations(keyed(words))] == names


def test_a_person_s_office_is_not_the_body_that_acts() -> None:
    (organ,) = find_organisations(
        keyed("đồng chí Tạ Văn Bình, Phó Bí thư Thường trực Thành ủy Hải Vân, chủ trì")
    )
    assert organ.attribute
    assert expand("UBMTTQ") == "Ủy ban Mặt trận Tổ quốc"


def test_the_chair_and_the_place_are_given_where_printed() -> None:
    found = main_meeting(
        "Sơ kết",
        "Sáng 11/6, tại Hà Nội, Ban Dân vận Tỉnh ủy Lâm Khê tổ chức hội nghị sơ kết tại Hội trường Tỉnh ủy. "
        "Các đồng chí: Lê Thị Nhàn, Phó Bí thư Tỉnh ủy; Hà Văn Sơn, Trưởng ban, đồng chủ trì hội nghị.",
    )
    assert found is not None
    assert (found.chair, found.place) == ("Lê Thị Nhàn", "Hội trường Tỉnh ủy")


def test_the_body_of_an_article_is_read_where_title_and_lead_tell_nothing() -> None:
    text = (
        "Nhiều đổi mới ở Lâm Khê\n\nTừ đầu nhiệm kỳ, Tỉnh ủy Lâm Khê đã ban hành 31 chỉ thị.\n\n"
        "TTXVN -Ngày 11/6, Tỉnh ủy Lâm Khê tổ chức Hội nghị Tổng kết 15 năm thi hành Điều lệ Đảng."
    )
    (found,) = find_meetings("Nhiều đổi mới ở Lâm Khê", None, text, published=date(2024, 6, 12))
    assert (found.field, found.kind, found.date) == ("text", "hội nghị tổng kết", "2024-06-11")
    assert text[found.start : found.end] == "Hội nghị"


def test_decomposed_text_gives_the_same_meeting_with_offsets_into_what_was_given() -> None:
    lead = "Sáng 11/6, Huyện uỷ Trà Khúc tổ chức hội nghị sơ kết."
    plain = main_meeting("t", lead)
    decomposed = unicodedata.normalize("NFD", lead)
    (found,) = find_meetings(None, decomposed, None, published=date(2024, 6, 12))
    assert plain is not None
    assert replace(found, start=0, end=0) == replace(plain, start=0, end=0)
    assert unicodedata.normalize("NFC", decomposed[found.start : found.end]) == lead[plain.start : plain.end]


def meeting(
    organiser: str,
    *,
    kind: str = "hội nghị tổng kết",
    ordinal: int | None = None,
    day: str | None = "2024-06-11",
) -> Meeting:
    return Meeting("lead", 0, 8, kind, ordinal, organiser, day, None, None, "held")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (meeting("Tỉnh ủy Cao Bằng"), meeting("Tỉnh ủy")),
        (meeting("Ban Thường vụ Tỉnh ủy Cao Bằng"), meeting("Tỉnh uỷ Cao Bằng".replace("uỷ", "ủy"))),
        (
            meeting("Ban Chấp hành Đảng bộ tỉnh Cao Bằng", kind="hội nghị ban chấp hành", ordinal=18, day="2024-04-29"),
            meeting("Tỉnh ủy", kind="hội nghị ban chấp hành", ordinal=18, day="2024-04-30"),
        ),
        (meeting("Tỉnh ủy", kind="hội nghị tổng kết"), meeting("Tỉnh ủy Cao Bằng", kind="hội nghị sơ kết")),
    ],
)  # fmt: skip
def test_one_meeting_told_by_two_outlets_has_one_key(one: Meeting, other: Meeting) -> None:
    assert meeting_key(one, province="Cao Bằng") == meeting_key(other, province="Cao Bằng") is not None


def test_another_province_day_body_or_ordinal_is_another_meeting() -> None:
    base = meeting("Tỉnh ủy")
    keys = {
        meeting_key(base, province="Cao Bằng"),
        meeting_key(base, province="Sơn La"),
        meeting_key(meeting("Tỉnh ủy", day="2024-06-12"), province="Cao Bằng"),
        meeting_key(meeting("Ban Dân vận Tỉnh ủy"), province="Cao Bằng"),
        meeting_key(meeting("Tỉnh ủy", ordinal=3), province="Cao Bằng"),
    }
    assert len(keys) == 5


def test_a_central_meeting_is_the_same_in_every_province_and_an_unknown_one_has_no_key() -> None:
    central = meeting("Ban Bí thư")
    assert meeting_key(central, province="Cao Bằng") == meeting_key(central, province="Sơn La")
    assert meeting_key(replace(central, organiser=None)) is None
    assert meeting_key(meeting("Tỉnh ủy", day=None), province="Sơn La") is None


WORDS = ["Sáng 11/6", "Tỉnh ủy Lâm Khê", "tổ chức", "hội nghị", "lần thứ", "XIV", ",", ".", "sẽ", "họp", "“", "”", "(", ")",
         "ngày 31/2", "Đại hội", "do", "phối hợp", "với", "§", "¤", "\n", "İ", "từ 5 đến", "7-8", "quán triệt"]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=6), max_size=25).map(" ".join))
def test_no_words_make_the_reader_fail_and_offsets_stay_inside(words: str) -> None:
    for text in (words, unicodedata.normalize("NFD", words)):
        for found in find_meetings(text, text, text, published=date(2024, 6, 12)):
            assert 0 <= found.start < found.end <= len(text)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from([*WORDS, "lễ", "hội", '"', "hôm nay,", "5/6", "huy hiệu"]), max_size=25),
    st.text(" ,", max_size=1),
)
def test_no_mask_makes_a_meeting_word_where_none_may_open(words: list[str], between: str) -> None:
    reading = keyed(between.join(words))
    places = meeting_kinds.openings(reading.key)
    for start, end in sentences(reading):
        assert {kind.start for kind in read_sentence("text", reading, start, end).kinds} <= set(places)


def test_a_long_run_of_near_matches_takes_no_longer_than_its_length_allows() -> None:
    words = "Tỉnh ủy Lâm Khê phối hợp với " * 400 + "tổ chức hội nghị"
    find_meetings(words, words, words, published=date(2024, 6, 12))
    assert len(list(sentences(keyed(words)))) == 1


@pytest.mark.skipif(not (SHARED / "eval").is_dir(), reason="the labelled lines are not on this machine")
def test_the_labelled_lines_hold() -> None:
    rows = [json.loads(line) for line in (SHARED / "eval/meetings.jsonl").read_text("utf-8").splitlines()]
    right = dict.fromkeys(FACTS, 0)
    both = wrong = 0
    for row in rows:
        found, wanted = main_meeting(row["title"], row["lead"], row["published"]), row["meeting"]
        if found and wanted:
            both += 1
            for name in FACTS:
                mine, theirs = getattr(found, name), wanted[name]
                fold = isinstance(mine, str) and isinstance(theirs, str)
                right[name] += mine.casefold() == theirs.casefold() if fold else mine == theirs
        elif found or wanted:
            wrong += 1
    assert 2 * both / (2 * both + wrong) >= 0.93
    least = {"kind": 0.9, "ordinal": 0.97, "organiser": 0.88, "date": 0.95, "status": 0.97}
    assert {n: right[n] / both for n, m in least.items() if right[n] / both < m} == {}


SEEDS = {
    "000": ("hội nghị ban chấp hành", 18, "Ban Chấp hành Đảng bộ tỉnh Cao Bằng", "2024-04-29", None),
    "001": ("hội nghị tổng kết", None, "Tỉnh ủy Bắc Kạn", "2024-03-19", None),
    "002": ("hội nghị tổng kết", None, "Tỉnh ủy", "2024-03-07", None),
    "003": ("hội nghị tổng kết", None, "Tỉnh ủy Thái Nguyên", "2019-12-13", None),
    "004": ("hội nghị tổng kết", None, "Tỉnh ủy Lạng Sơn", "2018-06-12", "sáng"),
}


@pytest.mark.skipif(not (SHARED / "seeds").is_dir(), reason="the seed texts are not on this machine")
@pytest.mark.parametrize("seed", sorted(SEEDS))
def test_a_seed_read_whole_tells_its_meeting(seed: str) -> None:
    (gold,) = (SHARED / "seeds").glob(f"{seed}_*.gold.json")
    row = json.loads(gold.read_text("utf-8"))
    text = gold.with_name(gold.name.replace(".gold.json", ".txt")).read_text("utf-8")
    for lead in (None, row["paragraphs"][0]):
        found = find_meetings(row["title"], lead, text, published=date.fromisoformat(row["published"][:10]))
        main = found[0]
        assert (main.kind, main.ordinal, main.organiser, main.date, main.session) == SEEDS[seed]
        assert main.status == "held"


@pytest.mark.parametrize("head", [pattern for pattern, _ in meeting_kinds._HEADS])
def test_every_meeting_word_begins_with_an_opening(head: str) -> None:
    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(st.from_regex(head, fullmatch=True))
    def begins(word: str) -> None:
        assert word.startswith(meeting_kinds.OPENINGS)

    begins()
