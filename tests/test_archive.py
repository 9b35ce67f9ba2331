"""Pages kept as they came: what is in the files, that other tools read them, and what a kill, a full disk or time does."""

from __future__ import annotations

import gzip
import io
import json
import resource
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.archive.pruning import GIGABYTE, Limits, prune, too_much
from crawler.archive.reader import ArchiveBroken, answers, page_at
from crawler.archive.record import Exchange, digest_of, kept_head, record_id, response_record
from crawler.archive.verify import verify
from crawler.archive.wacz import surt
from crawler.archive.writer import ArchiveWriter, WarcFile, names_in, whole_end
from crawler.store import articles, batch, captures
from crawler.store.captures import ArchiveFile, Capture
from crawler.store.schema_archive import capture
from tests.small_press import NOW, Answer, Ask, Outlet, article_html, crawl, environment, serving, start
from tests.test_store import an_article, count, new

BIN = Path(sys.executable).parent
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"


def tool(*command: str) -> subprocess.CompletedProcess[str]:
    """A program of somebody else's."""
    return subprocess.run([str(BIN / command[0]), *command[1:]], capture_output=True, text=True, timeout=120)


def diemtin(rows: Path, data: Path, *arguments: str, ok: int = 0, **more: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "crawler", *arguments],
        env=environment(rows, data, DIEMTIN_NOW=NOW.isoformat(), **more),
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == ok, done.stderr.decode()[-3000:]
    return done.stdout.decode()


def records(path: Path) -> list[tuple[Any, bytes]]:
    """As warcio reads them."""
    with path.open("rb") as file:
        return [(r, r.raw_stream.read()) for r in ArchiveIterator(file)]


def warc_of(data: Path) -> Path:
    [name] = names_in(data / "warc")
    return data / "warc" / name


def rows_of(data: Path) -> list[Capture]:
    engine = sa.create_engine(f"sqlite:///{data / 'diemtin.db'}")
    try:
        return [one for file in captures.files(engine) for one in captures.of_file(engine, file.name)]
    finally:
        engine.dispose()


def odd_answers(outlet: Outlet, ask: Ask) -> Answer | None:
    """Article 2 comes packed, with a cookie and headers in a spelling of its own."""
    if "post2.html" not in ask.path:
        return None
    body = gzip.compress(article_html(2, outlet.published(2)).encode(), mtime=0)
    return Answer(
        body, headers={"Content-Encoding": "gzip", "Set-Cookie": "ticket=secret", "x-OWN-spelling": "A  b"}
    )


def test_a_crawl_keeps_request_and_answer_as_they_were_and_no_cookie(tmp_path: Path) -> None:
    outlet = Outlet("bao", rules=[odd_answers])
    outlet.add(1, 4)
    with serving(outlet, folder=tmp_path) as rows:
        crawl(rows, tmp_path / "d")
        url = outlet.url(2)
    path = warc_of(tmp_path / "d")
    assert tool("warcio", "check", str(path)).returncode == 0
    found = records(path)
    assert [r.rec_type for r, _ in found] == ["warcinfo", *["request", "response"] * 4]
    info = found[0][1].decode()
    assert "software: diemtin/" in info and "operator: toa-soan@example.org" in info
    [(request, _), (response, body)] = [
        (r, b) for r, b in found if r.rec_headers.get_header("WARC-Target-URI") == url
    ]
    assert request.http_headers.get_header("User-Agent").startswith("diemtin/")
    assert response.http_headers.statusline == "200 OK"
    names = dict(response.http_headers.headers)
    assert names["x-OWN-spelling"] == "A  b" and names["Content-Encoding"] == "gzip"
    assert gzip.decompress(body).decode() == article_html(2, outlet.published(2))
    assert b"secret" not in b"".join(gzip.decompress(m) for m in [path.read_bytes()])
    stored = {one.url: one for one in rows_of(tmp_path / "d")}
    assert (stored[url].read_as, stored[url].article is not None, stored[url].fresh) == ("stored", True, True)
    page = page_at(tmp_path / "d" / "warc", stored[url])
    assert page.body.decode() == article_html(2, outlet.published(2))


