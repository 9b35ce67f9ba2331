"""What two readings of one article differ in, field by field, and by how much."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from crawler.article import Article

Part = Literal["dates", "annotations"]
DATES = ("published", "published_precision", "published_from", "updated", "dates")
NOTES = ("citations", "meetings", "called_off", "relevant", "topics")
_FIELDS = (
    "title", "section", "place", "lead", "authors", "byline", *DATES, "blocks", "captions", "images", "reader",
    "warnings", "head",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One field that two readings have otherwise."""

    field: str
    old: Any
    new: Any

    @property
    def size(self) -> int:
        """Characters that are in one of the two and not between what they begin and end with alike."""
        old, new = _plain(self.old), _plain(self.new)
        if old == new:
            return 0
        begins = _alike(old, new)
        ends = _alike(old[begins:][::-1], new[begins:][::-1])
        return max(1, len(old) + len(new) - 2 * (begins + ends))


def differences(old: Article, new: Article) -> tuple[FieldDifference, ...]:
    """The fields that differ, in a fixed order; `agreement` is no part of a reading.

    >>> [d.field for d in differences(Article("u", "u", "A"), Article("u", "u", "B"))]
    ['title']
    """
    pairs = [(name, getattr(old, name), getattr(new, name)) for name in _FIELDS]
    notes = [(name, getattr(old.annotations, name), getattr(new.annotations, name)) for name in NOTES]
    return tuple(FieldDifference(name, a, b) for name, a, b in (*pairs, *notes) if a != b)


def with_only(old: Article, new: Article, part: Part) -> Article:
    """The old reading with this part of the new one."""
    if part == "annotations":
        return old.noted(annotations=new.annotations)
    taken = {name: getattr(new, name) for name in DATES}
    return replace(old, **taken)


def diff_lines(old: Article, new: Article) -> Iterator[str]:
    """The two readings as a unified diff: title, day and blocks, a line each."""
    yield from difflib.unified_diff(_lines(old), _lines(new), "cũ / old", "mới / new", lineterm="", n=1)


def _lines(read: Article) -> list[str]:
    head = [f"title: {read.title}", f"published: {read.published or '—'} ({read.published_from or '—'})"]
    captions = [f"caption: {c.text} [{c.credit or '—'}]" for c in read.captions]
    notes = read.annotations
    said = [f"citation: {c.surface} = {c.key}" for c in notes.citations]
    said += [f"meeting: {m.kind}, {m.organiser or '—'}, {m.date or '—'}" for m in notes.meetings]
    said += [f"topic: {t.id}" for t in notes.topics]
    return [*head, *(f"{b.kind}: {b.text}" for b in read.blocks), *captions, *said]


def _plain(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "\n".join(map(str, value))
    return "" if value is None else str(value)


def _alike(one: str, other: str) -> int:
    """How many characters both begin with."""
    return next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
