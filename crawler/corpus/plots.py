"""Pictures of a release: bars by pygal, the same bytes for the same numbers, nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import pygal


def bars(title: str, values: Sequence[tuple[str, int]]) -> bytes:
    """Lying bars, the first on top, as SVG."""
    chart = pygal.HorizontalBar(
        js=[],
        no_prefix=True,
        show_legend=False,
        print_values=True,
        explicit_size=True,
        width=900,
        height=120 + 24 * len(values),
        truncate_label=-1,
        disable_xml_declaration=False,
        title=title,
        no_data_text="",
    )
    labels, counts = [name for name, _ in reversed(values)], [n for _, n in reversed(values)]
    chart.x_labels = labels
    chart.add("", counts)
    drawn: bytes = chart.render()
    return drawn
