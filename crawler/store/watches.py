"""Watches and their recipients: every query.

Functions take a connection inside the caller's transaction. A watch that is removed stays as a row, so that
its alerts and deliveries keep their meaning.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa

from crawler.errors import InvalidInput
from crawler.store.insert import insert_missing
from crawler.store.schema import alert, delivery, owed, recipient, watch, watch_recipient
from crawler.text import nfc
from crawler.watch.addresses import Destination, destination
from crawler.watch.cadence import Cadence, QuietHours, check_together, parse_cadence, parse_quiet

Scope = Literal["article", "story", "document", "meeting", "event"]
SCOPES: tuple[str, ...] = get_args(Scope)
LANGUAGES = ("vi", "en")
OPERATOR = "vận hành"
"""Name of the watch that tells the operator what happens to the box itself."""

ACTIVE = sa.and_(
    recipient.c.confirmed.is_not(None), recipient.c.suspended.is_(None), recipient.c.left.is_(None)
)
"""Recipients that are written to, as a condition for queries."""
_DEFAULT_NAMES = {"document": "văn kiện mới", "meeting": "cuộc họp mới", "event": "sự kiện vận hành"}


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address with what is known about its owner's wish."""

    address: str
    channel: str
    added: datetime
    confirmed: datetime | None
    """None: asked, not yet answered."""
    suspended: datetime | None
    """Set when the address refused a mail for good; a person must lift it."""
    reason: str | None
    left: datetime | None
    secret: str | None
    """Signs what a webhook gets."""

    @property
    def active(self) -> bool:
        """Whether anything is sent to it."""
        return self.confirmed is not None and self.suspended is None and self.left is None

    @property
    def state(self) -> Literal["active", "asked", "suspended", "left"]:
        """One word for lists."""
        if self.left is not None:
            return "left"
        if self.suspended is not None:
            return "suspended"
        return "active" if self.confirmed is not None else "asked"


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

    def to_json(self) -> dict[str, Any]:
        """For `watch list --json`."""
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
            "created": self.created.isoformat(),
            "to": [
                {"address": r.address, "channel": r.channel, "state": r.state}
                | ({"secret": r.secret} if r.secret else {})
                for r in self.recipients
            ],
        }


def active(conn: sa.Connection) -> tuple[Watch, ...]:
    """The watches in force, by id."""
    return _load(conn, watch.c.removed.is_(None))


def list_watches(conn: sa.Connection, *, removed: bool = False) -> tuple[Watch, ...]:
    """The watches by id; with `removed` also those that were taken away."""
    return _load(conn, sa.true() if removed else watch.c.removed.is_(None))


def find_watch(conn: sa.Connection, name_or_id: str | int) -> Watch:
    """The active watch of that name or number; InvalidInput where there is none."""
    condition = watch.c.name == nfc(str(name_or_id)).strip()
    if str(name_or_id).isascii() and str(name_or_id).isdigit():
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
    scope: str = "story",
    cadence: str = "now",
    quiet: str | None = None,
    proof_of_life: bool = False,
    language: str = "vi",
    feed: bool = False,
    ask: bool = False,
    now: datetime,
) -> Watch:
    """Save a watch and its recipients; nothing that is already stored is alerted.

    With `ask` a new address is owed nothing until its owner confirms (`crawler.watch.people.ask` sends the
    question). Raises InvalidInput (InvalidQuery for the query) saying what is wrong.
    """
    _check(query, addresses, scope, language, proof_of_life, feed, cadence)
    rhythm, hours = parse_cadence(cadence), parse_quiet(quiet) if quiet else None
    check_together(rhythm, hours)
    name = _name_for(conn, name, query, scope)
    row = sa.insert(watch).values(
        name=name,
        query=nfc(query).strip(),
        scope=scope,
        cadence=str(rhythm),
        quiet=str(hours) if hours else None,
        proof_of_life=proof_of_life,
        language=language,
        created=now,
        feed=feed,
        next_digest=rhythm.next_after(now) if rhythm.is_digest else None,
    )
    watch_id = int(conn.execute(row.returning(watch.c.id)).scalar_one())
    for address in dict.fromkeys(addresses):
        goes_to = destination(address)
        add_recipient(conn, goes_to, confirmed=not ask, now=now)
        insert_missing(conn, watch_recipient, {"watch": watch_id, "address": goes_to.address})
    return find_watch(conn, watch_id)


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
        },
    )
    mine = conn.execute(sa.select(watch.c.id).where(watch.c.name == OPERATOR)).scalar_one()
    others = sa.and_(watch_recipient.c.watch == mine, watch_recipient.c.address != goes_to.address)
    conn.execute(sa.delete(watch_recipient).where(others))
    insert_missing(conn, watch_recipient, {"watch": mine, "address": goes_to.address})


