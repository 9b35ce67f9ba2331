"""The plainest sentences of the field are ours, what only looks like them is not, and the section is heard."""

from __future__ import annotations

import time

import pytest

from crawler.topic.committee import committee_at_work, congress_of_others
from crawler.topic.lines import Line, shipped_lines
from crawler.topic.topics import classify, shipped_taxonomy

ROWS = shipped_lines([rule.id for rule in shipped_taxonomy().topics], "plainly_ours.txt")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.title)
def test_a_line_is_ours_or_not(row: Line) -> None:
    relevant, topics = classify(row.title, row.lead, None)
    assert relevant is row.ours, topics
    assert all(t.because for t in topics)


def test_the_section_makes_an_article_ours_in_which_a_party_member_acts() -> None:
    title, lead = "Bí thư chi bộ bên bếp lửa nhà sàn", "Ông ngồi cùng bà con nói chuyện mùa màng."
    assert not classify(title, lead, None)[0]
    relevant, [topic] = classify(title, lead, None, section="Xây dựng Đảng")
    assert relevant and topic.because
    assert not classify("Giá vàng hôm nay", "Giá vàng tăng.", None, section="Xây dựng Đảng")[0]


@pytest.mark.parametrize(
    "opener", ["ban thường vụ tỉnh ủy ", "hội nghị ", "làm việc với ", "hội x đại hội ", "đại hội các "]
)
def test_reading_them_takes_time_in_line_with_the_text(opener: str) -> None:
    def seconds(n: int) -> float:
        began = time.process_time()
        committee_at_work(opener * n)
        congress_of_others(opener * n)
        return time.process_time() - began

    assert seconds(100_000) < 0.5
