"""Watches and their recipients: every query.

Functions take a connection inside the caller's transaction. A watch that is removed stays as a row, so that
its alerts and deliveries keep their meaning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crawler.errors import InvalidInput
from crawler.query.addresses import destination, shown
from crawler.query.cadence import Cadence, QuietHours, parse_cadence, parse_quiet
from crawler.query.parser import same_question
from crawler.query.wish import Group, Salience, Scope, Wish
from crawler.store.insert import insert_missing
from crawler.store.listing import ListPage, count_of, list_page, number_after
from crawler.store.recipients import Recipient, _recipient, _remember, add_recipient
from crawler.store.schema_delivery import alert, owed, recipient, watch, watch_recipient
from crawler.text.normal import nfc

OPERATOR = "vận hành"
"""Name of the watch that tells the operator what happens to the box itself."""

ACTIVE = sa.and_(
    recipient.c.confirmed.is_not(None), recipient.c.suspended.is_(None), recipient.c.left.is_(None)
)
"""Recipients that are written to, as a condition for queries."""
_DEFAULT_NAMES = {
    "document": "văn kiện mới",
    "meeting": "cuộc họp mới",
    "change": "bài sửa, bài gỡ",
    "event": "sự kiện vận hành",
}


@dataclass(frozen=True, slots=True)
class Watch:
    """What a reader asked for."""

    id: int
    name: str
    query: str
    scope: Scope
    cadence: Cadence
    quiet: QuietHours | None
    proof_of_life: bool
    """A mail also when nothing was found (digests only)."""
    language: str
    feed: bool
    """Also an Atom file in the data folder."""
    created: datetime
    removed: datetime | None
    recipients: tuple[Recipient, ...]
    paused: datetime | None = None
    """Since when nothing is sent; what is found meanwhile waits."""
    paused_until: datetime | None = None
    """None: until a person resumes it."""
    province: str | None = None
    """The reader's own: told first."""
    group: Group | None = None
    """Headings among the stories."""
    salience: Salience = "all"
    """`main`: no passing mentions."""
    follow_up: bool = False
    """Edits and take-downs of what was mailed are told once."""
    held: bool = False
    """Meetings that are over are told too."""

    def is_paused(self, now: datetime) -> bool:
        """Whether it is silent now."""
        return self.paused is not None and (self.paused_until is None or now < self.paused_until)

    @property
    def wish(self) -> Wish:
        """What it was asked to be."""
        same = {
            name: getattr(self, name)
            for name in Wish.__dataclass_fields__
            if name not in ("cadence", "quiet")
        }
        return Wish(cadence=str(self.cadence), quiet=str(self.quiet) if self.quiet else None, **same)

    def to_json(self, *, secrets: bool = False) -> dict[str, Any]:
        """For `watch list --json`; the secrets of webhooks and services only where they are asked for."""
        return {
            "id": self.id,
            "name": self.name,
            "query": self.query,
            "scope": self.scope,
            "every": str(self.cadence),
            "quiet": str(self.quiet) if self.quiet else None,
            "nothing_found": self.proof_of_life,
            "language": self.language,
            "feed": self.feed,
            "province": self.province,
            "group": self.group,
            "salience": self.salience,
            "follow_up": self.follow_up,
            "held": self.held,
            "created": self.created.isoformat(),
            "paused": self.paused.isoformat() if self.paused else None,
            "paused_until": self.paused_until.isoformat() if self.paused_until else None,
            "to": [
                {
                    "address": r.address if secrets else shown(r.address),
                    "channel": r.channel,
                    "state": r.state,
                }
                | ({"secret": r.secret} if r.secret and secrets else {})
                for r in self.recipients
            ],
        }


def active(conn: sa.Connection) -> tuple[Watch, ...]:
    """The watches in force, by id."""
    return _load(conn, watch.c.removed.is_(None))


