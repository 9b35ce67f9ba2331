"""A watch tried on the last 100 days before it is saved: how much, what mail, what it misses, what was marked.

The index finds what the matcher would (`crawler.query.index_query`), which raises the alerts: what a back-test shows is
what the watch would have brought.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from crawler.dates.zones import VIETNAM
from crawler.delivery.gather import gather
from crawler.delivery.history import (
    PastHit,
    hits_of_articles,
    hits_of_firsts,
    hits_of_stories,
    past_articles,
)
from crawler.delivery.items import Message, Registry
from crawler.delivery.mail import plain_text, subject_of
from crawler.delivery.mail_settings import MailSettings
from crawler.errors import InvalidInput
from crawler.query.matcher import Hit, SearchDoc
from crawler.query.parser import Query, parse
from crawler.query.search_document import doc_of
from crawler.query.tree import Zone
from crawler.query.wish import Scope
from crawler.source import Source
from crawler.store import expectations as marks
from crawler.store import news, watches
from crawler.store.outbox import Connection, Engine, OwedAlert
from crawler.store.search_answer import Found
from crawler.store.search_past import missed, oldest_since, stories_since
from crawler.store.watches import Watch

DAYS = 100
"""How far back a query is tried."""
TOO_BROAD = 50
"""Stories a day, on average: more than anybody reads."""
MOST_NEAR = 150
"""Near misses looked at, the newest; there can be very many for a short word, and each of these is read."""
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
    saved: bool = True,
) -> Backtest:
    """Try a query, or a saved watch by its name or number, on the last `days`; not `saved`: a query, whatever it says.

    `scope` is that of the saved watch, or `story`, where it is not given. Raises InvalidQuery for a wrong query,
    InvalidInput for an empty one with a scope that needs words, and for the scope `event`.
    """
    watch = _saved(engine, query) if saved else None
    asked = watch.query if watch is not None else query
    tried = _scope(scope or (watch.scope if watch is not None else "story"))
    parsed = _parsed(asked, tried)
    registry = dict(sources or {})
    since = _first_midnight(now, days)
    # A list of all the press is no answer: without words a document or a meeting is looked up by itself.
    wanted = watch.salience if watch is not None else "all"
    articles = (
        []
        if parsed.is_empty
        else past_articles(engine, parsed, registry, since, now, scope=tried, wanted=wanted)
    )
    if tried == "story":
        hits = hits_of_stories(engine, articles, registry)
    elif tried == "article":
        hits = hits_of_articles(engine, articles, registry)
    else:
        hits = hits_of_firsts(engine, tried, None if parsed.is_empty else articles, registry, since, now)
    in_words = tried in ("article", "story")
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
        near=_near(engine, parsed, registry, since, now) if in_words else (),
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
    stories = stories_since(engine, asked, dict(sources or {}), since, now + timedelta(days=1))
    mean = stories / _days_known(engine, since, now)
    if mean > TOO_BROAD:
        raise InvalidInput(
            f"truy vấn quá rộng: {mean:.0f} tin mỗi ngày trong {DAYS} ngày qua (nhiều nhất {TOO_BROAD}); "
            f"thu hẹp lại, hoặc --force / too broad: {mean:.0f} stories a day; narrow it, or use --force"
        )


def mark_hits(
    conn: Connection, name: str | int, *, right: Sequence[str], wrong: Sequence[str], now: datetime
) -> Watch:
    """Save a person's word on articles: they become the regression test of a saved watch, which is returned."""
    watch = watches.find_watch(conn, name)
    known = news.lines_by_address(conn, [*right, *wrong])
    for is_right, urls in ((True, right), (False, wrong)):
        for url in urls:
            canonical = known[url].url if url in known else url
            marks.set_mark(conn, watch.id, canonical, right=is_right, now=now)
    return watch


def check_marks(engine: Engine, right: Sequence[str], wrong: Sequence[str]) -> None:
    """Raise InvalidInput for an address of no stored article, mistyped mostly, and for one that is marked both ways."""
    with engine.connect() as conn:
        known = news.lines_by_address(conn, [*right, *wrong])
    if unknown := [url for url in (*right, *wrong) if url not in known]:
        raise InvalidInput(
            f"{unknown[0]}: trong kho không có bài nào ở địa chỉ này, tìm lại bằng diemtin search / "
            "no stored article has this address"
        )
    if both := sorted(set(right) & set(wrong)):
        raise InvalidInput(f"{both[0]}: vừa --right vừa --wrong / it is marked right and wrong at once")


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
        oldest = oldest_since(conn, since)
    if oldest is None:
        return 1
    return max(1, (now.astimezone(VIETNAM).date() - oldest.astimezone(VIETNAM).date()).days + 1)


def _near(
    engine: Engine, query: Query, registry: Mapping[str, Source], since: datetime, now: datetime
) -> tuple[NearMiss, ...]:
    surfaces: dict[str, list[Found]] = {}
    until = now + timedelta(days=1)
    for miss in missed(engine, query, registry, since, until, most=MOST_NEAR):
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
        gathered = gather(conn, "", owed, Registry(registry), now=morning)
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
