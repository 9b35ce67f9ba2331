"""The provinces as a tile map: equal squares that lie as on the map, so that a small province is as large as any.

The squares are data, `tilemap.tsv`: the 34 provinces of the reorganisation of 1 July 2025 in a layout of this project,
column and row from 0 at the upper left. The archipelagoes Hoàng Sa and Trường Sa have marks of their own; they belong
to Đà Nẵng and Khánh Hòa.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("tilemap.tsv")
SIDE = 100
"""Of a square with its gap, in the units of the drawing."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One square."""

    name: str
    """Of the province, or of the archipelago."""
    province: str
    """Whose it is."""
    column: int
    row: int

    @property
    def is_archipelago(self) -> bool:
        """Whether it is no province but belongs to one."""
        return self.name != self.province

    @property
    def lines(self) -> tuple[str, ...]:
        """The name on one line or two of about one length.

        >>> Tile("TP. Hồ Chí Minh", "TP. Hồ Chí Minh", 0, 0).lines, Tile("Huế", "Huế", 0, 0).lines
        (('TP. Hồ', 'Chí Minh'), ('Huế',))
        """
        words = self.name.split()
        middle = (len(words) + 1) // 2
        return tuple(" ".join(part) for part in (words[:middle], words[middle:]) if part)


@cache
def tiles() -> tuple[Tile, ...]:
    """All squares, row by row."""
    rows = [line.split("\t") for line in _FILE.read_text(encoding="utf-8").splitlines()[1:]]
    found = [Tile(name, province, int(column), int(row)) for name, province, column, row in rows]
    return tuple(sorted(found, key=lambda one: (one.row, one.column)))


def size() -> tuple[int, int]:
    """Width and height of the drawing."""
    return (max(one.column for one in tiles()) + 1) * SIDE, (max(one.row for one in tiles()) + 1) * SIDE
