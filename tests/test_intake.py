"""Articles that enter the store together end as they would one by one, and one that cannot keeps no other out."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.article import Article, Block, Disposition
from crawler.crawl.commit_queue import TOGETHER, CommitQueue
from crawler.crawl.tasks import classify
from crawler.store import articles, columns, frontier, schema, watches
from crawler.store.article_record import contract_of, record_of
from crawler.store.crawl_item import CrawlItem, Stored, WatchHit
from crawler.store.database import open_database
from crawler.store.frontier import Channel, OwedLink
from tests.press_stories import COPIES, write
from tests.test_similar import ARTICLES

NOW = datetime(2024, 5, 10, tzinfo=UTC)
DAY = date(2024, 5, 6)
SCOPES = ("article", "story", "document", "meeting")
TELLS = (
    "Sáng 6/5, Đảng ủy xã Hòa Vĩ tổ chức hội nghị sơ kết ba năm thực hiện Chỉ thị số {}-CT/TU, ngày 2/4/2024 của Ban "
    "Thường vụ Tỉnh ủy về công tác dân vận, với {} đại biểu của các chi bộ trực thuộc."
)


def an_article(
    id_: str, blocks: Sequence[str], day: date | None = DAY, *, outlet: str | None = None
) -> Article:
    """As a worker hands it on."""
    url = f"https://{outlet or 'bao-' + id_}.example/{id_}"
    read = Article(
        url=url,
        canonical_url=url,
        title=f"Tin {id_}",
        source=outlet or f"bao-{id_}",
        published=None if day is None else day.isoformat(),
        published_precision=None if day is None else "day",
        blocks=tuple(Block("paragraph", block) for block in blocks),
    )
    return annotated(read)


def annotated(read: Article) -> Article:
    """As the classify stage leaves it."""
    return read.noted(annotations=classify(read))


def handed(read: Article, hits: Sequence[WatchHit] = ()) -> CrawlItem:
    return CrawlItem(read.canonical_url, article=read, province="Hòa Vĩ", hits=tuple(hits))


def a_day_of_news() -> list[Article]:
    """Copies, briefs that join, documents and meetings told by several, twins, edits, a re-publication."""
    stories = [write(seed) for seed in range(60, 66)]
    found = [
        an_article(f"{seed}-{n}", copy(story))
        for seed, story in enumerate(stories)
        for n, copy in enumerate((list, *random.Random(seed).sample(COPIES, 2)))
    ]
    found += [an_article(f"ct-{n}", [TELLS.format(7 + n % 3, 40 + n), *write(80 + n)]) for n in range(6)]
    similar = [
        annotated(replace(an_article(f"tin-{id_}", body.split("\n\n")[1:]), title=body.split("\n\n")[0]))
        for id_, body, _ in ARTICLES
    ]
    edited = [
        replace(
            found[0], title="Tin đã sửa", blocks=(*found[0].blocks, Block("paragraph", TELLS.format(9, 77)))
        ),
        replace(found[7], blocks=tuple(Block("paragraph", b) for b in write(99))),
        found[4],
    ]
    twin = an_article("hai-lan", write(63), outlet="bao-hai")
    twins = [
        twin,
        replace(twin, canonical_url=f"{twin.url}-nua"),
        replace(twin, canonical_url=f"{twin.url}-lau"),
    ]
    twins[2] = replace(twins[2], published=(DAY + timedelta(days=40)).isoformat())
    return [*found, *similar, *twins, *[annotated(e) for e in edited]]


NEWS = a_day_of_news()


def watching(engine: sa.Engine) -> list[WatchHit]:
    """A watch of each scope, and that everything answers them."""
    with engine.begin() as connection:
        return [
            WatchHit(
                watches.add_watch(
                    connection,
                    query="",
                    addresses=["a@example.org", "b@example.org"],
                    scope=scope,
                    name=scope,
                    now=NOW - timedelta(days=365),
                )
                if scope in ("document", "meeting")
                else watches.add_watch(
                    connection,
                    query="hội nghị",
                    addresses=["a@example.org"],
                    scope=scope,
                    name=scope,
                    now=NOW - timedelta(days=365),
                ),
                ("hội nghị",),
                {"body": [(0, 3)]},
            )
            for scope in SCOPES
        ]


def owe(engine: sa.Engine, found: Sequence[Article]) -> None:
    """All links as a listing named them."""
    links = [OwedLink(a.canonical_url, a.canonical_url, None, None, None) for a in found]
    frontier.record_look(engine, Channel("bao", "https://bao.example/", "listing"), links, since=NOW, now=NOW)


def all_rows(engine: sa.Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in the store but the layout of the story index."""
    with engine.connect() as connection:
        return {
            table.name: sorted(tuple(map(repr, row)) for row in connection.execute(sa.select(table)))
            for table in columns.metadata.sorted_tables
            if table is not schema.story_bucket
        }


