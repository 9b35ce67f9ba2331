"""The register over a fortnight: what is news, what turns out to be one, what a person says and takes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from crawler.annotate import annotate
from crawler.article import Article, Block, published_day
from crawler.dates.zones import VIETNAM
from crawler.delivery.gather import gather
from crawler.delivery.items import Registry
from crawler.errors import InvalidInput
from crawler.source import Source
from crawler.store import (
    articles,
    document_editing,
    document_entering,
    outbox,
    register,
    runs,
    watches,
)
from crawler.store.crawl_item import CrawlItem, WatchHit
from crawler.store.schema import channel
from crawler.store.schema_delivery import alert

DAY = datetime(2026, 11, 20, 9, tzinfo=VIETNAM)
PROVINCES = {"bao-kim-lo": "Kim Lộ", "bao-van-tra": "Vân Trà", "bao-trung-uong": "Trung ương"}
READER = "ban-doc@example.org"
FILLER = (
    "Buổi làm việc kéo dài từ sáng sớm tới quá trưa, nhiều ý kiến thẳng thắn được ghi lại để xử lý trong tuần.",
    "Người dân mong việc nói đi đôi với việc làm, nhất là ở những nơi đường sá còn khó khăn, trường lớp còn tạm.",
)


class Desk:
    """A store with one watch for new documents, and a press that reports."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        document_entering.seed(engine)
        with engine.begin() as conn:
            watches.add_watch(
                conn,
                query="",
                scope="document",
                name="văn kiện",
                addresses=[READER],
                now=DAY - timedelta(days=99),
            )
            [self.watch] = watches.active(conn)
        self.count = 0

    def report(self, text: str, *, source: str = "bao-kim-lo", days: int = 0, title: str = "Bản tin") -> str:
        """Store an article; its address."""
        self.count += 1
        moment = DAY + timedelta(days=days, minutes=self.count)
        url = f"https://{source}.example/{self.count}.html"
        read = Article(
            url=url, canonical_url=url, title=f"{title} {self.count}", source=source, lead=text,
            published=moment.isoformat(), published_precision="minute",
            blocks=(Block("lead", text), *(Block("paragraph", f"{p} ({self.count})") for p in FILLER)),
        )  # fmt: skip
        notes = annotate(
            title=read.title, lead=read.lead, text=read.text, published=published_day(read.published),
            province=PROVINCES[source],
        )  # fmt: skip
        read = replace(read, annotations=notes)
        new = CrawlItem(
            article=read, link=url, addresses=(), province=PROVINCES[source],
            hits=(WatchHit(self.watch, (), {}),),
        )  # fmt: skip
        articles.put(self.engine, new, now=moment + timedelta(minutes=5))
        return url

    def told(self) -> list[tuple[str, str]]:
        """(kind, subject) of every alert, in order."""
        with self.engine.connect() as conn:
            rows = conn.execute(sa.select(alert.c.kind, alert.c.subject).order_by(alert.c.id))
            return [(row.kind, row.subject) for row in rows]

    def documents(self) -> dict[str, dict[str, Any]]:
        """The entries that articles name, by id."""
        return {d["id"]: d for d in register.listed(self.engine)}


@pytest.fixture
def desk(engine: sa.Engine) -> Desk:
    return Desk(engine)


# ---- what is news ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("Ban Bí thư vừa ban hành Chỉ thị số 61-CT/TW về nhà ở công nhân.", "61-CT/TW@XIV"),
        ("Tỉnh ủy vừa ban hành Nghị quyết số 11-NQ/TU về kinh tế biển.", "11-NQ/TU@Kim-Lộ/2025-2030"),
        ("Kế hoạch số 91-KH/TU, ngày 5/11/2026 của Tỉnh ủy được triển khai.", "91-KH/TU@Kim-Lộ/2025-2030"),
        ("Hướng dẫn số 05-HD/TU mới ban hành quy định rõ việc trả lời.", "05-HD/TU@Kim-Lộ/2025-2030"),
        ("Ban Bí thư vừa ban hành Chỉ thị số 35-CT/TW về chống lãng phí.", "35-CT/TW@XIV"),
        ("Quy định số 207-QĐ/TW vừa được Ban Chấp hành Trung ương ban hành.", "207-QĐ/TW@XIV"),
    ],
)
def test_what_is_said_to_be_issued_or_dated_these_days_is_told(desk: Desk, text: str, subject: str) -> None:
    desk.report(text)
    assert desk.told() == [("document", subject)]


