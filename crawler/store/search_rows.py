"""The rows of the full-text index: how an article enters it, and leaves it for an edited one.

A row's number, its rank, grows with the moment of publication (or, undated, of first sight), so that a search reads
its answers in their order and stops when a page is full, at any size. A rank is never given twice.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crawler.query.index_query import HUGE, LONG
from crawler.query.search_text import BREAK, SearchText
from crawler.store.insert import insert_all, insert_missing
from crawler.store.schema import search_row, search_value

SPILL = 86_400
"""How many seconds below its moment a rank may be. A rank is a second, for small steps make a small index; most of the
press tells minutes, and of a day without a time all articles are of noon."""
_SPANS = (60, 900, SPILL)
_MOST_PLACES = 255
"""Places of one word that a tsvector keeps, and the last place it knows."""
_LAST_PLACE = 16_382
_MOST_BYTES = 900_000
"""Of words in one tsvector, which holds a megabyte with their places."""
_BETWEEN_TEXTS = 2
"""Places left free between two zones."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An article that enters the index."""

    article: int
    version: int
    story: int
    source: str
    moment: datetime
    """Aware; what it is ordered by."""
    text: SearchText


_ENTER_SQLITE = (
    "INSERT INTO full_text (rowid, title, lead, body, captions, title_wide, lead_wide, body_wide, captions_wide, facts)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_ENTER_POSTGRESQL = "INSERT INTO full_text (rowid, words) VALUES (%s, %s::tsvector)"


# One value for all words: nearly all are known, and row by row they took half of what an article's entry takes.
_NOTE_SQLITE = (
    "INSERT OR IGNORE INTO search_word (word, key) SELECT one.key, one.value FROM json_each(?) AS one"
)
_NOTE_POSTGRESQL = (
    "INSERT INTO search_word (word, key) SELECT one.key, one.value FROM json_each_text(%s::json) AS one"
    " ON CONFLICT DO NOTHING"
)


def enter(connection: sa.Connection, entries: Sequence[Entry]) -> None:
    """Enter articles, each by its version in force; one that is there already is retired first."""
    if not entries:
        return
    retire(connection, [entry.article for entry in entries])
    ranks = _ranks(connection, [entry.moment for entry in entries])
    ordered = sorted(
        zip(ranks, entries, strict=True), key=lambda pair: pair[0]
    )  # FTS5 flushes at a step back
    vectors = {}
    if connection.dialect.name == "postgresql":
        vectors = {rank: tsvector(entry.text) for rank, entry in ordered}
    insert_all(
        connection,
        search_row,
        [
            {
                "rank": rank,
                "article": entry.article,
                "version": entry.version,
                "story": entry.story,
                "source": entry.source,
                "moment": int(entry.moment.timestamp()),
                "month": entry.text.month,
                "long": vectors[rank][1] if vectors else False,
                "topics": _lines(entry.text.topics),
                "documents": _lines(entry.text.documents),
                "meetings": _lines(entry.text.meetings),
            }
            for rank, entry in ordered
        ],
    )
    if vectors:
        connection.exec_driver_sql(_ENTER_POSTGRESQL, [(rank, text) for rank, (text, _) in vectors.items()])
    else:
        connection.exec_driver_sql(
            _ENTER_SQLITE,
            [(rank, *e.text.exact, *e.text.wide, " ".join(e.text.facts)) for rank, e in ordered],
        )
    _note_words(connection, entries)


def retire(connection: sa.Connection, articles: Sequence[int]) -> None:
    """Take articles out of every answer; their ranks stay taken."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "DELETE FROM full_text WHERE rowid IN (SELECT rank FROM search_row WHERE article = ANY(%s::bigint[]))",
            (list(articles),),
        )
        chosen = sa.text("article = ANY(CAST(:ids AS bigint[]))").bindparams(ids=list(articles))
    else:
        chosen = sa.text("article IN (SELECT value FROM json_each(:ids))").bindparams(
            ids=json.dumps(list(articles))
        )
    connection.execute(
        sa.update(search_row)
        .where(chosen)
        .values(article=None, version=None, story=None, topics=None, documents=None, meetings=None)
    )


def move_to_story(connection: sa.Connection, story: int, chosen: sa.ColumnElement[bool]) -> None:
    """Follow a merge or a split of stories; `chosen` is over `search_row`."""
    connection.execute(sa.update(search_row).where(chosen).values(story=story))


def rank_at(moment: datetime) -> int:
    """The highest rank of a moment, but for those that found it full; aware."""
    return int(moment.timestamp())


def _ranks(connection: sa.Connection, moments: Sequence[datetime]) -> list[int]:
    """A free rank for each moment, the later ones of the same moment below: the first is the news."""
    tops = [rank_at(moment) for moment in moments]
    lowest = _lowest(connection, tops, _SPANS[0])
    given: set[int] = set()
    ranks: list[int] = []
    for top in tops:
        rank = lowest.get(top, top + 1) - 1
        if rank <= top - _SPANS[0] or rank in given:
            rank = _below(connection, top, given)
        lowest[top] = rank
        given.add(rank)
        ranks.append(rank)
    return ranks


def _below(connection: sa.Connection, top: int, given: Collection[int]) -> int:
    """A free rank of a moment that has none left."""
    for span in _SPANS:
        there = _lowest(connection, [top], span).get(top, top + 1)
        rank = min([there, *(one for one in given if top - span < one <= top)]) - 1
        if rank > top - span:
            return rank
    raise AssertionError("more than a million articles of one second")


def _lowest(connection: sa.Connection, tops: Sequence[int], span: int) -> dict[int, int]:
    """Of each top the lowest rank that is taken within its span."""
    if connection.dialect.name == "postgresql":
        statement = (
            "SELECT b, (SELECT min(rank) FROM search_row WHERE rank BETWEEN b - %s AND b)"
            " FROM unnest(%s::bigint[]) AS asked (b)"
        )
        rows = connection.exec_driver_sql(statement, (span - 1, list(set(tops))))
    else:
        statement = (
            "SELECT value, (SELECT min(rank) FROM search_row WHERE rank BETWEEN value - ? AND value)"
            " FROM json_each(?)"
        )
        rows = connection.exec_driver_sql(statement, (span - 1, json.dumps(list(set(tops)))))
    return {top: found for top, found in rows if found is not None}


def _lines(values: Iterable[str]) -> str | None:
    return "\n".join(values) or None


def _note_words(connection: sa.Connection, entries: Sequence[Entry]) -> None:
    words: dict[str, str] = {}
    values: set[tuple[str, str]] = set()
    for entry in entries:
        words.update(entry.text.words())
        values.add(("s", entry.source))
        values.update(("t", topic) for topic in entry.text.topics)
        values.update(("m", kind) for kind in entry.text.meetings)
        if entry.text.month:
            values.add(("y", str(entry.text.month // 100)))
    postgresql = connection.dialect.name == "postgresql"
    told = json.dumps(dict(sorted(words.items())), ensure_ascii=False)
    connection.exec_driver_sql(_NOTE_POSTGRESQL if postgresql else _NOTE_SQLITE, (told,))
    insert_missing(connection, search_value, [{"kind": k, "value": v} for k, v in sorted(values)])


def tsvector(text: SearchText) -> tuple[str, bool]:
    """The text of a PostgreSQL tsvector, and whether it does not hold all of it.

    >>> from crawler.query.matcher import SearchDoc
    >>> from crawler.query.search_text import search_text
    >>> tsvector(search_text(SearchDoc("Đại hội", body="Đại hội")))
    ("'đại':1A,7D 'hội':2A,8D '·all'", False)
    """
    places: dict[str, list[str]] = {}
    size, at, long, huge = 0, 0, False, False
    for line, weight in zip(text.exact, "ABDC", strict=True):
        for word in line.split():
            at += 1
            if word == BREAK:
                continue
            known = places.get(word)
            if known is None:
                size += len(word.encode()) + 8
                if size > _MOST_BYTES:
                    long = huge = True
                    continue
                known = places[word] = []
            if at > _LAST_PLACE or len(known) >= _MOST_PLACES:
                long = True
                if known:
                    continue
            known.append(f"{min(at, _LAST_PLACE)}{weight}")
        at += _BETWEEN_TEXTS
    facts = [*text.facts, *([LONG] if long else []), *([HUGE] if huge else [])]
    words = (f"'{word}':{','.join(known)}" for word, known in places.items())
    return " ".join((*words, *(f"'{fact}'" for fact in facts))), long
