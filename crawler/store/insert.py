"""INSERT for both databases: many rows at little cost, and ON CONFLICT, which SQLAlchemy has per dialect only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.compiler import SQLCompiler

_Binds = tuple[tuple[str, Callable[[Any], Any] | None], ...]
"""The columns of an INSERT in their order, and what makes of a value one that the driver takes."""


def insert_all(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert rows, all with the same columns, those with a default among them; the number of rows inserted."""
    return _insert(connection, _insert_plainly(table), rows)


def insert_missing(
    connection: sa.Connection, table: sa.Table, rows: Mapping[str, Any] | Sequence[Mapping[str, Any]]
) -> int:
    """`insert_all` of what is not there yet."""
    values = [rows] if isinstance(rows, Mapping) else rows
    return _insert(connection, _insert_missing(connection.dialect.name, table), values)


def upsert(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> None:
    """Insert a row, or set its other columns where its primary key is there."""
    _insert(connection, _upsert(connection.dialect.name, table, tuple(row)), [row])


def _insert(connection: sa.Connection, statement: sa.Insert, rows: Sequence[Mapping[str, Any]]) -> int:
    """Run it for all rows, as `Connection.execute` would.

    That looks up each value of each row by name, and finds out anew what its type does with it, which costs half as
    much as the database takes to write them. Here SQL and types are asked once, and the driver gets the values.
    """
    if not rows:
        return 0
    sql, binds, positional = _prepared(connection.dialect, statement, tuple(rows[0]))
    columns = [
        [row[name] for row in rows] if process is None else [process(row[name]) for row in rows]
        for name, process in binds
    ]
    values: list[Any] = list(zip(*columns, strict=True))
    if not positional:
        names = [name for name, _ in binds]
        values = [dict(zip(names, value, strict=True)) for value in values]
    return connection.exec_driver_sql(sql, values).rowcount


@lru_cache(maxsize=256)
def _prepared(
    dialect: sa.Dialect, statement: sa.Insert, columns: tuple[str, ...]
) -> tuple[str, _Binds, bool]:
    """The SQL, its columns, and whether the driver wants their values in that order rather than by name."""
    compiled = statement.compile(dialect=dialect, column_keys=list(columns))
    assert isinstance(compiled, SQLCompiler)
    binds = tuple(
        (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
        for name in compiled.positiontup or compiled.binds
    )
    return compiled.string, binds, compiled.positional


# Made once a table: SQLAlchemy compiles, and the caches above find, the statement they have met before.


@cache
def _insert_plainly(table: sa.Table) -> sa.Insert:
    return sa.insert(table)


@cache
def _insert_missing(dialect: str, table: sa.Table) -> sa.Insert:
    return _insert_on(dialect, table).on_conflict_do_nothing()


@cache
def _upsert(dialect: str, table: sa.Table, columns: tuple[str, ...]) -> sa.Insert:
    insert = _insert_on(dialect, table)
    keys = [column.name for column in table.primary_key]
    rest = {name: insert.excluded[name] for name in columns if name not in keys}
    return insert.on_conflict_do_update(index_elements=keys, set_=rest)


def _insert_on(dialect: str, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
