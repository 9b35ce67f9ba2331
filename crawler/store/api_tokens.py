"""By what a program asks in a person's name: tokens with a scope, kept as hashes, revocable: every query."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa

from crawler.errors import InvalidInput
from crawler.store.audit import audit
from crawler.store.database import Connection
from crawler.store.people import OF_PERSON, Person, person_named, person_of
from crawler.store.schema_people import api_token, person
from crawler.store.tokens import hash_of

Scope = Literal["read", "write"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
PREFIX = "diemtin_"
"""How each begins, so that one that strays into a file is found."""
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class ApiToken:
    """What is known of a token."""

    id: int
    address: str
    name: str
    scope: Scope
    """`read`: it only asks; `write`: what its person may."""
    created: datetime
    used: datetime | None
    """To the hour."""
    revoked: datetime | None

    def to_json(self) -> dict[str, Any]:
        """For `user token list --json`."""
        return {
            "id": self.id,
            "address": self.address,
            "name": self.name,
            "scope": self.scope,
            "created": self.created.isoformat(),
            "used": self.used.isoformat() if self.used else None,
            "revoked": self.revoked.isoformat() if self.revoked else None,
        }


_TOKEN = tuple(api_token.c[name] for name in ApiToken.__dataclass_fields__)


def scope_named(typed: str) -> Scope:
    """A scope by its name. Raises InvalidInput with those that there are."""
    if typed not in SCOPES:
        raise InvalidInput(
            f"--scope {typed}: hãy dùng read (chỉ đọc) hoặc write (cả ghi) / use read or write"
        )
    return typed


def add_token(
    conn: Connection, typed: str, name: str, scope: Scope, *, who: str, now: datetime
) -> tuple[str, ApiToken]:
    """A new token of a person, and what is known of it; only its hash is kept, so this is the one time it can be read.

    Raises InvalidInput for an unknown person, an empty or too long name, and one that a token in force has.
    """
    owner, name = person_named(conn, typed), " ".join(name.split())
    if not name or len(name) > _LONGEST_NAME:
        raise InvalidInput(
            f"tên mã: cần từ 1 đến {_LONGEST_NAME} ký tự, như “máy văn phòng” / "
            f"the name of a token has 1 to {_LONGEST_NAME} letters"
        )
    if any(one.name == name for one in list_tokens(conn, owner.address)):
        raise InvalidInput(
            f"{owner.address} đã có mã tên “{name}”: đặt tên khác, hoặc thu hồi mã cũ / "
            f"has a token “{name}” already: choose another name, or revoke the old one"
        )
    made = PREFIX + secrets.token_hex(20)
    row = {"hash": hash_of(made), "address": owner.address, "name": name, "scope": scope, "created": now}
    number = conn.execute(sa.insert(api_token).values(row).returning(api_token.c.id)).scalar_one()
    audit(conn, who, "token.add", owner.address, after={"id": number, "name": name, "scope": scope}, now=now)
    return made, ApiToken(number, owner.address, name, scope, now, None, None)


def list_tokens(conn: Connection, address: str | None = None) -> list[ApiToken]:
    """Tokens in force, of one person or of all, by person, the oldest first."""
    asked = sa.select(*_TOKEN).where(api_token.c.revoked.is_(None))
    if address is not None:
        asked = asked.where(api_token.c.address == address)
    return [
        ApiToken(**row._mapping) for row in conn.execute(asked.order_by(api_token.c.address, api_token.c.id))
    ]


def revoke_token(
    conn: Connection, number: int, *, address: str | None = None, who: str, now: datetime
) -> ApiToken:
    """End a token; of this person where one is named. Raises InvalidInput where there is no such token in force."""
    found = next((one for one in list_tokens(conn, address) if one.id == number), None)
    if found is None:
        raise InvalidInput(
            f"mã số {number}: không có, hoặc đã thu hồi; xem diemtin user token list / "
            f"there is no token {number} in force; see diemtin user token list"
        )
    conn.execute(sa.update(api_token).where(api_token.c.id == number).values(revoked=now))
    before = {"id": found.id, "name": found.name, "scope": found.scope}
    audit(conn, who, "token.revoke", found.address, before=before, now=now)
    return found


def find_token(conn: Connection, given: str) -> tuple[Person, ApiToken] | None:
    """Whom a token stands for; None for an unknown or revoked one. Nothing is written."""
    if not given.startswith(PREFIX):
        return None
    row = conn.execute(
        sa.select(*OF_PERSON[1:], *_TOKEN)
        .join(person, person.c.address == api_token.c.address)
        .where(api_token.c.hash == hash_of(given), api_token.c.revoked.is_(None), person.c.removed.is_(None))
    ).one_or_none()
    if row is None:
        return None
    return person_of(row), ApiToken(**{name: row._mapping[name] for name in ApiToken.__dataclass_fields__})


def touch_token(conn: Connection, number: int, *, now: datetime) -> None:
    """Note that a token was used."""
    conn.execute(sa.update(api_token).where(api_token.c.id == number).values(used=now))
