"""Edits and take-downs by the day they were seen."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    edit, gone = sa.text("n > 1"), sa.text("taken_down IS NOT NULL")
    op.create_index("ix_version_edit", "version", ["seen"], sqlite_where=edit, postgresql_where=edit)
    op.create_index(
        "ix_article_taken_down", "article", ["taken_down"], sqlite_where=gone, postgresql_where=gone
    )


def downgrade() -> None:
    raise NotImplementedError("diemtin goes forward only")
