"""The way into an archive: which days are wanted, which ways lead there, and what they could not reach.

Pure: asking is `spiders/archive/walker.py`, remembering `crawler.store.backfill`.
"""

from __future__ import annotations

import hashlib
import re
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal

from crawler.dates.zones import VIETNAM
from crawler.discovery import feed
from crawler.source import Source

WayKind = Literal["sitemap", "listing", "ids"]


@dataclass(frozen=True, slots=True)
class Window:
    """The days that are wanted, both inside."""

    first: date
    last: date

    @property
    def begins(self) -> datetime:
        """Midnight in Vietnam before the first day."""
        return datetime(self.first.year, self.first.month, self.first.day, tzinfo=VIETNAM)

    @property
    def ends(self) -> datetime:
        """Midnight in Vietnam after the last day."""
        return datetime(self.last.year, self.last.month, self.last.day, tzinfo=VIETNAM) + timedelta(days=1)

    def months(self) -> list[str]:
        """The months it touches, oldest first: `2019-01`."""
        first = self.first.year * 12 + self.first.month - 1
        last = self.last.year * 12 + self.last.month - 1
        return [f"{n // 12:04d}-{n % 12 + 1:02d}" for n in range(first, last + 1)]


@dataclass(frozen=True, slots=True)
class Way:
    """One way into the archive and how far it has been gone."""

    source: str
    window: Window
    url: str
    """The listing, the sitemap or the template of ids."""
    kind: WayKind
    position: Mapping[str, Any] = field(default_factory=dict)
    """What it takes to go on; empty at the beginning."""
    reached: date | None = None
    """The oldest day it has come to."""
    pages: int = 0
    """Listing pages, sitemaps or ids asked for."""
    missing: int = 0
    """Of these, what never came."""
    ended: str | None = None
    """`done`, or why there is nothing behind; None: to be gone on."""

    @property
    def complete(self) -> bool:
        """Whether it has led to the beginning of the window."""
        return self.ended == "done" or (self.reached is not None and self.reached <= self.window.first)

    def to_json(self) -> dict[str, Any]:
        """The way as `backfill --json` prints it."""
        return {
            "kind": self.kind,
            "url": self.url,
            "pages": self.pages,
            "missing": self.missing,
            "reached": self.reached.isoformat() if self.reached else None,
            "ended": self.ended,
        }


def ways_of(source: Source, window: Window) -> list[Way]:
    """The ways into a source's archive, cheapest first: sitemaps, listings, ids."""
    sitemaps = dict.fromkeys(s.sitemap for s in source.sections if s.sitemap)
    listings = dict.fromkeys(s.json_listing or s.url for s in source.sections)
    found = [Way(source.id, window, url, "sitemap") for url in sitemaps]
    found += [Way(source.id, window, url, "listing") for url in listings]
    if source.archive.ids:
        found.append(Way(source.id, window, source.archive.ids, "ids"))
    return found


def sitemaps_for(children: Sequence[str], window: Window, now: datetime) -> list[str]:
    """Of a sitemap index's children those that may list pages of the window, the newest month first.

    A name without a month may hold anything, so it stays; a page that was edited later stands in a later
    month's sitemap on some sites, but most go by the day of publication, and asking for all is asking for years.
    """
    first, last = ((d.year, d.month) for d in (window.first, window.last))
    months = {c: feed.sitemap_month(c) for c in children}
    dated = [c for c, m in months.items() if m is not None and first <= m <= last]
    undated = [c for c, m in months.items() if m is None and feed.newest_sitemaps([c], now)]
    return [*sorted(dated, key=lambda c: (months[c] or (0, 0), c), reverse=True), *undated]


def mark(url: str) -> str:
    """An address as a way remembers it: ten characters, for it may come by thousands of pages."""
    return hashlib.blake2b(url.encode(), digest_size=5).hexdigest()


def id_pattern(template: str) -> re.Pattern[str]:
    """Where the id stands in an article's address, from the template's last step.

    >>> id_pattern("https://bao.example/bai-post{id}.html").search("https://bao.example/mot-bai-post12.html")[1]
    '12'
    """
    before, _, after = template.partition("{id}")
    near = re.search(r"[^/0-9]*$", before)
    lead = near[0] if near else ""
    word = re.search(r"[-_.=]?[A-Za-z]*$", lead)  # what a slug stands before
    return re.compile(re.escape(word[0] if word else lead) + r"(\d+)" + re.escape(after) + "$")


