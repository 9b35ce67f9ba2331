"""Whether an article is about what was asked, or only mentions it in passing. Pure.

A place is in passing where it lies inside the name or title of a document that the article cites, in a caption, or in
the last third of the story. An article mentions in passing what has no other place in it. A field alone ("tỉnh:…") has
no place and is never in passing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from crawler.article import Article
from crawler.query.matcher import Hit, SearchDoc, search_doc
from crawler.query.positions import Span
from crawler.query.tree import Zone

Salience = Literal["main", "passing"]
_LAST = 2 / 3
"""From here on a story tells what it has left: the pyramid of the news."""


def salience_of(article: Article, hit: Hit) -> Salience:
    """`passing` where every place of the hit is one."""
    if not hit.spans:
        return "main"
    doc = search_doc(article)
    names = _document_names(article)
    return "passing" if all(_is_passing(span, doc, names) for span in hit.spans) else "main"


def is_wanted(article: Article, hit: Hit, *, scope: str, wanted: str) -> bool:
    """Whether a watch that wants this salience (`all` or `main`) is told of the hit.

    For documents and meetings every mention counts: the document's title is what is asked for.
    """
    return wanted == "all" or scope not in ("article", "story") or salience_of(article, hit) == "main"


def _is_passing(span: Span, doc: SearchDoc, names: tuple[str, ...]) -> bool:
    if span.zone is Zone.CAPTION:
        return True
    text = {Zone.TITLE: doc.title, Zone.LEAD: doc.lead or "", Zone.BODY: doc.body}[Zone(span.zone)]
    if span.zone is Zone.BODY:
        before = len(doc.lead or "")
        if before + span.start >= _LAST * (before + len(doc.body)):
            return True
    return any(a <= span.start and span.end <= b for a, b in _places(text, names))


def _document_names(article: Article) -> tuple[str, ...]:
    """What the cited documents are about, as printed; of one without a number also its name."""
    found: dict[str, None] = {}
    for citation in article.annotations.citations:
        if citation.title:
            found[citation.title] = None
        if citation.number is None:
            found[citation.surface] = None
    return tuple(found)


def _places(text: str, names: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    for name in names:
        at = text.find(name)
        while at >= 0:
            yield at, at + len(name)
            at = text.find(name, at + 1)
