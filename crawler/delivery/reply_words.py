"""What a line a person wrote asks for: to stop, to go on, or nothing we understand.

A line asks to stop when it holds a word for it and beside it only words of courtesy and of what is to stop:
“Dừng”, “xin vui lòng ngừng gửi thư cho tôi, cảm ơn”, “không muốn nhận nữa”. One other word, and a person reads it:
“dừng lại ở huyện Lam Hà …” is prose. Marks count: “đúng rồi” (right), “dùng” (use), “Dũng” (a name) are not “dừng”.
A line typed without any marks is compared without them; “dung” alone is also a name, so not for those who bear it.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from crawler.text.normal import fold, nfc

_Phrases = frozenset[tuple[str, ...]]
_LISTS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_STOP, _NO_MORE = (frozenset(tuple(p.split()) for p in _LISTS[name]) for name in ("stop", "no_more"))
_BESIDE, _AGAINST = (frozenset(_LISTS[name].split()) for name in ("beside", "against"))
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_TOKEN = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
_REPLY = re.compile(r"\s*(?:re|fwd?|tl|trả lời|chuyển tiếp|v/v)\s*(?:\[\d+\])?\s*[:：]\s*", re.IGNORECASE)
_MOST_WORDS = 16
_MOST_TOKENS = 40


def tokens_of(text: str) -> tuple[str, ...]:
    """The tokens in a text, each once, no more of them than a thread of our mails holds."""
    return tuple(dict.fromkeys(_TOKEN.findall(text)))[:_MOST_TOKENS]


def without_tokens(text: str) -> str:
    """A text for others than its reader: who has a token may take its holder off every watch.

    >>> without_tokens("https://tin.example/leave/0123456789abcdef0123456789abcdef")
    'https://tin.example/leave/…'
    """
    return _TOKEN.sub("…", text)


def is_reply(subject: str) -> bool:
    """Whether a subject was made by answering or forwarding; its words are then not its writer's.

    >>> is_reply("Re: dừng"), is_reply("dừng")
    (True, False)
    """
    return _REPLY.match(subject) is not None


def says_stop(line: str, *, writer: str = "") -> bool:
    """Whether a line asks to stop the mails; `writer` is the name in From.

    >>> says_stop("Vui lòng dừng gửi thư, cảm ơn!"), says_stop("Đúng rồi"), says_stop("không, đừng dừng")
    (True, False, False)
    """
    words = _words(line)
    if not 0 < len(words) <= _MOST_WORDS:
        return False
    if line.isascii():
        if words == ["dung"] and "dung" in _words(fold(writer)):
            return False
        return _asks(words, *_FOLDED)
    return _asks(words, _STOP, _BESIDE, _NO_MORE)


def objects(text: str) -> bool:
    """Whether a text holds a word against what a token in it would do."""
    return not _AGAINST.isdisjoint(_words(text))


def _words(line: str) -> list[str]:
    return _WORD.findall(_TOKEN.sub(" ", nfc(line).lower().replace("’", "'")))


def _asks(words: list[str], stop: _Phrases, beside: frozenset[str], no_more: _Phrases) -> bool:
    """One phrase for stopping, and nothing beside it but courtesy."""
    for length in (3, 2, 1):
        for at in range(len(words) - length + 1):
            phrase = tuple(words[at : at + length])
            if phrase in stop:
                rest = words[:at] + words[at + length :]
                more = phrase in no_more and not {"nữa", "nua"}.intersection(rest)
                return not more and beside.issuperset(rest)
    return False


def _folded(phrases: _Phrases) -> _Phrases:
    return frozenset(tuple(map(fold, phrase)) for phrase in phrases)


_FOLDED = _folded(_STOP), frozenset(map(fold, _BESIDE)), _folded(_NO_MORE)
