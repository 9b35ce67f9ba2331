"""Patterns that begin or end with one of many words, looked for where those words stand."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from ahocorasick_rs import AhoCorasick


class Opened:
    """A pattern of which every match begins with one of `openings`, a rare sight in most texts.

    The expression engine tries every alternative at every place of a text; one Aho-Corasick pass is 20 times as fast.

    >>> pattern = Opened(r"(?<!\\w)(?:kỳ họp|họp)(?! báo)", ["kỳ họp", "họp"])
    >>> [m.group() for m in pattern.finditer("họp báo trước kỳ họp, sau đó họp")]
    ['kỳ họp', 'họp']
    """

    def __init__(self, pattern: str, openings: Collection[str]) -> None:
        self.pattern = re.compile(pattern)
        self._automaton = AhoCorasick(openings)

    def places(self, text: str) -> list[int]:
        """Where a match may begin, in order."""
        found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        return sorted({start for _, start, _ in found})

    def finditer(self, text: str, start: int = 0, end: int | None = None) -> Iterator[re.Match[str]]:
        """What `pattern.finditer(text, start, end)` gives."""
        end = len(text) if end is None else end
        whole = start == 0 and end == len(text)
        free = start
        for place in self.places(text if whole else text[start:end]):
            if start + place >= free and (match := self.pattern.match(text, start + place, end)):
                yield match
                free = match.end()


class Ended:
    """A pattern of which every match ends with the text, on one of `endings` or a digit, spaces aside.

    The expression engine goes through the whole text before it finds that the end is another.

    >>> pattern = Ended(r"(?:mừng|trước) (?:các )?$", ["mừng", "trước", "các"])
    >>> bool(pattern.search("chào mừng các ")), pattern.search("chào mừng đại hội ")
    (True, None)
    """

    def __init__(self, pattern: str, endings: Iterable[str]) -> None:
        self.pattern = re.compile(pattern)
        self._endings = tuple(endings)

    def search(self, text: str) -> re.Match[str] | None:
        """What `pattern.search(text)` gives."""
        stripped = text.rstrip()
        if stripped.endswith(self._endings) or stripped[-1:].isdecimal():
            return self.pattern.search(text)
        return None
