"""The query language: what is read, what is refused and where, and what the index is asked."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.errors import InvalidQuery
from crawler.query.dates import read_days
from crawler.query.document_number import find_numbers
from crawler.query.lexer import DEEPEST_NESTING, FIELDS
from crawler.query.matcher import SearchDoc
from crawler.query.needed import day_bounds, fold_for_index
from crawler.query.parser import Query, parse
from crawler.query.tree import And, Anything, Days, FieldName, FieldTest, Node, Not, Term, Words, Zone
from crawler.query.watch_index import WatchIndex, compiled


def shown(node: Node) -> str:
    """A tree as one line: AND is `&`, OR is `|`, NOT is `!`."""
    if isinstance(node, Term):
        return f"{node.zone.value}:{node.typed}" if node.zone else node.typed
    if isinstance(node, FieldTest):
        return f"{node.name.value}={node.typed.partition(':')[2].strip()}"
    if isinstance(node, Not):
        return f"!{shown(node.child)}"
    joined = (" & " if isinstance(node, And) else " | ").join(map(shown, node.children))
    return f"({joined})"


READ = [
    ("đại hội", "đại hội"),
    ("đại hội OR hội nghị tổng kết", "(đại hội | hội nghị tổng kết)"),
    ("đại hội HOẶC hội nghị tổng kết", "(đại hội | hội nghị tổng kết)"),
    ("đại hội VÀ chi bộ HOẶC dân vận", "((đại hội & chi bộ) | dân vận)"),
    ("đại hội AND (chi bộ OR dân vận)", "(đại hội & (chi bộ | dân vận))"),
    ("đại hội KHÔNG chi bộ", "(đại hội & !chi bộ)"),
    ("đại hội VÀ KHÔNG chi bộ", "(đại hội & !chi bộ)"),
    ("NOT NOT chi bộ", "!!chi bộ"),
    ("KHÔNG (chi bộ HOẶC dân vận) đại hội", "(!(chi bộ | dân vận) & đại hội)"),
    ('"đại hội" "chi bộ"', "(đại hội & chi bộ)"),
    ('đại hội "chi bộ" dân vận', "(đại hội & chi bộ & dân vận)"),
    ("“đại hội” «chi bộ»", "(đại hội & chi bộ)"),
    ("và hoặc không or and not", "và hoặc không or and not"),
    ("không ngừng VÀ và", "(không ngừng & và)"),
    ("ANDES NOTA ORAN", "ANDES NOTA ORAN"),
    ('"HỌC VÀ LÀM"', "HỌC VÀ LÀM"),
    ("tiêu-đề:đại hội", "title:đại hội"),
    ("tiêu-đề:(đại hội HOẶC chi bộ) dân vận", "((title:đại hội | title:chi bộ) & dân vận)"),
    ("sapo:a nội-dung:b chú-thích:c", "(lead:a & body:b & caption:c)"),
    ("đại hội tỉnh:Sơn Trà", "(đại hội & province=Sơn Trà)"),
    ("tỉnh:Thái Nguyên đại hội", "(province=Thái Nguyên & đại hội)"),
    ("tỉnh: TP. Hồ Chí Minh đại hội", "(province=TP. Hồ Chí Minh & đại hội)"),
    ("tỉnh:Bắc Kạn đại hội", "(province=Bắc Kạn & đại hội)"),
    ("tỉnh: Bà Rịa - Vũng Tàu đại hội", "(province=Bà Rịa - Vũng Tàu & đại hội)"),
    ('tỉnh:"Thái Nguyên đại hội"', 'province="Thái Nguyên đại hội"'),
    ("tỉnh:(Thái Nguyên HOẶC Cao Bằng)", "(province=Thái Nguyên | province=Cao Bằng)"),
    ("ngày:2026-01 đại hội", "(date=2026-01 & đại hội)"),
    ("ngày: 2026-01 .. 2026-03 đại hội", "(date=2026-01 .. 2026-03 & đại hội)"),
    ("ngày:>= 2026-01-01 đại hội", "(date=>= 2026-01-01 & đại hội)"),
    ("văn-bản:35 - CT/TW quán triệt", "(document=35 - CT/TW & quán triệt)"),
    ("văn-bản:35-CT quán triệt", "(document=35-CT & quán triệt)"),
    ("họp:* nguồn:bao-son-tra", "(meeting=* & source=bao-son-tra)"),
    ("quán triệt Chỉ thị số 35 - CT/TW", "quán triệt Chỉ thị số 35 - CT/TW"),
    ("hội nghị - tổng kết, chi bộ", "hội nghị - tổng kết, chi bộ"),
    ("10:30", "10:30"),
    ("Số: 66-QĐ/TW", "Số: 66-QĐ/TW"),
    ("(((đại hội)))", "đại hội"),
    ("đảng*", "đảng*"),
]


@pytest.mark.parametrize(("query", "tree"), READ)
def test_a_query_is_read_as_its_typist_means(query: str, tree: str) -> None:
    assert shown(parse(query).root) == tree


@pytest.mark.parametrize(("query", "tree"), READ)
def test_a_query_typed_in_nfd_is_the_same(query: str, tree: str) -> None:
    assert shown(parse(unicodedata.normalize("NFD", query)).root) == tree


FIELD_SPELLINGS = [
    *((name, kind) for name, kind in FIELDS.items()),
    ("tinh", FieldName.PROVINCE),
    ("TỈNH", FieldName.PROVINCE),
    ("nguon", FieldName.SOURCE),
    ("chu-de", FieldName.TOPIC),
    ("chủ đề", FieldName.TOPIC),
    ("chủ_đề", FieldName.TOPIC),
    ("chude", FieldName.TOPIC),
    ("van-ban", FieldName.DOCUMENT),
    ("hop", FieldName.MEETING),
    ("ngay", FieldName.DATE),
    ("tieu-de", Zone.TITLE),
    ("noi-dung", Zone.BODY),
    ("chu-thich", Zone.CAPTION),
]


@pytest.mark.parametrize(("name", "kind"), FIELD_SPELLINGS)
def test_a_field_is_known_with_and_without_accents(name: str, kind: FieldName | Zone) -> None:
    leaf = parse(f"{name}:2026").root
    assert (leaf.name if isinstance(leaf, FieldTest) else leaf.zone) == kind


REFUSED = [
    ("", 0, "một từ"),
    ("đại hội OR", 10, "một từ"),
    ("OR đại hội", 0, "một từ"),
    ("a VÀ HOẶC b", 5, "một từ"),
    ("(đại hội", 8, "«)»"),
    ("đại hội)", 7, "hết truy vấn"),
    ("()", 1, "một từ"),
    ('đại hội "chi bộ', 8, "không đóng"),
    ('đại hội ""', 8, "ít nhất một từ"),
    ("đại hội tỉn:Sơn Trà", 8, "«tỉnh:»"),
    ("http://a.example", 0, "không có trường"),
    ("tỉnh:", 5, "một từ"),
    ("ngày:hôm qua", 5, "không phải ngày"),
    ("ngày:2026-02-30", 5, "trong lịch"),
    ("ngày:2026-03..2026-01", 5, "đứng sau"),
    ("ngày:0026", 5, "năm 26"),
    ("ngày:..", 5, "trống"),
    ("đại hội & chi bộ", 8, "VÀ, HOẶC, KHÔNG"),
    ("đại hội || chi bộ", 8, "VÀ, HOẶC, KHÔNG"),
    ("đại hội -chi", 8, "VÀ, HOẶC, KHÔNG"),
    ("đại*hội", 3, "cuối từ"),
    ("đại * hội", 4, "trước dấu *"),
    ("*", 1, "một từ"),
    ("tiêu-đề:(a tỉnh:b)", 11, "không lồng"),
    ("(" * 100 + "a", DEEPEST_NESTING, "lồng quá"),
    ("a" * 5000, 2000, "dài quá"),
    ("đại hội đ*", 8, "ít nhất 2 chữ cái"),
    ("chỉ thị 5 " * 9, len("chỉ thị 5 " * 3) + 8, "nối các cụm bằng VÀ"),
    ("đại hội VÀ " + "nghị quyết 12 " * 9, 11 + len("nghị quyết 12 " * 6) + 11, "nối các cụm bằng VÀ"),
    ("tỉnh:(" + "chỉ thị 5 " * 9 + ")", 6 + len("chỉ thị 5 " * 3) + 8, "nối các cụm bằng VÀ"),
    ("đảng " * 101, 500, "một cụm quá 100 từ"),
    ("a " * 95 + ("VÀ " + "a " * 95) * 5, 1015, "truy vấn quá 500 từ"),
]


@pytest.mark.parametrize(("query", "position", "reason"), REFUSED)
def test_a_wrong_query_says_where_and_what_was_expected(query: str, position: int, reason: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        parse(query)
    vietnamese, english, *_ = str(refused.value).split("\n")
    assert refused.value.position == position
    assert reason in vietnamese
    assert english.startswith("Query")
    assert str(refused.value).endswith("^")


@pytest.mark.parametrize("query", ["chỉ thị 5 " * 3, "chỉ thị 12 " * 6, '"chỉ thị 5" ' * 150])
def test_the_largest_query_that_is_accepted_is_answered(query: str) -> None:
    largest = parse(query)
    doc = SearchDoc("", body="Chỉ thị số 05 " * 20 + "Chỉ thị 12 " * 20)
    assert [key for key, _ in WatchIndex([(1, largest)]).match(doc)] == [1]


def test_a_long_wrong_query_is_shown_around_the_place_alone() -> None:
    with pytest.raises(InvalidQuery) as refused:
        parse("đại hội VÀ " * 100 + ")")
    *_, shown_line, caret = str(refused.value).split("\n")
    assert len(shown_line) < 80 and shown_line[caret.index("^")] == ")"


def test_a_saved_query_that_is_refused_today_is_set_aside_and_the_others_are_asked() -> None:
    usable, set_aside = compiled([(1, "đại hội"), (2, "chỉ thị 5 " * 9), (3, "")])
    assert [key for key, _ in usable] == [1, 3]
    assert list(set_aside) == [2] and "nối các cụm bằng VÀ" in str(set_aside[2])
    assert [key for key, _ in WatchIndex(usable).match(SearchDoc("Đại hội"))] == [1, 3]


def test_the_position_of_an_error_counts_what_was_typed_also_in_nfd() -> None:
    query = unicodedata.normalize("NFD", "đại hội")
    with pytest.raises(InvalidQuery) as refused:
        parse(query + ")")
    assert refused.value.position == len(query)
    assert str(refused.value).endswith("\n" + " " * (4 + len("đại hội")) + "^")


def test_an_empty_query_is_allowed_where_the_scope_asks() -> None:
    query = parse(" ", allow_empty=True)
    assert query.is_empty
    assert query.matches(SearchDoc("Tin")) is not None
    assert not parse("a").is_empty


DAYS = [
    ("2026", "2026-01-01", "2026-12-31"),
    ("2026-02", "2026-02-01", "2026-02-28"),
    ("02/2026", "2026-02-01", "2026-02-28"),
    ("2026-02-05", "2026-02-05", "2026-02-05"),
    ("05/02/2026", "2026-02-05", "2026-02-05"),
    ("5/2/2026", "2026-02-05", "2026-02-05"),
    ("5.2.2026", "2026-02-05", "2026-02-05"),
    ("2026-01..2026-03", "2026-01-01", "2026-03-31"),
    ("01/01/2026..15/03/2026", "2026-01-01", "2026-03-15"),
    ("2026-01..", "2026-01-01", None),
    ("..2026-01", None, "2026-01-31"),
    (">=2026-01-01", "2026-01-01", None),
    (">2026-01", "2026-02-01", None),
    ("<=2026-01", None, "2026-01-31"),
    ("<2026-01", None, "2025-12-31"),
    ("=2026-01-02", "2026-01-02", "2026-01-02"),
    ("12/2025", "2025-12-01", "2025-12-31"),
]


@pytest.mark.parametrize(("typed", "first", "last"), DAYS)
def test_days_are_read_day_first(typed: str, first: str | None, last: str | None) -> None:
    days = read_days(typed)
    assert days == Days(first and date.fromisoformat(first), last and date.fromisoformat(last))
    assert day_bounds(parse(f"ngày:{typed} đại hội")) == (days.first, days.last)


def test_day_bounds_hold_every_article_that_can_answer() -> None:
    assert day_bounds(parse("ngày:2026-01 HOẶC ngày:2026-03")) == (date(2026, 1, 1), date(2026, 3, 31))
    assert day_bounds(parse("ngày:2026-01 HOẶC đại hội")) == (None, None)
    assert day_bounds(parse("KHÔNG ngày:2026-01")) == (None, None)
    assert day_bounds(parse("ngày:>2026-01 ngày:<2026-05")) == (date(2026, 2, 1), date(2026, 4, 30))


def test_a_star_alone_asks_for_any_value() -> None:
    assert parse("văn-bản:*").root == FieldTest(FieldName.DOCUMENT, Anything(), "văn-bản:*", 8)
    assert isinstance(parse("họp:đại hội").root, FieldTest)
    assert isinstance(parse("họp:đại hội").root.value, Words)


INDEXED = [
    ("Đảng bộ", "dang bo"),
    ("35-CT/TW", "n35 ct tw vb35xctxtwx"),
    ("35 - CT/T.Ư, 12/3", "n35 ct t u n12 n3 vb35xctxtwx"),
    ("30/2020/NĐ-CP", "n30 n2020 nd cp vb30xndxcpx2020"),
    ("a_b m² 京", "a b mxb2 x4eac"),
    ("Ð\u00e0\u0300 x\u0302y", "da xy"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "indexed"), INDEXED)
def test_the_index_holds_ascii_words_and_whole_numbers(text: str, indexed: str) -> None:
    assert fold_for_index(text) == indexed


# Words that meet: one base letter under several marks, both tone placements, pairs that differ by đ alone.
_SYLLABLES = [
    "đảng",
    "Đảng",
    "đang",
    "dang",
    "dâng",
    "DẠNG",
    "hoà",
    "hòa",
    "hoa",
    "uỷ",
    "ủy",
    "bộ",
    "bo",
    "số",
    "05",
    "5",
]
_NUMBERS = [
    "35-CT/TW",
    "35 - CT/T.Ư",
    "35‑ct/tw",
    "35/CT-TW",
    "35CT/TU",
    "5-CT/TW",
    "Chỉ thị số 05-CT/TƯ",
    "30/2020/NĐ-CP",
]
_GAPS = [" ", " ", " ", "  ", ", ", ". ", "; ", "-", "\n\n", "\u00a0", "\u200b", "/", "! ", ".", ""]
_ODD = [
    "1e5",
    "²",
    "ﬁ",
    "ǅ",
    "İ",
    "x\u0302",
    "\u0e01\u0e34",
    "京",
    "_",
    "𝟛",
    "ß",
    "½a",
    "ª",
    "a" * 70,
    "'",
    '"',
    "\u0300",
]

words = st.sampled_from(_SYLLABLES)
pieces = st.one_of(
    words,
    words,
    words,
    st.sampled_from(_NUMBERS),
    st.sampled_from(["chỉ thị", "Chi thi"]),
    st.sampled_from(_ODD),
)
texts = st.lists(st.tuples(pieces, st.sampled_from(_GAPS)), max_size=8).map(
    lambda parts: "".join(a + b for a, b in parts)
)
texts = st.one_of(
    texts, texts, texts.map(lambda text: unicodedata.normalize("NFD", text)), st.text(max_size=12)
)
documents = st.builds(
    SearchDoc,
    title=texts,
    lead=st.none() | texts,
    body=texts,
    captions=st.lists(texts, max_size=2).map(tuple),
    province=st.sampled_from([None, "Thái Nguyên", "Hòa Bộ"]),
    published=st.sampled_from([None, date(2026, 1, 5), date(2026, 3, 1)]),
    documents=st.sampled_from([(), ("35-CT/TW",), ("05-CT/TW", "NQTW4-XI"), ("35-CT",)]),
    surfaces=st.sampled_from([(), (("35-CT/TW", "chỉ thị 5"),)]),
    meetings=st.sampled_from([(), ("đại hội",)]),
    topics=st.sampled_from([(), (("dai_hoi", "Đại hội đảng"),)]),
)
starred = words.filter(lambda word: len(word) > 1).map(lambda word: word + "*")
odd_words = st.sampled_from(["1e5", "²²*", "ﬁ", "İ", "京京*", "𝟛", "ß", "a" * 66 + "*"])
bare = st.lists(
    st.one_of(words, words, starred, st.sampled_from(_NUMBERS), odd_words), min_size=1, max_size=3
).map(" ".join)
fields = st.sampled_from(
    [
        "tỉnh:hòa",
        "ngày:2026-01",
        "văn-bản:35-CT/TW",
        "văn-bản:35",
        "văn-bản:*",
        "họp:đại hội",
        "chủ-đề:dai hoi",
        "tỉnh:*",
    ]
)
zoned = st.tuples(st.sampled_from(["tiêu-đề:", "sapo:", "nội-dung:", "chú-thích:"]), bare).map("".join)
short = st.sampled_from(["Chỉ thị 5", "chi thi 05", "chỉ thị 35"])
leaves = st.one_of(bare, bare, bare.map(lambda text: f'"{text}"'), zoned, fields, short)
queries = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} VÀ {pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} HOẶC {pair[1]})"),
        inner.map(lambda query: f"KHÔNG ({query})"),
    ),
    max_leaves=5,
).map(parse)
asked_of_documents = given(
    st.lists(documents, min_size=1, max_size=4), st.lists(queries, min_size=1, max_size=4)
)
# One database for all examples of a test is meant: every example fills its table anew.
fast = settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def truth(query: Query, docs: list[SearchDoc]) -> set[int]:
    return {i for i, doc in enumerate(docs) if query.matches(doc) is not None}


@fast
@asked_of_documents
def test_the_index_of_many_watches_and_the_naive_loop_agree(
    docs: list[SearchDoc], asked: list[Query]
) -> None:
    asked = [*asked, *(query.loosened() for query in asked), asked[0]]
    index = WatchIndex(enumerate(asked))
    for doc in docs:
        naive = [(i, hit) for i, query in enumerate(asked) if (hit := query.matches(doc)) is not None]
        assert index.match(doc) == naive


@fast
@asked_of_documents
def test_a_near_miss_is_a_hit_of_the_loosened_query_which_loses_none(
    docs: list[SearchDoc], asked: list[Query]
) -> None:
    for query in asked:
        if "KHÔNG" not in str(query):
            assert truth(query, docs) <= truth(query.loosened(), docs)


@fast
@given(
    st.text(alphabet=st.sampled_from('ađ ():"*-/.35CTW<>=&|VÀHOẶC\u0301'), max_size=30) | st.text(max_size=30)
)
def test_any_text_is_read_or_refused_with_a_position_in_it(typed: str) -> None:
    try:
        query = parse(typed)
    except InvalidQuery as error:
        assert 0 <= error.position <= len(typed)
    else:
        query.matches(SearchDoc("đại hội 35-CT/TW", body=typed))


SPELLINGS = [
    "35-CT/TW", "35 - CT/TW", "35- CT/TW", "35 -CT/TW", "35 –CT/TW", "35 — CT/TW", "35‑CT/TW", "35−CT/TW", "35-CT-TW",
    "35/CT-TW", "35/CT/TW", "35 CT/TW", "35CT/TW", "35-ct/tw", "35-CT/TƯ", "35-CT/T.Ư", "35-CT/T.W", "35-Ct/Tw",
    "số 35-CT/TW", "số35-CT/TW", "Số: 35-CT/TW", "Chỉ thị số 35-CT/TW", "CT35-CT/TW", "35\u00a0-\u00a0CT/TW",
    "35-CT/TW,ngày", "(35-CT/TW)", "35\u00ad-CT/TW", "35-CT/ TW", "035-CT/TW", "chỉ thị  số  35-CT/TW.",
]  # fmt: skip


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_document_number_answers_in_every_spelling(spelling: str, form: str) -> None:
    doc = SearchDoc("Tin", body=unicodedata.normalize(form, f"Hội nghị bàn {spelling} về công tác."))
    hit = parse("35-CT/TW").matches(doc)
    assert hit is not None
    (span,) = hit.spans
    assert doc.body[span.start : span.end].startswith(("35", "035"))
    backwards = parse(unicodedata.normalize(form, f'"{spelling.removesuffix(",ngày")}"'))
    assert backwards.matches(SearchDoc("35-CT/TW")) is not None


@pytest.mark.parametrize(
    "other",
    [
        "35-CT/TU",
        "35-NQ/TW",
        "36-CT/TW",
        "135-CT/TW",
        "35A-CT/TW",
        "3.35-CT/TW",
        "35-CT/TWĐTN",
        "35-CT",
        "tỉ số 35-0",
    ],
)
def test_another_document_does_not_answer(other: str) -> None:
    assert parse("35-CT/TW").matches(SearchDoc(f"Tin {other} mới")) is None


def test_numbers_of_the_state_are_told_by_their_organ() -> None:
    text = "68-NQ/TW, 68/NQ-CP, 30/2020/NĐ-CP, 31/2024/QH15, 112/KH-MTTQ-BTT, 78/TB-VPCP"
    assert [str(span.number) for span in find_numbers(text)] == [
        "68-NQ/TW", "68-NQ/CP", "30/2020-ND/CP", "31/2024-QH15/", "112-KH/MTTQ-BTT", "78-TB/VPCP",
    ]  # fmt: skip
