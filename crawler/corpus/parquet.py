"""Articles as Parquet: typed columns, one row an article, written in row groups of a size, read back by any tool.

pyarrow is the extra `corpus`; without it the first use says how to install it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from crawler.errors import InvalidInput

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP_BYTES = 64 * 2**20
"""Bytes that one row group holds, unpacked: what a reader has to keep in memory at once."""
_BATCH = 500
"""Articles that are held as Python's objects, which take ten times as much."""
_ZONE = "+07:00"
_LEVEL = 3
_OFFSETS = "start end"
_PLAIN = ("id", "story", "url", "canonical_url", "source", "section", "place", "title", "lead")


class ParquetFile:
    """One file that articles are written into, in the order in which they come."""

    def __init__(self, path: Path, *, words: bool) -> None:
        """`words`: a column with the place of each word. Raises InvalidInput without pyarrow."""
        self._arrow, parquet = _pyarrow()
        self._schema = schema(words=words)
        self._writer = parquet.ParquetWriter(
            path, self._schema, compression="zstd", compression_level=_LEVEL, store_schema=True
        )
        self._rows: list[dict[str, Any]] = []
        self._batches: list[Any] = []
        self._bytes = 0
        """Of the batches that wait."""

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Name and type of each column."""
        return [(one.name, str(one.type)) for one in self._schema]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._flush()
        self._writer.close()

    def write(self, record: Mapping[str, Any]) -> None:
        """Add an article as a line of a corpus has it."""
        self._rows.append(_typed(record))
        if len(self._rows) >= _BATCH:
            self._pack()
        if self._bytes >= ROW_GROUP_BYTES:
            self._flush()

    def _pack(self) -> None:
        batch = self._arrow.RecordBatch.from_pylist(self._rows, schema=self._schema)
        self._batches.append(batch)
        self._bytes += batch.nbytes
        self._rows = []

    def _flush(self) -> None:
        """Write what waits as one row group."""
        self._pack()
        table = self._arrow.Table.from_batches(self._batches, schema=self._schema).combine_chunks()
        if table.num_rows:
            self._writer.write_table(table, row_group_size=table.num_rows)
        self._batches, self._bytes = [], 0


def schema(*, words: bool) -> pa.Schema:
    """The columns. `published` is a moment, and null where the page told a day alone; `published_day` has both."""
    arrow, _ = _pyarrow()
    text, texts, whole, moment = (
        arrow.string(), arrow.list_(arrow.string()), arrow.int32(), arrow.timestamp("ms", tz=_ZONE),
    )  # fmt: skip

    def rows(names: str, **special: pa.DataType) -> pa.DataType:
        kinds = dict.fromkeys(names.split(), text) | dict.fromkeys(_OFFSETS.split(), whole) | special
        return arrow.list_(arrow.struct([(name, kinds[name]) for name in (*names.split(), *special)]))

    issued = arrow.struct([("phrase", text), ("start", whole), ("end", whole)])
    columns: list[tuple[str, pa.DataType]] = [
        *((name, text) for name in _PLAIN),
        ("authors", texts),
        ("published", moment),
        ("published_day", arrow.date32()),
        ("published_precision", text),
        ("published_from", text),
        ("updated", moment),
        ("updated_day", arrow.date32()),
        ("dates", rows("value from where", used=arrow.bool_())),
        ("paragraphs", texts),
        ("captions", rows("text credit")),
        ("images", texts),
        ("text", text),
        ("reader", text),
        ("warnings", texts),
        (
            "citations",
            rows(
                f"field {_OFFSETS} surface type number issuer_code key issuer date system term title place",
                resolved=arrow.bool_(), issued=issued, years=whole,
            ),
        ),
        ("meetings", _meetings(rows, texts, whole)),
        ("relevant", arrow.bool_()),
        ("topics", rows("id", score=arrow.float64(), because=texts)),
        ("called_off", _meetings(rows, texts, whole)),
    ]  # fmt: skip
    if words:
        columns.append(("words", arrow.list_(arrow.struct([("start", whole), ("end", whole)]))))
    return arrow.schema(columns)


def rows_in(path: Path) -> int:
    """Articles of a Parquet file. Raises InvalidInput without pyarrow."""
    _, parquet = _pyarrow()
    return int(parquet.read_metadata(path).num_rows)


def _meetings(rows: Any, texts: pa.DataType, whole: pa.DataType) -> pa.DataType:
    return rows(
        f"field {_OFFSETS} kind organiser date date_to session status place chair time subject was national",
        ordinal=whole, documents=texts, between=texts,
    )  # fmt: skip


def _typed(record: Mapping[str, Any]) -> dict[str, Any]:
    row = dict(record)
    for name in ("published", "updated"):
        row[name], row[f"{name}_day"] = _moment_and_day(record.get(name))
    if "words" in record:
        row["words"] = [{"start": start, "end": end} for start, end in record["words"]]
    return row


def _moment_and_day(value: str | None) -> tuple[datetime | None, date | None]:
    """An ISO time as a moment and its day as printed; a day alone has no moment.

    >>> _moment_and_day("2026-11-20")
    (None, datetime.date(2026, 11, 20))
    """
    if value is None:
        return None, None
    if len(value) == len("2026-11-20"):
        return None, date.fromisoformat(value)
    moment = datetime.fromisoformat(value)
    return moment, moment.date()


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow as arrow  # a second to load, and an extra
        from pyarrow import parquet
    except ImportError as error:
        raise InvalidInput(
            "cần pyarrow để ghi Parquet: pip install 'diemtin[corpus]' / "
            "Parquet needs pyarrow: pip install 'diemtin[corpus]'"
        ) from error
    return arrow, parquet
