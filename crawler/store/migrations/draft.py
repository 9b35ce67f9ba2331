"""The next migration, drafted: `python -m crawler.store.migrations.draft "what changes"`.

Compares a database at the newest migration with `crawler.store.schema` and prints the migration that is missing
between them, to be read, tidied and saved in `versions/`. A migration is frozen when it is released: it imports
nothing of the schema, which goes on without it. `--first` prints the whole schema as migration 0001; it is for the
time before the first release only, when no store stands at it yet.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from alembic.operations.ops import CreateTableOp

from crawler.store import schema_archive, schema_corrections, schema_delivery, schema_people
from crawler.store.columns import Utc
from crawler.store.database import open_database
from crawler.store.schema import FULL_TEXT, OPTIONS

metadata = schema_delivery.watch.metadata
assert schema_people.person.metadata is schema_corrections.correction.metadata is metadata
assert schema_archive.capture.metadata is metadata

_HEAD = '''"""{title}."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {down_revision}
branch_labels = None
depends_on = None


def upgrade() -> None:
    {body}


def downgrade() -> None:
    raise NotImplementedError("diemtin goes forward only")
'''

_FULL_TEXT = """
    full_text = {statements!r}
    for statement in full_text[op.get_bind().dialect.name]:
        op.execute(statement)"""


def differences(connection: sa.Connection) -> list[Any]:
    """What a database lacks, or has too much, against the schema; empty where the migrations have made it equal."""
    return list(compare_metadata(_context(connection), metadata))


def draft(connection: sa.Connection, title: str) -> str:
    """The text of a migration from the state of a database to the schema."""
    context = _context(connection)
    current = context.get_current_revision()
    script = produce_migrations(context, metadata)
    assert script.upgrade_ops is not None
    for operation in script.upgrade_ops.ops:
        if isinstance(operation, CreateTableOp):
            operation.kw.update(metadata.tables[operation.table_name].kwargs)
            operation.kw.update(OPTIONS.get(operation.table_name, {}))
    # SQLite alters a table by copying it, which alembic calls a batch; new tables need none.
    body = render_python_code(
        script.upgrade_ops, render_item=_render_type, render_as_batch=current is not None
    )
    body = "\n".join(line for line in body.splitlines() if not line.strip().startswith("# ###"))
    body = body.strip() or "pass"
    if current is None:
        body += _FULL_TEXT.format(statements=FULL_TEXT)
    return _HEAD.format(
        title=title,
        revision=f"{int(current or 0) + 1:04d}",
        down_revision=f'"{current}"' if current else None,
        body=body,
    )


def _context(connection: sa.Connection) -> MigrationContext:
    return MigrationContext.configure(
        connection,
        opts={"compare_type": True, "target_metadata": metadata, "include_name": _is_ours},
    )


def _is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    # The full-text index and the tables behind it differ between the databases; migrations make them by statement.
    return not (kind == "table" and name is not None and name.startswith("full_text"))


def _render_type(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Utc) else False


def main(arguments: list[str]) -> None:
    """Print a draft: of what the shipped migrations lack, or of everything."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'empty.db'}"
        engine = sa.create_engine(url) if arguments == ["--first"] else open_database(url)
        title = "The first schema" if arguments == ["--first"] else " ".join(arguments) or "A change"
        with engine.connect() as connection:
            print(draft(connection, title))
        engine.dispose()


if __name__ == "__main__":
    main(sys.argv[1:])
