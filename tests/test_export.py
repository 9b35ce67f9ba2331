"""The corpus on disk: layout, names, order, bytes that are the same again, and hashes that say so."""

from __future__ import annotations

import hashlib
import json
import random
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crawler.article import Annotations, Article, Block, Caption, DateFound
from crawler.citing.citations import cite
from crawler.corpus.export import Format, article_id, export
from crawler.errors import InvalidInput, InvalidQuery
from crawler.store import articles as store
from crawler.store.crawl_item import CrawlItem
from crawler.store.database import open_database
from tests.press_stories import reprint, write

NOW = datetime(2026, 11, 20, tzinfo=UTC)
CONTRACT = [
    "id", "story", "url", "canonical_url", "source", "section", "place", "title", "lead", "authors", "published",
    "published_precision", "published_from", "updated", "dates", "paragraphs", "captions", "images", "text",
    "reader", "warnings", "citations", "meetings", "relevant", "topics",
]  # fmt: skip


def an_article(
    blocks: Sequence[str], url: str, *, source: str, published: str | None, typed: str = "NFC"
) -> Article:
    title, lead, *rest = (unicodedata.normalize("NFC", block) for block in blocks)
    caption = Caption("Đồng chí chủ trì phát biểu", "Ảnh: H.Lâm")
    article = Article(
        url=url + "?from=rss", canonical_url=url, title=title, source=source, section="Xây dựng Đảng", lead=lead,
        published=published, published_precision="minute" if published else None,
        published_from="visible" if published else None, authors=("Hoài Thu",), captions=(caption,),
        dates=(DateFound(published, "visible", "div.time", True),) if published else (),
        blocks=(Block("lead", lead), *(Block("paragraph", p) for p in rest), Block("caption", "Quang cảnh\nẢnh: H.Lâm")),
        head=("Xây dựng Đảng", "Lam Hà"),
    )  # fmt: skip
    return replace(
        article, annotations=Annotations(citations=cite({"text": article.text}, None), relevant=True)
    )


def the_press() -> list[Article]:
    """Twelve stories, three of them reprinted by another outlet, one article without a date."""
    found = []
    for n in range(12):
        blocks = write(n)
        day = f"2026-11-{n + 1:02d}T08:00:00+07:00"
        found.append(an_article(blocks, f"https://a.example/{n}.html", source="bao-a", published=day))
        if n % 4 == 0:
            later = f"2026-11-{n + 2:02d}T09:00:00+07:00"
            found.append(
                an_article(reprint(blocks), f"https://b.example/{n}.html", source="bao-b", published=later)
            )
    found.append(an_article(write(99), "https://a.example/99.html", source="bao-a", published=None))
    return found


def fill(engine: sa.Engine, found: Sequence[Article]) -> None:
    for article in found:
        new = CrawlItem(article.canonical_url, article=article, province="Lam Hà")
        store.put(engine, new, now=NOW)


