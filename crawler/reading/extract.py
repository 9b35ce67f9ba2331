"""One page → one article, or the name of what it is instead. Pure: no network, no clock, and no page makes it raise.

The page is parsed once. Structured data, the row's selectors and the walk over the body's container then read the same
tree. trafilatura reads the same container (or the page) where the walk's result reads badly; which reader was taken
and why is in `Article.reader` and `Article.warnings`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from itertools import pairwise
from urllib.parse import urljoin, urlsplit

from lxml import etree
from lxml.etree import _Element as Element

from crawler.article import Article, Block, Disposition, NoArticle, Page
from crawler.reading import encoded_body, fallback, page_type
from crawler.reading.about import without_authors_box
from crawler.reading.body import Body, arrange
from crawler.reading.bylines import authors_of, outlet_names
from crawler.reading.date_places import date_of
from crawler.reading.furniture import Sign, strip
from crawler.reading.head import Head, lead_above, read_head
from crawler.reading.identity import names_this_page
from crawler.reading.layout import Layout, layout_of
from crawler.reading.markup import Markup, parse
from crawler.reading.others import drop_others
from crawler.reading.pictures import reveal
from crawler.reading.piece import Piece
from crawler.reading.structured import Claims, claims
from crawler.reading.walk import walk
from crawler.source import Source
from crawler.text.normal import nfc
from crawler.text.plain import plain
from crawler.urls import canonical_url, site_host

__all__ = ["canonical_url", "read"]

log = logging.getLogger(__name__)

_MAY_HIDE_A_BODY = (Disposition.TOO_SHORT, Disposition.EMPTY_SHELL, Disposition.LISTING)


def read(page: Page, source: Source | None = None) -> Article | NoArticle:
    """The article of a page, read with the row of its source when given; a page that is none gets its disposition."""
    try:
        return _read(page, source)
    except (etree.LxmlError, RecursionError, MemoryError, ValueError, OverflowError) as error:
        log.warning("unreadable: %s: %s", page.url, error, exc_info=True)
        return NoArticle(Disposition.UNREADABLE, f"{type(error).__name__}: {error}"[:200])


def _read(page: Page, source: Source | None) -> Article | NoArticle:
    if page.status in (404, 410):
        return NoArticle(Disposition.GONE, f"status {page.status}")
    markup = parse(page.body, page.content_type, lean=True)
    if isinstance(markup, NoArticle):
        return markup
    claimed = claims(markup.tree, page.url)
    reveal(markup.tree)
    strip(markup.tree)
    dropped = drop_others(markup.tree, claimed)
    if refused := page_type.refuse_early(page, markup.tree, claimed):
        return refused
    note = f"{dropped} other stories below the first left out" if dropped else None
    found = _read_tree(page, source, markup, claimed, note=note)
    if isinstance(found, NoArticle) and found.disposition in _MAY_HIDE_A_BODY:
        # Rare enough to parse again: the scripts that may carry the body were taken out of the first tree.
        again = parse(page.body, page.content_type)
        hidden = encoded_body.hidden_body(again.tree, claimed.body) if isinstance(again, Markup) else None
        if hidden is not None and isinstance(again, Markup):
            strip(again.tree)
            encoded_body.insert(again.tree, hidden)
            second_try = _read_tree(page, source, again, claimed, note=f"body read from {hidden.where}")
            if isinstance(second_try, Article):
                return second_try
    return found


def _read_tree(
    page: Page,
    source: Source | None,
    markup: Markup,
    claimed: Claims,
    note: str | None = None,
) -> Article | NoArticle:
    tree = markup.tree
    layout = layout_of(tree, source)
    warnings = [*markup.notes, *claimed.notes, *([note] if note else [])]
    cut = layout.marks.every(layout.extract.remove if layout.extract else ())
    captions = layout.marks.every(layout.extract.captions if layout.extract else ())
    pieces = [p for c in layout.containers for p in walk(c, layout.labels, cut=cut, captions=captions)]
    head = read_head(page, layout, pieces, claimed, cut)
    names = outlet_names(source, claimed)
    head.after, about = without_authors_box(head.after)
    if not head.inside:
        pieces[:0] = _opening_pictures(head.after)
    if about is None:
        pieces, about = without_authors_box(pieces)
    head.about = about
    lead = layout.marks.text(layout.extract.lead) if layout.extract else None
    lead = lead or (None if head.inside else lead_above(head))
    body = _body(layout, pieces, head, claimed, names, lead)
    look = _look(tree, body, head, claimed)
    if refused := page_type.refuse(page, claimed, look):
        return refused
    reader, body = fallback.opinion(layout.reader, body, layout.containers, tree, head.title.text, warnings)
    length = body.prose + sum(len(c.text) for c in body.captions)
    if length < page_type.ENOUGH // 2:
        return NoArticle(Disposition.TOO_SHORT, f"{length} characters of prose")
    if not head.title.text:
        return NoArticle(Disposition.TOO_SHORT, "a text without a title")
    if not page_type.is_vietnamese(" ".join(b.text for b in body.blocks)):
        return NoArticle(Disposition.NOT_VIETNAMESE, "the text has no Vietnamese letters")
    return _article(page, source, layout, head, body, claimed, names, reader, warnings)


def _opening_pictures(after: Sequence[Piece]) -> list[Piece]:
    """The pictures between title and body that have a caption under them: the body's own, outside its frame."""
    found: list[Piece] = []
    for above, piece in pairwise(after):
        captioned = piece.kind == "text" and (piece.pictured or piece.sign & Sign.CAPTION)
        if above.kind == "picture" and captioned and len(piece.text) <= 400 and not piece.is_link:
            found += [above, piece]
    return found


