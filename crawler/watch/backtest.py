"""A watch tried on the last 100 days before it is saved: how much, what mail, what it misses, what was marked.

The matcher is the one that raises alerts, so what the back-test shows is what the watch would have brought.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from crawler.errors import InvalidInput
from crawler.source import Source
from crawler.store import marks, news, watches
from crawler.store.outbox import Engine, OwedAlert
from crawler.store.search import Found
from crawler.store.watches import Scope, Watch
from crawler.watch.article_doc import doc_of
from crawler.watch.cadence import VIETNAM
from crawler.watch.gather import gather
from crawler.watch.items import Message, Registry
from crawler.watch.mail import plain_text, subject_of
from crawler.watch.mail_settings import MailSettings
from crawler.watch.match import Hit, SearchDoc, loosened
from crawler.watch.past import PastHit, hits_of_articles, hits_of_firsts, hits_of_stories, matching_in
from crawler.watch.query import Query, parse
from crawler.watch.tree import Zone

DAYS = 100
"""How far back a query is tried."""
TOO_BROAD = 50
"""Stories a day, on average: more than anybody reads."""
MOST_NEAR = 500
"""Near misses looked at; there can be very many for a short word."""
SHOWN_NEAR = 8
"""Spellings shown."""

MORNING = time(6)
"""When the digest that is shown would have come."""
_TRIED: tuple[Scope, ...] = ("article", "story", "document", "meeting")
_NAMES = {"document": "văn kiện mới", "meeting": "cuộc họp mới"}


@dataclass(frozen=True, slots=True)
class NearMiss:
    """Words as printed that the query would find without its accents, or with another spelling of a number."""

    surface: str
    articles: int
    url: str
    """The newest of them."""
    title: str


@dataclass(frozen=True, slots=True)
class FailedMark:
    """A person's word that the query contradicts."""

    url: str
    right: bool
    """True: it should be found and is not."""
    known: bool
    """Whether the article is in the store at all."""


@dataclass(frozen=True, slots=True)
class PastMail:
    """The daily digest of the newest day that had a hit."""

    day: date
    """The morning on which it would have come."""
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Backtest:
    """What a query would have brought."""

    query: str
    watch: str | None
    """The name of the saved watch that was tested."""
    since: datetime
    until: datetime
    days: int
    """Days of the time asked for that the store can speak of."""
    scope: Scope
    articles: int
    """Articles that answer the query; 0 where there is none."""
    stories: int
    """Stories they belong to: what decides whether a query is too broad."""
    hits: tuple[PastHit, ...]
    """What the scope makes of them, newest first."""
    near: tuple[NearMiss, ...] = ()
    mail: PastMail | None = None
    marks: int = 0
    failed_marks: tuple[FailedMark, ...] = ()

    @property
    def per_day(self) -> dict[date, int]:
        """Hits of each day, days without included."""
        counted = Counter(hit.day for hit in self.hits)
        first = self.until.astimezone(VIETNAM).date() - timedelta(days=self.days - 1)
        return {day: counted[day] for day in (first + timedelta(days=n) for n in range(self.days))}

    @property
    def mean(self) -> float:
        """Hits a day."""
        return len(self.hits) / self.days

    @property
    def too_broad(self) -> bool:
        """Whether it would bring more than anybody reads."""
        return self.stories / self.days > TOO_BROAD

    def to_json(self) -> dict[str, Any]:
        """For `watch test --json`."""
        return {
            "query": self.query,
            "watch": self.watch,
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "days": self.days,
            "scope": self.scope,
            "total": len(self.hits),
            "stories": self.stories,
            "articles": self.articles,
            "mean_per_day": round(self.mean, 2),
            "too_broad": self.too_broad,
            "per_day": {day.isoformat(): n for day, n in self.per_day.items()},
            "hits": [hit.to_json() for hit in self.hits],
            "near_misses": [
                {"surface": n.surface, "articles": n.articles, "url": n.url, "title": n.title}
                for n in self.near
            ],
            "mail": {"day": self.mail.day.isoformat(), "subject": self.mail.subject, "text": self.mail.text}
            if self.mail
            else None,
            "marks": {
                "checked": self.marks,
                "failed": [{"url": m.url, "right": m.right, "stored": m.known} for m in self.failed_marks],
            },
        }