def test_everything_is_kept_when_everything_is_wanted_and_the_same_payload_once(tmp_path: Path) -> None:
    outlet = Outlet("bao")
    outlet.add(1, 3)
    with serving(outlet, folder=tmp_path) as rows:
        crawl(rows, tmp_path / "d", DIEMTIN_ARCHIVE__KEEP="all")
        crawl(rows, tmp_path / "d", DIEMTIN_ARCHIVE__KEEP="all")
        told = json.loads(diemtin(rows, tmp_path / "d", "archive", "list", "--json"))
        listing = outlet.base + "/xay-dung-dang/"
        shown = diemtin(rows, tmp_path / "d", "archive", "show", listing)
    path = warc_of(tmp_path / "d")
    assert tool("warcio", "check", str(path)).returncode == 0
    assert (
        told["read_as"]["listing"] >= 2 and told["read_as"]["robots"] == 2 and told["read_as"]["stored"] == 3
    )
    again = [r for r, _ in records(path) if r.rec_type == "revisit"]
    assert listing in {r.rec_headers.get_header("WARC-Target-URI") for r in again}
    assert all(r.rec_headers.get_header("WARC-Refers-To-Target-URI") for r in again)
    assert shown == outlet.listing([3, 2, 1]) + "\n", "the payload of a revisit is that of the first answer"


@pytest.mark.parametrize("keep", ["articles", "off"])
def test_what_is_not_wanted_is_not_kept(tmp_path: Path, keep: str) -> None:
    outlet = Outlet("bao")
    outlet.add(1, 3)
    with serving(outlet, folder=tmp_path) as rows:
        crawl(rows, tmp_path / "d", DIEMTIN_ARCHIVE__KEEP=keep)
    kept = {one.read_as for one in rows_of(tmp_path / "d")}
    assert kept == ({"stored"} if keep == "articles" else set())
    assert (tmp_path / "d" / "warc").exists() == (keep == "articles")


def test_pages_that_end_otherwise_are_kept_under_what_they_were(tmp_path: Path) -> None:
    outlet = Outlet("bao")
    outlet.rules.append(lambda o, ask: Answer("", 404) if "post1.html" in ask.path else None)
    outlet.rules.append(
        lambda o, ask: Answer("<h1>Ngắn</h1><p>Tin.</p>") if "post2.html" in ask.path else None
    )
    outlet.add(1, 4)
    with serving(outlet, folder=tmp_path) as rows:
        said = crawl(rows, tmp_path / "d")["bao"]
        kept = {one.url: (one.status, one.read_as) for one in rows_of(tmp_path / "d")}
        [short] = [f"dropped:{reason}" for reason in said["dropped"] if reason != "gone"]
        assert kept[outlet.url(1)] == (404, None)
        assert kept[outlet.url(2)] == (200, short)


def test_kill_9_leaves_whole_records_and_the_next_crawl_goes_on_in_the_same_file(tmp_path: Path) -> None:
    outlet = Outlet("bao", size=40, delay=0.02)
    outlet.add(1, 40)
    data = tmp_path / "d"
    with serving(outlet, folder=tmp_path) as rows:
        running = start(rows, data, "crawl", DIEMTIN_NOW=NOW.isoformat())
        deadline = time.monotonic() + 60
        while len(outlet.asked("-post")) < 12 and time.monotonic() < deadline:
            time.sleep(0.01)
        running.send_signal(signal.SIGKILL)
        running.communicate()
        path = warc_of(data)
        with path.open("ab") as file:  # as if it had been killed in the middle of a write
            file.write(gzip.compress(b"WARC/1.1\r\nWARC-Type: response\r\n" * 50)[:60])
        before = whole_end(path)
        assert before < path.stat().st_size
        sound = io.BytesIO(path.read_bytes()[:before])
        whole = sum(r.rec_type == "response" for r in ArchiveIterator(sound, check_digests="raise"))
        going_on = start(rows, data, "crawl", DIEMTIN_NOW=NOW.isoformat())
        log = going_on.communicate(timeout=120)[1].decode()
        assert "60 byte dở dang" in log
        assert warc_of(data) == path
        assert json.loads(diemtin(rows, data, "archive", "verify", "--json"))[0]["problems"] == []
    assert tool("warcio", "check", str(path)).returncode == 0
    kept = rows_of(data)
    assert len(kept) > whole >= 8
    assert len({one.url for one in kept if one.article is not None}) == 40


