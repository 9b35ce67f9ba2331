"""The candidates for a page's date, gathered from the places where one is printed or claimed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lxml.etree import _Element as Element

from crawler.article import Page
from crawler.dates.printed import find_visible, parse_machine
from crawler.dates.zones import VIETNAM
from crawler.reading.body import Body
from crawler.reading.dates import (
    EARLIEST,
    WEIGHTS,
    DateCandidate,
    Dating,
    Role,
    choose,
    structured_candidates,
    visible_candidates,
)
from crawler.reading.furniture import Sign
from crawler.reading.head import Head
from crawler.reading.labels import Labels
from crawler.reading.layout import Layout
from crawler.reading.structured import Claims
from crawler.reading.tree import letters_of, linked_away, text_of
from crawler.text.normal import clean_line

_BELOW = re.compile(
    r"(?i)\b(?:ngày\s+đăng|đăng\s+ngày|đăng\s+lúc|đăng\s+tải|xuất\s+bản|cập\s+nhật|posted|published|ngày\s+viết)\b"
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
_MACHINE_DATES = frozenset(_MACHINE_DATE)


_MAX_CARD = 500
"""Most letters of the card of another story: its headline, a teaser and a day."""


def date_of(page: Page, layout: Layout, head: Head, body: Body, claimed: Claims) -> Dating:
    """The date of a page's article, out of every candidate the page and its feed offer."""
    row, containers = layout.extract, layout.containers
    candidates = structured_candidates(claimed.dates)
    told_by_feed = page.feed_published
    if told_by_feed is not None and told_by_feed.date() < EARLIEST:
        told_by_feed = None
    if told_by_feed is not None:
        moment = parse_machine(told_by_feed.isoformat())
        if moment is not None:
            candidates.append(DateCandidate(moment, "feed", "feed", weight=WEIGHTS["feed"]))
    if row:
        roles: tuple[tuple[Sequence[str], Role], ...] = (
            (row.published, "published"),
            (row.updated, "modified"),
        )
        for selectors, role in roles:
            text = layout.marks.text(selectors)
            if text and (found := find_visible(text)):
                candidates.append(
                    DateCandidate(found[0][0], "visible", f"row: {selectors[0]}", role, WEIGHTS["row"])
                )
    candidates += _printed_dates(page, head, containers, layout.labels)
    opening = [b.text for b in body.blocks if b.kind in ("lead", "paragraph")][:3]
    ceiling = told_by_feed.astimezone(VIETNAM).date() if told_by_feed else None
    if row and row.until:
        ceiling = min(ceiling, row.until) if ceiling else row.until
    return choose(
        candidates,
        url=page.url,
        opening=opening,
        fetched=page.fetched,
        ceiling=ceiling,
        told_in=[b.text for b in body.blocks],
        fresh=page.fresh,
    )


def _printed_dates(
    page: Page, head: Head, containers: Sequence[Element], labels: Labels
) -> list[DateCandidate]:
    """Dates printed around the title, and in attributes there."""
    found: list[DateCandidate] = []
    today = page.fetched.astimezone(VIETNAM).date()
    for pieces, near in ((head.after, True), (head.before[-6:], False)):
        for piece in pieces:
            text = piece.text
            if piece.kind != "text" or len(text) > 160 or piece.leads_away or piece.linked > 20:
                continue
            for moment, start, end in find_visible(text)[:3]:
                if end - start < 0.25 * len(text) and not piece.sign & Sign.DATE:
                    continue
                # Above the title today's date is the header's clock.
                if not near and moment.day == today:
                    continue
                adjacent = not near and piece is pieces[-1]
                found += visible_candidates(text, moment, start, end, near=near, adjacent=adjacent)
    for element in head.zone:
        found += _attribute_dates(element, labels)
    found += _dates_below(head, containers, labels)
    return list(dict.fromkeys(found))


def _dates_below(head: Head, containers: Sequence[Element], labels: Labels) -> list[DateCandidate]:
    """Dates printed under the body with a label that says so; comments have theirs there too, without one."""
    found: list[DateCandidate] = []
    if not containers or head.frame is None:
        return found
    node: Element | None = containers[-1]
    while node is not None and node is not head.frame:
        for sibling in node.itersiblings():
            if isinstance(sibling.tag, str) and not labels.is_beside(sibling, sibling):
                line = clean_line(text_of(sibling)[:200])
                label = _BELOW.search(line)
                if label and label.start() < 30 and (dated := find_visible(line[:140])):
                    moment, start, end = dated[0]
                    found += visible_candidates(line, moment, start, end, near=False)
        node = node.getparent()
    return found[:4]


def _attribute_dates(zone: Element, labels: Labels) -> list[DateCandidate]:
    found = []
    for element in zone.iter():
        if _MACHINE_DATES.isdisjoint(element.keys()):
            continue
        for name in _MACHINE_DATE:
            value = element.get(name)
            if not value or (moment := parse_machine(value)) is None:
                continue
            other = labels.is_beside(element, zone) or labels.of(element).kind == "clock"
            if other or _of_a_card(element, zone):
                continue
            where = f"{element.tag}[{name}]"
            kind = "time" if name == "datetime" else "epoch"
            found.append(DateCandidate(moment, "visible", where, weight=WEIGHTS[kind]))
    return found[:4]


def _of_a_card(element: Element, zone: Element) -> bool:
    """Whether a date stands in the card of another story: beside a headline that leads to another page."""
    node: Element | None = element
    for _ in range(4):
        if node is None or node is zone.getparent() or letters_of(node) > _MAX_CARD:
            return False
        for anchor in node.iter("a"):
            if linked_away(anchor.get("href")) and len(text_of(anchor).split()) >= 5:
                return True
        node = node.getparent()
    return False
