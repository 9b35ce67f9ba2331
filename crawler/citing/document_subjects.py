"""What a document is about, from the words behind its mention: `… về nâng cao …`, `… “Một số vấn đề …”`."""

from __future__ import annotations

import re

from crawler.citing.mention import Mention
from crawler.citing.press_text import PressText, accented, any_of, printed_in
from crawler.citing.type_words import CITATION_WORDS

_SUBJECT = re.compile(r"[ ,]{0,3}(?:(?P<about>ve(?: viec)? )\"?|\")(?P<words>[^.;:\n\"]{4,200})")
_SUBJECT_END = re.compile(
    rf"(?:,? (?<!khong )(?<!chua )(?P<word>{any_of(CITATION_WORDS['subject']['ends'])})(?![a-z])|,? ngay [0-9])"
)
_LISTED = re.compile(r"(?:[,;]| va)(?: cac)? \Z")
_SUBJECT_ENDS = accented(CITATION_WORDS["subject"]["ends"])


def subject(text: PressText, mention: Mention, following: int | None) -> str | None:
    """The document's subject as printed behind it, after "về" or in quotes; None where neither follows."""
    if mention.subject is not None:
        return _trim(mention.subject)
    match = _SUBJECT.match(text.key, mention.tail)
    if match is None:
        return None
    start, end = match.span("words")
    if text.key[start - 1] == '"' and not (
        match["about"] or text.key[start - 2 : start - 1].strip() in ("", ":")
    ):
        return None  # a closing quotation mark
    if following is not None and start < following < end and _LISTED.search(text.key, start, following):
        end = following
    if match["about"] and text.key[start - 1] != '"':
        for cut in _SUBJECT_END.finditer(text.key, start, end):
            # Only with its accents: `đang` ends a subject, `Đảng` does not.
            if cut["word"] is None or printed_in(text, *cut.span("word"), _SUBJECT_ENDS):
                end = cut.start()
                break
    return _trim(text.slice(start, end))


def _trim(printed: str) -> str | None:
    words = " ".join(printed.split()).strip(' ,-“”"')
    return words.removesuffix(" và").rstrip(" ,") or None
