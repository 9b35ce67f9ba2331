"""Pages made of templates: both languages, Vietnamese times, marked words, and the token of every form."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup, escape

from crawler.dates.zones import VIETNAM
from crawler.web.context import context_of
from crawler.web.lines import document_page, province_page
from crawler.web.visitor import visitor_of

Language = Literal["vi", "en"]
STATIC = Path(__file__).parent / "static"
LANGUAGE_COOKIE = "diemtin_lang"
FORM_COOKIE = "diemtin_form"
LONGEST_PATH = 8_000
"""Characters: a query has 2,000, and a letter of it nine at most."""
PAGES = (
    ("/", "Hôm nay", "Today"),
    ("/tim", "Tìm", "Search"),
    ("/van-kien", "Văn kiện", "Documents"),
    ("/cuoc-hop", "Cuộc họp", "Meetings"),
    ("/ban-do", "Bản đồ", "Map"),
    ("/thong-ke", "Thống kê", "Statistics"),
    ("/theo-doi", "Theo dõi", "Watches"),
    ("/nguon", "Nguồn", "Sources"),
    ("/kho", "Kho", "Corpus"),
)
"""The pages of the menu: address, name in Vietnamese and in English."""
_WEEKDAYS = {
    "vi": ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}  # fmt: skip


def language_of(request: Request) -> Language:
    """The language a person chose; Vietnamese for who chose none."""
    return "en" if request.cookies.get(LANGUAGE_COOKIE) == "en" else "vi"


def html(request: Request, template: str, *, status: int = HTTPStatus.OK, **values: Any) -> HTMLResponse:
    """A page of a template of this package, with what every template may ask for."""
    token = form_token(request)
    text = (
        _templates()
        .get_template(template)
        .render(
            **values,
            **_words(language_of(request)),
            request=request,
            here=request.url.path,
            pages=PAGES,
            visitor=visitor_of(request),
            today=context_of(request).today(),
            static=static_address,
            form_token=Markup('<input type="hidden" name="form_token" value="{}">').format(token),
        )
    )
    answer = HTMLResponse(text, status_code=status)
    if request.cookies.get(FORM_COOKIE) != token:
        answer.set_cookie(FORM_COOKIE, token, httponly=True, samesite="strict", secure=is_https(request))
    return answer


def form_token(request: Request) -> str:
    """What a form of this browser must send back: its cookie, which no page of elsewhere can read or send."""
    known = request.cookies.get(FORM_COOKIE, "")
    made: str = (
        known if len(known) == 43 else getattr(request.state, "form_token", None) or secrets.token_urlsafe(32)
    )
    request.state.form_token = made
    return made


def is_https(request: Request) -> bool:
    """Whether the browser speaks HTTPS, to us or to the proxy before us."""
    return request.url.scheme == "https" or context_of(request).secure


def static_address(name: str) -> str:
    """The address of a file of ours; it changes with the file, so a browser may keep it for ever."""
    return f"/static/{name}?v={_digest(name)}"


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def marked(text: str, marks: Sequence[Sequence[int]]) -> Markup:
    """A text with some stretches of it marked; `marks` are (start, end) in code points, in order, none within another.

    >>> marked("đại <hội>", [(0, 3)])
    Markup('<mark>đại</mark> &lt;hội&gt;')
    """
    pieces, at = [], 0
    for start, end in marks:
        pieces += [escape(text[at:start]), Markup("<mark>"), escape(text[start:end]), Markup("</mark>")]
        at = end
    return Markup("").join([*pieces, escape(text[at:])])


def a_time(value: datetime | str | None) -> str:
    """A time as a Vietnamese reader writes it, as exact as it is known.

    >>> a_time("2026-11-19T10:00:00+07:00"), a_time("2026-11-19"), a_time(None)
    ('10:00 19/11/2026', '19/11/2026', '')
    """
    if value is None:
        return ""
    if isinstance(value, str) and len(value) == len("2026-11-19"):
        return a_day(value)
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y")


def a_day(value: date | str | None) -> str:
    """A day, or a month or year alone, as a Vietnamese reader writes it.

    >>> a_day("2026-11-09"), a_day("2026-11"), a_day("2026"), a_day(None)
    ('09/11/2026', '11/2026', '2026', '')
    """
    if value is None:
        return ""
    parts = (value.isoformat() if isinstance(value, date) else value)[:10].split("-")
    return "/".join(reversed(parts))


def joined(pieces: Sequence[str | None], between: str) -> Markup:
    """The pieces that say something, with a sign between them; text is escaped, markup is not.

    >>> joined(["a<b", None, Markup(" "), Markup("<b>c</b>")], " · ")
    Markup('a&lt;b · <b>c</b>')
    """
    return escape(between).join(piece for piece in pieces if piece and piece.strip())


def address(path: str, **asked: Any) -> str:
    """A path with what is asked of it; what is None or empty is left out.

    >>> address("/tim", q="đại hội", after=None)
    '/tim?q=%C4%91%E1%BA%A1i+h%E1%BB%99i'
    """
    wanted = {name: value for name, value in asked.items() if value not in (None, "")}
    return f"{path}?{urlencode(wanted)}" if wanted else path


def translate(request: Request) -> Callable[[str, str], str]:
    """What chooses between the Vietnamese and the English text, for whoever asks."""
    return _translate(language_of(request))


def own_path(wanted: str) -> str:
    """Where a browser is sent back to: a page of ours, the first one where something else was asked for.

    >>> own_path("/tim?q=chi"), own_path("//evil.example"), own_path("/\\evil.example"), own_path("https:/x")
    ('/tim?q=chi', '/', '/', '/')
    """
    ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    plain = len(wanted) <= LONGEST_PATH and not any(ord(letter) < 33 or letter == "\x7f" for letter in wanted)
    return wanted if ours and plain else "/"


def _translate(language: Language) -> Callable[[str, str], str]:
    return lambda vi, en: vi if language == "vi" else en


def _words(language: Language) -> Mapping[str, Callable[..., Any] | str]:
    def long_day(value: date) -> str:
        return f"{_WEEKDAYS[language][value.weekday()]}, {value:%d/%m/%Y}"

    return {"t": _translate(language), "language": language, "long_day": long_day}


@cache
def _templates() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("crawler.web"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.globals |= {"address": address, "marked": marked, "province_page": province_page}
    made.globals["document_page"] = document_page
    made.filters |= {"time": a_time, "day": a_day, "day_month": lambda day: f"{day:%d/%m}"}
    made.filters |= {"as_date": date.fromisoformat, "joined": joined}
    made.filters["local_year"] = lambda moment: moment.astimezone(VIETNAM).year
    made.filters["local_day"] = lambda moment: moment.astimezone(VIETNAM).date()
    return made
