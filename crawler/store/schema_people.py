"""The tables of who may see the pages, and of what was changed by whom."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey

from crawler.store.columns import Id, Json, Utc, a_table


def _of_a_person() -> Column[str]:
    return Column("address", sa.Text, ForeignKey("person.address"), nullable=False, index=True)


person = a_table(
    "person",  # who may enter from elsewhere
    Column("address", sa.Text, primary_key=True),  # an e-mail address in lower case
    Column("role", sa.Text, nullable=False),  # reader | editor | operator
    Column("created", Utc, nullable=False),
    Column("removed", Utc),  # kept, because the audit rows name who it was
)

sign_in_link = a_table(
    "sign_in_link",  # mailed to a person: random, kept only as a hash, works once
    Column("hash", sa.String(64), primary_key=True),
    _of_a_person(),
    Column("back", sa.Text, nullable=False),  # the page that was asked for
    Column("created", Utc, nullable=False),
    Column("expires", Utc, nullable=False),
    Column("used", Utc),
)

web_session = a_table(
    "web_session",  # a browser that a person entered with; its cookie is kept only as a hash
    Column("hash", sa.String(64), primary_key=True),
    _of_a_person(),
    Column("created", Utc, nullable=False),
    Column("used", Utc, nullable=False),  # to the hour
    Column("expires", Utc, nullable=False),
)

api_token = a_table(
    "api_token",  # by which a program asks for a person
    Column("id", Id, primary_key=True),
    Column("hash", sa.String(64), nullable=False, unique=True),
    _of_a_person(),
    Column("name", sa.Text, nullable=False),
    Column("scope", sa.Text, nullable=False),  # read | write
    Column("created", Utc, nullable=False),
    Column("used", Utc),  # to the hour
    Column("revoked", Utc),
)

audit_row = a_table(
    "audit",  # one row for each write of a person
    Column("id", Id, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("who", sa.Text, nullable=False, index=True),  # an address | local | command
    Column("what", sa.Text, nullable=False),  # user.add, token.revoke …
    Column("subject", sa.Text, nullable=False),
    Column("before", Json),
    Column("after", Json),
)
