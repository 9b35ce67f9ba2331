"""Watches: pause, own province, headings, salience, follow-ups, meetings that are over."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Column by column, never a copy of the table: dropping the old one would take its recipients with it.
    for column in (
        sa.Column("paused", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("province", sa.Text(), nullable=True),
        sa.Column("grouped", sa.Text(), nullable=True),
        sa.Column("salience", sa.Text(), nullable=False, server_default="all"),
        sa.Column("follow_up", sa.Boolean(), nullable=False, server_default=sa.false()),
        # Watches of before were promised both kinds of meetings; a new one says which it wants.
        sa.Column("held", sa.Boolean(), nullable=False, server_default=sa.true()),
    ):
        op.add_column("watch", column)
