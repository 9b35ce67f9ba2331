"""JSON as people write it by hand into a page: what can be read is read, and what had to be mended is told.

1. A block that is JSON is read as JSON. So is one that is when its wrapping (a comment of HTML, CDATA, a closing
   semicolon, entities) is taken off.
2. Else it is read mark by mark into a tree that forgives: comments are passed over, a comma too many or too few is
   none, keys and texts may stand in single quotes or in none, a text ends where what follows can follow a text, and
   what is still open at the end is closed there. Several values in a row are several.
3. No mark is looked at twice and nothing recurses: the time grows with the block.
"""

from __future__ import annotations

import html
import json
import re
from typing import Any

_STRICT = json.JSONDecoder(strict=False)
_CDATA = r"//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\["
_END = r"//\s*\]\]>|/\*\s*\]\]>\s*\*/|\]\]>"
_WRAPPING = re.compile(rf"^\s*(?:<!--|-->|{_CDATA}|{_END}|;|//[^\n\"{{}}\[\]]*\n|\ufeff)")
_UNWRAPPING = re.compile(rf"(?:<!--|-->|{_CDATA}|{_END}|;)\s*$")
_MARK = re.compile(r"[{}\[\]:,]|[\"'“”]|/\*|//|[^\s{}\[\]:,\"'“”/]+|/")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_CONTROL = {"n": "\n", "t": "\t", "r": "", "b": "", "f": ""}
_WORDS = {"true": True, "false": False, "null": None}
_MOST = 50_000
"""Marks read of one broken block."""
_DEEP = 60


def read_json(text: str) -> tuple[list[Any], str | None]:
    """The values of a block in their order, and what had to be mended; None where nothing was."""
    if (values := _strict(text)) is not None:
        return values, None
    bare = _unwrapped(text)
    if (values := _strict(bare)) is not None:
        return values, "wrapped"
    if "&quot;" in bare or "&#34;" in bare:
        bare = html.unescape(bare)
        if (values := _strict(bare)) is not None:
            return values, "written with entities"
    values = _Loose(bare).read()
    return values, "broken, read as far as it goes" if values else "not readable"


def _strict(text: str) -> list[Any] | None:
    try:
        return [_STRICT.decode(text.strip())]
    except (ValueError, RecursionError):
        return None


def _unwrapped(text: str) -> str:
    for _ in range(8):
        shorter = _UNWRAPPING.sub("", _WRAPPING.sub("", text, count=1), count=1).strip()
        if shorter == text:
            break
        text = shorter
    return text


class _Loose:
    """One reading, from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._values: list[Any] = []
        self._open: list[Any] = []
        self._key: list[str | None] = []
        """For each open value the key that waits for its value, in an object."""
        self._last: Any = None

    def read(self) -> list[Any]:
        position, budget = 0, _MOST
        while budget and (found := _MARK.search(self._text, position)):
            budget -= 1
            mark, position = found[0], found.end()
            if mark in ("/*", "//"):
                position = self._after_comment(mark, position)
            elif mark in "{[":
                if len(self._open) >= _DEEP:
                    break
                self._begin({} if mark == "{" else [])
            elif mark in "}]":
                self._end(mark)
            elif mark in "\"'“”":
                text, position = self._string(mark, position)
                self._put(text, position)
            elif mark not in ":,/":
                self._put(_scalar(mark), position)
        return self._values

    def _after_comment(self, mark: str, position: int) -> int:
        end = self._text.find("*/" if mark == "/*" else "\n", position)
        return len(self._text) if end < 0 else end + (2 if mark == "/*" else 1)

    def _begin(self, value: Any) -> None:
        self._attach(value)
        self._open.append(value)
        self._key.append(None)

    def _end(self, mark: str) -> None:
        kind = dict if mark == "}" else list
        if any(isinstance(value, kind) for value in self._open):
            while self._open:
                self._key.pop()
                if isinstance(self._open.pop(), kind):
                    break

    def _put(self, value: Any, position: int) -> None:
        """A text or a word: a key where a colon follows, else a value."""
        if self._open and isinstance(self._open[-1], dict) and _COLON.match(self._text, position):
            self._key[-1] = str(value)
            return
        if self._open:
            self._attach(value)

    def _attach(self, value: Any) -> None:
        if not self._open:
            self._values.append(value)
        elif isinstance(self._open[-1], list):
            self._open[-1].append(value)
        elif (key := self._key[-1]) is not None:
            self._open[-1].setdefault(key, value)
            self._key[-1] = None

    def _string(self, quote: str, start: int) -> tuple[str, int]:
        """The text up to the quote after which something follows that can follow a text."""
        closing = '"”“' if quote in '"“”' else "'"
        ends = _ENDS_DOUBLE if closing != "'" else _ENDS_SINGLE
        found = ends.search(self._text, start)
        end, after = (found.start(), found.start() + 1) if found else (len(self._text), len(self._text))
        return _ESCAPE.sub(_unescaped, self._text[start:end]), after


_COLON = re.compile(r"\s*:")
_FOLLOWS = r"(?=\s*(?:[,:}\]]|\Z|/[/*]|[\"'][\w@]{1,40}[\"']\s*:))"
_ENDS_DOUBLE = re.compile(r"(?<!\\)[\"”“]" + _FOLLOWS)
_ENDS_SINGLE = re.compile(r"(?<!\\)'" + _FOLLOWS)


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        char = chr(int(match[1], 16))
        return "" if "\ud800" <= char <= "\udfff" else char
    return _CONTROL.get(match[2], match[2])


def _scalar(word: str) -> Any:
    try:
        return _WORDS[word] if word in _WORDS else int(word) if word.isdecimal() and len(word) < 20 else word
    except ValueError:
        return word
