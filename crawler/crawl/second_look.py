"""When a crawl asks the second reader: the first pages of a layout, then a few, and more while it doubts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from crawler.article import Article
from crawler.crawl.ledger import AGREED, COMPARED, Ledger
from crawler.reading.sampling import FIRST, Sampling

FALL = 0.2
"""How much less two readings of a page agree than is usual for the source, that something is wrong with the page."""


@dataclass(slots=True)
class SecondLook:
    """What a run knows of the readings compared before it, and in it."""

    every: int
    past: Mapping[str, int]
    """The fields of the source's runs before, summed up (`crawler.store.runs.fields_of`)."""
    doubted: bool = False
    """The last page read twice agreed less than is usual: the next one is read twice as well."""

    def sampling(self, ledger: Ledger) -> Sampling:
        """Which pages are read twice from here on."""
        seen = Counter(self.past) + ledger.fields
        layouts = {name.partition(":")[2]: n for name, n in seen.items() if name.startswith(f"{COMPARED}:")}
        return Sampling(self.every, layouts, self.doubted)

    def note(self, article: Article) -> None:
        """A page was read; once, or twice."""
        if article.agreement is not None and (usual := usual_agreement(self.past)) is not None:
            self.doubted = article.agreement.f1 < usual - FALL


def usual_agreement(fields: Mapping[str, int]) -> float | None:
    """The mean agreement in summed fields of runs; None where too few pages were read twice."""
    pages = fields.get(COMPARED, 0)
    return fields.get(AGREED, 0) / pages / 1000 if pages >= FIRST else None
