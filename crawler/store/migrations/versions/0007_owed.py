"""Why a link is still owed: walls before it alone, readers lost under it, and what is wrong in words."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("walls", "unread"):
        op.add_column("link", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    op.add_column("link", sa.Column("why", sa.Text(), nullable=True))
