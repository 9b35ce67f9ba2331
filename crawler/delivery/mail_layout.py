"""Where each thing stands in a message: what is told first, under which heading, and what no longer fits. Pure.

1. An article stands once: a story, a document and a meeting told by the same story are one entry, the document first
   (`told_once`).
2. Six sections in a fixed order: new documents, stories, meetings ahead, meetings held, edits, events of the box.
3. Each section has its share of the room (`allot`), so that forty meetings cannot crowd out a story; what one section
   does not need goes to the others.
4. Within a section the reader's own province comes first; what only mentions the matter comes last; stories may stand
   under provinces or topics.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from crawler.delivery.items import DigestItem, Elsewhere, Fired, Message
from crawler.text.normal import fold

SectionName = Literal["document", "news", "ahead", "held", "change", "event"]
WEIGHTS: Mapping[SectionName, int] = {
    "document": 3,
    "news": 6,
    "ahead": 2,
    "held": 1,
    "change": 2,
    "event": 3,
}
"""Shares of the room, in the order in which the sections stand."""
DENSE = 10
"""Entries above which a message has a table of contents and says less of each."""


@dataclass(frozen=True, slots=True)
class EntryGroup:
    """Entries under one heading of a section; the heading is None where there is none."""

    title: str | None
    items: tuple[DigestItem, ...]


@dataclass(frozen=True, slots=True)
class MailSection:
    """One part of a message."""

    name: SectionName
    groups: tuple[EntryGroup, ...]
    left_out: int
    """Entries that no longer fit."""

    @property
    def items(self) -> tuple[DigestItem, ...]:
        """The entries shown, in their order."""
        return tuple(item for group in self.groups for item in group.items)


@dataclass(frozen=True, slots=True)
class MailLayout:
    """A message in its sections, and what they have no room for."""

    sections: tuple[MailSection, ...]
    rest: tuple[DigestItem, ...]

    @property
    def is_dense(self) -> bool:
        """Whether there is so much that each entry says less."""
        return sum(len(section.items) for section in self.sections) + len(self.rest) > DENSE


def section_of(item: DigestItem) -> SectionName:
    """The section of an entry."""
    if item.kind == "meeting":
        return "ahead" if item.upcoming else "held"
    return item.kind


def arrange(message: Message, most: int) -> MailLayout:
    """The sections of a message with at most `most` entries."""
    by_section: dict[SectionName, list[DigestItem]] = {name: [] for name in WEIGHTS}
    for item in message.items:
        by_section[section_of(item)].append(item)
    room = allot({name: len(items) for name, items in by_section.items()}, most)
    sections: list[MailSection] = []
    rest: list[DigestItem] = []
    for name, items in by_section.items():
        ranked = sorted(
            items, key=lambda item: _rank(item, message.province)
        )  # stable: the order of before holds
        shown, left = ranked[: room[name]], ranked[room[name] :]
        if shown:
            group = message.group if name == "news" else None
            sections.append(MailSection(name, _grouped(shown, group, message), len(left)))
        rest += left
    return MailLayout(tuple(sections), tuple(rest))


def allot(counts: Mapping[SectionName, int], most: int) -> dict[SectionName, int]:
    """How many entries each section may show, `most` in all: in proportion to its weight, none idle.

    >>> given = allot({"document": 4, "news": 30, "ahead": 8, "held": 30}, 40)
    >>> [given[name] for name in ("document", "news", "ahead", "held")]
    [4, 24, 8, 4]
    """
    given: dict[SectionName, int] = dict.fromkeys(WEIGHTS, 0)
    for _ in range(min(most, sum(counts.values()))):
        hungry = [name for name in WEIGHTS if given[name] < counts.get(name, 0)]
        given[min(hungry, key=lambda name: given[name] / WEIGHTS[name])] += 1
    return given


def told_once(items: Sequence[DigestItem]) -> tuple[DigestItem, ...]:
    """Entries about one story as one: the first of them carries the others. Their order is kept."""
    first: dict[str, int] = {}
    told: list[DigestItem] = []
    for item in items:
        place = first.get(item.story) if item.story is not None else None
        if place is None:
            if item.story is not None:
                first[item.story] = len(told)
            told.append(item)
        else:
            told[place] = _joined(told[place], item)
    return tuple(told)


def _joined(one: DigestItem, other: DigestItem) -> DigestItem:
    """`other` told with `one`: a story adds its words and copies, a document or a meeting stands as a line."""
    fired: dict[str, tuple[str, ...]] = {f.watch: f.words for f in one.fired}
    for f in other.fired:
        fired[f.watch] = tuple(dict.fromkeys((*fired.get(f.watch, ()), *f.words)))
    same = other.article
    there = [Elsewhere(same.outlet.name, same.url)] if same is not None else []
    shown = one.article
    own = (shown.url, shown.outlet.name) if shown is not None else ()
    copies = (
        e for e in (*one.elsewhere, *there, *other.elsewhere) if e.url not in own and e.outlet not in own
    )
    if (
        shown is not None
        and not shown.passage
        and other.article is not None
        and other.article.url == shown.url
    ):
        shown = replace(shown, passage=other.article.passage)
    return replace(
        one,
        article=shown,
        fired=tuple(Fired(name, words) for name, words in sorted(fired.items())),
        elsewhere=_one_link_each(copies),
        documents=one.documents or other.documents,
        meetings=one.meetings or other.meetings,
        carried=(*one.carried, other),
        salience="main" if "main" in (one.salience, other.salience) else "passing",
    )


def _one_link_each(copies: Iterable[Elsewhere]) -> tuple[Elsewhere, ...]:
    found: dict[str, Elsewhere] = {}
    for copy in copies:
        found.setdefault(copy.outlet, copy)
    return tuple(found.values())


def _rank(item: DigestItem, province: str | None) -> tuple[bool, bool]:
    return item.salience == "passing", province is not None and item.province != province


def _grouped(items: Sequence[DigestItem], group: str | None, message: Message) -> tuple[EntryGroup, ...]:
    """Under headings: the reader's own province first, the rest by name, what has none last."""
    if group is None:
        return (EntryGroup(None, tuple(items)),)
    under: dict[str, list[DigestItem]] = {}
    for item in items:
        heading = item.province if group == "province" else item.topic
        under.setdefault(heading or "", []).append(item)
    own = message.province if group == "province" else None
    names = sorted(under, key=lambda name: (name != own, not name, fold(name)))
    return tuple(EntryGroup(name, tuple(under[name])) for name in names)
