"""What the store knows of the things alerts are about: articles, stories, documents, meetings. Reading only.

Everything comes back in an order that depends on the articles, not on the order in which they were crawled:
earliest publication first, unknown dates last, then source and address.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from crawler.article import Article, Meeting
from crawler.store.article_record import article_from, meeting_from
from crawler.store.schema import (
    address,
    article,
    article_meeting,
    citation,
    document,
    meeting,
    story,
    version,
)

_MANY = 500
"""Values in one IN list: far below SQLite's 32,766 and PostgreSQL's 65,535 parameters."""


@dataclass(frozen=True, slots=True)
class ArticleLine:
    """An article in one line."""

    id: int
    source: str
    url: str
    title: str
    published: str | None
    """ISO time or day, as read."""
    published_at: datetime | None

    @property
    def order(self) -> tuple[bool, str, str, str]:
        """Earliest first, unknown last; never the number in the store."""
        moment = "" if self.published_at is None else self.published_at.isoformat()
        return self.published_at is None, moment, self.source, self.url


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as stored, with what its rows say it is about."""

    line: ArticleLine
    article: Article
    documents: tuple[tuple[str, str], ...]
    """(document id, words as printed) in reading order."""
    meetings: tuple[tuple[str, Meeting], ...]
    """(meeting id, as told here), the main one first."""


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """An entry of the document register."""

    id: str
    key: str
    type: str | None
    number: str | None
    issuer: str | None
    date: str | None
    title: str | None
    system: str
    resolved: bool = True
    """Whether it is known which document the number means; numbers of an unknown one may be several documents."""
    seeded: bool = False
    """Whether it stands in the table of verified documents."""
    province: str | None = None

    @property
    def unclear(self) -> tuple[str, ...]:
        """Which of date and issuer nobody has told."""
        from crawler.citing.same_document import unclear  # seldom asked, and a table of documents to read

        return unclear(self.date, self.issuer, self.province)


@dataclass(frozen=True, slots=True)
class MeetingFacts:
    """A meeting as all articles together tell it."""

    id: str
    kind: str
    ordinal: int | None
    organiser: str | None
    province: str | None
    date: str | None
    date_to: str | None
    session: str | None
    status: str
    """As told; `crawler.meeting.agenda.status_at` says what it is at a moment."""
    place: str | None
    time: str | None = None
    subject: str | None = None
    chair: str | None = None
    between: Sequence[str] | None = None
    was: str | None = None
    told: str | None = None
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class First:
    """A document or a meeting with the article that was the first to name it."""

    subject: str
    article: int
    at: datetime
    """When that article was published, or first seen."""


def story_roots(conn: Connection, ids: Collection[str]) -> dict[str, str]:
    """Each story id → the story it is part of today, following the traces of merges."""
    into: dict[int, int | None] = {}
    wanted = {int(i) for i in ids}
    while wanted:
        rows = _in(conn, sa.select(story.c.id, story.c.merged_into), story.c.id, wanted)
        found: dict[int, int | None] = {row.id: row.merged_into for row in rows}
        into |= {i: found.get(i) for i in wanted}
        wanted = {target for target in found.values() if target is not None} - into.keys()
    roots: dict[str, str] = {}
    for name in ids:
        current = int(name)
        while (target := into[current]) is not None:
            current = target
        roots[name] = str(current)
    return roots


def story_family(conn: Connection, story_id: str) -> tuple[str, list[str]]:
    """(what is left of a story today, every story that grew into it, itself included)."""
    root = story_roots(conn, [story_id])[story_id]
    family = frontier = {int(root)}
    while frontier:
        frontier = {row.id for row in _in(conn, sa.select(story.c.id), story.c.merged_into, frontier)}
        family = family | frontier
    return root, [str(number) for number in sorted(family)]


def versions_of(conn: Connection, article_id: int) -> dict[int, dict[str, Any]]:
    """The records of an article's versions, by number."""
    rows = conn.execute(sa.select(version.c.n, version.c.record).where(version.c.article == article_id))
    return {row.n: row.record for row in rows}


def taken_down(conn: Connection, article_id: int) -> datetime | None:
    """When an article was found to be gone from its page; None where it still stands."""
    return conn.execute(sa.select(article.c.taken_down).where(article.c.id == article_id)).scalar()


