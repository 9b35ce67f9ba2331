"""The tables of what a person corrects of an article."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey

from crawler.store.columns import Id, Json, Utc, a_ref, a_table

correction = a_table(
    "correction",  # a person's word on an article; it holds for later versions, until it is taken back
    Column("id", Id, primary_key=True),
    a_ref("article>article.id", nullable=False, index=True),
    Column("kind", sa.Text, nullable=False),  # topics | published | meeting | set_aside
    Column("value", Json, nullable=False),
    Column("who", sa.Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("undone", Utc),
    Column("undone_by", sa.Text),
)

version_as_read = a_table(
    "version_as_read",  # a version under a correction, as it was read: what an undo goes back to
    Column(
        "version", Id, ForeignKey("version.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    Column("record", Json, nullable=False),
    Column("notes", Json, nullable=False),
)
