"""What a watch would have raised: the articles, stories, documents or meetings that were news in a stretch of time.

The matcher is the one that raises alerts. What was the first is told by the day of publication, where the alert
goes by the hour of the crawl: on the past, a store that was filled at once has no other order.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from crawler.article import published_at
from crawler.source import Source
from crawler.store import news, search
from crawler.store.batch import is_old
from crawler.store.news import ArticleLine
from crawler.store.outbox import Connection, Engine
from crawler.store.search import Found
from crawler.store.watches import Scope
from crawler.watch.cadence import VIETNAM
from crawler.watch.items import Registry
from crawler.watch.names import document_name, meeting_name
from crawler.watch.query import Query

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


def matching_in(
    engine: Engine, query: Query, registry: Mapping[str, Source], since: datetime, now: datetime
) -> Generator[Found, None, None]:
    """The articles that answer a query and were published (or, undated, first seen) since then, newest first."""
    with closing(search.matching(engine, query, registry, since=since)) as newest_first:
        yield from (found for found in newest_first if moment_of(found) <= now + _TOMORROW)


def moment_of(found: Found) -> datetime:
    """When an article was published, or first seen where that is unknown."""
    return published_at(found.published) or found.first_seen


def hits_of_articles(articles: Sequence[Found], registry: Mapping[str, Source]) -> list[PastHit]:
    """Every article by itself."""
    return _newest_first(_hit(str(found.id), found, registry) for found in articles)


def hits_of_stories(articles: Sequence[Found], registry: Mapping[str, Source]) -> list[PastHit]:
    """Each story once, on the day of its earliest article among these."""
    groups: dict[int, list[Found]] = {}
    for found in articles:
        groups.setdefault(found.story, []).append(found)
    return _newest_first(
        _hit(
            str(story), min(group, key=lambda f: (moment_of(f), f.source, f.article.canonical_url)), registry
        )
        for story, group in groups.items()
    )


def hits_of_firsts(
    engine: Engine,
    scope: Scope,
    articles: Sequence[Found] | None,
    registry: Mapping[str, Source],
    since: datetime,
    now: datetime,
) -> list[PastHit]:
    """Documents first named, or meetings first told, since then: by these articles, or (None) by any."""
    words = (
        None if articles is None else {found.id: (*found.hit.words, *found.hit.fields) for found in articles}
    )
    named = _documents if scope == "document" else _meetings
    hits = []
    with engine.connect().execution_options(diemtin_read=True) as conn:
        firsts = news.first_cited(conn, since) if scope == "document" else news.first_told(conn, since)
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


def _documents(
    conn: Connection,
    firsts: Sequence[news.First],
    lines: Mapping[int, ArticleLine],
    *,
    any_word: bool,
    now: datetime,
) -> dict[str, str]:
    """Names of those that are news: as for an alert, those whose number is resolved, none that is old,
    and the Party's alone where no words are asked for."""
    facts = news.load_documents(conn, {first.subject for first in firsts})
    return {
        first.subject: document_name(known)
        for first in firsts
        if (known := facts.get(first.subject)) is not None
        and known.id == first.subject  # not one that turned out to be another
        and known.resolved
        and (known.system == "party" or not any_word)
        and not is_old(known.date, lines[first.article].published, now)
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


def _hit(subject: str, found: Found, registry: Mapping[str, Source]) -> PastHit:
    outlet = Registry(registry).outlet(found.source).name
    words = (*found.hit.words, *found.hit.fields)
    return PastHit(
        subject,
        moment_of(found),
        found.article.title,
        found.article.canonical_url,
        found.source,
        outlet,
        words,
    )


def _newest_first(hits: Any) -> list[PastHit]:
    return sorted(sorted(hits, key=lambda hit: hit.url), key=lambda hit: hit.moment, reverse=True)