@pytest.fixture(scope="module")
def one_by_one(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[Any, ...]]]:
    """The store after each article had a transaction of its own."""
    return stored_in(tmp_path_factory.mktemp("mot"), [1] * len(NEWS))


def stored_in(folder: Path, sizes: Sequence[int]) -> dict[str, list[tuple[Any, ...]]]:
    engine = open_database(f"sqlite:///{folder / 'diemtin.db'}")
    hits = watching(engine)
    owe(engine, NEWS)
    rest = [handed(read, hits) for read in NEWS]
    for size in [*sizes, len(rest)]:
        answers = articles.put_all(engine, rest[:size], now=NOW) if rest else []
        assert all(isinstance(answer, Stored) for answer in answers), answers
        rest = rest[size:]
    rows = all_rows(engine)
    engine.dispose()
    return rows


def test_the_news_of_the_day_hold_every_case(one_by_one: dict[str, list[tuple[Any, ...]]]) -> None:
    kinds = {table: len(rows) for table, rows in one_by_one.items()}
    assert kinds["article"] < kinds["version"] < len(NEWS)  # edits; a twin and an unchanged one
    assert {"alert", "owed", "citation", "document", "meeting", "article_meeting", "story_link"} <= {
        table for table, n in kinds.items() if n
    }
    merged = [row for row in one_by_one["story"] if row[2] != "None"]
    assert merged


@settings(max_examples=12, deadline=None, derandomize=True)
@given(sizes=st.lists(st.integers(1, 20), min_size=2, max_size=12))
def test_articles_stored_together_end_as_they_would_one_by_one(
    one_by_one: dict[str, list[tuple[Any, ...]]], tmp_path_factory: pytest.TempPathFactory, sizes: list[int]
) -> None:
    assert stored_in(tmp_path_factory.mktemp("cung"), sizes) == one_by_one


def test_one_that_cannot_be_stored_keeps_no_other_out(engine: sa.Engine) -> None:
    owe(engine, NEWS[:3])
    wrong = handed(replace(NEWS[1], title=None))  # type: ignore[arg-type]  # what the store refuses
    answers = articles.put_all(engine, [handed(NEWS[0]), wrong, handed(NEWS[2])], now=NOW)
    assert [isinstance(answer, Stored) for answer in answers] == [True, False, True]
    assert [item.url for item in frontier.owed(engine, "bao")] == [NEWS[1].canonical_url]


def test_articles_that_come_at_once_are_committed_at_once(engine: sa.Engine) -> None:
    owe(engine, NEWS[:12])
    begun: list[str] = []
    sa.event.listen(engine, "begin", lambda _: begun.append("begin"))

    async def together() -> list[Stored]:
        intake = CommitQueue(engine, lambda: NOW)
        return await asyncio.gather(*(intake.put(handed(read)) for read in NEWS[:12]))

    ended = asyncio.run(together())
    assert len(begun) == 1
    assert {stored.disposition for stored in ended} <= {Disposition.STORED, Disposition.DUPLICATE_KEPT}
    assert not frontier.owed(engine, "bao")


def test_enough_articles_do_not_wait_for_more(engine: sa.Engine) -> None:
    async def enough() -> list[Stored]:
        intake = CommitQueue(engine, lambda: NOW)
        waiting = [
            asyncio.ensure_future(intake.put(handed(an_article(f"du-{n}", write(n)))))
            for n in range(TOGETHER)
        ]
        await asyncio.sleep(0)
        with engine.connect() as connection:
            assert connection.scalar(sa.select(sa.func.count()).select_from(schema.article)) == TOGETHER
        return await asyncio.gather(*waiting)

    assert len(asyncio.run(enough())) == TOGETHER


def test_who_hands_in_what_cannot_be_stored_is_told(engine: sa.Engine) -> None:
    async def one_wrong() -> list[Stored | BaseException]:
        intake = CommitQueue(engine, lambda: NOW)
        wrong = replace(NEWS[1], title=None)  # type: ignore[arg-type]
        return await asyncio.gather(
            *(intake.put(handed(read)) for read in (NEWS[0], wrong)), return_exceptions=True
        )

    good, bad = asyncio.run(one_wrong())
    assert isinstance(good, Stored)
    assert isinstance(bad, Exception)


def test_full_text_finds_every_article_of_a_batch(engine: sa.Engine) -> None:
    articles.put_all(engine, [handed(read) for read in NEWS[:9]], now=NOW)
    with engine.connect() as connection:
        rows = connection.execute(sa.select(schema.search_row.c.rank, schema.search_row.c.version)).all()
        entered = set(connection.scalars(sa.text("SELECT rowid FROM full_text")))
        versions = set(connection.scalars(sa.select(schema.version.c.id)))
    assert {rank for rank, _ in rows} == entered and {number for _, number in rows} == versions
    assert len(versions) == 9


def test_a_version_keeps_the_blocks_and_gives_the_whole_contract_back() -> None:
    for read in NEWS:
        record = record_of(read)
        assert "text" not in record
        assert list(contract_of(record, read.text).items()) == list(read.to_json().items())
