"""Who is asking, and what they may do. A page is refused unless its route names the role that may see it.

1. Who sends `Authorization: Bearer …` is the person of that token; a wrong one is nobody, wherever it comes from.
2. Who sends the cookie of a session is its person.
3. Who asks from this machine, under its own name and through no proxy, needs no account and may do everything, as long
   as the server listens on loopback alone and no public address leads to it (`WebContext.local`).
4. Everybody else is nobody.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from fastapi import Depends, Request
from fastapi.routing import APIRoute

from crawler.errors import DiemtinError, InvalidInput
from crawler.store import api_tokens, people
from crawler.store.api_tokens import ApiToken
from crawler.store.audit import LOCAL
from crawler.store.outbox import Connection, Unreachable
from crawler.store.people import Person, WebSession
from crawler.web.context import WebContext, context_of
from crawler.web.rate_limit import TooManyRequests, client_of

logger = logging.getLogger(__name__)

SESSION_COOKIE = "diemtin_session"
_SAYS_ELSEWHERE = (
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "via",
)
"""Headers of a proxy: who sends one does not speak for this machine."""
_ASKS = ("GET", "HEAD")


class Role(IntEnum):
    """What a person may do; each may do what those below it may."""

    READER = 1
    EDITOR = 2
    OPERATOR = 3


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks."""

    role: Role
    address: str | None = None
    """None: somebody at this machine, where no one needs an account."""
    session: WebSession | None = None
    """Of a browser that entered."""
    token: ApiToken | None = None
    """Of a program."""

    @property
    def who(self) -> str:
        """As an audit row names who wrote."""
        return self.address or LOCAL

    def may(self, role: Role, method: str) -> bool:
        """Whether this role's page may be asked for by this method; a token that reads never writes."""
        reads_only = self.token is not None and self.token.scope != "write"
        return self.role >= role and (method in _ASKS or not reads_only)


class SignInNeeded(DiemtinError):
    """Raised for a page that nobody may see without being known."""


class RoleNeeded(DiemtinError):
    """Raised for a page that this person may not see."""


def visitor_of(request: Request) -> Visitor | None:
    """Who asks; None: unknown. The store is asked once a request."""
    if not hasattr(request.state, "visitor"):
        request.state.visitor = None  # so the page that says the store is broken does not ask it again
        request.state.visitor = _recognised(request)
    found: Visitor | None = request.state.visitor
    return found


def needs(role: Role) -> Any:
    """A dependency for a route: lets pass who has this role, and gives the visitor.

    Raises SignInNeeded, RoleNeeded, TooManyRequests, and InvalidInput for what no address has.
    """
    return Depends(_NEEDS[role])


def open_to_all() -> Any:
    """A dependency for a route that says on purpose: whoever has the address may see it."""
    return Depends(_refuse_nul)


def role_needed(route: APIRoute) -> Role | None:
    """The role that a route declares; None where it declares none."""
    calls = [one.call for one in route.dependant.dependencies]
    return max((role for role, needed in _NEEDS.items() if needed in calls), default=None)


def is_declared(route: APIRoute) -> bool:
    """Whether a route says who may see it."""
    return role_needed(route) is not None or any(
        one.call is _refuse_nul for one in route.dependant.dependencies
    )


def says_token(request: Request) -> bool:
    """Whether a program asks in the name of a person."""
    return request.headers.get("Authorization", "").lower().startswith("bearer ")


def _needing(role: Role) -> Callable[[Request], Visitor]:
    def needed(request: Request) -> Visitor:
        _refuse_nul(request)
        _refuse_too_many(request)
        visitor = visitor_of(request)
        if visitor is None:
            raise SignInNeeded
        if not visitor.may(role, request.method):
            raise RoleNeeded
        return visitor

    return needed


def _refuse_nul(request: Request) -> None:
    """No text has the character NUL, and PostgreSQL takes none. Raises InvalidInput."""
    values = (*request.query_params.values(), *request.path_params.values())
    if any("\0" in value for value in values if isinstance(value, str)):
        raise InvalidInput("có ký tự NUL (%00) trong địa chỉ: hãy bỏ đi / the address has the character NUL")


def _refuse_too_many(request: Request) -> None:
    """Raises TooManyRequests. Who sits at this machine may ask as much as it bears."""
    if not _is_local(request) and not context_of(request).page_limits.admits(client_named(request)):
        raise TooManyRequests


_NEEDS = {role: _needing(role) for role in Role}


def client_named(request: Request) -> str:
    """Whom a request counts for, as `RateLimit` counts."""
    return client_of(request.client.host if request.client else "")


def _recognised(request: Request) -> Visitor | None:
    context = context_of(request)
    if says_token(request):
        return _by_token(context, request.headers["Authorization"][len("bearer ") :].strip())
    cookie = request.cookies.get(SESSION_COOKIE)
    if cookie and (found := _by_session(context, cookie)) is not None:
        return found
    return Visitor(Role.OPERATOR) if _is_local(request) else None


def _by_token(context: WebContext, given: str) -> Visitor | None:
    with context.engine.connect().execution_options(diemtin_read=True) as conn:
        found = api_tokens.find_token(conn, given)
    if found is None:
        return None
    person, token = found
    _touch(context, token.used, lambda conn, now: api_tokens.touch_token(conn, token.id, now=now))
    return Visitor(_role(person), person.address, token=token)


def _by_session(context: WebContext, given: str) -> Visitor | None:
    with context.engine.connect().execution_options(diemtin_read=True) as conn:
        session = people.find_session(conn, given, now=context.clock())
    if session is None:
        return None
    _touch(context, session.used, lambda conn, now: people.touch_session(conn, session.hash, now=now))
    return Visitor(_role(session.person), session.person.address, session=session)


def _role(person: Person) -> Role:
    return Role[person.role.upper()]


def _touch(context: WebContext, used: datetime | None, note: Callable[[Connection, datetime], None]) -> None:
    """Note a use, once an hour. A store that is busy does not keep a reader from reading."""
    now = context.clock()
    if used is not None and now - used < people.TOUCH:
        return
    try:
        with context.engine.begin() as conn:
            note(conn, now)
    except Unreachable as error:
        logger.warning("the last use of a session or token could not be noted: %s", error.orig)


def _is_local(request: Request) -> bool:
    """Whether this machine asks itself, under its own name: not a proxy, and no page of elsewhere by a made-up name.

    A proxy that is set up without thought adds no header, but speaks HTTP/1.0 (nginx), which no browser does.
    """
    through = any(name in request.headers for name in _SAYS_ELSEWHERE)
    if not context_of(request).local or through or request.scope.get("http_version") == "1.0":
        return False
    return _is_loopback(request.client.host if request.client else "") and _is_loopback(
        request.url.hostname or ""
    )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
