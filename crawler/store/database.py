"""Opening a database: SQLite with WAL by default, PostgreSQL by URL, brought up to date before use."""

from __future__ import annotations

import json
import logging
import os
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DatabaseError, InterfaceError, InternalError, OperationalError, SQLAlchemyError

from crawler.errors import NoStore, StoreError
from crawler.private_files import private_folder

logger = logging.getLogger(__name__)

Engine: TypeAlias = sa.Engine
"""The database as the rooms above pass it on: they open no connection of their own and know no SQL."""
Connection: TypeAlias = sa.Connection
"""The transaction that is under way, handed on in the same way."""
_MIGRATIONS = Path(__file__).with_name("migrations")
_BUSY_SECONDS = 30
"""How long a lock of another process is waited for; `?timeout=` of an address wins."""
_LIVENESS = {
    "connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}  # fmt: skip
"""libpq's settings (seconds, the last in milliseconds) by which a server that has gone without a word is noticed in a
minute; by default that takes hours. An address may say otherwise."""
_ANALYSED = 400
"""Entries of each index that SQLite looks at to know how its values lie: 100 to 1,000 are enough, it says itself."""
_REVISION = re.compile(r"^(down_)?revision\b[^=]*= *[\"']([^\"']+)", re.MULTILINE)
_REASONS = (
    ("not a database", "tệp này không phải cơ sở dữ liệu SQLite"),
    ("unable to open", "không mở được tệp; xem lại đường dẫn và quyền ghi"),
    ("readonly", "không có quyền ghi"),
    ("locked", "đang bị tiến trình khác giữ quá lâu"),
    ("disk", "đĩa đầy hoặc hỏng"),
    ("malformed", "tệp hỏng; hãy dùng bản sao lưu"),
    ("password", "sai tên hay mật khẩu"),
    ("does not exist", "không có cơ sở dữ liệu hay người dùng này"),
    ("resolve", "không tìm ra máy chủ này"),
    ("connection", "máy chủ cơ sở dữ liệu không trả lời"),
    ("parse", "không đọc được địa chỉ; viết như postgresql://tên:mật-khẩu@máy:5432/kho"),
    ("psycopg", "chưa cài phần PostgreSQL: pip install 'diemtin[postgres]'"),
)
"""What a driver says in English, and what it means."""


def open_database(url: str) -> sa.Engine:
    """An engine on a database that stands at the newest migration; a missing one is made.

    A SQLite file of an older state is copied beside itself first (`diemtin.db.before-<revision>-<day>`).
    Raises StoreError when the database cannot be reached, is another program's, or comes from a newer diemtin.
    """
    try:
        file = _file_of(_parsed(url))
        if file is not None and file.exists() and file.stat().st_size:
            _state(_reading_engine(url))  # refused before anything of it is changed
        engine = _create_engine(url)
        _migrate(engine)
    except (SQLAlchemyError, ImportError) as error:
        raise _cannot_open(url, error) from error
    return engine


def open_existing(url: str) -> sa.Engine:
    """`open_database`, but a store that is not there is an error: NoStore."""
    _must_exist(url)
    engine = open_database_to_read(url)
    engine.dispose()
    return open_database(url)


def open_database_to_read(url: str) -> sa.Engine:
    """An engine that only reads: it makes nothing, takes no write lock, and a folder without leave to write will do.

    A store of an older state is brought up to date first. Raises NoStore where there is none yet, else StoreError.
    """
    _must_exist(url)
    try:
        engine = _reading_engine(url)
        current = _state(engine)
        if current is None:
            engine.dispose()
            raise _no_store(url)
        if current != _head():
            engine.dispose()
            open_database(url).dispose()
            engine = _reading_engine(url)
    except (SQLAlchemyError, ImportError) as error:
        raise _cannot_open(url, error) from error
    return engine


def note_statistics(engine: sa.Engine) -> None:
    """Let SQLite know how the values of its indices lie, without which it joins tables in a wrong order.

    Costs milliseconds at any size. PostgreSQL does so by itself. A store that cannot be written now is left as it is.
    """
    if engine.dialect.name != "sqlite":
        return
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"PRAGMA analysis_limit={_ANALYSED}")
            connection.exec_driver_sql("ANALYZE")
    except DatabaseError as error:
        logger.warning("thống kê chỉ mục / statistics of the indices not noted: %s", error.orig)


