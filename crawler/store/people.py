"""Who may see the pages: people with a role, the links they enter by, the browsers they entered with: every query.

A person enters by a link mailed to the own address: random, kept as a hash, good for a quarter of an hour and once.
A browser that entered has a session of its own, kept as a hash too. Whoever reads the store can enter with neither.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

import sqlalchemy as sa

from crawler.errors import InvalidInput
from crawler.query.addresses import mail_address
from crawler.store.audit import audit
from crawler.store.database import Connection
from crawler.store.insert import upsert
from crawler.store.schema_people import api_token, person, sign_in_link, web_session
from crawler.store.tokens import TOKEN_BYTES, hash_of

PersonRole = Literal["reader", "editor", "operator"]
ROLES: tuple[PersonRole, ...] = get_args(PersonRole)
LINK_LIFETIME = timedelta(minutes=15)
MOST_LINKS = 3
"""Open links of one person: nobody's mailbox is filled by somebody who knows the address."""
SESSION_LIFETIME = timedelta(days=30)
TOUCH = timedelta(hours=1)
"""How exactly the last use of a session or token is kept: a page that is read writes nothing but this."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may enter from elsewhere."""

    address: str
    role: PersonRole
    created: datetime


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """A person as a list shows one."""

    person: Person
    sessions: int
    """Browsers that are signed in."""
    tokens: int
    """API tokens in force."""
    seen: datetime | None
    """The last use of any of them that is still there, to the hour."""

    def to_json(self) -> dict[str, Any]:
        """For `user list --json`."""
        return {
            "address": self.person.address,
            "role": self.person.role,
            "created": self.person.created.isoformat(),
            "sessions": self.sessions,
            "tokens": self.tokens,
            "seen": self.seen.isoformat() if self.seen else None,
        }


@dataclass(frozen=True, slots=True)
class SignInLink:
    """An open way in."""

    address: str
    back: str
    """The page that was asked for: a path of ours."""


@dataclass(frozen=True, slots=True)
class WebSession:
    """A browser that a person entered with."""

    person: Person
    created: datetime
    used: datetime
    expires: datetime
    hash: str
    """What is kept of its cookie."""


# ---- people ------------------------------------------------------------------------------------------------


def person_address(typed: str) -> str:
    """The address of a person as it is stored: in lower case, for a telephone begins it with a capital.

    Raises InvalidInput for what is no address.

    >>> person_address(" Van.Phong@Tinh.Example ")
    'van.phong@tinh.example'
    """
    try:
        return mail_address(typed).lower()
    except ValueError as error:
        raise InvalidInput(str(error)) from error


def role_named(typed: str) -> PersonRole:
    """A role by its name. Raises InvalidInput with those that there are."""
    if typed not in ROLES:
        raise InvalidInput(
            f"--role {typed}: không có quyền này; hãy dùng {', '.join(ROLES)} / no such role; use one of these"
        )
    return typed


def add_person(conn: Connection, typed: str, role: PersonRole, *, who: str, now: datetime) -> Person:
    """Enter a person, or bring back one who was removed. Raises InvalidInput for one who is there."""
    address = person_address(typed)
    if find_person(conn, address) is not None:
        raise InvalidInput(
            f"{address}: đã có; đổi quyền: diemtin user role {address} {role} / "
            f"is there already; for another role: diemtin user role {address} {role}"
        )
    upsert(conn, person, {"address": address, "role": role, "created": now, "removed": None})
    audit(conn, who, "user.add", address, after={"role": role}, now=now)
    return Person(address, role, now)


def set_role(conn: Connection, typed: str, role: PersonRole, *, who: str, now: datetime) -> Person:
    """Give a person another role, in force with the next page. Raises InvalidInput where there is no such person."""
    found = person_named(conn, typed)
    conn.execute(sa.update(person).where(person.c.address == found.address).values(role=role))
    audit(conn, who, "user.role", found.address, before={"role": found.role}, after={"role": role}, now=now)
    return Person(found.address, role, found.created)


def remove_person(conn: Connection, typed: str, *, who: str, now: datetime) -> Person:
    """Take a person off: links, sessions and tokens end with it. Raises InvalidInput where there is no such person."""
    found = person_named(conn, typed)
    conn.execute(sa.update(person).where(person.c.address == found.address).values(removed=now))
    for table in (sign_in_link, web_session):
        conn.execute(sa.delete(table).where(table.c.address == found.address))
    in_force = sa.and_(api_token.c.address == found.address, api_token.c.revoked.is_(None))
    conn.execute(sa.update(api_token).where(in_force).values(revoked=now))
    audit(conn, who, "user.remove", found.address, before={"role": found.role}, now=now)
    return found


def find_person(conn: Connection, address: str) -> Person | None:
    """The person of an address as `person_address` gives it; None for one who is unknown or was removed."""
    asked = sa.select(*OF_PERSON).where(person.c.address == address, person.c.removed.is_(None))
    row = conn.execute(asked).one_or_none()
    return None if row is None else person_of(row)


def person_named(conn: Connection, typed: str) -> Person:
    """The person of an address as typed. Raises InvalidInput where there is none."""
    address = person_address(typed)
    if (found := find_person(conn, address)) is None:
        raise InvalidInput(
            f"{address}: không có người này, xem diemtin user list / nobody has this address, see diemtin user list"
        )
    return found


def has_people(conn: Connection) -> bool:
    """Whether anybody may enter from elsewhere."""
    return (
        conn.execute(sa.select(person.c.address).where(person.c.removed.is_(None)).limit(1)).first()
        is not None
    )


