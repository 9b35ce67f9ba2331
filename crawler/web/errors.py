"""What went wrong, told on a page to people and as a problem (RFC 9457) to programs: what, and how to mend it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException

from crawler.errors import DiemtinError, InvalidInput, InvalidQuery
from crawler.store.database import why_unusable
from crawler.web.form import ForgedForm, LargeBody
from crawler.web.html import address, html
from crawler.web.rate_limit import TooManyRequests
from crawler.web.visitor import RoleNeeded, SignInNeeded, says_token

logger = logging.getLogger(__name__)
_PROBLEM = "application/problem+json"


class NotThere(DiemtinError):
    """Raised for an article, a document, a meeting, a source that the store does not have; says which."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is told of an error."""

    status: HTTPStatus
    vi: str
    en: str
    mend_vi: str
    mend_en: str
    detail: str | None = None
    """What the error itself says, in both languages."""
    position: int | None = None
    """Of a query: offset in code points."""


_NOT_FOUND = Fault(
    HTTPStatus.NOT_FOUND, "Không có trang này", "There is no such page",
    "Kiểm tra lại địa chỉ, hoặc bắt đầu từ trang đầu.", "Check the address, or begin at the first page.",
)  # fmt: skip
_BUSY = Fault(
    HTTPStatus.SERVICE_UNAVAILABLE, "Kho đang bận", "The store is busy",
    "Thử lại sau ít phút; chưa có gì được ghi lại.", "Try again in a few minutes; nothing was recorded.",
)  # fmt: skip
_BROKEN = Fault(
    HTTPStatus.INTERNAL_SERVER_ERROR, "Có lỗi trong chương trình", "Something is wrong in the program",
    "Người vận hành xem nhật ký của diemtin; lỗi đã được ghi lại.", "The operator finds the error in diemtin's log.",
)  # fmt: skip
_SIGN_IN = Fault(
    HTTPStatus.UNAUTHORIZED, "Cần đăng nhập", "Please sign in",
    "Hãy vào bằng địa chỉ thư ở trang /vao, chương trình thì bằng mã; chưa có tên thì hỏi người vận hành.",
    "Enter by your e-mail address at /vao, a program by its token; who is on no list asks the operator.",
)  # fmt: skip
_ROLE = Fault(
    HTTPStatus.FORBIDDEN, "Không đủ quyền", "Not allowed",
    "Việc này cần quyền cao hơn; hãy hỏi người vận hành.", "This needs another role; ask the operator.",
)  # fmt: skip
_FORGED = Fault(
    HTTPStatus.FORBIDDEN, "Biểu mẫu không hợp lệ", "The form is not valid",
    "Mở lại trang rồi gửi lại; trình duyệt phải cho phép cookie.", "Open the page again; cookies must be allowed.",
)  # fmt: skip
_LARGE = Fault(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Gửi lên quá nhiều", "Too much was sent",
    "Rút ngắn nội dung rồi gửi lại.", "Send less.",
)  # fmt: skip
TOO_MANY = Fault(
    HTTPStatus.TOO_MANY_REQUESTS, "Xin thử lại sau một phút", "Too many requests from one place",
    "Thử lại sau một phút.", "Try again in a minute.",
)  # fmt: skip


def fault_of(error: Exception) -> Fault:
    """What is told of an error; one that nobody expected says nothing of itself."""
    known: dict[type[Exception], Fault] = {
        SignInNeeded: _SIGN_IN,
        RoleNeeded: _ROLE,
        ForgedForm: _FORGED,
        LargeBody: _LARGE,
        TooManyRequests: TOO_MANY,
    }
    if type(error) in known:
        return known[type(error)]
    if isinstance(error, NotThere):
        return _with(_NOT_FOUND, str(error))
    if isinstance(error, HTTPException):
        return _of_status(error)
    if isinstance(error, (InvalidInput, RequestValidationError)):
        return _wrong(error)
    if why_unusable(error) is not None:
        return _BUSY
    return _BROKEN


def refusal(request: Request, fault: Fault) -> Response:
    """A fault as a page, or as a problem where a program asks."""
    headers = {"Retry-After": "60"} if fault.status in (429, 503) else {}
    if fault is _SIGN_IN:
        headers = {"WWW-Authenticate": "Bearer"}
    if wants_json(request):
        return JSONResponse(problem(fault), status_code=fault.status, media_type=_PROBLEM, headers=headers)
    page = html(request, "error.html.j2", status=fault.status, fault=fault)
    page.headers.update(headers)
    return page


def wants_json(request: Request) -> bool:
    """Whether a program asks, not a person."""
    path = request.url.path
    return path.startswith("/api/") or path.endswith(".json") or says_token(request)


def _is_browsing(request: Request) -> bool:
    """Whether a person opens a page, who can be shown the way in."""
    looks = request.method in ("GET", "HEAD") and "text/html" in request.headers.get("Accept", "")
    return looks and not wants_json(request)


def problem(fault: Fault) -> dict[str, Any]:
    """A fault as RFC 9457 has it."""
    said: dict[str, Any] = {
        "type": "about:blank",
        "title": f"{fault.vi} / {fault.en}",
        "status": int(fault.status),
        "detail": fault.detail or f"{fault.mend_vi} / {fault.mend_en}",
    }
    return said if fault.position is None else said | {"position": fault.position}


def add_error_pages(app: FastAPI) -> None:
    """Tell every error of this application so."""

    def answer(request: Request, error: Exception) -> Response:
        fault = fault_of(error)
        if fault is _SIGN_IN and _is_browsing(request):
            asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(address("/vao", ve=asked if asked != "/" else None), status_code=303)
        if fault is _BROKEN:
            logger.error("%s %s", request.method, request.url.path, exc_info=error)
        return refusal(request, fault)

    for kind in (HTTPException, RequestValidationError, DiemtinError, Exception):
        app.add_exception_handler(kind, answer)


def _of_status(error: HTTPException) -> Fault:
    if error.status_code == HTTPStatus.NOT_FOUND:
        return _NOT_FOUND
    status = HTTPStatus(error.status_code)
    return Fault(
        status, "Không làm được", status.phrase,
        "Mở lại trang bằng trình duyệt.", "Open the page in a browser.",
    )  # fmt: skip


def _wrong(error: InvalidInput | RequestValidationError) -> Fault:
    said = (
        "; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in error.errors())
        if isinstance(error, RequestValidationError)
        else str(error).removeprefix("--")  # what a command calls `--after`, an address calls `after`
    )
    return Fault(
        HTTPStatus.BAD_REQUEST, "Yêu cầu chưa đúng", "The request is not right",
        "Sửa lại địa chỉ hoặc ô đã gõ.", "Mend the address or what was typed.",
        said, error.position if isinstance(error, InvalidQuery) else None,
    )  # fmt: skip


def _with(fault: Fault, detail: str) -> Fault:
    return Fault(fault.status, fault.vi, fault.en, fault.mend_vi, fault.mend_en, detail)
