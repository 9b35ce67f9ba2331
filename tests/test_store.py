"""The article transaction on both databases: committed together or not at all, once and only once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crawler.article import Annotations, Article, Block, Citation, Disposition, Meeting
from crawler.citing.citations import cite
from crawler.errors import StoreError
from crawler.source import Source
from crawler.store import (
    agenda,
    articles,
    batch,
    document_editing,
    document_entering,
    frontier,
    register,
    schema,
    schema_delivery,
    timetable,
    watches,
)
from crawler.store.crawl_item import CrawlItem, Stored, WatchHit
from crawler.store.database import open_database
from crawler.store.frontier import Channel, OwedLink
from crawler.store.search import search

NOW = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=365)
"""When the watches were added: what is older is no news to them."""
PROSE = (
    "Sáng 19/11, Đảng ủy xã Thượng Mai tổ chức hội nghị tổng kết công tác xây dựng Đảng năm 2026 và bàn nhiệm vụ "
    "năm sau. Dự hội nghị có các đồng chí trong Ban Thường vụ và bí thư của hai mươi ba chi bộ trực thuộc.",
    "Trong năm, Đảng bộ xã kết nạp 31 đảng viên mới, vượt ba người so với chỉ tiêu; mười chín chi bộ hoàn thành tốt "
    "nhiệm vụ, hai chi bộ được đề nghị khen thưởng vì cách làm sáng tạo trong sinh hoạt chuyên đề.",
    "Hội nghị cũng thảo luận việc thực hiện Chỉ thị số 35-CT/TW, ngày 14/6/2024 của Bộ Chính trị và thống nhất "
    "chọn chi bộ thôn Đồng Giếng làm điểm trong quý tới.",
)


def an_article(
    url: str = "https://bao-a.example/mot-1.html",
    *,
    source: str = "bao-a",
    title: str = "Đảng ủy xã Thượng Mai tổng kết năm 2026",
    prose: Sequence[str] = PROSE,
    published: str | None = "2026-11-19T10:00:00+07:00",
) -> Article:
    article = Article(
        url=url, canonical_url=url, title=title, source=source, published=published, published_precision="minute",
        published_from="json-ld", blocks=tuple(Block("paragraph", p) for p in prose),
    )  # fmt: skip
    citations = cite({"title": title, "text": article.text}, None)
    return replace(article, annotations=Annotations(citations=citations, relevant=True))


def new(article: Article, *, hits: tuple[WatchHit, ...] = ()) -> CrawlItem:
    return CrawlItem(
        article=article,
        link=article.canonical_url,
        addresses=(),
        province="Thượng Mai",
        hits=hits,
    )


def put(
    engine: sa.Engine, article: Article, *, now: datetime = NOW, hits: tuple[WatchHit, ...] = ()
) -> Stored:
    return articles.put(engine, new(article, hits=hits), now=now)


def count(engine: sa.Engine, table: sa.Table) -> int:
    with engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def a_watch(engine: sa.Engine, scope: str, query: str = "", name: str | None = None) -> WatchHit:
    with engine.begin() as connection:
        watch = watches.add_watch(
            connection, query=query, addresses=["a@example.org"], scope=scope, name=name, now=LONG_AGO
        )
    return WatchHit(watch, ("hội nghị",), {"body": [(0, 3)]})


def test_an_article_comes_back_word_for_word_and_is_found_by_search(engine: sa.Engine) -> None:
    article = an_article()
    assert put(engine, article).disposition is Disposition.STORED
    found = search(engine, "tổng kết công tác", {})
    assert [h.url for h in found.hits] == [article.canonical_url]
    assert found.hits[0].snippet


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ("dang uy", 1),
        ("đảng ủy", 1),
        ("đảng uỷ", 1),
        ("đang uy", 1),  # đ was typed, and no mark
        ("đang ủy", 0),
        ("dàng ủy", 0),
        ("chỉ thị 35 - CT/TW", 1),
        ("thuong mai", 1),
        ("Thương Mai", 0),
        ("đuong giếng", 0),
        ("dong gieng", 1),
        ("To\u0302\u0309ng ke\u0302\u0301t", 1),
        ("kết nạp KHÔNG bóng đá", 1),
    ],
)
def test_search_honours_the_accents_that_are_typed(engine: sa.Engine, query: str, hits: int) -> None:
    put(engine, an_article())
    assert search(engine, query, {}).total == hits


def test_the_same_article_twice_is_unchanged_and_changes_nothing(engine: sa.Engine) -> None:
    article = an_article()
    put(engine, article)
    rows = {t.name: count(engine, t) for t in schema.article.metadata.sorted_tables}
    assert put(engine, article, now=NOW + timedelta(hours=1)).disposition is Disposition.UNCHANGED
    assert {t.name: count(engine, t) for t in schema.article.metadata.sorted_tables} == rows


def test_touch_knows_an_unchanged_article_by_one_query(engine: sa.Engine) -> None:
    article = an_article()
    assert not articles.touch(engine, article, article.canonical_url, now=NOW)
    put(engine, article)
    assert articles.touch(engine, article, article.canonical_url, now=NOW)
    assert not articles.touch(engine, replace(article, title="Khác"), article.canonical_url, now=NOW)


def test_an_edit_makes_a_version_with_its_change_and_only_the_new_text_is_searched(engine: sa.Engine) -> None:
    put(engine, an_article())
    edited = an_article(prose=(PROSE[0], PROSE[1].replace("31", "34"), PROSE[2]))
    assert put(engine, edited, now=NOW + timedelta(hours=2)).disposition is Disposition.UPDATED
    history = articles.history(engine, edited.canonical_url)
    assert [n for n, _, _ in history.versions] == [1, 2]
    assert any("số liệu" in line for line in history.lines())
    assert search(engine, "34 đảng viên", {}).total == 1
    assert search(engine, "31 đảng viên", {}).total == 0


def test_typography_alone_is_no_version(engine: sa.Engine) -> None:
    put(engine, an_article())
    retouched = an_article(prose=(PROSE[0].replace("; ", " ;  "), PROSE[1].replace(";", ","), PROSE[2]))
    assert put(engine, retouched).disposition is Disposition.UNCHANGED
    assert count(engine, schema.version) == 1


def test_a_reprint_is_kept_and_joins_the_story(engine: sa.Engine) -> None:
    first = put(engine, an_article())
    reprint = an_article(
        "https://bao-b.example/hai-2.html", source="bao-b", title="Thượng Mai kết nạp 31 đảng viên"
    )
    second = put(engine, reprint)
    assert second.disposition is Disposition.DUPLICATE_KEPT
    assert second.story == first.story
    hits = search(engine, "thượng mai", {}).hits
    assert len(hits) == 1
    assert len(hits[0].also) == 1


def test_the_same_outlets_same_text_under_another_address_is_one_article(engine: sa.Engine) -> None:
    put(engine, an_article())
    again = replace(
        an_article("https://bao-a.example/chinh-tri/mot-1.html"), published="2026-11-19T10:00:00+07:00"
    )
    assert put(engine, again).disposition is Disposition.UNCHANGED
    assert count(engine, schema.article) == 1
    assert articles.history(engine, "https://bao-a.example/chinh-tri/mot-1.html").title == again.title


def test_an_article_and_its_alerts_are_committed_together_or_not_at_all(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    hit = a_watch(engine, "story", "hội nghị")
    before = {t.name: count(engine, t) for t in schema.article.metadata.sorted_tables}

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr(batch, "settle_all", fail)
    with pytest.raises(RuntimeError):
        put(engine, an_article(), hits=(hit,))
    assert {t.name: count(engine, t) for t in schema.article.metadata.sorted_tables} == before


@pytest.mark.parametrize(("scope", "alerts"), [("article", 2), ("story", 1), ("document", 1), ("meeting", 0)])
def test_a_scope_says_what_is_news(engine: sa.Engine, scope: str, alerts: int) -> None:
    hit = a_watch(engine, scope, "" if scope in ("document", "meeting") else "hội nghị")
    fresh = (*PROSE, "Trước đó, ngày 10/11/2026, Bộ Chính trị ban hành Chỉ thị số 77-CT/TW về việc này.")
    put(engine, an_article(prose=fresh), hits=(hit,))
    put(engine, an_article("https://bao-b.example/2.html", source="bao-b", prose=fresh), hits=(hit,))
    assert count(engine, schema_delivery.alert) == alerts
    assert count(engine, schema_delivery.owed) == alerts


def test_reading_an_article_again_raises_no_alert(engine: sa.Engine) -> None:
    hit = a_watch(engine, "article", "hội nghị")
    put(engine, an_article(), hits=(hit,))
    put(engine, an_article(prose=(*PROSE, "Một đoạn mới được thêm vào cuối bài sau khi đăng.")), hits=(hit,))
    assert count(engine, schema_delivery.alert) == 1


def test_the_first_mention_of_an_old_directive_is_no_news(engine: sa.Engine) -> None:
    """A young store has seen nothing, and would announce every directive of the last decade."""
    hit = a_watch(engine, "document")
    put(engine, an_article(), hits=(hit,))
    assert count(engine, schema.citation) == 1
    assert count(engine, schema_delivery.alert) == 0


def test_an_old_article_is_no_news(engine: sa.Engine) -> None:
    hit = a_watch(engine, "article", "hội nghị")
    put(engine, an_article(published="2019-12-13T16:47:00+07:00"), hits=(hit,))
    assert count(engine, schema.article) == 1
    assert count(engine, schema_delivery.alert) == 0


def test_a_document_is_listed_with_where_it_was_first_seen(engine: sa.Engine) -> None:
    document_entering.seed(engine)
    put(engine, an_article())
    listed = [d for d in register.listed(engine) if d["key"] == "35-CT/TW"]
    assert [(d["date"], d["first_seen"]["source"], d["articles"]) for d in listed] == [
        ("2024-06-14", "bao-a", 1)
    ]
    told = register.story_of(engine, "chỉ thị 35 - CT/TW", {})
    assert any(s.path and s.path[0].source == "bao-a" for s in told)


def test_a_correction_by_hand_stays(engine: sa.Engine) -> None:
    document_entering.seed(engine)
    put(engine, an_article())
    (document,) = (d for d in register.listed(engine) if d["key"] == "35-CT/TW")
    document_editing.correct(engine, document["id"], title="Trích yếu do người sửa")
    put(engine, an_article("https://bao-b.example/2.html", source="bao-b"))
    (again,) = (d for d in register.listed(engine) if d["key"] == "35-CT/TW")
    assert again["title"] == "Trích yếu do người sửa"
    document_editing.assign(engine, "https://bao-a.example/mot-1.html", "35-CT/TW", "35-CT/TW@khac", now=NOW)
    put(engine, an_article(prose=(*PROSE, "Đoạn thêm sau khi đăng để có bản mới của bài này.")))
    ids = {d["id"]: d["articles"] for d in register.listed(engine) if d["key"] == "35-CT/TW"}
    assert ids == {document["id"]: 1, "35-CT/TW@khac": 1}


def test_two_outlets_that_tell_of_one_meeting_make_one_row(engine: sa.Engine) -> None:
    meeting = Meeting(
        field="text", start=0, end=10, kind="hội nghị tổng kết", ordinal=None, organiser="Đảng ủy xã Thượng Mai",
        date="2026-11-19", date_to=None, session="sáng", status="held",
    )  # fmt: skip
    for number, source in enumerate(("bao-a", "bao-b")):
        read = an_article(f"https://{source}.example/{number}.html", source=source)
        put(engine, replace(read, annotations=replace(read.annotations, meetings=(meeting,))))
    (told,) = agenda.listed(engine)
    assert (told["kind"], told["date"], len(told["articles"])) == ("hội nghị tổng kết", "2026-11-19", 2)
    assert agenda.listed(engine, first="2026-11-20") == []


def test_two_processes_that_store_copies_at_once_make_one_story(engine: sa.Engine) -> None:
    copies = [an_article(f"https://b{n}.example/x-{n}.html", source=f"b{n}") for n in range(6)]
    threads = [threading.Thread(target=put, args=(engine, copy)) for copy in copies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.connect() as connection:
        assert len(set(connection.scalars(sa.select(schema.article.c.story)))) == 1


def test_links_and_etag_are_remembered_together_and_a_failed_one_stays_owed(engine: sa.Engine) -> None:
    link = OwedLink("https://a.example/1", "https://a.example/1", "S", "T", None)
    state = Channel("bao-a", "https://a.example/rss", "feed", etag='"x"')
    assert frontier.record_look(engine, state, [link], since=NOW, now=NOW).new == (link,)
    assert frontier.channel_state(engine, "bao-a", "https://a.example/rss", "feed").etag == '"x"'
    for day in range(frontier.MOST_ATTEMPTS):
        for _ in range(3):  # an outage: looks that come too soon do not give the link up
            assert frontier.owed(engine, "bao-a") == [link]
            frontier.settle(engine, link.url, Disposition.HTTP_ERROR, now=NOW + timedelta(days=day))
            assert day or frontier.owed(engine, "bao-a", due=NOW) == []
            if day == frontier.MOST_ATTEMPTS - 1:
                break
    assert frontier.owed(engine, "bao-a") == []
    later = replace(link, published=NOW + timedelta(days=9))
    again = frontier.record_look(engine, state, [later], since=NOW, now=NOW + timedelta(days=9))
    assert [item.url for item in again.new] == [link.url]


def test_an_article_gone_twice_a_day_apart_is_taken_down_and_kept(engine: sa.Engine) -> None:
    article = an_article()
    put(engine, article)
    assert not articles.mark_gone(engine, article.canonical_url, now=NOW)
    assert not articles.mark_gone(engine, article.canonical_url, now=NOW + timedelta(hours=2))
    assert articles.mark_gone(engine, article.canonical_url, now=NOW + timedelta(days=1))
    assert articles.history(engine, article.canonical_url).taken_down is not None
    assert search(engine, "thượng mai", {}).total == 1


def test_due_is_written_in_one_place(engine: sa.Engine) -> None:
    source = Source.model_validate(
        {
            "id": "bao-a", "name": "Báo A", "province": "Hà Nội", "homepage": "https://a.example/", "evidence": "seen",
            "sections": [{"name": "S", "url": "https://a.example/s/"}], "articles": {"url": "^https://a"},
        }
    )  # fmt: skip
    assert timetable.due_sources(engine, [source], now=NOW) == ["bao-a"]
    state = Channel("bao-a", "https://a.example/s/", "listing", looked=NOW, due=NOW + timedelta(minutes=45))
    frontier.save_channel(engine, state)
    assert timetable.due_sources(engine, [source], now=NOW + timedelta(minutes=40)) == []
    assert timetable.due_sources(engine, [source], now=NOW + timedelta(minutes=46)) == ["bao-a"]


def test_a_file_of_a_newer_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'diemtin.db'}"
    first = open_database(url)
    with first.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
    first.dispose()
    with pytest.raises(StoreError, match="newer diemtin"):
        open_database(url)
    assert not list(tmp_path.glob("diemtin.db.before-*")), (
        "a start that is tried again must not fill the disk"
    )


def test_a_database_that_cannot_be_reached_is_named_without_its_password() -> None:
    with pytest.raises(StoreError, match=r"127\.0\.0\.1") as error:
        open_database("postgresql://u:geheim@127.0.0.1:1/x")
    assert "geheim" not in str(error.value)


def test_every_citation_keeps_its_place(engine: sa.Engine) -> None:
    article = an_article()
    put(engine, article)
    with engine.connect() as connection:
        rows = connection.execute(sa.select(schema.citation)).all()
    texts = {"title": article.title, "text": article.text}
    assert rows
    assert all(texts[r.field][r.start : r.end] == r.surface for r in rows)
    assert {f for f in Citation.__dataclass_fields__} <= set(schema.citation.c.keys()) | {"document"}
