"""Reading in workers: a hostile page ends under a name, the others go on, and workers make no difference."""

from __future__ import annotations

import asyncio
import gzip
import logging
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from crawler.article import Article, Disposition, NoArticle, Page
from crawler.crawl.tasks import answers, classify, clean, likeness
from crawler.crawl.worker_pool import WorkerPool, cleaned
from crawler.crawl.workers import NoWorkers, WorkersStopped
from crawler.source import Source

ROW = Source.model_validate(
    {
        "id": "bao-nam-tuyen",
        "name": "Báo Nam Tuyến",
        "province": "Nam Tuyến",
        "homepage": "http://127.0.0.9/",
        "evidence": "seen",
        "fictitious": True,
        "sections": [{"name": "Xây dựng Đảng", "url": "http://127.0.0.9/xay-dung-dang/"}],
        "articles": {"url": r"^http://127\.0\.0\.9/[^/]+-\d+\.html$"},
        "extract": {
            "container": "div.than-bai",
            "title": "h1.tieu-de",
            "lead": "p.mo-dau",
            "published": "time",
        },
        "crawl": {"delay": 0},
    }
)
SENTENCE = (
    "Đảng ủy xã Hòa Vĩ tổ chức sinh hoạt chi bộ theo chuyên đề, quán triệt Chỉ thị số 12-CT/TU, ngày 5/3/2026 của "
    "Ban Thường vụ Tỉnh ủy và giao {} việc cho từng đảng viên. "
)


def page(body: bytes | str, number: int = 1, content_type: str = "text/html; charset=utf-8") -> Page:
    return Page(
        url=f"http://127.0.0.9/tin-{number}.html",
        body=body.encode() if isinstance(body, str) else body,
        fetched=datetime(2026, 11, 21, 1, 0, tzinfo=UTC),
        content_type=content_type,
        source=ROW.id,
    )


def sound_page(number: int) -> Page:
    paragraphs = "".join(f"<p>{SENTENCE.format(number + i) * 2}</p>" for i in range(4))
    return page(
        f"<html><head><title>Chi bộ {number}</title></head><body><h1 class='tieu-de'>Chi bộ {number} ở Hòa Vĩ nêu gương"
        f"</h1><time datetime='2026-11-20T08:0{number % 10}:00+07:00'>20/11/2026</time><p class='mo-dau'>Năm qua, chi bộ "
        f"{number} ở xã Hòa Vĩ làm tốt công tác dân vận.</p><div class='than-bai'>{paragraphs}</div></body></html>",
        number,
    )


def on_order(asked: Page, section: str | None) -> Article | NoArticle:
    """A reader that does what the page says: what a fault in a parser would do to its worker."""
    match asked.body:
        case b"hang":
            while True:
                pass
        case b"sleep":
            time.sleep(8)
        case b"eat":
            bytearray(64 * 1024**3)
        case b"segfault":
            os.kill(os.getpid(), signal.SIGSEGV)
        case b"exit":
            os._exit(7)
        case b"fault":
            raise LookupError("a fault nobody thought of")
        case b"cyclic":
            raise RecursionError("too deep")
    return clean(asked, section)


def read_all(readers: WorkerPool, pages: Sequence[Page]) -> list[Article | NoArticle]:
    async def together() -> list[Article | NoArticle]:
        return await asyncio.gather(*(cleaned(readers, p, "Xây dựng Đảng", on_order) for p in pages))

    return asyncio.run(together())


@pytest.fixture
def workers() -> Iterator[WorkerPool]:
    yield from opened(2)


@pytest.fixture
def one_worker() -> Iterator[WorkerPool]:
    yield from opened(1)


def opened(size: int) -> Iterator[WorkerPool]:
    """So many workers with the reader that does what its pages say."""
    readers = WorkerPool({ROW.id: ROW}, size=size, seconds=15)
    yield readers
    readers.close()


@pytest.mark.parametrize(
    ("order", "why", "disposition"),
    [
        (b"eat", "memory", Disposition.UNREAD),
        (b"segfault", "the worker died", Disposition.UNREAD),
        (b"exit", "the worker died", Disposition.UNREAD),
        (b"fault", "LookupError: a fault nobody thought of", Disposition.UNREADABLE),
        (b"cyclic", "RecursionError", Disposition.UNREADABLE),
    ],
)
def test_a_page_that_breaks_its_reader_is_given_up_and_the_others_are_read(
    one_worker: WorkerPool, order: bytes, why: str, disposition: Disposition
) -> None:
    done = read_all(one_worker, [sound_page(1), page(order, 2), sound_page(3), sound_page(4)])
    given_up = done[1]
    assert isinstance(given_up, NoArticle)
    assert given_up.disposition is disposition
    assert why in given_up.why
    titles = [d.title for d in done if isinstance(d, Article)]
    assert titles == [f"Chi bộ {n} ở Hòa Vĩ nêu gương" for n in (1, 3, 4)]


