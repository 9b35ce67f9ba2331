"""The archive: its files and answers; which reader has read a version."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "archive_file",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bytes", number, nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("last", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_archive_file")),
    )
    op.create_table(
        "capture",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("offset", number, autoincrement=False, nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("mime", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("revisit", sa.Boolean(), nullable=False),
        sa.Column("fresh", sa.Boolean(), nullable=True),
        sa.Column("read_as", sa.Text(), nullable=True),
        sa.Column("article", number, nullable=True),
        sa.ForeignKeyConstraint(
            ["article"], ["article.id"], name=op.f("fk_capture_article"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["file"], ["archive_file.name"], name=op.f("fk_capture_file")),
        sa.PrimaryKeyConstraint("file", "offset", name=op.f("pk_capture")),
    )
    op.create_index(op.f("ix_capture_article"), "capture", ["article"], unique=False)
    op.create_index(op.f("ix_capture_digest"), "capture", ["digest"], unique=False)
    op.create_index(op.f("ix_capture_url"), "capture", ["url"], unique=False)
    op.add_column("version", sa.Column("reader", sa.Integer(), nullable=True))
    op.add_column("version", sa.Column("reread", sa.Boolean(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("diemtin goes forward only")
