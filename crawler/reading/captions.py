"""Captions and their credits as Vietnamese newspapers print them."""

from __future__ import annotations

import re

from crawler.article import Caption
from crawler.text.letters import CAPITAL, DASH
from crawler.text.sentences import ENDING

_LABEL = (
    r"(?:Ảnh(?:\s+(?:minh\s+h[oọ]ạ?|tư\s+liệu|chụp\s+màn\s+hình|cắt\s+từ\s+clip|CTV|internet))?"
    r"|Nguồn(?:\s+ảnh)?|Đồ\s+h[oọ]ạ?|Photo|Nguồn\s+clip|Clip|Tranh|Hình(?:\s+ảnh)?|Bài\s+và\s+ảnh|Tin,\s*ảnh)"
)
_CREDIT = re.compile(
    rf"(?P<open>[\(\[])?\s*(?<!\w)(?P<label>{_LABEL})\s*[:：]\s*(?P<who>[^\n()\[\]]{{1,80}}?)\s*(?(open)[\)\]])\s*\.?\s*$",
    re.IGNORECASE,
)
_CREDIT_LINE = re.compile(
    rf"^[\s(\[*–-]*{_LABEL}\s*(?:[:：]\s*|(?=\s[A-ZĐ]))(?P<who>.{{1,80}}?)[\s)\]]*\.?$", re.IGNORECASE
)
_NAME = rf"[{CAPITAL}][\w.]*"
_CREDIT_BARE = re.compile(
    rf"(?:(?P<open>[\(\[])\s*|(?<=[{ENDING}”\"])\s+|\s*[{DASH}/|]\s*)(?=[{CAPITAL}])(?i:{_LABEL})\s+"
    rf"(?P<who>{_NAME}(?:[ \-–/,]+{_NAME}){{0,7}})\s*(?(open)[\)\]])\s*\.?\s*$"
)
"""A label without its colon, behind a sentence's end, in brackets or behind a dash, and then names alone."""
_CREDIT_NESTED = re.compile(
    rf"[\(\[]\s*(?:{_LABEL})\s*[:：]\s*(?P<who>[^\n()\[\]]{{1,60}}\([^\n()\[\]]{{1,30}}\))\s*[\)\]]\s*\.?\s*$",
    re.IGNORECASE,
)
"""`(Ảnh: Mai Lan (CTV))`."""
_JOINER = re.compile(rf"[{DASH}\s|/]+$")


def is_credit(text: str) -> bool:
    """Whether a line is a photo credit and nothing else.

    >>> is_credit("Ảnh: TTXVN phát"), is_credit("Ảnh hưởng của bão")
    (True, False)
    """
    return len(text) <= 100 and ":" in text and "\n" not in text and _CREDIT_LINE.match(text) is not None


def has_credit(text: str) -> bool:
    """Whether a text ends in a photo credit."""
    return (":" in text or "：" in text) and _CREDIT.search(text) is not None


def parse_caption(text: str, marked_credit: str | None = None) -> Caption:
    """A printed caption as text and credit: the text without its credit, however that was printed.

    The credit may stand on a line or in an element of its own (`marked_credit`), in brackets, or run on in the
    caption's sentence.

    >>> parse_caption("Quang cảnh hội nghị.\\nẢnh: P.V")
    Caption(text='Quang cảnh hội nghị.', credit='P.V')
    >>> parse_caption("Quang cảnh hội nghị - Ảnh: P.V")
    Caption(text='Quang cảnh hội nghị', credit='P.V')
    >>> parse_caption("Quang cảnh hội nghị. Ảnh Mai Lan")
    Caption(text='Quang cảnh hội nghị.', credit='Mai Lan')
    """
    lines = text.split("\n")
    if len(lines) > 1 and (match := _CREDIT_LINE.match(lines[-1])):
        return Caption(" ".join(lines[:-1]), _clean(match["who"]))
    flat = " ".join(lines)
    if marked_credit and flat.endswith(marked_credit) and len(marked_credit) < len(flat):
        rest = _JOINER.sub("", flat[: -len(marked_credit)])
        match = _CREDIT_LINE.match(marked_credit)
        # "Ảnh: <em>P.V</em>": the label is the caption's.
        if not rest.endswith(":"):
            return Caption(rest, _clean(match["who"] if match else marked_credit))
    if nested := _CREDIT_NESTED.search(flat):
        return Caption(_JOINER.sub("", flat[: nested.start()]), nested["who"])
    if match := _CREDIT.search(flat) or _CREDIT_BARE.search(flat):
        return Caption(_JOINER.sub("", flat[: match.start()]), _clean(match["who"]))
    return Caption(flat)


def _clean(who: str) -> str:
    return who.strip(" .()[]-–|")
