"""Documents: what was issued just now, whose it is, and facts as they were read beside a person's."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Column by column, never a copy of a table: dropping the old one would take what refers to it.
    for column in (
        sa.Column("issued", sa.JSON(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("years", sa.Integer(), nullable=True),
    ):
        op.add_column("citation", column)
    op.add_column("document", sa.Column("read", sa.JSON(), nullable=True))