def why_unusable(error: BaseException | None) -> str | None:
    """Why the store itself cannot be used, in both languages; None for an error that is none of the store's.

    A full disk, a lock that stays, a lost connection: whatever is written next fails in the same way.
    """
    if not isinstance(error, (OperationalError, InterfaceError, InternalError)):
        return error.args[0] if isinstance(error, StoreError) else None
    said = str(error.orig).strip().splitlines() or [type(error).__name__]
    words = next(
        (w for form, w in _UNUSABLE if re.search(form, said[0], re.IGNORECASE)), "cơ sở dữ liệu hỏng"
    )
    return f"{words} / the store: {said[0]}"


_UNUSABLE = (
    (r"full|no space|disk quota", "đĩa đã đầy, không ghi được"),
    (r"lock|deadlock|timeout", "cơ sở dữ liệu bị tiến trình khác khóa"),
    (r"read-?only", "cơ sở dữ liệu chỉ cho đọc"),
    (r"connect|terminat|closed|server", "mất kết nối cơ sở dữ liệu"),
    (r"disk I/O|malformed", "đĩa hoặc tệp cơ sở dữ liệu hỏng"),
)


def _parsed(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except ValueError:  # of a port that is no number
        parsed = None
    if parsed is None or not (parsed.port is None or 0 < parsed.port < 65_536):
        raise StoreError(
            "database_url: cổng phải là một số từ 1 đến 65535, như postgresql://tên:mật-khẩu@máy:5432/kho / "
            f"the port must be a number from 1 to 65535: {_without_password(url)}"
        )
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreError(
            "chỉ dùng được SQLite và PostgreSQL / "
            f"database {_without_password(url)}: SQLite and PostgreSQL are supported"
        )
    return parsed


def _file_of(parsed: sa.URL) -> Path | None:
    """The file of a SQLite database; None for one in memory and for PostgreSQL."""
    in_file = parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:")
    return Path(str(parsed.database)) if in_file else None


def _must_exist(url: str) -> None:
    try:
        file = _file_of(_parsed(url))
    except SQLAlchemyError as error:
        raise _cannot_open(url, error) from error
    if file is not None and (not file.exists() or not file.stat().st_size):
        raise _no_store(url)


def _no_store(url: str) -> NoStore:
    file = _file_of(_parsed(url))
    where = str(file) if file is not None else _without_password(url)
    return NoStore(
        f"{where}: chưa có kho ở đây; xem lại --data, hoặc lập kho: diemtin init rồi diemtin crawl "
        "(thử không cần mạng: diemtin demo) / "
        "there is no store here; look at --data, or make one: diemtin init, then diemtin crawl"
    )


def _cannot_open(url: str, error: Exception) -> StoreError:
    said = _first_line(error)
    why = next((told for words, told in _REASONS if words in said.lower()), "xem lý do bên cạnh")
    return StoreError(f"không mở được cơ sở dữ liệu: {why} / database {_without_password(url)}: {said}")


def _create_engine(url: str) -> sa.Engine:
    parsed = _parsed(url)
    if parsed.get_backend_name() == "postgresql":
        return _postgresql(parsed)
    if (file := _file_of(parsed)) is not None:
        private_folder(file.parent)
        if not file.exists():
            file.touch(mode=0o600)  # -wal and -shm take its mode
    if "timeout" not in parsed.query:
        parsed = parsed.update_query_dict({"timeout": str(_BUSY_SECONDS)})
    engine = sa.create_engine(parsed, json_serializer=_json)
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin_immediately)
    return engine


def _postgresql(parsed: sa.URL) -> sa.Engine:
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    wait = _seconds(parsed)
    parsed = parsed.difference_update_query(["timeout"])  # ours; libpq has no such word
    alive = {name: value for name, value in _LIVENESS.items() if name not in parsed.query}
    engine = sa.create_engine(parsed, pool_pre_ping=True, json_serializer=_json, connect_args=alive)

    def wait_so_long(connection: Any, _record: Any) -> None:
        connection.execute(f"SET lock_timeout = {int(1000 * wait)}")
        connection.commit()

    event.listen(engine, "connect", wait_so_long)
    return engine


def _seconds(parsed: sa.URL) -> float:
    try:
        return max(0.001, float(str(parsed.query.get("timeout", _BUSY_SECONDS))))
    except ValueError as error:
        raise StoreError(
            "database_url: timeout phải là số giây / timeout must be a number of seconds"
        ) from error


