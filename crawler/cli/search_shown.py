"""An answer on a terminal: the stories with their words marked, how many there are, and how to read on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.text import Text

from crawler.cli.shell import printed_time, say

if TYPE_CHECKING:
    from crawler.source import Source
    from crawler.store.search_answer import Answer
    from crawler.store.search_facets import Facet, Facets

_SHOWN = 10
"""Values of one facet on a terminal."""


def show_answer(answer: Answer, registry: Mapping[str, Source]) -> None:
    """Print a page of answers."""
    from crawler.registry import outlet_name

    for hit in answer.hits:
        title = Text(hit.title, style="bold")
        for start, end in hit.title_marks:
            title.stylize("yellow", start, end)
        say(title)
        say(Text(f"  {hit.source_name} · {printed_time(hit.published)} · {hit.url}", style="dim"))
        snippet = Text("  " + hit.snippet)
        for start, end in hit.marks:
            snippet.stylize("bold yellow", start + 2, end + 2)
        say(snippet)
        if hit.also:
            also = ", ".join(sorted({outlet_name(registry, copy["source"]) for copy in hit.also}))
            say(Text(f"  cũng đăng tại: {also}", style="dim"))
    if answer.facets is not None:
        _show_facets(answer.facets)
    articles = f"{'' if answer.total_exact else 'hơn '}{answer.articles}"
    more = f"; trang tiếp: --after {answer.after}" if answer.after else ""
    say(f"{answer.count} tin, {articles} bài{more}")
    if answer.interrupted:
        say("Đã ngừng theo lệnh: mới tìm hay đếm được đến đây, có thể còn nữa.")
    elif answer.stopped:
        say("Hết thời gian (search.seconds): mới tìm được đến đây, có thể còn nữa. Hãy thu hẹp truy vấn.")


def _show_facets(facets: Facets) -> None:
    for heading, values in (
        ("Tỉnh", facets.provinces),
        ("Nguồn", facets.sources),
        ("Chủ đề", facets.topics),
        ("Tháng", facets.months),
        ("Văn kiện", facets.documents),
        ("Cuộc họp", facets.meetings),
    ):
        if values:
            say(Text.assemble((f"{heading}: ", "bold"), _line(values)))
    if not facets.exact:
        say("(đếm chưa hết)")


def _line(values: tuple[Facet, ...]) -> str:
    rest = f", … và {len(values) - _SHOWN} nữa" if len(values) > _SHOWN else ""
    return ", ".join(f"{facet.name} {facet.stories}" for facet in values[:_SHOWN]) + rest
