"""Which process may ask a host (politeness across processes)."""

from __future__ import annotations

import os
import socket
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crawler.store.insert import insert_missing
from crawler.store.schema import host as table

WANTED_FOR = timedelta(seconds=2)
"""A process that waits for a host says so again at every try; after this long it has gone."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds a host and when it may be asked again."""

    holder: str | None
    next_request: datetime | None
    closed_until: datetime | None
    failures: int
    """Refusals and time-outs in a row, over all processes."""
    reason: str | None


def take(
    engine: sa.Engine,
    name: str,
    *,
    holder: str,
    until: datetime,
    now: datetime,
    next_request: datetime | None = None,
) -> Lease:
    """Take or renew a host; the answer names the holder, which is not the caller where it has to wait.

    A caller that waits is noted, and a holder that renews gives way to it, leaving `next_request` as the
    earliest time of the next request. A holder on this machine whose process has died holds nothing.
    """
    with engine.begin() as connection:
        insert_missing(connection, table, {"name": name, "failures": 0.0})
        row = connection.execute(sa.select(table).where(table.c.name == name).with_for_update()).one()
        waiting = row.wanted_by if row.wanted_until and row.wanted_until > now else None
        held = (
            row.holder not in (None, holder)
            and row.held_until is not None
            and row.held_until >= now
            and not _dead(row.holder)
        )
        values: dict[str, Any]
        if held or waiting not in (None, holder):
            values = {}
            if waiting in (None, holder):
                values = {"wanted_by": holder, "wanted_until": now + WANTED_FOR}
            if row.holder == holder:
                values |= {"holder": None, "held_until": None, "next_request": next_request or now}
            owner = row.holder if held else waiting
        else:
            values = {"holder": holder, "held_until": until, "wanted_by": None, "wanted_until": None}
            owner = holder
        if values:
            connection.execute(sa.update(table).where(table.c.name == name).values(values))
        return Lease(owner, row.next_request, row.closed_until, int(row.failures), row.reason)


def release(engine: sa.Engine, name: str, *, holder: str, next_request: datetime) -> None:
    """Give a host back."""
    with engine.begin() as connection:
        connection.execute(
            sa.update(table)
            .where(table.c.name == name, table.c.holder == holder)
            .values(holder=None, held_until=None, next_request=next_request)
        )


def note(
    engine: sa.Engine, name: str, *, failures: int, closed_until: datetime | None, reason: str | None
) -> None:
    """Remember how a host answers, for every process: failures in a row, and until when it is left alone."""
    with engine.begin() as connection:
        connection.execute(
            sa.update(table)
            .where(table.c.name == name)
            .values(failures=failures, closed_until=closed_until, reason=reason)
        )


CLOSED = timedelta(minutes=2)
"""A next request further away than this is a pause that the host asked for, not its ordinary pace."""


def closed(engine: sa.Engine, *, now: datetime) -> dict[str, tuple[datetime, str | None]]:
    """The hosts that are left alone: until when, and why."""
    columns = (table.c.name, table.c.closed_until, table.c.next_request, table.c.reason)
    with engine.connect().execution_options(diemtin_read=True) as connection:
        rows = connection.execute(sa.select(*columns).order_by(table.c.name)).all()
    found = {}
    for row in rows:
        until = [row.closed_until] if row.closed_until and row.closed_until > now else []
        if row.next_request and row.next_request > now + CLOSED:
            until.append(row.next_request)
        if until:
            found[row.name] = (max(until), row.reason)
    return found


def reopen(engine: sa.Engine, names: Collection[str]) -> None:
    """Forget the failures of these hosts and what they asked for: they may be asked at once."""
    with engine.begin() as connection:
        connection.execute(
            sa.update(table)
            .where(table.c.name.in_(names))
            .values(failures=0.0, closed_until=None, next_request=None, reason=None)
        )


def _dead(holder: str) -> bool:
    machine, _, pid = holder.rpartition(":")
    if machine != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
