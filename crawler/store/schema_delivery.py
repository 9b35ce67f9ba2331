"""The tables of watches, readers and mails."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, UniqueConstraint

from crawler.store.columns import Id, Json, Utc, a_ref, a_table

watch = a_table(
    "watch",
    Column("id", Id, primary_key=True),
    Column("name", sa.Text, nullable=False, unique=True),
    Column("query", sa.Text, nullable=False),
    Column("scope", sa.Text, nullable=False),  # article | story | document | meeting | change | event
    Column("cadence", sa.Text, nullable=False),  # now | daily@06:00,16:30 | workdays@06:00 | weekly@mon-06:00
    Column("quiet", sa.Text),  # 22:00-06:00
    Column("proof_of_life", sa.Boolean, nullable=False),  # a mail also when nothing was found
    Column("language", sa.Text, nullable=False),  # vi | en
    Column("created", Utc, nullable=False),
    Column("removed", Utc),
    Column("feed", sa.Boolean, nullable=False),  # an Atom file in the data folder
    Column("next_digest", Utc),  # for daily and weekly ones
    Column("paused", Utc),  # since when nothing is sent; what is found meanwhile waits
    Column("paused_until", Utc),  # None: until a person resumes it
    Column("province", sa.Text),  # the reader's own: told first
    Column("grouped", sa.Text),  # province | topic: headings among the stories
    Column("salience", sa.Text, nullable=False, server_default="all"),  # all | main: no passing mentions
    Column(
        "follow_up", sa.Boolean, nullable=False, server_default=sa.false()
    ),  # tell edits of what was mailed
    Column("held", sa.Boolean, nullable=False, server_default=sa.true()),  # meetings that are over, too
)


recipient = a_table(
    "recipient",
    Column("address", sa.Text, primary_key=True),  # an e-mail address, a webhook or an apprise address
    Column("channel", sa.Text, nullable=False),  # mail | webhook | apprise
    Column("added", Utc, nullable=False),
    Column("confirmed", Utc),  # None: asked and not yet answered
    Column("suspended", Utc),  # a 5xx: a person must lift it
    Column("reason", sa.Text),
    Column("left", Utc),
    Column("secret", sa.Text),  # signs a webhook
)


watch_recipient = a_table(
    "watch_recipient",
    a_ref("watch>watch.id", primary_key=True),
    Column("address", sa.Text, ForeignKey("recipient.address"), primary_key=True),
)


token = a_table(
    "token",  # what lets a stranger confirm or leave without a log-in: random, kept only as a hash
    Column("hash", sa.String(64), primary_key=True),
    Column("address", sa.Text, ForeignKey("recipient.address"), nullable=False, index=True),
    Column("purpose", sa.Text, nullable=False),  # confirm | leave
    Column("created", Utc, nullable=False),
    Column("expires", Utc),  # None: a mail may be years old when its reader leaves
    Column("used", Utc),
)


secret = a_table(
    "secret",  # what this store alone knows: random, made when first needed, never shown
    Column("name", sa.Text, primary_key=True),  # message_id
    Column("value", sa.String(64), nullable=False),
)


alert = a_table(
    "alert",
    Column("id", Id, primary_key=True),
    a_ref("watch>watch.id", nullable=False),
    Column("kind", sa.Text, nullable=False),  # article | story | document | meeting | event | nothing
    Column("subject", sa.Text, nullable=False),
    a_ref("article>article.id"),  # the one that caused it
    Column("words", Json, nullable=False),
    Column("spans", Json, nullable=False),  # zone -> [[start, end], ...] of the words in the article
    Column("body", Json),  # what an event says
    Column("created", Utc, nullable=False),
    UniqueConstraint("watch", "kind", "subject"),
)


owed = a_table(
    "owed",  # one alert owed to one person: the outbox, written in the article's transaction
    a_ref("alert>alert.id", primary_key=True),
    Column("address", sa.Text, ForeignKey("recipient.address"), primary_key=True),
    Column("due", Utc, nullable=False),
    Column("delivery", Id, ForeignKey("delivery.id"), index=True),
    Index("ix_owed_due", "delivery", "due"),
)


delivery = a_table(
    "delivery",
    Column("id", Id, primary_key=True),
    Column("message_id", sa.Text, nullable=False, unique=True),
    Column("address", sa.Text, ForeignKey("recipient.address"), nullable=False),
    Column("kind", sa.Text, nullable=False),  # now | digest | nothing | confirm | operator
    Column("subject", sa.Text, nullable=False),
    Column("content", sa.LargeBinary, nullable=False),  # rendered once: a retry sends the same bytes
    Column("state", sa.Text, nullable=False),  # queued | sent | retry | dead
    Column("attempts", sa.Integer, nullable=False, default=0),
    Column("next_attempt", Utc, nullable=False),
    Column("error", sa.Text),
    Column("created", Utc, nullable=False),
    Column("sent", Utc),
    Column("claimed_until", Utc),
    Column("claimed_by", sa.Text),  # host/pid: a claim of a process that died is free at once
    Index("ix_delivery_due", "state", "next_attempt"),
)


mark = a_table(
    "mark",  # right or wrong, said by a person: the regression test of a watch
    a_ref("watch>watch.id", primary_key=True),
    Column("url", sa.Text, primary_key=True),
    Column("right", sa.Boolean, nullable=False),
    Column("marked", Utc, nullable=False),
)
