"""A release stands alone: the same bytes again, every article accounted for, read back by others, whole or named."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import zstandard

from crawler.corpus.card import RULES
from crawler.corpus.release import Released, ReleaseWish, release
from crawler.corpus.verify import verify
from crawler.errors import InvalidInput, InvalidQuery
from crawler.source import Source
from crawler.store.database import open_database
from crawler.store.schema import article, run
from tests.test_export import fill, the_press

WISH = ReleaseWish(day=date(2026, 12, 1), title="Kho thử", publisher="Phòng thử nghiệm")


def of_url(engine: sa.Engine, end: str, **values: Any) -> None:
    with engine.begin() as connection:
        changed = connection.execute(sa.update(article).where(article.c.url.endswith(end)).values(**values))
    assert changed.rowcount == 1


@pytest.fixture
def press(engine: sa.Engine) -> sa.Engine:
    fill(engine, the_press())
    return engine


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of the press, with the words."""
    folder = tmp_path_factory.mktemp("release")
    engine = open_database(f"sqlite:///{folder / 'diemtin.db'}")
    fill(engine, the_press())
    release(engine, {}, folder / "out", replace(WISH, words=True))
    engine.dispose()
    return folder / "out"


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    """One that a test may break."""
    out = tmp_path / "out"
    for path in made.rglob("*"):
        if path.is_file():
            target = out / path.relative_to(made)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    return out


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_same_press_gives_the_same_bytes_on_every_database_in_any_order(
    press: sa.Engine, tmp_path: Path
) -> None:
    other = open_database(f"sqlite:///{tmp_path / 'other.db'}")
    shuffled = the_press()
    random.Random(3).shuffle(shuffled)
    fill(other, shuffled)
    one = release(press, {}, tmp_path / "one", WISH)
    two = release(other, {}, tmp_path / "two", WISH)
    other.dispose()
    assert one.sha256 == two.sha256
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")


def test_articles_released_and_left_out_add_up_to_the_store(press: sa.Engine, tmp_path: Path) -> None:
    of_url(press, "a.example/1.html", set_aside=datetime(2026, 11, 21, tzinfo=UTC))
    of_url(press, "a.example/2.html", taken_down=datetime(2026, 11, 21, tzinfo=UTC))
    reserved = Source.model_validate(
        {
            "id": "bao-b", "name": "Báo B", "province": "Lam Hà", "fictitious": True, "evidence": "seen",
            "homepage": "https://b.example/", "sections": [{"name": "X", "url": "https://b.example/x"}],
            "articles": {"url": "^https://b"}, "rights": {"seen": "2026-11-20", "reserved": ["tdm-reservation"]},
        }
    )  # fmt: skip
    wish = replace(WISH, since=datetime(2026, 11, 2, tzinfo=UTC), without_reserved=True)
    done = release(press, {"bao-b": reserved}, tmp_path / "out", wish)
    assert set(done.left_out) == set(RULES)
    assert done.articles + sum(done.left_out.values()) == len(the_press())
    assert (done.left_out["set_aside"], done.left_out["withdrawn"], done.left_out["rights"]) == (1, 1, 3)
    assert done.left_out["window"] == 2  # the first day, and the one without a date
    assert sum(done.parts.values()) == done.articles
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["left_out"] == done.left_out
    assert sum(manifest["counts"]["source"].values()) == done.articles == manifest["articles"]


def test_a_withdrawn_article_is_listed_by_its_hash_alone(press: sa.Engine, tmp_path: Path) -> None:
    of_url(press, "a.example/2.html", taken_down=datetime(2026, 11, 21, tzinfo=UTC))
    gone = the_press()[3]
    assert gone.canonical_url.endswith("a.example/2.html")
    release(press, {}, tmp_path / "out", WISH)
    assert len((tmp_path / "out" / "withdrawn.txt").read_text().split()) == 1
    for name, content in texts_of(tmp_path / "out").items():
        assert gone.title not in content and gone.canonical_url not in content, name


def texts_of(folder: Path) -> Mapping[str, str]:
    """What can be read in the files, the packed ones unpacked."""
    found = {}
    for name, content in bytes_of(folder).items():
        if name.endswith(".zst"):
            content = zstandard.ZstdDecompressor().decompressobj().decompress(content)
        found[name] = content.decode("utf-8", "replace")
    return found


def test_one_article_a_story_leaves_out_the_copies(press: sa.Engine, tmp_path: Path) -> None:
    done = release(press, {}, tmp_path / "out", replace(WISH, one_per_story=True))
    assert (done.articles, done.left_out["reprint"]) == (13, 3)


