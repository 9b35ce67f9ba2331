"""What an article is about, as rows: citations, the document register, meetings, topics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from crawler.article import Article, Citation, Meeting, published_day
from crawler.citing.documents import DocumentIdentity, identify_all
from crawler.meeting.meetings import meeting_key
from crawler.store import register
from crawler.store.insert import insert_missing
from crawler.store.schema import article_meeting, article_topic, citation, meeting


@dataclass(frozen=True, slots=True)
class News:
    """What an article brought that the store did not know."""

    documents: tuple[DocumentIdentity, ...]
    """Documents that no article had cited before."""
    meetings: tuple[str, ...]
    """Ids of meetings that no article had told of before."""


_CITED_BEFORE = (
    sa.select(citation.c.document)
    .where(citation.c.document.in_(sa.bindparam("ids", expanding=True)))
    .distinct()
)
_NEW_CITATIONS, _NEW_TOPICS = sa.insert(citation), sa.insert(article_topic)


def replace_for(
    connection: sa.Connection, article_id: int, read: Article, *, province: str | None, new: bool = False
) -> News:
    """Write the annotations of an article, in place of those it had; says what was new to the store.

    `new`: it has none yet.
    """
    if not new:
        for table in (citation, article_meeting, article_topic):
            connection.execute(sa.delete(table).where(table.c.article == article_id))
    found = read.annotations
    by_hand = {} if new else register.assignments(connection, article_id)
    new_documents = _cite(connection, article_id, read, found.citations, province, by_hand)
    new_meetings = _meet(connection, article_id, read, found.meetings, province)
    if found.topics:
        connection.execute(
            _NEW_TOPICS,
            [
                {"article": article_id, "topic": t.id, "score": t.score, "because": list(t.because)}
                for t in found.topics
            ],
        )
    return News(new_documents, new_meetings)


def _cite(
    connection: sa.Connection,
    article_id: int,
    read: Article,
    citations: Sequence[Citation],
    province: str | None,
    by_hand: Mapping[str, str],
) -> tuple[DocumentIdentity, ...]:
    published = published_day(read.published)
    identities = identify_all(citations, published=published, province=province)
    first_of = {identity.id: identity for identity in reversed(identities)}
    if not first_of:
        return ()
    cited_before = set(connection.scalars(_CITED_BEFORE, {"ids": list(first_of)}))
    register.enter(connection, first_of.values())
    connection.execute(
        _NEW_CITATIONS,
        [
            {
                **{name: getattr(c, name) for name in Citation.__dataclass_fields__},
                "article": article_id,
                "document": by_hand.get(c.key, i.id),
            }
            for c, i in zip(citations, identities, strict=True)
        ],
    )
    return tuple(i for id_, i in sorted(first_of.items()) if id_ not in cited_before and i.resolved)


def _meet(
    connection: sa.Connection,
    article_id: int,
    read: Article,
    meetings: Sequence[Meeting],
    province: str | None,
) -> tuple[str, ...]:
    new: list[str] = []
    told = []
    for rank, found in enumerate(meetings):
        key = meeting_key(found, province=province, published=published_day(read.published))
        if key is None:
            continue
        facts = {
            "kind": found.kind,
            "ordinal": found.ordinal,
            "organiser": found.organiser,
            "province": province,
            "date": found.date,
            "date_to": found.date_to,
            "session": found.session,
            "status": found.status,
            "place": found.place,
            "chair": found.chair,
        }
        if insert_missing(connection, meeting, {"id": key, **facts, "documents": list(found.cites)}):
            new.append(key)
        else:
            _learn(connection, key, facts, found)
        told.append({"article": article_id, "meeting": key, "rank": rank, "record": asdict(found)})
    insert_missing(connection, article_meeting, told)
    return tuple(new)


def _learn(connection: sa.Connection, key: str, facts: Mapping[str, object], found: Meeting) -> None:
    """What another article adds to a known meeting; once held, it stays held."""
    row = connection.execute(sa.select(meeting).where(meeting.c.id == key)).one()
    values = {
        name: value for name, value in facts.items() if value is not None and getattr(row, name) is None
    }
    if found.status == "held" and row.status != "held":
        values["status"] = "held"
    documents = sorted({*row.documents, *found.cites})
    if documents != row.documents:
        values["documents"] = documents
    if values:
        connection.execute(sa.update(meeting).where(meeting.c.id == key).values(values))
