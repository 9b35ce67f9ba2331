"""What changes with the visit is not the article: two looks at a page nobody edited read the same."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from crawler.article import Article, Page
from crawler.reading import visit
from crawler.reading.extract import read
from crawler.story.versions import compare_records
from crawler.text import visit_lines
from crawler.text.plain import first_word, plain
from crawler.text.visit_lines import is_of_the_visit
from tests import press_pages as press
from tests.visit_pages import FIRST, LATER, LAYOUTS, NEXT_WEEK, Visit

FETCHED = datetime(2026, 11, 21, 7, 5, tzinfo=UTC)


def _read(layout: str, visit: Visit, days: int = 0) -> Article:
    page = Page(press.URL, press.page(LAYOUTS[layout](visit)).encode(), FETCHED + timedelta(days=days))
    found = read(page)
    assert isinstance(found, Article), found
    return found


@pytest.mark.parametrize("layout", LAYOUTS)
def test_two_looks_at_an_unchanged_page_are_equal(layout: str) -> None:
    first, later, last = _read(layout, FIRST), _read(layout, LATER), _read(layout, NEXT_WEEK, 8)
    assert first.paragraphs == press.PARAGRAPHS
    assert first.text == later.text == last.text
    assert (first.title, first.published) == (press.TITLE, "2024-09-12T15:20:00+07:00")


@pytest.mark.parametrize(
    "line",
    [
        "Lượt xem: 1.501 | Chia sẻ: 1", "1,6K lượt đọc", "Số lượt đọc: 12 - Số lượt thích: 3", "Cách đây 2 giờ", "Đăng 3 ngày trước",
        "Đang trực tuyến: 12", "👍 27 · 👁 1,6K", "Lưu · Chia sẻ · 0 ý kiến", "Kim Hải 28°C", "Đánh giá bài viết: 4,5/5 (12 lượt)",
        "4 phút đọc", "Trả lời", "Mời quý độc giả để lại bình luận. GỬI Ý KIẾN", "Họ tên: Email: Nội dung Gửi bình luận", "3 hours ago",
    ],
)  # fmt: skip
def test_a_line_of_the_visit_is_told(line: str) -> None:
    assert is_of_the_visit(line)


@pytest.mark.parametrize(
    "line",
    [
        "Chia sẻ kinh nghiệm từ 12 chi bộ", "12 đảng viên được trao Huy hiệu", "Theo dõi, đánh giá", "Năm 2024", "Quan tâm 3 khâu đột phá",
        "Đề nghị các chi bộ gửi ý kiến.", "Ý kiến bạn đọc về dự thảo văn kiện", "Trong 3 ngày, lũ rút", "15 giờ", "Xem xét kỷ luật 3 đảng viên",
        "Sau 7 giờ tìm kiếm, 3 người đã được cứu", "Bình luận về nghị quyết", "Thích ứng với khí hậu",
    ],
)  # fmt: skip
def test_a_line_of_the_story_is_none_of_the_visit(line: str) -> None:
    assert not is_of_the_visit(line)


def test_no_line_of_the_visit_is_passed_over_for_its_first_word() -> None:
    printed = "".join(
        pattern.pattern for pattern in (visit_lines._UNIT, visit_lines._ASKS, visit._OF_READERS)
    )
    words = sorted({*re.findall(r"[a-z]+", printed), "luotxem", "likes", "email", "e-mail", "con 5"})
    for first in words:
        for line in (first, f"{first} 5", f"{first}: 5", *(f"{first} {second} 5" for second in words)):
            key = plain(line)
            if visit_lines._ASKS.match(key) or visit_lines._is_counted(key):
                assert visit_lines._may_open(line), line
            if visit._OF_READERS.match(key) or visit._SAYS_COMMENTS.fullmatch(key):
                assert visit._opens_comments(line), line


@pytest.mark.parametrize(
    "line",
    [
        "L\u01b0\u031bợt xem: 5",
        "L•ượt xem: 5",
        "жLượt xem: 5",
        "Lư\u00adợt xem: 5",
        "_Lượt xem: 5",
        "  Lượt xem: 5",
    ],
)
def test_a_first_word_is_told_as_the_whole_key_would(line: str) -> None:
    assert first_word(line) in (None, re.sub(r"^[^a-z]*|[^a-z].*", "", plain(line)))


def test_a_look_that_differs_only_in_counters_is_no_version() -> None:
    def stored(views: int) -> dict[str, object]:
        blocks = [
            ["paragraph", text] for text in (f"Lượt xem: {views}", *press.PARAGRAPHS, f"{views} phút trước")
        ]
        return {"title": press.TITLE, "blocks": blocks}

    assert compare_records(stored(1501), stored(1507)) is None
    clean = {"title": press.TITLE, "blocks": [["paragraph", text] for text in press.PARAGRAPHS]}
    assert compare_records(stored(1501), clean) is None
    edited = {
        "title": press.TITLE,
        "blocks": [["paragraph", text.replace("87", "86")] for text in press.PARAGRAPHS],
    }
    assert compare_records(stored(1501), edited) is not None


def test_a_discussion_inside_the_story_is_no_comment() -> None:
    p = press.PARAGRAPHS
    body = f"<h1>{press.TITLE}</h1><p>12/09/2024 15:20</p><div class=k>" + "".join(
        f"<p>{text}</p>" for text in (p[0], p[1], p[2], "Thảo luận", p[3], p[4], p[5])
    )
    found = read(Page(press.URL, press.page(body + "</div>").encode(), FETCHED))
    assert isinstance(found, Article)
    assert found.paragraphs == p