def test_the_rows_of_parquet_are_the_lines_of_json(made: Path) -> None:
    from pyarrow import parquet

    table = parquet.read_table(made / "data" / "train.parquet")
    lines = zstandard.ZstdDecompressor().decompressobj().decompress(
        (made / "jsonl" / "train.jsonl.zst").read_bytes()
    )  # fmt: skip
    records = [json.loads(line) for line in lines.splitlines()]
    rows = table.to_pylist()
    assert [row["id"] for row in rows] == [one["id"] for one in records]
    for row, one in zip(rows, records, strict=True):
        assert row["text"] == one["text"] and row["paragraphs"] == one["paragraphs"]
        assert [[w["start"], w["end"]] for w in row["words"]] == one["words"]
        assert [
            {k: c[k] for k in found} for c, found in zip(row["citations"], one["citations"], strict=True)
        ] == one["citations"]
        told = row["published"].isoformat() if row["published"] else None
        assert told == one["published"]
    assert str(table.schema.field("published").type) == "timestamp[ms, tz=+07:00]"


def test_duckdb_reads_the_parts(made: Path) -> None:
    import duckdb

    total = duckdb.sql(f"SELECT count(*), min(published_day) FROM '{made}/data/*.parquet'").fetchall()
    assert total == [(16, date(2026, 11, 1))]


def test_pandas_reads_moments_with_their_zone(made: Path) -> None:
    import pandas

    table = pandas.concat(pandas.read_parquet(path) for path in sorted((made / "data").glob("*.parquet")))
    assert len(table) == 16 and table["published"].notna().sum() == 15
    moments = table["published"].dropna()
    assert {one.utcoffset() for one in moments} == {timedelta(hours=7)}
    assert moments.min().isoformat() == "2026-11-01T08:00:00+07:00"


def test_the_manifest_tells_what_became_of_the_pages_of_all_runs(press: sa.Engine, tmp_path: Path) -> None:
    with press.begin() as connection:
        for counts in ({"stored": 14, "dropped:off_topic": 3}, {"stored": 2, "unchanged": 5}):
            connection.execute(
                sa.insert(run).values(
                    source="bao-a", started=datetime(2026, 11, 20, tzinfo=UTC), counts=counts
                )
            )
    release(press, {}, tmp_path / "out", WISH)
    told = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert told["pages_by_disposition"] == {"dropped:off_topic": 3, "stored": 16, "unchanged": 5}


