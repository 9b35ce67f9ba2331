"""Looks follow the news: an index for what they brought, and no interval left of the rule before."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_article_seen", "article", ["source", "first_seen"])
    op.add_column("link", sa.Column("backlog", sa.Boolean()))
    # An ordinary paper had drifted to a look a day: each section is due once, and then finds its rhythm.
    op.execute("UPDATE channel SET due = NULL, interval = NULL WHERE failures = 0")
