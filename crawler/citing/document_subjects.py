"""What a document is about, from the words behind its mention: `… về nâng cao …`, `… “Một số vấn đề …”`.

A subject in quotes ends with them. One behind "về" ends where its sentence goes on: (1) at a verb or another word of
the list ("… đã", "… đặt mục tiêu"), (2) at a comma behind which a clause begins (", các chi bộ …"), (3) at "vào" of
what is brought somewhere ("đưa Nghị quyết … vào cuộc sống"), (4) at its full stop; that of "TP." and "4.0" is none.
"""

from __future__ import annotations

import re

from crawler.citing.mention import Mention
from crawler.citing.type_words import CITATION_WORDS
from crawler.text.abbreviations import LEVEL_DOTS
from crawler.text.unaccented import PressText, accented, any_of, printed_in

WORDS = rf"(?:(?<![a-z0-9]){LEVEL_DOTS}|(?<=[0-9])\.(?=[0-9])|[^.;:\n\"])"
"""A pattern for one character of a subject: any but a stop; those of abbreviations and figures are none."""
_SUBJECT = re.compile(rf"[ ,]{{0,3}}(?:(?P<about>ve(?: viec)? )\"?|\")(?P<words>{WORDS}{{4,220}})")
_NO_END = r" doi(?![a-z])| nguon| cho(?![a-z])| co so"
"""`theo dõi` and `tại nguồn`, `tại cơ sở` are words of a subject."""
_LISTS = CITATION_WORDS["subject"]
_ENDS = re.compile(
    rf"(?:,? (?<!khong )(?<!chua )(?<!lam )(?P<word>{any_of(_LISTS['ends'])})(?![a-z])(?!{_NO_END})|,? ngay [0-9])"
)
_CLAUSE = re.compile(rf", (?P<word>{any_of(_LISTS['clauses'])})(?![a-z])")
_ACTED = re.compile(
    rf", (?:{any_of(_LISTS['actors'])})(?: [a-z0-9.]{{1,10}}){{0,3}}? (?P<word>{any_of(_LISTS['acts'])})(?![a-z])"
)
_INTO = re.compile(r" (?P<word>vao)(?![a-z])")
_CARRIED = re.compile(rf"(?<![a-z])(?:{any_of(_LISTS['carried'])}) (?:cac |nhung )?\Z")
_LISTED = re.compile(r"(?:[,;]| va)(?: cac)? \Z")
_END_WORDS = accented(_LISTS["ends"])
_CLAUSE_WORDS = accented(_LISTS["clauses"])
_INTO_WORDS = accented(["vào"])
_ACT_WORDS = accented(_LISTS["acts"])
_CUTS = ((_ENDS, _END_WORDS), (_CLAUSE, _CLAUSE_WORDS), (_ACTED, _ACT_WORDS), (_INTO, _INTO_WORDS))


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
        end = subject_end(text, mention, start, end)
    return _trim(text.slice(start, end))


def subject_end(text: PressText, mention: Mention, start: int, end: int) -> int:
    """Where a subject that begins at `start` ends: `end`, or where the sentence goes on before."""
    carried = _CARRIED.search(text.key, max(0, mention.start - 24), mention.start)
    ends = [end]
    for pattern, words in _CUTS if carried else _CUTS[:-1]:
        # Only with its accents: `đang` ends a subject, `Đảng` does not.
        cuts = (
            cut.start()
            for cut in pattern.finditer(text.key, start, end)
            if cut["word"] is None or printed_in(text, *cut.span("word"), words)
        )
        ends.append(next(cuts, end))
    return min(ends)


def _trim(printed: str) -> str | None:
    words = " ".join(printed.split()).strip(' ,-“”"')
    return words.removesuffix(" và").rstrip(" ,") or None
