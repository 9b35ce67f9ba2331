"""`diemtin web`: the pages, the API, and the doors behind the links of the mails."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.cli.shell import app, config, notes
from crawler.errors import InvalidInput

if TYPE_CHECKING:
    from crawler.config import Config
    from crawler.store.database import Engine

Host = Annotated[
    str,
    typer.Option(
        help="Địa chỉ để nghe; đặt máy chủ HTTPS phía trước. Address to listen on; put a proxy with HTTPS before it."
    ),
]
Port = Annotated[
    int, typer.Option(min=0, max=65_535, help="Cổng; 0 là cổng trống bất kỳ. 0 takes a free one.")
]
PORT = 8472
_EVERY = ("0.0.0.0", "::", "")
"""Hosts that name no address at which a browser could ask."""


@app.command()
def web(host: Host = "127.0.0.1", port: Port = PORT) -> None:
    """Mở trang web, và trang ngừng nhận, xác nhận thư, tới khi dừng. Serve the pages until SIGTERM."""
    serve_pages(config(), host=host, port=port, ready=say_address)


def say_address(address: str) -> None:
    """Where the pages are, on stderr."""
    notes.print(f"diemtin web: {address}/ Dừng: Ctrl-C hoặc SIGTERM.", markup=False)


def serve_pages(settings: Config, *, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM; `ready` is told the address. Raises InvalidInput where that cannot be, or should not."""
    from crawler.store.database import open_database
    from crawler.web.app import make_app
    from crawler.web.context import WebContext
    from crawler.web.rate_limit import RateLimit
    from crawler.web.serve import address_of, is_loopback, listen, serve
    from crawler.web.sign_in_desk import SignInDesk

    engine = open_database(settings.url)
    refuse_open_house(settings, engine, host)
    opened = listen(host, port)
    address, public = address_of(opened), settings.mail.web
    context = WebContext(
        engine=engine,
        registry=settings.registry(),
        config=settings,
        clock=settings.clock,
        limits=RateLimit(),
        local=is_loopback(host) and (public is None or is_loopback(public)),
        desk=SignInDesk(engine, settings.mail, settings.outbox, web=public or address, clock=settings.clock),
        secure=(public or "").startswith("https:"),
    )
    serve(make_app(context), opened, ready=lambda: ready(address))


def refuse_open_house(settings: Config, engine: Engine, host: str) -> None:
    """Raises InvalidInput where the pages would stand open to other machines and nobody could enter them."""
    from crawler.store.people import has_people
    from crawler.web.serve import is_loopback

    if is_loopback(host):
        return
    with engine.connect() as connection:
        known = has_people(connection)
    if not known:
        raise InvalidInput(
            f"--host {host}: máy khác sẽ tới được trang, mà chưa ai có tên trong danh sách. Thêm người trước: "
            "diemtin user add ĐỊA-CHỈ --role operator; chỉ dùng trên máy này thì bỏ --host / "
            "other machines could reach the pages and nobody could enter: diemtin user add ADDRESS --role operator, "
            "or leave --host out"
        )
    if host in _EVERY and settings.mail.web is None:
        raise InvalidInput(
            f"--host {host}: chưa biết người ta gõ địa chỉ nào để vào; đặt [mail] web (DIEMTIN_MAIL__WEB), như "
            "https://tin.tinh.example / set [mail] web to the address that people type"
        )
