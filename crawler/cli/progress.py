"""What is seen of a crawl while it runs: a bar on a terminal, a line for each source in a pipe; both on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from crawler.cli.shell import notes

if TYPE_CHECKING:
    from crawler.crawl.context import CrawlContext
    from crawler.crawl.ledger import Ledger
    from crawler.source import Source

_ROWS_LEFT = 4
"""Lines of a terminal that stay free above the sources under way."""


def source_line(name: str, ledger: Ledger) -> str:
    """What one source brought, in a line.

    >>> from crawler.crawl.ledger import Ledger
    >>> source_line("Báo Lam Hà", Ledger("bao-lam-ha"))
    'Báo Lam Hà: không có gì mới'
    """
    from crawler.messages import in_both

    if ledger.problem:
        return f"{name}: {in_both(ledger.problem)}"
    row = ledger.to_json()
    counts = (
        (row["stored"] + row["duplicate_kept"], "bài mới"), (row["updated"], "bài sửa"),
        (sum(row["dropped"].values()), "trang bỏ qua"),
    )  # fmt: skip
    told = ", ".join(f"{count} {what}" for count, what in counts if count)
    return f"{name}: {told or 'không có gì mới'}"


@contextmanager
def crawl_shown(context: CrawlContext, *, quiet: bool = False) -> Iterator[None]:
    """Show a crawl of this work while the block runs."""
    if quiet:
        yield
    elif notes.is_terminal:
        with _bars(context):
            yield
    else:
        context.told = _lines(context.registry)
        yield


@contextmanager
def bar_shown(what: str, total: int, *, quiet: bool = False) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal while the block runs, or a line a thousand in a pipe; it yields what moves it on."""
    if not quiet and notes.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=notes, transient=True) as progress:
            task = progress.add_task(what, total=total)
            yield lambda steps: progress.advance(task, steps)
        return
    done = 0

    def told(steps: int) -> None:
        nonlocal done
        if not quiet and (done + steps) // 1_000 > done // 1_000:
            notes.print(f"{what}: {done + steps}/{total}", markup=False)
        done += steps

    yield told


def _lines(registry: Mapping[str, Source]) -> Callable[[str, Ledger | None], None]:
    def told(source: str, ledger: Ledger | None) -> None:
        if ledger is not None:
            notes.print(source_line(registry[source].name, ledger), markup=False)

    return told


@contextmanager
def _bars(context: CrawlContext) -> Iterator[None]:
    columns = (
        TextColumn("{task.description}"), BarColumn(bar_width=20), MofNCompleteColumn(), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=notes, transient=True) as progress:
        bars: dict[str, TaskID] = {}
        every = progress.add_task("Thu thập", total=0)

        def told(source: str, ledger: Ledger | None) -> None:
            name = context.registry[source].name
            if ledger is not None:
                progress.remove_task(bars.pop(source))
                progress.advance(every)
                progress.console.print(escape(source_line(name, ledger)))
                return
            total = (progress.tasks[0].total or 0) + 1
            progress.update(every, total=total)
            room = len(bars) < notes.size.height - _ROWS_LEFT
            bars[source] = progress.add_task(f"  {escape(name)}", total=None, visible=room)

        context.told = told
        yield
