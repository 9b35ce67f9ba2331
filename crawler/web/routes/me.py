"""Tôi: who I am, where I am signed in, and the tokens by which programs ask in my name."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from crawler.errors import InvalidInput
from crawler.store import api_tokens, people
from crawler.web.context import context_of
from crawler.web.form import checked_form, field
from crawler.web.html import html
from crawler.web.visitor import SESSION_COOKIE, Role, RoleNeeded, Visitor, needs

router = APIRouter(dependencies=[needs(Role.READER)])
Me = Annotated[Visitor, needs(Role.READER)]
Form = Annotated[FormData, checked_form()]


@router.get("/toi", include_in_schema=False)
def me(request: Request, visitor: Me) -> Response:
    """Who asks, with sessions and tokens."""
    return _page(request, visitor)


@router.post("/toi/ra", include_in_schema=False)
def sign_out(request: Request, visitor: Me, form: Form) -> Response:
    """End the session of this browser."""
    context, session = context_of(request), _session(visitor)
    with context.engine.begin() as conn:
        people.end_session(conn, session, now=context.clock())
    return _out()


@router.post("/toi/ra-het", include_in_schema=False)
def sign_out_everywhere(request: Request, visitor: Me, form: Form) -> Response:
    """End every session of this person, and every link that is open."""
    context, address = context_of(request), _session(visitor).person.address
    with context.engine.begin() as conn:
        people.end_sessions(conn, address, who=visitor.who, now=context.clock())
    return _out()


@router.post("/toi/ma", include_in_schema=False)
def add_token(request: Request, visitor: Me, form: Form) -> Response:
    """A new token, shown on the answer itself: it is kept nowhere from which another page could show it."""
    context, address = context_of(request), _session(visitor).person.address
    scope = api_tokens.scope_named(field(form, "quyen") or "read")
    with context.engine.begin() as conn:
        made, token = api_tokens.add_token(
            conn, address, field(form, "ten"), scope, who=visitor.who, now=context.clock()
        )
    return _page(request, visitor, made=made, made_of=token)


@router.post("/toi/ma/{number}/thu-hoi", include_in_schema=False)
def revoke_token(request: Request, visitor: Me, form: Form, number: int) -> Response:
    """End one of one's own tokens."""
    context, address = context_of(request), _session(visitor).person.address
    if not 0 < number < 2**62:
        raise InvalidInput(f"mã số {number}: không có / there is no such token")
    with context.engine.begin() as conn:
        api_tokens.revoke_token(conn, number, address=address, who=visitor.who, now=context.clock())
    return RedirectResponse("/toi", status_code=303)


def _session(visitor: Visitor) -> people.WebSession:
    """The session of who asks: only a person who entered deals with sessions and tokens. Raises RoleNeeded."""
    if visitor.session is None:
        raise RoleNeeded
    return visitor.session


def _page(request: Request, visitor: Visitor, **made: Any) -> Response:
    context = context_of(request)
    sessions, tokens = [], []
    if visitor.address is not None:
        with context.engine.connect().execution_options(diemtin_read=True) as conn:
            sessions = people.sessions_of(conn, visitor.address, now=context.clock())
            tokens = api_tokens.list_tokens(conn, visitor.address)
    shown = {"made": None, "made_of": None} | made
    answer = html(request, "me.html.j2", sessions=sessions, tokens=tokens, **shown)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _out() -> Response:
    answer = RedirectResponse("/vao", status_code=303)
    answer.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax")
    return answer
