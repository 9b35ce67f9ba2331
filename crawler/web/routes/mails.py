"""Thư: one message as it was written, why it was, and how it went."""

from __future__ import annotations

import base64
import hashlib
import re

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse

from crawler.delivery.sent_mail import SentMail, sent_mail
from crawler.store.deliveries import Delivery, by_number
from crawler.store.watch_mails import CarriedAlert, carried_by
from crawler.web.context import context_of
from crawler.web.errors import NotThere
from crawler.web.headers import POLICY
from crawler.web.html import html, language_of
from crawler.web.visitor import Role, Visitor, needs
from crawler.web.watch_rows import alert_row, mail_json, mail_row

router = APIRouter(dependencies=[needs(Role.READER)])

_FRAMED = "default-src 'none'; base-uri 'none'; form-action 'none'; sandbox; frame-ancestors 'self'"
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


@router.get("/thu/{number:int}.json", include_in_schema=False)
def mail_as_json(request: Request, number: int, visitor: Visitor = needs(Role.READER)) -> Response:
    """A message for a program, with what it tells and without its text."""
    mail, carried = _found(request, number)
    return JSONResponse(mail_json(mail, carried, visitor))


@router.get("/thu/{number:int}/html", include_in_schema=False)
def mail_html(request: Request, number: int, visitor: Visitor = needs(Role.READER)) -> Response:
    """Its HTML part for the frame of its page: no script, nothing loaded, no style but its own."""
    mail, _ = _found(request, number)
    parts = _parts(mail, visitor)
    if parts.html is None:
        raise NotThere(f"thư số {number} không có dạng HTML / message {number} has no HTML part")
    policy = f"{_FRAMED}; {_style_sources(parts.html)}"
    return HTMLResponse(parts.html, headers={"Content-Security-Policy": policy})


@router.get("/thu/{number:int}/txt", include_in_schema=False)
def mail_text(request: Request, number: int, visitor: Visitor = needs(Role.READER)) -> Response:
    """Its text part."""
    return PlainTextResponse(_parts(_found(request, number)[0], visitor).text)


@router.get("/thu/{number:int}", include_in_schema=False)
def mail_page(request: Request, number: int, visitor: Visitor = needs(Role.READER)) -> Response:
    """The page of a message."""
    language = language_of(request)
    mail, carried = _found(request, number)
    answer = html(
        request,
        "sent_mail.html.j2",
        mail=mail_row(mail, visitor, language),
        parts_of=_parts(mail, visitor),
        alerts=[alert_row(one, language) for one in carried],
    )
    answer.headers["Content-Security-Policy"] = f"{POLICY}; frame-src 'self'"
    return answer


def _found(request: Request, number: int) -> tuple[Delivery, tuple[CarriedAlert, ...]]:
    with context_of(request).engine.connect().execution_options(diemtin_read=True) as conn:
        mail = by_number(conn, number) if number < 2**62 else None
        if mail is None:
            raise NotThere(f"không có thư số {number} / there is no message {number}")
        return mail, carried_by(conn, [number]).get(number, ())


def _parts(mail: Delivery, visitor: Visitor) -> SentMail:
    return sent_mail(mail, show_address=visitor.role >= Role.EDITOR)


def _style_sources(document: str) -> str:
    """The styles of a mail, each by its hash: what else would style the page, or came in by its text, has none."""
    digests = (hashlib.sha256(style.encode()).digest() for style in _STYLE.findall(document))
    named = [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]
    return f"style-src {' '.join(named)}" if named else "style-src 'none'"
