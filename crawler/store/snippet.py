"""The text around a hit that a search shows, and where in it the words stand."""

from __future__ import annotations

from crawler.query.matcher import Hit, SearchDoc
from crawler.query.tree import Zone

SNIPPET = 160
"""Code points of text around the first hit."""


def snippet_of(doc: SearchDoc, hit: Hit) -> tuple[str, list[list[int]]]:
    """Text around the first hit outside the title, and where in it the words stand."""
    spans = [s for s in hit.spans if s.zone is not Zone.TITLE]
    if not spans:
        opening = doc.lead or doc.body
        return _shorten(opening, 0), []
    first = spans[0]
    text = _zone_text(doc, first.zone, first.caption)
    start = max(0, first.start - SNIPPET // 3)
    start = text.rfind(" ", 0, start + 1) + 1 if start else 0
    end = min(len(text), start + SNIPPET)
    cut = text.rfind(" ", start, end + 1)
    end = cut if end < len(text) and cut > first.end else max(end, first.end)
    before, after = "…" if start else "", "…" if end < len(text) else ""
    shift = len(before) - start
    marks = [
        [a + shift, b + shift] for a, b in hit.in_zone(first.zone, first.caption) if a >= start and b <= end
    ]
    return before + text[start:end].replace("\n", " ") + after, marks


def _shorten(text: str, start: int) -> str:
    if len(text) - start <= SNIPPET:
        return text[start:].replace("\n", " ")
    cut = text.rfind(" ", start, start + SNIPPET)
    return text[start : cut if cut > start else start + SNIPPET].replace("\n", " ") + "…"


def _zone_text(doc: SearchDoc, zone: Zone, number: int) -> str:
    if zone is Zone.TITLE:
        return doc.title
    if zone is Zone.LEAD:
        return doc.lead or ""
    return doc.captions[number] if zone is Zone.CAPTION else doc.body
