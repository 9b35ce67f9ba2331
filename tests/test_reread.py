"""Stored articles read again: the same page gives the same article, what differs is told first, and nobody hears of it."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.crawl.rereading import Checkpoint
from crawler.reading.differences import FieldDifference
from crawler.store import article_editing, rereading, schema, watches
from crawler.store.changed import list_changes
from crawler.store.database import open_database
from crawler.store.rereading import Wanted
from crawler.store.schema_delivery import alert, owed
from tests.small_press import NOW, Answer, Outlet, article_html, crawl, environment, serving

CUT = ("[extract]", '[extract]\nremove = ["div.body p:last-child"]')
"""A row that reads the pages otherwise: without their last paragraph."""


class Room:
    """A crawled outlet, its rows, and its store."""

    def __init__(self, outlet: Outlet, rows: Path, data: Path, url: str) -> None:
        self.outlet, self.rows, self.data, self.url = outlet, rows, data, url
        self.engine = open_database(url)

    def crawl(self, **more: Any) -> Any:
        return crawl(self.rows, self.data, **{"DIEMTIN_DATABASE_URL": self.url, **more})

    def environment(self, **more: str) -> dict[str, str]:
        own = {"DIEMTIN_NOW": (NOW + timedelta(days=1)).isoformat(), "DIEMTIN_DATABASE_URL": self.url}
        return environment(self.rows, self.data, **{**own, **more})

    def diemtin(self, *arguments: str, ok: int = 0, **more: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "crawler", *arguments],
            env=self.environment(**more),
            capture_output=True,
            timeout=120,
        )
        assert done.returncode == ok, done.stderr.decode()[-3000:]
        return done.stdout.decode()

    def reread(self, *arguments: str) -> dict[str, Any]:
        return dict(json.loads(self.diemtin("reread", "--json", *arguments)))

    def read_otherwise(self) -> None:
        row = self.rows / f"{self.outlet.id}.toml"
        row.write_text(row.read_text().replace(*CUT))

    def versions(self) -> list[tuple[int, int, bool]]:
        """(article, number, reread)."""
        v = schema.version.c
        with self.engine.connect() as connection:
            rows = connection.execute(sa.select(v.article, v.n, v.reread).order_by(v.article, v.n))
            return [(row.article, row.n, bool(row.reread)) for row in rows]


@contextmanager
def a_room(tmp_path: Path, articles: int, url: str | None = None) -> Iterator[Room]:
    outlet = Outlet("bao", size=articles)
    outlet.add(1, articles)
    data = tmp_path / "d"
    with serving(outlet, folder=tmp_path) as rows:
        room = Room(outlet, rows, data, url or f"sqlite:///{tmp_path / 'store.db'}")
        yield room
        room.engine.dispose()


def everything_told(engine: sa.Engine) -> list[Any]:
    with engine.connect() as connection:
        alerts = connection.execute(sa.select(alert).order_by(alert.c.id)).all()
        return [*alerts, *connection.execute(sa.select(*owed.primary_key).order_by(*owed.primary_key)).all()]


def test_the_page_that_was_kept_is_read_as_it_was_read_then(tmp_path: Path) -> None:
    with a_room(tmp_path, 6) as room:
        room.crawl()
        found = room.reread()
        assert (found["seen"], found["same"], found["changed"]) == (6, 6, 0)
        assert room.reread("--write")["written"] == 0
        assert all(n == 1 for _, n, _ in room.versions())


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_what_is_read_otherwise_is_told_then_written_and_nobody_hears_of_it(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with a_room(tmp_path, 5, request.getfixturevalue(f"{kind}_url")) as room:
        with room.engine.begin() as connection:
            for scope in ("article", "story", "document", "meeting", "change"):
                watches.add_watch(
                    connection, query="đảng viên", addresses=["a@example.org"], scope=scope, name=scope,
                    now=NOW - timedelta(days=900), follow_up=scope in ("article", "story"),
                )  # fmt: skip
        room.crawl()
        room.outlet.add(201, 202)  # what stood there at the first look is no news
        room.crawl(now=NOW + timedelta(hours=2))
        room.diemtin("deliver")  # what was mailed is followed up
        before = everything_told(room.engine)
        assert before, "the watches were told of the articles when they were new"
        room.read_otherwise()
        told = room.reread()
        assert (told["changed"], told["written"], told["fields"]["blocks"]) == (7, 0, 7)
        assert len(told["largest"]) == 7 and any(line.startswith("-paragraph: Đợt") for line in told["diff"])
        assert room.versions() == [(id_, 1, False) for id_, _, _ in room.versions()]
        assert room.reread("--write")["written"] == 7
        assert [(n, ours) for _, n, ours in room.versions()] == [(1, False), (2, True)] * 7
        assert everything_told(room.engine) == before
        with room.engine.connect() as connection:
            assert list_changes(connection) == []
            texts = connection.scalars(sa.select(schema.version.c.text).where(schema.version.c.n == 2)).all()
        assert all("kết thúc với kế hoạch" not in text for text in texts)
        assert json.loads(room.diemtin("search", '"kết thúc với kế hoạch"', "--json"))["total"] == 0
        assert "báo không sửa gì" in room.diemtin("versions", room.outlet.url(3))
        assert room.reread("--write")["same"] == 7, "a second run finds nothing to do"
        again = room.crawl(now=NOW + timedelta(days=2))["bao"]
        assert (again["updated"], again["unchanged"]) == (0, 7), (
            "the newspaper's page says what our version says"
        )
        room.diemtin("deliver")
        assert everything_told(room.engine) == before


def test_what_a_person_corrected_holds(tmp_path: Path) -> None:
    with a_room(tmp_path, 2) as room:
        room.crawl()
        with room.engine.connect() as connection:
            id_ = connection.execute(sa.select(schema.article.c.id)).scalars().first()
        assert id_ is not None
        article_editing.correct_published(room.engine, id_, "2026-10-01", who="Lan", registry={}, now=NOW)
        assert room.reread()["changed"] == 0, "a correction is no difference of the reader's"
        room.read_otherwise()
        assert room.reread("--write")["written"] == 2
        with room.engine.connect() as connection:
            row = connection.execute(sa.select(schema.article).where(schema.article.c.id == id_)).one()
        assert (row.version, row.published) == (2, "2026-10-01")


def test_only_dates_and_only_annotations_leave_the_rest(tmp_path: Path) -> None:
    with a_room(tmp_path, 3) as room:
        room.crawl()
        room.read_otherwise()
        row = room.rows / "bao.toml"
        row.write_text(row.read_text().replace('published = "div.time"', 'published = "div.none"'))
        dates = room.reread("--only", "dates")
        assert dates["changed"] == 3 and set(dates["fields"]) <= {
            "published", "published_precision", "published_from", "updated", "dates",
        }  # fmt: skip
        version = schema.version
        with room.engine.begin() as connection:
            notes = {"citations": [], "meetings": [], "relevant": True, "topics": []}
            connection.execute(sa.update(version).values(notes=notes))
        for path in (room.data / "warc").iterdir():
            path.unlink()
        found = room.reread("--only", "annotations", "--write")
        assert found["written"] == found["changed"] >= 1, "no page is needed"
        assert set(found["fields"]) <= {"citations", "meetings", "called_off", "relevant", "topics"}
        assert room.reread()["unread"] == {"tệp không còn / the file is gone": 3}


def test_sources_days_and_readers_choose(tmp_path: Path) -> None:
    with a_room(tmp_path, 4) as room:
        room.crawl()
        day = room.outlet.published(3).isoformat()
        assert room.reread("bao", "--since", day)["seen"] == 2
        assert room.reread("--until", day)["seen"] == 2
        room.diemtin("reread", "khong-co", ok=2)
        assert room.reread("--only", "reader")["seen"] == 0
        with room.engine.begin() as connection:
            ids = sa.select(schema.article.c.id).limit(3)
            connection.execute(
                sa.update(schema.version).where(schema.version.c.article.in_(ids)).values(reader=None)
            )
        assert "3 bài do bộ đọc cũ đọc" in room.diemtin("health")
        assert room.reread("--only", "reader", "--write")["same"] == 3
        assert "bộ đọc cũ" not in room.diemtin("health")


def test_a_page_of_before_an_edit_is_not_taken_for_the_text_of_today(tmp_path: Path) -> None:
    changed = False
    with a_room(tmp_path, 2) as room:
        room.outlet.rules.append(
            lambda o, ask: (
                Answer(article_html(1, o.published(1)).replace("chọn", "nhận"))
                if changed and "post1.html" in ask.path
                else None
            )
        )
        room.crawl()
        changed = True
        assert room.crawl(now=NOW + timedelta(days=2), DIEMTIN_ARCHIVE__KEEP="off")["bao"]["updated"] == 1
        found = room.reread()
    assert (found["same"], found["without_page"]) == (1, 1)


def test_kill_9_in_the_middle_and_the_next_run_goes_on_behind(tmp_path: Path) -> None:
    with a_room(tmp_path, 150) as room:
        room.crawl()
        room.read_otherwise()
        running = subprocess.Popen(
            [sys.executable, "-m", "crawler", "reread", "--write"],
            env=room.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        deadline = time.monotonic() + 90
        while not (room.data / "reread.json").exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        running.send_signal(signal.SIGKILL)
        running.communicate()
        written = sum(ours for _, _, ours in room.versions())
        assert 64 <= written < 150
        going_on = room.reread("--write")
        assert going_on["seen"] < 150
        assert [n for _, n, ours in room.versions() if ours] == [2] * 150
        assert not (room.data / "reread.json").exists()


def test_ctrl_c_shows_what_was_found_until_then(tmp_path: Path) -> None:
    with a_room(tmp_path, 150) as room:
        room.crawl()
        room.read_otherwise()
        running = subprocess.Popen(
            [sys.executable, "-m", "crawler", "reread", "--write"],
            env=room.environment(DIEMTIN_WORKERS="1"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        deadline = time.monotonic() + 90
        while not (room.data / "reread.json").exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
        assert running.returncode == 130, err.decode()[-2000:]
        assert "đọc khác, đã ghi" in out.decode() and "thân bài" in out.decode()
        assert b"Traceback" not in err


def test_a_mark_of_another_run_or_half_a_mark_begins_anew(tmp_path: Path) -> None:
    mark = Checkpoint(tmp_path / "reread.json", "a")
    mark.reached(77)
    assert Checkpoint(tmp_path / "reread.json", "a").after == 77
    assert Checkpoint(tmp_path / "reread.json", "b").after == 0
    (tmp_path / "reread.json").write_text('{"asked": "a", "aft')
    assert Checkpoint(tmp_path / "reread.json", "a").after == 0
    mark.done()
    assert not (tmp_path / "reread.json").exists()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # warcio leaves its buffers
def test_pages_of_a_file_that_another_tool_wrote_are_read(tmp_path: Path) -> None:
    with a_room(tmp_path, 3) as room:
        room.crawl(DIEMTIN_ARCHIVE__KEEP="off")
        assert room.reread()["without_page"] == 3
        path = tmp_path / "theirs.warc.gz"
        with path.open("wb") as file:
            writer = WARCWriter(file, gzip=True)
            for url, n, day in (
                (room.outlet.url(2), 2, 1),
                (room.outlet.url(3), 3, -30),
                ("http://elsewhere.example/", 1, 1),
            ):
                http = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], "HTTP/1.1")
                body = article_html(n, room.outlet.published(n)).replace("nhóm việc", "nhóm VIỆC MỚI")
                at = (NOW + timedelta(days=day)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                record = writer.create_warc_record(
                    url, "response", payload=io.BytesIO(body.encode()), http_headers=http,
                    warc_headers_dict={"WARC-Date": at},
                )  # fmt: skip
                writer.write_record(record)
        found = room.reread("--from", str(path))
    assert (found["seen"], found["changed"], found["without_page"]) == (2, 1, 1), "a page of before is left"
    assert found["largest"][0]["url"] == room.outlet.url(2)


def test_an_article_that_was_edited_meanwhile_is_left(tmp_path: Path) -> None:
    with a_room(tmp_path, 1) as room:
        room.crawl()
        [old] = rereading.batch_of(room.engine, Wanted(), after=0, most=9)
        with room.engine.begin() as connection:
            connection.execute(sa.update(schema.article).values(version=2))
        from crawler.story.fingerprint import fingerprint_of

        done = rereading.write(
            room.engine, old, old.read, key="k", fingerprint=fingerprint_of(old.read), province=None,
            now=datetime.now(UTC),
        )  # fmt: skip
    assert done is False


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_difference_has_a_size_whichever_way_one_looks(old: str, new: str) -> None:
    size = FieldDifference("title", old, new).size
    assert size == FieldDifference("title", new, old).size
    assert (size == 0) == (old == new) and size <= max(1, len(old) + len(new))
