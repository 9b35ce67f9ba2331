"""One page → one article, or the name of what it is instead. Pure: no network, no clock, and no page makes it raise.

The page is parsed once. Structured data, the row's selectors and the walk over the body's container then read the same
tree. trafilatura reads the same container (or the page) where the walk's result reads badly; which reader was taken
and why is in `Article.reader` and `Article.warnings`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

from lxml import etree
from lxml.cssselect import CSSSelector
from lxml.etree import _Element as Element

from crawler import blobs, second, verdict
from crawler.address import canonical_url, site_host
from crawler.article import Article, Block, Disposition, NoArticle, Page
from crawler.authors import is_account, is_outlet, parse_authors
from crawler.body import Body, arrange, head_of, is_date_line, leads_away, locate
from crawler.captions import is_credit
from crawler.dates import (
    VIETNAM,
    Candidate,
    Dating,
    choose,
    find_visible,
    parse_machine,
    structured_candidates,
    visible_candidates,
)
from crawler.furniture import Sign, is_boilerplate, plain, signs_of, strip
from crawler.markup import Markup, parse
from crawler.source import Extract, Source
from crawler.structured import Claims, claims
from crawler.text import clean_line, nfc
from crawler.titles import Title, TitleChooser, spaced
from crawler.walk import Piece, walk

__all__ = ["canonical_url", "read"]

log = logging.getLogger(__name__)

_MAY_HIDE_A_BODY = (Disposition.TOO_SHORT, Disposition.EMPTY_SHELL, Disposition.LISTING)
MAX_LEVELS = 14
"""How many levels above the body its heading is looked for; the deepest page of the reference set needs 6."""
# Attributes first: libxml2 then visits a tenth of the nodes.
_AUTHOR_MARKS = (
    etree.XPath(".//@itemprop[.='author']/..//@itemprop[.='name']/.."),
    etree.XPath(".//@itemprop[.='author']/..|.//@rel[.='author']/.."),
    etree.XPath(".//a/@href[contains(.,'/tac-gia') or contains(.,'/author/') or contains(.,'/tacgia')]/.."),
    etree.XPath(
        ".//@class[contains(.,'uthor') or contains(.,'tacgia') or contains(.,'tac-gia') or contains(.,'byline')"
        " or contains(.,'pseudonym') or contains(.,'butdanh') or contains(.,'but-danh')]/.."
    ),
)
_TITLE_TAGS = ("h1", "h2", "h3")
_BELOW = re.compile(
    r"(?i)\b(?:ngày\s+đăng|đăng\s+ngày|đăng\s+lúc|đăng\s+tải|xuất\s+bản|cập\s+nhật|posted|published|ngày\s+viết)\b"
)
_DATE_LABEL = re.compile(
    r"(?i)(?:\W*\b(?:thứ\s+(?:hai|ba|tư|năm|sáu|bảy|[2-7])|chủ\s+nhật|ngày|lúc|cập\s+nhật|đăng|xuất\s+bản|gmt))+\W*$"
)
_MACHINE_DATE = (
    "datetime",
    "data-timestamp",
    "data-time",
    "data-date",
    "data-published",
    "data-publish",
    "data-epoch",
    "data-utime",
    "data-created",
)


def read(page: Page, source: Source | None = None) -> Article | NoArticle:
    """The article of a page, read with the row of its source when given; a page that is none gets its disposition."""
    try:
        return _read(page, source)
    except (etree.LxmlError, RecursionError, MemoryError, ValueError, OverflowError) as error:
        log.warning("unreadable: %s: %s", page.url, error, exc_info=True)
        return NoArticle(Disposition.UNREADABLE, f"{type(error).__name__}: {error}"[:200])


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a page is read: the row's variant that matched, or none."""

    extract: Extract | None
    containers: tuple[Element, ...]
    reader: str


@dataclass(slots=True)
class _Head:
    """What stands between the title and the body."""

    pieces: list[Piece]
    zone: list[Element]
    """Elements of the zone, for dates in attributes."""
    title: Title
    after: list[Piece]
    before: list[Piece]
    frame: Element | None = None
    """The element that holds title and body."""
    inside: bool = False
    """Whether the title stands inside the container: the lead is then the body's first piece, if any."""


