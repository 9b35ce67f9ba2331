"""What a full-text index is asked, as plain values, and how it is written for SQLite's FTS5 and for a tsquery.

`crawler.query.index_query` makes it of a query, over what `crawler.query.search_text` enters.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from crawler.query.search_text import EVERY, ZONES
from crawler.query.tree import Zone


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words side by side in a zone or in any, either exactly or by their widest keys."""

    words: tuple[str, ...]
    exact: bool
    prefix: bool = False
    """Whether the last is the beginning of a word."""
    zone: Zone | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """Places side by side, each of which one of several exact words fills; a word may be a beginning."""

    places: tuple[tuple[tuple[str, bool], ...], ...]
    zone: Zone | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact, or the beginning of one."""

    token: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class All:
    """All of them hold; of none, every article answers."""

    parts: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """One of them holds; of none, no article answers."""

    parts: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class Absent:
    """It does not hold."""

    part: Leaf


Leaf = Phrase | Chain | Fact
Asked = Leaf | All | Some | Absent
EVERYTHING = All(())
NOTHING = Some(())


def all_of(parts: Iterable[Asked]) -> Asked:
    """All of them, as flat as it can be written."""
    kept: dict[Asked, None] = {}
    for part in parts:
        if part == NOTHING:
            return NOTHING
        kept.update(dict.fromkeys(part.parts if isinstance(part, All) else (part,)))
    return next(iter(kept)) if len(kept) == 1 else All(tuple(kept))


def some_of(parts: Iterable[Asked]) -> Asked:
    """One of them, as flat as it can be written."""
    kept: dict[Asked, None] = {}
    for part in parts:
        if part == EVERYTHING:
            return EVERYTHING
        kept.update(dict.fromkeys(part.parts if isinstance(part, Some) else (part,)))
    return next(iter(kept)) if len(kept) == 1 else Some(tuple(kept))


def negated(asked: Asked) -> Asked:
    """What holds where it does not; KHÔNG ends up before leaves alone, of which the databases know how to ask."""
    match asked:
        case All(parts):
            return some_of(map(negated, parts))
        case Some(parts):
            return all_of(map(negated, parts))
        case Absent(part):
            return part
        case _:
            return Absent(asked)


# ---- written for the databases ----------------------------------------------------------------------------------

EXACT_COLUMNS = ("title", "lead", "body", "captions")
WIDE_COLUMNS = tuple(f"{name}_wide" for name in EXACT_COLUMNS)
FACTS_COLUMN = "facts"
_WEIGHTS = dict(zip(ZONES, "ABDC", strict=True))


def to_fts5(asked: Asked) -> str:
    """The MATCH expression of FTS5; not for `NOTHING`, which it has no word for.

    Its parser keeps a stack of 100: what is nested deepest comes first, which needs the least of it.
    """
    return _fts5(asked)


def _fts5(asked: Asked) -> str:
    match asked:
        case Phrase():
            names = EXACT_COLUMNS if asked.exact else WIDE_COLUMNS
            columns = " ".join(names if asked.zone is None else (names[ZONES.index(asked.zone)],))
            return f'{{{columns}}} : "{" ".join(asked.words)}"' + (" *" if asked.prefix else "")
        case Fact():
            return f'{FACTS_COLUMN} : "{asked.token}"' + (" *" if asked.prefix else "")
        case Absent(part):
            return f"({_fts5(Fact(EVERY))} NOT {_fts5(part)})"
        case All(parts):
            there = [part for part in parts if not isinstance(part, Absent)]
            gone = [_fts5(part.part) for part in parts if isinstance(part, Absent)]
            held = _joined(there or [Fact(EVERY)], " AND ", _fts5)
            return f"({held} NOT ({' OR '.join(gone)}))" if gone else held
        case Some(parts):
            return _joined(parts, " OR ", _fts5)
        case Chain():
            raise TypeError("a chain is PostgreSQL's")


def to_tsquery(asked: Asked) -> str:
    """The text of a tsquery; not for `NOTHING`.

    A tsvector keeps no place behind the 16,383rd and 255 of one word: an article that has more carries `LONG`, is
    found by its words alone, and must be decided by the matcher, whatever the plan says. So must one that carries
    `HUGE`, of which a megabyte of words is there and the rest is not.
    """
    match asked:
        case Chain(places, zone):
            weight = "" if zone is None else _WEIGHTS[zone]
            return f"({' <-> '.join(_place(place, weight) for place in places)})"
        case Fact():
            return f"'{asked.token}'" + (":*" if asked.prefix else "")
        case Absent(part):
            return f"!{to_tsquery(part)}"
        case All(parts):
            return _joined(parts or [Fact(EVERY)], " & ", to_tsquery)
        case Some(parts):
            return _joined(parts, " | ", to_tsquery)
        case Phrase():
            raise TypeError("a phrase is SQLite's")


def _place(words: tuple[tuple[str, bool], ...], weight: str) -> str:
    lexemes = []
    for word, beginning in words:
        mark = ("*" if beginning else "") + weight
        lexemes.append(f"'{word}'" + (f":{mark}" if mark else ""))
    return lexemes[0] if len(lexemes) == 1 else f"({' | '.join(lexemes)})"


def _joined(parts: Collection[Asked], operator: str, write: Callable[[Asked], str]) -> str:
    written = [write(part) for part in sorted(parts, key=_depth, reverse=True)]
    return written[0] if len(written) == 1 else f"({operator.join(written)})"


def _depth(asked: Asked) -> int:
    if isinstance(asked, (All, Some)):
        return 1 + max(map(_depth, asked.parts), default=0)
    return 1 if isinstance(asked, Absent) else 0
