"""Dates with provenance: every form is read, and what only looks like the article's date never becomes it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.dates.printed import (
    VIETNAM,
    Moment,
    datelines,
    find_visible,
    parse_machine,
    parse_visible,
    swapped,
    url_day,
    url_month,
)
from crawler.reading.dates import DateCandidate, choose, structured_candidates, visible_candidates

FETCHED = datetime(2026, 11, 21, 7, 5, tzinfo=UTC)
URL = "https://kimhai.example/tin-412345.html"


@pytest.mark.parametrize(
    ("printed", "iso"),
    [
        ("Thứ sáu 13/12/2019 - 16:47", "2019-12-13T16:47:00+07:00"),
        ("Cập nhật: Thứ sáu 13/12/2019 - 16:47", "2019-12-13T16:47:00+07:00"),
        ("07/03/2024 | 17:05:00", "2024-03-07T17:05:00+07:00"),
        ("Ngày 07 tháng 03 năm 2026", "2026-03-07"),
        ("Thứ Bảy, ngày 5 tháng 3 năm 2021, 15:17", "2021-03-05T15:17:00+07:00"),
        ("Cập nhật: 14:08 | 30/11/2019", "2019-11-30T14:08:00+07:00"),
        ("Đăng lúc 9h15 ngày 3/4/2021", "2021-04-03T09:15:00+07:00"),
        ("Cập nhật lúc 7 giờ 30 phút ngày 3/4/2021", "2021-04-03T07:30:00+07:00"),
        ("24.1.2023, 17h36", "2023-01-24T17:36:00+07:00"),
        ("12-09-2021 20:14", "2021-09-12T20:14:00+07:00"),
        ("10/02/2023 - 15:38 GMT+7", "2023-02-10T15:38:00+07:00"),
        ("Thứ tư, 22/10/2025, 19:25 (GMT+7)", "2025-10-22T19:25:00+07:00"),
        ("4/7/2022 9:06:00 SA", "2022-07-04T09:06:00+07:00"),
        ("4/7/2022 9:06:00 CH", "2022-07-04T21:06:00+07:00"),
        ("2026-03-07 08:07", "2026-03-07T08:07:00+07:00"),
        ("12 Tháng 9, 2024 15:20", "2024-09-12T15:20:00+07:00"),
        ("Mar 5, 2021 3:17 PM", "2021-03-05T15:17:00+07:00"),
        ("(12/09/2024 15:20)", "2024-09-12T15:20:00+07:00"),
        ("[12/09/2024 15:20]", "2024-09-12T15:20:00+07:00"),
        ("giai đoạn 2020-2025", None),
        ("Chỉ thị số 35-CT/TW", None),
        ("31/02/2024", None),
        ("lần thứ 12/2024", None),
    ],
)  # fmt: skip
def test_a_printed_date_is_read(printed: str, iso: str | None) -> None:
    moment = parse_visible(printed)
    assert (moment.iso if moment else None) == iso


@pytest.mark.parametrize(
    ("value", "iso"),
    [
        ("2024-04-29T16:40:12+0700", "2024-04-29T16:40:12+07:00"),
        ("2024-07-30T22:03:00Z", "2024-07-31T05:03:00+07:00"),
        ("Fri, 13 Dec 2019 09:47:00 GMT", "2019-12-13T16:47:00+07:00"),
        ("1/28/2026 6:52:01 AM", "2026-01-28T06:52:01+07:00"),
        ("1/2/2026", "2026-02-01"),
        ("1530350520000", "2018-06-30T16:22:00+07:00"),
        ("1530350520", "2018-06-30T16:22:00+07:00"),
        ("/Date(1530350520000)/", "2018-06-30T16:22:00+07:00"),
        ("2019-12-13", "2019-12-13"),
        ("20240429", "2024-04-29"),
        ("13/12/2019 16:47", "2019-12-13T16:47:00+07:00"),
        ("99999999999999", None),
        ("hôm nay", None),
    ],
)
def test_a_machines_date_is_read(value: str, iso: str | None) -> None:
    moment = parse_machine(value)
    assert (moment.iso if moment else None) == iso


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("LSO-Sáng nay (12/6), Tỉnh ủy tổ chức hội nghị", [(12, 6, None)]),
        ("Ngày 29/4, Ban Chấp hành Đảng bộ tỉnh họp", [(29, 4, None)]),
        ("Trong hai ngày 5-6/9, đoàn công tác", []),
        ("Tại hội trường, ngày 16-2, lễ trao quyết định", [(16, 2, None)]),
        ("Chiều ngày 30/11/2019, Huyện ủy", [(30, 11, 2019)]),
        ("Thực hiện Chỉ thị số 35-CT/TW, ngày 30/5/2019, của Bộ Chính trị", []),
        ("Hoàn thành trước ngày 15/3", []),
        ("Kể từ ngày 1/3, tài khoản", []),
    ],
)
def test_a_dateline_tells_the_day_and_a_cited_document_does_not(
    text: str, found: list[tuple[int, int, int | None]]
) -> None:
    assert [d[:3] for d in datelines(text)] == found


def pick(*candidates: DateCandidate, opening: str = "", url: str = URL) -> str | None:
    return choose(candidates, url=url, opening=[opening], fetched=FETCHED).published


def at(
    iso: str, origin: str = "visible", weight: float = 5.0, where: str = "x", role: str = "published"
) -> DateCandidate:
    moment = parse_machine(iso)
    assert moment
    return DateCandidate(moment, origin, where, role, weight)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "candidates", "opening", "expected"),
    [
        ("nothing is unknown", (), "", None),
        ("the future is ignored", (at("2062-05-05T20:08"), at("2026-05-05T20:08", "json-ld")), "", "2026-05-05T20:08:00+07:00"),
        ("only the future is unknown", (at("2062-05-05T20:08"),), "", None),
        ("before the Internet is ignored", (at("1975-04-30"),), "", None),
        ("a launch day loses against the line under the title",
         (at("2012-06-21T00:00", "meta", 2.6), at("2023-02-10T15:38")), "", "2023-02-10T15:38:00+07:00"),
        ("two places agree against one",
         (at("2024-01-05T10:00", "json-ld"), at("2024-01-05T10:00", "meta", 4.6), at("2026-11-20T09:00", "visible", 4.8)), "", "2024-01-05T10:00:00+07:00"),
        ("the dateline vouches",
         (at("2018-07-04T18:44", weight=5.0), at("2018-04-07T18:44", weight=4.4)), "Ngày 7/4, Đảng ủy xã họp", "2018-04-07T18:44:00+07:00"),
        ("a day gets its minute from another place", (at("2023-06-12", "json-ld"), at("2023-06-12T21:45")), "", "2023-06-12T21:45:00+07:00"),
        ("a machine's midnight is a day", (at("2023-06-12T00:00:00", "json-ld"),), "", "2023-06-12"),
        ("Z that is local time", (at("2020-08-07T06:25:00Z", "json-ld"), at("2020-08-07T06:25")), "", "2020-08-07T06:25:00+07:00"),
        ("Z that is UTC", (at("2024-07-30T22:03:00Z", "meta"),), "", "2024-07-31T05:03:00+07:00"),
        ("a frozen header day alone is unknown", (at("2019-08-23", weight=2.0),), "", None),
        ("a frozen header day does not beat the dateline", (at("2019-08-23", weight=2.0),), "Sáng nay (12/6/2026), Tỉnh ủy họp", "2026-06-12"),
        ("a modified date is not the published one", (at("2026-11-21T07:29", "json-ld", role="modified"), at("2025-10-31T18:12", "json-ld")), "", "2025-10-31T18:12:00+07:00"),
        ("only modified by the machine is unknown", (at("2026-11-21T07:29", "meta", role="modified"),), "", None),
    ],
)  # fmt: skip
def test_the_articles_date_is_chosen_by_rule_and_agreement(
    name: str, candidates: tuple[DateCandidate, ...], opening: str, expected: str | None
) -> None:
    assert pick(*candidates, opening=opening) == expected


def test_an_update_printed_alone_is_the_date_the_page_was_put_there() -> None:
    text = "Cập nhật: 14:08 | 30/11/2019"
    moment, start, end = find_visible(text)[0]
    found = choose(
        visible_candidates(text, moment, start, end, near=True), url=URL, opening=[], fetched=FETCHED
    )
    assert (found.published, found.origin) == ("2019-11-30T14:08:00+07:00", "visible")


def test_published_and_updated_are_told_apart() -> None:
    found = choose(
        [at("2024-01-05T10:00", "json-ld"), at("2024-02-01T09:00", "json-ld", role="modified")],
        url=URL, opening=[], fetched=FETCHED,
    )  # fmt: skip
    assert (found.published, found.updated) == ("2024-01-05T10:00:00+07:00", "2024-02-01T09:00:00+07:00")


def test_every_candidate_is_kept_and_one_is_marked_used() -> None:
    found = choose(
        [at("2024-01-05T10:00", "json-ld"), at("2062-01-01"), at("2024-01-06")],
        url=URL,
        opening=[],
        fetched=FETCHED,
    )
    assert [d.used for d in found.dates].count(True) == 1
    assert {d.value[:10] for d in found.dates} == {"2024-01-05", "2062-01-01", "2024-01-06"}
    assert any("future" in w for w in found.warnings)


@pytest.mark.parametrize(
    ("url", "day", "month"),
    [
        ("https://a.example/chinh-tri/202403/tin-7a9b1c2/", None, (2024, 3)),
        ("https://a.example/2024/03/07/tin.html", "2024-03-07", (2024, 3)),
        ("https://a.example/tin-20260307080054340.htm", "2026-03-07", None),
        ("https://a.example/tin-post404649.html", None, None),
        ("https://a.example/tin-269955-108.html", None, None),
    ],
)
def test_an_address_tells_its_day_or_month(url: str, day: str | None, month: tuple[int, int] | None) -> None:
    moment = url_day(url)
    assert (moment.iso if moment else None) == day
    assert url_month(url) == month


def test_the_month_in_the_address_gives_the_dateline_its_year() -> None:
    found = choose(
        [],
        url="https://a.example/chinh-tri/202403/tin-7a9b1c2/",
        opening=["Ngày 7/3, Tỉnh ủy họp"],
        fetched=FETCHED,
    )
    assert (found.published, found.precision, found.origin) == ("2024-03-07", "day", "dateline")


@pytest.mark.parametrize(
    ("told_in", "ceiling", "expected"),
    [
        ("", None, None),
        ("", date(2021, 12, 31), None),
        ("Quy định số 126-QĐ/TW, ngày 28/2/2018 của Bộ Chính trị", date(2021, 12, 31), None),
        ("Quy định số 126-QĐ/TW, ngày 28/2/2018 của Bộ Chính trị", date(2019, 1, 20), "2018-06-12"),
        ("Trong quý II/2026, toàn Đảng bộ đã kết nạp 12 đảng viên", None, "2026-06-12"),
        ("Giai đoạn 2020-2025, đến năm 2025, trong năm 2026", None, None),
        ("hoàn thiện báo cáo trước ngày 11/8/2026", None, "2026-06-12"),
        ("Năm 2017, huyện thành lập 12 chi bộ", date(2018, 6, 1), "2017-06-12"),
    ],
)
def test_a_year_is_not_made_up(told_in: str, ceiling: date | None, expected: str | None) -> None:
    found = choose(
        [],
        url=URL,
        opening=["Sáng nay (12/6), Tỉnh ủy họp"],
        fetched=FETCHED,
        ceiling=ceiling,
        told_in=[told_in],
    )
    assert found.published == expected
    # What it may have been is told.
    assert found.dates and all(d.origin == "dateline" and d.value[5:] == "06-12" for d in found.dates)
    assert [d.used for d in found.dates] == [expected is not None, *([False] * (len(found.dates) - 1))]


def test_vague_names_of_meta_weigh_less() -> None:
    vague, firm = structured_candidates(
        [("2012-06-21", "meta", "created"), ("2024-01-05", "meta", "article:published_time")]
    )
    assert vague.weight < firm.weight


def test_an_american_date_has_two_readings() -> None:
    moment = swapped("4/7/2018 6:44:00 PM")
    assert moment is not None
    assert moment.iso == "2018-04-07T18:44:00+07:00"
    assert swapped("24/7/2018 6:44:00 PM") is None
    assert swapped("4/7/2018 18:44") is None


DAYS = st.dates(date(2000, 1, 1), date(2026, 11, 20))


@given(DAYS, st.integers(0, 23), st.integers(0, 59))
def test_a_printed_date_comes_back(day: date, hour: int, minute: int) -> None:
    expected = datetime(day.year, day.month, day.day, hour, minute, tzinfo=VIETNAM)
    for form in (
        "{d:%d/%m/%Y} - {t}",
        "{t} | {d:%d/%m/%Y}",
        "Thứ hai, {d.day}/{d.month}/{d.year}, {t} (GMT+7)",
        "{d:%Y-%m-%dT}{t}:00+07:00",
    ):
        moment = parse_visible(form.format(d=day, t=f"{hour:02}:{minute:02}"))
        assert moment is not None
        assert moment.at == expected


@given(DAYS)
def test_a_dateline_year_of_a_page_found_as_new_is_the_latest_possible(day: date) -> None:
    opening = [f"Sáng nay ({day.day}/{day.month}), Tỉnh ủy họp"]
    found = choose([], url=URL, opening=opening, fetched=FETCHED, fresh=True)
    assert found.published is not None
    chosen = date.fromisoformat(found.published)
    today = FETCHED.astimezone(VIETNAM).date()
    assert (chosen.day, chosen.month) == (day.day, day.month)
    assert chosen <= today
    assert chosen.month == 2 or chosen > today - timedelta(days=367)


@given(st.text(max_size=200))
def test_no_text_makes_the_readers_of_dates_fail(text: str) -> None:
    parse_machine(text)
    assert all(isinstance(m, Moment) for m, _, _ in find_visible(text))
    datelines(text)