@dataclass(frozen=True, slots=True)
class Search:
    """A search for the first of ascending places that is not newer than the window: doubling, then halving.

    `newer` says of a place whether all of it is newer; a place behind the end counts as not newer.
    """

    low: int
    """Known to be newer, or before the first place."""
    high: int | None = None
    """Known not to be newer."""

    @property
    def found(self) -> int | None:
        """The place, when it is known."""
        return self.high if self.high is not None and self.high - self.low <= 1 else None

    @property
    def probe(self) -> int:
        """The place to look at next."""
        if self.high is None:
            return max(1, self.low * 2)
        return (self.low + self.high) // 2

    def told(self, place: int, *, newer: bool) -> Search:
        """The search after a look at `place`.

        >>> s = Search(0)
        >>> asked = []
        >>> while s.found is None:
        ...     asked.append(s.probe)
        ...     s = s.told(s.probe, newer=s.probe < 37)
        >>> s.found, len(asked)
        (37, 12)
        """
        return Search(place, self.high) if newer else Search(self.low, place)


def report(
    source: Source,
    window: Window,
    ways: Sequence[Way],
    *,
    months: Mapping[str, int],
    owed: int,
    given_up: int,
) -> dict[str, Any]:
    """What was reached and, as honestly as it can be told, what was not.

    `estimate_missing` counts articles: the days no way reached at the pace of the full months (or of the row's
    `expect`), and what was given up; None where neither tells a pace.
    """
    reached = reach(source, ways)
    unreached = []
    if reached is None or reached > window.first:
        whys = sorted({f"{w.kind}: {w.ended or 'chưa đi hết'}" for w in ways if not w.complete})
        until = min(window.last, reached - timedelta(days=1)) if reached else window.last
        unreached.append({"from": window.first.isoformat(), "to": until.isoformat(), "why": "; ".join(whys)})
    return {
        "source": source.id,
        "from": window.first.isoformat(),
        "to": window.last.isoformat(),
        "articles": sum(months.values()),
        "months": {month: months.get(month, 0) for month in window.months()},
        "ways": [way.to_json() for way in ways],
        "owed": owed,
        "given_up": given_up,
        "unreached": unreached,
        "estimate_missing": _estimate(source, window, months, reached, given_up + owed),
        "done": not unreached and not owed and all(w.ended for w in ways),
    }


def reach(source: Source, ways: Sequence[Way]) -> date | None:
    """The day from which on every section was gone through; None where some section was not gone at all.

    A sitemap or a range of ids that was gone to its end speaks for all sections.
    """
    whole = [w for w in ways if w.kind in ("sitemap", "ids") and w.complete and not w.missing]
    if whole:
        return whole[0].window.first
    furthest = []
    for section in source.sections:
        own = {section.sitemap, section.json_listing or section.url}
        days = [_day(w) for w in ways if w.url in own or w.kind == "ids"]
        known = [day for day in days if day is not None]
        if not known:
            return None
        furthest.append(min(known))
    return max(furthest)


def _day(way: Way) -> date | None:
    return way.window.first if way.complete else way.reached


def _estimate(
    source: Source, window: Window, months: Mapping[str, int], reached: date | None, lost: int
) -> int | None:
    begin = reached or window.last + timedelta(days=1)
    missing_days = max(0, (begin - window.first).days)
    if not missing_days:
        return lost
    border = begin.isoformat()[:7]
    full = [n for month, n in months.items() if month > border and n]
    if full:
        per_day = statistics.median(full) / 30.4
    elif source.expect.per_week:
        per_day = source.expect.per_week / 7
    else:
        return None
    return lost + round(per_day * missing_days)


def beside(days: Iterable[datetime], window: Window) -> Literal["newer", "older"] | None:
    """Whether all of these moments lie on one side of the window; None where they do not, or none is known."""
    known = sorted(days)
    if known and known[0] >= window.ends:
        return "newer"
    return "older" if known and known[-1] < window.begins else None
