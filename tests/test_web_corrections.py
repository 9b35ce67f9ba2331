"""What an editor corrects on the page of an article: it holds, is told with who and when, and can be taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from crawler.article import Annotations, Article, Block, Citation, Meeting, Topic
from crawler.delivery.day import press_day
from crawler.store import article_editing, articles, document_editing, story_editing
from crawler.store import schema as s
from crawler.store.article_editing import corrected, corrections_page, told_as, topic_corrections
from crawler.store.article_file import article_file
from crawler.store.audit import audit_page
from crawler.store.corpus import open_corpus
from crawler.store.crawl_item import CrawlItem
from crawler.store.search import search
from tests.press_room import MORNING, OUTLETS
from tests.web_room import fill, pages

URL = "https://bao-lam-ha.example/hop-huyen-uy"
CITED = Citation(
    "text", 0, 11, "Chỉ thị số 35-CT/TW", "Chỉ thị", "35", "CT/TW", "35-CT/TW", "Bộ Chính trị", "2024-06-14", "party", True
)  # fmt: skip
MEETING = Meeting(
    "text", 0, 8, "hội nghị tổng kết", None, "Huyện ủy Lam Hà", "2026-11-21", None, "sáng", "held"
)
READ = Article(
    url=URL, canonical_url=URL, title="Huyện ủy Lam Hà tổng kết", source="bao-lam-ha",
    published="2026-11-21T10:00:00+07:00", published_precision="minute", published_from="visible",
    blocks=(Block("paragraph", "Huyện ủy Lam Hà vừa tổng kết công tác năm, bàn việc của chi bộ thôn bản."),),
    annotations=Annotations(
        meetings=(MEETING,), relevant=True, topics=(Topic("kiem_tra_giam_sat_ky_luat", 0.9, ("kiểm tra",)),)
    ),
)  # fmt: skip


def put(engine: sa.Engine, read: Article = READ) -> int:
    new = CrawlItem(
        link=read.url, addresses=(read.url,), article=read, outlet=OUTLETS["bao-lam-ha"], province="Lam Hà"
    )
    return articles.put(engine, new, now=MORNING).article


def send(ask: TestClient, path: str, **values: Any) -> int:
    ask.get("/sua")
    sent = {"form_token": ask.cookies["diemtin_form"], **values}
    return ask.post(path, data=sent).status_code


def state(engine: sa.Engine, id_: int) -> tuple[list[str], int, str | None]:
    found = article_file(engine, id_)
    assert found is not None
    notes = found.stored.article.annotations
    return [topic.id for topic in notes.topics], len(found.meetings), found.stored.article.published


def test_topics_day_and_meeting_are_corrected_and_each_is_taken_back_alone(engine: sa.Engine) -> None:
    id_, ask = put(engine), pages(engine)
    before = state(engine, id_)
    assert before == (["kiem_tra_giam_sat_ky_luat"], 1, "2026-11-21T10:00:00+07:00")
    assert send(ask, f"/bai/{id_}/sua/chu-de", topic=["dan_van"]) == 303
    assert send(ask, f"/bai/{id_}/sua/ngay", published="2026-11-19") == 303
    assert send(ask, f"/bai/{id_}/sua/cuoc-hop", place="0") == 303
    assert state(engine, id_) == (["dan_van"], 0, "2026-11-19")
    assert search(engine, "chủ-đề:dan_van ngày:2026-11-19", OUTLETS).total == 1
    page = ask.get(f"/bai/{id_}").text
    assert page.count("Lấy lại</button>") == 3 and "người sửa" in page
    told = corrections_page(engine).items
    assert [one.kind for one in told] == ["meeting", "published", "topics"]
    assert {one.who for one in told} == {"local"}
    assert send(ask, f"/sua/{told[1].id}/lay-lai") == 303
    assert state(engine, id_) == (["dan_van"], 0, before[2])
    for one in (told[0], told[2]):
        send(ask, f"/sua/{one.id}/lay-lai")
    assert state(engine, id_) == before
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(article_editing.version_as_read)) == 0
        assert audit_page(connection, what="article", limit=10).total == 6


def test_a_correction_survives_an_edit_by_the_newspaper_and_raises_no_alert(engine: sa.Engine) -> None:
    id_ = put(engine)
    named = {"who": "ai@example.org", "registry": OUTLETS, "now": MORNING}
    article_editing.correct_topics(engine, id_, ["dan_van"], **named)
    article_editing.drop_meeting(engine, id_, 0, **named)
    edited = replace(
        READ, blocks=(*READ.blocks, Block("paragraph", "Hội nghị khen thưởng mười hai tập thể ở xã."))
    )
    assert put(engine, edited) == id_
    assert state(engine, id_) == (["dan_van"], 0, READ.published)
    found = article_file(engine, id_)
    assert found is not None and "khen thưởng" in found.stored.article.text and len(found.versions) == 2
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM alert")) == 0


def test_an_article_set_aside_is_in_no_list_search_or_corpus_until_it_is_taken_back(
    engine: sa.Engine,
) -> None:
    id_, ask = put(engine), pages(engine)
    assert send(ask, f"/bai/{id_}/sua/bo-ra") == 303

    def seen() -> tuple[int, int, int]:
        told = press_day(engine, OUTLETS, MORNING.date().replace(day=21), now=MORNING)
        with open_corpus(engine, OUTLETS) as corpus:
            return search(engine, "chi bộ", OUTLETS).total, len(told.stories), len(list(corpus.articles()))

    assert seen() == (0, 0, 0)
    assert "bỏ bài này ra" in ask.get(f"/bai/{id_}").text
    assert topic_corrections(engine) == [{"id": URL, "topics": []}]
    send(ask, f"/sua/{corrections_page(engine).items[0].id}/lay-lai")
    assert seen() == (1, 1, 1)


def test_a_story_is_split_and_joined_again_on_the_page(engine: sa.Engine) -> None:
    first, copy, _ = fill(engine)
    ask = pages(engine)
    assert send(ask, f"/bai/{copy}/sua/tach") == 303
    found = article_file(engine, first)
    assert found is not None and found.copies == ()
    assert send(ask, f"/bai/{copy}/sua/gop", other=f"http://127.0.0.1:8472/bai/{first}") == 303
    found = article_file(engine, first)
    assert found is not None and [line.id for line in found.copies] == [copy]
    with engine.connect() as connection:
        joined, split = audit_page(connection, what="article", limit=10).items
    assert [(one.what, one.who, one.subject) for one in (split, joined)] == [
        ("article.split", "local", str(copy)), ("article.join", "local", str(copy)),
    ]  # fmt: skip
    assert split.before == joined.after and split.after == joined.before


@pytest.mark.parametrize("what", ["split", "join", "assign", "unassign"])
def test_what_cannot_be_audited_is_not_done(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    put(engine, replace(READ, annotations=Annotations(citations=(CITED,), relevant=True)))
    first, copy, _ = (_url(engine, id_) for id_ in fill(engine))
    deeds = {
        "split": lambda: story_editing.split(engine, copy, [copy], now=MORNING),
        "join": lambda: story_editing.join(engine, first, URL, now=MORNING),
        "assign": lambda: document_editing.assign(engine, URL, "35-CT/TW", "35-CT/TW@khác", now=MORNING),
        "unassign": lambda: document_editing.unassign(engine, URL, "35-CT/TW", OUTLETS, now=MORNING),
    }
    if what == "unassign":
        deeds["assign"]()
    before = _standing(engine)

    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("no audit")

    for module in (story_editing, document_editing):
        monkeypatch.setattr(module, "audit", refuse)
    with pytest.raises(RuntimeError, match="no audit"):
        deeds[what]()
    assert _standing(engine) == before
    monkeypatch.undo()
    deeds[what]()
    assert _standing(engine) != before


def _url(engine: sa.Engine, id_: int) -> str:
    found = article_file(engine, id_)
    assert found is not None
    return found.stored.line.url


def _standing(engine: sa.Engine) -> list[tuple[Any, ...]]:
    """Which story every article is of, and which document every citation means."""
    with engine.connect() as connection:
        stories = connection.execute(sa.select(s.article.c.id, s.article.c.story).order_by(s.article.c.id))
        cited = connection.execute(sa.select(s.citation.c.article, s.citation.c.document).distinct())
        return [*map(tuple, stories), *sorted(map(tuple, cited))]


def test_what_persons_say_of_topics_is_what_training_reads(engine: sa.Engine) -> None:
    id_ = put(engine)
    named = {"who": "ai@example.org", "registry": OUTLETS, "now": MORNING}
    article_editing.correct_topics(engine, id_, ["dan_van"], **named)
    article_editing.correct_topics(engine, id_, ["dan_van", "to_chuc_bo_may"], **named)
    assert topic_corrections(engine) == [{"id": URL, "topics": ["dan_van", "to_chuc_bo_may"]}]


@pytest.mark.parametrize(
    ("what", "values", "status"),
    [
        ("chu-de", {"topic": ["khong_co"]}, 400),
        ("ngay", {"published": "hôm qua"}, 400),
        ("ngay", {"published": "2030-01-01"}, 400),
        ("cuoc-hop", {"place": "7"}, 400),
        ("cuoc-hop", {"place": "x"}, 400),
        ("gop", {"other": "https://khong.example/"}, 400),
        ("gop", {"other": "999"}, 404),
        ("khac", {}, 404),
    ],
)
def test_a_correction_that_makes_no_sense_is_refused_and_changes_nothing(
    engine: sa.Engine, what: str, values: dict[str, Any], status: int
) -> None:
    id_, ask = put(engine), pages(engine)
    before = state(engine, id_)
    assert send(ask, f"/bai/{id_}/sua/{what}", **values) == status
    assert state(engine, id_) == before and corrections_page(engine).total == 0


def test_a_form_without_the_token_of_this_browser_changes_nothing(engine: sa.Engine) -> None:
    id_, ask = put(engine), pages(engine)
    assert ask.post(f"/bai/{id_}/sua/bo-ra").status_code == 403
    ask.get("/sua")
    for sent in ({}, {"form_token": "x" * 43}):
        assert ask.post(f"/bai/{id_}/sua/bo-ra", data=sent).status_code == 403
    token = {"form_token": ask.cookies["diemtin_form"]}
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert ask.post(f"/bai/{id_}/sua/bo-ra", data=token, headers=elsewhere).status_code == 403
    assert ask.post(f"/bai/{id_}/sua/bo-ra", data=token | {"x": "y" * 70_000}).status_code == 413
    with engine.connect() as connection:
        assert connection.scalar(sa.select(s.article.c.set_aside)) is None


@given(st.lists(st.sampled_from(["topics", "published", "meeting", "set_aside"]), max_size=6))
def test_what_holds_depends_on_the_words_alone_and_never_touches_the_text(kinds: list[str]) -> None:
    values = {
        "topics": ["dan_van"],
        "published": "2026-11-01",
        "meeting": told_as(MEETING),
        "set_aside": True,
    }
    words = [(kind, values[kind]) for kind in kinds]
    found = corrected(READ, words)
    assert found.text == READ.text and corrected(READ, words) == found
    assert corrected(found, words) == found, "what persons say can be said twice"
