"""The quick key of what is read out of pages: for words that are compared with lists, never stored."""

from __future__ import annotations

import re
import unicodedata
from string import ascii_lowercase

from crawler.text.charmap import MARKED
from crawler.text.normal import stream_safe


def plain(text: str) -> str:
    """The quick key: lower-case ASCII, no marks, single spaces (`crawler.text.normal.fold` in C speed).

    >>> plain("Ý KIẾN  BẠN ĐỌC (3)")
    'y kien ban doc (3)'
    """
    text = text.lower().replace("đ", "d")
    # A translation looks every letter up in a table; most lines have nothing for it.
    if _TYPOGRAPHY.search(text):
        text = text.translate(_TO_ASCII)
    key = text if text.isascii() else _unmarked(text)
    return key.strip() if key.isprintable() and "  " not in key else " ".join(key.split())


def _unmarked(text: str) -> str:
    return unicodedata.normalize("NFD", stream_safe(text)).encode("ascii", "ignore").decode()


def first_word(text: str) -> str | None:
    """The first word of `plain(text)` at a fraction of its cost; None where it takes the whole key to tell.

    >>> first_word("» Lượt xem: 1.501"), first_word("12/9 ở Hạ Lương"), first_word("L•ượt xem")
    ('luot', None, None)
    """
    found = _WORD.search(text)
    if found is None or not text.isprintable():
        return None
    end = found.end()
    if (
        end < len(text) and text[end] > "\x7f"
    ):  # a mark, or what the key leaves out: the word may go on behind it
        return None
    word = found[0].lower()
    if word.isascii():
        return word if word.isalpha() else None
    try:
        return "".join(map(_BASE.__getitem__, word))
    except KeyError:
        return None


_TO_ASCII = str.maketrans("ð–—−‑\u00a0“”‘’…", "d---- \"\"''.")
_TYPOGRAPHY = re.compile(f"[{''.join(map(chr, _TO_ASCII))}]")
_WORD = re.compile(r"[^\W_]+")
_BASE = {letter: plain(letter) for letter in (*MARKED, *ascii_lowercase)}
