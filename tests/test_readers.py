"""Reading in workers: a hostile page ends under a name, the others go on, and workers make no difference."""

from __future__ import annotations

import asyncio
import gzip
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest

from crawler.article import Article, Disposition, NoArticle, Page
from crawler.readers import Knowing, Readers, ReadPage, read_page
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


def on_order(asked: Page, section: str | None, knowing: Knowing) -> ReadPage:
    """A reader that does what the page says: what a fault in a parser would do to its worker."""
    match asked.body:
        case b"hang":
            while True:
                time.sleep(60)
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
    return read_page(asked, section, knowing)


def read_all(readers: Readers, pages: Sequence[Page]) -> list[ReadPage]:
    async def together() -> list[ReadPage]:
        return await asyncio.gather(*(readers.read(p, "Xây dựng Đảng") for p in pages))

    return asyncio.run(together())


@pytest.fixture
def workers() -> Iterator[Readers]:
    yield from opened(2)


@pytest.fixture
def one_worker() -> Iterator[Readers]:
    yield from opened(1)


def opened(size: int) -> Iterator[Readers]:
    """So many workers with the reader that does what its pages say."""
    readers = Readers({ROW.id: ROW}, size=size, seconds=15, reader=on_order)
    yield readers
    readers.close()


@pytest.mark.parametrize(
    ("order", "why"),
    [
        (b"eat", "memory"),
        (b"segfault", "the worker died"),
        (b"exit", "the worker died"),
        (b"fault", "LookupError: a fault nobody thought of"),
        (b"cyclic", "RecursionError"),
    ],
)
def test_a_page_that_breaks_its_reader_is_given_up_and_the_others_are_read(
    one_worker: Readers, order: bytes, why: str
) -> None:
    done = read_all(one_worker, [sound_page(1), page(order, 2), sound_page(3), sound_page(4)])
    given_up = done[1].outcome
    assert isinstance(given_up, NoArticle)
    assert given_up.disposition is Disposition.UNREADABLE
    assert why in given_up.why
    titles = [d.outcome.title for d in done if isinstance(d.outcome, Article)]
    assert titles == [f"Chi bộ {n} ở Hòa Vĩ nêu gương" for n in (1, 3, 4)]


def test_a_page_that_hangs_is_given_up_and_the_others_are_read() -> None:
    (readers,) = [Readers({ROW.id: ROW}, size=1, seconds=6, reader=on_order)]
    try:
        read_all(
            readers, [sound_page(1)]
        )  # a worker takes its time to start, which counts for its first page
        done = read_all(readers, [page(b"hang", 2), sound_page(3)])
    finally:
        readers.close()
    assert isinstance(done[0].outcome, NoArticle)
    assert done[0].outcome.disposition is Disposition.UNREADABLE
    assert "longer than 6 s" in done[0].outcome.why
    assert isinstance(done[1].outcome, Article)


def test_workers_that_die_between_two_pages_are_started_again(one_worker: Readers) -> None:
    before = read_all(one_worker, [sound_page(1)])
    for child in multiprocessing.active_children():
        child.kill()
        child.join()
    after = read_all(one_worker, [sound_page(1), sound_page(2)])
    assert after[0] == before[0]
    assert isinstance(after[1].outcome, Article)


def test_reading_in_this_process_gives_the_same_as_in_workers(workers: Readers) -> None:
    pages = [*(sound_page(n) for n in range(6)), page("<html><body>Trang chủ</body></html>", 90)]
    here = Readers({ROW.id: ROW}, size=0, seconds=15)
    assert read_all(here, pages) == read_all(workers, pages)


def test_a_fault_in_this_process_ends_under_the_same_name() -> None:
    here = Readers({ROW.id: ROW}, size=0, seconds=15, reader=on_order)
    done = read_all(here, [page(b"fault"), sound_page(2)])
    assert isinstance(done[0].outcome, NoArticle)
    assert done[0].outcome.disposition is Disposition.UNREADABLE
    assert isinstance(done[1].outcome, Article)


def test_the_section_of_the_link_is_the_articles_where_the_page_names_none(one_worker: Readers) -> None:
    (done,) = read_all(one_worker, [sound_page(1)])
    assert isinstance(done.outcome, Article)
    assert done.outcome.section == "Xây dựng Đảng"
    assert done.outcome.reader.startswith("site")
    assert done.outcome.annotations.citations
    assert done.fingerprint is not None and done.fingerprint.rows


def test_closing_leaves_no_process_and_may_be_done_twice() -> None:
    before = {child.pid for child in multiprocessing.active_children()}
    readers = Readers({ROW.id: ROW}, size=2, seconds=15)
    read_all(readers, [sound_page(1)])
    readers.close()
    readers.close()
    assert {child.pid for child in multiprocessing.active_children()} <= before


def test_readers_that_were_never_asked_start_no_process() -> None:
    before = len(multiprocessing.active_children())
    readers = Readers({ROW.id: ROW}, size=2, seconds=15)
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


def test_hostile_pages_end_under_a_name_and_the_workers_survive(workers: Readers) -> None:
    read_all(workers, [sound_page(1)])
    bodies = [page(body, n) for n, body in enumerate(HOSTILE.values(), start=100)]
    done = read_all(workers, [*bodies, sound_page(7)])
    for name, found in zip(HOSTILE, done, strict=False):
        assert isinstance(found.outcome, NoArticle), name
        assert found.outcome.disposition.dropped, name
    assert isinstance(done[-1].outcome, Article)
