"""The way back through the pages of a listing, for a gap and for a backfill alike. Pure.

A gap is a backfill whose window begins at the last thing known; what is different is only how a page tells that the
beginning was met. A walk goes from page to page, and ends

1. where the beginning was met: a link that was known before, or days before the window;
2. at the second page in a row that shows nothing new: past the end some sites show their last page again, while one
   such page may only have been pushed down by what was published meanwhile;
3. where no page follows, or the one that follows is one where the walk was;
4. after as many pages as it may take.

5. A page that does not come is gone around where the address of the one behind it can be told; not two in a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from crawler.discovery.archive import mark

MOST_HOLES = 2
"""Pages in a row that may fail before a walk stops for this crawl."""


class End(Enum):
    """Why a walk ends."""

    MET = "met"
    REPEATS = "repeats"
    LAST = "last"
    BOUND = "bound"


@dataclass(frozen=True, slots=True)
class Walk:
    """How far a walk has come: the page that is asked now, and what the earlier ones showed."""

    page: int = 1
    shown: frozenset[str] = frozenset()
    """Addresses that earlier pages showed, as far as they are remembered."""
    before: tuple[str, ...] = ()
    """Those that the page before added: by now their dates are known."""
    repeated: bool = False
    """Whether the page before added none."""
    been: frozenset[str] = frozenset()
    """Marks of the addresses that were asked, and of those that answered."""
    holes: int = 0
    """Pages that did not come."""
    holes_in_a_row: int = 0

    def at(self, *urls: str) -> Walk:
        """The walk, having been at these addresses.

        >>> Walk().at("https://bao.example/?page=2").was_at("https://bao.example/?page=2")
        True
        """
        return replace(self, been=self.been | {mark(url) for url in urls})

    def was_at(self, url: str) -> bool:
        """Whether it was at this address."""
        return mark(url) in self.been

    def fresh(self, listed: Sequence[str]) -> tuple[str, ...]:
        """Of what a page lists, what no earlier one showed, in its order."""
        return tuple(dict.fromkeys(url for url in listed if url not in self.shown))

    def turned(
        self, listed: Sequence[str], *, met: bool, following: str | None, most: int | None = None
    ) -> Walk | End:
        """One page on, or why the walk ends at this one, which lists these addresses.

        >>> walk = Walk().turned(["a", "b"], met=False, following="?page=2")
        >>> walk.page, walk.turned(["a", "b"], met=False, following="?page=3").repeated
        (2, True)
        >>> walk.turned(["c"], met=True, following="?page=3"), walk.turned(["c"], met=False, following=None)
        (<End.MET: 'met'>, <End.LAST: 'last'>)
        """
        fresh = self.fresh(listed)
        if met:
            return End.MET
        if not fresh and self.repeated:
            return End.REPEATS
        if not listed or following is None or self.was_at(following):
            return End.LAST
        if most is not None and self.page >= most:
            return End.BOUND
        return replace(
            self,
            page=self.page + 1,
            shown=self.shown | frozenset(fresh),
            before=fresh,
            repeated=not fresh,
            holes_in_a_row=0,
        )

    def fallen(self) -> Walk:
        """The walk with one more page that did not come."""
        return replace(self, holes=self.holes + 1, holes_in_a_row=self.holes_in_a_row + 1)

    def around(self, *, most: int | None = None) -> Walk | None:
        """The page behind one that did not come; None where the walk stops for this crawl."""
        if self.holes_in_a_row >= MOST_HOLES or (most is not None and self.page >= most):
            return None
        return replace(self, page=self.page + 1)
