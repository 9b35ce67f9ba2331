"""What a watch would have raised: the articles, stories, documents or meetings that were news in a stretch of time.

The matcher is the one that raises alerts. What was the first is told by the day of publication, where the alert
goes by the hour of the crawl: on the past, a store that was filled at once has no other order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from crawler.article import published_day
from crawler.citing.same_document import is_new
from crawler.dates.zones import VIETNAM
from crawler.delivery.display_names import document_name, meeting_name
from crawler.delivery.items import Registry
from crawler.query.parser import Query
from crawler.query.salience import is_wanted
from crawler.query.wish import Scope
from crawler.source import Source
from crawler.store import news, search
from crawler.store.news import ArticleLine
from crawler.store.outbox import Connection, Engine
from crawler.store.search_past import Past, past

_TOMORROW = timedelta(days=1)
"""How far a page may date itself ahead: beyond, it would stand on a day that has not been."""


@dataclass(frozen=True, slots=True)
class PastHit:
    """One thing that would have been told, on the day of the article that brought it."""

    subject: str
    """What an alert calls it: the number or id of the article, story, document or meeting."""
    moment: datetime
    title: str
    url: str
    source: str
    outlet: str
    words: tuple[str, ...] = ()

    @property
    def day(self) -> date:
        """The day in Vietnam."""
        return self.moment.astimezone(VIETNAM).date()

    def to_json(self) -> dict[str, Any]:
        """For `watch test --json`."""
        found = {"day": self.day.isoformat(), "title": self.title, "url": self.url}
        return {**found, "source": self.source, "words": list(self.words)}


def past_articles(
    engine: Engine,
    query: Query,
    registry: Mapping[str, Source],
    since: datetime,
    now: datetime,
    *,
    scope: Scope,
    wanted: str = "all",
) -> list[Past]:
    """The articles that answer a query and were published (or, undated, first seen) since then, newest first.

    A watch that wants none that only mention its words in passing has each of them read.
    """
    found = past(engine, query, registry, since, now + _TOMORROW)
    if wanted == "all" or scope not in ("article", "story"):
        return found
    with closing(search.matching(engine, query, registry, since=since)) as whole:
        main = {one.id for one in whole if is_wanted(one.article, one.hit, scope=scope, wanted=wanted)}
    return [one for one in found if one.id in main]


def hits_of_articles(
    engine: Engine, articles: Sequence[Past], registry: Mapping[str, Source]
) -> list[PastHit]:
    """Every article by itself."""
    lines = _lines(engine, articles)
    return _newest_first(_hit(str(found.id), found, lines[found.id], registry) for found in articles)


def hits_of_stories(
    engine: Engine, articles: Sequence[Past], registry: Mapping[str, Source]
) -> list[PastHit]:
    """Each story once, on the day of its earliest article among these."""
    lines = _lines(engine, articles)
    groups: dict[int, list[Past]] = {}
    for found in articles:
        groups.setdefault(found.story, []).append(found)
    firsts = {
        story: min(group, key=lambda f: (f.moment, lines[f.id].source, lines[f.id].url))
        for story, group in groups.items()
    }
    return _newest_first(_hit(str(story), f, lines[f.id], registry) for story, f in firsts.items())


def _lines(engine: Engine, articles: Sequence[Past]) -> dict[int, ArticleLine]:
    with engine.connect().execution_options(diemtin_read=True) as conn:
        return news.lines_of_articles(conn, {found.id for found in articles})


def hits_of_firsts(
    engine: Engine,
    scope: Scope,
    articles: Sequence[Past] | None,
    registry: Mapping[str, Source],
    since: datetime,
    now: datetime,
) -> list[PastHit]:
    """Documents first named, or meetings first told, since then: by these articles, or (None) by any."""
    words = None if articles is None else {found.id: found.words for found in articles}
    named = _documents if scope == "document" else _meetings
    hits = []
    with engine.connect().execution_options(diemtin_read=True) as conn:
        firsts = _first_reports(conn, since) if scope == "document" else news.first_told(conn, since)
        lines = news.lines_of_articles(conn, {first.article for first in firsts})
        names = named(conn, firsts, lines, any_word=articles is None, now=now)
        for first in firsts:
            line = lines[first.article]
            if first.subject not in names or first.at > now + _TOMORROW:
                continue
            if words is None or first.article in words:
                outlet = Registry(registry).outlet(line.source).name
                told = words[first.article] if words else ()
                hits.append(
                    PastHit(
                        first.subject, first.at, names[first.subject], line.url, line.source, outlet, told
                    )
                )
    return _newest_first(hits)


def _first_reports(conn: Connection, since: datetime) -> list[news.First]:
    """The article that made each document news: the first that says it was issued just now, else its first."""
    said = {first.subject: first for first in news.first_issued(conn, since)}
    cited = {first.subject: first for first in news.first_cited(conn, since)}
    return [found for _, found in sorted((cited | said).items())]


def _documents(
    conn: Connection,
    firsts: Sequence[news.First],
    lines: Mapping[int, ArticleLine],
    *,
    any_word: bool,
    now: datetime,
) -> dict[str, str]:
    """Names of those that are news, as for an alert; the Party's alone where no words are asked for."""
    facts = news.load_documents(conn, {first.subject for first in firsts})
    said = {first.subject for first in news.first_issued(conn, datetime.min.replace(tzinfo=now.tzinfo))}
    return {
        first.subject: document_name(known)
        for first in firsts
        if (known := facts.get(first.subject)) is not None
        and known.id == first.subject  # not one that turned out to be another
        and (known.system == "party" or not any_word)
        and is_new(
            issued=known.date,
            said=first.subject in said,
            known=known.seeded,
            first=True,
            reported=published_day(lines[first.article].published) or now.astimezone(VIETNAM).date(),
        )
    }


def _meetings(
    conn: Connection,
    firsts: Sequence[news.First],
    lines: Mapping[int, ArticleLine],
    *,
    any_word: bool,
    now: datetime,
) -> dict[str, str]:
    del lines, any_word, now  # every meeting is news once
    known = news.load_meetings(conn, {first.subject for first in firsts})
    return {subject: meeting_name(facts) for subject, facts in known.items()}


def _hit(subject: str, found: Past, line: ArticleLine, registry: Mapping[str, Source]) -> PastHit:
    outlet = Registry(registry).outlet(line.source).name
    return PastHit(subject, found.moment, line.title, line.url, line.source, outlet, found.words)


def _newest_first(hits: Any) -> list[PastHit]:
    return sorted(sorted(hits, key=lambda hit: hit.url), key=lambda hit: hit.moment, reverse=True)
