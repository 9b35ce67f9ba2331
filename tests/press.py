"""A crawl as the daemon runs it: a child process, its settings in the environment, the press on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Desk:
    """A data folder, the rows of a press, and the time."""

    data: Path
    rows: Path
    now: datetime
    workers: int = 1
    database_url: str | None = None

    def environment(self, now: datetime | None = None) -> dict[str, str]:
        """Only what a crawl needs: nothing of the caller's own DIEMTIN_* settings."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("DIEMTIN_")}
        env |= {
            "DIEMTIN_DATA": str(self.data),
            "DIEMTIN_SOURCES": str(self.rows),
            "DIEMTIN_SHIPPED_SOURCES": "0",
            "DIEMTIN_ALLOW_PRIVATE": "1",
            "DIEMTIN_WORKERS": str(self.workers),
            "DIEMTIN_NOW": (now or self.now).isoformat(),
        }
        if self.database_url:
            env["DIEMTIN_DATABASE_URL"] = self.database_url
        return env

    def start(self, *arguments: str, now: datetime | None = None) -> subprocess.Popen[bytes]:
        """A command in the background."""
        return subprocess.Popen(
            [sys.executable, "-m", "crawler", *arguments],
            env=self.environment(now),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def run(self, *arguments: str, now: datetime | None = None, ok: tuple[int, ...] = (0,)) -> str:
        """A command to its end; its standard output. Fails with its standard error on another exit code."""
        done = subprocess.run(
            [sys.executable, "-m", "crawler", *arguments],
            env=self.environment(now),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
        )
        assert done.returncode in ok, done.stderr.decode()[-3000:]
        return done.stdout.decode()

    def json(self, *arguments: str, now: datetime | None = None, ok: tuple[int, ...] = (0,)) -> Any:
        """A command's one JSON document."""
        return json.loads(self.run(*arguments, "--json", now=now, ok=ok))

    def json_lines(self, name: str) -> list[Any]:
        """The store as an exported corpus."""
        out = self.data / "exports" / name
        self.run("export", "jsonl", "--out", str(out))
        lines = (out / "articles.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def crawl(self, *sources: str, now: datetime | None = None) -> Any:
        """One crawl; the bot wall of the demo press makes it exit 1."""
        return self.json("crawl", *sources, now=now, ok=(0, 1))
