"""A page of a list: what it shows, how many there are, and where the next one begins."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from crawler.errors import InvalidInput

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ListPage(Generic[T]):
    """Some entries of a list, in its order."""

    items: tuple[T, ...]
    total: int
    """How many the whole list has."""
    left: int
    """How many follow this page."""
    after: str | None
    """What the next page is asked with; None on the last."""


def list_page(items: Sequence[T], *, total: int, behind: int, name: Callable[[T], str]) -> ListPage[T]:
    """These entries as a page; `behind` follow the page before, and `name` gives an entry's cursor."""
    left = behind - len(items)
    return ListPage(tuple(items), total, left, name(items[-1]) if left and items else None)


def number_after(typed: str) -> int:
    """The number in an `--after`; raises InvalidInput where it is none."""
    if not (typed.isascii() and typed.isdecimal()) or len(typed) > 18:
        raise InvalidInput(
            f"--after {typed!r}: không phải dấu trang mà trang trước đưa ra / not what the page before gave"
        )
    return int(typed)


def count_of(connection: sa.Connection, rows: sa.Select[Any]) -> int:
    """How many rows a query has."""
    return int(connection.execute(sa.select(sa.func.count()).select_from(rows.subquery())).scalar_one())


def these(connection: sa.Connection, values: Collection[Any], kind: sa.types.TypeEngine[Any]) -> Any:
    """Values as what `column.in_` takes, however many: a database takes only some ten thousand one by one."""
    if connection.dialect.name == "postgresql":
        unnested = sa.func.unnest(sa.literal(list(values), sa.ARRAY(kind)))
        return sa.select(unnested.column_valued("one"))
    return sa.select(sa.func.json_each(json.dumps(list(values))).table_valued("value").c.value)