def _read(page: Page, source: Source | None) -> Article | NoArticle:
    if page.status in (404, 410):
        return NoArticle(Disposition.GONE, f"status {page.status}")
    markup = parse(page.body, page.content_type)
    if isinstance(markup, NoArticle):
        return markup
    claimed = claims(markup.tree, page.url, microdata=b"itemprop" in page.body)
    strip(markup.tree)
    if refused := verdict.refuse_early(page, markup.tree, claimed):
        return refused
    found = _read_tree(page, source, markup, claimed)
    if isinstance(found, NoArticle) and found.disposition in _MAY_HIDE_A_BODY:
        # Rare enough to parse again: the scripts that may carry the body were taken out of the first tree.
        again = parse(page.body, page.content_type)
        hidden = blobs.hidden_body(again.tree, claimed.body) if isinstance(again, Markup) else None
        if hidden is not None and isinstance(again, Markup):
            strip(again.tree)
            blobs.insert(again.tree, hidden)
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
    layout = _layout(tree, source)
    warnings = [*markup.notes, *([note] if note else [])]
    cut = _selected_set(tree, layout.extract.remove if layout.extract else ())
    captions = _selected_set(tree, layout.extract.captions if layout.extract else ())
    pieces = [p for c in layout.containers for p in walk(c, cut=cut, captions=captions)]
    head = _head(page, tree, layout, pieces, claimed, cut)
    names = _outlet_names(source, claimed)
    lead = _selected_text(tree, layout.extract.lead) if layout.extract else None
    lead = lead or (None if head.inside else _lead_above(head))
    body = _body(layout, pieces, head, claimed, names, lead, tree)
    look = _look(tree, body, head, claimed)
    if refused := verdict.refuse(page, claimed, look):
        return refused
    reader, body = second.opinion(layout.reader, body, layout.containers, tree, head.title.text, warnings)
    length = body.prose + sum(len(c.text) for c in body.captions)
    if length < verdict.ENOUGH // 2:
        return NoArticle(Disposition.TOO_SHORT, f"{length} characters of prose")
    if not head.title.text:
        return NoArticle(Disposition.TOO_SHORT, "a text without a title")
    if not verdict.is_vietnamese(" ".join(b.text for b in body.blocks)):
        return NoArticle(Disposition.NOT_VIETNAMESE, "the text has no Vietnamese letters")
    return _article(page, source, layout, head, body, claimed, names, reader, warnings, tree)


def _look(tree: Element, body: Body, head: _Head, claimed: Claims) -> verdict.Look:
    """What the verdict asks of a page; the dear questions only where the cheap answers leave a doubt."""
    prose = body.prose + sum(len(c.text) for c in body.captions)
    doubtful = prose < 3 * verdict.ENOUGH
    named = head.title.position is not None and len(head.title.text.split()) >= 4
    may_list = doubtful or not named or bool(claimed.kinds & verdict.LISTS)
    return verdict.Look(
        shown=verdict.visible(tree) if doubtful else "",
        prose=prose,
        links=verdict.count_headlines(tree) if may_list else 0,
        title=head.title.text,
        named=named,
    )