def test_two_crawls_at_once_write_two_files(tmp_path: Path) -> None:
    outlets = [Outlet(name, size=10, delay=0.03) for name in ("mot", "hai")]
    for outlet in outlets:
        outlet.add(1, 10)
    data = tmp_path / "d"
    with serving(*outlets, folder=tmp_path) as rows:
        crawl(rows, data, "mot", "--limit", "1")
        both = [start(rows, data, "crawl", outlet.id, DIEMTIN_NOW=NOW.isoformat()) for outlet in outlets]
        for one in both:
            one.communicate(timeout=120)
        found = json.loads(diemtin(rows, data, "archive", "verify", "--json"))
    assert len(found) == 2 and [one["problems"] for one in found] == [[], []]
    assert sum(one["answers"] for one in found) == 20


def test_the_row_of_a_page_comes_with_its_article_or_not_at_all(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    captures.add_file(engine, "diemtin-20261121T010000Z-1.warc.gz", started=NOW)
    item = replace(new(an_article()), captured=a_capture())
    with monkeypatch.context() as broken:
        broken.setattr(batch, "settle_all", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            articles.put(engine, item, now=NOW)
    assert count(engine, capture) == 0
    stored = articles.put(engine, item, now=NOW)
    [row] = captures.of_url(engine, item.link)
    assert (row.article, row.read_as, row.at) == (stored.article, "stored", NOW)
    edited = an_article(prose=("Sáng 19/11, Đảng ủy xã Thượng Mai họp phiên bổ sung với 30 đại biểu dự.",))
    articles.put(engine, replace(new(edited), captured=a_capture(900)), now=NOW)
    assert [one.read_as for one in captures.of_url(engine, item.link)] == ["stored", "updated"]


def a_capture(offset: int = 300, **facts: Any) -> Capture:
    known = {
        "file": "diemtin-20261121T010000Z-1.warc.gz", "length": 500, "url": "https://bao-a.example/mot-1.html",
        "at": NOW, "status": 200, "mime": "text/html", "digest": "sha1:A", **facts,
    }  # fmt: skip
    return Capture(offset=offset, **known)


def test_dropping_a_file_forgets_what_stood_on_it_and_tells(engine: sa.Engine, tmp_path: Path) -> None:
    names = [f"diemtin-2026112{day}T010000Z-1.warc.gz" for day in (1, 2, 3)]
    for day, name in enumerate(names):
        (tmp_path / name).write_bytes(b"x" * 1000)
        at = NOW + timedelta(days=day)
        captures.add_file(engine, name, started=at)
        one = a_capture(file=name, at=at, digest=f"sha1:{min(day, 1)}", revisit=day == 2)
        captures.enter_apart(engine, [one], [None])
        captures.reached(engine, name, 1000, more=1, last=at)
    later = NOW + timedelta(days=3)
    assert [p.file.name for p in prune(engine, tmp_path, Limits(days=2.5), now=later, write=False)] == [
        names[0]
    ]
    assert names_in(tmp_path) == names, "a dry run deletes nothing"
    [first] = prune(engine, tmp_path, Limits(days=2.5), now=later)
    assert (first.file.name, first.lost) == (names[0], 0)
    [second] = prune(engine, tmp_path, Limits(gigabytes=1500 / GIGABYTE), now=later)
    assert (second.file.name, second.lost) == (names[1], 1), "the third day's payload stood in the second's"
    assert names_in(tmp_path) == names[2:]
    assert [bool(one.dropped) for one in captures.files(engine)] == [True, True, False]
    assert captures.of_file(engine, names[2]) == []


def test_a_file_that_is_being_written_is_not_dropped(engine: sa.Engine, tmp_path: Path) -> None:
    file = WarcFile.begin(tmp_path, NOW, {})
    captures.add_file(engine, file.path.name, started=NOW)
    assert prune(engine, tmp_path, Limits(days=1), now=NOW + timedelta(days=9)) == []
    file.close()
    assert len(prune(engine, tmp_path, Limits(days=1), now=NOW + timedelta(days=9))) == 1


def test_the_oldest_go_first_and_no_more_than_must() -> None:
    kept = [ArchiveFile(str(n), NOW + timedelta(days=n), GIGABYTE, 1, None) for n in range(5)]
    assert [one.name for one, _ in too_much(kept, Limits(gigabytes=3), now=NOW)] == ["0", "1"]
    assert too_much(kept, Limits(), now=NOW + timedelta(days=999)) == []


def an_exchange(body: bytes = b"<p>x</p>", head: bytes = HEAD, **facts: Any) -> Exchange:
    known = {"url": "https://bao-a.example/1", "at": NOW, "request": b"GET /1 HTTP/1.1\r\n\r\n", **facts}
    return Exchange(head=head, body=body, **known)


def a_writer(folder: Path, **more: Any) -> ArchiveWriter:
    return ArchiveWriter(folder, info={"software": "x"}, first_with=lambda digest: None, **more)


def test_a_file_is_closed_at_its_size_and_at_its_age(tmp_path: Path) -> None:
    writer = a_writer(tmp_path, largest=900, longest=timedelta(days=1))
    places = [writer.keep(an_exchange(bytes([65 + n]) * 10)) for n in range(4)]
    places.append(writer.keep(an_exchange(at=NOW + timedelta(days=2))))
    writer.close()
    files = list(dict.fromkeys(one.file for one in places))
    assert files == names_in(tmp_path) and len(files) >= 3
    assert files[-1].startswith("diemtin-20261123T")
    for name in files:
        assert tool("warcio", "check", str(tmp_path / name)).returncode == 0


def test_a_disk_that_is_full_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    writer = a_writer(tmp_path)
    writer.keep(an_exchange())
    [name] = names_in(tmp_path)
    size = (tmp_path / name).stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, before[1]))
        with pytest.raises(OSError, match="File too large"):
            writer.keep(an_exchange(bytes(range(256)) * 40))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert (tmp_path / name).stat().st_size == size
    writer.keep(an_exchange())
    writer.close()
    assert len(records(tmp_path / name)) == 5


