"""The text of an article as a page prints it: its blocks by their kind, documents and meetings marked in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from markupsafe import Markup, escape

from crawler.article import Article
from crawler.text.normal import compose_text


@dataclass(frozen=True, slots=True)
class NamedStretch:
    """A stretch of the text that names something: code-point offsets into `Article.text`."""

    start: int
    end: int
    kind: str
    """`document` or `meeting`: the class of its element."""
    link: str | None
    title: str
    """What a pointer over it says."""


@dataclass(frozen=True, slots=True)
class PrintedBlock:
    """One block of the corpus text."""

    kind: str
    """As `crawler.article.Block` names it; `head` for what stands before the body."""
    html: Markup


def printed(article: Article, marks: Iterable[NamedStretch]) -> list[PrintedBlock]:
    """The blocks of the corpus text in their order, the title's left out; of marks that overlap the first is kept."""
    text = article.text
    kinds = ["head"] * len([one for one in (*article.head, article.title) if one and compose_text([one])])
    kinds += [block.kind for block in article.blocks if compose_text([block.text])]
    apart = _apart(marks, len(text))
    blocks, at = [], 0
    for kind, piece in zip(kinds, text.split("\n\n"), strict=False):
        if piece != article.title or kind != "head":
            blocks.append(PrintedBlock(kind, _marked(piece, at, apart)))
        at += len(piece) + 2
    return blocks


def _apart(marks: Iterable[NamedStretch], length: int) -> list[NamedStretch]:
    kept: list[NamedStretch] = []
    end = 0
    for mark in sorted(marks, key=lambda one: (one.start, -one.end)):
        if end <= mark.start < mark.end <= length:
            kept.append(mark)
            end = mark.end
    return kept


def _marked(piece: str, at: int, marks: Iterable[NamedStretch]) -> Markup:
    pieces, done = [], 0
    for mark in marks:
        start, end = max(mark.start - at, 0), min(mark.end - at, len(piece))
        if start >= end:
            continue
        pieces += [escape(piece[done:start]), _element(mark, piece[start:end])]
        done = end
    return Markup("").join([*pieces, escape(piece[done:])])


def _element(mark: NamedStretch, words: str) -> Markup:
    values: Mapping[str, str] = {
        "kind": mark.kind,
        "title": mark.title,
        "words": words,
        "link": mark.link or "",
    }
    if mark.link is None:
        return Markup('<mark class="{kind}" title="{title}">{words}</mark>').format_map(values)
    return Markup('<a class="{kind}" href="{link}" title="{title}">{words}</a>').format_map(values)