@pytest.mark.parametrize(
    "text",
    [
        "Quán triệt Quy định số 207-QĐ/TW của Ban Chấp hành Trung ương về những điều đảng viên không được làm.",
        "Thực hiện Chỉ thị số 35-CT/TW ngày 14/6/2024 của Bộ Chính trị.",
        "Tỉnh ủy vừa ban hành Kế hoạch thực hiện Chỉ thị số 50-CT/TW của Ban Bí thư.",
        "Theo Nghị quyết số 08-NQ/TU, tỉnh phấn đấu kết nạp 250 sinh viên.",
        "Nghị quyết số 09-NQ/TU, ngày 2/3/2026 của Tỉnh ủy đi vào cuộc sống.",
        "Tỉnh ủy sẽ ban hành Nghị quyết số 12-NQ/TU vào quý I.",
    ],
)
def test_what_is_carried_out_known_or_older_is_not(desk: Desk, text: str) -> None:
    desk.report(text)
    assert desk.documents()
    assert desk.told() == []


def test_a_document_known_before_is_told_once_a_report_says_it_was_issued(desk: Desk) -> None:
    desk.report("Theo dự kiến, Nghị quyết số 14-NQ/TU bàn về chợ.")
    desk.report("Tỉnh ủy vừa ban hành Nghị quyết số 14-NQ/TU về chợ.", days=1)
    desk.report("Nghị quyết số 14-NQ/TU vừa được Tỉnh ủy thông qua.", days=2)
    assert desk.told() == [("document", "14-NQ/TU@Kim-Lộ/2025-2030")]


# ---- one document ---------------------------------------------------------------------------------------------


def test_the_same_number_of_two_provinces_is_told_twice(desk: Desk) -> None:
    for source in ("bao-kim-lo", "bao-van-tra"):
        desk.report("Tỉnh ủy vừa ban hành Nghị quyết số 07-NQ/TU về du lịch.", source=source)
    assert [s for _, s in desk.told()] == ["07-NQ/TU@Kim-Lộ/2025-2030", "07-NQ/TU@Vân-Trà/2025-2030"]


@pytest.mark.parametrize("dated_first", [True, False])
def test_a_report_without_a_place_joins_the_one_that_agrees_in_its_subject(
    desk: Desk, dated_first: bool
) -> None:
    known = "Nghị quyết số 07-NQ/TU, ngày 18/11/2026 của Tỉnh ủy Kim Lộ về phát triển cây dược liệu dưới tán rừng."
    vague = "Tỉnh ủy vừa ban hành Nghị quyết số 07-NQ/TU về phát triển cây dược liệu dưới tán rừng."
    reports = [(known, "bao-kim-lo"), (vague, "bao-trung-uong")]
    for text, source in reports if dated_first else reports[::-1]:
        desk.report(text, source=source)
    assert list(desk.documents()) == ["07-NQ/TU@Kim-Lộ/2025-2030"]
    assert [kind for kind, _ in desk.told()].count("document") == 1


def test_a_report_of_another_subject_stays_apart(desk: Desk) -> None:
    desk.report("Nghị quyết số 07-NQ/TU, ngày 18/11/2026 của Tỉnh ủy Kim Lộ về cây dược liệu.")
    desk.report("Tỉnh ủy vừa ban hành Nghị quyết số 07-NQ/TU về an ninh mạng.", source="bao-trung-uong")
    assert len(desk.documents()) == 2


# ---- completed ------------------------------------------------------------------------------------------------


