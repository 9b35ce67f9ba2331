"""Looks at a time that was asked for: fixed times, and before a digest all sources that it can tell of."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from crawler.crawl.appointments import (
    BEFORE,
    LONGEST_LEAD,
    SPREAD,
    Appointments,
    appointments_of,
    can_concern,
)
from crawler.dates.zones import VIETNAM
from crawler.errors import InvalidInput, InvalidSource
from crawler.look_times import parse_look_times
from crawler.registry import load_source
from crawler.store import runs, watches
from crawler.store.database import open_database
from tests.press_room import OUTLETS
from tests.small_press import Outlet, crawl, run, serving

SIX = datetime(2026, 11, 24, 6, tzinfo=VIETNAM)  # a Tuesday
LAM_HA = OUTLETS["bao-lam-ha"]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    yield engine
    engine.dispose()


# ---- fixed times ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "now", "last"),
    [
        ("05:20,11:30,17:00", "2026-11-24T11:29", "2026-11-24T05:20"),
        ("05:20,11:30,17:00", "2026-11-24T11:30", "2026-11-24T11:30"),
        ("17h, 5h20; 11:30", "2026-11-24T05:19", "2026-11-23T17:00"),
        ("20 5 * * *", "2026-11-24T05:20", "2026-11-24T05:20"),
        ("0 */6 * * *", "2026-11-24T11:00", "2026-11-24T06:00"),
        ("30 5 * * 1-5", "2026-11-23T05:00", "2026-11-20T05:30"),
        ("30 5 * * mon-fri", "2026-11-22T12:00", "2026-11-20T05:30"),
        ("0 8 * * 0", "2026-11-24T12:00", "2026-11-22T08:00"),
        ("0 8 * * 7", "2026-11-24T12:00", "2026-11-22T08:00"),
        ("15,45 8-9 * * *", "2026-11-24T09:44", "2026-11-24T09:15"),
        ("0 8 1 * *", "2026-11-24T12:00", "2026-11-01T08:00"),
        ("0 8 1 * mon", "2026-11-24T12:00", "2026-11-23T08:00"),
        ("0 8 * jan *", "2026-11-24T12:00", None),
        ("10/20 8 * * *", "2026-11-24T08:31", "2026-11-24T08:30"),
    ],
)
def test_the_last_fixed_time(text: str, now: str, last: str | None) -> None:
    found = parse_look_times(text).last(datetime.fromisoformat(now).replace(tzinfo=VIETNAM).astimezone(UTC))
    assert (found and found.strftime("%Y-%m-%dT%H:%M")) == last


@pytest.mark.parametrize(
    "text",
    ["", "25:00", "05:60", "sáng", "5", "05:20,,x", "* * * *", "60 5 * * *", "0 5 * * mon-abc", "0 5 0 * *", "*/0 * * * *",
     "0 9-5 * * *", "05:20 * * * *", "0 5 * 13 *"],
)  # fmt: skip
def test_a_time_that_is_none_is_refused_with_how_to_write_it(text: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"05:20,11:30,17:00.*/"):
        parse_look_times(text)
    outlet = Outlet("bao-gio", row=f"at = {text!r}\n", base="http://127.0.0.1:9")
    path = tmp_path / "bao-gio.toml"
    path.write_text(outlet.toml(), encoding="utf-8")
    with pytest.raises(InvalidSource, match=r"bao-gio\.toml: crawl\.at"):
        load_source(path)


def test_the_settings_take_times_for_all_and_name_the_place_of_a_wrong_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crawler.config import load_config

    file = tmp_path / "diemtin.toml"
    for line in ('at = "05:20,11:30"', 'at = ["05:20", "11:30"]'):
        file.write_text(f"[crawl]\n{line}\n", encoding="utf-8")
        assert load_config(data=tmp_path).crawl.at == "05:20,11:30"
    monkeypatch.setenv("DIEMTIN_CRAWL__AT", "20 5 * * mon-fri")
    assert load_config(data=tmp_path).crawl.at == "20 5 * * mon-fri"
    monkeypatch.setenv("DIEMTIN_CRAWL__AT", "lúc sáng")
    with pytest.raises(InvalidInput, match=r"DIEMTIN_CRAWL__AT: .*viết giờ như"):
        load_config(data=tmp_path)


def test_a_rows_own_times_come_instead_of_those_for_all() -> None:
    own = LAM_HA.model_copy(update={"crawl": LAM_HA.crawl.model_copy(update={"at": "07:00"})})
    everywhere = Appointments(at="05:20")
    noon = SIX + timedelta(hours=6)
    assert everywhere.since(LAM_HA, noon) == SIX - 40 * MINUTE
    assert everywhere.since(own, noon) == SIX + 60 * MINUTE
    assert Appointments().since(LAM_HA, noon) is None


# ---- before a digest ------------------------------------------------------------------------------------------


def asked(engine: sa.Engine, now: datetime, **more: object) -> Appointments:
    with engine.begin() as connection:
        values = {"query": "chi bộ", "addresses": ["a@example.org"], "cadence": "daily@06:00", **more}
        watches.add_watch(connection, now=SIX - timedelta(days=3), **values)  # type: ignore[arg-type]
        watching = watches.active(connection)
    return appointments_of(engine, watching, at=None, now=now)


def test_before_a_digest_its_sources_are_looked_at_in_time_and_not_all_at_once(store: sa.Engine) -> None:
    found = asked(store, SIX - 20 * MINUTE)
    sources = [LAM_HA.model_copy(update={"id": f"bao-{n}"}) for n in range(40)]
    leads = [found.lead(source) for source in sources]
    assert min(leads) >= BEFORE and max(leads) <= BEFORE + SPREAD and len(set(leads)) > 20
    assert all(found.since(source, SIX - MINUTE) == SIX - found.lead(source) for source in sources)
    assert all(found.since(source, SIX - BEFORE - SPREAD - MINUTE) is None for source in sources)


def test_a_source_whose_crawls_take_long_is_begun_earlier(store: sa.Engine) -> None:
    run_id = runs.open_run(store, LAM_HA.id, now=SIX - timedelta(hours=3))
    runs.close_run(store, run_id, ended=SIX - timedelta(hours=3) + 20 * MINUTE, outcome="finished")
    found = asked(store, SIX - 60 * MINUTE)
    assert BEFORE + 30 * MINUTE <= found.lead(LAM_HA) <= LONGEST_LEAD


@pytest.mark.parametrize(
    "more", [{"cadence": "now"}, {"cadence": "weekly@mon-06:00"}, {"query": 'nguồn:"bao-khac"'}]
)
def test_no_look_is_owed_to_a_watch_that_writes_at_once_another_day_or_of_others(
    store: sa.Engine, more: dict[str, object]
) -> None:
    assert asked(store, SIX - 5 * MINUTE, **more).since(LAM_HA, SIX - MINUTE) is None


@pytest.mark.parametrize(
    ("query", "concerned"),
    [
        ("", True),
        ("chi bộ", True),
        ("nguồn:bao-lam-ha", True),
        ("nguồn:bao-khac", False),
        ("KHÔNG nguồn:bao-lam-ha", False),
        ("chi bộ VÀ nguồn:bao-khac", False),
        ("chi bộ HOẶC nguồn:bao-khac", True),
        ("nguồn:bao-khac HOẶC nguồn:bao-lam-ha", True),
        ("KHÔNG (chi bộ HOẶC nguồn:bao-lam-ha)", False),
        ("KHÔNG (chi bộ VÀ nguồn:bao-lam-ha)", True),
        ("ngày:2026-11-24", True),
    ],
)
def test_only_a_source_or_a_province_can_say_that_a_query_never_tells_of_a_source(
    query: str, concerned: bool
) -> None:
    assert can_concern(query, LAM_HA) is concerned


def test_a_province_too() -> None:
    assert can_concern(f'tỉnh:"{LAM_HA.province}"', LAM_HA)
    assert not can_concern('tỉnh:"Nơi khác"', LAM_HA)


# ---- from the command line ------------------------------------------------------------------------------------


def looks(data: Path) -> int:
    with closing(sqlite3.connect(data / "diemtin.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM run").fetchone()[0])


def test_a_source_that_was_just_looked_at_is_looked_at_again_before_a_digest_and_at_its_fixed_time(
    tmp_path: Path,
) -> None:
    outlet = Outlet("bao-som", row='at = "12:15"\n')
    outlet.add(190, 195)
    with serving(outlet, folder=tmp_path) as rows:

        def asks(now: datetime) -> int:
            before = len(outlet.asked("^/xay-dung-dang"))
            crawl(rows, tmp_path, "--due", now=now)
            return len(outlet.asked("^/xay-dung-dang")) - before

        run(rows, tmp_path, "watch", "add", "chi bộ", "--to", "a@example.org", "--every", "daily@06:00", "--json", "--force",
            DIEMTIN_NOW=(SIX - timedelta(days=1)).isoformat())  # fmt: skip
        assert asks(SIX - 35 * MINUTE), "never looked at"
        assert not asks(SIX - 30 * MINUTE)
        assert asks(SIX - 15 * MINUTE), "the digest is near"
        assert not asks(SIX - 10 * MINUTE)
        crawl(rows, tmp_path, now=SIX + timedelta(hours=6, minutes=10))
        assert not asks(SIX + timedelta(hours=6, minutes=14))
        assert asks(SIX + timedelta(hours=6, minutes=16))
