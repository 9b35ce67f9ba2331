"""Arrays made for PostgreSQL in one piece arrive as the lists they were made of."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.store.arrays import Blobs, Integers
from crawler.store.database import open_database


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(-(2**31), 2**31 - 1)), st.lists(st.binary(max_size=300)))
def test_postgresql_reads_whole_arrays_as_the_lists_they_are(
    postgres_url: str, numbers: list[int], blobs: list[bytes]
) -> None:
    engine = open_database(postgres_url)
    with engine.connect() as connection:
        asked = (Integers.of(numbers), Blobs.of(blobs))
        row = connection.exec_driver_sql("SELECT %b::integer[], %b::bytea[]", asked).one()
    engine.dispose()
    assert (row[0], [bytes(blob) for blob in row[1]]) == (numbers, blobs)