def lines_of_stories(conn: Connection, roots: Collection[str]) -> dict[str, list[ArticleLine]]:
    """The articles of each story, those of the stories merged into it included."""
    member_of = {int(root): root for root in roots}
    frontier = set(member_of)
    while frontier:
        rows = _in(conn, sa.select(story.c.id, story.c.merged_into), story.c.merged_into, frontier)
        member_of |= {row.id: member_of[row.merged_into] for row in rows}
        frontier = {row.id for row in rows}
    lines: dict[str, list[ArticleLine]] = {root: [] for root in roots}
    for row in _in(conn, _line_columns(article.c.story), article.c.story, set(member_of)):
        lines[member_of[row.story]].append(_line(row))
    return _sorted(lines)


def stories_of(conn: Connection, articles: Collection[int]) -> dict[int, str]:
    """Each article → the story it belongs to today."""
    rows = _in(conn, sa.select(article.c.id, article.c.story), article.c.id, set(articles))
    roots = story_roots(conn, {str(row.story) for row in rows})
    return {row.id: roots[str(row.story)] for row in rows}


def lines_of_articles(conn: Connection, ids: Collection[int]) -> dict[int, ArticleLine]:
    """Articles by number, each in one line."""
    return {row.id: _line(row) for row in _in(conn, _line_columns(), article.c.id, set(ids))}


def lines_of_documents(conn: Connection, ids: Collection[str]) -> dict[str, list[ArticleLine]]:
    """The articles that name each document."""
    lines: dict[str, list[ArticleLine]] = {i: [] for i in ids}
    query = _line_columns(citation.c.document).join(citation, citation.c.article == article.c.id).distinct()
    for row in _in(conn, query, citation.c.document, set(ids)):
        lines[row.document].append(_line(row))
    return _sorted(lines)


def lines_of_meetings(conn: Connection, ids: Collection[str]) -> dict[str, list[ArticleLine]]:
    """The articles that tell of each meeting."""
    lines: dict[str, list[ArticleLine]] = {i.partition("#")[0]: [] for i in ids}
    query = _line_columns(article_meeting.c.meeting).join(
        article_meeting, article_meeting.c.article == article.c.id
    )
    for row in _in(conn, query, article_meeting.c.meeting, set(lines)):
        lines[row.meeting].append(_line(row))
    return _sorted(lines)


def first_cited(conn: Connection, since: datetime) -> list[First]:
    """Documents whose earliest citing article is from then or later, with that article; by document."""
    return _firsts(conn, citation.c.document, citation.c.article, since)


def first_issued(conn: Connection, since: datetime) -> list[First]:
    """Documents that an article from then or later says were issued just now, with the earliest such article."""
    return _firsts(conn, citation.c.document, citation.c.article, since, citation.c.issued.is_not(None))


def first_told(conn: Connection, since: datetime) -> list[First]:
    """Meetings whose earliest article is from then or later, with that article; by meeting."""
    return _firsts(conn, article_meeting.c.meeting, article_meeting.c.article, since)


def lines_by_address(conn: Connection, urls: Collection[str]) -> dict[str, ArticleLine]:
    """Articles under any address they are known by."""
    query = _line_columns(address.c.url.label("asked")).join(address, address.c.article == article.c.id)
    found = {row.asked: _line(row) for row in _in(conn, query, address.c.url, set(urls))}
    canonical = _in(conn, _line_columns(), article.c.url, set(urls))
    return found | {row.url: _line(row) for row in canonical}


def load_articles(conn: Connection, ids: Collection[int]) -> dict[int, StoredArticle]:
    """Articles in their newest version, with their annotations."""
    wanted = set(ids)
    cited: dict[int, list[tuple[tuple[int, int], str, str]]] = {}
    for row in _in(conn, sa.select(citation), citation.c.article, wanted):
        place = _FIELDS.index(row.field), row.start
        cited.setdefault(row.article, []).append((place, row.document, row.surface))
    told: dict[int, list[tuple[int, str, Meeting]]] = {}
    for row in _in(conn, sa.select(article_meeting), article_meeting.c.article, wanted):
        told.setdefault(row.article, []).append((row.rank, row.meeting, meeting_from(row.record)))
    query = _line_columns(version.c.record, version.c.notes).join(
        version, sa.and_(version.c.article == article.c.id, version.c.n == article.c.version)
    )
    return {
        row.id: StoredArticle(
            _line(row),
            article_from(row.record, row.notes),
            tuple((name, surface) for _, name, surface in sorted(cited.get(row.id, ()))),
            tuple((name, m) for _, name, m in sorted(told.get(row.id, ()), key=lambda found: found[:2])),
        )
        for row in _in(conn, query, article.c.id, wanted)
    }


