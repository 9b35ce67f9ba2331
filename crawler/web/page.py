"""The page behind a mail's link: one heading, one sentence, at most one button. No script, no cookie, no picture."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus

import jinja2
from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """What a reader sees; all of it is plain text."""

    status: HTTPStatus
    title: str
    text: str
    english: str
    """The same in one line of English."""
    button: str | None = None
    """What pressing it does; it sends a POST to the page's own address."""


def html_of(page: HtmlPage) -> bytes:
    """The page in UTF-8."""
    return _templates().get_template("page.html.j2").render(page=page, style=Markup(_style())).encode()


def security_headers() -> list[tuple[str, str]]:
    """What every answer carries: nothing is loaded, framed, cached, indexed, or told to another site."""
    style = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return [
        ("Content-Security-Policy", policy),
        ("Cache-Control", "no-store"),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Robots-Tag", "noindex, nofollow"),
    ]


@cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("crawler.web"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


@cache
def _style() -> str:
    return _templates().get_template("style.css.j2").render()
