"""What an article is about, as rows: citations, the document register, meetings, topics."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from crawler.article import Article, Citation, Meeting, published_day
from crawler.citing.documents import DocumentIdentity, identify_all
from crawler.meeting.meetings import meeting_key
from crawler.store import register
from crawler.store.insert import insert_all
from crawler.store.schema import article_meeting, article_topic, citation, meeting


@dataclass(frozen=True, slots=True)
class News:
    """What an article brought that the store did not know."""

    documents: tuple[DocumentIdentity, ...]
    """Documents that no article had cited before."""
    meetings: tuple[str, ...]
    """Ids of meetings that no article had told of before."""


_KNOWN_MEETINGS = sa.select(meeting).where(meeting.c.id.in_(sa.bindparam("ids", expanding=True)))
_NEW = (citation, meeting, article_meeting, article_topic)
"""In the order in which they name each other."""


class Annotating:
    """The annotations of some articles: what the store knows of them is read once, what they bring written once.

    What an earlier article of these brought is known to a later one.
    """

    def __init__(self, connection: sa.Connection, articles: Iterable[tuple[Article, str | None]]) -> None:
        """`articles` with the province each one's outlet is of."""
        self._connection = connection
        self._identities: dict[int, tuple[DocumentIdentity, ...]] = {}
        self._keys: dict[int, tuple[str | None, ...]] = {}
        for read, province in articles:
            day, found = published_day(read.published), read.annotations
            self._identities[id(read)] = identify_all(found.citations, published=day, province=province)
            self._keys[id(read)] = tuple(
                meeting_key(m, province=province, published=day) for m in found.meetings
            )
        named = {identity.id for some in self._identities.values() for identity in some}
        self._register = register.Entering(connection, named)
        self._meetings = self._known_meetings({key for some in self._keys.values() for key in some if key})
        self._rows: dict[sa.Table, list[dict[str, Any]]] = {table: [] for table in _NEW}

    def add(
        self, article_id: int, read: Article, province: str | None, by_hand: Mapping[str, str] | None = None
    ) -> News:
        """The annotations of one of the articles; says what no article had brought before.

        `by_hand`: the document a person assigned to a key of this article.
        """
        documents = self._cite(article_id, read, by_hand or {})
        meetings = self._meet(article_id, read, province)
        self._rows[article_topic] += [
            {"article": article_id, "topic": t.id, "score": t.score, "because": list(t.because)}
            for t in read.annotations.topics
        ]
        return News(documents, meetings)

    def write(self) -> None:
        """Write all of it; the articles stand already."""
        self._register.write()
        for table, rows in self._rows.items():
            insert_all(self._connection, table, rows)

    def _cite(
        self, article_id: int, read: Article, by_hand: Mapping[str, str]
    ) -> tuple[DocumentIdentity, ...]:
        identities = self._identities[id(read)]
        first_of = {identity.id: identity for identity in reversed(identities)}
        new = self._register.cite(first_of.values())
        self._rows[citation] += [
            {
                **{name: getattr(c, name) for name in _CITED},
                "article": article_id,
                "document": by_hand.get(c.key, i.id),
            }
            for c, i in zip(read.annotations.citations, identities, strict=True)
        ]
        return tuple(i for id_, i in sorted(first_of.items()) if id_ in new and i.resolved)

    def _meet(self, article_id: int, read: Article, province: str | None) -> tuple[str, ...]:
        new: list[str] = []
        told: dict[str, dict[str, Any]] = {}
        for rank, (found, key) in enumerate(
            zip(read.annotations.meetings, self._keys[id(read)], strict=True)
        ):
            if key is None:
                continue
            facts = {name: getattr(found, name) for name in _TOLD} | {"province": province}
            known = self._meetings.get(key)
            if known is None:
                row = {"id": key, **facts, "documents": list(found.cites)}
                self._meetings[key] = row
                self._rows[meeting].append(row)
                new.append(key)
            else:
                self._learn(known, facts, found)
            record = {
                "article": article_id,
                "meeting": key,
                "rank": rank,
                "record": {name: getattr(found, name) for name in _MEETING},
            }
            told.setdefault(key, record)
        self._rows[article_meeting] += told.values()
        return tuple(new)

    def _known_meetings(self, keys: Collection[str]) -> dict[str, dict[str, Any]]:
        if not keys:
            return {}
        rows = self._connection.execute(_KNOWN_MEETINGS, {"ids": sorted(keys)})
        return {row.id: dict(row._mapping) for row in rows}

    def _learn(self, known: dict[str, Any], facts: Mapping[str, Any], found: Meeting) -> None:
        """What another article adds to a known meeting; once held, it stays held."""
        values = {name: value for name, value in facts.items() if value is not None and known[name] is None}
        if found.status == "held" and known["status"] != "held":
            values["status"] = "held"
        documents = sorted({*known["documents"], *found.cites})
        if documents != known["documents"]:
            values["documents"] = documents
        if not values:
            return
        known |= values
        if not any(known is row for row in self._rows[meeting]):
            self._connection.execute(sa.update(meeting).where(meeting.c.id == known["id"]).values(values))


_CITED = tuple(Citation.__dataclass_fields__)
_MEETING = tuple(Meeting.__dataclass_fields__)
_TOLD = ("kind", "ordinal", "organiser", "date", "date_to", "session", "status", "place", "chair")


def _record(found: Meeting) -> dict[str, Any]:
    return {name: getattr(found, name) for name in _MEETING}


def replace_for(connection: sa.Connection, article_id: int, read: Article, *, province: str | None) -> News:
    """Write the annotations of a stored article in place of those it had; says what was new to the store."""
    for table in (citation, article_meeting, article_topic):
        connection.execute(sa.delete(table).where(table.c.article == article_id))
    annotating = Annotating(connection, [(read, province)])
    news = annotating.add(article_id, read, province, register.assignments(connection, article_id))
    annotating.write()
    return news
