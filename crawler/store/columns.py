"""Types of columns, and how the tables name their keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Table
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class Utc(TypeDecorator[datetime]):
    """An aware time, kept as UTC; a naive one is a programming error and raises."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times; SQLite has no zones, so it gets UTC without one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive time {value!r} for the store")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Always aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""Integer primary keys: SQLite autonumbers only its own INTEGER."""


Json = sa.JSON()


Bytewise = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Text in the order of its bytes, as SQLite has it: what begins alike stands together."""


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def a_table(name: str, *columns: Any, **options: Any) -> Table:
    """A table of the store."""
    return Table(name, metadata, *columns, **options)


def a_ref(column: str, **kwargs: Any) -> Column[Any]:
    """A foreign key that goes with what it points to."""
    name, target = column.split(">")
    return Column(name, Id, ForeignKey(target, ondelete="CASCADE"), **kwargs)
