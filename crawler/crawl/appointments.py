"""When a source must have been looked at, whatever its rhythm: fixed times, and the time before a digest.

A digest that is due at six tells what was stored by then, so every source that one of its watches can concern is
looked at shortly before: early enough for the source's politeness, and not all of them in the same minute.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from crawler.errors import InvalidQuery
from crawler.look_times import parse_look_times
from crawler.query.cadence import due
from crawler.query.matcher import SearchDoc, hit_of
from crawler.query.parser import parse
from crawler.query.tree import EVERYTHING, And, FieldName, FieldTest, Node, Not, Or
from crawler.store import runs

if TYPE_CHECKING:
    from crawler.source import Source
    from crawler.store.database import Engine
    from crawler.store.watches import Watch

BEFORE = timedelta(minutes=15)
"""The latest start of a look before a digest: a tick, a queue and the reading of what is found."""
SPREAD = timedelta(minutes=10)
"""Over so long before that the sources start one after the other."""
LONGEST_LEAD = timedelta(minutes=90)


@dataclass(frozen=True, slots=True)
class Appointments:
    """What the watches and the settings ask of the schedule."""

    digests: tuple[Watch, ...] = ()
    """The watches that gather for an hour that is near."""
    at: str | None = None
    """Fixed times for all sources (`crawl.at`); a row's own come instead."""
    took: Mapping[str, timedelta] = field(default_factory=dict)
    """Source → the longest of its crawls of late: what its politeness costs."""

    def since(self, source: Source, now: datetime) -> datetime | None:
        """The last time by which a look at the source should have begun; None: its rhythm is enough."""
        fixed = source.crawl.at or self.at
        moments = [parse_look_times(fixed).last(now) if fixed else None]
        lead = self.lead(source)
        moments += [slot - lead for slot in self._digests(source, now, lead)]
        return max((m for m in moments if m is not None and m <= now), default=None)

    def lead(self, source: Source) -> timedelta:
        """How long before a digest a source is looked at: half as long again as its longest crawl, and its own part
        of the spread."""
        part = zlib.crc32(source.id.encode()) % int(SPREAD.total_seconds())
        longest = self.took.get(source.id, timedelta())
        return min(BEFORE + timedelta(seconds=part) + longest * 1.5, LONGEST_LEAD)

    def _digests(self, source: Source, now: datetime, lead: timedelta) -> Iterable[datetime]:
        """The next digests that are near and can tell of the source."""
        for watch in self.digests:
            slot = due(watch.cadence, watch.quiet, now)
            if slot - lead <= now and can_concern(watch.query, source):
                yield slot


def appointments_of(
    engine: Engine, watches: Iterable[Watch], *, at: str | None, now: datetime
) -> Appointments:
    """What is asked of the schedule now; how long crawls take is looked up only when a digest is near."""
    digests = tuple(w for w in watches if w.cadence.is_digest and w.scope != "event" and not w.is_paused(now))
    if not any(due(w.cadence, w.quiet, now) - now <= LONGEST_LEAD for w in digests):
        return Appointments(at=at)
    took: dict[str, timedelta] = {}
    for run in runs.runs_since(engine, now - timedelta(days=1)):
        if run.ended is not None and run.outcome == "finished":
            took[run.source] = max(took.get(run.source, timedelta()), run.ended - run.started)
    return Appointments(digests, at, took)


def can_concern(query: str, source: Source) -> bool:
    """Whether an article of this source may answer a query: only `nguồn:` and `tỉnh:` can say no."""
    try:
        root = _root(query)
    except InvalidQuery:
        return False  # set aside, and told of
    doc = SearchDoc(
        "", source_id=source.id, source_name=source.name, province=source.province, covers=source.covers
    )
    return _answer(root, doc) is not False


@lru_cache(maxsize=1024)
def _root(query: str) -> Node:
    return parse(query).root if query.strip() else EVERYTHING


def _answer(node: Node, doc: SearchDoc) -> bool | None:
    """Whether a query holds for all (True), for none (False) or for some (None) articles of a source."""
    if isinstance(node, FieldTest) and node.name in (FieldName.SOURCE, FieldName.PROVINCE):
        return hit_of(node, doc) is not None
    if isinstance(node, Not):
        inner = _answer(node.child, doc)
        return None if inner is None else not inner
    if isinstance(node, And | Or):
        answers = [_answer(child, doc) for child in node.children]
        decisive = isinstance(node, Or)
        if decisive in answers:
            return decisive
        return None if None in answers else not decisive
    return None