def test_a_page_that_hangs_is_given_up_and_the_others_are_read() -> None:
    (readers,) = [WorkerPool({ROW.id: ROW}, size=1, seconds=6)]
    try:
        read_all(
            readers, [sound_page(1)]
        )  # a worker takes its time to start, which counts for its first page
        done = read_all(readers, [page(b"hang", 2), sound_page(3)])
    finally:
        readers.close()
    assert isinstance(done[0], NoArticle)
    assert done[0].disposition is Disposition.UNREAD
    assert "longer than 6 s of processor time" in done[0].why
    assert isinstance(done[1], Article)


def test_the_limit_counts_what_the_worker_worked_and_not_the_clock() -> None:
    readers = WorkerPool({ROW.id: ROW}, size=1, seconds=4)
    try:
        read_all(readers, [sound_page(1)])
        slept, stopped = read_all(readers, [page(b"sleep", 2)]), stopped_for(readers, 8.0)
    finally:
        readers.close()
    assert isinstance(slept[0], NoArticle)
    assert slept[0].disposition is not Disposition.UNREAD
    assert isinstance(stopped, Article)


def stopped_for(readers: WorkerPool, seconds: float) -> Article | NoArticle:
    """A page whose worker is stopped, as all are on a box that is suspended, and goes on after that time."""

    async def go() -> Article | NoArticle:
        for pid in readers.pids():
            os.kill(pid, signal.SIGSTOP)
        reading = asyncio.ensure_future(cleaned(readers, sound_page(3), "Xây dựng Đảng", on_order))
        await asyncio.sleep(seconds)
        for pid in readers.pids():
            os.kill(pid, signal.SIGCONT)
        return await reading

    return asyncio.run(go())


def test_a_page_whose_worker_is_killed_is_read_by_the_next() -> None:
    assert isinstance(asyncio.run(killed_once()), Article)


async def killed_once() -> Article | NoArticle:
    readers = WorkerPool({ROW.id: ROW}, size=1, seconds=15)
    try:
        await cleaned(readers, sound_page(1), None, on_order)
        reading = asyncio.ensure_future(cleaned(readers, page(b"sleep", 2), "Xây dựng Đảng", on_order))
        await asyncio.sleep(1)
        [pid] = readers.pids()
        os.kill(pid, signal.SIGKILL)
        first = await reading
        assert isinstance(first, NoArticle) and first.disposition is not Disposition.UNREAD
        return await cleaned(readers, sound_page(2), "Xây dựng Đảng", on_order)
    finally:
        readers.close()


def test_a_storm_of_kills_loses_no_page() -> None:
    async def storm(readers: WorkerPool) -> list[Article | NoArticle]:
        reading = asyncio.gather(
            *(cleaned(readers, sound_page(n), "Xây dựng Đảng", on_order) for n in range(300))
        )
        kills = 0
        while not reading.done():
            await asyncio.sleep(0.5)
            for pid in readers.pids()[:1]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                kills += 1
        assert kills >= 3
        return await reading

    readers = WorkerPool({ROW.id: ROW}, size=2, seconds=15)
    try:
        done = asyncio.run(storm(readers))
    finally:
        readers.close()
    lost = [d for d in done if isinstance(d, NoArticle)]
    assert [o for o in lost if o.disposition is not Disposition.UNREAD] == []
    assert len(lost) <= 6, "what dies three times is owed, and hardly ever does"


def test_workers_that_cannot_start_are_an_error_of_the_run_and_of_no_page() -> None:
    readers = WorkerPool({ROW.id: ROW}, size=2, seconds=15, memory=1)
    try:
        with pytest.raises(NoWorkers, match="no reading process could be started"):
            asyncio.run(cleaned(readers, sound_page(1), None, on_order))
    finally:
        readers.close()


def test_workers_that_die_between_two_pages_are_started_again(one_worker: WorkerPool) -> None:
    before = read_all(one_worker, [sound_page(1)])
    for pid in one_worker.pids():
        os.kill(pid, signal.SIGKILL)
    after = read_all(one_worker, [sound_page(1), sound_page(2)])
    assert after[0] == before[0]
    assert isinstance(after[1], Article)


def test_reading_in_this_process_gives_the_same_as_in_workers(workers: WorkerPool) -> None:
    pages = [*(sound_page(n) for n in range(6)), page("<html><body>Trang chủ</body></html>", 90)]
    here = WorkerPool({ROW.id: ROW}, size=0, seconds=15)
    assert read_all(here, pages) == read_all(workers, pages)