def _article(
    page: Page, source: Source | None, layout: _Layout, head: _Head, body: Body, claimed: Claims, names: Sequence[str],
    reader: str, warnings: list[str], tree: Element,
) -> Article:  # fmt: skip
    row = layout.extract
    authors, byline = _authors(tree, row, head, body, claimed, names)
    blocks = body.blocks
    if byline and not body.byline:
        blocks = (*blocks, Block("byline", byline))
    dating = _dates(page, tree, layout, head, body, claimed)
    section = _selected_text(tree, row.section) if row and row.section else None
    place = _selected_text(tree, row.place) if row and row.place else None
    base = page.url
    return Article(
        url=page.url,
        canonical_url=_canonical(page, source, claimed),
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


def _images(base: str, sources: Iterable[str]) -> tuple[str, ...]:
    found = []
    for source in sources:
        try:
            found.append(urljoin(base, source))
        except ValueError:
            continue
    return tuple(dict.fromkeys(found))


# --- layout -----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=2048)
def _selector(css: str) -> CSSSelector:
    return CSSSelector(css, translator="html")


def _select(tree: Element, selectors: Iterable[str]) -> list[Element]:
    """The elements of the first selector that matches; `::attr()` and `::text` suffixes are allowed and ignored."""
    for css in selectors:
        found = _selector(css.partition("::")[0])(tree)
        if found:
            return [e for e in found if isinstance(e, Element)]
    return []


def _selected_set(tree: Element, selectors: Iterable[str]) -> frozenset[Element]:
    return frozenset(e for css in selectors for e in _selector(css.partition("::")[0])(tree))


def _selected_text(tree: Element, selectors: Iterable[str]) -> str | None:
    for css in selectors:
        for element in _select(tree, (css,)):
            attribute = re.search(r"::attr\(([\w:-]+)\)", css)
            text = element.get(attribute[1]) if attribute else "".join(element.itertext())
            if text and (line := clean_line(text)):
                return line
    return None


def _layout(tree: Element, source: Source | None) -> _Layout:
    """The newest variant of the row whose container is on the page; without one the page is read generically."""
    for variant in source.extract if source else ():
        if not variant.container:
            continue
        containers = [c for c in _select(tree, variant.container) if c.tag not in ("html", "head")]
        containers = [c for c in containers if not any(a in containers for a in c.iterancestors())]
        if containers and any(len("".join(c.itertext()).strip()) > 80 for c in containers):
            reader = f"site:{variant.until.isoformat()}" if variant.until else "site"
            return _Layout(variant, tuple(containers), reader)
    loose = next((v for v in source.extract if not v.container), None) if source else None
    missed = source is not None and any(v.container for v in source.extract)
    return _Layout(loose, tuple(locate(tree)), "generic:fallback-no-container" if missed else "generic")


# --- head -------------------------------------------------------------------------------------------------------


def _head(
    page: Page,
    tree: Element,
    layout: _Layout,
    pieces: list[Piece],
    claimed: Claims,
    cut: frozenset[Element],
) -> _Head:
    """Title, and the pieces around it up to the body."""
    zone: list[Element] = []
    collected: list[Piece] = []
    opening = _opening(pieces)
    chooser = TitleChooser(claimed, page.url)
    chooser.offer(opening)
    row_title = _select(tree, layout.extract.title) if layout.extract else []
    level_seen = 0
    for level, sibling in head_of(layout.containers):
        if level > MAX_LEVELS:
            break
        if level != level_seen and chooser.certain:
            # Just above the frame of the story a blog prints its day.
            if is_date_line(line := clean_line("".join(sibling.itertext())[:120])):
                collected.insert(0, Piece("text", line))
            break
        level_seen = level
        if signs_of(sibling) & (Sign.COMMENT | Sign.CLOCK) or sibling.tag in ("footer", "form"):
            continue
        found = walk(sibling, cut=cut)
        collected = found + collected
        zone.insert(0, sibling)
        chooser.offer(found)
        if row_title and any(sibling is a for a in (row_title[0], *row_title[0].iterancestors())):
            break
    title = chooser.choose(collected + opening)
    if row_title and (text := clean_line("".join(row_title[0].itertext()))):
        key = plain(text)
        at = next((i for i, p in enumerate(collected) if plain(p.text) == key), title.position)
        title = Title(spaced(text, claimed), at, 1.0)
    frame = zone[0].getparent() if zone else next(iter(layout.containers), None)
    position = title.position
    if position is None:
        return _Head(collected, zone, title, [], collected, frame)
    if position < len(collected):
        return _Head(collected, zone, title, collected[position + 1 :], collected[:position], frame)
    # The title stands inside the container: what is printed around it there is head as well.
    inside = position - len(collected)
    above, below = pieces[:inside], pieces[inside + 1 :]
    first = next((i for i, p in enumerate(below) if _is_story(p)), min(len(below), 12))
    after, rest = below[:first], below[first:]
    pieces[:] = [p for p in above if _is_story(p)] + [p for p in after if not _is_label(p)] + rest
    return _Head(
        collected, list(layout.containers) + zone, title, after, collected + above, frame, inside=True
    )


def _is_story(piece: Piece) -> bool:
    """Whether a piece at the top of a container is lead or body rather than date, by-line or section."""
    if piece.kind != "text" or leads_away(piece):
        return False
    return bool(piece.sign & Sign.LEAD and len(piece.text) > 40) or len(piece.text) > 120


def _is_label(piece: Piece) -> bool:
    """Whether a piece between title and story is a label: section, date, by-line, counter."""
    if piece.kind != "text" or piece.pictured or piece.sign & Sign.CAPTION:
        return False
    return len(piece.text) < 80 and not piece.text.rstrip().endswith((".", "…", "”"))


def _opening(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces of the body before its first long paragraph: a title may stand among them."""
    for index, piece in enumerate(pieces):
        if piece.kind == "text" and len(piece.text) > 220:
            return list(pieces[:index])
        if index > 12:
            return list(pieces[:index])
    return list(pieces[:12])


def _lead_above(head: _Head) -> str | None:
    """The lead between title and body: the first sentence there that is no date, name or link."""
    for piece in head.after:
        text = piece.text.replace("\n", " ")
        if piece.kind != "text" or piece.inset or piece.pictured or len(text) < 40:
            continue
        if (
            leads_away(piece)
            or is_boilerplate(text)
            or is_date_line(text)
            or is_credit(text)
            or _is_byline_row(text)
        ):
            continue
        if piece.sign & Sign.LEAD or (len(text) >= 60 and not piece.sign & Sign.CAPTION):
            return text
    return None


def _is_byline_row(text: str) -> bool:
    """Whether a line is a date with at most a name or a section beside it, as printed under a title."""
    return len(text) < 140 and bool(find_visible(text)) and len(_without_date(text)) < 40


# --- body -------------------------------------------------------------------------------------------------------


def _body(
    layout: _Layout,
    pieces: list[Piece],
    head: _Head,
    claimed: Claims,
    names: Sequence[str],
    lead: str | None,
    tree: Element,
) -> Body:
    row = layout.extract
    if lead:
        key = plain(lead)
        for index, piece in enumerate(pieces[:4]):
            if row and row.lead and piece.kind == "text" and plain(piece.text) == key:
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


# --- authors ----------------------------------------------------------------------------------------------------


def _outlet_names(source: Source | None, claimed: Claims) -> tuple[str, ...]:
    names = list(claimed.site_names)
    if source:
        names.append(source.name)
    return tuple(dict.fromkeys(names))


def _authors(
    tree: Element, row: Extract | None, head: _Head, body: Body, claimed: Claims, names: Sequence[str]
) -> tuple[tuple[str, ...], str | None]:
    """The authors and, where it is printed outside the body, the by-line: the row's, the printed one, the claimed one."""
    if row and row.authors:
        for css in row.authors:
            for element in _select(tree, (css,)):
                text = clean_line(" ".join(element.itertext()))
                if found := parse_authors(text, outlet=names, trusted=True):
                    return found, body.byline or text
    if body.byline and (found := parse_authors(body.byline, outlet=names, trusted=True)):
        return found, None
    for piece in head.after:
        if (
            piece.kind == "text"
            and len(piece.text) < 120
            and piece.sign & Sign.BYLINE
            and not is_date_line(piece.text)
        ):
            text = _without_date(piece.text)
            found = parse_authors(text, outlet=names, trusted=True)
            if found and not all(is_outlet(n, names) for n in found):
                return found, None
    if found := _marked_authors(head, names):
        return found, None
    for people in (claimed.authors, claimed.meta_authors):
        kept = [
            n
            for raw in people
            for n in parse_authors(raw, outlet=names, trusted=True)
            if not is_account(n) and not is_outlet(n, names)
        ]
        if kept:
            return tuple(dict.fromkeys(kept)), None
    for piece in head.after:
        # A bare name on a line of its own beside the date.
        if (
            piece.kind == "text"
            and 4 < len(piece.text) < 60
            and not piece.is_link
            and piece.tag not in _TITLE_TAGS
        ):
            text = _without_date(piece.text)
            found = parse_authors(text, outlet=names)
            if (
                found
                and all(" " in n and not is_outlet(n, names) for n in found)
                and _near_date(head.after, piece)
            ):
                return found, None
    return (), None


def _near_date(pieces: Sequence[Piece], piece: Piece) -> bool:
    """Whether a date stands in the line or beside it: where names are printed under a title."""
    index = next(i for i, p in enumerate(pieces) if p is piece)
    return any(
        find_visible(p.text)
        for p in pieces[max(0, index - 1) : index + 2]
        if p.kind == "text" and len(p.text) < 120
    )


def _without_date(text: str) -> str:
    """A by-line row without its date and the date's label."""
    for _, start, end in reversed(find_visible(text)):
        text = _DATE_LABEL.sub("", text[:start]) + " " + text[end:]
    return re.sub(r"(?i)\(?gmt\s*\+\s*7\)?", "", text).strip(" |,-–•·\n")


def _marked_authors(head: _Head, names: Sequence[str]) -> tuple[str, ...]:
    """Names the page marks as the author, within the frame that holds title and body: by itemprop, rel, link or class."""
    if head.frame is None:
        return ()
    for marked in _AUTHOR_MARKS:
        found: list[str] = []
        for element in marked(head.frame)[:40]:
            if any(_is_aside(a) for a in (element, *_until(element, head.frame))):
                continue
            text = clean_line(element.get("content") or " ".join(element.itertext()))
            if not text or len(text) > 80:
                continue
            for name in parse_authors(_without_date(text), outlet=names, trusted=True):
                if not is_outlet(name, names) and plain(name) not in map(plain, found):
                    found.append(name)
        if found and len(found) <= 4:
            return tuple(found)
    return ()


def _is_aside(element: Element) -> bool:
    return element.tag in ("aside", "nav", "footer") or bool(
        signs_of(element) & (Sign.COMMENT | Sign.FURNITURE)
    )


# --- dates ------------------------------------------------------------------------------------------------------


def _dates(page: Page, tree: Element, layout: _Layout, head: _Head, body: Body, claimed: Claims) -> Dating:
    row, containers = layout.extract, layout.containers
    candidates = structured_candidates(claimed.dates)
    if page.feed_published is not None:
        moment = parse_machine(page.feed_published.isoformat())
        if moment is not None:
            candidates.append(Candidate(moment, "feed", "feed", weight=4.5))
    if row:
        for selectors, role in ((row.published, "published"), (row.updated, "modified")):
            text = _selected_text(tree, selectors)
            if text and (found := find_visible(text)):
                candidates.append(Candidate(found[0][0], "visible", f"row: {selectors[0]}", role, 6.0))  # type: ignore[arg-type]
    candidates += _printed_dates(page, head, containers)
    opening = [b.text for b in body.blocks if b.kind in ("lead", "paragraph")][:3]
    return choose(
        candidates, url=page.url, opening=opening, fetched=page.fetched, ceiling=_ceiling(tree, page)
    )


def _printed_dates(page: Page, head: _Head, containers: Sequence[Element]) -> list[Candidate]:
    """Dates printed around the title, and in attributes there."""
    found: list[Candidate] = []
    today = page.fetched.astimezone(VIETNAM).date()
    for pieces, near in ((head.after, True), (head.before[-6:], False)):
        for piece in pieces:
            text = piece.text
            if piece.kind != "text" or len(text) > 160 or leads_away(piece) or piece.linked > 20:
                continue
            for moment, start, end in find_visible(text)[:3]:
                if end - start < 0.25 * len(text) and not piece.sign & Sign.DATE:
                    continue
                # Above the title today's date is the header's clock.
                if not near and moment.day == today:
                    continue
                found += visible_candidates(text, moment, start, end, near=near)
    for element in head.zone:
        found += _attribute_dates(element)
    found += _dates_below(head, containers)
    return list(dict.fromkeys(found))


def _dates_below(head: _Head, containers: Sequence[Element]) -> list[Candidate]:
    """Dates printed under the body with a label that says so; comments have theirs there too, without one."""
    found: list[Candidate] = []
    if not containers or head.frame is None:
        return found
    node = containers[-1]
    while node is not None and node is not head.frame:
        for sibling in node.itersiblings():
            if isinstance(sibling.tag, str) and not _is_aside(sibling):
                line = clean_line("".join(sibling.itertext())[:200])
                label = _BELOW.search(line)
                if label and label.start() < 30 and (dated := find_visible(line[:140])):
                    moment, start, end = dated[0]
                    found += visible_candidates(line, moment, start, end, near=False)
        node = node.getparent()
    return found[:4]


def _attribute_dates(zone: Element) -> list[Candidate]:
    found = []
    for element in zone.iter():
        if not isinstance(element.tag, str) or not element.attrib:
            continue
        for name in _MACHINE_DATE:
            value = element.get(name)
            if not value or (moment := parse_machine(value)) is None:
                continue
            if any(
                a.tag in ("a", "li", "nav", "aside")
                or signs_of(a) & (Sign.FURNITURE | Sign.COMMENT | Sign.CLOCK)
                for a in (element, *_until(element, zone))
                if a.tag != "li"
            ):
                continue
            where = f"{element.tag}[{name}]"
            weight = 4.8 if name == "datetime" else 4.4
            found.append(Candidate(moment, "visible", where, weight=weight))
    return found[:4]


def _until(element: Element, stop: Element) -> list[Element]:
    chain = []
    for ancestor in element.iterancestors():
        chain.append(ancestor)
        if ancestor is stop:
            break
    return chain


def _ceiling(tree: Element, page: Page) -> date | None:
    return page.feed_published.date() if page.feed_published else None


# --- address ----------------------------------------------------------------------------------------------------


def _canonical(page: Page, source: Source | None, claimed: Claims) -> str:
    """The page's own canonical address when it is of the same site and no mere home page, else the one asked for."""
    own = canonical_url(page.url, source)
    if not claimed.canonical or claimed.canonical == page.url:
        return own
    try:
        theirs = canonical_url(urljoin(page.url, claimed.canonical), source)
        hosts = {_host(theirs), _host(own)}
    except ValueError:
        return own
    same = len(hosts) == 1 or (source is not None and hosts <= source.domains)
    if not same or (urlsplit(theirs).path in ("", "/") and urlsplit(own).path not in ("", "/")):
        return own
    return nfc(theirs)


def _host(url: str) -> str:
    return site_host(urlsplit(url).hostname or "")