def following(conn: sa.Connection) -> tuple[Watch, ...]:
    """The watches in force that want to hear of edits: of all, or of what they were told."""
    wants = sa.or_(watch.c.scope == "change", watch.c.follow_up)
    return _load(conn, sa.and_(watch.c.removed.is_(None), wants))


def list_watches(conn: sa.Connection, *, removed: bool = False) -> tuple[Watch, ...]:
    """The watches by id; with `removed` also those that were taken away."""
    return _load(conn, sa.true() if removed else watch.c.removed.is_(None))


def page_of_watches(
    conn: sa.Connection, *, limit: int | None = None, after: str | None = None
) -> ListPage[Watch]:
    """At most `limit` watches behind the one with the number `after`, the newest first.

    Raises InvalidInput where `after` is no number.
    """
    there = sa.select(watch.c.id).where(watch.c.removed.is_(None))
    behind = total = count_of(conn, there)
    if after is not None:
        there = there.where(watch.c.id < number_after(after))
        behind = count_of(conn, there)
    found = _load(conn, watch.c.id.in_(there.order_by(watch.c.id.desc()).limit(limit)))
    return list_page(found[::-1], total=total, behind=behind, name=lambda one: str(one.id))


def find_watch(conn: sa.Connection, name_or_id: str | int) -> Watch:
    """The active watch of that name or number; InvalidInput where there is none. An int is a number and no name."""
    if isinstance(name_or_id, int):
        condition = watch.c.id == name_or_id
    else:
        condition = watch.c.name == nfc(name_or_id).strip()
        if name_or_id.isascii() and name_or_id.isdigit():
            condition = sa.or_(condition, watch.c.id == int(name_or_id))
    found = _load(conn, sa.and_(watch.c.removed.is_(None), condition))
    if not found:
        raise InvalidInput(f"không có mục theo dõi {name_or_id!r} / there is no watch {name_or_id!r}")
    return found[0]


def add_watch(
    conn: sa.Connection,
    *,
    query: str,
    addresses: Sequence[str],
    name: str | None = None,
    ask: bool = False,
    twice: bool = False,
    now: datetime,
    **wish: Any,
) -> Watch:
    """Save a watch and its recipients; nothing that is already stored is alerted.

    `wish` are the fields of `crawler.query.wish.Wish`. With `ask` a new address is owed nothing until its owner
    confirms (`crawler.delivery.subscriptions.ask` sends the question). Raises InvalidInput (InvalidQuery for the query)
    saying what is wrong; also where one of the people has this very watch already, unless `twice`.
    """
    wanted = Wish(query=query, **wish)
    values = wanted.columns()
    if not addresses and not wanted.feed:
        raise InvalidInput("thiếu người nhận: --to ĐỊA-CHỈ / no recipient: give --to ADDRESS, or --feed")
    people = {goes_to.address: goes_to for goes_to in map(destination, addresses)}
    if not twice:
        refuse_twice(conn, wanted, list(people))
    row = sa.insert(watch).values(
        name=name_for(conn, name, query, wanted.scope),
        created=now,
        next_digest=wanted.rhythm.next_after(now) if wanted.rhythm.is_digest else None,
        **values,
    )
    watch_id = int(conn.execute(row.returning(watch.c.id)).scalar_one())
    for goes_to in people.values():
        add_recipient(conn, goes_to, confirmed=not ask, now=now)
        insert_missing(conn, watch_recipient, {"watch": watch_id, "address": goes_to.address})
    return find_watch(conn, watch_id)


def refuse_twice(
    conn: sa.Connection, wanted: Wish, addresses: Sequence[str], *, but: int | None = None
) -> None:
    """InvalidInput where one of the people has a watch that asks the same; `but` is the one being edited."""
    wanted_by = {address.casefold() for address in addresses}
    for one in active(conn):
        both = sorted(
            r.address for r in one.recipients if r.left is None and r.address.casefold() in wanted_by
        )
        if both and one.id != but and one.scope == wanted.scope and same_question(one.query, wanted.query):
            who = shown(both[0])
            raise InvalidInput(
                f"{who} đã có mục theo dõi này: “{one.name}” (số {one.id}); muốn đổi thì dùng: "
                f"diemtin watch edit {one.id} … / "
                f"{who} has this watch already, number {one.id}: change it with diemtin watch edit"
            )


