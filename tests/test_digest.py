"""The press digest: what is in it, in which order and why, and that it can be kept and taken up again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from crawler.delivery.digest import (
    OTHERS,
    Carried,
    Digest,
    DigestHead,
    NewsItem,
    from_json,
    grouped,
    grouping_of,
    length_of,
    shortened,
    weigh,
    why,
)
from crawler.delivery.digest_gather import DigestWish, gather_digest
from crawler.errors import InvalidInput, InvalidQuery
from crawler.store.database import open_database
from tests.press_room import MORNING, OUTLETS
from tests.web_room import fill

DAY = date(2026, 11, 21)
HEADING = "Tỉnh ủy Lam Hà ban hành chỉ thị về chi bộ"


@pytest.fixture(scope="module")
def press(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    """A day of a small press."""
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('digest') / 'diemtin.db'}")
    fill(engine, hostile=True)
    yield engine
    engine.dispose()


def digest(engine: sa.Engine, **asked: object) -> Digest:
    wish = replace(DigestWish(DAY, DAY), **asked)  # type: ignore[arg-type]
    return gather_digest(engine, OUTLETS, wish, now=MORNING)


def an_item(key: str, *points: int, topics: tuple[str, ...] = (), published: str | None = None) -> NewsItem:
    weight = tuple(replace(weigh(outlets=2, new_documents=0, documents=0, standing=None, own_province=False)[0],
                           points=n) for n in points)  # fmt: skip
    return NewsItem(key, key, (Carried("Báo", None, key, published),), topics=topics, weight=weight)


def test_both_databases_make_the_same_digest(engine: sa.Engine, press: sa.Engine) -> None:
    fill(engine, hostile=True)
    assert digest(engine) == digest(press)


def test_the_story_with_a_new_document_in_two_papers_comes_first(press: sa.Engine) -> None:
    told = digest(press)
    first = told.items[0]
    assert (first.heading, [one.outlet for one in first.carried]) == (
        HEADING,
        ["Báo Lam Hà", "Báo An Khê Sơn"],
    )
    assert first.lead.startswith("Ngày 21/11")
    assert len(first.new_documents) == 1
    assert why(first) == "8 = 2 (2 báo cùng đăng) + 6 (có văn kiện mới)"


def test_new_documents_meetings_of_the_day_and_ahead_and_the_sources_are_told(press: sa.Engine) -> None:
    told = digest(press)
    assert [(one.date, one.outlet) for one in told.documents] == [("2026-11-20", "Báo Lam Hà")]
    assert [(one.date, one.status) for one in told.meetings] == [
        ("2026-11-21", "held"),
        ("2026-11-25", "upcoming"),
    ]
    assert {one.name for one in told.coverage} == {"Báo Lam Hà", "Báo An Khê Sơn", "Báo Cù Lao Hạ"}
    assert {one.state for one in told.coverage} == {"looked", "not_looked"}


def test_a_query_leaves_what_answers_and_weighs_where_its_words_stand(press: sa.Engine) -> None:
    told = digest(press, query='"tổng kết năm"')
    assert [one.heading for one in told.items] == ["Huyện ủy Lam Hà tổng kết năm"]
    assert why(told.items[0]) == "4 = 4 (từ cần tìm ở đầu đề)"
    assert told.documents == ()
    assert told.asked == '"tổng kết năm"'
    with pytest.raises(InvalidQuery):
        digest(press, query="(chi bộ")


def test_the_own_province_comes_before_whatever_weighs_more(press: sa.Engine) -> None:
    papers = [Carried("Báo An Khê Sơn", "An Khê Sơn", "u", None)]
    most = weigh(outlets=50, new_documents=3, documents=3, standing="title", own_province=False)
    least = weigh(outlets=1, new_documents=0, documents=0, standing="passing", own_province=True)
    assert sum(one.points for one in most) < sum(one.points for one in least)
    own = digest(press, province="An Khê Sơn").items[0]
    assert any(one.province == papers[0].province for one in own.carried)
    assert "tỉnh nhà" in why(own)


def test_full_texts_are_there_only_where_they_were_asked_for(press: sa.Engine) -> None:
    assert {one.text for one in digest(press).items} == {None}
    whole = digest(press, length="full")
    assert "Chi bộ là gốc rễ của Đảng." in (whole.items[0].text or ())
    assert {one.text for one in shortened(whole, "titles").items} == {None}


def test_an_empty_day_is_a_digest_that_tells_where_was_looked(press: sa.Engine) -> None:
    told = digest(press, first=date(2026, 1, 2), last=date(2026, 1, 2))
    assert (told.items, told.documents, told.meetings) == ((), (), ())
    assert len(told.coverage) == 3


def test_a_digest_is_kept_as_json_and_taken_up_again_as_it_was(press: sa.Engine) -> None:
    told = digest(
        press, length="full", head=DigestHead(office="BAN TUYÊN GIÁO", recipients=("Thường trực", "Lưu"))
    )
    assert from_json(json.loads(json.dumps(told.to_json(), ensure_ascii=False))) == told


def test_a_kept_digest_that_is_wrong_is_refused_with_the_field(press: sa.Engine) -> None:
    kept = digest(press).to_json()
    kept["groups"][0]["items"][0]["heading"] = None
    with pytest.raises(InvalidInput, match=r"groups\.0\.items\.0\.heading"):
        from_json(kept)
    with pytest.raises(InvalidInput, match="extra"):
        from_json(digest(press).to_json() | {"extra": 1})


def test_groups_stand_by_their_heaviest_item_and_what_has_none_last() -> None:
    items = [an_item("a", 9), an_item("b", 1, topics=("Tổ chức",)), an_item("c", 5, topics=("Kiểm tra",))]
    assert [group.name for group in grouped(items, "topic")] == ["Kiểm tra", "Tổ chức", OTHERS]


def test_of_the_same_weight_the_newest_comes_first_and_the_undated_last() -> None:
    items = [an_item("a"), an_item("b", published="2026-11-20"), an_item("c", published="2026-11-21")]
    assert [one.key for one in grouped(items, "source")[0].items] == ["c", "b", "a"]


def test_a_wrong_grouping_or_length_is_told_with_those_there_are() -> None:
    assert grouping_of("chủ đề") == grouping_of("CHU-DE") == "topic"
    with pytest.raises(InvalidInput, match="tỉnh"):
        grouping_of("màu")
    with pytest.raises(InvalidInput, match="leads"):
        length_of("dài")
