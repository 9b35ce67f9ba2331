"""Arrays for PostgreSQL as its wire protocol has them, made in one piece.

The driver dumps a list element by element, which costs more than looking the rows up: the near-duplicate index
sends two thousand elements for 32 articles. The format is that of `array_send` in PostgreSQL's own sources.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct, pack
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:  # the driver is an extra
    from psycopg import Connection

_INT4, _INT4_ARRAY, _BYTEA, _BYTEA_ARRAY = 23, 1007, 17, 1001
"""The OIDs of these types, the same in every PostgreSQL."""
_KIND, _DIMENSION = Struct(">iii"), Struct(">ii")
"""Dimensions (an empty array has none), whether there are nulls, the type of the elements; length and first index."""
_length = Struct(">i").pack


class Array(bytes):
    """An array's parameter, to be given where the statement has `%b::integer[]` or `%b::bytea[]`."""

    oid: ClassVar[int]


class Integers(Array):
    """An `integer[]`."""

    oid = _INT4_ARRAY

    @classmethod
    def of(cls, values: Sequence[int]) -> Integers:
        """These, each of 32 bits; struct.error for one that is not."""
        fields = [4] * (2 * len(values))
        fields[1::2] = values
        return cls(_head(_INT4, len(values)) + pack(f">{len(fields)}i", *fields))


class Blobs(Array):
    """A `bytea[]`."""

    oid = _BYTEA_ARRAY

    @classmethod
    def of(cls, values: Sequence[bytes]) -> Blobs:
        """These."""
        parts = [part for value in values for part in (_length(len(value)), value)]
        return cls(_head(_BYTEA, len(values)) + b"".join(parts))


def _head(element: int, count: int) -> bytes:
    return _KIND.pack(1, 0, element) + _DIMENSION.pack(count, 1) if count else _KIND.pack(0, 0, element)


def teach_arrays(connection: Connection[Any], _record: object = None) -> None:
    """Let a new connection of the driver take them; made for SQLAlchemy's `connect` event."""
    from psycopg.adapt import Dumper
    from psycopg.pq import Format

    for array in (Integers, Blobs):

        class _AsItIs(Dumper):
            format = Format.BINARY
            oid = array.oid

            def dump(self, obj: Array) -> bytes:
                return obj

        connection.adapters.register_dumper(array, _AsItIs)
