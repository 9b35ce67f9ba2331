"""The full-text index decides as the matcher does: for random stores and queries, on both databases, in the same order."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crawler.article import published_at
from crawler.query import index_query
from crawler.query.lexer import DEEPEST_NESTING
from crawler.query.matcher import SearchDoc
from crawler.query.parser import Query, parse
from crawler.query.search_document import topic_names
from crawler.query.search_text import facts_of_days, search_text
from crawler.query.tree import Not
from crawler.store import schema as s
from crawler.store.search_index import lookup, rows_among, rows_of
from crawler.store.search_rows import Entry, enter, rank_at, retire, tsvector
from tests.press_room import outlet
from tests.test_query import documents, queries

NOW = datetime(2026, 11, 22, tzinfo=UTC)
OUTLETS = {
    "bao-hoa-bo": outlet("bao-hoa-bo", "Báo Hòa Bộ", "Hòa Bộ"),
    "bao-dang": outlet("bao-dang", "Đang và Đảng", "Thái Nguyên"),
}
_sources = st.sampled_from([None, "bao-hoa-bo", "bao-dang", "bao-la"])
_edits = st.sampled_from([(), (("title", "tiêu đề"),), (("gone", "gỡ"), ("cut", "cắt"))])
_days = st.sampled_from([None, date(2026, 1, 5), date(2026, 3, 1), date(2025, 12, 31)])


def stored(
    doc: SearchDoc, source: str | None, edits: tuple[tuple[str, str], ...], day: date | None
) -> SearchDoc:
    """A document as the store would give it back."""
    row = OUTLETS.get(source or "")
    return replace(
        doc,
        source_id=source,
        source_name=row.name if row else None,
        province=row.province if row else None,
        covers=row.covers if row else (),
        topics=tuple((topic, topic_names().get(topic, topic)) for topic, _ in doc.topics),
        changes=edits,
        published=day,
    )


stores = st.lists(st.builds(stored, documents, _sources, _edits, _days), min_size=1, max_size=5)
fields = st.sampled_from(
    [
        "nguồn:bao-hoa-bo", "nguồn:đảng", "nguồn:dang", "nguồn:*", "sửa:tiêu đề", "sửa:*", "sửa:gone", "họp:*",
        "ngày:2025..2026-01", "ngày:>=2026", "ngày:<2026-02", "ngày:*", "tỉnh:hòa", "văn-bản:nqtw4*", "văn-bản:35-CT",
        "văn-bản:(05 ct)", "văn-bản:30/2020/NĐ-CP", "chủ-đề:*",
    ]
).map(parse)  # fmt: skip
asked = st.lists(
    st.one_of(
        queries,
        queries,
        fields,
        queries.map(lambda q: q.loosened()),
        queries.map(lambda q: Query("", Not(q.root))),
    ),
    min_size=1,
    max_size=5,
)


def fill(connection: sa.Connection, docs: list[SearchDoc]) -> None:
    """A store that holds these and nothing else, the first with the number 1."""
    for table in (s.search_row, s.search_word, s.search_value, s.version, s.article, s.story):
        connection.execute(sa.delete(table))
    clear = "DELETE FROM full_text"
    if connection.dialect.name == "sqlite":
        clear = "INSERT INTO full_text (full_text) VALUES ('delete-all')"
    connection.execute(sa.text(clear))
    connection.execute(sa.insert(s.story).values(id=1, created=NOW))
    entries = []
    for number, doc in enumerate(docs, 1):
        moment = published_at(doc.published.isoformat()) if doc.published else NOW
        connection.execute(
            sa.insert(s.article).values(
                id=number, source=doc.source_id or "", url=f"https://a.example/{number}", title="Tin",
                published_at=moment, version=1, text_hash="", key_hash="", story=1, first_seen=NOW, last_seen=NOW,
            )
        )  # fmt: skip
        assert moment is not None
        entries.append(Entry(number, number, 1, doc.source_id or "", moment, search_text(doc)))
    enter(connection, entries)


def found(connection: sa.Connection, query: Query, docs: list[SearchDoc]) -> list[int]:
    """The numbers of what answers, in the order of the index; the matcher decides where the index does not."""
    plan = lookup(connection, query, OUTLETS)
    rows = list(rows_of(connection, plan))
    assert rows == sorted(rows, reverse=True)
    assert list(rows_of(connection, plan, ascending=True)) == rows[::-1]
    assert sorted(rows_among(connection, plan, [row.rank for row in rows])) == rows[::-1]
    sure = [row.article for row in rows if plan.exact and not row.long]
    assert all(query.matches(docs[number - 1]) is not None for number in sure), (str(query), plan)
    return [row.article for row in rows if query.matches(docs[row.article - 1]) is not None]


def truth(query: Query, docs: list[SearchDoc]) -> list[int]:
    """The same by the matcher alone: newest first, of one moment the earlier entered first."""
    order = sorted(range(len(docs)), key=lambda i: (_moment(docs[i]), -i), reverse=True)
    return [i + 1 for i in order if query.matches(docs[i]) is not None]


def _moment(doc: SearchDoc) -> datetime:
    moment = published_at(doc.published.isoformat()) if doc.published else NOW
    assert moment is not None
    return moment


def test_the_index_and_the_matcher_find_the_same_in_the_same_order(engine: sa.Engine) -> None:
    with engine.connect() as connection:

        @settings(
            max_examples=250 if engine.dialect.name == "sqlite" else 120,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        )
        @given(stores, asked)
        @example([SearchDoc("a" * 70)], [parse("a" * 70), parse("a" * 66 + "*"), parse("a" * 63)])
        @example([SearchDoc("Chỉ thị số 05, đảng")], [parse("chi thi 5"), parse("dang"), parse("chỉ thị 5")])
        @example([SearchDoc("chỉ thị sở 5")], [parse("chi thi 5"), parse("chỉ thị 5")])
        @example(
            [SearchDoc("đảng bộ đang bo")], [parse("đang bo"), parse("đang"), parse("đa*"), parse("đảng* bộ")]
        )
        @example([SearchDoc("1e5 1e5a 12e3abc 0x1f 00012")], [parse("1e5"), parse("12e3a*"), parse("0x1*")])
        def agree(docs: list[SearchDoc], questions: list[Query]) -> None:
            fill(connection, docs)
            for query in questions:
                assert found(connection, query, docs) == truth(query, docs), str(query)

        agree()


EXACT = [
    "đảng bộ", "dang bo", "đang", "đảng* ", "đại hội đ" + "ại*", "35-CT/TW", "tiêu-đề:35-CT/TW", "tiêu-đề:đảng bộ",
    "KHÔNG (đảng HOẶC tỉnh:hòa)", "chỉ thị 5", "văn-bản:35", "văn-bản:nqtw4", "ngày:>=2026-01-02", "sửa:*", "họp:đại hội",
]  # fmt: skip
LAZY = ["thực hiện 35-CT/TW", "a" * 64, "văn-bản:(nq* xi)"]
LAZY_ON_SQLITE = ["đảng* bộ", "đang bo"]


@pytest.mark.parametrize("query", [*EXACT, *LAZY, *LAZY_ON_SQLITE])
def test_what_the_index_decides_alone_is_what_the_documentation_says(engine: sa.Engine, query: str) -> None:
    with engine.begin() as connection:
        fill(connection, [SearchDoc("đảng bộ, Đang bo", body="a" * 70)])
        lazy = [*LAZY, *(LAZY_ON_SQLITE if engine.dialect.name == "sqlite" else [])]
        assert lookup(connection, parse(query), OUTLETS).exact is (query not in lazy)


@pytest.mark.parametrize("most", [0, 1, 2_000])
def test_beginnings_of_few_words_and_of_many_find_the_same(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(index_query, "MOST_BEGINNINGS", most)
    monkeypatch.setattr(index_query, "MOST_VARIANTS", most)
    docs = [
        SearchDoc("Đảng bộ hoà giải"),
        SearchDoc("dân họp"),
        SearchDoc("Đang hòa"),
        SearchDoc("dâng 2026"),
    ]
    with engine.begin() as connection:
        fill(connection, docs)
        for query in map(
            parse, ("đả*", "da*", "đa*", "bộ ho*", "bộ hoà gi*", "hoà*", "20*", "xx*", "KHÔNG da*")
        ):
            assert found(connection, query, docs) == truth(query, docs), str(query)


def test_the_deepest_query_is_taken_by_both_databases(engine: sa.Engine) -> None:
    left = right = both = "đảng"
    for level in range(DEEPEST_NESTING):
        sign = "VÀ" if level % 2 else "HOẶC"
        left, right = f"({left} {sign} bộ)", f"(bộ {sign} {right})"
        both = f"KHÔNG {both}"
    docs = [SearchDoc("Đảng bộ"), SearchDoc("chi bộ"), SearchDoc("thôn")]
    with engine.begin() as connection:
        fill(connection, docs)
        for query in map(parse, (left, right, both, " HOẶC ".join(["(đảng VÀ bộ)"] * 95))):
            assert found(connection, query, docs) == truth(query, docs)


def test_an_article_with_more_places_than_a_tsvector_keeps_is_decided_by_the_matcher(
    engine: sa.Engine,
) -> None:
    long = "Chi bộ họp. " * 300 + "Đảng viên góp đất. " + "Con đường mới mở, " * 6_000 + "đảng bộ tổng kết"
    docs = [
        SearchDoc("Ngắn: đảng bộ tổng kết"),
        SearchDoc("Dài", body=long),
        SearchDoc("Khác", body="đảng, tổng, bộ"),
    ]
    questions = [
        "đảng bộ tổng kết",
        "chi bộ họp",
        "tổng đảng",
        "KHÔNG (đảng bộ)",
        "nội-dung:đảng bộ",
        "mở con",
    ]
    with engine.begin() as connection:
        fill(connection, docs)
        for query in map(parse, questions):
            assert found(connection, query, docs) == truth(query, docs), str(query)


def test_a_text_of_more_words_than_a_tsvector_holds_is_found_by_them_all(engine: sa.Engine) -> None:
    docs = [
        SearchDoc("Dài", body=" ".join(f"từ{n}điển{n}" for n in range(80_000)) + " hết rồi"),
        SearchDoc("hết rồi"),
    ]
    with engine.begin() as connection:
        fill(connection, docs)
        for query in map(parse, ("hết rồi", "từ79999điển79999", "KHÔNG rồi")):
            assert found(connection, query, docs) == truth(query, docs), str(query)


def test_a_text_in_nfd_is_entered_as_one_in_nfc() -> None:
    text = "Đảng bộ xã: hoà, hòa; 35-CT/TW"
    assert search_text(SearchDoc(unicodedata.normalize("NFD", text))) == search_text(SearchDoc(text))


def test_days_are_told_by_the_fewest_facts() -> None:
    first, last = date(2024, 2, 27), date(2026, 5, 2)
    facts = set(facts_of_days(first, last))
    day = date(2024, 1, 1)
    while day < date(2027, 1, 1):
        own = set(search_text(SearchDoc("", published=day)).facts)
        assert bool(own & facts) is (first <= day <= last)
        day += timedelta(days=1)
    assert len(facts) == 20


def test_ranks_grow_with_the_moment_and_are_given_once(engine: sa.Engine) -> None:
    docs = [SearchDoc("Tin", published=date(2026, 1, 5))] * 640 + [
        SearchDoc("Tin", published=date(2026, 1, 6))
    ]
    with engine.begin() as connection:
        fill(connection, docs)
        rows = connection.execute(sa.select(s.search_row.c.article, s.search_row.c.rank)).all()
        ranks = {int(number): int(rank) for number, rank in rows}
        assert len(set(ranks.values())) == len(docs)
        assert max(ranks.values()) == ranks[len(docs)]
        moment = published_at("2026-01-05")
        assert moment is not None
        assert all(0 <= rank_at(moment) - ranks[n] < 900 for n in range(1, len(docs)))
        taken = {ranks[1], ranks[2]}
        retire(connection, [1, 2])
        entry = Entry(1, 1, 1, "", moment, search_text(docs[0]))
        enter(connection, [entry, replace(entry, article=2)])
        again = connection.execute(
            sa.select(s.search_row.c.rank).where(s.search_row.c.article.in_([1, 2]))
        ).scalars()
        assert taken.isdisjoint(again)


@pytest.fixture
def words() -> Iterator[str]:
    text, long = tsvector(search_text(SearchDoc("Đảng bộ. Đảng viên", lead="đảng")))
    assert not long
    yield text


def test_a_tsvector_has_a_gap_where_a_sentence_ends_and_zones_as_weights(words: str) -> None:
    assert words == "'đảng':1A,4A,8B 'bộ':2A 'viên':5A '·all'"
