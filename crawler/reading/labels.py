"""Every block of a page labelled once: what it is, how sure that is, and by which evidence.

Where the body stands (`container`), what is cut from it (`walk`), and which names and days beside it count (`head`,
`bylines`, `date_places`) is decided by reading these labels; nobody else looks at a block's name or build. What a
mistake costs differs, and so does how sure the readers want to be: a paragraph that is not counted hardly changes
where the body is found, so a hint is enough there; what is cut is lost, so a hint is not.

The label of a block is the first of these cases that holds:

1. A browser does not show it: `style="display:none"`, `hidden`, "print-only". Certain.
2. Its class or id names furniture: "box-tinlienquan", "comment-list", "author-box". One that names a body too is
   *mixed* ("related-post-content"): the story around other parts, or a list whose entries have bodies. One that names
   a lead too, or that lies (`mislabelled`), says nothing.
3. Its tag says it: `<a>`, `<figcaption>`, `<select>`. Certain.
4. A line of text and no wrapper, `<span>` or a `<p>` without pictures, is the story's.
5. An advert's slot, by its attributes (certain); a `<form>`; a caption by its name ("image-desc").
6. A picture that links away and no word beside it: an advert.
7. It opens with a furniture heading that speaks for all of it: "Tin liên quan", "4 bình luận".
8. A tool: links that lead nowhere ("Chia sẻ", "In bài"); a named share bar that is short or made of links.
9. Other stories: more than six letters of ten inside links, or a headline that is a link and a sentence under it.
10. A slogan beside a linked picture (an advert), or a few words beside a form (a tool).
11. An inset, the story's own box: "boxinfo", a `<div>` with a border.
12. A furniture heading stands right above it, or a line of the imprint in it: a hint.
13. The header's clock, by its name ("datenow"): a hint. Else the story, for nothing speaks against it.

An `<aside>` is beside the story whatever is in it, related or an inset; a `<footer>` is the foot of something, which
may be the story. In a cell of a table cases 7 and 9 are hints, for the first cell of a table of data may read
"Chuyên mục".

Lines are labelled in `piece`. Three questions stay apart, for they are of no block: which whole stories were loaded
below the first (`others`, before anything is labelled), which run of lines is the box about the author (`about`), and
whether a headline stands beside a date (`date_places`): the row of the page's own date may be built like a teaser.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from lxml.etree import _Element as Element

from crawler.reading import build
from crawler.reading.furniture import (
    NEVER_TEXT,
    Sign,
    first_words,
    is_comment_heading,
    is_heading,
    is_hidden,
    signs_of,
)
from crawler.reading.tree import PICTURES, measure, text_of
from crawler.text.normal import clean_line

Kind = Literal[
    "story", "caption", "inset",
    "hidden", "furniture", "mixed", "comments", "author", "related", "links", "tools", "advert", "form",
    "code", "link", "foot", "imprint", "clock",
    "mark", "heading", "keywords", "date", "notice", "visit",
]  # fmt: skip
"""What a block is. The first three are the story's; "author" is the box about the author, whose name counts and whose
prose does not, and "furniture" whatever else a name calls so. The last row is of lines (`piece`)."""


class Sure:
    """How sure a label is: plain ints, for an IntEnum costs a call for every comparison."""

    HINT = 1
    LIKELY = 2
    CERTAIN = 3


class Label(NamedTuple):
    """What a block is, how sure that is, and why."""

    kind: Kind
    sure: int
    evidence: str
    sign: int = Sign.NONE
    """What its class and id say, for what is asked of them besides: caption, by-line, title."""

    @property
    def is_cut(self) -> bool:
        """Whether the block is no part of a story that stands around it."""
        return self.kind not in _KEPT and self.sure >= Sure.LIKELY

    @property
    def is_uncounted(self) -> bool:
        """Whether the block's prose tells nothing of where the story stands."""
        return self.kind in _UNCOUNTED or self.sure == Sure.CERTAIN


