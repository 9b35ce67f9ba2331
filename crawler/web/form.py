"""What a form sends: bounded, from a page of ours, with the token of this browser."""

from __future__ import annotations

import hmac
from typing import Any

from fastapi import Depends, Request
from starlette.datastructures import FormData

from crawler.errors import DiemtinError
from crawler.web.html import FORM_COOKIE

LARGEST_FORM = 64 * 1024
"""Bytes of a form: a query has 2,000 characters at most, a list of addresses some thousands."""


class ForgedForm(DiemtinError):
    """Raised for a form that no page of ours made in this browser."""


class LargeBody(DiemtinError):
    """Raised for a body that is larger than any form of ours."""


async def _checked(request: Request) -> FormData:
    if int(request.headers.get("Content-Length") or 0) > LARGEST_FORM:
        raise LargeBody
    form = await request.form(max_files=0, max_fields=100, max_part_size=LARGEST_FORM)
    cookie, sent = request.cookies.get(FORM_COOKIE, ""), form.get("form_token")
    if not cookie or not isinstance(sent, str) or not hmac.compare_digest(cookie.encode(), sent.encode()):
        raise ForgedForm
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise ForgedForm
    return form


def checked_form() -> Any:
    """A dependency for a route that writes: gives the fields. Raises ForgedForm, LargeBody."""
    return Depends(_checked)


def field(form: FormData, name: str) -> str:
    """A field of a form without blanks around it; empty where it is missing."""
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""
