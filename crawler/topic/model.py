"""The linear topic model: a weight for every feature and label, read from a table that a person can read too.

`weights.tsv` comes with the package and is made anew by `make topics` (`crawler.topic.topics_train`); a folder that
`diemtin topics train` wrote holds one of the same form, learned from the shipped lines and a person's corrections.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from crawler.errors import InvalidInput

WEIGHTS = "weights.tsv"
SHIPPED = Path(__file__).with_name(WEIGHTS)
OURS = "ours"
"""The label of an article that is about Party-building work, whatever its topics."""
BIAS = "(always)"
"""The feature that every article has."""
_FIRST = "feature"
"""Head of the first column; the others have a label each, and an empty cell says nothing."""

Weights = Mapping[str, Mapping[str, float]]
"""For each feature the labels it speaks for (above zero) or against."""


@dataclass(frozen=True)
class LearnedTopics:
    """A model: what each feature weighs for each label, in log odds."""

    weights: Weights

    @classmethod
    def load(cls, folder: Path) -> LearnedTopics:
        """The model of a folder, read once a process. Raises InvalidInput where there is none."""
        return _loaded(folder / WEIGHTS)

    def save(self, folder: Path) -> None:
        """Write the model into a folder; the same weights make the same bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        labels = sorted({label for row in self.weights.values() for label in row})
        rows = [
            [name, *(_cell(self.weights[name].get(label)) for label in labels)]
            for name in sorted(self.weights)
        ]
        table = "".join("\t".join(row).rstrip("\t") + "\n" for row in ([_FIRST, *labels], *rows))
        (folder / WEIGHTS).write_text(table, encoding="utf-8", newline="\n")
        _loaded.cache_clear()

    def scores(self, values: Mapping[str, float]) -> dict[str, float]:
        """The log odds of every label for an article with these features."""
        labels, rows = self._table
        found = [0.0] * len(labels)
        for name, value in ((BIAS, 1.0), *values.items()):
            for place, weight in rows.get(name, ()):
                found[place] += value * weight
        return dict(zip(labels, found, strict=True))

    @cached_property
    def _table(self) -> tuple[list[str], dict[str, tuple[tuple[int, float], ...]]]:
        """The labels, and the weights of each feature by the places of its labels: an article has hundreds of these."""
        labels = sorted({label for row in self.weights.values() for label in row})
        place = {label: index for index, label in enumerate(labels)}
        return labels, {
            name: tuple((place[label], weight) for label, weight in row.items())
            for name, row in self.weights.items()
        }

    def pull(self, name: str, label: str) -> float:
        """What a feature weighs for a label; 0 where it says nothing."""
        return self.weights.get(name, {}).get(label, 0.0)


def shipped_model() -> LearnedTopics:
    """The model that comes with the package."""
    return _loaded(SHIPPED)


@lru_cache(maxsize=4)
def _loaded(file: Path) -> LearnedTopics:
    try:
        head, *rows = (row.split("\t") for row in file.read_text(encoding="utf-8").splitlines())
        if head[0] != _FIRST:
            raise ValueError(f"{file.name} begins otherwise")
        labels = head[1:]
        return LearnedTopics(
            {
                name: {label: float(cell) for label, cell in zip(labels, cells, strict=False) if cell}
                for name, *cells in rows
            }
        )
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"{file.parent}: không phải thư mục do `topics train` ghi / "
            f"not a folder written by `topics train`: {error}"
        ) from error


def _cell(weight: float | None) -> str:
    return "" if weight is None else f"{weight:g}"
