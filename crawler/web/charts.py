"""Charts, drawn by pygal and put into the page without its styles and scripts: ours colour them, and print them.

Each is shown beside a table of its numbers, for who cannot see it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pygal
from lxml import etree
from markupsafe import Markup

_LABELS = 9
"""Labels under a chart: as many as stand side by side, the others are in its table."""
_DROPPED = ("defs", "script", "style", "desc")
"""Elements of pygal's own style and script; `desc` holds values for the script."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it stands for, how much, and where a click on it leads."""

    label: str
    value: float
    link: str | None = None


def bars(title: str, values: Sequence[Bar], *, width: int = 720, height: int = 160) -> Markup:
    """Upright bars, the first on the left. `title` says what is counted."""
    chart = pygal.Bar(
        width=width,
        height=height,
        show_legend=False,
        x_labels_major_every=math.ceil(len(values) / _LABELS) or 1,
        show_minor_x_labels=False,
        truncate_label=-1,
        margin=4,
        spacing=4,
        print_values=False,
        include_x_axis=True,
        max_scale=4,
        formatter=lambda number: f"{number:g}".replace(".", ","),
        no_data_text="",
    )
    chart.x_labels = [bar.label for bar in values]
    chart.y_labels = whole_steps(max((bar.value for bar in values), default=0))
    chart.add(
        title,
        [
            {"value": bar.value, "label": bar.label}
            | ({"xlink": {"href": bar.link, "target": "_self"}} if bar.link else {})
            for bar in values
        ],
    )
    return _plain(chart, title)


def whole_steps(most: float) -> list[int]:
    """Where an axis of counts is labelled: round whole numbers, at most six of them.

    >>> whole_steps(2), whole_steps(75), whole_steps(0)
    ([0, 1, 2], [0, 20, 40, 60, 80], [0, 1])
    """
    wanted, size = max(1, math.ceil(most / 4)), 1
    while size * 10 <= wanted:
        size *= 10
    step = next(size * round_ for round_ in (1, 2, 5, 10) if size * round_ >= wanted)
    return list(range(0, max(1, math.ceil(most / step)) * step + 1, step))


def lines(title: str, labels: Sequence[str], series: Sequence[tuple[str, Sequence[float | None]]]) -> Markup:
    """A line for each of several series over the same labels."""
    chart = pygal.Line(
        width=720, height=260, show_legend=True, legend_at_bottom=True, legend_at_bottom_columns=2, margin=4,
        x_labels_major_every=math.ceil(len(labels) / _LABELS) or 1, show_minor_x_labels=False,
        show_dots=len(labels) <= 60, dots_size=2,
        truncate_label=-1, truncate_legend=-1, max_scale=5, include_x_axis=True, no_data_text="",
        formatter=lambda number: f"{number:g}".replace(".", ","),
    )  # fmt: skip
    chart.x_labels = list(labels)
    chart.y_labels = whole_steps(max((n for _, values in series for n in values if n is not None), default=0))
    for name, values in series:
        chart.add(name, list(values))
    return _plain(chart, title)


def _plain(chart: pygal.Graph, title: str) -> Markup:
    """The drawing as a part of a page: no style, no script, no address of elsewhere, a name for a screen reader."""
    root = chart.render_tree()
    for element in list(root.iter()):
        if not isinstance(element.tag, str) or etree.QName(element).localname in _DROPPED:
            element.getparent().remove(element)
            continue
        for name in ("id", "style", "onclick", "onload"):
            element.attrib.pop(name, None)
    root.set("role", "img")
    root.set("aria-label", title)
    root.set("class", "chart")
    root.set("focusable", "false")
    etree.cleanup_namespaces(root)
    return Markup(etree.tostring(root, encoding="unicode"))
