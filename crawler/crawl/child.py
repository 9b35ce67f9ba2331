"""A command that ends with the process that started it: `python -m crawler.crawl.child crawl …`.

Its standard input is a pipe whose other end the daemon holds. When the daemon is gone, however it went, the pipe
closes and the crawl stops: else the next daemon would crawl the same sources beside it.
"""

from __future__ import annotations

import os
import runpy
import signal
import threading

STOP_SECONDS = 10
"""What a crawl gets to finish its pages after SIGTERM; everything it owes is in the store anyway."""


def _follow() -> None:
    while os.read(0, 1):
        pass  # nothing is ever written
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(STOP_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    threading.Thread(target=_follow, name="tether", daemon=True).start()
    runpy.run_module("crawler", run_name="__main__")