def test_a_crawl_whose_archive_cannot_be_written_stores_its_articles_and_says_so(tmp_path: Path) -> None:
    outlet = Outlet("bao")
    outlet.add(1, 3)
    (tmp_path / "d").mkdir(mode=0o700)
    (tmp_path / "d" / "warc").write_text("no folder")
    with serving(outlet, folder=tmp_path) as rows:
        running = start(rows, tmp_path / "d", "crawl", "--json", DIEMTIN_NOW=NOW.isoformat())
        out, log = running.communicate(timeout=120)
    assert json.loads(out)["bao"]["stored"] == 3
    assert log.decode().count("pages are not kept any more") == 1


def test_a_truncated_answer_says_so_and_no_later_one_refers_to_it(tmp_path: Path) -> None:
    seen: list[str] = []
    writer = ArchiveWriter(tmp_path, info={}, first_with=lambda digest: seen.append(digest))
    place = writer.keep(an_exchange(truncated="disconnect"))
    writer.close()
    assert seen == []
    [response] = [r for r, _ in records(tmp_path / place.file) if r.rec_type == "response"]
    assert response.rec_headers.get_header("WARC-Truncated") == "disconnect"


@given(
    st.binary(max_size=300),
    st.lists(st.tuples(st.from_regex(r"[A-Za-z-]{1,12}", fullmatch=True), st.text("ab ;=1", max_size=9))),
)
def test_whatever_comes_is_read_back_by_warcio(body: bytes, headers: list[tuple[str, str]]) -> None:
    head = b"HTTP/1.1 200 OK\r\n" + b"".join(f"{k}: {v}\r\n".encode() for k, v in headers) + b"\r\n"
    data = response_record(an_exchange(body, head), record_id(), digest_of(body))
    record = next(ArchiveIterator(io.BytesIO(data), check_digests="raise"))
    assert record.raw_stream.read() == body
    assert record.http_headers.get_statuscode() == "200"


