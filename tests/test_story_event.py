"""Two events whose reports copy each other's background are two stories; one event stays one, whatever copies leave."""

from __future__ import annotations

from datetime import date

import pytest

from crawler.story.event import is_other_event
from tests.test_similar import DAY, partition

RESOLUTIONS = (
    "Nghị quyết số 97-NQ/TW ngày 22/12/2024 của Bộ Chính trị xác định khoa học, công nghệ và chuyển đổi số là đột phá.",
    "Nghị quyết đặt mục tiêu đến năm 2030 kinh tế số đạt tối thiểu 30% GDP, dịch vụ công trực tuyến đạt trên 80%.",
    "Nghị quyết số 98-NQ/TW ngày 4/5/2025 của Bộ Chính trị nêu rõ kinh tế tư nhân là một động lực quan trọng nhất, "
    "phấn đấu đến năm 2030 có 2 triệu doanh nghiệp.",
    "Nghị quyết số 99-NQ/TW ngày 24/1/2025 xác định hội nhập quốc tế là sự nghiệp của toàn dân, của cả hệ thống chính trị.",
)
HISTORY = (
    "Cách đây 96 năm, ngày 3/2/1930, tại bán đảo Cửu Long, Đảng ra đời trên cơ sở hợp nhất 3 tổ chức cộng sản.",
    "Từ 310 đảng viên buổi đầu, đến năm 1945 Đảng đã lãnh đạo nhân dân giành chính quyền trong cả nước.",
    "Ngày 30/4/1975, chiến dịch mang tên Người toàn thắng, non sông thu về một mối, Bắc Nam sum họp một nhà.",
)
SPEECH = (
    "Kết luận số 78-KL/TU của Ban Thường vụ Tỉnh ủy Hoa Giang yêu cầu 100% chi bộ đổi mới nội dung sinh hoạt trước tháng 12.",
    "Theo Kế hoạch số 45-KH/TU, mỗi đảng bộ xã chọn 3 chi bộ làm điểm, mỗi quý báo cáo Ban Tổ chức Tỉnh ủy Hoa Giang một lần.",
)


def conference(day: str, place: str, people: int, name: str, village: str, middle: tuple[str, ...]) -> str:
    return "\n\n".join(
        (
            f"Đảng ủy {place} quán triệt các nghị quyết",
            f"Sáng {day}, Đảng ủy {place} tổ chức hội nghị quán triệt các nghị quyết cho {people} cán bộ, đảng viên.",
            *middle,
            f"Phát biểu tại hội nghị, đồng chí {name}, Bí thư Đảng ủy {place}, yêu cầu chọn thôn {village} làm điểm.",
        )
    )


def stories(a: str, b: str, days: int | None) -> int:
    later = None if days is None else DAY + days
    found = {
        len(partition([("a", a, DAY), ("b", b, later)])),
        len(partition([("b", b, later), ("a", a, DAY)])),
    }
    assert len(found) == 1, "the order of arrival must not matter"
    return found.pop()


HOA_LUONG = ("6/5", "xã Hòa Lương", 215, "Lò Văn Thụ", "Hạ Vĩ")


@pytest.mark.parametrize(
    "middle", [RESOLUTIONS, RESOLUTIONS + HISTORY, RESOLUTIONS + SPEECH], ids=["docs", "history", "kl"]
)
@pytest.mark.parametrize(
    "other",
    [
        ("7/5", "xã Yên Phố", 188, "Phạm Thị Ngát", "Đồng Mơn"),
        ("6/5", "xã Yên Phố", 188, "Phạm Thị Ngát", "Đồng Mơn"),
        ("6/5", "phường Sông Đằng", 215, "Ma Thế Hiển", "Đồng Mơn"),
        ("8/5", "xã Hòa Lâm", 320, "Lò Văn Thụy", "Hạ Vân"),
    ],
    ids=["next day", "same day", "ward", "like name"],
)
def test_conferences_of_two_communes_over_one_background_are_two_stories(
    middle: tuple[str, ...], other: tuple[str, str, int, str, str]
) -> None:
    assert stories(conference(*HOA_LUONG, middle), conference(*other, middle), 1) == 2


def test_the_background_may_open_the_report() -> None:
    def report(day: str, place: str, people: int) -> str:
        return "\n\n".join(
            (
                *RESOLUTIONS,
                f"Chiều {day}, {people} đảng viên của Đảng bộ {place} đã học 3 chuyên đề tại nhà văn hóa {place}.",
            )
        )

    assert stories(report("6/5", "xã Khe Sặt", 97), report("9/5", "xã Nà Lụng", 164), 3) == 2