def test_what_was_unclear_is_marked_and_completed_in_one_line_and_never_told_again(desk: Desk) -> None:
    desk.report("Tỉnh ủy vừa ban hành Nghị quyết số 07-NQ/TU về cây dược liệu.", source="bao-trung-uong")
    assert [kind for kind, _ in desk.told()] == ["document"]
    desk.report("Nghị quyết số 07-NQ/TU, ngày 18/11/2026 của Tỉnh ủy Kim Lộ về cây dược liệu.", days=1)
    desk.report("Nghị quyết số 07-NQ/TU, ngày 18/11/2026 của Tỉnh ủy Kim Lộ về cây dược liệu.", days=2)
    assert [kind for kind, _ in desk.told()] == ["document", "completed"]


# ---- a person's word ------------------------------------------------------------------------------------------


def test_a_correction_clears_the_mark_stays_and_is_taken_back(desk: Desk) -> None:
    desk.report("Tỉnh ủy họp về Nghị quyết số 07-NQ/TU.", source="bao-trung-uong")
    [(id_, before)] = desk.documents().items()
    assert not before["resolved"]
    done = document_editing.correct(desk.engine, id_, issuer="Tỉnh ủy Kim Lộ", date="2026-11-18")
    assert done.facts["date"] == (None, "2026-11-18")
    assert done.facts["resolved"] == (False, True)
    desk.report("Tỉnh ủy họp về Nghị quyết số 07-NQ/TU về chợ.", source="bao-trung-uong")
    after = desk.documents()[id_]
    assert (after["issuer"], after["date"], after["resolved"], after["title"]) == (
        "Tỉnh ủy Kim Lộ", "2026-11-18", True, None,
    )  # fmt: skip
    document_editing.uncorrect(desk.engine, id_)
    assert {k: desk.documents()[id_][k] for k in ("issuer", "date", "resolved", "corrected")} == {
        k: before[k] for k in ("issuer", "date", "resolved", "corrected")
    }
    with pytest.raises(InvalidInput, match="chưa được sửa tay"):
        document_editing.uncorrect(desk.engine, id_)


def test_a_join_is_kept_and_taken_back_and_reading_does_not_redo_it(desk: Desk) -> None:
    desk.report("Nghị quyết số 07-NQ/TU, ngày 18/11/2026 của Tỉnh ủy Kim Lộ về cây dược liệu.")
    desk.report("Chỉ thị số 08-CT/TU, ngày 18/11/2026 của Tỉnh ủy Kim Lộ về cây dược liệu.")
    one, other = "07-NQ/TU@Kim-Lộ/2025-2030", "08-CT/TU@Kim-Lộ/2025-2030"
    assert document_editing.join(desk.engine, one, other).after == other
    assert {id_: d["articles"] for id_, d in desk.documents().items()} == {other: 2}
    desk.report("Nghị quyết số 07-NQ/TU của Tỉnh ủy Kim Lộ được triển khai.", days=1)
    assert {id_: d["articles"] for id_, d in desk.documents().items()} == {other: 3}
    with pytest.raises(InvalidInput, match="phải khác nhau"):
        document_editing.join(desk.engine, other, one)
    assert document_editing.join(desk.engine, one, None).before == other
    assert {id_: d["articles"] for id_, d in desk.documents().items()} == {one: 2, other: 1}
    with pytest.raises(InvalidInput, match="chưa được gộp"):
        document_editing.join(desk.engine, one, None)


def test_an_assignment_is_told_and_taken_back(desk: Desk) -> None:
    url = desk.report("Nghị quyết số 07-NQ/TU của Tỉnh ủy Kim Lộ được triển khai.")
    done = document_editing.assign(
        desk.engine, url, "nghị quyết số 7 - NQ/TU", "07-NQ/TU@Vân-Trà/2025-2030", now=DAY
    )
    assert (done.before, done.after) == (("07-NQ/TU@Kim-Lộ/2025-2030",), ("07-NQ/TU@Vân-Trà/2025-2030",))
    assert list(desk.documents()) == ["07-NQ/TU@Vân-Trà/2025-2030"]
    registry: dict[str, Source] = {}
    back = document_editing.unassign(desk.engine, url, "07-NQ/TU", registry, now=DAY)
    assert back.after == ("07-NQ/TU@Kim-Lộ/2025-2030",)
    with pytest.raises(InvalidInput, match="chưa ai chỉ định"):
        document_editing.unassign(desk.engine, url, "07-NQ/TU", registry, now=DAY)
    with pytest.raises(InvalidInput, match="không phải mã"):
        document_editing.assign(desk.engine, url, "07-NQ/TU", "cái kia", now=DAY)