def list_people(conn: Connection, *, now: datetime) -> list[ListedPerson]:
    """Everybody who may enter, sorted by address."""
    sessions = _counted(conn, web_session, web_session.c.expires > now)
    tokens = _counted(conn, api_token, api_token.c.revoked.is_(None))
    rows = conn.execute(sa.select(*OF_PERSON).where(person.c.removed.is_(None)).order_by(person.c.address))
    return [
        ListedPerson(
            person_of(row),
            sessions.get(row.address, (0, None))[0],
            tokens.get(row.address, (0, None))[0],
            max(filter(None, (d.get(row.address, (0, None))[1] for d in (sessions, tokens))), default=None),
        )
        for row in rows
    ]


def _counted(
    conn: Connection, table: sa.Table, which: sa.ColumnElement[bool]
) -> dict[str, tuple[int, datetime | None]]:
    """By address how many rows there are, and when one was last used."""
    asked = sa.select(table.c.address, sa.func.count(), sa.func.max(table.c.used, type_=table.c.used.type))
    return {row[0]: (row[1], row[2]) for row in conn.execute(asked.where(which).group_by(table.c.address))}


OF_PERSON: tuple[sa.ColumnElement[Any], ...] = (
    person.c.address,
    person.c.role,
    person.c.created.label("person_created"),
)
"""The columns that `person_of` reads."""


def person_of(row: Any) -> Person:
    """A person of a row with the columns `OF_PERSON`."""
    return Person(row.address, row.role, row.person_created)


# ---- the way in --------------------------------------------------------------------------------------------


def issue_link(conn: Connection, address: str, *, back: str, now: datetime) -> str | None:
    """A token for the link of a mail; None for an unknown person, and where `MOST_LINKS` are open.

    Only its hash is kept, so this is the one time it can be read. What has expired is forgotten here.
    """
    conn.execute(sa.delete(sign_in_link).where(sign_in_link.c.expires <= now))
    conn.execute(sa.delete(web_session).where(web_session.c.expires <= now))
    if find_person(conn, address) is None:
        return None
    is_open = sa.and_(sign_in_link.c.address == address, sign_in_link.c.used.is_(None))
    if len(conn.execute(sa.select(sign_in_link.c.hash).where(is_open)).all()) >= MOST_LINKS:
        return None
    made = secrets.token_hex(TOKEN_BYTES)
    row = {"hash": hash_of(made), "address": address, "back": back, "created": now}
    conn.execute(sa.insert(sign_in_link).values(row | {"expires": now + LINK_LIFETIME}))
    return made


def open_link(conn: Connection, given: str, *, now: datetime) -> SignInLink | None:
    """What a link leads to; None for an unknown, used or expired one. Nothing is written."""
    asked = sa.select(sign_in_link.c.address, sign_in_link.c.back).where(_is_open(given, now))
    row = conn.execute(asked).one_or_none()
    return None if row is None else SignInLink(row.address, row.back)


def sign_in(conn: Connection, given: str, *, now: datetime) -> tuple[str, SignInLink] | None:
    """Use a link up: the token of a new session, and the link; None for an unknown, used or expired one."""
    used = sa.update(sign_in_link).where(_is_open(given, now)).values(used=now)
    row = conn.execute(used.returning(sign_in_link.c.address, sign_in_link.c.back)).one_or_none()
    if row is None:
        return None
    made = secrets.token_urlsafe(32)
    session = {"hash": hash_of(made), "address": row.address, "created": now, "used": now}
    conn.execute(sa.insert(web_session).values(session | {"expires": now + SESSION_LIFETIME}))
    audit(conn, row.address, "session.start", row.address, now=now)
    return made, SignInLink(row.address, row.back)


def _is_open(given: str, now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(
        sign_in_link.c.hash == hash_of(given), sign_in_link.c.used.is_(None), sign_in_link.c.expires > now
    )


# ---- sessions ----------------------------------------------------------------------------------------------

_SESSION: sa.Select[Any] = sa.select(
    *OF_PERSON, *(web_session.c[name] for name in ("hash", "created", "used", "expires"))
).join(person, person.c.address == web_session.c.address)


def find_session(conn: Connection, given: str, *, now: datetime) -> WebSession | None:
    """The session of a cookie; None for an unknown or expired one. Nothing is written."""
    in_force = sa.and_(web_session.c.hash == hash_of(given), web_session.c.expires > now)
    row = conn.execute(_SESSION.where(in_force, person.c.removed.is_(None))).one_or_none()
    return None if row is None else _session(row)


def sessions_of(conn: Connection, address: str, *, now: datetime) -> list[WebSession]:
    """The browsers that a person is signed in with, the last used first."""
    rows = conn.execute(
        _SESSION.where(web_session.c.address == address, web_session.c.expires > now).order_by(
            web_session.c.used.desc(), web_session.c.created.desc(), web_session.c.hash
        )
    )
    return [_session(row) for row in rows]


def touch_session(conn: Connection, hash_: str, *, now: datetime) -> None:
    """Note that a session was used."""
    conn.execute(sa.update(web_session).where(web_session.c.hash == hash_).values(used=now))


def end_session(conn: Connection, one: WebSession, *, now: datetime) -> None:
    """Sign one browser out."""
    conn.execute(sa.delete(web_session).where(web_session.c.hash == one.hash))
    audit(conn, one.person.address, "session.end", one.person.address, now=now)


def end_sessions(conn: Connection, address: str, *, who: str, now: datetime) -> int:
    """Sign a person out everywhere, open links included; the number of browsers."""
    conn.execute(sa.delete(sign_in_link).where(sign_in_link.c.address == address))
    ended = conn.execute(sa.delete(web_session).where(web_session.c.address == address)).rowcount
    audit(conn, who, "session.end_all", address, before={"sessions": ended}, now=now)
    return ended


def _session(row: Any) -> WebSession:
    return WebSession(person_of(row), row.created, row.used, row.expires, row.hash)
