"""Which pages the second reader reads (`crawler.reading.second_reader`, which takes most of a second to load)."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from crawler.article import Article

FIRST = 20
"""Pages of a layout that are all read twice: enough to know how well the two agree on it."""
EVERY = 50
"""After them one page in so many is (`crawl.second_reader_every`): at 20 ms that is 0.4 ms a page."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """Which pages the second reader reads: the first of each layout, then one in `every`."""

    every: int = EVERY
    read: Mapping[str, int] = field(default_factory=dict)
    """Layout (`Article.reader`) → pages of it that were read twice."""
    doubted: bool = False
    """The last page did not agree: the next one is read twice as well."""

    def wants(self, article: Article) -> bool:
        """Whether this page is read twice. One in `every` is chosen by its address, so always the same ones."""
        if not self.every:
            return False
        drawn = zlib.crc32(article.canonical_url.encode()) % self.every == 0
        return drawn or self.doubted or self.read.get(article.reader, 0) < FIRST
