"""Numbers that a server may send and nobody can wait for: capped or left out, counted, and open to a person's word."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from crawler.crawl.download import retry_after_seconds
from crawler.crawl.gate import LONGEST_ASKED, Gate, HostClosed
from crawler.store import hosts
from crawler.store.database import open_database
from tests.small_press import NOW, Answer, Ask, Outlet, crawl, run, serving

DAY = 86_400.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (b"Fri, 31 Dec 9999 23:59:59 GMT", DAY), (b"Fri, 31 Dec 9999 23:59:59 -2359", DAY), (b"99999999999", DAY),
        (b"9" * 5000, DAY), (b"86401", DAY), (b"0", 0.0), (b"00120", 120.0), (b"Mon, 01 Jan 0001 00:00:00 +1400", None),
        (b"1e308", None), ("²".encode("latin-1"), None), ("½".encode("latin-1"), None), (b"-5", None), (b"NaN", None),
        (b"inf", None), (b"12.5", None), (b"120, 240", None), (b"\xff\xfe", None), (b", ", None), (b"Mon,", None),
    ],
)  # fmt: skip
def test_a_retry_after_is_capped_at_a_day_or_left_out(header: bytes, seconds: float | None) -> None:
    found = retry_after_seconds(header, NOW)
    assert found == seconds or (seconds is None and found == 0.0 and b"0001" in header)


@given(st.binary(max_size=60))
def test_no_retry_after_raises_or_is_longer_than_a_day(header: bytes) -> None:
    found = retry_after_seconds(header, NOW)
    assert found is None or 0 <= found <= LONGEST_ASKED


def odd_while_asked(outlet: Outlet, ask: Ask) -> Answer | None:
    """The listing is refused with the pause that stands in the outlet's name for it."""
    if ask.path == "/robots.txt" or not outlet.row.startswith("#"):
        return None
    return Answer("nghỉ", 503, {"Retry-After": outlet.row.removeprefix("# ").strip()})


PAUSES = {"nam-9999": "Fri, 31 Dec 9999 23:59:59 GMT", "mu": "1e308", "am": "-1", "dai": "9" * 30}
DELAYS = {"tre-dai": "99999999999", "tre-mu": "1e308", "tre-hai": "²", "tre-nan": "nan"}


def outlets() -> list[Outlet]:
    made = [Outlet(name, rules=[odd_while_asked], row=f"# {pause}\n") for name, pause in PAUSES.items()]
    made += [Outlet(name, robots=Answer(f"User-agent: *\nCrawl-delay: {d}\n")) for name, d in DELAYS.items()]
    made.append(Outlet("lanh"))
    for outlet in made:
        outlet.add(195, 199)
    return made


def until(engine: sa.Engine) -> dict[str, datetime]:
    closed = hosts.closed(engine, now=datetime.now(UTC))
    return {host: moment for host, (moment, _) in closed.items()}


def test_odd_numbers_close_an_outlet_for_a_day_at_most_and_disturb_no_other(tmp_path: Path) -> None:
    made = outlets()
    with serving(*made, folder=tmp_path) as rows:
        said = crawl(rows, tmp_path)
        host = {o.id: o.base.split("//")[1].partition(":")[0] for o in made}
        engine = open_database(f"sqlite:///{tmp_path / 'diemtin.db'}")
        shut = until(engine)
        latest = datetime.now(UTC) + timedelta(days=1, minutes=1)
        assert said["lanh"]["stored"] + said["lanh"]["duplicate_kept"] == 5, (
            "the outlets print the same articles"
        )
        assert {host["nam-9999"], host["dai"], host["tre-dai"], host["tre-mu"]} <= set(shut)
        assert all(moment <= latest for moment in shut.values())
        assert host["mu"] not in shut and host["am"] not in shut, "what is odd is no pause"
        assert (said["mu"]["odd"], said["am"]["odd"]) == ({"Retry-After": 3}, {"Retry-After": 3})
        for name in ("tre-hai", "tre-nan"):
            assert said[name]["odd"] == {"Crawl-delay": 1}
            assert said[name]["stored"] + said[name]["duplicate_kept"] == 5

        # A person who has spoken with the outlet opens it, and `health` says how.
        [state] = [s for s in run(rows, tmp_path, "health", "--json") if s["source"] == "nam-9999"]
        assert datetime.fromisoformat(state["closed_until"]) == shut[host["nam-9999"]]
        made[0].row = ""
        again = crawl(rows, tmp_path, "nam-9999")
        assert again["nam-9999"]["found"] == 0, "left alone"
        opened = run(rows, tmp_path, "sources", "open", "nam-9999", "--json")
        assert list(opened["opened"]) == [host["nam-9999"]]
        made[0].rules.clear()
        again = crawl(rows, tmp_path, "nam-9999")
        assert again["nam-9999"]["stored"] + again["nam-9999"]["duplicate_kept"] == 5
        engine.dispose()


def test_a_pause_of_the_year_9999_that_an_older_version_stored_holds_nobody(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'd.db'}")
    far = datetime(9999, 12, 31, tzinfo=UTC)
    with engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO host (name, failures, closed_until, next_request) VALUES ('a', 1, :d, :d)"),
            {"d": far.replace(tzinfo=None).isoformat(" ")},
        )

    async def ask() -> None:
        async with Gate(engine, name="elsewhere:1").turn("a", 0.0):
            pass

    asyncio.run(ask())
    engine.dispose()


def test_gate_says_how_long_a_capped_pause_lasts(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'd.db'}")
    gate = Gate(engine, name="elsewhere:1")

    async def go() -> None:
        async with gate.turn("a", 0.0):
            gate.failed("a", "HTTP 503", 1e300)
        async with gate.turn("a", 0.0):
            pass

    with pytest.raises(HostClosed, match=r"another 86\d\d\d s"):
        asyncio.run(go())
    engine.dispose()
