"""The authors of a page: the row's, the printed by-line, the marked name, at last what the page claims."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree
from lxml.etree import _Element as Element

from crawler.dates.printed import find_visible
from crawler.reading.authors import is_account, is_byline, is_group, is_labelled, is_outlet, parse_authors
from crawler.reading.body import Body
from crawler.reading.furniture import Sign
from crawler.reading.head import Head, without_date
from crawler.reading.labels import Labels
from crawler.reading.layout import Layout
from crawler.reading.piece import Piece
from crawler.reading.structured import Claims
from crawler.reading.titles import SEPARATOR
from crawler.reading.tree import found as found_by
from crawler.reading.tree import text_of
from crawler.reading.walk import walk
from crawler.source import Source
from crawler.text.normal import clean_line
from crawler.text.plain import plain

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


_FAMILY_NAMES = (
    "nguyen tran le pham hoang huynh phan vu vo dang bui do ho ngo duong ly dinh lo vang trieu nong ha mai"
)
_FAMILY = frozenset(_FAMILY_NAMES.split())
"""The commonest family names of Vietnam, which no commune's name of three words begins with."""
_TITLE_TAGS = ("h1", "h2", "h3")


def outlet_names(source: Source | None, claimed: Claims) -> tuple[str, ...]:
    """The names under which the outlet itself goes."""
    names = list(claimed.site_names)
    if claimed.title_tag:
        # "Headline - Section - Paper": the last part is the paper's name.
        names += [part for part in SEPARATOR.split(claimed.title_tag)[1:][-1:] if 4 < len(part.strip()) < 60]
    if source:
        names.append(source.name)
    return tuple(dict.fromkeys(names))


def authors_of(
    layout: Layout, head: Head, body: Body, claimed: Claims, names: Sequence[str]
) -> tuple[tuple[str, ...], str | None]:
    """The authors and, where it is printed outside the body, the by-line; `names` are the outlet's own."""
    row = layout.extract
    for css in row.authors if row else ():
        found, line = _at_place(layout.marks.select((css,)), names)
        if found:
            return found, body.byline or line
    if body.byline and (found := parse_authors(body.byline, outlet=names, trusted=True)):
        return found, None
    if head.about:
        return (head.about,), None
    if found := _named_above(head, names) or _marked(head, layout.labels, names):
        return found, None
    below, line = _below(layout, head, names)
    if below:
        return below, line
    return (
        _claimed(claimed.authors, names)
        or _claimed(claimed.meta_authors, names)
        or _labelled_above(head, names)
        or _beside_date(head, names)
    ), None


def _at_place(elements: Sequence[Element], names: Sequence[str]) -> tuple[tuple[str, ...], str | None]:
    """The names at a row's place for them, and their line: of its first element that has some, and those beside it.

    The place may be one element a name, or an element around several: names that no separator parts are joined by one.
    """
    first: Element | None = None
    lines: list[str] = []
    found: dict[str, str] = {}
    for element in elements:
        if first is not None and not _stands_beside(element, first):
            continue
        text = clean_line(" ".join(text_of(element).split("\n")))
        people = parse_authors(text, outlet=names, trusted=True)
        inner = [part for c in element if isinstance(c.tag, str) and (part := clean_line(text_of(c)))]
        if len(inner) > 1 and "".join(inner).replace(" ", "") == text.replace(" ", ""):
            apart = [parse_authors(part, outlet=names, trusted=True) for part in inner]
            if all(len(own) == 1 and " " in own[0] for own in apart):
                text, people = " - ".join(inner), tuple(own[0] for own in apart)
        if new := [name for name in people if plain(name) not in found]:
            found |= {plain(name): name for name in new}
            lines.append(text)
            first = element if first is None else first
    return tuple(found.values()), " - ".join(lines) or None


def _stands_beside(element: Element, first: Element) -> bool:
    """Whether an element belongs to the box of the first: its sibling, or in the next item of the same list."""
    box, other = first.getparent(), element.getparent()
    if box is None or other is None or box is other:
        return box is other
    alike = (box.tag, box.get("class")) == (other.tag, other.get("class"))
    return alike and box.getparent() is other.getparent()


