"""What an edit changed: kinds, edits, and the lines a reader sees."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.article import Article, Block
from crawler.story.change_kinds import LABELS, ChangeKind
from crawler.story.versions import Change, compare, compare_records, mark

LEAD = "Sáng 12/6, Huyện ủy Khe Lùng tổ chức hội nghị tổng kết 5 năm công tác dân vận."
FIRST = "Dự hội nghị có đồng chí Nông Văn Khoát, Bí thư Huyện ủy và 120 đại biểu. Không khí hội nghị sôi nổi."
SECOND = "Toàn huyện có 34 chi bộ đạt chuẩn. Bà con bản Nà Vai hiến 1.200 m2 đất làm đường. Ai nấy đều vui."
THIRD = "Hội nghị thống nhất 6 nhiệm vụ trọng tâm trong thời gian tới."
CAPTION = "Quang cảnh hội nghị. Ảnh: H.Lâm"


def article(*paragraphs: str, title: str = "Khe Lùng tổng kết công tác dân vận") -> Article:
    blocks = [Block("lead", LEAD), *(Block("paragraph", p) for p in paragraphs)]
    blocks += [Block("caption", CAPTION), Block("byline", "Hoài Thu")]
    return Article(
        url="https://x.example/1", canonical_url="https://x.example/1", title=title, blocks=tuple(blocks)
    )


BEFORE = article(FIRST, SECOND, THIRD)


@pytest.mark.parametrize(
    ("after", "kinds"),
    [
        (article(FIRST.replace("120", "130"), SECOND, THIRD), {"figure"}),
        (article(FIRST.replace("Khoát", "Khoái"), SECOND, THIRD), {"name"}),
        (article(FIRST.replace("Khoát", "Khoát Anh"), SECOND, THIRD), {"name"}),
        (article(FIRST, SECOND, THIRD, title="Huyện Khe Lùng làm tốt công tác dân vận"), {"title"}),
        (article(FIRST, THIRD), {"cut"}),
        (article(FIRST, SECOND.replace(" Ai nấy đều vui.", ""), THIRD), {"cut"}),
        (article(FIRST, SECOND, THIRD, "Dịp này, 8 tập thể được khen thưởng."), {"added"}),
        (article(FIRST, SECOND + " Phong trào lan rộng ra các xóm.", THIRD), {"added"}),
        (article(FIRST, SECOND.replace("đều vui", "đều phấn khởi"), THIRD), {"wording"}),
        (article(SECOND, FIRST, THIRD), {"order"}),
        (article(FIRST.replace("120", "130"), THIRD), {"figure", "cut"}),
        (article(FIRST, SECOND.replace("34", "35").replace("bản Nà Vai", "bản Nà Lạc"), THIRD), {"figure", "name"}),
    ],
)  # fmt: skip
def test_an_edit_is_named_for_what_it_did(after: Article, kinds: set[str]) -> None:
    change = compare(BEFORE, after)
    assert {k.value for k in change.kinds} == kinds
    assert change


def test_caption_and_byline_have_their_own_kinds() -> None:
    blocks = (
        *BEFORE.blocks[:-2],
        Block("caption", "Các đại biểu dự hội nghị. Ảnh: H.Lâm"),
        Block("byline", "Thu Hoài"),
    )
    assert compare(BEFORE, replace(BEFORE, blocks=blocks)).kinds == {ChangeKind.CAPTION, ChangeKind.BYLINE}


@pytest.mark.parametrize(
    ("written", "rewritten"),
    [
        ("Huyện ủy", "Huyện uỷ"),
        ("“bốn tốt”", '"bốn tốt"'),
        ("2020 - 2025", "2020–2025"),
        ("tổ chức đảng", "tổ chức  Đảng"),
        ("Đảng bộ", "Ðảng bộ"),
        ("1.200 m2", "1,200 m2"),
        ("thời gian tới.", "thời gian tới./."),
    ],
)
def test_typography_alone_makes_no_version(written: str, rewritten: str) -> None:
    old, new = (article(f"Cuối buổi, {form}, mọi người ra về") for form in (written, rewritten))
    assert compare(old, new) == Change()
    assert not compare(old, new)
    assert compare_records(record(old), record(new)) is None


def test_an_accent_that_changes_a_name_is_no_typography() -> None:
    assert compare(article("Gặp ông Lò Văn Hoàng."), article("Gặp ông Lò Văn Hoằng.")).kinds == {
        ChangeKind.NAME
    }


def test_the_change_reads_as_vietnamese_lines() -> None:
    after = article(FIRST.replace("120", "130"), THIRD, title="Dân vận ở Khe Lùng")
    title, *rest = compare(BEFORE, after).lines()
    assert title == "Đổi tiêu đề: {+Dân vận ở+} Khe Lùng [-tổng kết công tác dân vận-]"
    assert rest == [
        "Sửa số liệu: Dự hội nghị có đồng chí Nông Văn Khoát, Bí thư Huyện ủy và [-120-] {+130+} đại biểu.",
        f"Cắt bớt: [-{SECOND}-]",
    ]


def test_every_kind_has_a_vietnamese_label() -> None:
    assert set(LABELS) == set(ChangeKind)


def test_several_kinds_in_one_sentence_share_one_line() -> None:
    change = compare(article("Có 34 chi bộ ở bản Nà Vai."), article("Có 35 chi bộ ở bản Nà Lạc."))
    assert change.lines() == [
        "Sửa số liệu, sửa tên riêng: Có [-34-] {+35+} chi bộ ở bản Nà [-Vai.-] {+Lạc.+}",
    ]


def test_a_stored_change_reads_back_the_same() -> None:
    change = compare(BEFORE, article(FIRST.replace("120", "130"), THIRD))
    assert Change.from_json(change.to_json()) == change
    assert change.to_json()["kinds"] == ["figure", "cut"]


def test_records_compare_like_articles() -> None:
    after = article(FIRST, THIRD)
    assert compare_records(record(BEFORE), record(after)) == compare(BEFORE, after).to_json()


def test_mark_shows_what_is_gone_and_what_is_new() -> None:
    assert mark(None, "mới") == "{+mới+}"
    assert mark("cũ", None) == "[-cũ-]"


PARAGRAPHS = st.lists(
    st.sampled_from([FIRST, SECOND, THIRD, "Một câu ngắn.", "Hai câu. Có 3 việc."]), max_size=5
)


@settings(derandomize=True, deadline=None)
@given(PARAGRAPHS, PARAGRAPHS)
def test_what_is_equal_has_no_change_and_what_differs_has_one(a: list[str], b: list[str]) -> None:
    assert bool(compare(article(*a), article(*b))) == (a != b)


@settings(derandomize=True, deadline=None)
@given(PARAGRAPHS, PARAGRAPHS)
def test_what_one_direction_cuts_the_other_adds(a: list[str], b: list[str]) -> None:
    there, back = compare(article(*a), article(*b)).kinds, compare(article(*b), article(*a)).kinds
    assert (ChangeKind.CUT in there) == (ChangeKind.ADDED in back)


def record(of: Article) -> dict[str, object]:
    return {"title": of.title, "blocks": [[b.kind, b.text] for b in of.blocks]}
