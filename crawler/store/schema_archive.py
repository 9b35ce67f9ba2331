"""The tables of the archive: its files, and where in them each answer stands."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey

from crawler.store.columns import Id, Utc, a_table

archive_file = a_table(
    "archive_file",
    Column("name", sa.Text, primary_key=True),
    Column("started", Utc, nullable=False),
    Column("bytes", Id, nullable=False),  # up to here its records are whole
    Column("answers", sa.Integer, nullable=False),
    Column("last", Utc),  # its latest answer
    Column("dropped", Utc),  # when it was deleted; the row stays, to tell of it
    Column("why", sa.Text),
)

capture = a_table(
    "capture",  # one answer of a host, as kept
    Column("file", sa.Text, ForeignKey("archive_file.name"), primary_key=True),
    Column("offset", Id, primary_key=True, autoincrement=False),
    Column("length", sa.Integer, nullable=False),  # bytes of its gzip member
    Column("url", sa.Text, nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("status", sa.Integer, nullable=False),
    Column("mime", sa.Text),
    Column("digest", sa.Text, nullable=False, index=True),  # of the payload: sha1:BASE32
    Column("revisit", sa.Boolean, nullable=False),  # its payload stands where this digest was met first
    Column("fresh", sa.Boolean),  # the page of an article found where what is new is listed
    Column("read_as", sa.Text),  # a disposition, or what else was asked for; None: nobody came to read it
    Column("article", Id, ForeignKey("article.id", ondelete="SET NULL"), index=True),
)
