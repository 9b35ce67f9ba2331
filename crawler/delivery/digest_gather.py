"""A digest out of the store, by the same questions as the page of a day, with the weight of every story.

1. The stories with an article of the days asked for; with a query those of them that have an answering article.
2. Of a story one article is shown: the one where the words stand best, else the earliest.
3. Documents that are news and meetings of the days and the fourteen days after; with a query
   those that its stories and articles tell of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from crawler.delivery.coverage import Coverage
from crawler.delivery.day import AHEAD, bounds_of, coverage_between
from crawler.delivery.digest import (
    Carried,
    Digest,
    DigestHead,
    Grouping,
    Length,
    MeetingAhead,
    NewDocument,
    NewsItem,
    SourceLooked,
    Standing,
    grouped,
    weigh,
)
from crawler.delivery.display_names import document_name, meeting_name, numbered_meeting
from crawler.delivery.excerpt import excerpt
from crawler.delivery.items import Registry
from crawler.query.salience import salience_of
from crawler.query.search_document import topic_names
from crawler.query.tree import Zone
from crawler.store import agenda, news
from crawler.store.agenda import ListedMeeting, MeetingFilter
from crawler.store.day import DayDocument, DayStory, documents_between, stories_between
from crawler.store.search import matching
from crawler.text.normal import clean_line

if TYPE_CHECKING:
    from crawler.query.matcher import Hit
    from crawler.source import Source
    from crawler.store.database import Connection, Engine
    from crawler.store.news import ArticleLine, StoredArticle
    from crawler.store.search_answer import Found

_BEST_FIRST: tuple[Standing, ...] = ("title", "lead", "body", "passing")


@dataclass(frozen=True, slots=True)
class DigestWish:
    """What a digest is asked to be; both days included."""

    first: date
    last: date
    query: str = ""
    grouping: Grouping = "topic"
    length: Length = "leads"
    province: str | None = None
    """The own one."""
    head: DigestHead = field(default_factory=DigestHead)


def gather_digest(
    engine: Engine, registry: Mapping[str, Source], wish: DigestWish, *, now: datetime
) -> Digest:
    """The digest as it is known at `now` (aware). Raises InvalidQuery for a wrong query; writes nothing."""
    first, _ = bounds_of(wish.first)
    _, end = bounds_of(wish.last)
    standing = _standings(engine, registry, wish.query, first, end) if wish.query.strip() else None
    with engine.connect().execution_options(diemtin_read=True) as connection:
        stories = stories_between(connection, first, end)
        documents = documents_between(connection, first, end)
        if standing is not None:
            stories = [one for one in stories if any(line.id in standing for line in one.lines)]
            lines = {line.id for one in stories for line in one.lines}
            documents = [one for one in documents if one.line.id in lines]
        items = _items(connection, Registry(registry), stories, documents, standing, wish)
    told = sorted(standing) if standing is not None else None
    meetings = _meetings(engine, wish, told, now)
    looked = coverage_between(engine, registry, first, max(first, min(now, end)))
    return Digest(
        head=wish.head,
        first=wish.first.isoformat(),
        last=wish.last.isoformat(),
        made=now.isoformat(),
        asked=wish.query.strip() or None,
        grouping=wish.grouping,
        length=wish.length,
        documents=tuple(_new_document(one, Registry(registry)) for one in documents),
        meetings=tuple(_meeting(one) for one in meetings),
        groups=grouped(items, wish.grouping),
        coverage=_coverage(looked),
    )


def _standings(
    engine: Engine, registry: Mapping[str, Source], query: str, first: datetime, end: datetime
) -> dict[int, Standing]:
    """Each answering article of the days → where the words stand in it."""
    with closing(matching(engine, query, registry, since=first)) as answers:
        return {one.id: standing_of(one) for one in answers if _moment(one) < end}


def _moment(found: Found) -> datetime:
    if found.published is None:
        return found.first_seen
    if "T" in found.published:
        return datetime.fromisoformat(found.published)
    return bounds_of(date.fromisoformat(found.published))[0]


def standing_of(found: Found) -> Standing:
    """The best place of a hit; a field alone (`tỉnh:…`) has none and counts as in the article."""
    hit: Hit = found.hit
    if salience_of(found.article, hit) == "passing":
        return "passing"
    zones = {span.zone for span in hit.spans}
    return "title" if Zone.TITLE in zones else "lead" if Zone.LEAD in zones else "body"


def _items(
    connection: Connection,
    registry: Registry,
    stories: Sequence[DayStory],
    documents: Sequence[DayDocument],
    standing: Mapping[int, Standing] | None,
    wish: DigestWish,
) -> list[NewsItem]:
    shown = {one.story: _shown(one.lines, standing) for one in stories}
    stored = news.load_articles(connection, {line.id for line in shown.values()})
    cited = news.load_documents(connection, {id_ for one in stored.values() for id_, _ in one.documents})
    fresh = {one.facts.id for one in documents}
    told = news.load_meetings(connection, {id_ for one in stored.values() for id_, _ in one.meetings})
    items = []
    for one in stories:
        line = shown[one.story]
        article = stored[line.id]
        known = [cited[id_] for id_, _ in article.documents if id_ in cited]
        names = tuple(dict.fromkeys(document_name(facts) for facts in known))
        new = tuple(dict.fromkeys(document_name(facts) for facts in known if facts.id in fresh))
        meetings = (told[id_] for id_, _ in article.meetings[:1] if id_ in told)
        carried = _carried(one.lines, line, registry)
        items.append(
            NewsItem(
                key=line.url,
                heading=clean_line(article.article.title),
                carried=carried,
                lead=lead_of(article),
                documents=names,
                new_documents=new,
                meetings=tuple(meeting_name(facts) for facts in meetings),
                topics=tuple(topic_names().get(topic, topic) for topic in one.topics),
                weight=weigh(
                    outlets=len(carried),
                    new_documents=len(new),
                    documents=len(names),
                    standing=standing.get(line.id) if standing is not None else None,
                    own_province=wish.province is not None
                    and any(outlet.province == wish.province for outlet in carried),
                ),
                text=article.article.paragraphs if wish.length == "full" else None,
            )
        )  # fmt: skip
    return items


def _shown(lines: Sequence[ArticleLine], standing: Mapping[int, Standing] | None) -> ArticleLine:
    """The article where the words stand best; the earliest of equals, as without a query."""
    answering = [line for line in lines if standing is not None and line.id in standing]
    if not answering or standing is None:
        return lines[0]
    return min(answering, key=lambda line: _BEST_FIRST.index(standing[line.id]))


def lead_of(stored: StoredArticle) -> str:
    """How the article opens, as in the mails."""
    return "".join(text for text, _ in excerpt(stored.article, ()).lead)


def _carried(lines: Iterable[ArticleLine], shown: ArticleLine, registry: Registry) -> tuple[Carried, ...]:
    """The article shown, then the earliest of each other outlet."""
    first_of: dict[str, ArticleLine] = {shown.source: shown}
    for line in lines:
        first_of.setdefault(line.source, line)
    found = []
    for line in first_of.values():
        outlet = registry.outlet(line.source)
        found.append(Carried(outlet.name, outlet.province, line.url, line.published))
    return tuple(found)


def _new_document(one: DayDocument, registry: Registry) -> NewDocument:
    facts = one.facts
    outlet = registry.outlet(one.line.source).name
    return NewDocument(document_name(facts), facts.issuer, facts.date, facts.title, outlet, one.line.url)


def _meetings(
    engine: Engine, wish: DigestWish, articles: Sequence[int] | None, now: datetime
) -> list[ListedMeeting]:
    """Of the days first, then those ahead."""
    first, last = wish.first.isoformat(), wish.last.isoformat()
    after, until = (wish.last + timedelta(days=1)).isoformat(), (wish.last + AHEAD).isoformat()
    of_days = agenda.page(engine, MeetingFilter(first, last, articles=articles), now=now).items
    ahead = agenda.page(engine, MeetingFilter(after, until, articles=articles, ahead=True), now=now).items
    return list({one.id: one for one in (*of_days, *ahead)}.values())


def _meeting(one: ListedMeeting) -> MeetingAhead:
    return MeetingAhead(
        name=numbered_meeting(one.kind, one.ordinal),
        organiser=one.organiser,
        date=one.date,
        time=one.time or one.session,
        place=one.place,
        status=one.status,
        url=one.articles[0] if one.articles else None,
    )


def _coverage(looked: Coverage) -> tuple[SourceLooked, ...]:
    return tuple(
        SourceLooked(one.name, one.state, one.until.isoformat() if one.until else None, one.problem)
        for one in looked.sources
    )
