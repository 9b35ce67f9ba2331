"""Theo dõi: a watch tried before it is saved, made, edited, paused, resumed, taken away, and its hits marked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from crawler.dates.zones import VIETNAM
from crawler.delivery.backtest import DAYS, Backtest, backtest
from crawler.delivery.watch_desk import WatchDesk
from crawler.errors import InvalidInput, InvalidQuery
from crawler.query.parser import parse
from crawler.query.unknown import unknown_values
from crawler.source import PROVINCES
from crawler.web.asked import day_asked
from crawler.web.context import context_of
from crawler.web.form import checked_form, field
from crawler.web.html import html, language_of
from crawler.web.routes.watches import watch_with
from crawler.web.table import Table, answer_as
from crawler.web.visitor import Role, Visitor, needs
from crawler.web.watch_form import RHYTHMS, SCOPES, TRIED, WatchForm, form_of, form_sent
from crawler.web.watch_rows import backtest_values, people_rows

router = APIRouter(dependencies=[needs(Role.READER)])
_LONGEST = 3_650
"""Days: ten years."""


@router.get("/theo-doi/thu-nghiem.json", include_in_schema=False)
def tried_json(request: Request, q: str = "", pham_vi: str = "story", so_ngay: int = DAYS) -> Response:
    """What a query would have brought, for a program."""
    return answer_as(request, "json", Table("thu", (), (), _tried(request, q, pham_vi, so_ngay).to_json()))


@router.get("/theo-doi/moi", include_in_schema=False)
def new(
    request: Request, q: str | None = None, pham_vi: str = "story", so_ngay: int = DAYS,
    visitor: Visitor = needs(Role.EDITOR),
) -> Response:  # fmt: skip
    """A watch to be: first a query, which is tried; then the rest of it."""
    form = WatchForm(query=(q or "").strip(), scope=pham_vi, to=visitor.address or "")
    return _form_page(request, form, so_ngay, visitor, asked=q is not None)


@router.post("/theo-doi/moi", include_in_schema=False)
def make(
    request: Request, sent: FormData = checked_form(), visitor: Visitor = needs(Role.EDITOR)
) -> Response:
    """Save it, and show it; what is wrong is said over the form as it was sent."""
    form = form_sent(sent)
    try:
        watch, _ = _desk(request, visitor).make(
            addresses=form.addresses,
            name=form.name or None,
            ask=_asks(form, visitor),
            force=form.force,
            **form.wish,
        )
    except InvalidInput as error:
        return _form_page(request, form, DAYS, visitor, asked=True, error=error)
    return _to(watch.id)


@router.get("/theo-doi/{id_:int}/thu-nghiem", include_in_schema=False)
def try_saved(request: Request, id_: int, so_ngay: int = DAYS) -> Response:
    """A saved watch tried on the past, with the hits that people marked."""
    watch = watch_with(request, id_)
    result = _tried(request, str(watch.id), None, so_ngay, saved=True)
    return html(request, "watch_test.html.j2", watch=watch, tried=_shown(request, result), so_ngay=so_ngay)


@router.post("/theo-doi/{id_:int}/danh-dau", include_in_schema=False)
def mark(
    request: Request, id_: int, sent: FormData = checked_form(), visitor: Visitor = needs(Role.EDITOR)
) -> Response:
    """Say of a hit that it is right or wrong: it becomes the regression test of the watch."""
    url = field(sent, "url")
    side = "right" if field(sent, "right") == "1" else "wrong"
    _desk(request, visitor).mark(watch_with(request, id_).id, **{side: [url]})
    return RedirectResponse(f"/theo-doi/{id_}/thu-nghiem", status_code=303)


@router.get("/theo-doi/{id_:int}/sua", include_in_schema=False)
def edit(request: Request, id_: int, visitor: Visitor = needs(Role.EDITOR)) -> Response:
    """The form of a saved watch."""
    return _edit_page(request, id_, form_of(watch_with(request, id_)), visitor)


@router.post("/theo-doi/{id_:int}/sua", include_in_schema=False)
def change(
    request: Request, id_: int, sent: FormData = checked_form(), visitor: Visitor = needs(Role.EDITOR)
) -> Response:
    """Save the changes, and show the watch."""
    watch, form = watch_with(request, id_), form_sent(sent)
    same = form_of(watch).wish
    changes = {name: value for name, value in form.wish.items() if value != same[name]}
    try:
        _desk(request, visitor).change(
            watch.id, changes, name=form.name or None, add=form.addresses, drop=form.drop,
            ask=_asks(form, visitor) and bool(form.addresses), force=form.force,
        )  # fmt: skip
    except InvalidInput as error:
        return _edit_page(request, id_, form, visitor, error=error)
    return _to(watch.id)


@router.post("/theo-doi/{id_:int}/tam-dung", include_in_schema=False)
def pause(
    request: Request, id_: int, sent: FormData = checked_form(), visitor: Visitor = needs(Role.EDITOR)
) -> Response:
    """Send nothing for a while."""
    day = day_asked("den", field(sent, "den"))
    until = datetime.combine(date.fromisoformat(day), time(), VIETNAM) if day else None
    _desk(request, visitor).pause(watch_with(request, id_).id, until=until)
    return _to(id_)


@router.post("/theo-doi/{id_:int}/mo-lai", include_in_schema=False)
def resume(
    request: Request, id_: int, sent: FormData = checked_form(), visitor: Visitor = needs(Role.EDITOR)
) -> Response:
    """Send again."""
    _desk(request, visitor).resume(watch_with(request, id_).id, forget=field(sent, "forget") == "1")
    return _to(id_)


@router.get("/theo-doi/{id_:int}/xoa", include_in_schema=False, dependencies=[needs(Role.EDITOR)])
def ask_to_remove(request: Request, id_: int) -> Response:
    """Whether it shall really go."""
    return html(request, "watch_remove.html.j2", watch=watch_with(request, id_))


@router.post("/theo-doi/{id_:int}/xoa", include_in_schema=False, dependencies=[checked_form()])
def remove(request: Request, id_: int, visitor: Visitor = needs(Role.EDITOR)) -> Response:
    """Take it away; its history stays."""
    _desk(request, visitor).remove(watch_with(request, id_).id)
    return RedirectResponse("/theo-doi", status_code=303)


# ---- inside ----------------------------------------------------------------------------------------------------


def _desk(request: Request, visitor: Visitor) -> WatchDesk:
    context = context_of(request)
    settings = context.config
    return WatchDesk(
        context.engine, context.registry, settings.mail, visitor.who, context.clock(), settings.allow_private
    )


def _asks(form: WatchForm, visitor: Visitor) -> bool:
    """Whether new people are asked first: an operator's word is enough, nobody else's is."""
    return form.ask or visitor.role < Role.OPERATOR


def _to(id_: int) -> Response:
    return RedirectResponse(f"/theo-doi/{id_}", status_code=303)


def _tried(request: Request, query: str, scope: str | None, days: int, *, saved: bool = False) -> Backtest:
    context = context_of(request)
    if not 1 <= days <= _LONGEST:
        raise InvalidInput(f"so_ngay={days}: hãy dùng 1 tới {_LONGEST} / use 1 to {_LONGEST} days")
    return backtest(
        context.engine,
        query,
        now=context.clock(),
        days=days,
        scope=scope,
        sources=context.registry,
        saved=saved,
    )


def _shown(request: Request, result: Backtest) -> Mapping[str, Any]:
    context = context_of(request)
    remarks = unknown_values(parse(result.query, allow_empty=True), context.registry)
    return backtest_values(result, context.registry, language_of(request)) | {"remarks": remarks}


def _form_page(
    request: Request,
    form: WatchForm,
    days: int,
    visitor: Visitor,
    *,
    asked: bool,
    error: InvalidInput | None = None,
) -> Response:
    """The page on which a watch is tried and made; a query that is wrong is not tried."""
    tried = None
    if asked and not isinstance(error, InvalidQuery) and form.scope in TRIED:
        try:
            tried = _shown(request, _tried(request, form.query, form.scope, days))
        except InvalidInput as wrong:
            error = error or wrong
    return html(
        request, "watch_new.html.j2", status=400 if error else 200, form=form, tried=tried, error=error,
        asked=asked, so_ngay=days, watch=None, people=(), **_choices(request, visitor),
    )  # fmt: skip


def _edit_page(
    request: Request, id_: int, form: WatchForm, visitor: Visitor, *, error: InvalidInput | None = None
) -> Response:
    watch = watch_with(request, id_)
    return html(
        request, "watch_edit.html.j2", status=400 if error else 200, form=form, error=error, watch=watch,
        people=people_rows(watch, visitor, language_of(request)), **_choices(request, visitor),
    )  # fmt: skip


def _choices(request: Request, visitor: Visitor) -> dict[str, Any]:
    own = {source.province for source in context_of(request).registry.values()}
    return {
        "scopes": SCOPES, "rhythms": RHYTHMS, "provinces": sorted({*PROVINCES, *own}),
        "may_skip_asking": visitor.role >= Role.OPERATOR,
    }  # fmt: skip
