"""A watch tried on the last 100 days before it is saved: how much, what mail, what it misses, what was marked.

The matcher is the one that raises alerts, so what the back-test shows is what the watch would have brought.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from rich.console import Console
from rich.text import Text

from crawler.errors import InvalidInput
from crawler.source import Source
from crawler.store import news, search, watches
from crawler.store.articles import published_at
from crawler.store.outbox import Engine, OwedAlert
from crawler.store.search import Found
from crawler.store.watches import Watch
from crawler.watch.cadence import VIETNAM
from crawler.watch.gather import gather
from crawler.watch.items import Message, Registry
from crawler.watch.mail import plain_text, subject_of
from crawler.watch.mail_settings import MailSettings
from crawler.watch.match import Hit, SearchDoc, loosened
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

_BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class StoryHit:
    """A story that the query finds."""

    day: date
    title: str
    url: str
    source: str
    words: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """For `watch test --json`."""
        found = {"day": self.day.isoformat(), "title": self.title, "url": self.url}
        return {**found, "source": self.source, "words": list(self.words)}


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
class Backtest:
    """What a query would have brought."""

    query: str
    watch: str | None
    """The name of the saved watch that was tested."""
    since: datetime
    until: datetime
    days: int
    """Days of the time asked for that the store can speak of."""
    articles: int
    stories: tuple[StoryHit, ...]
    """Newest first; a story stands on the day of its earliest article in the time tested."""
    near: tuple[NearMiss, ...] = ()
    mail_subject: str | None = None
    mail_text: str | None = None
    marks: int = 0
    failed_marks: tuple[FailedMark, ...] = ()

    @property
    def per_day(self) -> dict[date, int]:
        """Stories of each day, days without included."""
        counted = Counter(story.day for story in self.stories)
        first = self.until.astimezone(VIETNAM).date() - timedelta(days=self.days - 1)
        return {day: counted[day] for day in (first + timedelta(days=n) for n in range(self.days))}

    @property
    def mean(self) -> float:
        """Stories a day."""
        return len(self.stories) / self.days

    @property
    def too_broad(self) -> bool:
        """Whether it would bring more than anybody reads."""
        return self.mean > TOO_BROAD

    def to_json(self) -> dict[str, Any]:
        """For `watch test --json`."""
        return {
            "query": self.query,
            "watch": self.watch,
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "days": self.days,
            "stories": len(self.stories),
            "articles": self.articles,
            "stories_per_day": round(self.mean, 2),
            "too_broad": self.too_broad,
            "per_day": {day.isoformat(): n for day, n in self.per_day.items()},
            "hits": [story.to_json() for story in self.stories],
            "near_misses": [
                {"surface": n.surface, "articles": n.articles, "url": n.url, "title": n.title}
                for n in self.near
            ],
            "mail": {"subject": self.mail_subject, "text": self.mail_text} if self.mail_subject else None,
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
    sources: Mapping[str, Source] | None = None,
) -> Backtest:
    """Try a query, or a saved watch by its name or number, on the last `days`; InvalidQuery for a wrong query."""
    watch = _saved(engine, query)
    asked = watch.query if watch is not None else query
    parsed = _parsed(asked)
    registry = dict(sources or {})
    since = _first_midnight(now, days)
    hits = list(_in_window(engine, parsed, registry, since, now))
    by_story = _by_story(hits)
    found = {hit.id for hit in hits}
    subject, text = _mail(engine, list(by_story), watch.name if watch else asked, asked, registry, now)
    marks, failed = _check_marks(engine, watch, parsed, registry) if watch is not None else (0, ())
    return Backtest(
        query=asked,
        watch=watch.name if watch is not None else None,
        since=since,
        until=now,
        days=_days_known(engine, since, now),
        articles=len(hits),
        stories=tuple(_story_hit(group) for group in by_story.values()),
        near=_near(engine, parsed, registry, since, now, found),
        mail_subject=subject,
        mail_text=text,
        marks=marks,
        failed_marks=failed,
    )


def refuse_if_too_broad(
    engine: Engine, query: str, *, now: datetime, sources: Mapping[str, Source] | None = None
) -> None:
    """Raise InvalidInput for a query that would have brought more than 50 stories a day."""
    if not query.strip():
        return
    since = _first_midnight(now, DAYS)
    stories = {hit.story for hit in _in_window(engine, _parsed(query), dict(sources or {}), since, now)}
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
                watches.set_mark(conn, watch.id, canonical, right=is_right, now=now)


# ---- reading the store ----------------------------------------------------------------------------------------


def _saved(engine: Engine, name: str) -> Watch | None:
    with engine.begin() as conn:
        try:
            return watches.find_watch(conn, name)
        except InvalidInput:  # no watch of that name: it is a query
            return None


def _parsed(query: str) -> Query:
    if not query.strip():
        raise InvalidInput(
            "mục theo dõi này không có truy vấn để thử / this watch has no query to try: it asks by its scope"
        )
    return parse(query)


def _in_window(
    engine: Engine, query: Query, registry: Mapping[str, Source], since: datetime, now: datetime
) -> Generator[Found, None, None]:
    """Hits of the time tested, newest first."""
    with closing(search.matching(engine, query, registry, since=since)) as newest_first:
        # A page that dates itself into the future would stand on a day that has not been.
        yield from (found for found in newest_first if _moment(found) <= now + timedelta(days=1))


def _moment(found: Found) -> datetime:
    return published_at(found.published) or found.first_seen


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


def _by_story(hits: Sequence[Found]) -> dict[int, list[Found]]:
    groups: dict[int, list[Found]] = {}
    for hit in hits:
        groups.setdefault(hit.story, []).append(hit)
    return groups


def _story_hit(group: Sequence[Found]) -> StoryHit:
    first = min(group, key=lambda found: (_moment(found), found.source, found.article.canonical_url))
    return StoryHit(
        _moment(first).astimezone(VIETNAM).date(),
        first.article.title,
        first.article.canonical_url,
        first.source,
        first.hit.words,
    )


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
    with closing(_in_window(engine, loose, registry, since, now)) as candidates:
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
    stories: Sequence[int],
    name: str,
    query: str,
    registry: Mapping[str, Source],
    now: datetime,
) -> tuple[str | None, str | None]:
    """The digest of the newest hits, as it would have been written."""
    if not stories:
        return None, None
    settings = MailSettings()
    owed = [
        OwedAlert(
            alert=-n, watch=0, watch_name=name, query=query, language="vi", cadence="daily@06:00", kind="story",
            subject=str(story), article=None, words=(), spans={}, body=None, created=now, due=now,
        )
        for n, story in enumerate(stories[: settings.max_items], 1)
    ]  # fmt: skip
    with engine.begin() as conn:
        gathered = gather(conn, "", owed, Registry(registry))
    message = Message("digest", "vi", settings.sender_address, now, gathered.items)
    return subject_of(message), plain_text(message, settings)


def _check_marks(
    engine: Engine, watch: Watch, query: Query, registry: Mapping[str, Source]
) -> tuple[int, tuple[FailedMark, ...]]:
    with engine.begin() as conn:
        marks = watches.list_marks(conn, watch.id)
        lines = news.lines_by_address(conn, [m.url for m in marks])
        loaded = news.load_articles(conn, {line.id for line in lines.values()})
    failed = []
    for mark in marks:
        line = lines.get(mark.url)
        if line is None:
            if mark.right:
                failed.append(FailedMark(mark.url, right=True, known=False))
            continue
        doc = search.doc_of(loaded[line.id].article, registry.get(line.source))
        if (query.matches(doc) is not None) != mark.right:
            failed.append(FailedMark(mark.url, right=mark.right, known=True))
    return len(marks), tuple(failed)


# ---- for a terminal -------------------------------------------------------------------------------------------


def sparkline(counts: Sequence[int], width: int) -> str:
    """A row of bars, one for each day, or for each few days where the days are more than `width`.

    >>> sparkline([0, 1, 2, 4], 80), sparkline([0, 1, 2, 4], 2)
    (' ▂▄█', '▂█')
    """
    step = max(1, math.ceil(len(counts) / max(1, width)))
    sums = [sum(counts[i : i + step]) for i in range(0, len(counts), step)]
    most = max(sums, default=0)
    return "".join(_BARS[math.ceil(n * 8 / most) - 1] if n else " " for n in sums)


def print_backtest(result: Backtest, console: Console) -> None:
    """The back-test for a person: the amount, the chart, the mail, the near misses, the marks."""

    def say(line: str = "") -> None:
        console.print(Text(line), soft_wrap=True)

    per_day = list(result.per_day.items())
    first, last = per_day[0][0], per_day[-1][0]
    amount = f"{len(result.stories)} tin ({result.articles} bài) trong {result.days} ngày"
    say(f"{result.watch or result.query}: {amount}")
    say(f"Trung bình {result.mean:.1f} tin mỗi ngày, nhiều nhất {max(n for _, n in per_day)}.")
    if first > result.since.astimezone(VIETNAM).date():
        say(f"Kho chỉ có bài từ {first:%d/%m/%Y}.")
    if result.stories:
        say(sparkline([n for _, n in per_day], console.width - 16) + f"  {first:%d/%m} – {last:%d/%m}")
    if result.too_broad:
        say(f"Quá rộng: hơn {TOO_BROAD} tin mỗi ngày. Thu hẹp lại, hoặc thêm với --force.")
    for story in result.stories[:5]:
        say(f"  {story.day:%d/%m/%Y}  {story.title}  [{', '.join(story.words)}]")
    if result.near:
        say()
        say("Suýt trúng (chỉ khác dấu hoặc cách viết số):")
        for miss in result.near:
            say(f"  “{miss.surface}” trong {miss.articles} bài, chẳng hạn: {miss.title}")
    if result.mail_subject:
        say()
        say(f"Thư sẽ có tiêu đề: {result.mail_subject}")
    if result.marks:
        say()
        say(f"Đã đánh dấu {result.marks} bài, trái với dấu: {len(result.failed_marks)}.")
        for mark in result.failed_marks:
            wrong = "đúng nhưng không trúng" if mark.right else "sai nhưng vẫn trúng"
            say(f"  {mark.url}: {wrong}{'' if mark.known else ' (chưa có trong kho)'}")
