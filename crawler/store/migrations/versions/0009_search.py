"""The index decides a search by itself: full-text rows anew, with what a search needs besides the words.

What is stored is entered by `diemtin reindex`; what is new enters at once.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

FULL_TEXT = {
    "sqlite": (
        "CREATE VIRTUAL TABLE full_text USING fts5(body, title, lead, captions, title_wide, lead_wide, body_wide,"
        " captions_wide, facts, content='', tokenize='ascii')",
    ),
    "postgresql": (
        "CREATE TABLE full_text (rowid BIGINT PRIMARY KEY, words tsvector NOT NULL)",
        "CREATE INDEX ix_full_text_words ON full_text USING gin (words)",
    ),
}


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "search_row",
        sa.Column("rank", number, autoincrement=False, nullable=False),
        sa.Column("article", number, nullable=True),
        sa.Column("version", number, nullable=True),
        sa.Column("story", number, nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("moment", number, nullable=False),
        sa.Column("month", sa.Integer(), nullable=True),
        sa.Column("long", sa.Boolean(), nullable=False),
        sa.Column("topics", sa.Text(), nullable=True),
        sa.Column("documents", sa.Text(), nullable=True),
        sa.Column("meetings", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["article"], ["article.id"], name=op.f("fk_search_row_article"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("rank", name=op.f("pk_search_row")),
        sa.UniqueConstraint("article", name=op.f("uq_search_row_article")),
    )
    op.create_index(op.f("ix_search_row_story"), "search_row", ["story"], unique=False)
    op.create_table(
        "search_word",
        sa.Column("word", text, nullable=False),
        sa.Column("key", text, nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_search_word")),
    )
    op.create_index(op.f("ix_search_word_key"), "search_word", ["key"], unique=False)
    op.create_table(
        "search_value",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "value", name=op.f("pk_search_value")),
    )
    op.create_table(
        "search_debt",
        sa.Column("below", number, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("below", name=op.f("pk_search_debt")),
    )
    op.execute("INSERT INTO search_debt (below) SELECT max(id) + 1 FROM article HAVING max(id) IS NOT NULL")
    op.execute("DROP TABLE full_text")
    for statement in FULL_TEXT[op.get_bind().dialect.name]:
        op.execute(statement)
