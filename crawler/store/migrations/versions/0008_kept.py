"""Articles taken back: off topic by the model, kept because a person says so."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("link", sa.Column("kept", sa.Boolean(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("diemtin goes forward only")
