"""One story once: what joins articles, what keeps them apart, and that the order of arrival does not matter."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.story.fingerprint import KEY_BITS, Fingerprint, Sketch, fingerprint, is_roundup, sentences
from crawler.story.similar import (
    WINDOW_DAYS,
    Placement,
    SimilarCandidate,
    compare_sketches,
    compare_texts,
    in_window,
    place,
)
from tests.press_stories import COPIES, FORMULAE, cut_head, cut_tail, edit, reprint, text, write

DAY = date(2024, 5, 6).toordinal()


class MemoryIndex:
    """The index as plainly as it can be written: what the file's and the store's must agree with."""

    def __init__(self) -> None:
        self.prints: list[Fingerprint] = []
        self.texts: list[str] = []
        self.stories: list[int] = []
        self.asked_for_text = 0

    def candidates(self, fingerprint: Fingerprint) -> Iterable[SimilarCandidate]:
        for n, other in enumerate(self.prints):
            keys = set(fingerprint.keys + fingerprint.bands) & set(other.keys + other.bands)
            keys = keys if in_window(fingerprint.day, other.day) else set()
            if fingerprint.whole is not None and fingerprint.whole == other.whole:
                keys.add(fingerprint.whole)
            if keys:
                yield SimilarCandidate(n, self.stories[n], other.day, keys)

    def sketch(self, article: int) -> Sketch:
        return Sketch.from_bytes(bytes(self.prints[article].sketch))

    def text(self, article: int) -> str:
        self.asked_for_text += 1
        return self.texts[article]

    def arrive(self, body: str, day: int | None = DAY) -> Placement:
        new = fingerprint(body, day)
        placement = place(new, lambda: body, self)
        story = min((*placement.stories, len(self.prints)))
        self.stories = [story if s in placement.stories else s for s in self.stories]
        self.prints.append(new)
        self.texts.append(body)
        self.stories.append(story)
        return placement


def partition(arrivals: Sequence[tuple[str, str, int | None]]) -> set[frozenset[str]]:
    index = MemoryIndex()
    for _, body, day in arrivals:
        index.arrive(body, day)
    groups = defaultdict(set)
    for (id_, _, _), story in zip(arrivals, index.stories, strict=True):
        groups[story].add(id_)
    return {frozenset(group) for group in groups.values()}


def is_one(a: str, b: str, *, days: int | None = 2) -> bool:
    found = {len(partition([("a", a, DAY), ("b", b, None if days is None else DAY + days)]))}
    found.add(len(partition([("b", b, None if days is None else DAY + days), ("a", a, DAY)])))
    assert len(found) == 1, "the relation must be symmetric"
    return found == {1}


@pytest.mark.parametrize("copy", COPIES, ids=lambda f: f.__name__)
def test_a_copy_joins_its_story_whatever_was_done_to_it(copy: Callable[[list[str]], list[str]]) -> None:
    assert is_one(text(write(1)), text(copy(write(1))))


def test_a_brief_made_of_its_sentences_joins() -> None:
    source = write(2, sentences=20)
    brief = [source[0], source[1], source[4].split(". ")[0] + ".", "Ban Tổ chức"]
    assert is_one(text(source), text(brief))


def test_a_brief_mostly_of_its_own_words_is_another_story() -> None:
    source, other = write(2, sentences=20), write(3, sentences=20)
    assert not is_one(text(source), text([source[0], source[1].split(". ")[0] + ".", other[2], other[4]]))


def test_two_reports_of_one_meeting_are_two_stories() -> None:
    here = ["Ngày 3/2, Đảng ủy xã Khe Sung họp với 214 đại biểu.", "Đồng chí Lò Thị Mến nêu 17 kiến nghị."]
    there = [
        "Có 214 đại biểu dự cuộc họp của Đảng ủy xã Khe Sung ngày 3/2.",
        "17 kiến nghị là của đồng chí Lò Thị Mến.",
    ]
    assert not is_one(text(["Họp", *here, *FORMULAE]), text(["Họp ở xã", *there, *FORMULAE[:2]]))


WEAK = [
    "Tại xã Khe Sung, các chi bộ đã đổi mới cách ra nghị quyết, chọn đúng việc dân cần và giao rõ người làm.",
    "Ở bản Nà Lùng, đảng viên đi trước trong dựng lại nếp nhà sàn, giữ nghề dệt và lối sống của ông cha.",
    "Người cao tuổi thôn Pác Vai kể chuyện làng cho lớp trẻ nghe vào mỗi tối thứ bảy bên bếp lửa nhà văn hóa.",
    "Xóm Mường Mít góp công mở con đường qua đồi, nhờ vậy nông sản bán được giá và trẻ em tới lớp đều hơn.",
    "Cán bộ xã Ea Chàm xuống từng nhà, nghe dân nói trước rồi mới bàn cách làm, việc khó cũng thành việc chung.",
    "Nhờ sự kiên trì ấy, tình làng nghĩa xóm bền chặt, niềm tin của bà con với cấp ủy ngày một dày thêm.",
    "Mỗi kỳ sinh hoạt, bí thư chi bộ Suối Rượu đều hỏi lại việc đã hứa, ai chưa xong thì nói rõ vì sao.",
    "Bài học rút ra là gần dân, hiểu dân và làm đến nơi đến chốn, không nói suông mà cũng không chờ đợi.",
]


def test_a_copy_cut_down_to_what_tells_little_joins_when_it_is_nearly_all_of_it() -> None:
    whole = ["Chuyện ở vùng cao", "Ngày 3/2, đồng chí Lò Thị Mến cùng 214 đảng viên về dự ngày hội.", *WEAK]
    cut = text(["Gần dân", *WEAK])
    assert not any(mark.telling for mark in sentences(cut))
    assert is_one(text(whole), cut)
    assert not is_one(text([*whole[:2], *WEAK[:3], *write(5)]), cut)


def test_formulae_alone_make_no_story() -> None:
    assert not is_one(text(["Tin", *FORMULAE]), text(["Tin khác", *FORMULAE]))


def test_the_same_formulae_with_other_figures_make_no_story() -> None:
    line = (
        "Toàn huyện có {} chi bộ với {} đảng viên, kết nạp {} đảng viên mới. Đạt {}% kế hoạch, tăng {} người."
    )
    a, b = (
        text(["Kết quả", line.format(*figures), *FORMULAE])
        for figures in ((34, 512, 41, 98, 12), (35, 518, 44, 97, 15))
    )
    assert not is_one(a, b)


def test_a_late_reprint_joins_and_an_annual_repeat_does_not() -> None:
    a, b = text(write(4)), text(reprint(write(4))[:-2])
    assert is_one(a, b, days=WINDOW_DAYS)
    assert not is_one(a, b, days=365)


def test_the_very_same_prose_joins_at_any_date() -> None:
    assert is_one(text(write(4)), text(reprint(write(4))), days=900)


def test_without_a_date_only_a_nearly_whole_copy_joins() -> None:
    source = write(5, sentences=20)
    assert is_one(text(source), text(reprint(source)), days=None)
    other = write(6)[1].split(". ")[0] + "."
    most = [source[0], source[1], other + " " + other.replace("tại", "ở"), "P.V"]
    assert 0.6 < compare_texts(sentences(text(source)), sentences(text(most))).containment < 0.8
    assert is_one(text(source), text(most)) and not is_one(text(source), text(most), days=None)


def test_an_edited_copy_is_found_by_its_bands_and_read_in_full() -> None:
    index = MemoryIndex()
    source = write(7)
    changed = [b.replace(" đã ", " vừa ").replace("với", "cùng") for b in edit(source)]
    index.arrive(text(source))
    assert index.arrive(text(changed)).joins
    assert index.asked_for_text == 1


def test_the_texts_are_not_read_where_the_sketches_decide() -> None:
    index = MemoryIndex()
    for seed in range(20):
        index.arrive(text(write(seed)))
        index.arrive(text(reprint(write(seed))))
    assert index.asked_for_text == 0


def test_a_digest_is_its_own_story_linked_to_those_it_quotes() -> None:
    index = MemoryIndex()
    briefs = [["Tin " + str(n), *write(n)[1:2]] for n in (11, 12, 13)]
    for brief in briefs:
        index.arrive(text(brief))
    digest = text(["Điểm tin trong tuần", *(block for brief in briefs for block in brief), "P.V"])
    placement = index.arrive(digest)
    assert placement.joins == ()
    assert {m.article for m in placement.quotes} == {0, 1, 2}
    assert len(set(index.stories)) == 4


def test_a_story_that_arrives_after_its_digest_is_linked_too() -> None:
    index = MemoryIndex()
    brief = ["Tin 11", *write(11)[1:2]]
    index.arrive(text(["Tin vắn", *brief, *write(12)[1:2], "P.V"]))
    placement = index.arrive(text(brief))
    assert placement.joins == () and [m.article for m in placement.quotes] == [0]


def test_a_reprinted_digest_is_one_story() -> None:
    items = [block for n in (11, 12, 13) for block in write(n)[:2]]
    assert is_one(
        text(["Điểm tin trong tuần", *items, "P.V"]), text(["Tuần qua ở cơ sở", *items, "Hoài Thu"])
    )


def test_a_digest_is_known_by_sections_that_share_no_names() -> None:
    assert is_roundup(text(["Từ các địa phương", *(b for n, who in enumerate(("Lạc Khê", "Đông Mạ", "Tân Bôn")) for b in (
        f"Việc làm {n}", f"Nhân dân xã {who} góp công. Chi bộ {who} đi đầu.")), "P.V"]))  # fmt: skip
    assert not is_roundup(text(["Đổi thay ở Lạc Khê", *(b for n in range(3) for b in (
        f"Việc làm {n}", f"Nhân dân xã Lạc Khê góp công. Chi bộ Lạc Khê làm việc {n}.")), "P.V"]))  # fmt: skip


def test_a_later_article_joins_two_stories() -> None:
    index = MemoryIndex()
    source = write(14, sentences=24)
    index.arrive(text([source[0], *source[1:3]]))
    index.arrive(text([source[0], *source[-4:-1]]))
    assert len(set(index.stories)) == 2
    assert len(index.arrive(text(source)).joins) == 2
    assert len(set(index.stories)) == 1


def test_stories_split_by_hand_are_not_joined_again() -> None:
    index = MemoryIndex()
    source = write(14, sentences=24)
    index.arrive(text([source[0], *source[1:3]]))
    index.arrive(text([source[0], *source[-4:-1]]))
    new = fingerprint(text(source), DAY)
    placement = place(new, lambda: text(source), index, apart=lambda a, b: {a, b} == {0, 1})
    assert len(placement.joins) == len(placement.kept_apart) == 1


ARTICLES = [
    (f"{seed}.{n}", text(copy(write(seed))), DAY + 3 * seed + n)
    for seed in (21, 22, 23, 24)
    for n, copy in enumerate((list, *random.Random(seed).sample(COPIES, 3)))
] + [
    ("digest", text(["Điểm tin", *write(21)[:2], *write(22)[:2], *write(23)[:2], "P.V"]), DAY + 70),
    ("bridge.1", text([*write(25, sentences=24)[:3]]), DAY),
    ("bridge.2", text(["Nửa sau", *write(25, sentences=24)[-4:-1]]), None),
    ("bridge", text(write(25, sentences=24)), DAY + 1),
]


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.permutations(ARTICLES))
def test_any_order_of_arrival_gives_the_same_stories(arrivals: list[tuple[str, str, int | None]]) -> None:
    found = partition(arrivals)
    assert found == partition(ARTICLES)
    assert frozenset({"digest"}) in found and len(found) == 6


SENTENCES = st.lists(
    st.sampled_from(
        [s for seed in (31, 32) for b in write(seed)[1:] for s in (b, b.replace("đã", "vừa"), *FORMULAE)]
    ),
    min_size=1,
    max_size=8,
)


@settings(deadline=None, derandomize=True)
@given(SENTENCES, SENTENCES)
def test_likeness_is_symmetric_and_never_above_one(a: list[str], b: list[str]) -> None:
    left, right = sentences(text(a)), sentences(text(b))
    assert compare_texts(left, right) == compare_texts(right, left)
    assert compare_sketches(Sketch.of(left), Sketch.of(right)) == compare_sketches(
        Sketch.of(right), Sketch.of(left)
    )
    likeness = compare_texts(left, right)
    assert 0 <= likeness.coverage <= likeness.containment <= 1
    assert compare_sketches(Sketch.of(left), Sketch.of(right)).shared <= likeness.shared


@settings(deadline=None, derandomize=True)
@given(st.text(max_size=400), st.none() | st.integers(1, 800_000))
def test_any_text_has_a_fingerprint_that_reads_back(body: str, day: int | None) -> None:
    new = fingerprint(body, day)
    assert Sketch.from_bytes(bytes(new.sketch)) == new.sketch
    assert all(0 <= key < 1 << KEY_BITS for key in new.rows) and len(set(new.rows)) == len(new.rows)
    assert compare_sketches(new.sketch, new.sketch).containment in (0, 1)


def test_a_sketch_of_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="built anew"):
        Sketch.from_bytes(b"\xff\x00")


def test_the_index_row_of_an_article_stays_small() -> None:
    new = fingerprint(text(write(1, sentences=30)), DAY)
    assert len(new.rows) <= 40 and len(bytes(new.sketch)) <= 30 * 7 + 1


def test_fingerprints_are_the_same_in_every_process() -> None:
    code = "from tests.press_stories import *; from crawler.story.fingerprint import fingerprint; print(fingerprint(text(write(1)), 1).rows)"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == str(fingerprint(text(write(1)), 1).rows)


def test_cutting_both_ends_still_leaves_one_story() -> None:
    assert is_one(text(write(8, sentences=24)), text(cut_head(cut_tail(write(8, sentences=24)))))


def test_a_formula_that_everyone_carries_joins_nobody_and_costs_no_reading() -> None:
    index = MemoryIndex()
    boilerplate = (
        "Căn cứ Quy định số 4455 ngày 25/10/2023, đồng chí Lò Thị Mến ký Hướng dẫn số 1234 gửi 4567 chi bộ."
    )
    for seed in range(12):
        index.arrive(text([*write(seed)[:1], boilerplate, *write(seed)[1:]]))
    assert len(set(index.stories)) == 12
    assert index.asked_for_text == 0