# ---- recipients --------------------------------------------------------------------------------------------


def find_recipient(conn: sa.Connection, address: str) -> Recipient | None:
    """What is known of an address."""
    row = conn.execute(sa.select(recipient).where(recipient.c.address == address)).one_or_none()
    return None if row is None else _recipient(row)


def list_recipients(conn: sa.Connection) -> tuple[Recipient, ...]:
    """Every address ever given, sorted."""
    rows = conn.execute(sa.select(recipient).order_by(recipient.c.address))
    return tuple(_recipient(row) for row in rows)


def add_recipient(conn: sa.Connection, goes_to: Destination, *, confirmed: bool, now: datetime) -> Recipient:
    """The recipient of an address, new or known.

    The operator's word (`confirmed`) answers an open question. It does not bring back an address whose owner
    has left: that takes a confirmation by the owner.
    """
    _remember(conn, goes_to, confirmed=confirmed, now=now)
    found = find_recipient(conn, goes_to.address)
    assert found is not None
    if found.left is not None and confirmed:
        raise InvalidInput(
            f"{found.address} đã rời danh sách ngày {found.left:%d/%m/%Y}: dùng --ask để hỏi lại / "
            f"{found.address} has left: only its owner can bring it back, use --ask"
        )
    if confirmed and found.confirmed is None:
        set_recipient(conn, found.address, confirmed=now)
    return found


def set_recipient(conn: sa.Connection, address: str, **values: Any) -> None:
    """Write columns of one recipient."""
    conn.execute(sa.update(recipient).where(recipient.c.address == address).values(**values))


def suspend(conn: sa.Connection, address: str, *, reason: str, now: datetime) -> bool:
    """Stop writing to an address that refused for good; True the first time."""
    done = conn.execute(
        sa.update(recipient)
        .where(recipient.c.address == address, recipient.c.suspended.is_(None))
        .values(suspended=now, reason=reason)
    )
    return bool(done.rowcount)


def drop_owed(conn: sa.Connection, address: str) -> None:
    """Forget what an address that left was still to get."""
    conn.execute(sa.delete(owed).where(owed.c.address == address, owed.c.delivery.is_(None)))
    conn.execute(
        sa.update(delivery)
        .where(delivery.c.address == address, delivery.c.state.in_(("queued", "retry")))
        .values(state="dead", error="the reader left", claimed_until=None, claimed_by=None)
    )


def _remember(conn: sa.Connection, goes_to: Destination, *, confirmed: bool, now: datetime) -> None:
    secret = base64.b64encode(secrets.token_bytes(32)).decode()
    insert_missing(
        conn,
        recipient,
        {
            "address": goes_to.address,
            "channel": goes_to.channel,
            "added": now,
            "confirmed": now if confirmed else None,
            "secret": f"whsec_{secret}" if goes_to.channel == "webhook" else None,
        },
    )


# ---- inside ------------------------------------------------------------------------------------------------


def _check(
    query: str,
    addresses: Sequence[str],
    scope: str,
    language: str,
    proof_of_life: bool,
    feed: bool,
    cadence: str,
) -> None:
    if scope not in SCOPES:
        raise InvalidInput(f"phạm vi {scope!r} không có / scope: one of {', '.join(SCOPES)}")
    if language not in LANGUAGES:
        raise InvalidInput(f"ngôn ngữ {language!r} không có / language: one of {', '.join(LANGUAGES)}")
    if not addresses and not feed:
        raise InvalidInput("thiếu người nhận: --to ĐỊA-CHỈ / no recipient: give --to ADDRESS, or --feed")
    if proof_of_life and not parse_cadence(cadence).is_digest:
        raise InvalidInput(
            "thư “không có gì mới” cần nhịp daily@ hoặc weekly@ / "
            "a mail for nothing found needs a daily or weekly cadence"
        )
    if query.strip():
        from crawler.watch.query import parse

        parse(query)
    elif scope in ("article", "story"):
        raise InvalidInput(
            f"phạm vi {scope} cần một truy vấn / "
            f"scope {scope} needs a query; it may be empty with document and meeting"
        )


def _name_for(conn: sa.Connection, name: str | None, query: str, scope: str) -> str:
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
    )


def _recipient(row: Any) -> Recipient:
    return Recipient(
        address=row.address,
        channel=row.channel,
        added=row.added,
        confirmed=row.confirmed,
        suspended=row.suspended,
        reason=row.reason,
        left=row.left,
        secret=row.secret,
    )
