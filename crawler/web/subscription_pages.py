"""`/leave/TOKEN` and `/confirm/TOKEN`: the ways out of and into a digest, without a log-in.

GET changes nothing, because mail scanners follow every link: it shows a button. POST does it. A mail program
that offers "unsubscribe" (RFC 8058) posts `List-Unsubscribe=One-Click` to the leaving page; any POST there
leaves, so that no reader's wish is lost over a body. Confirming takes the page's own button.
"""

from __future__ import annotations

import re
from datetime import datetime
from http import HTTPStatus
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from crawler.delivery import subscriptions
from crawler.query.addresses import veiled
from crawler.store.outbox import Engine, Unreachable
from crawler.store.recipients import Recipient
from crawler.web.context import context_of
from crawler.web.form import LargeBody
from crawler.web.page import HtmlPage, html_of, security_headers
from crawler.web.rate_limit import client_of
from crawler.web.visitor import open_to_all

LARGEST_BODY = 4_096
"""Bytes of a POST that are read: `List-Unsubscribe=One-Click` takes 26, as multipart some 200."""

_TOKEN = re.compile(r"[0-9a-f]{32}")
_METHODS = ("GET", "HEAD", "POST")
_ALL_METHODS = [*_METHODS, "PUT", "PATCH", "DELETE"]

_NOT_FOUND = HtmlPage(
    HTTPStatus.NOT_FOUND,
    "Không có trang này",
    "Xin mở lại liên kết trong thư; liên kết có thể đã bị cắt mất một đoạn.",
    "There is no such page. Please open the link in the mail again; a part of it may be missing.",
)
_NO_LEAVING = HtmlPage(
    HTTPStatus.NOT_FOUND,
    "Liên kết này không dùng được",
    "Muốn ngừng nhận thư, xin mở liên kết trong một thư điểm tin khác, hoặc báo người phụ trách.",
    "This link does not work. To stop the mails, open the link in another one, or tell who sends them.",
)
_NO_CONFIRMING = HtmlPage(
    HTTPStatus.NOT_FOUND,
    "Lời mời không còn hiệu lực",
    "Lời mời có hạn 7 ngày. Xin nhờ người phụ trách gửi lại. Chưa có thư điểm tin nào được gửi cho ông/bà.",
    "This invitation has expired after 7 days. Please ask for a new one. No digest has been sent to you.",
)
_TOO_MANY = HtmlPage(
    HTTPStatus.TOO_MANY_REQUESTS,
    "Xin thử lại sau một phút",
    "Có quá nhiều yêu cầu từ cùng một nơi.",
    "Too many requests from one place. Please try again in a minute.",
)
_BUSY = HtmlPage(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "Xin thử lại sau ít phút",
    "Máy đang bận, yêu cầu chưa được ghi lại.",
    "The server is busy and has not recorded your wish. Please try again in a few minutes.",
)
_NO_METHOD = HtmlPage(
    HTTPStatus.METHOD_NOT_ALLOWED,
    "Không dùng được cách này",
    "Xin mở liên kết bằng trình duyệt.",
    "Please open the link in a browser.",
)


router = APIRouter(dependencies=[open_to_all()])
"""For everybody: whoever has the link has the mail it stands in."""


@router.api_route("/leave/{token:path}", methods=_ALL_METHODS, include_in_schema=False)
async def leave_door(request: Request, token: str) -> Response:
    """The way out."""
    return await _door(request, "leave", token)


@router.api_route("/confirm/{token:path}", methods=_ALL_METHODS, include_in_schema=False)
async def confirm_door(request: Request, token: str) -> Response:
    """The way in."""
    return await _door(request, "confirm", token)


async def _door(request: Request, door: subscriptions.Purpose, token: str) -> Response:
    body = b""
    if request.method == "POST":
        body = await _body(request)
    page = await run_in_threadpool(_answer, request, door, token.removesuffix("/"), body)
    headers = dict(security_headers())
    if page is _NO_METHOD:
        headers["Allow"] = ", ".join(_METHODS)
    if page in (_BUSY, _TOO_MANY):
        headers["Retry-After"] = "60"
    return HTMLResponse(html_of(page), status_code=page.status, headers=headers)


async def _body(request: Request) -> bytes:
    """What was posted. Raises LargeBody over `LARGEST_BODY`."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_BODY:
            raise LargeBody
    return body


def _answer(request: Request, door: subscriptions.Purpose, token: str, body: bytes) -> HtmlPage:
    context = context_of(request)
    if request.method not in _METHODS:
        return _NO_METHOD
    if not _TOKEN.fullmatch(token):  # nothing is looked up for it, so it costs no share of the pace
        return _NOT_FOUND
    if not context.limits.admits(client_of(request.client.host if request.client else "")):
        return _TOO_MANY
    posted = request.method == "POST"
    try:
        if door == "leave":
            return _leave(context.engine, token, posted=posted, now=context.clock())
        return _confirm(context.engine, token, agreed=posted and _says_yes(body), now=context.clock())
    except Unreachable:
        return _BUSY


def _leave(engine: Engine, token: str, *, posted: bool, now: datetime) -> HtmlPage:
    if posted:
        with engine.begin() as conn:
            address = subscriptions.leave(conn, token, now=now)
        return _NO_LEAVING if address is None else _left(address)
    reader = _reader(engine, token, "leave", now)
    if reader is None:
        return _NO_LEAVING
    if reader.left is not None:
        return _left(reader.address)
    return HtmlPage(
        HTTPStatus.OK,
        "Ngừng nhận điểm tin?",
        f"Địa chỉ {veiled(reader.address)} sẽ không nhận thư điểm tin nào nữa.",
        "Stop the press digest to this address?",
        "Ngừng nhận",
    )


def _left(address: str) -> HtmlPage:
    return HtmlPage(
        HTTPStatus.OK,
        "Đã ngừng",
        f"Không thư điểm tin nào được gửi tới {veiled(address)} nữa. Muốn nhận lại, xin liên hệ người phụ trách.",
        "Done: no more digests go to this address.",
    )


def _confirm(engine: Engine, token: str, *, agreed: bool, now: datetime) -> HtmlPage:
    if agreed:
        with engine.begin() as conn:
            address = subscriptions.confirm(conn, token, now=now)
        return _NO_CONFIRMING if address is None else _confirmed(address)
    reader = _reader(engine, token, "confirm", now)
    if reader is None:
        return _NO_CONFIRMING
    if reader.confirmed is not None and reader.left is None:
        return _confirmed(reader.address)
    return HtmlPage(
        HTTPStatus.OK,
        "Ông/bà có muốn nhận điểm tin không?",
        f"Thư điểm tin sẽ được gửi tới {veiled(reader.address)}. Thư nào cũng có nút để ngừng nhận.",
        "Do you want to get the press digest at this address? Every mail has a button to stop it.",
        "Đồng ý nhận",
    )


def _confirmed(address: str) -> HtmlPage:
    return HtmlPage(
        HTTPStatus.OK,
        "Đã ghi nhận",
        f"Từ nay {veiled(address)} nhận thư điểm tin. Thư nào cũng có nút để ngừng nhận.",
        "Done: this address gets the press digest from now on.",
    )


def _reader(engine: Engine, token: str, what: subscriptions.Purpose, now: datetime) -> Recipient | None:
    with engine.connect().execution_options(diemtin_read=True) as conn:
        return subscriptions.holder(conn, token, what, now=now)


def _says_yes(body: bytes) -> bool:
    return parse_qs(body.decode("ascii", "replace")).get("answer") == ["yes"]
