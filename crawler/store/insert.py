"""INSERT for both databases: many rows at little cost, and ON CONFLICT, which SQLAlchemy has per dialect only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa


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
    """Run it for all rows."""
    if not rows:
        return 0
    return connection.execute(statement, [dict(row) for row in rows]).rowcount


# Made once a table: SQLAlchemy compiles, and the caches above find, the statement they have met before.


@cache
def _insert_plainly(table: sa.Table) -> sa.Insert:
    return sa.insert(table)


@cache
def _insert_missing(dialect: str, table: sa.Table) -> sa.Insert:
    return insert_on(dialect, table).on_conflict_do_nothing()  # type: ignore[no-any-return]


@cache
def _upsert(dialect: str, table: sa.Table, columns: tuple[str, ...]) -> sa.Insert:
    insert = insert_on(dialect, table)
    keys = [column.name for column in table.primary_key]
    rest = {name: insert.excluded[name] for name in columns if name not in keys}
    return insert.on_conflict_do_update(index_elements=keys, set_=rest)  # type: ignore[no-any-return]


def insert_on(dialect: str, table: sa.Table) -> Any:
    """The INSERT of a database, which knows ON CONFLICT."""
    from sqlalchemy.dialects import postgresql, sqlite  # a tenth of a second, which reading does without

    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