def test_no_secret_and_no_wrong_length_is_kept() -> None:
    head = (
        b"HTTP/1.1 200 Tot lam\r\nSET-cookie: a\r\nTransfer-Encoding: chunked\r\ncontent-length: 999\r\n"
        b"Authorization: Basic x\r\nX-Folded: a\r\n b\r\n\r\n"
    )
    assert kept_head(head, b"body") == (
        b"HTTP/1.1 200 Tot lam\r\nX-Archive-Orig-Transfer-Encoding: chunked\r\n"
        b"X-Archive-Orig-content-length: 999\r\nX-Folded: a b\r\nContent-Length: 4\r\n\r\n"
    )
    asked = b"GET / HTTP/1.1\r\nHost: a\r\nCookie: x\r\nauthorization: y\r\n\r\n"
    assert kept_head(asked) == b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # warcio leaves its buffers
def test_files_that_warcio_wrote_are_read(tmp_path: Path) -> None:
    with (tmp_path / "other.warc.gz").open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for n in (1, 2):
            http = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], "HTTP/1.0")
            payload = io.BytesIO(b"<p>%d</p>" % n)
            writer.write_record(
                writer.create_warc_record(
                    f"http://x.example/{n}", "response", payload=payload, http_headers=http
                )
            )
    found = list(answers(tmp_path / "other.warc.gz"))
    assert [(page.url, page.body) for _, _, page in found] == [
        ("http://x.example/1", b"<p>1</p>"),
        ("http://x.example/2", b"<p>2</p>"),
    ]
    offset, length, _ = found[1]
    assert offset + length == (tmp_path / "other.warc.gz").stat().st_size


