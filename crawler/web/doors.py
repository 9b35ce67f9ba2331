"""`/leave/TOKEN` and `/confirm/TOKEN`: the ways out of and into a digest, without a log-in.

GET changes nothing, because mail scanners follow every link: it shows a button. POST does it. A mail program
that offers "unsubscribe" (RFC 8058) posts `List-Unsubscribe=One-Click` to the leaving page; any POST there
leaves, so that no reader's wish is lost over a body. Confirming takes the page's own button.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from crawler.store.outbox import Engine, Unreachable
from crawler.store.watches import Recipient
from crawler.watch import people
from crawler.web.pace import Pace, client_of
from crawler.web.page import Page, html_of, security_headers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LARGEST_BODY = 4_096
"""Bytes of a POST that are read: `List-Unsubscribe=One-Click` takes 26, as multipart some 200."""

_PATH = re.compile(r"/(leave|confirm)/([0-9a-f]{32})/?")
_METHODS = ("GET", "HEAD", "POST")

_NOT_FOUND = Page(
    HTTPStatus.NOT_FOUND,
    "Không có trang này",
    "Xin mở lại liên kết trong thư; liên kết có thể đã bị cắt mất một đoạn.",
    "There is no such page. Please open the link in the mail again; a part of it may be missing.",
)
_NO_LEAVING = Page(
    HTTPStatus.NOT_FOUND,
    "Liên kết này không dùng được",
    "Muốn ngừng nhận thư, xin trả lời một thư điểm tin bằng một chữ “dừng”.",
    "This link does not work. To stop the mails, answer one of them with the word “stop”.",
)
_NO_CONFIRMING = Page(
    HTTPStatus.NOT_FOUND,
    "Lời mời không còn hiệu lực",
    "Lời mời có hạn 7 ngày. Xin nhờ người phụ trách gửi lại. Chưa có thư điểm tin nào được gửi cho ông/bà.",
    "This invitation has expired after 7 days. Please ask for a new one. No digest has been sent to you.",
)
_TOO_MANY = Page(
    HTTPStatus.TOO_MANY_REQUESTS,
    "Xin thử lại sau một phút",
    "Có quá nhiều yêu cầu từ cùng một nơi.",
    "Too many requests from one place. Please try again in a minute.",
)
_BUSY = Page(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "Xin thử lại sau ít phút",
    "Máy đang bận, yêu cầu chưa được ghi lại.",
    "The server is busy and has not recorded your wish. Please try again in a few minutes.",
)
_NO_METHOD = Page(
    HTTPStatus.METHOD_NOT_ALLOWED,
    "Không dùng được cách này",
    "Xin mở liên kết bằng trình duyệt.",
    "Please open the link in a browser.",
)


def make_app(engine: Engine, *, clock: Callable[[], datetime], pace: Pace | None = None) -> WSGIApplication:
    """The WSGI application on one database; `clock` gives aware times."""
    limits = pace or Pace()

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        page = _answer(environ, engine, limits, clock)
        body = html_of(page)
        headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))]
        if page is _NO_METHOD:
            headers.append(("Allow", ", ".join(_METHODS)))
        if page in (_BUSY, _TOO_MANY):
            headers.append(("Retry-After", "60"))
        start_response(f"{page.status.value} {page.status.phrase}", [*headers, *security_headers()])
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]

    return app


def _answer(environ: WSGIEnvironment, engine: Engine, pace: Pace, clock: Callable[[], datetime]) -> Page:
    door = _PATH.fullmatch(environ.get("PATH_INFO", ""))
    if door is None:  # nothing is looked up for it, so it costs no share of the pace
        return _NOT_FOUND
    if environ["REQUEST_METHOD"] not in _METHODS:
        return _NO_METHOD
    if not pace.admits(client_of(environ.get("REMOTE_ADDR", ""))):
        return _TOO_MANY
    what, token = door.groups()
    posted = environ["REQUEST_METHOD"] == "POST"
    try:
        if what == "leave":
            return _leave(engine, token, posted=posted, now=clock())
        return _confirm(engine, token, agreed=posted and _says_yes(environ), now=clock())
    except Unreachable:
        return _BUSY


def _leave(engine: Engine, token: str, *, posted: bool, now: datetime) -> Page:
    if posted:
        with engine.begin() as conn:
            address = people.leave(conn, token, now=now)
        return _NO_LEAVING if address is None else _left(address)
    reader = _reader(engine, token, "leave", now)
    if reader is None:
        return _NO_LEAVING
    if reader.left is not None:
        return _left(reader.address)
    return Page(
        HTTPStatus.OK,
        "Ngừng nhận điểm tin?",
        f"Địa chỉ {veiled(reader.address)} sẽ không nhận thư điểm tin nào nữa.",
        "Stop the press digest to this address?",
        "Ngừng nhận",
    )


def _left(address: str) -> Page:
    return Page(
        HTTPStatus.OK,
        "Đã ngừng",
        f"Không thư điểm tin nào được gửi tới {veiled(address)} nữa. Muốn nhận lại, xin liên hệ người phụ trách.",
        "Done: no more digests go to this address.",
    )


def _confirm(engine: Engine, token: str, *, agreed: bool, now: datetime) -> Page:
    if agreed:
        with engine.begin() as conn:
            address = people.confirm(conn, token, now=now)
        return _NO_CONFIRMING if address is None else _confirmed(address)
    reader = _reader(engine, token, "confirm", now)
    if reader is None:
        return _NO_CONFIRMING
    if reader.confirmed is not None and reader.left is None:
        return _confirmed(reader.address)
    return Page(
        HTTPStatus.OK,
        "Ông/bà có muốn nhận điểm tin không?",
        f"Thư điểm tin sẽ được gửi tới {veiled(reader.address)}. Thư nào cũng có nút để ngừng nhận.",
        "Do you want to get the press digest at this address? Every mail has a button to stop it.",
        "Đồng ý nhận",
    )


def _confirmed(address: str) -> Page:
    return Page(
        HTTPStatus.OK,
        "Đã ghi nhận",
        f"Từ nay {veiled(address)} nhận thư điểm tin. Thư nào cũng có nút để ngừng nhận.",
        "Done: this address gets the press digest from now on.",
    )


def _reader(engine: Engine, token: str, what: people.Purpose, now: datetime) -> Recipient | None:
    with engine.connect().execution_options(diemtin_read=True) as conn:
        return people.holder(conn, token, what, now=now)


def _says_yes(environ: WSGIEnvironment) -> bool:
    length = environ.get("CONTENT_LENGTH") or "0"
    if not length.isascii() or not length.isdigit() or int(length) > LARGEST_BODY:
        return False
    body = environ["wsgi.input"].read(int(length))
    return parse_qs(body.decode("ascii", "replace")).get("answer") == ["yes"]


def veiled(address: str) -> str:
    """An address as its owner knows it and a stranger does not.

    >>> veiled("van.phong@lamha.example")
    'v…@lamha.example'
    """
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"
