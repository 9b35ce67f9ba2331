"""What would hit where a search found nothing: without marks, in a shorter phrase, without one of its conditions."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import sqlalchemy as sa

from crawler.query.parser import Query, parse, written
from crawler.query.tree import And, FieldName, Node, Not, Term
from crawler.query.unknown import field_tests
from crawler.query.words import WORD, wide_letters
from crawler.source import Source
from crawler.store import overview
from crawler.store.search import matching_rows

_MOST = 3
"""Suggestions that are made: a person tries the first."""
_COUNTED = 200
"""Articles that are counted for one; beyond that they are “hơn 200”."""
_TRIED = 12
"""Queries that are tried at most, so that a long phrase does not cost a minute."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A query that has answers."""

    query: str
    why: str
    """What it does otherwise than the query that had none."""
    articles: int
    """How many it has; at most `_COUNTED` + 1 are counted."""

    def __str__(self) -> str:
        count = f"hơn {_COUNTED}" if self.articles > _COUNTED else str(self.articles)
        return f"diemtin search {shlex.quote(self.query)}   ({self.why}: {count} bài)"

    def to_json(self) -> dict[str, Any]:
        """For `search --json`."""
        return {"query": self.query, "why": self.why, "articles": self.articles}


def suggestions(engine: sa.Engine, query: Query, registry: Mapping[str, Source]) -> list[Suggestion]:
    """Up to three queries near to one without an answer that have answers, the nearest first."""
    found: list[Suggestion] = []
    for why, wider in islice(_wider(query), _TRIED):
        with closing(matching_rows(engine, parse(wider), registry)) as answers:
            count = sum(1 for _ in islice(answers, _COUNTED + 1))
        if count and all(wider != other.query for other in found):
            found.append(Suggestion(wider, why, count))
        if len(found) == _MOST:
            break
    return found


def values_without_articles(
    engine: sa.Engine, query: Query, registry: Mapping[str, Source]
) -> list[tuple[str, list[str]]]:
    """The provinces and sources a query asks for of which nothing is stored, each with those of which there is."""
    stored = [registry[id_] for id_ in overview.sources(engine) if id_ in registry]
    there = {
        FieldName.PROVINCE: sorted({source.province for source in stored}),
        FieldName.SOURCE: [source.id for source in stored],
    }
    return [
        (test.typed, there[test.name])
        for test in field_tests(query.root)
        if test.name in there and not _answered(engine, Query(test.typed, test), registry)
    ]


def _answered(engine: sa.Engine, query: Query, registry: Mapping[str, Source]) -> bool:
    with closing(matching_rows(engine, query, registry)) as answers:
        return next(answers, None) is not None


def _wider(query: Query) -> Iterator[tuple[str, str]]:
    """(what is otherwise, the query), the nearest first."""
    plain = _without_marks(query.root)
    if plain != query.root:
        yield "không kể dấu", _alone(plain)
    root = query.root
    if isinstance(root, And):
        for child in root.children:
            rest = tuple(other for other in root.children if other is not child)
            if not all(isinstance(other, Not) for other in rest):
                yield f"bỏ {written(child)}", _alone(rest[0]) if len(rest) == 1 else written(And(rest))
    elif isinstance(root, Term):
        yield from _shorter(root)


def _shorter(term: Term) -> Iterator[tuple[str, str]]:
    """The words of a phrase anywhere, then ever shorter pieces of it."""
    words = [word.group() for word in WORD.finditer(term.typed)]
    if len(words) < 2 or len(words) != len(term.elements):
        return
    pieces = tuple(replace(term, typed=word, elements=term.elements[:1]) for word in words)
    yield "các từ ở bất cứ đâu trong bài", written(And(pieces))
    for length in range(len(words) - 1, 1, -1):
        for start in range(len(words) - length + 1):
            yield "cụm ngắn hơn", _alone(replace(term, typed=" ".join(words[start : start + length])))


def _alone(node: Node) -> str:
    """A query; a phrase that stands alone needs no quotes."""
    return node.typed if isinstance(node, Term) and node.zone is None else written(node)


def _without_marks(node: Node) -> Node:
    match node:
        case Term():
            return replace(node, typed=wide_letters(node.typed))
        case And(children):
            return And(tuple(map(_without_marks, children)))
        case _:
            return node
