"""What was found and is not in the store: links that ended under a name that may lose an article; their way back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crawler.article import Disposition
from crawler.errors import InvalidInput
from crawler.messages import in_both
from crawler.store.listing import ListPage, count_of, list_page
from crawler.store.schema import link

LOST = (
    Disposition.UNREAD,
    Disposition.UNREADABLE,
    Disposition.BOT_WALL,
    Disposition.HTTP_ERROR,
    Disposition.TOO_LARGE,
    Disposition.EMPTY_SHELL,
    Disposition.ERROR_PAGE,
    Disposition.WRONG_ARTICLE,
    Disposition.OFF_TOPIC,
)
"""Dispositions by which an article may be lost: those that say nothing of what it was about, and off topic, which is
the model's word alone. A person may want to look."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """One link that brought no article."""

    link: str
    """What the store knows it by: its canonical address."""
    source: str
    url: str
    title: str | None
    disposition: Disposition
    why: str | None
    settled: datetime | None

    @property
    def told(self) -> str | None:
        """Why, in both languages; of an article off topic the topic model says so itself."""
        ours = self.disposition is Disposition.OFF_TOPIC
        return self.why if ours or not self.why else in_both(self.why)

    def to_json(self) -> dict[str, str | None]:
        """For `dropped --json`."""
        return {
            "source": self.source, "url": self.url, "title": self.title, "reason": self.disposition.reason,
            "why": self.why, "settled": self.settled.isoformat() if self.settled else None,
        }  # fmt: skip


def given_up(
    engine: sa.Engine,
    *,
    source: str | None = None,
    names: Collection[Disposition] = LOST,
    limit: int,
    after: str | None = None,
) -> ListPage[GivenUp]:
    """At most `limit` links that ended under one of these names, behind the link `after`, the latest first.

    Raises InvalidInput where `after` is none of them.
    """
    columns = (
        link.c.url.label("link"), link.c.source, link.c.ask.label("url"), link.c.title, link.c.disposition,
        link.c.why, link.c.settled,
    )  # fmt: skip
    wanted: list[sa.ColumnElement[bool]] = [link.c.disposition.in_([name.value for name in names])]
    if source is not None:
        wanted.append(link.c.source == source)
    query = sa.select(*columns).where(*wanted)
    with engine.connect().execution_options(diemtin_read=True) as connection:
        behind = total = count_of(connection, query)
        if after is not None:
            query = query.where(_behind(connection, after))
            behind = count_of(connection, query)
        rows = connection.execute(query.order_by(link.c.settled.desc(), link.c.url).limit(limit)).all()
    found = [GivenUp(**{**row._mapping, "disposition": Disposition(row.disposition)}) for row in rows]
    return list_page(found, total=total, behind=behind, name=lambda one: one.link)


def given_up_by_reason(engine: sa.Engine, source: str) -> dict[Disposition, int]:
    """How many links of a source ended under each name that brings no article, the most frequent first."""
    query = (
        sa.select(link.c.disposition, sa.func.count().label("links"))
        .where(link.c.source == source, link.c.disposition.like("dropped:%"))
        .group_by(link.c.disposition)
    )
    with engine.connect().execution_options(diemtin_read=True) as connection:
        rows = connection.execute(query).all()
    return {
        Disposition(row.disposition): row.links
        for row in sorted(rows, key=lambda row: (-row.links, row.disposition))
    }


def _behind(connection: sa.Connection, after: str) -> sa.ColumnElement[bool]:
    settled = connection.scalar(sa.select(link.c.settled).where(link.c.url == after))
    if settled is None:
        raise InvalidInput(
            f"--after {after}: không có bài bị bỏ nào ở địa chỉ này / no dropped article has this address"
        )
    at_once = sa.and_(link.c.settled == settled, link.c.url > after)
    return sa.or_(link.c.settled < settled, at_once)


def take_back(engine: sa.Engine, addresses: Sequence[str]) -> list[str]:
    """Owe these links anew, and keep what they bring whatever the topic model says; those that are not known.

    An address may be the canonical one or the one that is asked for. All are taken back or, where one is unknown, none.
    """
    named = sa.or_(link.c.url.in_(addresses), link.c.ask.in_(addresses))
    dropped = sa.and_(named, link.c.disposition.like("dropped:%"))
    with engine.begin() as connection:
        found = connection.execute(sa.select(link.c.url, link.c.ask).where(dropped)).all()
        known = {address for row in found for address in (row.url, row.ask)}
        if unknown := [address for address in addresses if address not in known]:
            return unknown
        connection.execute(
            sa.update(link)
            .where(link.c.url.in_([row.url for row in found]))
            .values(disposition=None, settled=None, retry_at=None, attempts=0, walls=0, unread=0, kept=True)
        )
    return []
