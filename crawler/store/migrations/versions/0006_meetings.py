"""What a calendar needs of a meeting, and what finds it again under another day."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Column by column, never a copy of the table: dropping the old one would take its reports with it.
    for name in ("time", "subject", "was"):
        op.add_column("meeting", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("meeting", sa.Column("between", sa.JSON(), nullable=True))
    for name in ("national", "told", "body", "kinds"):
        op.add_column("meeting", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("meeting", sa.Column("sequence", sa.Integer(), nullable=False, server_default="0"))
    op.create_index(op.f("ix_meeting_body"), "meeting", ["body"], unique=False)
    op.add_column("article_meeting", sa.Column("province", sa.Text(), nullable=True))
    connection = op.get_bind()
    table = sa.table("meeting", *(sa.column(name) for name in ("id", "body", "kinds")))
    for (id_,) in connection.execute(sa.select(table.c.id)).all():
        parts = id_.split(
            "|"
        )  # province, body, group of kinds, number, day or year: the key of the first schema
        if len(parts) == 5:
            values = {"body": f"{parts[0]}|{parts[1]}", "kinds": parts[2]}
            connection.execute(sa.update(table).where(table.c.id == id_).values(values))