def load_documents(conn: Connection, ids: Collection[str]) -> dict[str, DocumentFacts]:
    """Register entries under the ids asked for; one merged by hand shows what it was merged into."""
    found: dict[str, DocumentFacts] = {}
    wanted = {i: i for i in ids}
    while wanted:
        rows = {row.id: row for row in _in(conn, sa.select(document), document.c.id, set(wanted.values()))}
        moved: dict[str, str] = {}
        for asked, current in wanted.items():
            row = rows.get(current)
            if row is not None and row.same_as is not None and row.same_as != current:
                moved[asked] = row.same_as
            elif row is not None:
                found[asked] = _facts(DocumentFacts, row)
        wanted = moved
    return found


def names_of_documents(conn: Connection, ids: Collection[str]) -> dict[str, set[str]]:
    """Leading entry → the ids of all entries that turned out to be the same document, its own included."""
    names = {i: {i} for i in ids}
    leaders = {i: i for i in ids}
    while leaders:
        query = sa.select(document.c.id, document.c.same_as)
        found = {row.id: leaders[row.same_as] for row in _in(conn, query, document.c.same_as, set(leaders))}
        leaders = {i: root for i, root in found.items() if i not in names[root]}
        for one, root in leaders.items():
            names[root].add(one)
    return names


def load_meetings(conn: Connection, ids: Collection[str]) -> dict[str, MeetingFacts]:
    """Meetings by id; a change of one (`id#n`) is the meeting itself."""
    asked = {i: i.partition("#")[0] for i in ids}
    rows = _in(conn, sa.select(meeting), meeting.c.id, set(asked.values()))
    found = {row.id: _facts(MeetingFacts, row) for row in rows}
    return {i: found[id_] for i, id_ in asked.items() if id_ in found}


def _firsts(
    conn: Connection, subject: Any, of_article: Any, since: datetime, condition: Any = True
) -> list[First]:
    moment = sa.func.coalesce(article.c.published_at, article.c.first_seen)
    told = (
        sa.select(subject.label("subject"), article.c.id, article.c.url, moment.label("at"))
        .join(article, article.c.id == of_article)
        .where(condition)
    )
    ranked = told.add_columns(
        sa.func.row_number().over(partition_by=subject, order_by=(moment, article.c.url)).label("rank")
    ).subquery()
    at = sa.type_coerce(ranked.c.at, article.c.first_seen.type)
    rows = conn.execute(
        sa.select(ranked.c.subject, ranked.c.id, at.label("at"))
        .where(ranked.c.rank == 1, at >= since)
        .order_by(ranked.c.subject)
    )
    return [First(row.subject, row.id, row.at) for row in rows]


_FIELDS = ("title", "lead", "text")


def _in(conn: Connection, query: Any, column: Any, values: Iterable[Any]) -> list[Any]:
    ordered = sorted(values)
    rows: list[Any] = []
    for start in range(0, len(ordered), _MANY):
        rows += conn.execute(query.where(column.in_(ordered[start : start + _MANY])))
    return rows


def _line_columns(*more: Any) -> Any:
    own = (
        article.c.id,
        article.c.source,
        article.c.url,
        article.c.title,
        article.c.published,
        article.c.published_at,
    )
    return sa.select(*own, *more).select_from(article)


def _line(row: Any) -> ArticleLine:
    return ArticleLine(row.id, row.source, row.url, row.title, row.published, row.published_at)


def _sorted(lines: dict[str, list[ArticleLine]]) -> dict[str, list[ArticleLine]]:
    return {name: sorted(found, key=lambda line: line.order) for name, found in lines.items()}


def _facts(kind: Any, row: Any) -> Any:
    return kind(**{name: getattr(row, name) for name in kind.__dataclass_fields__})
