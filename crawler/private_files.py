"""Files that hold addresses, secrets or what people asked for: nobody but their owner may read them.

They are made with their mode, not given it afterwards: there is no moment in which another could open them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

_OTHERS = 0o077


def private_folder(path: Path) -> Path:
    """The folder, made with what is missing above it for its owner alone; one that is there stays as it is."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
    if not missing and not path.is_dir():
        path.mkdir()  # raises that something else stands there
    return path


def private_file(path: Path) -> BinaryIO:
    """The file, empty and open for writing, for its owner alone; one that is there becomes so."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(descriptor, 0o600)
    return os.fdopen(descriptor, "wb")


def open_to_others(*paths: Path) -> list[Path]:
    """Those of the paths that are there and that others than their owner may read or write."""
    return [path for path in paths if path.exists() and path.stat().st_mode & _OTHERS]
