"""The application: the pages over the store, and the doors behind the links of mails."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from starlette_compress import CompressMiddleware

from crawler.web import api, subscription_pages
from crawler.web.context import WebContext
from crawler.web.errors import add_error_pages
from crawler.web.etag import Etags
from crawler.web.headers import SecureHeaders
from crawler.web.html import STATIC
from crawler.web.routes import (
    article,
    audit_log,
    corpus,
    corrections,
    document,
    entering,
    language,
    mails,
    me,
    meeting,
    meetings,
    province,
    province_map,
    register,
    search,
    sources,
    statistics,
    today,
    watch_making,
    watches,
)
from crawler.web.visitor import is_declared

ROUTERS = (
    today.router,
    search.router,
    article.router,
    corrections.router,
    register.router,
    document.router,
    meetings.router,
    meeting.router,
    province_map.router,
    province.router,
    statistics.router,
    sources.router,
    corpus.router,
    watch_making.router,
    watches.router,
    mails.router,
    entering.router,
    me.router,
    audit_log.router,
    language.router,
    api.router,
    subscription_pages.router,
)
"""All that is answered, but for the files of `static`."""


def make_app(context: WebContext) -> FastAPI:
    """The ASGI application on one store.

    Raises RuntimeError for a route that does not say who may see it: none is open because somebody forgot.
    """
    app = FastAPI(title="diemtin", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.context = context
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    for router in ROUTERS:
        _refuse_undeclared(router)
        app.include_router(router)
    add_error_pages(app)
    app.add_middleware(Etags)
    app.add_middleware(SecureHeaders)
    app.add_middleware(CompressMiddleware, minimum_size=1_000)
    return app


def _refuse_undeclared(router: APIRouter) -> None:
    for route in router.routes:
        if not isinstance(route, APIRoute) or not is_declared(route):
            raise RuntimeError(f"{route}: who may see it? needs(Role.…) or open_to_all()")