_KEPT = frozenset(("story", "caption", "inset"))
_UNCOUNTED = frozenset(("furniture", "comments", "author", "related", "foot", "imprint"))
_BESIDE = frozenset(("furniture", "mixed", "comments"))
STORY = Label("story", Sure.HINT, "nothing speaks against it")
_BY_TAG: dict[str, Label] = {tag: Label("code", Sure.CERTAIN, f"<{tag}>") for tag in NEVER_TEXT} | {
    "a": Label("link", Sure.CERTAIN, "<a>"),
    "figcaption": Label("caption", Sure.CERTAIN, "<figcaption>"),
}
_NAMED = Sign.FURNITURE | Sign.COMMENT | Sign.BIO
_WRAPPER_NAMES = (
    "div section aside article ul ol dl dd table tbody tr td form footer header li blockquote center fieldset details "
    "p figure amp-carousel"
)
WRAPPERS = frozenset(_WRAPPER_NAMES.split())
"""Elements that may be furniture by their build."""
CELLS = frozenset(("tr", "td", "tbody", "dd"))
_HEADED = frozenset(("div", "section", "ul", "ol", "table", "article", "dl", "td", "tbody", "tr"))
_HEADINGS_ABOVE = frozenset(("h2", "h3", "h4", "h5", "div", "p", "span", "strong", "b"))
"""Elements that may be the heading of what follows them."""
_MAX_TEASER = 900
"""Letters of the longest teaser box: three related headlines with a sentence each."""
_MAX_FORM = 800
"""Letters of a form that only asks; templates put a whole page into one."""


class Labels:
    """The labels of a page's elements, each judged when it is first asked for and never again.

    `lies` are the elements whose names say nothing, `imprints` those that hold the page's imprint.
    """

    def __init__(
        self, lies: frozenset[Element] = frozenset(), imprints: frozenset[Element] = frozenset()
    ) -> None:
        self._lies = lies
        self._imprints = imprints
        self._known: dict[Element, Label] = {}

    def of(self, element: Element) -> Label:
        """What an element is."""
        known = self._known.get(element)
        if known is None:
            known = self._known[element] = self._judge(element)
        return known

    def called(self, element: Element) -> Label:
        """What an element is as far as its style, its name and its tag tell (cases 1 to 3).

        All that is asked of what stands outside the body: there a row of author and date may be built like a teaser.
        """
        return self._told(element, sign := self._sign(element)) or _story(sign)

    def of_cell(self, element: Element) -> Label:
        """What a cell inside the body is, but for hints: judging tables in tables for these costs too much."""
        label = self.called(element)
        return self.of(element) if label.sign & Sign.TOOLBAR else label

    def is_beside(self, element: Element, within: Element) -> bool:
        """Whether names and days in an element are another's: it, or what holds it up to `within`, is called so."""
        node: Element | None = element
        while node is not None:
            kind = self.called(node).kind
            if kind in _BESIDE or node.tag in ("aside", "footer") or (kind == "link" and node is not element):
                return True
            if node is within:
                return False
            node = node.getparent()
        return False

    def _judge(self, element: Element) -> Label:
        tag, sign = element.tag, Sign.NONE
        if element.keys():
            sign = self._sign(element)
            if told := self._told(element, sign):
                return told
        elif by_tag := _BY_TAG.get(tag):
            return by_tag
        pictured = tag == "p" and len(element) and next(element.iter(*PICTURES), None) is not None
        if tag not in WRAPPERS or (tag == "p" and not pictured and not sign & Sign.TOOLBAR):
            return _story(sign)
        found = self._built(element, sign)
        if found.kind == "story" and element in self._lies:
            return Label("story", Sure.LIKELY, f"named {_name_of(element)}, and tells a story")
        return found._replace(sign=sign) if sign != found.sign else found

    @staticmethod
    def _told(element: Element, sign: int) -> Label | None:
        """Cases 1 to 3: what style, name or tag say; None where the build must say it."""
        if is_hidden(element, sign):
            return Label("hidden", Sure.CERTAIN, f"hidden: {_name_of(element)}", sign)
        if sign & _NAMED and not sign & Sign.LEAD:
            return Label(_kind_named(sign), Sure.LIKELY, f"named {_name_of(element)}", sign)
        by_tag = _BY_TAG.get(element.tag)
        return by_tag._replace(sign=sign) if by_tag and sign else by_tag

    def _sign(self, element: Element) -> int:
        """What class and id say; nothing where they lie."""
        return Sign.NONE if element in self._lies else signs_of(element)

    def _built(self, element: Element, sign: int) -> Label:
        """Cases 5 to 13: what the build of a block says, its headings, and its name where that needs the build."""
        tag = element.tag
        if element.get("data-ad-slot") is not None or element.get("data-ad-client") is not None:
            return Label("advert", Sure.CERTAIN, "an advert's slot")
        size, linked = measure(element)
        if tag == "form":
            return Label("form", Sure.HINT if size > _MAX_FORM else Sure.LIKELY, "<form>")
        if sign & Sign.CAPTION:
            return Label("caption", Sure.LIKELY, f"named {_name_of(element)}")
        if not size:
            empty = tag == "td" or not build.is_advert(element)
            return STORY if empty else Label("advert", Sure.LIKELY, "a linked picture without words")
        found = self._worded(element, sign, size, linked)
        if tag == "footer":
            return Label("foot", found.sure, f"<footer>: {found.evidence}")
        if tag == "aside":
            related = found.is_cut or linked > 0.3 * size
            return Label("related" if related else "inset", Sure.CERTAIN, f"<aside>: {found.evidence}")
        return found

    def _worded(self, element: Element, sign: int, size: int, linked: int) -> Label:
        """Cases 7 to 13: what the build and the headings of a block with words say."""
        tag = element.tag
        if tag == "p":
            return _tool(element, sign, size, linked) or STORY
        found = _headed(element, size - linked)
        if not found and (tag not in CELLS or sign & Sign.TOOLBAR):
            found = _tool(element, sign, size, linked)
        if not found and linked:
            found = _linked(element, sign, size, linked)
        if not found and tag not in CELLS:
            found = _boxed(element, sign, size)
        if found:
            return found
        if line := _heading_above(element, size - linked):
            return Label("related", Sure.HINT, f"under: {line}")
        if element in self._imprints:
            return Label("imprint", Sure.HINT, "holds a line of the imprint")
        return _story(sign)