@pytest.fixture
def press(engine: sa.Engine) -> sa.Engine:
    fill(engine, the_press())
    return engine


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def manifest(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def test_a_text_file_holds_the_blocks_in_reading_order_one_empty_line_apart(
    press: sa.Engine, tmp_path: Path
) -> None:
    export(press, {}, "text", tmp_path / "out")
    first = the_press()[0]
    file = next((tmp_path / "out").glob(f"*_{article_id(first.canonical_url)}.txt"))
    text = file.read_bytes().decode()
    assert text == first.text
    assert text.split("\n\n")[:4] == ["Xây dựng Đảng", first.title, "Lam Hà", first.lead]
    assert "Quang cảnh\nẢnh: H.Lâm" in text and "\n\n\n" not in text and "\r" not in text


def test_text_files_are_named_like_the_seeds_in_the_order_of_publication(
    press: sa.Engine, tmp_path: Path
) -> None:
    done = export(press, {}, "text", tmp_path / "out")
    names = sorted(p.name for p in (tmp_path / "out").glob("*.txt"))
    expected = sorted(
        the_press(), key=lambda a: (a.published is not None, a.published or "", a.canonical_url)
    )
    assert names == [f"{n:03d}_{article_id(a.canonical_url)}.txt" for n, a in enumerate(expected)]
    assert done.articles == done.files == len(names)


def test_every_text_is_unicode_nfc(press: sa.Engine, tmp_path: Path) -> None:
    export(press, {}, "text", tmp_path / "out")
    for path in (tmp_path / "out").glob("*.txt"):
        assert unicodedata.is_normalized("NFC", path.read_text(encoding="utf-8"))


def test_a_line_is_the_article_with_its_id_story_and_annotations(press: sa.Engine, tmp_path: Path) -> None:
    export(press, {}, "jsonl", tmp_path / "out")
    found = {line["canonical_url"]: line for line in lines(tmp_path / "out" / "articles.jsonl")}
    assert len(found) == len(the_press())
    for article in the_press():
        line = found[article.canonical_url]
        assert list(line) == CONTRACT
        assert line["id"] == article_id(article.canonical_url)
        assert {key: line[key] for key in article.to_json()} == article.to_json()
        assert {key: line[key] for key in article.annotations.to_json()} == article.annotations.to_json()


def test_a_story_is_named_by_its_lead_article(press: sa.Engine, tmp_path: Path) -> None:
    export(press, {}, "jsonl", tmp_path / "out")
    story = {line["canonical_url"]: line["story"] for line in lines(tmp_path / "out" / "articles.jsonl")}
    for n in range(12):
        lead = article_id(f"https://a.example/{n}.html")
        assert story[f"https://a.example/{n}.html"] == lead
        assert n % 4 or story[f"https://b.example/{n}.html"] == lead


@pytest.mark.parametrize("format", ["text", "jsonl"])
def test_the_same_articles_give_the_same_bytes_in_whatever_order_they_came_and_on_both_databases(
    tmp_path: Path, sqlite_url: str, postgres_url: str, format: Format
) -> None:
    found = the_press()
    outputs = []
    for n, url in enumerate((sqlite_url, f"sqlite:///{tmp_path / 'other.db'}", postgres_url)):
        random.Random(n).shuffle(found)
        engine = open_database(url)
        fill(engine, found)
        done = export(engine, {}, format, tmp_path / f"out{n}")
        again = export(engine, {}, format, tmp_path / f"out{n}")
        assert (done.sha256, done.articles) == (again.sha256, again.articles)
        outputs.append(content(tmp_path / f"out{n}"))
        engine.dispose()
    assert outputs[0] == outputs[1] == outputs[2]


def test_the_order_does_not_follow_the_collation_of_a_database(engine: sa.Engine, tmp_path: Path) -> None:
    when = "2026-11-03T08:00:00+07:00"
    urls = [f"https://a.example/{name}" for name in ("B", "a", "_", "Z-1", "z1", "đ", "~")]
    found = [an_article(write(n + 200), url, source="bao-a", published=when) for n, url in enumerate(urls)]
    fill(engine, found)
    export(engine, {}, "jsonl", tmp_path / "out")
    assert [line["canonical_url"] for line in lines(tmp_path / "out" / "articles.jsonl")] == sorted(urls)


@pytest.mark.parametrize("format", ["text", "jsonl"])
def test_the_sums_and_the_manifest_can_be_verified(press: sa.Engine, tmp_path: Path, format: Format) -> None:
    out = tmp_path / "out"
    done = export(press, {}, format, out)
    sums = dict(reversed(line.split("  ")) for line in (out / "SHA256SUMS").read_text().splitlines())
    assert set(sums) == {p.name for p in out.iterdir()} - {"manifest.json", "SHA256SUMS"}
    for name, sha256 in sums.items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == sha256
    told = manifest(out)
    assert told["sha256"] == done.sha256 == hashlib.sha256((out / "SHA256SUMS").read_bytes()).hexdigest()
    assert (told["articles"], told["files"], told["format"]) == (16, len(sums), format)
    assert told["sources"] == {"bao-a": 13, "bao-b": 3}
    assert "unfinished" not in told and told["rights"]


def test_since_and_until_are_days_of_publication_and_the_last_is_not_in(
    press: sa.Engine, tmp_path: Path
) -> None:
    since, until = (datetime.fromisoformat(f"2026-11-{d}T00:00:00+07:00") for d in ("03", "06"))
    export(press, {}, "jsonl", tmp_path / "out", since=since, until=until)
    days = [line["published"][:10] for line in lines(tmp_path / "out" / "articles.jsonl")]
    assert days == ["2026-11-03", "2026-11-04", "2026-11-05"]
    assert manifest(tmp_path / "out")["since"] == "2026-11-03T00:00:00+07:00"


def test_a_query_selects_and_a_wrong_one_touches_nothing(press: sa.Engine, tmp_path: Path) -> None:
    title = the_press()[2].title
    export(press, {}, "jsonl", tmp_path / "out", query=f'tiêu-đề:"{title}"')
    found = lines(tmp_path / "out" / "articles.jsonl")
    assert found and {line["title"] for line in found} == {title}
    before = content(tmp_path / "out")
    with pytest.raises(InvalidQuery):
        export(press, {}, "jsonl", tmp_path / "out", query='"open')
    assert content(tmp_path / "out") == before


def test_one_article_of_each_story_is_the_lead_or_the_best_of_the_selection(
    press: sa.Engine, tmp_path: Path
) -> None:
    done = export(press, {}, "jsonl", tmp_path / "out", one_per_story=True)
    found = lines(tmp_path / "out" / "articles.jsonl")
    assert done.articles == 13 and all(line["id"] == line["story"] for line in found)
    since = datetime.fromisoformat("2026-11-02T00:00:00+07:00")  # after the lead of story 0
    export(press, {}, "jsonl", tmp_path / "out", one_per_story=True, since=since)
    kept = lines(tmp_path / "out" / "articles.jsonl")
    assert len({line["story"] for line in kept}) == len(kept) == 12
    assert kept[1]["canonical_url"] == "https://b.example/0.html"


def test_parts_share_no_story_and_follow_each_other_in_time(press: sa.Engine, tmp_path: Path) -> None:
    done = export(press, {}, "jsonl", tmp_path / "out", split=True)
    parts = {name: lines(tmp_path / "out" / f"{name}.jsonl") for name in ("train", "validation", "test")}
    assert {name: len(found) for name, found in parts.items()} == dict(done.parts or {})
    assert all(parts.values()) and sum(map(len, parts.values())) == done.articles == 16
    stories = [{line["story"] for line in found} for found in parts.values()]
    assert not (stories[0] & stories[1] or stories[0] & stories[2] or stories[1] & stories[2])
    assert {line["id"] for line in parts["train"]} >= {article_id("https://a.example/99.html")}, "undated"
    started = [min(line["published"] for line in found if line["published"]) for found in parts.values()]
    assert started == sorted(started)
    assert not (tmp_path / "out" / "articles.jsonl").exists()
    assert manifest(tmp_path / "out")["parts"] == done.parts


def test_parts_are_for_lines_only(press: sa.Engine, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="--split"):
        export(press, {}, "text", tmp_path / "out", split=True)


def test_another_format_takes_the_place_of_an_earlier_export(press: sa.Engine, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(press, {}, "text", out)
    export(press, {}, "jsonl", out, split=True)
    assert {p.name for p in out.iterdir()} == {
        "train.jsonl", "validation.jsonl", "test.jsonl", "manifest.json", "SHA256SUMS",
    }  # fmt: skip


@pytest.mark.parametrize(
    "files",
    [
        {"thesis.txt": "mine"},
        {"train.jsonl": "{}"},
        {"manifest.json": '{"name": "some web app"}', "notes.txt": "mine"},
        {"manifest.json": "no json", "articles.jsonl": "mine"},
    ],
)
def test_a_folder_of_somebody_else_is_refused_and_left_as_it_was(
    press: sa.Engine, tmp_path: Path, files: dict[str, str]
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    out = tmp_path
    before = {name: (out / name).read_text() for name in files}
    with pytest.raises(InvalidInput, match="--out"):
        export(press, {}, "jsonl", out)
    assert {name: (out / name).read_text() for name in files} == before
    with pytest.raises(InvalidInput, match="not a folder"):
        export(press, {}, "jsonl", out / next(iter(files)))


def test_a_note_of_the_reader_in_an_export_is_left_alone(press: sa.Engine, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(press, {}, "text", out)
    (out / "notes.txt").write_text("mine")
    export(press, {}, "text", out)
    assert (out / "notes.txt").read_text() == "mine"
    assert "notes.txt" not in (out / "SHA256SUMS").read_text()


def test_an_export_that_was_killed_says_so_and_is_written_again(
    press: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = export(press, {}, "text", tmp_path / "whole")

    def dying(*_: Any, **__: Any) -> Iterator[Any]:
        raise KeyboardInterrupt

    monkeypatch.setattr("crawler.store.corpus.Corpus.articles", dying)
    with pytest.raises(KeyboardInterrupt):
        export(press, {}, "text", tmp_path / "out")
    assert manifest(tmp_path / "out")["unfinished"] is True
    monkeypatch.undo()
    assert export(press, {}, "text", tmp_path / "out").sha256 == whole.sha256


def test_an_empty_store_is_an_empty_corpus(engine: sa.Engine, tmp_path: Path) -> None:
    for split in (False, True):
        done = export(engine, {}, "jsonl", tmp_path / f"out{split}", split=split)
        assert done.articles == 0 and all(
            p.read_bytes() == b"" for p in (tmp_path / f"out{split}").glob("*.jsonl")
        )
    assert export(engine, {}, "text", tmp_path / "text").files == 0


def test_the_words_of_a_line_are_places_in_its_text(press: sa.Engine, tmp_path: Path) -> None:
    export(press, {}, "jsonl", tmp_path / "words", words=True)
    export(press, {}, "jsonl", tmp_path / "plain")
    with_words, plain = (
        [json.loads(line) for line in (tmp_path / name / "articles.jsonl").read_text("utf-8").splitlines()]
        for name in ("words", "plain")
    )
    for line in with_words:
        text, places = line["text"], line.pop("words")
        words = [text[start:end] for start, end in places]
        assert "".join("".join(words).split()) == "".join(text.split())
        assert all(before[1] <= after[0] for before, after in pairwise(places))
        assert any(" " in word for word in words)
        assert not any("\n" in word for word in words)
    assert with_words == plain
    manifest = json.loads((tmp_path / "words" / "manifest.json").read_text("utf-8"))
    assert manifest["words"].startswith("underthesea ")
    assert export(press, {}, "jsonl", tmp_path / "again", words=True).sha256 == manifest["sha256"]


def test_words_are_for_lines_only(press: sa.Engine, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="only with jsonl and parquet"):
        export(press, {}, "text", tmp_path, words=True)


def test_parquet_holds_the_articles_of_the_lines_and_is_the_same_again(
    press: sa.Engine, tmp_path: Path
) -> None:
    from pyarrow import parquet

    done = export(press, {}, "parquet", tmp_path / "out", split=True)
    export(press, {}, "jsonl", tmp_path / "lines", split=True)
    assert done.parts is not None and sum(done.parts.values()) == done.articles
    for part, articles in done.parts.items():
        found = parquet.read_table(tmp_path / "out" / f"{part}.parquet").column("id").to_pylist()
        assert found == [line["id"] for line in lines(tmp_path / "lines" / f"{part}.jsonl")]
        assert len(found) == articles
    again = export(press, {}, "parquet", tmp_path / "out", split=True)
    assert again.sha256 == done.sha256
    sums = (tmp_path / "out" / "SHA256SUMS").read_text()
    for line in sums.splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == digest
    export(press, {}, "text", tmp_path / "out")
    assert not list((tmp_path / "out").glob("*.parquet"))
