"""How lists look: a table where it fits, a record for each row on a narrow screen; days and times in one form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.text import Text

from crawler.cli.shell import console, say

if TYPE_CHECKING:
    from crawler.store.listing import ListPage

NARROWEST = 12
"""Columns of the screen that a text cell needs, or it is a column of syllables."""
NOTHING = ("", "—", "0")
"""Values a record leaves out."""

Cell = str | Text


SHOWN = 20
"""Lines of a list on a terminal, unless more are asked for."""


def show_rows(
    headings: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    whole: Sequence[int] = (0,),
    total: int | None = None,
) -> None:
    """Print rows; columns named in `whole` are never broken. `total`: how many there are, some of them left out."""
    cells = [[Text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    if _needs(headings, cells, whole) <= console.width:
        _as_table(headings, cells, whole)
    else:
        _as_records(headings, cells)
    if total is not None and total > len(rows):
        say(f"… và {total - len(rows)} nữa; xem thêm: --limit {total}")


def tell_of_more(page: ListPage[Any]) -> None:
    """Say how many entries follow a page, and how the next one is asked for."""
    if page.after is not None:
        say(f"… và {page.left} nữa; trang tiếp: --after {page.after}")


def _needs(headings: Sequence[str], rows: Sequence[Sequence[Text]], whole: Sequence[int]) -> int:
    """The least width at which the rows can be read as a table."""
    widths = [max([cell_len(h), *(cell_len(row[i].plain) for row in rows)]) for i, h in enumerate(headings)]
    least = [
        width if i in whole else max(min(width, NARROWEST), _longest_word(headings[i], rows, i))
        for i, width in enumerate(widths)
    ]
    return sum(least) + 2 * len(headings)


def _longest_word(heading: str, rows: Sequence[Sequence[Text]], column: int) -> int:
    texts = [heading, *(row[column].plain for row in rows)]
    return min(40, max((cell_len(word) for text in texts for word in text.split()), default=0))


def _as_table(headings: Sequence[str], rows: Sequence[Sequence[Text]], whole: Sequence[int]) -> None:
    from rich.table import Column, Table

    numbers = {i for i in range(len(headings)) if rows and all(_is_number(row[i].plain) for row in rows)}
    table = Table(
        *(
            Column(heading, no_wrap=i in whole, justify="right" if i in numbers else "left")
            for i, heading in enumerate(headings)
        ),
        box=None,
        header_style="bold",
    )
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _is_number(text: str) -> bool:
    return text == "—" or text.removesuffix("%").isdigit()


def _as_records(headings: Sequence[str], rows: Sequence[Sequence[Text]]) -> None:
    from rich.padding import Padding

    for first, *others in rows:
        head = first.copy()
        head.stylize("bold")
        console.print(head)
        told = [
            Text.assemble((f"{heading}: ", "dim"), cell)
            for heading, cell in zip(headings[1:], others, strict=True)
            if cell.plain.strip() not in NOTHING
        ]
        if told:
            console.print(Padding(Text(" · ").join(told), (0, 0, 0, 2)))


def vietnamese_day(iso: str | None) -> str:
    """An ISO day, month or year as a Vietnamese reader writes it; `—` where there is none.

    >>> vietnamese_day("2026-11-20"), vietnamese_day("2026"), vietnamese_day(None)
    ('20/11/2026', '2026', '—')
    """
    return "/".join(reversed(iso[:10].split("-"))) if iso else "—"
