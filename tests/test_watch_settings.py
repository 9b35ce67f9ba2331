"""What a reader may ask of a watch, and change: settings, pauses, people; nothing lost, nothing twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from crawler.dates.zones import VIETNAM
from crawler.delivery.mail_settings import MailSettings
from crawler.delivery.tick import DeliveryReport, deliver
from crawler.delivery.upcoming import upcoming
from crawler.errors import InvalidInput, InvalidQuery
from crawler.query.addresses import mail_address
from crawler.query.wish import own_province
from crawler.store import outbox, recipients, watches
from crawler.store.watch_editing import edit_watch, pause_watch, resume_watch
from tests.press_room import MORNING, OUTLETS, PressRoom

READER = "van.phong@lamha.example"
OTHER = "ban@lamha.example"
SETTINGS = MailSettings(sender="điểm tin <diemtin@tin.example>")


def vn(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


def tell(conn: sa.Connection, watch: watches.Watch, title: str, *, now: datetime = MORNING) -> None:
    """A story the watch has found."""
    story = PressRoom(conn).story()
    article = PressRoom(conn).article(title, story=story, slug=f"bai-{story}")
    outbox.raise_alert(
        conn, watch=watch, kind="story", subject=str(story), article=article, words=("đại hội",), spans={}, now=now
    )  # fmt: skip


def send(engine: sa.Engine, folder: Path, now: datetime) -> DeliveryReport:
    return deliver(engine, config_mail=SETTINGS, outbox_folder=folder / "outbox", now=now, sources=OUTLETS)


# ---- twice ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "again",
    ["đại hội HOẶC chi bộ", '"Chi bộ" OR "Đại Hội"', "  chi   bộ HOẶC đại hội ", "(đại hội) HOẶC (chi bộ)"],
)
def test_the_same_watch_for_the_same_person_is_refused_however_it_is_typed(
    engine: sa.Engine, again: str
) -> None:
    with engine.begin() as conn:
        watches.add_watch(conn, query="đại hội HOẶC chi bộ", addresses=[READER], name="một", now=MORNING)
        with pytest.raises(InvalidInput, match=r"“một” \(số 1\).*watch edit 1"):
            watches.add_watch(
                conn, query=again, addresses=[OTHER, "Van.Phong@LAMHA.example"], name="hai", cadence="daily@06:00",
                now=MORNING,
            )  # fmt: skip


def test_what_differs_for_the_reader_is_no_repetition(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        first = watches.add_watch(conn, query="đại hội", addresses=[READER], now=MORNING)
        for more in (
            {"query": "dai hoi"},  # without marks it finds more
            {"query": "đại hội", "scope": "article"},
            {"query": "tiêu-đề:đại hội"},
            {"query": "đại hội", "addresses": [OTHER]},
            {"query": "đại hội", "twice": True},  # by force
        ):
            watches.add_watch(conn, **{"addresses": [READER], "now": MORNING, **more})
        watches.remove_watch(conn, first.id, now=MORNING)


# ---- addresses -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ["a@b", "van.phong@tinh", "a@b.", "a@.vn", "a@b.c", "a@tinh.1", "a@192.168.1.1"]
)
def test_a_domain_without_an_ending_is_no_address(typed: str) -> None:
    with pytest.raises(ValueError, match="không phải địa chỉ thư"):
        mail_address(typed)


@pytest.mark.parametrize("typed", ["a@b.vn", "root@localhost", "a@tinh.xn--o3cw4h", "a@tỉnh.gov.vn"])
def test_what_mail_can_be_sent_to_is_an_address(typed: str) -> None:
    assert mail_address(typed).count("@") == 1


# ---- provinces -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "province"),
    [
        ("Thái Nguyên", "Thái Nguyên"),
        ("tỉnh thái nguyên", "Thái Nguyên"),
        ("bac kan", "Thái Nguyên"),
        ("Thành phố Hồ Chí Minh", "TP. Hồ Chí Minh"),
        ("tp hcm", "TP. Hồ Chí Minh"),
        ("ĐẮK NÔNG", "Lâm Đồng"),
        ("lam ha", "Lam Hà"),
    ],
)
def test_a_province_is_known_by_its_old_name_and_without_marks(typed: str, province: str) -> None:
    assert own_province(typed, OUTLETS) == province


def test_an_unknown_province_is_refused_with_the_nearest() -> None:
    with pytest.raises(InvalidInput, match="Thái Nguyên"):
        own_province("Thai Nguyn", {})


# ---- editing -------------------------------------------------------------------------------------------------


def test_an_edit_changes_what_is_named_and_keeps_the_rest(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        watches.add_watch(
            conn, query="đại hội", addresses=[READER], name="các đại hội", cadence="daily@06:00",
            quiet="22:00-05:00", group="tỉnh", follow_up=True, now=MORNING,
        )  # fmt: skip
        after = edit_watch(
            conn, "các đại hội", {"cadence": "ngày làm việc@6h và 16h", "salience": "main"}, name="đại hội các cấp",
            add=[OTHER], now=MORNING,
        )  # fmt: skip
        assert (after.name, str(after.cadence), after.salience) == (
            "đại hội các cấp",
            "workdays@06:00,16:00",
            "main",
        )
        assert (str(after.quiet), after.group, after.follow_up) == ("22:00-05:00", "province", True)
        assert [r.address for r in after.recipients] == [OTHER, READER]
        assert edit_watch(conn, after.id, {"quiet": None}, drop=[READER], now=MORNING).quiet is None


@pytest.mark.parametrize(
    ("changes", "people", "reason"),
    [
        ({"query": "(đại hội"}, {}, "ký tự"),
        ({"query": ""}, {}, "cần một truy vấn"),
        ({"cadence": "noon"}, {}, "noon"),
        ({"cadence": "daily@23:00"}, {}, "giờ yên lặng"),
        ({"group": "vùng"}, {}, "--group"),
        ({"salience": "ít"}, {}, "--salience"),
        ({"scope": "document", "follow_up": True}, {}, "--follow-up"),
        ({}, {"drop": [READER]}, "watch remove"),
        ({}, {"drop": ["ai@lamha.example"]}, "không nhận mục"),
        ({}, {"add": ["a@b"]}, "không phải địa chỉ thư"),
        ({"query": "chi bộ"}, {}, "đã có mục theo dõi này"),
    ],
)
def test_a_wrong_edit_says_why_and_changes_nothing(
    engine: sa.Engine, changes: dict[str, object], people: dict[str, list[str]], reason: str
) -> None:
    with engine.begin() as conn:
        watch = watches.add_watch(
            conn, query="đại hội", addresses=[READER], cadence="daily@06:00", quiet="22:00-05:00", now=MORNING
        )
        watches.add_watch(conn, query="chi bộ", addresses=[READER], now=MORNING)
        with pytest.raises((InvalidInput, InvalidQuery), match=reason):
            edit_watch(conn, watch.id, changes, now=MORNING, **people)  # type: ignore[arg-type]
        assert watches.find_watch(conn, watch.id) == watch


def test_a_new_rhythm_takes_what_is_owed_along(engine: sa.Engine, tmp_path: Path) -> None:
    with engine.begin() as conn:
        watch = watches.add_watch(
            conn, query="đại hội", addresses=[READER], cadence="weekly@mon-06:00", now=MORNING
        )
        tell(conn, watch, "Đại hội chi bộ Bến Sỏi")
        edit_watch(conn, watch.id, {"cadence": "daily@07:00"}, now=MORNING)
    assert send(engine, tmp_path, MORNING).queued == 0
    assert send(engine, tmp_path, vn("2026-11-22T07:00")).count("sent") == 1
    assert send(engine, tmp_path, vn("2026-11-23T06:00")).queued == 0


# ---- pauses --------------------------------------------------------------------------------------------------


def test_a_paused_watch_is_silent_and_nothing_is_lost(engine: sa.Engine, tmp_path: Path) -> None:
    with engine.begin() as conn:
        watch = watches.add_watch(conn, query="đại hội", addresses=[READER], cadence="daily@06:00", proof_of_life=True, now=MORNING)  # fmt: skip
        tell(conn, watch, "Tin trước kỳ nghỉ")
        pause_watch(conn, watch.id, until=None, now=MORNING)
        tell(conn, watches.find_watch(conn, watch.id), "Tin trong kỳ nghỉ", now=MORNING + timedelta(days=2))
    for day in range(1, 5):
        assert send(engine, tmp_path, vn("2026-11-22T06:01") + timedelta(days=day)).queued == 0
    with engine.begin() as conn:
        assert (
            upcoming(conn, watches.find_watch(conn, watch.id), OUTLETS, now=vn("2026-11-26T08:00")).counts
            == "2 tin"
        )
        resume_watch(conn, watch.id, now=vn("2026-11-26T08:00"))
    assert send(engine, tmp_path, vn("2026-11-26T08:01")).queued == 0  # a digest keeps its hour
    [sent] = send(engine, tmp_path, vn("2026-11-27T06:00")).messages
    assert sent.subject == "Điểm tin 27/11: 2 tin"


def test_a_pause_ends_by_itself_on_its_day(engine: sa.Engine, tmp_path: Path) -> None:
    until = vn("2026-11-25T00:00")
    with engine.begin() as conn:
        watch = watches.add_watch(conn, query="đại hội", addresses=[READER], now=MORNING)
        pause_watch(conn, watch.id, until=until, now=MORNING)
        tell(conn, watches.find_watch(conn, watch.id), "Tin trong kỳ nghỉ", now=MORNING + timedelta(days=1))
    assert send(engine, tmp_path, until - timedelta(minutes=1)).queued == 0
    assert send(engine, tmp_path, until).count("sent") == 1
    with engine.begin() as conn:
        with pytest.raises(InvalidInput, match="ngày đã qua"):
            pause_watch(conn, watch.id, until=until, now=until)
        tell(conn, watches.find_watch(conn, watch.id), "Tin sau kỳ nghỉ", now=until + timedelta(hours=9))
    assert send(engine, tmp_path, until + timedelta(hours=9)).count("sent") == 1


def test_what_a_pause_kept_can_be_dropped(engine: sa.Engine, tmp_path: Path) -> None:
    with engine.begin() as conn:
        watch = watches.add_watch(conn, query="đại hội", addresses=[READER], now=MORNING)
        with pytest.raises(InvalidInput, match="không tạm dừng"):
            resume_watch(conn, watch.id, now=MORNING)
        pause_watch(conn, watch.id, until=None, now=MORNING)
        tell(conn, watches.find_watch(conn, watch.id), "Tin trong kỳ nghỉ")
        resume_watch(conn, watch.id, forget=True, now=MORNING)
    assert send(engine, tmp_path, MORNING).queued == 0


# ---- the mail to come ----------------------------------------------------------------------------------------


def test_the_list_knows_the_next_mail_and_what_it_would_bring(engine: sa.Engine) -> None:
    friday = vn("2026-02-13T17:00")
    with engine.begin() as conn:
        watch = watches.add_watch(
            conn, query="đại hội", addresses=[READER], cadence="workdays@06:00,16:30", now=friday
        )
        told = upcoming(conn, watch, OUTLETS, now=friday)
        assert told.line() == "06:00 thứ Hai 23/02/2026 (nghỉ: Mùng bốn Tết Nguyên Đán): chưa có gì"
        for n in range(5):
            tell(conn, watch, f"Đại hội chi bộ {n}", now=friday)
        told = upcoming(conn, watch, OUTLETS, now=friday)
        assert told.counts == "5 tin" and len(told.headlines) == 3
        assert told.to_json()["at"] == "2026-02-23T06:00:00+07:00"
        recipients.suspend(conn, READER, reason="550", now=friday)
        told = upcoming(conn, watches.find_watch(conn, watch.id), OUTLETS, now=friday)
        assert told.state == "nobody"
