"""Stories in the store: the same in any order and from two processes, merged and split for good, told once."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.article import Article, Block, Disposition
from crawler.cli import main
from crawler.errors import InvalidInput
from crawler.store import articles, columns, outbox, postings, schema, schema_delivery, story_editing, watches
from crawler.store.crawl_item import CrawlItem, Stored, WatchHit
from crawler.store.database import open_database
from crawler.store.postings import FIRST_BUCKETS, PER_PERIOD, UNDATED, Postings
from crawler.store.search import search
from crawler.story.change_kinds import ChangeKind
from crawler.story.fingerprint import fingerprint
from crawler.story.similar import WINDOW_DAYS, quotes
from tests.press_stories import COPIES, cut_tail, edit, insert, reprint, text, write
from tests.test_similar import ARTICLES, DAY, partition

NOW = datetime(2024, 5, 10, tzinfo=UTC)
NEVER = (1 << 24) - 1


def an_article(id_: str, body: str, day: int | None = DAY, *, source: str | None = None) -> Article:
    """The article with this corpus text; its first block is the title."""
    title, *blocks = body.split("\n\n")
    url = f"https://bao.example/{id_}"
    return Article(
        url=url,
        canonical_url=url,
        title=title,
        source=source or f"bao-{id_}",
        published=None if day is None else date.fromordinal(day).isoformat(),
        published_precision=None if day is None else "day",
        blocks=tuple(Block("paragraph", block) for block in blocks),
    )


def put(engine: sa.Engine, article: Article, *hits: WatchHit, now: datetime = NOW) -> Stored:
    new = CrawlItem(article.canonical_url, article=article, hits=hits)
    return articles.put(engine, new, now=now)


def arrive(engine: sa.Engine, id_: str, blocks: Sequence[str], *hits: WatchHit, day: int | None = DAY) -> int:
    """The story of an article that is stored now."""
    return put(engine, an_article(id_, text(list(blocks)), day), *hits).story


def groups(engine: sa.Engine) -> set[frozenset[str]]:
    """The stories of the store, as sets of the ids of their articles."""
    found: dict[int, set[str]] = defaultdict(set)
    with engine.connect() as connection:
        for url, story in connection.execute(sa.select(schema.article.c.url, schema.article.c.story)):
            found[story].add(url.rpartition("/")[2])
    return {frozenset(ids) for ids in found.values()}


def rows(engine: sa.Engine, *columns: sa.ColumnElement[object]) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return sorted(tuple(row) for row in connection.execute(sa.select(*columns)))


def linked(engine: sa.Engine) -> set[tuple[str, frozenset[str]]]:
    """(round-up, the story it quotes)."""
    ids = {story: group for group in groups(engine) for story in _numbers(engine, group)}
    query = sa.select(schema.article.c.url, schema.story_link.c.story).join_from(
        schema.story_link, schema.article, schema.article.c.id == schema.story_link.c.article
    )
    with engine.connect() as connection:
        return {(url.rpartition("/")[2], ids[story]) for url, story in connection.execute(query)}


def _numbers(engine: sa.Engine, group: frozenset[str]) -> set[int]:
    urls = [f"https://bao.example/{id_}" for id_ in group]
    with engine.connect() as connection:
        query = sa.select(schema.article.c.story).where(schema.article.c.url.in_(urls))
        return set(connection.scalars(query))


def quoted(group: frozenset[str]) -> bool:
    """Whether the digest among the articles quotes one of these."""
    sketches = {id_: fingerprint(body, day).sketch for id_, body, day in ARTICLES}
    return any(quotes(sketches["digest"], sketches[id_]) for id_ in group)


def empty(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        for table in reversed(columns.metadata.sorted_tables):
            connection.execute(sa.delete(table))


def a_watch(engine: sa.Engine, query: str = "hội nghị") -> WatchHit:
    with engine.begin() as connection:
        watch = watches.add_watch(
            connection,
            query=query,
            addresses=["a@example.org"],
            scope="story",
            name=None,
            now=NOW - timedelta(days=365),
        )
    return WatchHit(watch, ("hội nghị",), {"body": [(0, 3)]})


HALVES = write(25, sentences=24)
FIRST_HALF, SECOND_HALF = HALVES[:3], ["Nửa sau", *HALVES[-4:-1]]


# ---- order and concurrency ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    opened = open_database(f"sqlite:///{tmp_path_factory.mktemp('order') / 'diemtin.db'}")
    yield opened
    opened.dispose()


@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(arrivals=st.permutations(ARTICLES))
def test_any_order_of_arrival_gives_the_same_stories_in_the_store(
    small_store: sa.Engine, arrivals: list[tuple[str, str, int | None]]
) -> None:
    empty(small_store)
    for arrival in arrivals:
        put(small_store, an_article(*arrival))
    assert groups(small_store) == partition(ARTICLES)
    assert linked(small_store) == {("digest", group) for group in partition(ARTICLES) if quoted(group)}


def test_both_databases_find_the_same_stories(engine: sa.Engine) -> None:
    arrivals = random.Random(7).sample(ARTICLES, len(ARTICLES))
    for arrival in arrivals:
        put(engine, an_article(*arrival))
    assert groups(engine) == partition(ARTICLES)


def many() -> list[tuple[str, str, int | None]]:
    """More arrivals, in an order in which the copies of a story come at about the same time."""
    return [
        (f"{seed}-{n}", text(copy(write(seed))), DAY + seed)
        for seed in range(40, 52)
        for n, copy in enumerate((list, *random.Random(seed).sample(COPIES, 3)))
    ] + ARTICLES


def store_half(url: str, half: int) -> None:
    """What each of two processes does: every other article, one transaction each."""
    opened = open_database(url)
    for arrival in many()[half::2]:
        put(opened, an_article(*arrival))
    opened.dispose()


def test_two_processes_that_store_at_the_same_time_find_the_stories_of_one(postgres_url: str) -> None:
    open_database(postgres_url).dispose()
    code = (
        "import sys; from tests.test_story_store import store_half; store_half(sys.argv[1], int(sys.argv[2]))"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    both = [
        subprocess.Popen([sys.executable, "-c", code, postgres_url, str(half)], env=environment)
        for half in (0, 1)
    ]
    assert [process.wait(timeout=120) for process in both] == [0, 0]
    opened = open_database(postgres_url)
    assert groups(opened) == partition(many())
    opened.dispose()


# ---- the index ----------------------------------------------------------------------------------------------


def test_every_posting_is_found_again_while_the_index_grows(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postings, "LOAD", 2)
    r = random.Random(3)
    entered = {n: [r.getrandbits(48) for _ in range(20)] for n in range(1, 200)}
    with engine.begin() as connection:
        for number, keys in entered.items():
            held = Postings(connection, keys)
            held.enter(keys, DAY, number)
            held.write()
    with engine.begin() as connection:
        assert connection.scalar(sa.select(sa.func.max(schema.story_bucket.c.bucket))) >= 2 * FIRST_BUCKETS
        for number, keys in entered.items():
            held = Postings(connection, keys)
            assert all(held.under(key, DAY, DAY, 9) == [number] for key in keys)
            assert all(held.under(key, DAY + 1, NEVER, 9) == [] for key in keys)


def test_a_growth_that_was_rolled_back_is_noticed(engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postings, "LOAD", 0)
    keys = list(range(5000, 5400))
    with engine.connect() as connection:
        with connection.begin():
            held = Postings(connection, keys)
            held.enter(keys, DAY, 1)
            held.write()
        with connection.begin() as transaction:
            held = Postings(connection, [*keys, 9])
            held.enter([9], DAY, 16)
            held.write()
            assert Postings(connection, keys).under(keys[0], DAY, DAY, 9) == [1]
            transaction.rollback()
        assert all(Postings(connection, keys).under(key, DAY, DAY, 9) == [1] for key in keys)


def test_a_key_that_everyone_carries_is_bounded_for_each_time_and_not_lost(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        for number in range(1, 4 * PER_PERIOD):
            held = Postings(connection, [77])
            held.enter([77], DAY if number % 2 else DAY + 2 * WINDOW_DAYS, number)
            held.write()
        held = Postings(connection, [77])
        assert len(held.under(77, DAY, DAY, NEVER)) == PER_PERIOD
        assert len(held.under(77, UNDATED, NEVER, NEVER)) == 2 * PER_PERIOD
        assert held.under(77, UNDATED, NEVER, 3) == [1, 3, 5]


def test_a_posting_that_was_taken_away_is_gone_and_its_neighbours_stay(engine: sa.Engine) -> None:
    neighbours = [9, 9 + FIRST_BUCKETS, 9 + 2 * FIRST_BUCKETS]
    with engine.begin() as connection:
        held = Postings(connection, neighbours)
        held.enter(neighbours, UNDATED, 5)
        held.write()
        held = Postings(connection, neighbours[:1])
        held.remove(neighbours[0], UNDATED, 5)
        held.remove(neighbours[0], UNDATED, 6)
        held.write()
        held = Postings(connection, neighbours)
        assert [held.under(key, DAY, DAY, 9) for key in neighbours] == [[], [5], [5]]


# ---- merging ------------------------------------------------------------------------------------------------


def test_a_merge_leaves_its_trace_and_an_older_number(engine: sa.Engine) -> None:
    first, second = arrive(engine, "a", FIRST_HALF), arrive(engine, "b", SECOND_HALF)
    assert first != second and arrive(engine, "c", HALVES) == first
    assert groups(engine) == {frozenset("abc")}
    told = story_editing.told(engine, str(second))
    assert (told.id, told.merged) == (first, (second,))


@pytest.mark.parametrize("watched", ["a", "b", "ab"])
def test_nobody_is_told_again_of_stories_that_grew_together(engine: sa.Engine, watched: str) -> None:
    hit = a_watch(engine)
    for id_, half in (("a", FIRST_HALF), ("b", SECOND_HALF)):
        arrive(engine, id_, half, *([hit] if id_ in watched else []))
    before = rows(engine, schema_delivery.alert.c.id)
    arrive(engine, "c", HALVES, hit)
    arrive(engine, "d", reprint(HALVES), hit)
    assert rows(engine, schema_delivery.alert.c.id) == before


def test_alerts_of_both_stories_make_one_item_of_a_mail(engine: sa.Engine) -> None:
    hit = a_watch(engine)
    root = arrive(engine, "a", FIRST_HALF, hit)
    arrive(engine, "b", SECOND_HALF, hit)
    with engine.begin() as connection:
        (first, *_) = outbox.latest_alerts(connection, hit.watch.id, limit=9)[::-1]
        outbox.queue(
            connection, message_id="<1@x>", address="a@example.org", kind="now", subject="s", content=b"",
            alerts=[first.alert], now=NOW,
        )  # fmt: skip
    arrive(engine, "c", HALVES)
    with engine.begin() as connection:
        assert outbox.told_stories(connection, "a@example.org", [hit.watch.id]).keys() == {
            (hit.watch.id, str(root))
        }


# ---- round-ups ----------------------------------------------------------------------------------------------

BRIEFS = [["Tin " + str(n), *write(n)[1:2]] for n in (11, 12, 13)]
DIGEST = ["Điểm tin trong tuần", *(block for brief in BRIEFS for block in brief), "P.V"]


@pytest.mark.parametrize("first", ["digest", "briefs"])
def test_a_digest_is_linked_to_what_it_quotes_whichever_came_first(engine: sa.Engine, first: str) -> None:
    arrivals = [("digest", DIGEST), *((f"b{n}", brief) for n, brief in enumerate(BRIEFS))]
    for id_, blocks in arrivals if first == "digest" else reversed(arrivals):
        arrive(engine, id_, blocks)
    assert len(groups(engine)) == 4
    told = story_editing.told(engine, "https://bao.example/digest")
    assert {line.lead.url[-2:] for line in told.quotes} == {"b0", "b1", "b2"}
    assert [by.title for by in story_editing.told(engine, "https://bao.example/b1").quoted_by] == [DIGEST[0]]


def test_links_follow_a_merge_and_a_split(engine: sa.Engine) -> None:
    digest = ["Tin vắn", *FIRST_HALF[1:], *(block for brief in BRIEFS for block in brief), "P.V"]
    arrive(engine, "digest", digest)
    arrive(engine, "b", SECOND_HALF)
    arrive(engine, "a", FIRST_HALF)
    root = arrive(engine, "c", HALVES)
    linked = {link for (link,) in rows(engine, schema.story_link.c.story)}
    assert linked == {root}
    new = story_editing.split(engine, str(root), ["https://bao.example/b"], now=NOW)
    assert {link for (link,) in rows(engine, schema.story_link.c.story)} == {root}
    newer = story_editing.split(engine, str(root), ["https://bao.example/a"], now=NOW)
    assert {link for (link,) in rows(engine, schema.story_link.c.story)} == {root, newer} and new != newer


# ---- splitting by hand --------------------------------------------------------------------------------------


def test_a_story_split_by_hand_stays_split(engine: sa.Engine) -> None:
    root = arrive(engine, "a", FIRST_HALF)
    arrive(engine, "b", SECOND_HALF)
    arrive(engine, "c", HALVES)
    new = story_editing.split(engine, "https://bao.example/a", ["https://bao.example/b"], now=NOW)
    assert groups(engine) == {frozenset("ac"), frozenset("b")}
    assert arrive(engine, "d", reprint(HALVES)) == root, "the likest"
    assert arrive(engine, "e", SECOND_HALF) == new
    for id_, blocks in (("a", FIRST_HALF), ("b", SECOND_HALF), ("c", HALVES), ("b", edit(SECOND_HALF))):
        put(engine, an_article(id_, text(blocks)), now=NOW + timedelta(hours=3))
    assert groups(engine) == {frozenset("acd"), frozenset("be")}
    assert story_editing.told(engine, str(new)).apart.keys() == {root}


def test_what_was_split_from_a_story_stays_apart_from_what_that_story_grew_into(engine: sa.Engine) -> None:
    older = arrive(engine, "z", SECOND_HALF)
    split_off = arrive(engine, "a", FIRST_HALF)
    arrive(engine, "b", reprint(FIRST_HALF))
    new = story_editing.split(engine, str(split_off), ["https://bao.example/b"], now=NOW)
    arrive(engine, "c", HALVES)  # joins z with a or with b, never with both
    assert len(groups(engine)) == 2
    arrive(engine, "d", HALVES)
    assert len(groups(engine)) == 2
    with engine.connect() as connection:
        pairs = {(row.a, row.b) for row in connection.execute(sa.select(schema.story_apart))}
    assert (older, new) in pairs or (split_off, new) in pairs


def test_who_was_told_of_a_story_by_an_article_was_told_of_the_story_it_is_moved_to(
    engine: sa.Engine,
) -> None:
    hit = a_watch(engine)
    arrive(engine, "a", FIRST_HALF, hit)
    arrive(engine, "b", SECOND_HALF, hit)
    root = arrive(engine, "c", HALVES, hit)
    told = rows(engine, schema_delivery.alert.c.id)
    new = story_editing.split(engine, str(root), ["https://bao.example/b"], now=NOW)
    assert {subject for (subject,) in rows(engine, schema_delivery.alert.c.subject)} == {str(root), str(new)}
    arrive(engine, "d", SECOND_HALF, hit)
    arrive(engine, "e", FIRST_HALF, hit)
    assert rows(engine, schema_delivery.alert.c.id) == told


def test_a_split_names_what_is_wrong_with_it(engine: sa.Engine) -> None:
    root = arrive(engine, "a", FIRST_HALF)
    arrive(engine, "b", SECOND_HALF)
    for which, urls, says in (
        ("99", ["https://bao.example/a"], "no story has this number"),
        ("https://bao.example/x", ["https://bao.example/a"], "no stored article has this address"),
        (str(root), ["https://bao.example/x"], "no stored article has this address"),
        (str(root), ["https://bao.example/b"], f"not of story {root}"),
        (str(root), ["https://bao.example/a"], "no article would stay"),
    ):
        with pytest.raises(InvalidInput, match=says):
            story_editing.split(engine, which, urls, now=NOW)
    assert groups(engine) == {frozenset("a"), frozenset("b")}


# ---- edits --------------------------------------------------------------------------------------------------


def test_an_edit_that_leaves_the_text_of_one_story_changes_nothing(engine: sa.Engine) -> None:
    story = arrive(engine, "a", write(1))
    entered = rows(engine, schema.story_entry.c.article, schema.story_entry.c.version)
    for edited in (insert(write(1)), cut_tail(write(1)), edit(write(1))):
        assert put(engine, an_article("a", text(edited))).disposition is Disposition.UPDATED
    assert rows(engine, schema.story_entry.c.article, schema.story_entry.c.version) == entered
    assert arrive(engine, "b", reprint(write(1))) == story


def test_an_article_that_became_another_text_goes_where_that_text_belongs(engine: sa.Engine) -> None:
    hit = a_watch(engine)
    old, other = arrive(engine, "a", write(1), hit), arrive(engine, "x", write(2), hit)
    arrive(engine, "b", reprint(write(1)), hit)
    told = rows(engine, schema_delivery.alert.c.id)
    moved = put(engine, an_article("a", text(reprint(write(2)))), hit)
    assert (moved.disposition, moved.story) == (Disposition.UPDATED, other)
    assert groups(engine) == {frozenset("ax"), frozenset("b")}
    assert arrive(engine, "c", write(1)) == old, "its former copies keep their story"
    assert arrive(engine, "d", cut_tail(write(2))) == other
    assert rows(engine, schema_delivery.alert.c.id) == told


def test_an_article_that_became_a_text_of_its_own_leaves_its_copies(engine: sa.Engine) -> None:
    old = arrive(engine, "a", write(1))
    arrive(engine, "b", reprint(write(1)))
    new = put(engine, an_article("a", text(write(3)))).story
    assert new != old and arrive(engine, "c", reprint(write(3))) == new
    assert groups(engine) == {frozenset("ac"), frozenset("b")}


def test_an_article_alone_keeps_its_story_or_takes_it_along(engine: sa.Engine) -> None:
    hit = a_watch(engine)
    alone = arrive(engine, "a", write(1), hit)
    assert put(engine, an_article("a", text(write(3))), hit).story == alone
    assert arrive(engine, "b", reprint(write(3)), hit) == alone
    later = arrive(engine, "x", write(4), hit)
    told = rows(engine, schema_delivery.alert.c.id)
    assert put(engine, an_article("x", text(write(3))), hit).story == alone
    assert story_editing.told(engine, str(later)).merged == (later,)
    assert rows(engine, schema_delivery.alert.c.id) == told


def test_an_edit_never_undoes_a_split(engine: sa.Engine) -> None:
    root = arrive(engine, "a", write(1))
    arrive(engine, "b", reprint(write(1)))
    new = story_editing.split(engine, str(root), ["https://bao.example/b"], now=NOW)
    assert put(engine, an_article("b", text(write(5)))).story == new
    assert put(engine, an_article("b", text(write(1)))).story == new


# ---- what a reader sees -------------------------------------------------------------------------------------


def test_a_story_is_told_with_its_lead_its_outlets_and_what_each_copy_changed(engine: sa.Engine) -> None:
    arrive(engine, "muon", reprint(write(1)), day=DAY + 1)
    arrive(engine, "dau", write(1))
    told = story_editing.told(engine, "https://bao.example/muon").to_json({})
    assert [a["url"][-3:] for a in told["articles"]] == ["dau", "uon"]
    assert told["outlets"] == ["bao-dau", "bao-muon"]
    lead, copy = told["articles"]
    assert lead["lead"] and lead["differs"]["kinds"] == []
    assert ChangeKind.TITLE in copy["differs"]["kinds"]


def test_the_list_holds_stories_of_enough_articles_newest_first(engine: sa.Engine) -> None:
    for seed, copies in ((1, 2), (2, 1), (3, 3)):
        for n in range(copies):
            arrive(engine, f"{seed}{n}", write(seed) if n == 0 else reprint(write(seed)), day=DAY + seed)
    listed = story_editing.listed(engine)
    assert [(line.lead.url[-2:], line.articles) for line in listed] == [("30", 3), ("10", 2)]
    assert len(story_editing.listed(engine, least=1)) == 3
    assert [line.articles for line in story_editing.listed(engine, limit=1)] == [3]
    after = datetime.fromordinal(DAY + 2).replace(tzinfo=UTC)
    assert [line.articles for line in story_editing.listed(engine, since=after)] == [3]


def test_a_search_shows_a_story_once(engine: sa.Engine) -> None:
    arrive(engine, "a", write(1))
    arrive(engine, "b", reprint(write(1)))
    arrive(engine, "c", cut_tail(write(1)))
    (hit,) = search(engine, "đồng chí", {}).hits
    assert sorted(copy["source"] for copy in hit.also) == sorted({"bao-a", "bao-b", "bao-c"} - {hit.source})


def test_a_search_names_the_copies_that_lack_its_words(engine: sa.Engine) -> None:
    arrive(engine, "a", write(1))
    arrive(engine, "b", reprint(write(1)))
    found = search(engine, '"Tin từ cơ sở"', {})
    assert (found.total, found.articles) == (1, 1)
    assert [(hit.source, [copy["source"] for copy in hit.also]) for hit in found.hits] == [
        ("bao-b", ["bao-a"])
    ]


def test_the_commands_speak_to_a_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DIEMTIN_DATA", str(tmp_path))
    monkeypatch.setenv("DIEMTIN_SHIPPED_SOURCES", "0")
    opened = open_database(f"sqlite:///{tmp_path / 'diemtin.db'}")
    root = arrive(opened, "a", write(11))
    arrive(opened, "b", cut_tail(write(11)), day=DAY + 1)
    arrive(opened, "diem", DIGEST, day=DAY + 2)

    def say(*words: str) -> str:
        monkeypatch.setattr(sys, "argv", ["diemtin", "stories", *words])
        with pytest.raises(SystemExit) as exit_:
            main()
        assert exit_.value.code == 0
        return capsys.readouterr().out

    listed = say("list")
    assert "cũng đăng tại: bao-b" in listed and "1 tin" in listed
    shown = say("show", "https://bao.example/b")
    for words in (
        "2 bài, 2 báo",
        "Bài gốc: bao-a · 06/05/2024",
        "Cũng đăng tại:",
        "Cắt bớt",
        "Điểm tin trong tuần",
    ):
        assert words in shown
    assert "Không khác bài gốc" not in shown
    assert "Đã tách 1 bài" in say("split", str(root), "https://bao.example/b")
    assert "Đã tách bằng tay khỏi các tin" in say("show", str(root))
    assert '"outlets"' in say("list", "--min", "1", "--json")
    opened.dispose()
