"""Bad lines of a file: each is told where the others are good; a file of the wrong kind is told once."""

from __future__ import annotations

from pathlib import Path

import typer

from crawler.cli.shell import notes
from crawler.errors import InvalidInput
from crawler.messages import at_line

_WRONG_FILE = 20
"""So many bad lines before any good one: it is another kind of file."""


class Complaints:
    """What is wrong with the lines of one file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._early: list[tuple[int, str]] = []
        self._good = False
        self._bad = 0

    def bad_line(self, number: int, why: str) -> None:
        """Take note of a bad line. Raises InvalidInput where no line at all seems to be good."""
        self._bad += 1
        if self._good:
            self._tell(number, why)
            return
        self._early.append((number, why))
        if len(self._early) >= _WRONG_FILE:
            self._refuse()

    def good_line(self) -> None:
        """A line was read: the bad ones before it are told now."""
        if not self._good:
            self._good = True
            for number, why in self._early:
                self._tell(number, why)

    def end(self) -> None:
        """The file is at its end: exit 1 where lines were bad, InvalidInput where all were."""
        if self._bad and not self._good:
            self._refuse()
        if self._bad:
            notes.print(f"{self._bad} dòng sai / {self._bad} bad lines")
            raise typer.Exit(1)

    def _tell(self, number: int, why: str) -> None:
        notes.print(f"{self._file}: {at_line(number, why)}", markup=False)

    def _refuse(self) -> None:
        number, why = self._early[0]
        vietnamese, _, english = at_line(number, why).partition(" / ")
        raise InvalidInput(
            f"{self._file}: không phải tệp đúng dạng, không dòng nào đọc được; {vietnamese} / "
            f"no line of it can be read, it is another kind of file; {english}"
        )
