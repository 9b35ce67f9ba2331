"""`diemtin web`: the pages behind the links of the mails."""

from __future__ import annotations

from typing import Annotated

import typer

from crawler.cli.shell import app, config, notes


@app.command()
def web(
    host: Annotated[
        str, typer.Option(help="Address to listen on; put a proxy with HTTPS before it.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")] = 8472,
) -> None:
    """Mở trang ngừng nhận và xác nhận thư, tới khi dừng. Serve the pages to leave and to confirm, until SIGTERM."""
    from crawler.store.database import open_database
    from crawler.web.doors import make_app
    from crawler.web.serve import serve

    settings = config()
    engine = open_database(settings.url)
    if settings.mail.web is None:
        notes.print("Chưa đặt [mail] web: thư chưa có liên kết tới trang này.", markup=False)
    serve(
        make_app(engine, clock=settings.clock),
        host=host,
        port=port,
        ready=lambda address: notes.print(f"diemtin web: {address} Dừng: Ctrl-C hoặc SIGTERM.", markup=False),
    )
