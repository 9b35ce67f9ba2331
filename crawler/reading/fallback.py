"""The second reader: trafilatura on the same tree, where the first reading reads badly."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from lxml import etree, html
from lxml.etree import _Element as Element
from trafilatura import bare_extraction
from trafilatura.utils import line_processing, trim

from crawler.article import Block
from crawler.reading.body import Body
from crawler.text.normal import clean_block
from crawler.text.plain import plain

SHORT = 250
"""Characters of prose under which a reading is doubted."""
_MANY = 1500
"""Elements from which on trafilatura reads without its own second opinion, whose time grows with their square."""
_BETTER = 1.5
"""How much more prose the second reader must find to be preferred."""


def opinion(
    reader: str,
    body: Body,
    containers: Sequence[Element],
    tree: Element,
    title: str,
    warnings: list[str],
) -> tuple[str, Body]:
    """(reader, body): the walk's own, or trafilatura's of the container or the page with the reason as a warning."""
    why = reads_badly(body)
    if why is None:
        return reader, body
    for where, scope in (("container", containers[0] if containers else None), ("page", tree)):
        if scope is None:
            continue
        other = _trafilatura(scope, body, title)
        if (
            other is not None
            and other.prose >= max(SHORT, _BETTER * body.prose)
            and reads_badly(other) is None
        ):
            warnings.append(f"the walk read badly ({why}): trafilatura on the {where}")
            return f"{reader.partition(':')[0]}:fallback-trafilatura-{where}", other
    if body.prose or body.captions:
        warnings.append(f"reads badly: {why}")
    return reader, body


def reads_badly(body: Body) -> str | None:
    """Why a body does not read like an article, or None."""
    if body.prose < SHORT and len(body.captions) < 4:
        return f"{body.prose} characters of prose"
    paragraphs = [b.text for b in body.blocks if b.kind in ("lead", "paragraph")]
    sentences = sum(1 for p in paragraphs if len(p) > 60 and any(c in p for c in ".!?…"))
    if not sentences and len(body.captions) < 4:
        return "no sentence"
    return None


def _trafilatura(scope: Element, body: Body, title: str) -> Body | None:
    """trafilatura's reading of an element as a body; None where it finds nothing."""
    # It asks for lxml.html's own elements and edits what it is given, so it gets a copy.
    copy = html.fromstring(etree.tostring(scope, encoding="unicode", with_tail=False))
    many = next(islice(scope.iter(), _MANY, None), None) is not None
    document = bare_extraction(
        copy, fast=many, with_metadata=False, include_comments=False, include_tables=True
    )
    # They keep a thousand lines each, and a line may be as long as a page.
    trim.cache_clear()
    line_processing.cache_clear()
    text = getattr(document, "text", None) if document is not None else None
    if not text:
        return None
    key = plain(title)
    lines = [line for raw in text.split("\n") if (line := clean_block(raw)) and plain(line) != key]
    blocks = tuple(Block("paragraph", line) for line in lines)
    return Body(blocks, body.captions, body.images, None, None)