def remove_watch(conn: sa.Connection, name_or_id: str | int, *, now: datetime) -> Watch:
    """Take a watch away: what it still owed is dropped, its name is free again, its history stays."""
    found = find_watch(conn, name_or_id)
    conn.execute(
        sa.update(watch)
        .where(watch.c.id == found.id)
        .values(removed=now, next_digest=None, name=f"{found.name} (đã bỏ, {found.id})")
    )
    conn.execute(
        sa.delete(owed).where(
            owed.c.delivery.is_(None),
            owed.c.alert.in_(sa.select(alert.c.id).where(alert.c.watch == found.id)),
        )
    )
    return found


def ensure_operator(conn: sa.Connection, address: str, *, now: datetime) -> None:
    """The operator is a watch too: make sure it exists and writes to `address` and nobody else."""
    goes_to = destination(address)
    _remember(conn, goes_to, confirmed=True, now=now)
    insert_missing(
        conn,
        watch,
        {
            "name": OPERATOR,
            "query": "",
            "scope": "event",
            "cadence": "now",
            "proof_of_life": False,
            "language": "vi",
            "created": now,
            "feed": False,
            "held": False,
        },
    )
    mine = conn.execute(sa.select(watch.c.id).where(watch.c.name == OPERATOR)).scalar_one()
    others = sa.and_(watch_recipient.c.watch == mine, watch_recipient.c.address != goes_to.address)
    conn.execute(sa.delete(watch_recipient).where(others))
    insert_missing(conn, watch_recipient, {"watch": mine, "address": goes_to.address})


# ---- recipients --------------------------------------------------------------------------------------------


# ---- inside ------------------------------------------------------------------------------------------------


def name_for(conn: sa.Connection, name: str | None, query: str, scope: str) -> str:
    """The name as given, refused when taken; else one made from the query, numbered when taken."""
    wanted = " ".join(nfc(name or "").split())
    taken = {OPERATOR, *conn.execute(sa.select(watch.c.name)).scalars()}
    if wanted:
        if wanted in taken:
            raise InvalidInput(
                f"đã có mục theo dõi tên {wanted!r} / there is already a watch named {wanted!r}"
            )
        return wanted
    base = " ".join(nfc(query).split()) or _DEFAULT_NAMES.get(scope, scope)
    made, n = base, 1
    while made in taken:
        n += 1
        made = f"{base} ({n})"
    return made


def _load(conn: sa.Connection, condition: sa.ColumnElement[bool]) -> tuple[Watch, ...]:
    people: dict[int, list[Recipient]] = {}
    for row in conn.execute(
        sa.select(watch_recipient.c.watch, recipient)
        .join(recipient, recipient.c.address == watch_recipient.c.address)
        .join(watch, watch.c.id == watch_recipient.c.watch)
        .where(condition)
        .order_by(watch_recipient.c.watch, recipient.c.address)
    ):
        people.setdefault(row.watch, []).append(_recipient(row))
    rows = conn.execute(sa.select(watch).where(condition).order_by(watch.c.id))
    return tuple(_watch(row, tuple(people.get(row.id, ()))) for row in rows)


def _watch(row: Any, recipients: tuple[Recipient, ...]) -> Watch:
    return Watch(
        id=row.id,
        name=row.name,
        query=row.query,
        scope=row.scope,
        cadence=parse_cadence(row.cadence),
        quiet=parse_quiet(row.quiet) if row.quiet else None,
        proof_of_life=row.proof_of_life,
        language=row.language,
        feed=row.feed,
        created=row.created,
        removed=row.removed,
        recipients=recipients,
        paused=row.paused,
        paused_until=row.paused_until,
        province=row.province,
        group=row.grouped,
        salience=row.salience,
        follow_up=row.follow_up,
        held=row.held,
    )
