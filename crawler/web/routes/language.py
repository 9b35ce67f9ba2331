"""The language of the pages, kept in a cookie of this browser."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from crawler.web.html import LANGUAGE_COOKIE, is_https, own_path
from crawler.web.visitor import open_to_all

router = APIRouter(dependencies=[open_to_all()])
_YEAR = 365 * 24 * 3600


@router.get("/ngon-ngu/{chosen}", include_in_schema=False)
def choose(request: Request, chosen: Literal["vi", "en"], ve: str = "/") -> Response:
    """Choose it, and go back to the page one came from."""
    answer = RedirectResponse(own_path(ve), status_code=303)
    answer.set_cookie(
        LANGUAGE_COOKIE, chosen, max_age=_YEAR, httponly=True, samesite="lax", secure=is_https(request)
    )
    return answer
