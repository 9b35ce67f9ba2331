"""What is told first, what stands together, what no longer fits: the order of a digest, by values alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.article import Annotations, Article, Block, Citation
from crawler.delivery.excerpt import LEAD, PASSAGE, excerpt
from crawler.delivery.items import DigestItem, Fired
from crawler.delivery.mail import counts_of, plain_text
from crawler.delivery.mail_layout import DENSE, WEIGHTS, allot, arrange, told_once
from crawler.delivery.mail_settings import MailSettings
from crawler.query.matcher import search_doc
from crawler.query.parser import parse
from crawler.query.salience import is_wanted, salience_of
from crawler.query.snippet import around
from tests.sample_mail import DIGEST, DIRECTIVE, MEETING, MORNING, document, meeting, story

SETTINGS = MailSettings(sender="điểm tin <diemtin@tin.example>")


# ---- sections ------------------------------------------------------------------------------------------------


def test_a_heavy_morning_shows_its_stories_and_loses_nothing() -> None:
    layout = arrange(MORNING, 40)
    shown = {section.name: len(section.items) for section in layout.sections}
    assert list(shown) == ["document", "news", "ahead", "held"]
    assert shown == {"document": 4, "news": 24, "ahead": 8, "held": 4}
    everything = [item for section in layout.sections for item in section.items] + list(layout.rest)
    assert sorted(item.key for item in everything) == sorted(item.key for item in MORNING.items)
    assert counts_of(layout.rest, "vi") == "6 tin, 26 cuộc họp"


@settings(deadline=None)
@given(
    st.fixed_dictionaries({name: st.integers(0, 60) for name in WEIGHTS}),
    st.integers(1, 200),
)
def test_the_room_is_used_up_and_no_section_is_crowded_out(counts: dict[str, int], most: int) -> None:
    given_room = allot(counts, most)  # type: ignore[arg-type]
    assert sum(given_room.values()) == min(most, sum(counts.values()))
    assert all(given_room[name] <= counts[name] for name in WEIGHTS)
    if most >= len(WEIGHTS):
        assert all(given_room[name] for name in WEIGHTS if counts[name])
    cut = [name for name in WEIGHTS if given_room[name] < counts[name]]
    for name in cut:  # who was cut has no less than its share of what those that were cut have
        rivals = sum(WEIGHTS[other] for other in cut)
        room = sum(given_room[other] for other in cut)
        assert given_room[name] >= room * WEIGHTS[name] // rivals - 1


def test_the_readers_province_comes_first_and_passing_mentions_last() -> None:
    items = (story(0), story(1, passing=True), story(3), story(3 + 8, passing=True), story(2))
    told = replace(MORNING, items=items, province="Kim Hải", group=None)
    [section] = arrange(told, 40).sections
    assert [item.key for item in section.items] == [
        f"news:story-{n}" for n in (3, 0, 2, 11, 1)  # own; others as they came; passing, own first
    ]  # fmt: skip


def test_headings_stand_in_a_fixed_order_the_readers_own_first() -> None:
    [section] = arrange(replace(MORNING, items=tuple(map(story, range(8)))), 40).sections
    assert [group.title for group in section.groups] == [
        "Kim Hải", "An Khê Sơn", "Bến Sỏi", "Cù Lao Hạ", "Đồi Thông", "Hồ Sen", "Lam Hà", "Mù Căng",
    ]  # fmt: skip
    [section] = arrange(replace(MORNING, items=tuple(map(story, range(8))), group="topic"), 40).sections
    assert [group.title for group in section.groups] == [
        "Đại hội Đảng", "Kiểm tra, giám sát", "Phát triển đảng viên",
    ]  # fmt: skip


# ---- once ----------------------------------------------------------------------------------------------------


def test_an_article_stands_once_its_document_and_its_meeting_with_it() -> None:
    told = story(0)
    assert told.article is not None and DIRECTIVE.article is not None
    url = told.article.url
    directive = replace(
        DIRECTIVE, story="0", article=replace(DIRECTIVE.article, url=url, title=told.article.title)
    )
    assert directive.article is not None
    second = replace(directive, key="document:63-CT/TW", headline="Chỉ thị 63-CT/TW")
    coming = replace(MEETING, story="0")
    items = told_once([directive, second, told, coming, story(1)])
    assert [item.key for item in items] == ["document:62-CT/TW@XIV", "news:story-1"]
    entry = items[0]
    assert [one.kind for one in entry.whole] == ["document", "document", "news", "meeting"]
    assert {fired.watch for fired in entry.fired} == {"văn kiện mới", "xây dựng Đảng", "cuộc họp của tỉnh"}
    assert entry.article == directive.article  # the sentence that names the document
    bare = replace(directive, article=replace(directive.article, passage=()))
    [first] = told_once([bare, told])
    assert (
        first.article is not None and first.article.passage == told.article.passage
    )  # or the one that was asked for
    assert counts_of(items, "vi") == "1 tin, 2 văn kiện, 1 cuộc họp"
    text = plain_text(replace(DIGEST, items=items), SETTINGS)
    assert text.count(told.article.title) == 1 and text.count(url) == 1
    assert "   Văn kiện mới: Chỉ thị 63-CT/TW: Ban Bí thư, 14/11/2026" in text
    assert "   Sắp họp: Hội nghị tổng kết, Tỉnh ủy Lam Hà: Sáng 28/11/2026, thị xã Đồi Thông" in text


def test_the_copy_that_answered_is_linked_where_another_one_is_shown() -> None:
    told = replace(story(1), story="0")
    assert told.article is not None
    [entry] = told_once([replace(DIRECTIVE, story="0", elsewhere=()), told])
    first = entry.elsewhere[0]
    assert (first.outlet, first.url) == (told.article.outlet.name, told.article.url)


def test_what_tells_of_no_story_is_never_joined() -> None:
    event = DigestItem("event", "a", "Nguồn im lặng", (Fired("vận hành", ()),))
    assert len(told_once([event, replace(event, key="b"), DIRECTIVE])) == 3


# ---- contents ------------------------------------------------------------------------------------------------


def test_over_ten_entries_a_mail_begins_with_what_is_in_it() -> None:
    text = plain_text(MORNING, SETTINGS)
    head = text[: text.index("VĂN KIỆN MỚI")]
    for line in (
        "30 tin, 4 văn kiện, 38 cuộc họp",
        "Văn kiện mới (4): Chỉ thị 60-CT/TW, Chỉ thị 61-CT/TW, Chỉ thị 62-CT/TW, Chỉ thị 63-CT/TW",
        "Tin (30): Kim Hải 3, An Khê Sơn 3",
        "Sắp họp (8): 23/11, 24/11",
        "Đã họp (30)",
    ):
        assert line in head
    assert "… và 6 mục nữa" in text and "Còn 32 mục nữa trong kho" in text  # no file hangs on a plain text
    short = plain_text(replace(MORNING, items=tuple(map(story, range(DENSE)))), SETTINGS)
    assert "Tin (10)" not in short


def test_sections_of_few_entries_say_more() -> None:
    assert "Theo dõi: xây dựng Đảng" in plain_text(replace(MORNING, items=(story(0),)), SETTINGS)
    assert "Theo dõi:" not in plain_text(MORNING, SETTINGS)
    assert "chỉ nhắc qua" in plain_text(replace(MORNING, items=(story(0, passing=True),)), SETTINGS)
    [held] = [meeting(9, upcoming=False)]
    assert held.article is not None
    text = plain_text(replace(MORNING, items=(held, document(1))), SETTINGS)
    assert f"ĐÃ HỌP\n------\n\n{held.headline}\n   Sáng" in text and held.article.title in text


# ---- what is shown of an article -----------------------------------------------------------------------------


def article(title: str, lead: str | None, *paragraphs: str, captions: tuple[str, ...] = (), cites: Annotations | None = None) -> Article:  # fmt: skip
    blocks = [Block("lead", lead)] if lead else []
    blocks += [Block("paragraph", text) for text in paragraphs] + [
        Block("caption", text) for text in captions
    ]
    return Article(
        url="https://bao.example/a", canonical_url="https://bao.example/a", title=title, lead=lead,
        blocks=tuple(blocks), annotations=cites or Annotations(),
    )  # fmt: skip


def shown(read: Article, query: str) -> tuple[str, str, str]:
    hit = parse(query).matches(search_doc(read))
    assert hit is not None
    told = excerpt(read, hit.spans)
    title, lead, passage = (
        "".join(f"*{text}*" if marked else text for text, marked in part)
        for part in (told.title, told.lead, told.passage)
    )
    return title, lead, passage


LONG = "Huyện ủy nghe báo cáo về việc thu hoạch vụ mùa trên địa bàn các xã vùng cao. "


@pytest.mark.parametrize(
    ("query", "lead", "passage"),
    [
        # in the title, in the lead: no sentence beside them
        ("chi bộ", "Sáng 21/11, Huyện ủy họp.", ""),
        ("huyện ủy", "Sáng 21/11, *Huyện ủy* họp.", ""),
        # in neither: its sentence
        ("chăn nuôi", "Sáng 21/11, Huyện ủy họp.", "Nhiều hộ thoát nghèo nhờ *chăn nuôi* dê núi."),
        # one word in the title, the other only in the text: the other's sentence
        ("chi bộ VÀ dê núi", "Sáng 21/11, Huyện ủy họp.", "Nhiều hộ thoát nghèo nhờ chăn nuôi *dê núi*."),
        # a field has no place
        ("ngày:2026 HOẶC chi bộ", "Sáng 21/11, Huyện ủy họp.", ""),
        # said again with the words of title and lead
        ("họp chi bộ", "Sáng 21/11, Huyện ủy họp.", ""),
    ],
)
def test_the_sentence_that_matched_is_shown_only_where_it_says_more(
    query: str, lead: str, passage: str
) -> None:
    read = article(
        "Chi bộ Bến Sỏi", "Sáng 21/11, Huyện ủy họp.",
        "Huyện ủy họp chi bộ sáng 21/11. Nhiều hộ thoát nghèo nhờ chăn nuôi dê núi.",
    )  # fmt: skip
    assert shown(read, query)[1:] == (lead, passage)


def test_a_word_behind_the_end_of_a_long_lead_is_shown_in_its_sentence() -> None:
    read = article("Tin", LONG * 3 + "Cuối buổi, hội nghị bàn về nước sạch nông thôn.", "Hết.")
    _, lead, passage = shown(read, "nước sạch")
    assert len(lead) <= LEAD + 2 and "nước sạch" not in lead
    assert passage == "Cuối buổi, hội nghị bàn về *nước sạch* nông thôn."


def test_without_a_lead_the_first_paragraph_opens() -> None:
    read = article("Tin", None, "Xã Vân Sơn", LONG * 4, "Về nước sạch.")
    _, lead, passage = shown(read, "nước sạch")
    assert lead.startswith("Huyện ủy nghe báo cáo") and passage == "Về *nước sạch*."


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["đại", "hội", "chi bộ.", "Huyện", "ủy", "\n\n", "họp, "]), max_size=120).map(
        " ".join
    )
)
def test_what_is_shown_is_short_and_the_papers_own(text: str) -> None:
    read = article("Tin về đại hội", text[:300].replace("\n", " ").strip() or None, *text.split("\n\n"))
    hit = parse("chi bộ HOẶC huyện HOẶC đại hội").matches(search_doc(read))
    assert hit is not None
    told = excerpt(read, hit.spans)
    lead, passage = ("".join(piece for piece, _ in part) for part in (told.lead, told.passage))
    assert len(lead) <= LEAD + 2 and len(passage) <= PASSAGE + 4
    body = "\n".join(block.text for block in read.blocks)
    assert lead.removesuffix(" …") in body


@settings(deadline=None)
@given(
    st.text(alphabet="aắ b,", max_size=200), st.text(alphabet="ch", min_size=1, max_size=12),
    st.text(alphabet="aắ b,", max_size=200), st.booleans(), st.booleans(), st.integers(20, 120),
)  # fmt: skip
def test_a_sentence_made_shorter_keeps_the_word_that_matched(
    before: str, word: str, after: str, cut_before: bool, cut_after: bool, longest: int
) -> None:
    segments = [(before, False), (word, True), (after, False)]
    segments = [("… ", False)] * cut_before + segments + [(" …", False)] * cut_after
    found = around(tuple(part for part in segments if part[0]), longest)
    assert (word, True) in found
    assert len("".join(text for text, _ in found)) <= longest + len("… ") + len(" …")


# ---- main or in passing --------------------------------------------------------------------------------------


def cited(title: str) -> Annotations:
    return Annotations(
        citations=(
            Citation(
                "text", 0, 5, "Chỉ thị 62-CT/TW", "chỉ thị", "62", "CT/TW", "62-CT/TW", None, None, "party", True,
                title=title,
            ),
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    ("read", "query", "salience"),
    [
        (article("Đại hội chi bộ", "Họp.", LONG), "chi bộ", "main"),
        (article("Tin", "Chi bộ họp.", LONG), "chi bộ", "main"),
        (article("Tin", "Họp.", "Chi bộ họp. " + LONG * 3), "chi bộ", "main"),
        (article("Tin", "Họp.", LONG * 3 + "Dự có chi bộ."), "chi bộ", "passing"),
        (article("Tin", "Họp.", LONG, captions=("Chi bộ trồng cây. Ảnh: T.L",)), "chi bộ", "passing"),
        (
            article("Tin", "Học Chỉ thị 62-CT/TW về sinh hoạt chi bộ ở thôn.", LONG, cites=cited("sinh hoạt chi bộ ở thôn")),
            "chi bộ",
            "passing",
        ),
        (
            article("Chi bộ Bến Sỏi", "Học Chỉ thị 62-CT/TW về sinh hoạt chi bộ.", LONG, cites=cited("sinh hoạt chi bộ")),
            "chi bộ",
            "main",
        ),
        (
            article("Tin", "Học Chỉ thị 62-CT/TW về sinh hoạt chi bộ.", LONG, cites=cited("sinh hoạt chi bộ")),
            "62-CT/TW",
            "main",  # the number is no title
        ),
        (article("Tin", "Họp.", LONG), "KHÔNG chi bộ", "main"),  # nothing has a place
    ],
)  # fmt: skip
def test_a_word_in_a_documents_title_a_caption_or_at_the_end_is_in_passing(
    read: Article, query: str, salience: str
) -> None:
    hit = parse(query).matches(search_doc(read))
    assert hit is not None and salience_of(read, hit) == salience


@pytest.mark.parametrize(
    ("scope", "wanted", "told"),
    [
        ("story", "all", True),
        ("story", "main", False),
        ("article", "main", False),
        ("document", "main", True),
    ],
)
def test_a_watch_for_what_is_main_is_not_told_of_passing_mentions(
    scope: str, wanted: str, told: bool
) -> None:
    read = article("Tin", "Họp.", LONG * 3 + "Dự có chi bộ.")
    hit = parse("chi bộ").matches(search_doc(read))
    assert hit is not None
    assert is_wanted(read, hit, scope=scope, wanted=wanted) is told
