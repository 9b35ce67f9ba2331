"""What a mail shows of an article: its title, how it opens, and the sentence that matched. Pure.

1. The words asked for are marked in the title and in the opening (the lead, else the first paragraph).
2. Words that stand in neither are shown in their own sentence, the one that holds most of them.
3. That sentence is left out where it says again what title and opening said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from crawler.article import Article
from crawler.query.matcher import search_doc
from crawler.query.positions import Span
from crawler.query.snippet import Segments, mark, opening, passage
from crawler.query.tree import Zone
from crawler.text.normal import exact_key

LEAD = 170
"""Characters of the opening: four lines on a phone."""
PASSAGE = 220
"""Characters of the sentence that matched."""
_NEWS = 0.3
"""The share of new words from which a sentence says more than title and opening."""
_PARAGRAPH = 40
"""Characters from which a block of the body is a paragraph, not a sub-heading."""
_WORD = re.compile(r"[^\W_]+")

Place = tuple[Zone, int]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The parts of an article that are shown, the words asked for marked."""

    title: Segments
    lead: Segments
    passage: Segments
    """Empty where title and lead say it all."""


def excerpt(article: Article, marks: Sequence[Span]) -> Excerpt:
    """Title, opening and the sentence that says more."""
    zones = zones_of(article)
    title = mark(article.title, _in(marks, (Zone.TITLE, 0)))
    place, start, text = _opening_of(zones)
    inside = [(a - start, b - start) for a, b in _in(marks, place) if a >= start and b <= start + len(text)]
    lead = opening(text, inside, LEAD)
    shown_to = start + len(_text(lead).removesuffix(" …"))
    seen = {m.word for m in marks if m.zone is Zone.TITLE}
    seen |= {m.word for m in marks if (m.zone, m.caption) == place and start <= m.start and m.end <= shown_to}
    missing = [m for m in marks if m.word not in seen]
    return Excerpt(title, lead, _passage(zones, missing, f"{article.title} {_text(lead)}"))


def zones_of(article: Article) -> dict[Place, str]:
    """The texts of an article as the query language divides it, in the order in which a sentence is looked for."""
    doc = search_doc(article)
    captions = {(Zone.CAPTION, i): text for i, text in enumerate(doc.captions)}
    return {(Zone.LEAD, 0): doc.lead or "", (Zone.BODY, 0): doc.body, **captions, (Zone.TITLE, 0): doc.title}


def _opening_of(zones: dict[Place, str]) -> tuple[Place, int, str]:
    """(zone, offset in it, text) of the lead, or of the first paragraph."""
    if lead := zones[(Zone.LEAD, 0)]:
        return (Zone.LEAD, 0), 0, lead
    at = 0
    blocks = zones[(Zone.BODY, 0)].split("\n\n")
    for block in blocks:
        if len(block) >= _PARAGRAPH:
            return (Zone.BODY, 0), at, block
        at += len(block) + 2
    return (Zone.BODY, 0), 0, blocks[0]


def _passage(zones: dict[Place, str], missing: Sequence[Span], said: str) -> Segments:
    """The sentence with most of the missing words, where it is no repetition of what is said."""
    for place, text in zones.items():
        if place[0] is not Zone.TITLE and (spans := _in(missing, place)):
            found = passage(text, spans, PASSAGE)
            return found if _says_more(_text(found), said) else ()
    return ()


def _says_more(sentence: str, said: str) -> bool:
    words, known = (set(_WORD.findall(exact_key(text))) for text in (sentence, said))
    return len(words - known) > _NEWS * len(words)


def _in(marks: Sequence[Span], place: Place) -> list[tuple[int, int]]:
    return [(m.start, m.end) for m in marks if (m.zone, m.caption) == place]


def _text(segments: Segments) -> str:
    return "".join(text for text, _ in segments)