def broken_ways() -> Iterator[tuple[str, Any]]:
    yield "flipped", lambda data: data[:-40] + bytes([data[-40] ^ 255]) + data[-39:]
    yield "cut", lambda data: data[:-7]
    yield "grown", lambda data: data + b"\x1f\x8b\x08garbage"
    yield "zeroed", lambda data: data[: len(data) // 2] + bytes(len(data) - len(data) // 2)


@pytest.mark.parametrize(("name", "breaks"), list(broken_ways()), ids=[name for name, _ in broken_ways()])
def test_what_is_broken_by_hand_is_found_and_named(tmp_path: Path, name: str, breaks: Any) -> None:
    writer = a_writer(tmp_path)
    kept = [writer.keep(an_exchange(bytes([65 + n]) * 90)) for n in range(6)]
    writer.close()
    path = tmp_path / kept[0].file
    known = [ArchiveFile(path.name, NOW, path.stat().st_size, 6, NOW)]
    [sound] = verify(tmp_path, known, lambda _: kept)
    assert (sound.answers, sound.problems) == (6, ())
    path.write_bytes(breaks(path.read_bytes()))
    [found] = verify(tmp_path, known, lambda _: kept)
    assert found.problems, name


def test_rows_without_records_and_records_without_rows_are_found(tmp_path: Path) -> None:
    writer = a_writer(tmp_path)
    kept = [writer.keep(an_exchange(bytes([65 + n]))) for n in range(3)]
    writer.close()
    known = [ArchiveFile(kept[0].file, NOW, 1, 3, NOW), ArchiveFile("gone.warc.gz", NOW, 1, 3, NOW)]
    rows = [*kept[:2], replace(kept[2], offset=7, url="https://bao-a.example/7")]
    found = {one.name: " ".join(one.problems) for one in verify(tmp_path, known, lambda _: rows)}
    assert "https://bao-a.example/7" in found[kept[0].file] and "1 answers are not" in found[kept[0].file]
    assert "not in the folder" in found["gone.warc.gz"]


def test_a_page_that_cannot_be_read_says_where_and_why(tmp_path: Path) -> None:
    writer = a_writer(tmp_path)
    place = writer.keep(an_exchange(head=HEAD[:-2] + b"Content-Encoding: gzip\r\n\r\n", body=b"not gzip"))
    writer.close()
    with pytest.raises(ArchiveBroken, match="cannot be unpacked"):
        _ = page_at(tmp_path, place).body
    with pytest.raises(ArchiveBroken, match="the file is gone"):
        page_at(tmp_path, replace(place, file="diemtin-20200101T000000Z-1.warc.gz"))
    with pytest.raises(ArchiveBroken):
        page_at(tmp_path, replace(place, offset=place.offset + 3))


def test_the_whole_archive_is_a_wacz_that_its_own_tool_finds_valid(tmp_path: Path) -> None:
    outlet = Outlet("bao")
    outlet.add(1, 4)
    out = tmp_path / "all.wacz"
    with serving(outlet, folder=tmp_path) as rows:
        crawl(rows, tmp_path / "d", DIEMTIN_ARCHIVE__KEEP="all")
        crawl(rows, tmp_path / "d", DIEMTIN_ARCHIVE__KEEP="all")
        told = json.loads(diemtin(rows, tmp_path / "d", "archive", "wacz", str(out), "--json"))
        url, title = outlet.url(3), "Xã Cát Vàng kiểm tra việc thực hiện nghị quyết đợt 4"
    assert told["pages"] == 4 and told["files"] == 1 and told["bytes"] == out.stat().st_size
    checked = tool("wacz", "validate", "-f", str(out))
    assert "the passed WACZ is valid" in checked.stdout, checked.stdout
    with zipfile.ZipFile(out) as package:
        lines = gzip.decompress(package.read("indexes/index.cdx.gz")).decode().splitlines()
        pages = [json.loads(line) for line in package.read("pages/pages.jsonl").decode().splitlines()]
        assert lines == sorted(lines)
        [line] = [line for line in lines if line.startswith(surt(url) + " ")]
        facts = json.loads(line.split(" ", 2)[2])
        member = package.read(f"archive/{facts['filename']}")[int(facts["offset"]) :][: int(facts["length"])]
    [record] = ArchiveIterator(io.BytesIO(member))
    assert record.rec_headers.get_header("WARC-Target-URI") == url == facts["url"]
    assert title in {page.get("title") for page in pages}


def test_show_takes_the_latest_at_or_before_a_time(tmp_path: Path) -> None:
    outlet = Outlet("bao")
    outlet.add(1, 2)
    changed = False
    outlet.rules.append(
        lambda o, ask: (
            Answer(article_html(1, o.published(1)).replace("chọn", "nhận"))
            if changed and "post1.html" in ask.path
            else None
        )
    )
    data = tmp_path / "d"
    with serving(outlet, folder=tmp_path) as rows:
        crawl(rows, data)
        changed = True
        crawl(rows, data, now=NOW + timedelta(days=2))
        url = outlet.url(1)
        assert "đề nghị mỗi chi bộ nhận" in diemtin(rows, data, "archive", "show", url)
        assert "đề nghị mỗi chi bộ nhận" not in diemtin(
            rows, data, "archive", "show", url, "--at", "2026-11-21"
        )
        diemtin(rows, data, "archive", "show", url, "--at", "2026-11-01", ok=2)
        found = json.loads(diemtin(rows, data, "archive", "show", url, "--json"))
    assert [one["read_as"] for one in found["captures"]] == ["stored", "updated"]
    assert datetime.fromisoformat(found["at"]) == NOW.astimezone(UTC) + timedelta(days=2)