@pytest.mark.parametrize("gap", [28, 31])
def test_this_months_and_last_months_notice_are_two_stories(gap: int) -> None:
    def notice(day: str, month: int) -> str:
        return "\n\n".join(
            (
                f"Lịch tiếp công dân tháng {month} của Bí thư Tỉnh ủy Hoa Giang",
                f"Văn phòng Tỉnh ủy Hoa Giang thông báo: ngày {day}, đồng chí Lò Văn Thụ, Bí thư Tỉnh ủy, tiếp công dân.",
                "Địa điểm: Trụ sở Tiếp công dân tỉnh Hoa Giang, số 126 đường Trần Khát, phường Sông Đằng, từ 7 giờ 30 phút.",
                "Công dân đăng ký trước qua số điện thoại 0999 123 456, mang theo giấy tờ tùy thân và đơn đã gửi 2 cấp.",
                "Người được cử đại diện cho đoàn đông người không quá 5 người, theo quy chế của Trụ sở Tiếp công dân tỉnh.",
            )
        )

    assert stories(notice("15/5", 5), notice("15/6", 6), gap) == 2


def test_a_notice_whose_prose_is_word_for_word_the_last_one_is_told_by_its_title() -> None:
    prose = (
        "Ban Tuyên giáo và Dân vận Tỉnh ủy Hoa Giang gửi tài liệu sinh hoạt chi bộ tới 23 đảng bộ trực thuộc, gồm 4 phần.",
        "Phần 1 nêu việc học tập theo Bác, phần 2 nêu 3 kết quả về kinh tế của tỉnh Hoa Giang, phần 3 là hỏi đáp.",
        "Các đồng chí báo cáo viên tải tài liệu trên trang của Tỉnh ủy Hoa Giang và phổ biến tới 1.250 chi bộ.",
    )
    may, june = ("\n\n".join((f"Tài liệu sinh hoạt chi bộ tháng {month}", *prose)) for month in (5, 6))
    assert stories(may, june, 30) == 2
    assert stories(may, may, 30) == 1


REPORT = conference(*HOA_LUONG, RESOLUTIONS).split("\n\n")


@pytest.mark.parametrize(
    "copy",
    [
        REPORT,
        REPORT[:4],
        [REPORT[0], *REPORT[2:]],
        ["Hòa Lương học nghị quyết", *REPORT[1:], "Trung Kiên"],
        [REPORT[0], "(HGO) - " + REPORT[1], *REPORT[2:]],
        [REPORT[0], REPORT[1].replace("215", "216"), *REPORT[2:]],
        [REPORT[0], "Ngày 6/5, tại hội trường xã Hòa Lương, 215 cán bộ, đảng viên đã học các nghị quyết.", *REPORT[2:]],
        ["Học nghị quyết", "Chuyện học nghị quyết ở xã Hòa Lương ngày 6/5 có nhiều điều mới, theo đồng chí Vàng Thị Sen.",
         *REPORT[1:]],
        [*REPORT, "Cùng ngày, Đảng ủy xã Nậm Mỏ khai mạc lớp học cho 90 đảng viên."],
    ],
    ids=["whole", "cut tail", "cut head", "new title", "dateline", "corrected", "reworded", "own opening", "addition"],
)  # fmt: skip
@pytest.mark.parametrize("days", [0, 1, 9, None])
def test_copies_of_one_report_stay_one_story(copy: list[str], days: int | None) -> None:
    assert stories("\n\n".join(REPORT), "\n\n".join(copy), days) == 1


def test_a_wire_report_with_what_two_papers_added_of_their_own_is_one_story() -> None:
    ha = (
        "Tại điểm cầu xã Khe Sặt, đồng chí Ma Thế Hiển cùng 45 đảng viên đã theo dõi hội nghị qua 2 màn hình."
    )
    yen = "Tại điểm cầu xã Nà Lụng, đồng chí Vàng Thị Sen cùng 60 đảng viên đã theo dõi hội nghị qua 3 màn hình."
    assert stories("\n\n".join([*REPORT, ha]), "\n\n".join([*REPORT, yen]), 1) == 1


def test_an_explanation_of_a_resolution_printed_by_two_papers_is_one_story() -> None:
    assert (
        stories("\n\n".join(["Nội dung mới", *RESOLUTIONS]), "\n\n".join(["Hỏi đáp", *RESOLUTIONS]), 12) == 1
    )


def test_what_tells_two_events_apart_is_symmetric() -> None:
    a, b = (
        conference(*HOA_LUONG, RESOLUTIONS),
        conference("7/5", "xã Yên Phố", 188, "Phạm Thị Ngát", "Mơn", RESOLUTIONS),
    )
    gap = date(2024, 5, 7).toordinal() - DAY
    assert is_other_event(a, b, gap=gap) and is_other_event(b, a, gap=-gap)
