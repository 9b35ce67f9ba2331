"""A command beside the daemon, in a process of its own: started again when it dies, ended when the daemon ends."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from crawler.config import Config
from crawler.crawl.start import start_child, stop

logger = logging.getLogger(__name__)

FIRST_WAIT = 1.0
"""Seconds before a command that died is started again; each time it dies young they double."""
LONGEST_WAIT = 60.0
STEADY_SECONDS = 60.0
"""Who ran this long died of something new."""
LOOK_SECONDS = 0.2
"""How often it is looked after."""


def keep_running(
    config: Config, command: Sequence[str], *, stopping: threading.Event, say: Callable[[str], None]
) -> None:
    """Run a command of diemtin (its arguments) until `stopping` is set; `say` is told in a line of each death."""
    wait = FIRST_WAIT
    while not stopping.is_set():
        began = time.monotonic()
        why = _one_life(config, command, stopping)
        if stopping.is_set():
            return
        wait = FIRST_WAIT if time.monotonic() - began > STEADY_SECONDS else wait
        name = " ".join(command[:1])
        logger.error("diemtin %s ended (%s); it is started again in %g s", name, why, wait)
        say(f"diemtin {name} đã dừng ({why}), mở lại sau {wait:g} giây")
        stopping.wait(wait)
        wait = min(2 * wait, LONGEST_WAIT)


def _one_life(config: Config, command: Sequence[str], stopping: threading.Event) -> str:
    """Start it and wait for its end or for ours; how it ended."""
    try:
        child = start_child(config, command)
    except OSError as error:  # no memory, no process left: another time
        return str(error.strerror or error)
    while child.poll() is None and not stopping.wait(LOOK_SECONDS):
        pass
    stop(child)
    return f"mã {child.returncode}"
