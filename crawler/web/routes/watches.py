"""Theo dõi: the watches, one of them with its people and its mails, and its feed."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from crawler.delivery.atom import feed_of
from crawler.delivery.items import Registry
from crawler.delivery.upcoming import upcoming
from crawler.errors import InvalidInput
from crawler.store.watch_mails import mails_of_watch
from crawler.store.watches import Watch, find_watch, page_of_watches
from crawler.web.context import context_of
from crawler.web.errors import NotThere
from crawler.web.html import html, language_of
from crawler.web.table import MOST_ROWS, Column, Table, answer_as
from crawler.web.visitor import Role, Visitor, needs
from crawler.web.watch_rows import alert_row, mail_json, mail_row, people_rows, watch_json, watch_row

router = APIRouter(dependencies=[needs(Role.READER)])

PAGE = 30
_MAILS = 20
_ALERTS = 5
"""What a mail tells, as far as it is listed with the mail."""
_COLUMNS = (
    Column("id", "Số", "Number"),
    Column("name", "Tên", "Name"),
    Column("query", "Truy vấn", "Query"),
    Column("scope_name", "Phạm vi", "Scope"),
    Column("rhythm", "Nhịp gửi", "Rhythm"),
    Column("to", "Người nhận", "Recipients"),
    Column("next", "Thư tới", "Next mail"),
    Column("created", "Lập lúc", "Made"),
)
_MAIL_COLUMNS = (
    Column("number", "Số", "Number"),
    Column("created", "Viết lúc", "Written"),
    Column("sent", "Gửi lúc", "Sent"),
    Column("label", "Tình trạng", "State"),
    Column("address", "Người nhận", "To"),
    Column("subject", "Tiêu đề", "Subject"),
    Column("why", "Vì", "Because of"),
    Column("error", "Lỗi", "Error"),
)


@router.get("/theo-doi", include_in_schema=False)
def listed(request: Request, after: str | None = None, visitor: Visitor = needs(Role.READER)) -> Response:
    """The watches, the newest first."""
    context, language = context_of(request), language_of(request)
    with context.engine.connect().execution_options(diemtin_read=True) as conn:
        page = page_of_watches(conn, limit=PAGE, after=after)
        told = [upcoming(conn, one, context.registry, now=context.clock()) for one in page.items]
    rows = [watch_row(one, next_, visitor, language) for one, next_ in zip(page.items, told, strict=True)]
    return html(request, "watches.html.j2", page=page, watches=rows)


@router.get("/theo-doi.{form}", include_in_schema=False)
def listed_as(request: Request, form: str, visitor: Visitor = needs(Role.READER)) -> Response:
    """The watches as a file."""
    context, language = context_of(request), language_of(request)
    with context.engine.connect().execution_options(diemtin_read=True) as conn:
        found = page_of_watches(conn, limit=MOST_ROWS).items
        told = [(one, upcoming(conn, one, context.registry, now=context.clock())) for one in found]
    rows = [watch_row(one, next_, visitor, language) for one, next_ in told]
    document = {"watches": [watch_json(one, next_, visitor) for one, next_ in told]}
    return answer_as(request, form, Table("theo-doi", _COLUMNS, rows, document))


@router.get("/theo-doi/{id_:int}.atom", include_in_schema=False)
def watch_atom(request: Request, id_: int) -> Response:
    """What a watch has found as a feed."""
    context = context_of(request)
    document = feed_of(
        context.engine,
        watch_with(request, id_),
        Registry(context.registry),
        domain=context.config.mail.domain,
    )
    return Response(document, media_type="application/atom+xml")


@router.get("/theo-doi/{id_:int}/thu.{form}", include_in_schema=False)
def mails_as(
    request: Request,
    form: str,
    id_: int,
    after: str | None = None,
    visitor: Visitor = needs(Role.READER),
) -> Response:
    """The mails of a watch as a file."""
    watch, language = watch_with(request, id_), language_of(request)
    with context_of(request).engine.connect().execution_options(diemtin_read=True) as conn:
        page = mails_of_watch(conn, watch.id, limit=MOST_ROWS, after=after)
    rows = [
        mail_row(one.delivery, visitor, language)
        | {"why": [told.title or told.subject for told in one.carried]}
        for one in page.items
    ]
    mails = [mail_json(one.delivery, one.carried, visitor) for one in page.items]
    document = {"total": page.total, "after": page.after, "mails": mails}
    return answer_as(request, form, Table(f"thu-{id_}", _MAIL_COLUMNS, rows, document))


@router.get("/theo-doi/{id_:int}", include_in_schema=False)
def watch_page(
    request: Request, id_: int, after: str | None = None, visitor: Visitor = needs(Role.READER)
) -> Response:
    """One watch: what it asks, who receives, every mail and why it was written."""
    context, language = context_of(request), language_of(request)
    watch = watch_with(request, id_)
    with context.engine.connect().execution_options(diemtin_read=True) as conn:
        told = upcoming(conn, watch, context.registry, now=context.clock())
        page = mails_of_watch(conn, watch.id, limit=_MAILS, after=after)
    mails = [
        mail_row(one.delivery, visitor, language)
        | {"alerts": [alert_row(told, language) for told in one.carried[:_ALERTS]], "count": len(one.carried)}
        for one in page.items
    ]
    return html(
        request,
        "watch.html.j2",
        watch=watch,
        row=watch_row(watch, told, visitor, language),
        people=people_rows(watch, visitor, language),
        page=page,
        mails=mails,
    )


def watch_with(request: Request, id_: int) -> Watch:
    """The watch with this number. Raises NotThere."""
    with context_of(request).engine.connect().execution_options(diemtin_read=True) as conn:
        try:
            return find_watch(conn, id_ if id_ < 2**62 else 0)
        except InvalidInput as error:
            raise NotThere(str(error)) from error
