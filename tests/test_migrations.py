"""Migrations and schema agree on both databases; an older file is copied before it is touched."""

from __future__ import annotations

import ast
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory

import crawler.store.database
from crawler.errors import StoreError
from crawler.store.database import open_database
from crawler.store.migrations.draft import differences, draft, metadata
from crawler.store.schema import FULL_TEXT

MIGRATIONS = Path(crawler.store.database.__file__).with_name("migrations")
VERSIONS = sorted((MIGRATIONS / "versions").glob("*.py"))
DRAFT = (
    "run `python -m crawler.store.migrations.draft` and save what it prints, tidied, in versions/; before the first "
    "release `… draft --first > crawler/store/migrations/versions/0001_first.py`, then ruff format"
)

SECOND = """
import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = "{after}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("host") as host:
        host.add_column(sa.Column("remark", sa.Text()))
    {more}
"""


def head() -> str:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    found = ScriptDirectory.from_config(config).get_heads()
    assert len(found) == 1, "migrations form one chain"
    return found[0]


def test_the_migrations_make_the_schema(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        assert differences(connection) == [], DRAFT


def test_the_migrations_make_the_very_statements_of_the_schema_on_sqlite(tmp_path: Path) -> None:
    """What a comparison of columns does not see: WITHOUT ROWID, ON DELETE, the full-text index."""

    def statements(engine: sa.Engine) -> dict[str, list[str]]:
        with engine.connect() as connection:
            rows = connection.execute(
                sa.text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
            ).all()
        engine.dispose()
        # The parts of a statement in any order: a constraint may stand before or after another.
        return {name: sorted(re.split(r"[\s\",]+", sql)) for name, sql in rows if name != "alembic_version"}

    migrated = open_database(f"sqlite:///{tmp_path / 'migrated.db'}")
    made = sa.create_engine(f"sqlite:///{tmp_path / 'made.db'}")
    metadata.create_all(made)
    with made.begin() as connection:
        for statement in FULL_TEXT["sqlite"]:
            connection.execute(sa.text(statement))
    assert statements(migrated) == statements(made), DRAFT


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_a_migration_is_frozen_and_goes_on_without_the_schema(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    imported |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert imported <= {"sqlalchemy", "alembic"}, imported


def test_a_draft_is_a_migration_from_nothing_to_the_schema() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        text = draft(connection, "The first schema")
    compile(text, "draft", "exec")
    assert 'revision = "0001"' in text and "down_revision = None" in text
    assert text.count("op.create_table") == len(metadata.tables)
    assert "crawler" not in text and "CREATE VIRTUAL TABLE full_text" in text
    engine.dispose()


@pytest.fixture
def older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of today with one row, seen by a program that has one migration more."""
    file = tmp_path / "diemtin.db"
    engine = open_database(f"sqlite:///{file}")
    with engine.begin() as connection:
        connection.execute(sa.insert(metadata.tables["host"]).values(name="a.example", failures=0.0))
    engine.dispose()
    shutil.copytree(MIGRATIONS, tmp_path / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(crawler.store.database, "_MIGRATIONS", tmp_path / "migrations")
    return file


def one_more(older: Path, more: str = "") -> None:
    text = SECOND.format(after=head(), more=more)
    (older.parent / "migrations" / "versions" / "9001_more.py").write_text(text)


def state(file: Path) -> tuple[str, list[str], list[str]]:
    with closing(sqlite3.connect(file)) as connection:
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        columns = [row[1] for row in connection.execute("PRAGMA table_info(host)")]
        rows = [row[0] for row in connection.execute("SELECT name FROM host")]
    return revision, columns, rows


def test_an_older_file_is_copied_and_then_migrated(older: Path) -> None:
    before = state(older)
    one_more(older)
    open_database(f"sqlite:///{older}").dispose()
    revision, columns, rows = state(older)
    assert (revision, columns[-1], rows) == ("9001", "remark", ["a.example"])
    (copy,) = older.parent.glob("diemtin.db.before-*")
    assert copy.name.startswith(f"diemtin.db.before-{head()}-")
    assert state(copy) == before
    open_database(f"sqlite:///{older}").dispose()
    assert list(older.parent.glob("diemtin.db.before-*")) == [copy], (
        "nothing is copied where nothing is to do"
    )


def test_a_migration_that_fails_changes_nothing_and_copies_once(older: Path) -> None:
    before = state(older)
    one_more(older, 'op.execute("INSERT INTO no_such_table VALUES (1)")')
    for _ in range(3):
        with pytest.raises(StoreError, match="no_such_table"):
            open_database(f"sqlite:///{older}")
        assert state(older) == before
    (copy,) = older.parent.glob("diemtin.db.before-*")
    assert state(copy) == before
