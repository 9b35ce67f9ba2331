"""The labelled lines that come with the package: what the topic model learns from, and is judged by in folds."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from crawler.errors import InvalidInput
from crawler.messages import at_line

SHIPPED = Path(__file__).with_name("lines")
OURS = "?"
"""Stands for the topics of a line that is about Party-building work, where its writer did not say which."""


@dataclass(frozen=True, slots=True)
class Line:
    """One labelled headline with its lead."""

    title: str
    lead: str
    topics: frozenset[str]
    """Empty: not about Party-building work, unless `ours`."""
    ours: bool
    """About Party-building work."""
    text: str | None = None

    @property
    def labelled(self) -> bool:
        """Whether its topics are said: a line may only say that it is ours."""
        return bool(self.topics) or not self.ours

    def fold(self, folds: int) -> int:
        """The part it belongs to, by its words alone: the same on every machine and in every order."""
        digest = sha256(f"{self.title}|{self.lead}".encode()).digest()
        return int.from_bytes(digest[:4], "big") % folds


def shipped_lines(known: Collection[str], files: str = "*.txt") -> tuple[Line, ...]:
    """All lines of the package in the order of their files, each once. Raises InvalidInput naming what is wrong."""
    found = {line: None for file in sorted(SHIPPED.glob(files)) for line in read_lines(file, known)}
    return tuple(found)


def read_lines(file: Path, known: Collection[str]) -> Iterator[Line]:
    """The lines `title|lead|topics` of a file; `known` are the topics there are."""
    for number, row in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not row or row.startswith("#"):
            continue
        parts = row.split("|")
        if len(parts) != 3:
            raise InvalidInput(f"{file}: {at_line(number, 'cần title|lead|topics / three parts are needed')}")
        title, lead, said = parts
        topics = frozenset(said.split()) - {OURS}
        if unknown := sorted(topics - set(known)):
            raise InvalidInput(f"{file}: {at_line(number, f'không có chủ đề / no topic {unknown[0]}')}")
        yield Line(title, lead, topics, bool(said.strip()))
