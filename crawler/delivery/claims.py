"""Who holds a claim on a delivery: a process by name, so that what a killed one had in hand is free at once."""

from __future__ import annotations

import os
import socket
from pathlib import Path


def this_process() -> str:
    """The name under which this process claims deliveries: machine, number, and when it began.

    The number alone is not enough: a container that is started again has the same name and the same numbers.
    """
    return f"{socket.gethostname()}/{os.getpid()}/{_began(os.getpid())}"


def is_alive(holder: str) -> bool:
    """Whether the process behind a claim may still be at work; on another machine only the lease can tell."""
    host, pid, began = (*holder.split("/"), "", "")[:3]
    if host != socket.gethostname() or not pid.isdigit():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return began == _began(int(pid))


def _began(pid: int) -> str:
    """Clock ticks from boot to the start of a process (proc(5), field 22); empty where there is no /proc."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""
