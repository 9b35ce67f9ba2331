"""What an article is about, as rows: citations, the document register, meetings, topics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from crawler.article import Article, Citation, published_day
from crawler.citing.documents import DocumentIdentity, identify_all
from crawler.store import register, telling
from crawler.store.document_entering import Entered, Entering
from crawler.store.insert import insert_all
from crawler.store.schema import article_meeting, article_topic, citation
from crawler.store.telling import Telling


@dataclass(frozen=True, slots=True)
class Novelties:
    """What an article brought that the store did not know."""

    documents: tuple[Entered, ...]
    """The documents it names, each once, with what the register knew of them."""
    meetings: tuple[str, ...]
    """Ids of meetings that no article had told of before."""
    changed: tuple[str, ...] = ()
    """`id#n` of known meetings that it moves, puts off, cancels or calls again."""


_NEW = (citation, article_topic)
"""In the order in which they name each other."""


class Annotating:
    """The annotations of some articles: what the store knows of them is read once, what they bring written once.

    What an earlier article of these brought is known to a later one.
    """

    def __init__(self, connection: sa.Connection, articles: Iterable[tuple[Article, str | None]]) -> None:
        """`articles` with the province each one's outlet is of."""
        self._connection = connection
        self._identities: dict[int, tuple[DocumentIdentity, ...]] = {}
        told = list(articles)
        for read, province in told:
            day, found = published_day(read.published), read.annotations
            self._identities[id(read)] = identify_all(found.citations, published=day, province=province)
        named = [identity for some in self._identities.values() for identity in some]
        self._register = Entering(connection, named)
        self._telling = Telling(connection, told)
        self._rows: dict[sa.Table, list[dict[str, Any]]] = {table: [] for table in _NEW}

    def add(
        self,
        article_id: int,
        read: Article,
        province: str | None,
        by_hand: Mapping[str, str] | None = None,
        *,
        story: int | None = None,
    ) -> Novelties:
        """The annotations of one of the articles; says what no article had brought before.

        `by_hand`: the document a person assigned to a key of this article.
        """
        documents = self._cite(article_id, read, by_hand or {})
        agenda = self._telling.add(article_id, read, province, story)
        self._rows[article_topic] += [
            {"article": article_id, "topic": t.id, "score": t.score, "because": list(t.because)}
            for t in read.annotations.topics
        ]
        return Novelties(documents, agenda.new, agenda.changed)

    def tell(self, found: Entered, watch: int) -> None:
        """Note that a watch is alerted to a document by one of these articles."""
        self._register.tell(found.id, watch, found.unclear)

    def write(self) -> None:
        """Write all of it; the articles stand already."""
        self._register.write()
        for table, rows in self._rows.items():
            insert_all(self._connection, table, rows)
        self._telling.write()

    def _cite(self, article_id: int, read: Article, by_hand: Mapping[str, str]) -> tuple[Entered, ...]:
        identities = self._identities[id(read)]
        first_of = {identity.id: identity for identity in reversed(identities)}
        entered = self._register.cite(i for _, i in sorted(first_of.items()))
        self._rows[citation] += [
            {
                **{name: getattr(c, name) for name in _CITED},
                "issued": asdict(c.issued) if c.issued else None,
                "article": article_id,
                "document": by_hand.get(c.key, i.id),
            }
            for c, i in zip(read.annotations.citations, identities, strict=True)
        ]
        return tuple({one.id: one for one in reversed(entered)}.values())


_CITED = tuple(Citation.__dataclass_fields__)


def replace_for(
    connection: sa.Connection,
    article_id: int,
    read: Article,
    *,
    province: str | None,
    story: int | None = None,
) -> Novelties:
    """Write the annotations of a stored article in place of those it had; says what was new to the store."""
    told_before = telling.told_by(connection, article_id)
    for table in (citation, article_meeting, article_topic):
        connection.execute(sa.delete(table).where(table.c.article == article_id))
    annotating = Annotating(connection, [(read, province)])
    news = annotating.add(
        article_id, read, province, register.assignments(connection, article_id), story=story
    )
    annotating.write()
    telling.refold(connection, told_before)
    return news
