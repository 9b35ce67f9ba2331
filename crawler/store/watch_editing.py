"""Watches changed after they were made: edited, paused, resumed. What is owed keeps step, and nothing is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crawler.errors import InvalidInput
from crawler.query.addresses import destination, shown
from crawler.query.cadence import due
from crawler.store.insert import insert_missing
from crawler.store.recipients import add_recipient
from crawler.store.schema_delivery import alert, owed, watch, watch_recipient
from crawler.store.watches import Watch, find_watch, name_for, refuse_twice


def edit_watch(
    conn: sa.Connection,
    name_or_id: str | int,
    changes: Mapping[str, Any],
    *,
    name: str | None = None,
    add: Sequence[str] = (),
    drop: Sequence[str] = (),
    ask: bool = False,
    twice: bool = False,
    now: datetime,
) -> Watch:
    """Change fields of `crawler.query.wish.Wish`, the name, the people; what it owes goes out by its new rhythm.

    People who are added are owed what is found from then on; people who are dropped are owed nothing more.
    Raises InvalidInput as `add_watch` does, and changes nothing then.
    """
    before = find_watch(conn, name_or_id)
    wanted = replace(before.wish, **changes)
    values = wanted.columns()
    added, dropped = _people(before, add, drop)
    left = [r.address for r in before.recipients if r.address not in dropped]
    if not (left or added or wanted.feed):
        raise InvalidInput(
            f"“{before.name}”: không còn ai nhận; bỏ hẳn thì dùng: diemtin watch remove {before.id} / "
            "nobody would be left to write to: use diemtin watch remove"
        )
    asks_otherwise = (wanted.query, wanted.scope) != (before.query, before.scope)
    if not twice:  # what was allowed before stays allowed
        refuse_twice(conn, wanted, [*left, *added] if asks_otherwise else added, but=before.id)
    if name is not None and name != before.name:
        values["name"] = name_for(conn, name, wanted.query, wanted.scope)
    rhythm = wanted.rhythm
    values["next_digest"] = rhythm.next_after(now) if rhythm.is_digest else None
    conn.execute(sa.update(watch).where(watch.c.id == before.id).values(values))
    for goes_to in (destination(address) for address in added):
        add_recipient(conn, goes_to, confirmed=not ask, now=now)
        insert_missing(conn, watch_recipient, {"watch": before.id, "address": goes_to.address})
    for address in dropped:
        _drop(conn, before.id, address)
    after = find_watch(conn, before.id)
    if (before.cadence, before.quiet) != (after.cadence, after.quiet):
        reschedule(conn, after, now=now)
    return after


def pause_watch(
    conn: sa.Connection, name_or_id: str | int, *, until: datetime | None, now: datetime
) -> Watch:
    """Send nothing until then, or until it is resumed; what is found meanwhile waits and comes afterwards."""
    found = find_watch(conn, name_or_id)
    if until is not None and until <= now:
        raise InvalidInput(
            f"--until {until:%d/%m/%Y}: ngày đã qua, cần một ngày sau hôm nay / a day that has passed"
        )
    conn.execute(
        sa.update(watch).where(watch.c.id == found.id).values(paused=found.paused or now, paused_until=until)
    )
    after = find_watch(conn, found.id)
    reschedule(conn, after, now=now)
    return after


def resume_watch(conn: sa.Connection, name_or_id: str | int, *, forget: bool = False, now: datetime) -> Watch:
    """Send again: what waited comes with the next mail, or with `forget` is dropped."""
    found = find_watch(conn, name_or_id)
    if found.paused is None:
        raise InvalidInput(f"“{found.name}” không tạm dừng / is not paused")
    conn.execute(sa.update(watch).where(watch.c.id == found.id).values(paused=None, paused_until=None))
    if forget:
        conn.execute(sa.delete(owed).where(*_waiting(found.id)))
    after = find_watch(conn, found.id)
    reschedule(conn, after, now=now)
    return after


def reschedule(conn: sa.Connection, one: Watch, *, now: datetime) -> None:
    """What a watch owes and has not sent becomes due by its rhythm as it is now, after its pause."""
    start = one.paused_until if one.is_paused(now) and one.paused_until else now
    when = due(one.cadence, one.quiet, start)
    conn.execute(sa.update(owed).where(*_waiting(one.id)).values(due=when))


def _waiting(watch_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    mine = sa.select(alert.c.id).where(alert.c.watch == watch_id)
    return owed.c.delivery.is_(None), owed.c.alert.in_(mine)


def _people(before: Watch, add: Sequence[str], drop: Sequence[str]) -> tuple[list[str], list[str]]:
    """(addresses to add, addresses to drop) in their stored spelling."""
    known = {name.casefold(): r.address for r in before.recipients for name in (r.address, shown(r.address))}
    added = dict.fromkeys(destination(typed).address for typed in add)
    dropped = []
    for typed in drop:
        address = known.get(typed.strip().casefold()) or known.get(destination(typed).address.casefold())
        if address is None:
            now_told = ", ".join(shown(r.address) for r in before.recipients)
            raise InvalidInput(
                f"--drop {typed}: không nhận mục “{before.name}”; đang nhận: {now_told} / "
                "is not among its recipients"
            )
        dropped.append(address)
    return [address for address in added if address.casefold() not in known], dropped


def _drop(conn: sa.Connection, watch_id: int, address: str) -> None:
    conn.execute(
        sa.delete(watch_recipient).where(
            watch_recipient.c.watch == watch_id, watch_recipient.c.address == address
        )
    )
    conn.execute(sa.delete(owed).where(*_waiting(watch_id), owed.c.address == address))
