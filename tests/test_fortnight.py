"""A fortnight of the schedule on a simulated clock: real rows, real rhythm, real due times; only the crawl is played."""

from __future__ import annotations

import random
import tomllib
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from statistics import median, quantiles
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from crawler.crawl.appointments import appointments_of
from crawler.dates.zones import VIETNAM
from crawler.source import Section, Source
from crawler.store import frontier, runs, schema, timetable, watches
from crawler.store.database import open_database
from crawler.store.frontier import OwedLink
from spiders.pace import SectionPace
from tests.small_press import Outlet

BEGINS = datetime(2026, 11, 2, tzinfo=VIETNAM)  # a Monday
DAYS = 14
TICK = timedelta(minutes=5)
LISTED = 30
HOURS = (6, 7, 7, 8, 9, 10, 14, 15, 16, 16, 17, 19)


@dataclass
class Paper:
    """One outlet: when it publishes, and what its feed is worth."""

    source: Source
    published: list[datetime]
    feed_lies: bool = False
    asked: Counter[Any] = field(default_factory=Counter)
    delays: list[tuple[datetime, timedelta]] = field(default_factory=list)
    stored: int = 0


def paper(name: str, per_day: int, *, feed: bool = False, feed_lies: bool = False) -> Paper:
    rng = random.Random(name)
    moments = sorted(
        BEGINS + timedelta(days=day, hours=rng.choice(HOURS), minutes=rng.randrange(60))
        for day in range(-10, DAYS)
        for _ in range(per_day if (BEGINS + timedelta(days=day)).weekday() < 5 else per_day // 2)
    )
    outlet = Outlet(name, base=f"http://127.0.0.1:9/{name}", feed=20 if feed else 0)
    return Paper(Source.model_validate(tomllib.loads(outlet.toml())), moments, feed_lies)


def look(engine: sa.Engine, one: Paper, section: Section, now: datetime) -> None:
    """What the spider does with a section, on a press that is played."""
    pace = SectionPace(SimpleNamespace(engine=engine), one.source, now)  # type: ignore[arg-type]
    kind, url, _ = pace.first_channel(section)
    if kind == "feed" and one.feed_lies:
        one.asked[now.date()] += 1
        state = frontier.channel_state(engine, one.source.id, url, kind)
        full = state.full_look or now  # the first answer is whole
        state = replace(state, looked=now, full_look=full, etag='"always"')
        frontier.save_channel(engine, pace.looked(section, state, fresh=0, now=now))
        if not pace.doubts(section, kind):
            return
        kind, url = section.channels[-1]
    one.asked[now.date()] += 1
    state = replace(frontier.channel_state(engine, one.source.id, url, kind), looked=now, full_look=now)
    there = [at for at in one.published if at <= now]
    links = [
        OwedLink(f"{section.url}{n}", f"{section.url}{n}", section.name, None, None)
        for n in range(max(0, len(there) - LISTED), len(there))
    ]
    found = frontier.record_look(engine, state, links, since=now, now=now, section=section.url)
    frontier.save_channel(engine, pace.looked(section, state, fresh=len(found.new), now=now))
    store(engine, one, [int(item.url.rpartition("/")[2]) for item in found.new], section, now)


def store(engine: sa.Engine, one: Paper, numbers: list[int], section: Section, now: datetime) -> None:
    with engine.begin() as connection:
        for n in numbers:
            at, url = one.published[n], f"{section.url}{n}"
            story = connection.execute(
                sa.insert(schema.story).values(created=now).returning(schema.story.c.id)
            ).scalar_one()
            row = {
                "source": one.source.id, "url": url, "title": url, "published": at.isoformat(), "published_at": at, "version": 1,
                "text_hash": url, "key_hash": url, "story": story, "first_seen": now, "last_seen": now,
            }  # fmt: skip
            article = connection.execute(
                sa.insert(schema.article).values(row).returning(schema.article.c.id)
            ).scalar_one()
            connection.execute(sa.insert(schema.address).values(url=url, article=article))
            if at >= BEGINS:
                one.delays.append((at, now - at))


@pytest.fixture(scope="module")
def fortnight(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Paper], list[list[datetime]]]:
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('fortnight') / 'd.db'}")
    papers = [paper("bao-vua", 7), paper("bao-doi", 6, feed=True, feed_lies=True), paper("bao-it", 2)]
    with engine.begin() as connection:
        watches.add_watch(
            connection, query="chi bộ", addresses=["a@example.org"], cadence="daily@06:00", now=BEGINS
        )
        watching = watches.active(connection)
    seen: list[list[datetime]] = []
    now = BEGINS
    while now < BEGINS + timedelta(days=DAYS):
        appointed = appointments_of(engine, watching, at=None, now=now)
        by_id = {one.source.id: one for one in papers}
        due = timetable.due_sources(
            engine,
            [one.source for one in papers],
            now=now,
            appointed=lambda s, a=appointed, t=now: a.since(s, t),
        )
        for id_ in due:
            run = runs.open_run(engine, id_, now=now)
            look(engine, by_id[id_], by_id[id_].source.sections[0], now)
            runs.close_run(engine, run, ended=now, outcome="finished", counts={})
        if (now.hour, now.minute) == (6, 0):
            seen.append([run.ended for run in runs.last_runs(engine).values() if run.ended is not None])
        now += TICK
    engine.dispose()
    return papers, seen


def test_what_is_published_by_day_is_stored_within_the_hour_and_mostly_in_twenty_minutes(
    fortnight: tuple[list[Paper], list[list[datetime]]],
) -> None:
    papers, _ = fortnight
    delays = [
        delay / timedelta(minutes=1)
        for one in papers
        if not one.feed_lies
        for at, delay in one.delays
        if 5 <= at.hour < 22 and at >= BEGINS + timedelta(days=1)
    ]
    assert len(delays) > 80
    assert median(delays) <= 20
    assert quantiles(delays, n=20)[-1] <= 60


def test_no_section_is_asked_more_than_sixty_times_a_day(
    fortnight: tuple[list[Paper], list[list[datetime]]],
) -> None:
    papers, _ = fortnight
    for one in papers:
        assert max(one.asked.values()) <= 60, one.source.id
    vua, _, it = (sum(one.asked.values()) for one in papers)
    assert it < vua


def test_a_feed_that_lies_keeps_nothing_back_for_longer_than_an_hour(
    fortnight: tuple[list[Paper], list[list[datetime]]],
) -> None:
    liar = fortnight[0][1]
    by_day = [delay for at, delay in liar.delays if 5 <= at.hour < 21]
    assert by_day and max(by_day) <= timedelta(hours=1) + TICK


def test_every_source_was_looked_at_shortly_before_each_digest(
    fortnight: tuple[list[Paper], list[list[datetime]]],
) -> None:
    _, seen = fortnight
    assert len(seen) == DAYS
    for morning in seen:
        assert len(morning) == 3
        assert all(
            (m.astimezone(VIETNAM).hour, m.astimezone(VIETNAM).minute) >= (5, 30)
            or m.astimezone(VIETNAM).hour == 6
            for m in morning
        )