def test_hugging_face_reads_the_folder(made: Path, tmp_path: Path) -> None:
    script = (
        "import sys, datasets\n"
        "found = datasets.load_dataset(sys.argv[1], cache_dir=sys.argv[2])\n"
        "print({part: len(rows) for part, rows in found.items()})\n"
    )
    environment = {
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
    }
    ran = subprocess.run(
        [sys.executable, "-c", script, str(made), str(tmp_path / "cache")],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    parts = json.loads((made / "manifest.json").read_text(encoding="utf-8"))["parts"]
    assert ran.stdout.strip() == str({part: n for part, n in parts.items() if n})


def test_croissant_is_valid_and_leads_to_the_rows(made: Path) -> None:
    script = (
        "import sys, mlcroissant\n"
        "found = mlcroissant.Dataset(jsonld=sys.argv[1])\n"
        "print(next(iter(found.records('train')))['train/id'].decode())\n"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, str(made / "croissant.json")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    first = (made / "index.tsv").read_text().splitlines()[1].split("\t")[0]
    assert ran.stdout.strip() == first


def test_a_whole_release_has_no_fault(made: Path) -> None:
    assert verify(made) == []


def test_one_flipped_bit_in_any_file_is_found_and_the_file_named(made: Path, copy: Path) -> None:
    for path in sorted(copy.rglob("*")):
        if not path.is_file() or not (content := path.read_bytes()):
            continue
        place = len(content) // 2
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        name = path.relative_to(copy).as_posix()
        assert name in {fault.file for fault in verify(copy)}, name
        path.write_bytes(content)
    assert verify(copy) == []


def test_a_missing_a_foreign_and_a_linked_file_are_named(copy: Path) -> None:
    (copy / "data" / "test.parquet").unlink()
    (copy / "data" / "more.parquet").write_bytes(b"x")
    (copy / "index.tsv").rename(copy.with_name("elsewhere.tsv"))
    (copy / "index.tsv").symlink_to(copy.with_name("elsewhere.tsv"))
    assert [fault.file for fault in verify(copy)] == ["data/more.parquet", "data/test.parquet", "index.tsv"]


def test_what_is_no_release_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="SHA256SUMS"):
        verify(tmp_path)


def test_a_release_tells_what_changed_since_an_earlier_one(press: sa.Engine, tmp_path: Path) -> None:
    of_url(press, "a.example/5.html", set_aside=datetime(2026, 11, 21, tzinfo=UTC))
    release(press, {}, tmp_path / "first", WISH)
    of_url(press, "a.example/5.html", set_aside=None)
    of_url(press, "a.example/2.html", taken_down=datetime(2026, 11, 21, tzinfo=UTC))
    of_url(press, "a.example/3.html", set_aside=datetime(2026, 11, 21, tzinfo=UTC))
    index = tmp_path / "first" / "index.tsv"
    head, line, *rest = index.read_text().splitlines(keepends=True)
    index.write_text(head + line.replace(line.split("\t")[2], "0" * 64 + "\n") + "".join(rest))
    done = release(press, {}, tmp_path / "second", WISH, earlier=tmp_path / "first")
    assert done.changes == {"added": 1, "changed": 1, "withdrawn": 1, "left_out": 1}
    assert "sửa / changed\n1" in (tmp_path / "second" / "README.md").read_text(encoding="utf-8")
    assert verify(tmp_path / "second") == []


def refused(press: sa.Engine, out: Path, wish: ReleaseWish = WISH, earlier: Path | None = None) -> str:
    with pytest.raises((InvalidInput, InvalidQuery)) as caught:
        release(press, {}, out, wish, earlier=earlier)
    return str(caught.value)


def test_what_cannot_be_released_leaves_nothing_behind(press: sa.Engine, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "mine.txt").write_text("của tôi")
    assert "choose a new folder" in refused(press, taken)
    assert "no article is left" in refused(press, tmp_path / "out", replace(WISH, query="không-có-từ-này"))
    assert "(query 16)" in refused(press, tmp_path / "out", replace(WISH, query="không-có-từ-này"))
    refused(press, tmp_path / "out", replace(WISH, query="(chi bộ"))
    assert "is no release" in refused(press, tmp_path / "out", earlier=taken)
    assert sorted(path.name for path in tmp_path.iterdir() if "diemtin.db" not in path.name) == ["taken"]
    assert (taken / "mine.txt").read_text() == "của tôi"


def test_a_release_that_was_killed_is_none_and_the_next_one_is_whole(
    press: sa.Engine, tmp_path: Path
) -> None:
    left = tmp_path / ".out.making"
    (left / "data").mkdir(parents=True)
    (left / "data" / "train.parquet").write_bytes(b"half")
    release(press, {}, tmp_path / "out", WISH)
    assert verify(tmp_path / "out") == [] and not left.exists()


def test_a_hostile_title_breaks_neither_card_nor_citation(press: sa.Engine, tmp_path: Path) -> None:
    title = 'Kho: "thử" {{ facts }}\n---\n- x: |'
    done: Released = release(press, {}, tmp_path / "out", replace(WISH, title=title, publisher="A\nB"))
    card = (done.folder / "README.md").read_text(encoding="utf-8")
    assert card.splitlines()[3] == 'pretty_name: "Kho: \\"thử\\" {{ facts }} --- - x: |"'
    assert card.count("\n---\n") == 1
    assert '- name: "A B"\n' in (done.folder / "CITATION.cff").read_text(encoding="utf-8")


def test_without_pyarrow_it_is_said_how_to_get_it(
    press: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert "pip install 'diemtin[corpus]'" in refused(press, tmp_path / "out")


def test_the_commands_release_and_verify(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'data' / 'diemtin.db'}")
    fill(engine, the_press())
    engine.dispose()

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "crawler", "--data", str(tmp_path / "data"), *words]
        return subprocess.run(command, capture_output=True, text=True)

    out = tmp_path / "out"
    made = run("release", str(out), "--json")
    assert (made.returncode, json.loads(made.stdout)["articles"]) == (0, 16), made.stderr
    assert run("release", "verify", str(out)).stdout.strip().endswith("nguyên vẹn / whole")
    (out / "index.tsv").unlink()
    broken = run("release", "verify", str(out))
    assert (broken.returncode, broken.stdout.split(":")[0]) == (1, "index.tsv")
    assert run("release", str(out)).returncode == 2
    assert "release verify" in run("release").stdout + run("release", "--help").stdout