def _look(tree: Element, body: Body, head: Head, claimed: Claims) -> page_type.PageLook:
    """What the verdict asks of a page; the dear questions only where the cheap answers leave a doubt."""
    prose = body.prose + sum(len(c.text) for c in body.captions)
    doubtful = prose < 3 * page_type.ENOUGH
    named = head.title.position is not None and len(head.title.text.split()) >= 4
    may_list = doubtful or not named or bool(claimed.kinds & page_type.LISTS)
    return page_type.PageLook(
        shown=page_type.visible(tree) if doubtful else "",
        prose=prose,
        links=page_type.count_headlines(tree) if may_list else 0,
        title=head.title.text,
        named=named,
    )


def _article(
    page: Page, source: Source | None, layout: Layout, head: Head, body: Body, claimed: Claims, names: Sequence[str],
    reader: str, warnings: list[str],
) -> Article:  # fmt: skip
    row = layout.extract
    authors, byline = authors_of(layout, head, body, claimed, names)
    blocks = body.blocks
    if byline and not body.byline:
        blocks = (*blocks, Block("byline", byline))
    dating = date_of(page, layout, head, body, claimed)
    section = layout.marks.text(row.section) if row and row.section else None
    place = layout.marks.text(row.place) if row and row.place else None
    base = _base(page.url, claimed)
    return Article(
        url=page.url,
        canonical_url=_canonical(page, source, claimed, head.title.text),
        title=head.title.text,
        source=page.source or (source.id if source else None),
        section=section or claimed.section,
        place=place,
        lead=body.lead,
        authors=authors,
        byline=byline or body.byline,
        published=dating.published,
        published_precision=dating.precision,
        published_from=dating.origin,
        updated=dating.updated,
        dates=dating.dates,
        blocks=blocks,
        captions=body.captions,
        images=_images(base, body.images),
        reader=reader,
        warnings=tuple(dict.fromkeys((*warnings, *dating.warnings))),
        head=(section or "", place or "") if section or place else (),
    )


def _base(url: str, claimed: Claims) -> str:
    try:
        return urljoin(url, claimed.base) if claimed.base else url
    except ValueError:
        return url


def _images(base: str, sources: Iterable[str]) -> tuple[str, ...]:
    found = []
    for source in sources:
        try:
            found.append(urljoin(base, source))
        except ValueError:
            continue
    return tuple(dict.fromkeys(found))


def _body(
    layout: Layout,
    pieces: list[Piece],
    head: Head,
    claimed: Claims,
    names: Sequence[str],
    lead: str | None,
) -> Body:
    row = layout.extract
    if lead:
        key = plain(lead)
        for index, piece in enumerate(pieces[:4] if row and row.lead else ()):
            # Most paragraphs differ in their first words.
            opens = piece.kind == "text" and key.startswith(plain(piece.text[:40]))
            if opens and plain(piece.text) == key:
                # The row's lead stands inside its container: it is this piece, not one more.
                del pieces[index]
                break
    return arrange(
        pieces,
        title=head.title.text,
        lead=lead,
        description=claimed.description,
        outlet=names,
    )


def _canonical(page: Page, source: Source | None, claimed: Claims, title: str) -> str:
    """The page's own canonical address when it is of the same site and names this page, else the one asked for."""
    own = canonical_url(page.url, source)
    if not claimed.canonical or claimed.canonical == page.url:
        return own
    try:
        theirs = canonical_url(urljoin(page.url, claimed.canonical), source)
        hosts = {_host(theirs), _host(own)}
    except ValueError:
        return own
    same = len(hosts) == 1 or (source is not None and hosts <= source.domains)
    if not same or not names_this_page(theirs, own, title):
        return own
    return nfc(theirs)


def _host(url: str) -> str:
    return site_host(urlsplit(url).hostname or "")
