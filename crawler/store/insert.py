"""INSERT … ON CONFLICT for both databases: SQLAlchemy has it per dialect only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert_missing(
    connection: sa.Connection, table: sa.Table, rows: Mapping[str, Any] | Sequence[Mapping[str, Any]]
) -> int:
    """Insert what is not there yet, all rows with the same columns; the number of rows inserted."""
    values = [dict(rows)] if isinstance(rows, Mapping) else [dict(r) for r in rows]
    if not values:
        return 0
    statement = _insert_missing(connection.dialect.name, table)
    return connection.execute(statement, values[0] if len(values) == 1 else values).rowcount


@cache
def _insert_missing(dialect: str, table: sa.Table) -> sa.Executable:
    """Made once a table: SQLAlchemy recognises a statement it has compiled much faster than one like it."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing()


def upsert(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> None:
    """Insert a row, or set its other columns where its primary key is there."""
    keys = [column.name for column in table.primary_key]
    rest = {name: value for name, value in row.items() if name not in keys}
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(insert(table).values(dict(row)).on_conflict_do_update(index_elements=keys, set_=rest))
