"""The matcher: which words answer, where they stand in the untouched text, and what is known besides the text."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.article import Annotations, Article, Block, Citation, Meeting, Topic
from crawler.query.matcher import SearchDoc, search_doc
from crawler.query.parser import parse
from crawler.query.tree import Term, Zone
from crawler.query.watch_index import WatchIndex
from crawler.query.words import clean, typed_word

ACCENTS = [
    # (typed, printed, answers)
    ("dang", "Đảng", True),
    ("dang", "dâng", True),
    ("DANG", "đang", True),
    ("đảng", "Đảng", True),
    ("đảng", "ĐẢNG", True),
    ("đảng", "đang", False),
    ("đảng", "dang", False),
    ("đang", "Đảng", True),  # the letter is typed, the tone is not
    ("đang", "dâng", False),
    ("dâng", "đâng", False),
    ("dai hội", "Đại hội", False),  # a mark anywhere: the phrase is typed with marks
    ("đại hoi", "đại hồi", False),
    ("đại hoi", "đại hoi", True),
    ("Ngọn đen sáng", "Ngọn đèn sáng", False),
    ("Ngọn đèn sáng", "Ngọn đèn sáng", True),
    ("ban tổ chức", "bàn tổ chức", False),
    ("ban tổ chức", "Ban Tổ chức", True),
    ("ban to chuc", "bàn tổ chức", True),
    ("đai hoi", "Đại hội", True),  # đ is a letter and alone no mark
    ("đai hoi", "dài hơi", False),
    ("tổ ch*", "tổ chức", True),
    ("tổ hoa*", "tổ hoà", False),
    ("to hoa*", "tổ hoà", True),
    ("đại hội", "đại hồi", False),
    ("hoà bình", "hòa bình", True),
    ("hòa bình", "HOÀ BÌNH", True),
    ("uỷ ban", "ủy ban", True),
    ("quý", "quý", True),
    ("hoa", "hoà", True),
    ("hoàn", "hoàn", True),
    ("hoà*", "hoàng", True),
    ("hòa*", "hoà", True),
    ("hoàn*", "hoàng", True),
    ("hoan*", "Hoàng", True),
    ("hoan*", "hoa", False),
    ("đa*", "Đảng", True),
    ("đa*", "dang", False),
    ("Ðảng", "Đảng", True),  # U+00D0 for Đ
    ("hội", "hộ", False),
    ("bộ", "Bộ.", True),
    ("2026", "năm 2026", True),
    ("26", "năm 2026", False),
]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(("typed", "printed", "answers"), ACCENTS)
def test_accents_count_where_they_are_typed(typed: str, printed: str, answers: bool, form: str) -> None:
    doc = SearchDoc(unicodedata.normalize(form, printed))
    assert (parse(typed).matches(doc) is not None) is answers
    assert (parse(unicodedata.normalize("NFD", typed)).matches(doc) is not None) is answers


PHRASES = [
    ("phòng chống tham nhũng", "phòng, chống tham nhũng", True),
    ("phòng, chống", "phòng chống", True),
    ("đại hội", "đại\nhội", True),
    ("đại hội", "đại hội", True),
    ("đại hội", "đại — hội", True),
    ("đại hội", "hội đại", False),
    ("đại hội", "đại biểu hội", False),
    ("hội nghị", "Bế mạc đại hội. Nghị quyết nêu rõ", False),
    ("hội nghị", "Bế mạc đại hội! Nghị quyết", False),
    ("hội nghị", "đại hội\n\nnghị quyết", False),
    ("hội nghị", "đại hội; nghị quyết", False),
    ("hội nghị", "“Mừng đại hội.” Nghị quyết", False),
    ("hội nghị", "“Mừng đại hội.” “Nghị quyết", False),
    ("hội nghị", "đại hội. nghị", True),  # no capital, no new sentence: a stray stop
    ("TP Sơn Trà", "TP. Sơn Trà", True),
    ("tp son tra", "TP. Sơn Trà", True),
    ("xã hội hoá", "xã hội hóa", True),
    ("đại hội đại biểu", "Đại hội đại hội đại biểu", True),
    ("Chỉ thị 5", "Chỉ thị số 05", True),
    ("Chỉ thị 05", "chỉ thị 5", True),
    ("Chỉ thị 5", "Chỉ thị 50", False),
    ("đợt 5", "đợt 05", False),
    ("quán triệt Chỉ thị 35-CT/TW", "quán triệt Chỉ thị số: 35 - CT/T.Ư", True),
    ("quán triệt 35-CT/TW", "quán triệt, Chỉ thị 35-CT/TW", True),
    ("35-CT/TW của Ban", "35-CT/TW của Ban", True),
    ("35-CT/TW 36-CT/TW", "35-CT/TW, 36-CT/TW", True),
    ("35-CT/TW của", "36-CT/TW của", False),
]


@pytest.mark.parametrize(("typed", "printed", "answers"), PHRASES)
def test_neighbours_are_a_phrase_within_one_sentence(typed: str, printed: str, answers: bool) -> None:
    for query in (typed, f'"{typed}"'):
        assert (parse(query).matches(SearchDoc(printed)) is not None) is answers


DOC = SearchDoc(
    title="Đại hội Đảng bộ xã Sơn Trà",
    lead="Sáng 5/3, đại hội khai mạc.",
    body="Đại biểu dự đại hội.\n\nĐảng bộ có 40 chi bộ.",
    captions=("Quang cảnh", "Đại biểu bỏ phiếu"),
    source_id="bao-son-tra",
    source_name="Báo Sơn Trà",
    province="Hải Vân",
    covers=("Hải Vân", "Sơn Trà"),
    published=datetime(2026, 3, 4, 18, 30, tzinfo=UTC),
    topics=(("dai_hoi", "Đại hội đảng các cấp"), ("co_so_dang_dang_vien", "Tổ chức cơ sở đảng, đảng viên")),
    documents=("35-CT/TW", "NQTW4-XI", "30/2020/NĐ-CP"),
    surfaces=(("35-CT/TW", "Chỉ thị 35"),),
    meetings=("đại hội",),
)

KNOWN = [
    ("tỉnh:Hải Vân", True),
    ("tinh:hai van", True),
    ("tỉnh:hai vân", False),
    ("tỉnh:hãi vân", False),
    ("province:hai-van", True),
    ("tỉnh:Sơn Trà", True),
    ("tỉnh:Vân Hải", False),
    ("tỉnh:hải*", True),
    ("nguồn:bao-son-tra", True),
    ("nguồn:Báo Sơn Trà", True),
    ("nguồn:sơn trà", True),
    ("nguồn:bao-son", True),  # stands in the name
    ("nguồn:bao-hai-van", False),
    ("chủ-đề:dai_hoi", True),
    ("chủ-đề:đại hội", True),
    ("chủ-đề:đảng viên", True),
    ("topic:dai_h*", True),
    ("chủ-đề:dân vận", False),
    ("họp:đại hội", True),
    ("họp:hội nghị", False),
    ("họp:*", True),
    ("văn-bản:35-CT/TW", True),
    ("văn-bản:35 - CT/T.Ư", True),
    ("văn-bản:35-ct", True),
    ("văn-bản:35", True),
    ("văn-bản:36", False),
    ("văn-bản:35-CT/TU", False),
    ("văn-bản:30/2020/NĐ-CP", True),
    ("văn-bản:NQTW4-XI", True),
    ("văn-bản:nqtw4*", True),
    ("văn-bản:*", True),
    ("ngày:2026-03-05", True),  # 18:30 UTC is the next day in Vietnam
    ("ngày:05/03/2026", True),
    ("ngày:2026-03-04", False),
    ("ngày:2026-03", True),
    ("ngày:>=2026-03-05 ngày:<2026-03-06", True),
    ("ngày:>2026-03-05", False),
    ("ngày:*", True),
    ("tiêu-đề:đảng bộ", True),
    ("tiêu-đề:khai mạc", False),
    ("sapo:khai mạc", True),
    ("nội-dung:40 chi bộ", True),
    ("chú-thích:bỏ phiếu", True),
    ("chú-thích:đảng bộ", False),
    ("chú-thích:(bỏ phiếu HOẶC đảng bộ)", True),
    ("cảnh đại biểu", False),  # two captions
    ("đại hội KHÔNG bỏ phiếu", False),
    ("đại hội KHÔNG sapo:bỏ phiếu", True),
    ("35-CT/TW", True),  # cited by other words
    ("tiêu-đề:35-CT/TW", False),
    ("36-CT/TW", False),
]


@pytest.mark.parametrize(("query", "answers"), KNOWN)
def test_fields_and_zones_narrow(query: str, answers: bool) -> None:
    assert (parse(query).matches(DOC) is not None) is answers
    assert bool(WatchIndex([("w", parse(query))]).match(DOC)) is answers


def test_an_unknown_value_answers_no_field() -> None:
    unknown = SearchDoc("Tin")
    for query in ("ngày:2026", "ngày:*", "tỉnh:*", "nguồn:*", "chủ-đề:*", "văn-bản:*", "họp:*"):
        assert parse(query).matches(unknown) is None
        assert parse(f"KHÔNG {query}").matches(unknown) is not None


def test_a_hit_says_where_and_why_in_the_order_of_reading() -> None:
    hit = parse('(đại hội HOẶC vắng mặt) tỉnh:"Hải Vân" chi bộ').matches(DOC)
    assert hit is not None
    assert hit.words == ("đại hội", "chi bộ")
    assert hit.fields == ('tỉnh:"Hải Vân"',)
    assert [(s.zone, s.start, s.end, s.word) for s in hit.spans] == [
        (Zone.TITLE, 0, 7, "đại hội"),
        (Zone.LEAD, 10, 17, "đại hội"),
        (Zone.BODY, 12, 19, "đại hội"),
        (Zone.BODY, 36, 42, "chi bộ"),
    ]


def test_places_that_overlap_are_marked_as_one() -> None:
    hit = parse("đại hội HOẶC hội Đảng bộ HOẶC xã").matches(DOC)
    assert hit is not None
    assert hit.in_zone(Zone.TITLE) == ((0, 15), (16, 18))
    caption = parse("bỏ phiếu").matches(DOC)
    assert caption is not None
    assert caption.in_zone(Zone.CAPTION, 1) == ((9, 17),)
    assert caption.in_zone(Zone.CAPTION, 0) == ()


def test_a_document_cited_by_other_words_is_shown_where_they_stand() -> None:
    doc = SearchDoc("Quán triệt Chỉ thị 35", documents=("35-CT/TW",), surfaces=(("35-CT/TW", "Chỉ thị 35"),))
    hit = parse("tiêu-đề:35-CT/TW").matches(doc)
    assert hit is not None
    assert [doc.title[s.start : s.end] for s in hit.spans] == ["Chỉ thị 35"]


NEAR = [
    ("đáng bộ", "Đảng bộ họp", "Đảng bộ"),
    ("35-CT/TU", "Thực hiện 35-CT/TW", "35-CT/TW"),
    ("35-CT/TW", "Thực hiện Chỉ thị 35", "Chỉ thị 35"),
    ("5-CT/TW", "Thực hiện Chỉ thị số 05", "Chỉ thị số 05"),
    ("đại hội KHÔNG chi bô", "đại hồi chi bộ", "đại hồi"),
]


@pytest.mark.parametrize(("query", "text", "near"), NEAR)
def test_a_near_miss_is_the_same_word_in_other_accents_or_the_number_in_other_words(
    query: str, text: str, near: str
) -> None:
    doc = SearchDoc(text)
    hit = parse(query).near_miss(doc)
    assert hit is not None
    assert near in [text[s.start : s.end] for s in hit.spans]


def test_a_hit_is_no_near_miss_and_a_stranger_neither() -> None:
    assert parse("Đảng bộ").near_miss(SearchDoc("Đảng bộ")) is None
    assert parse("Đảng bộ").near_miss(SearchDoc("chi bộ")) is None
    assert parse("35-CT/TW").near_miss(SearchDoc("Chỉ thị 36")) is None


def test_an_article_is_searched_as_it_was_read() -> None:
    article = Article(
        url="https://example.vn/a",
        canonical_url="https://example.vn/a",
        title="Tiêu đề",
        source="bao-son-tra",
        lead="Sapo.",
        published="2026-03-04T23:30:00+07:00",
        blocks=(
            Block("lead", "Sapo."),
            Block("heading", "Mục"),
            Block("row", "Hàng"),
            Block("paragraph", "Đoạn."),
            Block("caption", "Ảnh"),
        ),
        annotations=Annotations(
            citations=(
                Citation(
                    "text", 0, 3, "Chỉ thị 35", "Chỉ thị", "35", "TW", "35-CT/TW", None, None, "party", True
                ),
            ),
            meetings=(Meeting("text", 0, 3, "đại hội", None, None, None, None, None, "held"),),
            topics=(Topic("dai_hoi", 1.0, ()),),
        ),
    )
    doc = search_doc(article, province="Hải Vân", topic_names={"dai_hoi": "Đại hội"})
    assert (doc.title, doc.lead, doc.body, doc.captions) == (
        "Tiêu đề",
        "Sapo.",
        "Mục\n\nHàng\n\nĐoạn.",
        ("Ảnh",),
    )
    assert doc.day == date(2026, 3, 4)
    assert (doc.documents, doc.meetings, doc.topics) == (
        ("35-CT/TW",),
        ("đại hội",),
        (("dai_hoi", "Đại hội"),),
    )
    assert parse("tỉnh:Hải Vân họp:đại hội văn-bản:35 ngày:04/03/2026").matches(doc) is not None


def test_the_watches_of_an_index_answer_in_the_order_given() -> None:
    watches = [
        ("c", parse("đại hội")),
        ("a", parse("KHÔNG dân vận")),
        ("b", parse("đại hội")),
        ("d", parse("dân vận")),
    ]
    index = WatchIndex(watches)
    assert [key for key, _ in index.match(DOC)] == ["c", "a", "b"]
    assert WatchIndex([]).match(DOC) == []


_syllables = st.sampled_from(
    ["đảng", "Đại", "hội", "uỷ", "x\u0302", "\u0065\u0323\u0302", "ấ\u0323", "c\u00ada"]
)
_loose = st.lists(st.one_of(_syllables, st.text(max_size=3)), max_size=12).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(_loose, st.sampled_from(["NFC", "NFD", "NFKD"]))
def test_every_span_is_a_place_in_the_untouched_text(text: str, form: str) -> None:
    printed = unicodedata.normalize(form, text)
    typed = [word for word in ("đảng", "đại hội", "uy", "hội*", "ca") if word]
    doc = SearchDoc(printed)
    for word in typed:
        hit = parse(word).matches(doc)
        for span in hit.spans if hit else ():
            surface = printed[span.start : span.end]
            assert surface
            assert parse(word).matches(SearchDoc(surface)) is not None


@settings(max_examples=300, deadline=None)
@given(
    st.text(
        alphabet=st.sampled_from("aăâơưdđ \u0300\u0301\u0309\u0323\u0302\u031b\u200b\u00adÐ\u1100\u1161"),
        max_size=20,
    )
)
def test_a_cleaned_text_is_nfc_and_leads_back(text: str) -> None:
    cleaned = clean(text)
    assert unicodedata.is_normalized("NFC", cleaned.text)
    places = [cleaned.back(i) for i in range(len(cleaned.text) + 1)]
    assert places == sorted(places)
    assert places[-1] <= len(text)


_PRINTED = st.lists(
    st.sampled_from(
        [
            "đại",
            "Đại",
            "dai",
            "hội",
            "HỘI",
            "hồi",
            "hoà",
            "hòa",
            "TP",
            "xa",
            ".",
            ". ",
            " ",
            "  ",
            ", ",
            "; ",
            "\n\n",
            "\u200b",
        ]
    ),
    max_size=14,
).map(lambda parts: "".join(part if not part[0].isalpha() else f"{part} " for part in parts))
_TYPED = st.lists(
    st.sampled_from(["đại", "dai", "đai", "hội", "hoi", "hoà", "xa", "tp"]), min_size=1, max_size=3
)


@given(
    st.lists(_PRINTED, min_size=1, max_size=4),
    _TYPED,
    st.sampled_from([None, *Zone]),
    st.sampled_from(["NFC", "NFD"]),
)
def test_a_term_is_found_in_all_texts_at_once_as_it_is_in_each(
    texts: list[str], typed: list[str], zone: Zone | None, form: str
) -> None:
    title, lead, body, *captions = [unicodedata.normalize(form, text) for text in (*texts, "", "")]
    doc = SearchDoc(title, lead, body, tuple(captions))
    elements = tuple(map(typed_word, typed))
    term = Term(elements, zone, " ".join(typed), 0)
    one_by_one = [
        (in_zone, caption, start, end)
        for in_zone, caption, reading in doc.readings
        if zone in (None, in_zone)
        for start, end in reading.find(elements)
    ]
    found = doc.concordance.find(term)
    assert [span[:4] for span in (found.spans if found else ())] == one_by_one
    assert found is None or list(found.order) == sorted(found.order)