def _story(sign: int) -> Label:
    """The label of a line, or of what stands in one, with such a name."""
    if not sign:
        return STORY
    return Label("clock" if sign & Sign.CLOCK else "story", Sure.HINT, STORY.evidence, sign)


def _name_of(element: Element) -> str:
    """Class and id of an element, or its style, as evidence."""
    names = " ".join(filter(None, (element.get("class"), element.get("id")))) or element.get("style") or ""
    return repr(names[:60])


def _kind_named(sign: int) -> Kind:
    if sign & Sign.BODY:
        return "mixed"
    if sign & Sign.COMMENT:
        return "comments"
    return "furniture" if sign & Sign.FURNITURE else "author"


def _headed(element: Element, prose: int) -> Label | None:
    """Case 7: a furniture heading that opens a block."""
    line = first_words(element)
    if not (is_heading(line) and build.speaks_for(line, prose, element)):
        return None
    kind: Kind = "comments" if is_comment_heading(line) else "related"
    return Label(kind, Sure.HINT if element.tag in CELLS else Sure.LIKELY, f"headed: {line}")


def _heading_above(element: Element, prose: int) -> str | None:
    """Case 12: the furniture heading right above a block that speaks for it."""
    above = element.getprevious()
    if above is None or above.tag not in _HEADINGS_ABOVE or element.tag not in _HEADED:
        return None
    line = text_of(above).strip()
    if len(line) > 200:  # cleaning a paragraph to see that it is none costs more than all else here
        return None
    line = clean_line(line)
    return line if is_heading(line) and build.speaks_for(line, prose, element) else None


def _tool(element: Element, sign: int, size: int, linked: int) -> Label | None:
    """Case 8: what a reader does with a page rather than reads."""
    if size < 120 and build.is_toolbar(element, size):
        return Label("tools", Sure.LIKELY, "links that lead nowhere")
    if sign & Sign.TOOLBAR and (size < 200 or linked > 0.3 * size) and not build.is_prose(element, size):
        return Label("tools", Sure.LIKELY, f"named {_name_of(element)}")
    return None


def _linked(element: Element, sign: int, size: int, linked: int) -> Label | None:
    """Case 9: next to nothing but links, or a headline that is one and a sentence under it."""
    is_cell = element.tag in CELLS
    if linked > 0.6 * size and size > 12 and not sign & Sign.BYLINE and not is_cell:
        kind: Kind = "related" if size <= _MAX_TEASER else "links"
        return Label(kind, Sure.LIKELY, f"{linked} of {size} letters inside links")
    if size <= _MAX_TEASER and build.is_teaser(element):
        sure = Sure.HINT if is_cell else Sure.LIKELY
        return Label("related", sure, f"teaser: {first_words(element, 60)}")
    return None


def _boxed(element: Element, sign: int, size: int) -> Label | None:
    """Cases 10 and 11: a box of its own, by its pictures, its form, its name or its frame."""
    if size < 300 and len(element):
        if build.is_advert(element):
            return Label("advert", Sure.LIKELY, "a linked picture and a slogan")
        if next(element.iter("form"), None) is not None:
            return Label("tools", Sure.LIKELY, "a form and a few words")
    if sign & Sign.INSET and not sign & (Sign.BODY | Sign.BYLINE | Sign.DATE):
        return Label("inset", Sure.LIKELY, f"named {_name_of(element)}")
    if element.tag in ("div", "section", "blockquote") and build.is_framed(element):
        return Label("inset", Sure.LIKELY, "a frame or a ground of its own")
    return None
