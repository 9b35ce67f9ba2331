"""Facets and counts are those a look at each article would give, on both databases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.query.matcher import SearchDoc
from crawler.query.parser import parse
from crawler.query.search_text import search_text
from crawler.store import schema as s
from crawler.store import search_columns
from crawler.store.search_facets import Count, Facet, counted, facets_of
from crawler.store.search_index import Deadline, lookup
from crawler.store.search_rows import Entry, enter
from tests.press_room import OUTLETS

NOON = datetime(2026, 3, 1, 5, tzinfo=UTC)


class Told(NamedTuple):
    """What facets know of an article."""

    story: int
    source: str
    day: int
    topics: tuple[str, ...]
    documents: tuple[str, ...]
    meetings: tuple[str, ...]


def some(*values: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), unique=True, max_size=len(values)).map(tuple)


articles = st.builds(
    Told,
    story=st.integers(1, 4),
    source=st.sampled_from([*OUTLETS, "bao-la"]),
    day=st.integers(0, 700),
    topics=some("dai_hoi", "dan_van"),
    documents=some("35-CT/TW", "12-NQ/TW"),
    meetings=some("đại hội", "tổng kết"),
)


def fill(connection: sa.Connection, told: Sequence[Told]) -> None:
    """A store of these articles, each with the word `tin`."""
    for table in (s.search_row, s.search_word, s.search_value, s.article, s.story):
        connection.execute(sa.delete(table))
    clear = "DELETE FROM full_text"
    if connection.dialect.name == "sqlite":
        clear = "INSERT INTO full_text (full_text) VALUES ('delete-all')"
    connection.execute(sa.text(clear))
    for story in {one.story for one in told}:
        connection.execute(sa.insert(s.story).values(id=story, created=NOON))
    entries = []
    for number, one in enumerate(told, 1):
        moment = NOON - timedelta(days=one.day)
        connection.execute(
            sa.insert(s.article).values(
                id=number, source=one.source, url=f"https://a.example/{number}", title="Tin", published_at=moment,
                version=1, text_hash="", key_hash="", story=one.story, first_seen=NOON, last_seen=NOON,
            )
        )  # fmt: skip
        doc = SearchDoc(
            "Tin", source_id=one.source, published=moment, topics=tuple((t, t) for t in one.topics),
            documents=one.documents, meetings=one.meetings,
        )  # fmt: skip
        entries.append(Entry(number, number, one.story, one.source, moment, search_text(doc)))
    enter(connection, entries)


def stories_of(pairs: Sequence[tuple[int, str]]) -> dict[str, int]:
    stories = defaultdict(set)
    for story, value in pairs:
        stories[value].add(story)
    return {value: len(found) for value, found in stories.items()}


def shown(facets: tuple[Facet, ...]) -> dict[str, int]:
    return {facet.value: facet.stories for facet in facets}


@pytest.mark.parametrize("query", ["tin", "ngày:*", "ti*"])
def test_facets_are_those_of_a_look_at_each_article(
    engine: sa.Engine, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_columns, "WALKED", 2)
    with engine.connect() as connection:

        @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(st.lists(articles, min_size=1, max_size=9))
        def agree(told: list[Told]) -> None:
            fill(connection, told)
            asked = lookup(connection, parse(query), OUTLETS)
            facets, count = facets_of(connection, asked, OUTLETS, deadline=Deadline(None))
            assert count == Count(len({one.story for one in told}), len(told), exact=True)
            assert counted(connection, asked, Deadline(None)) == count
            assert shown(facets.sources) == stories_of([(one.story, one.source) for one in told])
            known = [(one.story, OUTLETS[one.source].province) for one in told if one.source in OUTLETS]
            assert shown(facets.provinces) == stories_of(known)
            months = [(one.story, f"{NOON - timedelta(days=one.day):%Y-%m}") for one in told]
            assert shown(facets.months) == stories_of(months)
            assert [facet.value for facet in facets.months] == sorted({m for _, m in months}, reverse=True)
            for name in ("topics", "documents", "meetings"):
                pairs = [(one.story, value) for one in told for value in getattr(one, name)]
                assert shown(getattr(facets, name)) == stories_of(pairs)

        agree()
