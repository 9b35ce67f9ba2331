"""Which process may ask a host (politeness across processes)."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crawler.store.insert import insert_missing
from crawler.store.schema import host as table


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds a host and when it may be asked again."""

    holder: str | None
    next_request: datetime | None
    closed_until: datetime | None


def take(engine: sa.Engine, name: str, *, holder: str, until: datetime, now: datetime) -> Lease:
    """Take or renew a host; the answer names the holder, which is another one when it is taken.

    A holder on this machine whose process has died holds nothing.
    """
    with engine.begin() as connection:
        insert_missing(connection, table, {"name": name, "failures": 0.0})
        row = connection.execute(sa.select(table).where(table.c.name == name).with_for_update()).one()
        free = (
            row.holder in (None, holder)
            or row.held_until is None
            or row.held_until < now
            or _dead(row.holder)
        )
        if free:
            connection.execute(
                sa.update(table).where(table.c.name == name).values(holder=holder, held_until=until)
            )
        return Lease(holder if free else row.holder, row.next_request, row.closed_until)


def release(engine: sa.Engine, name: str, *, holder: str, next_request: datetime) -> None:
    """Give a host back."""
    with engine.begin() as connection:
        connection.execute(
            sa.update(table)
            .where(table.c.name == name, table.c.holder == holder)
            .values(holder=None, held_until=None, next_request=next_request)
        )


def close(engine: sa.Engine, name: str, *, until: datetime, reason: str) -> None:
    """Leave a host alone until then, in every process."""
    with engine.begin() as connection:
        connection.execute(
            sa.update(table).where(table.c.name == name).values(closed_until=until, reason=reason)
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