def _reading_engine(url: str) -> sa.Engine:
    parsed = _parsed(url)
    if parsed.get_backend_name() == "postgresql":
        return _postgresql(parsed).execution_options(postgresql_readonly=True)
    file = _file_of(parsed)
    if file is None:
        return _create_engine(url)
    name = f"file:{quote(str(file.absolute()))}?mode={_mode(file)}"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(name, uri=True, timeout=_BUSY_SECONDS, check_same_thread=False)

    engine = sa.create_engine(parsed, creator=connect, json_serializer=_json)
    event.listen(engine, "connect", _only_read)
    event.listen(engine, "begin", _begin)
    return engine


def _mode(file: Path) -> str:
    """How SQLite may open the file to read it; where nothing can be written beside it, as one that nobody changes."""
    if os.access(file, os.W_OK) and os.access(file.parent, os.W_OK):
        return "rw"
    log = file.with_name(f"{file.name}-wal")
    return "ro" if log.exists() and log.stat().st_size else "ro&immutable=1"


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Vietnamese as it is: escaped, its letters take six bytes each and a version is half as large again."""


def _set_pragmas(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late for IMMEDIATE
    with closing(connection.cursor()) as cursor:
        cursor.execute("PRAGMA journal_mode=WAL")
        # NORMAL in WAL loses no committed row to kill -9, only to a power cut; FULL would halve the rate.
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=ON")


def _only_read(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA query_only=ON").close()


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_immediately(connection: sa.Connection) -> None:
    # A reader that turns writer in the middle of a transaction fails at once with "locked", whatever the
    # time-out; taking the write lock first makes it wait. Readers ask for a deferred one by execution option.
    reading = connection.get_execution_options().get("diemtin_read", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _migrate(engine: sa.Engine) -> None:
    current = _state(engine)
    if current == _head():
        return
    if current is not None and current not in _revisions():
        raise StoreError(
            "cơ sở dữ liệu do một bản diemtin mới hơn ghi; hãy cập nhật chương trình / "
            f"database {_without_password(str(engine.url))}: its state {current} is unknown; it was written by a newer "
            "diemtin: update the program"
        )
    if current is not None and engine.dialect.name == "sqlite":
        _back_up(engine, current)
    from alembic import command  # an eighth of a second, and seldom needed
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with engine.begin() as connection:
        if (
            engine.dialect.name == "postgresql"
        ):  # two processes that start together migrate one after the other
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(7264001)"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _state(engine: sa.Engine) -> str | None:
    """The state the database stands at; None where it is empty. Raises StoreError for another program's."""
    with engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        if "alembic_version" in tables:
            found: str | None = connection.execute(
                sa.text("SELECT version_num FROM alembic_version")
            ).scalar()
            return found
    if tables:
        raise StoreError(
            "cơ sở dữ liệu này của chương trình khác; hãy chọn một kho riêng cho diemtin / "
            f"database {_without_password(str(engine.url))}: it holds tables of another program "
            f"({', '.join(sorted(tables)[:3])}); give diemtin one of its own"
        )
    return None


def _revisions() -> dict[str, str | None]:
    """The known states, each with the one before it; read from the files, for alembic is slow to load."""
    found: dict[str, str | None] = {}
    for path in sorted((_MIGRATIONS / "versions").glob("*.py")):
        named = {down: name for down, name in _REVISION.findall(path.read_text(encoding="utf-8"))}
        found[named[""]] = named.get("down_")
    return found


def _head() -> str:
    """The newest state."""
    known = _revisions()
    (head,) = set(known) - set(known.values())
    return head


def _back_up(engine: sa.Engine, revision: str) -> None:
    """One copy a day of each state: a start that fails and is tried again must not fill the disk."""
    path = Path(str(engine.url.database))
    copy = path.with_name(f"{path.name}.before-{revision}-{datetime.now(UTC):%Y%m%d}")
    if copy.exists():
        return
    unfinished = copy.with_name(f"{copy.name}.{os.getpid()}")
    unfinished.touch(mode=0o600)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(unfinished)) as target:
        source.backup(target)
    unfinished.replace(copy)


def _without_password(url: str) -> str:
    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except (SQLAlchemyError, ValueError):
        return re.sub(r"(://[^/@:]*:)[^/]*@", r"\1***@", url) if "://" in url else "(unreadable URL)"


def _first_line(error: Exception) -> str:
    text = str(error.orig) if isinstance(error, OperationalError) and error.orig else str(error)
    return text.strip().splitlines()[0] if text.strip() else type(error).__name__
