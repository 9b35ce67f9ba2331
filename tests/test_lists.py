"""Lists page: sorted, filtered and cut in the store, the same in JSON."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.dates.zones import VIETNAM
from crawler.errors import InvalidInput
from crawler.meeting.agenda import status_at
from crawler.store import agenda, register, story_editing
from crawler.store import schema as s
from crawler.store.agenda import MeetingFilter
from crawler.store.register import DocumentFilter
from crawler.text.normal import fold
from tests.press_room import PressRoom

FIRST = datetime(2026, 11, 1, 8, tzinfo=VIETNAM)


@pytest.fixture
def cited(engine: sa.Engine) -> sa.Engine:
    """Seven documents, a day apart; the first two seen at once, the last joined to the one before, one uncited."""
    with engine.begin() as connection:
        room = PressRoom(connection)
        for n in range(7):
            facts = {"issuer": "Ban Bí thư" if n % 2 else "Bộ Chính trị", "date": f"2026-10-{n + 10}"}
            document = room.document(f"{n}-CT/TW@XIV", kind="Chỉ thị" if n < 4 else "Nghị quyết", **facts)
            for more in range(n + 1 if n != 5 else 0):
                at = FIRST + timedelta(days=max(n, 1), hours=more)
                article = room.article(
                    f"Tin {n} {more}", story=room.story(), slug=f"{n}-{more}", published=at.isoformat()
                )
                room.cites(article, document, f"Chỉ thị số {n}-CT/TW", "")
        connection.execute(
            sa.update(s.document).where(s.document.c.id == "6-CT/TW@XIV").values(same_as="4-CT/TW@XIV")
        )
    return engine


def ids(engine: sa.Engine, limit: int | None = None, after: str | None = None, **asked: object) -> list[str]:
    found = register.page(engine, DocumentFilter(**asked), limit=limit, after=after)  # type: ignore[arg-type]
    return [document["id"][0] for document in found.items]


def test_documents_are_listed_by_their_newest_sighting_what_was_joined_counted(cited: sa.Engine) -> None:
    assert ids(cited) == ["4", "3", "2", "1", "0"]
    assert ids(cited, with_uncited=True) == ["4", "3", "2", "1", "0", "5"]
    found = register.page(cited, DocumentFilter(), limit=2)
    assert (found.total, found.left, found.after) == (5, 3, "3-CT/TW@XIV")
    assert (found.items[0]["articles"], found.items[0]["first_seen"]["source"]) == (12, "bao-lam-ha")


def test_documents_are_filtered_in_the_store(cited: sa.Engine) -> None:
    assert ids(cited, type="chỉ thị") == ["3", "2", "1", "0"]
    assert ids(cited, issuer="Bí thư") == ["3", "1"]
    assert ids(cited, first="2026-10-12", last="2026-10-13") == ["3", "2"]
    assert ids(cited, cited_since=FIRST + timedelta(days=4)) == ["4"]
    assert ids(cited, since=FIRST + timedelta(days=3)) == ["4", "3"]
    assert ids(cited, issuer="100%") == []


def test_pages_of_documents_hold_each_once(cited: sa.Engine) -> None:
    found: list[str] = []
    after: str | None = None
    for left in (4, 2, 0):
        page = register.page(cited, DocumentFilter(with_uncited=True), limit=2, after=after)
        assert (page.total, page.left) == (6, left)
        found += [document["id"][0] for document in page.items]
        after = page.after
    assert after is None
    assert found == ids(cited, with_uncited=True)
    with pytest.raises(InvalidInput, match="--after"):
        register.page(cited, DocumentFilter(), after="none")


@pytest.fixture
def told(engine: sa.Engine) -> sa.Engine:
    """Five meetings on five days, each told by one article."""
    with engine.begin() as connection:
        room = PressRoom(connection)
        for n in range(5):
            article = room.article(
                f"Tin {'đại hội' if n % 2 else 'hội nghị'} {n}", story=room.story(), slug=str(n)
            )
            kind = "đại hội" if n % 2 else "hội nghị"
            where = "Lam Hà" if n < 3 else "An Khê Sơn"
            room.meeting(
                f"m{n}",
                article,
                kind=kind,
                date=f"2026-11-{n + 10}",
                province=where,
                organiser=f"Đảng ủy xã {n}",
            )
    return engine


NOW = datetime(2026, 11, 22, tzinfo=VIETNAM)


def names(
    engine: sa.Engine, limit: int | None = None, after: str | None = None, **asked: object
) -> list[str]:
    newest = bool(asked.pop("newest", False))
    asked_for = MeetingFilter(**asked)  # type: ignore[arg-type]
    found = agenda.page(engine, asked_for, now=NOW, newest_first=newest, limit=limit, after=after)
    return [meeting.id for meeting in found.items]


def test_meetings_are_filtered_and_paged_in_both_orders(told: sa.Engine) -> None:
    assert names(told) == ["m0", "m1", "m2", "m3", "m4"]
    assert names(told, kind="dai hoi") == ["m1", "m3"]
    assert names(told, province="lam hà", organiser="xã 2") == ["m2"]
    assert names(told, first="2026-11-12", last="2026-11-13") == ["m2", "m3"]
    assert names(told, 2, newest=True) == ["m4", "m3"]
    assert names(told, 2, "m3", newest=True) == ["m2", "m1"]
    assert names(told, articles={2, 5}) == ["m1", "m4"]
    assert names(told, ahead=True) == []
    with pytest.raises(InvalidInput, match="--after"):
        names(told, 2, "none")


days = st.one_of(st.none(), st.integers(18, 27).map(lambda n: f"2026-11-{n}"))


@st.composite
def rows_of_meetings(draw: st.DrawFn) -> dict[str, Any]:
    day = draw(days)
    between = draw(st.one_of(st.none(), st.just(["2026-11-20", "2026-11-24"]))) if day is None else None
    return {
        "kind": draw(st.sampled_from(["đại hội", "hội nghị", "Đối thoại"])),
        "organiser": draw(st.sampled_from([None, "Đảng ủy xã Lam Hà", "Thành ủy X"])),
        "province": draw(st.sampled_from([None, "Lam Hà", "An Khê Sơn"])),
        "date": day,
        "date_to": draw(st.sampled_from([None, "2026-11-28"])) if day else None,
        "between": between,
        "session": draw(st.sampled_from([None, "sáng", "chiều", "tối"])),
        "time": draw(st.sampled_from([None, "08:00", "13:30", "20:15"])),
        "status": draw(st.sampled_from(["upcoming", "held", "postponed", "cancelled"])),
        "told": draw(st.sampled_from([None, "2026-09-01", "2026-11-01"])),
    }


filters = st.builds(
    MeetingFilter,
    first=days,
    last=days,
    province=st.sampled_from([None, "lam ha", "SON"]),
    kind=st.sampled_from([None, "dai hoi", "đối"]),
    organiser=st.sampled_from([None, "dang uy", "x"]),
    articles=st.one_of(st.none(), st.sets(st.integers(1, 5))),
    ahead=st.booleans(),
)


def answers(n: int, row: dict[str, Any], asked: MeetingFilter) -> bool:
    """Whether a meeting is listed, by a look at it alone."""
    last = row["date_to"] or row["date"] or (row["between"] or [None, None])[1]
    first = row["date"] or (row["between"] or [None])[0]
    named = [(row[name], getattr(asked, name)) for name in ("province", "kind", "organiser")]
    return (
        (asked.first is None or (last is not None and last >= asked.first))
        and (asked.last is None or (first is not None and first <= asked.last))
        and all(part is None or (name is not None and fold(part) in fold(name)) for name, part in named)
        and (asked.articles is None or n in asked.articles)
        and (not asked.ahead or status_at(row, NOW) == "upcoming")
    )


def test_the_store_lists_the_meetings_that_a_look_at_each_would(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        room = PressRoom(connection)
        for n in range(5):
            room.meeting(
                f"m{n}", room.article(f"Tin {n}", story=room.story(), slug=str(n)), date="2026-11-10"
            )

    @settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(rows_of_meetings(), min_size=5, max_size=5), filters, st.booleans(), st.integers(1, 3))
    def agree(rows: list[dict[str, Any]], asked: MeetingFilter, newest: bool, limit: int) -> None:
        with engine.begin() as connection:
            for n, row in enumerate(rows):
                connection.execute(sa.update(s.meeting).where(s.meeting.c.id == f"m{n}").values(row))
        hours = {"sáng": "08:00", "chiều": "13:30", "tối": "19:00", None: "00:00"}
        truth = sorted(
            (row["date"] or (row["between"] or ["9999"])[0], row["time"] or hours[row["session"]], f"m{n}")
            for n, row in enumerate(rows)
            if answers(n + 1, row, asked)
        )
        found: list[str] = []
        after: str | None = None
        while True:
            page = agenda.page(engine, asked, now=NOW, newest_first=newest, limit=limit, after=after)
            found += [one.id for one in page.items]
            assert (page.total, page.left) == (len(truth), len(truth) - len(found))
            assert all(one.status == status_at(rows[int(one.id[1])], NOW) for one in page.items)
            if (after := page.after) is None:
                break
        assert found == [name for *_, name in (truth[::-1] if newest else truth)]

    agree()


def test_pages_of_stories_hold_each_once(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        room = PressRoom(connection)
        for n in range(6):
            story = room.story()
            for copy in range(2):
                at = FIRST + timedelta(days=n // 2)
                room.article(f"Tin {n}", story=story, slug=f"{n}-{copy}", published=at.isoformat())
    whole = [line.id for line in story_editing.listed(engine)]
    assert whole == [5, 6, 3, 4, 1, 2]
    paged: list[int] = []
    while page := story_editing.listed(engine, limit=1, after=paged[-1] if paged else None):
        paged += [line.id for line in page]
    assert paged == whole
    with pytest.raises(InvalidInput, match="--after"):
        story_editing.listed(engine, after=99)
