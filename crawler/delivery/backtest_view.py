"""A back-test for a person at a terminal: the amount, the chart, the newest hits, near misses, the mail, the marks."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from crawler.dates.zones import VIETNAM
from crawler.delivery.backtest import TOO_BROAD, Backtest

SHOWN_HITS = 5
"""Hits listed; `--json` has them all."""
SHOWN_LINES = 24
"""Lines of the mail: a screen."""

_BARS = "▁▂▃▄▅▆▇█"
_NONE = "·"
"""A day without: the chart keeps its ground line."""
_UNITS = {"article": "bài", "story": "tin", "document": "văn kiện", "meeting": "cuộc họp"}


def sparkline(counts: Sequence[int], width: int) -> str:
    """A row of bars, one for each day, or for each few days where the days are more than `width`.

    >>> sparkline([0, 1, 2, 4], 80), sparkline([0, 1, 2, 4], 2)
    ('·▂▄█', '▂█')
    """
    step = max(1, math.ceil(len(counts) / max(1, width)))
    sums = [sum(counts[i : i + step]) for i in range(0, len(counts), step)]
    most = max(sums, default=0)
    return "".join(_BARS[math.ceil(n * 8 / most) - 1] if n else _NONE for n in sums)


def print_backtest(result: Backtest, console: Console) -> None:
    """Print it; long titles and addresses stay whole."""

    def say(line: str = "") -> None:
        console.print(Text(line), soft_wrap=True)

    for line in _amount(result, console.width):
        say(line)
    for line in _newest(result):
        say(line)
    if result.near:
        say()
        say("Suýt trúng (chỉ khác dấu hoặc cách viết số):")
        for miss in result.near:
            say(f"  “{miss.surface}” trong {miss.articles} bài, chẳng hạn: {miss.title}")
    if result.mail is not None:
        lines = result.mail.text.strip().splitlines()
        shown = "\n".join(lines[:SHOWN_LINES]) + ("\n…" if len(lines) > SHOWN_LINES else "")
        say()
        say(f"Thư hằng ngày sáng {result.mail.day:%d/%m/%Y} sẽ là:")
        console.print(Panel(Text(shown), title=Text(result.mail.subject), title_align="left"))
    for line in _marks(result):
        say(line)


def _amount(result: Backtest, width: int) -> list[str]:
    unit = _UNITS[result.scope]
    per_day = list(result.per_day.items())
    first, last = per_day[0][0], per_day[-1][0]
    name = f"“{result.watch or result.query}”" if result.watch or result.query.strip() else "Tất cả"
    reach = f"trong {result.days} ngày"
    if first > result.since.astimezone(VIETNAM).date():
        reach += f" (kho chỉ có bài từ {first:%d/%m/%Y})"
    if not result.hits:
        return [f"{name}: không {unit} nào {reach}."]
    articles = f", {result.articles} bài" if result.scope == "story" else ""
    busiest, most = max(per_day, key=lambda pair: pair[1])
    lines = [
        f"{name}: {len(result.hits)} {unit}{articles} {reach}.",
        f"Trung bình {_number(result.mean)} {unit} mỗi ngày; nhiều nhất {most}, ngày {busiest:%d/%m}.",
        "",
        f"  {sparkline([n for _, n in per_day], width - 4)}",
        f"  {first:%d/%m} – {last:%d/%m}",
    ]
    if result.too_broad:
        lines += ["", f"Quá rộng: hơn {TOO_BROAD} tin mỗi ngày. Thu hẹp lại, hoặc thêm với --force."]
    return lines


def _newest(result: Backtest) -> list[str]:
    lines = [""] if result.hits else []
    for hit in result.hits[:SHOWN_HITS]:
        words = f"; từ khớp: {', '.join(hit.words)}" if hit.words else ""
        lines.append(f"  {hit.day:%d/%m}  {hit.title} ({hit.outlet}{words})")
    if (more := len(result.hits) - SHOWN_HITS) > 0:
        lines.append(f"  … và {more} {_UNITS[result.scope]} trước đó")
    return lines


def _marks(result: Backtest) -> list[str]:
    if not result.marks:
        return []
    lines = ["", f"Đã đánh dấu {result.marks} bài, trái với dấu: {len(result.failed_marks)}."]
    for mark in result.failed_marks:
        wrong = "đúng nhưng không trúng" if mark.right else "sai nhưng vẫn trúng"
        lines.append(f"  {mark.url}: {wrong}{'' if mark.known else ' (chưa có trong kho)'}")
    return lines


def _number(value: float) -> str:
    """With a comma, as Vietnamese writes it; a small one is never shown as none.

    >>> _number(12.34), _number(0.02)
    ('12,3', '0,02')
    """
    return f"{value:.1f}".replace(".", ",") if value >= 0.1 else f"{value:.2f}".replace(".", ",")
