"""Vào: a person types the own address, gets a mail with a link, and enters by the button behind it.

Known and unknown addresses get the same answer at the same time. A GET of the link changes nothing, because mail
scanners follow every link; the page's button signs in.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from crawler.query.addresses import veiled
from crawler.store import people
from crawler.web.context import WebContext, context_of
from crawler.web.form import checked_form, field
from crawler.web.html import address, html, is_https, language_of, own_path
from crawler.web.rate_limit import TooManyRequests
from crawler.web.visitor import SESSION_COOKIE, client_named, open_to_all, visitor_of

router = APIRouter(dependencies=[open_to_all()])
"""For everybody: it is how one becomes known."""
_TOKEN = re.compile(r"[0-9a-f]{32}")


@router.get("/vao", include_in_schema=False)
def door(request: Request, ve: str = "/", gui: bool = False) -> Response:
    """The form; `gui`: what to do now that a mail was asked for."""
    visitor = visitor_of(request)
    if visitor is not None and visitor.session is not None:
        return RedirectResponse(own_path(ve), status_code=303)
    return _unkept(html(request, "entering.html.j2", back=own_path(ve), sent=gui, gone=False))


@router.post("/vao", include_in_schema=False)
def ask(request: Request, form: Annotated[FormData, checked_form()]) -> Response:
    """Ask for a mail. Raises InvalidInput for what is no address."""
    context = context_of(request)
    _refuse_too_many(request)
    wanted, back = people.person_address(field(form, "dia_chi")), own_path(field(form, "ve"))
    if context.desk is not None:
        context.desk.ask(wanted, back=back, language=language_of(request))
    return RedirectResponse(address("/vao", gui=1, ve=back if back != "/" else None), status_code=303)


@router.get("/vao/{token}", include_in_schema=False)
def link(request: Request, token: str) -> Response:
    """The button behind a link."""
    context = context_of(request)
    _refuse_too_many(request)
    found = None
    if _TOKEN.fullmatch(token):
        with context.engine.connect().execution_options(diemtin_read=True) as conn:
            found = people.open_link(conn, token, now=context.clock())
    if found is None:
        return _gone(request)
    return _unkept(html(request, "entering_button.html.j2", address_shown=veiled(found.address)))


@router.post("/vao/{token}", include_in_schema=False)
def enter(request: Request, token: str, form: Annotated[FormData, checked_form()]) -> Response:
    """Sign in, and go to the page that was asked for. The session that this browser had ends."""
    context = context_of(request)
    _refuse_too_many(request)
    found = _signed_in(request, context, token) if _TOKEN.fullmatch(token) else None
    if found is None:
        return _gone(request)
    cookie, one = found
    answer = RedirectResponse(own_path(one.back), status_code=303)
    answer.set_cookie(
        SESSION_COOKIE, cookie, max_age=int(people.SESSION_LIFETIME.total_seconds()), httponly=True, samesite="lax",
        secure=is_https(request),
    )  # fmt: skip
    return _unkept(answer)


def _signed_in(request: Request, context: WebContext, token: str) -> tuple[str, people.SignInLink] | None:
    now, before = context.clock(), visitor_of(request)
    with context.engine.begin() as conn:
        found = people.sign_in(conn, token, now=now)
        if found is not None and before is not None and before.session is not None:
            people.end_session(conn, before.session, now=now)
    return found


def _gone(request: Request) -> Response:
    return _unkept(
        html(request, "entering.html.j2", status=HTTPStatus.NOT_FOUND, back="/", sent=False, gone=True)
    )


def _unkept(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _refuse_too_many(request: Request) -> None:
    if not context_of(request).sign_in_limits.admits(client_named(request)):
        raise TooManyRequests
