"""Opening a database: SQLite with WAL by default, PostgreSQL by URL, brought up to date before use."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from crawler.errors import StoreError
from crawler.store.arrays import teach_arrays

_MIGRATIONS = Path(__file__).with_name("migrations")
_BUSY_SECONDS = 30
"""How long a writer waits for another process before SQLite says it is locked."""


def open_database(url: str) -> sa.Engine:
    """An engine on a database that stands at the newest migration.

    A SQLite file of an older state is copied beside itself first (`diemtin.db.before-<revision>-<day>`).
    Raises StoreError when the database cannot be reached, or comes from a newer diemtin.
    """
    try:
        engine = _create_engine(url)
        _migrate(engine)
    except (SQLAlchemyError, ImportError) as error:
        raise StoreError(
            f"không mở được cơ sở dữ liệu / database {_without_password(url)}: {_first_line(error)}"
        ) from error
    return engine


def _create_engine(url: str) -> sa.Engine:
    parsed = sa.make_url(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreError(
            "chỉ dùng được SQLite và PostgreSQL / "
            f"database {_without_password(url)}: SQLite and PostgreSQL are supported"
        )
    if parsed.get_backend_name() == "postgresql":
        engine = sa.create_engine(parsed, pool_pre_ping=True, json_serializer=_json)
        event.listen(engine, "connect", teach_arrays)
        return engine
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(parsed, connect_args={"timeout": _BUSY_SECONDS}, json_serializer=_json)
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin_immediately)
    return engine


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Vietnamese as it is: escaped, its letters take six bytes each and a version is half as large again."""


def _set_pragmas(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late for IMMEDIATE
    with closing(connection.cursor()) as cursor:
        cursor.execute("PRAGMA journal_mode=WAL")
        # NORMAL in WAL loses no committed row to kill -9, only to a power cut; FULL would halve the rate.
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=ON")


def _begin_immediately(connection: sa.Connection) -> None:
    # A reader that turns writer in the middle of a transaction fails at once with "locked", whatever the
    # time-out; taking the write lock first makes it wait. Readers ask for a deferred one by execution option.
    reading = connection.get_execution_options().get("diemtin_read", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _migrate(engine: sa.Engine) -> None:
    config = AlembicConfig()
    config.set_main_option("script_location", str(_MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    head = scripts.get_current_head()
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current == head:
        return
    if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
        raise StoreError(
            "cơ sở dữ liệu do một bản diemtin mới hơn ghi; hãy cập nhật chương trình / "
            f"database {_without_password(str(engine.url))}: its state {current} is unknown; it was written by a newer "
            "diemtin: update the program"
        )
    if current is not None and engine.dialect.name == "sqlite":
        _back_up(engine, current)
    with engine.begin() as connection:
        if (
            engine.dialect.name == "postgresql"
        ):  # two processes that start together migrate one after the other
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(7264001)"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _back_up(engine: sa.Engine, revision: str) -> None:
    """One copy a day of each state: a start that fails and is tried again must not fill the disk."""
    path = Path(str(engine.url.database))
    copy = path.with_name(f"{path.name}.before-{revision}-{datetime.now(UTC):%Y%m%d}")
    if copy.exists():
        return
    unfinished = copy.with_name(f"{copy.name}.{os.getpid()}")
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(unfinished)) as target:
        source.backup(target)
    unfinished.replace(copy)


def _without_password(url: str) -> str:
    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except SQLAlchemyError:
        return "(unreadable URL)"


def _first_line(error: Exception) -> str:
    text = str(error.orig) if isinstance(error, OperationalError) and error.orig else str(error)
    return text.strip().splitlines()[0] if text.strip() else type(error).__name__
