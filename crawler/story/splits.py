"""Training, validation and test parts of a corpus: by story and by time, so that nothing leaks.

The press reprints: a random split puts one copy of a story into the training part and its twin into the test
part, and a model is praised for what it has seen. Here whole stories are placed, in the order in which they
began: what a model is tested on began after everything it was trained on.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from datetime import datetime
from typing import Literal, TypeVar

Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = ("train", "validation", "test")
SHARES: Mapping[Part, float] = {"train": 0.8, "validation": 0.1, "test": 0.1}
"""Shares of the articles, as near as whole stories allow."""

Story = TypeVar("Story", bound=Hashable)


def split_stories(
    articles: Iterable[tuple[Story, str, datetime | None]], quotes: Iterable[tuple[Story, Story]] = ()
) -> dict[Story, Part | None]:
    """The part of each story; None for one that would leak and is left out.

    `articles` are (story, address, publication) of every article of the corpus, `quotes` pairs (a round-up's
    story, a story it quotes). Stories stand in the order of their first publication, then of their least
    address; those of unknown date belong to the training part, since nothing shows that they are new. A
    round-up that quotes a story of another part is left out. The order of the input does not matter.
    """
    sizes: dict[Story, int] = {}
    began: dict[Story, datetime] = {}
    names: dict[Story, str] = {}
    for story, address, published in articles:
        sizes[story] = sizes.get(story, 0) + 1
        names[story] = min(address, names.get(story, address))
        if published is not None:
            began[story] = min(published, began.get(story, published))
    undated = sorted((s for s in sizes if s not in began), key=names.__getitem__)
    dated = sorted(began, key=lambda s: (began[s], names[s]))
    total, before = sum(sizes.values()), 0
    parts: dict[Story, Part | None] = {}
    for story in (*undated, *dated):
        middle = (before + sizes[story] / 2) / total
        parts[story] = "train" if story not in began else _part_at(middle)
        before += sizes[story]
    left_out = {
        round_up
        for round_up, quoted in quotes
        if round_up in parts and quoted in parts and parts[round_up] != parts[quoted]
    }
    return {story: None if story in left_out else part for story, part in parts.items()}


def _part_at(share: float) -> Part:
    """The part that covers this share of the corpus, counted from its beginning."""
    if share < SHARES["train"]:
        return "train"
    return "validation" if share < SHARES["train"] + SHARES["validation"] else "test"
