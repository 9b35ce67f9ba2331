"""Which document a citation names: terms, provinces, years, known documents, and never a guess."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.citing.citations import cite, find_citations
from crawler.citing.documents import identify, identify_all
from crawler.citing.known_documents import (
    TERMS,
    about_the_same,
    known_by_title,
    known_documents,
    local_term_of,
    term_of,
    unlike,
)


def ids(text: str, published: str | None = None, province: str | None = None) -> list[str]:
    day = date.fromisoformat(published) if published else None
    found = cite({"text": text}, day, province)
    return [i.id for i in identify_all(found, published=day, province=province)]


@pytest.mark.parametrize(
    ("day", "term"),
    [
        ("1997-10-01", "VIII"), ("2006-04-24", "IX"), ("2006-11-07", "X"), ("2011-01-18", "X"), ("2011-05-14", "XI"),
        ("2016-05-15", "XII"), ("2021-01-31", "XII"), ("2021-02-01", "XIII"), ("2026-01-22", "XIII"), ("2026-01-23", "XIV"),
        ("2019", "XII"), ("2021", None), ("2025-09", "XIII"), ("2026-01", None), ("1990-01-01", None), (None, None),
    ],
)  # fmt: skip
def test_a_day_lies_in_one_term_and_a_year_only_where_it_must(day: str | None, term: str | None) -> None:
    assert term_of(day) == term


@given(st.dates(date(1996, 7, 1), date(2030, 12, 31)))
def test_every_day_since_the_eighth_term_has_the_latest_term_begun(day: date) -> None:
    assert term_of(day) == [name for name, start in TERMS if start <= day][-1]


@pytest.mark.parametrize(
    ("day", "term"),
    [
        ("2017-07-05", "2015-2020"),
        ("2020-03-01", "2015-2020"),
        ("2020-09-15", None),
        ("2021", "2020-2025"),
        ("2020", None),
    ],
)
def test_a_local_term_is_open_in_the_months_of_congresses(day: str, term: str | None) -> None:
    assert local_term_of(day) == term


@pytest.mark.parametrize(
    ("text", "published", "province", "wanted"),
    [
        # The same number in two terms: the date, even a year, decides.
        ("Chỉ thị số 35-CT/TW, ngày 30/5/2019", "2020-01-01", None, "35-CT/TW@XII"),
        ("Chỉ thị số 35-CT/TW ngày 14/6/2024", "2024-07-01", None, "35-CT/TW@XIII"),
        ("Chỉ thị số 35-CT/TW ban hành năm 2019", "2024-07-01", None, "35-CT/TW@XII"),
        # Without date or term, two known ones: open.
        ("Chỉ thị số 35-CT/TW của Bộ Chính trị", "2024-07-01", None, "35-CT/TW@?"),
        # A document of later than the article cannot be meant; the only known one is, unless the words speak against it.
        ("Chỉ thị số 35-CT/TW của Bộ Chính trị", "2020-07-01", None, "35-CT/TW@XII"),
        ("Chỉ thị số 35-CT/TW của Bộ Chính trị", "2022-07-01", None, "35-CT/TW@XII"),
        ("Chỉ thị số 35-CT/TW của Ban Bí thư về nhà ở công nhân", "2022-07-01", None, "35-CT/TW@?"),
        # Issued just now: of the term of that day, whatever older ones are known.
        ("Bộ Chính trị vừa ban hành Chỉ thị số 35-CT/TW", "2026-07-01", None, "35-CT/TW@XIV"),
        # Its age tells which of two.
        ("Sơ kết bảy năm thực hiện Chỉ thị số 35-CT/TW", "2026-07-01", None, "35-CT/TW@XII"),
        # The printed term, and the subject.
        ("Nghị quyết số 26-NQ/TW của BCH Trung ương khóa XII", "2023-01-01", None, "26-NQ/TW@XII"),
        ("Chỉ thị số 35-CT/TW về đại hội đảng bộ các cấp tiến tới Đại hội XIV", "2025-01-01", None, "35-CT/TW@XIII"),
        ("Quy định số 37-QĐ/TW về những điều đảng viên không được làm", "2026-03-01", None, "37-QĐ/TW@XIII"),
        # A number of its own term, known; a number nobody knows.
        ("Quy định số 144-QĐ/TW", "2024-06-01", None, "144-QĐ/TW@XIII"),
        ("Kết luận số 57-KL/TW", "2023-08-01", None, "57-KL/TW@?"),
        ("Kết luận số 57-KL/TW ngày 15/6/2023", "2023-08-01", None, "57-KL/TW@XIII"),
        # A short reference, resolved or open.
        ("Quy định 37", "2023-08-01", None, "37-QĐ@?"),
        ("Quy định 37 về những điều đảng viên không được làm", "2023-08-01", None, "37-QĐ/TW@XIII"),
        # A committee's document needs its place and its term.
        ("Nghị quyết số 08-NQ/TU, ngày 5/7/2017", "2017-08-01", "Lâm Hà", "08-NQ/TU@Lâm-Hà/2015-2020"),
        ("Nghị quyết số 08-NQ/TU, ngày 5/7/2017", "2017-08-01", None, "08-NQ/TU@?"),
        # Without a date: of the committee's term then, or of the one its age tells; open while congresses are held.
        ("Nghị quyết số 08-NQ/TU của Tỉnh ủy", "2017-08-01", "Lâm Hà", "08-NQ/TU@Lâm-Hà/2015-2020"),
        ("Nghị quyết số 08-NQ/TU", "2017-08-01", "Lâm Hà", "08-NQ/TU@Lâm-Hà/2015-2020"),
        ("Sơ kết ba năm thực hiện Nghị quyết số 08-NQ/TU", "2017-08-01", "Lâm Hà", "08-NQ/TU@Lâm-Hà/2010-2015"),
        ("Nghị quyết số 08-NQ/TU của Tỉnh ủy", "2020-08-01", "Lâm Hà", "08-NQ/TU@Lâm-Hà/?"),
        ("Nghị quyết số 08-NQ/TU của Tỉnh ủy", "2017-08-01", None, "08-NQ/TU@?"),
        # Another province that the words speak of; a central outlet knows no own one.
        ("Tỉnh ủy Kim Lộ họp về Nghị quyết số 08-NQ/TU", "2017-08-01", "Lâm Hà", "08-NQ/TU@Kim-Lộ/2015-2020"),
        ("Tỉnh ủy Kim Lộ họp về Nghị quyết số 08-NQ/TU", "2017-08-01", "Trung ương", "08-NQ/TU@Kim-Lộ/2015-2020"),
        ("Nghị quyết số 08-NQ/TU của Tỉnh ủy", "2017-08-01", "Trung ương", "08-NQ/TU@?"),
        # A province that was joined to another has no document of a later term.
        ("Nghị quyết số 08-NQ/TU của Tỉnh ủy Bắc Kạn", "2026-08-01", "Thái Nguyên", "08-NQ/TU@Bắc-Kạn/2020-2025"),
        # The largest city under each of its names.
        ("Chỉ thị số 8-CT/TU của Thành ủy TP.HCM", "2023-08-01", "Lâm Hà", "08-CT/TU@TP.-Hồ-Chí-Minh/2020-2025"),
        ("Chỉ thị số 8-CT/TU của Thành ủy", "2023-08-01", "TP. Hồ Chí Minh", "08-CT/TU@TP.-Hồ-Chí-Minh/2020-2025"),
        # A commune by the committee its sentence names.
        ("Theo Kế hoạch số 25-KH/ĐU, Đảng ủy xã Sông Con họp dân", "2023-08-01", "Lâm Hà", "25-KH/ĐU@Lâm-Hà/xã-Sông-Con/2020-2025"),
        ("Kế hoạch số 45/KH-UBND của UBND xã Sông Con ngày 5/3/2020", "2020-08-01", "Lâm Hà", "45/KH-UBND@Lâm-Hà/xã-Sông-Con/2020"),
        ("Nghị quyết số 08-NQ/TU, ngày 5/7/2017 của Tỉnh ủy Kim Lộ", "2017-08-01", "Lâm Hà", "08-NQ/TU@Kim-Lộ/2015-2020"),
        ("Kế hoạch số 9-KH/HU, ngày 5/7/2017 của Huyện ủy Trà Sơn", "2017-08-01", "Lâm Hà", "09-KH/HU@Lâm-Hà/Trà-Sơn/2015-2020"),
        ("Kế hoạch số 9-KH/HU, ngày 5/7/2017 của Huyện ủy", "2017-08-01", "Lâm Hà", "09-KH/HU@?"),
        ("Nghị quyết số 08-NQ/TU, ngày 15/9/2020", "2020-10-01", "Lâm Hà", "08-NQ/TU@Lâm-Hà/2020-09-15"),
        # Plenums and congresses carry their term.
        ("Nghị quyết Trung ương 4 khóa XI", "2023-08-01", None, "NQTW4-XI"),
        ("Nghị quyết Đại hội XIII", "2023-08-01", None, "NQĐH-XIII"),
        ("Nghị quyết Đại hội Đảng bộ tỉnh lần thứ XIV", "2023-08-01", "Lâm Hà", "NQĐHĐB-XIV@Lâm-Hà"),
        ("Nghị quyết Đại hội Đảng bộ tỉnh Kim Lộ lần thứ XIV", "2023-08-01", "Lâm Hà", "NQĐHĐB-XIV@Kim-Lộ"),
        # State and mass organisations: the year.
        ("Nghị định số 30/2020/NĐ-CP ngày 5/3/2020", "2020-08-01", None, "30/2020/NĐ-CP"),
        ("Chỉ thị 16/CT-TTg ngày 31/3/2020", "2020-04-10", None, "16/CT-TTg@2020"),
        ("Chỉ thị 16/CT-TTg", "2020-04-10", None, "16/CT-TTg@?"),
        ("Kế hoạch số 45/KH-UBND ngày 5/3/2020 của UBND tỉnh", "2020-08-01", "Lâm Hà", "45/KH-UBND@Lâm-Hà/2020"),
        ("Luật số 31/2024/QH15", "2024-08-01", None, "31/2024/QH15"),
    ],
)  # fmt: skip
def test_an_identity_is_as_narrow_as_the_words_allow(
    text: str, published: str, province: str | None, wanted: str
) -> None:
    assert ids(text, published, province) == [wanted]


def test_a_dated_mention_tells_what_the_undated_ones_of_the_article_are() -> None:
    text = "Chỉ thị 35 đã rõ. Chỉ thị số 35-CT/TW, ngày 30/5/2019 của Bộ Chính trị; Chỉ thị số 35-CT/TW nêu ba việc."
    assert ids(text, "2024-07-01") == ["35-CT/TW@XII"] * 3


def test_two_dated_mentions_of_one_number_leave_the_undated_one_open() -> None:
    text = "Chỉ thị số 35-CT/TW năm 2019, Chỉ thị số 35-CT/TW ngày 14/6/2024; Chỉ thị số 35-CT/TW cũng vậy."
    assert ids(text, "2024-07-01") == ["35-CT/TW@XII", "35-CT/TW@XIII", "35-CT/TW@?"]


def test_mentions_of_one_document_pool_what_they_say() -> None:
    text = "Nghị quyết số 08-NQ/TU, ngày 5/7/2017 về du lịch. Nghị quyết số 08-NQ/TU của Tỉnh ủy Lâm Hà."
    one, other = identify_all(find_citations(text), province="Lâm Hà")
    assert one.id == other.id
    assert (other.date, other.title) == ("2017-07-05", "du lịch")


def test_the_same_number_of_two_provinces_is_two_documents() -> None:
    text = "Nghị quyết số 07-NQ/TU của Tỉnh ủy Kim Lộ khác Nghị quyết số 07-NQ/TU của Tỉnh ủy Vân Trà."
    assert ids(text, "2017-08-01", "Vân Trà") == ["07-NQ/TU@Kim-Lộ/2015-2020", "07-NQ/TU@Vân-Trà/2015-2020"]
    assert len(set(ids(text, "2020-08-01", "Vân Trà"))) == 2


def test_subjects_that_share_nothing_are_of_two_documents() -> None:
    assert unlike("Thẻ đảng viên", "nhà ở cho công nhân")
    assert not unlike("Thẻ đảng viên", None)


def test_a_title_and_its_body_are_one_document_across_fields() -> None:
    found = cite(
        {"title": "Sơ kết Chỉ thị 05", "text": "Chỉ thị số 05-CT/TW, ngày 15/5/2016 của Bộ Chính trị."}
    )
    assert {i.id for i in identify_all(found)} == {"05-CT/TW@XII"}


def test_known_facts_fill_what_a_citation_leaves_out() -> None:
    identity = identify(find_citations("Quy định 126-QĐ/TW năm 2018")[0])
    assert (identity.issuer, identity.date, identity.term, identity.title) == (
        "Bộ Chính trị",
        "2018-02-28",
        "XII",
        "Bảo vệ chính trị nội bộ Đảng",
    )


def test_what_is_open_never_shares_an_id_with_what_is_known() -> None:
    known = {k.id for k in known_documents()}
    opened = identify(find_citations("Chỉ thị 35-CT/TW")[0])
    assert not opened.resolved
    assert opened.id not in known
    assert opened.id.endswith("@?")


def test_the_known_documents_are_facts_with_one_identity_each() -> None:
    rows = known_documents()
    assert len({k.id for k in rows}) == len(rows) > 100
    assert all(term_of(k.date) for k in rows)


def test_every_known_document_is_recognised_by_its_own_key_and_date() -> None:
    for known in known_documents():
        if len(known.date) < 10:
            continue
        year, month, day = known.date.split("-")
        (found,) = find_citations(f"{known.type} số {known.key}, ngày {day}/{month}/{year}")
        assert (found.key, found.date, found.type) == (known.key, known.date, known.type)
        assert identify(found).id == known.id


def test_a_title_is_told_by_most_of_its_words_and_all_of_its_numerals() -> None:
    assert about_the_same("Lấy phiếu tín nhiệm", "việc lấy phiếu tín nhiệm đối với chức danh")
    assert not about_the_same("Lấy phiếu tín nhiệm", "phiếu đảng viên")
    assert not about_the_same(None, "bất cứ điều gì")
    assert known_by_title("35-CT", "Chỉ thị", "đại hội đảng bộ các cấp", date(2025, 1, 1)) is None
