"""What a person corrects of an article, kept apart from what was read."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    moment = sa.DateTime(timezone=True)
    json = sa.JSON()
    op.add_column("article", sa.Column("set_aside", moment, nullable=True))
    op.create_table(
        "correction",
        sa.Column("id", number, nullable=False),
        sa.Column("article", number, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", json, nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("undone", moment, nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["article"], ["article.id"], name=op.f("fk_correction_article"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    op.create_index(op.f("ix_correction_article"), "correction", ["article"], unique=False)
    op.create_table(
        "version_as_read",
        sa.Column("version", number, autoincrement=False, nullable=False),
        sa.Column("record", json, nullable=False),
        sa.Column("notes", json, nullable=False),
        sa.ForeignKeyConstraint(
            ["version"], ["version.id"], name=op.f("fk_version_as_read_version"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_version_as_read")),
    )


def downgrade() -> None:
    raise NotImplementedError("diemtin goes forward only")