def backtest(
    engine: Engine,
    query: str,
    *,
    now: datetime,
    days: int = DAYS,
    scope: str | None = None,
    sources: Mapping[str, Source] | None = None,
) -> Backtest:
    """Try a query, or a saved watch by its name or number, on the last `days`.

    `scope` is that of the saved watch, or `story`, where it is not given. Raises InvalidQuery for a wrong query,
    InvalidInput for an empty one with a scope that needs words, and for the scope `event`.
    """
    watch = _saved(engine, query)
    asked = watch.query if watch is not None else query
    tried = _scope(scope or (watch.scope if watch is not None else "story"))
    parsed = _parsed(asked, tried)
    registry = dict(sources or {})
    since = _first_midnight(now, days)
    # A list of all the press is no answer: without words a document or a meeting is looked up by itself.
    articles = [] if parsed.is_empty else list(matching_in(engine, parsed, registry, since, now))
    if tried == "story":
        hits = hits_of_stories(articles, registry)
    elif tried == "article":
        hits = hits_of_articles(articles, registry)
    else:
        hits = hits_of_firsts(engine, tried, None if parsed.is_empty else articles, registry, since, now)
    in_words = tried in ("article", "story")
    found = {one.id for one in articles}
    checked, failed = _check_marks(engine, watch, parsed, registry) if watch is not None else (0, ())
    return Backtest(
        query=asked,
        watch=watch.name if watch is not None else None,
        since=since,
        until=now,
        days=_days_known(engine, since, now),
        scope=tried,
        articles=len(articles),
        stories=len({one.story for one in articles}) if in_words else 0,
        hits=tuple(hits),
        near=_near(engine, parsed, registry, since, now, found) if in_words else (),
        mail=_mail(engine, hits, tried, watch.name if watch else asked, asked, registry),
        marks=checked,
        failed_marks=failed,
    )


def refuse_if_too_broad(
    engine: Engine, query: str, *, now: datetime, sources: Mapping[str, Source] | None = None
) -> None:
    """Raise InvalidInput for a query that would have brought more than 50 stories a day."""
    if not query.strip():
        return
    since = _first_midnight(now, DAYS)
    asked = _parsed(query, "story")
    stories = {found.story for found in matching_in(engine, asked, dict(sources or {}), since, now)}
    mean = len(stories) / _days_known(engine, since, now)
    if mean > TOO_BROAD:
        raise InvalidInput(
            f"truy vấn quá rộng: {mean:.0f} tin mỗi ngày trong {DAYS} ngày qua (nhiều nhất {TOO_BROAD}); "
            f"thu hẹp lại, hoặc --force / too broad: {mean:.0f} stories a day; narrow it, or use --force"
        )


def mark_hits(
    engine: Engine, name: str, *, right: Sequence[str], wrong: Sequence[str], now: datetime
) -> None:
    """Save a person's word on articles: they become the regression test of a saved watch."""
    with engine.begin() as conn:
        watch = watches.find_watch(conn, name)
        known = news.lines_by_address(conn, [*right, *wrong])
        for is_right, urls in ((True, right), (False, wrong)):
            for url in urls:
                canonical = known[url].url if url in known else url
                marks.set_mark(conn, watch.id, canonical, right=is_right, now=now)


# ---- reading the store ----------------------------------------------------------------------------------------


def _saved(engine: Engine, name: str) -> Watch | None:
    with engine.begin() as conn:
        try:
            return watches.find_watch(conn, name)
        except InvalidInput:  # no watch of that name: it is a query
            return None


def _scope(named: str) -> Scope:
    for scope in _TRIED:
        if scope == named:
            return scope
    raise InvalidInput(
        f"phạm vi {named!r} không thử được / scope {named!r} cannot be tried: {', '.join(_TRIED)}"
    )