# ---- its way through the provinces ----------------------------------------------------------------------------


def test_only_provinces_looked_at_since_its_date_are_silent(desk: Desk, sources: dict[str, Source]) -> None:
    desk.report("Ban Bí thư vừa ban hành Chỉ thị số 61-CT/TW ngày 18/11/2026.")
    run = runs.open_run(desk.engine, "bao-van-tra", now=DAY - timedelta(days=9))
    runs.close_run(desk.engine, run, ended=DAY - timedelta(days=9), outcome="finished")
    [story] = register.story_of(desk.engine, "61-CT/TW", sources)
    assert (story.silent, story.not_looked) == ((), ("Hạ Lương", "Vân Trà"))
    run = runs.open_run(desk.engine, "bao-van-tra", now=DAY)
    runs.close_run(desk.engine, run, ended=DAY, outcome="finished")
    failed = runs.open_run(desk.engine, "bao-ha-luong", now=DAY)
    runs.close_run(desk.engine, failed, ended=DAY, outcome="failed")
    [story] = register.story_of(desk.engine, "61-CT/TW", sources)
    assert (story.silent, story.not_looked) == (("Vân Trà",), ("Hạ Lương",))
    with desk.engine.begin() as conn:
        conn.execute(
            sa.insert(channel).values(
                source="bao-ha-luong", url="https://x.example/", kind="feed", looked=DAY
            )
        )
    [story] = register.story_of(desk.engine, "61-CT/TW", sources)
    assert (story.silent, story.not_looked) == (("Hạ Lương", "Vân Trà"), ())


@pytest.fixture
def sources() -> dict[str, Source]:
    rows = {"bao-kim-lo": "Kim Lộ", "bao-van-tra": "Vân Trà", "bao-ha-luong": "Hạ Lương"}
    return {
        id_: Source.model_validate(
            {
                "id": id_, "name": id_, "province": province, "fictitious": True, "evidence": "inferred", "homepage": "http://127.0.0.1/",
                "sections": [{"name": "A", "url": "http://127.0.0.1/a/"}], "articles": {"url": "."},
            }
        )
        for id_, province in rows.items()
    }  # fmt: skip


def test_the_mail_marks_what_is_unclear_and_completes_it_in_a_line(desk: Desk) -> None:
    desk.report("Tỉnh ủy vừa ban hành Nghị quyết số 07-NQ/TU về cây dược liệu.", source="bao-trung-uong")
    first = _mail(desk)
    assert [(i.headline, dict(i.facts)["unclear"]) for i in first] == [
        ("Nghị quyết 07-NQ/TU", "chưa rõ ngày, cơ quan")
    ]
    with desk.engine.begin() as conn:
        conn.execute(sa.text("DELETE FROM owed"))
    desk.report("Nghị quyết số 07-NQ/TU, ngày 18/11/2026 của Tỉnh ủy Kim Lộ về cây dược liệu.", days=1)
    [line] = _mail(desk)
    assert line.headline == "Bổ sung: Nghị quyết 07-NQ/TU, nay rõ Tỉnh ủy Kim Lộ, 18/11/2026"
    assert line.article is None


def _mail(desk: Desk) -> tuple[Any, ...]:
    with desk.engine.connect() as conn:
        later = datetime(2027, 1, 1, tzinfo=UTC)
        return gather(conn, READER, outbox.owed_now(conn, READER, now=later), Registry(), now=later).items