def test_a_fault_in_this_process_ends_under_the_same_name() -> None:
    here = WorkerPool({ROW.id: ROW}, size=0, seconds=15)
    done = read_all(here, [page(b"fault"), sound_page(2)])
    assert isinstance(done[0], NoArticle)
    assert done[0].disposition is Disposition.UNREADABLE
    assert isinstance(done[1], Article)


def test_the_section_of_the_link_is_the_articles_where_the_page_names_none(one_worker: WorkerPool) -> None:
    (done,) = read_all(one_worker, [sound_page(1)])
    assert isinstance(done, Article)
    assert done.section == "Xây dựng Đảng"
    assert done.reader.startswith("site")


def test_a_worker_is_asked_for_each_stage_and_knows_the_rows(one_worker: WorkerPool) -> None:
    async def stages() -> None:
        read = await cleaned(one_worker, sound_page(1), "Xây dựng Đảng")
        assert isinstance(read, Article)
        key, fingerprint = await one_worker.call(likeness, read)
        assert len(key) == 64 and fingerprint.rows
        notes = await one_worker.call(classify, read)
        assert notes.citations and notes.relevant
        words, hits = await one_worker.call(answers, read)
        assert words and hits == ()

    asyncio.run(stages())


def test_closing_leaves_no_process_and_may_be_done_twice() -> None:
    before = {child.pid for child in multiprocessing.active_children()}
    readers = WorkerPool({ROW.id: ROW}, size=2, seconds=15)
    read_all(readers, [sound_page(1)])
    readers.close()
    readers.close()
    assert {child.pid for child in multiprocessing.active_children()} <= before


def test_readers_that_were_never_asked_start_no_process() -> None:
    before = len(multiprocessing.active_children())
    readers = WorkerPool({ROW.id: ROW}, size=2, seconds=15)
    assert len(multiprocessing.active_children()) == before
    readers.close()


HOSTILE = {
    "50 MB": b"<html><body>" + b"<p>" + b"lorem ipsum " * (50_000_000 // 12) + b"</p></body></html>",
    "10,000 nested tags": b"<html><body>" + b"<div>" * 10_000 + b"x",
    "a million attributes": b"<html><body><p " + b" ".join(b"a%d=1" % i for i in range(1_000_000)) + b">x</p></body></html>",
    "broken UTF-8": b"<html><body><h1>\xc3\x28 \xff\xfe</h1><p>" + b"\xe1\xbb " * 5_000 + b"</p></body></html>",
    "an XML bomb": (
        b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "' + b"ha" * 50 + b'">'
        + b"".join(b'<!ENTITY %c "%b">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9)) + b"]><html>&j;</html>"
    ),
    "NUL bytes": b"<html>\0<body>\0\0<p>\0" + b"\0" * 100_000,
    "one line of 200,000 characters": b"<html><body><p>" + b"a" * 200_000 + b"</p></body></html>",
    "a gzip bomb": gzip.compress(b"\0" * 60_000_000),
    "nothing": b"",
}  # fmt: skip


def test_hostile_pages_end_under_a_name_and_the_workers_survive(workers: WorkerPool) -> None:
    read_all(workers, [sound_page(1)])
    bodies = [page(body, n) for n, body in enumerate(HOSTILE.values(), start=100)]
    done = read_all(workers, [*bodies, sound_page(7)])
    for name, found in zip(HOSTILE, done, strict=False):
        assert isinstance(found, NoArticle), name
        assert found.disposition.dropped, name
    assert isinstance(done[-1], Article)


def test_what_is_in_hand_or_waits_when_the_workers_are_stopped_is_told_so() -> None:
    readers = WorkerPool({ROW.id: ROW}, size=2, seconds=60)

    async def stopped_in_the_middle() -> list[object]:
        reading = [
            asyncio.ensure_future(cleaned(readers, page(b"hang", n), None, on_order)) for n in range(8)
        ]
        await asyncio.sleep(1)
        readers.stop()
        reading.append(asyncio.ensure_future(cleaned(readers, page(b"hang", 9), None, on_order)))
        return list(await asyncio.gather(*reading, return_exceptions=True))

    assert [type(said) for said in asyncio.run(stopped_in_the_middle())] == [WorkersStopped] * 9
    assert not readers.pids()


def _hearers() -> list[str]:
    return [type(handler).__name__ for handler in logging.getLogger().handlers]


def test_what_a_library_says_in_a_worker_reaches_nobody_who_did_not_ask() -> None:
    # Without any handler Python itself prints warnings, and tracebacks, to whoever started the crawl.
    for level, heard in ((logging.WARNING, ["NullHandler"]), (logging.INFO, ["StreamHandler"])):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(logging.getLogger(), "level", level)
            readers = WorkerPool({ROW.id: ROW}, size=1, seconds=15)
            assert asyncio.run(readers.call(_hearers)) == heard
            readers.close()