def _parsed(query: str, scope: Scope) -> Query:
    if not query.strip() and scope in ("article", "story"):
        raise InvalidInput(
            f"phạm vi {scope} cần một truy vấn để thử; truy vấn trống dùng với --scope document hoặc meeting / "
            f"scope {scope} needs a query to try; it may be empty with --scope document or meeting"
        )
    return parse(query, allow_empty=True)


def _first_midnight(now: datetime, days: int) -> datetime:
    """The beginning of the first of so many days, today included."""
    first = now.astimezone(VIETNAM).date() - timedelta(days=days - 1)
    return datetime.combine(first, time(), VIETNAM)


def _days_known(engine: Engine, since: datetime, now: datetime) -> int:
    with engine.begin() as conn:
        oldest = news.oldest_since(conn, since)
    if oldest is None:
        return 1
    return max(1, (now.astimezone(VIETNAM).date() - oldest.astimezone(VIETNAM).date()).days + 1)


def _near(
    engine: Engine,
    query: Query,
    registry: Mapping[str, Source],
    since: datetime,
    now: datetime,
    found: set[int],
) -> tuple[NearMiss, ...]:
    loose = Query(query.typed, loosened(query.root))
    surfaces: dict[str, list[Found]] = {}
    with closing(matching_in(engine, loose, registry, since, now)) as candidates:
        misses = (miss for miss in candidates if miss.id not in found)
        for miss in islice(misses, MOST_NEAR):
            for surface in sorted(_surfaces(miss.doc, miss.hit)):
                surfaces.setdefault(surface, []).append(miss)
    ranked = sorted(surfaces.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(
        NearMiss(surface, len(group), group[0].article.canonical_url, group[0].article.title)
        for surface, group in ranked[:SHOWN_NEAR]
    )


def _surfaces(doc: SearchDoc, hit: Hit) -> set[str]:
    """The words of a hit as the newspaper prints them."""
    texts = {Zone.TITLE: doc.title, Zone.LEAD: doc.lead or "", Zone.BODY: doc.body}
    return {
        " ".join(
            (texts[s.zone] if s.zone in texts else doc.captions[s.caption])[s.start : s.end].split()
        ).lower()
        for s in hit.spans
    }


def _mail(
    engine: Engine,
    hits: Sequence[PastHit],
    scope: Scope,
    name: str,
    query: str,
    registry: Mapping[str, Source],
) -> PastMail | None:
    """The digest of the newest day with hits, as it would have been written the morning after."""
    if not hits:
        return None
    settings = MailSettings()
    newest = hits[0].day
    morning = datetime.combine(newest + timedelta(days=1), MORNING, VIETNAM)
    called = name.strip() or _NAMES[scope]
    owed = [
        OwedAlert(
            alert=-n, watch=0, watch_name=called, query=query, language="vi", cadence="daily@06:00", kind=scope,
            subject=hit.subject, article=None, words=(), spans={}, body=None, created=morning, due=morning,
        )
        for n, hit in enumerate((hit for hit in hits if hit.day == newest), 1)
    ]  # fmt: skip
    with engine.connect().execution_options(diemtin_read=True) as conn:
        gathered = gather(conn, "", owed, Registry(registry))
    message = Message("digest", "vi", settings.sender_address, morning, gathered.items)
    return PastMail(morning.date(), subject_of(message), plain_text(message, settings))


def _check_marks(
    engine: Engine, watch: Watch, query: Query, registry: Mapping[str, Source]
) -> tuple[int, tuple[FailedMark, ...]]:
    with engine.begin() as conn:
        set_by_people = marks.list_marks(conn, watch.id)
        lines = news.lines_by_address(conn, [m.url for m in set_by_people])
        loaded = news.load_articles(conn, {line.id for line in lines.values()})
    failed = []
    for mark in set_by_people:
        line = lines.get(mark.url)
        if line is None:
            if mark.right:
                failed.append(FailedMark(mark.url, right=True, known=False))
            continue
        doc = doc_of(loaded[line.id].article, registry.get(line.source))
        if (query.matches(doc) is not None) != mark.right:
            failed.append(FailedMark(mark.url, right=mark.right, known=True))
    return len(set_by_people), tuple(failed)
