"""The store behind a command: a command that reads makes none, and one that is empty says how to fill it."""

from __future__ import annotations

import atexit
import gc
from typing import TYPE_CHECKING

from crawler.cli.shell import notes
from crawler.private_files import open_to_others

if TYPE_CHECKING:
    from crawler.config import Config
    from crawler.store.database import Engine


def store_to_read(settings: Config) -> Engine:
    """The store as it is; raises NoStore where there is none, and never writes."""
    from crawler.store.database import open_database_to_read

    # The collector's last look at all that was imported takes a tenth of a second. Only where nothing is written: a
    # connection in a circle would not be closed, and leave a writer's log beside the store.
    atexit.register(gc.freeze)
    return open_database_to_read(settings.url)


def store_to_change(settings: Config) -> Engine:
    """The store for a command that changes what is there; raises NoStore where there is none."""
    from crawler.store.database import open_existing

    return open_existing(settings.url)


def tell_if_empty(engine: Engine) -> bool:
    """Say on stderr that nothing has been collected yet, and what to do; whether that is so."""
    from crawler.store import overview

    if not overview.is_empty(engine):
        return False
    notes.print(
        "Kho chưa có bài nào. Thu thập: diemtin crawl; chạy thường trực: diemtin run; thử: diemtin demo / "
        "the store holds no article yet; fill it with `diemtin crawl`",
        markup=False,
    )
    return True


def warn_of_open_files(settings: Config) -> bool:
    """Say on stderr which files with addresses and secrets others can read, and how to close them."""
    found = open_to_others(settings.data, settings.data / "diemtin.toml", settings.data / "diemtin.db")
    for path in found:
        mode = "700" if path.is_dir() else "600"
        notes.print(
            f"{path}: người khác trên máy đọc được, mà trong đó có địa chỉ và mật khẩu; chạy: chmod {mode} {path} / "
            f"others on this machine can read it; run: chmod {mode} {path}",
            markup=False,
        )
    return bool(found)
