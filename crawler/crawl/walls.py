"""A wall before one page is no wall before the outlet: which of the two it is shows in what comes before and after.

1. A listing that is walled speaks for the outlet: the visit ends.
2. A page that is walled may be the only one (a log-in form, a page of photographs): the host rests, and one more page
   is tried. Is that one walled too, the outlet is; is it read, the first was alone.
3. A page that was walled in an earlier visit is asked when all else has ended, and the next of its kind only after
   it has come.

Pages are judged in the order in which they came, not in that in which busy workers have read them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

REST_DELAYS = 10
"""Ordinary pauses that a host rests for before the one more try."""
Verdict = Literal["read", "walled", "neither"]


@dataclass(slots=True)
class Walls:
    """What one visit knows of the walls of an outlet."""

    suspect: str | None = None
    """The address that was walled last, while no page has been read since."""
    channel: bool = False
    """It is a feed or a sitemap, and none of the articles."""
    outlet: bool = False
    """Two addresses were walled and no page was read in between."""
    _pages: dict[int, tuple[str, Verdict] | None] = field(default_factory=dict)
    """The pages that came and those before them that are still being read; None: no verdict yet."""
    _count: int = 0

    def came(self) -> int:
        """A page has come: its number."""
        self._count += 1
        self._pages[self._count] = None
        return self._count

    def judge(self, number: int, url: str, verdict: Verdict) -> list[str]:
        """What a page was; the articles that turn out to have been walled alone. A second verdict does not count.

        >>> walls = Walls()
        >>> a, b, c, d = (walls.came() for _ in range(4))
        >>> walls.judge(a, "/anh-1", "walled"), walls.judge(c, "/anh-2", "walled"), walls.outlet
        ([], [], False)
        >>> walls.judge(b, "/bai", "read"), walls.judge(d, "/bai-2", "walled"), walls.outlet
        (['/anh-1'], [], True)
        """
        if self._pages.get(number, ()) is None:
            self._pages[number] = (url, verdict)
        return list(self._settled())

    def channel_walled(self, url: str) -> None:
        """A feed or a sitemap is walled."""
        if self.suspect is not None and self.suspect != url:
            self.outlet = True
        else:
            self.suspect, self.channel = url, True

    def listed(self) -> None:
        """The listing came: the wall before a feed or a sitemap is before that alone. Of articles it says nothing."""
        if self.channel:
            self.suspect, self.channel = None, False

    def over(self) -> str | None:
        """The visit is over: the article that was walled, with no page behind it."""
        alone = None if self.channel else self.suspect
        self.suspect, self.channel = None, False
        return alone

    def _settled(self) -> Iterator[str]:
        """Go through the verdicts in the order of their pages, as far as they are known."""
        for number in sorted(self._pages):
            if (known := self._pages[number]) is None:
                return
            del self._pages[number]
            url, verdict = known
            if verdict == "read" and (alone := self.over()) is not None:
                yield alone
            if verdict == "walled":
                if self.suspect is not None and self.suspect != url:
                    self.outlet = True
                else:
                    self.suspect, self.channel = url, False