def _below(layout: Layout, head: Head, names: Sequence[str]) -> tuple[tuple[str, ...], str | None]:
    """Names on a line of their own that is the first thing printed under the body, and that line."""
    labels = layout.labels
    node = layout.containers[-1] if layout.containers else None
    for _ in range(3):
        if node is None or node is head.frame or node.tag == "body":
            break
        for sibling in node.itersiblings():
            if not isinstance(sibling.tag, str) or labels.of(sibling).is_cut:
                continue
            if labels.is_beside(sibling, sibling):
                continue
            if not (text := clean_line(text_of(sibling)[:400])):
                continue
            pieces = [p for p in walk(sibling, labels) if p.kind == "text" and not p.leads_away]
            lines = [p.text for p in pieces[:3]]
            if not lines:
                continue  # links to other stories
            if lines[0].endswith(":") and len(lines) > 1:
                lines[:2] = [f"{lines[0]} {lines[1]}"]
            if len(lines[0]) > 80 or len(text) > 200 or not is_byline(lines[0]):
                return (), None
            found = parse_authors("\n".join(lines), outlet=names) or parse_authors(lines[0], outlet=names)
            printed = pieces[0].is_bold or pieces[0].is_italic or pieces[0].align == "right"
            sure = is_labelled(lines[0]) or printed or all(" " in n or "." in n or is_group(n) for n in found)
            people = tuple(n for n in found if not is_outlet(n, names) and not is_account(n))
            return (people, lines[0]) if sure and people else ((), None)
        node = node.getparent()
    return (), None


def _labelled_above(head: Head, names: Sequence[str]) -> tuple[str, ...]:
    """Names after a label between title and body: "Gửi bởi … vào", "Tác giả: …"."""
    for piece in head.after:
        if piece.kind == "text" and len(piece.text) < 120 and is_labelled(text := without_date(piece.text)):
            found = parse_authors(text, outlet=names)
            people = tuple(n for n in found if not is_outlet(n, names) and not is_account(n))
            if people:
                return people
    return ()


def _named_above(head: Head, names: Sequence[str]) -> tuple[str, ...]:
    """Names in the line under the title that is marked as the by-line."""
    for piece in head.after:
        if (
            piece.kind == "text"
            and len(piece.text) < 120
            and piece.sign & Sign.BYLINE
            and piece.label.kind != "date"
        ):
            found = parse_authors(without_date(piece.text), outlet=names, trusted=True)
            if found and not all(is_outlet(n, names) for n in found):
                return found
    return ()


def _claimed(people: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """Claimed persons who are neither the outlet nor an account of its CMS."""
    own = (raw for raw in people if not raw.lstrip("( ").lower().startswith("theo "))
    found = (n for raw in own for n in parse_authors(raw, outlet=names, trusted=True))
    return tuple(dict.fromkeys(n for n in found if not is_account(n) and not is_outlet(n, names)))


def _beside_date(head: Head, names: Sequence[str]) -> tuple[str, ...]:
    """Bare names on a short line of their own above the body: beside the date, or where they can be no place."""
    for piece in head.after:
        line = without_date(piece.text)
        if piece.kind != "text" or not 4 < len(line) < 60 or piece.is_link or piece.tag in _TITLE_TAGS:
            continue
        found = parse_authors(line, outlet=names)
        if not found or any(is_outlet(n, names) for n in found):
            continue
        if (all(" " in n for n in found) and _near_date(head.after, piece)) or _no_place(found):
            return found
    return ()


def _no_place(found: Sequence[str]) -> bool:
    """Whether names can be no place or section: several, a group of reporters, a family name and two more."""
    if len(found) > 1:
        return all(" " in n for n in found)
    words = found[0].split()
    return is_group(found[0]) or (len(words) >= 3 and plain(words[0]) in _FAMILY)


def _near_date(pieces: Sequence[Piece], piece: Piece) -> bool:
    """Whether a date stands in the line or beside it: where names are printed under a title."""
    index = next(i for i, p in enumerate(pieces) if p is piece)
    return any(
        find_visible(p.text)
        for p in pieces[max(0, index - 1) : index + 2]
        if p.kind == "text" and len(p.text) < 120
    )


def _marked(head: Head, labels: Labels, names: Sequence[str]) -> tuple[str, ...]:
    """Names marked as the author within the frame of title and body: by itemprop, rel, link or class."""
    if head.frame is None:
        return ()
    for marked in _AUTHOR_MARKS:
        found: list[str] = []
        for element in found_by(marked, head.frame)[:40]:
            if labels.is_beside(element, head.frame):
                continue
            text = clean_line(element.get("content") or text_of(element))
            if not text or len(text) > 80:
                continue
            for name in parse_authors(without_date(text), outlet=names, trusted=True):
                if not is_outlet(name, names) and plain(name) not in map(plain, found):
                    found.append(name)
        if found and len(found) <= 4:
            return tuple(found)
    return ()
